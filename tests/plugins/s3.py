"""S3: a store on this machine that speaks S3 and fails on request, for every test that asks for one."""

import os
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from pipeline.vault.s3.place import Place

BUCKET = "vault"
Answer = Callable[[dict[str, Any], Any], Any]


@dataclass(kw_only=True)
class Fault:
    """What goes wrong with the calls that fit both patterns, after ``after`` of them, ``times`` times.

    ``how``: ``500``, ``503`` and other numbers (not done, an error says so), ``cut`` (not done, the connection
    ends), ``lost`` (done, and the connection ends before the answer), ``silent`` (done, and the answer comes late),
    ``flip`` (a bit changes on the way, which the store sees), ``rot`` (a bit changes, which nobody says), ``half``
    (half of the answer is given), ``kill`` and ``killed`` (``victim`` is called before it is done and after).
    """

    how: str
    method: str = "PUT"
    key: str = ""
    after: int = 0
    times: int = 1
    seconds: float = 1.0
    victim: Callable[[], object] = str
    seen: list[str] = field(default_factory=list)

    def strikes(self, method: str, path: str) -> bool:
        """Tell whether it is this call's turn."""
        if not re.fullmatch(self.method, method) or not re.search(self.key, path):
            return False
        self.seen.append(f"{method} {path}")
        return self.after < len(self.seen) <= self.after + self.times


class Store:
    """A store, how it is reached, and what it is to do wrong."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._one_at_a_time = threading.Lock()  # as atomic as the real one
        self.faults: list[Fault] = []
        self.endpoint = ""

    def __call__(self, environ: dict[str, Any], start: Any) -> Any:
        """Answer one call."""
        method, path = environ["REQUEST_METHOD"], unquote(environ["PATH_INFO"])
        fault = next((one for one in list(self.faults) if one.strikes(method, path)), None)
        if fault is None:
            return self._do(environ, start)
        if fault.how in _WORDS:
            environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
            start(f"{fault.how} Said So", [("Content-Type", "application/xml")])
            return [f"<Error><Code>{_WORDS[fault.how]}</Code><Message>on request</Message></Error>".encode()]
        if fault.how in {"flip", "rot"}:
            data = bytearray(environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"])))
            data[len(data) // 2] ^= 1
            environ["wsgi.input"] = _Body(bytes(data))
            if fault.how == "flip":  # a store that looks at what arrives, as it should
                start("400 Bad Request", [("Content-Type", "application/xml")])
                return [b"<Error><Code>BadDigest</Code><Message>on request</Message></Error>"]
            for name in [one for one in environ if "CHECKSUM" in one]:
                del environ[name]
            return self._do(environ, start)
        if fault.how == "kill":
            fault.victim()
        if fault.how in {"lost", "silent", "half", "killed"}:
            answer = b"".join(self._do(environ, start))
            if fault.how == "silent":
                time.sleep(fault.seconds)
                return [answer]
            if fault.how == "half":
                return [answer[: len(answer) // 2]]
            fault.victim()
        environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
        raise ConnectionAbortedError

    def _do(self, environ: dict[str, Any], start: Any) -> Any:
        with self._one_at_a_time:
            return list(self._app(environ, start))


_WORDS = {"500": "InternalError", "503": "SlowDown", "403": "AccessDenied", "507": "XMinioStorageFull"}


class _Body:
    def __init__(self, data: bytes) -> None:
        self._data = data

    def read(self, size: int = -1) -> bytes:
        size = len(self._data) if size < 0 else size
        found, self._data = self._data[:size], self._data[size:]
        return found


@pytest.fixture(scope="session")
def _s3() -> Iterator[Store]:
    import logging

    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
    from werkzeug.serving import make_server

    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    store = Store(DomainDispatcherApplication(create_backend_app))
    server = make_server("127.0.0.1", 0, store, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    store.endpoint = f"http://127.0.0.1:{server.server_port}"
    yield store
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def _client(_s3: Store) -> Any:
    import botocore.session

    return botocore.session.get_session().create_client(
        "s3",
        endpoint_url=_s3.endpoint,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="secret",
    )


@pytest.fixture
def s3(_s3: Store, _client: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """A store that answers as it should until a test says otherwise. Its bucket is empty."""
    for name in [one for one in os.environ if one.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nonexistent")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nonexistent")
    _s3.faults.clear()
    _client.create_bucket(Bucket=BUCKET)
    yield _s3
    _s3.faults.clear()
    for one in _client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", ()):
        _client.abort_multipart_upload(Bucket=BUCKET, Key=one["Key"], UploadId=one["UploadId"])
    while keys := [{"Key": one["Key"]} for one in _client.list_objects_v2(Bucket=BUCKET).get("Contents", ())]:
        _client.delete_objects(Bucket=BUCKET, Delete={"Objects": keys})
    _client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def place(s3: Store, tmp_path: Path) -> Place:
    """Where a vault may lie in the store."""
    return Place(
        bucket=BUCKET, prefix="some/where", endpoint=s3.endpoint, region="us-east-1", access=("key", "secret"),
        cache=tmp_path / "cache", cache_bytes=1 << 20, part_bytes=5 << 20, patience=0.05,
        connect_seconds=2, read_seconds=2, tries=3,
    )  # fmt: skip

"""The server itself: its port, its end, and requests that no library of ours would send."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent.parent
EVIDENCE = [sys.executable, "-c", "from pipeline.cli import run; run()"]


def start(*argv: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*EVIDENCE, "serve", *argv], cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=dict(os.environ),
    )  # fmt: skip


def address_of(server: subprocess.Popen[str]) -> str:
    assert server.stderr is not None
    for line in server.stderr:
        if line.startswith("reading room: "):
            return line.split()[2]
    raise AssertionError("it ended before it said where it is")


@pytest.fixture
def server() -> Iterator[subprocess.Popen[str]]:
    found = start("--port", "0", "--json")
    yield found
    if found.poll() is None:
        found.kill()
    found.communicate()


def say(address: str, raw: bytes, *, seconds: float = 10) -> bytes:
    host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
    with socket.create_connection((host, int(port)), timeout=seconds) as one:
        with suppress(ConnectionError):
            one.sendall(raw)
        heard = b""
        with suppress(ConnectionResetError):  # what was sent in vain is not read to its end
            while block := one.recv(65536):
                heard += block
    return heard


@pytest.mark.slow
def test_it_answers_on_this_machine_alone_and_ends_when_told(server: subprocess.Popen[str]) -> None:
    address = address_of(server)
    assert address.startswith("http://127.0.0.1:")
    port = address.rstrip("/").rpartition(":")[2].encode()

    def ask(head: bytes) -> bytes:
        return say(address, head + b"\r\nConnection: close\r\n\r\n")

    ours = b"Host: 127.0.0.1:" + port
    fine = ask(b"GET /api/v1/health HTTP/1.1\r\n" + ours)
    assert fine.startswith(b"HTTP/1.1 200")
    assert b"\r\nserver:" not in fine.lower()
    for wrong in (
        b"GET /api/v1/health HTTP/1.1\r\nHost: evil.example",
        b"GET /api/v1/health HTTP/1.1\r\n" + ours + b"\r\nHost: evil.example",
        b"GET http://evil.example/api/v1/health HTTP/1.1\r\nHost: evil.example",
        b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\n Evil: folded",
        b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX-A: b\x00c",
        b"GET /\r\nX: y HTTP/1.1\r\n" + ours,
        b"POST /login HTTP/1.1\r\n" + ours + b"\r\nContent-Length: 5\r\nTransfer-Encoding: chunked",
        b"GET /" + b"a" * 200_000 + b" HTTP/1.1\r\n" + ours,
    ):
        assert ask(wrong).split(b" ")[1:2] in ([b"400"], [b"413"], [b"414"], [b"422"], [b"431"], []), wrong[:60]
    for path in (b"/../../etc/passwd", b"/static/../app.py", b"/static/..%2f..%2fapp.py", b"/static//etc/passwd",
                 b"/static/%2e%2e/%2e%2e/settings.py", b"/static/room.js%00.css"):  # fmt: skip
        assert ask(b"GET " + path + b" HTTP/1.1\r\n" + ours).startswith((b"HTTP/1.1 404", b"HTTP/1.1 303")), path
    second = start("--port", port.decode(), "--json")
    taken, _ = second.communicate(timeout=60)
    assert (second.returncode, json.loads(taken)["error"]["code"]) == (2, "E-WEB-008")
    server.send_signal(signal.SIGINT)
    out, err = server.communicate(timeout=20)
    assert server.returncode == 0
    assert json.loads(out) == {"address": address, "ended": True}
    assert "Traceback" not in err


def test_a_port_that_is_none_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    from pipeline.cli import main

    for port in ("-1", "65536", "x", "80.5"):
        assert main(["serve", "--port", port, "--json"]) == 2
        assert json.loads(capsys.readouterr().out)["error"]["code"] == "E-CONF-009"

"""Serving: the application on a port of this machine, from the first request to Ctrl-C."""

import errno
import ipaddress
import socket
import sys
from collections.abc import Callable
from typing import Any

from pipeline.errors import Misconfigured
from pipeline.service import open_app
from pipeline.settings import Settings, read_settings
from pipeline.web.app import create_app

_WAITING = 512
_GOODBYE_SECONDS = 5
_IDLE_SECONDS = 20
_AT_ONCE = 400


def serve(*, port: int | None = None, told: Callable[[str], None] | None = None) -> dict[str, Any]:
    """Serve until interrupted; ``told`` is called with the address as soon as it answers there.

    ``Misconfigured`` (E-WEB-008) when another program has the port.
    """
    import uvicorn

    settings = read_settings()
    if not settings.web_https and not _on_loopback(settings.web_host):
        raise Misconfigured("setting 'web_host': passwords and evidence would cross a network in clear; set web_https "
                            "when a proxy before it speaks TLS")  # fmt: skip
    app = open_app(settings)  # what is wrong with the installation is said before anything listens
    listening = _listen(settings, settings.web_port if port is None else port)
    address = _address(listening)
    (told or _announce)(address)
    config = uvicorn.Config(
        create_app(
            lambda: app, names=(settings.web_host, *settings.web_names), per_address=settings.web_requests_per_minute,
            logins=settings.web_logins_per_minute, https=settings.web_https,
        ),
        log_config=None, access_log=False, server_header=False, date_header=True, proxy_headers=False,
        timeout_graceful_shutdown=_GOODBYE_SECONDS, timeout_keep_alive=_IDLE_SECONDS, limit_concurrency=_AT_ONCE,
        ws="none", http="h11",
    )  # fmt: skip
    try:
        uvicorn.Server(config).run(sockets=[listening])
    except KeyboardInterrupt:
        pass  # the usual end: whoever was being answered has the answer
    finally:
        listening.close()
    return {"address": address, "ended": True}


def _on_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _listen(settings: Settings, port: int) -> socket.socket:
    """Take the port, or say that another program has it."""
    family = socket.AF_INET6 if ":" in settings.web_host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((settings.web_host, port))
        found.listen(_WAITING)
    except OSError as err:
        found.close()
        if err.errno == errno.EADDRINUSE:
            raise Misconfigured(f"port {port} is taken by another program", code="E-WEB-008") from err
        raise Misconfigured(f"cannot listen on {settings.web_host} port {port}: {err.strerror}") from err
    return found


def _address(listening: socket.socket) -> str:
    host, port = listening.getsockname()[:2]
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"


def _announce(address: str) -> None:
    sys.stderr.write(f"reading room: {address}  (end it with Ctrl-C)\n")
    sys.stderr.flush()

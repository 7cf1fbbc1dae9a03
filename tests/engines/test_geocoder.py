"""Geocoder: one polite question at a time, to the server named and to no other."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from pipeline.engines.gazetteer import Gazetteer
from pipeline.engines.geocoder import Geocoder, cited
from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings
from pipeline.weights import Installed

_ANSWER = [
    {
        "lat": "35.5", "lon": "36.25", "osm_type": "node", "osm_id": 7,
        "name": "Invented Hamlet", "display_name": "Invented Hamlet, A State", "type": "hamlet",
        "boundingbox": ["35.49", "35.51", "36.24", "36.26"], "address": {"country_code": "sy", "state": "A State"},
    },
    {"lat": "0", "lon": "0", "display_name": "Null Island", "boundingbox": ["0", "0", "0", "0"]},
]  # fmt: skip


class Server:
    """A Nominatim server on the loopback that remembers what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[float, str, dict[str, list[str]]]] = []
        self.status = 200
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.asked.append((time.monotonic(), parts.path, parse_qs(parts.query)))
                known = parse_qs(parts.query)["q"] == ["Invented Hamlet"]
                body = json.dumps(_ANSWER if known else []).encode()
                self.send_response(outer.status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                """Say nothing."""

        self._http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_port}/nominatim/"
        self._thread = threading.Thread(target=self._http.serve_forever, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._http.shutdown()
        self._http.server_close()
        self._thread.join()


@pytest.fixture
def server() -> Iterator[Server]:
    one = Server()
    yield one
    one.close()


def test_it_answers_with_a_place_and_a_radius(server: Server) -> None:
    (place,) = Geocoder(server.url, pause=0.0).ask("Invented Hamlet", "en")
    assert (place.id, place.name, place.country, place.parent) == (
        "geocoder:node/7",
        "Invented Hamlet",
        "SY",
        "A State",
    )
    assert (place.lat, place.lon) == (35.5, 36.25)
    assert place.radius_m == pytest.approx(1113, abs=2)
    ((_, path, query),) = server.asked
    assert path == "/nominatim/search"
    assert query["q"] == ["Invented Hamlet"]


def test_it_asks_once_and_not_in_haste(server: Server) -> None:
    geocoder = Geocoder(server.url, pause=0.2)
    for name in ("Invented Hamlet", "Nowhere", "Invented Hamlet", "Nowhere"):
        geocoder.ask(name, None)
    (first, *_), (second, *_) = server.asked
    assert second - first >= 0.19
    assert geocoder.ask("Nowhere", None) == ()


def test_a_server_that_fails_is_outside_our_fault_and_no_evidence_is_quoted(
    server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.status = 503
    caplog.set_level("DEBUG")
    with pytest.raises(Unavailable) as failed:
        Geocoder(server.url, pause=0.0).ask("Invented Hamlet", None)
    assert failed.value.code == "E-HOST-001"
    assert "Hamlet" not in str(failed.value) + caplog.text


def test_without_the_setting_nothing_is_asked(
    server: Server, installed: Callable[[str], Installed], settings: Settings
) -> None:
    weights = installed("gazetteer")
    assert Gazetteer(weights, settings).asks is False
    told = settings.model_copy(update={"geocoder": server.url})
    assert Gazetteer(weights, told).asks is True
    assert Gazetteer(weights, told.model_copy(update={"offline": True})).asks is False
    assert server.asked == []


def test_a_maker_cites_the_server_without_a_password() -> None:
    assert cited("https://someone:secret@geo.example:8080/n/") == "https://geo.example:8080/n"
    with pytest.raises(Misconfigured, match="geocoder"):
        cited("ftp://geo.example")

"""Geocoder: a Nominatim server that the settings name, asked politely for places that no gazetteer here knows."""

import logging
import math
import threading
import time
from collections import OrderedDict
from typing import Any
from urllib.parse import urlsplit

from pipeline.core.ports import Known
from pipeline.core.position import DEGREE_M, on_earth
from pipeline.errors import Misconfigured, Unavailable

_AGENT = "evidence-media-pipeline"
_PAUSE = 1.0
"""Seconds between two questions: the usage policy of public servers."""

_PATIENCE = 10.0
_MOST_ANSWERS = 3
_REMEMBERED = 10_000


class Geocoder:
    """Asks one server. An answer is remembered for the life of the process; what a server says may change."""

    def __init__(self, url: str, *, pause: float = _PAUSE) -> None:
        from geopy.adapters import URLLibAdapter
        from geopy.geocoders import Nominatim

        # At its lower levels geopy logs the question, which is evidence; so does the other library that it may use.
        logging.getLogger("geopy").setLevel(logging.ERROR)
        scheme, domain = _parts(url)
        self._server = Nominatim(
            user_agent=_AGENT, domain=domain, scheme=scheme, timeout=_PATIENCE, adapter_factory=URLLibAdapter
        )
        self._pause, self._last = pause, -math.inf
        self._known: OrderedDict[tuple[str, str | None], tuple[Known, ...]] = OrderedDict()
        self._lock = threading.Lock()

    def ask(self, name: str, language: str | None) -> tuple[Known, ...]:
        """Return what the server knows under a name; ``Unavailable`` (E-HOST-001) when it does not answer."""
        with self._lock:  # one question at a time, each once
            if (name, language) not in self._known:
                self._known[name, language] = self._answer(name, language)
                if len(self._known) > _REMEMBERED:
                    self._known.popitem(last=False)
            return self._known[name, language]

    def _answer(self, name: str, language: str | None) -> tuple[Known, ...]:
        from geopy.exc import GeopyError

        time.sleep(max(0.0, self._last + self._pause - time.monotonic()))
        try:
            found = self._server.geocode(
                name, exactly_one=False, limit=_MOST_ANSWERS, addressdetails=True, language=language or False
            )
        except (GeopyError, TypeError, ValueError, KeyError) as err:  # geopy does not check what a server sends
            # The message may quote the question.
            raise Unavailable(f"the geocoding server did not answer: {type(err).__name__}") from None
        finally:
            self._last = time.monotonic()
        return tuple(one for answer in found or () if (one := _read(answer.raw)))


def cited(url: str) -> str:
    """Return the server's address as a maker names it: without anybody's password."""
    scheme, domain = _parts(url)
    return f"{scheme}://{domain}"


def _parts(url: str) -> tuple[str, str]:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise Misconfigured("setting 'geocoder': not an http or https URL")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    port = f":{parts.port}" if parts.port else ""
    return parts.scheme, host + port + parts.path.rstrip("/")


def _read(raw: Any) -> Known | None:
    """Read one answer of the server; what is no place on Earth is none."""
    try:
        position = on_earth(float(raw["lat"]), float(raw["lon"]))
        south, north, west, east = (float(one) for one in raw.get("boundingbox") or (0, 0, 0, 0))
    except (TypeError, KeyError, ValueError):
        return None
    if position is None:
        return None
    address = raw.get("address") or {}
    return Known(
        id=f"geocoder:{raw.get('osm_type')}/{raw.get('osm_id')}",
        name=str(raw.get("name") or raw.get("display_name") or "").partition(",")[0],
        kind=str(raw.get("addresstype") or raw.get("type") or "place"), parent=address.get("state"),
        country=str(address.get("country_code") or "").upper() or None, lat=position[0], lon=position[1],
        radius_m=max(100.0, max(north - south, east - west) / 2 * DEGREE_M), population=0, main=True, own=False,
    )  # fmt: skip

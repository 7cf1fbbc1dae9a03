"""The page of a batch in a real browser, with no network: what a director sees, and what nobody should."""

import io
from pathlib import Path
from typing import Any

import pytest

from pipeline.exports.page import Piece, Told, write_page
from tests.browser.conftest import Window

pytestmark = pytest.mark.slow

HOSTILE = "<img src=x onerror=alert(1)></script><script>alert(2)</script>"
SPOT = (36.2021, 37.1343)


def said(kind: str, body: dict[str, Any], **more: Any) -> dict[str, Any]:
    maker = {"stage": kind, "version": 1, "model": "m", "weights_sha256": "a" * 64}
    return {
        "kind": kind, "outcome": "done", "code": None, "coverage": None, "current": True, "by": "machine",
        "maker": maker, "body": body, **more,
    }  # fmt: skip


def document(asset: str, *said: dict[str, Any], media: str = "image") -> dict[str, Any]:
    return {"asset": asset * 64, "bytes": 1000, "media": media, "media_type": f"{media}/x", "enrichments": list(said)}


def thumbnail() -> tuple[str, bytes]:
    from PIL import Image

    out = io.BytesIO()
    Image.new("RGB", (320, 200), (200, 30, 30)).save(out, "PNG")
    return "image/png", out.getvalue()


def claim() -> dict[str, Any]:
    return {
        "lat": SPOT[0], "lon": SPOT[1], "radius_m": 12_000.0, "source": "exif", "name": "Aleppo", "admin": None,
        "country": "Syria", "text": "", "confidence": 0.9, "t": None, "agrees_with": [], "conflicts_with": [],
    }  # fmt: skip


def segment(text: str, **more: Any) -> dict[str, Any]:
    return {"text": text, "start": 1.5, "end": 2.0, "language": "ar", "flags": ["low_confidence"], **more}


PROBE = said("probe", {"duration_decoded": 10.0, "streams": [], "created_at": {"value": "2014-02-03T10:00:00Z"}})
PICTURE = document(
    "a", said("places", {"claims": [claim()], "best": {"claim": 0, "reasons": []}}),
    said("sensitivity", {"screened": ["nudity"], "scores": {"nudity": 0.01, "graphic": None}}),
)  # fmt: skip
HARMLESS = document(
    "b", said("sensitivity", {"screened": ["nudity", "graphic"], "scores": {"nudity": 0.0, "graphic": 0.0}})
)
SOUND = document(
    "c", PROBE, said("transcript", {"language": "ar", "segments": [segment("سقطت القذيفة"), segment(HOSTILE)]}),
    said("translation", {}, outcome="unsupported", code="U-LANG-003"), media="audio",
)  # fmt: skip


@pytest.fixture
def page(tmp_path: Path) -> Path:
    pieces = [
        Piece(n=1, name="photograph.jpg", document=PICTURE, thumbnail=thumbnail()),
        Piece(n=2, name="harmless.jpg", document=HARMLESS, thumbnail=thumbnail()),
        Piece(n=3, name=HOSTILE, document=SOUND),
        Piece(n=4, name="item 4", document=None, instead="restricted"),
    ]
    status = {"accounted": 4, "outcomes": {"probe": {"done": 3, "refused": 1}}, "partial": 1}
    told = Told(
        batch="b1", reader="custodian", made_at="2026-01-01T00:00:00Z", vault="v" * 20, status=status, pieces=pieces,
        identifying=True, items=4,
    )  # fmt: skip
    file = tmp_path / "report.html"
    write_page(told, file)
    return file


def test_it_asks_nobody_and_runs_nothing_of_the_material(window: Window, page: Path) -> None:
    window.open(page)
    assert window.outside == []
    assert window.complaints == []
    assert window.page.locator("article").count() == 4
    assert HOSTILE.split(">", maxsplit=1)[0] in window.page.locator("#item-3").inner_text()
    assert window.page.locator("img").count() == 2


def test_only_its_owner_may_read_the_file(page: Path) -> None:
    assert page.stat().st_mode & 0o077 == 0


def red(window: Window, item: int) -> tuple[int, int, int]:
    """Return the colour in the middle of an item's picture, as it is on the screen."""
    from PIL import Image

    shot = window.page.locator(f"#item-{item} .shot").screenshot()
    image = Image.open(io.BytesIO(shot)).convert("RGB")
    found = image.getpixel((image.width // 8, image.height // 8))
    assert isinstance(found, tuple)
    return found[0], found[1], found[2]


def test_a_picture_is_shown_in_steps(window: Window, page: Path) -> None:
    window.open(page)
    first = red(window, 1)
    assert max(first) - min(first) < 12, "veiled: no colour"
    assert "not screened for injury" in window.page.locator("#item-1 .veil").inner_text()
    window.page.locator("#item-1 [data-reveal]").click()
    second = red(window, 1)
    assert max(second) - min(second) < 12, "one step further it is clear, and grey"
    window.page.locator("#item-1 [data-reveal]").click()
    assert red(window, 1)[0] - red(window, 1)[1] > 100, "and then in colour"


def test_what_was_screened_for_everything_is_not_veiled(window: Window, page: Path) -> None:
    window.open(page)
    assert red(window, 2)[0] - red(window, 2)[1] > 100


def test_a_pin_lies_in_its_country_and_leads_to_its_item(window: Window, page: Path) -> None:
    window.open(page)
    pin = window.page.locator(".map .pin")
    assert pin.count() == 1
    under = pin.evaluate(
        """(pin) => {
            const box = pin.getBoundingClientRect(), x = box.x + box.width / 2, y = box.y + box.height / 2;
            return document.elementsFromPoint(x, y).filter(one => one.tagName === "path").map(one => one.textContent);
        }"""
    )
    assert under == ["Syria"]
    pin.click()
    assert window.page.url.endswith("#item-1")


def test_words_are_found_and_media_are_chosen(window: Window, page: Path) -> None:
    window.open(page)
    window.page.locator("#find").fill("القذيفة")
    assert [one.get_attribute("id") for one in window.page.locator("article:visible").all()] == ["item-3"]
    window.page.locator("#find").fill("")
    window.page.locator('button[data-media="image"]').click()
    assert [one.get_attribute("id") for one in window.page.locator("article:visible").all()] == ["item-1", "item-2"]
    window.page.locator('button[data-media="image"]').click()
    window.page.locator('button[data-media="!"]').click()
    assert [one.get_attribute("id") for one in window.page.locator("article:visible").all()] == ["item-3"]


def test_arabic_runs_from_right_to_left_and_doubt_is_told(window: Window, page: Path) -> None:
    window.open(page)
    words = window.page.locator("#item-3 .said span").first
    assert words.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert words.get_attribute("title") == "low confidence"
    assert "0:01" in window.page.locator("#item-3 .said time").first.inner_text()


def test_the_page_holds_on_a_telephone(window: Window, page: Path) -> None:
    window.page.set_viewport_size({"width": 390, "height": 800})
    window.open(page)
    assert window.page.evaluate("document.documentElement.scrollWidth") <= 390

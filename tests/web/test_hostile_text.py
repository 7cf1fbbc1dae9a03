"""Whatever the material, its names and its readings say is text on every page, and never a part of the page."""

from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from tests.web.conftest import Visitor
from tests.web.planted import HOSTILE, Planted

OURS = frozenset({"/static/room."})
_FILES = frozenset({"img", "video", "audio", "source", "track", "script", "link"})


class Reader(HTMLParser):
    """Collects what a browser would act upon."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [f"{tag}.{name}={value}" for name, value in attrs if self.acts(tag, name, value or "")]
        if tag in {"iframe", "object", "embed", "base", "style"}:
            self.found.append(tag)

    @staticmethod
    def acts(tag: str, name: str, value: str) -> bool:
        if name.startswith("on") or name in {"style", "srcdoc", "formaction", "xlink:href"}:
            return True
        if tag in _FILES and name in {"src", "href"}:
            return not value.startswith(("/static/room.", "/api/v1/assets/"))
        return name in {"href", "action"} and not value.startswith(("/", "#"))

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def read(text: str) -> Reader:
    reader = Reader()
    reader.feed(text)
    return reader


def pages(vault: Planted) -> Iterator[str]:
    hostile, talk = vault.assets["hostile"], vault.assets["talk.wav"]
    yield from (f"/item/{hostile}", f"/item/{talk}", f"/item/{talk}?t=2", f"/item/{talk}?e={HOSTILE}")
    yield from (f"/item/{hostile}/similar", f"/item/{hostile}/custody", "/batches", "/me", "/password", "/login")
    yield from ("/?q=script", f"/?q={HOSTILE}", f"/?q=a&language={HOSTILE}&tag={HOSTILE}&batch={HOSTILE}")
    yield from (f"/?q=a&near={HOSTILE}", f"/?q=a&from={HOSTILE}", f"/?q=a&cursor={HOSTILE}", f"/?q=a&media={HOSTILE}")
    yield from (
        f"/login?back={HOSTILE}",
        f"/{HOSTILE}",
        f"/item/{HOSTILE}",
        f"/language/{HOSTILE}",
        f"/static/{HOSTILE}",
    )


@pytest.mark.parametrize("language", ["en", "ar"])
def test_no_page_holds_anything_that_acts(vault: Planted, signed_in: dict[str, Visitor], language: str) -> None:
    for path in pages(vault):
        answer = signed_in["custodian"].get(path.replace("#", "%23"), **{"accept-language": language})
        assert read(answer.text).found == [], path
        assert "49" not in "".join(one for one in read(answer.text).text if "7*7" in one), path


def test_it_is_there_as_text(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    shown = "".join(read(signed_in["custodian"].get(f"/item/{vault.assets['hostile']}").text).text)
    assert shown.count("<script>alert(2)</script>") >= 5, "file name, tag, object, written text, place"
    said = "".join(read(signed_in["custodian"].get(f"/item/{vault.assets['talk.wav']}").text).text)
    assert "onerror=alert(1)>" in said


def test_the_pages_hold_no_script_and_no_style_of_their_own(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    for path in pages(vault):
        text = signed_in["custodian"].get(path.replace("#", "%23")).text.lower()
        assert "<style" not in text
        assert text.count("<script") in {0, 1}, path  # the file of ours


def test_captions_hold_it_as_text(vault: Planted, signed_in: dict[str, Visitor]) -> None:
    answer = signed_in["custodian"].asset(vault.assets["talk.wav"], "/captions/original")
    assert answer.headers["content-type"].startswith("text/vtt")
    assert "<script" not in answer.text
    assert "&lt;script&gt;" in answer.text


def test_marks_that_turn_text_around_are_made_visible(signed_in: dict[str, Visitor]) -> None:
    text = signed_in["custodian"].get("/?q=%E2%80%AEevil").text
    assert "\u202e" not in text
    assert "\\u202e" in text


def test_a_line_break_in_an_address_makes_no_header(signed_in: dict[str, Visitor]) -> None:
    for path in ("/login?back=/%0d%0aset-cookie:%20x=1", "/language/ar?back=/%0d%0aset-cookie:%20x=1"):
        answer = signed_in["custodian"].get(path)
        assert "x=1" not in str(answer.headers.get("set-cookie"))
        assert "\n" not in answer.headers.get("location", "")


@pytest.mark.parametrize(
    "back",
    [
        "//evil.example",
        "https://evil.example",
        "/\\evil.example",
        "\\\\evil",
        "javascript:alert(1)",
        " //evil",
        "/\t/evil",
    ],
)
def test_nobody_is_led_elsewhere(signed_in: dict[str, Visitor], back: str) -> None:
    from urllib.parse import quote

    answer = signed_in["custodian"].get(f"/language/en?back={quote(back)}")
    assert answer.headers["location"] == "/"
    assert 'name="back" value="/"' in signed_in["custodian"].get(f"/login?back={quote(back)}").text

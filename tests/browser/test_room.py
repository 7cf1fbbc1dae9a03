"""The reading room in a real browser: found, heard, sought by a word, veiled until asked, in Arabic from the right."""

import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from tests.browser.reading import Reader, Room, colours, now, ready, show_film, until
from tests.web.conftest import build

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def room(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Room]:
    """Serve a small vault on a port of this machine."""
    import uvicorn

    from pipeline.web import create_app

    folder = tmp_path_factory.mktemp("room")
    made = build(folder)
    made.assets["film"] = show_film(made, folder)
    config = uvicorn.Config(create_app(lambda: made.app), port=0, log_config=None, ws="none", http="h11")
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Room(address=f"http://127.0.0.1:{port}", vault=made)
    server.should_exit = True
    thread.join()


@pytest.fixture
def visit(browser: "Browser", room: Room) -> Iterator[Any]:
    """Open windows, each for a person; every complaint of any of them fails the test."""
    readers: list[Reader] = []

    def come(name: str, **more: Any) -> Reader:
        context = browser.new_context(viewport={"width": 1280, "height": 900}, color_scheme="light", **more)
        reader = Reader(page=context.new_page(), room=room)
        reader.page.on("console", lambda said: reader.complaints.append(said.text))
        reader.page.on("pageerror", lambda err: reader.complaints.append(str(err)))
        reader.page.on(
            "request", lambda one: None if one.url.startswith(room.address) else reader.asked.append(one.url)
        )
        readers.append(reader)
        return reader.sign_in(name)

    yield come
    for one in readers:
        one.page.context.close()
        assert one.complaints == []
        assert [url for url in one.asked if not url.startswith(room.address)] == []


def test_a_word_is_found_and_heard_where_it_is_said(visit: Any, tmp_path: Path) -> None:
    reader = visit("analyst")
    page = reader.go("/")
    page.fill("#q", "bridge")
    page.keyboard.press("Enter")
    page.wait_for_selector(".hit")
    page.screenshot(path=tmp_path / "search.png", full_page=True)
    assert "1 found" in page.inner_text('[role="status"]')
    page.click(".hit h2 a")
    ready(page)
    until(page, "document.querySelector('#media').currentTime > 2.9")
    assert page.evaluate("document.querySelector('#media').muted")
    assert page.locator(".passage.now").inner_text().find("bridge") >= 0
    page.screenshot(path=tmp_path / "item.png", full_page=True)
    page.click("[data-play]")
    until(page, "document.querySelector('#media').currentTime > 3.3")
    assert page.locator(".word.now").count() == 1


def test_a_click_on_a_word_goes_to_its_second_and_so_do_keys(visit: Any) -> None:
    page = visit("analyst").item("film")
    ready(page)
    words = page.locator(".word")
    words.nth(2).click()
    until(page, "document.querySelector('#media').currentTime > 1.1")
    assert now(page) == pytest.approx(float(words.nth(2).get_attribute("data-seek")), abs=0.15)
    assert page.locator(".word.now").inner_text() == words.nth(2).inner_text()
    page.locator(".passage", has_text="goodbye").locator(".seek").click()
    until(page, "document.querySelector('#media').currentTime > 4.4")
    words.nth(0).focus()
    page.keyboard.press("ArrowLeft")  # Arabic is read from the right
    assert page.evaluate("document.activeElement.textContent") == words.nth(1).inner_text()
    page.keyboard.press("Enter")
    until(page, "document.querySelector('#media').currentTime < 2")
    page.keyboard.press("l")
    until(page, "document.querySelector('#media').currentTime > 5")
    page.keyboard.press("m")
    until(page, "!document.querySelector('#media').muted")
    until(page, "document.querySelector('[data-sound]').ariaPressed === 'true'")


def test_the_strip_is_a_way_to_seek_and_boxes_come_with_their_second(visit: Any) -> None:
    page = visit("analyst").item("film")
    ready(page)
    assert page.locator(".boxes rect.away").count() == 1
    strip = page.locator(".strip").bounding_box()
    assert strip is not None
    page.mouse.click(strip["x"] + strip["width"] * 4 / 6, strip["y"] + 10)
    until(page, "Math.abs(document.querySelector('#media').currentTime - 4) < 0.1")
    assert page.locator(".boxes rect.away").count() == 0
    page.uncheck("[data-boxes]")
    assert not page.locator(".boxes").is_visible()


def test_everything_is_veiled_and_mute_until_somebody_asks(visit: Any, tmp_path: Path) -> None:
    page = visit("analyst").item("street.jpg")
    until(page, "document.querySelector('#media').complete")
    assert "not screened for injury and death" in page.inner_text(".shot.large .veil")
    assert colours(page, ".shot.large") < 12, "veiled: no colour"
    assert not page.locator(".boxes").is_visible()
    page.screenshot(path=tmp_path / "veiled.png")
    page.click("[data-reveal]")
    assert colours(page, ".shot.large") < 12, "one step further it is clear, and grey"
    page.click("[data-reveal]")
    assert colours(page, ".shot.large") > 100, "and then in colour"
    page.screenshot(path=tmp_path / "clear.png")
    page.click("[data-reveal]")
    assert colours(page, ".shot.large") < 12, "and it can be covered again"


def test_so_is_every_preview_of_a_list_and_without_a_style_sheet_nothing_is_shown(visit: Any) -> None:
    reader = visit("analyst")
    page = reader.go("/?q=letters")
    assert page.locator(".hit .shot.veiled").count() == 2
    until(page, "[...document.images].every(one => one.complete)")
    assert colours(page, ".hit .shot") < 12
    page.route("**/*.css", lambda route: route.fulfill(body="", content_type="text/css"))
    page.reload()
    assert page.locator(".hit .shot img:visible").count() == 0


def test_a_restricted_item_is_nowhere(visit: Any) -> None:
    hidden = visit("custodian")
    assert hidden.go("/?q=letters").locator(".hit").count() == 3
    asset = hidden.room.vault.assets["secret.jpg"]
    reader = visit("reader")
    assert reader.go("/?q=letters").locator(".hit").count() == 2
    assert asset not in reader.page.content()
    there, nowhere = reader.item("secret.jpg").inner_text("main"), reader.go(f"/item/{'0' * 64}").inner_text("main")
    assert there == nowhere
    reader.complaints = [one for one in reader.complaints if "404" not in one]  # the browser notes the status


def test_arabic_is_read_from_the_right(visit: Any, tmp_path: Path) -> None:
    reader = visit("analyst", locale="ar")
    page = reader.go(f"/?q={quote('حلب')}")
    assert page.evaluate("document.documentElement.dir") == "rtl"
    assert page.get_attribute("html", "lang") == "ar"
    page.screenshot(path=tmp_path / "search-ar.png", full_page=True)
    shot, text = page.locator(".hit .shot").first.bounding_box(), page.locator(".hit h2").first.bounding_box()
    assert shot is not None
    assert text is not None
    assert shot["x"] > text["x"]
    page = reader.item("film")
    ready(page)
    page.screenshot(path=tmp_path / "item-ar.png", full_page=True)
    said = page.locator(".passage p").first
    assert said.evaluate("one => getComputedStyle(one).direction") == "rtl"
    assert page.locator(".passage p", has_text="bridge").evaluate("one => getComputedStyle(one).direction") == "ltr"
    first, second = (page.locator(".passage .word").nth(n).bounding_box() for n in (0, 1))
    assert first is not None
    assert second is not None
    assert first["x"] > second["x"], "the first word stands rightmost"
    words = page.inner_text("main")
    assert not re.search(r"\b(machine-made|Said|How it is known|not reviewed)\b", words)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.click('a[hreflang="en"]')
    assert page.evaluate("document.documentElement.dir") == "ltr"


def test_hostile_words_are_text_and_nothing_runs(visit: Any, tmp_path: Path) -> None:
    reader = visit("custodian")
    dialogs: list[str] = []

    def note(dialog: Any) -> None:
        dialogs.append(dialog.message)
        dialog.dismiss()

    reader.page.on("dialog", note)
    for name in ("hostile", "talk.wav"):
        page = reader.item(name)
        assert "alert(2)" in page.inner_text("main")
        page.screenshot(path=tmp_path / f"{name}.png", full_page=True)
    page = reader.go(f"/?q={quote('onerror')}")
    assert page.locator(".hit").count() > 0
    assert dialogs == []


def test_sound_is_heard_without_a_tag_and_sought(visit: Any) -> None:
    page = visit("reader").item("talk.wav", "?t=2.5")
    until(page, "document.querySelector('#media').currentTime >= 2.5")
    assert page.evaluate("document.querySelector('#media').duration") == pytest.approx(4.0, abs=0.01)
    assert page.evaluate("document.querySelector('#media').muted")


def test_it_can_be_read_without_scripts_and_on_a_telephone(visit: Any, browser: "Browser", room: Room) -> None:
    cookies = visit("analyst").page.context.cookies()
    context = browser.new_context(java_script_enabled=False, viewport={"width": 390, "height": 800})
    context.add_cookies(cookies)
    page = context.new_page()
    page.goto(f"{room.address}/item/{room.vault.assets['film']}?t=3")
    assert "the bridge is closed" in page.inner_text("main")
    assert (page.locator(".passage .seek").nth(1).get_attribute("href") or "").endswith("t=3.0#player")
    box = page.locator("main").bounding_box()
    assert box is not None
    assert box["width"] <= 390
    context.close()


def test_a_reviewer_says_what_they_make_of_a_passage(visit: Any, tmp_path: Path) -> None:
    page = visit("reviewer").item("film")
    page.locator(".passage", has_text="goodbye").get_by_text("Review", exact=True).click()
    page.wait_for_selector("#review form")
    page.screenshot(path=tmp_path / "judge.png")
    page.select_option('[name="verdict"]', "correct")
    page.fill('[name="value"]', "good bye")
    page.fill('[name="reason"]', "two words")
    page.click("#review button.main")
    page.wait_for_selector(".passage .judged")
    assert "good bye" in page.inner_text(".passage .judged")
    assert page.locator(".word", has_text="goodbye").count() == 1

"""A real browser, without a network."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

_NAMES = ("chromium", "chromium-browser", "google-chrome")


@dataclass(kw_only=True)
class Window:
    """A page that is looked at: what it asked for, and what it complained about."""

    page: "Page"
    asked: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, file: Path) -> None:
        self.page.goto(file.as_uri())

    @property
    def outside(self) -> list[str]:
        """Every address but the file itself and what it carries."""
        return [one for one in self.asked if not one.startswith(("data:", "file:"))]


@pytest.fixture(scope="session")
def browser() -> Iterator["Browser"]:
    """Start Chromium once."""
    from playwright.sync_api import sync_playwright

    program = next((found for name in _NAMES if (found := shutil.which(name))), None)
    if program is None:
        pytest.fail("no browser here: docker/setup.sh test installs one")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture
def window(browser: "Browser") -> Iterator[Window]:
    """Open a window that is cut off from every network."""
    context = browser.new_context(viewport={"width": 1200, "height": 900}, color_scheme="light")
    context.set_offline(True)
    page = context.new_page()
    here = Window(page=page)
    page.on("request", lambda request: here.asked.append(request.url))
    page.on("console", lambda message: here.complaints.append(message.text))
    page.on("pageerror", lambda error: here.complaints.append(str(error)))
    yield here
    context.close()

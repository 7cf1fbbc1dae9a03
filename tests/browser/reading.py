"""A reading room that is served on this machine, and persons at browsers in it."""

import hashlib
import io
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.core.model import Derivative
from tests.web import planted as p

if TYPE_CHECKING:
    from playwright.sync_api import Page


@dataclass(frozen=True, kw_only=True)
class Room:
    """The room as it is served, and what stands in it."""

    address: str
    vault: p.Planted


def film(folder: Path) -> Path:
    """Make six seconds of moving colours with a tone."""
    file = folder / "film.mp4"
    subprocess.run(
        ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "testsrc2=size=640x360:rate=10:duration=6", "-f", "lavfi", "-i",
         "sine=frequency=330:duration=6", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-g", "5", "-c:a", "aac",
         "-shortest", "-movflags", "+faststart", "-y", str(file)],
        check=True, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    return file


def show_film(made: p.Planted, folder: Path) -> str:
    """Preserve the film, and say of it what was said in it."""
    file = film(folder)
    asset = str(made.app.line.submit([file], batch="b1")["items"][0]["asset"])
    proxy = folder / "proxy.mp4"
    proxy.write_bytes(file.read_bytes())
    data = proxy.read_bytes()
    of = Derivative(
        role="proxy", sha256=hashlib.sha256(data).hexdigest(), bytes=len(data), media_type="video/mp4", keep=True
    )
    shots = [{"start": 0.0, "end": 3.0, "t": 1.0}, {"start": 3.0, "end": 6.0, "t": 4.0}]
    p.plant(made.app, asset, [
        p.said(asset, "format", p.shape("video", "video/mp4")),
        p.said(asset, "probe", p.probe(duration_decoded=6.0)),
        p.said(asset, "keyframes", {"shots": shots, "frames": 60}),
        p.said(asset, "previews", {"previews": [], "missing": []}, [of]),
        p.said(asset, "speech", {"regions": [{"stream": 1, "channel": 0, "start": 1.0, "end": 5.0}]}),
        p.said(asset, "transcript", {"language": "ar", "segments": [
            p.segment(1.0, p.ARABIC), p.segment(3.0, "the bridge is closed", "en"), p.segment(4.5, "goodbye", "en"),
        ]}),
        p.said(asset, "translation", {"target": "en", "segments": [p.meant(0, "The shell fell on Aleppo", 1.0)]}),
        p.said(asset, "objects", {"objects": [p.seen("truck", 4.0)], "calibration": None, "unseen": []}),
        p.said(asset, "places", {"claims": [p.claim(t=1.0)], "best": {"claim": 0, "reasons": ["said twice"]},
                                 "left_out": 0}),
    ], {of.sha256: proxy})  # fmt: skip
    return asset


@dataclass(kw_only=True)
class Reader:
    """A person at a browser."""

    page: "Page"
    room: Room
    complaints: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)

    def go(self, path: str) -> "Page":
        self.page.goto(self.room.address + path)
        return self.page

    def sign_in(self, name: str) -> "Reader":
        """Come in; the reader by the page, the others without a password: comparing one is slow on purpose."""
        if name != "reader":
            accounts, person = self.room.vault.app._accounts, self.room.vault.people[name]
            secret = accounts.sessions.open(person, "password").secret
            self.page.context.add_cookies([{"name": "evidence_session", "value": secret, "url": self.room.address}])
            return self
        self.go("/login")
        self.page.fill('[name="login"]', name)
        self.page.fill('[name="password"]', p.PASSWORD)
        self.page.click("button.main")
        self.page.wait_for_selector("form.search")
        return self

    def item(self, name: str, rest: str = "") -> "Page":
        return self.go(f"/item/{self.room.vault.assets[name]}{rest}")


def now(page: "Page") -> float:
    return float(page.evaluate("document.querySelector('#media').currentTime"))


def until(page: "Page", what: str) -> None:
    """Wait until something is so; the page's policy lets nobody evaluate text in it, so it is asked from outside."""
    for _ in range(100):
        if page.evaluate(what):
            return
        time.sleep(0.1)
    raise AssertionError(f"never: {what}")


def ready(page: "Page") -> None:
    until(page, "document.querySelector('#media').readyState >= 1")


def colours(page: "Page", selector: str) -> int:
    """Return by how much the colours in the middle of something differ from grey."""
    from PIL import Image

    with Image.open(io.BytesIO(page.locator(selector).first.screenshot())) as shot:
        picture = shot.convert("RGB")
    # Beside the boxes and the buttons that lie over it.
    points = [(picture.width * x // 100, picture.height * y // 100) for x in (3, 5, 7) for y in (8, 12, 16)]
    pixels = [picture.getpixel(one) for one in points]
    return max(max(one) - min(one) for one in pixels if isinstance(one, tuple))

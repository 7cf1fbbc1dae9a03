"""A browser reads the captions as they were meant: cues, escapes, voices, directions."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.exports.webvtt import write_webvtt
from tests.browser.conftest import Window
from tests.exports.documents import document, segment, transcript

pytestmark = pytest.mark.slow

_READ = """async (text) => {
  const video = document.createElement('video'), track = document.createElement('track');
  track.src = URL.createObjectURL(new Blob([text], {type: 'text/vtt'}));
  track.default = true; video.append(track); document.body.append(video); track.track.mode = 'hidden';
  await new Promise((done, failed) => { track.onload = done; track.onerror = failed; });
  return [...track.track.cues].map((cue) => ({start: cue.startTime, end: cue.endTime,
    text: cue.getCueAsHTML().textContent, inner: cue.getCueAsHTML().querySelectorAll('b, script, i').length}));
}"""


def cues(window: Window, tmp_path: Path, *segments: dict[str, Any]) -> Any:
    write_webvtt([document(transcript(*segments))], tmp_path / "out")
    text = next((tmp_path / "out").glob("*.vtt")).read_text(encoding="utf-8")
    window.page.set_content("<!doctype html><title>captions</title><body></body>")
    return window.page.evaluate(_READ, text)


def test_cues_are_read_with_their_times_and_hostile_text_is_only_text(window: Window, tmp_path: Path) -> None:
    found = cues(
        window,
        tmp_path,
        segment(1.5, 3.25, "مرحبا", language="ar"),
        segment(4, 5, "<b>bold</b> & <script>alert(1)</script>\n\n00:00:06.000 --> 00:00:07.000\nmore"),
    )

    assert [(one["start"], one["end"]) for one in found] == [(1.5, 3.25), (4, 5)]
    assert found[0]["text"] == "\u200fمرحبا"
    assert found[1]["text"] == "<b>bold</b> & <script>alert(1)</script> 00:00:06.000 --> 00:00:07.000 more"
    assert [one["inner"] for one in found] == [0, 0]

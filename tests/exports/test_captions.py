"""Captions parse, say that a machine made them, and let no text break out of its cue."""

import io
from pathlib import Path
from typing import Any

import pytest
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from pipeline.exports.captions import clock, plain
from pipeline.exports.srt import write_srt
from pipeline.exports.webvtt import write_webvtt
from tests.exports.documents import ASSET, document, segment, told, transcript, translation

HOSTILE = "one\n\n00:00:00.000 --> 00:00:09.000\n<b>two</b> {\\an8} & <script>\r\n\r\n\u202ethree\x00\x1b[2J"


def vtt(to: Path, *documents: dict[str, Any]) -> dict[str, webvtt.WebVTT]:
    write_webvtt(documents, to)
    return {file.name.removeprefix(f"{ASSET}."): webvtt.read(str(file)) for file in sorted(to.glob("*.vtt"))}


def texts(captions: webvtt.WebVTT) -> list[str]:
    return [one.text for one in captions.captions]


def test_the_original_the_translation_and_both_together(tmp_path: Path) -> None:
    found = vtt(tmp_path / "out", document(
        transcript(segment(1.5, 3.25, "مرحبا بكم", language="ar"), segment(4, 5, "شكرا", language="ar"), language="ar"),
        translation(told(1.5, 3.25, "Welcome"), told(4, 5, "Thanks")),
    ))  # fmt: skip

    assert list(found) == ["bilingual.ar-en.vtt", "original.ar.vtt", "translated.en.vtt"]
    assert texts(found["original.ar.vtt"]) == ["\u200fمرحبا بكم", "\u200fشكرا"]
    assert texts(found["translated.en.vtt"]) == ["Welcome", "Thanks"]
    assert texts(found["bilingual.ar-en.vtt"]) == ["\u200fمرحبا بكم\nWelcome", "\u200fشكرا\nThanks"]
    first = found["original.ar.vtt"][0]
    assert (first.start, first.end) == ("00:00:01.500", "00:00:03.250")


def test_the_head_says_who_made_it_how_reliable_it_is_and_that_nobody_reviewed_it(tmp_path: Path) -> None:
    write_webvtt([document(transcript(segment(0, 1, "a"), segment(1, 2, "b", reliability="low")))], tmp_path / "out")
    head = (tmp_path / "out" / f"{ASSET}.original.en.vtt").read_text().split("\n\n")[1]

    assert head.startswith("NOTE\nMachine-made")
    for said in (
        "faster-whisper",
        "whisper-base",
        "f" * 64,
        "1 passages low, 1 passages usable",
        "reviewed: no",
        ASSET,
    ):
        assert said in head


def test_a_persons_review_and_a_partial_reading_are_told(tmp_path: Path) -> None:
    short = {"unit": "seconds", "of": 20.0, "read": 7.5, "gaps": [], "flags": []}
    one = transcript(segment(0, 1, "a"), by="person", reviewer="p-1", coverage=short)
    write_webvtt([document(one)], tmp_path / "out")
    head = (tmp_path / "out" / f"{ASSET}.original.en.vtt").read_text()

    assert "reviewed: by p-1" in head
    assert "7.5 of 20.0 seconds read" in head


def test_what_is_rejected_or_withheld_is_counted_and_never_printed(tmp_path: Path) -> None:
    reading = [{"engine": "e", "text": "SECRET", "confidence": 0.1}]
    rejected = segment(2, 3, None, code="N-SPEECH-002", readings=reading, words=[])
    write_webvtt([document(transcript(segment(0, 1, "a"), rejected, segment(5, 6, None)))], tmp_path / "out")
    text = (tmp_path / "out" / f"{ASSET}.original.en.vtt").read_text()

    assert "SECRET" not in text
    assert "not shown: 1 passages (N-SPEECH-002), 1 passages (withheld)" in text
    assert text.count("-->") == 1


def test_doubt_is_marked_and_a_gloss_is_called_one(tmp_path: Path) -> None:
    found = vtt(tmp_path / "out", document(
        transcript(
            segment(0, 1, "a", flags=["low_confidence"]), segment(1, 2, "b", reliability="low"), segment(2, 3, "c"),
        ),
        translation(
            told(0, 1, None, reliability="gloss", gloss_text="A"), told(1, 2, "B", checks=["numbers"]), told(2, 3, "C"),
        ),
    ))  # fmt: skip

    assert texts(found["original.en.vtt"]) == ["[uncertain] a", "[uncertain] b", "c"]
    assert texts(found["translated.en.vtt"]) == ["[gloss] A", "[uncertain] B", "C"]


@pytest.mark.parametrize("write", [write_webvtt, write_srt])
def test_hostile_text_stays_one_cue_of_one_line(tmp_path: Path, write: Any) -> None:
    write([document(transcript(segment(0, 1, HOSTILE), segment(1, 2, "after")))], tmp_path / "out")
    file = next((tmp_path / "out").glob(f"{ASSET}.*"))
    text = file.read_text(encoding="utf-8")
    parsed = webvtt.from_srt(str(file)) if file.suffix == ".srt" else webvtt.read(str(file))
    found = parsed.captions[-2:]

    assert [one.start for one in found] == ["00:00:00.000", "00:00:01.000"]
    assert found[1].text == "after"
    assert len(found[0].text.splitlines()) == 1
    for bad in ("<b>", "<script>", "\u202e", "\x00", "\x1b", "\r"):
        assert bad not in text
    assert file.suffix == ".vtt" or "{\\an8}" not in text  # only SubRip's players know it


@given(st.text(max_size=60))
def test_no_text_can_end_a_line_or_turn_it(text: str) -> None:
    said = plain(text)

    assert len(said.splitlines()) <= 1
    assert not set(said) & set("\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\r\n\x00")


def test_subrip_begins_with_what_it_is(tmp_path: Path) -> None:
    write_srt([document(transcript(segment(0.5, 3661.25, "hello")))], tmp_path / "out")
    text = (tmp_path / "out" / f"{ASSET}.original.en.srt").read_text()
    first, second = webvtt.from_srt(str(tmp_path / "out" / f"{ASSET}.original.en.srt")).captions

    assert text.startswith("1\n00:00:00,000 --> 00:00:00,001\nMachine-made")
    assert "whisper-base" in first.text
    assert (second.start, second.end, second.text) == ("00:00:00.500", "01:01:01.250", "hello")


def test_streams_and_channels_are_told_apart(tmp_path: Path) -> None:
    found = vtt(tmp_path / "out", document(transcript(segment(0, 1, "a", stream=1), segment(0, 1, "b", stream=2))))

    assert [one.voice for one in found["original.en.vtt"].captions] == ["stream 1 channel 0", "stream 2 channel 0"]


def test_cues_are_in_order_and_none_is_empty_in_time(tmp_path: Path) -> None:
    found = vtt(tmp_path / "out", document(transcript(segment(4, 4, "late"), segment(1, 2, "early"))))

    assert [(one.start, one.end, one.text) for one in found["original.en.vtt"].captions] == [
        ("00:00:01.000", "00:00:02.000", "early"), ("00:00:04.000", "00:00:04.001", "late"),
    ]  # fmt: skip


def test_translated_writing_in_the_picture_is_no_caption(tmp_path: Path) -> None:
    found = vtt(tmp_path / "out", document(
        transcript(segment(0, 1, "a")),
        translation(told(0, 1, "A"), told(0, 1, "SIGN", of={"kind": "ocr", "index": 0})),
    ))  # fmt: skip

    assert texts(found["translated.en.vtt"]) == ["A"]


def test_a_document_without_speech_is_named(tmp_path: Path) -> None:
    manifest = write_webvtt([document()], tmp_path / "out")

    assert manifest.without == ({"asset": ASSET, "reason": "nothing in it is offered as speech"},)
    assert manifest.files == ()


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0, "00:00:00.000"), (59.9996, "00:01:00.000"), (-1, "00:00:00.000"), (360000.5, "100:00:00.500")],
)
def test_a_time_is_written_to_the_millisecond(seconds: float, said: str) -> None:
    assert clock(seconds, ".") == said


def test_the_parser_of_this_test_does_see_a_broken_cue() -> None:
    broken = io.StringIO("WEBVTT\n\n1\n00:00:00.000 --> 00:00:01.000\none\n\n00:00:00.000 --> 00:00:09.000\ntwo\n")

    assert len(webvtt.from_buffer(broken)) == 2

"""Passages that were made up, and passages that only look so."""

from dataclasses import replace

import pytest

from pipeline.core.doubt import judge, passes_for_another, told, within
from pipeline.core.ports import Heard, Region, Word

SPEECH = (Region(start=0.0, end=60.0),)


def _heard(text: str, **values: float) -> Heard:
    given = {
        "start": 0.0,
        "end": 5.0,
        "language_probability": 0.99,
        "confidence": 0.8,
        "no_speech": 0.02,
        "compression": 1.2,
    }
    return Heard(text=text, language="en", words=(), **{**given, **values})


def test_clean_speech_has_no_flag() -> None:
    verdict = judge(_heard("Ask not what your country can do for you."), SPEECH, "usable")
    assert (verdict.flags, verdict.offered) == ((), True)


@pytest.mark.parametrize(
    "text",
    [
        "Subtitles by the Amara.org community",
        "Sous-titres réalisés par la communauté d'Amara.org",
        "Sous-titrage ST' 501",
        "Untertitelung des ZDF, 2020",
        "ترجمة نانسي قنقر",
        "Altyaz\N{LATIN SMALL LETTER DOTLESS I} M.K.",
    ],
)
def test_credits_are_never_speech(text: str) -> None:
    verdict = judge(_heard(text), SPEECH, "usable")
    assert "phantom" in verdict.flags
    assert not verdict.offered


def test_a_farewell_is_doubted_only_where_little_was_heard() -> None:
    assert judge(_heard("Thank you for watching!"), SPEECH, "usable").offered
    doubted = judge(_heard("Thank you for watching!", confidence=0.3), SPEECH, "usable")
    assert (doubted.offered, "phantom" in doubted.flags) == (False, True)


def test_a_chant_is_flagged_and_kept_while_a_loop_is_not_offered() -> None:
    chant = judge(_heard("Allahu akbar! " * 8, compression=5.0, end=16.0), SPEECH, "usable")
    assert (chant.flags, chant.offered) == (("repetition",), True)
    loop = judge(_heard("bu " * 120, compression=26.0, confidence=0.9, end=10.0), SPEECH, "usable")
    assert set(loop.flags) == {"repetition", "rate"}
    assert not loop.offered


def test_text_where_nobody_speaks_is_not_offered() -> None:
    assert judge(_heard("you", no_speech=0.9, confidence=0.2), SPEECH, "usable").flags[-1] == "non_speech"
    assert not judge(_heard("Hello there."), (Region(start=50.0, end=60.0),), "usable").offered


def test_a_language_that_is_read_badly_is_marked_and_shown() -> None:
    verdict = judge(_heard("مرحبا"), SPEECH, "low")
    assert (verdict.flags, verdict.offered) == (("low_confidence",), True)


def test_more_certainty_is_asked_where_kurdish_could_pass() -> None:
    assert told((("en", 0.55),), "usable")
    assert not told((("ar", 0.55),), "low")
    assert not told((), "usable")
    assert passes_for_another(_heard("x", language_probability=0.7, confidence=0.4), "low")
    assert not passes_for_another(_heard("x", language_probability=0.97, confidence=0.3), "low")
    assert not passes_for_another(_heard("x", language_probability=0.7, confidence=0.4), "usable")


def test_a_reading_that_is_unsure_of_itself_is_marked_and_offered() -> None:
    assert judge(_heard("Framboise, mon chouchou.", confidence=0.5), SPEECH, "usable").flags == ("low_confidence",)
    shares = [(0.9, 0.9, 0.9, 0.2), (0.9, 0.9, 0.4, 0.2)]
    spoken = [
        replace(_heard("a b c d"), words=tuple(Word(start=0, end=1, text="a", confidence=one) for one in share))
        for share in shares
    ]
    assert [judge(one, SPEECH, "usable").flags for one in spoken] == [(), ("low_confidence",)]


@pytest.mark.parametrize(
    ("gap", "cut"),
    [((5.4, 9.0), True), ((5.6, 9.0), False), ((2.0, 2.5), True), ((5.3, 5.3), True), ((9.0, 9.0), False)],
)
def test_words_beside_missing_sound_may_be_the_models_own(gap: tuple[float, float], cut: bool) -> None:
    verdict = judge(_heard("Ask not what you are going to do."), SPEECH, "usable", [Region(start=gap[0], end=gap[1])])
    assert verdict.flags == (("low_confidence", "cut") if cut else ())
    assert verdict.offered


def test_regions_are_cut_to_a_span() -> None:
    assert list(within(SPEECH, 10.0, 20.0)) == [Region(start=10.0, end=20.0)]
    assert list(within(SPEECH, 60.0, 70.0)) == []

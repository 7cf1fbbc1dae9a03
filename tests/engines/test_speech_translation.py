"""Speech translation: what the card allows is said in English, what it forbids is refused, and would be caught."""

import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.core.ports import Region, SpeechTranslator
from pipeline.core.reliability import Pair, judged, weigh
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.engines.glossary import Freedict
from pipeline.engines.speech_translation import WhisperTranslation
from pipeline.errors import Misconfigured
from pipeline.weights import Installed
from tests.engines.conftest import Sound

FORBIDDEN = {
    # what is said, in any word of which a translation would be one
    "ar/arabic_speech_corpus_0001.wav": "seller peddler vendor citizen income",
    "ar/levantine_tts_ar_01.wav": "hello well hi", "ar/levantine_tts_ar_03.wav": "doing now",
    "ar/levantine_tts_ar_04.wav": "weather nice beirut", "ar/levantine_tts_cs_02.wav": "flight london tomorrow nine",
    "ar/quran_istiadha.mp3": "refuge satan devil", "ar/watson_ar-AR_Broadband_sample1.wav": "weather wind winds",
    "ar/word_colors_black.ogg": "black", "ar/word_geography_turkey.ogg": "turkey",
    "ar/wudale_ar.wav": "hello test speech",
    "tr/word_colors_black.ogg": "black", "tr/word_geography_cyprus.ogg": "cyprus",
    "tr/word_geography_egypt.ogg": "egypt", "tr/word_geography_france.ogg": "france",
}  # fmt: skip


def _pcm(file: Path, into: Path) -> tuple[Path, list[Region]]:
    command = ["ffmpeg", "-v", "error", "-y", "-i", str(file), "-ar", "16000", "-ac", "1", "-f", "s16le", str(into)]
    subprocess.run(command, check=True)
    return into, [Region(start=0.0, end=into.stat().st_size / 32_000)]


def test_naming_it_loads_nothing(installed: Callable[[str], Installed]) -> None:
    who = WhisperTranslation.identity(installed("whisper-base-translation"))
    other = FasterWhisper.identity(installed("whisper-base"))
    assert (who.engine, who.parameters["task"]) == ("faster-whisper-translate", "translate")
    assert who.weights_sha256 == other.weights_sha256  # one file on disk serves both


@pytest.mark.slow
def test_french_and_german_are_said_in_english(installed: Callable[[str], Installed], sound: Sound) -> None:
    engine = WhisperTranslation(installed("whisper-base-translation"), threads=2)
    assert isinstance(engine, SpeechTranslator)
    assert (engine.target, engine.sources) == ("en", {"fr": "usable", "de": "usable"})
    heard = engine.translate(sound("de/cheetah_test_de_norm.wav"), (Region(start=0.0, end=4.5),), "de")
    text = " ".join(one.text for one in heard).casefold()
    assert "number" in text
    assert "268" in text
    assert all(0 <= one.start <= one.end <= 4.6 for one in heard)
    heard = engine.translate(sound("fr/watson_fr-FR_Broadband_sample1.wav"), (Region(start=0.0, end=13.2),), "fr")
    text = " ".join(one.text for one in heard).casefold()
    assert "human beings" in text
    assert "fraternity" in text


@pytest.mark.slow
def test_what_the_card_forbids_is_refused(installed: Callable[[str], Installed], sound: Sound) -> None:
    engine = WhisperTranslation(installed("whisper-base-translation"), threads=2)
    for language in ("ar", "tr", "ckb", "en"):
        with pytest.raises(Misconfigured, match=language):
            engine.translate(sound("de/cheetah_test_de_norm.wav"), (Region(start=0.0, end=4.5),), language)


@pytest.mark.slow
def test_what_it_would_invent_is_caught_by_the_checks(
    installed: Callable[[str], Installed], testdata: Path, tmp_path: Path
) -> None:
    """The card leaves Arabic and Turkish out; were they let in, the checks alone would mark what is wrong."""
    allowed = installed("whisper-base-translation")
    card = allowed.card.model_copy(update={"speech_translation": {"ar": "usable", "tr": "usable"}})
    engine = WhisperTranslation(replace(allowed, card=card), threads=2)
    ear, book = FasterWhisper(installed("whisper-base"), threads=2), Freedict(installed("freedict"))
    wrong = caught = 0
    for name, true in FORBIDDEN.items():
        pcm, regions = _pcm(testdata / "speech" / name, tmp_path / "sound.pcm")
        language = name.partition("/")[0]
        source = " ".join(one.text for one in ear.transcribe(pcm, regions, language))
        said = engine.translate(pcm, regions, language)
        text = " ".join(one.text for one in said)
        if not said or set(true.split()) & set(text.casefold().replace(",", " ").replace(".", " ").split()):
            continue  # nothing was invented
        wrong += 1
        confidence = min(one.confidence for one in said)
        pair = Pair(
            source=source, text=text, language=language, confidence=confidence, glosses=book.gloss(source, language)
        )
        caught += judged(weigh(pair), "usable") != "usable"
    assert wrong >= len(FORBIDDEN) // 2  # the card is right to forbid them
    assert caught >= 0.9 * wrong

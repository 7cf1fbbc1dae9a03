"""Transcribers: both hear the words that were said, from the same tensors, the same each time."""

import hashlib
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.core.ports import Heard, Region, Transcriber
from pipeline.engines import faster_whisper, openai_whisper, passages, pcm
from pipeline.engines.ct2 import read_whisper
from pipeline.engines.faster_whisper import FasterWhisper
from pipeline.engines.openai_whisper import OpenAIWhisper
from pipeline.engines.recogniser import Aligned
from pipeline.errors import Misconfigured
from pipeline.weights import Installed
from tests.engines.conftest import Sound

KENNEDY = "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
KINDS = [FasterWhisper, OpenAIWhisper]

# openai-whisper leaves its vocabulary file to the garbage collector to close.
pytestmark = [
    pytest.mark.filterwarnings("ignore:unclosed file.*tiktoken:ResourceWarning"),
    pytest.mark.filterwarnings("ignore:Exception ignored.*tiktoken:pytest.PytestUnraisableExceptionWarning"),
]


def _words(heard: tuple[Heard, ...]) -> str:
    return " ".join(re.findall(r"\w+", " ".join(one.text for one in heard).lower()))


def test_timestamps_cut_tokens_into_passages() -> None:
    begin = 100
    tokens = [100, 1, 2, 150, 150, 3, 200]
    assert [(start, end, list(part)) for start, end, part in passages.split(tokens, begin, 30.0)] == [
        (0.0, 1.0, [100, 1, 2, 150]), (1.0, 2.0, [150, 3, 200])
    ]  # fmt: skip


def test_a_passage_left_open_keeps_its_words() -> None:
    assert [(start, end, list(part)) for start, end, part in passages.split([100, 1, 150, 150, 7], 100, 4.0)] == [
        (0.0, 1.0, [100, 1, 150]), (1.0, 4.0, [150, 7])
    ]  # fmt: skip


def test_no_token_at_all_is_no_passage() -> None:
    assert list(passages.split([], 100, 30.0)) == []


def test_repetition_packs_well() -> None:
    assert passages.compression("thank you " * 40) > 2.4 > passages.compression(KENNEDY)


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
class TestEveryTranscriber:
    def test_it_hears_what_was_said_and_when(
        self, kind: type[FasterWhisper | OpenAIWhisper], installed: Callable[[str], Installed], sound: Sound
    ) -> None:
        engine = kind(installed("whisper-base"), threads=2)
        assert isinstance(engine, Transcriber)
        pcm_file, regions = sound("en/jfk_16k.wav"), (Region(start=0.0, end=11.0),)
        (tongue,) = engine.languages(pcm_file, regions)
        assert tongue.candidates[0][0] == "en"
        assert tongue.candidates[0][1] > 0.9
        heard = engine.transcribe(pcm_file, regions, "en")
        assert _words(heard) == KENNEDY
        # Where the words stand is known from the recording: "ask not" after the second pause.
        times = {word.text.strip(",.").lower(): word for one in heard for word in one.words}
        assert 3.0 < times["not"].start < 5.0
        assert 0.0 <= times["fellow"].start < times["americans"].end < 2.8
        assert all(0 <= word.confidence <= 1 and word.start <= word.end for word in times.values())

    def test_short_clips_in_other_languages(
        self, kind: type[FasterWhisper | OpenAIWhisper], installed: Callable[[str], Installed], sound: Sound
    ) -> None:
        engine = kind(installed("whisper-base"), threads=2)
        pcm_file = sound("de/leopard_test_de.wav")
        regions = (Region(start=0.0, end=5.2),)
        assert engine.languages(pcm_file, regions)[0].candidates[0][0] == "de"
        said = "hinter diesem raum wurde als genutzt"  # without the words that such a model may spell its own way
        assert set(said.split()) <= set(_words(engine.transcribe(pcm_file, regions, "de")).split())

    def test_a_language_that_the_model_has_not_is_refused(
        self, kind: type[FasterWhisper | OpenAIWhisper], installed: Callable[[str], Installed], sound: Sound
    ) -> None:
        engine = kind(installed("whisper-base"), threads=2)
        with pytest.raises(Misconfigured, match="ckb"):
            engine.transcribe(sound("en/leopard_test.wav"), (Region(start=0.0, end=5.0),), "ckb")


@pytest.mark.slow
def test_threads_and_batches_change_nothing(
    installed: Callable[[str], Installed], sound: Sound, monkeypatch: pytest.MonkeyPatch
) -> None:
    pcm_file = sound("en/jfk_16k.wav", "en/leopard_test.wav", "en/mfa_acoustic_corpus.wav", pause=4.0)
    regions = (Region(start=0, end=11), Region(start=15, end=21), Region(start=24.9, end=50))
    found = set()
    for threads, together in ((1, 8), (2, 8), (3, 1)):
        monkeypatch.setitem(faster_whisper._TOGETHER, "cpu", together)
        engine = FasterWhisper(installed("whisper-base"), threads=threads)
        found.add((engine.languages(pcm_file, regions), engine.transcribe(pcm_file, regions, "en")))
    assert len(found) == 1


@pytest.mark.slow
def test_a_recording_does_not_depend_on_those_heard_beside_it(
    installed: Callable[[str], Installed], sound: Sound, tmp_path: Path
) -> None:
    """Four threads listen to recordings of their own through one model, in calls that they share."""
    clips = ("en/jfk_16k.wav", "en/leopard_test.wav", "en/cards_005.wav", "en/speechbrain_spk1_snt1.wav")
    files = [sound(clip).rename(tmp_path / f"{number}.pcm") for number, clip in enumerate(clips)]
    regions = [(Region(start=0.0, end=pcm.count(file) / pcm.RATE - 1.0),) for file in files]
    engine = FasterWhisper(installed("whisper-base"), threads=2)

    def hear(number: int) -> object:
        tongues = engine.languages(files[number], regions[number])
        return tongues, engine.transcribe(files[number], regions[number], "en")

    alone = [hear(number) for number in range(len(clips))]
    with ThreadPoolExecutor(len(clips)) as threads:
        assert list(threads.map(hear, range(len(clips)))) == alone


@pytest.mark.slow
def test_a_window_never_holds_two_languages(installed: Callable[[str], Installed], sound: Sound) -> None:
    pcm_file = sound("en/leopard_test.wav", "fr/leopard_test_fr.wav", "de/leopard_test_de.wav", pause=0.8)
    regions = (Region(start=0, end=5.9), Region(start=6.7, end=13.4), Region(start=14.2, end=19.5))
    engine = FasterWhisper(installed("whisper-base"), threads=2)
    tongues = engine.languages(pcm_file, regions)
    assert [(one.candidates[0][0], round(one.start), round(one.end)) for one in tongues] == [
        ("en", 0, 6), ("fr", 7, 13), ("de", 14, 20)
    ]  # fmt: skip


def test_a_passage_is_cut_where_its_window_leaves_something_out() -> None:
    window = pcm.Window(spans=((0, 4 * pcm.RATE), (60 * pcm.RATE, 64 * pcm.RATE)))
    words = tuple(
        Aligned(text=text, tokens=1, start=start, end=start + 0.5, probability=0.9)
        for text, start in ((" one", 3.0), (" two", 3.5), (" three", 4.2))
    )
    passage = passages.Passage(start=3.0, end=4.7, words=words)
    first, second = passages.place(window, "one two three", passage, 1.0)
    assert (first.text, first.start, first.end) == ("one two", 3.0, 4.0)
    assert (second.text, second.start, second.end) == ("three", 60.2, 60.7)
    assert [one.start for one in first.words + second.words] == [3.0, 3.5, 60.2]


def test_marks_belong_to_their_word_and_a_pause_to_none() -> None:
    said = (
        (" Hello", 5.0, 5.3),
        (",", 5.3, 5.3),
        (" (", 5.4, 5.4),
        ("world", 5.4, 5.7),
        (")", 5.7, 5.7),
        (" Yes", 5.8, 9.9),
    )
    aligned = [Aligned(text=text, tokens=1, start=start, end=end, probability=1) for text, start, end in said]
    (passage,) = passages.share_out(aligned, [(5.0, 6.0, 6)])
    assert [one.text.strip() for one in passage.words] == ["Hello,", "(world)", "Yes"]
    assert passage.end == pytest.approx(6.1, abs=0.2)  # not 9.9: the alignment stretched the last word over a pause


@pytest.mark.slow
def test_both_adapters_hold_the_same_tensors(installed: Callable[[str], Installed]) -> None:
    here = installed("whisper-base")
    dimensions, tensors = read_whisper(here.files["model.bin"])
    assert dimensions["n_audio_layer"] == dimensions["n_text_layer"] == 6
    loaded = openai_whisper.Recogniser(here, threads=2).model.state_dict()
    assert set(loaded) == set(tensors)
    for name, tensor in tensors.items():
        # Each 16-bit value is kept: rounding the loaded one back gives the same bits.
        back = loaded[name].numpy().astype(tensor.dtype)
        assert hashlib.sha256(back.tobytes()).digest() == hashlib.sha256(tensor.tobytes()).digest(), name


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    for number, data in enumerate((b"", b"\x06\0\0\0", b"\x06\0\0\0\x02\0x\0\0\0\0\0\0\0\0\0", bytes(100))):
        file = tmp_path / str(number)
        file.write_bytes(data)
        with pytest.raises(Misconfigured, match="not a CTranslate2"):
            read_whisper(file)

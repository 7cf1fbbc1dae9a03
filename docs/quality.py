"""Quality: measures the line on a folder of media with known truth, and writes docs/quality.md.

    python docs/quality.py [TESTDATA]

The folder holds ``MANIFEST.json``: for each file its path and its ``ground_truth``. Nothing of it is copied here.
"""

import os
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

_CHECKOUT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(_CHECKOUT))

from pipeline.service import evaluation  # noqa: E402 (needs the line above when run as a script)

OUT = _CHECKOUT / "docs" / "quality.md"

Json = Mapping[str, Any]

HEAD = """# Quality

What the models of this profile get right and wrong, on media with known truth. Written by `make quality`; the figures below
are of the run named here, with the engines named under each table. Intervals hold 95 of 100 bootstrap samples of the files.
How texts are normalised before they are compared stands in `pipeline/core/error_rates.py`; what a manifest of truths looks
like, in [evaluation.md](evaluation.md).
"""


def measure(folder: Path) -> dict[str, Json]:
    """Run every measure."""
    found: dict[str, Json] = {}
    for what in ("speech", "text", "labels", "place"):
        found[what] = evaluation(what, folder / "MANIFEST.json")
        print(f"{what}: {found[what]['items']} files", file=sys.stderr, flush=True)
    return found


def page(found: Mapping[str, Json], day: str) -> str:
    """Return the page."""
    parts = [HEAD, f"Measured on {day}.\n"]
    parts += [*_speech(found["speech"]), *_text(found["text"]), *_labels(found["labels"]), *_place(found["place"])]
    return "\n".join(parts)


def _rate(rate: Json | None) -> str:
    return "–" if rate is None else f"{rate['rate']:.2f} ({rate['low']:.2f}–{rate['high']:.2f})"


def _share(part: int, of: int) -> str:
    return f"{100 * part / of:.1f} %" if of else "–"


def _speech(found: Json) -> Iterator[str]:
    yield "## Speech\n"
    yield "| language | clips | words | word errors | character errors | words offered without a flag | clips left without words |"
    yield "|---|---|---|---|---|---|---|"
    for language, one in found["languages"].items():
        words = one["wer"]["units"] if one["wer"] else 0
        unflagged = _share(one["words_unflagged"], one["words_offered"])
        yield (
            f"| {language} | {one['clips']} | {words} | {_rate(one['wer'])} | {_rate(one['cer'])} | {unflagged} "
            f"| {one['clips_without_words']} |"
        )
    silent = found["no_speech"]
    yield (
        f"\nOn {silent['files']} files in which nobody speaks: {silent['words_invented']} words invented, in "
        f"{silent['files_with_words']} of them.\n"
    )
    yield from _engines(found)
    yield _weak(found)


def _weak(found: Json) -> str:
    """State weaknesses as the figures show them, not as somebody remembers them."""
    poor = [name for name, one in found["languages"].items() if one["wer"] and one["wer"]["rate"] >= 0.4]
    told = [
        f"In {', '.join(poor)} four words in ten or more are wrong or missing: such transcripts find recordings, they "
        "quote nobody."
        if poor
        else "",
        "Kurdish has no recogniser in this profile: it is told apart and marked unsupported, so all its words count as missing.",
        "Whisper's own confidence is no proof: a flagged passage may be right, an unflagged one wrong.",
        "The clips are few, short and mostly read aloud: noise, several voices at once and dialect are harder.",
    ]
    return "Weak: " + " ".join(one for one in told if one) + "\n"


def _text(found: Json) -> Iterator[str]:
    yield "## Text in pictures\n"
    yield "| language | pictures | character errors | word errors |"
    yield "|---|---|---|---|"
    for language, one in found["languages"].items():
        yield f"| {language} | {one['pictures']} | {_rate(one['cer'])} | {_rate(one['wer'])} |"
    passages, without = found["passages"], found["without_text"]
    yield f"\nOf {passages['asked']} passages that stand in other pictures, {passages['found']} were read letter by letter."
    yield f"Of {without['pictures']} photographs without text, {without['with_invented_text']} were given some.\n"
    yield from _engines(found)
    yield "Weak: small print on photographed shop signs, handwriting, letters drawn on a slant or along a curve.\n"


def _labels(found: Json) -> Iterator[str]:
    yield "## Things in pictures\n"
    missed = [name for name, one in found["labels"].items() if one.get("found", 0) < one["asked"]]
    yield f"Of {found['asked']} labels on {found['items']} photographs, {found['found']} were given (recall {found['recall']})."
    if missed:
        yield f"Missed at least once: {', '.join(missed)}."
    yield ""
    yield from _engines(found)
    yield (
        "Weak: the embedded detector knows 80 everyday things, the tagger the 1,000 names of ImageNet; neither was made for "
        "weapons, munitions or damage. What they cannot see is listed by name in every result.\n"
    )


def _place(found: Json) -> Iterator[str]:
    yield "## Positions\n"
    metres = found["metres"] or {}
    yield (
        f"Of {found['positions']} positions that files state, {found['within_1e-4_degrees']} were found within 1e-4 degrees "
        f"({found['share_within_1e-4_degrees']}); the largest error is {metres.get('largest', '–')} m, "
        f"{found['without_claim']} gave none."
    )
    none = found["no_position"]
    yield f"Of {none['files']} files that state no possible position, {none['with_claims']} were given one.\n"


def _engines(found: Json) -> Iterator[str]:
    for one in found["makers"]:
        yield f"- {one['stage']} {one['version']}: {one['engine']}, {one['model']}, weights `{one['weights_sha256'][:12]}`"
    yield ""


if __name__ == "__main__":
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("EVIDENCE_TESTDATA")
    place = Path(given or _CHECKOUT.parent / "shared" / "testdata")
    if not (place / "MANIFEST.json").is_file():
        sys.exit("no media with known truth: name the folder")
    OUT.write_text(page(measure(place), f"{datetime.now(UTC):%Y-%m-%d}"), encoding="utf-8")
    print(OUT)

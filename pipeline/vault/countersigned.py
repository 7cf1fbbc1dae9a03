"""Countersigned: timestamp tokens (RFC 3161) beside the notes that they vouch for, and whether they do."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import Misconfigured
from pipeline.vault.chain import TOLERANCE, seconds_back
from pipeline.vault.files import read_regular
from pipeline.vault.leaves import CHECKPOINTS, NOTE, path_of
from pipeline.vault.notes import Find, Spoken
from pipeline.vault.segments import STAMPED
from pipeline.vault.standalone import vouched

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

TOKEN = ".tsr"  # noqa: S105 (a file name's end)
AUTHORITY = re.compile(r"[a-z0-9][a-z0-9_-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamps:
    """How many tokens fit their note, and of how many of them the authority could not be checked."""

    good: int = 0
    unchecked: int = 0


def token_path(root: Path, number: int, authority: str) -> Path:
    """Return where an authority's token for a checkpoint lies."""
    return path_of(root, number, f".{authority}{TOKEN}")


def load_certificates(files: Sequence[Path]) -> "list[Certificate]":
    """Read root certificates (PEM, any number in a file)."""
    from cryptography.x509 import load_pem_x509_certificates

    found = []
    for file in files:
        try:
            found += load_pem_x509_certificates(file.read_bytes())
        except (OSError, ValueError) as err:
            raise Misconfigured(f"{file} is no file of PEM certificates that can be read", code="E-CONF-001") from err
    return found


def countersignatures(
    root: Path, times: Mapping[int, str], spoken: Sequence[Spoken], certificates: "list[Certificate]", find: Find
) -> Stamps:
    """Check every token against its note, and against what the log says of it."""
    good = 0
    for path in sorted((root / CHECKPOINTS).glob(f"*{TOKEN}")):
        where = f"{CHECKPOINTS}/{path.name}"
        number = path.name.partition(".")[0]
        try:
            at = vouched(read_regular(path), read_regular(root / CHECKPOINTS / f"{number}{NOTE}"), certificates)
        except FileNotFoundError:
            find(where, "E-LOG-014", "there is no such checkpoint")
            continue
        except (ValueError, OSError) as err:
            find(where, "E-LOG-014", str(err))
            continue
        good += 1
        made = times.get(int(number), "") if number.isdigit() else ""
        if (ahead := seconds_back(made, at.isoformat(timespec="milliseconds").replace("+00:00", "Z"))) > TOLERANCE:
            what = f"the authority saw it {ahead:.0f} seconds before it says that it was made"
            find(f"{CHECKPOINTS}/{number}{NOTE}", "E-LOG-010", what)
    _against_log(root, spoken, find)
    return Stamps(good=good, unchecked=0 if certificates else good)


def _against_log(root: Path, spoken: Sequence[Spoken], find: Find) -> None:
    """Name tokens that the log knows and that are gone, or others."""
    for one in spoken:
        number, authority = one.facts.get("number"), str(one.facts.get("authority"))
        if one.act != STAMPED or not isinstance(number, int) or not AUTHORITY.fullmatch(authority):
            continue
        path = token_path(root, number, authority)
        try:
            told = hashlib.sha256(read_regular(path)).hexdigest()
        except OSError:
            find(f"{CHECKPOINTS}/{path.name}", "E-LOG-002", "the countersignature is missing")
            continue
        if told != one.facts.get("token"):
            find(f"{CHECKPOINTS}/{path.name}", "E-LOG-014", "it is not the countersignature that the log knows")

"""What the code says of itself is what the pages say; every code used is listed, every code listed is used."""

import re
import subprocess
import sys
from pathlib import Path

from pipeline.errors import CODES

CHECKOUT = Path(__file__).resolve().parents[2]
_CODE = re.compile(r"\b[ENUH]-(?:[A-Z]+-)?\d{3,4}\b")


def test_the_reference_pages_are_up_to_date() -> None:
    said = subprocess.run(
        [sys.executable, CHECKOUT / "docs" / "generate.py", "--check"], capture_output=True, text=True, check=False
    )

    assert (said.returncode, said.stdout) == (0, "")


def test_every_code_in_the_source_is_listed() -> None:
    used = {
        code: file.name
        for folder in ("pipeline", "dags", "docker", "plugins")
        for file in (CHECKOUT / folder).rglob("*.py")
        for code in _CODE.findall(file.read_text(encoding="utf-8"))
    }

    assert {code: file for code, file in used.items() if code not in CODES} == {}


def test_every_code_tells_who_acts_and_what_is_next() -> None:
    assert all(one.meaning and one.who and one.next for one in CODES.values())
    assert {one.who for one in CODES.values()} == {"nobody", "analyst", "operator", "custodian"}

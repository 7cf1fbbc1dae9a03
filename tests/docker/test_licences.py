"""Licences: everything that is installed has one that is allowed, and a new unknown one is noticed."""

import email
import re
import tomllib
from importlib.metadata import metadata
from pathlib import Path

import pytest

from docker import licences
from docker.lock import LOCK, read
from pipeline.weights.card import read_cards

CHECKOUT = Path(__file__).resolve().parents[2]
PACKAGES = read(LOCK.read_text(encoding="utf-8"))


def test_every_package_of_the_lock_has_a_licence_that_is_allowed() -> None:
    found = {name: licences.of_package(name) for name in PACKAGES}
    assert {name: licence for name, licence in found.items() if licences.refused(licence)} == {}


def test_what_was_looked_up_by_hand_is_still_installed_and_has_a_reason() -> None:
    by_hand = licences.table()["package"]
    assert by_hand.keys() <= PACKAGES.keys()
    assert all(one["why"] for one in by_hand.values())


def test_nobody_looks_up_by_hand_what_a_package_says_by_itself() -> None:
    clear = [name for name in licences.table()["package"] if "License-Expression" in metadata(name)]
    assert clear == []


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ("License-Expression: MIT", "MIT"),
        ("License: BSD 2-Clause License\nClassifier: License :: OSI Approved :: BSD License", "BSD-2-Clause"),
        ("License: a whole text\nClassifier: License :: OSI Approved :: MIT License", "MIT"),
        ("License: GPL", "LicenseRef-unknown"),
        ("Summary: silence", "LicenseRef-unknown"),
        ("Classifier: License :: OSI Approved :: GNU General Public License v3 (GPLv3)", "LicenseRef-unknown"),
        (
            "Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: Other/Proprietary License",
            "LicenseRef-unknown",
        ),
    ],
)
def test_what_a_package_says_is_read(headers: str, expected: str) -> None:
    assert licences.said(email.message_from_string(headers)) == expected


@pytest.mark.parametrize(
    ("expression", "bad"),
    [
        ("MIT", []),
        ("Apache-2.0 WITH LLVM-exception AND MIT", []),
        ("GPL-3.0-only OR MIT", []),
        ("GPL-3.0-only AND MIT", ["GPL-3.0-only"]),
        ("MIT AND (AGPL-3.0-only OR Apache-2.0)", []),
        ("MIT AND (AGPL-3.0-only OR SSPL-1.0)", ["AGPL-3.0-only", "SSPL-1.0"]),
        ("(MIT AND GPL-2.0-only) OR SSPL-1.0", ["GPL-2.0-only", "SSPL-1.0"]),
        ("LicenseRef-unknown", ["LicenseRef-unknown"]),
    ],
)
def test_of_alternatives_one_allowed_is_enough(expression: str, bad: list[str]) -> None:
    assert licences.refused(expression) == bad


def test_every_debian_package_that_set_up_installs_is_listed_and_no_other() -> None:
    text = (CHECKOUT / "docker" / "setup.sh").read_text(encoding="utf-8")
    named = set(re.findall(r":([a-z][a-z0-9-]+)(?=[ \"])", "\n".join(re.findall(r"NEEDED\+?=.*", text))))
    named |= {f"dict-freedict-{language}-eng" for language in ("ara", "deu", "fra", "kur", "tur")}
    assert set(licences.table()["debian"]) == named | {"python3", "python3-venv"}


def test_every_model_has_a_licence_that_is_allowed_or_consented_to() -> None:
    told = tomllib.loads(licences.TABLE.read_text(encoding="utf-8"))["model"]
    cards = read_cards(CHECKOUT / "models").values()
    free = {card.licence for card in cards if not card.non_commercial}
    assert free == set(told["allowed"])
    assert {card.licence for card in cards if card.non_commercial} == set(told["with_consent"])

"""Images: read as texts, since no test builds them: nobody is root in them, and nothing in them is unpinned."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[2] / "docker"
IMAGES = {"control": "docker/Dockerfile.control", "worker": "docker/Dockerfile.worker"}
TAG = re.compile(r"[a-z0-9./-]+:(?!latest)[0-9][A-Za-z0-9._-]*(?:@sha256:[0-9a-f]{64})?")
NOT_IN_IMAGES = {"npm", "strace"}
"""Programs of set-up and of the tests."""


def steps(text: str) -> Iterator[tuple[str, str]]:
    """Yield instruction and argument of each step, continued lines joined."""
    whole = re.sub(r"\\\n", " ", "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#")))
    for line in whole.splitlines():
        if line.strip():
            word, _, rest = line.strip().partition(" ")
            yield word.upper(), " ".join(rest.split())


def faults(text: str) -> list[str]:
    """Return what a description of an image does that none of ours may."""
    found: list[str] = []
    said = list(steps(text))
    defaults = dict(rest.split("=", 1) for word, rest in said if word == "ARG" and "=" in rest)
    users = [at for at, (word, rest) in enumerate(said) if word == "USER" and rest not in {"root", "0", "0:0"}]
    last = max((at for at, (word, _) in enumerate(said) if word == "USER"), default=-1)
    if not users or users[-1] != last or any(word in {"RUN", "COPY", "ADD"} for word, _ in said[last:]):
        found.append("root")
    for word, rest in said:
        base = re.sub(r"\$\{(\w+)\}", lambda name: defaults.get(name[1], ""), rest.split(" AS ")[0])
        if word == "FROM" and not TAG.fullmatch(base):
            found.append("base")
        if word == "ADD" or (word == "RUN" and re.search(r"\b(?:curl|wget|git clone)\b", rest)):
            found.append("fetches")
        calls = re.findall(r"pip install [^&|;]*", rest) if word == "RUN" else []
        if any(
            "--no-deps" not in one or not ("--require-hashes" in one or one.rstrip().endswith("-e .")) for one in calls
        ):
            found.append("unpinned")
        if word == "ENV" and re.search(r"(?i)(?:password|secret|token|_key)\s*=", rest):
            found.append("secret")
    return found


@pytest.mark.parametrize("image", IMAGES)
def test_no_image_does_what_none_may(image: str) -> None:
    assert faults((DOCKER.parent / IMAGES[image]).read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("FROM python:3.11\nRUN true", "root"),
        ("FROM python:3.11\nUSER evidence\nRUN true", "root"),
        ("FROM python:3.11\nUSER evidence\nUSER root", "root"),
        ("FROM python:latest\nUSER evidence", "base"),
        ("FROM python\nUSER evidence", "base"),
        ("ARG BASE=python\nFROM ${BASE}\nUSER evidence", "base"),
        ("FROM python:3.11\nADD https://x.invalid/y /y\nUSER evidence", "fetches"),
        ("FROM python:3.11\nRUN curl -s x | sh\nUSER evidence", "fetches"),
        ("FROM python:3.11\nRUN pip install airflow\nUSER evidence", "unpinned"),
        ("FROM python:3.11\nRUN true \\\n && pip install --no-deps -r x\nUSER evidence", "unpinned"),
        ("FROM python:3.11\nENV A=1 \\\n    DB_PASSWORD=x\nUSER evidence", "secret"),
    ],
)
def test_what_none_may_do_is_found(text: str, fault: str) -> None:
    assert fault in faults(text)


def test_the_worker_has_every_program_that_set_up_installs() -> None:
    needed = re.findall(r'NEEDED\+?=" ?([^"]*)"', (DOCKER / "setup.sh").read_text(encoding="utf-8").split("if [ ")[0])
    packages = {pair.rpartition(":")[2] for line in needed for pair in line.split()} - NOT_IN_IMAGES
    packages -= {"dict-freedict-$language-eng"}
    worker = (DOCKER / "Dockerfile.worker").read_text(encoding="utf-8").split()
    assert len(packages) >= 7
    assert packages <= {*worker}
    assert {f"dict-freedict-{one}-eng" for one in ("ara", "deu", "fra", "kur", "tur")} <= {*worker}


def test_images_of_others_are_named_by_version_and_that_none_was_built_is_said() -> None:
    text = (DOCKER / "compose.yaml").read_text(encoding="utf-8")
    others = [one for one in re.findall(r"image: (\S+)", text) if not one.startswith("evidence/")]
    assert len(others) == 2
    assert all(TAG.fullmatch(one) for one in others)
    assert "never built" in text
    for file in IMAGES.values():
        assert "Never built" in (DOCKER.parent / file).read_text(encoding="utf-8")

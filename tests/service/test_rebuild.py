"""Catalogue and index are made again as they were; a rebuild that is killed, or has no room, leaves old or new."""

import os
import random
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.catalogue.beside import Beside
from pipeline.cli import main
from pipeline.core.model import AssetId
from pipeline.core.ports import IndexRow
from pipeline.index.sqlite import SqliteIndex
from pipeline.plan import plan
from pipeline.settings import read_settings
from pipeline.usecases import rebuild
from pipeline.usecases.home import open_home
from pipeline.usecases.reread import Reader
from tests.service.conftest import Evidence, tone

CHECKOUT = Path(__file__).resolve().parents[2]
CALLS = ("pwrite64", "write", "fsync", "fdatasync", "rename", "symlink", "unlink", "ftruncate")


def said(evidence: Evidence, assets: dict[str, str]) -> list[str]:
    """Return all that a home answers, as one would read it."""
    shown = [evidence("show", one).text for one in sorted(set(assets.values()))]
    return [*shown, evidence("status").text, evidence("search", "aleppo").text]


def run(*argv: str, tracer: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
    command = [*tracer, sys.executable, "-B", "-c", "from pipeline.cli import run; run()", *argv, "--json"]
    env = {**os.environ, "PYTHONPATH": str(CHECKOUT)}
    return subprocess.run(command, env=env, capture_output=True, text=True, timeout=120, check=False)


@pytest.mark.parametrize("shards", [3, pytest.param(200, marks=pytest.mark.slow)])
def test_a_rebuilt_catalogue_is_the_live_one(evidence: Evidence, processed: dict[str, str], shards: int) -> None:
    answers = said(evidence, processed)

    made = evidence("rebuild", "catalogue", "--shards", shards).json
    again = evidence("rebuild", "catalogue").json

    assert made["before"] == made["digest"] == again["before"] == again["digest"]
    assert (made["batches"], made["items"], made["assets"]) == (1, 5, 4)
    assert made["enrichments"] == 4 * len(plan())  # each asset has an answer from every stage
    assert (made["reread"], made["carried"]) == (0, 0)
    assert said(evidence, processed) == answers


def test_a_catalogue_that_was_lost_has_the_digest_of_the_one_that_was(
    evidence: Evidence, home: Path, processed: dict[str, str]
) -> None:
    answers, digest = said(evidence, processed), evidence("rebuild", "catalogue").json["digest"]
    for one in home.glob("catalogue*"):
        one.unlink()

    made = evidence("rebuild", "catalogue").json

    assert (made["before"], made["digest"]) == (None, digest)
    assert said(evidence, processed) == answers


def test_a_catalogue_of_other_rows_has_another_digest(evidence: Evidence, processed: dict[str, str]) -> None:
    """The digest would show a catalogue that strayed from the vault, and the rebuild mends it."""
    with open_home(read_settings()).catalogue.database.write() as db:
        db.exec_driver_sql("UPDATE ledger SET outcome = 'failed' WHERE stage = 'probe'")
    assert evidence("status", "b1").json["outcomes"]["probe"] == {"failed": 5}

    made = evidence("rebuild", "catalogue").json

    assert made["before"] != made["digest"] == evidence("rebuild", "catalogue").json["digest"]
    assert "failed" not in evidence("status", "b1").json["outcomes"]["probe"]
    assert processed


@pytest.mark.parametrize("shards", [3, pytest.param(200, marks=pytest.mark.slow)])
def test_a_rebuilt_index_is_the_live_one(
    evidence: Evidence, home: Path, processed: dict[str, str], shards: int
) -> None:
    answers = said(evidence, processed)
    live = SqliteIndex(home / "index.sqlite").contents()

    made = evidence("rebuild", "index", "--shards", shards).json

    assert (made["digest"], made["passages"], made["assets"]) == (live.digest, live.passages, 4)
    assert made["passages"] > 0
    assert said(evidence, processed) == answers
    assert not list(home.glob("index-build*"))


def test_shards_are_numbers_that_make_sense(evidence: Evidence, processed: dict[str, str]) -> None:
    for shards in ("0", "4097"):
        assert evidence("rebuild", "index", "--shards", shards).json["error"]["code"] == "E-CONF-009"
    assert processed


def test_nobody_rebuilds_without_permission(evidence: Evidence, processed: dict[str, str]) -> None:
    evidence("grant", "reader", "--role", "reader")
    assert evidence("rebuild", "catalogue", actor="reader").json["error"]["code"] == "E-ACCESS-001"
    assert processed


@pytest.mark.parametrize("what", ["catalogue", "index"])
def test_what_a_killed_rebuild_had_read_is_not_read_again(
    evidence: Evidence, processed: dict[str, str], what: str
) -> None:
    """Two of four parts are in when it is killed; an asset of the first gets a new version before the next try."""
    begun = open_home(read_settings())
    if what == "catalogue":
        beside = Beside(begun.catalogue.database, of=f"{begun.vault_id} 4")
        for n in (1, 2):
            rows, listing = Reader(begun).part((n, 4))
            beside.keep(f"objects {n}/4", listing, rows)
    else:
        rebuild.begin_index(begun, 4)
        assert [rebuild.index_part(begun, (n, 4)) for n in (1, 2, 1)] == [True, True, False]
    early = [one.asset.id for n in (1, 2) for one in begun.vault.survey((n, 4))]
    begun.close()
    answers = said(evidence, processed)

    made = evidence("rebuild", what, "--shards", 4).json

    assert early
    assert made.get("resumed", 2) == 2
    assert said(evidence, processed) == answers
    if what == "catalogue":
        assert made["before"] == made["digest"]


@pytest.mark.parametrize("what", ["catalogue", "index"])
def test_what_was_put_back_into_the_vault_between_two_tries_is_read(
    evidence: Evidence, home: Path, processed: dict[str, str], what: str
) -> None:
    """An object was missing at the first try and restored before the second: the vault decides, not what was kept."""
    answers = said(evidence, processed)
    begun = open_home(read_settings())
    folder = next(home.glob(f"vault/objects/*/*/*/*{processed['place.jpg']}"))
    aside = folder.rename(home.parent / "aside")
    if what == "catalogue":
        rows, listing = Reader(begun).part((1, 1))
        Beside(begun.catalogue.database, of=f"{begun.vault_id} 1").keep("objects 1/1", listing, rows)
    else:
        rebuild.begin_index(begun, 1)
        rebuild.index_part(begun, (1, 1))
    begun.close()
    aside.rename(folder)

    assert evidence("rebuild", what).json["assets"] == 4
    assert said(evidence, processed) == answers


def test_an_index_that_began_anew_by_itself_never_answers_for_a_full_vault(
    evidence: Evidence, home: Path, processed: dict[str, str]
) -> None:
    """It was lost while a worker went on, who put one asset into a new one."""
    before = evidence("search", "aleppo").json
    for file in home.glob("index*"):
        file.unlink()
    row = IndexRow(field="transcript", text="bridge", enrichment="e", media="audio")
    SqliteIndex(home / "index.sqlite").put(AssetId(processed["tone.wav"]), [row])

    assert evidence("search", "aleppo").json == before
    assert before["total"] == 1


def test_the_index_of_another_vault_never_answers(
    evidence: Evidence, home: Path, processed: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = evidence("search", "aleppo").json
    with monkeypatch.context() as elsewhere:
        for name in ("HOME", "KEYS"):
            elsewhere.setenv(f"EVIDENCE_{name}", str(tmp_path / "other" / name.lower()))
        evidence("submit", tone(tmp_path / "t.wav"), "--batch", "b")
    for file in home.glob("index*"):
        file.unlink()
    for file in (tmp_path / "other" / "home").glob("index*"):
        shutil.copy2(file, home / file.name, follow_symlinks=False)

    assert evidence("search", "aleppo").json == before
    assert processed


@pytest.mark.parametrize("what", ["catalogue", "index"])
def test_a_vault_that_cannot_be_read_leaves_the_old_one(
    evidence: Evidence, home: Path, processed: dict[str, str], what: str
) -> None:
    answers = said(evidence, processed)
    original = next(home.glob(f"vault/objects/*/*/*/*{processed['tone.wav']}/v1/content/original"))
    aside = original.rename(home.parent / "aside")

    made = evidence("rebuild", what)

    assert (made.code, made.json["error"]["code"]) == (2, "E-VAULT-003")
    aside.rename(original)
    assert said(evidence, processed) == answers


@pytest.mark.slow
@pytest.mark.parametrize("what", ["catalogue", "index"])
def test_killed_at_several_moments_and_repeated(
    evidence: Evidence, home: Path, processed: dict[str, str], tmp_path: Path, what: str
) -> None:
    answers, digest = said(evidence, processed), evidence("rebuild", what).json["digest"]
    spare, trace = tmp_path / "spare", tmp_path / "trace"
    shutil.copytree(home, spare, symlinks=True)
    count = ("strace", "-f", "--seccomp-bpf", "-qq", "-e", f"trace={','.join(CALLS)}", "-o", str(trace))
    assert run("rebuild", what, "--shards", "4", tracer=count).returncode == 0
    calls = re.findall(r"^\d+ +(\w+)\(", trace.read_text(), re.MULTILINE)
    points = [(call, calls[: place + 1].count(call)) for place, call in enumerate(calls)]
    swaps = [one for one in points if one[0] in {"rename", "symlink"}][-1:]
    killed = []
    for call, n in [random.Random(7).choice(points), points[len(points) * 9 // 10], *swaps]:
        shutil.rmtree(home)
        shutil.copytree(spare, home, symlinks=True)
        kill = ("strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={call}", "-e")
        done = run("rebuild", what, "--shards", "4", tracer=(*kill, f"inject={call}:signal=KILL:when={n}"))
        killed += [call] if done.returncode else []  # how often a journal is written differs a little

        assert said(evidence, processed) == answers, (call, n)
        assert evidence("rebuild", what, "--shards", "4").json["digest"] == digest, (call, n)
        assert len(list(home.glob("index-*.sqlite"))) == 1, (call, n)
        assert evidence("verify-log").code == 0, (call, n)
    assert killed


@pytest.mark.slow
@pytest.mark.parametrize("what", ["catalogue", "index"])
def test_without_room_the_old_one_stays(evidence: Evidence, processed: dict[str, str], what: str) -> None:
    answers = said(evidence, processed)
    full = (
        "strace",
        "-f",
        "--seccomp-bpf",
        "-qq",
        "-o",
        os.devnull,
        "-e",
        "trace=pwrite64",
        "-e",
        "inject=pwrite64:error=ENOSPC:when=9+",
    )

    done = run("rebuild", what, "--shards", "4", tracer=full)

    assert done.returncode == 2
    assert '"E-HOST-003"' in done.stdout
    assert said(evidence, processed) == answers
    assert main(["rebuild", what, "--json"]) == 0

"""The custody log: chains that cannot be edited, cut, reordered or forked unseen."""

import base64
import contextlib
import hashlib
import json
import os
import shutil
import threading
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.core.ports import Finding
from pipeline.errors import Corrupt, Misconfigured, Unavailable
from pipeline.vault import open_vault
from pipeline.vault.merkle import Tree
from pipeline.vault.note import Verifier, opened, sign
from pipeline.vault.verify import verify
from tests.vault.conftest import Home


def segments(home: Home) -> list[Path]:
    return sorted((home.root / "log/segments").glob("*.jsonl"))


def codes(findings: tuple[Finding, ...]) -> set[str]:
    return {one.code for one in findings}


@pytest.fixture
def sealed(doomed: Home) -> Path:
    """A log with one segment, its entries under two checkpoints; returns the segment."""
    log = doomed.open().log
    for n in range(3):
        log.append("submit", actor="person-1", subject=f"batch:B{n}", count=n)
    log.checkpoint()
    for n in range(3):
        log.append("process", actor="person-1", count=n)
    log.checkpoint()
    (segment,) = segments(doomed)
    return segment


def lines(path: Path) -> list[bytes]:
    return path.read_bytes().splitlines(keepends=True)


def chained(entries: list[dict[str, object]]) -> bytes:
    """Spell entries so that each follows from the one before, as a forger would."""
    prev, out = "0" * 64, b""
    for seq, entry in enumerate(entries):
        body = {**entry, "seq": seq, "prev": prev}
        body.pop("sum", None)
        line = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
        line = line[:-1] + b',"sum":"%s"}' % hashlib.sha256(line).hexdigest()[:16].encode()
        prev = hashlib.sha256(line).hexdigest()
        out += line + b"\n"
    return out


class TestEntries:
    def test_each_names_the_one_before(self, sealed: Path) -> None:
        prev = "0" * 64
        for n, line in enumerate(lines(sealed)):
            entry = json.loads(line)
            assert (entry["seq"], entry["prev"]) == (n, prev)
            assert entry.keys() == {"act", "actor", "at", "facts", "prev", "seq", "subject", "sum"}
            assert entry["at"].endswith("Z")
            prev = hashlib.sha256(line.rstrip(b"\n")).hexdigest()

    def test_append_returns_the_digest_of_the_line(self, home: Home) -> None:
        digest = home.open().log.append("submit", actor="person-1")
        (path,) = segments(home)
        assert hashlib.sha256(lines(path)[-1].rstrip(b"\n")).hexdigest() == digest

    def test_a_forked_child_writes_its_own_segment(self, home: Home) -> None:
        log = home.open().log
        log.append("submit", actor="person-1")
        if (child := os.fork()) == 0:
            code = 1
            try:
                log.append("process", actor="person-1")
                code = 0
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        log.append("export", actor="person-1")
        log.checkpoint()
        report = log.verify()
        assert (report.segments, report.findings) == (2, ())

    def test_threads_share_one_chain(self, home: Home) -> None:
        log = home.open().log
        threads = [
            threading.Thread(target=lambda: [log.append("show", actor="person-1") for _ in range(5)]) for _ in range(4)
        ]
        for one in threads:
            one.start()
        for one in threads:
            one.join()
        report = log.verify()
        assert (report.segments, report.entries, report.findings) == (1, 22, ())

    def test_a_full_disk_is_an_error_that_says_so(self, home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
        log = home.open().log

        def full(fd: int, data: bytes) -> int:
            os.pwrite(fd, bytes(data)[:20], os.fstat(fd).st_size)
            raise OSError(28, "No space left on device")

        with monkeypatch.context() as patch:
            patch.setattr("pipeline.vault.custody.write_all", full)
            with pytest.raises(Unavailable) as caught:
                log.append("submit", actor="person-1")
        assert caught.value.code == "E-HOST-003"
        log.append("submit", actor="person-1")
        log.checkpoint()
        assert log.verify().findings == ()

    @pytest.mark.parametrize("actor", ["Jane Doe", "jane@example.org", "", "a/b"])
    def test_a_person_is_an_opaque_id(self, home: Home, actor: str) -> None:
        with pytest.raises(Misconfigured):
            home.open().log.append("submit", actor=actor)


class TestTampering:
    def test_an_edited_entry_is_found(self, doomed: Home, sealed: Path) -> None:
        sealed.write_bytes(sealed.read_bytes().replace(b"person-1", b"person-2", 1))
        findings = doomed.open().log.verify().findings
        assert codes(findings) == {"E-LOG-001"}
        assert findings[0].path == f"log/segments/{sealed.name}"

    def test_a_chain_forged_anew_is_found(self, doomed: Home, sealed: Path) -> None:
        entries = [json.loads(line) for line in lines(sealed)]
        entries[2]["actor"] = "person-2"
        sealed.write_bytes(chained(entries))
        assert codes(verify(doomed.root).findings) == {"E-LOG-009"}

    def test_the_same_chain_forged_honestly_is_the_same(self, doomed: Home, sealed: Path) -> None:
        before = sealed.read_bytes()
        assert chained([json.loads(line) for line in lines(sealed)]) == before
        assert verify(doomed.root).findings == ()

    @pytest.mark.parametrize("left", [0, 1, 3, 6])
    def test_a_cut_is_found(self, doomed: Home, sealed: Path, left: int) -> None:
        sealed.write_bytes(b"".join(lines(sealed)[:left]))
        assert "E-LOG-002" in codes(verify(doomed.root).findings)

    def test_a_torn_entry_below_a_checkpoint_is_found(self, doomed: Home, sealed: Path) -> None:
        data = b"".join(lines(sealed)[:8])  # all that was signed for
        sealed.write_bytes(data[:-20])
        assert "E-LOG-002" in codes(verify(doomed.root).findings)

    def test_reordered_entries_are_found(self, doomed: Home, sealed: Path) -> None:
        there = lines(sealed)
        there[2], there[3] = there[3], there[2]
        sealed.write_bytes(b"".join(there))
        assert codes(verify(doomed.root).findings) == {"E-LOG-008"}

    def test_a_missing_segment_is_found(self, doomed: Home, sealed: Path) -> None:
        sealed.unlink()
        assert codes(verify(doomed.root).findings) == {"E-LOG-007"}

    def test_segments_that_change_places_are_found(self, doomed: Home, sealed: Path) -> None:
        doomed.open().log.append("submit", actor="person-1")
        other = next(one for one in segments(doomed) if one != sealed)
        sealed.rename(sealed.with_suffix(".x"))
        other.rename(sealed)
        sealed.with_suffix(".x").rename(other)
        assert codes(verify(doomed.root).findings) == {"E-LOG-011"}

    @pytest.mark.parametrize("number", [1, 2])
    @pytest.mark.parametrize("suffix", [".note", ".leaves"])
    def test_a_missing_checkpoint_is_found(self, doomed: Home, sealed: Path, number: int, suffix: str) -> None:
        (doomed.root / f"log/checkpoints/{number:08}{suffix}").unlink()
        found = codes(verify(doomed.root).findings)
        assert ("E-LOG-006" if (number, suffix) == (1, ".note") else "E-LOG-002") in found
        with contextlib.suppress(Corrupt):  # nothing that comes later hides it
            doomed.open().log.checkpoint()
        assert codes(verify(doomed.root).findings) & {"E-LOG-001", "E-LOG-002", "E-LOG-006", "E-LOG-009"}
        assert sealed.exists()

    def test_a_checkpoint_by_another_key_is_found(self, doomed: Home, sealed: Path) -> None:
        note = doomed.root / "log/checkpoints/00000002.note"
        text = note.read_text().rpartition("\n\n")[0] + "\n"
        key = Ed25519PrivateKey.generate()
        name = text.splitlines()[0]
        forger = Verifier(name=name, key=key.public_key().public_bytes_raw())
        note.chmod(0o644)
        note.write_bytes(sign(text, forger, key))
        (doomed.root / f"log/keys/{forger.id}.pub").write_text(forger.spelled())
        findings = open_vault(doomed.root, doomed.keys).log.verify().findings
        assert "E-LOG-003" in codes(findings)
        assert f"log/keys/{forger.id}.pub" in {one.path for one in findings}
        assert sealed.exists()

    def test_a_note_of_another_vault_is_found(self, doomed: Home, sealed: Path, tmp_path: Path) -> None:
        other = Home(root=tmp_path / "other", keys=doomed.keys)
        log = other.open().log
        log.append("submit", actor="person-1")
        log.checkpoint()
        note = doomed.root / "log/checkpoints/00000001.note"
        note.unlink()
        shutil.copy(other.root / "log/checkpoints/00000001.note", note)
        assert "E-LOG-003" in codes(doomed.open().log.verify().findings)
        assert sealed.exists()

    def test_a_log_turned_back_whole_contradicts_the_vault(self, doomed: Home, tmp_path: Path) -> None:
        parts = doomed.open()
        parts.log.checkpoint()
        shutil.copytree(doomed.root / "log", tmp_path / "old log")
        (tmp_path / "file").write_bytes(b"x")
        asset = parts.vault.preserve(tmp_path / "file").id
        shutil.rmtree(doomed.root / "log")
        shutil.copytree(tmp_path / "old log", doomed.root / "log")
        (finding,) = open_vault(doomed.root, doomed.keys).vault.audit().findings
        assert (finding.code, finding.asset) == ("E-VAULT-004", asset)

    def test_a_broken_log_is_not_signed(self, doomed: Home, sealed: Path) -> None:
        there = lines(sealed)
        sealed.write_bytes(b"".join([*there, there[-1]]))
        with pytest.raises(Corrupt):
            doomed.open().log.checkpoint()

    def test_damage_that_was_reported_does_not_stop_the_report(self, doomed: Home, sealed: Path) -> None:
        sealed.write_bytes(sealed.read_bytes().replace(b"person-1", b"person-2", 1))
        for act in ("verify", "audit"):
            parts = doomed.open()
            parts.log.append(act, actor="person-1")
            assert (parts.log.verify() if act == "verify" else parts.vault.audit()).findings
            parts.log.checkpoint()
            assert parts.log.append(act, actor="person-1")

    def test_a_flipped_bit_of_the_newest_entry_is_found(self, doomed: Home, sealed: Path) -> None:
        newest = doomed.open().log.append("show", actor="person-1")
        path = next(one for one in segments(doomed) if one != sealed)
        before = path.read_bytes()
        assert hashlib.sha256(lines(path)[-1].rstrip(b"\n")).hexdigest() == newest
        for at in range(len(before) - 40, len(before) - 1):
            path.write_bytes(before[:at] + bytes([before[at] ^ 1]) + before[at + 1 :])
            assert codes(verify(doomed.root).findings) == {"E-LOG-001"}
        path.write_bytes(before.replace(b"person-1", b"person-2"))
        assert codes(verify(doomed.root).findings) == {"E-LOG-001"}


class TestTornLines:
    def test_one_beyond_every_checkpoint_is_named_then_recorded(self, doomed: Home) -> None:
        assert doomed.act("checkpoint").returncode == 0
        (path,) = segments(doomed)
        torn = path.read_bytes() + b'{"act":"subm'
        path.write_bytes(torn)
        log = doomed.open().log
        (finding,) = log.verify().findings
        assert (finding.code, finding.path) == ("E-LOG-005", f"log/segments/{path.name}")
        assert doomed.open().vault.recover() == 0
        assert log.verify().findings == ()
        assert path.read_bytes() == torn, "nothing of the log is ever removed"
        leaves = (doomed.root / "log/checkpoints/00000002.leaves").read_bytes().splitlines()
        assert hashlib.sha256(b'{"act":"subm').hexdigest() in [
            (json.loads(line)["torn"] or {}).get("sha256") for line in leaves
        ]
        path.write_bytes(torn[:-1])
        assert codes(log.verify().findings) == {"E-LOG-001"}

    def test_one_being_written_is_not_one(self, doomed: Home) -> None:
        log = doomed.open().log
        (path,) = segments(doomed)
        with path.open("ab") as file:
            file.write(b'{"act":"subm')
        assert log.verify().findings == ()


class TestOutsideForms:
    def test_the_tree_is_that_of_rfc_6962(self) -> None:
        leaves = [b"", b"\x00", b"\x10", b" !", b"01", b"@ABC", b"PQRSTUVW", b"`abcdefghijklmno"]
        leaves[3:7] = [b"\x20\x21", b"\x30\x31", b"\x40\x41\x42\x43", b"\x50\x51\x52\x53\x54\x55\x56\x57"]
        tree = Tree()
        assert tree.root().hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
        roots = []
        for one in leaves:
            tree.add(one)
            roots.append(tree.root().hex())
        assert roots[0] == "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
        assert roots[1] == "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"
        assert roots[2] == "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77"

    def test_a_note_of_others_is_read(self) -> None:
        """The example of the signed-note specification."""
        verifier = Verifier.parsed("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW")
        note = (
            "If you think cryptography is the answer to your problem,\n"
            "then you don't know what your problem is.\n\n"
            "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuG"
            "UgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
        ).encode()
        assert opened(note, {verifier.id: verifier})[1] == "c74f20a3"
        with pytest.raises(ValueError, match="not by that key"):
            opened(note.replace(b"cryptography", b"Cryptography"), {verifier.id: verifier})

    def test_a_checkpoint_is_what_the_document_says(self, doomed: Home, sealed: Path) -> None:
        text = (doomed.root / "log/checkpoints/00000002.note").read_text()
        body, _, signature = text.rpartition("\n\n")
        origin, size, root, number, at, prev = body.splitlines()
        assert origin == f"evidence-vault/{json.loads((doomed.root / 'vault.json').read_bytes())['id']}"
        assert (size, number) == ("2", "number 2")
        assert len(base64.b64decode(root)) == 32
        assert at.startswith("at 20")
        first = (doomed.root / "log/checkpoints/00000001.note").read_bytes()
        assert prev == f"prev {hashlib.sha256(first).hexdigest()}"
        assert signature.startswith(f"\u2014 {origin} ")
        assert sealed.exists()

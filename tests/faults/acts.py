"""Acts: everything that changes a vault or what is built from it, with what may be seen before and after."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId
from pipeline.vault import audit_root, verify_root
from pipeline.vault.keyring import Keyring
from pipeline.vault.keys import Keys
from pipeline.vault.leaves import numbers
from pipeline.vault.replica.folder import Folder
from pipeline.vault.replica.repair import mend_frame, mend_objects
from pipeline.vault.replica.replicate import replicate as replicate_to
from pipeline.vault.replica.restore import restore as restore_from
from pipeline.vault.root import REPLICA, identity
from pipeline.vault.segments import entries
from tests.faults import homes
from tests.faults.ground import DATA, KEPT, Ground, held, show_swept, show_whole, told
from tests.vault.replicas import files

ASSET = AssetId(hashlib.sha256(DATA).hexdigest())
RECORDS = [{"run": "run", "n": n} for n in range(3)]


def _whole_vault(ground: Ground) -> None:
    show_whole(ground.vault, ground.keys)
    show_swept(ground.vault)


def _settle(ground: Ground) -> None:
    ground.open().vault.settle()


def _nothing(_ground: Ground) -> None:
    """Leave it to the act itself."""


def _held(ground: Ground) -> Any:
    return held(ground.vault, ground.keys)


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. What ``state`` returns is that of before or of after, whatever happens in between."""

    name: str
    prepare: Callable[[Ground], object]
    work: Callable[[Ground], object]
    state: Callable[[Ground], Any] = _held
    settle: Callable[[Ground], object] = _settle
    """The next command that comes by."""
    check: Callable[[Ground], object] = _whole_vault
    """Raises unless all is whole once that has come by."""
    finally_: Callable[[Ground], object] = _whole_vault
    """Raises unless all is whole once the act was done again."""
    settled: bool = False
    """Whether the state shows only when the next command has come by."""
    repeats: bool = True
    """Whether doing it twice is doing it once."""
    derived: bool = False
    """Whether it changes what can be built again from the vault."""
    durable: bool = True
    """Whether what was reported as done is there after a loss of power: all but what can be built again."""


# --- what each begins with


def _founded(ground: Ground) -> None:
    ground.found()
    ground.file()


def _preserved(ground: Ground) -> None:
    _founded(ground)
    parts = ground.open()
    parts.vault.preserve(ground.root / "source.bin")
    ground.file(KEPT, "kept.bin")
    parts.log.checkpoint()


def _enriched(ground: Ground) -> None:
    _preserved(ground)
    _write_back(ground)
    ground.open().log.checkpoint()


def _unsigned(ground: Ground) -> None:
    _preserved(ground)
    _write_back(ground)


def _copied(ground: Ground) -> None:
    """Leave a replica that is one checkpoint behind."""
    ground.found()
    _replicate(ground)
    ground.file()
    parts = ground.open()
    parts.vault.preserve(ground.root / "source.bin")
    ground.file(KEPT, "kept.bin")
    _write_back(ground)
    parts.registers.append("list", [{"person": "p-2"}], key="second")
    parts.log.checkpoint()


def _lost(ground: Ground) -> None:
    _copied(ground)
    _replicate(ground)


def _damaged(ground: Ground) -> None:
    _lost(ground)
    original = next(ground.vault.rglob(f"*{ASSET}/v1/content/original"))
    original.chmod(0o644)
    original.write_bytes(DATA[::-1])


# --- the acts


def _create(ground: Ground) -> object:
    return ground.open().vault.preserve(ground.root / "source.bin").id


def _take(ground: Ground) -> object:
    """Move a file in that we wrote ourselves: it is where it was, or it is preserved."""
    source, vault = ground.root / "source.bin", ground.open().vault
    assert source.exists() or vault.has(ASSET), "the file is lost"
    return vault.preserve(source, move=True).id if source.exists() else None


def _write_back(ground: Ground) -> object:
    keep = {hashlib.sha256(KEPT).hexdigest(): ground.root / "kept.bin"}
    return ground.open().vault.write_back(ASSET, "run", RECORDS, keep)


def _append(ground: Ground) -> None:
    ground.open().registers.append("list", [{"person": "p-2"}, {"person": "p-3"}], key="second")


def _note(ground: Ground) -> object:
    return ground.open().log.append("show", actor="p-1", subject=f"urn:evidence:asset:{ASSET}")


def _notes(ground: Ground) -> int:
    return sum(1 for _, one in entries(ground.vault, frozenset({"show"})))


def _sign(ground: Ground) -> None:
    ground.open().log.checkpoint()


def _signed(ground: Ground) -> bool:
    return max(numbers(ground.vault)) > 2


def _keys(ground: Ground) -> Keys:
    vault_id = identity(ground.vault)
    assert vault_id is not None
    return Keys(ground.keys, vault=ground.vault, vault_id=vault_id)


def _rotate(ground: Ground) -> None:
    Keyring(ground.vault, keys=_keys(ground), log=ground.open().log).rotate(actor="p-1")


def _rotated(ground: Ground) -> Any:
    first = (ground.root / "first key").read_text()
    return [_keys(ground).active() != first, _held(ground)]


def _keyed(ground: Ground) -> None:
    _preserved(ground)
    (ground.root / "first key").write_text(_keys(ground).active())


def _replicate(ground: Ground) -> int:
    vault_id, trusted = identity(ground.vault), _keys(ground).trusted()
    assert vault_id is not None
    done = replicate_to(Folder(ground.vault), Folder(ground.replica), vault_id=vault_id, trusted=trusted)
    assert (done.findings, done.stopped) == ((), None), done
    return done.checkpoint


def _replicated(ground: Ground) -> int:
    return max(numbers(ground.replica), default=0) if (ground.replica / "vault.json").exists() else 0


def _sound(root: Path, ground: Ground) -> None:
    """Raise unless audit and verification find nothing; between two runs folders of a copy may be empty."""
    found = [*audit_root(root, None, ground.keys).findings, *verify_root(root, ground.keys).findings]
    assert found == [], told(found)


def _sound_replica(ground: Ground) -> None:
    if (ground.replica / "vault.json").exists():
        _sound(ground.replica, ground)
    show_whole(ground.vault, ground.keys)


def _same_replica(ground: Ground) -> None:
    show_whole(ground.replica, ground.keys)
    show_swept(ground.replica)
    assert files(ground.replica) == files(ground.vault)


def _restore(ground: Ground) -> None:
    back = ground.root / "back"
    if not back.is_dir() or (back / REPLICA).exists() or not (back / "vault.json").exists():
        done = restore_from(Folder(ground.replica), back, keys=ground.keys, scratch=ground.root / "scratch")
        assert (done.findings, done.complete) == ((), True), done


def _restored(ground: Ground) -> Any:
    back = ground.root / "back"
    usable = (back / "vault.json").exists() and not (back / REPLICA).exists()
    return held(back, ground.keys) if usable else None


def _sound_restored(ground: Ground) -> None:
    if _restored(ground) is not None:
        show_whole(ground.root / "back", ground.keys)
    show_whole(ground.replica, ground.keys)


def _repair(ground: Ground) -> None:
    there = Folder(ground.replica)
    mend_frame(ground.vault, there, keys=ground.keys, scratch=ground.root / "scratch")
    ground.open().vault.settle()
    found = audit_root(ground.vault, None, ground.keys).findings
    done = mend_objects(ground.vault, Folder(ground.vault), there, found)
    assert done.findings == (), done


def _repaired(ground: Ground) -> bool:
    """Tell whether the damaged file is whole; it is damaged, or gone, or whole, and nothing else is touched."""
    found = audit_root(ground.vault, None, ground.keys).findings
    assert all(str(ASSET) in one.path for one in found), found
    return not found


def _dispose(ground: Ground) -> object:
    return ground.open().vault.dispose(ASSET, {"by": "p-1", "reason": "ordered", "at": "now"})


def _rewrite(ground: Ground) -> object:
    def erased(record: dict[str, Any], stone: str) -> dict[str, Any]:
        return {**record, "n": None, "erased": stone} if "erased" not in record else record

    return ground.open().vault.rewrite("list", erased, {"by": "p-1", "reason": "ordered", "at": "now"})


def _listed(ground: Ground) -> Any:
    """Tell what stands in the register; when it was written anew is another matter each time."""
    told = ground.open().registers.read("list")
    return [{**one, "erased": "erased" in one} for one in told]


def _with_list(ground: Ground) -> None:
    _founded(ground)
    parts = ground.open()
    for n in range(2):
        parts.registers.append("list", [{"n": n}], key=str(n))
    parts.log.checkpoint()


def _whole_but_for_names(ground: Ground) -> None:
    """Raise unless all is whole; after a loss of power a moved file may have its first name still, as an audit says."""
    found = [*audit_root(ground.vault, None, ground.keys).findings, *verify_root(ground.vault, ground.keys).findings]
    assert [one for one in found if one.code != "E-VAULT-011"] == [], told(found)
    show_swept(ground.vault)


ACTS = (
    Act(name="create", prepare=_founded, work=_create),
    Act(name="create by moving", prepare=_founded, work=_take, check=_whole_but_for_names),
    Act(name="add version", prepare=_preserved, work=_write_back),
    Act(name="append to a register", prepare=_founded, work=_append),
    Act(name="append to the log", prepare=_founded, work=_note, state=_notes, repeats=False),
    Act(name="checkpoint", prepare=_unsigned, work=_sign, state=_signed),
    Act(name="rotate the key", prepare=_keyed, work=_rotate, state=_rotated),
    Act(name="dispose", prepare=_enriched, work=_dispose, settled=True),
    Act(name="write a register anew", prepare=_with_list, work=_rewrite, state=_listed, settled=True),
    Act(
        name="replicate the first time", prepare=_enriched, work=_replicate, state=_replicated, settle=_nothing,
        check=_sound_replica, finally_=_same_replica,
    ),
    Act(
        name="replicate what is new", prepare=_copied, work=_replicate, state=_replicated, settle=_nothing,
        check=_sound_replica, finally_=_same_replica,
    ),
    Act(
        name="restore", prepare=_lost, work=_restore, state=_restored, settle=_nothing, check=_sound_restored,
        finally_=_sound_restored,
    ),
    Act(name="repair", prepare=_damaged, work=_repair, state=_repaired, settle=_nothing, check=_nothing),
    Act(
        name="swap the index", prepare=homes.stale_index, work=homes.rebuild_index, state=homes.indexed,
        settle=homes.use, check=homes.in_place, finally_=homes.alone,
        derived=True,
    ),
    Act(
        name="swap the catalogue", prepare=homes.stale_catalogue, work=homes.rebuild_catalogue,
        state=homes.catalogued, settle=homes.use, derived=True, durable=False,
    ),
)  # fmt: skip

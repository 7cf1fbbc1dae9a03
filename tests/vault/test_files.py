"""What the disk says against a write: who must act, and what to do."""

import errno
import os
from pathlib import Path

import pytest

from pipeline.errors import Misconfigured, PipelineError, Unavailable
from pipeline.vault import open_vault
from pipeline.vault.files import writing


@pytest.mark.parametrize(
    ("number", "kind", "code"),
    [
        (errno.EACCES, Misconfigured, "E-VAULT-005"),
        (errno.EPERM, Misconfigured, "E-VAULT-005"),
        (errno.EROFS, Misconfigured, "E-VAULT-005"),
        (errno.EIO, Unavailable, "E-VAULT-005"),
        (errno.ENOSPC, Unavailable, "E-HOST-003"),
        (errno.EDQUOT, Unavailable, "E-HOST-003"),
    ],
)
def test_each_says_who_can_mend_it(number: int, kind: type[PipelineError], code: str) -> None:
    with pytest.raises(PipelineError) as caught, writing("the vault"):
        raise OSError(number, os.strerror(number), "/somewhere")
    assert (type(caught.value), caught.value.code) == (kind, code)
    assert ("free space" in caught.value.next) == (kind is Unavailable)


def test_a_place_without_leave_is_not_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parts = open_vault(tmp_path / "vault", tmp_path / "keys", signing=False)

    def refused(path: object, *_: object, **__: object) -> int:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), path)

    monkeypatch.setattr("pipeline.vault.custody.os.open", refused)
    with pytest.raises(Misconfigured) as caught:
        parts.log.append("submit", actor="person-1")
    assert caught.value.code == "E-VAULT-005"
    assert str(tmp_path / "vault/log/segments") in caught.value.next

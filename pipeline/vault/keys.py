"""Keys: the vault's Ed25519 signing keys, kept away from it; their public halves lie in it."""

import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from pipeline.errors import Misconfigured
from pipeline.vault.files import make_dirs, sync_dir, write_new, writing
from pipeline.vault.note import Verifier
from pipeline.vault.process import locked

PUBLIC = "log/keys"
_PRIVATE, _REVOKED = ".pem", ".revoked"
_SUFFIX = ".pub"
_ACTIVE = "active"
_KEY_ID = re.compile(r"[0-9a-f]{8}")


def origin(vault_id: str) -> str:
    """Return the name under which a vault signs."""
    return f"evidence-vault/{vault_id}"


class Keys:
    """The key folder of one vault: ``<key id>.pem`` and ``.pub`` each, and ``active``, which names the one in use.

    A private half may be taken away once its key has signed for the last time; the public one stays.
    """

    def __init__(self, folder: Path, *, vault: Path, vault_id: str) -> None:
        self.vault_id = vault_id
        self.folder = folder / vault_id
        self._vault = vault
        self._public = vault / PUBLIC
        self._name = origin(vault_id)

    def ensure(self, *, used: bool, note: Callable[[Verifier], object]) -> None:
        """Make the first key unless there is one; have it noted, then lay its public half into the vault.

        ``Misconfigured`` (E-CONF-008) when the folder is open to others, or when the vault was
        ``used`` before and its keys are not here: another key would not be this vault's. A key is
        noted only in an unused vault: elsewhere its note is there, or was taken away.
        """
        if self._check() and (self.folder / _ACTIVE).exists():
            self._publish(None if used else note)
            return
        if used:
            raise Misconfigured(
                f"this vault's signing key is not in {self.folder}", code="E-CONF-008",
                next_step="restore the key folder, or point EVIDENCE_KEYS to it",
            )  # fmt: skip
        with writing(f"the key folder {self.folder}"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.folder / "lock"):
                if not (self.folder / _ACTIVE).exists():
                    self.activate(self.make().id)
        self._publish(note)

    def signer(self) -> tuple[Verifier, Ed25519PrivateKey]:
        """Return the key in use."""
        self._check()
        return self._load(self.folder / f"{self.active()}{_PRIVATE}")

    def active(self) -> str:
        """Return the id of the key in use."""
        try:
            named = (self.folder / _ACTIVE).read_text(encoding="ascii").strip()
        except FileNotFoundError as err:
            raise Misconfigured(f"there is no signing key in {self.folder}", code="E-CONF-008") from err
        except (OSError, UnicodeDecodeError):
            named = ""
        if not _KEY_ID.fullmatch(named):
            raise Misconfigured(f"{self.folder / _ACTIVE} does not name a key", code="E-CONF-008")
        return named

    def held(self) -> set[str]:
        """Return the ids of the keys that can sign here."""
        return {path.stem for path in self.folder.glob(f"*{_PRIVATE}")}

    def trusted(self) -> dict[str, Verifier] | None:
        """Return the public halves of the keys known here; ``None`` when there is none, as beside a mere copy."""
        if not self._check():
            return None
        found = [self._load(path)[0] for path in sorted(self.folder.glob(f"*{_PRIVATE}"))]
        found += [self._load_public(path) for path in sorted(self.folder.glob(f"*{_SUFFIX}"))]
        return {one.id: one for one in found} or None

    def public(self) -> dict[str, str]:
        """Return the public halves of all keys known here or in the vault, as they are spelled."""
        found = {path.stem: path.read_text(encoding="ascii").strip() for path in sorted(self._public.glob("*.pub"))}
        return found | {key: one.spelled() for key, one in (self.trusted() or {}).items()}

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Keep others from changing the keys meanwhile."""
        self._check()
        with writing(f"the key folder {self.folder}"):
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with locked(self.folder / "ring"):
                yield

    def make(self) -> Verifier:
        """Make a key beside those that are there; it is not used yet."""
        key = Ed25519PrivateKey.generate()
        verifier = Verifier(name=self._name, key=key.public_key().public_bytes_raw())
        secret = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        with writing(f"the key folder {self.folder}"):
            for suffix, data in ((_PRIVATE, secret), (_SUFFIX, f"{verifier.spelled()}\n".encode())):
                fresh = self.folder / "key.fresh"  # half a key would keep the vault from being opened
                fresh.unlink(missing_ok=True)
                write_new(fresh, data, mode=0o600)
                fresh.rename(self.folder / f"{verifier.id}{suffix}")
            sync_dir(self.folder)
        return verifier

    def activate(self, key: str) -> None:
        """Let this key sign from now on."""
        with writing(f"the key folder {self.folder}"):
            fresh = self.folder / f"{_ACTIVE}.fresh"
            fresh.unlink(missing_ok=True)
            write_new(fresh, f"{key}\n".encode(), mode=0o600)
            fresh.rename(self.folder / _ACTIVE)
            sync_dir(self.folder)
            sync_dir(self.folder.parent)

    def put_away(self, key: str) -> None:
        """Keep the private half of a revoked key from ever being used; it is not destroyed. May be repeated."""
        path = self.folder / f"{key}{_PRIVATE}"
        with writing(f"the key folder {self.folder}"):
            if path.exists():
                path.rename(path.with_suffix(_REVOKED))
                sync_dir(self.folder)

    def publish(self, verifier: Verifier) -> None:
        """Lay a public half into the vault, if it is not there."""
        public = self._public / f"{verifier.id}{_SUFFIX}"
        with writing("the vault"), locked(self.folder / "lock"):
            if not public.exists():
                self._lay(public, verifier)

    def _publish(self, note: Callable[[Verifier], object] | None) -> None:
        """Lay the public half of the key in use into the vault, once."""
        verifier, _ = self.signer()
        public = self._public / f"{verifier.id}{_SUFFIX}"
        if public.exists():
            return
        with writing("the vault"), locked(self.folder / "lock"):
            if not public.exists():
                if note is not None:
                    note(verifier)
                self._lay(public, verifier)

    def _lay(self, public: Path, verifier: Verifier) -> None:
        make_dirs(self._public, below=self._vault)
        fresh = public.with_suffix(".fresh")
        fresh.unlink(missing_ok=True)
        write_new(fresh, f"{verifier.spelled()}\n".encode())
        fresh.rename(public)
        sync_dir(self._public)

    def _check(self) -> bool:
        """Tell whether the folder is there; refuse one that others may read or write."""
        for path in (self.folder, *self.folder.glob(f"*{_PRIVATE}")):
            try:
                seen = path.stat()
            except FileNotFoundError:
                return False
            if stat.S_IMODE(seen.st_mode) & 0o077 or seen.st_uid != os.geteuid():
                raise Misconfigured(
                    f"{path} is open to others", code="E-CONF-008",
                    next_step=f"chmod {'700' if path == self.folder else '600'} {path}, owned by who runs this",
                )  # fmt: skip
        return True

    def _load_public(self, path: Path) -> Verifier:
        try:
            found = Verifier.parsed(path.read_text(encoding="ascii"))
        except (OSError, ValueError) as err:
            raise Misconfigured(f"the public key {path} cannot be read", code="E-CONF-008") from err
        if found.name != self._name:
            raise Misconfigured(f"{path} is the key of another vault", code="E-CONF-008")
        return found

    def _load(self, path: Path) -> tuple[Verifier, Ed25519PrivateKey]:
        try:
            key = serialization.load_pem_private_key(path.read_bytes(), password=None)
        except (OSError, ValueError) as err:
            raise Misconfigured(f"the signing key {path} cannot be read", code="E-CONF-008") from err
        if not isinstance(key, Ed25519PrivateKey):
            raise Misconfigured(f"{path} is not an Ed25519 key", code="E-CONF-008")
        return Verifier(name=self._name, key=key.public_key().public_bytes_raw()), key

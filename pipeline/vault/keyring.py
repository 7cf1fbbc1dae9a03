"""Keyring: making, exchanging and revoking the keys of a vault, each step told in its log and signed for."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.core.ports import CustodyLog
from pipeline.errors import Misconfigured
from pipeline.vault.files import writing
from pipeline.vault.keys import Keys
from pipeline.vault.notes import newest_of
from pipeline.vault.process import locked
from pipeline.vault.segments import KEY_MADE, KEY_RETIRED, KEY_REVOKED, entries

_ACTS = frozenset({KEY_MADE, KEY_RETIRED, KEY_REVOKED})


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyState:
    """What the log and the key folder say of one key."""

    id: str
    state: str
    """``active``, ``ready`` (announced, not yet used), ``retired``, ``revoked``, or ``unannounced``: the log knows
    nothing of it, and it will never sign."""
    held: bool
    """Whether its private half is here."""
    made_at: str | None
    after: int | None
    """The last checkpoint that it may have signed, where it was retired or revoked."""
    public: str | None
    """Its public half, spelled as a verifier takes it."""


class Keyring:
    """The keys of one vault. Whoever changes them waits for who does so already."""

    def __init__(self, root: Path, *, keys: Keys, log: CustodyLog) -> None:
        self._root = root
        self._keys = keys
        self._log = log

    def states(self) -> list[KeyState]:
        """Return every key that the log or the key folder knows, the oldest first."""
        made: dict[str, str | None] = {}
        ended: dict[str, tuple[str, int]] = {}
        for _, entry in sorted(entries(self._root, _ACTS), key=lambda one: one[1].at):
            key = str(entry.facts.get("key"))
            if entry.act == KEY_MADE:
                made.setdefault(key, entry.at)
            elif ended.get(key, ("",))[0] != KEY_REVOKED:
                after = entry.facts.get("after")
                ended[key] = entry.act, after if isinstance(after, int) else 0
        held, active = self._keys.held(), self._keys.active()
        public = self._keys.public()
        return [
            KeyState(
                id=key, state=_state(key, made, ended, active), held=key in held, made_at=made.get(key),
                after=ended[key][1] if key in ended else None, public=public.get(key),
            )
            for key in [*made, *sorted(held - made.keys())]
        ]  # fmt: skip

    def create(self, *, actor: str) -> str:
        """Make another key and announce it: the key in use signs for it. It signs nothing yet; return its id."""
        with self._keys.alone():
            return self._create(actor)

    def rotate(self, key: str | None = None, *, actor: str) -> str:
        """Let a key that was announced, or a new one, sign from now on; return its id. The old one is retired."""
        with self._keys.alone():
            self._rotate(key := self._known(key, "ready") if key else self._create(actor), actor)
            return key

    def revoke(self, key: str, *, after: int | None = None, actor: str) -> str:
        """Say that nothing signed with a key after checkpoint ``after`` counts; return the id of the key in use then.

        Without ``after`` all that it signed until now counts. The key in use is exchanged first.
        """
        with self._keys.alone():
            self._known(key, "active", "ready", "retired")
            newest = self._newest()
            if after is not None and not 0 <= after <= newest:
                raise Misconfigured(f"there is no checkpoint {after}; the newest is {newest}", code="E-CONF-009")
            if key == self._keys.active():
                self._rotate(self._create(actor), actor)
                newest = self._newest()
            last = newest if after is None else after
            self._log.append(KEY_REVOKED, actor=actor, subject=self._keys.vault_id, key=key, after=last)
            self._log.checkpoint()
            self._keys.put_away(key)
            return self._keys.active()

    def _create(self, actor: str) -> str:
        by = self._keys.active()
        made = self._keys.make()
        self._log.append(
            KEY_MADE, actor=actor, subject=self._keys.vault_id, key=made.id, public=made.key.hex(), by=by
        )  # fmt: skip
        self._log.checkpoint()
        self._keys.publish(made)
        return made.id

    def _rotate(self, key: str, actor: str) -> None:
        (self._root / "locks").mkdir(mode=0o700, exist_ok=True)
        with writing("the key folder"), locked(self._root / "locks" / "sequencer"):  # nothing is signed meanwhile
            old, after = self._keys.active(), self._newest()
            self._keys.activate(key)
        self._log.append(KEY_RETIRED, actor=actor, subject=self._keys.vault_id, key=old, after=after)
        self._log.checkpoint()

    def _known(self, key: str, *states: str) -> str:
        """Return a key's id, if it is in one of these states."""
        found = {one.id: one for one in self.states()}.get(key)
        if found is None:
            raise Misconfigured("there is no such key", code="E-CONF-008", next_step="evidence keys list")
        if found.state not in states or (found.state == "ready" and not found.held):
            state = found.state if found.held else f"{found.state}, and not in this key folder"
            raise Misconfigured(f"key {key} is {state}", code="E-CONF-008", next_step="evidence keys list")
        return key

    def _newest(self) -> int:
        newest = newest_of(self._root, self._keys.trusted() or {})
        return newest[0] if newest is not None else 0


def _state(key: str, made: dict[str, str | None], ended: dict[str, tuple[str, int]], active: str) -> str:
    how = ended[key][0] if key in ended else ""
    if how == KEY_REVOKED:
        return "revoked"
    if key == active:
        return "active"
    if key not in made:
        return "unannounced"
    return "retired" if how else "ready"

"""Home: everything that one installation works with, opened once; the first command in an empty one makes it."""

import fcntl
import logging
import os
import secrets
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar, cast

from pipeline.catalogue import Catalogue, Leases, open_database
from pipeline.core.people import People, Permission, Person, fold_people, founding
from pipeline.core.ports import CustodyLog, Derivatives, Engine, MediaTools, Registers, Vault
from pipeline.engines import registry
from pipeline.errors import Corrupt, Misconfigured
from pipeline.index.sqlite import SqliteIndex
from pipeline.plan import Step, plan
from pipeline.settings import Settings
from pipeline.tools import open_tools
from pipeline.usecases.storage import warn
from pipeline.vault import open_derivatives, open_vault
from pipeline.vault.files import writing
from pipeline.vault.quarantine import Quarantine
from pipeline.vault.s3.place import vault_place
from pipeline.weights import Lock, cards, ensure_lock

_log = logging.getLogger(__name__)

Fold = TypeVar("Fold")

PEOPLE = "people"
"""The register of persons and grants."""

STRANGER = "p-stranger"
"""Who acts without being known here; no grant is ever made to it."""


class EngineShelf:
    """Engines of this home's lock: identities are cheap, loaded ones are kept for the process.

    Several threads may ask at once; each engine is loaded by the first, and the others wait for it.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._loaded: dict[type[Engine], Engine] = {}
        self._known: dict[type[Engine], Engine] = {}
        self._alone = threading.RLock()

    @cached_property
    def _lock(self) -> Lock:
        return ensure_lock(self._settings)

    def has(self, port: type[Engine]) -> bool:
        """Tell whether a model of this home serves a port; an engine that is only wanted may be missing."""
        return registry.port_name(port) in self._lock.ports

    def identity(self, port: type[Engine]) -> Engine:
        """Say who an engine is, without loading it."""
        with self._alone:
            if port not in self._known:
                self._known[port] = registry.maker_of(port, self._settings, self._lock)
            return self._known[port]

    def load(self, port: type[Engine]) -> Engine:
        """Return the loaded engine."""
        with self._alone:
            if port not in self._loaded:
                self._loaded[port] = registry.open_engine(port, self._settings, self._lock)
            return self._loaded[port]


@dataclass(frozen=True, kw_only=True)
class Home:
    """The open parts; everything above works through it."""

    settings: Settings
    vault: Vault
    registers: Registers
    log: CustodyLog
    vault_id: str
    catalogue: Catalogue
    leases: Leases
    derivatives: Derivatives
    index: SqliteIndex
    engines: EngineShelf
    acting: str | None = None
    """The id of the acting person; without it the settings name them."""
    within: frozenset[Permission] | None = None
    """The permissions that a token keeps to; ``None`` keeps to none."""
    whole: "Home | None" = None
    """Of a view: the home itself, to which all that is open belongs."""

    def as_person(self, person: str, *, within: frozenset[Permission] | None = None) -> "Home":
        """Return a view of this home for another person; it shares all that is open, and is never closed itself."""
        return replace(self, acting=person, within=within, whole=self.whole or self)

    @cached_property
    def tools(self) -> MediaTools:
        """The programs and parsers, isolated; opened when first needed, so that a search needs no sandbox."""
        return self.whole.tools if self.whole else open_tools(self.settings)  # programs: once, not for each person

    @cached_property
    def quarantine(self) -> Quarantine:
        """The assets that audits found damaged."""
        return self.whole.quarantine if self.whole else Quarantine(self.registers)

    @cached_property
    def steps(self) -> tuple[Step, ...]:
        """The plan."""
        return self.whole.steps if self.whole else plan()

    folds: dict[str, tuple[str, Any]] = field(default_factory=dict)

    def folded(self, names: Sequence[str], fold: Callable[[Iterable[Mapping[str, Any]]], Fold]) -> Fold:
        """Fold registers, one after the other; a fold is kept until one of them grows."""
        mark = " ".join(self.registers.mark(name) for name in names)
        kept = self.folds.get(names[0])
        if kept is None or kept[0] != mark:
            kept = (mark, fold(record for name in names for record in self.registers.read(name)))
            self.folds[names[0]] = kept
        return cast("Fold", kept[1])

    @property
    def people(self) -> People:
        """Everybody known and their grants, as of now; ``Corrupt`` (E-VAULT-003) when the register is gone."""
        if not self.registers.has(PEOPLE):
            raise Corrupt("the register of persons is missing", code="E-VAULT-003")
        return self.folded([PEOPLE], fold_people)

    @property
    def actor(self) -> str:
        """The opaque id of the acting person; a stranger's says nothing of the name."""
        try:
            person = self.person_in(self.people)
        except Corrupt:
            return STRANGER  # an audit must be able to say that the register of persons is damaged
        return person.id if person else STRANGER

    @property
    def reader(self) -> str:
        """The name of the acting person, for what they take along; a stranger's is what they call themselves."""
        person = self.person_in(self.people)
        if person is not None:
            return person.name
        return self.settings.actor if self.acting is None else "nobody known here"

    def person_in(self, people: People) -> Person | None:
        """Return the acting person among those known."""
        return people.named(self.settings.actor) if self.acting is None else people.persons.get(self.acting)

    def model_names(self) -> frozenset[str]:
        """Return the names of all models that have a card."""
        return frozenset(cards(self.settings))

    def check_profile(self, wanted: str | None) -> None:
        """Raise unless the models chosen for this home are of the profile asked for; ``None`` asks for none."""
        chosen = ensure_lock(self.settings).profile
        if wanted not in (None, chosen, "auto"):
            raise Misconfigured(
                f"this home uses the models of profile {chosen}, not {wanted}",
                next_step=f"evidence models resolve --profile {wanted}",
            )

    def close(self) -> None:
        """Give leases, connections and programs back."""
        if self.whole:
            return
        self.leases.close()
        if "tools" in self.__dict__:
            self.tools.close()
        self.index.close()
        self.catalogue.database.close()


def open_home(settings: Settings) -> Home:
    """Open the home; make it when it is empty. Simultaneous first commands wait for each other."""
    with _first_command(settings):
        parts = open_vault(settings.vault, settings.keys, bucket=vault_place(settings))
        if parts.empty:  # only then may the person who comes first become its custodian
            if settings.token is not None:
                raise Misconfigured("a token opens no new home", next_step="repeat the command without EVIDENCE_TOKEN")
            founder = founding(f"p-{secrets.token_hex(6)}", settings.actor, datetime.now(UTC))
            parts.registers.append(PEOPLE, founder, key="founding")
            _log.warning("a new home was made at %s; you are its custodian", settings.home)
            warn(settings)
        ensure_lock(settings)
        catalogue = Catalogue(open_database(settings.database))
        catalogue.create(vault_id=parts.vault_id)
    if (owner := catalogue.meta("vault_id")) != parts.vault_id:
        raise Misconfigured(f"setting 'database': the catalogue belongs to another vault ({owner})")
    return Home(
        settings=settings, vault=parts.vault, registers=parts.registers, log=parts.log, vault_id=parts.vault_id,
        catalogue=catalogue, leases=Leases(catalogue.database, seconds=settings.lease_seconds),
        derivatives=open_derivatives(
            vault_place(settings), keep_root=settings.derivatives, scratch_root=settings.scratch
        ),
        index=SqliteIndex(settings.index), engines=EngineShelf(settings),
    )  # fmt: skip


@contextmanager
def _first_command(settings: Settings) -> Iterator[None]:
    """Hold the door while a home is being made; costs one lock when it stands already."""
    with writing(str(settings.home)):
        if not settings.home.exists():  # what lies in it names people: nobody else on this host may look
            settings.home.parent.mkdir(parents=True, exist_ok=True)
            settings.home.mkdir(mode=0o700, exist_ok=True)
        settings.derivatives.mkdir(mode=0o700, parents=True, exist_ok=True)
        door = os.open(settings.derivatives, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield
    finally:
        os.close(door)

"""Model card: what a model is, where its weights come from, and how far it may be trusted."""

import re
import tomllib
from functools import cached_property
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from pipeline.errors import Misconfigured

CARD = "model.toml"

Profile = Literal["embedded", "standard"]
Reliability = Literal["usable", "low"]


def _plain_name(name: str) -> str:
    """Accept a file name only: weights never land outside their own folder."""
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
        raise ValueError(f"{name!r} is not a plain file name")
    return name


def _inside(path: str) -> str:
    """Accept a relative path that stays inside its archive or repository."""
    parts = path.split("/")
    if not path or "\\" in path or any(part in {"", ".", ".."} for part in parts):
        raise ValueError(f"{path!r} does not stay inside the archive")
    return path


PlainName = Annotated[str, AfterValidator(_plain_name)]
InsidePath = Annotated[str, AfterValidator(_inside)]
Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
Count = Annotated[int, Field(gt=0)]


class _Part(BaseModel):
    """Base of what a card is made of: frozen and closed, so that a misspelt field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Member(_Part):
    """A file inside a downloaded package, or a path of a repository or an installed package."""

    package: str | None = Field(default=None, description="the package that holds it; none for a hub's repository")
    path: InsidePath


class WeightFile(_Part):
    """A file that an engine opens: its parts are joined in order, then its digest must be this.

    A file of a hub's pinned revision may leave size and digest open: they are recorded when it is
    first fetched, and hold from then on.
    """

    name: PlainName
    bytes: Count | None = None
    sha256: Sha256 | None = None
    parts: Annotated[tuple[Member, ...], Field(min_length=1)]


class Package(_Part):
    """One exact file of a package registry. It is unpacked, never installed and never imported."""

    name: str = Field(pattern=r"^(@[a-z0-9][a-z0-9._-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*$")
    version: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+_-]*$")
    file: PlainName
    bytes: Count
    sha256: Sha256


class Source(_Part):
    """One place that the weights come from: a registry, a hub, an installed library or system package, another card."""

    kind: Literal["pypi", "npm", "hub", "installed", "debian", "card", "folder"]
    files: Annotated[tuple[WeightFile, ...], Field(min_length=1)]
    packages: tuple[Package, ...] = ()
    card: PlainName | None = Field(default=None, description="the card whose folder holds the files")
    repo: str | None = None
    revision: str | None = Field(default=None, pattern=r"^[0-9a-f]{40}$", description="a commit, never a branch")

    @model_validator(mode="after")
    def _fits_its_kind(self) -> "Source":
        named = {one.name for one in self.packages}
        for file in self.files:
            for part in file.parts:
                if self.kind in {"pypi", "npm"} and part.package not in named:
                    raise ValueError(f"file {file.name!r} is made from {part.package!r}, which is not among packages")
                if self.kind in {"installed", "debian"} and part.package is None:
                    raise ValueError(f"file {file.name!r} names no installed package")
        if self.kind == "hub" and not (self.repo and self.revision):
            raise ValueError("a hub source needs repo and revision")
        of_hub = self.kind == "hub" or (self.kind == "card" and self.repo and self.revision)
        if not of_hub and not self.pinned:
            raise ValueError("only files of a hub may leave bytes and sha256 to the first fetch")
        if (self.kind == "card") != (self.card is not None):
            raise ValueError("a source of kind card, and no other, names the card whose files it takes")
        return self

    @property
    def pinned(self) -> bool:
        """Whether the size and the digest of every file are known."""
        return all(one.bytes and one.sha256 for one in self.files)

    def file(self, name: str) -> WeightFile:
        """Return the file of that name."""
        return next(one for one in self.files if one.name == name)


class Card(_Part):
    """One model as its ``model.toml`` describes it."""

    name: PlainName
    port: str = Field(pattern=r"^[a-z][a-z_]*$", description="the port it serves: transcriber, speech_finder …")
    about: str
    adapters: Annotated[dict[str, str], Field(min_length=1, description="adapter → module:Class, the default first")]
    profiles: Annotated[tuple[Profile, ...], Field(min_length=1)]
    provenance: Literal["official-digest", "pinned-unverified"]
    licence: str
    non_commercial: bool = False
    preference: int = Field(default=0, description="of several models here that serve one port, the highest is taken")
    optional: bool = Field(
        default=False, description="a home without it is whole; what it would do is unsupported there"
    )
    memory_bytes: Count
    weights: PlainName = Field(description="the file whose digest names the model")
    transcription: dict[str, Reliability] = Field(default_factory=dict)
    speech_translation: dict[str, Reliability] = Field(default_factory=dict)
    translation: dict[str, dict[str, Reliability]] = Field(default_factory=dict, description="source → target → trust")
    options: dict[str, str | int | float | bool] = Field(default_factory=dict, description="what its adapter is told")
    notes: tuple[str, ...] = ()
    sources: Annotated[tuple[Source, ...], Field(min_length=1)]

    @model_validator(mode="after")
    def _names_its_weights(self) -> "Card":
        for source in self.sources:
            names = [one.name for one in source.files]
            if self.weights not in names or len(set(names)) != len(names):
                raise ValueError(f"each source must give {self.weights!r}, and each file once")
        for target in self.adapters.values():
            if not re.fullmatch(r"[a-z_.]+:[A-Za-z]+", target):
                raise ValueError(f"adapter {target!r} is not module:Class")
        return self

    @cached_property
    def needs_folder(self) -> bool:
        """Whether weights lie in the models folder; an installed library brings its own."""
        return any(source.kind not in {"installed", "debian", "card"} for source in self.sources)

    def check_licence(self, accepted: tuple[str, ...]) -> None:
        """Raise ``Misconfigured`` (E-CONF-006) when the licence needs a consent that is not given."""
        if self.non_commercial and self.licence not in accepted:
            raise Misconfigured(f"model {self.name}: its licence {self.licence} needs consent", code="E-CONF-006")


def read_card(file: Path) -> Card:
    """Read one card; ``Misconfigured`` names the file and the field that is wrong."""
    try:
        card = Card.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as err:
        raise Misconfigured(f"{file}: {err}") from err
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "card"
        raise Misconfigured(f"{file}: {where}: {first['msg']}") from err
    if card.name != file.parent.name:
        raise Misconfigured(f"{file}: name: {card.name!r} must be the name of its folder")
    return card


def read_cards(folder: Path) -> dict[str, Card]:
    """Read every ``<name>/model.toml`` of a folder, by name."""
    files = sorted(folder.glob(f"*/{CARD}"))
    if not files:
        raise Misconfigured(f"{folder} holds no model card")
    return {card.name: card for card in map(read_card, files)}

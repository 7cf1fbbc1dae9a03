"""Gazetteer: the settlements of GeoNames, the operator's own lists, and a geocoding server where one is set."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.core.folding import VERSION as FOLDING
from pipeline.core.gazetteer import VERSION
from pipeline.core.ports import Known
from pipeline.engines.exonyms import VERSION as NAMES
from pipeline.engines.gazetteer_index import open_index
from pipeline.engines.geocoder import Geocoder, cited
from pipeline.engines.identity import Identity, identify
from pipeline.engines.own_gazetteer import OwnGazetteer, digests
from pipeline.settings import Settings
from pipeline.weights import Installed

_WEIGHTS = "cities500.json"


class Gazetteer(Identity):
    """The port ``Gazetteer``. Places of one's own lists come before those of GeoNames."""

    def __init__(self, installed: Installed, settings: Settings | None = None) -> None:
        super().__init__(**asdict(self.identity(installed, settings)))
        file = installed.files[_WEIGHTS]
        folders = [file.parent, *([settings.scratch] if settings else [])]
        self._index = open_index(file, installed.weights_sha256, folders)
        self._own = OwnGazetteer(settings.gazetteers if settings else ())
        self._geocoder = (
            Geocoder(settings.geocoder) if settings and settings.geocoder and not settings.offline else None
        )
        self.asks = self._geocoder is not None

    @staticmethod
    def identity(installed: Installed, settings: Settings | None = None) -> Identity:
        """Say what would be cited, without loading: one's own lists by their digests, a server by its address."""
        parameters: dict[str, Any] = {
            "folding": FOLDING, "keys": VERSION, "names": NAMES,
            "own": digests(settings.gazetteers) if settings else [],
            "geocoder": cited(settings.geocoder) if settings and settings.geocoder and not settings.offline else None,
        }  # fmt: skip
        return identify("gazetteer", installed, parameters=parameters, libraries=("geopy",))

    @classmethod
    def with_settings(cls, settings: Settings) -> "Configured":
        """Return the adapter as the registry calls it, told of one's own lists."""
        return Configured(settings=settings)

    def look_up(self, names: Sequence[str]) -> Mapping[str, tuple[Known, ...]]:
        """Return what each key may mean."""
        known = self._index.look_up(names)
        for key, places in self._own.look_up(names).items():
            known[key] = (*places, *known.get(key, ()))
        return known

    def ask(self, name: str, language: str | None) -> tuple[Known, ...]:
        """Ask the geocoding server, where one is set."""
        return self._geocoder.ask(name, language) if self._geocoder else ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Configured:
    """The adapter with the settings that change what it finds."""

    settings: Settings

    def __call__(self, installed: Installed) -> Gazetteer:
        """Open it."""
        return Gazetteer(installed, self.settings)

    def identity(self, installed: Installed) -> Identity:
        """Say what would be cited, without loading."""
        return Gazetteer.identity(installed, self.settings)

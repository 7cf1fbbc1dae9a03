"""App: one open installation, used by one person; its use cases by subject."""

from pipeline.core.people import Permission
from pipeline.service.auditing import Auditing
from pipeline.service.custody import Custody
from pipeline.service.door import Door
from pipeline.service.ending import Ending
from pipeline.service.finding import Finding
from pipeline.service.keeping import Keeping
from pipeline.service.line import Line
from pipeline.service.log import Log
from pipeline.service.malware import Malware
from pipeline.service.rebuilding import Rebuilding
from pipeline.settings import Settings, read_settings
from pipeline.usecases import rebuild, tombstones
from pipeline.usecases.home import Home, open_home


class App:
    """The use cases of one installation, for one person."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._door = Door(home)
        self.line = Line(self._door)
        self.finding = Finding(self._door)
        self.keeping = Keeping(self._door)
        self.auditing = Auditing(self._door)
        self.rebuilding = Rebuilding(self._door)
        self.custody = Custody(self._door)
        self.log = Log(self._door)
        self.ending = Ending(self._door)
        self.malware = Malware(self._door)

    def may_choose_models(self) -> None:
        """Raise unless the person may choose which models this home uses; note that they do."""
        self._door.need("models", Permission.AUDIT)
        self._door.note("models-resolve", None)
        self.home.log.checkpoint()

    def close(self) -> None:
        """Give leases and connections back."""
        self.home.close()


def open_app(settings: Settings | None = None, *, fill: bool = True) -> App:
    """Open the installation that the environment names.

    ``fill`` reads a lost catalogue or index from the vault first; without it only the vault may be asked.
    """
    home = open_home(settings or read_settings())
    if fill and not rebuild.complete(home):
        rebuild.first_time(home)
    if fill:
        tombstones.catch_up(home)
    return App(home)

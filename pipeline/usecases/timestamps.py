"""Timestamps: countersignatures of checkpoints, asked for over the network or carried there and back."""

import logging
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from pipeline.errors import Misconfigured, Unavailable
from pipeline.usecases import keys
from pipeline.usecases.home import Home
from pipeline.vault.countersign import Newest, answers, keep_token, request
from pipeline.vault.countersigned import TOKEN
from pipeline.vault.files import sync_dir, write_new, writing
from pipeline.vault.standalone import vouched

_log = logging.getLogger(__name__)
_SECONDS = 20.0
_LARGEST = 1 << 20


def countersign(home: Home, names: Sequence[str]) -> dict[str, Any]:
    """Ask authorities, those named or all that the settings name, to vouch for the newest checkpoint.

    One that does not answer is told of, and holds nothing up.
    """
    chosen = _chosen(home, names)
    newest = keys.newest(home)
    made, silent = [], []
    for name, url in chosen.items():
        try:
            token = _ask(name, url, newest)
        except Unavailable as err:
            _log.warning("timestamp authority %s: %s", name, err.reason)
            silent.append({"authority": name, "code": err.code, "reason": err.reason, "next": err.next})
        else:
            made.append(_keep(home, token, newest.number, name))
    return {"checkpoint": newest.number, "countersigned": made, "unavailable": silent}


def write_request(home: Home, folder: Path) -> dict[str, Any]:
    """Write what to ask any authority about the newest checkpoint, to be carried to where there is a network."""
    newest = keys.newest(home)
    path = folder / f"{newest.number:08}.tsq"
    with writing(f"the folder {folder}"):
        folder.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        write_new(path, request(newest.note))
        sync_dir(folder)
    return {"checkpoint": newest.number, "request": str(path), "answer": f"{newest.number:08}.AUTHORITY{TOKEN}"}


def take_answers(home: Home, folder: Path) -> dict[str, Any]:
    """Take the answers (``<n>.<authority>.tsr``) in that were carried back; all are good, or it says which is not."""
    files = sorted(folder.glob(f"*{TOKEN}"))
    if not files:
        raise Misconfigured(f"there is no <n>.<authority>{TOKEN} in {folder}", code="E-CONF-009")
    made = []
    for path in files:
        number, _, authority = path.name.removesuffix(TOKEN).partition(".")
        if not (number.isascii() and number.isdigit()):
            raise Misconfigured(f"{path.name} is not named <n>.<authority>{TOKEN}", code="E-CONF-009")
        try:
            made.append(_keep(home, path.read_bytes(), int(number), authority))
        except ValueError as err:
            raise Misconfigured(f"{path.name}: {err}", code="E-LOG-014") from err
    return {"countersigned": made, "unavailable": []}


def _chosen(home: Home, names: Sequence[str]) -> Mapping[str, str]:
    there = home.settings.timestamp_authorities
    if not there:
        raise Misconfigured(
            "no timestamp authority is set", code="E-CONF-001",
            next_step="set timestamp_authorities, or use --request where there is no network",
        )  # fmt: skip
    if unknown := sorted(set(names) - there.keys()):
        raise Misconfigured(f"there is no timestamp authority {', '.join(unknown)}", code="E-CONF-009")
    return {name: there[name] for name in names or there}


def _ask(name: str, url: str, newest: Newest) -> bytes:
    """Return an authority's answer; ``Unavailable`` when it gives none, or one to something else."""
    import httpx

    nonce = secrets.randbits(64)
    asked = request(newest.note, nonce=nonce)
    try:
        answer = httpx.post(
            url, content=asked, headers={"Content-Type": "application/timestamp-query"}, timeout=_SECONDS
        )  # fmt: skip
        answer.raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as err:
        raise Unavailable(f"{name} did not answer: {type(err).__name__}", code="E-HOST-007") from err
    try:
        if len(answer.content) <= _LARGEST and answers(answer.content, nonce):
            vouched(answer.content, newest.note, [])
            return answer.content
    except ValueError as err:
        raise Unavailable(f"{name} answered what is no token of this note", code="E-HOST-007") from err
    raise Unavailable(f"{name} refused, or answered something else", code="E-HOST-007")


def _keep(home: Home, token: bytes, number: int, authority: str) -> dict[str, Any]:
    root = home.settings.vault
    return asdict(keep_token(root, token, number=number, authority=authority, log=home.log, actor=home.actor))

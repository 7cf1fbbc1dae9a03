"""Static: the pages' style sheet and scripts, read once; nothing else can be asked for here."""

import hashlib
from functools import cache
from pathlib import Path

from fastapi import APIRouter
from starlette.responses import Response

from pipeline.web.guard import Stopped

router = APIRouter()

_FOLDER = Path(__file__).parent.parent / "static"
_TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_YEAR = 365 * 86_400


@cache
def _files() -> dict[str, tuple[str, bytes]]:
    """Return every file under a name that changes with it: a browser may keep it for good."""
    found = {}
    for file in sorted(_FOLDER.iterdir()):
        if file.suffix in _TYPES:
            data = file.read_bytes()
            found[f"{file.stem}.{hashlib.sha256(data).hexdigest()[:12]}{file.suffix}"] = (_TYPES[file.suffix], data)
    return found


@cache
def versioned(name: str) -> str:
    """Return the name under which a file is asked for."""
    stem, _, suffix = name.rpartition(".")
    return next(one for one in _files() if one.startswith(f"{stem}.") and one.endswith(f".{suffix}"))


@router.get("/static/{name}")
def static(name: str) -> Response:
    """Return one of the files."""
    if name not in _files():
        raise Stopped("E-WEB-004")
    kind, data = _files()[name]
    return Response(data, media_type=kind, headers={"Cache-Control": f"public, max-age={_YEAR}, immutable"})


@router.get("/favicon.ico")
def favicon() -> Response:
    """There is none."""
    return Response(status_code=204)

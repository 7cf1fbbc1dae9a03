"""Page: how a page is filled, and how its addresses are made."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from pipeline.exports.template import templates
from pipeline.web.reception import Caller
from pipeline.web.room.languages import LANGUAGES, direction, language_of, speaker
from pipeline.web.room.static import versioned

_FOLDER = Path(__file__).parent.parent / "templates"


@cache
def _templates() -> Any:
    return templates(_FOLDER)


def filled(
    request: Request, name: str, caller: Caller | None, *, status: int = 200, headers: Mapping[str, str] | None = None,
    **values: Any,
) -> Response:  # fmt: skip
    """Return a page in the asker's language."""
    language = language_of(request)
    html = _templates().get_template(name).render(
        **values, t=speaker(language), language=language, direction=direction(language), languages=LANGUAGES,
        caller=caller, here=lambda path, **given: here(request, path, **given), file=lambda one: _file(request, one),
        path=request.url.path + (f"?{request.url.query}" if request.url.query else ""),
    )  # fmt: skip
    return HTMLResponse(html, status_code=status, headers={**(headers or {}), "Content-Language": language})


def here(request: Request, path: str, **given: Any) -> str:
    """Return an address of ours, wherever the application is mounted; what is empty is left out."""
    asked = urlencode([(name.rstrip("_"), one) for name, one in given.items() if one not in (None, "")])
    return f"{request.scope.get('root_path', '')}{path}{f'?{asked}' if asked else ''}"


def _file(request: Request, name: str) -> str:
    return f"{request.scope.get('root_path', '')}/static/{versioned(name)}"

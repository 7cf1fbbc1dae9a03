"""Problems: errors as HTTP tells them (RFC 9457), saying nothing of what somebody may not know.

What is hidden and what does not exist are one answer: the gate gives both the same code, and here one
code is one answer, byte for byte. Reasons of operators' errors may hold paths and names: only the
meaning of their code is told.
"""

import json
import logging
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from pipeline.errors import CODES, Corrupt, Misconfigured, PipelineError, Unavailable

_log = logging.getLogger(__name__)

PROBLEM = "application/problem+json"

_STATUS = {
    "E-FIND-001": 404, "E-FIND-002": 404, "E-FIND-004": 404,
    "E-JUDGE-001": 404, "E-JUDGE-002": 400,
    "E-FIND-003": 409, "E-VAULT-009": 409,
    "E-QUERY-001": 400, "E-CONF-009": 400, "E-SUBMIT-007": 400,
    "E-LOGIN-001": 401, "E-LOGIN-002": 404, "E-LOGIN-006": 403,
    "E-WEB-001": 400, "E-WEB-002": 403, "E-WEB-003": 429, "E-WEB-004": 404, "E-WEB-005": 405, "E-WEB-006": 422,
    "E-WEB-007": 413,
}  # fmt: skip
_ASKED_WRONGLY = frozenset({"E-QUERY-001", "E-CONF-009", "E-LOGIN-003", "E-JUDGE-002"})
"""Codes whose reason speaks of nothing but what was asked."""
_SERVER = 500
_WAIT_SECONDS = 5


def status_of(err: PipelineError) -> int:
    """Return the HTTP status of an error."""
    if err.code in _STATUS:
        return _STATUS[err.code]
    if isinstance(err, Unavailable):
        return 503
    if err.code.startswith("E-LOGIN"):
        return 400
    if isinstance(err, Corrupt | Misconfigured) or err.code == "E-0000":
        return _SERVER
    return 403 if err.code.startswith(("E-ACCESS", "H-")) else _SERVER


def document_of(err: PipelineError) -> dict[str, Any]:
    """Return what is told of an error."""
    code = CODES[err.code]
    return {
        "type": f"urn:evidence:{err.code}", "title": code.meaning, "status": status_of(err), "code": err.code,
        "detail": err.reason if err.code in _ASKED_WRONGLY else code.meaning, "who": code.who, "next": code.next,
    }  # fmt: skip


def answer(err: PipelineError, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
    """Return an error as an answer."""
    told = {**document_of(err), **more}
    status = told["status"]
    extra = dict(headers or {})
    if status == 401:  # noqa: PLR2004 (RFC 9110: it says how one may sign in)
        extra["WWW-Authenticate"] = 'Bearer realm="evidence"'
    if status == 503:  # noqa: PLR2004
        extra.setdefault("Retry-After", str(_WAIT_SECONDS))
    return Response(json.dumps(told, ensure_ascii=True), status_code=status, media_type=PROBLEM, headers=extra)


def unforeseen(err: Exception) -> PipelineError:
    """Note an error that nobody foresaw by its type and place alone, and return what is told of it."""
    where = traceback.extract_tb(err.__traceback__)[-1]
    _log.error("%s at %s:%s", type(err).__name__, Path(where.filename).name, where.lineno)
    return PipelineError("unforeseen")


def is_api(request: Request) -> bool:
    """Tell whether a program asks, and not a page."""
    return f"{request.scope['path'].removeprefix(request.scope.get('root_path', ''))}/".startswith("/api/")

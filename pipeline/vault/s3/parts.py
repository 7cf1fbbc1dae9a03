"""Parts: how a large file goes up, each part with a checksum of its own."""

import base64
import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from pipeline.errors import PipelineError

_MOST_PARTS = 10_000
Call = Callable[[Callable[[Any], Any]], Any]
"""Asks the store, with errors of ours for answers that are none."""


def checksum(data: bytes) -> dict[str, str]:
    """Return what makes a store refuse bytes that changed on the way."""
    return {"ChecksumAlgorithm": "SHA256", "ChecksumSHA256": _base64(hashlib.sha256(data).digest())}


def upload(call: Call, at: dict[str, str], path: Path, part_bytes: int) -> str:
    """Put a file in parts; return the checksum of the parts' checksums, which stands for the whole.

    Stores give it with a hyphen and the number of parts behind it, or without.
    """
    size = max(part_bytes, -(-path.stat().st_size // _MOST_PARTS))
    answer = call(lambda s3: s3.create_multipart_upload(**at, ChecksumAlgorithm="SHA256"))
    begun = {**at, "UploadId": answer["UploadId"]}
    try:
        parts: list[dict[str, Any]] = []
        with path.open("rb") as file:
            while data := file.read(size):
                parts.append(_part(call, begun, len(parts) + 1, data))
        call(lambda s3: s3.complete_multipart_upload(**begun, MultipartUpload={"Parts": parts}))
    except BaseException:
        with suppress(PipelineError):  # whoever settles the attempt gives it up again
            call(lambda s3: s3.abort_multipart_upload(**begun))
        raise
    whole = hashlib.sha256(b"".join(base64.b64decode(one["ChecksumSHA256"]) for one in parts))
    return _base64(whole.digest())


def _part(call: Call, begun: dict[str, str], number: int, data: bytes) -> dict[str, Any]:
    sent = checksum(data)
    answer = call(lambda s3: s3.upload_part(**begun, PartNumber=number, Body=data, **sent))
    return {"PartNumber": number, "ETag": answer["ETag"], "ChecksumSHA256": sent["ChecksumSHA256"]}


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()

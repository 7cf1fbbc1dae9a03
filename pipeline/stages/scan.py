"""Scan: whether a malware scanner names something in the file, where an operator runs one; nothing is deleted."""

from pipeline.core.body import Body
from pipeline.core.model import Coverage, Kind
from pipeline.stages.base import Job, Result, done, empty, stage, unsupported

_NONE = "none"
"""What the tools call the version of a scanner that is not there."""


class Scan(Body):
    """The names that the scanner gave, as it spells them. Its maker tells engine and signatures."""

    found: tuple[str, ...]


@stage(version=1, reads=(), writes=Kind.SCAN, media=None, tools=("clamd",), limits=("scan_bytes",))
def scan(job: Job) -> Result:
    """Hand the bytes to the scanner; clean is ``empty``, and what was not scanned is not called clean."""
    size = job.asset.bytes
    whole = Coverage(unit="bytes", of=size, read=size)
    if size > job.limits["scan_bytes"] and job.tools.environment("clamd")["clamd"] != _NONE:
        return unsupported("U-SCAN-002", "larger than what is handed to the malware scanner")
    found = job.tools.scan(job.path)
    if found is None:
        return unsupported("U-SCAN-001", "not scanned: no malware scanner is configured")
    if not found:
        return empty("N-SCAN-001", "the malware scanner names nothing in it", coverage=whole)
    return done(Scan(found=found), coverage=whole)

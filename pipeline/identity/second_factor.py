"""Second factor: a code that changes every thirty seconds (RFC 6238); recovery codes for when the device is lost."""

import secrets
import sqlite3
from collections.abc import Callable

import pyotp

from pipeline.errors import Misconfigured
from pipeline.identity import hashing
from pipeline.identity.database import Database

_STEP = 30
_DRIFT = 1
"""Steps by which a device's clock may be wrong, either way."""

_RECOVERY = 10
_NOBODYS = "A" * 32


class SecondFactor:
    """Enrolment and codes of each account."""

    def __init__(self, database: Database, clock: Callable[[], float], issuer: str) -> None:
        self._database, self._clock, self._issuer = database, clock, issuer

    def begin(self, person_id: str) -> tuple[str, str]:
        """Make a secret for a device; return it and the address that a device reads. In force once confirmed."""
        secret = pyotp.random_base32()
        with self._database.write() as rows:
            row = rows.execute(
                "UPDATE accounts SET totp_next = ? WHERE person = ? RETURNING shown", (secret, person_id)
            ).fetchone()
        if row is None:
            raise Misconfigured("this person has no account", code="E-LOGIN-002")
        return secret, pyotp.TOTP(secret).provisioning_uri(name=row["shown"], issuer_name=self._issuer)

    def confirm(self, person_id: str, code: str) -> list[str]:
        """Put the new secret in force when the device shows its code; return new recovery codes, once."""
        codes = [
            f"{one[:5]}-{one[5:10]}-{one[10:15]}-{one[15:]}" for one in (_recovery_code() for _ in range(_RECOVERY))
        ]
        with self._database.write() as rows:
            row = rows.execute("SELECT totp_next FROM accounts WHERE person = ?", (person_id,)).fetchone()
            step = _step_of(row["totp_next"], code, self._clock()) if row and row["totp_next"] else None
            if step is None:
                raise Misconfigured("this is not the code that the device shows now", code="E-LOGIN-003")
            rows.execute(
                "UPDATE accounts SET totp = totp_next, totp_next = NULL, totp_step = ? WHERE person = ?",
                (step, person_id),
            )
            rows.execute("DELETE FROM recovery WHERE person = ?", (person_id,))
            rows.executemany("INSERT INTO recovery VALUES (?, ?)", [(person_id, _kept(one)) for one in codes])
            rows.execute("DELETE FROM sessions WHERE person = ?", (person_id,))
        return codes

    def remove(self, person_id: str) -> None:
        """Let a password suffice again; sessions end."""
        with self._database.write() as rows:
            rows.execute("UPDATE accounts SET totp = NULL, totp_next = NULL WHERE person = ?", (person_id,))
            rows.execute("DELETE FROM recovery WHERE person = ?", (person_id,))
            rows.execute("DELETE FROM sessions WHERE person = ?", (person_id,))


def accepts(rows: sqlite3.Connection, account: sqlite3.Row | None, code: str, now: float, *, spend: bool) -> bool:
    """Tell whether a code fits an account; the work is the same where there is no account, or none is asked for.

    With ``spend`` it is used up: a code that was seen over a shoulder is worth nothing.
    """
    secret = account["totp"] if account else None
    person = account["person"] if account else ""
    step = _step_of(secret or _NOBODYS, code, now)
    recovery = (person, _kept(code))
    kept = rows.execute("SELECT 1 FROM recovery WHERE person = ? AND code = ?", recovery).fetchone()
    if account is None or secret is None:
        return account is not None
    if step is not None and step > account["totp_step"]:
        if spend:
            rows.execute("UPDATE accounts SET totp_step = ? WHERE person = ?", (step, person))
        return True
    if kept and spend:
        rows.execute("DELETE FROM recovery WHERE person = ? AND code = ?", recovery)
    return kept is not None


def _step_of(secret: str, code: str, now: float) -> int | None:
    """Return the step whose code it is; compares with all that come into question."""
    digits = "".join(code.split())
    device, current = pyotp.TOTP(secret), int(now) // _STEP
    fitting = [
        step
        for step in range(current - _DRIFT, current + _DRIFT + 1)
        if hashing.same(device.generate_otp(step), digits)
    ]
    return fitting[-1] if fitting else None


def _recovery_code() -> str:
    return "".join(secrets.choice("23456789abcdefghjkmnpqrstuvwxyz") for _ in range(20))


def _kept(code: str) -> bytes:
    return hashing.kept_of("".join(one for one in code.casefold() if one.isalnum()))

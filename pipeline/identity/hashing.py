"""Hashing: what is kept of a secret: Argon2id of what people choose, SHA-256 of what is random."""

import base64
import hashlib
import hmac
import secrets
import threading
import unicodedata

from argon2 import Parameters, PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from argon2.profiles import RFC_9106_LOW_MEMORY

from pipeline.errors import Misconfigured

SHORTEST, LONGEST, FEWEST = 12, 512, 5
_AT_ONCE = threading.BoundedSemaphore(4)
"""Each takes 64 MiB: a flood of attempts waits in line instead of taking the machine's memory."""


class Passwords:
    """Hashes of passwords, and their comparison; by default with the parameters of RFC 9106 for little memory."""

    def __init__(self, work: Parameters = RFC_9106_LOW_MEMORY) -> None:
        self._hasher = PasswordHasher.from_parameters(work)
        cost = f"m={work.memory_cost},t={work.time_cost},p={work.parallelism}"
        self._nobodys = f"$argon2id$v={work.version}${cost}${'A' * 22}${'A' * 43}"  # no password has this one

    def kept(self, password: str) -> str:
        """Return what is kept of a password."""
        with _AT_ONCE:
            return self._hasher.hash(_spelled(password).encode(errors="surrogatepass"))

    def fits(self, kept: str | None, password: str) -> bool:
        """Tell whether a password is the one that was kept; the work is the same where none was."""
        with _AT_ONCE:
            try:
                return self._hasher.verify(
                    kept or self._nobodys, _spelled(password[:LONGEST]).encode(errors="surrogatepass")
                )
            except (VerificationError, InvalidHashError):
                return False

    def is_outdated(self, kept: str) -> bool:
        """Tell whether a hash was made with other parameters than today's."""
        return self._hasher.check_needs_rehash(kept)


def check_password(password: str, login: str) -> None:
    """Refuse a password that is guessed first; ``Misconfigured`` (E-LOGIN-003)."""
    text = _spelled(password)
    if not SHORTEST <= len(text) <= LONGEST:
        raise Misconfigured(f"a password has {SHORTEST} to {LONGEST} characters", code="E-LOGIN-003")
    if len(set(text)) < FEWEST:
        raise Misconfigured(f"a password has {FEWEST} different characters at least", code="E-LOGIN-003")
    if login.casefold() in text.casefold() and len(text) < len(login) + SHORTEST:
        raise Misconfigured("a password is not the name with a little added", code="E-LOGIN-003")


def new_secret() -> str:
    """Return 256 random bits, as text that a URL and a cookie may hold."""
    return secrets.token_urlsafe(32)


def kept_of(secret: str) -> bytes:
    """Return what is kept of a random secret: nobody guesses 256 bits, so a fast digest is enough."""
    return hashlib.sha256(secret.encode(errors="replace")).digest()


def csrf_of(session: str) -> str:
    """Return the token bound to a session: made from its secret, telling nothing of it."""
    return hmac.new(session.encode(errors="replace"), b"csrf", hashlib.sha256).hexdigest()


def challenge_of(verifier: str) -> str:
    """Return what may be seen of a PKCE verifier (RFC 7636, S256)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def same(one: str, other: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))


def _spelled(password: str) -> str:
    """Return one spelling, whatever keyboard it came from (NIST SP 800-63B: NFKC)."""
    return unicodedata.normalize("NFKC", password)

"""Storage: whether the vault lies on encrypted storage, said where it is asked for and when a home is made."""

import logging
from typing import Any

from pipeline.settings import Settings
from pipeline.vault.encryption import Encryption, Seen, encryption_of

_log = logging.getLogger(__name__)

_NEXT = "put the home on an encrypted volume (decision 3); where that is so beneath this host, set storage_encryption"


def storage(settings: Settings) -> dict[str, Any]:
    """Say what is seen of the encryption of the vault's storage; the vault's root exists."""
    found = encryption_of(settings.vault) if settings.vault_s3 is None else _ELSEWHERE
    attested = settings.storage_encryption == "attested"
    says = f"{'attested as encrypted; ' if attested else ''}{_SAYS[found.seen]} ({found.why})"
    return {"encryption": str(found.seen), "why": found.why, "attested": attested, "says": says}


_ELSEWHERE = Encryption(seen=Seen.CANNOT_TELL, why="the objects lie in an S3 store: see its settings")

_SAYS = {
    Seen.ENCRYPTED: "encrypted",
    Seen.NOT_SEEN: "no encryption is seen",
    Seen.CANNOT_TELL: "whether it is encrypted cannot be told",
}


def warn(settings: Settings) -> dict[str, Any]:
    """Warn in the program's messages unless encryption is seen or attested; return what was seen."""
    found = storage(settings)
    if found["encryption"] != Seen.ENCRYPTED and not found["attested"]:
        _log.warning("the vault's storage: %s; %s", found["says"], _NEXT)
    return found

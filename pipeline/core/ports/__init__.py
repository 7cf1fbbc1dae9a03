"""The verbs: what the outside must offer. Protocols only, no code.

Obligations are part of a port: which calls may be repeated, what is permanent, what raises
what. One conformance suite per port in ``tests/contracts/`` runs against every implementation.
"""

from pipeline.core.ports.engine import Engine
from pipeline.core.ports.index import IndexRow
from pipeline.core.ports.media import Decoded, Frames, MediaTools, Picture
from pipeline.core.ports.pictures import (
    LOOK,
    Detector,
    Found,
    GraphicScreener,
    Named,
    NudityScreener,
    Pixels,
    Still,
    Tagger,
)  # fmt: skip
from pipeline.core.ports.places import Geographer, Place
from pipeline.core.ports.sound import (
    Heard,
    Region,
    SecondTranscriber,
    SpeechFinder,
    SpeechTranslator,
    Tongue,
    Transcriber,
    Word,
)  # fmt: skip
from pipeline.core.ports.text import Gloss, Glossary, TextLanguage, TextTranslator, Translated
from pipeline.core.ports.vault import (
    AuditReport,
    CustodyLog,
    Derivatives,
    Finding,
    LogReport,
    Registers,
    Vault,
)  # fmt: skip

__all__ = [
    "LOOK", "AuditReport", "CustodyLog", "Decoded", "Derivatives", "Detector", "Engine", "Finding", "Found", "Frames",
    "Geographer", "Gloss", "Glossary", "GraphicScreener", "Heard", "IndexRow", "LogReport", "MediaTools", "Named",
    "NudityScreener", "Picture", "Pixels", "Place", "Region", "Registers", "SecondTranscriber", "SpeechFinder",
    "SpeechTranslator", "Still", "Tagger", "TextLanguage", "TextTranslator", "Tongue", "Transcriber", "Translated",
    "Vault", "Word",
]  # fmt: skip

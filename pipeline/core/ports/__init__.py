"""The verbs: what the outside must offer. Protocols only, no code.

Obligations are part of a port: which calls may be repeated, what is permanent, what raises
what. Ports with several implementations have one suite that runs against each: stores in
``tests/contracts/``, engines in ``tests/engines/``.
"""

from pipeline.core.ports.engine import Engine
from pipeline.core.ports.index import IndexRow, Print
from pipeline.core.ports.media import Decoded, Frames, MediaTools, Picture, PronomName, ReadWord, Sought
from pipeline.core.ports.pictures import (
    LOOK,
    Detector,
    Found,
    GraphicScreener,
    Named,
    NudityScreener,
    PictureHash,
    Pixels,
    Still,
    Tagger,
    WindowHash,
)  # fmt: skip
from pipeline.core.ports.places import Gazetteer, Geographer, Known, Place
from pipeline.core.ports.sound import (
    Heard,
    Region,
    SecondTranscriber,
    SpeechFinder,
    SpeechTranslator,
    Transcriber,
    WindowTongues,
    Word,
)  # fmt: skip
from pipeline.core.ports.text import Gloss, Glossary, TextLanguage, TextTranslator, Translated
from pipeline.core.ports.vault import (
    AuditReport,
    Budget,
    Coverage,
    CustodyLog,
    Derivatives,
    Finding,
    LogReport,
    Progress,
    Registers,
    Surveyed,
    Vault,
)  # fmt: skip

__all__ = [
    "LOOK", "AuditReport", "Budget", "Coverage", "CustodyLog", "Decoded", "Derivatives", "Detector", "Engine",
    "Finding", "Found", "Frames", "Gazetteer", "Geographer", "Gloss", "Glossary", "GraphicScreener", "Heard",
    "IndexRow", "Known", "LogReport", "MediaTools", "Named", "NudityScreener", "Picture", "PictureHash", "Pixels",
    "Place", "Print", "Progress", "PronomName", "ReadWord", "Region", "Registers", "SecondTranscriber", "Sought",
    "SpeechFinder", "SpeechTranslator", "Still", "Surveyed", "Tagger", "TextLanguage", "TextTranslator", "Transcriber",
    "Translated", "Vault", "WindowHash", "WindowTongues", "Word",
]  # fmt: skip

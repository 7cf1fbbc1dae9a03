"""Tags: what files say of themselves, gathered raw, bounded, and marked where it points to a source."""

import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_LONGEST_KEY = 200

# What programs say of the copy that they were handed: it changes with the host and the hour.
_OF_THE_COPY = re.compile(
    r"(?:\A|:)(?:SourceFile|Directory|FileName|filename|FilePermissions|File\w*Date\w*|ExifToolVersion|FileSize)\Z"
)
_DERIVED = ("Composite:",)
# Whatever is not listed here may lead to a source. New cameras and programs invent tags faster than
# anybody lists those that tell who, where and with what; those that cannot tell it are few.
_FIGURES = frozenset(
    re.findall(
        r"\S+",
        """
        AspectRatio AudioBitrate AudioBitsPerSample AudioChannels AudioSampleCount AudioSampleRate AverageBitrate
        AverageFrameRate AvgBitrate AvgBytesPerSec BPS BitDepth BitDepthChroma BitDepthLuma BitRate BitsPerComponent
        BitsPerPixel BitsPerSample Channels ChromaFormat ColorComponents ColorResolutionDepth ColorTransform ColorType
        CompressedBitsPerPixel Compression DURATION DataRate Duration FrameCount FrameRate FrameSizeMax FrameSizeMin
        ImageHeight ImageLength ImagePixelDepth ImageSize ImageSpatialExtent ImageWidth Interlace MatrixStructure
        MaxBitrate MediaDuration MediaTimeScale MovieHeaderVersion NUMBER_OF_BYTES NUMBER_OF_FRAMES NominalBitrate
        NumChannels NumColors NumberOfComponents NumberOfSamples PhotometricInterpretation PixelAspectRatio PixelUnits
        PixelsPerMeterX PixelsPerMeterY PixelsPerUnitX PixelsPerUnitY PlanarConfiguration Planes PlaybackFrameRate
        ResolutionUnit Rotation RowsPerStrip SampleFormat SampleRate SampleSize SamplesPerPixel SourceImageHeight
        SourceImageWidth StripByteCounts StripOffsets SubfileType TileLength TileWidth TimeScale TotalSamples
        TrackDuration TrackID VideoFrameCount VideoFrameRate VideoFullRangeFlag VideoScanType XResolution
        YCbCrCoefficients YCbCrPositioning YCbCrSubSampling YResolution alpha_mode bit_rate minor_version nb_programs
        rotate start_time

        ExifVersion FlashPixVersion FlashpixVersion GIFVersion InteropVersion InteroperabilityVersion JFIFVersion
        ExifImageHeight ExifImageLength ExifImageWidth Orientation RelatedImageHeight RelatedImageLength
        RelatedImageWidth

        ColorPrimaries ColorSpace ComponentsConfiguration Gamma MatrixCoefficients PrimaryChromaticities
        ReferenceBlackWhite TransferCharacteristics TransferFunction WhitePoint

        ApertureValue BrightnessValue Contrast CustomRendered DigitalZoomRatio ExposureBiasValue ExposureCompensation
        ExposureIndex ExposureMode ExposureProgram ExposureTime FNumber Flash FocalLength FocalLengthIn35mmFilm
        FocalLengthIn35mmFormat FocalPlaneResolutionUnit FocalPlaneXResolution FocalPlaneYResolution GainControl ISO
        ISOSpeed ISOSpeedRatings LightSource MaxApertureValue MeteringMode PhotographicSensitivity Saturation
        SceneCaptureType SceneType SensingMethod SensitivityType Sharpness ShutterSpeedValue WhiteBalance

        CreateDate CreationDate DateCreated DateTime DateTimeDigitized DateTimeOriginal MediaCreateDate MediaModifyDate
        MetadataDate ModifyDate OffsetTime OffsetTimeDigitized OffsetTimeOriginal SubSecTime SubSecTimeDigitized
        SubSecTimeOriginal TimeCode TimeZoneOffset TrackCreateDate TrackModifyDate com.apple.quicktime.creationdate
        creation_time timecode
        """,
    )
)
"""Tags of sizes, colours, exposure and time. They are harmless as long as their values are figures."""
_GROUPS = re.compile(
    r"ffprobe:(?:format|stream\d+)"
    r"|exifread:(?:Image|EXIF|Thumbnail|Interoperability|IFD \d+)"
    r"|exiftool:(?:File|JFIF|IFD\d+|SubIFD\d*|ExifIFD|InteropIFD|PNG(?:-pHYs)?|GIF|RIFF|AIFF|FLAC|MPEG|AAC|Vorbis|Opus"
    r"|H264|M2TS|ASF|Matroska|Jpeg2000|QuickTime|Keys|Track\d+|Meta|XMP-(?:exif|exifEX|tiff|xmp|photoshop))"
)
"""Groups of tags that a standard describes; those of a maker already say whose device it was."""
_FIGURE = re.compile(r"(?:[-+0-9.,:/%()\[\]\" TZ]|undef|inf|true|false){0,160}")
_SPELLED = re.compile(
    r"exiftool:File:(?:FileType|FileTypeExtension|MIMEType|MIMEEncoding|ExifByteOrder|EncodingProcess)"
    r"|exiftool:ICC-header:(?:ColorSpaceData|ProfileConnectionSpace)"
    r"|exiftool:Track\d+:(?:CompressorID|AudioFormat|HandlerType|MediaLanguageCode|VideoCodecID|AudioCodecID)"
    r"|ffprobe:format:(?:format_name|format_long_name)|ffprobe:stream\d+:language"
)
"""Tags that a tool, or the format itself, spells from a list of its own."""
_TERM = re.compile(r"[A-Za-z0-9 ,;:/._+()&-]{0,80}")
_spell = json.JSONEncoder(ensure_ascii=False, sort_keys=True, default=str).encode


def raw_tags(
    probe: Mapping[str, Any], metadata: Mapping[str, Any], exif: Mapping[str, Any], *, most: int, longest: int
) -> tuple[dict[str, str], tuple[str, ...]]:
    """Gather every raw tag as ``tool:group:tag`` → text; the flags say what had to be cut.

    Values are text as the tool gave it, at most ``longest`` characters; at most ``most`` tags, in the
    order of their names within a tool.
    """
    pairs = [*_of_probe(probe), *_of_exiftool(metadata), *((f"exifread:{key}", exif[key]) for key in sorted(exif))]
    kept: dict[str, str] = {}
    flags = set()
    for key, value in pairs:
        text = _text(value)
        if len(kept) >= most:
            flags.add("tags_cut")
            break
        if len(text) > longest:
            flags.add("values_cut")
        kept[_clean(key)[:_LONGEST_KEY]] = text[:longest]
    return kept, tuple(sorted(flags))


def identifying(raw: Mapping[str, str]) -> tuple[str, ...]:
    """Name the raw tags that may lead to a source: all but those known to be technical, with such a value.

    Times alone lead to nobody and stay out.
    """
    return tuple(key for key in sorted(raw) if not _technical(key, raw[key]))


def complains(raw: Mapping[str, str]) -> bool:
    """Tell whether the reader of the tags found them damaged; what it calls minor is not."""
    found = [raw.get(f"exiftool:ExifTool:{name}", "") for name in ("Error", "Warning")]
    return any(one and not one.casefold().startswith("[minor]") for one in found)


def first(raw: Mapping[str, str], *names: str) -> str | None:
    """Return the first value that is not blank among tags whose name ends in one of ``names``, in their order."""
    keys = sorted(raw)
    for name in names:
        endings = (f":{name}", f" {name}")
        for key in keys:
            if (key == name or key.endswith(endings)) and raw[key].strip():
                return raw[key].strip()
    return None


def _of_probe(probe: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    shape: Mapping[str, Any] = probe.get("format") or {}
    for key in ("format_name", "format_long_name", "bit_rate", "start_time", "nb_programs"):
        if key in shape:
            yield f"ffprobe:format:{key}", shape[key]
    for key, value in sorted((shape.get("tags") or {}).items()):
        yield f"ffprobe:format:{key}", value
    for stream in probe.get("streams") or []:
        for key, value in sorted((stream.get("tags") or {}).items()):
            yield f"ffprobe:stream{stream.get('index')}:{key}", value


def _of_exiftool(metadata: Mapping[str, Any]) -> Iterable[tuple[str, Any]]:
    for key, value in sorted(metadata.items()):
        if not key.startswith(_DERIVED) and not _OF_THE_COPY.search(key):
            yield f"exiftool:{key}", value


def _technical(key: str, value: str) -> bool:
    if _SPELLED.fullmatch(key):
        return _TERM.fullmatch(value) is not None
    tool, _, rest = key.partition(":")
    group, _, name = rest.rpartition(" ") if tool == "exifread" else rest.partition(":")
    known = _GROUPS.fullmatch(f"{tool}:{group}") is not None and name in _FIGURES
    return known and _FIGURE.fullmatch(value) is not None


def _text(value: Any) -> str:
    if isinstance(value, str):
        return _clean(value)
    return _clean(_spell(value))


def _clean(text: str) -> str:
    """Drop what is no Unicode text: half a surrogate pair has no UTF-8 and so no digest."""
    if text.isascii() and "\x00" not in text:
        return text
    return text.encode("utf-8", "replace").decode("utf-8").replace("\x00", "")

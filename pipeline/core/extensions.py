"""Extensions: whether a file's name says the same as its bytes; a name is a claim of whoever gave it."""

from pathlib import PurePosixPath

_CUSTOMARY: dict[str, frozenset[str]] = {
    name: frozenset(endings.split())
    for name, endings in {
        "jpeg": "jpg jpeg jpe jfif mpo", "png": "png apng", "gif": "gif", "webp": "webp", "bmp": "bmp dib",
        "tiff": "tif tiff nef nrw arw srf sr2 pef srw 3fr dcr kdc erf mef mos iiq rw2 orf dng gpr", "dng": "dng gpr",
        "cr2": "cr2", "cr3": "cr3", "raf": "raf", "rw2": "rw2 raw", "psd": "psd", "jp2": "jp2 jpx jpf",
        "j2k": "j2k j2c jpc", "jxl": "jxl", "heif": "heic heif heics heifs hif avif avifs",
        "mp4": "mp4 m4v m4a m4b f4v mov insv lrv 3gp mp4v", "mov": "mov qt mp4 insv", "3gp": "3gp 3gpp 3g2 mp4",
        "matroska": "mkv mka mks mk3d webm", "webm": "webm weba mkv", "avi": "avi divx", "flv": "flv",
        "asf": "asf wmv wma", "mpeg": "mpg mpeg vob mod m2p dat", "mpegts": "ts m2ts mts m2t tod mpg", "mxf": "mxf",
        "ogg": "ogg oga ogv opus spx ogx", "wav": "wav wave bwf rf64", "aiff": "aif aiff aifc", "flac": "flac",
        "mp3": "mp3 mpga", "aac": "aac adts", "amr": "amr awb 3ga", "caf": "caf", "au": "au snd", "pdf": "pdf ai",
        "zip": "zip docx xlsx pptx odt ods odp epub jar apk kmz cbz", "gzip": "gz tgz svgz", "7z": "7z",
        "rar": "rar cbr", "ole2": "doc xls ppt msg msi",
    }.items()
}  # fmt: skip
_TEXTS: dict[str, frozenset[str]] = {
    "image/svg+xml": frozenset({"svg"}), "text/html": frozenset({"html", "htm", "xhtml"}),
}  # fmt: skip


def extension_matches(filename: str, *, media_type: str | None, container: str | None) -> bool | None:
    """Tell whether a name ends as such a file's does; ``None`` where the name has no ending or none is customary."""
    ending = PurePosixPath(filename).suffix[1:].lower()
    customary = _CUSTOMARY.get(container or "") or _TEXTS.get(media_type or "")
    if not ending:
        return None
    if customary is not None:
        return ending in customary
    # Text and unknown bytes have no ending of their own; one that promises a medium is none of theirs.
    return False if any(ending in endings for endings in _CUSTOMARY.values()) else None

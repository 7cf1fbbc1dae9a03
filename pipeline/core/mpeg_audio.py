"""MPEG audio: where a frame of MP3 or AAC ends, from its header."""

_BITRATES = {  # kbit/s by (MPEG version is 1, layer), ISO/IEC 11172-3 and 13818-3
    (True, 1): (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (True, 2): (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (True, 3): (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
    (False, 1): (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (False, 2): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (False, 3): (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
}
_MPEG_1, _LAYER_3 = 3, 3
_RATES = {_MPEG_1: (44100, 48000, 32000), 2: (22050, 24000, 16000), 0: (11025, 12000, 8000)}
_ADTS_HEADER = 7


def adts_frame(header: bytes) -> int:
    """Return the length in bytes of the ADTS frame that begins here; 0 when none does."""
    if len(header) < _ADTS_HEADER or header[0] != 0xFF or header[1] & 0xF6 != 0xF0:  # noqa: PLR2004 (ISO/IEC 13818-7, 6.2)
        return 0
    size = (header[3] & 0x03) << 11 | header[4] << 3 | header[5] >> 5
    return size if size > _ADTS_HEADER else 0


def mpeg_frame(header: bytes) -> int:
    """Return the length in bytes of the MPEG audio frame that begins here; 0 when none does."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xE0 != 0xE0:  # noqa: PLR2004 (ISO/IEC 11172-3, 2.4)
        return 0
    version, layer = header[1] >> 3 & 3, 4 - (header[1] >> 1 & 3)
    rate, speed = header[2] >> 4, header[2] >> 2 & 3
    if version == 1 or layer == 4 or rate in {0, 15} or speed == 3:  # noqa: PLR2004 (reserved values)
        return 0
    bits = _BITRATES[version == _MPEG_1, layer][rate - 1] * 1000
    hertz, padding = _RATES[version][speed], header[2] >> 1 & 1
    if layer == 1:
        return (12 * bits // hertz + padding) * 4
    samples = 72 if layer == _LAYER_3 and version != _MPEG_1 else 144
    return samples * bits // hertz + padding

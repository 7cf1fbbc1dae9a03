"""Containers: the demuxers of ffmpeg that may open untrusted bytes."""

# What carries sound and moving pictures itself. Left out on purpose is all that reads *other* files
# or addresses because a file says so (hls, dash, concat, sdp, rtsp, image2 with its patterns, svg),
# what a device feeds (lavfi, x11grab), what has no signature to be recognised by (rawvideo, s16le),
# and trackers, games and subtitles that nobody submits as sound or picture.
_SOUND_AND_VIDEO = (
    "3gp", "aac", "ac3", "aiff", "amr", "amrnb", "amrwb", "ape", "asf", "au", "av1", "avi", "caf", "cavsvideo",
    "dhav", "dsf", "dss", "dts", "dv", "eac3", "flac", "flv", "gif", "gsm", "gxf", "h263", "h264", "hevc", "ivf",
    "live_flv", "loas", "m4v", "matroska", "mjpeg", "mov", "mp3", "mpc", "mpc8", "mpeg", "mpegts", "mpegvideo",
    "mxf", "nut", "obu", "ogg", "oma", "qcp", "rm", "tak", "truehd", "tta", "vc1", "voc", "w64", "wav", "webm",
    "wtv", "wv", "xwma",
)  # fmt: skip

# One picture each, read from the bytes at hand.
_PICTURES = (
    "bmp_pipe", "dds_pipe", "dpx_pipe", "exr_pipe", "j2k_pipe", "jpeg_pipe", "jpegls_pipe", "jpegxl_pipe", "pam_pipe",
    "pbm_pipe", "pcx_pipe", "pgm_pipe", "png_pipe", "ppm_pipe", "psd_pipe", "qoi_pipe", "sgi_pipe", "sunrast_pipe",
    "tiff_pipe", "webp_pipe", "xbm_pipe", "xpm_pipe", "xwd_pipe",
)  # fmt: skip

ALLOWED = ",".join((*_SOUND_AND_VIDEO, *_PICTURES))
"""For ``-format_whitelist``: a demuxer is allowed when any of its names is listed."""

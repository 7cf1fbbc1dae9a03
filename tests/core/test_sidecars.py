"""Side-cars: what drones, receivers and archives write beside a recording; and nothing from what is damaged."""

import json
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.sidecars import in_recording, read_sidecar
from pipeline.core.tracks import Fix

_NEW = """1
00:00:00,000 --> 00:00:00,033
<font size="28">FrameCnt: 1, DiffTime: 33ms
2024-05-01 10:00:00.000
[iso: 100] [shutter: 1/1000] [latitude: 36.202100] [longitude: 37.134300] [rel_alt: 10.100 abs_alt: 390.3] </font>

2
00:00:01,500 --> 00:00:01,533
<font size="28">FrameCnt: 2
[latitude: 36.202200] [longtitude: 37.134400] [altitude: 391.0] </font>
"""
_OLD = """1
00:00:01,000 --> 00:00:02,000
HOME(37.0000,36.0000) 2017.05.17 10:00:00
GPS(37.1343,36.2021,17) BAROMETER:1.9
ISO:100 Shutter:60

2
00:00:02,000 --> 00:00:03,000
F/2.8, SS 206, ISO 100, GPS (37.1344, 36.2022, 15), D 24.26m, H 6.00m
"""
_GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1"><trk><trkseg>
<trkpt lat="36.2021" lon="37.1343"><time>2024-05-01T10:00:05Z</time></trkpt>
<trkpt lat="36.2022" lon="37.1344"><time>2024-05-01T10:00:07Z</time></trkpt>
<trkpt lat="0" lon="0"><time>2024-05-01T10:00:08Z</time></trkpt>
<trkpt lat="36.2500" lon="37.2000"><time>2024-05-01T12:00:00Z</time></trkpt></trkseg></trk></gpx>"""
_XMP = """<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/" {}>{}</rdf:Description></rdf:RDF></x:xmpmeta>"""


def _at(name: str, text: str) -> list[tuple[float, float, float | None]]:
    found = read_sidecar(name, text.encode())
    return [(one.lat, one.lon, one.t) for one in found.fixes] if found else []


def test_subtitles_of_drones_old_and_new() -> None:
    assert _at("DJI_0001.SRT", _NEW) == [(36.2021, 37.1343, 0.0), (36.2022, 37.1344, 1.5)]
    assert _at("DJI_0002.srt", _OLD) == [(36.2021, 37.1343, 1.0), (36.2022, 37.1344, 2.0)]


@pytest.mark.parametrize(
    ("said", "position"),
    [
        ("GPS (S 12.0464, W 77.0428, 10)", (-12.0464, -77.0428)),
        ("GPS (12.0464 S, W 77.0428, 10)", (-12.0464, -77.0428)),
        ("GPS (12.0464, W 77.0428, 10)", None),
    ],
)
def test_letters_of_a_drone_are_hemispheres(said: str, position: tuple[float, float] | None) -> None:
    found = _at("a.srt", f"1\n00:00:01,000 --> 00:00:02,000\n{said}\n")
    assert [one[:2] for one in found] == ([position] if position else [])


def test_subtitles_that_only_speak_place_nothing() -> None:
    assert read_sidecar("film.srt", b"1\n00:00:01,000 --> 00:00:02,000\nHello from 36.2021, 37.1343\n") is None


def test_a_receiver_without_a_fix_is_left_out() -> None:
    assert [lat for lat, _, _ in _at("track.gpx", _GPX)] == [36.2021, 36.2022, 36.25]


def test_of_a_days_track_the_recording_keeps_its_own_part() -> None:
    found = read_sidecar("track.gpx", _GPX.encode())
    assert found is not None
    start = datetime.fromisoformat("2024-05-01T10:00:00Z").timestamp()
    timed = in_recording(found, start, 10.0)
    assert [(one.lat, one.t) for one in timed.fixes] == [(36.2021, 5.0), (36.2022, 7.0)]
    assert timed.notes == ("same_time",)
    assert in_recording(found, start - 86_400, 10.0).notes == ("another_time",)


def test_subtitles_of_a_longer_flight_are_of_another_recording() -> None:
    late = _NEW.replace("00:00:0", "00:08:0")
    found = read_sidecar("DJI_0001.SRT", late.encode())
    assert found is not None
    timed = in_recording(found, None, 6.0)
    assert timed.notes == ("another_time",)
    assert [one.t for one in timed.fixes] == [None, None]
    mixed = read_sidecar("DJI_0001.SRT", (_NEW.strip() + "\n\n" + late).encode())
    assert mixed is not None
    assert [one.t for one in in_recording(mixed, None, 6.0).fixes] == [0.0, 1.5]


@pytest.mark.parametrize(
    "text",
    [  # as attributes, as elements, in a packet
        _XMP.format('exif:GPSLatitude="36,12.126N" exif:GPSLongitude="37,8.058E"', ""),
        _XMP.format(
            "", "<exif:GPSLatitude>36,12.126N</exif:GPSLatitude><exif:GPSLongitude>37,8.058E</exif:GPSLongitude>"
        ),
        '<?xpacket begin=""?>'
        + _XMP.format('exif:GPSLatitude="36.2021" exif:GPSLongitude="37.1343"', "")
        + "<?xpacket end?>",
    ],
)
def test_xmp(text: str) -> None:
    ((lat, lon, _),) = _at("photo.xmp", text)
    assert (lat, lon) == pytest.approx((36.2021, 37.1343))


def test_archives_prefer_what_the_camera_said() -> None:
    told = {"title": "a.jpg", "geoData": {"latitude": 33.5, "longitude": 36.3, "altitude": 0.0},
            "geoDataExif": {"latitude": 36.2021, "longitude": 37.1343}}  # fmt: skip
    found = read_sidecar("a.jpg.json", json.dumps(told).encode())
    assert found is not None
    assert ([(one.lat, one.lon) for one in found.fixes], found.notes) == ([(36.2021, 37.1343)], ("of_camera",))
    told["geoDataExif"] = {"latitude": 0.0, "longitude": 0.0}
    again = read_sidecar("a.jpg.json", json.dumps(told).encode())
    assert again is not None
    assert ([one.lat for one in again.fixes], again.notes) == ([33.5], ("of_account",))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.gpx", "<gpx><trkpt lat='36' lon='37'>"),
        ("a.gpx", '<!DOCTYPE gpx [<!ENTITY a "b">]><gpx><trkpt lat="36.2" lon="37.1"/></gpx>'),
        ("a.gpx", '<kml><trkpt lat="36.2" lon="37.1"/></kml>'),
        ("a.gpx", '<gpx><trkpt lat="96.2" lon="37.1"/><trkpt lat="36.2"/><trkpt lat="x" lon="37"/></gpx>'),
        ("a.xmp", _XMP.format('exif:GPSLatitude="36,12.126N"', "")),
        ("a.json", "[" * 100_000),
        ("a.json", '{"geoData": {"latitude": true, "longitude": 37.1}}'),
        ("a.json", '{"geoData": {"latitude": 1e400, "longitude": 37.1}}'),
        ("a.json", "{}"),
        ("a.txt", "36.2021, 37.1343"),
    ],
)
def test_what_is_damaged_hostile_or_half_gives_nothing(name: str, text: str) -> None:
    assert read_sidecar(name, text.encode()) is None


@given(st.sampled_from([".srt", ".gpx", ".xmp", ".json"]), st.binary(max_size=300))
def test_no_bytes_break_it(ending: str, data: bytes) -> None:
    found = read_sidecar(f"a{ending}", data)
    assert found is None or all(isinstance(one, Fix) for one in found.fixes)

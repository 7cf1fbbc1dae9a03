"""Positions from tags: exact, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.position import positions, written_step

ALEPPO = {
    "exiftool:GPS:GPSLatitude": "36.2021", "exiftool:GPS:GPSLatitudeRef": "N",
    "exiftool:GPS:GPSLongitude": "37.1343", "exiftool:GPS:GPSLongitudeRef": "E",
}  # fmt: skip


def _with(**changed: str | None) -> dict[str, str]:
    tags = {**ALEPPO, **{f"exiftool:GPS:{name}": value for name, value in changed.items() if value is not None}}
    for name, value in changed.items():
        if value is None:
            del tags[f"exiftool:GPS:{name}"]
    return tags


def test_hemispheres_give_the_sign() -> None:
    (found,) = positions(_with(GPSLatitudeRef="S", GPSLongitudeRef="W"))
    assert (found.lat, found.lon, found.source) == (-36.2021, -37.1343, "exif")


@pytest.mark.parametrize(
    "changed",
    [
        {"GPSLatitude": "0", "GPSLongitude": "0"},
        {"GPSLatitude": "4294967295"},
        {"GPSLatitude": "95.5"},
        {"GPSLongitude": "190.25"},
        {"GPSLatitude": "nan"},
        {"GPSLatitude": "inf"},
        {"GPSLatitude": "undef"},
        {"GPSLatitude": "-36.2021"},
        {"GPSLatitude": None},
        {"GPSLongitude": None},
        {"GPSLatitudeRef": None},
        {"GPSLongitudeRef": None},
        {"GPSLongitudeRef": "N"},
        {"GPSLongitudeRef": ""},
    ],
)
def test_half_a_position_or_an_impossible_one_is_none(changed: dict[str, str | None]) -> None:
    assert positions(_with(**changed)) == ()


def test_a_stated_error_is_the_radius() -> None:
    assert positions(_with(GPSHPositioningError="65"))[0].radius_m == 65
    assert positions(_with(GPSDOP="18"))[0].radius_m == 90
    assert positions(_with())[0].radius_m == 10


def test_coarse_writing_is_a_wide_circle() -> None:
    (found,) = positions(_with(GPSLatitude="39", GPSLongitude="108"))
    assert found.radius_m == pytest.approx(55_660)
    assert written_step((39.5, 108.25)) == pytest.approx(1 / 60)


def test_a_receiver_without_a_fix_and_a_foreign_datum_are_noted() -> None:
    assert positions(_with(GPSStatus="V"))[0].notes == ("void_fix",)
    assert positions(_with(GPSMapDatum="TOKYO"))[0].notes == ("other_datum",)
    assert positions(_with(GPSMapDatum="WGS-84", GPSStatus="A"))[0].notes == ()


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("ffprobe:format:com.apple.quicktime.location.ISO6709", "+32.0929+034.8620+028.516/"),
        ("ffprobe:format:location", "+32.0929+034.8620/"),
        ("exiftool:Keys:GPSCoordinates", "32.0929 34.862 28.516"),
        ("exiftool:UserData:LocationInformation", "(none) Role=shooting Lat=32.0929 Lon=34.862 Alt=0.00 Body=earth"),
    ],
)
def test_containers_state_positions_in_several_ways(tag: str, value: str) -> None:
    (found,) = positions({tag: value})
    assert (found.lat, found.lon, found.source) == (32.0929, 34.862, "container")


def test_one_fact_said_twice_is_one_claim() -> None:
    tags = {
        "ffprobe:format:location": "+40.6800-074.5000/",
        "exiftool:UserData:LocationInformation": "Lat=40.67999 Lon=-74.50000",
    }
    assert len(positions(tags)) == 1


@pytest.mark.parametrize("value", ["+00.0000+000.0000/", "+95.0+010.0/", "+12/", "Damascus", "", "+1+2/"])
def test_containers_may_state_nonsense(value: str) -> None:
    assert positions({"ffprobe:format:location": value}) == ()


@pytest.mark.parametrize(
    ("tag", "value"),
    [
        ("exiftool:ExifIFD:SubjectLocation", "80 120"),
        ("exiftool:Sony:FocusLocation", "60 40 30"),
        ("exiftool:IPTC:Sub-location", "5, 7"),
        ("exiftool:Keys:LocationRole", "0 1"),
    ],
)
def test_numbers_of_a_place_in_the_picture_are_none_on_earth(tag: str, value: str) -> None:
    assert positions({tag: value}) == ()


@pytest.mark.parametrize("value", ["36,72.126N", "36,12,60N", "36,61,07N"])
def test_xmp_with_impossible_minutes_or_seconds_is_none(value: str) -> None:
    assert positions({"exiftool:XMP-exif:GPSLatitude": value, "exiftool:XMP-exif:GPSLongitude": "37,8.058E"}) == ()


def test_xmp_is_a_claim_of_its_own() -> None:
    tags = {**ALEPPO, "exiftool:XMP-exif:GPSLatitude": "36,12.126N", "exiftool:XMP-exif:GPSLongitude": "37.1343"}
    assert [one.source for one in positions(tags)] == ["exif", "xmp"]
    assert positions(tags)[1].lat == pytest.approx(36.2021)


@given(st.dictionaries(st.sampled_from([*ALEPPO, "a:Keys:GPSCoordinates", "a:XMP:GPSLatitude"]), st.text(max_size=30)))
def test_whatever_stands_there_only_places_on_earth_come_out(tags: dict[str, str]) -> None:
    for one in positions(tags):
        assert abs(one.lat) <= 90
        assert abs(one.lon) <= 180
        assert abs(one.lat) + abs(one.lon) > 1e-4
        assert one.radius_m > 0

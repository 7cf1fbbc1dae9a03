"""Written coordinates: every usual notation is read; figures of any other kind are left alone."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.core.written_coordinates import short_plus_codes, written

ALEPPO = (36.2021, 37.1343)

_DEGREES = [
    "36.2021, 37.1343",
    "at 36.2021,37.1343.",
    "36.2021° N, 37.1343° E",
    "N36.2021 E37.1343",
    "36,2021° N, 37,1343° E",
    "lat: 36.2021 lon: 37.1343",
    "latitude 36.2021 longitude 37.1343",
    "enlem 36.2021 boylam 37.1343",
    "Longitude 37.1343, Latitude 36.2021",
    "lon 37.1343 lat 36.2021",
    '{"lng":37.1343,"lat":36.2021}',
    "Lat: 36.2021° N, Lon: 37.1343° E",
    "خط عرض 36.2021 خط طول 37.1343",
    "https://yandex.com/maps/?ll=37.1343,36.2021&z=12",
    '"coordinates": [37.1343, 36.2021]',
    "POINT(37.1343 36.2021)",
    "Lon/Lat: 37.1343, 36.2021",
    "N 36 12.126 E 037 08.058",
    "36 12.126 N, 37 08.058 E",
    "N 36 12 07.56 E 37 08 03.48",
    "Breitengrad 36,2021, Längengrad 37,1343",
    "خط العرض 36.2021 وخط الطول 37.1343",
    "https://maps.example/@36.2021,37.1343,15z",
    "geo:36.2021,37.1343",
    "36.2021 N and 37.1343 E",
    "36.2021°, 37.1343°",
    "٣٦٫٢٠٢١، ٣٧٫١٣٤٣",
    "۳۶٫۲۰۲۱، ۳۷٫۱۳۴۳",
    "٣٦.٢٠٢١ ش، ٣٧.١٣٤٣ ق",
    "36.2021 شمالا 37.1343 شرقا",
    "الإحداثيات: 36.2021 37.1343",
    "36°12'7.56\"N 37°08'03.48\"E",
    "N 36° 12' 7.56\" E 37° 8' 3.48\"",
    "36° 12.126' N, 37° 8.058' E",
    "36 12 07.56 N 37 08 03.48 E",
    "٣٦° ١٢′ ٧٫٥٦″ شمالاً و٣٧° ٨′ ٣٫٤٨″ شرقاً",
    "36°12'7.56\" kuzey, 37°8'3.48\" doğu",
    "36° 12′ 7,56″ Nord, 37° 8′ 3,48″ Ost",
    "36° 12′ 7,56″ nord, 37° 8′ 3,48″ est",
    "UTM 37S 332270 4007978",
    "37 S 332270mE 4007978mN",
    "37 S 0332270 4007978",
    "37SCA3226907977",
    "37S CA 32269 07977",
    "plus code 8G8V642M+RP",
]


@pytest.mark.parametrize("text", _DEGREES)
def test_it_is_read(text: str) -> None:
    (found,) = written(text)
    assert (found.lat, found.lon) == pytest.approx(ALEPPO, abs=1e-4)
    assert found.radius_m <= 20
    assert text[found.start : found.end] in text


@pytest.mark.parametrize(
    ("text", "language", "position"),
    [
        ("33.8568 S, 151.2153 E", None, (-33.8568, 151.2153)),
        ("-33.8568, -70.2153", None, (-33.8568, -70.2153)),
        ("40.6892° N, 74.0445° W", None, (40.6892, -74.0445)),
        ("48.8582 N, 2.2945 O", "de", (48.8582, 2.2945)),
        ("48.8582 N, 2.2945 O", "fr", (48.8582, -2.2945)),
        ("36.2021 K, 37.1343 D", "tr", ALEPPO),
        ("33.8568 جنوباً، 70.2153 غرباً", "ar", (-33.8568, -70.2153)),
        ("Lat: 33.8568 S, Lon: 70.2153 W", "en", (-33.8568, -70.2153)),
        ("Lat S 33.8568 Lon W 70.2153", None, (-33.8568, -70.2153)),
        ("خط العرض 33.8568 جنوبا وخط الطول 70.2153 غربا", "ar", (-33.8568, -70.2153)),
        ("36.2021, 37.1343 E", None, ALEPPO),
        ("36.2021, 37.1343 west of Aleppo", "en", ALEPPO),
        ("36.2021, 37.1343 غرب حلب", "ar", ALEPPO),
    ],
)
def test_hemispheres_of_every_language(text: str, language: str | None, position: tuple[float, float]) -> None:
    (found,) = written(text, language)
    assert (found.lat, found.lon) == pytest.approx(position)


def test_a_letter_that_languages_read_differently_needs_one() -> None:
    assert written("48.8582 N, 2.2945 O") == ()


@pytest.mark.parametrize(
    "text",
    [
        "12.0464, 77.0428 W", "12.04641 77.04281 W", "S 12.0464, 77.0428", "S 12.0464, 77.0428 W",
        "12.0464, 77.0428 غربا", "Lat 12.0464, Lon 77.0428 W", "latitude 12.0464, longitude 77.0428 West",
        "Lat: 12.0464 S, Lon: 77.0428", "E 37.1343, 36.2021", "36.2021, 37.1343 N", "Lat 36.2021 E, Lon 37.1343 N",
        "Lat -36.2021 S, Lon 37.1343 E",
    ],
)  # fmt: skip
def test_a_hemisphere_of_one_number_alone_is_half_a_position(text: str) -> None:
    assert written(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "N 36.2021 E 37.1343 N 33.5138 E 36.2765",
        "N36.2021, E37.1343, N33.5138, E36.2765",
        "36.2021N 37.1343E 33.5138N 36.2765E",
        "N 36°12'07.56\" E 37°08'03.48\" N 33°30'49.68\" E 36°16'35.4\"",
        "N 36 12 07.56 E 37 08 03.48 N 33 30 49.68 E 36 16 35.4",
        "36 12 07.56 N 37 08 03.48 E 33 30 49.68 N 36 16 35.4 E",
        "N 36 12.126 E 37 08.058 N 33 30.828 E 36 16.59",
    ],
)
def test_in_a_row_each_letter_stays_with_its_number(text: str) -> None:
    assert [one for place in written(text) for one in (place.lat, place.lon)] == pytest.approx(
        [36.2021, 37.1343, 33.5138, 36.2765], abs=1e-4
    )


def test_where_it_stands_is_told_in_the_characters_of_the_text() -> None:
    text = "\u200fهنا ٣٦٫٢٠٢١، ٣٧٫١٣٤٣ تماماً"
    (found,) = written(text)
    assert text[found.start : found.end] == "٣٦٫٢٠٢١، ٣٧٫١٣٤٣"


def test_how_finely_it_is_written_is_the_radius() -> None:
    assert written("36.2021, 37.1343")[0].radius_m == pytest.approx(5.6, abs=0.1)
    assert written("GPS 36.20 37.13")[0].radius_m == pytest.approx(557, abs=1)


@pytest.mark.parametrize(
    "text",
    [
        "confidence 0.9812, 0.7654",
        "costs 36.20, 37.13", "$36.2021, 37.1343", "0.0000, 0.0000", "0.00001, 0.00002", "version 1.2.3.4",
        "192.168.12.34, 10.0.0.1", "call 0912.3456, 0987.6543", "12.12.2023, 13.12.2023", "95.1234, 37.1343",
        "36.2021, 190.1234", "36.2021", "+33 6 12 34 56 78", "1.2345, 2.3456, 3.4567, 4.5678",
        "36°12'75\"N 37°08'03\"E",
        "temperatures of 36° and 37°", "36° N", "36 N 37 E", "5 S, 3 E", "12:30 45:10", "20,1234 , 30,4567",
        "2345+6789", "23456789+23", "36.2021 N, 37.1343 N", "12 34 56 78 90 12", "٣٦ و ٣٧", "-36.2021 N, 37.1343 E",
    ],
)  # fmt: skip
def test_other_figures_are_no_positions(text: str) -> None:
    assert written(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "confidence: 36.2021, 37.1343", "prices of 36.2021, 37.1343", "36.2021, 37.1343 %", "36.2021, 37.1343 USD",
        "السعر 36.2021، 37.1343", "٣٦٫٢٠٢١، ٣٧٫١٣٤٣ ليرة", "fiyatları 36.2021, 37.1343", "Preise: 36.2021, 37.1343",
        "36.2021, 37.1343 °C", "mean/std = 36.2021, 37.1343", "36.2021, 37.1343 kg",
    ],
)  # fmt: skip
def test_numbers_that_words_around_call_something_else_are_no_positions(text: str) -> None:
    assert written(text) == ()
    assert written(f"GPS {ALEPPO[0]}, {ALEPPO[1]}")


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("36.2021, 37.1343", True), ("36.20214, 37.13431", True), ("36.20214 37.13431", True),
        ("36.202100, 37.134300", False), ("GPS 36.2021, 37.1343", False), ("الموقع: 36.2021، 37.1343", False),
        ("geo:36.2021,37.1343", False), ("36.2021 N, 37.1343 E", False), ("lon 37.1343 lat 36.2021", False),
        ("36.2021°, 37.1343°", False), ("Lon/Lat: 37.1343, 36.2021", False), ("37S CA 32269 07977", False),
    ],
)  # fmt: skip
def test_a_pair_that_nothing_calls_a_position_is_bare(text: str, bare: bool) -> None:
    (found,) = written(text)
    assert found.bare is bare


_PRICE = st.builds("{:.2f}".format, st.floats(0, 999))
_DATE = st.dates().map(str) | st.dates().map(lambda day: f"{day:%d.%m.%Y}")
_PHONE = st.from_regex(r"\+?[0-9]{2,3}([ .-][0-9]{2,4}){2,4}", fullmatch=True)
_VERSION = st.from_regex(r"v?[0-9]{1,2}\.[0-9]{1,3}\.[0-9]{1,4}(\.[0-9]{1,5})?", fullmatch=True)
_HOST = st.ip_addresses(v=4).map(str)
_CLOCK = st.times().map(lambda time: f"{time:%H:%M:%S}")
_AMOUNT = st.builds("{:,}".format, st.integers(0, 10**9))


@settings(max_examples=300)
@given(
    st.lists(_PRICE | _DATE | _PHONE | _VERSION | _HOST | _CLOCK | _AMOUNT, min_size=1, max_size=6),
    st.sampled_from([", ", " ", "; ", " and ", " / "]),
)
def test_prices_dates_telephones_versions_and_hosts_are_no_positions(parts: list[str], between: str) -> None:
    assert written("of " + between.join(parts) + " here") == ()


@given(st.text("0123456789.,°'\"NSEW -+٠١٢٣٤٥٦٧٨٩شقغج:/", max_size=60))
def test_whatever_is_written_only_places_on_earth_come_out(text: str) -> None:
    for one in written(text):
        assert abs(one.lat) <= 90
        assert abs(one.lon) <= 180
        assert abs(one.lat) + abs(one.lon) > 1e-4
        assert one.radius_m > 0
        assert 0 <= one.start < one.end <= len(text)


@given(st.floats(-89.99, 89.99), st.floats(-179.99, 179.99))
def test_what_is_written_comes_back(lat: float, lon: float) -> None:
    if abs(lat) < 1 and abs(lon) < 1:  # shares are written so, and there is only sea
        return
    (found,) = written(f"({lat:.6f}, {lon:.6f})")
    assert (found.lat, found.lon) == pytest.approx((lat, lon), abs=1e-6)


def test_short_plus_codes_wait_for_a_place() -> None:
    assert written("642M+RP Aleppo") == ()
    ((start, end, read),) = short_plus_codes("642M+RP Aleppo")
    assert (start, end) == (0, 7)
    square = read((36.2, 37.16))
    assert square is not None
    assert (square.lat, square.lon) == pytest.approx(ALEPPO, abs=1e-4)


@pytest.mark.parametrize(
    "text", ["36" + " " * 20_000 + "37", "36°" * 7_000, "lat " * 5_000, "N36° " * 4_000, "1" * 20_000]
)
def test_hostile_text_takes_no_longer_than_any_other(text: str) -> None:
    started = time.process_time()
    assert written(text) == ()
    assert time.process_time() - started < 5

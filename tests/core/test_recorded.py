"""Stated times: with a zone they are UTC, without one they are not."""

import pytest

from pipeline.core.recorded import read_stamp, recorded


def test_a_stated_offset_makes_it_utc() -> None:
    found = recorded(
        {
            "exiftool:ExifIFD:DateTimeOriginal": "2016:12:01 10:15:00",
            "exiftool:ExifIFD:OffsetTimeOriginal": "+02:00",
        }
    )
    assert found is not None
    assert (found.value, found.zone) == ("2016-12-01T08:15:00Z", "+02:00")
    assert found.original == "2016:12:01 10:15:00"


def test_without_a_zone_there_is_no_utc() -> None:
    found = recorded({"exiftool:ExifIFD:DateTimeOriginal": "2008:10:22 16:28:39"})
    assert found is not None
    assert (found.value, found.zone, found.original) == (None, None, "2008:10:22 16:28:39")


def test_the_makers_zoned_stamp_comes_before_the_container() -> None:
    found = recorded(
        {
            "ffprobe:format:creation_time": "2019-07-24T08:25:40.000000Z",
            "ffprobe:format:com.apple.quicktime.creationdate": "2019-07-24T11:25:40+0300",
        }
    )
    assert found is not None
    assert (found.value, found.zone) == ("2019-07-24T08:25:40Z", "+0300")


@pytest.mark.parametrize(
    "text",
    ["0000:00:00 00:00:00", "1904-01-01T00:00:00Z", "1970:01:01 00:00:00", "2021:13:01 00:00:00", "yesterday", "",
     "1999:99:99 99:99:99", "0001:01:01 00:00:00+14:00"],
)  # fmt: skip
def test_a_clock_that_was_never_set_says_nothing(text: str) -> None:
    assert read_stamp(text, None, "tag") is None


def test_fractions_of_a_second_are_kept() -> None:
    found = read_stamp("2022-01-10T21:15:33.519Z", None, "tag")
    assert found is not None
    assert found.value == "2022-01-10T21:15:33.519Z"

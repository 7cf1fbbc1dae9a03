"""Sensitivity: silence is no, and only a picture that was screened for everything is shown as it is."""

import pytest

from pipeline.core.sensitivity import blurred, reasons

HARMLESS = {"scores": {"nudity": 0.01, "graphic": 0.01}, "screened": ["nudity", "graphic"]}


def test_what_was_screened_and_is_harmless_is_shown() -> None:
    assert not blurred(HARMLESS)
    assert reasons(HARMLESS) == ()


@pytest.mark.parametrize("body", [None, {}])
def test_what_nobody_screened_is_blurred(body: dict[str, object] | None) -> None:
    assert reasons(body) == ("unscreened",)


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"screened": ["nudity"], "scores": {"nudity": 0.0, "graphic": None}}, ("graphic_unscreened",)),
        ({"screened": ["nudity", "graphic"], "scores": {"nudity": 0.0}}, ("graphic_unscreened",)),
        ({"screened": []}, ("nudity_unscreened", "graphic_unscreened")),
        ({"scores": {"nudity": 0.2, "graphic": 0.0}}, ("nudity",)),
        ({"scores": {"nudity": 0.199, "graphic": 0.0}}, ()),
        ({"scores": {"nudity": 0.0, "graphic": 0.1}}, ("graphic",)),
        ({"scores": {"nudity": 0.0, "graphic": 0.0, "other": 0.4}}, ("other",)),
    ],
)
def test_each_doubt_is_a_reason(change: dict[str, object], why: tuple[str, ...]) -> None:
    assert reasons({**HARMLESS, **change}) == why
    assert blurred({**HARMLESS, **change}) == bool(why)

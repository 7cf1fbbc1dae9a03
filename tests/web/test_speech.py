"""Words stand beside their seconds exactly as the text spells them."""

from typing import Any

from pipeline.web.room.speech import passages
from tests.web.planted import segment


def words(text: str, *some: str) -> list[dict[str, Any]]:
    said = segment(1.0, text, "fr")
    said["words"] = [{"text": one, "start": 1.0 + n, "end": 2.0 + n, "confidence": 1.0} for n, one in enumerate(some)]
    found: list[dict[str, Any]] = passages({"transcript": {"segments": [said]}})[0]["words"]
    return found


def test_what_stands_between_words_stays_as_it_is() -> None:
    found = words("Je n'ai  pas d’eau.", "Je", " n", "'ai", " pas", " d’eau.")
    assert "".join(one["before"] + one["text"] for one in found) == "Je n'ai  pas d’eau."
    assert [one["start"] for one in found] == [1.0, 2.0, 3.0, 4.0, 5.0]


def test_words_that_do_not_make_up_the_text_are_not_trusted() -> None:
    for some in (("Je", "suis"), ("Je", "pas"), ("ai", "Je"), ()):
        (only,) = words("Je n'ai pas", *some)
        assert (only["text"], only["start"], only["end"]) == ("Je n'ai pas", 1.0, 2.0)


def test_arabic_too() -> None:
    found = words("سقطت القذيفة على حلب", "سقطت", "القذيفة", "على", "حلب")
    assert [one["before"] for one in found] == ["", " ", " ", " "]


def test_what_persons_made_of_it_stands_beside_it() -> None:
    body = {"transcript": {"segments": [segment(0.0, "one"), segment(1.0, "two")]}}
    values = [
        {"pointer": "/segments/1/text", "state": "corrected", "value": "too", "by": ["A"], "judgements": []},
        {"pointer": "/language", "state": "confirmed", "value": None, "by": ["A"], "judgements": []},
    ]
    first, second = passages(body, {"state": "corrected", "complete": False, "values": values})
    assert first["judged"] == []
    assert second["judged"] == [{"state": "corrected", "by": ["A"], "text": "too"}]
    assert second["text"] == "two"

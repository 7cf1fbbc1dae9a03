"""What a person reads on a terminal says what must be known beside it."""

from pipeline.show import tell


def test_a_hit_of_what_was_read_in_part_says_so() -> None:
    hit = {"asset": "a" * 64, "field": "transcript", "t": 1.0, "snippet": "the bridge"}
    document = {"total": 2, "total_is_at_least": False, "unsearchable": {}}
    hits = [{**hit, "partial": True}, {**hit, "partial": False}]
    lines = tell("search", {**document, "hits": hits}).splitlines()
    assert lines[0].endswith("transcript at 1.0 s  [machine-made, read in part] the bridge")
    assert lines[1].endswith("transcript at 1.0 s  [machine-made] the bridge")

"""What CONTRIBUTING.md tells one to write is what a test drops in and runs."""

from pathlib import Path

from tests.service.test_new_stage import STAGE

CHECKOUT = Path(__file__).resolve().parents[2]


def test_the_stage_of_the_guide_is_the_one_that_is_tested() -> None:
    assert f"```python\n{STAGE}```" in (CHECKOUT / "CONTRIBUTING.md").read_text(encoding="utf-8")

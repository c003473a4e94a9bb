"""What is missing is told in the run's last lines, and a failure where nothing may be missing."""

from __future__ import annotations

import pytest

from tests.support.needs import missing, told_missing


class Skipped:
    """What pytest reports of a test that was skipped."""

    def __init__(self, why):
        self.longrepr = ("tests/test_any.py", 7, f"Skipped: {why}")


@pytest.mark.parametrize("value", [None, "", "0", "false", "False"])
def test_a_test_whose_need_is_missing_is_skipped_with_the_reason(monkeypatch, value):
    monkeypatch.delenv("CI", raising=False)
    if value is not None:
        monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.skip.Exception, match="needs a kettle: nobody has one"):
        missing("a kettle", "nobody has one")


@pytest.mark.parametrize("value", ["1", "true", "yes"])
def test_in_ci_it_fails_instead(monkeypatch, value):
    monkeypatch.setenv("CI", value)
    with pytest.raises(pytest.fail.Exception, match="needs a kettle: nobody has one"):
        missing("a kettle", "nobody has one")


def test_the_last_lines_count_what_did_not_run_by_need():
    whys = ("needs a kettle", "needs tea: none since Monday", "needs tea: none since Tuesday")
    skipped = [Skipped(why) for why in whys]
    assert told_missing(skipped) == [
        "3 tests did not run:",
        "     2 needs tea: none since Monday",
        "     1 needs a kettle",
    ]


def test_a_run_that_left_nothing_out_says_nothing():
    assert told_missing([]) == []

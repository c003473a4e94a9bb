"""How fast long work goes, and how long it still takes, in words."""

from __future__ import annotations

import pytest

from rag.pace import Pace, time_left
from rag.types import Progress
from tests.support.scripted_service import Clock


def test_the_rate_and_the_time_left_are_told():
    clock = Clock()
    pace = Pace(clock)
    assert pace.tell(Progress("reading papers", 100, 1000)) == ""
    clock.now = 1.0
    assert pace.tell(Progress("reading papers", 150, 1000)) == ""  # too early to tell
    clock.now = 5.0
    assert pace.tell(Progress("reading papers", 350, 1000)) == "50/s, 13 s left"
    assert pace.tell(Progress("reading papers", 350, 0)) == "50/s"
    assert pace.tell(Progress("reading papers", 1000, 1000)) == "180/s"


def test_another_stage_begins_anew():
    clock = Clock()
    pace = Pace(clock)
    pace.tell(Progress("reading papers", 0, 0))
    clock.now = 10.0
    assert pace.tell(Progress("embedding papers", 500, 1000)) == ""
    clock.now = 30.0
    assert pace.tell(Progress("embedding papers", 510, 1000)) == "30/min, 16 min left"


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0.2, "1 s"), (59, "59 s"), (90, "2 min"), (3600, "60 min"), (9000, "2 h")],
)
def test_time_is_told_as_people_say_it(seconds, told):
    assert time_left(seconds) == told

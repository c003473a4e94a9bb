from threading import Event

import pytest

from rag.store.trailing import MOST_BEHIND, Trailing


def test_all_steps_are_followed_in_the_order_in_which_they_were_made():
    steps, followed = [], []
    with Trailing(lambda: followed.append(len(steps))) as trailing:
        for step in range(7):
            steps.append(step)
            trailing.go_on()
    assert followed == sorted(followed)
    assert followed[-1] >= 7 - MOST_BEHIND + 1


def test_a_step_does_not_wait_for_the_work_on_the_one_before():
    begun, done = Event(), Event()

    def work():
        begun.set()
        done.wait()

    with Trailing(work) as trailing:
        trailing.go_on()
        begun.wait()
        trailing.go_on()  # returns although the work is not done
        done.set()


def test_what_the_work_raises_ends_the_steps():
    with pytest.raises(OSError, match="no room"):
        follow_all(range(MOST_BEHIND + 1), failing)


def test_an_error_of_a_step_is_not_hidden_by_one_of_the_work():
    with pytest.raises(ZeroDivisionError):
        follow_all((1 // n for n in (1, 0)), failing)


def follow_all(steps, work):
    with Trailing(work) as trailing:
        for _ in steps:
            trailing.go_on()


def failing():
    raise OSError("no room")

"""Answers on their way: they outlive the page that asked, and wait for each other."""

from __future__ import annotations

import asyncio
import threading
from dataclasses import replace

import pytest

from rag.errors import ModelError
from rag.types import Answer
from ui.chat import handlers
from ui.chat.handlers import Chat, begun
from ui.chat.job import MOST_WAITING
from ui.chat.jobs import BROKEN_OFF, MOST_UNKEPT, Jobs

KEY = ("ada", "c1")
OTHER = ("ada", "c2")
LONG_S = 20  # no test waits so long, unless it fails


class Scripted:
    """A question whose answer comes piece by piece, each when the test lets it."""

    def __init__(self, question="Why?", pieces=("It", "It is", "It is so.")):
        self.question = question
        self.pieces = pieces
        self.kept = []
        self.begun = []
        self.steps = [threading.Event() for _ in pieces]
        self.closed = threading.Event()

    def begin(self, chat):
        self.begun.append(chat)
        return replace(chat, turns=(*chat.turns, begun(self.question)))

    def states(self, chat):
        try:
            for step, piece in zip(self.steps, self.pieces, strict=True):
                assert step.wait(LONG_S)
                if isinstance(piece, Exception):
                    raise piece
                yield self._with(chat, piece, "draft")
            yield self._with(chat, self.pieces[-1] if self.pieces else "", "answered")
        finally:
            self.closed.set()

    def _with(self, chat, text, status):
        return replace(chat, turns=(*chat.turns[:-1], Answer(self.question, text, status)))

    def keep(self, chat):
        self.kept.append(chat.turns[-1])
        return replace(chat, keys=tuple(answer.question for answer in chat.turns))

    def go_on(self, steps=None):
        for step in self.steps[:steps]:
            step.set()


@pytest.fixture
def jobs():
    return Jobs()


def asked(jobs, task, key=KEY):
    return jobs.ask(key, task, lambda: look(jobs, *key))


def look(jobs, *key):
    return jobs.look(*key, lambda: Chat(*key))


def until(job, is_so):
    """Wait for a state of the job; it."""
    changed = threading.Event()
    leave = job.listen(changed.set)
    try:
        while not is_so(job.state):
            assert changed.wait(LONG_S)
            changed.clear()
        return job.state
    finally:
        leave()


def over(state):
    return state.is_over


def says(text):
    return lambda state: state.chat.turns[-1].text == text


def texts(job):
    return [answer.text for answer in job.state.chat.turns]


def followed(job, is_enough=over, every_s=0.0):
    """The states that somebody who looks at the job sees, until it is enough."""

    async def follow():
        seen = []
        async for state in job.follow(every_s):
            seen.append(state)
            if is_enough(state):
                break
        return seen

    return asyncio.run(asyncio.wait_for(follow(), LONG_S))


# --- with and without somebody who looks


def test_a_question_is_kept_when_it_is_asked_and_its_answer_when_it_is_there(jobs):
    task = Scripted()
    job = asked(jobs, task)
    assert len(task.begun) == 1
    assert task.kept == []
    assert (job.state.chat.turns[0].question, job.state.chat.turns[0].status) == ("Why?", "draft")
    task.go_on()
    until(job, over)
    assert [answer.text for answer in task.kept] == ["It is so."]


def test_an_answer_is_made_though_nobody_looks_and_whoever_comes_later_sees_it(jobs):
    task = Scripted()
    job = asked(jobs, task)
    task.go_on(1)
    until(job, says("It"))
    assert jobs.find(*KEY) is job
    assert followed(job, lambda _: True)[0].chat.turns[-1].text == "It"
    task.go_on()
    assert followed(job)[-1].chat.turns[-1].status == "answered"
    assert jobs.find(*KEY) is None


def test_two_who_look_see_the_same_end(jobs):
    task = Scripted()
    job = asked(jobs, task)

    async def both():
        async def last():
            return [state async for state in job.follow(0)][-1]

        first, second = asyncio.create_task(last()), asyncio.create_task(last())
        await asyncio.sleep(0)
        task.go_on()
        return await first, await second

    first, second = asyncio.run(asyncio.wait_for(both(), LONG_S))
    assert first == second
    assert first.chat.turns[-1].text == "It is so."


def test_a_draft_before_a_pause_is_shown(jobs):
    task = Scripted()
    job = asked(jobs, task)
    task.go_on(2)  # the third comes when the second was seen
    seen = followed(job, says("It is"), every_s=0.001)
    assert seen[-1].chat.turns[-1].text == "It is"
    task.go_on()
    until(job, over)


def test_drafts_that_come_faster_than_the_eye_are_left_out_but_never_the_last(jobs):
    task = Scripted(pieces=[f"{'a' * n}" for n in range(1, 300)])
    job = asked(jobs, task)
    task.go_on()
    seen = followed(job, every_s=0.05)
    assert len(seen) < 100
    assert seen[-1].chat.turns[-1] == Answer("Why?", "a" * 299, "answered")


def test_who_follows_a_job_that_is_over_sees_its_end(jobs):
    task = Scripted(pieces=())
    job = asked(jobs, task)
    until(job, over)
    assert [state.is_over for state in followed(job)] == [True]


def test_a_later_state_of_a_conversation_has_a_later_version(jobs):
    task = Scripted()
    before = look(jobs, *KEY).version
    job = asked(jobs, task)
    task.go_on(1)
    began, first = job.state.chat.version, until(job, says("It")).chat.version
    task.go_on()
    last = until(job, over).chat.version
    assert before < began <= first < last < look(jobs, *KEY).version


# --- one after the other


def test_a_question_waits_for_the_one_before_and_knows_its_answer(jobs):
    first, second = Scripted("Why?"), Scripted("And then?", pieces=["So."])
    job = asked(jobs, first)
    assert asked(jobs, second) is job
    assert job.state.waiting == ("And then?",)
    assert second.begun == []
    second.go_on()
    first.go_on()
    state = until(job, over)
    assert state.waiting == ()
    assert texts(job) == ["It is so.", "So."]
    assert [answer.text for answer in second.begun[0].turns] == ["It is so."]


def test_a_question_that_waits_can_be_taken_back(jobs):
    first, second, third = Scripted(), Scripted("And then?"), Scripted("And why?", pieces=["So."])
    job = asked(jobs, first)
    asked(jobs, second)
    asked(jobs, third)
    assert job.take_back("And then?")
    assert not job.take_back("And then?")
    assert job.state.waiting == ("And why?",)
    third.go_on()
    first.go_on()
    until(job, over)
    assert second.begun == []
    assert texts(job) == ["It is so.", "So."]


def test_too_many_questions_cannot_wait(jobs):
    first = Scripted()
    job = asked(jobs, first)
    for n in range(MOST_WAITING):
        assert asked(jobs, Scripted(f"Question {n}?", pieces=())) is job
    assert asked(jobs, Scripted("One more?")) is None
    first.go_on()
    until(job, over)
    assert len(texts(job)) == 1 + MOST_WAITING


def test_conversations_do_not_wait_for_each_other(jobs):
    first, second = Scripted(), Scripted("What else?")
    one, two = asked(jobs, first), asked(jobs, second, OTHER)
    second.go_on()
    until(two, over)
    assert not one.state.is_over
    assert texts(two) == ["It is so."]
    first.go_on()
    until(one, over)


def test_no_more_answers_are_made_at_once_than_there_is_room_for():
    jobs = Jobs(at_once=1)
    first, second = Scripted(), Scripted()
    one, two = asked(jobs, first), asked(jobs, second, OTHER)
    second.go_on()
    assert two.state.chat.turns[-1].status == "draft"
    first.go_on()
    until(one, over)
    until(two, over)
    assert texts(two) == ["It is so."]


# --- the end of an answer


def test_stop_ends_the_answer_of_one_conversation_and_keeps_what_is_there(jobs):
    first, second = Scripted(), Scripted()
    one, two = asked(jobs, first), asked(jobs, second, OTHER)
    first.go_on(1)
    until(one, says("It"))
    jobs.stop(*KEY)
    (stopped,) = one.state.chat.turns
    assert (stopped.text, stopped.status, stopped.notice) == ("It", "stopped", handlers.STOPPED)
    assert one.state.is_over
    assert not two.state.is_over
    first.go_on()  # the model goes on: nobody hears it
    assert first.closed.wait(LONG_S)
    assert first.kept == [stopped]
    assert one.state.chat.turns == (stopped,)
    second.go_on()
    until(two, over)


def test_after_a_stop_the_question_that_waits_is_answered(jobs):
    first, second = Scripted(), Scripted("And then?", pieces=["So."])
    job = asked(jobs, first)
    asked(jobs, second)
    second.go_on()
    jobs.stop(*KEY)
    until(job, over)
    assert [answer.status for answer in job.state.chat.turns] == ["stopped", "answered"]
    assert job.state.chat.turns[0].notice == handlers.STOPPED_EARLY
    first.go_on()


def test_an_answer_that_was_stopped_gives_its_room_to_others_though_its_model_hangs():
    jobs = Jobs(at_once=1)
    first, second = Scripted(), Scripted()
    asked(jobs, first)
    two = asked(jobs, second, OTHER)
    jobs.stop(*KEY)
    second.go_on()
    until(two, over)
    first.go_on()


def test_an_answer_that_has_not_begun_can_be_stopped():
    jobs = Jobs(at_once=1)
    first, second, third = Scripted(), Scripted(), Scripted()
    one, two = asked(jobs, first), asked(jobs, second, OTHER)
    jobs.stop(*OTHER)
    assert two.state.is_over
    first.go_on()
    until(one, over)
    third.go_on()
    until(asked(jobs, third), over)
    assert not second.closed.is_set()


def test_stopping_where_nothing_is_made_changes_nothing(jobs):
    jobs.stop(*KEY)
    task = Scripted(pieces=())
    job = asked(jobs, task)
    until(job, over)
    jobs.stop(*KEY)
    assert len(task.kept) == 1


def test_a_conversation_that_goes_takes_what_waits_along(jobs):
    first, second = Scripted(), Scripted("And then?")
    job = asked(jobs, first)
    asked(jobs, second)
    jobs.drop(*KEY)
    assert job.state.is_over
    assert second.begun == []
    assert jobs.find(*KEY) is None
    first.go_on()


@pytest.mark.parametrize(
    ("fault", "told"),
    [(ModelError("The endpoint is away."), "The endpoint is away."), (KeyError("x"), BROKEN_OFF)],
)
def test_an_answer_that_breaks_off_says_why_and_what_waits_goes_on(jobs, fault, told):
    first, second = Scripted(pieces=["It", fault]), Scripted("And then?", pieces=["So."])
    job = asked(jobs, first)
    asked(jobs, second)
    second.go_on()
    first.go_on()
    until(job, over)
    broken, after = job.state.chat.turns
    assert (broken.text, broken.status, broken.notice) == ("It", "stopped", told)
    assert after.text == "So."


def test_a_fault_in_keeping_leaves_the_answer_on_the_page(jobs):
    task = Scripted()
    task.keep = lambda _: 1 / 0
    job = asked(jobs, task)
    task.go_on()
    until(job, over)
    assert texts(job) == ["It is so."]


def test_a_question_that_cannot_begin_leaves_no_job_behind(jobs):
    task = Scripted()
    task.begin = lambda _: 1 / 0
    with pytest.raises(ZeroDivisionError):
        asked(jobs, task)
    assert jobs.find(*KEY) is None


# --- what is not stored


def unstored(n=0):
    task = Scripted(f"Question {n}?", pieces=["So."])
    task.keep = lambda chat: chat
    task.go_on()
    return task


def test_a_conversation_that_is_not_stored_goes_on_as_long_as_the_server(jobs):
    until(asked(jobs, unstored()), over)
    assert len(look(jobs, *KEY).turns) == 1
    job = asked(jobs, unstored(1))
    until(job, over)
    assert texts(job) == ["So.", "So."]
    jobs.drop(*KEY)
    assert look(jobs, *KEY).turns == ()


def test_of_conversations_that_are_not_stored_only_the_latest_are_held(jobs):
    for n in range(MOST_UNKEPT + 2):
        until(asked(jobs, unstored(), ("", str(n))), over)
    assert look(jobs, "", "1").turns == ()
    assert look(jobs, "", "2").turns

"""What stands in a prompt beside the papers: the date, the conversation, and how much of it."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.answering.prompting import compose_prompt
from rag.errors import ModelWindowError
from rag.llm.history import LEAST_MESSAGE_TOKENS, MESSAGE_OVERHEAD, trim_history
from rag.settings import Settings
from rag.tokens import count_tokens, cut_tokens
from rag.types import EXTRACTIVE, Citation, Message
from tests.support.endpoint_papers import (
    BEAVERS,
    OTTERS,
    QUESTION,
    REPLY,
    TELLS_WHAT_TO_DO,
    WILLOWS,
    hit_of,
)

TODAY = date(2031, 5, 4)
HITS = [hit_of(paper) for paper in (BEAVERS, OTTERS, WILLOWS)]


def compose(question=QUESTION, history=(), hits=HITS, **given):
    return compose_prompt(question, history, hits, Settings(**given), TODAY)


def size(prompt):
    return sum(count_tokens(m.content) + MESSAGE_OVERHEAD for m in prompt.messages)


def cited(paper, marker):
    return Citation(marker, paper, paper.abstract, 0, len(paper.abstract), 1.0)


def talk(turns, words=20):
    """A conversation whose messages name their turn."""
    return [
        Message(role, f"{role} {n} " + "dams and streams " * words)
        for n in range(turns)
        for role in ("user", "assistant")
    ]


def test_the_model_is_told_todays_date():
    system, *_ = compose().messages
    assert "2031-05-04" in system.content


def test_the_date_in_a_request_is_that_of_the_day(ask, endpoint):
    endpoint.reply(REPLY)
    before = datetime.now().astimezone().date()
    ask()
    after = datetime.now().astimezone().date()
    system = endpoint.requests[0]["messages"][0]["content"]
    assert before.isoformat() in system or after.isoformat() in system


def test_sources_are_numbered_in_their_order():
    assert [(source.number, source.paper) for source in compose().sources] == [
        (1, BEAVERS),
        (2, OTTERS),
        (3, WILLOWS),
    ]


# --- markers of the conversation -----------------------------------------------------------------


def test_markers_of_earlier_answers_become_the_numbers_of_todays_sources():
    history = [
        Message("user", "Who builds?"),
        Message("assistant", "Otters do [1][2].", (cited(OTTERS, 1), cited(BEAVERS, 2))),
    ]
    _, _, answer, _ = compose(history=history).messages
    assert answer.content == "Otters do [2][1]."


def test_markers_of_papers_that_are_not_among_todays_sources_go():
    history = [
        Message("user", "Who builds?"),
        Message("assistant", "Both do [1], [2].", (cited(OTTERS, 1), cited(WILLOWS, 2))),
    ]
    _, _, answer, _ = compose(history=history, hits=HITS[:2]).messages
    assert answer.content == "Both do [2],."


def test_a_number_that_the_user_names_becomes_todays_number_of_its_paper():
    history = [
        Message("user", "Who builds?"),
        Message("assistant", "Otters do [1].", (cited(OTTERS, 1),)),
        Message("user", "Says [1] more?"),
        Message("assistant", "It does not."),
    ]
    prompt = compose("How many ponds does [1] count, and who is [7]?", history)
    assert prompt.messages[3].content == "Says [2] more?"
    assert "does [2] count, and who is [7]?" in prompt.messages[-1].content


# --- the window ----------------------------------------------------------------------------------


def test_the_conversation_is_cut_from_its_old_end():
    kept = trim_history(talk(20), 400)
    assert kept[-1].content.startswith("assistant 19")
    assert 2 < len(kept) < 12
    assert [m.role for m in kept] == ["user", "assistant"] * (len(kept) // 2)


def test_the_oldest_message_may_lose_its_beginning():
    kept = trim_history([Message("user", "one two three " * 100 + "end")], 60)
    assert kept[0].content.startswith("…")
    assert kept[0].content.endswith("end")


def test_a_short_message_is_kept_whole_where_a_cut_one_would_say_nothing():
    short = Message("user", "And why?")
    assert trim_history([short], LEAST_MESSAGE_TOKENS) == [short]


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["user", "assistant"]), st.integers(0, 80)).map(
            lambda drawn: Message(drawn[0], "beavers build dams " * drawn[1])
        ),
        max_size=8,
    ),
    st.integers(0, 300),
)
def test_a_trimmed_conversation_keeps_its_budget_and_begins_with_the_user(history, budget):
    kept = trim_history(history, budget)
    assert sum(count_tokens(m.content) + MESSAGE_OVERHEAD for m in kept) <= budget
    assert not kept or kept[0].role == "user"
    whole = kept[1:]
    assert whole == history[len(history) - len(whole) :]


@settings(deadline=None)
@given(
    st.text(max_size=80)
    | st.lists(st.sampled_from(["beavers", "狸", "🦫 ", "…", " "])).map("".join)
)
def test_a_cut_text_has_no_more_tokens_than_asked_for_and_is_marked(text):
    for most in range(1, 12):
        first, last = cut_tokens(text, most), cut_tokens(text, most, keep_end=True)
        if count_tokens(text) <= most:
            assert (first, last) == (text, text)
        else:
            assert max(count_tokens(first), count_tokens(last)) <= most
            assert first.endswith("…")
            assert last.startswith("…")
            assert first.removesuffix("…") in text
            assert last.removeprefix("…") in text


@pytest.mark.parametrize("window", [1200, 1500, 2500, 8192])
@pytest.mark.parametrize("turns", [0, 3, 40])
def test_whatever_is_given_the_prompt_and_the_answer_fit_the_window(window, turns):
    prompt = compose(history=talk(turns), model_window=window, answer_tokens=200)
    assert size(prompt) + 200 <= window
    assert prompt.sources
    assert prompt.messages[-1].content.endswith(QUESTION)


def test_no_more_of_the_conversation_is_sent_than_the_settings_say():
    assert len(compose(history=talk(9), history_tokens=0).messages) == 2
    _, *earlier, _ = compose(history=talk(40), history_tokens=300).messages
    assert 0 < sum(count_tokens(m.content) for m in earlier) <= 300


def test_the_question_is_never_cut():
    question = "How do beavers " + "and otters " * 300 + "choose?"
    prompt = compose(question, talk(20), model_window=2000, answer_tokens=100)
    assert prompt.messages[-1].content.endswith(question)


def test_a_question_without_room_for_a_paper_is_an_error_that_says_what_to_do():
    with pytest.raises(ModelWindowError) as raised:
        compose("beavers " * 2000, model_window=1024, answer_tokens=16)
    told = str(raised.value)
    assert "1024" in told
    assert "RAG_MODEL_WINDOW" in told
    assert TELLS_WHAT_TO_DO.search(told)
    assert len(told.splitlines()) == 1


def test_a_question_too_long_for_the_model_gets_the_papers_own_sentences(ask, endpoint):
    endpoint.reply(REPLY)
    answer = ask(QUESTION + " dam" * 1200, model_window=1024, answer_tokens=100)
    assert (answer.status, answer.mode) == ("answered", EXTRACTIVE)
    assert "RAG_MODEL_WINDOW" in answer.failure
    assert answer.notice.startswith(answer.failure)
    assert endpoint.requests == []

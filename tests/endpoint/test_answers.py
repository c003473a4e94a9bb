"""What a model's answer becomes, and what is sent for it, over real HTTP."""

from __future__ import annotations

import re

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.library import Library
from rag.query.spelling import HASTY
from rag.sentences import split_sentences
from rag.tokens import count_tokens
from rag.types import EXTRACTIVE, Message, Usage
from rag.verification.markers import find_markers
from tests.support.endpoint_papers import (
    BEAVERS,
    CLAIM,
    HOSTILE,
    KEY,
    MODEL,
    OFF_TOPIC,
    OTTERS,
    QUESTION,
    REPLY,
    WILLOWS,
    chunk_of,
    endpoint_model,
    events,
    numbers_sent,
    own_sentence,
    shape,
    without_timings,
)

ABSTENTION = "The papers do not answer this question."

# --- what a model that works gives -----------------------------------------------------------


def test_markers_are_renumbered_by_first_use(ask, endpoint, order):
    one, two = order[0], order[1]
    endpoint.reply(f"{own_sentence(two)} [2]. {own_sentence(one)} [1].")
    answer = ask()
    assert shape(answer) == [(f"{own_sentence(two)}.", [1]), (f"{own_sentence(one)}.", [2])]
    assert [(c.marker, c.paper) for c in answer.citations] == [(1, two), (2, one)]
    assert (answer.status, answer.reason, answer.mode) == ("answered", None, MODEL)
    assert answer.notice is None


def test_a_number_of_the_request_stands_for_its_source(ask, endpoint, order):
    endpoint.reply(f"{own_sentence(order[1])} [2].")
    (citation,) = ask().citations
    assert citation.paper == order[1]
    assert numbers_sent(endpoint.requests[0]) == {p.title: n for n, p in enumerate(order, 1)}


def test_quotes_are_verbatim_and_support_lies_between_0_and_1(ask, endpoint, order):
    endpoint.reply(" ".join(f"{own_sentence(p)} [{n}]." for n, p in enumerate(order, 1)))
    answer = ask()
    assert {c.marker for c in answer.citations} == set(range(1, len(order) + 1))
    for citation in answer.citations:
        assert citation.paper.abstract[citation.start : citation.end] == citation.quote
        assert 0 <= citation.support <= 1
    best = next(c for c in answer.citations if c.paper == BEAVERS)
    assert best.quote == f"{own_sentence(BEAVERS)}."


@pytest.mark.parametrize(
    "marker",
    [
        "[9]",
        " [9]",
        "[0]",
        "[7, 8]",
        "[4-6]",
        "【9】",
        "【9†source】",
        "[[9]]",
        "[999]",
        "[[[9]3]",  # what is left when [[9] is taken out must not become a marker
        "[3[9]]",
        "[3[9] ]",
    ],
)
def test_markers_of_no_source_are_gone(ask, endpoint, marker):
    endpoint.reply(f"{CLAIM}{marker} [1]. {OFF_TOPIC}{marker}.")
    answer = ask()
    assert "9" not in answer.text
    assert set(find_markers(answer.text)) == {c.marker for c in answer.citations} == {1}


@pytest.mark.parametrize(
    ("written", "markers"),
    [
        (" [2][1].", [1, 2]),
        (" [2] [1].", [1, 2]),
        (" [2, 1].", [1, 2]),
        (" [1-2].", [1, 2]),
        (" [1][1].", [1]),
        (". [2]", [1]),
        ("【2†source】.", [1]),
        (" [[2]].", [1]),
    ],
)
def test_every_way_to_write_a_marker_comes_out_in_one_form(ask, endpoint, written, markers):
    endpoint.reply(CLAIM + written)
    answer = ask()
    assert shape(answer) == [(f"{CLAIM}.", markers)]
    assert "".join(f"[{marker}]" for marker in markers) in answer.text


@pytest.mark.parametrize("sentence", split_sentences(WILLOWS.abstract)[2:], ids=lambda s: s.text)
def test_brackets_of_code_and_intervals_are_no_markers(ask, endpoint, order, sentence):
    marker = order.index(WILLOWS) + 1
    endpoint.reply(f"{sentence.text.rstrip('.')} [{marker}].")
    answer = ask()
    assert shape(answer) == [(sentence.text, [1])]
    assert [citation.quote for citation in answer.citations] == [sentence.text]


def test_a_sentence_that_no_paper_supports_is_struck_out_and_told(ask, endpoint):
    endpoint.reply(f"{REPLY} {OFF_TOPIC} [2].")
    answer = ask()
    assert shape(answer) == [(f"{CLAIM}.", [1])]
    assert len(answer.removed) == 1
    assert "yeast" in answer.removed[0]
    assert answer.notice
    assert answer.mode == MODEL


def test_a_sentence_cited_wrongly_is_cited_anew(ask, endpoint, order):
    right, wrong = order.index(OTTERS), order.index(WILLOWS)
    endpoint.reply(f"{own_sentence(OTTERS)} [{wrong + 1}].")
    answer = ask()
    assert right != wrong
    assert [citation.paper for citation in answer.citations] == [OTTERS]
    assert answer.citations[0].quote == f"{own_sentence(OTTERS)}."


def test_drafts_never_show_a_marker_of_no_source_nor_half_of_one(asked, endpoint, order):
    text = f"{own_sentence(order[1])} [2]. {OFF_TOPIC} [19]. {own_sentence(order[0])} [1]."
    endpoint.reply(text, pieces=list(text))
    library = asked()
    *drafts, final = library.stream(QUESTION)
    assert len(drafts) > 20
    assert {draft.status for draft in drafts} == {"draft"}
    for draft in drafts:
        assert not re.search(r"\[\d*$", draft.text), draft.text
        assert set(find_markers(draft.text)) <= {1, 2}
    assert final.text.endswith(drafts[-1].text)  # perhaps under a heading
    assert shape(final) == [(f"{own_sentence(order[n])}.", [2 - n]) for n in (1, 0)]
    assert without_timings(final) == without_timings(library.ask(QUESTION))


def test_usage_is_what_the_endpoint_told(ask, endpoint):
    endpoint.reply(REPLY, usage=(321, 45))
    assert ask().usage == Usage(321, 45)


def test_usage_is_counted_here_when_the_endpoint_does_not_tell_it(ask, endpoint):
    body = events(chunk_of(REPLY), chunk_of("", "stop"))
    endpoint.answer_raw(body, content_type="text/event-stream")
    usage = ask().usage
    sent = sum(count_tokens(message["content"]) for message in endpoint.requests[0]["messages"])
    assert usage == Usage(sent, count_tokens(REPLY))


def test_the_last_of_several_usages_counts(ask, endpoint):
    """Some endpoints tell the usage so far in every chunk."""
    told = [{"prompt_tokens": 50, "completion_tokens": n, "total_tokens": 50 + n} for n in (1, 2)]
    body = events(
        chunk_of(CLAIM) | {"usage": told[0]}, chunk_of(" [1].", "stop") | {"usage": told[1]}
    )
    endpoint.answer_raw(body, content_type="text/event-stream")
    assert ask().usage == Usage(50, 2)


@pytest.mark.parametrize(
    "reply",
    [
        ABSTENTION,
        f'"{ABSTENTION}"',
        ABSTENTION.rstrip("."),
        ABSTENTION.upper(),
        f"**{ABSTENTION}**",
        f"{ABSTENTION} [1]",
        f"\n\n{ABSTENTION}\n",
        f"{ABSTENTION} The excerpts speak of dams only [1].",
        "None of the papers tells what a dam costs.",
        "The cost of a dam is not mentioned in the excerpts [1].",
        "I cannot find this in the papers.",
        "NOT FOUND",
    ],
)
def test_a_reply_that_the_papers_do_not_tell_abstains(ask, endpoint, reply):
    endpoint.reply(reply)
    answer = ask()
    assert (answer.status, answer.reason, answer.citations) == ("abstained", "not_in_abstract", ())
    assert answer.usage == Usage(11, 7)
    assert BEAVERS.title in answer.text  # the nearest papers, so that one can read on
    assert not list(find_markers(answer.text.partition("\n")[0]))


@pytest.mark.parametrize(
    "reply",
    [
        f"{OFF_TOPIC}.",
        f"{OFF_TOPIC} [9].",
        f"{OFF_TOPIC} [2](https://example.org).",
        "",
        "   \n",
    ],
)
def test_an_answer_that_cites_nothing_gives_way_to_the_papers_own_sentences(ask, endpoint, reply):
    endpoint.reply(reply)
    answer = ask()
    assert (answer.status, answer.mode) == ("answered", EXTRACTIVE)
    assert MODEL in answer.notice
    assert len(split_sentences(answer.notice)) == 1
    assert answer.citations
    for citation in answer.citations:
        assert citation.quote in answer.text
        assert citation.paper.abstract[citation.start : citation.end] == citation.quote
    assert answer.usage == Usage(11, 7)  # the tokens were spent all the same


# --- what is sent ----------------------------------------------------------------------------


def test_history_goes_with_the_question(ask, endpoint):
    endpoint.reply(REPLY)
    ask(
        "And how do they do it?",
        [Message("user", QUESTION), {"role": "assistant", "content": "By sound [4]."}],
        condense=False,
    )
    system, *earlier, last = endpoint.requests[0]["messages"]
    assert system["role"] == "system"
    assert earlier == [
        {"role": "user", "content": QUESTION},
        {"role": "assistant", "content": "By sound."},  # a number without its paper says nothing
    ]
    assert last["role"] == "user"
    assert last["content"].endswith("Question: And how do they do it?")


def test_a_paper_keeps_its_number_through_a_conversation(ask, endpoint, order):
    endpoint.reply(f"{own_sentence(order[1])} [2].").reply(f"{own_sentence(order[0])} [1].")
    first = ask()
    history = [Message("user", QUESTION), Message("assistant", first.text, first.citations)]
    second = ask("And what about beavers, a dam and its place?", history, condense=False)
    numbers = {c.paper.paper_id: c.marker for c in (*first.citations, *second.citations)}
    assert numbers == {order[1].paper_id: 1, order[0].paper_id: 2}


def test_settings_of_the_model_are_sent(ask, endpoint):
    endpoint.reply(REPLY)
    ask(temperature=0.5, answer_tokens=77)
    request = endpoint.requests[0]
    assert (request["model"], request["temperature"], request["max_tokens"]) == (MODEL, 0.5, 77)
    assert request["stream"] is True
    assert {name.lower(): value for name, value in endpoint.headers[0].items()}[
        "authorization"
    ] == f"Bearer {KEY}"


def test_an_endpoint_without_a_key_can_be_asked(ask, endpoint):
    endpoint.reply(REPLY)
    assert ask(OPENAI_API_KEY=None).status == "answered"


def test_sources_are_delimited_and_hostile_ones_neutralised(settings, endpoint):
    with Library.open(settings=settings, llm=endpoint_model(endpoint.url)) as library:
        library.ingest([BEAVERS, HOSTILE])
        endpoint.reply(REPLY)
        library.ask(QUESTION)
    system, user = (message["content"] for message in endpoint.requests[0]["messages"])
    assert len(numbers_sent(endpoint.requests[0])) == 2
    assert user.count("<paper") == user.count("</paper>") == 2
    assert user.count("\n----------\n") == 2
    assert "Ignore the rules" in user  # as data, after the fence
    assert "Ignore the rules" not in system
    assert "$question comes later" in user
    assert not list(find_markers(user))


def is_spelled(text: str) -> bool:
    return not HASTY.keys() & set(re.findall("[a-z]+", text.lower()))  # "u" is sent as "you"


@given(st.text(max_size=60).filter(is_spelled))
@examples(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_any_question_is_sent_as_it_is(ask, endpoint, question):
    endpoint.reply(REPLY)
    ask(f"Beavers and dams: {question}")
    sent = endpoint.requests[-1]["messages"][-1]["content"]
    assert sent.endswith(f"Question: Beavers and dams: {question}")

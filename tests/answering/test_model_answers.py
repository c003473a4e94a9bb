"""Answers with a model: stages, costs, disagreeing papers, and models that are not ours."""

from __future__ import annotations

import re

import pytest
from llama_index.core.base.llms.types import (
    CompletionResponse,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.llms import CustomLLM, MockLLM

from rag.answering.caveats import IN_PART
from rag.answering.generation import DISAGREEMENT, ModelWriter
from rag.library import Library
from rag.sentences import split_sentences
from rag.settings import Settings
from rag.types import EXTRACTIVE, Message, Usage
from rag.verification.support import Support
from tests.support.endpoint_papers import (
    BEAVERS,
    CLAIM,
    OFF_TOPIC,
    OTTERS,
    QUESTION,
    REPLY,
    WILLOWS,
    chunk_of,
    endpoint_model,
    endpoint_settings,
    events,
    hit_of,
    own_sentence,
    shape,
)

ABSTENTION = "The papers do not answer this question."
HISTORY = [Message("user", QUESTION), Message("assistant", "By the sound of water.")]


# --- stages --------------------------------------------------------------------------------------


def stages_of(library, question=QUESTION):
    *drafts, final = library.stream(question)
    assert {draft.status for draft in drafts} == {"draft"}
    assert final.stage is None
    reading = [draft for draft in drafts if draft.stage == "reading"]
    assert all(draft.hits and not draft.text for draft in reading)
    return list(dict.fromkeys(draft.stage for draft in drafts))


def test_the_stages_of_an_answer(asked, endpoint):
    endpoint.reply(REPLY)
    assert stages_of(asked()) == ["searching", "reading", "writing"]


def test_the_stages_of_an_extractive_answer(beavers):
    assert stages_of(beavers) == ["searching", "reading", "writing"]


def test_the_stages_when_the_model_fails(asked, endpoint):
    endpoint.fail(401)
    assert stages_of(asked()) == ["searching", "reading", "writing"]


def test_an_answer_that_is_declined_was_only_searched_for(asked, endpoint):
    assert stages_of(asked(), "What does sourdough cost at a Paris bakery?") == ["searching"]
    assert endpoint.requests == []


# --- numbers in the stream -----------------------------------------------------------------------


@pytest.mark.parametrize("form", ["[{}]", "[[{}]]", "【{}】", "({})", "[paper {}]"])
@pytest.mark.parametrize("size", [1, 2, 3])
def test_no_draft_shows_a_number_of_the_prompt_or_half_of_one(asked, endpoint, order, form, size):
    text = (
        f"{own_sentence(order[1])} {form.format(2)}. {own_sentence(order[0])} {form.format(1)}. "
        f"{CLAIM} {form.format('1, 2')}."
    )
    endpoint.reply(text, pieces=[text[n : n + size] for n in range(0, len(text), size)])
    *drafts, final = asked().stream(QUESTION)
    for draft in drafts:
        assert not re.search(r"[\[(【]\s*(?:paper\s*)?\d*$", draft.text), draft.text
    assert shape(final) == [
        (f"{own_sentence(order[1])}.", [1]),
        (f"{own_sentence(order[0])}.", [2]),
        (f"{CLAIM}.", [2, 1]),
    ]


# --- what it costs -------------------------------------------------------------------------------

PRICES = {"price_prompt": 2.0, "price_completion": 8.0}


def test_an_answer_costs_what_its_tokens_do(ask, endpoint):
    endpoint.reply(REPLY, usage=(1000, 500))
    assert ask(**PRICES).usage == Usage(1000, 500, pytest.approx(0.006))


def test_without_a_price_nothing_is_said_of_the_cost(ask, endpoint):
    endpoint.reply(REPLY)
    assert ask().usage.cost is None


def test_one_price_is_enough(ask, endpoint):
    endpoint.reply(REPLY, usage=(1000, 500))
    assert ask(price_completion=8.0).usage.cost == pytest.approx(0.004)


def test_tokens_that_are_counted_here_have_their_price_too(ask, endpoint):
    body = events(chunk_of(REPLY), chunk_of("", "stop"))
    endpoint.answer_raw(body, content_type="text/event-stream")
    usage = ask(**PRICES).usage
    assert usage.prompt_tokens > 250
    cost = (2 * usage.prompt_tokens + 8 * usage.completion_tokens) / 1_000_000
    assert usage.cost == pytest.approx(cost)


@pytest.mark.parametrize("reply", [ABSTENTION, f"{OFF_TOPIC}."])
def test_what_is_not_shown_has_its_price_all_the_same(ask, endpoint, reply):
    endpoint.reply(reply, usage=(1000, 500))
    assert ask(**PRICES).usage == Usage(1000, 500, pytest.approx(0.006))


def test_a_follow_up_and_a_second_reader_add_to_the_price(ask, endpoint):
    endpoint.reply(REPLY, usage=(1000, 500))
    endpoint.when("You rewrite the last", "Do beavers fell willows?", usage=(100, 10))
    endpoint.when("You check whether", '{"verdict": "supported", "quote": ""}', usage=(200, 20))
    *_, final = [ask("And what do they build?", HISTORY, verify="llm", **PRICES)]
    assert final.usage == Usage(1300, 530, pytest.approx((2 * 1300 + 8 * 530) / 1_000_000))


def test_usages_add_up():
    assert Usage(1, 2) + Usage(3, 4) == Usage(4, 6)
    assert Usage(1, 2, 0.5) + Usage(3, 4) == Usage(4, 6, 0.5)
    assert Usage(1, 2, 0.5) + Usage(3, 4, 0.25) == Usage(4, 6, 0.75)


# --- papers that disagree ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "said", [DISAGREEMENT, "The two studies disagree on where dams stand.", "The papers differ."]
)
def test_papers_that_disagree_are_both_cited_and_it_is_said(ask, endpoint, order, said):
    one, two = 1, 2
    sides = f"{own_sentence(order[0])} [{one}]. {own_sentence(order[1])} [{two}]."
    endpoint.reply(f"{said} {sides}")
    answer = ask()
    assert (answer.status, answer.reason) == ("answered", "sources_disagree")
    assert answer.text.startswith(f"{DISAGREEMENT} ")
    assert shape(answer) == [(f"{own_sentence(order[n])}.", [n + 1]) for n in (0, 1)]


@pytest.mark.parametrize("other", ["", f"{OFF_TOPIC} [2]."])
def test_a_disagreement_with_one_side_left_is_none(ask, endpoint, order, other):
    one = 1
    endpoint.reply(f"{DISAGREEMENT} {own_sentence(order[0])} [{one}]. {other}")
    answer = ask()
    assert (answer.status, answer.reason) == ("answered", None)
    assert DISAGREEMENT not in answer.text
    assert shape(answer) == [(f"{own_sentence(order[0])}.", [1])]


def test_a_disagreement_without_any_side_gives_way(ask, endpoint):
    endpoint.reply(DISAGREEMENT)
    answer = ask()
    assert (answer.status, answer.reason, answer.mode) == ("answered", None, EXTRACTIVE)
    assert DISAGREEMENT not in answer.text


# --- what checking while it is written costs -----------------------------------------------------


class Counting:
    """Supports all, and counts what it is asked."""

    def __init__(self):
        self.asked = 0

    def check(self, pairs):
        self.asked += len(pairs)
        return [Support(split_sentences(p.abstract)[0], 1.0, "supported") for _, p in pairs]


@pytest.mark.parametrize("sentences", [5, 10, 20])
def test_a_text_that_is_checked_as_it_grows_costs_a_check_a_sentence_and_paper(order, sentences):
    verifier = Counting()
    text = " ".join(f"Beavers build dam number {n} of mud [1]." for n in range(sentences))
    writer = ModelWriter(Parrot(says=text), verifier, Settings())
    *_, last = writer.write(QUESTION, (), [hit_of(paper) for paper in order])
    assert len(last.verified.sentences) == sentences
    assert verifier.asked == sentences * len(order)


# --- why the papers' own sentences stand there ---------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "told"),
    [
        ("", "scripted-model wrote nothing; these are the papers' own sentences."),
        ("Sure!", "scripted-model wrote nothing that a paper could support; these are"),
        (f"{OFF_TOPIC}.", "The sentences of scripted-model cite nothing, and no retrieved paper"),
        (f"{OFF_TOPIC} [1].", "No retrieved paper supports what scripted-model wrote; these are"),
    ],
)
def test_the_true_reason_is_told(ask, endpoint, reply, told):
    endpoint.reply(reply)
    answer = ask()
    assert answer.mode == EXTRACTIVE
    assert answer.notice.startswith(told)


def test_a_sentence_without_a_marker_is_cited_where_a_paper_supports_it(ask, endpoint, order):
    endpoint.reply(f"{own_sentence(order[1])}.")
    answer = ask()
    assert shape(answer) == [(f"{own_sentence(order[1])}.", [1])]
    assert [citation.paper for citation in answer.citations] == [order[1]]


class InPart:
    """Finds every sentence supported in part, but for those that a paper has word for word."""

    def check(self, pairs):
        return [
            Support(
                split_sentences(paper.abstract)[0],
                0.9,
                "supported" if claim.rstrip(".") in paper.abstract else "partly",
            )
            for claim, paper in pairs
        ]


@pytest.mark.parametrize(
    ("reply", "caveat"),
    [("Beavers like dams [1].", IN_PART), (f"Beavers like dams [1]. {CLAIM} [1].", None)],
)
def test_an_answer_that_is_supported_only_in_part_is_told_as_that(
    endpoint, tmp_path, reply, caveat
):
    endpoint.reply(reply)
    settings = endpoint_settings(endpoint.url, library=tmp_path / "library", embedder="none")
    model = endpoint_model(endpoint.url)
    with Library.open(settings=settings, llm=model, verifier=InPart()) as library:
        library.ingest([BEAVERS, OTTERS, WILLOWS])
        answer = library.ask(QUESTION)
    assert answer.sentences[0].verdict == "partly"
    assert answer.caveat == caveat


def test_a_model_that_says_the_same_without_end_is_stopped(ask, endpoint, order):
    told = f"{own_sentence(order[1])} [2]. {CLAIM} [1]. "
    endpoint.reply(told, pieces=[told] * 500, pause_s=0.01)
    answer = ask()
    assert shape(answer) == [(f"{own_sentence(order[1])}.", [1]), (f"{CLAIM}.", [2])]
    assert answer.notice is None
    assert endpoint.hung_up.wait(10)


# --- models that are not ours --------------------------------------------------------------------


class Parrot(CustomLLM):
    """Says one thing, and keeps the options that it is called with."""

    says: str
    options: list = []  # noqa: RUF012  a pydantic field, copied for each

    @property
    def metadata(self):
        return LLMMetadata(model_name="parrot")

    def complete(self, prompt, formatted=False, **kwargs) -> CompletionResponse:
        self.options.append(kwargs)
        return CompletionResponse(text=self.says)

    def stream_complete(self, prompt, formatted=False, **kwargs) -> CompletionResponseGen:
        self.options.append(kwargs)
        for end in range(1, len(self.says) + 1):
            yield CompletionResponse(text=self.says[:end], delta=self.says[end - 1])


def test_any_llama_index_model_answers_and_gets_no_options_of_ours(beavers, order):
    key = 1
    parrot = Parrot(says=f"{own_sentence(order[0])} [{key}].")
    checked = beavers.settings.model_copy(update={"verify": "llm"})
    answer = beavers.with_settings(checked, parrot).ask("And how do they do it?", HISTORY)
    assert (answer.mode, answer.failure) == ("parrot", None)
    assert answer.citations
    assert len(parrot.options) == 3  # it rewrote, answered, and was asked of its sentence
    assert not {"max_tokens", "form", "seconds"} & {
        name for each in parrot.options for name in each
    }
    assert answer.usage.completion_tokens > 0


def test_a_thought_of_any_model_is_no_part_of_its_answer(beavers, order):
    key = 1
    parrot = Parrot(says=f"<think>Otters lie [{key}].</think>{own_sentence(order[0])} [{key}].")
    answer = beavers.with_llm(parrot).ask(QUESTION)
    assert shape(answer) == [(f"{own_sentence(order[0])}.", [1])]
    assert answer.thinking.text == f"Otters lie [{key}]."


def test_the_mock_of_llama_index_gives_way_to_the_papers_own_sentences(beavers):
    answer = beavers.with_llm(MockLLM(max_tokens=30)).ask(QUESTION)
    assert answer.status == "answered"
    assert answer.citations

"""Every form of a reply, over real HTTP: what is thought, what is odd, and what is no answer."""

from __future__ import annotations

import json
import re

import pytest
from llama_index.core.base.llms.types import ChatMessage

from rag.cli import main
from rag.export.plain import to_plain
from rag.sentences import split_sentences
from rag.types import EXTRACTIVE
from tests.support.endpoint_papers import (
    CLAIM,
    MODEL,
    OFF_TOPIC,
    QUESTION,
    REPLY,
    chunk_of,
    shape,
)
from tests.support.reply_forms import (
    ODD,
    SECRET_THOUGHT,
    THOUGHTFUL,
    THOUGHTS_ALONE,
    USELESS,
    delta,
    said,
    streamed,
)
from ui.chat import handlers
from ui.chat.handlers import Chat
from ui.chat.render import Place, stage_line, turn_html


def each(forms):
    return pytest.mark.parametrize("play", forms.values(), ids=forms.keys())


def assert_can_be_shown(answer):
    """As JSON for programs, as HTML for the page, and in a terminal, which takes UTF-8."""
    told = json.dumps(to_plain(answer), ensure_ascii=False)
    page = turn_html(answer, Place(1))
    for text in (told, page, str(answer)):
        text.encode()
        assert "\x1b" not in text
    return page


def assert_gave_way(answer):
    assert (answer.status, answer.mode) == ("answered", EXTRACTIVE)
    assert answer.citations
    assert all(citation.quote in answer.text for citation in answer.citations)
    assert answer.failure
    assert len(answer.failure.splitlines()) == 1
    assert len(split_sentences(answer.failure)) <= 2
    assert answer.notice.startswith(answer.failure)


# --- thoughts ------------------------------------------------------------------------------------


@each(THOUGHTFUL)
def test_a_thought_is_neither_text_nor_cited_nor_checked_but_kept_beside(asked, endpoint, play):
    play(endpoint)
    *drafts, final = asked().stream(QUESTION)
    assert shape(final) == [(f"{CLAIM}.", [1])]
    assert (final.text, final.removed, final.failure) == (f"{CLAIM}. [1]", (), None)
    assert SECRET_THOUGHT in final.thinking.text
    assert all("moon" not in f"{draft.citations}{draft.sentences}" for draft in drafts)
    page = assert_can_be_shown(final)
    assert page.index("moon") > page.index("<details")


@each({name: play for name, play in THOUGHTFUL.items() if "alone" not in name})
def test_no_draft_shows_a_thought_as_text(asked, endpoint, play):
    play(endpoint)
    assert not any("otters lie" in draft.text for draft in asked().stream(QUESTION))


@each(THOUGHTS_ALONE)
def test_thoughts_alone_give_way_to_the_papers_own_sentences(ask, endpoint, play):
    play(endpoint)
    answer = ask()
    assert_gave_way(answer)
    assert MODEL in answer.failure
    assert SECRET_THOUGHT in answer.thinking.text
    assert "moon" not in f"{answer.text}{answer.removed}{answer.citations}"


def test_when_thinking_used_up_the_tokens_that_is_the_message(ask, endpoint):
    THOUGHTS_ALONE["reasoning_content"](endpoint)
    answer = ask(answer_tokens=77)
    assert answer.failure.startswith(f"{MODEL} used up the 77 tokens of its answer in thinking.")
    assert "RAG_ANSWER_TOKENS" in answer.failure
    assert "RAG_REASONING_EFFORT" in answer.failure


def test_while_a_model_thinks_the_stage_says_so(asked, endpoint):
    play = THOUGHTFUL["reasoning_content"]
    play(endpoint)
    stages = [draft.stage for draft in asked().stream(QUESTION)]
    assert list(dict.fromkeys(stages)) == ["searching", "reading", "thinking", "writing", None]


def test_the_page_tells_that_a_model_thinks_and_folds_the_thought(asked, endpoint):
    THOUGHTFUL["a tag"](endpoint)
    *drafts, final = asked().stream(QUESTION)
    thinking = [draft for draft in drafts if draft.stage == "thinking"]
    assert thinking
    assert all(stage_line(draft, 3).startswith("Thinking…") for draft in thinking)
    assert all("<details" not in turn_html(draft, Place(1)) for draft in drafts)
    page = turn_html(final, Place(1))
    assert re.search(r'<details [^>]*class="thinking"><summary>Thinking', page)


def test_a_rewritten_follow_up_and_a_second_verdict_hold_no_thought(asked, endpoint):
    endpoint.when("You rewrite the last", "<think>They mean dams?</think>Where are dams built?")
    verdict = '{"verdict": "supported", "quote": ""}'
    endpoint.when("You check whether", f'<think>{{"verdict": "unsupported"}}</think>{verdict}')
    endpoint.reply(REPLY)
    history = [{"role": "user", "content": QUESTION}, {"role": "assistant", "content": "By ear."}]
    answer = asked(verify="llm").ask("And where do they build it?", history)
    assert shape(answer) == [(f"{CLAIM}.", [1])]
    assert answer.sentences[0].model_verdict == "supported"


# --- what is odd, and what is no answer ----------------------------------------------------------


@each(ODD)
def test_a_reply_in_an_odd_form_is_an_answer_all_the_same(ask, endpoint, play):
    play(endpoint)
    answer = ask()
    ((sentence, markers),) = shape(answer)
    assert (sentence.rstrip(". 🦫"), markers) == (CLAIM, [1])
    assert (answer.mode, answer.failure) == (MODEL, None)
    assert_can_be_shown(answer)


@each(USELESS)
def test_a_reply_that_is_none_gives_way_with_one_sentence(ask, endpoint, play):
    play(endpoint)
    answer = ask()
    assert_gave_way(answer)
    assert_can_be_shown(answer)


@each(USELESS)
def test_the_page_shows_the_papers_own_sentences_and_why(asked, endpoint, play):
    play(endpoint)
    *_, chat = handlers.respond(asked(), QUESTION, Chat())
    assert_gave_way(chat.turns[-1])
    assert "Traceback" not in turn_html(chat.turns[-1], Place(1))


def test_the_command_line_tells_each_kind_in_a_sentence(beavers, endpoint, monkeypatch, capsys):
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("RAG_RETRIES", "0")
    # One of each kind of answer, as the command opens the library anew for each; how every reply
    # is taken is told above.
    for name, play in (next(iter(kind.items())) for kind in (USELESS, ODD, THOUGHTS_ALONE)):
        endpoint.forget()
        play(endpoint)
        assert main(["ask", QUESTION, "--library", str(beavers.folder), "--llm", MODEL]) == 0, name
        out, err = capsys.readouterr()
        assert "Beavers" in out, name
        assert err == "", name
        assert "otters lie" not in out, name


# --- replies that end before their end -----------------------------------------------------------


def test_a_last_sentence_that_was_cut_is_marked_and_it_is_told(ask, endpoint, order):
    streamed(chunk_of(f"{REPLY} Beavers build dams of branches"), chunk_of("", "length"))(endpoint)
    answer = ask(answer_tokens=50)
    assert answer.is_cut
    assert "Beavers build dams of branches…" in answer.text
    assert answer.notice.startswith("The answer is cut off:")
    assert "RAG_ANSWER_TOKENS" in answer.notice


def test_a_reply_that_was_cut_between_two_sentences_has_no_mark(ask, endpoint):
    streamed(chunk_of(REPLY), chunk_of("", "length"))(endpoint)
    answer = ask()
    assert answer.is_cut
    assert "…" not in answer.text


def test_a_cut_sentence_that_no_paper_supports_goes_as_any_other(ask, endpoint):
    streamed(chunk_of(f"{REPLY} {OFF_TOPIC} and"), chunk_of("", "length"))(endpoint)
    answer = ask()
    assert shape(answer) == [(f"{CLAIM}.", [1])]
    assert answer.notice.startswith("The answer is cut off:")
    assert answer.notice.endswith("1 sentence removed: no retrieved paper supports it.")


def test_a_reply_without_end_is_read_no_further_than_an_answer_is_long(call, endpoint):
    endpoint.reply("", pieces=[f"{REPLY} ", *["words " * 200] * 900])
    reply = call(answer_tokens=100)
    assert len(reply.message.content) <= 1200
    assert reply.additional_kwargs["finish_reason"] == "length"
    assert endpoint.hung_up.wait(10)


@pytest.fixture
def call(asked):
    """Calls the scripted model itself; keywords are settings."""

    def called(**others):
        return asked(**others)._llm.chat([ChatMessage(role="user", content="Hi")])

    return called


# --- what an endpoint does not take --------------------------------------------------------------


def refusal(message, param=None):
    return json.dumps({"error": {"message": message, "param": param, "code": "unsupported"}})


REFUSALS = [
    ("Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", "max_tokens"),
    ("'temperature' does not support 0.0 with this model, only the default.", "temperature"),
    ("Extra inputs are not permitted: stream_options", "stream_options"),
    ("Unrecognized request argument supplied: reasoning_effort", "reasoning_effort"),
    ("System role not supported", "system"),
    ("Only user and assistant roles are supported!", "system"),
    ("Conversation roles must alternate user/assistant/user/assistant/...", "system"),
]


def has(request, name):
    if name == "system":
        return any(message["role"] == "system" for message in request["messages"])
    return name in request


@pytest.mark.parametrize("status", [400, 422])
@pytest.mark.parametrize(("message", "name"), REFUSALS, ids=[m for m, _ in REFUSALS])
def test_what_a_refusal_names_is_sent_in_its_other_form_once_and_remembered(
    asked, endpoint, message, name, status
):
    endpoint.fail(status, body=refusal(message)).reply(REPLY)
    library = asked(reasoning_effort="low")
    assert shape(library.ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    first, second = endpoint.requests
    assert has(first, name)
    assert not has(second, name)
    assert {**first, **second} == {**second, **first} or name in ("max_tokens", "system")
    again = asked(reasoning_effort="low")  # another session of the same endpoint
    assert shape(again.ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    assert len(endpoint.requests) == 3
    assert not has(endpoint.requests[2], name)


def test_the_longest_reply_is_named_in_its_other_way(asked, endpoint):
    endpoint.fail(400, body=refusal("unsupported", "max_tokens")).reply(REPLY)
    asked(answer_tokens=77).ask(QUESTION)
    assert endpoint.requests[1]["max_completion_tokens"] == 77


def test_what_the_system_says_heads_what_the_user_says_where_it_has_no_role(asked, endpoint):
    endpoint.fail(400, body=refusal("System role not supported")).reply(REPLY)
    asked().ask(QUESTION)
    before, after = (request["messages"] for request in endpoint.requests)
    assert [message["role"] for message in after] == ["user"]
    assert after[0]["content"] == f"{before[0]['content']}\n\n{before[1]['content']}"


def test_several_refusals_are_met_one_after_the_other(asked, endpoint):
    for _, name in REFUSALS[:4]:
        endpoint.fail(400, body=refusal(f"Unknown parameter: {name}"))
    endpoint.reply(REPLY)
    assert shape(asked(reasoning_effort="high").ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    assert len(endpoint.requests) == 5


def test_an_endpoint_that_refuses_both_forms_is_asked_twice_and_not_again(ask, endpoint):
    endpoint.fail(400, body=refusal("max_tokens and max_completion_tokens are wrong"))
    answer = ask()
    assert_gave_way(answer)
    assert len(endpoint.requests) == 2


def test_what_did_not_help_is_not_remembered(asked, endpoint):
    endpoint.fail(400, body=refusal("max_tokens is too large"))
    asked().ask(QUESTION)
    endpoint.reply(REPLY)
    endpoint.next_reply({})  # the failure goes, the reply stays
    asked().ask(QUESTION)
    assert "max_tokens" in endpoint.requests[-1]


def test_an_endpoint_that_does_not_stream_is_asked_for_the_whole(asked, endpoint):
    from tests.support.reply_forms import whole

    endpoint.fail(400, body=refusal("streaming is not supported"))
    whole(content=REPLY)(endpoint)
    assert shape(asked().ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    assert endpoint.requests[1]["stream"] is False
    assert "stream_options" not in endpoint.requests[1]


def test_a_failure_that_passes_is_still_tried_again_in_the_same_form(asked, endpoint):
    endpoint.fail(500, {"retry-after-ms": "1"}).reply(REPLY)
    assert shape(asked(retries=1).ask(QUESTION)) == [(f"{CLAIM}.", [1])]
    assert endpoint.requests[0] == endpoint.requests[1]


@pytest.mark.parametrize("effort", [None, "none", "low", "high"])
def test_the_reasoning_effort_is_sent_where_one_is_set(ask, endpoint, effort):
    said(REPLY)(endpoint)
    ask(reasoning_effort=effort)
    assert endpoint.requests[0].get("reasoning_effort") == effort


def test_usage_beside_thoughts_is_what_the_endpoint_told(ask, endpoint):
    streamed(
        delta(reasoning_content="hm"),
        chunk_of(REPLY, "stop"),
        chunk_of("") | {"choices": [], "usage": {"prompt_tokens": 5, "completion_tokens": 9}},
    )(endpoint)
    assert (ask().usage.prompt_tokens, ask().usage.completion_tokens) == (5, 9)

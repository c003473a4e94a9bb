"""Thorough answers, with a scripted model over real HTTP and without one."""

from __future__ import annotations

import json

import pytest

from rag.cli import main
from rag.codec import answer_from_json, answer_to_json
from rag.types import EXTRACTIVE, NO_USAGE, Search
from tests.support.endpoint_papers import (
    BEAVERS,
    CLAIM,
    OTTERS,
    QUESTION,
    WILLOWS,
    numbers_sent,
    own_sentence,
    said_to_model,
    shape,
)

PLANS = "You prepare a search"
CHOOSES = "You choose the papers"

PLAN = {
    "questions": ["Which animals move into ponds behind abandoned dams?"],
    "keywords": "willow bark stump sprouting",
    "sentence": "Loudspeakers that played running water were covered with branches.",
}


@pytest.fixture
def scripted(endpoint):
    """The endpoint plans, chooses and writes; keywords replace what it says."""

    def script(plan=PLAN, choice=None, text=f"{CLAIM} [1]."):
        endpoint.when(PLANS, plan if isinstance(plan, str) else json.dumps(plan))
        choice = {"useful": [2, 1], "missing": []} if choice is None else choice
        endpoint.when(CHOOSES, choice if isinstance(choice, str) else json.dumps(choice))
        endpoint.reply(text)
        return endpoint

    return script


@pytest.fixture
def answers(asked, scripted):
    """All values of the stream of a thorough answer; keywords are settings."""

    def made(question=QUESTION, **others):
        return list(asked(**others).stream(question, depth="thorough"))

    return made


def test_the_question_is_searched_for_in_the_ways_that_the_model_plans(answers, scripted):
    scripted()
    research = answers()[-1].research
    assert [(each.kind, each.text) for each in research.searches] == [
        ("question", QUESTION),
        ("rewording", PLAN["questions"][0]),
        ("keywords", PLAN["keywords"]),
        ("sentence", PLAN["sentence"]),
    ]
    assert research.searches[0].found == 3
    assert (research.calls, research.limit, research.failure) == (2, None, None)
    assert research.tokens == 2 * (11 + 7)


def test_every_step_is_a_value_of_the_stream_that_says_what_is_done(answers, scripted):
    scripted()
    told = answers()
    assert all(each.status == "draft" for each in told[:-1])
    stages = list(dict.fromkeys(each.stage for each in told[:-1]))
    assert stages == ["searching", "planning", "choosing", "reading", "writing"]
    under_way = {each.research.searches[-1].text for each in told[:-1] if each.research}
    assert {PLAN["keywords"], PLAN["sentence"]} <= under_way


def test_what_the_model_chooses_comes_first_in_its_order(answers, scripted):
    endpoint = scripted(choice={"useful": [3, 2], "missing": []})
    final = answers()[-1]
    (request,) = endpoint.asked(CHOOSES)
    titles = {number: title for title, number in numbers_sent(request).items()}
    first = [hit.paper.title for hit in final.hits][:2]
    assert first == [titles[3], titles[2]]
    assert final.research.chosen == tuple(hit.paper.paper_id for hit in final.hits[:2])
    assert final.research.considered == 3


def test_what_is_missing_is_searched_for_once_more(answers, scripted):
    scripted(choice={"useful": [1], "missing": ["the census of ponds"]})
    research = answers()[-1].research
    assert research.gaps == ("the census of ponds",)
    assert research.searches[-1] == Search("the census of ponds", "gap", 0)
    assert research.calls == 2  # no new paper was found to choose among


def test_the_answer_is_asked_for_with_a_line_that_sums_up_and_is_verified(answers, scripted):
    endpoint = scripted(text=f"{own_sentence(BEAVERS)} [1]. Bread rises because of yeast [1].")
    final = answers()[-1]
    writing = [each for each in endpoint.requests if "sums the answer up" in said_to_model(each)]
    assert len(writing) == 1
    assert set(numbers_sent(writing[0])) == {BEAVERS.title, OTTERS.title, WILLOWS.title}
    assert shape(final) == [(f"{own_sentence(BEAVERS)}.", [1])]
    assert final.removed == ("Bread rises because of yeast.",)
    assert final.status == "answered"


def test_quick_is_what_it_was(asked, endpoint):
    endpoint.reply(f"{CLAIM} [1].")
    answer = asked().ask(QUESTION)
    assert answer.research is None
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("plan", "kinds"),
    [
        ("I would search for dams.", ["question", "feedback"]),
        ('{"questions": "one text in the place of a list"}', ["question", "rewording"]),
        ('{"keywords": ["dam", "sound"], "sentence": null}', ["question", "keywords"]),
        ('{"questions": [1, {"a": 2}], "sentence": "Dams are loud."}', ["question", "sentence"]),
        (json.dumps({"questions": [QUESTION, QUESTION.upper()]}), ["question", "feedback"]),
        (
            json.dumps({"questions": [f"dam {n}" for n in range(9)]}),
            ["question"] + ["rewording"] * 3,
        ),
    ],
)
def test_a_plan_in_another_form_is_used_as_far_as_it_can_be(answers, scripted, plan, kinds):
    scripted(plan=plan)
    final = answers()[-1]
    assert [each.kind for each in final.research.searches] == kinds
    assert final.status == "answered"


@pytest.mark.parametrize(
    "choice", ["none of them", '{"useful": [7, 0, -1]}', '{"useful": null, "missing": null}', "[]"]
)
def test_a_choice_of_nothing_leaves_the_papers_as_they_were_found(answers, scripted, choice):
    scripted(choice=choice)
    final = answers()[-1]
    assert final.research.chosen == ()
    assert final.hits[0].paper == BEAVERS


@pytest.mark.parametrize(
    "choice", ['{"useful": ["2", "[1]"]}', '{"useful": [{"paper": 2}, {"paper": 1}]}']
)
def test_numbers_are_read_in_the_forms_that_small_models_write(answers, scripted, choice):
    scripted(choice=choice)
    assert len(answers()[-1].research.chosen) == 2


def test_a_model_that_fails_leaves_the_papers_own_sentences_and_says_why(answers, endpoint):
    endpoint.fail(500)
    final = answers()[-1]
    assert (final.status, final.mode) == ("answered", EXTRACTIVE)
    assert endpoint.url in final.research.failure
    assert [each.kind for each in final.research.searches] == ["question", "feedback"]


def test_tokens_that_are_used_up_end_the_research_and_not_the_answer(answers, scripted):
    endpoint = scripted()
    endpoint.forget()
    endpoint._rules.clear()
    endpoint.when(PLANS, json.dumps(PLAN), usage=(3000, 900))
    endpoint.reply(f"{CLAIM} [1].")
    final = answers(thorough_tokens=4000)[-1]
    assert final.research.limit == "tokens"
    assert final.research.calls == 1
    assert (final.status, final.mode) == ("answered", "scripted-model")


def test_seconds_that_are_used_up_end_the_research(answers, endpoint):
    endpoint.reply(f"{CLAIM} [1].")
    final = answers(thorough_s=1)[-1]
    assert final.research.limit == "seconds"
    assert endpoint.asked(PLANS) == []


def test_the_prompt_of_the_answer_fits_what_is_left_of_the_tokens(answers, scripted):
    endpoint = scripted()
    answers(thorough_tokens=4000)
    (writing,) = [each for each in endpoint.requests if "sums the answer up" in said_to_model(each)]
    assert writing["max_tokens"] <= 1000


def test_closing_the_stream_in_the_middle_of_a_step_closes_the_connection(asked, endpoint):
    endpoint.drip(["{"] * 400, 0.02)
    stream = asked().stream(QUESTION, depth="thorough")
    for answer in stream:
        if answer.stage == "planning" and answer.research.calls == 0 and endpoint.requests:
            break
    stream.close()
    assert endpoint.hung_up.wait(10)


def test_without_a_model_what_resembles_the_best_paper_is_searched_for(beavers):
    answer = beavers.ask(QUESTION, depth="thorough")
    kinds = [(each.kind, each.text) for each in answer.research.searches]
    assert kinds == [("question", QUESTION), ("feedback", BEAVERS.title)]
    assert (answer.research.calls, answer.usage) == (0, NO_USAGE)
    assert answer.status == "answered"
    assert answer.papers[0] == BEAVERS


def test_what_no_paper_is_about_is_declined_before_anything_is_planned(asked, scripted):
    endpoint = scripted()
    answer = asked().ask("Who won the football world cup in 1998?", depth="thorough")
    assert (answer.status, answer.reason) == ("abstained", "not_in_library")
    assert endpoint.requests == []


def test_there_are_two_depths(beavers):
    with pytest.raises(ValueError, match="'quick' or 'thorough', not 'deep'"):
        beavers.ask(QUESTION, depth="deep")


def test_an_answer_is_kept_with_its_research(beavers):
    answer = beavers.ask(QUESTION, depth="thorough")
    assert answer_from_json(answer_to_json(answer)).research == answer.research


def test_the_terminal_shows_each_step_and_what_was_done(beavers, scripted, monkeypatch, capsys):
    endpoint = scripted()
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    monkeypatch.setenv("OPENAI_API_KEY", "none")
    arguments = ["ask", QUESTION, "--library", str(beavers.folder), "--depth", "thorough"]
    assert main(arguments) == 0
    told = capsys.readouterr()
    assert "Planning what to search for…" in told.err
    assert f"Searching for “{PLAN['keywords']}”…" in told.err
    assert "4 searches, 2 calls of the model" in told.out

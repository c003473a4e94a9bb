"""Prompts: how templates are filled, what reaches a model, and what retrieved text cannot do."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import prompts
from prompts import load_prompt, render_prompt
from rag.library import Library
from rag.settings import Settings
from rag.types import Paper

NAMES = sorted(file.stem for file in Path(prompts.__file__).parent.glob("*.md"))
SENTENCES = [
    "Most gardeners of networks cut their trees by daylight.",
    "We cut an eighth of all branches at night and look after a week.",
    "On three orchards of our own the night cut keeps 97 of 100 apples.",
    "The cut by day keeps only 81 of them, which surprised us.",
]
ABSTRACT = " ".join(SENTENCES)


# --- templates -----------------------------------------------------------------------------------


def test_the_prompts_that_the_answer_needs_are_there():
    assert {"answer_system", "answer_user", "source"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_every_prompt_is_a_template_and_shows_all_values_that_it_is_given(name):
    template = load_prompt(name)
    assert template.is_valid()
    assert template.template == template.template.strip()
    values = {place: f"the value of {place}" for place in template.get_identifiers()}
    rendered = render_prompt(name, **values)
    assert values or name.endswith("_system")
    assert all(value in rendered for value in values.values())
    assert "$" not in rendered


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"number": "1", "title": "T", "about": ""},
        {"number": "1", "title": "T", "about": "", "excerpt": "E", "colour": "green"},
        {"number": "1", "title": "T", "about": "", "Excerpt": "E"},
    ],
    ids=str,
)
def test_a_place_that_is_not_filled_and_a_value_without_a_place_are_errors(values):
    with pytest.raises(ValueError, match="'source' has the places") as caught:
        render_prompt("source", **values)
    for name in {"about", "excerpt", "number", "title", *values}:
        assert repr(name) in str(caught.value)


def test_a_prompt_that_does_not_exist_is_an_error():
    with pytest.raises(FileNotFoundError):
        render_prompt("no_such_prompt")


@pytest.mark.parametrize(
    "value",
    [
        "$number",
        "${title}",
        "$$",
        "$",
        "${",
        "$O(n)$ and \\frac{1}{2}",
        "{number} %s %(title)s",
        "",
    ],
)
def test_values_are_not_expanded_again(value):
    rendered = render_prompt("source", number="1", title="T", about="", excerpt=value)
    assert rendered == f'<paper number="1">\nTitle: T\n{value}\n</paper>'


@pytest.mark.parametrize("name", NAMES)
def test_no_prompt_says_which_year_it_is(name):
    assert not re.search(r"\b(19|20)\d\d\b", load_prompt(name).template)


@pytest.mark.parametrize("name", NAMES)
def test_a_prompt_with_the_text_of_others_says_that_it_is_data(name):
    if name.endswith("_system") or name in ("source", "probe"):  # the last holds nobody's text
        return
    system = f"{name.removesuffix('_user')}_system"
    text = load_prompt(system if system in NAMES else name).template
    assert re.search(r"\bdata\b", text)
    assert "never" in text


# --- what reaches a model ------------------------------------------------------------------------


@pytest.fixture
def library(endpoint, monkeypatch, tmp_path):
    """A library of one paper, found by words, whose answers the scripted endpoint writes."""
    monkeypatch.setenv("OPENAI_BASE_URL", endpoint.url)
    settings = Settings(library=tmp_path / "library", embedder="none")
    with Library.open(settings=settings) as library:
        library.ingest([Paper("p1", "Pruning by Moonlight", ABSTRACT)])
        yield library


def test_a_model_that_says_that_the_papers_do_not_tell_abstains(endpoint, library):
    endpoint.reply("The paper does not say how much apples weigh.")
    answer = library.ask("How many apples weigh as much as a night cut?")
    assert (answer.status, answer.reason, answer.citations) == ("abstained", "not_in_abstract", ())


def test_papers_and_question_reach_the_model_outside_the_system_prompt(endpoint, library):
    endpoint.reply("The night cut keeps 97 of 100 apples [1].")
    history = [
        {"role": "user", "content": "Who cuts at night?"},
        {"role": "assistant", "content": "Gardeners do [1]."},
    ]
    library.ask("How many apples does the night cut keep, in $number?", history)
    system, *earlier, user = endpoint.requests[0]["messages"]
    assert [message["content"] for message in earlier] == ["Who cuts at night?", "Gardeners do."]
    assert user["role"] == "user"
    assert user["content"].endswith("How many apples does the night cut keep, in $number?")
    assert all(sentence in user["content"] for sentence in SENTENCES)
    assert "Moonlight" not in system["content"]
    assert "apples" not in system["content"]

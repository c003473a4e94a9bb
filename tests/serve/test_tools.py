"""The tools for assistants: small closed schemas, plain results, errors in one sentence."""

from __future__ import annotations

import json

import pytest

from rag.errors import RagError
from rag.serve.tools import ADDING, OFFERED, READING
from rag.tokens import count_tokens

TOOLS = {tool.name: tool for tool in (*READING, *ADDING)}
MOST_TOOLS = 8
MOST_TOKENS = 3000


def quietly(_):
    """Hear of no stage."""


def use(library, name, **arguments):
    return TOOLS[name].call(library, arguments, quietly)


def objects_of(schema):
    """Every part of a schema that describes an object."""
    if isinstance(schema, list):
        return [found for each in schema for found in objects_of(each)]
    if not isinstance(schema, dict):
        return []
    own = [schema] if "properties" in schema else []
    return [*own, *(found for each in schema.values() for found in objects_of(each))]


def test_all_tools_together_take_few_tokens_of_a_models_window():
    told = [
        {
            "name": tool.name,
            "title": tool.title,
            "description": tool.description,
            "inputSchema": tool.input_schema,
            "outputSchema": tool.output_schema,
        }
        for tool in TOOLS.values()
    ]
    assert len(TOOLS) <= MOST_TOOLS
    assert count_tokens(json.dumps(told)) <= MOST_TOKENS


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_admits_no_argument_that_it_does_not_know(name):
    found = objects_of(TOOLS[name].input_schema)
    assert found
    assert all(each["additionalProperties"] is False for each in found)


@pytest.mark.parametrize("name", TOOLS)
def test_a_tool_says_what_it_gives_and_keeps_a_property_that_is_called_title(name):
    tool = TOOLS[name]
    schema = tool.output_schema
    assert schema["type"] == "object"
    assert set(schema["properties"]) == set(tool.result.model_fields)


@pytest.mark.parametrize("offer", OFFERED, ids=lambda offer: offer.name)
def test_a_prompt_is_filled_and_its_value_is_not_expanded(offer):
    assert "of $moss and ${bogs}" in offer.text("of $moss and ${bogs}")


@pytest.mark.parametrize(
    ("name", "arguments", "told"),
    [
        ("search", {}, "search cannot take its argument 'query': Field required."),
        ("search", {"query": "moss", "n": 3}, "search cannot take its argument 'n'"),
        ("search", {"query": "moss", "k": 0}, "'k': Input should be greater than or equal to 1"),
        ("ask", {"question": "moss?", "history": [{"role": "system", "content": ""}]}, "history.0"),
        ("fetch", {"id": "nowhere"}, "The library has no paper 'nowhere'; search and list_papers"),
        ("cite", {"ids": ["moss", "nowhere"]}, "The library has no paper 'nowhere'"),
        ("cite", {"ids": []}, "'ids'"),
        ("add_papers", {"text": "   "}, "There is nothing to add."),
    ],
)
def test_what_cannot_be_done_is_one_sentence(invented, name, arguments, told):
    with pytest.raises(RagError) as caught:
        use(invented, name, **arguments)
    assert told in str(caught.value)
    assert "\n" not in str(caught.value)


def test_search_and_fetch_have_the_shapes_that_connectors_expect(invented):
    found = use(invented, "search", query="who counts moss?", k=2).model_dump()
    assert set(found) == {"results"}
    assert found["results"][0] == {
        "id": "moss",
        "title": "Counting Moss From the Air",
        "url": invented.get("moss").link,
    }
    fetched = use(invented, "fetch", id="moss").model_dump()
    assert set(fetched) == {"id", "title", "text", "url", "metadata"}
    assert invented.get("moss").abstract in fetched["text"]


def test_a_paper_that_is_asked_about_alone_answers_alone(invented):
    answer = use(invented, "ask", question="How many were measured?", paper_ids=["bells"])
    assert {each.id for each in answer.citations} == {"bells"}


def test_a_list_goes_on_where_it_was_cut(invented):
    first = use(invented, "list_papers", order="title", limit=3)
    rest = use(invented, "list_papers", order="title", limit=3, offset=3)
    titles = [each.title for each in (*first.papers, *rest.papers)]
    assert titles == sorted(paper.title for paper in invented.papers())
    assert first.found == first.total == 4


@pytest.mark.parametrize(
    ("format_name", "words"), [("bibtex", "@"), ("csl", '"title"'), ("apa", "Counting moss")]
)
def test_papers_are_cited_in_the_form_that_is_asked_for(invented, format_name, words):
    text = use(invented, "cite", ids=["moss"], format=format_name).text
    assert words.lower() in text.lower()

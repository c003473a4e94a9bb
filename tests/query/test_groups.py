"""Collections and tags that a question names, and what it asks beside them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.query.filters import understood_filters
from rag.query.groups import find_groups, unknown_collection
from rag.types import Filters

NAMES = {"collection": ("Tides", "Tides/To read", "C++ (old)"), "tag": ("to read", "crab")}
OLD = Filters(collections=("C++ (old)",))


def understood(question):
    found = understood_filters(question, lambda _: [], 2026, NAMES.__getitem__)
    return found.question, found.filters


@pytest.mark.parametrize(
    ("question", "asked", "filters"),
    [
        ("what is in collection tides?", "what is?", Filters(collections=("Tides",))),
        ("papers in my Tides collection", "papers", Filters(collections=("Tides",))),
        ('list the folder "Tides/To read"', "list", Filters(collections=("Tides/To read",))),
        ("how do crabs sleep in the collection C++ (old)?", "how do crabs sleep?", OLD),
        ("papers tagged to read", "papers", Filters(tags=("to read",))),
        ("papers with the tag ‘crab’ since 2020", "papers", Filters(since=2020, tags=("crab",))),
        ("how are crabs tagged?", "how are crabs tagged?", Filters()),
        ("a collection of moss", "a collection of moss", Filters()),
        ("tides of the north", "tides of the north", Filters()),
        ("papers tagged crabs", "papers tagged crabs", Filters()),
    ],
)
def test_a_group_is_a_filter_where_it_is_named_as_one(question, asked, filters):
    found = understood(question)
    assert found[0] == asked
    assert found[1] == filters


def test_a_collection_around_others_can_be_named():
    (found,) = find_groups("what is in the folder tides", lambda _: ["Tides/Old"])
    assert found.name == "Tides"


def test_a_tag_with_a_slash_lies_in_no_other():
    assert find_groups("papers tagged c", lambda kind: ["C/C++"] if kind == "tag" else []) == []


@given(st.text(max_size=60), st.lists(st.text(min_size=1, max_size=8), max_size=4))
def test_any_names_in_any_question_do_no_harm(question, names):
    text = f"{question} in collection {names[0] if names else ''} tagged {question}"
    for each in find_groups(text, lambda _: names):
        assert 0 <= each.start < each.end <= len(text)


@pytest.mark.parametrize(
    ("question", "name"),
    [
        ("what is in my Dunes collection?", "Dunes"),
        ("papers in the collection called “Dunes”", "Dunes"),
        ("how do crabs sleep, in my Tides folder?", ""),
        ("was it trained on the COCO collection?", ""),  # not one's own
        ("how do I add the pdfs of my own group", ""),  # of people
        ("how are crabs tagged?", ""),
    ],
)
def test_a_collection_that_is_not_there_is_known_by_its_name(question, name):
    assert unknown_collection(question, NAMES["collection"]) == name

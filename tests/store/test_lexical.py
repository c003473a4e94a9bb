"""The words of papers in tantivy: found by their stems, committed together, made anew."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, strategies
from hypothesis import settings as examples

from rag.store.lexical import LexicalIndex
from rag.types import Filters, Paper

PAPERS = [
    Paper(
        animal,
        f"The {animal} in winter",
        f"We followed a {animal} for one winter. It slept in the morning. Snow made it hungry.",
    )
    for animal in ("badger", "heron")
]


class InterruptedWorkError(Exception):
    """Stands for whatever ends the work in its middle."""


@pytest.fixture(scope="module")
def words(tmp_path_factory):
    index = LexicalIndex(tmp_path_factory.mktemp("words") / "lexical")
    with index.changing() as change:
        change.put(Paper("poincare", "Poincaré maps of flows", "Flows return to a section."))
        change.put(
            Paper("flowers", "Flowers", "A flow is named once here, flowers thrice: flowers.")
        )
        change.put(Paper("pruned", "Pruning trees", "Old trees were pruned in March."))
        change.put(Paper("both", "March", "In March the flow of rivers is measured again."))
    return index


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("poincare", ["poincare"]),  # without its accent
        ("POINCARÉ", ["poincare"]),
        ("prune", ["pruned"]),  # the stem counts
        ("march", ["both", "pruned"]),  # a word of the title weighs more
        ("returning trees", ["pruned", "poincare"]),
        ("", []),
        ("?! ...", []),
        ("absent", []),
        ("AND OR NOT", []),
        ("paper_id:pruned", ["pruned"]),  # no query language: words only
        ("pruned_trees", ["pruned"]),  # one word for us, two for the index
        ("-march", ["both", "pruned"]),
        ("x" * 200, []),
    ],
)
def test_words_are_found_by_their_stems(words, query, expected):
    assert list(words.search(query, 10)) == expected


def test_the_best_score_comes_first_and_k_limits(words):
    scores = words.search("flow of rivers in march", 10)
    assert list(scores.values()) == sorted(scores.values(), reverse=True)
    assert list(words.search("flow of rivers in march", 1)) == list(scores)[:1]


@examples(max_examples=200, deadline=None)
@given(
    query=strategies.text(max_size=60)
    | strategies.text("flow_é² ", max_size=20)
    | strategies.text("a \"'-+:()[]{}^~*?\\/&|!", max_size=20)
)
def test_no_query_is_too_odd(words, query):
    assert set(words.search(query, 10)) <= {"poincare", "flowers", "pruned", "both"}


def put_and_fail(index, paper):
    with index.changing() as change:
        change.put(paper)
        raise InterruptedWorkError


def test_words_that_were_not_committed_are_not_found(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    assert index.count() == 0
    with index.changing() as change:
        change.put(PAPERS[0])
    with pytest.raises(InterruptedWorkError):
        put_and_fail(index, PAPERS[1])
    again = LexicalIndex(tmp_path / "lexical")
    assert again.count() == 1
    assert list(again.search("winter", 10)) == ["badger"]
    assert again.paper_frequency("winter") == 1


def test_a_paper_put_twice_is_there_once(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    with index.changing() as change:
        change.put(PAPERS[0])
        change.put(replace(PAPERS[0], title="The badger in spring"))
        change.remove("unknown")
    assert index.count() == 1
    assert list(index.search("spring", 10)) == ["badger"]
    with index.changing() as change:
        change.remove("badger")
    assert index.count() == 0


def test_undated_papers_pass_a_filter_of_years_where_they_may(tmp_path):
    index = LexicalIndex(tmp_path / "lexical")
    with index.changing() as change:
        change.put(Paper("old", "Moss", "Moss.", published="1999"))
        change.put(Paper("new", "Moss", "Moss.", published="2024-02"))
        change.put(Paper("undated", "Moss", "Moss."))
    assert list(index.search("moss", 9, Filters(2020))) == ["new"]
    assert set(index.search("moss", 9, Filters(2020, undated=True))) == {"new", "undated"}
    assert index.count(Filters(until=2000, undated=True)) == 2

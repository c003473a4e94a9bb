"""Which words of a question are taken for typing errors, and what they become."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.library import Library
from rag.query.paper_lookup import PaperLookup
from rag.query.spelling import corrected, distance, quote_as_typed
from rag.store.papers import PaperStore
from rag.types import Paper

KNOWN = {"dough", "write", "sleep", "horses", "kidney", "lean", "begin", "plan"}
PAPERS = [
    Paper("a", "Attention in Crabs", "The attention of crabs follows the tide and the graph."),
    Paper("b", "A Hypothesis of Tickets", "The lottery of tickets supports the hypothesis."),
    Paper("c", "Attention Again", "A graph of the attention of crabs with tickets."),
    Paper("d", "Tidal Clock Wheels", "They turn."),
    Paper("e", "Turning", "We turn tidal clock wheels."),
]


@pytest.fixture(scope="module")
def lookup(words_library):
    return PaperLookup(words_library._index, KNOWN.__contains__)


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("wat is atention", "what is attention"),
        ("hypotesis of teh tikets", "hypothesis of the tickets"),
        ("grpah", "graph"),
        ("dough and kidneys", "dough and kidneys"),
        ("do u sleep, U-Net?", "do you sleep, U-Net?"),
        ("beginners planned", "beginners planned"),  # a doubled letter
        ("the leanest writeup", "the leanest writeup"),
        ("what did Atenton say", "what did Atenton say"),
        ("what is “atention”", "what is “atention”"),
        ("AtentionNet", "AtentionNet"),
        ("smth abt crabs, gimme ppl", "something about crabs, give me people"),
        ("the PPL of crabs", "the PPL of crabs"),  # perplexity
        ("they cant sleep", "they can't sleep"),  # and not "they can sleep"
        ("an unsleeping horse", "an unsleeping horse"),
        ("tiketed crabs", "ticketed crabs"),  # formed as it was typed
        ("what is the TCW", "what is the tidal clock wheels"),
        ("what is the XYZ", "what is the XYZ"),
        ("", ""),
    ],
)
def test_unknown_words_become_the_librarys(lookup, typed, meant):
    assert corrected(typed, lookup).text == meant


def test_the_papers_are_read_for_their_initials_once_and_again_after_a_change(
    lexical_settings, tmp_path, monkeypatch
):
    settings = lexical_settings.model_copy(update={"library": tmp_path / "library"})
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
        reads, read = [], PaperStore.all
        monkeypatch.setattr(PaperStore, "all", lambda *given: reads.append(1) or read(*given))
        lookup = PaperLookup(library._index, KNOWN.__contains__)
        for typed in ("the TCW", "the XYZ", "the QRS"):
            corrected(typed, lookup)
        assert len(reads) == 1
        library.ingest([Paper(n, f"Xylem Yeast Zones {n}", "They grow.") for n in ("f", "g")])
        assert corrected("the XYZ", lookup).text == "the xylem yeast zones"


def test_a_short_form_that_the_papers_have_stays(settings):
    with Library.open(settings=settings) as library:
        library.ingest([Paper("p", "Crabs Counted", "The ppl of a crab is high.")])
        lookup = PaperLookup(library._index, KNOWN.__contains__)
        assert corrected("the ppl abt a crab", lookup).text == "the ppl about a crab"


@given(st.sampled_from(["attention crabs", "the hypothesis of tickets", "a graph of the lottery"]))
def test_right_words_are_never_changed(lookup, question):
    assert corrected(question, lookup).changed == ()


def test_a_correction_is_undone_by_quotes(lookup):
    spelled = corrected("wat is atention", lookup)
    again = quote_as_typed("wat is atention", spelled.changed)
    assert "“atention”" in again
    assert "attention" not in corrected(again, lookup).text


def test_a_correction_is_told_and_can_be_undone_with_one_click(settings):
    with Library.open(settings=settings) as library:
        library.ingest(PAPERS)
        answer = library.ask("wat has atention")
    assert "what has attention" in (answer.notice or "")
    assert answer.suggestions[0] == "wat has “atention”"


@given(st.text("abcdefgh", min_size=1, max_size=8), st.text("abcdefgh", min_size=1, max_size=8))
def test_the_distance_is_the_same_both_ways_and_nothing_for_the_same(one, other):
    assert distance(one, one, 2) == 0
    assert distance(one, other, 9) == distance(other, one, 9)

"""Which papers an answer cited is recalled from its text, where no more was handed back."""

from __future__ import annotations

import pytest

from rag.query.paper_lookup import PaperLookup
from rag.query.recalling import with_cited
from rag.serve.openai_api.linking import linked_answer, unlinked
from rag.types import Citation, Message, Paper

PAPERS = [
    Paper("a", "Tidal Clocks", "Crabs keep time. Their clock runs for 12.4 hours.", ("Ada Byron",)),
    Paper("b", "Sand Clocks: A Study", "Sand keeps time. We weigh the sand of 30 clocks."),
    Paper("c", "Moss", "Moss grows on roofs."),
]
LIST = "which papers are about clocks?"


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


@pytest.fixture(scope="module")
def lookup(library):
    return PaperLookup(library._index, lambda _: True)


@pytest.mark.parametrize(
    "text",
    [
        "**Sand Clocks: A Study**\nSand keeps time. [2]\n\n**Tidal Clocks**\nCrabs keep time. [1]",
        "1. **Sand Clocks: A Study** (Tee, 2021): Sand keeps time. [2]\n2. **Tidal Clocks** [1]",
        "| Paper | Result |\n| --- | --- |\n| Sand Clocks: A Study [2] | It does. [2] |\n"
        "| Tidal Clocks [1] | It runs. [1] |",
        "Both keep time. [2] [1]\n\n[2] Sand Clocks: A Study (https://example.org/b)\n"
        "[1] Tidal Clocks",
    ],
)
def test_papers_are_recalled_by_the_titles_and_markers_of_a_text(lookup, text):
    (message,) = with_cited([Message("assistant", text)], lookup)
    cited = {citation.paper.paper_id: citation.marker for citation in message.citations}
    assert list(cited.items()) == [("b", 2), ("a", 1)]
    for each in message.citations:
        assert each.paper.abstract[each.start : each.end] == each.quote


def test_a_sentence_that_a_text_has_is_recalled_as_its_quote(lookup):
    said = "**Tidal Clocks**\nTheir clock runs for 12.4 hours. [1]"
    (message,) = with_cited([Message("assistant", said)], lookup)
    assert [each.quote for each in message.citations] == ["Their clock runs for 12.4 hours."]


@pytest.mark.parametrize(
    "message",
    [
        Message("user", "**Tidal Clocks** [1]"),
        Message("assistant", "**Tidal Clocks** are not cited."),
        Message("assistant", "**Other Clocks** [1]"),
        Message("assistant", "**Moss** [1]", (Citation(3, PAPERS[0], "", 0, 0, 1.0),)),
    ],
)
def test_nothing_else_is_recalled(lookup, message):
    assert with_cited([message], lookup) == [message]


@pytest.mark.parametrize("keep", [lambda a: a.text, str, lambda a: unlinked(linked_answer(a).text)])
def test_a_follow_up_without_citations_means_the_same_papers(library, keep):
    first = library.ask(LIST)
    whole = [Message("user", LIST), Message("assistant", first.text, first.citations)]
    bare = [{"role": "user", "content": LIST}, {"role": "assistant", "content": keep(first)}]
    for question in ("the second one", "who wrote the first one?", "compare them"):
        expected = [paper.paper_id for paper in library.ask(question, whole).papers]
        found = [paper.paper_id for paper in library.ask(question, bare).papers]
        assert found == expected
        assert found

"""Papers side by side: every cell is a sentence of its paper, or empty."""

from __future__ import annotations

import csv
import io

import pytest

from rag.answering.tabulating import MOST_COLUMNS, MOST_PAPERS, describe_table
from rag.codec import answer_from_json, answer_to_json
from rag.errors import SourceError
from rag.export import render_paper_table
from rag.types import Message

DAMS = {
    "id": "dams",
    "title": "Dams without Beavers",
    "abstract": "Dams fail in floods, however, and repairs are costly. "
    "We propose Woodwall, a dam of loose logs. "
    "It was evaluated on the RIVERS data set of 40 streams. "
    "Woodwall holds 93 % of the floods.",
    "authors": ["Ada Tee", "Bo Lind"],
    "year": 2021,
}
REEDS = {
    "id": "reeds",
    "title": "Reeds | a Note",
    "abstract": "We introduce a way of counting reeds from the air. The count takes an hour.",
}
WEIRS = {
    "id": "weirs",
    "title": "Weirs of Wire",
    "abstract": "We propose Wirewall, a weir of wire. It holds 12 % more fish than a weir of wood.",
}
GATES = {
    "id": "gates",
    "title": "Gates Measured",
    "abstract": "Earlier gates were tested on data sets of small streams. "
    "A new method of closing gates is tried on recordings of 12 floods. Leaks fall by 20 %.",
}
PAPERS = [DAMS, REEDS, WEIRS, GATES]


def texts(row):
    return [cell.quote if cell else None for cell in row.cells]


def test_each_column_shows_the_sentence_that_has_its_role(words_library):
    answer = words_library.tabulate(["dams", "reeds"])
    assert answer.table.columns == ("Problem", "Method", "Data", "Result")
    dams, reeds = answer.table.rows
    assert texts(dams) == [
        "Dams fail in floods, however, and repairs are costly.",
        "We propose Woodwall, a dam of loose logs.",
        "It was evaluated on the RIVERS data set of 40 streams.",
        "Woodwall holds 93 % of the floods.",
    ]
    assert texts(reeds)[0] is None
    assert texts(reeds)[1] == "We introduce a way of counting reeds from the air."


def test_what_others_did_before_is_not_the_papers_own(words_library):
    (gates,) = words_library.tabulate(["gates"]).table.rows
    assert texts(gates)[2] is None  # the one sentence on its data says its method
    assert texts(gates)[3] == "Leaks fall by 20 %."


def test_every_cell_is_cited_word_for_word(words_library):
    answer = words_library.tabulate(["reeds", "dams"])
    cells = [cell for row in answer.table.rows for cell in row.cells if cell]
    assert set(answer.citations) == {each.citation for each in cells}
    assert all(each.paper.abstract[each.start : each.end] == each.quote for each in cells)
    assert [row.marker for row in answer.table.rows] == [1, 2]


def test_a_paper_keeps_the_number_that_the_conversation_gave_it(words_library):
    before = words_library.tabulate(["dams"])
    history = [Message("assistant", before.text, before.citations)]
    answer = words_library.tabulate(["reeds", "dams"], history=history)
    assert [row.marker for row in answer.table.rows] == [2, 1]


def test_a_question_is_a_column_that_is_answered_from_each_paper_alone(words_library):
    asked = "How many streams does the data set have?"
    answer = words_library.tabulate(["dams", "reeds"], ["method", asked])
    assert answer.table.columns == ("Method", asked)
    assert "40 streams" in answer.table.rows[0].cells[1].quote
    assert answer.table.rows[1].cells[1] is None


def test_a_table_grows_row_by_row(words_library):
    states = list(words_library.stream_table(["dams", "reeds"]))
    assert [len(each.table.rows) for each in states] == [0, 1, 2]
    assert [each.status for each in states] == ["draft", "draft", "answered"]


@pytest.mark.parametrize(
    ("ids", "columns", "why"),
    [
        ([], [], "1 to 50 papers"),
        ([str(n) for n in range(MOST_PAPERS + 1)], [], "1 to 50 papers"),
        (["dams", "gone"], [], "no paper 'gone'"),
        (["dams"], [str(n) for n in range(MOST_COLUMNS + 1)], "at most 8 columns"),
    ],
)
def test_what_no_table_can_have_is_told(words_library, ids, columns, why):
    with pytest.raises(SourceError, match=why):
        words_library.tabulate(ids, columns)


def test_a_table_is_stored_whole(words_library):
    answer = words_library.tabulate(["dams", "reeds"])
    assert answer_from_json(answer_to_json(answer)).table == answer.table


def test_a_table_is_written_as_markdown_and_as_csv(words_library):
    answer = words_library.tabulate(["dams", "reeds"], ["Result"])
    assert "| Dams without Beavers [1] | Woodwall holds 93 % of the floods. [1] |" in answer.text
    assert "Reeds \\| a Note [2]" in answer.text
    rows = list(csv.reader(io.StringIO(render_paper_table(answer.table))))
    assert rows[0] == ["title", "authors", "year", "Result", "link"]
    assert rows[1][:4] == [
        "Dams without Beavers",
        "Ada Tee; Bo Lind",
        "2021",
        "Woodwall holds 93 % of the floods.",
    ]


def test_a_table_is_named_after_what_it_shows():
    assert describe_table(1, ["Method", "How large?"]) == "Table of 1 paper: method, How large?"


def test_papers_that_are_only_compared_stand_in_a_table_of_what_all_say(words_library):
    answer = words_library.ask("compare Dams without Beavers with Weirs of Wire")
    assert answer.table is not None
    assert answer.table.columns == ("Method", "Result")  # one names no data
    assert [row.paper.paper_id for row in answer.table.rows] == ["dams", "weirs"]
    assert "We propose Wirewall, a weir of wire. [2]" in answer.text


@pytest.mark.parametrize(
    "question",
    [
        "compare Dams without Beavers with Reeds | a Note",  # which has one column alone
        "Dams without Beavers vs. Weirs of Wire: which of the two holds more fish?",
        "what does Dams without Beavers propose?",
    ],
)
def test_other_questions_are_answered_in_sentences(words_library, question):
    assert words_library.ask(question).table is None

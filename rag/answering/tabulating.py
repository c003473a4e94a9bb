"""Lay papers side by side: for each column the sentence of each abstract that says it.

Nothing is written: every cell is a sentence of its paper, or empty where no sentence has that role
or answers that question. Not covered: cells in a model's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from typing import Final

from rag.answering.roles import (
    MEASURED_ON,
    METHOD,
    OWN,
    PROBLEM,
    RESULTS,
    TREATS,
    Role,
    asked_role,
)
from rag.sentences import Sentence
from rag.types import Answer, Citation, Hit, Message, Paper, PaperTable, TableRow
from rag.verification.numbering import Numbering
from rag.verification.support import quotable_sentences

# What the columns that come with paperchat ask of a paper, in words that `roles` knows.
COLUMNS: Final[Mapping[str, str]] = {
    "Problem": "What problem does it address?",
    "Method": "What does it propose?",
    "Data": "On which data was it evaluated?",
    "Result": "What results does it report?",
    "Limits": "What are its limitations?",
}
STANDARD: Final = ("Problem", "Method", "Data", "Result")
COMPARED: Final = ("Method", "Data", "Result")  # of papers that a question compares
MIN_COMPARED: Final = 2  # columns, and papers
MOST_COMPARED: Final = 4  # papers
# Sentences that may stand in a column; a cell is rather empty than another's.
CONTRIBUTES: Final = re.compile(
    r"\b(?:contributions?|(?:new|novel|proposed) (?:\w+ )?(?:method|approach|model|framework|system"
    r"|algorithm|architecture|technique))\b",
    re.IGNORECASE,
)
ON_DATA: Final = re.compile(
    r"\b(?:on|over|across|from|using|with)\b[^.;]{0,80}\b(?:data\s?sets?|benchmarks?|corp(?:us|ora)"
    r"|recordings|databases?)\b",
    re.IGNORECASE,
)
FALLS_SHORT: Final = re.compile(
    r"\b(?:limitations?|drawbacks?|shortcomings?|trade-?offs?"
    r"|at (?:the|a|some) (?:\w+ ){0,3}(?:cost|expense)|(?:but|although|though|yet) .{0,60}"
    r"(?:cannot|fails?|slower|degrades?|does not|do not)"
    r"|remains? (?:open|unclear|unknown|difficult|hard|a challenge))\b",
    re.IGNORECASE,
)
METHODS: Final = (METHOD, TREATS, OWN, CONTRIBUTES)  # the first that a sentence has
MOST_PAPERS: Final = 50
MOST_COLUMNS: Final = 8
# Sentences are given out in this order: what a paper does is told by one, its problem by many.
GIVEN_OUT: Final = ("Method", "Result", "Data", "Problem", "Limits")
EMPTY: Final = "–"

Rank = Callable[[str, Sequence[Message], Hit], list[Sentence]]
AskOne = Callable[[str, Paper], Sequence[Citation]]


class Tabulator:
    """Fill the cells of tables.

    Args:
        rank: Ranks the sentences of a paper by how much of a question they say.
        ask_one: Answers a question from one paper; with nothing where it does not say it.
    """

    def __init__(self, rank: Rank, ask_one: AskOne) -> None:
        self._rank = rank
        self._ask_one = ask_one

    def stream(
        self, papers: Sequence[Paper], columns: Sequence[str], history: Sequence[Message] = ()
    ) -> Iterator[Answer]:
        """Yield the table as it grows, row by row; the last value is final.

        Args:
            papers: The rows, in order.
            columns: Names of `COLUMNS` in any case, or questions.
            history: The conversation so far; papers that it cites keep their numbers.
        """
        headings = tuple(_heading(each) for each in columns)
        numbering = Numbering(history)
        hits = tuple(Hit(paper, 1.0, is_named=True) for paper in papers)
        asked = describe_table(len(papers), headings)
        rows: list[TableRow] = []
        for hit in hits:
            table = PaperTable(headings, tuple(rows))
            yield Answer(asked, "", "draft", hits=hits, table=table, stage="reading")
            marker = numbering.number(hit.paper)
            rows.append(TableRow(hit.paper, marker, self._cells(hit, headings, marker)))
        table = PaperTable(headings, tuple(rows))
        yield Answer(
            asked,
            table_markdown(table),
            "answered",
            citations=cited_cells(table),
            confidence=1.0,
            hits=hits,
            table=table,
        )

    def compare(
        self, papers: Sequence[Paper], history: Sequence[Message] = ()
    ) -> PaperTable | None:
        """Return a small table of what all of a few papers say; None where that is too little."""
        if not MIN_COMPARED <= len(papers) <= MOST_COMPARED:
            return None
        numbering = Numbering(history)
        hits = [Hit(paper, 1.0, is_named=True) for paper in papers]
        markers = [numbering.number(paper) for paper in papers]
        cells = [
            dict(zip(COMPARED, self._cells(hit, COMPARED, marker), strict=True))
            for hit, marker in zip(hits, markers, strict=True)
        ]
        columns = tuple(name for name in COMPARED if all(each[name] for each in cells))
        if len(columns) < MIN_COMPARED:
            return None
        rows = (
            TableRow(paper, marker, tuple(each[name] for name in columns))
            for paper, marker, each in zip(papers, markers, cells, strict=True)
        )
        return PaperTable(columns, tuple(rows))

    def _cells(self, hit: Hit, headings: Sequence[str], marker: int) -> tuple[Citation | None, ...]:
        found: dict[str, Citation | None] = {}
        used: set[int] = set()
        for heading in sorted(headings, key=_place):
            cell = self._cell(hit, heading, used)
            found[heading] = _cited(hit.paper, cell, marker) if cell else None
            used |= {cell.start} if cell else set()
        return tuple(found[heading] for heading in headings)

    def _cell(self, hit: Hit, heading: str, used: Set[int]) -> Sentence | None:
        """Return the sentence for a column, one that no other column shows."""
        if heading not in COLUMNS:
            return self._answer(heading, hit)
        method = find_method(hit.paper)
        if heading == "Method":
            return method
        return next(
            (
                sentence
                for sentence in self._rank(COLUMNS[heading], (), hit)
                if sentence.start not in used and _may_stand(heading, sentence, method)
            ),
            None,
        )

    def _answer(self, question: str, hit: Hit) -> Sentence | None:
        """Return the best of the sentences that answer a question, of the kind that it asks for."""
        answering = {cited.start for cited in self._ask_one(question, hit.paper)}
        if not answering:
            return None
        role = asked_role(question)
        ranked = self._rank(question, (), hit)
        having = [each for each in ranked if role is None or _has(role, each.text)]
        return next((each for each in having if each.start in answering), None)


def find_method(paper: Paper) -> Sentence | None:
    """Return the sentence that says what a paper does; None where none says so."""
    sentences = quotable_sentences(paper)
    found = (each for said in METHODS for each in sentences if said.search(each.text))
    return next(found, None)


def _may_stand(heading: str, sentence: Sentence, method: Sentence | None) -> bool:
    """Return whether a sentence may fill a column.

    Args:
        heading: The column's.
        sentence: A sentence of an abstract.
        method: The one of the method, where known: problems come before it, the rest after it.
    """
    text = sentence.text
    if heading == "Problem":
        return (method is None or sentence.start < method.start) and bool(PROBLEM.search(text))
    if method and sentence.start < method.start:
        return False
    if heading == "Limits":
        return bool(FALLS_SHORT.search(text))
    if heading == "Data":
        return bool(MEASURED_ON.search(text) or ON_DATA.search(text))
    return bool(RESULTS.search(text))


def _heading(column: str) -> str:
    """Return the name of a column as it is written, or the question as it is."""
    asked = column.strip()
    return next((name for name in COLUMNS if name.lower() == asked.lower()), asked)


def _place(heading: str) -> int:
    return GIVEN_OUT.index(heading) if heading in GIVEN_OUT else len(GIVEN_OUT)


def _has(role: Role, sentence: str) -> bool:
    return bool(role.said.search(sentence) or (role.best and role.best.search(sentence)))


def _cited(paper: Paper, sentence: Sentence, marker: int) -> Citation:
    return Citation(marker, paper, sentence.text, sentence.start, sentence.end, 1.0)


def cited_cells(table: PaperTable) -> tuple[Citation, ...]:
    """Return the cells that are filled, by marker, then by place in the text."""
    cells = [cell for row in table.rows for cell in row.cells if cell]
    return tuple(sorted(cells, key=lambda cell: cell.marker))


def describe_table(papers: int, columns: Sequence[str]) -> str:
    """Return what a table shows, in a line: "Table of 5 papers: problem, method"."""
    names = ", ".join(each.lower() if each in COLUMNS else each for each in columns)
    return f"Table of {papers:,} paper{'' if papers == 1 else 's'}: {names}"


def table_markdown(table: PaperTable) -> str:
    """Render a table as Markdown, each cell with its marker."""
    rows = [("Paper", *table.columns)]
    rows += [
        (
            f"{row.paper.title} [{row.marker}]",
            *(f"{cell.quote} [{cell.marker}]" if cell else EMPTY for cell in row.cells),
        )
        for row in table.rows
    ]
    lines = [f"| {' | '.join(map(_flat, row))} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]])


def _flat(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

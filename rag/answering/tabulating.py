"""Lay papers side by side: for each column the sentence of each abstract that says it.

Every cell is a sentence of its paper, or empty where no sentence has that role or answers that
question. Where there is a model, the rows are then put into its words, as far as abstracts support
them: see `cell_writing`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from rag.answering.columns import (
    COLUMNS,
    EMPTY,
    MODELS_WORDS,
    find_method,
    has_role,
    heading_of,
    may_stand,
)
from rag.answering.roles import asked_role
from rag.sentences import Sentence
from rag.types import Answer, Citation, Hit, Message, Paper, PaperTable, TableCell, TableRow
from rag.verification.numbering import Numbering

if TYPE_CHECKING:
    from rag.answering.cell_writing import CellWriter

COMPARED: Final = ("Method", "Data", "Result")  # of papers that a question compares
MIN_COMPARED: Final = 2  # columns, and papers
MOST_COMPARED: Final = 4  # papers
MOST_PAPERS: Final = 50
MOST_COLUMNS: Final = 8
# Sentences are given out in this order: what a paper does is told by one, its problem by many.
GIVEN_OUT: Final = ("Method", "Result", "Data", "Problem", "Limits")

Rank = Callable[[str, Sequence[Message], Hit], list[Sentence]]
AskOne = Callable[[str, Paper], Sequence[Citation]]
Cells = tuple[TableCell | None, ...]


class Tabulator:
    """Fill the cells of tables.

    Args:
        rank: Ranks the sentences of a paper by how much of a question they say.
        ask_one: Answers a question from one paper; with nothing where it does not say it.
        writer: Puts the rows into a model's words; None for quotes alone.
    """

    def __init__(self, rank: Rank, ask_one: AskOne, writer: CellWriter | None = None) -> None:
        self._rank = rank
        self._ask_one = ask_one
        self._writer = writer

    def stream(
        self, papers: Sequence[Paper], columns: Sequence[str], history: Sequence[Message] = ()
    ) -> Iterator[Answer]:
        """Yield the table as it grows, row by row; the last value is final.

        Args:
            papers: The rows, in order.
            columns: Names of `COLUMNS` in any case, or questions.
            history: The conversation so far; papers that it cites keep their numbers.
        """
        headings = tuple(heading_of(each) for each in columns)
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
        whole = Answer(asked, "", "answered", confidence=1.0, hits=hits)
        yield from self._written(whole, table) if self._writer else [_showing(whole, table)]

    def _written(self, whole: Answer, table: PaperTable) -> Iterator[Answer]:
        """Yield a table of quotes while a model puts its rows into words.

        Each value holds all rows: one that is the last, as the user stopped it, is complete too.
        """
        assert self._writer is not None
        mode, rows = self._writer.mode, list(table.rows)
        draft = replace(whole, status="draft", stage="writing", mode=mode)
        yield _showing(draft, table)
        writing = self._writer.begin(rows, table.columns)
        with closing(writing.rows()) as done:
            for put in done:
                if put is not None:
                    rows[put[0]] = put[1]
                    table = PaperTable(table.columns, tuple(rows), table.put + 1)
                yield _showing(draft, table)
        has_cells = table.has_model_cells
        ended = replace(
            whole,
            usage=writing.usage,
            notice=writing.notice(has_cells=has_cells),
            failure=None if has_cells else writing.failure,
        )
        yield _showing(replace(ended, mode=mode) if has_cells else ended, table)

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

    def _cells(self, hit: Hit, headings: Sequence[str], marker: int) -> Cells:
        found: dict[str, TableCell | None] = {}
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
                if sentence.start not in used and may_stand(heading, sentence, method)
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
        having = [each for each in ranked if role is None or has_role(role, each.text)]
        return next((each for each in having if each.start in answering), None)


def _place(heading: str) -> int:
    return GIVEN_OUT.index(heading) if heading in GIVEN_OUT else len(GIVEN_OUT)


def _showing(answer: Answer, table: PaperTable) -> Answer:
    """Return an answer with a table, its Markdown and its citations."""
    cited = cited_cells(table)
    return replace(answer, text=table_markdown(table), citations=cited, table=table)


def _cited(paper: Paper, sentence: Sentence, marker: int) -> TableCell:
    return TableCell(marker, paper, sentence.text, sentence.start, sentence.end, 1.0)


def cited_cells(table: PaperTable) -> tuple[Citation, ...]:
    """Return what the filled cells cite, by marker, then by place in the table."""
    cells = [cell.citation for row in table.rows for cell in row.cells if cell]
    return tuple(sorted(cells, key=lambda cell: cell.marker))


def describe_table(papers: int, columns: Sequence[str]) -> str:
    """Return what a table shows, in a line: "Table of 5 papers: problem, method"."""
    names = ", ".join(each.lower() if each in COLUMNS else each for each in columns)
    return f"Table of {papers:,} paper{'' if papers == 1 else 's'}: {names}"


def table_markdown(table: PaperTable) -> str:
    """Render a table as Markdown, each cell with its marker, and a model's marked as such."""
    rows = [("Paper", *table.columns)]
    rows += [
        (
            f"{row.paper.title} [{row.marker}]",
            *map(_cell_markdown, row.cells),
        )
        for row in table.rows
    ]
    lines = [f"| {' | '.join(map(_flat, row))} |" for row in rows]
    return "\n".join([lines[0], f"|{' --- |' * len(rows[0])}", *lines[1:]])


def _cell_markdown(cell: TableCell | None) -> str:
    if cell is None:
        return EMPTY
    whose = f" ({MODELS_WORDS})" if cell.sentence else ""
    return f"{cell.text}{whose} [{cell.marker}]"


def _flat(text: str) -> str:
    return " ".join(text.replace("|", "\\|").split())

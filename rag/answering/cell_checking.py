"""Take a model's sentence into a cell of a table only where the paper's abstract supports it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from rag.answering.columns import tells
from rag.answering.stances import declines
from rag.query.intent import is_instruction
from rag.sentences import Sentence, split_sentences
from rag.text import one_line, squeezed
from rag.types import NO_USAGE, Paper, TableCell, TableRow, Usage
from rag.verification.claims import check_again, check_claims
from rag.verification.markers import strip_markers
from rag.verification.second_verifier import SecondVerifier
from rag.verification.support import Verifier

MOST_WORDS: Final = 45  # of a cell; the model is asked for 25


class CellChecker:
    """Check what a model says for the columns of a paper.

    Args:
        verifier: Compares sentences with abstracts.
        second: Is asked about each sentence that the first one admits.
    """

    def __init__(self, verifier: Verifier, second: SecondVerifier | None = None) -> None:
        self._verifier = verifier
        self._second = second

    def filled(
        self, row: TableRow, headings: Sequence[str], said: Mapping[str, str]
    ) -> tuple[TableRow, Usage]:
        """Return a row of quotes with those sentences in their places that may stand there.

        Args:
            row: The paper with its quotes.
            headings: The columns, in order.
            said: The model's sentences by column.
        """
        usage, cells = NO_USAGE, list(row.cells)
        for place, heading in enumerate(headings):
            sentence = _bare(said.get(heading, ""))
            if not sentence or _is_there(sentence, cells):
                continue
            cell, used = self._cell(row, heading, sentence, cells[place])
            usage += used
            cells[place] = cell or cells[place]
        return replace(row, cells=tuple(cells)), usage

    def _cell(
        self, row: TableRow, heading: str, sentence: str, quoted: TableCell | None
    ) -> tuple[TableCell | None, Usage]:
        """Return the cell of a sentence that is supported and has to do with its column."""
        usage, papers = NO_USAGE, [row.paper]
        claims = check_claims(sentence, papers, self._verifier)
        if self._second:
            claims, usage = check_again(claims, papers, self._verifier, self._second)
        if [claim.verdict for claim in claims] != ["supported"]:
            return None, usage
        support = claims[0].supports[0][1]
        quote = support.sentence
        is_same = quoted is not None and quoted.start == quote.start
        if not (is_same or tells(heading, quote, sentence, row.paper)):
            return None, usage
        is_quote = squeezed(sentence) == squeezed(quote.text)
        said = None if is_quote else sentence
        return _cell_of(row, quote, support.value, said), usage


def _cell_of(row: TableRow, quote: Sentence, support: float, said: str | None) -> TableCell:
    paper: Paper = row.paper
    return TableCell(
        row.marker, paper, quote.text, quote.start, quote.end, support, "supported", said
    )


def _bare(said: str) -> str:
    """Return the first sentence of a model's, without markers; nothing of one that is of no use."""
    sentences = split_sentences(one_line(strip_markers(said)))
    first = sentences[0].text.strip(' *_#"“”') if sentences else ""
    is_long = len(first.split()) > MOST_WORDS
    return "" if is_long or declines(first) or is_instruction(first) else first


def _is_there(sentence: str, cells: Sequence[TableCell | None]) -> bool:
    """Return whether another cell says the same."""
    return any(cell and squeezed(cell.text) == squeezed(sentence) for cell in cells)

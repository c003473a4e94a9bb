"""Answers what no abstract is needed for: from records, and what the assistant knows of itself."""

from __future__ import annotations

from rag.answering.assistant import tell_language, tell_of_itself, tell_short_of
from rag.answering.records import tell_fields
from rag.answering.shelving import ShelfTeller
from rag.answering.told import Told
from rag.query.pointing import compares
from rag.query.shelf import Shelf
from rag.query.understanding import Query
from rag.types import NO_FILTERS, Filters


class Desk:
    """Tells what is asked of records and of the assistant.

    Args:
        shelf: The library's papers.
        mode: `extractive`, or the name of the model that writes the answers.
    """

    def __init__(self, shelf: Shelf, mode: str) -> None:
        self._shelf = shelf
        self._mode = mode
        self._teller = ShelfTeller(shelf)

    def tell(self, query: Query) -> Told | None:
        """What is told; None where the papers' abstracts have to be asked."""
        if query.language:
            return tell_language(query.language)
        if query.short_of is not None:
            return tell_short_of(query.short_of, is_comparison=compares(query.standalone))
        if query.asks_for == "assistant":
            total = self._shelf.count(NO_FILTERS)
            return tell_of_itself(query.talk, papers=total, mode=self._mode)
        if query.asks_for != "records":
            return None
        if query.fields:
            return self.tell_fields(query) if query.about else None
        return self._teller.tell(query)

    def tell_fields(self, query: Query, *, are_meant: bool = True) -> Told:
        """What the records of the papers say that a question is about, or only comes near."""
        return tell_fields(query.about, query.fields, query.history, are_meant=are_meant)

    def undated(self, filters: Filters) -> str | None:
        """How many papers a filter of years leaves out for want of a date, in a sentence."""
        return self._teller.undated(filters).strip() or None

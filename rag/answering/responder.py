"""Answer what needs no abstract: from records, and about the assistant itself."""

from __future__ import annotations

from rag.answering.assistant import describe_itself, describe_language, describe_too_few_cited
from rag.answering.direct import DirectAnswer
from rag.answering.library_records import LibraryResponder
from rag.answering.records import describe_fields
from rag.query.follow_ups import compares
from rag.query.form import form_of
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.types import NO_FILTERS, Filters


class DirectResponder:
    """Answer questions to records and to the assistant.

    Args:
        lookup: The library's papers.
        mode: `extractive`, or the name of the model that writes the answers.
    """

    def __init__(self, lookup: PaperLookup, mode: str) -> None:
        self._lookup = lookup
        self._mode = mode
        self._library = LibraryResponder(lookup)

    def answer(self, query: Query) -> DirectAnswer | None:
        """Answer a query; None where abstracts are needed for it."""
        if query.language:
            return describe_language(query.language)
        if query.too_few_cited is not None:
            return describe_too_few_cited(
                query.too_few_cited, is_comparison=compares(query.standalone)
            )
        if query.asks_for == "assistant":
            total = self._lookup.count(NO_FILTERS)
            return describe_itself(query.talk, papers=total, mode=self._mode)
        if query.asks_for != "records":
            return None
        if query.fields:
            are_meant = not query.is_only_mentioned
            return self.describe_fields(query, are_meant=are_meant) if query.about else None
        if query.about and not query.locators and form_of(query.text).titles_only:
            return self._library.list_titles(query.about, query.history)
        return self._library.answer(query)

    def describe_fields(self, query: Query, *, are_meant: bool = True) -> DirectAnswer:
        """Describe the records of the papers that a question is about, or only comes near to."""
        return describe_fields(query.about, query.fields, query.history, are_meant=are_meant)

    def undated(self, filters: Filters) -> str | None:
        """Say how many papers a filter of years excludes for lack of a date; None for none."""
        return self._library.undated(filters).strip() or None

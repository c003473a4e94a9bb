"""Answer questions about the library as a whole: counts, lists, the newest, its topics."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.duplicates import describe_duplicates
from rag.answering.library_dates import describe_oldest, describe_years
from rag.answering.library_overview import (
    MOST_LISTED,
    SAMPLE,
    counted,
    describe_authors,
    describe_dates,
    describe_sources,
    describe_topics,
    describe_undated,
    list_counts,
)
from rag.answering.library_venues import (
    describe_affiliations,
    describe_unknown_place,
    describe_venues,
)
from rag.answering.records import cite_record, listed, no_sentence
from rag.answering.relisting import describe_rest, said_of_rest
from rag.answering.retracted import describe_retracted
from rag.answering.roles import lead_sentence
from rag.answering.selecting import NO_LIST, describe_selected
from rag.answering.topic_papers import (
    MOST_FOUND,
    has_alternatives,
    has_phrase,
    papers_on_rarest_word,
    papers_on_topic,
    without_general_noun,
)
from rag.answering.works import describe_works
from rag.query.filters import count_named, describe_filters
from rag.query.form import form_of
from rag.query.library_question import LibraryAspect, LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.store.lexical import analyze
from rag.types import NO_FILTERS, Citation, Filters, Listed, Message, Paper
from rag.verification.numbering import Numbering
from rag.verification.support import quotable_sentences

MOST_NEWEST: Final = 5


class LibraryResponder:
    """Answer from the records of all papers of a library.

    Args:
        lookup: The library's papers.
    """

    def __init__(self, lookup: PaperLookup) -> None:
        self._lookup = lookup

    def answer(self, query: Query) -> DirectAnswer | None:
        """Answer a query from the records; None where they hold nothing that matches."""
        if query.locators:
            return self._answer_located(query)
        if query.unknown_collection:
            return self._answer_unknown_collection(query.unknown_collection)
        if query.unknown_author:
            return self._answer_unknown_author(query.unknown_author, query.history)
        if query.unknown_place and not query.about:
            return describe_unknown_place(query.unknown_place, self._lookup)
        if query.library_question is None:
            return self._answer_passing(query)
        ways: Mapping[LibraryAspect, Callable[[Query, LibraryQuestion], DirectAnswer | None]] = {
            "count": self._answer_count,
            "list": self._answer_list,
            "newest": self._answer_dated,
            "oldest": self._answer_dated,
            "topics": self._answer_topics,
            "added": self._answer_added,
            "sources": self._answer_sources,
            "dates": lambda _, asked: describe_years(self._lookup, asked.extreme),
            "authors": lambda *_: describe_authors(self._lookup),
            "venues": lambda _, asked: describe_venues(asked, self._lookup),
            "affiliations": lambda *_: describe_affiliations(),
            "duplicates": lambda query, _: describe_duplicates(query, self._lookup),
            "works": lambda query, asked: describe_works(query, asked, self._lookup),
            "rest": self._answer_rest,
        }
        return ways[query.library_question.what](query, query.library_question)

    def list_titles(self, papers: Sequence[Paper], history: Sequence[Message]) -> DirectAnswer:
        """List papers by their titles alone."""
        lines, citations = listed(papers, Numbering(history), no_sentence)
        return DirectAnswer(lines, "records", tuple(citations), found=tuple(papers))

    def _answer_located(self, query: Query) -> DirectAnswer:
        papers = self._lookup.located(query.locators)
        if not papers:
            text = f"No paper in this library has the address or id {query.locators.first}."
            return DirectAnswer(text, "records", reason="not_in_library")
        lines, citations = listed(papers, Numbering(query.history))
        return DirectAnswer(f"This is in the library:\n\n{lines}", "records", tuple(citations))

    def _answer_unknown_author(self, name: str, history: Sequence[Message]) -> DirectAnswer:
        total = self._lookup.count(NO_FILTERS)
        named = sum(bool(paper.authors) for paper in self._lookup.everything())
        if not named:
            lacking = f"None of the {total:,} papers in this library has a recorded author"
        else:
            lacking = f"{named:,} of the {total:,} papers in this library have recorded authors"
        text = (
            f"No paper by {name} is recorded. {lacking}; `paperchat papers enrich` looks up what "
            "records lack."
        )
        lines, citations = self._mentioning(name, Numbering(history))
        whole = f"{text}\n\nAbstracts that mention the name:\n\n{lines}" if lines else text
        return DirectAnswer(whole, "records", tuple(citations))

    def _answer_unknown_collection(self, name: str) -> DirectAnswer:
        groups = self._lookup.groups("collection")
        there = f"There are these:\n\n{list_counts(groups)}" if groups else "There is none yet."
        text = f"No collection of this library is called “{name}”. {there}"
        return DirectAnswer(text, "records", reason="not_in_library")

    def _mentioning(self, name: str, numbering: Numbering) -> tuple[str, list[Citation]]:
        """Return the sentences of abstracts that have a name, a line each, and their citations."""
        family = re.compile(rf"\b{re.escape(name.split()[-1])}\b")
        papers = self._lookup.having(analyze(name.split()[-1]), MOST_NEWEST)
        found = [
            (paper, [s for s in quotable_sentences(paper) if family.search(s.text)])
            for paper in papers
        ]
        citations = [cite_record(paper, numbering, said[0]) for paper, said in found if said]
        lines = [f"- **{c.paper.title}**: {c.quote} [{c.marker}]" for c in citations]
        return "\n".join(lines), citations

    def _answer_passing(self, query: Query) -> DirectAnswer | None:
        """List all papers that pass the filters, the latest first; None where none does."""
        passing_all = self._lookup.newest(query.filters, MOST_FOUND)
        found = [paper for paper in passing_all if paper.paper_id not in query.excluded]
        if not found:
            return self._no_other(query) if passing_all else None
        together_by = {paper.paper_id: count_named(query.filters, paper) for paper in found}
        most = max(together_by.values())
        found = sorted(found, key=lambda paper: -together_by[paper.paper_id])
        together = [paper for paper in found if together_by[paper.paper_id] == most]
        filters = query.filters
        by = " and ".join(filters.authors) if most > 1 else " or ".join(filters.authors)
        passing = describe_filters(replace(filters, authors=(by,) if by else ()))
        said = f"{counted(len(together))} {_is(len(together))} {passing}"
        listing = self._list(said, together, query, told=passing)
        named = listing.listed and replace(listing.listed, authors=filters.authors)
        return replace(listing, found=tuple(found), listed=named)

    def _no_other(self, query: Query) -> DirectAnswer:
        by = " or ".join(query.filters.authors)
        text = f"No other paper by {by} is in this library."
        return DirectAnswer(text, "records", reason="not_in_library")

    def _answer_count(self, query: Query, asked: LibraryQuestion) -> DirectAnswer | None:
        if query.among and asked == LibraryQuestion("count", is_of_list=True) and not query.filters:
            return describe_rest(query, query.among, self._lookup)
        if asked.is_of_list or asked.venues:
            return self._answer_list(query, asked)
        if not (asked.topic or asked.kind or asked.unlike or query.filters):
            total = self._lookup.count(NO_FILTERS)
            return DirectAnswer(
                f"The library holds {counted(total)}.{describe_dates(self._lookup)}", "records"
            )
        asked = without_general_noun(asked, self._lookup)
        titled, others = papers_on_topic(query, asked, self._lookup)
        if not titled and not others:
            return self._nothing(query, asked)
        return self._list_found(query, asked, titled, others)

    def _answer_by_rarest_word(
        self, query: Query, asked: LibraryQuestion, others: Sequence[Paper]
    ) -> DirectAnswer | None:
        """List titles with a topic's rarest word, and texts with all its words.

        Those that have the topic word for word come first.
        """
        rarest, titled = papers_on_rarest_word(query, asked, self._lookup)
        known = {paper.paper_id for paper in titled}
        more = [paper for paper in others if paper.paper_id not in known]
        if not titled or len(titled) > MOST_LISTED:
            return None
        said = f"{counted(len(titled))} with “{rarest}” in the title"
        also = f", and {len(more)} more with “{asked.topic}” in the abstract" if more else ""
        papers = sorted([*titled, *more], key=lambda paper: not has_phrase(asked.topic, paper))
        return self._list(f"{said}{also}", papers, query, told=_told(query, asked))

    def _answer_list(self, query: Query, asked: LibraryQuestion) -> DirectAnswer | None:
        if asked.field == "retraction":
            return describe_retracted(query, asked, self._lookup)
        if asked.field or asked.venues or query.among or asked.is_of_list:
            return describe_selected(query, asked, self._lookup)
        asked = without_general_noun(asked, self._lookup)
        titled, others = papers_on_topic(query, asked, self._lookup)
        if not titled and (widened := self._answer_by_rarest_word(query, asked, others)):
            return widened
        if not titled and (not others or has_alternatives(asked.topic)):
            return self._nothing(query, asked)
        return self._list_found(query, asked, titled, others)

    def _nothing(self, query: Query, asked: LibraryQuestion) -> DirectAnswer | None:
        """Say that no paper passes; None where other words may still find some on the topic."""
        if asked.topic and not query.filters:
            return None
        why = (
            describe_filters(query.filters) or f"with “{asked.kind.partition('|')[0]}” in the title"
        )
        text = f"No paper in this library is {why}.{self.undated(query.filters)}"
        return DirectAnswer(text, "records", reason="not_in_library")

    def _answer_topics(self, query: Query, _: LibraryQuestion) -> DirectAnswer:
        if answer := describe_topics(self._lookup):
            return answer
        total = counted(self._lookup.count(NO_FILTERS))
        papers = list(islice(self._lookup.everything(), SAMPLE))
        return self._list(f"The library holds {total}", papers, query)

    def _answer_added(self, query: Query, _: LibraryQuestion) -> DirectAnswer:
        latest = list(deque(self._lookup.everything(), MOST_NEWEST))[::-1]
        said = "When a paper was added is not recorded; these were added last, the latest first"
        return self._list(said, latest, query, undated="")

    def _answer_sources(self, _: Query, __: LibraryQuestion) -> DirectAnswer:
        return describe_sources(self._lookup)

    def undated(self, filters: Filters) -> str:
        """Say how many papers a filter of years excludes for lack of a date; "" for none."""
        return describe_undated(filters, self._lookup)

    def _list(
        self,
        said: str,
        papers: Sequence[Paper],
        query: Query,
        *,
        told: str = "",
        undated: str | None = None,
    ) -> DirectAnswer:
        """List papers below what is said of them, as many as are asked for.

        Args:
            said: The sentence above the list, without its full stop.
            papers: All of them, in their order.
            query: What is asked.
            told: What they are, in words behind "papers".
            undated: What is said of those without a date; None to look.
        """
        undated = self.undated(query.filters) if undated is None else undated
        asked = query.library_question
        most = (asked.most if asked else 0) or MOST_LISTED
        is_bare = form_of(query.text).titles_only or (asked and asked.what == "count")
        sentence_of = no_sentence if is_bare else lead_sentence
        lines, citations = listed(papers[:most], Numbering(query.history), sentence_of)
        more = said_of_rest(len(papers) - len(citations))
        return DirectAnswer(
            f"{said}.{undated}\n\n{lines}{more}",
            "records",
            tuple(citations),
            found=tuple(papers),
            listed=Listed(tuple(p.paper_id for p in papers), len(citations), told),
        )

    def _list_found(
        self,
        query: Query,
        asked: LibraryQuestion,
        titled: Sequence[Paper],
        others: Sequence[Paper],
    ) -> DirectAnswer:
        said, papers = _say_found(query, asked, titled, others), [*titled, *others]
        return self._list(said, papers, query, told=_told(query, asked))

    def _answer_rest(self, query: Query, _: LibraryQuestion) -> DirectAnswer | None:
        return describe_rest(query, query.among, self._lookup) if query.among else None

    def _answer_dated(self, query: Query, asked: LibraryQuestion) -> DirectAnswer | None:
        titled, others = papers_on_topic(query, asked, self._lookup)
        papers = [*titled, *others]
        if not papers:
            return self._nothing(query, asked)
        on = f"on “{asked.topic}”" if asked.topic else ""
        before = query.among.told if query.among else ""
        told = _behind(before, on, describe_filters(query.filters))
        if dated := describe_oldest(papers, query, asked, told):
            is_whole = asked.is_of_list and query.among is None
            return replace(dated, text=NO_LIST + dated.text) if is_whole else dated
        none = f"None of the {counted(len(papers))}{told} has a recorded date"
        said = f"{none}, so none is the {asked.what}. The first that were added"
        return self._list(said, papers[:MOST_NEWEST], query)


def _behind(*told: str) -> str:
    """Return what papers are, as it stands behind "papers"; begins with a space where not ""."""
    return "".join(f" {each}" for each in told if each)


def _told(query: Query, asked: LibraryQuestion) -> str:
    """Return what the papers of a list are, in words behind "papers"."""
    passing = describe_filters(query.filters)
    unlike = f"without “{asked.unlike}”" if asked.unlike else ""
    named = asked.topic or (_kind(asked) if asked.kind else "")
    on = f"with “{named}” in title or abstract" if asked.topic else f"with “{named}” in the title"
    return " ".join(filter(None, (passing, on if named else "", unlike)))


def _kind(asked: LibraryQuestion) -> str:
    return "survey or review" if "survey" in asked.kind else asked.kind.partition("|")[0]


def _say_found(
    query: Query, asked: LibraryQuestion, titled: Sequence[Paper], others: Sequence[Paper]
) -> str:
    passing = f" {describe_filters(query.filters)}" if query.filters else ""
    verb = "does" if len(titled) + len(others) == 1 else "do"
    passing += f" that {verb} not mention “{asked.unlike}”" if asked.unlike else ""
    kind = _kind(asked)
    if not asked.topic:
        total = len(titled) + len(others)
        named = f" with “{kind}” in {'its title' if total == 1 else 'their titles'}" if kind else ""
        return f"{counted(total)}{named}{passing}"
    called = f" and “{kind}”" if kind else ""
    said = f"{counted(len(titled))}{passing} with “{asked.topic}”{called} in the title"
    if not titled:
        return f"{counted(len(others))}{passing} with “{asked.topic}” in the abstract"
    return f"{said}, and {len(others)} more in the abstract" if others else said


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"

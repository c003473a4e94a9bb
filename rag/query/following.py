"""Find what a question asks of what an answer before named: its list, its people, its venues."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from rag.query.authors import FindAuthors
from rag.query.coreference import last_cited
from rag.query.filters import Understood
from rag.query.library_facts import library_fact
from rag.query.library_question import LibraryQuestion
from rag.query.library_questions import find_library_question
from rag.query.listings import (
    asked_number,
    asked_of_list,
    asks_how_many,
    last_listed,
    leaves_list_out,
    other_topic,
    points_to_list,
    with_papers_named,
)
from rag.query.paper_lookup import PaperLookup
from rag.query.people import asked_of_people
from rag.query.query import Query
from rag.query.questions import earlier_questions
from rag.query.venues import (
    NamedVenue,
    UnknownPlace,
    asked_of_venues,
    only_venues,
    read_venues,
    unknown_place,
    without_venues,
)
from rag.store.lexical import analyze
from rag.types import NO_FILTERS, Filters, Listed, Message


@dataclass(frozen=True, slots=True)
class FollowingFinder:
    """Find what questions ask of what the answers before them named.

    Attributes:
        understand_filters: Separates the filters of a question from its topic.
        find_authors: Gives the library's authors that have a name.
        lookup: The library's papers; None where no venues are looked up.
    """

    understand_filters: Callable[[str], Understood]
    find_authors: FindAuthors
    lookup: PaperLookup | None

    def find(
        self, text: str, question: str, history: Sequence[Message], filters: Filters | None
    ) -> Query | None:
        """Return the query for what people wrote, or some papers of a list, if it is one.

        Args:
            text: The question as it was typed.
            question: The same with its spelling corrected.
            history: The conversation before it, oldest first.
            filters: All there are; None for those that the question says itself.
        """
        asked = (text, question, history, filters)
        return self._of_people(*asked) or self._of_other_topic(*asked) or self._of_list(*asked)

    def _of_other_topic(
        self, text: str, question: str, history: Sequence[Message], filters: Filters | None
    ) -> Query | None:
        """Return the last question again with another topic: "anything on moss?", "and on fern?".

        Only where the topic was all that it asked for, so that no part of its list is meant.
        """
        topic = other_topic(question)
        before = next(iter(earlier_questions(history)), "")
        if not (topic and before and last_listed(history)) or filters:
            return None
        asked = find_library_question(before)
        is_by_topic = asked and asked.what in ("list", "count") and asked.topic
        if asked is None or not is_by_topic or asked.kind or asked.field or asked.is_of_list:
            return None
        if any(self.understand_filters(each).filters for each in (before, question)):
            return None
        again = replace(asked, topic=topic)
        query = Query(text, question, topic, NO_FILTERS, tuple(history), asks_for="records")
        return replace(query, library_question=again)

    def _of_people(
        self, text: str, question: str, history: Sequence[Message], filters: Filters | None
    ) -> Query | None:
        """Return the query for what people wrote that the answer before named, if it is one.

        Those who are named, or the authors of its paper where others by them are asked for.
        """
        found = Understood(question, filters or NO_FILTERS)
        if filters is None:
            found = self.understand_filters(question)
        asked, listed, cited = (
            asked_of_people(found.question),
            last_listed(history),
            last_cited(history),
        )
        if asked is None or not (cited or listed):
            return None
        query = Query(text, question, asked.topic, found.filters, tuple(history))
        names = listed.authors if listed else ()
        if not names and listed is None and asked.is_for_others:
            names = cited[0].authors
            if not names:
                return replace(query, asks_for="records", about=(cited[0],), fields=("authors",))
        if not names:
            return None
        shown = listed.paper_ids[: listed.shown] if listed else ()
        ids = (*shown, *(paper.paper_id for paper in cited)) if asked.is_for_others else ()
        works = LibraryQuestion("works", asked.topic, people=asked.of(names))
        return replace(query, asks_for="records", library_question=works, excluded=ids)

    def _of_list(
        self, text: str, question: str, history: Sequence[Message], filters: Filters | None
    ) -> Query | None:
        """Return the query for some of the papers that a list before showed, if it is one.

        Where nothing was cited before, it is asked of all papers.
        """
        listed = last_listed(history)
        among = listed if listed and listed.paper_ids else None
        is_of_shown = any(message.citations for message in history)
        points = points_to_list(question)
        is_left_out = not points and leaves_list_out(question)
        if among is None and (is_of_shown or not (points or is_left_out)):
            return _of_cited_age(text, question, history) if points else None
        found = Understood(with_papers_named(question), filters or NO_FILTERS)
        if filters is None:
            found = self.understand_filters(found.question)
        named = self._named_venues(found.question)
        bare, is_limited = without_venues(found.question, named), bool(found.filters or named)
        if is_left_out and (
            found.filters.has_years or (found.filters.authors and among and among.authors)
        ):
            return None  # "and how many from 2020?" asks the last question again
        asked = asked_of_list(bare, points=points or is_left_out, is_limited=is_limited)
        if asked is None and among is None:  # "these papers" are those of the library then
            asked = library_fact(bare)
        if asked is None and among and (place := self.unknown_place(bare)):
            query = Query(text, question, "", found.filters, tuple(history), unknown_place=place)
            return replace(query, asks_for="records")
        if asked is None:
            return None
        asked = replace(asked, is_of_list=asked.is_of_list and bool(points or among))
        asked = replace(asked, venues=tuple(each.name for each in named))
        query = Query(text, question, asked.topic, found.filters, tuple(history))
        return replace(query, asks_for="records", library_question=asked, among=among)

    def _named_venues(self, question: str) -> list[NamedVenue]:
        if self.lookup is None:
            return []
        return read_venues(question, self.lookup.venues(), self.lookup.knows_word)

    def asked_of_venues(
        self, found: Understood, history: Sequence[Message]
    ) -> tuple[LibraryQuestion | None, Understood]:
        """Return what is asked of the papers of venues, if anything, and the year behind one.

        "And ICML?" asks the last such question again, in its filters.
        """
        named = self._named_venues(found.question)
        asked = asked_of_venues(found.question, named, is_limited=bool(found.filters))
        if asked is None and only_venues(found.question, named):
            filters = found.filters
            for earlier in earlier_questions(history):
                before, limits = self.asked_of_venues(self.understand_filters(earlier), ())
                filters = filters.over(limits.filters)
                if before:
                    venues = tuple(each.name for each in named)
                    return replace(before, venues=venues), Understood(found.question, filters)
        if asked and asked.year:
            years = Filters(asked.year, asked.year)
            found = Understood(found.question, years.over(found.filters))
        return (asked.asked if asked else None), found

    def unknown_place(self, question: str) -> UnknownPlace | None:
        """Return the name in the place of a venue's or a university's that no record has."""
        place = unknown_place(question)
        if place is None or self.lookup is None or self.find_authors(place.name):
            return None
        is_topic = any(map(self.lookup.frequency, analyze(place.name)))
        return place if place.is_sure or not is_topic else None


def _of_cited_age(text: str, question: str, history: Sequence[Message]) -> Query | None:
    """Return the query for the newest or the oldest of the papers that were cited last."""
    asked = asked_of_list(with_papers_named(question), points=True, is_limited=False)
    cited = tuple(paper.paper_id for paper in last_cited(history))
    if asked is None or asked.what not in ("newest", "oldest") or len(cited) < 2:
        return None
    query = Query(text, question, "", history=tuple(history), asks_for="records")
    among = Listed(cited, len(cited), "cited before")
    return replace(query, library_question=asked, among=among)


def of_rest(
    text: str, history: Sequence[Message], filters: Filters | None, listed: Listed
) -> Query:
    """Return the query for what a list has beyond what it showed."""
    query = Query(text, text, "", filters or NO_FILTERS, tuple(history), asks_for="records")
    asked = LibraryQuestion("rest", most=asked_number(text))
    if asks_how_many(text):
        asked = LibraryQuestion("count", is_of_list=True)
    return replace(query, library_question=asked, among=listed)

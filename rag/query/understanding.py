"""Parse a question in its conversation into a `Query`.

What kind of answer is asked for is decided here and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from rag.query.assistant_questions import AssistantQuestions
from rag.query.authors import FindAuthors, said_by, unknown_author
from rag.query.coined import asks_who_coined, unknown_names
from rag.query.coreference import ORDINAL, has_pronoun, last_cited
from rag.query.counting import YEAR
from rag.query.fields import Field, asked_fields, asks_for_text_too, without_fields
from rag.query.filters import (
    Understood,
    asked_of_papers,
    is_untopical,
    only_filters,
    understood_filters,
)
from rag.query.follow_ups import (
    asks_for_more,
    asks_for_sources,
    asks_to_rephrase,
    explicit_new_topic,
    possible_new_topic,
    selects_among_cited,
    specific_words,
)
from rag.query.following import FollowingFinder, of_rest
from rag.query.form import form_of, without_form
from rag.query.groups import GroupKind, unknown_collection
from rag.query.intent import (
    is_affirmation,
    question_for_papers,
    without_interjection,
    without_request,
)
from rag.query.languages import language_of
from rag.query.library_question import LibraryQuestion
from rag.query.library_questions import find_library_question, narrow_to_newest
from rag.query.listings import (
    asks_for_rest,
    asks_how_many,
    last_listed,
)
from rag.query.locators import find_locators
from rag.query.naming import mentioning
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.query.questions import LEANS_BACK, earlier_questions
from rag.query.recalling import with_cited
from rag.query.spelling import Spelled, corrected
from rag.query.subject import SubjectFinder
from rag.query.talk import small_talk
from rag.store.lexical import analyze
from rag.types import NO_FILTERS, Filters, Message

# Words. In a longer question that names no paper, "who wrote" is only a part of what is asked.
LONGEST_FOR_FIELDS: Final = 16
EXAMPLE: Final = re.compile(r"\b(?:an|one|any|another)\s+example\W*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class QueryParser:
    """Parse questions to one library.

    Attributes:
        find_authors: Gives the library's authors that have a name.
        refresh: Called before the library is looked at, to see what other processes have written.
        lookup: The library's papers; None where no names are looked up.
        assistant: Knows questions for the assistant by example; None where rules alone decide.
        expect: Told first what a question that stands alone will probably be searched by.
    """

    find_authors: FindAuthors
    refresh: Callable[[], None] = lambda: None
    lookup: PaperLookup | None = None
    assistant: AssistantQuestions | None = None
    expect: Callable[[str], None] = lambda _: None

    def understand(
        self, text: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Query:
        """Parse a question that is to be answered.

        Args:
            text: The question as it was typed.
            history: The conversation before it, oldest first.
            filters: All there are; None for those that the question says itself.
        """
        history = with_cited(history, self.lookup)
        if filters is None and _names_year_of_paper(text, history):
            filters = NO_FILTERS
        if language := language_of(text):
            return Query(text, "", "", history=tuple(history), asks_for=None, language=language)
        if asks_for_sources(text) and (cited := last_cited(history)):
            query = Query(text, text, "", history=tuple(history), asks_for="records")
            return replace(query, about=tuple(cited), fields=("link",))
        listed = last_listed(history)
        if listed and listed.paper_ids and (asks_for_rest(text) or asks_how_many(text)):
            return of_rest(text, history, filters, listed)
        if (talk := small_talk(text)) and not _asks_for_example(text, history):
            return Query(text, "", "", history=tuple(history), asks_for="assistant", talk=talk)
        self._look_anew(text, history)
        spelled = corrected(text, self.lookup) if self.lookup else Spelled(text)
        if following := self._following.find(text, spelled.text, history, filters):
            return replace(following, misspelled=spelled.changed)
        standalone = standalone_question(spelled.text, history)
        query = self._parse(text, standalone, history, filters)
        query = replace(query, misspelled=spelled.changed)
        if not standalone:
            return replace(query, asks_for=None)
        return self._decide(SubjectFinder(self.lookup).find(query))

    @property
    def _following(self) -> FollowingFinder:
        return FollowingFinder(self._understand_filters, self.find_authors, self.lookup)

    def understand_search(
        self, text: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Query:
        """Parse a text that is only searched for, so that all its words count.

        Takes the same arguments as `understand`.
        """
        self._look_anew(text, history)
        spelled = corrected(text, self.lookup).text if self.lookup else text
        return SubjectFinder(self.lookup).find(self._parse(text, spelled, history, filters))

    def _look_anew(self, text: str, history: Sequence[Message]) -> None:
        if not history:
            self.expect(without_form(text))
        self.refresh()

    def _parse(
        self, text: str, standalone: str, history: Sequence[Message], filters: Filters | None
    ) -> Query:
        if filters is None:
            found = self._understand_filters(standalone)
        else:
            found = Understood(standalone, filters)
        unknown = "" if found.filters.authors else self._unknown_author(standalone)
        asked, found = found.question, asked_of_papers(found, standalone, history)
        if is_narrowing := found.question not in ("", asked):
            found = self._narrowed(found.filters, history)
            standalone = asked = found.question or standalone
        topic = without_form(found.question)
        venues, found = self._following.asked_of_venues(found, history)
        library_question = venues or _of_library(asked, topic)
        if earlier := earlier_questions(history):
            before = self._understand_filters(earlier[0])
            is_limited = bool(before.filters)
            narrowed = narrow_to_newest(asked, before.question, is_limited=is_limited)
            if narrowed:
                library_question = narrowed
                found = Understood(found.question, found.filters.over(before.filters))
        return Query(
            text,
            standalone,
            topic,
            found.filters,
            tuple(history),
            library_question=library_question,
            unknown_author=unknown,
            unknown_place=None
            if library_question
            else self._following.unknown_place(found.question),
            unknown_collection=unknown_collection(standalone, self._names_of("collection")),
            is_new_topic=is_narrowing,
        )

    def _unknown_author(self, question: str) -> str:
        """Return the name of an author whom the library lacks; of anything else that it lacks "".

        What "what does Tee say" names may be a method or a paper, unless no paper has the word.
        """
        if name := unknown_author(question):
            return name
        name = said_by(question)
        is_here = self.lookup is None or any(map(self.lookup.frequency, analyze(name)))
        return "" if is_here else name

    def _narrowed(self, filters: Filters, history: Sequence[Message]) -> Understood:
        """Return the last question that was no mere filter, with all filters since; later win."""
        for text in earlier_questions(history):
            earlier = self._understand_filters(text)
            filters = filters.over(earlier.filters)
            if _stands_alone(earlier.question):
                return Understood(earlier.question, filters)
            is_listing = is_untopical(earlier.question) and not only_filters(text)
            if is_listing or (asked_fields(text) and not LEANS_BACK.search(text)):
                break
        return Understood("", filters)

    def _understand_filters(self, question: str) -> Understood:
        this_year = datetime.now(tz=UTC).year
        return understood_filters(question, self.find_authors, this_year, self._names_of)

    def _names_of(self, kind: GroupKind) -> Iterable[str]:
        return self.lookup.groups(kind) if self.lookup else ()

    @staticmethod
    def _fields_asked_before(query: Query) -> tuple[Field, ...]:
        """Return the fields of the last question where only a paper is named: "and the second?"."""
        question = query.standalone
        is_place = ORDINAL.search(question) and not specific_words(ORDINAL.sub(" ", question))
        is_next = is_place and possible_new_topic(question) and query.earlier
        return asked_fields(query.earlier[0]) if is_next else ()

    def asked_of_assistant(self, query: Query) -> str | None:
        """Return what a question that no paper is about asks of the assistant; None for nothing."""
        return self.assistant.find(query.text, is_declined=True) if self.assistant else None

    def _asked_of_assistant(self, query: Query) -> str | None:
        """Return what a question asks of the assistant, where it is about no papers."""
        if self.assistant is None or query.about or query.filters:
            return None
        return self.assistant.find(query.text)

    def _decide(self, query: Query) -> Query:
        """Decide what the answer is made from: abstracts, records, or what the assistant is."""
        if query.too_few_cited is not None:
            return replace(query, asks_for="assistant")
        if _asks_only_for_titles(query) and (cited := last_cited(query.history)):
            return replace(query, asks_for="records", about=tuple(cited))
        locators = find_locators(query.standalone)
        fields = (
            asked_fields(query.standalone)
            or asks_who_coined(query.standalone, query.about)
            or self._fields_asked_before(query)
        )
        is_of_library = (
            query.library_question
            or query.unknown_author
            or query.unknown_collection
            or (query.unknown_place and not query.about)
        )
        if locators or is_of_library:
            of_papers = () if query.library_question else fields
            return replace(query, asks_for="records", locators=locators, fields=of_papers)
        if fields and not query.about and self.lookup:
            mention = mentioning(without_fields(query.standalone), self.lookup)[:1]
            query = replace(query, about=tuple(mention), is_only_mentioned=bool(mention))
        is_short = len(query.standalone.split()) <= LONGEST_FOR_FIELDS
        if fields and (query.about or is_short):
            also = len(query.about) <= 1 and asks_for_text_too(query.standalone)
            return replace(query, asks_for="papers" if also else "records", fields=fields)
        if talk := self._asked_of_assistant(query):
            return replace(query, topic="", asks_for="assistant", talk=(talk,))
        unknown = unknown_names(query.standalone, self.lookup) if self.lookup else ()
        query = replace(query, unknown_names=unknown)
        is_listing = not query.topic and bool(query.filters) and not query.about
        return replace(query, asks_for="records" if is_listing else "papers")


def _asks_only_for_titles(query: Query) -> bool:
    """Return whether a follow-up asks for nothing but the titles of the papers before it."""
    return form_of(query.text).titles_only and not specific_words(without_form(query.text)) - {
        "titles",
        "title",
        "names",
        "show",
        "give",
        "please",
    }


def _names_year_of_paper(text: str, history: Sequence[Message]) -> bool:
    """Return whether the paper before speaks of the years that are all a message says."""
    years = YEAR.findall(text) if only_filters(text) else []
    cited = last_cited(history)
    return bool(years) and len(cited) == 1 and all(year in cited[0].abstract for year in years)


def _asks_for_example(text: str, history: Sequence[Message]) -> bool:
    """Return whether an example of what was cited is asked for: "give me an example"."""
    return bool(last_cited(history)) and EXAMPLE.search(text) is not None


def _of_library(asked: str, topic: str) -> LibraryQuestion | None:
    """Return what is asked of all records, with the filters or without them."""
    return find_library_question(without_form(asked)) or find_library_question(topic)


def _stands_alone(question: str) -> bool:
    """Return whether a question says what it is about, without the conversation before it."""
    leans = has_pronoun(question) or selects_among_cited(question) or asks_to_rephrase(question)
    return not (leans or is_untopical(question) or asked_fields(question)) and bool(
        specific_words(question)
    )


def standalone_question(question: str, history: Sequence[Message]) -> str:
    """Return what is asked of the papers; empty when nothing is, the last question for a "yes"."""
    earlier = earlier_questions(history)
    has_cited = any(message.citations for message in history)
    if has_cited and (asks_for_more(question) or asks_to_rephrase(question)):
        return question
    if earlier and is_affirmation(question):
        return earlier[0]
    asked = without_interjection(question_for_papers(explicit_new_topic(question) or question))
    return asked if find_library_question(asked) else without_request(asked)

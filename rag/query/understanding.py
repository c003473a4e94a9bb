"""Makes one `Query` of a question and its conversation.

What kind of answer is asked for is decided here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from rag.query.authors import FindAuthors, asks_for_same_authors, unknown_author
from rag.query.coined import unknown_names
from rag.query.details import is_detail, missing_type, without_details
from rag.query.fields import Field, asked_fields, asks_also, without_fields
from rag.query.filters import Understood, asked_of_papers, understood_filters
from rag.query.focus import own_words
from rag.query.groups import GroupKind, unknown_collection
from rag.query.intent import (
    is_affirmation,
    question_for_papers,
    without_frame,
    without_interjection,
)
from rag.query.kinds import LibraryQuestion, asked_of_library, narrowed
from rag.query.languages import language_of
from rag.query.locators import NO_LOCATORS, Locators, find_locators
from rag.query.naming import is_topic, keeps_to, mentioning, named_papers
from rag.query.paper_lookup import PaperLookup
from rag.query.pointing import (
    NOWHERE,
    ORDINAL,
    Pointed,
    applied_to,
    asks_for_more,
    asks_for_other_words,
    changed_topic,
    cited_before,
    compares,
    covers,
    has_pronoun,
    is_bare,
    last_cited,
    own_of,
    pointed_papers,
    searches_on,
    short_of,
    turns_away,
)
from rag.query.questions import earlier_questions
from rag.query.spelling import Spelled, corrected
from rag.query.talk import small_talk
from rag.sentences import split_sentences
from rag.store.lexical import analyze
from rag.types import NO_FILTERS, Citation, Filters, Message, Origin, Paper

# Words; of a longer question that names no paper, "who wrote" is but a part of its story.
LONGEST_RECORD_QUESTION: Final = 16
MOST_DETAILED_WORDS: Final = 3  # a longer question tells its paper by more than a name
MOST_DETAILING: Final = 3  # papers that are read for a detail of a thing that several have


@dataclass(frozen=True, slots=True)
class Query:
    """A question within its conversation, in the forms that the stages need.

    Attributes:
        text: The question as it was typed.
        standalone: What it asks of the papers, which a writer answers: without small talk and
            orders, a bare "yes" being the last question anew; "" when it asks them nothing.
        topic: The same without the words of its filters, which retrieval looks for; "" when all
            papers that pass the filters are asked for.
        filters: Which papers may answer.
        history: The conversation before it, oldest first.
        rewritten: A follow-up in full, as a model put it; None where none did.
        asks_for: What the answer is to be made from; None where nothing can answer it.
        about: The papers that it names, or points at, in this order; no others answer then.
        talk: What it asks of the assistant itself, a name for each sentence.
        fields: What it asks of the records of the papers that it is about.
        library_question: What it asks of the library's records as a whole.
        locators: Ids and addresses in it.
        language: The code of another language than English that it is put in.
        unknown_author: A name that stands where an author's does, and that no record has.
        unknown_collection: A name of a collection that the library does not have.
        changed: Its words that were taken for typing errors, as they were typed; the forms that
            the stages need have them corrected.
        is_new_topic: Whether it turns away from the conversation, which only keeps its numbers.
        unknown: Names of things in it that no paper of the library mentions.
        short_of: How many papers the answers before cite, where it points at more of them.
        is_mention: Whether the papers that it is about only mention what it names.
        excluded: Ids of papers that were cited before, where others than these are asked for.
        before: The papers of the last answer, where its words leave open whether it is on these.
        turns: Whether it then sets out as if it turned to something else: "what about tides?"
        points: Whether a pronoun then stands for one of them.
        leading: Papers that come first among those that are found.
    """

    text: str
    standalone: str
    topic: str
    filters: Filters = NO_FILTERS
    history: tuple[Message, ...] = ()
    rewritten: str | None = None
    asks_for: Origin | None = "papers"
    about: tuple[Paper, ...] = ()
    talk: tuple[str, ...] = ()
    fields: tuple[Field, ...] = ()
    library_question: LibraryQuestion | None = None
    locators: Locators = NO_LOCATORS
    language: str | None = None
    unknown_author: str = ""
    unknown_collection: str = ""
    unknown: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    is_new_topic: bool = False
    short_of: int | None = None
    is_mention: bool = False
    excluded: tuple[str, ...] = ()
    before: tuple[Paper, ...] = ()
    turns: bool = False
    points: bool = False
    leading: tuple[Paper, ...] = ()

    @property
    def relevant_history(self) -> tuple[Message, ...]:
        """The conversation, as far as it says what the question is about."""
        return () if self.is_new_topic else self.history

    @property
    def earlier(self) -> list[str]:
        """The questions that were asked before, latest first."""
        return earlier_questions(self.relevant_history)

    @property
    def is_follow_up(self) -> bool:
        """Whether anything was asked before."""
        return bool(self.earlier)

    @property
    def searched_history(self) -> tuple[Message, ...]:
        """The conversation for the search: a rewritten question is the last thing said in it.

        So the question as it was asked keeps most of the weight, whatever the model makes of it.
        """
        if not self.rewritten:
            return self.relevant_history
        return (*self.relevant_history, Message("user", self.rewritten))

    @property
    def subject(self) -> str:
        """What it is about: the last question where its own words do not say."""
        earlier = self.earlier
        return earlier[0] if self.topic and earlier and not own_words(self.topic) else self.topic


@dataclass(frozen=True, slots=True)
class QueryParser:
    """Reads questions with the authors of one library in mind.

    Attributes:
        find_authors: The library's authors that bear a name.
        refresh: Called before authors are looked for, to see what others have written.
        lookup: Where papers are looked up that a question names; None where none can be.
    """

    find_authors: FindAuthors
    refresh: Callable[[], None] = lambda: None
    lookup: PaperLookup | None = None

    def understand(
        self, text: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Query:
        """Build the query of a question that is to be answered.

        Args:
            text: The question as it was typed.
            history: The conversation before it, oldest first.
            filters: All there are; None for those that the question says itself.
        """
        if language := language_of(text):
            return Query(text, "", "", history=tuple(history), asks_for=None, language=language)
        if talk := small_talk(text):
            return Query(text, "", "", history=tuple(history), asks_for="assistant", talk=talk)
        spelled = corrected(text, self.lookup) if self.lookup else Spelled(text)
        standalone = standalone_question(spelled.text, history)
        query = self._apart(text, standalone, history, filters)
        query = replace(query, changed=spelled.changed)
        if not standalone:
            return replace(query, asks_for=None)
        return self._decided(self._pointed(query))

    def understand_search(
        self, text: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Query:
        """Build the query of a text that is only searched for, so that all its words count.

        Takes the same as `understand`.
        """
        spelled = corrected(text, self.lookup).text if self.lookup else text
        return self._pointed(self._apart(text, spelled, history, filters))

    def _apart(
        self, text: str, standalone: str, history: Sequence[Message], filters: Filters | None
    ) -> Query:
        found = Understood(standalone, filters or NO_FILTERS)
        if filters is None:
            self.refresh()
            this_year = datetime.now(tz=UTC).year
            found = understood_filters(standalone, self.find_authors, this_year, self._names_of)
        unknown = "" if found.filters.authors else unknown_author(standalone)
        asked, found = found.question, asked_of_papers(found, standalone, history)
        library_question = asked_of_library(asked) or asked_of_library(found.question)
        if earlier := earlier_questions(history):
            library_question = (
                narrowed(asked, self._without_filters(earlier[0])) or library_question
            )
        return Query(
            text,
            standalone,
            found.question,
            found.filters,
            tuple(history),
            library_question=library_question,
            unknown_author=unknown,
            unknown_collection=unknown_collection(standalone, self._names_of("collection")),
        )

    def _without_filters(self, question: str) -> str:
        this_year = datetime.now(tz=UTC).year
        return understood_filters(question, self.find_authors, this_year, self._names_of).question

    def _names_of(self, kind: GroupKind) -> Iterable[str]:
        return self.lookup.groups(kind) if self.lookup else ()

    def _pointed(self, query: Query) -> Query:
        """The query with the papers that it names, or points at in the conversation."""
        named = named_papers(query.standalone, self.lookup) if self.lookup else []
        if changed_topic(query.text):
            return replace(query, about=tuple(named), is_new_topic=True)
        turned = turns_away(query.standalone)
        is_kept = asked_fields(turned) or is_detail(turned) or ORDINAL.search(turned)
        is_new = turned and own_of(turned) and not is_kept
        if is_new and self.lookup and (named or is_topic(turned, self.lookup)):
            return replace(query, about=tuple(named), is_new_topic=True)
        if named and not compares(query.standalone):
            return replace(query, about=tuple(named))
        history = self._remembered(query.history)
        pointed = pointed_papers(query.standalone, history)
        if not pointed.papers and is_detail(query.standalone) and is_bare(query.standalone):
            pointed = Pointed(tuple(last_cited(history)[:1]))
        is_meant = pointed.is_sure or (bool(pointed.papers) and is_detail(query.standalone))
        is_meant = is_meant and not self._is_applied_elsewhere(query.standalone, pointed)
        if pointed.papers and not (is_meant or covers(pointed.papers, query.standalone)):
            pointed = NOWHERE
        if not (pointed.papers or named or query.history) and is_detail(query.standalone):
            return replace(query, about=self._detailing(query.standalone))
        query = replace(query, excluded=cited_before(query.standalone, history))
        if not (is_meant or named or len(pointed.papers) > 1 or searches_on(query.standalone)):
            query = replace(
                query,
                before=tuple(last_cited(history)),
                turns=bool(turned) and not keeps_to(turned),
                points=pointed.is_pronoun or has_pronoun(query.standalone),
            )
        both = {paper.paper_id: paper for paper in (*pointed.papers, *named)}
        short = None if both else short_of(query.standalone, history)
        return replace(query, about=tuple(both.values()), short_of=short)

    def _is_applied_elsewhere(self, question: str, pointed: Pointed) -> bool:
        """Whether it puts a thing of other papers beside the one that its pronoun stands for.

        "Does that work for LSTMs?" is asked of other papers, where that one speaks of none.
        """
        if self.lookup is None or not pointed.is_pronoun:
            return False
        paper = pointed.papers[0]
        present = set(analyze(f"{paper.title} {paper.abstract}"))
        return any(
            not present.issuperset(stems) and self.lookup.having(stems, 1)
            for stems in map(analyze, applied_to(question))
            if stems
        )

    def _detailing(self, question: str) -> tuple[Paper, ...]:
        """The papers with the names in a question for a detail; those that say it, if any does."""
        if self.lookup is None:
            return ()
        bare = without_details(question)
        if len(own_of(bare)) > MOST_DETAILED_WORDS:
            return ()
        papers = mentioning(bare, self.lookup)
        saying = [
            paper
            for paper in papers
            if not missing_type(question, [s.text for s in split_sentences(paper.abstract)])
        ]
        return tuple((saying or papers)[:MOST_DETAILING])

    def _remembered(self, history: Sequence[Message]) -> Sequence[Message]:
        """The conversation, in which a declined question has the papers that it named."""
        if not (self.lookup and history) or history[-1].citations:
            return history
        before: list[Message] = []
        for message in history:
            cited: tuple[Citation, ...] = ()
            if message.role == "user":
                named = named_papers(message.content, self.lookup)
                cited = tuple(Citation(0, paper, "", 0, 0, 1.0) for paper in named)
            before += [message, *([Message("assistant", "", cited)] if cited else [])]
        return before

    @staticmethod
    def _of_same_authors(query: Query, paper: Paper) -> Query:
        """The query for other papers of a paper's authors; for their names, where it has none."""
        if not paper.authors:
            return replace(query, asks_for="records", about=(paper,), fields=("authors",))
        filters = replace(query.filters, authors=paper.authors)
        ids = (paper.paper_id,)
        return replace(query, asks_for="records", topic="", about=(), filters=filters, excluded=ids)

    @staticmethod
    def _asked_before(query: Query) -> tuple[Field, ...]:
        """The fields that the question before asked for, where this only names another paper."""
        is_place = ORDINAL.search(query.standalone) and not own_of(
            ORDINAL.sub(" ", query.standalone)
        )
        is_next = is_place and turns_away(query.standalone) and query.earlier
        return asked_fields(query.earlier[0]) if is_next else ()

    def _decided(self, query: Query) -> Query:
        """The query with what it asks of records, and so with the kind of its answer."""
        if asks_for_same_authors(query.standalone) and (cited := last_cited(query.history)):
            return self._of_same_authors(query, cited[0])
        if query.short_of is not None:
            return replace(query, asks_for="assistant")
        locators = find_locators(query.standalone)
        fields = asked_fields(query.standalone) or self._asked_before(query)
        is_of_library = query.library_question or query.unknown_author or query.unknown_collection
        if locators or is_of_library:
            return replace(query, asks_for="records", locators=locators, fields=fields)
        if fields and not query.about and self.lookup:
            mention = mentioning(without_fields(query.standalone), self.lookup)[:1]
            query = replace(query, about=tuple(mention), is_mention=bool(mention))
        is_short = len(query.standalone.split()) <= LONGEST_RECORD_QUESTION
        if fields and (query.about or is_short):
            also = len(query.about) <= 1 and asks_also(query.standalone)
            return replace(query, asks_for="papers" if also else "records", fields=fields)
        unknown = unknown_names(query.standalone, self.lookup) if self.lookup else ()
        query = replace(query, unknown=unknown)
        is_listing = not query.topic and bool(query.filters) and not query.about
        return replace(query, asks_for="records" if is_listing else "papers")


def standalone_question(question: str, history: Sequence[Message]) -> str:
    """What is asked of the papers, "" when nothing is; a bare "yes" asks the last question anew."""
    earlier = earlier_questions(history)
    has_cited = any(message.citations for message in history)
    if has_cited and (asks_for_more(question) or asks_for_other_words(question)):
        return question
    if earlier and is_affirmation(question):
        return earlier[0]
    asked = without_interjection(question_for_papers(changed_topic(question) or question))
    return asked if asked_of_library(asked) else without_frame(asked)

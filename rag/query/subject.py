"""Find the papers that a question is about: those it names, and those it refers to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from rag.query.coreference import (
    NO_ANTECEDENTS,
    ORDINAL,
    Antecedents,
    count_too_few_cited,
    covers,
    described_before,
    find_antecedents,
    has_pronoun,
    ids_to_exclude,
    last_cited,
)
from rag.query.details import is_detail, missing_type, without_details
from rag.query.evidence import asked_long_form, long_form
from rag.query.fields import asked_fields
from rag.query.follow_ups import (
    applied_to,
    applies,
    asks_for_like_papers,
    asks_for_other_papers,
    compares,
    continues_topic,
    explicit_new_topic,
    is_fragment,
    liked_name,
    possible_new_topic,
    specific_words,
)
from rag.query.naming import is_topic, mentioning, named_papers, names_title
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.sentences import split_sentences
from rag.store.lexical import analyze
from rag.types import Citation, Message, Paper

MOST_NAME_WORDS: Final = 3  # a longer question identifies its paper by more than a name
MOST_WITH_ACRONYM: Final = 200  # papers that are read for its long form
MOST_FOR_DETAIL: Final = 3  # papers that are read for a detail where several have the name


@dataclass(frozen=True, slots=True)
class SubjectFinder:
    """Find the papers that questions are about.

    Attributes:
        lookup: The library's papers; None where no names are looked up.
    """

    lookup: PaperLookup | None = None

    def find(self, query: Query) -> Query:
        """Return the query with the papers it is about, and how it relates to those before it."""
        described = described_before(query.standalone, query.history)
        if described:
            return replace(query, about=(described,))
        return self._like_named(query) or self._like_cited(query) or self._find(query)

    def _like_named(self, query: Query) -> Query | None:
        """Return the query for papers like the one that it names, if such are asked for."""
        name = liked_name(query.standalone)
        named = named_papers(name, self.lookup) if name and self.lookup else []
        if len(named) != 1 or not names_title(name, named[0]):
            return None
        return _for_papers_like(named[0], query, (named[0].paper_id,))

    @staticmethod
    def _like_cited(query: Query) -> Query | None:
        """Return the query for papers like the last one cited, if only such are asked for."""
        cited = last_cited(query.history)
        if not cited or not asks_for_like_papers(query.standalone):
            return None
        excluded = ids_to_exclude(query.standalone, query.history)
        return _for_papers_like(cited[0], query, excluded)

    def _find(self, query: Query) -> Query:
        question = query.standalone
        named = named_papers(question, self.lookup) if self.lookup else []
        if (
            query.is_new_topic
            or explicit_new_topic(query.text)
            or self._is_new_topic(question, named)
        ):
            return replace(query, about=tuple(named), is_new_topic=True)
        if spelling := self._spelling_out(question, named):
            return replace(query, about=spelling)
        if named and not compares(question):
            return replace(query, about=tuple(named))
        history = self._with_named_papers(query.history)
        found = self._find_antecedents(question, history)
        applied = self._applied_elsewhere(question, found)
        if applied and applies(question) and not (named or is_detail(question)):
            return replace(query, leading=found.papers[:1], applied_to=applied)
        is_meant = self._is_meant(question, found) and not applied
        if found.papers and not (is_meant or covers(found.papers, question)):
            found = NO_ANTECEDENTS
        if not (found.papers or named or query.history) and is_detail(question):
            return replace(query, about=self._find_for_detail(question))
        query = replace(query, excluded=ids_to_exclude(question, history))
        if not (is_meant or named or len(found.papers) > 1 or asks_for_other_papers(question)):
            turn = possible_new_topic(question)
            query = replace(
                query,
                previous=tuple(last_cited(history)),
                seems_new_topic=bool(turn) and not continues_topic(turn),
                has_pronoun=found.by_pronoun or has_pronoun(question),
            )
        about = {paper.paper_id: paper for paper in (*found.papers, *named)}
        too_few = None if about else count_too_few_cited(question, history)
        return replace(query, about=tuple(about.values()), too_few_cited=too_few)

    def _is_new_topic(self, question: str, named: Sequence[Paper]) -> bool:
        """Return whether "what about X" names a paper, or a topic of the library."""
        topic = possible_new_topic(question)
        is_kept = asked_fields(topic) or is_detail(topic) or ORDINAL.search(topic)
        if is_kept or not specific_words(topic) or self.lookup is None:
            return False
        return bool(named) or is_topic(topic, self.lookup)

    @staticmethod
    def _find_antecedents(question: str, history: Sequence[Message]) -> Antecedents:
        found = find_antecedents(question, history)
        if not found.papers and is_detail(question) and is_fragment(question):
            return Antecedents(tuple(last_cited(history)[:1]))
        return found

    @staticmethod
    def _is_meant(question: str, found: Antecedents) -> bool:
        """Return whether a question is surely about the papers that it may refer to."""
        return found.is_certain or (bool(found.papers) and is_detail(question))

    def _applied_elsewhere(self, question: str, found: Antecedents) -> tuple[str, ...]:
        """Return what a question applies a paper's method to, where only other papers mention it.

        "Does that work for LSTMs?" is asked of others too, where that paper mentions none. A
        detail may be asked in words that the paper lacks, as long as it has some of them.
        """
        if self.lookup is None or not found.by_pronoun:
            return ()
        paper = found.papers[0]
        present = set(analyze(f"{paper.title} {paper.abstract}"))
        applied = {word: stems for word in applied_to(question) if (stems := analyze(word))}
        lacking = {word: stems for word, stems in applied.items() if not present.issuperset(stems)}
        if is_detail(question) and len(lacking) < len(applied):
            return ()
        return tuple(word for word, stems in lacking.items() if self.lookup.is_had(stems))

    def _spelling_out(self, question: str, named: Sequence[Paper]) -> tuple[Paper, ...]:
        """Return papers that spell out the acronym that is asked for, one for each long form.

        The named ones, if they do.
        """
        term = asked_long_form(question)
        if not term or self.lookup is None:
            return ()
        found: dict[str, Paper] = {}
        for paper in (*named, *self.lookup.having(analyze(term), MOST_WITH_ACRONYM)):
            forms = (long_form(term, each.text) for each in split_sentences(paper.abstract))
            if form := next(filter(None, forms), ""):
                found.setdefault(form, paper)
            if found and paper in named:
                return (paper,)
        return tuple(found.values())[:MOST_FOR_DETAIL]

    def _find_for_detail(self, question: str) -> tuple[Paper, ...]:
        """Return papers with the names in a question for a detail; those that state it, if any."""
        if self.lookup is None:
            return ()
        name = without_details(question)
        if len(specific_words(name)) > MOST_NAME_WORDS:
            return ()
        papers = mentioning(name, self.lookup)
        stating = [
            paper
            for paper in papers
            if not missing_type(question, [s.text for s in split_sentences(paper.abstract)])
        ]
        return tuple((stating or papers)[:MOST_FOR_DETAIL])

    def _with_named_papers(self, history: Sequence[Message]) -> Sequence[Message]:
        """Return the conversation as if a declined question's named papers had been cited."""
        if not (self.lookup and history) or history[-1].citations:
            return history
        found: list[Message] = []
        for message in history:
            cited: tuple[Citation, ...] = ()
            if message.role == "user":
                named = named_papers(message.content, self.lookup)
                cited = tuple(Citation(0, paper, "", 0, 0, 1.0) for paper in named)
            found += [message, *([Message("assistant", "", cited)] if cited else [])]
        return found


def _for_papers_like(paper: Paper, query: Query, excluded: tuple[str, ...]) -> Query:
    alike = f"papers like “{paper.title}”"
    return replace(query, standalone=alike, topic=alike, excluded=excluded)

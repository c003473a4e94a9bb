"""Answer questions about the library as a whole: counts, lists, the newest, its topics."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Final

from rag.answering.direct import DirectAnswer
from rag.answering.phrases import shared_phrases
from rag.answering.records import cite_record, code_sentence, has_field, listed
from rag.answering.roles import lead_sentence
from rag.query.abbreviations import other_form
from rag.query.fields import Field
from rag.query.filters import UNTOPICAL, admits, count_named, describe_filters
from rag.query.library_questions import LibraryAspect
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.store.lexical import analyze
from rag.types import NO_FILTERS, Citation, Filters, Message, Paper
from rag.verification.numbering import Numbering
from rag.verification.support import quotable_sentences

MOST_FOUND: Final = 5000
MOST_LISTED: Final = 30
MOST_NEWEST: Final = 5
MOST_TOPICS: Final = 10
SAMPLE: Final = 2000  # papers whose titles topics are made of
FIELD_NAMES: Final[Mapping[Field, str]] = {
    "authors": "a recorded author",
    "date": "a recorded date",
    "venue": "a recorded journal or conference",
    "link": "a recorded address",
    "code": "an abstract that says where code is",
    "bibtex": "a record",
}


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
        if query.library_question is None:
            return self._answer_passing(query)
        ways: Mapping[LibraryAspect, Callable[[Query], DirectAnswer | None]] = {
            "count": self._answer_count,
            "list": self._answer_list,
            "newest": self._answer_dated,
            "oldest": self._answer_dated,
            "topics": self._answer_topics,
            "sources": self._answer_sources,
        }
        return ways[query.library_question.what](query)

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
        there = f"There are these:\n\n{_lines(groups)}" if groups else "There is none yet."
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
        named = {paper.paper_id: count_named(query.filters, paper) for paper in found}
        most = max(named.values())
        found = sorted(found, key=lambda paper: -named[paper.paper_id])
        together = [paper for paper in found if named[paper.paper_id] == most]
        filters = query.filters
        by = " and ".join(filters.authors) if most > 1 else " or ".join(filters.authors)
        passing = describe_filters(replace(filters, authors=(by,) if by else ()))
        said = f"{_counted(len(together))} {_is(len(together))} {passing}"
        listing = self._list(said, together, query, undated=self.undated(filters))
        return replace(listing, found=tuple(found))

    def _no_other(self, query: Query) -> DirectAnswer:
        by = " or ".join(query.filters.authors)
        text = f"No other paper by {by} is in this library."
        return DirectAnswer(text, "records", reason="not_in_library")

    # --- how many, and which --------------------------------------------------------------------

    def _matching(self, query: Query) -> tuple[list[Paper], list[Paper]]:
        """Return the papers on a topic: those with its words in the title, and the others."""
        asked = query.library_question
        assert asked is not None
        forms = self._forms(asked.topic)
        papers = self._having(forms) if forms else self._lookup.newest(query.filters, MOST_FOUND)
        others = [p for p in papers if p.paper_id not in query.excluded]
        passing = [p for p in others if not query.filters or admits(query.filters, p)]
        if asked.kind:
            kind = re.compile(rf"\b(?:{asked.kind})s?\b", re.IGNORECASE)
            passing = [paper for paper in passing if kind.search(paper.title)]
        stems = {paper.paper_id: set(analyze(paper.title)) for paper in passing}
        titled = [p for p in passing if any(form <= stems[p.paper_id] for form in forms or [set()])]
        known = {paper.paper_id for paper in titled}
        return titled, [paper for paper in passing if paper.paper_id not in known]

    def _forms(self, topic: str) -> list[set[str]]:
        """Return the stems of a topic, and those of its abbreviation or long form."""
        words = [w for w in re.findall(r"\w+", topic.lower()) if w not in UNTOPICAL]
        stems = analyze(" ".join(words))
        if not stems:
            return []
        forms = [set(stems), set(other_form(topic, self._lookup))]
        return [form for form in forms if form]

    def _having(self, forms: Sequence[set[str]]) -> list[Paper]:
        """Return the papers that have all stems of one of the forms, each once."""
        found = [p for form in forms for p in self._lookup.having(sorted(form), MOST_FOUND)]
        return list({paper.paper_id: paper for paper in found}.values())

    def _answer_count(self, query: Query) -> DirectAnswer | None:
        asked = query.library_question
        assert asked is not None
        if not (asked.topic or asked.kind or query.filters):
            total = self._lookup.count(NO_FILTERS)
            return DirectAnswer(f"The library holds {_counted(total)}.{self._dates()}", "records")
        titled, others = self._matching(query)
        if not titled and not others:
            return self._nothing(query)
        return self._list(self._say_matching(query, titled, others), [*titled, *others], query)

    def _widened(self, query: Query, others: Sequence[Paper]) -> DirectAnswer | None:
        """List titles with a topic's rarest word, where none has all its words."""
        asked = query.library_question
        assert asked is not None
        words = [w for w in re.findall(r"\w+", asked.topic) if w.lower() not in UNTOPICAL]
        if len(words) < 2 or asked.kind:
            return None
        rarest = min(words, key=lambda word: max(map(self._lookup.frequency, analyze(word))))
        narrow = replace(asked, topic=rarest)
        titled, _ = self._matching(replace(query, library_question=narrow))
        known = {paper.paper_id for paper in titled}
        more = [paper for paper in others if paper.paper_id not in known]
        if not titled or len(titled) > MOST_LISTED:
            return None
        said = f"{_counted(len(titled))} with “{rarest}” in the title"
        also = f", and {len(more)} more with “{asked.topic}” in the abstract" if more else ""
        return self._list(f"{said}{also}", [*titled, *more], query)

    def _answer_list(self, query: Query) -> DirectAnswer | None:
        asked = query.library_question
        if asked and asked.field:
            return self._answer_by_field(asked.field, query, is_lacking=asked.is_lacking)
        titled, others = self._matching(query)
        if not titled and (widened := self._widened(query, others)):
            return widened
        if not titled and not others:
            return self._nothing(query)
        return self._list(self._say_matching(query, titled, others), [*titled, *others], query)

    def _answer_by_field(self, field: Field, query: Query, *, is_lacking: bool) -> DirectAnswer:
        """List the papers whose records have a field, or lack it."""
        found = [p for p in self._lookup.everything() if has_field(p, field) != is_lacking]
        total = self._lookup.count(NO_FILTERS)
        named = FIELD_NAMES[field]
        verb = _have(len(found))
        have = f"{verb} no {named.partition(' ')[2]}" if is_lacking else f"{verb} {named}"
        said = f"{len(found):,} of the {_counted(total)} {have}"
        if not found:
            return DirectAnswer(f"{said}.", "records")
        told = code_sentence if field == "code" and not is_lacking else _no_sentence
        lines, citations = listed(found[:MOST_LISTED], Numbering(query.history), told)
        rest = len(found) - len(citations)
        more = f"\n\nAnd {rest:,} more." if rest else ""
        text = f"{said}.\n\n{lines}{more}"
        return DirectAnswer(text, "records", tuple(citations), found=tuple(found))

    def _say_matching(self, query: Query, titled: Sequence[Paper], others: Sequence[Paper]) -> str:
        asked = query.library_question
        assert asked is not None
        passing = f" {describe_filters(query.filters)}" if query.filters else ""
        kind = "survey or review" if "survey" in asked.kind else asked.kind.partition("|")[0]
        if not asked.topic:
            total = len(titled) + len(others)
            named = (
                f" with “{kind}” in {'its title' if total == 1 else 'their titles'}" if kind else ""
            )
            return f"{_counted(total)}{named}{passing}"
        called = f" and “{kind}”" if kind else ""
        said = f"{_counted(len(titled))}{passing} with “{asked.topic}”{called} in the title"
        if not titled:
            return f"{_counted(len(others))}{passing} with “{asked.topic}” in the abstract"
        return f"{said}, and {len(others)} more in the abstract" if others else said

    def _nothing(self, query: Query) -> DirectAnswer | None:
        """Say that no paper passes; None where other words may still find some on the topic."""
        asked = query.library_question
        assert asked is not None
        if asked.topic and not query.filters:
            return None
        why = (
            describe_filters(query.filters) or f"with “{asked.kind.partition('|')[0]}” in the title"
        )
        text = f"No paper in this library is {why}.{self.undated(query.filters)}"
        return DirectAnswer(text, "records", reason="not_in_library")

    def _list(
        self, said: str, papers: Sequence[Paper], query: Query, *, undated: str | None = None
    ) -> DirectAnswer:
        undated = self.undated(query.filters) if undated is None else undated
        asked = query.library_question
        most = (asked.most if asked else 0) or MOST_LISTED
        shown = papers[:most]
        told = _no_sentence if asked and asked.what == "count" else lead_sentence
        lines, citations = listed(shown, Numbering(query.history), told)
        rest = len(papers) - len(shown)
        more = f"\n\nAnd {rest:,} more: narrow the question to see them." if rest else ""
        text = f"{said}.{undated}\n\n{lines}{more}"
        return DirectAnswer(text, "records", tuple(citations), found=tuple(papers))

    # --- dates ----------------------------------------------------------------------------------

    def undated(self, filters: Filters) -> str:
        """Say how many papers a filter of years excludes for lack of a date."""
        if filters.since is None and filters.until is None:
            return ""
        others = self._lookup.count(replace(filters, since=None, until=None))
        dated = self._lookup.count(replace(filters, since=1, until=9999))
        left = others - dated
        return (
            f" {_counted(left)} without a recorded date {'is' if left == 1 else 'are'} left out."
            if left
            else ""
        )

    def _dates(self) -> str:
        years = self._lookup.years()
        total, dated = self._lookup.count(NO_FILTERS), sum(years.values())
        if not dated:
            return " None of them has a recorded date."
        span = f"{min(years)} to {max(years)}" if len(years) > 1 else str(min(years))
        return (
            f" {dated:,} of them have a recorded date, from {span}."
            if dated < total
            else f" They are from {span}."
        )

    def _answer_dated(self, query: Query) -> DirectAnswer | None:
        asked = query.library_question
        assert asked is not None
        titled, others = self._matching(query)
        papers = [*titled, *others]
        if not papers:
            return self._nothing(query)
        dated = sorted((p for p in papers if p.published), key=lambda p: p.published or "")
        on = f" on “{asked.topic}”" if asked.topic else ""
        if not dated:
            none = f"None of the {_counted(len(papers))}{on} has a recorded date"
            said = f"{none}, so none is the {asked.what}. The first that were added"
            return self._list(said, papers[:MOST_NEWEST], query)
        ordered = dated if asked.what == "oldest" else dated[::-1]
        numbering = Numbering(query.history)
        citations = [cite_record(paper, numbering) for paper in ordered[:MOST_NEWEST]]
        lines = "\n".join(
            f"{place}. {cited.paper.published}: **{cited.paper.title}** [{cited.marker}]"
            for place, cited in enumerate(citations, start=1)
        )
        of = f"Of the {_counted(len(papers))}{on}, {len(dated):,} have a recorded date"
        text = f"{of}; the {asked.what} of them:"
        return DirectAnswer(f"{text}\n\n{lines}", "records", tuple(citations))

    # --- topics and sources ---------------------------------------------------------------------

    def _answer_topics(self, query: Query) -> DirectAnswer:
        papers = list(islice(self._lookup.everything(), SAMPLE))
        total = self._lookup.count(NO_FILTERS)
        topics = _apart(shared_phrases(papers))
        if not topics:
            return self._list(f"The library holds {_counted(total)}", papers, query)
        lines = "\n".join(
            f"- **{phrase}**: {_counted(len(having))}, such as “{having[0].title}”"
            for phrase, having in topics
        )
        text = f"The library holds {_counted(total)}. What their titles share most:"
        return DirectAnswer(f"{text}\n\n{lines}\n\nAsk for all papers on one of them.", "records")

    def _answer_sources(self, _: Query) -> DirectAnswer:
        sources = self._lookup.sources()
        if not sources:
            return DirectAnswer("No source is recorded for the papers of this library.", "records")
        parts = [
            ("The papers come from:", sources),
            ("They lie in these collections:", self._lookup.groups("collection")),
            ("Their most frequent tags:", self._lookup.groups("tag")),
        ]
        told = [f"{said}\n\n{_lines(groups)}" for said, groups in parts if groups]
        return DirectAnswer("\n\n".join(told), "records")


def _lines(counts: Mapping[str, int]) -> str:
    """Render how many papers each has, a line each."""
    some = islice(counts.items(), MOST_LISTED)
    return "\n".join(f"- {name}: {_counted(count)}" for name, count in some)


def _apart(
    phrases: Iterable[tuple[str, Sequence[Paper]]],
) -> list[tuple[str, Sequence[Paper]]]:
    """Return the first phrases that share at most half of their papers with an earlier one."""
    chosen: list[tuple[str, Sequence[Paper]]] = []
    for phrase, having in phrases:
        ids = {paper.paper_id for paper in having}
        known = [{p.paper_id for p in earlier} for _, earlier in chosen]
        if all(2 * len(ids & other) <= len(ids) for other in known):
            chosen.append((phrase, having))
        if len(chosen) == MOST_TOPICS:
            break
    return sorted(chosen, key=lambda item: -len(item[1]))


def _counted(count: int) -> str:
    return f"{count:,} paper{'' if count == 1 else 's'}"


def _no_sentence(_: Paper) -> None:
    """Quote nothing, for a list of titles alone."""


def _have(count: int) -> str:
    return "has" if count == 1 else "have"


def _is(count: int) -> str:
    return "is" if count == 1 else "are"

"""Find the papers on a topic of a question to the records, by words of titles and abstracts."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from rag.query.abbreviations import other_form
from rag.query.filters import UNTOPICAL, admits
from rag.query.library_question import LibraryQuestion
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.query.venues import is_in_venue
from rag.store.lexical import analyze
from rag.types import Paper

MOST_FOUND: Final = 5000
# Says nothing of a topic behind a word that few papers have: "recommender systems".
GENERAL_NOUN: Final = re.compile(
    r"\s+(?:systems?|methods?|techniques?|approach(?:es)?|algorithms?|problems?|tasks?|applications?"
    r"|research|stuff)\s*$",
    re.IGNORECASE,
)
MOST_OF_TOPIC: Final = 20  # papers
ALTERNATIVE: Final = re.compile(r"\s+(?:and/)?or\s+", re.IGNORECASE)


def papers_on_topic(
    query: Query, asked: LibraryQuestion, lookup: PaperLookup
) -> tuple[list[Paper], list[Paper]]:
    """Return the papers on a topic that pass the filters: those with it in the title, the others.

    Without a topic all papers that pass count as the first.
    """
    asked = without_general_noun(asked, lookup)
    forms = _forms(asked.topic, lookup)
    papers = _having(forms, lookup) if forms else _all_passing(query, lookup)
    others = [p for p in papers if p.paper_id not in query.excluded]
    if query.among:
        among = frozenset(query.among.paper_ids)
        others = [p for p in others if p.paper_id in among]
    passing = [p for p in others if not query.filters or admits(query.filters, p)]
    passing = [p for p in passing if not asked.venues or is_in_venue(p, asked.venues)]
    passing = [p for p in passing if _has_agents(asked.topic, p)]
    unlike = {p.paper_id for p in _having(_forms(asked.unlike, lookup), lookup)}
    passing = [p for p in passing if p.paper_id not in unlike]
    if asked.kind:
        kind = re.compile(rf"\b(?:{asked.kind})s?\b", re.IGNORECASE)
        passing = [paper for paper in passing if kind.search(paper.title)]
    stems = {paper.paper_id: set(analyze(paper.title)) for paper in passing}
    titled = [p for p in passing if any(form <= stems[p.paper_id] for form in forms or [set()])]
    known = {paper.paper_id for paper in titled}
    return titled, [paper for paper in passing if paper.paper_id not in known]


def _all_passing(query: Query, lookup: PaperLookup) -> list[Paper]:
    """Return the papers that pass the filters; of a list before, in its order."""
    if query.among is None:
        return lookup.newest(query.filters, MOST_FOUND)
    found = {paper.paper_id: paper for paper in lookup.by_id(query.among.paper_ids)}
    return [found[paper_id] for paper_id in query.among.paper_ids if paper_id in found]


def without_general_noun(asked: LibraryQuestion, lookup: PaperLookup) -> LibraryQuestion:
    """Return a question on "recommender systems" as one on recommenders, a topic by itself."""
    match = GENERAL_NOUN.search(asked.topic)
    rest = asked.topic[: match.start()].strip() if match else ""
    stems = analyze(rest)
    is_topic = bool(stems) and min(map(lookup.frequency, stems)) in range(1, MOST_OF_TOPIC + 1)
    return replace(asked, topic=rest) if is_topic else asked


def papers_on_rarest_word(
    query: Query, asked: LibraryQuestion, lookup: PaperLookup
) -> tuple[str, list[Paper]]:
    """Return the rarest word of a topic, and the papers with it in the title.

    Nothing for a topic of one word, or where a kind of paper is asked for.
    """
    words = [w for w in re.findall(r"\w+", asked.topic) if w.lower() not in UNTOPICAL]
    if len(words) < 2 or asked.kind:
        return "", []
    rarest = min(words, key=lambda word: max(map(lookup.frequency, analyze(word))))
    titled, _ = papers_on_topic(query, replace(asked, topic=rarest), lookup)
    return rarest, titled


def has_alternatives(topic: str) -> bool:
    """Return whether a topic is one of several, whose words abstracts may have by chance."""
    return ALTERNATIVE.search(topic) is not None


def _forms(topic: str, lookup: PaperLookup) -> list[set[str]]:
    """Return the stems of each alternative of a topic, "tides or moss", and of its other form."""
    return [form for each in ALTERNATIVE.split(topic) for form in _forms_of_one(each, lookup)]


def _forms_of_one(topic: str, lookup: PaperLookup) -> list[set[str]]:
    """Return the stems of a topic, and those of its abbreviation or long form."""
    words = [w for w in re.findall(r"\w+", topic.lower()) if w not in UNTOPICAL]
    stems = analyze(" ".join(words))
    if not stems:
        return []
    forms = [set(stems), set(other_form(topic, lookup))]
    return [form for form in forms if form]


def has_phrase(topic: str, paper: Paper) -> bool:
    """Return whether a paper has the words of a topic side by side, by their stems."""
    wanted = f" {' '.join(analyze(topic))} "
    return any(wanted in f" {' '.join(analyze(text))} " for text in (paper.title, paper.abstract))


def _has_agents(topic: str, paper: Paper) -> bool:
    """Return whether a paper has the topic's nouns in -er, which stem like other words.

    "Transformers" and "transforms" have one stem, as have "encoder" and "encoding".
    """
    text = f"{paper.title} {paper.abstract}".lower()
    return all(agent in text for agent in re.findall(r"\b\w{4,}(?:er|or)(?=s?\b)", topic.lower()))


def _having(forms: Sequence[set[str]], lookup: PaperLookup) -> list[Paper]:
    """Return the papers that have all stems of one of the forms, each once."""
    found = [p for form in forms for p in lookup.having(sorted(form), MOST_FOUND)]
    return list({paper.paper_id: paper for paper in found}.values())

"""Find the papers that a question names by title, coined name, acronym or part of a title.

A part of a title names a paper only where no other has it. Not covered: misspelled names, which are
corrected before.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final

from rag.query.coined import COINED, HEAD, SURE_HEAD_WORDS, TOKEN, only_paper_named, papers_coining
from rag.query.comparing import compared_sides, is_called_paper
from rag.query.coreference import ORDINAL
from rag.query.evidence import asked_term
from rag.query.fields import RECORD_WORDS
from rag.query.filters import QUOTED, UNTOPICAL
from rag.query.focus import topic_words
from rag.query.follow_ups import LEANS, compares
from rag.query.paper_lookup import PaperLookup, Titled
from rag.query.questions import STOP_WORDS
from rag.query.titles import titled_papers
from rag.store.lexical import analyze
from rag.text import title_key
from rag.types import Paper

MOST_TITLED: Final = 200  # papers whose titles are searched for in a question
MOST_NAMED: Final = 4
MOST_MENTIONING: Final = 20  # papers with a name; a name of more is a topic
LEAST_HEAD: Final = 8  # letters before the colon of a title
LONGEST_TOPIC: Final = 8  # words
# Of the words of a loosely named paper, weighted, and against the next best paper.
LEAST_SHARE: Final = 0.6
CLEARLY_NEARER: Final = 0.15

# Asks for papers related to a name, not for the one that coined it.
PAPERS_THAT: Final = re.compile(
    r"\b(?:papers|works|studies|surveys|articles|titles|any(?:one|body|thing)|alternatives|similar"
    r"|(?:methods|models|approaches|networks|techniques)\s+(?:that|which|like|such|other|use|using))\b"
    r"|\bwho\s+(?:uses|used|else|has|have)\b"
    r"|\b(?:which|what)\s+(?:[\w-]+\s+){0,2}(?:nets?|networks|models|methods|approaches|systems|designs"
    r"|architectures|accelerators)\s+(?:are\s+)?(?:run|runs|works?|build|built|base|based|use|using|deployed"
    r"|implemented|trained|tested|evaluated|rely|extend|improve)\b",
    re.IGNORECASE,
)
LOOSE_BEFORE: Final = re.compile(
    r"\b(?:the|that|this|a)\s+((?:(?!the\b|that\b|this\b|paper\b)[\w'’-]+\s+){1,7}?)"
    r"(?:paper|study|article|preprint)\b",
    re.IGNORECASE,
)
LOOSE_BEHIND: Final = re.compile(
    r"\b(?:paper|study|article|preprint)\s+(?:(?:that|which|who)\s+(?:is|was|deals?)\s+)?"
    r"(?:on|about|for|with|called|named|titled|entitled|regarding)\s+(?:the\s+)?"
    r"([^?.!,;:]{3,90}?)(?=\s*(?:[?.!,;:]|$|\s(?:say|says|use|uses|do|does|propose|show|report)\b))",
    re.IGNORECASE,
)


def named_papers(question: str, lookup: PaperLookup) -> list[Paper]:
    """Return the papers that a question names, in its order; none where it only mentions a topic.

    A whole title takes precedence over its parts; a name goes to the paper that coined it. Where
    two are compared, each side may name its paper loosely.
    """
    if compared := _compared(question, lookup):
        return compared
    found = [
        *_titled(question, lookup),
        *_begun(question, lookup),
        *_headed(question, lookup),
        *_coined(question, lookup),
        *_loosely_named(question, lookup),
    ]
    if not found or compares(question):
        mentioned = (only_paper_named(match[0], lookup) for match in TOKEN.finditer(question))
        found += [paper for paper in mentioned if paper]
    named = list({paper.paper_id: paper for paper in found}.values())
    if PAPERS_THAT.search(question) and len(named) == 1 and not titled_papers(question, named):
        return []
    return named if len(named) <= MOST_NAMED else []


def names_title(question: str, paper: Paper) -> bool:
    """Return whether a title has half of the topic words of a question for fields."""
    said = (word for word in topic_words(question) if word not in RECORD_WORDS)
    own = {stem for word in said for stem in analyze(word)}
    return 2 * len(own & set(analyze(paper.title))) >= len(own)


def mentioning(question: str, lookup: PaperLookup) -> list[Paper]:
    """Return the papers that have every coined name in a question; none where too many have."""
    names = [m[0] for m in TOKEN.finditer(question) if COINED.match(m[0])]
    stems = [stem for name in names if name.lower() not in STOP_WORDS for stem in analyze(name)]
    return lookup.few(stems, MOST_MENTIONING) if stems else []


def is_topic(phrase: str, lookup: PaperLookup) -> bool:
    """Return whether the words of a phrase stand together in a title of the library."""
    words = [word for word in re.findall(r"\w+", phrase.lower()) if word not in UNTOPICAL]
    stems = analyze(" ".join(words))
    if not stems or len(phrase.split()) > LONGEST_TOPIC or LEANS.search(phrase):
        return False
    wanted = f" {' '.join(stems)} "
    near = lookup.titled(stems, MOST_TITLED)
    return any(wanted in f" {' '.join(analyze(paper.title))} " for paper in near)


def _rare_stems(question: str, lookup: PaperLookup) -> list[str]:
    """Return the stems of a question that some papers have, the rarest first."""
    words = [word for word in re.findall(r"\w+", question) if word.lower() not in STOP_WORDS]
    stems = dict.fromkeys(analyze(" ".join(words)))
    counted = [(lookup.frequency(stem), stem) for stem in stems]
    return [stem for count, stem in sorted(counted) if count]


def _titled(question: str, lookup: PaperLookup) -> list[Paper]:
    """Return the papers whose whole title is in a question."""
    near = {
        paper.paper_id: paper
        for stem in _rare_stems(question, lookup)[:2]
        for paper in lookup.titled([stem], MOST_TITLED)
    }
    return _whole_papers(titled_papers(question, list(near.values())), lookup)


def _whole_papers(found: Iterable[Titled], lookup: PaperLookup) -> list[Paper]:
    return lookup.by_id(each.paper_id for each in found)


def _headed(question: str, lookup: PaperLookup) -> Iterator[Paper]:
    """Yield the papers whose title has several words before its colon, all in the question."""
    asked = title_key(question)
    near = {
        paper.paper_id: paper
        for stem in _rare_stems(question, lookup)[:3]
        if lookup.frequency(stem) <= MOST_TITLED
        for paper in lookup.titled([stem], MOST_TITLED)
    }
    for paper in near.values():
        head = HEAD.match(paper.title)
        if not head or len(head[1].split()) < SURE_HEAD_WORDS:
            continue
        key = title_key(head[1])
        is_asked = key == title_key(asked_term(question))
        is_named = len(key) >= LEAST_HEAD and key in asked
        if is_named and (is_asked or _is_only_one(head[1], paper, lookup)):
            yield from _whole_papers([paper], lookup)


def _is_only_one(phrase: str, paper: Titled, lookup: PaperLookup) -> bool:
    """Return whether no other paper has all words of a phrase."""
    stems = analyze(phrase)
    return bool(stems) and [p.paper_id for p in lookup.titled(stems, 2)] == [paper.paper_id]


def _compared(question: str, lookup: PaperLookup) -> list[Paper]:
    """Return the two papers that a question compares; none where a side names no single one."""
    sides = compared_sides(question)
    if sides is None:
        return []
    first, second = (
        _meant(side, lookup, least=1 if is_called_paper(side, question) else SURE_HEAD_WORDS)
        for side in sides
    )
    is_two = first and second and first.paper_id != second.paper_id
    return [paper for paper in (first, second) if paper] if is_two else []


def _meant(side: str, lookup: PaperLookup, least: int) -> Paper | None:
    """Return the only paper that one side of a comparison may mean, by at least so many words."""
    sure = [
        *_titled(side, lookup),
        *_headed(side, lookup),
        *_coined(side, lookup),
        *_beginning(side, lookup),
    ]
    named = list({paper.paper_id: paper for paper in sure}.values())
    if named:
        return _only(named)
    return _only_bearer(side, lookup, least=least) or _nearest_bearer(side, lookup)


def _begun(question: str, lookup: PaperLookup) -> Iterator[Paper]:
    """Yield the papers whose title begins with words that a question quotes."""
    for quoted in QUOTED.findall(question):
        if len(quoted.split()) >= SURE_HEAD_WORDS:
            yield from _beginning(quoted, lookup)


def _beginning(phrase: str, lookup: PaperLookup) -> list[Paper]:
    """Return the only paper whose title begins with a phrase of several words, if one does."""
    stems = analyze(phrase)
    if len(phrase.split()) < SURE_HEAD_WORDS or not stems:
        return []
    begun = _whole(phrase.strip('"“”«»').lower().split(), lookup.titled(stems, MOST_TITLED))
    return _whole_papers(begun, lookup) if len(begun) == 1 else []


def _nearest_bearer(phrase: str, lookup: PaperLookup) -> Paper | None:
    """Return the paper that has most of a phrase, weighted by idf; None where another comes near.

    Words of the abstract count half.
    """
    stems = _rare_stems(phrase, lookup)
    rare = [stem for stem in stems if lookup.frequency(stem) <= MOST_TITLED]
    if len(rare) < SURE_HEAD_WORDS:
        return None
    weights = {stem: 1 / math.log2(2 + lookup.frequency(stem)) for stem in stems}
    near = {p.paper_id: p for stem in rare[:3] for p in lookup.having([stem], MOST_TITLED)}
    shares = {key: _share(paper, weights) for key, paper in near.items()}
    ordered = sorted(near, key=lambda key: -shares[key])
    best, second = (shares[key] for key in (*ordered[:2], *ordered[:1])[:2])
    is_clear = len(ordered) == 1 or best - second >= CLEARLY_NEARER
    return near[ordered[0]] if best >= LEAST_SHARE and is_clear else None


def _share(paper: Paper, weights: Mapping[str, float]) -> float:
    titled, written = set(analyze(paper.title)), set(analyze(paper.abstract))
    met = (
        weight * (1.0 if stem in titled else 0.5 * (stem in written))
        for stem, weight in weights.items()
    )
    return sum(met) / sum(weights.values())


def _coined(question: str, lookup: PaperLookup) -> Iterator[Paper]:
    """Yield the papers whose coined name, or acronym, is in the question."""
    for match in TOKEN.finditer(question):
        yield from papers_coining(match[0], lookup)


def _loosely_named(question: str, lookup: PaperLookup) -> Iterator[Paper]:
    """Yield the paper meant by "the crowd counting paper" or "the paper on crowd counting"."""
    for pattern in (LOOSE_BEFORE, LOOSE_BEHIND):
        for match in pattern.finditer(question):
            is_place = ORDINAL.search(match[0])  # "the second paper" is one of an answer
            if not is_place and (paper := _only_bearer(match[1], lookup)):
                yield paper


def _only_bearer(phrase: str, lookup: PaperLookup, least: int = 1) -> Paper | None:
    """Return the only paper with all words of a phrase in its title, else in its text.

    None for a phrase of fewer words than the least.
    """
    words = [w for w in re.findall(r"\w+", phrase.lower()) if w not in UNTOPICAL]
    stems = analyze(" ".join(words))
    if not stems or len(stems) < least:
        return None
    papers = lookup.titled(stems, MOST_TITLED)
    titled = [paper for paper in papers if set(stems) <= set(analyze(paper.title))]
    whole = _whole(words, titled) if len(words) >= SURE_HEAD_WORDS else []
    single = next((some for some in (whole, titled, papers) if len(some) == 1), [])
    return _only(_whole_papers(single, lookup))


def _whole(words: Sequence[str], papers: Sequence[Titled]) -> list[Titled]:
    """Return the papers whose title begins with the words, articles aside."""
    asked = title_key(" ".join(words))
    return [
        p
        for p in papers
        if title_key(re.sub(r"^(?:the|an?)\s", "", p.title.lower())).startswith(asked)
    ]


def _only(papers: Sequence[Paper]) -> Paper | None:
    return papers[0] if len(papers) == 1 else None

"""Resolve which papers of earlier answers a follow-up refers to.

By position ("the second one"), marker ("[2]"), group ("both", "them") or pronoun ("it", "the
method"), or by leaving out all but what it asks for ("which data?"). By rules alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from rag.query.fields import asked_fields
from rag.query.focus import topic_words
from rag.query.follow_ups import (
    COMPARES,
    MORE,
    REMAINING,
    RETURNS_TO,
    TURNS_TO,
    asks_else_of_itself,
    asks_for_aspect,
    asks_for_others,
    asks_to_rephrase,
    compares,
    is_elliptical,
    searches_on,
    selects_among_cited,
    specific_words,
)
from rag.store.lexical import analyze
from rag.text import count_of
from rag.types import Message, Paper

ORDINALS: Final = (
    "first|1st",
    "second|2nd",
    "third|3rd",
    "fourth|4th",
    "fifth|5th",
    "sixth|6th",
    "seventh|7th",
    "eighth|8th",
    "ninth|9th",
    "tenth|10th",
)
NUMBERS: Final = r"two|2|three|3|four|4|five|5"
_THING: Final = (
    r"(?:one|paper|work|study|result|method|approach|article|item|entry|title"
    r"|of\s+(?:them|these|those))"
)
ORDINAL: Final = re.compile(
    # At the end only behind "the": "tell me about the first", but not "which comes first?"
    rf"(?P<led>\b(?:the|and|or)\s+|^\W*)?(?<!per )(?<!each )(?<!every )(?<!a )"
    rf"\b(?P<word>{'|'.join(ORDINALS)}|last)"
    rf"(?=\s+{_THING}\b|['’]s\b|\s*(?:and|or|in)\b|(?(led)\s*(?:[?.!,]|$)|(?!)))"
    r"|\[(?P<marker>\d{1,3})\]|\b(?:paper|number|no\.?|result|item)\s*#?(?P<place>\d{1,2})\b|(?<!\w)#(?P<hash>\d{1,2})\b",
    re.IGNORECASE,
)
SEVERAL: Final = re.compile(
    rf"\b(?P<end>first|last)\s+(?P<count>{NUMBERS})\b"
    r"|\b(?P<both>both|the\s+two|these\s+two|those\s+two|two\s+of\s+them)\b"
    r"|\b(?P<all>(?:all|each|any|which|none|some)\s+of\s+(?:them|these|those)|them|these|those|they|their"
    r"|(?:these|those)\s+(?:papers|works|studies|methods|approaches)"
    r"|which(?:\s+one)?\s+(?=(?:is|was|are|does|do|has|have|works?|performs?|uses?|needs?|gives?)\b))\b",
    re.IGNORECASE,
)
PLURAL_PRONOUN: Final = re.compile(
    r"\b(?:they|their|these|those|them)\b(?<!of them)", re.IGNORECASE
)
OTHER: Final = re.compile(r"\bthe\s+other(?:\s+(?:one|paper))?\b(?!\s+\w+s\b)", re.IGNORECASE)
PRONOUN: Final = re.compile(
    r"\b(?:it|its|it['’]s|he|she|his|her)\b"
    r"|\b(?:this|that|the(?:\s+same)?)\s+(?:papers?|work|study|method|approach|one|model|article"
    r"|authors?|abstract|network|architecture|technique|algorithm|framework|system|results?|idea)\b"
    r"|\b(?:this|that)\s+(?:nets?|tool|survey|review|dataset|benchmark|scheme|design|strategy|procedure|trick|theory|proof"
    r"|solution|library|layer|loss)\b"
    r"|\b(?:this|that)(?=\s*(?:[?.!,]|$))|\bthey\b|\btheir\b"
    r"|\b(?:was|is|were|did|does|has|can)\s+(?:this|that)(?=\s+(?:\w+(?:ed|en)|run|built|made|done|cost|take|need|use|work|help|compare|tested"
    r"|good|better|useful|new|true|fast|slow)\b)",
    re.IGNORECASE,
)
# Compares the paper of the last answer with another: "is that newer than the first one?"
THAN: Final = re.compile(r"\b(?:it|this|that|this\s+one|that\s+one)\b.*\bthan\b", re.IGNORECASE)
# Before a pronoun of the paper itself, not of the new topic: "and how many layers does it have?"
ASKS_OF_PRONOUN: Final = re.compile(
    r"\s*(?:what|which|how|when|where|why)\b.*\b"
    r"(?:do|does|did|is|are|was|were|has|have|had|can|could|would|will)\s*$",
    re.IGNORECASE,
)
FEW_WORDS: Final = 1  # specific ones beside a pronoun: "how did they measure that?"
MOST_BESIDE: Final = 2  # papers of an answer in which the first alone is meant
MIN_COMPARED: Final = 2


@dataclass(frozen=True, slots=True)
class Antecedents:
    """The papers of earlier answers that a follow-up refers to.

    Attributes:
        papers: In the order in which it refers to them.
        is_certain: Whether no others can be meant: it refers to them by position or marker, or has
            no specific words of its own.
        by_pronoun: Whether only a pronoun does, in a question with specific words.
    """

    papers: tuple[Paper, ...] = ()
    is_certain: bool = False
    by_pronoun: bool = False


NO_ANTECEDENTS: Final = Antecedents()


def find_antecedents(question: str, history: Sequence[Message]) -> Antecedents:
    """Return the papers that a follow-up refers to; none where it stands alone."""
    answers = list(_cited_papers(history))
    if not answers:
        return NO_ANTECEDENTS
    latest, several = answers[-1], _counted_papers(answers)
    placed = _remaining(question, answers) or _by_position(question, history, several)
    if placed or _asks_only_for_fields(question):
        return Antecedents(tuple(placed or latest[:1]), is_certain=True)
    if RETURNS_TO.match(question):
        return _by_words(question, answers)
    if searches_on(question) or _pronoun_is_of_new_topic(question):
        return NO_ANTECEDENTS
    if many := _by_group(question, latest, several):
        are_named = not PLURAL_PRONOUN.search(question) or not specific_words(question)
        is_certain = are_named or compares(question) or selects_among_cited(question)
        return Antecedents(tuple(many), is_certain=is_certain)
    if compares(question) and not topic_words(COMPARES.sub(" ", question)):
        return Antecedents(tuple(several), is_certain=True) if len(several) > 1 else NO_ANTECEDENTS
    if is_elliptical(question) or _asks_for_aspect_of(latest, question):
        meant = latest if len(latest) > MOST_BESIDE else latest[:1]
        return Antecedents(tuple(meant), is_certain=True)
    return _by_pronoun(question, latest[0])


# Describes one of the papers before: "the one on moss", "the moss one".
DESCRIBED: Final = re.compile(
    r"\bthe\s+(?:one|paper|study|work)\s+(?:on|for|about|with|from|of|using|in|that\s+(?:is\s+(?:on|about|for)|uses|has))\s+"
    r"(?P<behind>(?:\w[\w-]*\s?){1,4})"
    r"|\bthe\s+(?P<before>(?:(?!the\b)\w[\w-]*\s){1,3})(?:one|paper)\b",
    re.IGNORECASE,
)


def described_before(question: str, history: Sequence[Message]) -> Paper | None:
    """Return the only paper of the last answer with several that has what a question says of it.

    "And the one on moss?", "not that one, the moss one". A title counts before an abstract.
    """
    several = next((p for p in reversed(list(_cited_papers(history))) if len(p) > 1), [])
    match = DESCRIBED.search(question)
    if not several or match is None or ORDINAL.search(match[0]):
        return None
    said = set(analyze(" ".join(topic_words(match["behind"] or match["before"]))))
    titled = [p for p in several if said <= set(analyze(p.title))]
    having = [p for p in several if said <= set(analyze(f"{p.title} {p.abstract}"))]
    found = titled or having
    return found[0] if said and len(found) == 1 else None


def last_cited(history: Sequence[Message]) -> list[Paper]:
    """Return the papers of the last answer that cites any, in the order of its citations."""
    return next(reversed(list(_cited_papers(history))), [])


def ids_to_exclude(question: str, history: Sequence[Message]) -> tuple[str, ...]:
    """Return the ids of all cited papers where a follow-up asks for others; else none."""
    if not asks_for_others(question):
        return ()
    return tuple({paper.paper_id for papers in _cited_papers(history) for paper in papers})


def has_pronoun(question: str) -> bool:
    """Return whether a pronoun, or "the method", may stand for a paper cited before."""
    return PRONOUN.search(question) is not None and not _pronoun_is_of_new_topic(question)


def covers(papers: Sequence[Paper], question: str) -> bool:
    """Return whether papers have at least half of the specific words of a question."""
    own = {stem for word in specific_words(question) for stem in analyze(word)}
    present = {stem for p in papers for stem in analyze(f"{p.title} {p.abstract}")}
    return 2 * len(own & present) >= len(own)


def count_too_few_cited(question: str, history: Sequence[Message]) -> int | None:
    """Return how many papers are cited where a follow-up refers to more of them; else None.

    "the third one" after an answer that cites two, "compare them" after one that cites one.
    """
    answers = list(_cited_papers(history))
    is_without_topic = not topic_words(
        COMPARES.sub(" ", ORDINAL.sub(" ", SEVERAL.sub(" ", question)))
    )
    if not (answers and is_without_topic):
        return None
    several = _counted_papers(answers)
    if compares(question):
        return len(several) if len(several) < MIN_COMPARED else None
    is_beyond = ORDINAL.search(question) and not _by_position(question, history, several)
    return len(several) if is_beyond else None


def _asks_only_for_fields(question: str) -> bool:
    """Return whether nothing but a field of the record is asked for: "is there code for it?"."""
    is_other = SEVERAL.search(question) or asks_for_others(question)
    return bool(asked_fields(question) and not (is_other or specific_words(question)))


def _pronoun_is_of_new_topic(question: str) -> bool:
    """Return whether a pronoun stands for the new topic: "and what about dams, their use?"."""
    turn = TURNS_TO.match(question)
    pronoun = PLURAL_PRONOUN.search(question) or PRONOUN.search(question)
    if not (turn and pronoun):
        return False
    before = question[turn.end() : pronoun.start()]
    return bool(specific_words(before)) and not ASKS_OF_PRONOUN.match(before)


def _cited_papers(history: Sequence[Message]) -> Iterator[list[Paper]]:
    """Yield the papers of each answer that cites any, in the order of its citations."""
    for message in history:
        if message.role == "assistant" and message.citations:
            yield list({c.paper.paper_id: c.paper for c in message.citations}.values())


def _counted_papers(answers: Sequence[Sequence[Paper]]) -> Sequence[Paper]:
    """Return the papers that ordinals count: those of the last answer that cites several.

    Where none does, the first paper of each answer.
    """
    several = next((papers for papers in reversed(answers) if len(papers) > 1), None)
    return several or list({papers[0].paper_id: papers[0] for papers in answers}.values())


def _by_position(
    question: str, history: Sequence[Message], several: Sequence[Paper]
) -> list[Paper]:
    """Return the papers that a question names by position or marker, each once."""
    group = SEVERAL.search(question)
    if group and group["end"]:
        return []
    found: dict[str, Paper] = {}
    for match in ORDINAL.finditer(question):
        if paper := _at_position(match, history, several):
            found[paper.paper_id] = paper
    if not found and OTHER.search(question) and len(several) == 2:
        return [several[1]]
    if found and THAN.search(question) and (latest := last_cited(history)):
        return list({latest[0].paper_id: latest[0], **found}.values())
    return list(found.values())


def _remaining(question: str, answers: Sequence[Sequence[Paper]]) -> list[Paper]:
    """Return the papers of the last answer with several of which nothing was asked since.

    Only where something was asked of another: after "the first one" comes "and the other one?".
    """
    match = REMAINING.match(question)
    places = [place for place, papers in enumerate(answers) if len(papers) > 1]
    if match is None or not places:
        return []
    asked = {paper.paper_id for papers in answers[places[-1] + 1 :] for paper in papers}
    left = [paper for paper in answers[places[-1]] if paper.paper_id not in asked]
    is_begun = len(left) < len(answers[places[-1]])
    return (left[:1] if match["one"] else left) if is_begun else []


def _asks_for_aspect_of(latest: Sequence[Paper], question: str) -> bool:
    """Return whether a few words ask for an aspect of the only paper of the last answer.

    It has all their specific words: "accuracy on ImageNet?"
    """
    if len(latest) != 1 or not asks_for_aspect(question):
        return False
    own = {stem for word in specific_words(question) for stem in analyze(word)}
    return own <= set(analyze(f"{latest[0].title} {latest[0].abstract}"))


def _at_position(
    match: re.Match[str], history: Sequence[Message], several: Sequence[Paper]
) -> Paper | None:
    if match["marker"]:
        return _by_marker(int(match["marker"]), history)
    if match["word"]:
        word = match["word"].lower()
        if word == "last":
            return several[-1]
        place = next(n for n, forms in enumerate(ORDINALS, 1) if word in forms.split("|"))
    else:
        place = int(match["place"] or match["hash"])
    return several[place - 1] if 1 <= place <= len(several) else None


def _by_marker(marker: int, history: Sequence[Message]) -> Paper | None:
    cited = (c for m in reversed(history) for c in m.citations if c.marker == marker)
    return next((citation.paper for citation in cited), None)


def _by_group(question: str, latest: Sequence[Paper], several: Sequence[Paper]) -> Sequence[Paper]:
    match = SEVERAL.search(question)
    if not match:
        return ()
    if match["end"]:
        count = count_of(match["count"].lower())
        return several[:count] if match["end"].lower() == "first" else several[-count:]
    if match["both"]:
        return several[:2] if len(several) >= 2 else ()
    return latest if len(latest) > 1 else ()


def _by_words(question: str, answers: Sequence[Sequence[Paper]]) -> Antecedents:
    """Return the paper that has most of the words behind "back to"; of several the latest."""
    asked = {stem for word in specific_words(question) for stem in analyze(word)}
    papers = list({p.paper_id: p for papers in answers for p in papers}.values())
    shared = [len(asked & set(analyze(f"{p.title} {p.abstract}"))) for p in papers]
    if not any(shared):
        return NO_ANTECEDENTS
    best = max(range(len(papers)), key=lambda n: (shared[n], n))
    return Antecedents((papers[best],), is_certain=True)


def _by_pronoun(question: str, paper: Paper) -> Antecedents:
    """Return the paper where a pronoun stands for it, or a question has no specific words."""
    own = specific_words(COMPARES.sub(" ", question))
    if MORE.match(question) or asks_to_rephrase(question) or not own:
        return Antecedents((paper,), is_certain=True)
    if not PRONOUN.search(question):
        return NO_ANTECEDENTS
    is_certain = len(own) <= FEW_WORDS or asks_else_of_itself(question)
    return Antecedents((paper,), is_certain=is_certain, by_pronoun=True)

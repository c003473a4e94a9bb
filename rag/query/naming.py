"""Finds the papers that a question names: by title, a coined name, an acronym, a part of a title.

A part of a title names a paper only where no other has it. Not covered: names that are spelled
wrong, which are corrected before.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final

from rag.query.filters import UNTOPICAL
from rag.query.locators import ADDRESS
from rag.query.questions import STOP_WORDS
from rag.query.references import titled_papers
from rag.query.shelf import Shelf
from rag.store.lexical import analyze
from rag.text import squeezed, title_key
from rag.types import Paper

MOST_TITLED: Final = 200  # papers looked at for a title that stands in a question
MOST_NAMED: Final = 4
LEAST_HEAD: Final = 8  # letters of a title's head of several words
SURE_HEAD_WORDS: Final = 2
LONGEST_TOPIC: Final = 8  # words
LEADING_WORDS: Final = 3  # of a title, before which its own name stands
# "And for LSTMs?", "and in practice?" keep to what was asked before.
LEANING: Final = re.compile(
    r"^(?:for|in|on|with|without|at|from|against|by|of|under|when|if|compared|how|why|is|are|does"
    r"|do|did|was|were|has|have|can|could|should|would|will|what|which|who|whose|where|any)\b"
    r"|\b(?:it|its|they|them|their|this|that|these|those|ones?|he|she|other|both)\b",
    re.IGNORECASE,
)

# Asks for papers that have to do with a name, and not for the one that it is of.
PAPERS_THAT: Final = re.compile(
    r"\b(?:papers|works|studies|surveys|articles|any(?:one|body|thing)|alternatives|similar"
    r"|(?:methods|models|approaches|networks|techniques)\s+(?:that|which|like|such|other|use|using))\b"
    r"|\bwho\s+(?:uses|used|else|has|have)\b",
    re.IGNORECASE,
)
TOKEN: Final = re.compile(r"[A-Za-z][\w]*(?:[-.+][\w]+)*")
# A coined name has capitals or digits within: "SpikeGPT", "BERT", "word2vec", "GPT-2".
COINED: Final = re.compile(
    r"^(?=.*[A-Za-z])(?:.*[a-z0-9-].*[A-Z].*|[A-Z]{2}.*|.*\d.*|[A-Z]\w?[A-Z].*)$"
)
HEAD: Final = re.compile(r"^([^:]{2,60}?)\s?:\s")
# Right before a name: the sentence gives it to something of the paper's own.
COINS: Final = re.compile(
    r"\b(?:propos|introduc|present|develop|design|devis|describ|releas|nam|call|term|dub|coin)\w*\b"
    r"(?!.*\b(?:than|over|like|unlike|including|using|based on|such as|e\.g\.|with|from)\b)"
    r"[^.]{0,80}\Z",
    re.IGNORECASE,
)
# Before a name in a title: what is used, or studied.
FOREIGN: Final = re.compile(
    r"\b(?:in|of|on|for|to|with|from|by|via|using|beyond|over|as|at|into)\s+\Z", re.IGNORECASE
)
# In how many papers a word may stand that is a paper's own name: in its title's head, in its title,
# in its abstract. More of them speak of a topic.
MOST_BEARERS: Final = {4: 40, 3: 2, 1: 2}
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


def named_papers(question: str, shelf: Shelf) -> list[Paper]:
    """The papers that a question names, in the order of their naming; none where it only asks.

    A whole title counts before its parts; of one word's bearers those whose own name it is.
    """
    found = [
        *_titled(question, shelf),
        *_headed(question, shelf),
        *_coined(question, shelf),
        *_loosely_named(question, shelf),
    ]
    named = list({paper.paper_id: paper for paper in found}.values())
    if PAPERS_THAT.search(question) and len(named) == 1 and not titled_papers(question, named):
        return []
    return named if len(named) <= MOST_NAMED else []


def is_topic(phrase: str, shelf: Shelf) -> bool:
    """Whether the words of a phrase stand together in a title of the library."""
    words = [word for word in re.findall(r"\w+", phrase.lower()) if word not in UNTOPICAL]
    stems = analyze(" ".join(words))
    if not stems or len(phrase.split()) > LONGEST_TOPIC or LEANING.search(phrase):
        return False
    wanted = f" {' '.join(stems)} "
    near = shelf.having(stems, MOST_TITLED)
    return any(wanted in f" {' '.join(analyze(paper.title))} " for paper in near)


def unknown_names(question: str, shelf: Shelf) -> tuple[str, ...]:
    """Coined names in a question that no paper has in its text, each once."""
    tokens = dict.fromkeys(match[0] for match in TOKEN.finditer(question))
    return tuple(token for token in tokens if is_unknown(token, shelf))


def is_unknown(token: str, shelf: Shelf) -> bool:
    """Whether a word is written like a name of a thing, and stands in no paper."""
    if (
        not COINED.match(token)
        or not any(map(str.isupper, token))
        or (token.isupper() and "-" in token)
    ):
        return False
    stems = analyze(token.removesuffix("s") if token[-2:-1].isupper() else token)
    return bool(stems) and not any(map(shelf.frequency, stems))


def _rare_stems(question: str, shelf: Shelf) -> list[str]:
    """The stems of a question that some papers have, the rarest first."""
    words = [word for word in re.findall(r"\w+", question) if word.lower() not in STOP_WORDS]
    stems = dict.fromkeys(analyze(" ".join(words)))
    counted = [(shelf.frequency(stem), stem) for stem in stems]
    return [stem for count, stem in sorted(counted) if count]


def _titled(question: str, shelf: Shelf) -> list[Paper]:
    """Papers whose whole title stands in the question."""
    near = {
        paper.paper_id: paper
        for stem in _rare_stems(question, shelf)[:2]
        for paper in shelf.having([stem], MOST_TITLED)
    }
    return titled_papers(question, list(near.values()))


def _headed(question: str, shelf: Shelf) -> Iterator[Paper]:
    """Papers whose title's head of several words, before the colon, stands in the question."""
    asked = title_key(question)
    near = {
        paper.paper_id: paper
        for stem in _rare_stems(question, shelf)[:3]
        if shelf.frequency(stem) <= MOST_TITLED
        for paper in shelf.having([stem], MOST_TITLED)
    }
    for paper in near.values():
        head = HEAD.match(paper.title)
        if not head or len(head[1].split()) < SURE_HEAD_WORDS:
            continue
        key = title_key(head[1])
        if len(key) >= LEAST_HEAD and key in asked and _is_only_one(head[1], paper, shelf):
            yield paper


def _is_only_one(phrase: str, paper: Paper, shelf: Shelf) -> bool:
    """Whether no other paper has all words of a phrase."""
    stems = analyze(phrase)
    return bool(stems) and [p.paper_id for p in shelf.having(stems, 2)] == [paper.paper_id]


def _coined(question: str, shelf: Shelf) -> Iterator[Paper]:
    """Papers whose coined name, or acronym, stands in the question."""
    for match in TOKEN.finditer(question):
        yield from bearers(match[0], shelf)


def bearers(token: str, shelf: Shelf) -> list[Paper]:
    """The paper whose own name a word is; none for a topic, or where several call a thing so."""
    if not _may_be_name(token, shelf):
        return []
    for form in dict.fromkeys([token, token.removesuffix("'s"), token.removesuffix("s")]):
        stems = analyze(form)
        if stems and all(map(shelf.frequency, stems)):
            return _own(form, shelf.having(stems, MOST_BEARERS[4] + 1))
    return []


def _own(token: str, papers: Sequence[Paper]) -> list[Paper]:
    """The one of the papers with a word that has it for its own name."""
    if any(_writes_small(token, paper) for paper in papers):
        return []
    ranks = {paper.paper_id: own_name_rank(token, paper) for paper in papers}
    best = max(ranks.values(), default=0)
    named = [paper for paper in papers if ranks[paper.paper_id] == best]
    return named if best and len(named) == 1 and len(papers) <= MOST_BEARERS[best] else []


def _writes_small(token: str, paper: Paper) -> bool:
    """Whether a paper writes a word without capitals or digits, as no name is written."""
    key = squeezed(token)
    return any(
        squeezed(match[0]) == key and not COINED.match(match[0]) and match[0].islower()
        for match in TOKEN.finditer(ADDRESS.sub(" ", paper.abstract))
    )


def _may_be_name(token: str, shelf: Shelf) -> bool:
    """Whether a word is written like a name, or is no word of the language."""
    if token.lower() in STOP_WORDS or len(token) < 2:
        return False
    if COINED.match(token):
        return True
    return len(token) >= 4 and not shelf.knows_word(token.lower())


def own_name_rank(token: str, paper: Paper) -> int:
    """How surely a paper's own thing is called so.

    4 for its title's head, 3 for a name in its title, 1 for one that its abstract coins, else 0.
    """
    key = squeezed(token)
    head = HEAD.match(paper.title)
    if head and squeezed(head[1]) == key:
        return 4
    titled = [t.start() for t in _written(token, paper.title)]
    if titled and _leads(paper.title, titled[0]):
        return 3
    if not COINED.match(token):
        return 0
    return int(any(_is_introduced(paper.abstract, t) for t in _written(token, paper.abstract)))


def _leads(title: str, start: int) -> bool:
    """Whether a name at a place of a title is what the paper is on: it stands early, not used."""
    before = title[:start]
    is_early = ":" not in before and len(before.split()) < LEADING_WORDS
    return is_early and not FOREIGN.search(before)


def _written(token: str, text: str) -> Iterator[re.Match[str]]:
    key = squeezed(token)
    forms = {key, key + "s"}
    return (t for t in TOKEN.finditer(text) if squeezed(t[0]) in forms and COINED.match(t[0]))


def _is_introduced(text: str, match: re.Match[str]) -> bool:
    """Whether the sentence gives a name to the paper's own: by a verb, or as a short form."""
    before = re.split(r"(?<=[.!?])\s+", text[: match.start()])[-1]
    return COINS.search(before) is not None or is_short_form(match[0], before)


def is_short_form(token: str, before: str) -> bool:
    """Whether "(LF" behind a text shortens its last words, "long form"."""
    if not before.endswith("("):
        return False
    letters = [sign.lower() for sign in token if sign.isalpha() and sign != "s"]
    words = re.findall(r"\w+", before.replace("-", " "))[-len(letters) - 2 :]
    initials = iter("".join(words).lower())
    starts = {word[0].lower() for word in words}
    return bool(letters) and letters[0] in starts and all(sign in initials for sign in letters)


def _loosely_named(question: str, shelf: Shelf) -> Iterator[Paper]:
    """The paper that "the crowd counting paper" or "the paper on crowd counting" means."""
    for pattern in (LOOSE_BEFORE, LOOSE_BEHIND):
        for match in pattern.finditer(question):
            if paper := _only_bearer(match[1], shelf):
                yield paper


def _only_bearer(phrase: str, shelf: Shelf) -> Paper | None:
    """The one paper with all words of a phrase in its title, else in its text."""
    words = [w for w in re.findall(r"\w+", phrase.lower()) if w not in UNTOPICAL]
    stems = analyze(" ".join(words))
    if not stems:
        return None
    papers = shelf.having(stems, MOST_TITLED)
    titled = [paper for paper in papers if set(stems) <= set(analyze(paper.title))]
    whole = _whole(words, titled) if len(words) >= SURE_HEAD_WORDS else []
    return _only(whole) or _only(titled) or _only(papers)


def _whole(words: Sequence[str], papers: Sequence[Paper]) -> list[Paper]:
    """Those whose title begins with the words, but for an article."""
    asked = title_key(" ".join(words))
    return [
        p
        for p in papers
        if title_key(re.sub(r"^(?:the|an?)\s", "", p.title.lower())).startswith(asked)
    ]


def _only(papers: Sequence[Paper]) -> Paper | None:
    return papers[0] if len(papers) == 1 else None

"""Find the abbreviation or long form of a topic in the library: GNN, graph neural network."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final

from rag.query.coined import COINED, is_short_form
from rag.query.paper_lookup import PaperLookup
from rag.query.questions import STOP_WORDS
from rag.store.lexical import analyze
from rag.types import Paper

READ: Final = 40  # papers that are searched
LEAST_PAPERS: Final = 2  # that have both forms side by side
SAMPLE: Final = 2000  # papers whose phrases are searched for initials
INITIALS: Final = re.compile(r"[A-Z]{3,5}|[a-z]{3,4}")
LETTERS: Final = re.compile(r"[^\W\d_]+")


def other_form(topic: str, lookup: PaperLookup) -> list[str]:
    """Return the stems of a topic's abbreviation or long form; empty where the library has none."""
    stems = analyze(topic)
    if not stems:
        return []
    papers = lookup.having(stems, READ)
    is_short = len(topic.split()) == 1 and COINED.match(topic) is not None
    found = _long_forms(topic, papers) if is_short else _short_forms(topic, papers)
    counted = Counter(tuple(analyze(form)) for form in found)
    best = counted.most_common(1)
    return list(best[0][0]) if best and best[0][1] >= LEAST_PAPERS else []


def _long_forms(short: str, papers: Iterable[Paper]) -> Iterable[str]:
    bare = short.removesuffix("s")
    letters = len([sign for sign in bare if sign.isalpha()])
    form = re.compile(rf"((?:[\w-]+\s+){{1,{letters}}})\({re.escape(bare)}s?\)", re.IGNORECASE)
    for paper in papers:
        for match in form.finditer(paper.abstract):
            words = match[1].split()
            for first in range(len(words)):
                phrase = " ".join(words[first:])
                if phrase[:1].lower() == bare[:1].lower() and is_short_form(bare, f"{phrase} ("):
                    yield phrase
                    break


def _short_forms(long: str, papers: Iterable[Paper]) -> Iterable[str]:
    words = r"[\s-]+".join(re.escape(word.removesuffix("s")) + "s?" for word in long.split())
    form = re.compile(rf"\b{words}\s*\(([A-Z][\w-]*)\)", re.IGNORECASE)
    return (
        match[1].removesuffix("s") for paper in papers for match in form.finditer(paper.abstract)
    )


SHORT_FORM: Final = re.compile(r"\((?P<short>[A-Za-z][\w-]*)\)")


def short_forms(text: str) -> dict[str, str]:
    """Return the abbreviations that a text introduces, with their long forms.

    "Membrane proteins (MPs)" introduces "MP".
    """
    found: dict[str, str] = {}
    for match in SHORT_FORM.finditer(text):
        short = match["short"].removesuffix("s")
        words = re.findall(r"[\w-]+", text[: match.start()])[-len(short) - 1 :]
        phrases = (" ".join(words[n:]) for n in range(len(words) - 1, -1, -1))
        meant = (
            each
            for each in phrases
            if each[0].lower() == short[0].lower() and is_short_form(short, f"{each} (")
        )
        if COINED.match(short) and (long := next(meant, "")):
            found[short] = long.removesuffix("s")
    return found


def spelled_out(texts: Sequence[str]) -> list[str]:
    """Return the sentences of an abstract with the abbreviations that it introduces in words."""
    forms = short_forms(" ".join(texts))
    if not forms:
        return list(texts)
    short = re.compile(rf"(?<![\w(-])({'|'.join(map(re.escape, forms))})(?=s?(?![\w-]))")
    return [short.sub(lambda match: forms[match[0]], text) for text in texts]


def spelled_by_initials(short: str, lookup: PaperLookup) -> str:
    """Return the phrase of the library whose initials an unknown abbreviation has, or "".

    "LTH" is the lottery ticket hypothesis where a title has that phrase, and another paper too.
    """
    if not INITIALS.fullmatch(short):
        return ""
    letters = short.lower()
    initials = lookup.derived("initials", lambda: _sample_initials(lookup))
    near = [paper_id for paper_id, signs in initials.items() if letters in signs]
    titled: set[str] = set()
    counted: Counter[str] = Counter()
    for paper in lookup.by_id(near):
        in_title = set(_with_initials(letters, paper.title))
        titled |= in_title
        counted.update(in_title | set(_with_initials(letters, paper.abstract)))
    found = [(count, phrase) for phrase, count in counted.items() if phrase in titled]
    count, phrase = max(found, default=(0, ""))
    return phrase if count >= LEAST_PAPERS else ""


def is_spelled_out(short: str, text: str) -> bool:
    """Return whether side by side words of a text have the letters of an abbreviation.

    "RMSE" is spelled out by "root mean square error".
    """
    is_short = INITIALS.fullmatch(short) is not None
    return is_short and any(True for _ in _with_initials(short.lower(), text))


def _sample_initials(lookup: PaperLookup) -> dict[str, str]:
    """Return the first letters of the words of some papers, title and abstract apart, by id."""
    return {
        paper.paper_id: f"{_initials(_words(paper.title))} {_initials(_words(paper.abstract))}"
        for paper in islice(lookup.everything(), SAMPLE)
    }


def _words(text: str) -> list[str]:
    return [word.lower() for word in LETTERS.findall(text)]


def _initials(words: Sequence[str]) -> str:
    return "".join(word[0] for word in words)


def _with_initials(letters: str, text: str) -> Iterator[str]:
    words = _words(text)
    initials = _initials(words)
    at = initials.find(letters)
    while at >= 0:
        phrase = words[at : at + len(letters)]
        if STOP_WORDS.isdisjoint(phrase):
            yield " ".join(phrase)
        at = initials.find(letters, at + 1)

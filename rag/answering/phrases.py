"""Find the key phrases that the titles of papers share, spelled as in prose.

Without a parser: a phrase is a run of words between punctuation, function words or the ends of a
title. Not covered: other languages than English.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from typing import Final

from rag.query.questions import STOP_WORDS
from rag.types import Paper

PIECE: Final = re.compile(r"[^\s,;:?!()\[\]{}$\\/“”\"]+|[,;:?!()\[\]{}$\\/“”\"]")
WORD: Final = re.compile(r"[^\W\d_][\w'’-]*[\w]$")
# Words of titles outside of topics; no phrase begins or ends with one.
PLAIN: Final = frozenset(
    re.findall(
        r"\w+",
        """via using based towards toward new novel approach approaches method methods study studies
        survey review analysis perspective framework introduction case application applications
        paper results problem problems towards within across beyond versus vs better good efficient
        effective simple fast improved improving better improve improves make makes making learn
        learns can do does not is are through without under over between among really actually
        part first second two three near toward evaluating exploring understanding rethinking
        revisiting investigating enhancing empirical comparative comprehensive report technical
        general generic large small high low non multi self pre""",
    )
)
LONGEST: Final = 4
# In a library of some size, a phrase of more papers than this is no topic.
MOST_SHARE: Final = 0.2
SHARE_COUNTS_FROM: Final = 20
# A phrase is whole when in most of its titles no other word of a phrase precedes or follows it.
LEAST_BOUNDED: Final = 0.5

WITHIN: Final = re.compile(r"(?<=[a-z,] )[^\W\d_][\w'’-]*")  # a word within a sentence
SPELLED: Final = re.compile(r"[^\s-]+")

Stems = tuple[str, ...]


def stem(word: str) -> str:
    """Reduce a word to lower case and singular."""
    lower = word.lower()
    if len(lower) > 3 and lower.endswith("s") and not lower.endswith(("ss", "us", "is")):
        return lower[:-1]
    return lower


def stems(text: str) -> Stems:
    """Return the stems of a text's words, in order."""
    return tuple(stem(word) for word in re.findall(r"[^\W_][\w'’-]*", text))


def shared_phrases(papers: Sequence[Paper], least: int = 2) -> list[tuple[str, list[Paper]]]:
    """Return the phrases that titles of several papers share, best first, each with its papers.

    Longer phrases, and those of more papers, rank higher. One that is nearly always a part of a
    longer one is left out.
    """
    having: dict[Stems, dict[str, Paper]] = defaultdict(dict)
    bounded: Counter[Stems] = Counter()
    written: dict[Stems, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        for words, is_whole in _runs(paper.title):
            key = tuple(map(stem, words))
            having[key][paper.paper_id] = paper
            bounded[key] += is_whole
            written[key][" ".join(words)] += 1
    most = len(papers) * MOST_SHARE if len(papers) >= SHARE_COUNTS_FROM else len(papers)
    kept = {
        key: list(holders.values())
        for key, holders in having.items()
        if least <= len(holders) <= most
        and bounded[key] >= LEAST_BOUNDED * sum(written[key].values())
    }
    around = _longer_holders(kept)
    ordered = sorted(
        (key for key in kept if around.get(key, 0) * 2 <= len(kept[key])),
        key=lambda key: (-len(kept[key]) * (len(key) - 1) ** 0.5, key),
    )
    spelled = [written[key].most_common(1)[0][0] for key in ordered]
    forms = _prose_forms(
        papers, {word.lower() for each in spelled for word in SPELLED.findall(each)}
    )
    return [(_in_prose(each, forms), kept[key]) for each, key in zip(spelled, ordered, strict=True)]


def _runs(title: str) -> Iterator[tuple[list[str], bool]]:
    """Yield runs of 2 to 4 words between function words, and whether each is a whole phrase."""
    run: list[str] = []
    for piece in [*PIECE.findall(title), ","]:
        if WORD.match(piece) and piece.lower() not in STOP_WORDS:
            run.append(piece)
            continue
        yield from _parts(run)
        run = []


def _parts(run: Sequence[str]) -> Iterator[tuple[list[str], bool]]:
    for start in range(len(run)):
        for end in range(start + 2, min(len(run), start + LONGEST) + 1):
            words = list(run[start:end])
            if {words[0].lower(), words[-1].lower()} & PLAIN:
                continue
            begins = start == 0 or run[start - 1].lower() in PLAIN
            ends = end == len(run) or run[end].lower() in PLAIN
            yield words, begins and ends


def _longer_holders(kept: Mapping[Stems, Sequence[Paper]]) -> Mapping[Stems, int]:
    """Return for the parts of phrases how many papers have the most frequent phrase around each."""
    most: dict[Stems, int] = defaultdict(int)
    for other, holders in kept.items():
        for size in range(1, len(other)):
            for n in range(len(other) - size + 1):
                part = other[n : n + size]
                most[part] = max(most[part], len(holders))
    return most


def _prose_forms(papers: Sequence[Paper], words: Set[str]) -> dict[str, str]:
    """Return how abstracts write certain words within a sentence, by their lower case."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for paper in papers:
        for word in WITHIN.findall(paper.abstract):
            if (lower := word.lower()) in words:
                seen[lower][word] += 1
    return {
        lower: lower if lower in forms else forms.most_common(1)[0][0]
        for lower, forms in seen.items()
    }


def _in_prose(phrase: str, forms: Mapping[str, str]) -> str:
    return SPELLED.sub(lambda word: _word_in_prose(word[0], forms), phrase)


def _word_in_prose(word: str, forms: Mapping[str, str]) -> str:
    """Return a word as abstracts write it, else as the title does without a plain first capital."""
    if any(sign.isupper() or sign.isdigit() for sign in word[1:]):
        return word
    form = forms.get(word.lower(), word.lower())
    return form if form[1:].islower() else word.lower()

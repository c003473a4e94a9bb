"""Measure how a sentence stands to an abstract, word by word: what the reader judges by.

Pure functions. Words of the sentence are aligned with those of the abstract by their vectors in
context and their stems. What is measured: how well each is met, whether denials, opposites,
quantifiers, numbers and names agree, and whether words that both have stand in the same order.
Not covered: who is subject and who object, where both orders are found in the abstract.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.embedding.encoding import EncodedText
from rag.store.lexical import analyze
from rag.verification.terms import (
    SPELLED,
    TermWeight,
    digits,
    is_content,
    load_opposites,
    names,
    numbers,
)

Matrix = NDArray[np.float32]
Measures = Iterator[tuple[str, float]]

SAME_STEM: Final = 0.15  # what the same stem adds to a cosine
LEAST_GAIN: Final = 0.02  # by which a second sentence must meet the claim better than one alone
MET_FROM: Final = 0.55  # cosine of words that stand for each other
UNMET_BELOW: Final = 0.5
DENIAL_REACH: Final = 4  # content words behind a denial
NUMBER_REACH: Final = 4  # words on either side of a number that tell what it counts
NEAR: Final = 4  # words between two that belong together
FAR: Final = 30
STEMS_KEPT: Final = 50_000

DENYING: Final = re.compile(
    r"not|no|never|none|neither|nor|without|cannot|fails?|failed|failing|lacks?|lacked|lacking"
    r"|unable|hardly|absence|barely|scarcely|t|non|absent|nothing|nobody|avoids?|prevents?|refutes?"
    r"|impossible|unlike|neglects?|ignores?|omits?|excludes?|excluding|except|free|instead|rather"
)
STRONG: Final = frozenset(
    re.findall(
        r"\S+",
        """
        all every each any always only never first must entirely entire completely fully prove
        proved proves proven guarantee guarantees guaranteed best most none single sole solely
        universal universally whenever regardless everywhere exactly optimal definitively
        established unique whole general perfectly perfect certainly invariably exclusively
        necessarily sufficient arbitrary largest highest
        """,
    )
)
HEDGES: Final = frozenset(
    re.findall(
        r"\S+",
        """
        may might can could some often usually several potentially potential suggest suggests
        mainly partly partially possibly possible likely many most typically generally sometimes
        certain approximately nearly almost about around appear appears seem seems expected
        subset part mostly largely indicate indicates hint preliminary few conjecture believe
        empirically numerically numerical empirical experimentally evidence
        """,
    )
)
OWN_WORK: Final = frozenset(
    re.findall(
        r"\S+",
        """
        we our propose proposed proposes introduce introduces present presents authors paper
        novel new this develop show shows method approach
        """,
    )
)
EARLIER_WORK: Final = frozenset(
    re.findall(
        r"\S+",
        """
        existing previous previously prior traditional conventional current currently however
        although though while suffer suffers challenging typically often usually common commonly
        despite unfortunately remains limited standard recent recently earlier many most past
        classical known
        """,
    )
)
TURNING: Final = re.compile(
    r"than|outperform\w*|exceed\w*|surpass\w*|beats?|over|replac\w*|instead|rather|before|after"
    r"|caus\w*|leads?|led|whereas|while|from|into|by|unlike|compared"
)
TURN_REACH: Final = 6
CAPITALISED: Final = re.compile(r"(?<!^)(?<![.:] )\b[A-Z][a-z]+\w*")
TOKEN: Final = re.compile(r"[A-Za-z0-9]+(?:[.,]\d+)*")


@dataclass(frozen=True)
class LaidOut:
    """A text with what is compared of its words.

    Attributes:
        words: In lower case, punctuation left out.
        vectors: Of the words in context, shape (words, dimension).
        content: Places of the words that say something; all when none does.
        denied: Whether a word stands in reach of a denial.
    """

    text: str
    vector: NDArray[np.float32]
    words: tuple[str, ...]
    stems: tuple[str, ...]
    vectors: Matrix
    content: tuple[int, ...]
    denied: tuple[bool, ...]

    @classmethod
    def of(cls, text: str, encoded: EncodedText) -> LaidOut:
        """Lay a text out."""
        words = tuple(word.lower() for word in encoded.words)
        content = tuple(n for n, word in enumerate(words) if is_content(word))
        stems = tuple(map(_stem, words))
        kept = content or tuple(range(len(words)))
        return cls(
            text, encoded.vector, words, stems, encoded.word_vectors, kept, tuple(_denied(words))
        )

    @cached_property
    def stem_set(self) -> frozenset[str]:
        """Its stems, each once."""
        return frozenset(self.stems)

    @cached_property
    def word_set(self) -> frozenset[str]:
        """Its words, each once."""
        return frozenset(self.words)

    @cached_property
    def numbers(self) -> frozenset[str]:
        """Its numbers in one spelling."""
        return frozenset(numbers(self.text))

    @cached_property
    def counted(self) -> Mapping[str, list[frozenset[str]]]:
        """The stems around each of its numbers."""
        return _counted(self.text)


class LaidOutPaper:
    """A paper with what is compared of it, worked out once for all claims."""

    def __init__(self, title: LaidOut, sentences: Sequence[LaidOut]) -> None:
        self.title = title
        self.sentences = sentences
        self.stems = title.stem_set.union(*(each.stem_set for each in sentences))
        self.words = title.word_set.union(*(each.word_set for each in sentences))
        self.numbers = title.numbers.union(*(each.numbers for each in sentences))
        self.letters = _letters(" ".join(each.text for each in (title, *sentences)))
        self.counted = _counted(" ".join(each.text for each in (title, *sentences)))


def measure(claim: LaidOut, paper: LaidOutPaper, weight: TermWeight) -> dict[str, float]:
    """Return all measures of a claim beside a paper by name, always in the same order.

    Both hold at least one word.
    """
    pair = _Pair(claim, paper, weight)
    groups: tuple[Callable[[_Pair], Measures], ...] = (
        _closeness,
        _unmet,
        _denials,
        _opposites,
        _figures,
        _wording,
        _order,
        _turns,
        _neighbours,
        _left_over,
    )
    return {name: float(value) for group in groups for name, value in group(pair)}


class _Pair:
    """A claim aligned with a paper."""

    def __init__(self, claim: LaidOut, paper: LaidOutPaper, weight: TermWeight) -> None:
        self.claim = claim
        self.paper = paper
        self.kept = np.array(claim.content)
        self.cosines = [_cosines(claim, each) for each in paper.sentences]
        self.each = np.stack([matrix.max(axis=1) for matrix in self.cosines])
        same = np.array([[s in e.stem_set for s in claim.stems] for e in paper.sentences])
        self.met = self.each + SAME_STEM * same
        self.evidence = self._find_evidence()
        self.best = self.evidence[0]
        self.by_paper = np.maximum(self.each.max(axis=0), _cosines(claim, paper.title).max(axis=1))
        self.by_evidence = self.each[list(self.evidence)].max(axis=0)
        heavy = np.array([weight(stem) for stem in claim.stems], np.float32)[self.kept]
        self.heavy = heavy / max(float(heavy.max()), 1e-6)

    def _find_evidence(self) -> tuple[int, ...]:
        """The sentence that meets the claim best, and one that adds to it."""
        best = int(self.met[:, self.kept].mean(axis=1).argmax())
        gains = np.maximum(self.met, self.met[best]).mean(axis=1) - self.met[best].mean()
        second = int(gains.argmax())
        return (best, second) if gains[second] >= LEAST_GAIN else (best,)

    @cached_property
    def sentence(self) -> LaidOut:
        """The best sentence."""
        return self.paper.sentences[self.best]

    @cached_property
    def sources(self) -> tuple[LaidOut, ...]:
        """The sentences of the evidence."""
        return tuple(self.paper.sentences[n] for n in self.evidence)

    @cached_property
    def stems(self) -> frozenset[str]:
        """The stems of the evidence."""
        return frozenset[str]().union(*(each.stem_set for each in self.sources))

    @cached_property
    def words(self) -> frozenset[str]:
        """The words of the evidence."""
        return frozenset[str]().union(*(each.word_set for each in self.sources))

    def share(self, stems: frozenset[str]) -> float:
        """The share of the claim's content that stems hold, weighted by how rare it is."""
        found = np.array([self.claim.stems[n] in stems for n in self.kept])
        return float((self.heavy * found).sum() / max(float(self.heavy.sum()), 1e-6))


def _closeness(pair: _Pair) -> Measures:
    vectors = np.stack([each.vector for each in pair.paper.sentences])
    cosines = vectors @ pair.claim.vector
    kept = pair.kept
    yield "cosine", cosines.max()
    yield "cosine_best", cosines[pair.best]
    yield "maxsim_best", pair.each[pair.best][kept].mean()
    yield "maxsim_evidence", pair.by_evidence[kept].mean()
    yield "maxsim_paper", pair.by_paper[kept].mean()
    yield "maxsim_rare", (pair.heavy * pair.by_paper[kept]).sum() / max(pair.heavy.sum(), 1e-6)
    yield "coverage_paper", pair.share(pair.paper.stems)
    yield "coverage_evidence", pair.share(pair.stems)
    yield "content_words", len(kept) / 10


def _unmet(pair: _Pair) -> Measures:
    by_paper, by_evidence = pair.by_paper[pair.kept], pair.by_evidence[pair.kept]
    rising = np.sort(by_evidence)
    yield "least_met", rising[0]
    yield "two_least_met", rising[:2].mean()
    yield "two_least_met_paper", np.sort(by_paper)[:2].mean()
    yield "unmet_paper", (by_paper < UNMET_BELOW).mean()
    yield "unmet_evidence", (by_evidence < UNMET_BELOW).mean()
    yield "rarest_unmet_paper", (pair.heavy * (1 - by_paper)).max()
    yield "rarest_unmet_evidence", (pair.heavy * (1 - by_evidence)).max()


def _denials(pair: _Pair) -> Measures:
    claim, sources = pair.claim, pair.sources
    denies, denied = _count_denials(claim), sum(map(_count_denials, sources))
    aligned = turned = 0
    for n in pair.kept:
        sentence = max(pair.evidence, key=lambda place: pair.met[place][n])
        place, is_met = _counterpart(pair, int(n), sentence)
        if is_met:
            aligned += 1
            turned += claim.denied[n] != pair.paper.sentences[sentence].denied[place]
    yield "denials", min(denies, 2)
    yield "denials_evidence", min(denied, 2)
    yield "denied_only_here", denies > 0 and denied == 0
    yield "denied_only_there", denies == 0 and _count_denials(pair.sentence) > 0
    yield "turned", turned
    yield "turned_share", turned / max(aligned, 1)


def _counterpart(pair: _Pair, word: int, sentence: int) -> tuple[int, bool]:
    """The place of a word's counterpart in a sentence, and whether it is one."""
    row = pair.cosines[sentence][word]
    stems = pair.paper.sentences[sentence].stems
    same = [n for n, stem in enumerate(stems) if stem == pair.claim.stems[word]]
    if same:
        return max(same, key=row.__getitem__), True
    place = int(row.argmax())
    return place, bool(row[place] > MET_FROM)


def _opposites(pair: _Pair) -> Measures:
    opposites = load_opposites()
    said = pair.claim.stem_set
    own = [stem for n in pair.kept if (stem := pair.claim.stems[n]) in opposites]
    for name, stems in (
        ("opposites_best", pair.sentence.stem_set),
        ("opposites_evidence", pair.stems),
        ("opposites_paper", pair.paper.stems),
    ):
        yield name, sum(bool(opposites[s] & stems) for s in own if s not in stems)
    yield (
        "opposite_of_evidence",
        any(opposites.get(stem, frozenset()) & said for stem in pair.stems - said),
    )


def _figures(pair: _Pair) -> Measures:
    claim, paper = pair.claim, pair.paper
    written = digits(claim.text)
    known = frozenset[str]().union(*(each.numbers for each in pair.sources))
    yield "digits", min(len(written), 3)
    yield "digits_unknown", len(written - paper.numbers)
    yield "numbers_unknown", len(claim.numbers - paper.numbers)
    yield "numbers_not_in_evidence", len(claim.numbers - known)
    overlaps = [
        max(_overlap(a, b) for a in around for b in paper.counted[number])
        for number, around in claim.counted.items()
        if number in paper.counted
    ]
    yield "same_thing_counted", min(overlaps, default=1.0)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _wording(pair: _Pair) -> Measures:
    said, best = pair.claim.word_set, pair.sentence.word_set
    capitalised = [_letters(word) for word in CAPITALISED.findall(pair.claim.text)]
    yield "strong_new_to_paper", len((said & STRONG) - pair.paper.words)
    yield "strong_new_to_evidence", len((said & STRONG) - pair.words)
    yield "hedges_lost", len((best & HEDGES) - said)
    yield "hedges_new", len((said & HEDGES) - pair.words)
    yield "names_unknown", sum(name not in pair.paper.letters for name in names(pair.claim.text))
    yield "capitalised_unknown", sum(word not in pair.paper.letters for word in capitalised)
    yield "own_work_said", min(len(said & OWN_WORK), 3)
    yield "own_work_best", min(len(best & OWN_WORK), 3)
    yield "earlier_work_said", min(len(said & EARLIER_WORK), 3)
    yield "earlier_work_best", min(len(best & EARLIER_WORK), 3)
    yield "place", pair.best / max(1, len(pair.paper.sentences) - 1)


def _order(pair: _Pair) -> Measures:
    stems, found = pair.claim.stems, pair.sentence.stems
    once = [
        found.index(stems[n])
        for n in pair.kept
        if stems.count(stems[n]) == 1 and found.count(stems[n]) == 1
    ]
    row = pair.each[pair.best]
    aligned = [int(pair.cosines[pair.best][n].argmax()) for n in pair.kept if row[n] > MET_FROM]
    yield "turned_order", _inversions(once)
    yield "turned_order_aligned", _inversions(aligned)
    yield "shared_words", min(len(once), 10) / 10
    yield "spread", (max(once) - min(once) + 1) / len(once) if once else 0


def _inversions(places: Sequence[int]) -> float:
    """The share of pairs that stand the other way round."""
    pairs = list(combinations(places, 2))
    return sum(a > b for a, b in pairs) / len(pairs) if pairs else 0.0


def _turns(pair: _Pair) -> Measures:
    """Whether what stands before and after a word between two things is met on the same side."""
    values = [
        _side(pair, n, place)
        for n, word in enumerate(pair.claim.words)
        if TURNING.fullmatch(word)
        for place, stem in enumerate(pair.sentence.stems)
        if stem == pair.claim.stems[n]
    ]
    known = [value for value in values if value is not None]
    yield "same_side", min(known, default=0.0)


def _side(pair: _Pair, word: int, place: int) -> float | None:
    kept, cosines = pair.kept, pair.cosines[pair.best]
    before = kept[(kept < word) & (kept >= word - TURN_REACH)]
    after = kept[(kept > word) & (kept <= word + TURN_REACH)]
    left = cosines[:, max(0, place - TURN_REACH - 2) : place]
    right = cosines[:, place + 1 : place + TURN_REACH + 3]
    if not (len(before) and len(after) and left.shape[1] and right.shape[1]):
        return None

    def met(words: NDArray[np.int64], side: Matrix) -> float:
        return float(side[words].max(axis=1).mean())

    return met(before, left) + met(after, right) - met(before, right) - met(after, left)


def _neighbours(pair: _Pair) -> Measures:
    """Whether content words that follow each other stand near each other in the paper too."""
    stems = [pair.claim.stems[n] for n in pair.kept]
    known = [(a, b) for a, b in pairwise(stems) if {a, b} <= pair.paper.stems]
    gaps = [min(_gap(each.stems, a, b) for each in pair.paper.sentences) for a, b in known]
    yield "neighbours_known", len(known) / max(1, len(stems) - 1)
    yield "neighbours_apart", sum(gap > NEAR for gap in gaps) / len(gaps) if gaps else 0
    yield "widest_gap", max(gaps) / FAR if gaps else 0


def _gap(stems: Sequence[str], first: str, second: str) -> int:
    """How far two stems stand apart where they are nearest, two more the other way round."""
    ones = [n for n, stem in enumerate(stems) if stem == first]
    others = [n for n, stem in enumerate(stems) if stem == second]
    gaps = (b - a if b > a else a - b + 2 for a in ones for b in others)
    return min(FAR, min(gaps, default=FAR))


def _left_over(pair: _Pair) -> Measures:
    """What the claim has beyond its best sentence, and the sentence beyond the claim."""
    claim, sentence = pair.claim, pair.sentence
    extra = [n for n, k in enumerate(pair.kept) if claim.stems[k] not in sentence.stem_set]
    unsaid = [n for n in sentence.content if sentence.stems[n] not in claim.stem_set]
    by_paper, by_evidence = pair.by_paper[pair.kept][extra], pair.by_evidence[pair.kept][extra]
    yield "extra", len(extra) / len(pair.kept)
    yield "unsaid", len(unsaid) / max(1, len(sentence.words))
    yield "extra_rare", pair.heavy[extra].mean() if extra else 0
    yield "extra_met", by_paper.mean() if extra else 1
    yield "extra_best_met", by_paper.max() if extra else 1
    yield "extra_least_met", by_evidence.min() if extra else 1


def _cosines(claim: LaidOut, text: LaidOut) -> Matrix:
    """Cosines of the claim's words with a text's, shape (words, words); 0 where it has none."""
    if not text.words:
        return np.zeros((len(claim.words), 1), np.float32)
    found: Matrix = claim.vectors @ text.vectors.T
    return found


@lru_cache(STEMS_KEPT)
def _stem(word: str) -> str:
    stems = analyze(word)
    return stems[0] if stems else word


def _letters(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", text.lower())


def _count_denials(text: LaidOut) -> int:
    return sum(bool(DENYING.fullmatch(word)) for word in text.words)


def _denied(words: Sequence[str]) -> Iterator[bool]:
    left = 0
    for word in words:
        if DENYING.fullmatch(word):
            left = DENIAL_REACH
            yield False
            continue
        if word in ("but", "however", "while", "although"):
            left = 0
        is_reached = left > 0 and is_content(word)
        left -= is_reached
        yield is_reached


def _counted(text: str) -> dict[str, list[frozenset[str]]]:
    """The stems of the content words around each number of a text."""
    tokens = [token.lower() for token in TOKEN.findall(text)]
    found: dict[str, list[frozenset[str]]] = {}
    for place, token in enumerate(tokens):
        number = token.rstrip(".,") if token[0].isdigit() else SPELLED.get(token)
        if number is not None:
            before = [w for w in tokens[max(0, place - NUMBER_REACH) : place] if is_content(w)]
            after = [w for w in tokens[place + 1 : place + 1 + NUMBER_REACH] if is_content(w)]
            around = frozenset(_stem(word) for word in (*before[-3:], *after[:3]))
            found.setdefault(number, []).append(around)
    return found

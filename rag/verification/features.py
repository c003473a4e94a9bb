"""Compute the features by which the entailment model judges a claim beside an abstract.

Pure functions of an `Alignment`. They say how well each word is matched, whether negations,
antonyms, quantifiers, numbers and names agree, and whether words that both have are in the same
order. Not covered: who is subject and who object, where the abstract has both orders.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from itertools import combinations, pairwise
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.text import squeezed
from rag.verification.alignment import (
    MATCHED_FROM,
    Alignment,
    Matrix,
)
from rag.verification.terms import digits, load_antonyms, names

Features = Iterator[tuple[str, float]]

UNMATCHED_BELOW: Final = 0.5  # cosine
NEAR: Final = 4  # words between two that belong together
FAR: Final = 30


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


STRONG: Final = _words(
    """
    all every each any always only never first must entirely entire completely fully prove
    proved proves proven guarantee guarantees guaranteed best most none single sole solely
    universal universally whenever regardless everywhere exactly optimal definitively
    established unique whole general perfectly perfect certainly invariably exclusively
    necessarily sufficient arbitrary largest highest
    """
)
HEDGES: Final = _words(
    """
    may might can could some often usually several potentially potential suggest suggests
    mainly partly partially possibly possible likely many most typically generally sometimes
    certain approximately nearly almost about around appear appears seem seems expected
    subset part mostly largely indicate indicates hint preliminary few conjecture believe
    empirically numerically numerical empirical experimentally evidence
    """
)
OWN_WORK: Final = _words(
    """
    we our propose proposed proposes introduce introduces present presents authors paper
    novel new this develop show shows method approach
    """
)
EARLIER_WORK: Final = _words(
    """
    existing previous previously prior traditional conventional current currently however
    although though while suffer suffers challenging typically often usually common commonly
    despite unfortunately remains limited standard recent recently earlier many most past
    classical known
    """
)
COMPARING: Final = re.compile(
    r"than|outperform\w*|exceed\w*|surpass\w*|beats?|over|replac\w*|instead|rather|before|after"
    r"|caus\w*|leads?|led|whereas|while|from|into|by|unlike|compared"
)
SIDE_WORDS: Final = 6  # on either side of such a word that are compared
CAPITALISED: Final = re.compile(r"(?<!^)(?<![.:] )\b[A-Z][a-z]+\w*")


def extract_features(pair: Alignment) -> dict[str, float]:
    """Return all features of an aligned claim by name, always in the same order."""
    groups: tuple[Callable[[Alignment], Features], ...] = (
        _similarity,
        _unmatched,
        _negations,
        _antonyms,
        _figures,
        _wording,
        _order,
        _sides,
        _neighbours,
        _differences,
    )
    return {name: float(value) for group in groups for name, value in group(pair)}


def _similarity(pair: Alignment) -> Features:
    vectors = np.stack([each.vector for each in pair.paper.sentences])
    cosines = vectors @ pair.claim.vector
    content = pair.content
    yield "cosine", cosines.max()
    yield "cosine_best", cosines[pair.best]
    yield "maxsim_best", pair.by_sentence[pair.best][content].mean()
    yield "maxsim_evidence", pair.by_evidence[content].mean()
    yield "maxsim_paper", pair.by_paper[content].mean()
    yield (
        "maxsim_idf",
        (pair.weights * pair.by_paper[content]).sum() / max(pair.weights.sum(), 1e-6),
    )
    yield "coverage_paper", pair.coverage(pair.paper.stems)
    yield "coverage_evidence", pair.coverage(pair.stems)
    yield "content_words", len(content) / 10


def _unmatched(pair: Alignment) -> Features:
    by_paper, by_evidence = pair.by_paper[pair.content], pair.by_evidence[pair.content]
    rising = np.sort(by_evidence)
    yield "lowest_maxsim", rising[0]
    yield "two_lowest_maxsim", rising[:2].mean()
    yield "two_lowest_maxsim_paper", np.sort(by_paper)[:2].mean()
    yield "unmatched_paper", (by_paper < UNMATCHED_BELOW).mean()
    yield "unmatched_evidence", (by_evidence < UNMATCHED_BELOW).mean()
    yield "rarest_unmatched_paper", (pair.weights * (1 - by_paper)).max()
    yield "rarest_unmatched_evidence", (pair.weights * (1 - by_evidence)).max()


def _negations(pair: Alignment) -> Features:
    claim, sources = pair.claim, pair.sources
    said, found = claim.count_negations(), sum(each.count_negations() for each in sources)
    aligned = flipped = 0
    for n in pair.content:
        sentence = max(pair.evidence, key=lambda place: pair.matches[place][n])
        place, is_match = pair.counterpart(int(n), sentence)
        if is_match:
            aligned += 1
            flipped += claim.negated[n] != pair.paper.sentences[sentence].negated[place]
    yield "negations", min(said, 2)
    yield "negations_evidence", min(found, 2)
    yield "negated_only_in_claim", said > 0 and found == 0
    yield "negated_only_in_best", said == 0 and pair.sentence.count_negations() > 0
    yield "polarity_flips", flipped
    yield "polarity_flip_share", flipped / max(aligned, 1)


def _antonyms(pair: Alignment) -> Features:
    antonyms = load_antonyms()
    said = pair.claim.stem_set
    own = [stem for n in pair.content if (stem := pair.claim.stems[n]) in antonyms]
    for name, stems in (
        ("antonyms_best", pair.sentence.stem_set),
        ("antonyms_evidence", pair.stems),
        ("antonyms_paper", pair.paper.stems),
    ):
        yield name, sum(bool(antonyms[s] & stems) for s in own if s not in stems)
    yield (
        "antonym_of_evidence",
        any(antonyms.get(stem, frozenset()) & said for stem in pair.stems - said),
    )


def _figures(pair: Alignment) -> Features:
    claim, paper = pair.claim, pair.paper
    written = digits(claim.text)
    evidence = frozenset[str]().union(*(each.numbers for each in pair.sources))
    yield "digits", min(len(written), 3)
    yield "digits_unknown", len(written - paper.numbers)
    yield "numbers_unknown", len(claim.numbers - paper.numbers)
    yield "numbers_unknown_evidence", len(claim.numbers - evidence)
    overlaps = [
        max(_overlap(a, b) for a in around for b in paper.number_contexts[number])
        for number, around in claim.number_contexts.items()
        if number in paper.number_contexts
    ]
    yield "number_context_overlap", min(overlaps, default=1.0)


def _overlap(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(1, min(len(one), len(other)))


def _wording(pair: Alignment) -> Features:
    said, best = pair.claim.word_set, pair.sentence.word_set
    capitalised = [squeezed(word) for word in CAPITALISED.findall(pair.claim.text)]
    yield "strong_new_to_paper", len((said & STRONG) - pair.paper.words)
    yield "strong_new_to_evidence", len((said & STRONG) - pair.words)
    yield "hedges_dropped", len((best & HEDGES) - said)
    yield "hedges_added", len((said & HEDGES) - pair.words)
    yield "names_unknown", sum(name not in pair.paper.letters for name in names(pair.claim.text))
    yield "capitalised_unknown", sum(word not in pair.paper.letters for word in capitalised)
    yield "own_work_claim", min(len(said & OWN_WORK), 3)
    yield "own_work_best", min(len(best & OWN_WORK), 3)
    yield "earlier_work_claim", min(len(said & EARLIER_WORK), 3)
    yield "earlier_work_best", min(len(best & EARLIER_WORK), 3)
    yield "best_position", pair.best / max(1, len(pair.paper.sentences) - 1)


def _order(pair: Alignment) -> Features:
    stems, found = pair.claim.stems, pair.sentence.stems
    once = [
        found.index(stems[n])
        for n in pair.content
        if stems.count(stems[n]) == 1 and found.count(stems[n]) == 1
    ]
    row = pair.by_sentence[pair.best]
    aligned = [
        int(pair.cosines[pair.best][n].argmax()) for n in pair.content if row[n] > MATCHED_FROM
    ]
    yield "inversions", _inversions(once)
    yield "inversions_aligned", _inversions(aligned)
    yield "shared_words", min(len(once), 10) / 10
    yield "spread", (max(once) - min(once) + 1) / len(once) if once else 0


def _inversions(places: Sequence[int]) -> float:
    """Return the share of pairs that stand in descending order, in [0, 1]."""
    pairs = list(combinations(places, 2))
    return sum(a > b for a, b in pairs) / len(pairs) if pairs else 0.0


def _sides(pair: Alignment) -> Features:
    """Compare what stands on each side of a word that relates two things, as "than" does."""
    values = [
        _side(pair, n, place)
        for n, word in enumerate(pair.claim.words)
        if COMPARING.fullmatch(word)
        for place, stem in enumerate(pair.sentence.stems)
        if stem == pair.claim.stems[n]
    ]
    known = [value for value in values if value is not None]
    yield "same_side", min(known, default=0.0)


def _side(pair: Alignment, word: int, place: int) -> float | None:
    """Return by how much cosines on the same side of a word exceed those across it.

    None where the claim or the sentence has nothing on one side.
    """
    content, cosines = pair.content, pair.cosines[pair.best]
    before = content[(content < word) & (content >= word - SIDE_WORDS)]
    after = content[(content > word) & (content <= word + SIDE_WORDS)]
    left = cosines[:, max(0, place - SIDE_WORDS - 2) : place]
    right = cosines[:, place + 1 : place + SIDE_WORDS + 3]
    if not (len(before) and len(after) and left.shape[1] and right.shape[1]):
        return None

    def match(words: NDArray[np.int64], side: Matrix) -> float:
        return float(side[words].max(axis=1).mean())

    return match(before, left) + match(after, right) - match(before, right) - match(after, left)


def _neighbours(pair: Alignment) -> Features:
    """Compare how near consecutive content words of the claim are to each other in the paper."""
    stems = [pair.claim.stems[n] for n in pair.content]
    known = [(a, b) for a, b in pairwise(stems) if {a, b} <= pair.paper.stems]
    gaps = [min(_gap(each.stems, a, b) for each in pair.paper.sentences) for a, b in known]
    yield "neighbours_known", len(known) / max(1, len(stems) - 1)
    yield "neighbours_apart", sum(gap > NEAR for gap in gaps) / len(gaps) if gaps else 0
    yield "widest_gap", max(gaps) / FAR if gaps else 0


def _gap(stems: Sequence[str], first: str, second: str) -> int:
    """Return how far two stems are apart where they are nearest; 2 more in the other order."""
    ones = [n for n, stem in enumerate(stems) if stem == first]
    others = [n for n, stem in enumerate(stems) if stem == second]
    gaps = (b - a if b > a else a - b + 2 for a in ones for b in others)
    return min(FAR, min(gaps, default=FAR))


def _differences(pair: Alignment) -> Features:
    """Compare what the claim has beyond its best sentence, and the sentence beyond the claim."""
    claim, sentence = pair.claim, pair.sentence
    extra = [n for n, k in enumerate(pair.content) if claim.stems[k] not in sentence.stem_set]
    omitted = [n for n in sentence.content if sentence.stems[n] not in claim.stem_set]
    by_paper = pair.by_paper[pair.content][extra]
    by_evidence = pair.by_evidence[pair.content][extra]
    yield "extra", len(extra) / len(pair.content)
    yield "omitted", len(omitted) / max(1, len(sentence.words))
    yield "extra_rare", pair.weights[extra].mean() if extra else 0
    yield "extra_maxsim", by_paper.mean() if extra else 1
    yield "extra_highest_maxsim", by_paper.max() if extra else 1
    yield "extra_lowest_maxsim", by_evidence.min() if extra else 1

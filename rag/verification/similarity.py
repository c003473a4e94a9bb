"""Check claims against papers by the similarity of their vectors and words.

Where there are vectors, a trained reader decides what counts as supported, and the similarity how
well. No language model reads the texts. Not covered: inference over several sentences, and figures
that follow from others by arithmetic.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np

from rag.embedding.encoding import CachedEncoder, EncodedText
from rag.fitted import load_fitted
from rag.sentences import Sentence
from rag.text import squeezed
from rag.types import Paper, Verdict
from rag.verification.maxsim import StackedTexts, compare, maxsim_words, stack_texts
from rag.verification.reader import Reader
from rag.verification.reading import LaidOut, LaidOutPaper, measure
from rag.verification.support import Support, quotable_sentences
from rag.verification.terms import (
    TermWeight,
    covered_share,
    digits,
    disagrees,
    names,
    numbers,
    opposes,
    overclaims,
    stems_of,
    wanted_stems,
)

# A denial counts as a contradiction only of a sentence that says nearly the same otherwise: on
# SciFact a difference in negation or direction alone is wrong as often as it is right.
CONTRADICTED_FROM: Final = 0.9


class SimilarityVerifier:
    """Check claims by a logistic regression over cosine, MaxSim and word coverage, and a reader.

    Args:
        encoder: Gives the vectors of texts and words; None compares by words alone.
        weight: The idf of a stem in this library.
        reader: Decides what counts as supported, where there are vectors; None leaves that to the
            regression too.
    """

    def __init__(
        self, encoder: CachedEncoder | None, weight: TermWeight, reader: Reader | None = None
    ) -> None:
        self._encoder = encoder
        self._weight = weight
        self._reader = reader

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """Return the support of every claim by its paper, in order."""
        encoded = self._encode(pairs)
        claims = {claim: _Claim(claim, encoded.get(claim)) for claim, _ in pairs}
        papers = {paper: _Source.of(paper, encoded) for _, paper in pairs}
        return [self._check(claims[claim], papers[paper]) for claim, paper in pairs]

    def _encode(self, pairs: Sequence[tuple[str, Paper]]) -> dict[str, EncodedText]:
        """Encode all texts at once: one pass over the model for a whole answer."""
        if self._encoder is None:
            return {}
        texts = [claim for claim, _ in pairs]
        for paper in dict.fromkeys(paper for _, paper in pairs):
            texts += [paper.title, *(each.text for each in quotable_sentences(paper))]
        unique = list(dict.fromkeys(texts))
        return dict(zip(unique, self._encoder.encode(unique), strict=True))

    def features(self, pairs: Sequence[tuple[str, Paper]]) -> list[tuple[float, ...]]:
        """Return what the support of each claim by its paper is reckoned from, in order.

        Cosine and MaxSim of the sentence that is closest, MaxSim and coverage of the whole paper;
        without vectors the coverage by the best sentence and by the paper.
        """
        encoded = self._encode(pairs)
        return [
            self._compare(_Claim(claim, encoded.get(claim)), _Source.of(paper, encoded)).features
            for claim, paper in pairs
        ]

    def measures(self, pairs: Sequence[tuple[str, Paper]]) -> list[dict[str, float]]:
        """Return what the reader judges each claim beside its paper by, in order.

        Empty where one of them has no words, or there are no vectors.
        """
        encoded = self._encode(pairs)
        claims = {claim: _Claim(claim, encoded.get(claim)) for claim, _ in pairs}
        papers = {paper: _Source.of(paper, encoded) for _, paper in pairs}
        laid = [(claims[claim].laid, papers[paper].laid) for claim, paper in pairs]
        return [measure(one, other, self._weight) if one and other else {} for one, other in laid]

    def similarity(self, features: tuple[float, ...]) -> float:
        """Return the regression's value of a claim's features, in (0, 1)."""
        fitted = load_fitted()
        by_words = len(features) == len(fitted.support_by_words.features)
        return (fitted.support_by_words if by_words else fitted.support).probability(*features)

    def _check(self, claim: _Claim, source: _Source) -> Support:
        verbatim = source.find(claim)
        if verbatim is not None:
            return Support(verbatim, 1.0, "supported")
        compared = self._compare(claim, source)
        value = self.similarity(compared.features)
        is_close = compared.closeness >= CONTRADICTED_FROM
        denies = is_close and disagrees(claim.text, compared.best.text)
        verdict = _verdict(claim, source, value, self._reads(claim, source, value), denies=denies)
        if verdict == "supported" and _says_other_or_more(claim.text, compared.best, source):
            verdict = "partly"
        return Support(compared.best, value, verdict)

    def _reads(self, claim: _Claim, source: _Source, value: float) -> bool:
        """Whether the paper says so: by the reader, or where it cannot tell, by similarity."""
        if self._reader is None or claim.laid is None or source.laid is None:
            return value >= load_fitted().thresholds.supported_from.value
        if value < self._reader.least_similarity:
            return False
        return self._reader.supports(measure(claim.laid, source.laid, self._weight))

    def _compare(self, claim: _Claim, source: _Source) -> _Compared:
        if claim.encoded is None or source.texts is None or source.title is None:
            return self._compare_words(claim, source)
        found = compare(claim.encoded, source.texts)
        titled = np.maximum(found.by_word, maxsim_words(claim.encoded, source.title))
        covered = covered_share(claim.stems, source.stems, self._weight)
        features = found.cosine, found.maxsim, float(titled.mean()), covered
        return _Compared(source.sentences[found.best], features, found.maxsim)

    def _compare_words(self, claim: _Claim, source: _Source) -> _Compared:
        each = [stems_of(sentence.text) for sentence in source.sentences]
        shares = [covered_share(claim.stems, stems, self._weight) for stems in each]
        best = max(range(len(shares)), key=shares.__getitem__)
        covered = covered_share(claim.stems, source.stems, self._weight)
        features = shares[best], covered
        return _Compared(source.sentences[best], features, shares[best])


@dataclass(frozen=True, slots=True)
class _Compared:
    """A claim beside a paper: the best sentence, the model's features, how alike they are."""

    best: Sentence
    features: tuple[float, ...]
    closeness: float


class _Claim:
    """A claim with what is compared of it, worked out once for all papers."""

    def __init__(self, text: str, encoded: EncodedText | None) -> None:
        self.text = text
        self.encoded = encoded
        self.stems = wanted_stems(text)
        self.digits = digits(text)
        self.names = names(text)
        self.squeezed = squeezed(text)

    @cached_property
    def laid(self) -> LaidOut | None:
        """The claim as the reader takes it; None without vectors or words."""
        encoded = self.encoded
        return LaidOut.of(self.text, encoded) if encoded and encoded.words else None


@dataclass(frozen=True)
class _Source:
    """A paper with what is compared of it, worked out once for all claims."""

    sentences: Sequence[Sentence]
    letters: Sequence[str]
    stems: frozenset[str]
    numbers: frozenset[str]
    squeezed: str
    text: str
    texts: StackedTexts | None
    title: EncodedText | None
    encoded: Mapping[str, EncodedText]
    paper: Paper

    @classmethod
    def of(cls, paper: Paper, encoded: Mapping[str, EncodedText]) -> _Source:
        """Lay a paper out, by words alone where its texts were not encoded."""
        sentences = quotable_sentences(paper)
        whole = " ".join([paper.title, *(sentence.text for sentence in sentences)])
        known = [encoded[sentence.text] for sentence in sentences] if encoded else []
        return cls(
            sentences,
            [squeezed(sentence.text) for sentence in sentences],
            stems_of(whole),
            frozenset(numbers(whole)),
            squeezed(whole),
            whole,
            stack_texts(known) if known else None,
            encoded.get(paper.title),
            encoded,
            paper,
        )

    @cached_property
    def laid(self) -> LaidOutPaper | None:
        """The paper as the reader takes it; None without vectors, or when no sentence has words."""
        texts = [each.text for each in self.sentences] if self.title else []
        laid = [LaidOut.of(text, self.encoded[text]) for text in texts if self.encoded[text].words]
        title = self.paper.title
        return LaidOutPaper(LaidOut.of(title, self.encoded[title]), laid) if laid else None

    def find(self, claim: _Claim) -> Sentence | None:
        """Return the sentence that is the claim, letter for letter."""
        if not claim.squeezed or claim.squeezed not in self.letters:
            return None
        return self.sentences[self.letters.index(claim.squeezed)]


def _says_other_or_more(claim: str, best: Sentence, source: _Source) -> bool:
    return opposes(claim, best.text) or overclaims(claim, source.text)


def _verdict(
    claim: _Claim, source: _Source, value: float, is_read: bool, *, denies: bool
) -> Verdict:
    if denies:
        return "contradicted"
    is_near = is_read or value >= load_fitted().thresholds.partly_from.value
    if not is_near or claim.digits - source.numbers:
        return "unsupported"
    if not is_read or any(name not in source.squeezed for name in claim.names):
        return "partly"
    return "supported"

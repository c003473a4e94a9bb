"""Check claims against papers by the similarity of their vectors and words.

Where there are vectors, an entailment model decides what counts as supported, and the similarity
says how well. No language model is asked. Not covered: inference over several sentences, and
figures that follow from others by arithmetic.
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
from rag.verification.alignment import Alignment, AnalyzedPaper, AnalyzedText
from rag.verification.entailment import EntailmentModel
from rag.verification.frames import without_subject
from rag.verification.maxsim import StackedTexts, compare, maxsim_words, stack_texts
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

# A negation counts as a contradiction only of a sentence that says nearly the same otherwise: on
# SciFact a difference in negation or direction alone is wrong as often as it is right.
CONTRADICTED_FROM: Final = 0.9


class SimilarityVerifier:
    """Check claims by a logistic regression over cosine, MaxSim and coverage, and by entailment.

    Args:
        encoder: Gives the vectors of texts and words; None compares by words alone.
        weight: The idf of a stem in this library.
        entailment: Decides what counts as supported, where there are vectors; None leaves that to
            the regression too.
    """

    def __init__(
        self,
        encoder: CachedEncoder | None,
        weight: TermWeight,
        entailment: EntailmentModel | None = None,
    ) -> None:
        self._encoder = encoder
        self._weight = weight
        self._entailment = entailment

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> list[Support]:
        """Return the support of every claim by its paper, in order."""
        return [self._check(claim, paper) for claim, paper in self._prepare(pairs)]

    def _prepare(self, pairs: Sequence[tuple[str, Paper]]) -> list[tuple[_Claim, _PaperTexts]]:
        """Return the pairs ready to be compared; each text is encoded and analyzed once."""
        encoded = self._encode(pairs)
        claims = {claim: _Claim(claim, encoded) for claim, _ in pairs}
        papers = {paper: _PaperTexts.of(paper, encoded) for _, paper in pairs}
        return [(claims[claim], papers[paper]) for claim, paper in pairs]

    def _encode(self, pairs: Sequence[tuple[str, Paper]]) -> dict[str, EncodedText]:
        """Return the vectors of all texts, encoded in one pass; nothing without an encoder."""
        if self._encoder is None:
            return {}
        texts = [each for claim, _ in pairs for each in (claim, without_subject(claim))]
        for paper in dict.fromkeys(paper for _, paper in pairs):
            texts += [paper.title, *(each.text for each in quotable_sentences(paper))]
        unique = list(dict.fromkeys(texts))
        return dict(zip(unique, self._encoder.encode(unique), strict=True))

    def similarity_features(self, pairs: Sequence[tuple[str, Paper]]) -> list[tuple[float, ...]]:
        """Return the regression's features of each claim beside its paper, in order.

        Cosine and MaxSim of the sentence that is closest, MaxSim and coverage of the whole paper;
        without vectors the coverage by the best sentence and by the paper.
        """
        return [self._compare(claim, paper).features for claim, paper in self._prepare(pairs)]

    def align(self, pairs: Sequence[tuple[str, Paper]]) -> list[Alignment | None]:
        """Return each claim aligned with its paper, in order.

        None where one of them has no words, or there are no vectors.
        """
        return [
            Alignment(claim.analyzed, paper.analyzed, self._weight)
            if claim.analyzed and paper.analyzed
            else None
            for claim, paper in self._prepare(pairs)
        ]

    def similarity(self, features: tuple[float, ...]) -> float:
        """Return the regression's value for a row of `similarity_features`, in (0, 1)."""
        fitted = load_fitted()
        by_words = len(features) == len(fitted.support_by_words.features)
        return (fitted.support_by_words if by_words else fitted.support).probability(*features)

    def _check(self, claim: _Claim, paper: _PaperTexts) -> Support:
        verbatim = paper.find(claim)
        if verbatim is not None:
            return Support(verbatim, 1.0, "supported")
        compared = self._compare(claim, paper)
        value = self.similarity(compared.features)
        is_close = compared.closeness >= CONTRADICTED_FROM
        negates = is_close and disagrees(claim.text, compared.best.text)
        probability = self._entailment_of(claim, paper, value)
        verdict = _verdict(claim, paper, self._judge(claim, value, probability), negates=negates)
        if verdict == "supported" and _reverses_or_overclaims(claim.text, compared.best, paper):
            verdict = "partly"
        return Support(compared.best, value, verdict, probability)

    def _entailment_of(self, claim: _Claim, paper: _PaperTexts, value: float) -> float | None:
        """Return the probability that the paper entails the claim; None where no model tells."""
        if self._entailment is None or claim.bare is None or paper.analyzed is None:
            return None
        if value < self._entailment.min_similarity:
            return 0.0
        return self._entailment.probability(Alignment(claim.bare, paper.analyzed, self._weight))

    def _judge(self, claim: _Claim, value: float, probability: float | None) -> Verdict:
        """Return how far a paper supports a claim by its entailment and similarity."""
        cuts = load_fitted().thresholds
        is_near = value >= cuts.partly_from.value
        if self._entailment is None or probability is None:
            if value >= cuts.supported_from.value:
                return "supported"
            return "partly" if is_near else "unsupported"
        judged = self._entailment.judge(probability, without_subject=claim.said != claim.text)
        return "unsupported" if judged == "partly" and not is_near else judged

    def _compare(self, claim: _Claim, paper: _PaperTexts) -> _Comparison:
        if claim.encoded is None or paper.texts is None or paper.title is None:
            return self._compare_words(claim, paper)
        found = compare(claim.encoded, paper.texts)
        titled = np.maximum(found.by_word, maxsim_words(claim.encoded, paper.title))
        covered = covered_share(claim.stems, paper.stems, self._weight)
        features = found.cosine, found.maxsim, float(titled.mean()), covered
        return _Comparison(paper.sentences[found.best], features, found.maxsim)

    def _compare_words(self, claim: _Claim, paper: _PaperTexts) -> _Comparison:
        each = [stems_of(sentence.text) for sentence in paper.sentences]
        shares = [covered_share(claim.stems, stems, self._weight) for stems in each]
        best = max(range(len(shares)), key=shares.__getitem__)
        covered = covered_share(claim.stems, paper.stems, self._weight)
        features = shares[best], covered
        return _Comparison(paper.sentences[best], features, shares[best])


@dataclass(frozen=True, slots=True)
class _Comparison:
    """A claim beside a paper: the closest sentence, the regression's features, the similarity."""

    best: Sentence
    features: tuple[float, ...]
    closeness: float


class _Claim:
    """What is compared of a claim, worked out once for all papers."""

    def __init__(self, text: str, encoded: Mapping[str, EncodedText]) -> None:
        self.text = text
        self.said = without_subject(text)
        self.encoded = encoded.get(text)
        self._said_encoded = encoded.get(self.said)
        self.stems = wanted_stems(text)
        self.digits = digits(text)
        self.names = names(text)
        self.squeezed = squeezed(text)

    @cached_property
    def analyzed(self) -> AnalyzedText | None:
        """The claim's words, stems and vectors; None without vectors or words."""
        return _analyzed(self.text, self.encoded)

    @cached_property
    def bare(self) -> AnalyzedText | None:
        """The same without a subject that is a paper or its authors."""
        return _analyzed(self.said, self._said_encoded)


def _analyzed(text: str, encoded: EncodedText | None) -> AnalyzedText | None:
    return AnalyzedText.of(text, encoded) if encoded and encoded.words else None


@dataclass(frozen=True)
class _PaperTexts:
    """What is compared of a paper, worked out once for all claims."""

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
    def of(cls, paper: Paper, encoded: Mapping[str, EncodedText]) -> _PaperTexts:
        """Prepare a paper; without its vectors only words are compared."""
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
    def analyzed(self) -> AnalyzedPaper | None:
        """The paper's title and sentences; None without vectors, or when no sentence has words."""
        texts = [each.text for each in self.sentences] if self.title else []
        analyzed = [
            AnalyzedText.of(text, self.encoded[text]) for text in texts if self.encoded[text].words
        ]
        title = self.paper.title
        if not analyzed:
            return None
        return AnalyzedPaper(AnalyzedText.of(title, self.encoded[title]), analyzed)

    def find(self, claim: _Claim) -> Sentence | None:
        """Return the sentence that is the claim, letter for letter."""
        if not claim.squeezed or claim.squeezed not in self.letters:
            return None
        return self.sentences[self.letters.index(claim.squeezed)]


def _reverses_or_overclaims(claim: str, best: Sentence, paper: _PaperTexts) -> bool:
    return opposes(claim, best.text) or overclaims(claim, paper.text)


def _verdict(claim: _Claim, paper: _PaperTexts, judged: Verdict, *, negates: bool) -> Verdict:
    if negates:
        return "contradicted"
    if claim.digits - paper.numbers:
        return "unsupported"
    if judged == "supported" and any(name not in paper.squeezed for name in claim.names):
        return "partly"
    return judged

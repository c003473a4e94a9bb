"""Align the words of a claim with those of an abstract, by stems and by vectors in context."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.embedding.encoding import EncodedText
from rag.store.lexical import analyze
from rag.text import squeezed
from rag.verification.terms import NEGATION_SCOPE, SPELLED, TermWeight, is_content, numbers

Matrix = NDArray[np.float32]

SAME_STEM: Final = 0.15  # what the same stem adds to a cosine
MIN_GAIN: Final = 0.02  # in mean match, from which a second sentence counts as evidence too
MATCHED_FROM: Final = 0.55  # cosine of two words that stand for each other
NUMBER_WINDOW: Final = 4  # words on either side of a number that tell what it counts
STEMS_KEPT: Final = 50_000

NEGATION_WORD: Final = re.compile(
    r"not|no|never|none|neither|nor|without|cannot|fails?|failed|failing|lacks?|lacked|lacking"
    r"|unable|hardly|absence|barely|scarcely|t|non|absent|nothing|nobody|avoids?|prevents?|refutes?"
    r"|impossible|unlike|neglects?|ignores?|omits?|excludes?|excluding|except|free|instead|rather"
)
TOKEN: Final = re.compile(r"[A-Za-z0-9]+(?:[.,]\d+)*")


@dataclass(frozen=True)
class AnalyzedText:
    """A text with its words, their stems and vectors.

    Attributes:
        vector: Of the whole text, shape (dimension,).
        written: The words as they are written, without punctuation.
        words: The same in lower case.
        vectors: Of the words in context, shape (words, dimension).
        content: Places of the content words; of all words when there is none.
        negated: Of each word, whether it is in the scope of a negation.
    """

    text: str
    vector: NDArray[np.float32]
    written: tuple[str, ...]
    words: tuple[str, ...]
    stems: tuple[str, ...]
    vectors: Matrix
    content: tuple[int, ...]
    negated: tuple[bool, ...]

    @classmethod
    def of(cls, text: str, encoded: EncodedText) -> AnalyzedText:
        """Analyze a text whose vectors are known."""
        words = tuple(word.lower() for word in encoded.words)
        content = tuple(n for n, word in enumerate(words) if is_content(word))
        stems = tuple(map(_stem, words))
        kept = content or tuple(range(len(words)))
        negated = tuple(_negated(words))
        return cls(
            text, encoded.vector, encoded.words, words, stems, encoded.word_vectors, kept, negated
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
        """Its numbers, in one spelling."""
        return frozenset(numbers(self.text))

    @cached_property
    def number_contexts(self) -> Mapping[str, list[frozenset[str]]]:
        """The stems around each occurrence of a number, by number."""
        return _number_contexts(self.text)

    def count_negations(self) -> int:
        """Return how many of its words negate."""
        return sum(bool(NEGATION_WORD.fullmatch(word)) for word in self.words)


class AnalyzedPaper:
    """A paper with what all its texts hold together, worked out once for all claims."""

    def __init__(self, title: AnalyzedText, sentences: Sequence[AnalyzedText]) -> None:
        self.title = title
        self.sentences = sentences
        self.stems = title.stem_set.union(*(each.stem_set for each in sentences))
        self.words = title.word_set.union(*(each.word_set for each in sentences))
        self.numbers = title.numbers.union(*(each.numbers for each in sentences))
        self.letters = squeezed(" ".join(each.text for each in (title, *sentences)))
        self.number_contexts = _number_contexts(" ".join(each.text for each in (title, *sentences)))


class Alignment:
    """A claim aligned with a paper: which words match how well, and in which sentences.

    Both hold at least one word.

    Attributes:
        content: Places of the claim's content words.
        cosines: Of the claim's words with those of each sentence, shape (words, words) each.
        by_sentence: Best cosine of each word in each sentence, shape (sentences, words).
        matches: The same, and more where the sentence has the word's stem.
        evidence: Places of the one or two sentences that match the claim best, the best first.
        by_evidence: Best cosine of each word in the evidence, shape (words,).
        by_paper: Best cosine of each word in title and abstract, shape (words,).
        weights: Of the content words by idf, the largest 1, shape (content words,).
    """

    def __init__(self, claim: AnalyzedText, paper: AnalyzedPaper, weight: TermWeight) -> None:
        self.claim = claim
        self.paper = paper
        self.content = np.array(claim.content)
        self.cosines = [_cosines(claim, each) for each in paper.sentences]
        self.by_sentence = np.stack([matrix.max(axis=1) for matrix in self.cosines])
        same = np.array([[s in e.stem_set for s in claim.stems] for e in paper.sentences])
        self.matches = self.by_sentence + SAME_STEM * same
        self.evidence = self._find_evidence()
        self.best = self.evidence[0]
        in_title = _cosines(claim, paper.title).max(axis=1)
        self.by_paper = np.maximum(self.by_sentence.max(axis=0), in_title)
        self.by_evidence = self.by_sentence[list(self.evidence)].max(axis=0)
        idf = np.array([weight(stem) for stem in claim.stems], np.float32)[self.content]
        self.weights = idf / max(float(idf.max()), 1e-6)

    def _find_evidence(self) -> tuple[int, ...]:
        """Return the place of the sentence that matches best, and of one that adds to it."""
        best = int(self.matches[:, self.content].mean(axis=1).argmax())
        together = np.maximum(self.matches, self.matches[best]).mean(axis=1)
        gains = together - self.matches[best].mean()
        second = int(gains.argmax())
        return (best, second) if gains[second] >= MIN_GAIN else (best,)

    @cached_property
    def sentence(self) -> AnalyzedText:
        """The sentence that matches the claim best."""
        return self.paper.sentences[self.best]

    @cached_property
    def sources(self) -> tuple[AnalyzedText, ...]:
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

    def coverage(self, stems: frozenset[str]) -> float:
        """Return the share of the claim's content words among some stems, weighted by idf."""
        found = np.array([self.claim.stems[n] in stems for n in self.content])
        return float((self.weights * found).sum() / max(float(self.weights.sum()), 1e-6))

    def counterpart(self, word: int, sentence: int) -> tuple[int, bool]:
        """Return the place of the word in a sentence nearest to a claim's, and if it matches."""
        row = self.cosines[sentence][word]
        stems = self.paper.sentences[sentence].stems
        same = [n for n, stem in enumerate(stems) if stem == self.claim.stems[word]]
        if same:
            return max(same, key=row.__getitem__), True
        place = int(row.argmax())
        return place, bool(row[place] > MATCHED_FROM)


def _cosines(claim: AnalyzedText, text: AnalyzedText) -> Matrix:
    """Return cosines of the claim's words with a text's, shape (words, words); 0 without words."""
    if not text.words:
        return np.zeros((len(claim.words), 1), np.float32)
    found: Matrix = claim.vectors @ text.vectors.T
    return found


@lru_cache(STEMS_KEPT)
def _stem(word: str) -> str:
    stems = analyze(word)
    return stems[0] if stems else word


def _negated(words: Sequence[str]) -> Iterator[bool]:
    """Yield of each word whether it is a content word in the scope of a negation before it."""
    left = 0
    for word in words:
        if NEGATION_WORD.fullmatch(word):
            left = NEGATION_SCOPE
            yield False
            continue
        if word in ("but", "however", "while", "although"):
            left = 0
        is_reached = left > 0 and is_content(word)
        left -= is_reached
        yield is_reached


def _number_contexts(text: str) -> dict[str, list[frozenset[str]]]:
    """Return the stems of the content words around each number of a text, by number."""
    tokens = [token.lower() for token in TOKEN.findall(text)]
    found: dict[str, list[frozenset[str]]] = {}
    for place, token in enumerate(tokens):
        number = token.rstrip(".,") if token[0].isdigit() else SPELLED.get(token)
        if number is not None:
            before = [w for w in tokens[max(0, place - NUMBER_WINDOW) : place] if is_content(w)]
            after = [w for w in tokens[place + 1 : place + 1 + NUMBER_WINDOW] if is_content(w)]
            around = frozenset(_stem(word) for word in (*before[-3:], *after[:3]))
            found.setdefault(number, []).append(around)
    return found

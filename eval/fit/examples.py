"""Make the examples that the models are fitted on, from questions, papers, attacks and claims."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from eval.data.dataset import Sample, read_question_sets
from eval.fit.regression import Examples
from eval.run.checking import term_weight
from eval.run.claims import Pair, read_pairs
from rag.answering.gate import AnswerabilityModel
from rag.embedding import build_embedder, build_reading_embedder
from rag.fitted import DataFile
from rag.library import Library
from rag.settings import Settings
from rag.types import Hit
from rag.verification.similarity import SimilarityVerifier

TRAIN: Final = "claims_train.jsonl"
DEV: Final = "claims_dev.jsonl"
SENTENCES: Final = "corpus_sentences.jsonl.gz"
PAIRS_AT_ONCE: Final = 32
# Inverse strengths of the penalty, chosen for weights that come near those in use.
C_RELEVANCE: Final = 0.3
C_CONFIDENCE: Final = 3.0
C_SUPPORT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Data:
    """Where the data lie.

    Attributes:
        questions: A question set.
        papers: The files that its papers are in.
        requests: What is no question for papers, by group, as BIPIA has it.
        claims: The folder of SciFact.
    """

    questions: Path
    papers: tuple[Path, ...]
    requests: Path
    claims: Path

    def about(self, *files: Path) -> tuple[DataFile, ...]:
        """Return names and hashes of files."""
        return tuple(
            DataFile(name=each.name, sha256=hashlib.sha256(each.read_bytes()).hexdigest())
            for each in files
        )


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the hits of a library, and whether papers of the library answer it."""

    sample: Sample | None
    question: str
    hits: tuple[Hit, ...]

    @property
    def is_answerable(self) -> bool:
        """Whether papers answer; requests have no papers."""
        return self.sample is not None and self.sample.type != "unanswerable"

    @property
    def is_first_right(self) -> bool:
        """Whether the first paper is one that answers."""
        return self.sample is not None and self.hits[0].paper.title in self.sample.turns[0].papers


def ask_all(library: Library, data: Data, top_k: int) -> list[Asked]:
    """Search for every question, first turns of conversations only, and for every request."""
    samples = [(s, s.turns[0].question) for s in read_question_sets([data.questions])]
    requests = json.loads(data.requests.read_text(encoding="utf-8"))
    others = [(None, text) for group in requests.values() for text in group]
    asked = [Asked(s, q, tuple(library.search(q, k=top_k))) for s, q in (*samples, *others)]
    return [each for each in asked if each.hits]


def answerability(library: Library, settings: Settings) -> AnswerabilityModel:
    """Build the model that gives the features, as the library itself would."""
    chosen = build_embedder(settings)
    embedder = build_reading_embedder(settings, chosen)
    encoder = embedder.find_encoder() if embedder else None
    return AnswerabilityModel(encoder, term_weight(library.papers()))


def relevance_examples(asked: Sequence[Asked], model: AnswerabilityModel, data: Data) -> Examples:
    """Answerable questions against off-topic ones and requests."""
    rows = [
        (values, each.is_answerable)
        for each in asked
        if each.is_answerable or each.sample is None or each.sample.kind == "off_topic"
        if (values := model.relevance_features(each.question, each.hits)) is not None
    ]
    files = data.about(data.questions, *data.papers, data.requests)
    names = ("similarity", "maxsim")
    return _examples("Is one of the best papers on topic?", names, rows, C_RELEVANCE, files)


def confidence_examples(asked: Sequence[Asked], model: AnswerabilityModel, data: Data) -> Examples:
    """All questions of the set: does the first paper answer?"""
    rows = [
        (model.confidence_features(each.question, each.hits[0].paper), each.is_first_right)
        for each in asked
        if each.sample is not None
    ]
    files = data.about(data.questions, *data.papers)
    names = ("maxsim_idf", "missing_detail")
    return _examples("Does the first paper answer?", names, rows, C_CONFIDENCE, files)


def confidence_by_words_examples(
    asked: Sequence[Asked], model: AnswerabilityModel, data: Data
) -> Examples:
    """The same in a library without vectors."""
    rows = [
        ((model.covered(each.question, each.hits[0].paper),), each.is_first_right)
        for each in asked
        if each.sample is not None
    ]
    files = data.about(data.questions, *data.papers)
    question = "Does the first paper answer, by words alone?"
    return _examples(question, ("coverage",), rows, C_CONFIDENCE, files)


def support_examples(data: Data, settings: Settings, name: str, *, words: bool) -> Examples:
    """Claims with supporting papers against claims with papers that say too little."""
    pairs = [p for p in read_pairs(data.claims, name) if p.label != "CONTRADICT"]
    embedder = None if words else build_reading_embedder(settings, build_embedder(settings))
    weight = term_weight(list({pair.paper.paper_id: pair.paper for pair in pairs}.values()))
    verifier = SimilarityVerifier(embedder.find_encoder() if embedder else None, weight)
    labels = [pair.label == "SUPPORT" for pair in pairs]
    rows = list(zip(_support_features(pairs, verifier), labels, strict=True))
    by_words = ("sentence_coverage", "paper_coverage")
    by_vectors = ("cosine", "sentence_maxsim", "paper_maxsim", "paper_coverage")
    names: tuple[str, ...] = by_words if words else by_vectors
    files = data.about(data.claims / name, data.claims / SENTENCES)
    return _examples("Does the paper support the claim?", names, rows, C_SUPPORT, files)


def _support_features(
    pairs: Sequence[Pair], verifier: SimilarityVerifier
) -> Iterator[tuple[float, ...]]:
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        batch = pairs[start : start + PAIRS_AT_ONCE]
        yield from verifier.features([(pair.claim, pair.paper) for pair in batch])


def _examples(
    question: str,
    names: tuple[str, ...],
    rows: Sequence[tuple[tuple[float, ...], bool]],
    c: float,
    files: tuple[DataFile, ...],
) -> Examples:
    values = np.array([values for values, _ in rows], np.float64)
    labels = np.array([label for _, label in rows], np.float64)
    return Examples(question, names, values, labels, c, files)

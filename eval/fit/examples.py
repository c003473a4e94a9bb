"""Build the examples that the models are fitted on, from questions, papers, attacks and claims."""

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
from rag.text import title_key
from rag.types import Hit, Message, Paper
from rag.verification.similarity import SimilarityVerifier

TRAIN: Final = "claims_train.jsonl"
DEV: Final = "claims_dev.jsonl"
ANSWERABLE: Final = "answerable"
SENTENCES: Final = "corpus_sentences.jsonl.gz"
PAIRS_AT_ONCE: Final = 32
# Inverse strengths of the penalty, chosen for weights near those already in use.
C_RELEVANCE: Final = 0.3
C_CONFIDENCE: Final = 1.0
C_SUPPORT: Final = 0.1


@dataclass(frozen=True, slots=True)
class Data:
    """Paths of the data.

    Attributes:
        questions: A question set.
        papers: The files with its papers.
        requests: Texts that are no questions to papers, by group, in BIPIA's format.
        claims: The folder of SciFact.
    """

    questions: Path
    papers: tuple[Path, ...]
    requests: Path
    claims: Path

    @property
    def files(self) -> tuple[Path, ...]:
        """All files that are read."""
        claims = (self.claims / name for name in (TRAIN, DEV, SENTENCES))
        return self.questions, *self.papers, self.requests, *claims


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with the hits of a library, and whether papers of the library answer it."""

    sample: Sample | None
    question: str
    hits: tuple[Hit, ...]

    @property
    def is_answerable(self) -> bool:
        """Whether papers answer; none does for a request."""
        return self.sample is not None and self.sample.type != "unanswerable"


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer from papers, the subject of its question, and whether it cites a right paper."""

    kind: str
    subject: str
    papers: tuple[Paper, ...]
    is_right: bool


def describe_files(*files: Path) -> tuple[DataFile, ...]:
    """Return names and hashes of files."""
    return tuple(
        DataFile(name=each.name, sha256=hashlib.sha256(each.read_bytes()).hexdigest())
        for each in files
    )


def ask_all(library: Library, data: Data, top_k: int) -> list[Asked]:
    """Search for every question, first turns of conversations only, and for every request."""
    found = read_question_sets([data.questions])
    samples = [(s, s.turns[0].question) for s in found if s.type != "direct"]
    requests = json.loads(data.requests.read_text(encoding="utf-8"))
    others = [(None, text) for group in requests.values() for text in group]
    asked = [Asked(s, q, tuple(library.search(q, k=top_k))) for s, q in (*samples, *others)]
    return [each for each in asked if each.hits]


def answer_all(library: Library, data: Data) -> list[Answered]:
    """Ask every turn of the question set in its conversation; return answers from papers."""
    found = []
    for sample in read_question_sets([data.questions]):
        history: list[Message] = []
        for turn in sample.turns:
            answer = library.ask(turn.question, history)
            subject = library.understand(turn.question, history).subject
            right = {title_key(title) for title in turn.papers}
            if answer.status == "answered" and answer.origin == "papers" and subject:
                is_right = any(title_key(paper.title) in right for paper in answer.papers)
                kind = sample.kind if sample.type == "unanswerable" and sample.kind else ANSWERABLE
                found.append(Answered(kind, subject, answer.papers, is_right))
            history.append(Message("user", turn.question))
            history.append(Message("assistant", answer.text, answer.citations))
    return found


def answerability(library: Library, settings: Settings) -> AnswerabilityModel:
    """Build the model that computes the features, as the library itself would."""
    chosen = build_embedder(settings)
    embedder = build_reading_embedder(settings, chosen)
    encoder = embedder.find_encoder() if embedder else None
    return AnswerabilityModel(encoder, term_weight(library.papers()))


def relevance_examples(asked: Sequence[Asked], model: AnswerabilityModel, data: Data) -> Examples:
    """Return answerable questions against off-topic ones and requests."""
    rows = [
        (values, each.is_answerable)
        for each in asked
        if each.is_answerable or each.sample is None or each.sample.kind == "off_topic"
        if (values := model.relevance_features(each.question, each.hits)) is not None
    ]
    files = describe_files(data.questions, *data.papers, data.requests)
    names = ("similarity", "maxsim")
    return _examples("Is one of the best papers on topic?", names, rows, C_RELEVANCE, files)


def confidence_examples(
    answers: Sequence[Answered], model: AnswerabilityModel, data: Data
) -> Examples:
    """Return answers that cite a right paper against those that do not."""
    rows = [
        (model.confidence_features(each.subject, each.papers[0]), each.is_right) for each in answers
    ]
    files = describe_files(data.questions, *data.papers)
    names = ("maxsim_idf", "missing_detail")
    return _examples("Does the answer cite a right paper?", names, rows, C_CONFIDENCE, files)


def confidence_by_words_examples(
    answers: Sequence[Answered], model: AnswerabilityModel, data: Data
) -> Examples:
    """Return the same for a library without vectors."""
    rows = [
        ((max(model.covered(each.subject, paper) for paper in each.papers),), each.is_right)
        for each in answers
    ]
    files = describe_files(data.questions, *data.papers)
    question = "Does the answer cite a right paper, by words alone?"
    return _examples(question, ("coverage",), rows, C_CONFIDENCE, files)


def support_examples(data: Data, settings: Settings, name: str, *, words: bool) -> Examples:
    """Return claims with supporting papers against claims with papers that say too little."""
    pairs = [p for p in read_pairs(data.claims, name) if p.label != "CONTRADICT"]
    embedder = None if words else build_reading_embedder(settings, build_embedder(settings))
    weight = term_weight(list({pair.paper.paper_id: pair.paper for pair in pairs}.values()))
    verifier = SimilarityVerifier(embedder.find_encoder() if embedder else None, weight)
    labels = [pair.label == "SUPPORT" for pair in pairs]
    rows = list(zip(_support_features(pairs, verifier), labels, strict=True))
    by_words = ("sentence_coverage", "paper_coverage")
    by_vectors = ("cosine", "sentence_maxsim", "paper_maxsim", "paper_coverage")
    names: tuple[str, ...] = by_words if words else by_vectors
    files = describe_files(data.claims / name, data.claims / SENTENCES)
    return _examples("Does the paper support the claim?", names, rows, C_SUPPORT, files)


def _support_features(
    pairs: Sequence[Pair], verifier: SimilarityVerifier
) -> Iterator[tuple[float, ...]]:
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        batch = pairs[start : start + PAIRS_AT_ONCE]
        yield from verifier.similarity_features([(pair.claim, pair.paper) for pair in batch])


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

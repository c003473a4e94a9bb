"""Collect what the question encoder learns from: questions, and what retrieval finds for them.

Questions are those written about abstracts of arXiv (`questions-*.jsonl`), asked of their papers
among 8,000 others, and SciFact's training claims, asked of SciFact's abstracts.
"""

from __future__ import annotations

import csv
import gzip
import hashlib
import json
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eval.data.beir import read_collection
from eval.training.sentences import ARXIV, HERE, SCIFACT
from rag.assembly import term_weight
from rag.embedding import Embedder, build_embedder
from rag.embedding.encoding import CachedEncoder
from rag.embedding.words import HasPieces, KnowsWords
from rag.library import Library
from rag.retrieval.fusion import fuse, rank
from rag.retrieval.lexical import LexicalRetriever
from rag.retrieval.matching import content_places, different_words, weigh
from rag.retrieval.reranking import RERANKED_K
from rag.settings import Settings, read_settings
from rag.store.index import PaperIndex
from rag.text import title_key
from rag.types import Paper

OTHERS: Final = 8000  # papers beside those asked about
HELD_BACK: Final = 0.25  # of the papers asked about, and of the claims
WAYS_LEFT_OUT: Final = ("nearly answered", "follow-up")  # no answer; no question by itself
SCIFACT_QUERIES: Final = ("queries_train.jsonl", "qrels_train.tsv")

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class WrittenQuestion:
    """A question with the papers that answer it.

    Attributes:
        way: How it was put, or `claim`.
    """

    text: str
    papers: frozenset[str]
    way: str
    is_held_back: bool


@dataclass(frozen=True, slots=True)
class RankingExample:
    """A question with what retrieval finds; papers are rows of `RankingCorpus.papers`.

    Attributes:
        gold: Papers that answer it.
        lexical: BM25 as a share of the best, by paper, of those that match.
        candidates: The best papers, fused, with the published weights.
        words: The pieces of each content word: the first, and the one after the last.
        weights: The idf of these words, shape (words,).
    """

    question: WrittenQuestion
    gold: tuple[int, ...]
    lexical: Mapping[int, float]
    candidates: tuple[int, ...]
    words: tuple[tuple[int, int], ...]
    weights: Floats


@dataclass(slots=True)
class RankingCorpus:
    """Papers, and the questions asked of them.

    Attributes:
        passages: Vectors, shape (passages, dimension), unit norm.
        owners: The paper of each passage, shape (passages,).
        words: The different content words of a paper that is a candidate, as rows of `vocabulary`.
        vocabulary: Vectors of words out of context, shape (words, dimension).
    """

    papers: tuple[str, ...]
    passages: Floats
    owners: NDArray[np.int64]
    words: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    vocabulary: Floats = field(default_factory=lambda: np.empty((0, 0), np.float32))
    examples: list[RankingExample] = field(default_factory=list)


def collect(shared: Path, work: Path, taken: Sequence[str]) -> dict[str, RankingCorpus]:
    """Collect both corpora by name.

    Args:
        shared: Folder with `arxiv/` and `bench/scifact`.
        work: Where their libraries are kept; embedding the papers takes most of the time.
        taken: Titles of papers that nothing is learned from.
    """
    questions = read_questions()
    asked = {paper for question in questions for paper in question.papers}
    papers = list(_read_papers(shared, asked, set(map(title_key, taken))))
    collection = read_collection(shared / SCIFACT)
    return {
        "written": _collect(work / "arxiv", papers, questions),
        "scifact": _collect(work / "scifact", collection.papers, read_claims(shared)),
    }


def question_files() -> tuple[Path, ...]:
    """Return the files of the written questions."""
    return tuple(sorted(HERE.glob("questions-*.jsonl")))


def read_questions() -> list[WrittenQuestion]:
    """Read the written questions that can be asked by themselves, and are answered."""
    lines = (line for file in question_files() for line in file.open(encoding="utf-8"))
    return [
        WrittenQuestion(
            row["question"], frozenset([row["id"]]), row["way"], _is_drawn(row["id"], HELD_BACK)
        )
        for row in map(json.loads, lines)
        if row["way"] not in WAYS_LEFT_OUT
    ]


def read_claims(shared: Path) -> list[WrittenQuestion]:
    """Read SciFact's training claims, each with the abstracts that are evidence."""
    queries, judgements = (shared / SCIFACT / name for name in SCIFACT_QUERIES)
    relevant = defaultdict(set)
    with judgements.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file, delimiter="\t"):
            if int(row["score"]) > 0:
                relevant[row["query-id"]].add(row["corpus-id"])
    return [
        WrittenQuestion(
            row["text"],
            frozenset(relevant[row["_id"]]),
            "claim",
            _is_drawn(row["text"], HELD_BACK),
        )
        for row in map(json.loads, queries.open(encoding="utf-8"))
        if relevant[row["_id"]]
    ]


def _is_drawn(name: str, share: float) -> bool:
    """Draw by lot, the same for every run."""
    return _lot(name) < share


def _lot(name: str) -> float:
    return int.from_bytes(hashlib.sha256(f"lot:{name}".encode()).digest()[:8]) / 2**64


def _read_papers(shared: Path, asked: set[str], taken: set[str]) -> Iterator[Paper]:
    """Yield the papers asked about, then others by lot."""
    others = []
    with gzip.open(shared / ARXIV, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            title, abstract = (" ".join(row[key].split()) for key in ("title", "abstract"))
            if title_key(title) in taken:
                continue
            paper = Paper(row["id"], title, abstract)
            if row["id"] in asked:
                yield paper
            else:
                others.append(paper)
    yield from sorted(others, key=lambda each: _lot(each.paper_id))[:OTHERS]


def _collect(
    folder: Path, papers: Sequence[Paper], questions: Sequence[WrittenQuestion]
) -> RankingCorpus:
    settings = read_settings(library=folder, llm="extractive", question_encoder=False)
    with Library.open(settings=settings) as library:
        library.ingest(papers)
    index = PaperIndex(folder, build_embedder(settings), settings.passage_tokens)
    try:
        collector = _Collector(index, settings)
        for question in questions:
            collector.add(question)
        return collector.finish()
    finally:
        index.close()


class _Collector:
    """Search for questions and note what is found."""

    def __init__(self, index: PaperIndex, settings: Settings) -> None:
        assert index.embedder
        encoder, words = index.embedder.find_encoder(), index.embedder.find_words()
        assert encoder
        assert words
        assert isinstance(words, HasPieces)
        self._index = index
        self._embedder: Embedder = index.embedder
        self._encoder: CachedEncoder = encoder
        self._words: KnowsWords = words
        self._pieces: HasPieces = words
        self._weight = partial(term_weight, index.lexical)
        self._lexical = LexicalRetriever(index, settings.candidates_k)
        self._dense_weight = settings.dense_weight
        self._known: dict[str, int] = {}
        self._corpus = _read_vectors(index)
        self._rows = {paper_id: row for row, paper_id in enumerate(self._corpus.papers)}

    def add(self, question: WrittenQuestion) -> None:
        """Note what is found for a question; one whose papers are not there is left out."""
        gold = tuple(self._rows[each] for each in sorted(question.papers) if each in self._rows)
        if not gold:
            return
        vector = self._embedder.embed_query(question.text)
        similar = best_by_owner(self._corpus, vector)
        matched = self._lexical.matches(question.text)
        best = max(matched.values(), default=1.0)
        lexical = {self._rows[paper]: score / best for paper, score in matched.items()}
        dense = dict(zip(self._corpus.papers, map(float, similar), strict=True))
        chosen = rank(fuse(dense, matched, self._dense_weight))[:RERANKED_K]
        self._note_words(chosen)
        (encoded,) = self._encoder.encode([question.text])
        places = content_places(encoded.words)
        spans = self._pieces.word_pieces(question.text)
        self._corpus.examples.append(
            RankingExample(
                question,
                gold,
                lexical,
                tuple(self._rows[paper] for paper in chosen),
                tuple(spans[n] for n in places),
                np.array([weigh(encoded.words[n], self._weight) for n in places]),
            )
        )

    def _note_words(self, papers: Sequence[str]) -> None:
        missing = [each for each in papers if self._rows[each] not in self._corpus.words]
        for paper_id, stored in self._index.find(missing).items():
            words = different_words(f"{stored.paper.title} {stored.paper.abstract}")
            rows = [self._known.setdefault(word, len(self._known)) for word in words]
            self._corpus.words[self._rows[paper_id]] = np.array(rows)

    def finish(self) -> RankingCorpus:
        """Return the corpus with the vectors of its words."""
        words = list(self._known)
        parts = [self._words.word_vectors(words[n : n + 5000]) for n in range(0, len(words), 5000)]
        self._corpus.vocabulary = np.concatenate(parts)
        return self._corpus


def _read_vectors(index: PaperIndex) -> RankingCorpus:
    ids = [stored.paper.paper_id for stored in index.papers.all()]
    vectors, owners = [], []
    rows = {paper_id: row for row, paper_id in enumerate(ids)}
    for start in range(0, len(ids), 500):
        for paper_id, found in index.vectors.of_papers(ids[start : start + 500]).items():
            vectors += list(found)
            owners += [rows[paper_id]] * len(found)
    return RankingCorpus(tuple(ids), np.array(vectors, np.float32), np.array(owners))


def best_by_owner(corpus: RankingCorpus, vector: Floats) -> Floats:
    """Return the cosine of each paper's best passage with a vector, shape (papers,)."""
    best = np.full(len(corpus.papers), -1.0, np.float32)
    np.maximum.at(best, corpus.owners, corpus.passages @ vector)
    return best

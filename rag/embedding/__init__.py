"""Choose the embedder of a library; its model is loaded only when it is first needed."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import numpy as np

from rag.embedding.ahead import Ahead, key_of, load_ahead
from rag.embedding.encoding import CachedEncoder, HasQuestionEncoder, WordEncoder
from rag.embedding.words import HasVocabulary, KnowsWords
from rag.errors import ConfigurationError, EmbedderUnavailableError
from rag.settings import Settings
from rag.types import Progress

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding
    from numpy.typing import NDArray

OnProgress = Callable[[Progress], None]

MINILM: Final = "all-MiniLM-L6-v2-int8"
MINILM_DIMENSION: Final = 384


class TextModel(Protocol):
    """A model that embeds texts and questions."""

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of the texts in order, shape (len(texts), dimension), of any norm."""

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,), of any norm."""


class PairScorer(Protocol):
    """A model that scores a question and a text together: a cross-encoder."""

    def score(self, question: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return how well each text answers, shape (len(texts),), larger is better, any scale."""


@dataclass(frozen=True, slots=True)
class LlamaIndexModel:
    """A LlamaIndex embedding as a `TextModel`."""

    embedding: BaseEmbedding

    @property
    def name(self) -> str:
        """A name that differs from those of other embeddings."""
        return f"{self.embedding.class_name()}:{self.embedding.model_name}"

    def embed(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of the texts in their order, shape (len(texts), dimension)."""
        return np.asarray(self.embedding.get_text_embedding_batch(list(texts)), np.float32)

    def embed_query(self, query: str) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,)."""
        return np.asarray(self.embedding.get_query_embedding(query), np.float32)


@dataclass(slots=True)
class Embedder:
    """An embedder by name; its model is loaded when the first text is embedded.

    Attributes:
        name: Recorded in the library.
        dimension: Length of the vectors, or None while it is not known.
        load: Makes the model.
        ahead: Vectors of texts that were embedded ahead of time.
    """

    name: str
    dimension: int | None
    load: Callable[[OnProgress], TextModel]
    ahead: Callable[[], Ahead] = dict
    _model: TextModel | None = None
    _failure: EmbedderUnavailableError | None = None
    _encoder: CachedEncoder | None = None
    _question_encoder: CachedEncoder | None = None
    _vocabulary: HasVocabulary | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _kept: dict[tuple[str, ...], NDArray[np.float32]] = field(default_factory=dict)

    def prepare(
        self, on_progress: OnProgress = lambda _: None, *, retry: bool = False
    ) -> TextModel:
        """Return the loaded model.

        Raises:
            EmbedderUnavailableError: Its weights cannot be had. The channels are not tried again
                before `retry`, so that a closed network delays one call only.
        """
        with self._lock:
            if self._failure and not retry:
                raise self._failure
            if self._model is None:
                self._model = self._load(on_progress)
            return self._model

    def _load(self, on_progress: OnProgress) -> TextModel:
        try:
            model = self.load(on_progress)
        except EmbedderUnavailableError as exc:
            self._failure = exc
            raise
        self._failure = None
        return model

    def find_encoder(self) -> CachedEncoder | None:
        """Return what encodes texts and words; None when the model cannot, or is unavailable."""
        try:
            model = self.prepare()
        except EmbedderUnavailableError:
            return None
        if self._encoder is None and isinstance(model, WordEncoder):
            self._encoder = CachedEncoder(model)
        return self._encoder

    def find_question_encoder(self) -> CachedEncoder | None:
        """Return what encodes questions and their words for the search; None as above."""
        encoder = self.find_encoder()
        if self._question_encoder is None and isinstance(self._model, HasQuestionEncoder):
            model = self._model.for_questions()
            self._question_encoder = encoder if model is self._model else CachedEncoder(model)
        return self._question_encoder or encoder

    def find_words(self) -> KnowsWords | None:
        """Return what gives vectors of words; None when the model cannot, or is unavailable."""
        try:
            model = self.prepare()
        except EmbedderUnavailableError:
            return None
        return model if isinstance(model, KnowsWords) else None

    def knows_word(self, word: str) -> bool | None:
        """Return whether the model's vocabulary has a word, in lower case; None if unknown."""
        if self._vocabulary is None:
            words = self.find_words()
            self._vocabulary = words if isinstance(words, HasVocabulary) else None
        return self._vocabulary.knows_word(word) if self._vocabulary else None

    def embed_texts(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Return vectors of the texts, shape (len(texts), dimension), unit norm."""
        model, ahead = self.prepare(), self.ahead()
        known = [ahead.get(key_of(text)) for text in texts] if ahead else [None] * len(texts)
        unknown = [text for text, vector in zip(texts, known, strict=True) if vector is None]
        embedded = iter(model.embed(unknown) if unknown else ())
        vectors = [next(embedded) if vector is None else vector for vector in known]
        return _unit(np.asarray(vectors, np.float32))

    def embed_fixed(self, texts: tuple[str, ...]) -> NDArray[np.float32]:
        """Return vectors as `embed_texts` does, of texts that never change: they are kept."""
        if texts not in self._kept:
            self._kept[texts] = self.embed_texts(texts)
        return self._kept[texts]

    def embed_text(self, text: str) -> NDArray[np.float32]:
        """Return the vector of one text, shape (dimension,), unit norm; the latest are cached."""
        encoder = self.find_encoder()
        if encoder is None:
            vector: NDArray[np.float32] = self.embed_texts([text])[0]
            return vector
        return encoder.encode([text])[0].vector

    def begin_query(self, query: str) -> None:
        """Begin to embed a question that stands alone, beside what else is done for it.

        Only once the model is loaded, which not every question needs.
        """
        if self._question_encoder is not None:
            self._question_encoder.begin(query)

    def embed_query(self, query: str, *, is_follow_up: bool = False) -> NDArray[np.float32]:
        """Return the vector of a question, shape (dimension,), unit norm.

        Where the model encodes words too, a question is encoded once for all that ask for it. The
        question encoder has learned from questions that stand alone: what leans on a conversation
        is encoded as passages are.
        """
        if encoder := self.find_encoder() if is_follow_up else self.find_question_encoder():
            return encoder.encode([query])[0].vector
        model = self.prepare()
        vector: NDArray[np.float32] = _unit(model.embed_query(query)[None, :])[0]
        return vector


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    norms = np.linalg.norm(vectors, axis=-1, keepdims=True)
    scaled: NDArray[np.float32] = np.divide(vectors, np.maximum(norms, 1e-12), dtype=np.float32)
    return scaled


def build_embedder(settings: Settings, given: BaseEmbedding | None = None) -> Embedder | None:
    """Build the embedder that was given, or the one that the settings name; None for `none`."""
    if given is not None:
        model = LlamaIndexModel(given)
        return Embedder(model.name, len(model.embed_query("dimension")), lambda _: model)
    if settings.embedder == "none":
        return None
    if settings.embedder == "minilm":
        return _minilm(settings)
    kind, _, name = settings.embedder.partition(":")
    if kind == "onnx":
        return _onnx(settings, Path(name))
    load = {"fastembed": _load_fastembed, "ollama": _load_ollama}.get(kind)
    if load is None:
        return Embedder(settings.embedder, None, lambda _: _load_openai(settings))
    prefix = f" {settings.passage_prefix!r}" if settings.passage_prefix else ""
    return Embedder(f"{settings.embedder}{prefix}", None, lambda _: load(settings, name))


def build_reading_embedder(settings: Settings, chosen: Embedder | None) -> Embedder | None:
    """Build the embedder that checks sentences: always the local one; None for `none`."""
    if chosen is None or chosen.name == MINILM:
        return chosen
    return _minilm(settings)


def _minilm(settings: Settings) -> Embedder:
    from rag.embedding.weights import GRAPH

    return Embedder(
        MINILM,
        MINILM_DIMENSION,
        lambda report: _load_minilm(settings, report),
        cache(lambda: load_ahead(GRAPH)),
    )


def _load_minilm(settings: Settings, on_progress: OnProgress) -> TextModel:
    from rag.embedding.minilm import MiniLM
    from rag.embedding.weights import prepare_model_files

    files = prepare_model_files(settings.cache, on_progress)
    question_file = files.questions if settings.question_encoder else None
    model = MiniLM(files.graph, files.vocabulary, question_file)
    model.prepare_words(files.pieces, on_progress)
    return model


def _onnx(settings: Settings, folder: Path) -> Embedder:
    """Build the embedder of a folder, whose files are read now and whose graph later."""
    from rag.embedding.folder import read_model_folder

    found = read_model_folder(folder)
    if settings.query_prefix is not None:
        found = replace(found, query_prefix=settings.query_prefix)
    if settings.passage_prefix is not None:
        found = replace(found, passage_prefix=settings.passage_prefix)

    def load(_: OnProgress) -> TextModel:
        from rag.embedding.onnx_model import OnnxEmbedder

        return OnnxEmbedder(found)

    return Embedder(found.name, None, load)


def _load_fastembed(settings: Settings, name: str) -> TextModel:
    from rag.embedding.fastembed_model import FastEmbedder

    prefixes = settings.query_prefix, settings.passage_prefix
    return FastEmbedder(name, settings.cache.expanduser(), *prefixes)


def _load_ollama(settings: Settings, name: str) -> TextModel:
    from rag.endpoint.local import ollama_root
    from rag.endpoint.ollama import OllamaEmbedder

    return OllamaEmbedder(name, ollama_root(os.environ.get("OLLAMA_HOST", "")), settings)


@lru_cache(maxsize=2)
def load_pair_scorer(reranker: str, folder: Path) -> PairScorer | None:
    """Load the cross-encoder of a name, once; None where it is none's.

    Args:
        reranker: As `RAG_RERANKER` has it.
        folder: The cache folder.

    Raises:
        ConfigurationError: There is none of that name, or it cannot be run.
        EmbedderUnavailableError: Its files cannot be had.
    """
    kind, _, name = reranker.partition(":")
    if kind == "onnx":
        from rag.embedding.folder import read_model_folder
        from rag.embedding.onnx_model import OnnxCrossEncoder

        return OnnxCrossEncoder(read_model_folder(Path(name)))
    if kind == "fastembed":
        from rag.embedding.fastembed_model import FastCrossEncoder

        return FastCrossEncoder(name, folder)
    return None


def _load_openai(settings: Settings) -> TextModel:
    from rag.endpoint.embedding import build_openai_embedding

    if settings.openai_api_key is None and settings.openai_base_url is None:
        raise ConfigurationError(
            f"The embedder {settings.embedder!r} needs an endpoint: set OPENAI_API_KEY or "
            "OPENAI_BASE_URL, or RAG_EMBEDDER=minilm for the local one."
        )
    return LlamaIndexModel(
        build_openai_embedding(settings, settings.embedder.removeprefix("openai:"))
    )

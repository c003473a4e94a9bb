"""Embed texts with a model of Ollama."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import httpx
import numpy as np
from numpy.typing import NDArray

from rag.certificates import read_certificates
from rag.errors import EmbedderUnavailableError
from rag.settings import Settings

AT_ONCE: Final = 64  # texts in one request
Vectors = NDArray[np.float32]


class OllamaEmbedder:
    """Embed texts by `/api/embed`.

    Args:
        model: Its name there.
        root: Where Ollama is served.
        settings: How long is waited, and what stands before questions and texts.
    """

    def __init__(self, model: str, root: str, settings: Settings) -> None:
        self._model = model
        self._root = root.rstrip("/")
        self._seconds = settings.deadline_s
        self._query_prefix = settings.query_prefix or ""
        self._passage_prefix = settings.passage_prefix or ""
        self._client = httpx.Client(verify=read_certificates(), timeout=self._seconds)

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of the texts in their order, shape (len(texts), dimension).

        Raises:
            EmbedderUnavailableError: Ollama cannot be reached, or lacks the model.
        """
        given = [f"{self._passage_prefix}{text}" for text in texts]
        parts = [self._ask(given[n : n + AT_ONCE]) for n in range(0, len(given), AT_ONCE)]
        return np.concatenate(parts)

    def embed_query(self, query: str) -> Vectors:
        """Return the vector of a question, shape (dimension,); raises as `embed` does."""
        vector: Vectors = self._ask([f"{self._query_prefix}{query}"])[0]
        return vector

    def _ask(self, texts: Sequence[str]) -> Vectors:
        given = {"model": self._model, "input": list(texts)}
        try:
            reply = self._client.post(f"{self._root}/api/embed", json=given)
            told = reply.json()
        except httpx.HTTPError as exc:
            raise EmbedderUnavailableError(
                f"Ollama cannot be reached at {self._root}: {exc}. Start it, or set OLLAMA_HOST."
            ) from exc
        except ValueError as exc:
            raise EmbedderUnavailableError(
                f"What is served at {self._root} is not Ollama. Set OLLAMA_HOST."
            ) from exc
        return self._read(told, len(texts))

    def _read(self, told: object, count: int) -> Vectors:
        made = told.get("embeddings") if isinstance(told, dict) else None
        try:
            vectors = np.asarray(made, np.float32)
        except (TypeError, ValueError):
            vectors = np.empty(0, np.float32)
        if vectors.ndim == 2 and len(vectors) == count:
            return vectors
        why = told.get("error") if isinstance(told, dict) else None
        raise EmbedderUnavailableError(
            f"Ollama made no vectors with {self._model!r}: {why or 'its reply holds none'}. "
            f"`ollama pull {self._model}` fetches the model."
        )

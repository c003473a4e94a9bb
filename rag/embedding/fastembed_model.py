"""Run a model that fastembed knows by name: one that embeds texts, or one that scores pairs."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from rag.errors import ConfigurationError, EmbedderUnavailableError

FOLDER: Final = "fastembed"  # below the cache folder
Vectors = NDArray[np.float32]


def _load(module: str, kind: str, name: str, cache: Path) -> Any:  # noqa: ANN401  of no known type
    """Return a model of fastembed.

    Raises:
        ConfigurationError: fastembed is not installed, or knows no such model.
        EmbedderUnavailableError: The model's files cannot be had.
    """
    try:
        found = getattr(import_module(module), kind)
    except ImportError as exc:
        raise ConfigurationError(
            f"The model {name!r} needs the package fastembed, which is not installed: "
            "pip install 'paperchat[models]'."
        ) from exc
    try:
        return found(model_name=name, cache_dir=str(cache / FOLDER))
    except ValueError as exc:
        raise ConfigurationError(
            f"fastembed knows no model {name!r}: {str(exc).splitlines()[0]}"
        ) from exc
    except Exception as exc:  # of whatever it downloads with
        raise EmbedderUnavailableError(
            f"fastembed could not load {name!r}: {str(exc).splitlines()[0] if str(exc) else exc!r}."
        ) from exc


class FastEmbedder:
    """Embed texts with a model of fastembed.

    Args:
        name: As fastembed calls it.
        cache: Folder below which its files are kept.
        query_prefix: What stands before a question; None for what fastembed does.
        passage_prefix: What stands before a text; None for what fastembed does.
    """

    def __init__(
        self,
        name: str,
        cache: Path,
        query_prefix: str | None = None,
        passage_prefix: str | None = None,
    ) -> None:
        self._model = _load("fastembed", "TextEmbedding", name, cache)
        self._query_prefix = query_prefix
        self._passage_prefix = passage_prefix

    def embed(self, texts: Sequence[str]) -> Vectors:
        """Return vectors of the texts in their order, shape (len(texts), dimension)."""
        if self._passage_prefix is None:
            made = self._model.passage_embed(list(texts))
        else:
            made = self._model.embed([f"{self._passage_prefix}{text}" for text in texts])
        return np.asarray(list(made), np.float32)

    def embed_query(self, query: str) -> Vectors:
        """Return the vector of a question, shape (dimension,)."""
        if self._query_prefix is None:
            made = self._model.query_embed(query)
        else:
            made = self._model.embed([f"{self._query_prefix}{query}"])
        return np.asarray(next(iter(made)), np.float32)


class FastCrossEncoder:
    """Score pairs of a question and a text with a model of fastembed.

    Args:
        name: As fastembed calls it.
        cache: Folder below which its files are kept.
    """

    def __init__(self, name: str, cache: Path) -> None:
        module = "fastembed.rerank.cross_encoder"
        self._model = _load(module, "TextCrossEncoder", name, cache)

    def score(self, question: str, texts: Sequence[str]) -> Vectors:
        """Return how well each text answers, shape (len(texts),), larger is better, any scale."""
        return np.asarray(list(self._model.rerank(question, list(texts))), np.float32)

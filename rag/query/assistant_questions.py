"""Recognise questions to the assistant that no rule of `talk` knows, by examples."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import cache, cached_property
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

FILE: Final = Path(__file__).parents[1] / "data" / "assistant-questions.json"
# Cosine of a question with the nearest example. Of 1,149 questions for papers and records in the
# question sets none that gets here is above 0.64; of 13 to the assistant, one is below 0.7.
LEAST: Final = 0.68
LEAST_OF_OTHERS: Final = 0.8  # the same for a question that addresses nobody
LEAST_OF_DECLINED: Final = 0.42  # the same for a short question that no paper is about
LONGEST_DECLINED: Final = 16  # words
ASKS: Final = re.compile(
    r"^\W*(?:(?:and|so|but|hm+|ok(?:ay)?|btw|then)\W+)*(?:what|why|how|who|where|when|which|is|are|am|do|does|did|can|could"
    r"|will|would|should|may|must|have|has)(?:['’]?s|n['’]t)?\b",
    re.IGNORECASE,
)
ADDRESSES: Final = re.compile(r"\b(?:you|your|yours|u|i|me|my|we|us|our)\b", re.IGNORECASE)


@cache
def load_examples(file: Path = FILE) -> dict[str, list[str]]:
    """Load example questions, by the name of the text in `prompts/assistant` that answers."""
    examples: dict[str, list[str]] = json.loads(file.read_text("utf-8"))
    return examples


class AssistantQuestions:
    """Compare questions with examples of those that are asked of the assistant.

    Args:
        embed_texts: Vectors of texts, shape (len(texts), dimension), unit norm.
        embed_text: The vector of one text, shape (dimension,), unit norm.
    """

    def __init__(
        self,
        embed_texts: Callable[[tuple[str, ...]], NDArray[np.float32]],
        embed_text: Callable[[str], NDArray[np.float32]],
    ) -> None:
        self._embed_texts = embed_texts
        self._embed_text = embed_text

    def find(self, question: str, *, is_declined: bool = False) -> str | None:
        """Return the name of the text that answers a question; None for a question to papers.

        Args:
            question: What is asked.
            is_declined: Whether no paper is about it, so that less similarity is enough.
        """
        names, vectors = self._examples
        similarity = vectors @ self._embed_text(question)
        nearest = int(np.argmax(similarity))
        least = LEAST if ADDRESSES.search(question) else LEAST_OF_OTHERS
        is_short = ASKS.match(question) and len(question.split()) <= LONGEST_DECLINED
        if is_declined and is_short and ADDRESSES.search(question):
            least = LEAST_OF_DECLINED
        return names[nearest] if similarity[nearest] >= least else None

    @cached_property
    def _examples(self) -> tuple[list[str], NDArray[np.float32]]:
        examples = load_examples()
        names = [name for name, texts in examples.items() for _ in texts]
        texts = tuple(text for group in examples.values() for text in group)
        return names, self._embed_texts(texts)

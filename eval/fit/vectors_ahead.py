"""Embed fixed texts ahead of time; run it when they, passages or the embedder change.

python -m eval.fit.vectors_ahead
"""

from __future__ import annotations

import numpy as np

from rag.embedding import build_embedder
from rag.embedding.ahead import save_ahead
from rag.embedding.weights import GRAPH
from rag.passages import build_passages, passage_text
from rag.query.assistant_questions import load_examples
from rag.readers.sources import read_sources
from rag.settings import Settings
from rag.starter import starter_file
from rag.types import Paper


def passages_of_starter(settings: Settings) -> list[str]:
    """Return the texts of the starter papers' passages."""
    with starter_file() as file:
        papers = [paper for paper in read_sources([file]) if isinstance(paper, Paper)]
    return [
        passage_text(paper, passage)
        for paper in papers
        for passage in build_passages(paper, settings.passage_tokens)
    ]


def texts_embedded_ahead(settings: Settings) -> list[str]:
    """Return the starter papers' passages and the example questions to the assistant."""
    examples = [text for texts in load_examples().values() for text in texts]
    return [*passages_of_starter(settings), *examples]


def main() -> None:
    """Embed each text by itself; in a batch the scales of int8 would change its vector."""
    settings = Settings()
    texts = texts_embedded_ahead(settings)
    embedder = build_embedder(settings)
    assert embedder is not None
    model = embedder.prepare()
    save_ahead(GRAPH, texts, np.concatenate([model.embed([text]) for text in texts]))


if __name__ == "__main__":
    main()

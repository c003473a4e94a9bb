"""How long the verification of an answer takes: 6 sentences over 5 sources, medians.

    python -m tests.bench.verification

Not collected by pytest: times belong to a quiet machine. Goals: 60 ms with the sentences' vectors
cached, 150 ms without.
"""

from __future__ import annotations

import statistics
import sys
import time

from rag.embedding import build_embedder
from rag.readers import read_sources
from rag.sentences import split_sentences
from rag.settings import read_settings
from rag.starter import starter_file
from rag.types import Paper
from rag.verification.citations import verify
from rag.verification.entailment import load_entailment_model
from rag.verification.numbering import Numbering
from rag.verification.similarity import SimilarityVerifier

SOURCES = 5
SENTENCES = 6
RUNS = 20


def main() -> None:
    """Time answers over different papers, first with nothing read, then again."""
    with starter_file() as path:
        papers = [item for item in read_sources([path]) if isinstance(item, Paper)]
    embedder = build_embedder(read_settings())
    if embedder is None:
        raise SystemExit("The embedder is needed: set RAG_EMBEDDER=minilm.")
    embedder.prepare()
    cold, warm = [], []
    for run in range(RUNS):
        sources = papers[run * SOURCES : (run + 1) * SOURCES]
        verifier = SimilarityVerifier(
            embedder.find_encoder(), lambda _: 1.0, load_entailment_model()
        )
        text = answer_of(sources)
        cold.append(timed(text, sources, verifier))
        warm.append(timed(text, sources, verifier))
    tell("not cached", cold)
    tell("cached", warm)


def answer_of(papers: list[Paper]) -> str:
    """Six sentences that paraphrase: the words of one, the end of another."""
    sentences = [split_sentences(paper.abstract)[1].text for paper in papers]
    sentences.append(split_sentences(papers[0].abstract)[2].text)
    changed = [f"As reported, {text[:1].lower()}{text[1:]}" for text in sentences[:SENTENCES]]
    return " ".join(f"{text.rstrip('.')} [{n % SOURCES + 1}]." for n, text in enumerate(changed))


def timed(text: str, papers: list[Paper], verifier: SimilarityVerifier) -> float:
    """Milliseconds of one verification."""
    start = time.perf_counter()
    verify(text, papers, verifier, Numbering())
    return (time.perf_counter() - start) * 1000


def tell(name: str, times: list[float]) -> None:
    """A line with the median and the range."""
    sys.stdout.write(
        f"{name}: median {statistics.median(times):.0f} ms, "
        f"{min(times):.0f} to {max(times):.0f} ms of {len(times)}\n"
    )


if __name__ == "__main__":
    main()

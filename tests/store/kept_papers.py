"""Papers of a library that is changed and killed, and what its stores hold of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from rag.library import Library
from rag.passages import build_passages, passage_text
from rag.settings import Settings
from rag.store.lexical import analyze
from rag.types import Paper
from tests.support.letters import LetterEmbedding


def paper_of(animal: str, sentences: int = 1) -> Paper:
    """A paper; with 40 tokens a passage, four sentences or so make one."""
    text = " ".join(f"In year {n} we saw the {animal} {n} times at dusk." for n in range(sentences))
    return Paper(animal, f"The {animal} in winter", text, authors=(f"Ada {animal.title()}",))


BEFORE = [paper_of("badger", 12), paper_of("heron"), paper_of("otter")]
UPDATE = [
    paper_of("vole"),
    replace(paper_of("badger", 3), title="The badger in spring"),  # fewer passages than before
    paper_of("heron", 6),  # more of them
]
REMOVED = ["badger", "unknown"]
WINTER = [
    Paper(
        animal,
        f"The {animal} in winter",
        f"We followed a {animal} for one winter. It slept in the morning. Snow made it hungry.",
    )
    for animal in ("badger", "heron", "newt", "otter")
]


def settings_of(folder: Path) -> Settings:
    """Settings of the library, with short passages."""
    return Settings(
        library=folder, cache=folder, embedder="none", llm="extractive", passage_tokens=40
    )


@dataclass(frozen=True, slots=True)
class Held:
    """All that a library's stores hold, record by record."""

    papers: tuple[Paper, ...]
    vectors: dict[str, tuple[float, ...]]  # by passage
    words: dict[str, frozenset[str]]  # the papers of each

    def expected(self) -> Held:
        """What the derived stores should hold of the papers."""
        return held_of(self.papers)


def held_of(papers: tuple[Paper, ...]) -> Held:
    """What a library of the papers holds that nothing has disturbed."""
    embedding, vectors, words = LetterEmbedding(), {}, {}
    for paper in papers:
        for part in build_passages(paper, 40):
            row = np.asarray(embedding.get_text_embedding(passage_text(paper, part)), np.float32)
            vectors[part.passage_id] = rounded(row / np.linalg.norm(row))
        for word in analyze(f"{paper.title}. {paper.abstract}"):
            words[word] = words.get(word, frozenset()) | {paper.paper_id}
    return Held(papers, vectors, words)


def read_held(library: Library) -> Held:
    """What the stores of an open library hold."""
    index = library._index
    vectors = index.vectors.read(list(index.vectors.ids()))
    terms = {
        word for paper in [*BEFORE, *UPDATE] for word in analyze(f"{paper.title}. {paper.abstract}")
    }
    found = {word: frozenset(index.lexical.search(word, 100)) for word in terms}
    return Held(
        tuple(library.papers()),
        {key: rounded(vector / np.linalg.norm(vector)) for key, vector in vectors.items()},
        {word: papers for word, papers in found.items() if papers},
    )


def rounded(vector: np.ndarray) -> tuple[float, ...]:
    """Four digits of it."""
    return tuple(round(float(each), 4) for each in vector)

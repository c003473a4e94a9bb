"""Read the sentences about abstracts that the entailment model is trained and evaluated on.

No sentence for training is about a paper of the project's question sets. Every true one is also
paired with another abstract, which does not say it.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eval.run.claims import read_pairs
from rag.text import title_key
from rag.types import Paper

HERE: Final = Path(__file__).parent
ARXIV: Final = "arxiv/arxiv-metadata-100k.json.gz"
WRITTEN: Final = "training/claims.jsonl"
BALANCED: Final = "claims-balanced.jsonl"
PAIRED: Final = ("claims-paired-1.jsonl", "claims-paired-2.jsonl")
UNLEARNED: Final = ("claims-paired-3.jsonl", "claims-paired-4.jsonl")
SOURCES: Final = {BALANCED: "balanced"} | dict.fromkeys(PAIRED, "paired")
SCIFACT: Final = "bench/scifact"
CASES: Final = "cases/claims.jsonl"
FOREIGN: Final = 4000  # sentences that are paired with another abstract
HELD_BACK: Final = 0.125  # of the abstracts that sentences were written about


@dataclass(frozen=True, slots=True)
class Example:
    """A sentence paired with a paper that supports it or does not.

    Attributes:
        kind: What is wrong with it; `true`, `light` or `short` where nothing is.
        source: `written`, `balanced`, `paired`, `foreign`, `scifact` or `cases`.
        true: Of a false paired sentence the true one that it differs from in a few words.
    """

    claim: str
    paper: Paper
    is_supported: bool
    kind: str
    source: str
    true: str | None = None


def written_files(shared: Path) -> tuple[Path, ...]:
    """Return the files of sentences that were written about abstracts of arXiv."""
    return shared / WRITTEN, *(HERE / name for name in ("claims.jsonl", BALANCED, *PAIRED))


def read_written(shared: Path, taken: Iterable[str]) -> list[Example]:
    """Read the sentences written about abstracts, but for papers with one of the taken titles."""
    files = written_files(shared)
    rows = [(file, json.loads(line)) for file in files for line in file.open(encoding="utf-8")]
    papers = read_papers(shared, {row["id"] for _, row in rows}, set(map(title_key, taken)))
    true = {
        (row["id"], row["pair"]): row["claim"]
        for file, row in rows
        if file.name in PAIRED and row["label"] == "supported"
    }
    return [
        Example(
            row["claim"],
            papers[row["id"]],
            row["label"] == "supported",
            "short" if file.name == BALANCED and row["kind"] == "true" else row["kind"],
            SOURCES.get(file.name, "written"),
            None if row["label"] == "supported" else true.get((row["id"], row.get("pair"))),
        )
        for file, row in rows
        if row["id"] in papers
    ]


def read_papers(shared: Path, wanted: set[str], taken: set[str]) -> dict[str, Paper]:
    """Read the wanted papers of arXiv by id, but for those with one of the taken titles."""
    found = {}
    with gzip.open(shared / ARXIV, "rt", encoding="utf-8") as lines:
        for row in map(json.loads, lines):
            title, abstract = (" ".join(row[key].split()) for key in ("title", "abstract"))
            if row["id"] in wanted and title_key(title) not in taken:
                found[row["id"]] = Paper(row["id"], title, abstract)
    return found


def read_unlearned(shared: Path) -> list[Example]:
    """Read the sentences that were written about abstracts and that no model has learned from."""
    texts = [(HERE / name).read_text(encoding="utf-8") for name in UNLEARNED]
    rows = [json.loads(line) for text in texts for line in text.splitlines()]
    papers = read_papers(shared, {row["id"] for row in rows}, set())
    return [
        Example(row["claim"], papers[row["id"]], row["label"] == "supported", row["kind"], "paired")
        for row in rows
        if row["id"] in papers
    ]


def read_scifact(shared: Path, name: str) -> list[Example]:
    """Read SciFact's claims with the abstracts that they were annotated with."""
    return [
        Example(pair.claim, pair.paper, pair.label == "SUPPORT", pair.label, "scifact")
        for pair in read_pairs(shared / SCIFACT, name)
    ]


def read_cases(shared: Path, papers: Iterable[Paper]) -> list[Example]:
    """Read the sentences for model selection, about papers of the question sets."""
    by_title = {title_key(paper.title): paper for paper in papers}
    rows = [json.loads(line) for line in (shared / CASES).open(encoding="utf-8")]
    return [
        Example(
            row["claim"],
            by_title[title_key(row["title"])],
            row["label"] == "supported",
            row["kind"],
            "cases",
        )
        for row in rows
    ]


def pair_with_other_papers(examples: Sequence[Example], seed: int) -> list[Example]:
    """Pair supported sentences, drawn at random, with the abstract of another paper each."""
    draw = Random(seed)
    papers = list(dict.fromkeys(example.paper for example in examples))
    true = [example for example in examples if example.is_supported]
    drawn = [
        (example, draw.choice(papers)) for example in draw.sample(true, min(FOREIGN, len(true)))
    ]
    return [
        replace(example, paper=paper, is_supported=False, kind="foreign", source="foreign")
        for example, paper in drawn
        if paper != example.paper
    ]


def is_held_back(example: Example) -> bool:
    """Return whether an example serves for choosing; those about one abstract all do or none."""
    digest = hashlib.sha256(example.paper.paper_id.encode()).digest()
    return example.source != "scifact" and digest[0] < HELD_BACK * 256


def sample_share(examples: Sequence[Example], share: float, seed: int) -> NDArray[np.int64]:
    """Return the indices of the sentences about a share of the abstracts, drawn at random."""
    papers = sorted({example.paper.paper_id for example in examples})
    Random(seed).shuffle(papers)
    kept = set(papers[: round(share * len(papers))])
    places = [n for n, example in enumerate(examples) if example.paper.paper_id in kept]
    return np.array(places, np.int64)

"""Train the entailment model, choose its thresholds, and write both data files.

    pip install "paperchat[training]"
    python -m eval.training.train [--data ../shared] [--curve]

It needs `training/claims.jsonl`, `cases/claims.jsonl`, `arxiv/`, `corpus/*.txt` and `bench/scifact`
in one folder, and ten minutes on one core, most of them for encoding the texts. The thresholds are
chosen by sentences that the trees which judge them have not seen: four folds, parted by abstract.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eval.fit.examples import DEV, SENTENCES, TRAIN, describe_files
from eval.metrics.formulas import auroc
from eval.run.checking import term_weight
from eval.training.boosting import Floats, fit_trees
from eval.training.sentences import (
    CASES,
    SCIFACT,
    Example,
    pair_with_other_papers,
    read_cases,
    read_scifact,
    read_written,
    sample_share,
    written_files,
)
from rag.embedding import build_embedder, build_reading_embedder
from rag.fitted import Threshold
from rag.library import Library
from rag.settings import read_settings
from rag.types import Paper
from rag.verification.entailment import (
    MODEL_CARD,
    TREES,
    ModelCard,
    TreeEnsemble,
    render_trees,
)
from rag.verification.frames import without_frame
from rag.verification.similarity import SimilarityVerifier

TARGET: Final = Path(__file__).parents[2] / "rag" / "data"
REMARK: Final = "Trained by python -m eval.training.train on sentences written for paperchat."
# Weight of an example by its source. With the balanced ones in full, false sentences in the
# abstract's own words pass far more often; README.md has the figures.
WEIGHTS: Final = {"written": 1.0, "balanced": 0.2, "foreign": 0.2, "scifact": 1.0}
TRUE_KEPT: Final = 0.75  # of the true sentences in other words than the abstract's
SIMILARITY_LOSES: Final = 0.01  # of the true sentences at most
FOLDS: Final = 4
SEED: Final = 0
SHARES: Final = (0.25, 0.5, 1.0)
PAIRS_AT_ONCE: Final = 64


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples with their features.

    Attributes:
        names: Of the features.
        values: Of the features, shape (examples, features).
        similarity: Value of the similarity regression, shape (examples,).
    """

    examples: Sequence[Example]
    names: tuple[str, ...]
    values: Floats
    similarity: Floats

    @property
    def labels(self) -> Floats:
        """1 where the abstract supports the sentence, else 0; shape (examples,)."""
        return np.array([float(each.is_supported) for each in self.examples])

    def subset(self, indices: NDArray[np.int64]) -> Dataset:
        """Return the examples at some indices."""
        chosen = [self.examples[n] for n in indices]
        return Dataset(chosen, self.names, self.values[indices], self.similarity[indices])


def main() -> int:
    """Train and write the model, or print the rates that shares of the sentences reach."""
    parser = argparse.ArgumentParser(prog="python -m eval.training.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"), metavar="DIR")
    parser.add_argument("--curve", action="store_true", help="train on shares; write nothing")
    options = parser.parse_args()
    shared: Path = options.data
    corpus = _read_corpus(shared)
    written = read_written(shared, {paper.title for paper in corpus})
    learnt = [*written, *pair_with_other_papers(written, SEED), *read_scifact(shared, TRAIN)]
    others = [*read_cases(shared, corpus), *read_scifact(shared, DEV)]
    dataset = _extract([*learnt, *others])
    places = np.arange(len(dataset.examples))
    known, unseen = dataset.subset(places[: len(learnt)]), dataset.subset(places[len(learnt) :])
    if options.curve:
        for share in SHARES:
            part = known.subset(sample_share(known.examples, share, SEED))
            rates = _fit(part, unseen)[1]
            sys.stdout.write(f"{len(part.examples)} sentences: {json.dumps(rates.measured)}\n")
        return 0
    files = (*written_files(shared), *(shared / SCIFACT / name for name in (TRAIN, SENTENCES)))
    _write(known, unseen, (*files, shared / CASES, shared / SCIFACT / DEV))
    return 0


def _read_corpus(shared: Path) -> list[Paper]:
    """Return the papers of the question sets."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(library=Path(folder), embedder="none", llm="extractive")
        with Library.open(settings=settings) as library:
            library.ingest(sorted((shared / "corpus").glob("*.txt")))
            return list(library.papers())


def _extract(examples: Sequence[Example]) -> Dataset:
    """Extract the features of all examples, those of one paper together."""
    settings = read_settings()
    embedder = build_reading_embedder(settings, build_embedder(settings))
    papers = list(dict.fromkeys(example.paper for example in examples))
    encoder = embedder.find_encoder() if embedder else None
    verifier = SimilarityVerifier(encoder, term_weight(papers))
    order = sorted(range(len(examples)), key=lambda n: examples[n].paper.paper_id)
    rows: dict[int, tuple[dict[str, float], float]] = {}
    for start in range(0, len(order), PAIRS_AT_ONCE):
        batch = order[start : start + PAIRS_AT_ONCE]
        pairs = [(without_frame(examples[n].claim), examples[n].paper) for n in batch]
        entailment = verifier.entailment_features(pairs)
        similarity = map(verifier.similarity, verifier.similarity_features(pairs))
        rows.update(zip(batch, zip(entailment, similarity, strict=True), strict=True))
    names = tuple(next(iter(rows.values()))[0])
    assert all(values for values, _ in rows.values()), "a sentence or an abstract has no word"
    return Dataset(
        examples,
        names,
        np.array([[rows[n][0][name] for name in names] for n in range(len(examples))], np.float32),
        np.array([rows[n][1] for n in range(len(examples))]),
    )


def _fit(known: Dataset, unseen: Dataset) -> tuple[TreeEnsemble, Threshold]:
    """Fit trees to all known examples; return them, and the threshold with the rates at it.

    For both, known examples are scored by trees of the other folds.
    """
    weights = np.array([WEIGHTS[each.source] for each in known.examples])
    folds = _folds(known.examples)
    probabilities = np.zeros(len(folds))
    for fold in range(FOLDS):
        rest = folds != fold
        trees = fit_trees(known.values[rest], known.labels[rest], weights[rest])
        probabilities[~rest] = _probabilities(trees, known.values[~rest])
    trees = fit_trees(known.values, known.labels, weights)
    judged = np.concatenate([probabilities, _probabilities(trees, unseen.values)])
    examples = [*known.examples, *unseen.examples]
    reworded = [
        probability
        for probability, each in zip(judged, examples, strict=True)
        if each.source == "written" and each.is_supported
    ]
    cut = round(float(np.quantile(reworded, 1 - TRUE_KEPT)), 3)
    why = f"{TRUE_KEPT:.0%} of the true written sentences lie above it, judged by other folds"
    return trees, Threshold(value=cut, chosen_for=why, measured=_rates(examples, judged, cut))


def _folds(examples: Sequence[Example]) -> NDArray[np.int64]:
    """Return the fold of each example; those about one abstract are in the same."""
    papers = sorted({each.paper.paper_id for each in examples})
    places = np.random.default_rng(SEED).permutation(len(papers))
    fold = {paper: int(place) % FOLDS for paper, place in zip(papers, places, strict=True)}
    return np.array([fold[each.paper.paper_id] for each in examples])


def _probabilities(trees: TreeEnsemble, values: Floats) -> Floats:
    odds = [trees.log_odds(row) for row in values.astype(np.float32)]
    probabilities: Floats = 1 / (1 + np.exp(-np.array(odds)))
    return probabilities


def _rates(examples: Sequence[Example], probabilities: Floats, cut: float) -> dict[str, float]:
    """Return the share of each group at or above the threshold, and the AUROC of two sources."""
    groups: dict[str, list[float]] = {}
    for each, probability in zip(examples, probabilities, strict=True):
        truth = "true" if each.is_supported else "false"
        for name in dict.fromkeys((truth, each.kind)):
            groups.setdefault(f"{each.source}_{name}", []).append(float(probability))
    rates = {
        name: round(float(np.mean(np.array(group) >= cut)), 3) for name, group in groups.items()
    }
    for source in ("written", "cases"):
        area = auroc(groups[f"{source}_true"], groups[f"{source}_false"])
        rates[f"{source}_auroc"] = round(area or 0.0, 3)
    return dict(sorted(rates.items()))


def _share(found: NDArray[np.bool_]) -> float:
    return round(float(found.mean()), 3)


def _write(known: Dataset, unseen: Dataset, files: Sequence[Path]) -> None:
    trees, cut = _fit(known, unseen)
    content = render_trees(trees)
    card = ModelCard(
        remark=REMARK,
        sha256=hashlib.sha256(content).hexdigest(),
        features=known.names,
        data=describe_files(*files),
        sentences=len(known.examples),
        supported_from=cut,
        min_similarity=_min_similarity(known),
    )
    (TARGET / TREES).write_bytes(content)
    (TARGET / MODEL_CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")


def _min_similarity(known: Dataset) -> Threshold:
    """Choose the similarity that nearly all true sentences reach and foreign ones often miss."""
    similar: dict[bool, list[float]] = {True: [], False: []}
    for each, value in zip(known.examples, known.similarity, strict=True):
        if each.source == "foreign" or (each.is_supported and each.source != "scifact"):
            similar[each.is_supported].append(float(value))
    cut = round(float(np.quantile(similar[True], SIMILARITY_LOSES)), 3)
    below = {
        "true_below": _share(np.array(similar[True]) < cut),
        "foreign_below": _share(np.array(similar[False]) < cut),
    }
    why = f"{SIMILARITY_LOSES:.0%} of the true written sentences lie below it"
    return Threshold(value=cut, chosen_for=why, measured=below)


if __name__ == "__main__":
    sys.exit(main())

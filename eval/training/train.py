"""Train the entailment model, choose its thresholds, and write its data files.

    pip install "paperchat[training]"
    python -m eval.training.train [--data ../shared] [--curve]

It needs `training/claims.jsonl`, `cases/claims.jsonl`, `arxiv/`, `corpus/*.txt` and `bench/scifact`
in one folder, and forty minutes on two cores, half of them for encoding the texts. Thresholds are
chosen by sentences about an eighth of the abstracts, from which neither trees nor network learn.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import pickle
import random
import re
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eval.fit.examples import DEV, SENTENCES, TRAIN, describe_files
from eval.metrics.formulas import auroc
from eval.run.checking import term_weight
from eval.training.boosting import Floats, fit_trees
from eval.training.lessons import UNKNOWN, Extracted, Lesson
from eval.training.sentences import (
    CASES,
    SCIFACT,
    Example,
    is_held_back,
    pair_with_other_papers,
    read_cases,
    read_scifact,
    read_written,
    sample_share,
    written_files,
)
from eval.training.unlearned import IN_PART, WITHOUT_SUBJECT, write_rates
from rag.arrays import render_arrays
from rag.embedding import build_embedder, build_reading_embedder
from rag.fitted import Threshold
from rag.library import Library
from rag.settings import read_settings
from rag.types import Paper
from rag.verification.entailment import (
    MODEL_CARD,
    NETWORK,
    TREES,
    ModelCard,
    TreeEnsemble,
)
from rag.verification.features import extract_features
from rag.verification.frames import without_frame
from rag.verification.network import AlignmentNetwork, Weights
from rag.verification.network_input import CLAIM_WORDS, FLAGS, NetworkInput, build_input
from rag.verification.similarity import SimilarityVerifier

TARGET: Final = Path(__file__).parents[2] / "rag" / "data"
REMARK: Final = "Trained by python -m eval.training.train on sentences written for paperchat."
# Weight of an example for the trees by its source. With the balanced ones in full, false sentences
# in the abstract's own words pass far more often; README.md has the figures.
WEIGHTS: Final = {
    "written": 1.0,
    "paired": 1.0,
    "balanced": 0.2,
    "foreign": 0.2,
    "scifact": 1.0,
}
# Shares of the network's batches, by source and whether the abstract supports the sentence.
SHARES: Final = {
    ("written", True): 0.45,
    ("written", False): 0.42,
    ("foreign", False): 0.04,
    ("scifact", True): 0.04,
    ("scifact", False): 0.05,
}
BALANCED_KEPT: Final = 0.4  # of the balanced sentences, for the network
NETWORK_WEIGHT: Final = 0.5  # against 1 for the trees; README.md has other weights
TRUE_KEPT: Final = 0.7  # of the true sentences that were held back, in other words
SIMILARITY_LOSES: Final = 0.01  # of the true sentences at most
SEED: Final = 0
CURVE: Final = (0.25, 0.5, 1.0)
PAIRS_AT_ONCE: Final = 64
VECTORS_AT_MOST: Final = 60_000  # from which the projection is fitted


@dataclass(frozen=True, slots=True)
class Dataset:
    """Examples with what the model sees of them.

    Attributes:
        names: Of the features.
        values: Of the features, shape (examples, features).
        similarity: Value of the similarity regression, shape (examples,).
        lessons: What the network sees.
    """

    examples: Sequence[Example]
    names: tuple[str, ...]
    values: Floats
    similarity: Floats
    lessons: Sequence[Lesson]

    @property
    def labels(self) -> Floats:
        """1 where the abstract supports the sentence, else 0; shape (examples,)."""
        return np.array([float(each.is_supported) for each in self.examples])

    def subset(self, indices: NDArray[np.int64]) -> Dataset:
        """Return the examples at some indices."""
        return Dataset(
            [self.examples[n] for n in indices],
            self.names,
            self.values[indices],
            self.similarity[indices],
            [self.lessons[n] for n in indices],
        )


def main() -> int:
    """Train and write the model, or print the rates that shares of the sentences reach."""
    parser = argparse.ArgumentParser(prog="python -m eval.training.train", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"), metavar="DIR")
    parser.add_argument("--curve", action="store_true", help="train on shares; write nothing")
    parser.add_argument("--cache", type=Path, metavar="FILE", help="keep what was extracted here")
    options = parser.parse_args()
    shared: Path = options.data
    corpus = read_corpus(shared)
    written = read_written(shared, {paper.title for paper in corpus})
    foreign = pair_with_other_papers(written, SEED)
    examples = [*written, *foreign, *read_scifact(shared, TRAIN)]
    others = [*read_cases(shared, corpus), *read_scifact(shared, DEV)]
    dataset = extract([*examples, *others], options.cache)
    is_chosen_by = [is_held_back(each) for each in examples] + [True] * len(others)
    known = dataset.subset(np.flatnonzero(~np.array(is_chosen_by)))
    unseen = dataset.subset(np.flatnonzero(is_chosen_by))
    if options.curve:
        for share in CURVE:
            part = known.subset(sample_share(known.examples, share, SEED))
            rates = _fit(part, unseen)[-1]
            sys.stdout.write(f"{len(part.examples)} sentences: {json.dumps(rates.measured)}\n")
        return 0
    files = (*written_files(shared), *(shared / SCIFACT / name for name in (TRAIN, SENTENCES)))
    _write(known, unseen, (*files, shared / CASES, shared / SCIFACT / DEV), shared)
    return 0


def read_corpus(shared: Path) -> list[Paper]:
    """Return the papers of the question sets."""
    with tempfile.TemporaryDirectory() as folder:
        settings = read_settings(library=Path(folder), embedder="none", llm="extractive")
        with Library.open(settings=settings) as library:
            library.ingest(sorted((shared / "corpus").glob("*.txt")))
            return list(library.papers())


def extract(examples: Sequence[Example], cache: Path | None = None) -> Dataset:
    """Extract what the model sees of all examples, those of one paper together."""
    known: dict[tuple[str, str], Extracted] = {}
    if cache and cache.exists():
        known = pickle.loads(cache.read_bytes())  # noqa: S301  # this program wrote it
    missing = [each for each in examples if _key(each) not in known]
    if missing:
        known |= _extract(missing, list(dict.fromkeys(each.paper for each in examples)))
        if cache:
            cache.write_bytes(pickle.dumps(known))
    rows = [known[_key(each)] for each in examples]
    names = tuple(rows[0].features)
    return Dataset(
        examples,
        names,
        np.array([[row.features[name] for name in names] for row in rows], np.float32),
        np.array([row.similarity for row in rows]),
        [
            Lesson(row.given, each.is_supported, wrong_words(each, row.words))
            for each, row in zip(examples, rows, strict=True)
        ],
    )


def _key(example: Example) -> tuple[str, str]:
    return example.claim, example.paper.paper_id


def _extract(
    examples: Sequence[Example], papers: Sequence[Paper]
) -> dict[tuple[str, str], Extracted]:
    settings = read_settings()
    embedder = build_reading_embedder(settings, build_embedder(settings))
    encoder = embedder.find_encoder() if embedder else None
    verifier = SimilarityVerifier(encoder, term_weight(papers))
    ordered = sorted(examples, key=lambda each: each.paper.paper_id)
    found = {}
    for start in range(0, len(ordered), PAIRS_AT_ONCE):
        batch = ordered[start : start + PAIRS_AT_ONCE]
        pairs = [(without_frame(each.claim), each.paper) for each in batch]
        similar = map(verifier.similarity, verifier.similarity_features(pairs))
        for each, pair, similarity in zip(batch, verifier.align(pairs), similar, strict=True):
            assert pair, f"a sentence or an abstract has no word: {each.claim}"
            found[_key(each)] = Extracted(
                extract_features(pair), similarity, _halved(build_input(pair)), pair.claim.words
            )
    return found


def _halved(given: NetworkInput) -> NetworkInput:
    """Return the input in half precision, as there are many."""
    arrays = {name: getattr(given, name) for name in ("claim", "evidence", "cosines", "same")}
    return replace(given, **{name: array.astype(np.float16) for name, array in arrays.items()})


def wrong_words(example: Example, words: Sequence[str]) -> NDArray[np.float32]:
    """Return which words make a sentence false: none of a true one, those that its twin lacks."""
    kept = len(words[:CLAIM_WORDS])
    if example.is_supported:
        return np.zeros(kept, np.float32)
    if example.true is None:
        return np.full(kept, UNKNOWN, np.float32)
    labels = np.zeros(len(words), np.float32)
    true = [word.lower() for word in re.findall(r"[^\W_]+", without_frame(example.true))]
    changes = SequenceMatcher(None, true, words, autojunk=False).get_opcodes()
    for change, _, _, start, end in changes:
        if change == "delete":
            labels[max(start - 1, 0) : start + 1] = 1
        elif change != "equal":
            labels[start:end] = 1
    return labels[:kept]


def _fit(known: Dataset, unseen: Dataset) -> tuple[TreeEnsemble, Weights, Threshold]:
    """Fit trees and network to known examples, and the threshold to unseen ones."""
    weights = np.array([WEIGHTS[each.source] for each in known.examples])
    trees = fit_trees(known.values, known.labels, weights)
    network = _fit_network(known)
    judged = _probabilities(trees, network, unseen)
    reworded = [
        probability
        for probability, each in zip(judged, unseen.examples, strict=True)
        if each.source == "written" and each.is_supported
    ]
    cut = round(float(np.quantile(reworded, 1 - TRUE_KEPT)), 3)
    why = f"{TRUE_KEPT:.0%} of the true written sentences that were held back lie above it"
    measured = _rates(unseen.examples, judged, cut)
    return trees, network, Threshold(value=cut, chosen_for=why, measured=measured)


def _fit_network(known: Dataset) -> Weights:
    """Fit the network, with a share of each batch from each kind of example."""
    from eval.training.network import Projection, fit_network, project

    draw = random.Random(SEED)
    groups: dict[tuple[str, bool], list[int]] = {}
    for n, each in enumerate(known.examples):
        if each.source == "balanced" and draw.random() > BALANCED_KEPT:
            continue
        source = each.source if each.source in ("foreign", "scifact") else "written"
        groups.setdefault((source, each.is_supported), []).append(n)
    vectors = np.concatenate([each.given.evidence[::4, :-FLAGS] for each in known.lessons])
    chosen = np.random.default_rng(SEED).permutation(len(vectors))[:VECTORS_AT_MOST]
    projection = Projection.of(vectors[chosen].astype(np.float32))
    lessons = project(known.lessons, projection)
    return fit_network(
        [(SHARES[key], [lessons[n] for n in places]) for key, places in sorted(groups.items())],
        projection,
        SEED,
    )


def _probabilities(trees: TreeEnsemble, weights: Weights, dataset: Dataset) -> Floats:
    network = AlignmentNetwork(weights)
    odds = [
        trees.log_odds(row) + NETWORK_WEIGHT * network.log_odds(lesson.given)
        for row, lesson in zip(dataset.values, dataset.lessons, strict=True)
    ]
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


def _write(known: Dataset, unseen: Dataset, files: Sequence[Path], shared: Path) -> None:
    trees, weights, cut = _fit(known, unseen)
    halved = {name: array.astype(np.float16) for name, array in weights.items()}
    contents = {TREES: render_arrays(trees.arrays()), NETWORK: render_arrays(halved)}
    card = ModelCard(
        remark=REMARK,
        sha256={name: hashlib.sha256(content).hexdigest() for name, content in contents.items()},
        features=known.names,
        network_weight=NETWORK_WEIGHT,
        data=describe_files(*files),
        sentences=len(known.examples),
        supported_from=cut,
        supported_without_subject_from=WITHOUT_SUBJECT,
        partly_from=IN_PART,
        min_similarity=_min_similarity(known),
    )
    for name, content in contents.items():
        (TARGET / name).write_bytes(content)
    (TARGET / MODEL_CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    write_rates(shared)


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

"""Measure two thresholds of the entailment model on sentences that no model learned from.

    python -m eval.training.unlearned [--data ../shared]

"The authors train on one cohort" is compared as "train on one cohort", for an abstract says "we".
Then more of the true sentences pass, and more of the false ones, so that a higher threshold
applies. Sentences that are similar, and far from being entailed, are not even supported in part.
The rates at both go into `rag/data/entailment.json`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Final

import numpy as np
from numpy.typing import NDArray

from eval.run.checking import term_weight
from eval.training.sentences import Example, read_unlearned
from rag.embedding import build_embedder, build_reading_embedder
from rag.fitted import Threshold, load_fitted
from rag.settings import read_settings
from rag.types import Paper
from rag.verification.entailment import MODEL_CARD, EntailmentModel, load_entailment_model
from rag.verification.frames import without_frame, without_subject
from rag.verification.similarity import SimilarityVerifier

TARGET: Final = Path(__file__).parents[2] / "rag" / "data" / MODEL_CARD
WITHOUT_SUBJECT: Final = Threshold(
    value=0.75, chosen_for="as few false sentences as pass with their subject", measured={}
)
IN_PART: Final = Threshold(
    value=0.05,
    chosen_for="no fewer of the reference answers are kept, by eval compare",
    measured={},
)
DRAWN: Final = 1500  # sentences, by lot
SEED: Final = 0
PAIRS_AT_ONCE: Final = 64


def main() -> int:
    """Measure the rates, and write them into the model card."""
    parser = argparse.ArgumentParser(prog="python -m eval.training.subjects", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"), metavar="DIR")
    write_rates(parser.parse_args().data)
    return 0


def write_rates(shared: Path) -> None:
    """Measure the shipped model, and write the rates into its card."""
    load_entailment_model.cache_clear()
    model = load_entailment_model()
    examples = read_unlearned(shared)
    rates = {
        "supported_without_subject_from": WITHOUT_SUBJECT.model_copy(
            update={"measured": measure_without_subject(model, examples)}
        ),
        "partly_from": IN_PART.model_copy(update={"measured": measure_in_part(model, examples)}),
    }
    card = model.card.model_copy(update=rates)
    TARGET.write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")


def measure_without_subject(
    model: EntailmentModel, examples: Sequence[Example]
) -> dict[str, float]:
    """Return the shares that pass of sentences on papers and authors: without them, and with."""
    told = [
        (without_frame(each.claim), each)
        for each in examples
        if without_subject(without_frame(each.claim)) != without_frame(each.claim)
    ]
    bare = _probabilities(model, [(without_subject(said), each.paper) for said, each in told])
    whole = _probabilities(model, [(said, each.paper) for said, each in told])
    about = [each for _, each in told]
    return _shares(about, bare >= WITHOUT_SUBJECT.value, "from") | _shares(
        about, whole >= model.card.supported_from.value, "with_subject"
    )


def measure_in_part(model: EntailmentModel, examples: Sequence[Example]) -> dict[str, float]:
    """Return the shares of similar sentences at or above the threshold, supported or in part."""
    drawn = Random(SEED).sample(list(examples), min(DRAWN, len(examples)))
    pairs = [(without_frame(each.claim), each.paper) for each in drawn]
    verifier = _verifier(pairs)
    similar = [
        verifier.similarity(row) >= load_fitted().thresholds.partly_from.value
        for row in verifier.similarity_features(pairs)
    ]
    near = _probabilities(model, pairs) >= IN_PART.value
    return _shares(drawn, np.array(similar), "similar") | _shares(
        drawn, np.array(similar) & near, "from"
    )


def _probabilities(
    model: EntailmentModel, pairs: Sequence[tuple[str, Paper]]
) -> NDArray[np.float64]:
    verifier = _verifier(pairs)
    aligned = [
        pair
        for start in range(0, len(pairs), PAIRS_AT_ONCE)
        for pair in verifier.align(pairs[start : start + PAIRS_AT_ONCE])
    ]
    return np.array([model.probability(pair) if pair else 0.0 for pair in aligned])


def _verifier(pairs: Sequence[tuple[str, Paper]]) -> SimilarityVerifier:
    settings = read_settings()
    embedder = build_reading_embedder(settings, build_embedder(settings))
    weight = term_weight(list(dict.fromkeys(paper for _, paper in pairs)))
    return SimilarityVerifier(embedder.find_encoder() if embedder else None, weight)


def _shares(examples: Sequence[Example], is_kept: NDArray[np.bool_], name: str) -> dict[str, float]:
    is_true = np.array([each.is_supported for each in examples])
    return {
        f"true_{name}": round(float(is_kept[is_true].mean()), 3),
        f"false_{name}": round(float(is_kept[~is_true].mean()), 3),
    }


if __name__ == "__main__":
    sys.exit(main())

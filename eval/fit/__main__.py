"""Make `rag/data/fitted.json`: the weights, and the rates at the thresholds.

    python -m eval.fit [--data ../shared] [--check]

It needs the question set, the papers, the requests and the claims (`gold/dev.jsonl`,
`corpus/*.txt`, `attacks/bipia/text_attack_train.json`, `bench/scifact`) in one folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from eval.fit.examples import Data
from eval.fit.fitting import fit_numbers
from rag.fitted import FITTED, FittedNumbers, LogisticModel, load_fitted
from rag.settings import read_settings

TARGET: Final = Path(__file__).parents[2] / "rag" / "data" / FITTED
# Largest difference of a weight: vectors are computed in int8, whose last digits differ by
# processor. Features differ by less than 1 between examples, which limits what that changes.
TOLERANCE: Final = 0.25
MODELS: Final = ("relevance", "confidence", "confidence_by_words", "support", "support_by_words")


def main() -> int:
    """Fit, and write the numbers or compare them with the shipped ones."""
    parser = argparse.ArgumentParser(prog="python -m eval.fit", description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared"), metavar="DIR")
    parser.add_argument("--check", action="store_true", help="compare with the shipped numbers")
    options = parser.parse_args()
    data = find_data(options.data)
    with tempfile.TemporaryDirectory() as folder:
        fitted = fit_numbers(data, read_settings(), Path(folder))
    if not options.check:
        TARGET.write_text(fitted.model_dump_json(indent=1) + "\n", encoding="utf-8")
        return 0
    different = list(find_differences(load_fitted(), fitted))
    sys.stdout.write("".join(f"{each}\n" for each in different) or "The same numbers.\n")
    return 1 if different else 0


def find_data(folder: Path) -> Data:
    """Return the paths of the data in a folder."""
    return Data(
        folder / "gold/dev.jsonl",
        tuple(sorted((folder / "corpus").glob("*.txt"))),
        folder / "attacks/bipia/text_attack_train.json",
        folder / "bench/scifact",
    )


def find_differences(shipped: FittedNumbers, fitted: FittedNumbers) -> Iterator[str]:
    """Yield a line for each weight that differs by more than the tolerance."""
    for name in MODELS:
        before: LogisticModel = getattr(shipped, name)
        after: LogisticModel = getattr(fitted, name)
        if before.features != after.features:
            yield f"{name}: features {before.features} are now {after.features}"
            continue
        pairs = zip((*before.weights, before.bias), (*after.weights, after.bias), strict=True)
        for feature, (old, new) in zip((*before.features, "bias"), pairs, strict=True):
            if abs(old - new) > TOLERANCE:
                yield f"{name}.{feature}: shipped {old:.2f}, fitted {new:.2f}"


if __name__ == "__main__":
    sys.exit(main())

"""What is extracted of an example, and what the alignment network learns from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from rag.verification.network_input import NetworkInput

UNKNOWN: Final = -1.0  # label of a word of which it is not known whether it is wrong


@dataclass(frozen=True, slots=True)
class Lesson:
    """A claim and its evidence, to learn from.

    Attributes:
        given: What the network sees.
        is_supported: Whether the evidence supports the claim.
        wrong: Of each word 1 where it makes the claim false, 0 where not, -1 where that is not
            known, shape (words,).
    """

    given: NetworkInput
    is_supported: bool
    wrong: NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Extracted:
    """What the model sees of a sentence beside an abstract.

    Attributes:
        features: For the trees, by name.
        similarity: Value of the similarity regression.
        given: For the network.
        words: Of the sentence, in lower case.
    """

    features: Mapping[str, float]
    similarity: float
    given: NetworkInput
    words: tuple[str, ...]

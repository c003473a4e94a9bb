"""Train the alignment network in PyTorch; `rag.verification.network` runs it in numpy.

PyTorch is imported here alone, and only for training.
"""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from eval.training.lessons import UNKNOWN, Lesson
from rag.verification.network import DISTANCE, HEADS, LAYERS, SAME_STEM, WIDTH, Weights
from rag.verification.network_input import (
    CLAIM_WORDS,
    FLAGS,
    PRESENT,
    SENTENCE_WORDS,
)

DIRECTIONS: Final = 128  # of the vectors' variance that the network sees; 71 % of it
SCALE: Final = 0.7
STEPS: Final = 4000
BATCH: Final = 32
POOL: Final = 8  # batches that are drawn at once, and cut by length
RATE: Final = 1.5e-3
WARM_UP: Final = 150  # steps
LAST_RATE: Final = 0.03  # of the rate
DECAY: Final = 0.03
DROPOUT: Final = 0.15
SMOOTHING: Final = 0.03  # of the labels
WRONG_WEIGHT: Final = 0.5  # of telling wrong words, against 1 for telling wrong claims
HIDDEN: Final = -1e4  # log-weight of a word that is not there


@dataclass(frozen=True, slots=True)
class Projection:
    """The main directions of word vectors (principal component analysis).

    Attributes:
        mean: Of the vectors, shape (dimension,).
        directions: Shape (dimension, directions).
    """

    mean: NDArray[np.float32]
    directions: NDArray[np.float32]

    @classmethod
    def of(cls, vectors: NDArray[np.float32]) -> Projection:
        """Fit the projection to vectors, shape (vectors, dimension)."""
        mean = vectors.mean(axis=0)
        variances, directions = np.linalg.eigh(np.cov((vectors - mean).T))
        scaled = directions[:, ::-1][:, :DIRECTIONS] * SCALE / np.sqrt(variances.mean())
        return cls(mean, scaled.astype(np.float32))

    def apply(self, rows: NDArray[np.float32]) -> NDArray[np.float32]:
        """Project the vectors in front of the flags of each row; half precision is enough."""
        vectors, flags = rows[:, :-FLAGS], rows[:, -FLAGS:]
        projected = (vectors - self.mean) @ self.directions
        return np.hstack([projected, flags]).astype(np.float16)

    def absorb(
        self, weight: NDArray[np.float32], bias: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return weight and bias of a layer over projected rows, for rows as they are."""
        of_vectors: NDArray[np.float32] = weight[:, :DIRECTIONS] @ self.directions.T
        moved: NDArray[np.float32] = bias - of_vectors @ self.mean
        return np.hstack([of_vectors, weight[:, DIRECTIONS:]]), moved


def project(lessons: Sequence[Lesson], projection: Projection) -> list[Lesson]:
    """Return the lessons with projected vectors."""
    return [
        replace(
            each,
            given=replace(
                each.given,
                claim=projection.apply(each.given.claim),
                evidence=projection.apply(each.given.evidence),
            ),
        )
        for each in lessons
    ]


class _Attention(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)
        self.value, self.output = nn.Linear(WIDTH, WIDTH), nn.Linear(WIDTH, WIDTH)

    def forward(self, x: Tensor, y: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        q, k, v = _heads(self.query(x)), _heads(self.key(y)), _heads(self.value(y))
        weights = torch.softmax(q @ k.transpose(2, 3) * q.shape[-1] ** -0.5 + bias, -1)
        weights = functional.dropout(weights, DROPOUT, self.training)
        joined = (weights @ v).transpose(1, 2)
        return weights, self.output(joined.reshape(*joined.shape[:2], -1))


def _heads(x: Tensor) -> Tensor:
    return x.view(*x.shape[:2], HEADS, -1).transpose(1, 2)


def _mlp(width: int, out: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Linear(width, WIDTH),
        nn.GELU(approximate="tanh"),
        nn.Dropout(DROPOUT),
        nn.Linear(WIDTH, out),
    )


class TrainedNetwork(nn.Module):
    """The network over batches; see `rag.verification.network.AlignmentNetwork`."""

    def __init__(self) -> None:
        super().__init__()
        inputs = DIRECTIONS + FLAGS
        self.claim, self.evidence = nn.Linear(inputs, WIDTH), nn.Linear(inputs, WIDTH)
        self.claim_place = nn.Embedding(CLAIM_WORDS, WIDTH)
        self.evidence_place = nn.Embedding(SENTENCE_WORDS, WIDTH)
        for each in (self.claim_place, self.evidence_place):
            nn.init.normal_(each.weight, std=0.02)
        self.claim_norm, self.evidence_norm = nn.LayerNorm(WIDTH), nn.LayerNorm(WIDTH)
        self.among = nn.ModuleList(_Attention() for _ in range(LAYERS))
        self.across = nn.ModuleList(_Attention() for _ in range(LAYERS))
        self.near_claim = nn.Parameter(torch.zeros(LAYERS, HEADS, 2 * DISTANCE + 1))
        self.near_evidence = nn.Parameter(torch.zeros(LAYERS, HEADS, 2 * DISTANCE + 2))
        # Some heads begin as sharp alignments of like words, others as wide ones.
        sharpness = torch.linspace(0.3, 1.5, HEADS)[None, :, None]
        self.likeness = nn.Parameter(torch.tensor([8.0, 2.0]).repeat(LAYERS, HEADS, 1) * sharpness)
        self.compare = nn.ModuleList(_mlp(4 * WIDTH + 2, WIDTH) for _ in range(LAYERS))
        self.norms = nn.ModuleList(nn.LayerNorm(WIDTH) for _ in range(2 * LAYERS))
        self.wrong, self.gate = nn.Linear(WIDTH, 1), nn.Linear(WIDTH, 1)
        self.out = _mlp(3 * WIDTH + 6, 1)

    def forward(self, b: Mapping[str, Tensor]) -> tuple[Tensor, Tensor]:
        """Return the log-odds of each claim, and of each word that it is wrong."""
        said, cosines = b["is_claim"], b["cosines"]
        alike = torch.stack([cosines, b["same"]], -1)
        unsaid = (~said).float() * HIDDEN
        unfound = (~b["is_evidence"]).float() * HIDDEN
        x = self.claim_norm(self.claim(b["claim"]) + self.claim_place.weight[: said.shape[1]])
        y = self.evidence_norm(self.evidence(b["evidence"]) + self.evidence_place(b["places"]))
        x, y = (functional.dropout(each, DROPOUT, self.training) for each in (x, y))
        in_claim, in_evidence = _distances(b, cosines + SAME_STEM * b["same"] + unfound[:, None])
        for layer in range(LAYERS):
            z = self.norms[2 * layer](x)
            bias = self.near_claim[layer][:, in_claim] + unsaid[:, None, None]
            bias = bias + self.near_evidence[layer].t()[in_evidence].permute(0, 3, 1, 2)
            x = x + self.among[layer](z, z, bias)[1]
            z = self.norms[2 * layer + 1](x)
            bias = (alike @ self.likeness[layer].t()).permute(0, 3, 1, 2) + unfound[:, None, None]
            weights, aligned = self.across[layer](z, y, bias)
            met = (weights.mean(1)[..., None] * alike).sum(2)
            compared = [z, aligned, z * aligned, (z - aligned).abs(), met]
            x = x + self.compare[layer](torch.cat(compared, -1))
        wrong = self.wrong(x).squeeze(-1)
        return self._judge(b, x, wrong, cosines + unfound[:, None], unsaid), wrong

    def _judge(
        self, b: Mapping[str, Tensor], x: Tensor, wrong: Tensor, cosines: Tensor, unsaid: Tensor
    ) -> Tensor:
        said = b["is_claim"].float()
        count = said.sum(1)
        gate = torch.softmax(self.gate(x).squeeze(-1) + unsaid, -1)[..., None]
        best = cosines.max(-1).values
        extras = [
            (wrong + unsaid).max(1).values,
            torch.logsumexp(wrong + unsaid, 1),
            (best * said).sum(1) / count,
            (best - unsaid).min(1).values,
            (b["claim"][..., PRESENT] * said).sum(1) / count,
            b["closest"],
        ]
        mean = (x * said[..., None]).sum(1) / count[:, None]
        most = (x + unsaid[..., None]).max(1).values
        read = [mean, most, (x * gate).sum(1), torch.stack(extras, -1)]
        judged: Tensor = self.out(torch.cat(read, -1)).squeeze(-1)
        return judged


def _distances(b: Mapping[str, Tensor], match: Tensor) -> tuple[Tensor, Tensor]:
    """Return how far words are apart in the claim and their counterparts in the evidence."""
    nearest = match.argmax(-1)
    order = torch.arange(match.shape[1])
    place, segment = (b[name].gather(1, nearest) for name in ("places", "segments"))
    in_claim, in_evidence = (
        (each[..., None, :] - each[..., :, None]).clamp(-DISTANCE, DISTANCE) + DISTANCE
        for each in (order, place)
    )
    is_apart = segment[:, None, :] != segment[:, :, None]
    return in_claim, in_evidence.masked_fill(is_apart, 2 * DISTANCE + 1)


def fit_network(
    groups: Sequence[tuple[float, Sequence[Lesson]]], projection: Projection, seed: int
) -> Weights:
    """Train the network; return its weights for vectors as they are.

    Args:
        groups: Lessons with projected vectors, and the share of each batch drawn from them.
        projection: What projected them.
        seed: Of the weights at the start, and of the order of lessons.
    """
    torch.manual_seed(seed)
    network = TrainedNetwork()
    optimizer = torch.optim.AdamW(network.parameters(), RATE, betas=(0.9, 0.98), weight_decay=DECAY)
    batches = _draw_batches(groups, random.Random(seed))
    for step in range(STEPS):
        for group in optimizer.param_groups:
            group["lr"] = _rate(step)
        batch = collate(next(batches))
        judged, wrong = network(batch)
        known = batch["wrong"] >= 0
        smooth = batch["label"] * (1 - 2 * SMOOTHING) + SMOOTHING
        loss = functional.binary_cross_entropy_with_logits(judged, smooth)
        loss = loss + WRONG_WEIGHT * functional.binary_cross_entropy_with_logits(
            wrong[known], batch["wrong"][known]
        )
        optimizer.zero_grad()
        loss.backward()
        nn.utils.clip_grad_norm_(network.parameters(), 1.0)
        optimizer.step()
    return export_weights(network, projection)


def export_weights(network: TrainedNetwork, projection: Projection) -> Weights:
    """Return a network's weights for vectors that are not projected."""
    weights = {name: value.detach().numpy() for name, value in network.state_dict().items()}
    for name in ("claim", "evidence"):
        absorbed = projection.absorb(weights[f"{name}.weight"], weights[f"{name}.bias"])
        weights[f"{name}.weight"], weights[f"{name}.bias"] = absorbed
    return weights


def _rate(step: int) -> float:
    """Return the learning rate of a step: a rise, then half a cosine."""
    left = 0.5 * (1 + float(np.cos(np.pi * step / STEPS)))
    return RATE * min(1.0, step / WARM_UP) * (left * (1 - LAST_RATE) + LAST_RATE)


def _draw_batches(
    groups: Sequence[tuple[float, Sequence[Lesson]]], draw: random.Random
) -> Iterator[list[Lesson]]:
    """Yield batches of claims of similar length; each group gives all before it begins anew."""
    decks = [_shuffled(lessons, draw) for _, lessons in groups]
    shares = [share for share, _ in groups]
    while True:
        chosen = draw.choices(decks, shares, k=BATCH * POOL)
        pool = sorted((next(deck) for deck in chosen), key=_length)
        batches = [pool[start : start + BATCH] for start in range(0, len(pool), BATCH)]
        draw.shuffle(batches)
        yield from batches


def _shuffled(lessons: Sequence[Lesson], draw: random.Random) -> Iterator[Lesson]:
    order = list(lessons)
    while True:
        draw.shuffle(order)
        yield from order


def _length(lesson: Lesson) -> int:
    return len(lesson.given.evidence) + 2 * len(lesson.given.claim)


def collate(lessons: Sequence[Lesson]) -> dict[str, Tensor]:
    """Stack lessons; shorter ones are padded."""
    given = [each.given for each in lessons]
    n, m = max(len(g.claim) for g in given), max(len(g.evidence) for g in given)
    wide = given[0].claim.shape[1]
    size = len(given)
    stacked = {
        "claim": np.zeros((size, n, wide), np.float32),
        "evidence": np.zeros((size, m, wide), np.float32),
        "cosines": np.zeros((size, n, m), np.float32),
        "same": np.zeros((size, n, m), np.float32),
        "is_claim": np.zeros((size, n), bool),
        "is_evidence": np.zeros((size, m), bool),
        "segments": np.zeros((size, m), np.int64),
        "places": np.zeros((size, m), np.int64),
        "wrong": np.full((size, n), UNKNOWN, np.float32),
        "closest": np.array([g.closest for g in given], np.float32),
        "label": np.array([each.is_supported for each in lessons], np.float32),
    }
    for row, (lesson, g) in enumerate(zip(lessons, given, strict=True)):
        words, found = len(g.claim), len(g.evidence)
        stacked["claim"][row, :words] = g.claim
        stacked["evidence"][row, :found] = g.evidence
        stacked["cosines"][row, :words, :found] = g.cosines
        stacked["same"][row, :words, :found] = g.same
        stacked["is_claim"][row, :words] = True
        stacked["is_evidence"][row, :found] = True
        stacked["segments"][row, :found] = g.segments
        stacked["places"][row, :found] = g.places
        stacked["wrong"][row, :words] = lesson.wrong
    return {name: torch.from_numpy(array) for name, array in stacked.items()}

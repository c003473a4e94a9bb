"""Train the question encoder: low-rank differences of the embedder's weights, for questions alone.

    pip install "paperchat[training]"
    python -m eval.training.question_encoder [--data ../shared] [--work FOLDER]

It needs `arxiv/`, `corpus/*.txt` and `bench/scifact` in one folder, and an hour on two cores, most
of it for embedding 15,783 abstracts, which `--work` keeps. Passages keep their vectors. A question
learns from two losses over the same forward pass: its vector among all papers of the corpus, beside
their BM25 scores, so that it learns what words do not find; and its words in MaxSim over the
30 best candidates, which are those that mislead.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import torch
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional

from eval.fit.examples import describe_files
from eval.training.ranking import (
    SCIFACT_QUERIES,
    RankingCorpus,
    RankingExample,
    collect,
    question_files,
)
from eval.training.sentences import SCIFACT
from eval.training.train import TARGET, read_corpus
from rag.embedding.adaptation import (
    CARD,
    DIFFERENCES,
    Differences,
    QuestionEncoderCard,
    Weights,
    render_differences,
)
from rag.embedding.graph import HEADS, LAYER_NORM_EPSILON, LAYERS, WIDTH, load_weights
from rag.embedding.minilm import build_tokenizer
from rag.embedding.weights import fetch_originals
from rag.retrieval.reranking import MAXSIM_FLOOR, MAXSIM_WEIGHT

RANK: Final = 16
EPOCHS: Final = 2
BATCH: Final = 32
RATE: Final = 1e-3
WARM_UP: Final = 30  # steps
LAST_RATE: Final = 0.05  # of the rate
DROPOUT: Final = 0.1
DENSE_TEMPERATURE: Final = 0.05
RERANKED_TEMPERATURE: Final = 0.05
LEXICAL_WEIGHT: Final = 6.5  # of BM25 in the logits: what it counts in the fused score
ANCHOR_WEIGHT: Final = 1.0  # of staying near the vector by the published weights
DENSE_SHARE: Final = 0.65
SEED: Final = 0
REMARK: Final = (
    "Differences of the weights of all-MiniLM-L6-v2 (Apache 2.0) for questions, "
    "trained by python -m eval.training.question_encoder"
)
NOWHERE: Final = -2.0  # below every cosine

Scores = Mapping[str, float]


class _AdaptedLinear(nn.Module):
    """A linear layer with fixed weights, and trained differences beside them."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        super().__init__()
        self.weight, self.bias = weight, bias
        outputs, inputs = weight.shape
        self.down = nn.Parameter(torch.randn(RANK, inputs) * inputs**-0.5)
        self.up = nn.Parameter(torch.zeros(outputs, RANK))
        self.dropout = nn.Dropout(DROPOUT)

    def forward(self, x: Tensor) -> Tensor:
        added = functional.linear(functional.linear(self.dropout(x), self.down), self.up)
        return functional.linear(x, self.weight, self.bias) + added


class AdaptedEncoder(nn.Module):
    """The network of `rag.embedding.graph` in PyTorch, with differences to train.

    Args:
        weights: By their published names.
        tokenizer: Of its vocabulary.
    """

    def __init__(self, weights: Weights, tokenizer: Tokenizer) -> None:
        super().__init__()
        self._weights = {name: torch.from_numpy(value) for name, value in weights.items()}
        self._tokenizer = tokenizer
        names = [
            name.removesuffix(".weight")
            for name, value in self._weights.items()
            if name.startswith("encoder.") and value.ndim == 2 and name.endswith(".weight")
        ]
        self.linears = nn.ModuleDict(
            {
                name.replace(".", "/"): _AdaptedLinear(
                    self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
                )
                for name in names
            }
        )

    def forward(self, texts: Sequence[str]) -> tuple[Tensor, Tensor]:
        """Return unit vectors (texts, 384) and those of tokens (texts, tokens, 384)."""
        encodings = self._tokenizer.encode_batch(list(texts))
        width = max(map(len, encodings))
        ids = torch.tensor([each.ids + [0] * (width - len(each)) for each in encodings])
        mask = (ids > 0).float()
        x = self._embed(ids)
        for layer in range(LAYERS):
            x = self._layer(x, mask, f"encoder.layer.{layer}")
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        return functional.normalize(mean, dim=-1), x

    def differences(self) -> Differences:
        """Return U and D of each layer by its published name."""
        return {
            name.replace("/", "."): (layer.up.detach().numpy(), layer.down.detach().numpy())
            for name, layer in self.linears.items()
        }

    def _embed(self, ids: Tensor) -> Tensor:
        w = self._weights
        words = w["embeddings.word_embeddings.weight"][ids]
        places = w["embeddings.position_embeddings.weight"][: ids.shape[1]]
        kind = w["embeddings.token_type_embeddings.weight"][0]
        return self._norm(words + places + kind, "embeddings.LayerNorm")

    def _norm(self, x: Tensor, name: str) -> Tensor:
        scale, bias = self._weights[f"{name}.weight"], self._weights[f"{name}.bias"]
        return functional.layer_norm(x, (WIDTH,), scale, bias, LAYER_NORM_EPSILON)

    def _linear(self, x: Tensor, name: str) -> Tensor:
        out: Tensor = self.linears[name.replace(".", "/")](x)
        return out

    def _layer(self, x: Tensor, mask: Tensor, name: str) -> Tensor:
        heads = [
            self._linear(x, f"{name}.attention.self.{part}")
            .unflatten(-1, (HEADS, WIDTH // HEADS))
            .transpose(1, 2)
            for part in ("query", "key", "value")
        ]
        seen = mask[:, None, None, :] > 0
        mixed = functional.scaled_dot_product_attention(*heads, attn_mask=seen)
        joined = self._linear(mixed.transpose(1, 2).flatten(2), f"{name}.attention.output.dense")
        x = self._norm(joined + x, f"{name}.attention.output.LayerNorm")
        inner = functional.gelu(self._linear(x, f"{name}.intermediate.dense"))
        return self._norm(
            self._linear(inner, f"{name}.output.dense") + x, f"{name}.output.LayerNorm"
        )


class _Scoring:
    """Score the papers of a corpus for encoded questions."""

    def __init__(self, corpus: RankingCorpus) -> None:
        self.corpus = corpus
        self._passages = torch.from_numpy(corpus.passages)
        self._owners = torch.from_numpy(corpus.owners)
        self._vocabulary = torch.from_numpy(corpus.vocabulary)

    def dense(self, vectors: Tensor) -> Tensor:
        """Return the cosine of each paper's best passage, shape (questions, papers)."""
        similar = vectors @ self._passages.T
        owners = self._owners.expand(len(vectors), -1)
        best = torch.full((len(vectors), len(self.corpus.papers)), NOWHERE)
        return best.scatter_reduce(1, owners, similar, "amax")

    def lexical(self, examples: Sequence[RankingExample]) -> Tensor:
        """Return BM25 as a share of the best, shape (questions, papers)."""
        scores = torch.zeros(len(examples), len(self.corpus.papers))
        for row, example in enumerate(examples):
            scores[row, list(example.lexical)] = torch.tensor(list(example.lexical.values()))
        return scores

    def reranked(self, example: RankingExample, dense: Tensor, tokens: Tensor) -> Tensor:
        """Return the scores of the candidates before the similarity to the leaders.

        Args:
            example: A question.
            dense: Of all papers, shape (papers,).
            tokens: Of the question, shape (tokens, 384).
        """
        chosen = list(example.candidates)
        words = torch.tensor([example.lexical.get(paper, 0.0) for paper in chosen])
        near = dense[chosen].clamp(min=0) / dense.max()
        fused = DENSE_SHARE * near + (1 - DENSE_SHARE) * words
        matched = (self._maxsim(example, tokens) - MAXSIM_FLOOR).clamp(min=0) / (1 - MAXSIM_FLOOR)
        return fused + MAXSIM_WEIGHT * matched

    def _maxsim(self, example: RankingExample, tokens: Tensor) -> Tensor:
        if not example.words:
            return torch.zeros(len(example.candidates))
        asked = functional.normalize(
            torch.stack([tokens[first:after].sum(0) for first, after in example.words]), dim=-1
        )
        parts = [torch.from_numpy(self.corpus.words[paper]) for paper in example.candidates]
        owners = torch.repeat_interleave(
            torch.arange(len(parts)), torch.tensor([len(part) for part in parts])
        )
        different, places = torch.cat(parts).unique(return_inverse=True)
        similar = (asked @ self._vocabulary[different].T)[:, places]
        best = torch.full((len(asked), len(parts)), NOWHERE).scatter_reduce(
            1, owners.expand(len(asked), -1), similar, "amax"
        )
        weights = torch.from_numpy(example.weights.astype(np.float32))
        shares = weights / weights.sum() if weights.sum() > 0 else torch.ones_like(weights)
        return (shares[:, None] * best).sum(0) / shares.sum()


def train(encoder: AdaptedEncoder, corpora: Mapping[str, RankingCorpus]) -> None:
    """Train the encoder's differences on the questions that are not held back."""
    draw = random.Random(SEED)
    scorings = {name: _Scoring(corpus) for name, corpus in corpora.items()}
    known = {name: split(corpus.examples)[0] for name, corpus in corpora.items()}
    anchors = {name: _encode_all(encoder, examples) for name, examples in known.items()}
    parameters = list(encoder.parameters())
    optimizer = torch.optim.AdamW(parameters, lr=RATE, weight_decay=0.01)
    steps = EPOCHS * len(list(_batches(known, draw)))
    step = 0
    encoder.train()
    for _ in range(EPOCHS):
        for name, batch in _batches(known, draw):
            for group in optimizer.param_groups:
                group["lr"] = RATE * _share_of_rate(step, steps)
            examples = [known[name][n] for n in batch]
            loss = _loss(encoder, scorings[name], examples, anchors[name][batch])
            loss.backward()
            nn.utils.clip_grad_norm_(parameters, 1.0)
            optimizer.step()
            optimizer.zero_grad()
            step += 1


def _loss(
    encoder: AdaptedEncoder,
    scoring: _Scoring,
    examples: Sequence[RankingExample],
    anchors: Tensor,
) -> Tensor:
    vectors, tokens = encoder([each.question.text for each in examples])
    dense = scoring.dense(vectors)
    found = dense / DENSE_TEMPERATURE + LEXICAL_WEIGHT * scoring.lexical(examples)
    losses = [_choice_loss(row, each.gold) for row, each in zip(found, examples, strict=True)]
    reranked = []
    for row, example in enumerate(examples):
        gold = [n for n, paper in enumerate(example.candidates) if paper in example.gold]
        if gold:
            scores = scoring.reranked(example, dense[row], tokens[row])
            reranked.append(_choice_loss(scores / RERANKED_TEMPERATURE, gold))
    moved = (1 - (vectors * anchors).sum(1)).mean()
    total = torch.stack(losses).mean() + ANCHOR_WEIGHT * moved
    return total + torch.stack(reranked).mean() if reranked else total


def _choice_loss(logits: Tensor, gold: Sequence[int]) -> Tensor:
    """Return the negative log-probability, nats, that one of the right ones is chosen."""
    return -torch.logsumexp(torch.log_softmax(logits, 0)[list(gold)], 0)


def _share_of_rate(step: int, steps: int) -> float:
    """Rise over the first steps, then fall along a cosine."""
    fall = (1 + math.cos(math.pi * step / steps)) / 2
    return min(1, step / WARM_UP) * (fall * (1 - LAST_RATE) + LAST_RATE)


def _batches(
    known: Mapping[str, Sequence[RankingExample]], draw: random.Random
) -> Iterator[tuple[str, list[int]]]:
    """Yield the questions of an epoch, those of one corpus together, in any order."""
    batches = []
    for name, examples in known.items():
        order = list(range(len(examples)))
        draw.shuffle(order)
        batches += [(name, order[n : n + BATCH]) for n in range(0, len(order), BATCH)]
    draw.shuffle(batches)
    yield from batches


def _encode_all(encoder: AdaptedEncoder, examples: Sequence[RankingExample]) -> Tensor:
    encoder.eval()
    with torch.no_grad():
        parts = [
            encoder([each.question.text for each in examples[n : n + 64]])[0]
            for n in range(0, len(examples), 64)
        ]
    return torch.cat(parts)


def split(
    examples: Sequence[RankingExample],
) -> tuple[list[RankingExample], list[RankingExample]]:
    """Return the examples to train on, and those held back."""
    known = [each for each in examples if not each.question.is_held_back]
    return known, [each for each in examples if each.question.is_held_back]


def measure(encoder: AdaptedEncoder, corpora: Mapping[str, RankingCorpus]) -> dict[str, float]:
    """Return the mean reciprocal rank of held-back questions among the candidates, and dense."""
    encoder.eval()
    measured: dict[str, float] = {}
    for name, corpus in corpora.items():
        scoring = _Scoring(corpus)
        ranks: dict[str, list[float]] = {"dense": [], "reranked": []}
        for example in split(corpus.examples)[1]:
            with torch.no_grad():
                vectors, tokens = encoder([example.question.text])
                dense = scoring.dense(vectors)[0]
                reranked = scoring.reranked(example, dense, tokens[0])
            ranks["dense"].append(_reciprocal_rank(dense, example.gold))
            gold = [n for n, paper in enumerate(example.candidates) if paper in example.gold]
            ranks["reranked"].append(_reciprocal_rank(reranked, gold) if gold else 0.0)
        measured |= {f"{name}: {kind}": round(float(np.mean(v)), 4) for kind, v in ranks.items()}
    return measured


def _reciprocal_rank(scores: Tensor, gold: Sequence[int]) -> float:
    best = scores[list(gold)].max()
    return 1 / (1 + int((scores > best).sum()))


def main() -> int:
    """Train the differences, write them, and print what they do to questions held back."""
    parser = argparse.ArgumentParser(
        prog="python -m eval.training.question_encoder", description=__doc__
    )
    parser.add_argument("--data", type=Path, default=Path("../shared"), metavar="DIR")
    parser.add_argument("--work", type=Path, metavar="FOLDER", help="keep what is embedded here")
    options = parser.parse_args()
    torch.manual_seed(SEED)
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        work = options.work or Path(folder) / "libraries"
        taken = [paper.title for paper in read_corpus(options.data)]
        corpora = collect(options.data, work, taken)
        originals = fetch_originals(Path(folder), lambda _: None)
        tokenizer = build_tokenizer(originals / "vocab.txt")
        encoder = AdaptedEncoder(load_weights(originals / "model.safetensors"), tokenizer)
    before = measure(encoder, corpora)
    train(encoder, corpora)
    _write(encoder, corpora, before, options.data)
    return 0


def _write(
    encoder: AdaptedEncoder, corpora: Mapping[str, RankingCorpus], before: Scores, shared: Path
) -> None:
    content = render_differences(encoder.differences())
    after = measure(encoder, corpora)
    measured = {f"{name}, published": value for name, value in before.items()} | after
    queries = (shared / SCIFACT / name for name in SCIFACT_QUERIES)
    card = QuestionEncoderCard(
        remark=REMARK,
        sha256=hashlib.sha256(content).hexdigest(),
        data=describe_files(*question_files(), *queries),
        questions=sum(len(split(corpus.examples)[0]) for corpus in corpora.values()),
        measured=dict(sorted(measured.items())),
    )
    (TARGET / DIFFERENCES).write_bytes(content)
    (TARGET / CARD).write_text(card.model_dump_json(indent=1) + "\n", encoding="utf-8")
    sys.stdout.write(json.dumps(card.measured, indent=1) + "\n")


if __name__ == "__main__":
    sys.exit(main())

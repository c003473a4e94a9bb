"""Compute metrics of rankings, citations, answers and confidence; pure functions.

Values are in [0, 1]. Rankings are retrieved ids, best first, against relevant ids; names and
definitions follow trec_eval. A metric that does not apply is None, not 0.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from rag.sentences import split_sentences


def hit_at(k: int, retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """Return 1 when one of the first k is relevant, else 0."""
    return float(any(paper_id in relevant for paper_id in retrieved[:k]))


def recall_at(k: int, retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """Return the share of the relevant among the first k; 0 when nothing is relevant."""
    return len(set(retrieved[:k]) & set(relevant)) / len(relevant) if relevant else 0.0


def precision_at(k: int, retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """Return the share of the relevant in the first k places; missing places count as misses."""
    return len(set(retrieved[:k]) & set(relevant)) / k


def reciprocal_rank(retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """Return 1 / rank of the first relevant one, ranks from 1; 0 when there is none."""
    for rank, paper_id in enumerate(retrieved, start=1):
        if paper_id in relevant:
            return 1 / rank
    return 0.0


def average_precision(retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """Return the mean over the relevant of the precision at their rank; 0 for those not found."""
    found, total = 0, 0.0
    for rank, paper_id in enumerate(retrieved, start=1):
        if paper_id in relevant:
            found += 1
            total += found / rank
    return total / len(relevant) if relevant else 0.0


def ndcg_at(k: int, retrieved: Sequence[str], gains: dict[str, float]) -> float:
    """Return the discounted gain of the first k over the ideal (Järvelin and Kekäläinen 2002).

    `DCG = sum(gain / log2(rank + 1))`, ranks from 1; 0 when nothing has a gain.
    """
    dcg = _discounted([gains.get(paper_id, 0.0) for paper_id in retrieved[:k]])
    ideal = _discounted(sorted(gains.values(), reverse=True)[:k])
    return dcg / ideal if ideal else 0.0


def _discounted(gains: Sequence[float]) -> float:
    return sum(gain / math.log2(rank + 1) for rank, gain in enumerate(gains, start=1))


def context_precision(retrieved: Sequence[str], relevant: Collection[str]) -> float:
    """Return how far relevant papers precede others in the context of the writer.

    `sum(precision@k over the ranks k of relevant ones) / relevant ones given` (RAGAS, Es et al.
    2023, arXiv:2309.15217); 0 when none was given.
    """
    given = [paper_id for paper_id in retrieved if paper_id in relevant]
    return average_precision(retrieved, given)


def mention_coverage(text: str, facts: Sequence[str]) -> float:
    """Return the share of the facts that a text mentions; 0 without facts.

    A fact lists its alternatives, separated by `|`; one of them is enough. Over the context that
    a writer was given this is context recall, with facts for RAGAS' claims of the reference.
    """
    return sum(mentions(text, fact) for fact in facts) / len(facts) if facts else 0.0


def mentions(text: str, fact: str) -> bool:
    """Return whether a text has one of a fact's alternatives.

    Case, hyphens, white space and thousands separators do not matter. A match begins where a word
    does and may end inside one, so `equivalen` finds "equivalence"; a number must stand alone.
    """
    plain = _plain(text)
    wanted = filter(None, map(_plain, fact.split("|")))
    return any(re.search(_pattern(each), plain) is not None for each in wanted)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    joined = re.sub(r"(?<=\d)[,\u2009](?=\d{3})", "", folded)
    return " ".join(re.sub(r"[-\u2010-\u2015\u2212]", " ", joined).split())


def _pattern(wanted: str) -> str:
    start = (
        r"(?<!\w)(?<!\d\.)" if wanted[0].isdigit() else r"(?<!\w)" if wanted[0].isalnum() else ""
    )
    end = r"(?!\d)(?!\.\d)" if wanted[-1].isdigit() else ""
    return start + re.escape(wanted) + end


def gold_citation_precision(cited: Collection[str], relevant: Collection[str]) -> float | None:
    """Return the share of the cited papers that answer the question; None without any."""
    return len(set(cited) & set(relevant)) / len(set(cited)) if cited else None


def gold_citation_recall(cited: Collection[str], relevant: Collection[str]) -> float | None:
    """Return the share of the papers that answer which are cited; None without any."""
    return len(set(cited) & set(relevant)) / len(set(relevant)) if relevant else None


@dataclass(frozen=True, slots=True)
class Statement:
    """A sentence of an answer after its citations were checked.

    Attributes:
        supported: Whether its citations together support it fully.
        alone: Of each citation, whether it supports the statement fully by itself.
        without: Of each citation, whether the others together still support the statement.
    """

    supported: bool
    alone: tuple[bool, ...] = ()
    without: tuple[bool, ...] = ()


def statement_of(alone: Sequence[bool]) -> Statement:
    """Return a statement whose citations were checked one by one: as good as the best of them."""
    others = [any(alone[:n]) or any(alone[n + 1 :]) for n in range(len(alone))]
    return Statement(any(alone), tuple(alone), tuple(others))


def citation_recall(statements: Sequence[Statement]) -> float | None:
    """Return the share of statements that their citations fully support; None without any.

    ALCE's definition (Gao et al. 2023, arXiv:2305.14627): without a citation a statement counts 0.
    """
    return _share([each.supported for each in statements])


def citation_precision(statements: Sequence[Statement]) -> float | None:
    """Return the share of citations that help to support their statement; None without any.

    ALCE's definition: a citation counts when its statement is supported, and it is irrelevant
    when it does not support the statement alone while the others do without it.
    """
    return _share(
        [
            each.supported and (alone or not without)
            for each in statements
            for alone, without in zip(each.alone, each.without, strict=True)
        ]
    )


def quote_exactness(quotes: Sequence[tuple[str, str]]) -> float | None:
    """Return the share of quotes that equal the text at their place; None without any."""
    return _share([quote == found and bool(quote) for quote, found in quotes])


def _share(held: Sequence[bool]) -> float | None:
    return sum(held) / len(held) if held else None


def abstention_precision(right: float, wrong: float) -> float | None:
    """Return the share of abstentions that were right; None without any.

    `right` counts those on questions that no paper answers, `wrong` those on the others.
    """
    return right / (right + wrong) if right + wrong else None


@dataclass(frozen=True, slots=True)
class Bin:
    """Answers of similar confidence: their mean confidence, and the share that was right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability_bins(
    confidences: Sequence[float], outcomes: Sequence[bool], bins: int = 10
) -> list[Bin]:
    """Return bins of equal width over [0, 1], without empty ones; 1.0 is in the last."""
    filled: dict[int, list[tuple[float, bool]]] = {}
    for confidence, outcome in zip(confidences, outcomes, strict=True):
        filled.setdefault(min(int(confidence * bins), bins - 1), []).append((confidence, outcome))
    return [
        Bin(
            low=number / bins,
            high=(number + 1) / bins,
            count=len(members),
            confidence=sum(sure for sure, _ in members) / len(members),
            accuracy=sum(right for _, right in members) / len(members),
        )
        for number, members in sorted(filled.items())
    ]


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Return `sum(count * |accuracy - confidence|) / total` (Naeini et al. 2015); 0 for none."""
    total = sum(each.count for each in bins)
    gaps = sum(each.count * abs(each.accuracy - each.confidence) for each in bins)
    return gaps / total if total else 0.0


def brier(confidence: float, outcome: bool) -> float:
    """Return the squared error of a confidence, `(confidence - outcome)^2` (Brier 1950)."""
    return (confidence - outcome) ** 2


def auroc(positive: Sequence[float], negative: Sequence[float]) -> float | None:
    """Return the probability that a positive scores above a negative, ties half (Mann-Whitney).

    None when one side is empty.
    """
    if not positive or not negative:
        return None
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    return wins / (len(positive) * len(negative))


LEAD_SENTENCES: Final = 2
TITLE: Final = re.compile(r"\*\*.*?\*\*")
MARKER: Final = re.compile(r"\s*\[\d+(?:,\s*\d+)*\]")
# A sentence that begins so is not understood without the one before it.
DANGLING: Final = re.compile(
    r"^(?:however|moreover|furthermore|in addition|additionally|thus|therefore|hence|these|this"
    r"|such|they|it|its|their|nevertheless|consequently|also|then|finally|second|in contrast)\b",
    re.IGNORECASE,
)


def lead_of(text: str) -> str:
    """Return the first paper's title and the first two sentences of an answer in Markdown."""
    title = TITLE.search(text)
    said = " ".join(MARKER.sub("", TITLE.sub(" ", text)).split())
    sentences = [each.text for each in split_sentences(said)][:LEAD_SENTENCES]
    return " ".join([*([title[0]] if title else []), *sentences])


def dangling_share(text: str) -> float:
    """Return the share of paragraphs that begin with a word that refers to text before them."""
    said = MARKER.sub("", TITLE.sub(" ", text))
    paragraphs = [each.strip() for each in said.split("\n\n") if each.strip()]
    found = sum(DANGLING.match(each) is not None for each in paragraphs)
    return found / len(paragraphs) if paragraphs else 0.0

"""Check SciFact's claims: does the verifier tell what an abstract supports, and where?

`claims_dev.jsonl` and `corpus_sentences.jsonl`, as published (Wadden et al. 2020,
arXiv:2004.14974). A pair is a claim and a paper that it was annotated with; without annotated
evidence it counts as not enough information.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Final, Literal, TypeVar

from pydantic import BaseModel, ValidationError

from eval.data.beir import find_file, open_text
from eval.data.records import HitRecord, Record
from eval.metrics.formulas import auroc
from eval.run.scores import SUPPORTED, Scores, rounded
from rag.errors import SourceError
from rag.sentences import Sentence
from rag.types import Paper
from rag.verification.support import Support, Verifier

CLAIMS: Final = "claims_dev.jsonl"
SENTENCES: Final = "corpus_sentences.jsonl"
BEST: Final = 3
PAIRS_AT_ONCE: Final = 32

Label = Literal["SUPPORT", "CONTRADICT", "NOT ENOUGH INFO"]
Span = tuple[int, int]
Row = TypeVar("Row", bound=BaseModel)


class _Evidence(BaseModel):
    sentences: list[int]
    label: Label


class _Claim(BaseModel):
    id: int
    claim: str
    evidence: dict[str, list[_Evidence]]
    cited_doc_ids: list[int]


class _Abstract(BaseModel):
    doc_id: int
    title: str
    abstract: list[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A claim and a paper; `rationales` are the spans of its abstract with the evidence."""

    claim_id: str
    claim: str
    paper: Paper
    label: Label
    rationales: tuple[Span, ...] = ()

    @property
    def key(self) -> str:
        """The ids of claim and paper."""
        return f"{self.claim_id}/{self.paper.paper_id}"


def read_pairs(folder: Path, name: str = CLAIMS) -> list[Pair]:
    """Read the pairs of claims and papers in a folder, for papers that it has.

    Raises:
        SourceError: One of the two files is missing or broken.
    """
    abstracts = {str(row.doc_id): row for row in _read(find_file(folder, SENTENCES), _Abstract)}
    claims = _read(find_file(folder, name), _Claim)
    return [pair for claim in claims for pair in _pairs(claim, abstracts)]


def _read(path: Path, form: type[Row]) -> Iterator[Row]:
    for number, line in enumerate(open_text(path), start=1):
        try:
            yield form.model_validate_json(line)
        except ValidationError as exc:
            raise SourceError(f"{path.name}, line {number}: {exc.errors()[0]['msg']}") from exc


def _pairs(claim: _Claim, abstracts: Mapping[str, _Abstract]) -> Iterator[Pair]:
    judged = {paper_id: groups for paper_id, groups in claim.evidence.items() if groups}
    for paper_id in dict.fromkeys([*map(str, claim.cited_doc_ids), *judged]):
        if paper_id in abstracts:
            groups = judged.get(paper_id, [])
            paper, spans = _paper(abstracts[paper_id])
            label: Label = groups[0].label if groups else "NOT ENOUGH INFO"
            places = sorted({n for group in groups for n in group.sentences})
            rationales = tuple(spans[n] for n in places if n < len(spans))
            yield Pair(str(claim.id), claim.claim, paper, label, rationales)


def _paper(row: _Abstract) -> tuple[Paper, list[Span]]:
    """Return a paper, and the spans of its sentences in the abstract."""
    sentences = [" ".join(text.split()) for text in row.abstract]
    starts = [sum(len(text) + 1 for text in sentences[:n]) for n in range(len(sentences))]
    spans = [(start, start + len(text)) for start, text in zip(starts, sentences, strict=True)]
    return Paper(str(row.doc_id), " ".join(row.title.split()), " ".join(sentences)), spans


def check_pairs(pairs: Sequence[Pair], verifier: Verifier) -> list[Record]:
    """Return a record for every pair: verdict, score, and whether the rationale was found."""
    checked = list(_check(pairs, verifier))
    unknown = [s.value for pair, (s, _) in _both(pairs, checked) if pair.label == "NOT ENOUGH INFO"]
    return [
        _record(pair, support, best, unknown) for pair, (support, best) in _both(pairs, checked)
    ]


Checked = tuple[Support, tuple[Sentence, ...]]


def _both(pairs: Sequence[Pair], checked: Sequence[Checked]) -> Iterable[tuple[Pair, Checked]]:
    return zip(pairs, checked, strict=True)


def _check(pairs: Sequence[Pair], verifier: Verifier) -> Iterator[Checked]:
    for start in range(0, len(pairs), PAIRS_AT_ONCE):
        batch = pairs[start : start + PAIRS_AT_ONCE]
        supports = verifier.check([(pair.claim, pair.paper) for pair in batch])
        for pair, support in zip(batch, supports, strict=True):
            yield support, tuple(_best(pair, support, verifier))


def _best(pair: Pair, support: Support, verifier: Verifier) -> Iterator[Sentence]:
    """Yield the best sentences of a paper with rationales, in descending order.

    A verifier returns the best one only, so the next is the best once it is blanked out, which
    keeps the places of the others.
    """
    yield support.sentence
    abstract = pair.paper.abstract
    for _ in range(BEST - 1 if pair.rationales else 0):
        found = support.sentence
        abstract = abstract[: found.start] + " " * len(found.text) + abstract[found.end :]
        if not abstract.strip():
            return
        support = verifier.check([(pair.claim, replace(pair.paper, abstract=abstract))])[0]
        yield support.sentence


def _record(
    pair: Pair, support: Support, best: Sequence[Sentence], unknown: Sequence[float]
) -> Record:
    hits = tuple(
        HitRecord(paper_id=f"{each.start}", title=each.text, score=round(support.value, 6))
        for each in best
    )
    return Record(
        key=pair.key,
        cluster=pair.claim_id,
        slices=("all", pair.label),
        question=pair.claim,
        papers=(pair.paper.paper_id,),
        titles=(pair.paper.title,),
        reference=f"{pair.label}; verdict {support.verdict} at {support.value:.2f}",
        hits=hits,
        scores=rounded(
            dict(chain(_verdict(pair, support, unknown), _rationale(pair, best).items()))
        ),
    )


def _verdict(pair: Pair, support: Support, unknown: Sequence[float]) -> Iterator[tuple[str, float]]:
    """Yield scores of the verdict; the mean of `auroc` over supported pairs is the AUROC."""
    is_supported = float(support.verdict == SUPPORTED)
    if pair.label != "SUPPORT":
        yield "false_support", is_supported
        return
    yield "claim_recall", is_supported
    part = auroc([support.value], unknown)
    if part is not None:
        yield "auroc", part


def _rationale(pair: Pair, best: Sequence[Sentence]) -> Scores:
    """Return whether a rationale is among the best sentences; nothing without rationales."""
    if not pair.rationales:
        return {}
    right = [_overlaps(sentence, pair.rationales) for sentence in best]
    return {f"rationale_hit@{k}": float(any(right[:k])) for k in (1, BEST)}


def _overlaps(sentence: Sentence, rationales: Iterable[Span]) -> bool:
    """Return whether the middle of a sentence is in a rationale, as the splits may differ."""
    middle = (sentence.start + sentence.end) // 2
    return any(start <= middle < end for start, end in rationales)

"""Score the outcome of a question: retrieval, context, citations, abstention, confidence."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass

from eval.data.dataset import DIRECT
from eval.data.records import DIGITS, SentenceRecord
from eval.metrics.catalogue import HIT_AT, RECALL_AT
from eval.metrics.formulas import (
    Statement,
    average_precision,
    brier,
    citation_precision,
    citation_recall,
    context_precision,
    dangling_share,
    gold_citation_precision,
    gold_citation_recall,
    hit_at,
    lead_of,
    mention_coverage,
    mentions,
    ndcg_at,
    precision_at,
    quote_exactness,
    recall_at,
    reciprocal_rank,
    statement_of,
)
from rag.passages import passage_text
from rag.types import Answer, Hit, Origin

SUPPORTED = "supported"
Scores = dict[str, float]


@dataclass(frozen=True, slots=True)
class Gold:
    """What a good answer to a question has.

    Attributes:
        gains: The gain of each paper that answers, by id; empty when none does.
        facts: What must be mentioned, alternatives separated by `|`.
        origin: What the answer is to be made from, where that is known.
        exactly: Whether the answer is to be about these papers and no others.
    """

    gains: Mapping[str, float]
    facts: tuple[str, ...] = ()
    origin: Origin | None = None
    exactly: bool = False

    @property
    def papers(self) -> Set[str]:
        """Ids of the papers that answer."""
        return self.gains.keys()

    @property
    def is_direct(self) -> bool:
        """Whether the answer needs no abstract, so that no retrieval is scored."""
        return self.origin in DIRECT

    @property
    def is_answerable(self) -> bool:
        """Whether the library can answer."""
        return bool(self.gains)


def score_ranking(hits: Iterable[Hit], gold: Gold) -> Scores:
    """Return the scores of a ranking; nothing for a question that no paper answers."""
    if not gold.is_answerable or gold.is_direct:
        return {}
    retrieved = [hit.paper.paper_id for hit in hits]
    relevant = gold.papers
    scores = {
        "mrr": reciprocal_rank(retrieved, relevant),
        "map": average_precision(retrieved, relevant),
        "ndcg@10": ndcg_at(10, retrieved, dict(gold.gains)),
        "precision@5": precision_at(5, retrieved, relevant),
    }
    scores |= {f"hit@{k}": hit_at(k, retrieved, relevant) for k in HIT_AT}
    scores |= {f"recall@{k}": recall_at(k, retrieved, relevant) for k in RECALL_AT}
    return rounded(scores)


def score_answer(answer: Answer, sentences: Sequence[SentenceRecord], gold: Gold) -> Scores:
    """Return the scores of an answer that apply to it."""
    scores = dict(_conversation(answer, gold))
    if gold.facts:
        scores["must_mention"] = mention_coverage(_said(answer), gold.facts)
    if gold.is_direct:
        return rounded(scores)
    scores |= dict(_abstention(answer, gold)) | dict(_context(answer, gold))
    scores |= dict(_citations(answer, sentences, gold))
    if answer.status == "answered" and answer.origin != "assistant":
        scores["brier"] = brier(round(answer.confidence, DIGITS), is_right(_cited(answer), gold))
        scores["words"] = float(len(answer.markdown.split()))
    return rounded(scores)


def score_model(
    answer: Answer, sentences: Sequence[SentenceRecord], gold: Gold, model: str
) -> Scores:
    """Return scores of the model itself, apart from answers of the stand-in."""
    is_its_own = answer.status == "answered" and answer.mode == model
    is_for_model = gold.is_answerable and not gold.is_direct
    scores = {"model_answered": float(is_its_own)} if is_for_model else {}
    if is_its_own and gold.facts:
        scores["model_facts"] = mention_coverage(answer.text, gold.facts)
    precision = citation_precision([_statement(sentence) for sentence in sentences])
    if is_its_own and precision is not None:
        scores["model_precision"] = precision
    return rounded(scores)


def is_right(cited: Collection[str], gold: Gold) -> bool:
    """Return whether an answer cites a paper that answers, which `confidence` predicts."""
    return not gold.papers.isdisjoint(cited)


def missing_facts(answer: Answer, facts: Iterable[str]) -> tuple[str, ...]:
    """Return the facts that an answer lacks; all of them when it abstained."""
    return tuple(fact for fact in facts if not mentions(_said(answer), fact))


def rounded(scores: Scores) -> Scores:
    """Round scores to the digits that are recorded."""
    return {name: round(value, DIGITS) for name, value in scores.items()}


def _said(answer: Answer) -> str:
    """Return the text of an answer; empty for an abstention, which only lists nearest papers."""
    return answer.text if answer.status == "answered" else ""


def _cited(answer: Answer) -> set[str]:
    return {paper.paper_id for paper in answer.papers}


def _abstention(answer: Answer, gold: Gold) -> Iterator[tuple[str, float]]:
    # A greeting is answered with one, and claims nothing.
    abstained = answer.status == "abstained" or answer.origin == "assistant"
    yield ("false_abstention" if gold.is_answerable else "abstention_recall"), float(abstained)
    if abstained:
        yield "abstention_precision", float(not gold.is_answerable)


def _conversation(answer: Answer, gold: Gold) -> Iterator[tuple[str, float]]:
    """Yield whether an answer is of the right kind, about the right papers, to the point first."""
    is_answered = answer.status == "answered"
    if gold.origin:
        yield "right_kind", float(is_answered and answer.origin == gold.origin)
    if gold.exactly:
        yield "right_reference", float(_about(answer) == gold.papers)
    if not is_answered or answer.origin != "papers":
        return
    if gold.facts:
        yield "lead_facts", mention_coverage(lead_of(answer.text), gold.facts)
    yield "dangling", dangling_share(answer.text)


def _about(answer: Answer) -> set[str]:
    """Return the papers that an answer cites; those that it names, if it declines a detail."""
    if answer.reason == "not_in_abstract":
        return {hit.paper.paper_id for hit in answer.hits}
    return _cited(answer)


def _context(answer: Answer, gold: Gold) -> Iterator[tuple[str, float]]:
    if not gold.is_answerable:
        return
    given = [hit.paper.paper_id for hit in answer.hits]
    yield "context_precision", context_precision(given, gold.papers)
    if gold.facts:
        papers = "\n".join(f"{hit.paper.title}\n{hit.paper.abstract}" for hit in answer.hits)
        yield "context_recall", mention_coverage(papers, gold.facts)
        best = (passage_text(hit.paper, hit.passages[0]) for hit in answer.hits if hit.passages)
        yield "passage_recall", mention_coverage("\n".join(best), gold.facts)


def _citations(
    answer: Answer, sentences: Sequence[SentenceRecord], gold: Gold
) -> Iterator[tuple[str, float]]:
    statements = [_statement(sentence) for sentence in sentences]
    quotes = [(c.quote, c.paper.abstract[c.start : c.end]) for c in answer.citations]
    values = {
        "gold_citation_precision": _gold_precision(answer, gold),
        "gold_citation_recall": gold_citation_recall(_cited(answer), gold.papers),
        "citation_recall": citation_recall(statements),
        "citation_precision": citation_precision(statements),
        "quote_exactness": quote_exactness(quotes),
    }
    yield from ((name, value) for name, value in values.items() if value is not None)


def _statement(sentence: SentenceRecord) -> Statement:
    return statement_of([verdict == SUPPORTED for verdict in sentence.verdicts])


def _gold_precision(answer: Answer, gold: Gold) -> float | None:
    """Return the precision where papers answer; other questions are scored by abstention."""
    return gold_citation_precision(_cited(answer), gold.papers) if gold.is_answerable else None

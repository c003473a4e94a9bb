"""Turn the outcome of a question into its record, with verdicts and scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from eval.data.dataset import Sample, Turn
from eval.data.records import Record, answer_record, hit_records
from eval.run.checking import Check, check_answer
from eval.run.judge import Judge
from eval.run.probing import Probe
from eval.run.scores import Gold, missing_facts, rounded, score_answer, score_model, score_ranking
from rag.text import title_key
from rag.types import Answer, Hit, Message, Paper


@dataclass(frozen=True, slots=True)
class Scorer:
    """Score what comes back against what a good answer has.

    Attributes:
        papers: The library's papers, to find the gold ones by title or id.
        check: Returns verdicts on claims and papers.
        probe: Probes the library's verification with each question's reference; None to leave it.
        judge: Reads the answers, or None.
        model: The language model that should write the answers, if any.
    """

    papers: Sequence[Paper]
    check: Check
    probe: Probe | None = None
    judge: Judge | None = None
    model: str | None = None
    _ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._ids.update((title_key(paper.title), paper.paper_id) for paper in self.papers)

    def blank(self, key: str, sample: Sample, place: int, history: Sequence[Message]) -> Record:
        """Return the record of a turn before it is asked."""
        turn = sample.turns[place]
        return Record(
            key=key,
            cluster=sample.cluster,
            slices=sample.slices(place),
            question=turn.question,
            history=tuple(m.content for m in history if m.role == "user"),
            papers=tuple(sorted(self._gold(turn).papers)),
            titles=turn.papers,
            reference=turn.answer,
            must_mention=turn.must_mention,
            origin=turn.origin,
            exactly=turn.exactly,
        )

    def _gold(self, turn: Turn) -> Gold:
        ids = [self._ids.get(title_key(paper), paper) for paper in turn.papers]
        return Gold(dict.fromkeys(ids, 1.0), turn.must_mention, turn.origin, turn.exactly)

    def found(self, blank: Record, hits: Sequence[Hit]) -> Record:
        """Return the record with what was retrieved."""
        scores = {"failed": 0.0} | score_ranking(hits, _gold_of(blank))
        return blank.model_copy(update={"hits": hit_records(hits), "scores": scores})

    def answered(self, found: Record, answer: Answer) -> Record:
        """Return the record with the answer, verified, judged and scored."""
        sentences = check_answer(answer, self.check)
        judged = self.judge.judge(found, answer) if self.judge else {}
        levels = {name: verdict.score for name, verdict in judged.items()}
        scores = score_answer(answer, sentences, _gold_of(found))
        if self.model:
            scores |= score_model(answer, sentences, _gold_of(found), self.model)
        scores |= self.probe(found) if self.probe else {}
        scores |= {name: score for name, score in levels.items() if score is not None}
        return found.model_copy(
            update={
                "answer": answer_record(answer, sentences),
                "missing_facts": missing_facts(answer, found.must_mention),
                "judged": judged,
                "scores": found.scores | rounded(scores),
            }
        )


def _gold_of(record: Record) -> Gold:
    gains = dict.fromkeys(record.papers, 1.0)
    return Gold(gains, record.must_mention, record.origin, record.exactly)

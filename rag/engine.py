"""The ask story, from top to bottom, as a LlamaIndex query engine.

question + history -> standalone question -> hits -> answer or abstain? -> drafts -> citations
-> Answer
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.answering.condensing import Condenser
from rag.answering.drafts import Draft, Writer
from rag.answering.gate import UNSURE_BELOW, Gauge, abstention_text, reason_to_abstain
from rag.answering.intent import is_affirmation, question_for_papers
from rag.answering.verification import moved
from rag.errors import ModelError
from rag.retrieval.hybrid import HybridRetriever
from rag.retrieval.questions import earlier_questions
from rag.types import EXTRACTIVE, NO_USAGE, Answer, Hit, Message, Reason, Usage

logger = logging.getLogger(__name__)

UNSURE = "The library may not say this; these passages come nearest."
STAND_IN_NOTICE = "Until then, these are the papers' own sentences."


class PaperQueryEngine(BaseQueryEngine):
    """Answers questions from the papers that a retriever finds.

    Args:
        retriever: Finds the papers.
        writer: Writes the answer; extractive or with a model.
        stand_in: Writes the answer when the writer's cannot be used; extractive.
        gauge: Measures how well papers meet a question.
        top_k: Papers that reach the answer.
        condenser: Rewrites follow-ups for the search; None where no model is there to do it.
    """

    def __init__(
        self,
        retriever: HybridRetriever,
        writer: Writer,
        stand_in: Writer,
        *,
        gauge: Gauge,
        top_k: int,
        condenser: Condenser | None = None,
    ) -> None:
        super().__init__(callback_manager=None)
        self._retriever = retriever
        self._writer = writer
        self._stand_in = stand_in
        self._gauge = gauge
        self._top_k = top_k
        self._condenser = condenser

    def stream(self, question: str, history: Sequence[Message] = ()) -> Iterator[Answer]:
        """Answers that replace each other; the last is final, the others are drafts."""
        clock = _Clock()
        asked = standalone_question(question, history)
        if not asked:
            yield _abstained(question, "not_a_question_for_papers", (), clock)
            return
        answer = Answer(question, "", "draft", mode=self._writer.mode, stage="searching")
        yield answer
        searched, usage = self._condensed(asked, history)
        hits = self._retriever.search(asked, self._top_k, searched)
        clock.lap("retrieval")
        reason = reason_to_abstain(asked, history, hits, self._gauge)
        clock.lap("gate")
        if reason:
            yield replace(_abstained(question, reason, hits, clock), usage=usage)
            return
        answer = replace(answer, hits=tuple(hits), stage="reading", usage=usage)
        yield answer
        for draft in self._write(asked, history, hits):
            answer = _updated(answer, draft, usage)
            yield answer
        clock.lap("writing")
        yield self._finished(answer, hits, clock)

    def _condensed(
        self, question: str, history: Sequence[Message]
    ) -> tuple[Sequence[Message], Usage]:
        """The conversation for the search: a rewritten question is the last thing said in it.

        So the question as it was asked keeps most of the weight, whatever the model makes of it.
        """
        if self._condenser is None:
            return history, NO_USAGE
        rewritten, usage = self._condenser.rewrite(question, history)
        return ((*history, Message("user", rewritten)) if rewritten else history), usage

    def _write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """The writer's drafts; the stand-in's when the writer fails or in the end cites nothing."""
        draft, failure = Draft(""), None
        try:
            for draft in self._writer.write(question, history, hits):
                yield draft
        except ModelError as exc:
            logger.info("the model did not answer: %s", exc)
            draft, failure = Draft(""), str(exc)
        if failure or not (draft.citations or draft.declined):
            why = failure or _why_replaced(self._writer.mode, draft)
            notice = f"{why} {STAND_IN_NOTICE}" if failure else why
            for stand_in in self._stand_in.write(question, history, hits):
                yield replace(
                    stand_in,
                    usage=draft.usage,
                    removed=draft.removed,
                    notice=notice,
                    failure=failure,
                    mode=EXTRACTIVE,
                )

    def _finished(self, answer: Answer, hits: Sequence[Hit], clock: _Clock) -> Answer:
        if answer.reason == "not_in_abstract":
            text = abstention_text(answer.reason, hits)
            timings = clock.timings()
            return replace(answer, text=text, status="abstained", stage=None, timings=timings)
        sure = self._gauge.confidence(answer.question, answer.papers)
        clock.lap("confidence")
        final = replace(
            answer, status="answered", stage=None, confidence=sure, timings=clock.timings()
        )
        return headed(final, UNSURE) if sure < UNSURE_BELOW else final

    def answer(self, question: str, history: Sequence[Message] = ()) -> Answer:
        """The final answer."""
        *_, final = self.stream(question, history)
        return final

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return as_response(self.answer(query_bundle.query_str))

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        import asyncio

        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def standalone_question(question: str, history: Sequence[Message]) -> str:
    """What is asked of the papers, "" when nothing is; a bare "yes" asks the last question anew."""
    earlier = earlier_questions(history)
    if earlier and is_affirmation(question):
        return earlier[0]
    return question_for_papers(question)


def headed(answer: Answer, heading: str) -> Answer:
    """The answer under a heading; the places of its sentences move with it."""
    lead = f"*{heading}*\n\n"
    sentences = moved(answer.sentences, len(lead))
    return replace(answer, text=lead + answer.text, sentences=sentences)


def _updated(answer: Answer, draft: Draft, earlier: Usage) -> Answer:
    reason: Reason | None = "not_in_abstract" if draft.declined else None
    return replace(
        answer,
        text=draft.text,
        citations=draft.citations,
        sentences=draft.sentences,
        removed=draft.removed,
        usage=earlier + draft.usage,
        notice=draft.notice,
        failure=draft.failure,
        mode=draft.mode or answer.mode,
        reason="sources_disagree" if draft.disagrees else reason,
        stage="checking" if draft.is_checking else "writing",
    )


def _abstained(question: str, reason: Reason, hits: Sequence[Hit], clock: _Clock) -> Answer:
    logger.info("abstained: %s", reason)
    text = abstention_text(reason, hits)
    timings = clock.timings()
    return Answer(question, text, "abstained", reason, hits=tuple(hits), timings=timings)


def _why_replaced(mode: str, draft: Draft) -> str:
    if draft.removed:
        return (
            f"No retrieved paper supports what {mode} wrote; these are the papers' own sentences."
        )
    return f"{mode} wrote nothing about the papers; these are their own sentences."


def as_response(answer: Answer) -> Response:
    """An answer in LlamaIndex's own type: hits as source nodes, the citations as metadata."""
    nodes = [NodeWithScore(node=hit.passages[0], score=hit.score) for hit in answer.hits]
    metadata = {
        "status": answer.status,
        "reason": answer.reason,
        "citations": [
            {"marker": c.marker, "title": c.paper.title, "quote": c.quote, "url": c.paper.link}
            for c in answer.citations
        ],
    }
    return Response(response=answer.text, source_nodes=nodes, metadata=metadata)


@dataclass(slots=True)
class _Clock:
    """Milliseconds by stage."""

    _last: float = field(default_factory=time.perf_counter)
    _laps: dict[str, float] = field(default_factory=dict)

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage] = round((now - self._last) * 1000, 2)
        self._last = now
        logger.info("%s: %.1f ms", stage, self._laps[stage])

    def timings(self) -> dict[str, float]:
        return self._laps | {"total": round(sum(self._laps.values()), 2)}

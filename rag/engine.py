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
from rag.answering.gate import (
    MAYBE_NOT_SAID_FROM,
    UNSURE_BELOW,
    AnswerabilityModel,
    abstention_text,
    reason_to_abstain,
)
from rag.answering.suggestions import follow_ups
from rag.errors import ModelError
from rag.query.focus import own_words
from rag.query.intent import is_affirmation, question_for_papers
from rag.query.questions import earlier_questions
from rag.retrieval.hybrid import HybridRetriever
from rag.types import EXTRACTIVE, NO_USAGE, Answer, Filters, Hit, Message, Reason, Usage

logger = logging.getLogger(__name__)

UNSURE = "The library may not say this; these passages come nearest."
NOT_SAID = "The abstract may not say exactly this; these passages come nearest."
STAND_IN_NOTICE = "Until then, these are the papers' own sentences."


class PaperQueryEngine(BaseQueryEngine):
    """Answers questions from the papers that a retriever finds.

    Args:
        retriever: Finds the papers.
        writer: Writes the answer; extractive or with a model.
        stand_in: Writes the answer when the writer's cannot be used; extractive.
        answerability: Estimates whether papers answer a question.
        top_k: Papers that reach the answer.
        condenser: Rewrites follow-ups for the search; None where no model is there to do it.
    """

    def __init__(
        self,
        retriever: HybridRetriever,
        writer: Writer,
        stand_in: Writer,
        *,
        answerability: AnswerabilityModel,
        top_k: int,
        condenser: Condenser | None = None,
    ) -> None:
        super().__init__(callback_manager=None)
        self._retriever = retriever
        self._writer = writer
        self._stand_in = stand_in
        self._answerability = answerability
        self._top_k = top_k
        self._condenser = condenser

    def stream(
        self, question: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Iterator[Answer]:
        """Answers that replace each other; the last is final, the others are drafts.

        Args:
            question: What is asked.
            history: The conversation before it, oldest first.
            filters: Which papers may answer; None for those that the question says.
        """
        clock = _Clock()
        asked = standalone_question(question, history)
        topic = self._retriever.understand(asked, filters, history)
        answer = Answer(question, "", "draft", filters=topic.filters)
        if not asked:
            yield _abstained(answer, "not_a_question_for_papers", clock)
            return
        answer = replace(answer, mode=self._writer.mode, stage="searching")
        yield answer
        searched, usage = self._condensed(asked, history)
        hits = self._retriever.search(topic.question, self._top_k, searched, topic.filters)
        clock.lap("retrieval")
        answer = replace(answer, hits=tuple(hits), usage=usage)
        is_read = not self._writer.is_extractive
        reason = reason_to_abstain(
            topic.question, history, hits, self._answerability, is_read=is_read
        )
        clock.lap("gate")
        if reason:
            yield _abstained(answer, reason, clock)
            return
        answer = replace(answer, stage="reading")
        yield answer
        for draft in self._write(asked, history, hits):
            answer = _updated(answer, draft, usage)
            yield answer
        clock.lap("writing")
        final = self._finished(answer, topic.question, history, clock)
        yield self._with_follow_ups(final, history)

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

    def _finished(
        self, answer: Answer, topic: str, history: Sequence[Message], clock: _Clock
    ) -> Answer:
        if answer.reason == "not_in_abstract":
            return _abstained(answer, answer.reason, clock)
        sure = self._answerability.confidence(topic_within(topic, history), answer.papers)
        clock.lap("confidence")
        final = replace(
            answer, status="answered", stage=None, confidence=sure, timings=clock.timings()
        )
        caveat = self._caveat(final, topic, is_follow_up=bool(earlier_questions(history)))
        return replace(final, caveat=caveat)

    def _caveat(self, answer: Answer, topic: str, *, is_follow_up: bool) -> str | None:
        """Why the text may be no answer; the words of a follow-up say too little to tell."""
        if answer.confidence < UNSURE_BELOW:
            return UNSURE
        if is_follow_up or not answer.is_extractive or not answer.papers:
            return None
        missing = self._answerability.missing_detail(topic, answer.papers[0])
        return NOT_SAID if missing >= MAYBE_NOT_SAID_FROM else None

    def _with_follow_ups(self, answer: Answer, history: Sequence[Message]) -> Answer:
        if answer.status != "answered":
            return answer
        suggestions = follow_ups(
            answer.question,
            answer.hits,
            answer.papers,
            self._answerability.is_discriminative,
            earlier_questions(history),
        )
        return replace(answer, suggestions=suggestions)

    def answer(
        self, question: str, history: Sequence[Message] = (), filters: Filters | None = None
    ) -> Answer:
        """The final answer."""
        *_, final = self.stream(question, history, filters)
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


def topic_within(topic: str, history: Sequence[Message]) -> str:
    """What a question is about: the last question's topic where its own words do not say."""
    earlier = earlier_questions(history)
    return earlier[0] if topic and earlier and not own_words(topic) else topic


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


def _abstained(answer: Answer, reason: Reason, clock: _Clock) -> Answer:
    logger.info("abstained: %s", reason)
    text = abstention_text(reason, answer.hits, answer.filters)
    timings = clock.timings()
    return replace(
        answer, text=text, status="abstained", reason=reason, stage=None, timings=timings
    )


def _why_replaced(mode: str, draft: Draft) -> str:
    if draft.removed:
        return (
            f"No retrieved paper supports what {mode} wrote; these are the papers' own sentences."
        )
    return f"{mode} wrote nothing about the papers; these are their own sentences."


def as_response(answer: Answer) -> Response:
    """An answer in LlamaIndex's own type: hits as source nodes, the rest as metadata.

    The text stands below its caveat, for LlamaIndex's callers know of none.
    """
    nodes = [NodeWithScore(node=hit.passages[0], score=hit.score) for hit in answer.hits]
    metadata = {
        "status": answer.status,
        "reason": answer.reason,
        "caveat": answer.caveat,
        "citations": [
            {"marker": c.marker, "title": c.paper.title, "quote": c.quote, "url": c.paper.link}
            for c in answer.citations
        ],
    }
    return Response(response=answer.markdown, source_nodes=nodes, metadata=metadata)


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

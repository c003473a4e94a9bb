"""Answer a question, from top to bottom.

question + history -> query -> hits -> answer or abstain? -> drafts -> citations
-> Answer
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from rag.answering.abstention import describe_abstention
from rag.answering.assistant import describe_language
from rag.answering.caveats import find_caveat
from rag.answering.direct import DirectAnswer
from rag.answering.drafts import Draft, Writer
from rag.answering.gate import (
    AnswerabilityModel,
    lacks_detail,
    reason_to_abstain,
)
from rag.answering.records import describe_record
from rag.answering.responder import DirectResponder
from rag.answering.suggestions import suggest_follow_ups
from rag.answering.tabulating import Tabulator, cited_cells, table_markdown
from rag.answering.thorough import Thorough
from rag.answering.topic_shift import TopicShiftModel
from rag.errors import ModelError
from rag.query.comparing import asks_only_to_compare
from rag.query.focus import asks_for_several
from rag.query.follow_ups import asks_for_other_words
from rag.query.listings import may_follow_list
from rag.query.naming import names_title
from rag.query.query import Query
from rag.query.spelling import quote_as_typed
from rag.query.understanding import QueryParser
from rag.research.budget import Budget
from rag.retrieval.hits import put_first
from rag.retrieval.protocols import PaperFinder
from rag.types import (
    EXTRACTIVE,
    NO_USAGE,
    Answer,
    Depth,
    Filters,
    Hit,
    Message,
    Paper,
    PaperTable,
    Reason,
    Stage,
    Usage,
)

if TYPE_CHECKING:
    from rag.answering.translating import Translator
    from rag.query.condensing import Condenser

logger = logging.getLogger(__name__)

SEVERAL_K = 10  # least papers that are found where several are asked for
RECORDS_CONFIDENCE = 1.0  # of what records say
SPELLED = "Showing results for “{question}”."
QUOTES_ONLY = (
    "Other words than the papers' own need a language model, and none is set; "
    "these sentences say it most directly."
)
OWN_SENTENCES = "these are the papers' own sentences."
STAND_IN_NOTICE = "Until then, these are the papers' own sentences."


class AnswerEngine:
    """Answer questions from the papers that are found for them.

    Args:
        parser: Parses a question within its conversation.
        finder: Finds the papers.
        writer: Writes the answer.
        stand_in: Writes the answer when the writer's cannot be used; extractive.
        answerability: Predicts whether papers answer a question.
        topic_shift: Decides whether a follow-up is about the papers before it.
        top_k: Papers that reach the answer.
        condenser: Rewrites follow-ups for retrieval; None without a model.
        responder: Answers from records and about the assistant; None where only abstracts answer.
        tabulator: Lays papers that are only compared side by side; None for a text instead.
        thorough: Finds and writes where an answer is to be thorough; None where all are quick.
        translator: Translates questions that are not English, and their answers; None without a
            model.
    """

    def __init__(
        self,
        parser: QueryParser,
        finder: PaperFinder,
        writer: Writer,
        stand_in: Writer,
        *,
        answerability: AnswerabilityModel,
        topic_shift: TopicShiftModel,
        top_k: int,
        condenser: Condenser | None = None,
        responder: DirectResponder | None = None,
        tabulator: Tabulator | None = None,
        thorough: Thorough | None = None,
        translator: Translator | None = None,
    ) -> None:
        self._parser = parser
        self._finder = finder
        self._writer = writer
        self._stand_in = stand_in
        self._answerability = answerability
        self._topic_shift = topic_shift
        self._top_k = top_k
        self._condenser = condenser
        self._responder = responder
        self._tabulator = tabulator
        self._thorough = thorough
        self._translator = translator

    def stream(
        self,
        question: str,
        history: Sequence[Message] = (),
        filters: Filters | None = None,
        depth: Depth = "quick",
    ) -> Iterator[Answer]:
        """Yield answers, each of which replaces the one before; the last is final.

        Args:
            question: What is asked.
            history: The conversation before it, oldest first.
            filters: Which papers may answer; None for those that the question says.
            depth: How long it is worked at.
        """
        clock = _Clock()
        thorough = self._thorough if depth == "thorough" else None
        budget = thorough.begin() if thorough else None
        query = self._understood(question, history, filters)
        if query.language and self._translator:
            yield from self._in_language(query, self._translator, filters, depth)
            return
        answer = _begun(question, query)
        if direct := self._responder.answer(query) if self._responder else None:
            yield self._with_follow_ups(_direct(answer, direct, clock), query)
            return
        if not query.standalone:
            yield _abstained(answer, "not_a_question_for_papers", clock)
            return
        answer = replace(answer, mode=self._writer.mode, stage="searching")
        yield answer
        query, usage = self._condensed(self._topic_shift.settle(query))
        answer = replace(answer, hits=tuple(self._retrieve(query)), usage=usage)
        clock.lap("retrieval")
        if final := self._without_writing(answer, query, clock):
            yield final
            return
        writer = self._writer
        if thorough and budget:
            for researched in self._researched(answer, query, thorough, budget):
                yield (answer := researched)
            clock.lap("research")
            writer = thorough.writer(budget)
        yield from self._written(answer, query, writer, clock)

    def _understood(
        self, question: str, history: Sequence[Message], filters: Filters | None = None
    ) -> Query:
        """Return the query; where it may go on with a list before it, in view of that."""
        known = self._with_listed(history) if may_follow_list(question) else history
        return self._parser.understand(question, known, filters)

    def _with_listed(self, history: Sequence[Message]) -> Sequence[Message]:
        """Return a conversation with what its last answer listed, where that does not say it."""
        if self._responder is None or [m.role for m in history[-2:]] != ["user", "assistant"]:
            return history
        *before, asked, answer = history
        if answer.listed:
            return history
        direct = self._responder.answer(self._understood(asked.content, before))
        return [*before, asked, replace(answer, listed=direct.listed if direct else None)]

    def _in_language(
        self, query: Query, translator: Translator, filters: Filters | None, depth: Depth
    ) -> Iterator[Answer]:
        """Yield the answer to a question that is not English, in its language in the end."""
        begun = Answer(query.text, "", "draft", stage="searching")
        yield begun
        english, usage = translator.question(query.text)
        if english is None or query.language is None:
            yield _direct(begun, describe_language(query.language or ""), _Clock())
            return
        for answer in self.stream(english, query.history, filters, depth):
            asked = replace(answer, question=query.text, usage=answer.usage + usage)
            is_final = answer.status != "draft"
            yield translator.answer(asked, query.language) if is_final else asked

    def _researched(
        self, answer: Answer, query: Query, thorough: Thorough, budget: Budget
    ) -> Iterator[Answer]:
        """Yield the answer after each step of its research; the last has the papers it found.

        Where only certain papers answer, no others are looked for.
        """
        earlier = answer.usage
        if query.about or not query.topic:
            return
        for found in thorough.researcher.run(query, max(self._top_k, SEVERAL_K), budget):
            hits = put_first(query.leading, found.hits, are_named=False)
            answer = replace(
                answer,
                stage=found.stage,
                hits=tuple(hits),
                research=found.research,
                usage=earlier + found.usage,
            )
            yield answer

    def _without_writing(self, answer: Answer, query: Query, clock: _Clock) -> Answer | None:
        """Return the final answer where nothing is to be written for the hits; else None."""
        reason = self._reason_to_abstain(query, answer.hits)
        asks_for_record = bool(query.fields) and query.asks_for == "records"
        if reason == "not_in_abstract" and asks_for_record:  # the record says it, or lacks it
            reason = None
        clock.lap("gate")
        if reason == "not_in_library" and (direct := self._about_itself(query)):
            return self._with_follow_ups(_direct(answer, direct, clock), query)
        if reason:
            about = answer.hits[: len(query.about)] or answer.hits
            return _abstained(replace(answer, hits=about), reason, clock)
        if asks_for_record and self._responder and answer.hits:
            paper = answer.hits[0].paper
            are_meant = names_title(query.standalone, paper)
            found = replace(query, about=(paper,))
            direct = self._responder.describe_fields(found, are_meant=are_meant)
            return self._with_follow_ups(_direct(answer, direct, clock), query)
        return None

    def _written(
        self, answer: Answer, query: Query, writer: Writer, clock: _Clock
    ) -> Iterator[Answer]:
        """Yield the answer as it is written from its hits; the last is final."""
        usage = answer.usage
        answer = replace(answer, stage="reading")
        yield answer
        hits = answer.hits[: len(query.about)] if query.about else answer.hits
        if table := self._compared(query):
            cited = cited_cells(table)
            answer = replace(answer, text=table_markdown(table), citations=cited, table=table)
        else:
            for draft in self._write(query, hits, writer):
                answer = _updated(answer, draft, usage)
                yield answer
        clock.lap("writing")
        final = self._with_follow_ups(self._finished(answer, query, clock), query)
        yield self._with_fields(final, query)

    def _compared(self, query: Query) -> PaperTable | None:
        """Return a table of the papers that a question only compares, where no model writes."""
        is_asked = self._writer.is_extractive and asks_only_to_compare(query.standalone)
        if not is_asked or self._tabulator is None:
            return None
        return self._tabulator.compare(query.about, query.history)

    def _about_itself(self, query: Query) -> DirectAnswer | None:
        """Return what is said of the assistant, if a question that no paper is about asks that."""
        talk = self._parser.asked_of_assistant(query)
        if talk is None or self._responder is None:
            return None
        return self._responder.answer(replace(query, asks_for="assistant", talk=(talk,)))

    def _retrieve(self, query: Query) -> list[Hit]:
        """Return the hits that may answer, without the excluded papers, those asked about first."""
        most = max(self._top_k, SEVERAL_K) if asks_for_several(query.topic) else self._top_k
        found = self._finder.find(query, most + len(query.excluded))
        admitted = [hit for hit in found if hit.paper.paper_id not in query.excluded][:most]
        hits = put_first(query.leading, admitted, are_named=False)
        return put_first(query.about, hits, are_named=True)

    def _condensed(self, query: Query) -> tuple[Query, Usage]:
        """Return the query with a follow-up rewritten to stand alone, where a model can do it."""
        if self._condenser is None:
            return query, NO_USAGE
        rewritten, usage = self._condenser.rewrite(query.standalone, query.history)
        return replace(query, rewritten=rewritten), usage

    def _reason_to_abstain(self, query: Query, hits: Sequence[Hit]) -> Reason | None:
        """Return why nothing should be written; a named paper can only lack a detail."""
        is_read = not self._writer.is_extractive
        if query.about:
            is_lacking = not is_read and all(
                self._is_lacking(query.standalone, paper) for paper in query.about
            )
            return "not_in_abstract" if is_lacking else None
        return reason_to_abstain(
            query.topic,
            query.relevant_history,
            hits,
            self._answerability,
            is_read=is_read,
            are_previous_unrelated=query.are_previous_unrelated,
        )

    def _is_lacking(self, question: str, paper: Paper) -> bool:
        """Return whether a paper lacks the type of detail that is asked for, or else the thing."""
        lacks = lacks_detail(question, paper)
        return self._answerability.lacks_asked_thing(question, paper) if lacks is None else lacks

    def _write(self, query: Query, hits: Sequence[Hit], writer: Writer) -> Iterator[Draft]:
        """Yield the writer's drafts; the stand-in's when the writer fails or cites nothing."""
        draft, failure = Draft(), None
        try:
            for draft in writer.write(query.standalone, query.history, hits):
                yield draft
            failure = draft.failure
        except ModelError as exc:
            logger.info("the model did not answer: %s", exc)
            draft, failure = Draft(thinking=draft.thinking), str(exc)
        if failure or not (draft.verified.citations or draft.declined):
            short = draft.shortfall or f"{self._writer.mode} cites no paper"
            notice = f"{failure} {STAND_IN_NOTICE}" if failure else f"{short}; {OWN_SENTENCES}"
            for stand_in in self._stand_in.write(query.standalone, query.history, hits):
                before = draft.verified
                stood_in = replace(stand_in.verified, usage=before.usage, struck=before.struck)
                yield replace(
                    stand_in,
                    verified=stood_in,
                    notice=notice,
                    failure=failure,
                    mode=EXTRACTIVE,
                    thinking=draft.thinking,
                )

    def _finished(self, answer: Answer, query: Query, clock: _Clock) -> Answer:
        if answer.reason == "not_in_abstract":
            return _abstained(answer, answer.reason, clock)
        sure = self._answerability.confidence(query.subject, answer.papers)
        clock.lap("confidence")
        left_out = self._responder.undated(query.filters) if self._responder else None
        final = replace(
            answer,
            status="answered",
            stage=None,
            confidence=sure,
            notice=answer.notice or self._rewording_notice(query) or left_out,
            timings=clock.timings(),
        )
        return replace(final, caveat=find_caveat(final, query, self._answerability))

    def _rewording_notice(self, query: Query) -> str | None:
        """Say that rewording needs a model, where it is asked for and none writes."""
        is_asked = asks_for_other_words(query.text)
        return QUOTES_ONLY if is_asked and self._writer.is_extractive else None

    def _with_fields(self, answer: Answer, query: Query) -> Answer:
        """Add what the record of the paper says, where that is asked for too."""
        if not (query.fields and self._responder and answer.citations):
            return answer
        first = answer.citations[0]
        said = describe_record(first.paper, query.fields, first.marker)
        return replace(answer, text=f"{answer.text}\n\n{said}", origin="records")

    def _with_follow_ups(self, answer: Answer, query: Query) -> Answer:
        if answer.status != "answered":
            return answer
        suggestions = suggest_follow_ups(
            answer.question,
            answer.hits,
            answer.papers,
            self._answerability.is_discriminative,
            query.earlier,
        )
        return replace(answer, suggestions=(*answer.suggestions, *suggestions))

    def answer(
        self,
        question: str,
        history: Sequence[Message] = (),
        filters: Filters | None = None,
        depth: Depth = "quick",
    ) -> Answer:
        """Return the final answer."""
        *_, final = self.stream(question, history, filters, depth)
        return final


def _begun(question: str, query: Query) -> Answer:
    """Return the answer before anything is found, with the corrected spelling errors."""
    answer = Answer(question, "", "draft", filters=query.filters)
    if not query.misspelled:
        return answer
    return replace(
        answer,
        notice=SPELLED.format(question=query.standalone),
        suggestions=(quote_as_typed(question, query.misspelled),),
    )


def _direct(answer: Answer, direct: DirectAnswer, clock: _Clock) -> Answer:
    """Return the final answer that needed no writer."""
    return replace(
        answer,
        text=direct.text,
        citations=direct.citations,
        status="abstained" if direct.reason else "answered",
        reason=direct.reason,
        origin=direct.origin,
        hits=tuple(Hit(paper, RECORDS_CONFIDENCE) for paper in direct.found) or answer.hits,
        listed=direct.listed,
        confidence=0.0 if direct.reason else RECORDS_CONFIDENCE,
        stage=None,
        timings=clock.timings(),
    )


def _updated(answer: Answer, draft: Draft, earlier: Usage) -> Answer:
    verified = draft.verified
    is_thinking = draft.thinking is not None and not verified.text and not draft.mode
    stage: Stage = "thinking" if is_thinking else "writing"
    reason: Reason | None = "not_in_abstract" if draft.declined else None
    return replace(
        answer,
        text=verified.text,
        citations=verified.citations,
        sentences=verified.sentences,
        removed=verified.removed,
        struck=verified.struck,
        usage=earlier + verified.usage,
        notice=draft.notice or answer.notice,
        failure=draft.failure,
        mode=draft.mode or answer.mode,
        reason="sources_disagree" if draft.disagrees else reason,
        thinking=draft.thinking,
        is_cut=draft.is_cut,
        stage="checking" if draft.is_checking else stage,
    )


def _abstained(answer: Answer, reason: Reason, clock: _Clock) -> Answer:
    logger.info("abstained: %s", reason)
    text = describe_abstention(reason, answer.hits, answer.filters).markdown
    timings = clock.timings()
    return replace(
        answer, text=text, status="abstained", reason=reason, stage=None, timings=timings
    )


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

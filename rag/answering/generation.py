"""Write an answer with a language model, checking each sentence as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache, partial
from typing import Final

from llama_index.core.llms import LLM

from rag.answering.context import Excerpts
from rag.answering.drafts import Draft
from rag.answering.labels import as_markers, hold_back_label
from rag.answering.prompting import Prompt, compose_prompt
from rag.answering.stances import declines, split_disagreement
from rag.llm.replies import Reply, find_window, stream_reply
from rag.llm.usage import priced, reported_usage
from rag.sentences import Sentence
from rag.settings import Settings
from rag.tokens import SIGN
from rag.types import Hit, Message, Usage
from rag.verification.citations import Verified, describe_removed, headed, verify
from rag.verification.markers import (
    find_markers,
    hold_back_unfinished,
    strip_markers,
)
from rag.verification.numbering import Numbering
from rag.verification.second_verifier import SecondVerifier
from rag.verification.spoken_markers import without_markers
from rag.verification.support import CachingVerifier, Verifier
from rag.verification.units import split_units

Rank = Callable[[str, Sequence[Message], Hit], Sequence[Sentence]]
LEAST_SIDES: Final = 2  # papers that a disagreement is between
DISAGREEMENT: Final = "The papers disagree."  # begins an answer that gives two sides
MOST_REPEATS: Final = 3  # sentences in a row; a model that says as many again goes on for ever
ENDS: Final = ".!?…。！？"  # what a sentence ends with


@dataclass(frozen=True, slots=True)
class AnswerForm:
    """What kind of answer a model is asked for.

    Attributes:
        template: The prompt that asks for it.
        other_tokens: Of each paper but the best, how much the model is shown; None for the usual.
        seconds: Longest time for it; None for the settings' deadline.
    """

    template: str = "answer_user"
    other_tokens: int | None = None
    seconds: float | None = None


QUICK: Final = AnswerForm()


class ModelWriter:
    """Prompt a language model with the hits, and show what the verifier admits.

    Args:
        llm: Any LlamaIndex chat model.
        verifier: Compares sentences with papers.
        settings: Limits of the prompt, prices, what becomes of unsupported sentences.
        rank: Orders the sentences of a paper by relevance; None shows the model whole abstracts.
        second: Checks the claims again when the answer is complete.
        today: The date that the model is told.
        form: What the answer is asked for with.
    """

    def __init__(
        self,
        llm: LLM,
        verifier: Verifier,
        settings: Settings,
        *,
        rank: Rank | None = None,
        second: SecondVerifier | None = None,
        today: Callable[[], date] = date.today,
        form: AnswerForm = QUICK,
    ) -> None:
        self._llm = llm
        self._verifier = verifier
        self._settings = settings
        self._rank = rank
        self._second = second
        self._today = today
        self._form = form

    @property
    def mode(self) -> str:
        """The model's name."""
        return self._llm.metadata.model_name

    @property
    def is_extractive(self) -> bool:
        """Always false."""
        return False

    def write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """Yield drafts as the model writes: checked sentences, then the one that is being written.

        Raises:
            ModelError: The model did not answer, or broke off.
        """
        prompt = self._compose(question, history, hits)
        reply: Reply | None = None

        verifier = CachingVerifier(self._verifier)

        @lru_cache(maxsize=1)  # most pieces of a stream complete no sentence
        def check(complete: str) -> Verified:
            return self._verify(complete, prompt, history, verifier)

        options = {"max_tokens": self._settings.answer_tokens, "seconds": self._form.seconds}
        with closing(stream_reply(self._llm, prompt.messages, options)) as stream:
            for reply in _worth_showing(stream):
                draft = _draft(reply, len(prompt.sources), check)
                yield draft
                if draft.verified.repeats >= MOST_REPEATS:
                    break
        if reply is None:
            return
        usage = reported_usage(reply.response, prompt.messages, reply.text)
        if reply.thinking and not reply.text.strip():
            yield self._only_thought(reply, priced(usage, self._settings))
        elif declines(reply.text):
            said = Verified(reply.text.strip(), usage=priced(usage, self._settings))
            yield Draft(said, declined=True, thinking=reply.thinking)
        else:
            text = _marked_as_cut(reply.text) if reply.is_cut else reply.text
            for draft in self._checked(text, prompt, history, verifier, usage):
                yield self._ended(draft, reply)

    def _compose(self, question: str, history: Sequence[Message], hits: Sequence[Hit]) -> Prompt:
        """Compose the prompt within the model's window."""
        settings, form = self._settings, self._form
        if not settings.model_window and (window := find_window(self._llm)):
            settings = settings.model_copy(update={"model_window": window})
        excerpts = Excerpts(partial(self._rank, question, history)) if self._rank else None
        if excerpts and form.other_tokens:
            excerpts = replace(excerpts, other_tokens=form.other_tokens)
        today = self._today()
        return compose_prompt(question, history, hits, settings, today, excerpts, form.template)

    def _only_thought(self, reply: Reply, usage: Usage) -> Draft:
        """Return the draft of a model that came to no answer, and whether it lacked room."""
        why = f"{self.mode} thought, and then wrote nothing. Ask again, or choose another model."
        if reply.is_cut:
            why = (
                f"{self.mode} used up the {self._settings.answer_tokens} tokens of its answer in "
                "thinking. Raise RAG_ANSWER_TOKENS, or set RAG_REASONING_EFFORT to low."
            )
        return Draft(Verified(usage=usage), failure=why, thinking=reply.thinking)

    def _ended(self, draft: Draft, reply: Reply) -> Draft:
        """Complete the last draft with the thinking, and whether the text is cut off."""
        notice = draft.notice
        if reply.is_cut:
            reason = (
                f"The answer is cut off: {self.mode} had room for "
                f"{self._settings.answer_tokens} tokens (RAG_ANSWER_TOKENS)."
            )
            notice = " ".join(filter(None, (reason, notice)))
        return replace(draft, notice=notice, thinking=reply.thinking, is_cut=reply.is_cut)

    def _checked(
        self,
        text: str,
        prompt: Prompt,
        history: Sequence[Message],
        verifier: Verifier,
        usage: Usage,
    ) -> Iterator[Draft]:
        """Verify the whole text; a disagreement needs two sides that are left."""
        disagrees, body = split_disagreement(as_markers(text, len(prompt.sources)).strip())
        if self._second:
            local = self._verify(body, prompt, history, verifier)
            yield replace(_as_draft(local, usage), is_checking=True)
        verified = self._verify(body, prompt, history, verifier, self._second)
        sides = {citation.marker for citation in verified.citations}
        disagrees = disagrees and len(sides) >= LEAST_SIDES
        if disagrees:
            verified = headed(verified, f"{DISAGREEMENT} ")
        draft = _as_draft(verified, priced(usage + verified.usage, self._settings))
        yield replace(
            draft,
            disagrees=disagrees,
            shortfall=None if verified.citations else _shortfall(self.mode, body, verified),
            is_checking=self._second is not None,
        )

    def _verify(
        self,
        text: str,
        prompt: Prompt,
        history: Sequence[Message],
        verifier: Verifier,
        second: SecondVerifier | None = None,
    ) -> Verified:
        return verify(
            text,
            [source.paper for source in prompt.sources],
            verifier,
            Numbering(history),
            unsupported=self._settings.unsupported,
            second=second,
        )


def _worth_showing(replies: Iterator[Reply]) -> Iterator[Reply]:
    """Yield the replies to show: while it only thinks one a second, and always the last."""
    reply, shown, held = None, -1.0, False
    for reply in replies:
        thinking = None if reply.text else reply.thinking
        held = thinking is not None and thinking.seconds < shown + 1
        if not held:
            shown = thinking.seconds if thinking else shown
            yield reply
    if reply and held:
        yield reply


def _draft(reply: Reply, count: int, check: Callable[[str], Verified]) -> Draft:
    """Return a draft: complete sentences, verified, and the unfinished one without markers."""
    numbered = as_markers(hold_back_label(reply.text), count)
    complete = split_units(numbered)[:-1]
    cut = complete[-1].end if complete else 0
    checked = check(numbered[:cut])
    tail = without_markers(hold_back_unfinished(numbered[cut:]))
    return Draft(replace(checked, text=f"{checked.text}{tail}"), thinking=reply.thinking)


def _marked_as_cut(text: str) -> str:
    """Mark the last sentence where it does not end."""
    words = strip_markers(text).rstrip(" \n\"'”’)*_`")
    return text if not words or words[-1] in ENDS else f"{text.rstrip()}{SIGN}"


def _as_draft(verified: Verified, usage: Usage) -> Draft:
    return Draft(replace(verified, usage=usage), notice=describe_removed(verified.removed))


def _shortfall(mode: str, text: str, verified: Verified) -> str:
    """Return why a text cites no paper after verification, as a clause."""
    if not text.strip():
        return f"{mode} wrote nothing"
    if not verified.removed and not verified.sentences:
        return f"{mode} wrote nothing that a paper could support"
    if not any(find_markers(text)):
        return f"The sentences of {mode} cite nothing, and no retrieved paper supports them"
    return f"No retrieved paper supports what {mode} wrote"

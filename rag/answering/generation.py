"""Writes an answer with a language model, checking each sentence as soon as it is complete."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import lru_cache
from typing import Final

from llama_index.core.base.llms.types import ChatResponse
from llama_index.core.llms import LLM

from rag.answering.drafts import Draft
from rag.answering.keys import hold_back_key, keys_to_numbers
from rag.answering.prompting import ABSTENTION, DISAGREEMENT, Prompt, compose_prompt
from rag.llm.usage import priced, reported_usage
from rag.sentences import split_sentences
from rag.settings import Settings
from rag.types import Hit, Message, Usage
from rag.verification.citations import Verified, describe_removed, headed, verify
from rag.verification.markers import hold_back_unfinished, rewrite_markers, strip_markers
from rag.verification.numbering import Numbering
from rag.verification.second import SecondVerifier
from rag.verification.support import Verifier

LEAST_SIDES: Final = 2  # papers that a disagreement is between


class ModelWriter:
    """Prompts a language model with the hits and shows what the verifier lets through.

    Args:
        llm: Any LlamaIndex chat model.
        verifier: Compares sentences with papers.
        settings: Limits of the prompt, prices, what becomes of unsupported sentences.
        second: Checks the claims again when the answer is complete; None for nobody.
        today: The date that the model is told.
    """

    def __init__(
        self,
        llm: LLM,
        verifier: Verifier,
        settings: Settings,
        *,
        second: SecondVerifier | None = None,
        today: Callable[[], date] = date.today,
    ) -> None:
        self._llm = llm
        self._verifier = verifier
        self._settings = settings
        self._second = second
        self._today = today

    @property
    def mode(self) -> str:
        """The model's name."""
        return self._llm.metadata.model_name

    @property
    def is_extractive(self) -> bool:
        """False: a model writes."""
        return False

    def write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """Drafts as the model writes: checked sentences, then the one that is being written.

        Raises:
            ModelError: The model did not answer, or broke off.
        """
        prompt = compose_prompt(question, history, hits, self._settings, self._today())
        text = ""
        response: ChatResponse | None = None

        @lru_cache(maxsize=1)  # most pieces of a stream complete no sentence
        def check(complete: str) -> Verified:
            return self._verify(complete, prompt, history)

        with closing(self._llm.stream_chat(list(prompt.messages))) as stream:
            for response in stream:
                text += response.delta or ""
                yield _draft(text, prompt.numbers, check)
        usage = reported_usage(response, prompt.messages, text)
        if declines(text):
            said = Verified(text.strip(), usage=priced(usage, self._settings))
            yield Draft(said, declined=True)
            return
        yield from self._checked(text, prompt, history, usage)

    def _checked(
        self, text: str, prompt: Prompt, history: Sequence[Message], usage: Usage
    ) -> Iterator[Draft]:
        """The whole text, checked; a disagreement that is left with one side is none."""
        numbered = keys_to_numbers(text, prompt.numbers).strip()
        disagrees = numbered.startswith(DISAGREEMENT)
        body = numbered.removeprefix(DISAGREEMENT).lstrip()
        if self._second:
            local = self._verify(body, prompt, history)
            yield replace(_as_draft(local, usage), is_checking=True)
        verified = self._verify(body, prompt, history, self._second)
        sides = {citation.marker for citation in verified.citations}
        disagrees = disagrees and len(sides) >= LEAST_SIDES
        if disagrees:
            verified = headed(verified, f"{DISAGREEMENT} ")
        draft = _as_draft(verified, priced(usage + verified.usage, self._settings))
        yield replace(draft, disagrees=disagrees, is_checking=self._second is not None)

    def _verify(
        self,
        text: str,
        prompt: Prompt,
        history: Sequence[Message],
        second: SecondVerifier | None = None,
    ) -> Verified:
        return verify(
            text,
            [source.paper for source in prompt.sources],
            self._verifier,
            Numbering(history),
            unsupported=self._settings.unsupported,
            second=second,
        )


def _draft(text: str, numbers: Mapping[str, int], check: Callable[[str], Verified]) -> Draft:
    """The complete sentences checked, the last one as it comes, without markers."""
    numbered = keys_to_numbers(hold_back_key(text), numbers)
    complete = split_sentences(numbered)[:-1]
    cut = complete[-1].end if complete else 0
    checked = check(numbered[:cut])
    tail = rewrite_markers(hold_back_unfinished(numbered[cut:]), lambda _: None)
    return Draft(replace(checked, text=f"{checked.text}{tail}"))


def _as_draft(verified: Verified, usage: Usage) -> Draft:
    return Draft(replace(verified, usage=usage), notice=describe_removed(verified.removed))


def declines(text: str) -> bool:
    """Whether the model said the abstention sentence, perhaps in quotes or with a marker."""
    said = strip_markers(text).strip(" \n\"'“”*_").rstrip(".").casefold()
    return said.startswith(ABSTENTION.rstrip(".").casefold())

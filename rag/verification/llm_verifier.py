"""Check claims with a language model, as a second verifier."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from pydantic import BaseModel, ConfigDict

from prompts import render_prompt
from rag.errors import ModelError
from rag.llm.replies import is_ours
from rag.llm.structured import ask_model, parse_object
from rag.sentences import Sentence
from rag.text import squeezed
from rag.types import NO_USAGE, Paper, Usage, Verdict
from rag.verification.markers import neutralise
from rag.verification.second_verifier import LLMVerdict
from rag.verification.support import quotable_sentences

logger = logging.getLogger(__name__)

REPLY_TOKENS: Final = 200
AT_ONCE: Final = 4  # an answer has five sentences; more calls meet the limits of small accounts
LEAST_QUOTE_LETTERS: Final = 20  # a shorter quote is in many sentences


class _Reply(BaseModel):
    model_config = ConfigDict(extra="forbid")

    verdict: Verdict
    quote: str


class LLMVerifier:
    """Ask a model about one claim and one abstract at a time.

    Args:
        llm: Any LlamaIndex chat model.
        seconds: Longest time for all claims of an answer together.
    """

    def __init__(self, llm: LLM, seconds: float) -> None:
        self._llm = llm
        self._seconds = seconds

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> tuple[list[LLMVerdict | None], Usage]:
        """Return a verdict on every pair; None where the model fails or its reply is malformed."""
        deadline = time.monotonic() + self._seconds
        with ThreadPoolExecutor(AT_ONCE if is_ours(self._llm) else 1) as threads:
            checked = list(threads.map(lambda pair: self._check(pair[0], pair[1], deadline), pairs))
        return [verdict for verdict, _ in checked], sum((used for _, used in checked), NO_USAGE)

    def _check(self, claim: str, paper: Paper, deadline: float) -> tuple[LLMVerdict | None, Usage]:
        seconds = deadline - time.monotonic()
        if seconds <= 0:
            return None, NO_USAGE
        messages = _messages(claim, paper)
        try:
            text, usage = ask_model(self._llm, messages, REPLY_TOKENS, seconds=seconds, form=_Reply)
        except ModelError as exc:
            logger.info("no second verdict: %s", exc)
            return None, NO_USAGE
        reply = parse_object(text, _Reply)
        if reply is None:
            return None, usage
        return LLMVerdict(reply.verdict, locate(reply.quote, paper)), usage


def locate(quote: str, paper: Paper) -> Sentence | None:
    """Return the sentence of the abstract that holds a quote, letter for letter; None if none."""
    wanted = squeezed(quote)
    if len(wanted) < LEAST_QUOTE_LETTERS:
        return None
    sentences = quotable_sentences(paper)
    return next((each for each in sentences if wanted in squeezed(each.text)), None)


def _messages(claim: str, paper: Paper) -> list[ChatMessage]:
    user = render_prompt(
        "verify_user",
        title=neutralise(paper.title),
        abstract=neutralise(paper.abstract),
        sentence=neutralise(claim),
    )
    system = render_prompt("verify_system")
    return [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]

"""Check claims a second time by a language model, which has not the last word."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, Protocol

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from pydantic import BaseModel, ConfigDict

from prompts import render_prompt
from rag.errors import ModelError
from rag.llm.structured import ask_model, is_ours, parse_object
from rag.sentences import Sentence
from rag.text import squeezed
from rag.types import NO_USAGE, Paper, Usage, Verdict
from rag.verification.markers import neutralise
from rag.verification.support import quotable_sentences
from rag.verification.terms import digits, numbers

logger = logging.getLogger(__name__)

REPLY_TOKENS: Final = 200
AT_ONCE: Final = 4  # an answer has five sentences; more calls meet the limits of small accounts
LEAST_QUOTE_LETTERS: Final = 20  # a shorter quote stands in many a sentence
SEVERITY: Final[dict[Verdict, int]] = {
    "supported": 0,
    "partly": 1,
    "unsupported": 2,
    "contradicted": 3,
}


@dataclass(frozen=True, slots=True)
class LLMVerdict:
    """What a model says of a claim, and the sentence that it quotes, where the abstract has it."""

    verdict: Verdict
    sentence: Sentence | None = None


class SecondVerifier(Protocol):
    """Checks claims after the first verifier; None where it could not be understood."""

    def check(self, pairs: Sequence[tuple[str, Paper]]) -> tuple[list[LLMVerdict | None], Usage]:
        """Return a verdict on every claim and its paper, in order, and what that used."""


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
        """Return a verdict on every pair; None where the model fails or replies in another form."""
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
    """Return the sentence of the abstract that has a quote, letter for letter; None if none."""
    wanted = squeezed(quote)
    if len(wanted) < LEAST_QUOTE_LETTERS:
        return None
    sentences = quotable_sentences(paper)
    return next((each for each in sentences if wanted in squeezed(each.text)), None)


def combine(claim: str, paper: Paper, local: Verdict, second: LLMVerdict) -> Verdict:
    """Return the verdict that is shown: the worse of the two.

    A model can be talked into anything, so its word alone makes nothing supported. Where it finds
    the very sentence that the local check missed, and no number is invented, that counts in part.
    """
    if local == "unsupported" and SEVERITY[second.verdict] < SEVERITY["unsupported"]:
        invented = digits(claim) - numbers(f"{paper.title} {paper.abstract}")
        return "partly" if second.sentence and not invented else local
    return max(local, second.verdict, key=SEVERITY.__getitem__)


def _messages(claim: str, paper: Paper) -> list[ChatMessage]:
    user = render_prompt(
        "verify_user",
        title=neutralise(paper.title),
        abstract=neutralise(paper.abstract),
        sentence=neutralise(claim),
    )
    system = render_prompt("verify_system")
    return [ChatMessage(role="system", content=system), ChatMessage(role="user", content=user)]

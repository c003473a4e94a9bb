"""Answer a question in another language: search for it in English, and translate what was checked.

A model's sentences are compared with English abstracts, so they are written and verified in English
and translated afterwards, one by one, with their markers. Quotes stay as they are.
"""

from __future__ import annotations

import json
import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from llama_index.core.base.llms.types import ChatMessage
from llama_index.core.llms import LLM
from pydantic import BaseModel, ConfigDict

from prompts import render_prompt
from rag.errors import ModelError
from rag.llm.fencing import unfenced
from rag.llm.structured import ask_model, parse_object
from rag.llm.usage import priced
from rag.query.languages import language_of
from rag.settings import Settings
from rag.types import NO_USAGE, Answer, CheckedSentence, Usage
from rag.verification.markers import find_markers, strip_markers

logger = logging.getLogger(__name__)

QUESTION_TOKENS: Final = 120
PATIENCE_S: Final = 30.0
TRANSLATED: Final = (
    "Translated from the English sentences that were checked; of the translation itself only the "
    "numbers were compared. The quotes are the papers' own."
)
NOT_TRANSLATED: Final = "The answer could not be translated; it is in English."
NUMBER: Final = re.compile(r"\d+")


class _Sentences(BaseModel):
    model_config = ConfigDict(extra="forbid")

    sentences: list[str]


class Translator:
    """Translate questions into English, and answers out of it, with a language model.

    Args:
        llm: Any LlamaIndex chat model.
        settings: Longest answer, and prices.
    """

    def __init__(self, llm: LLM, settings: Settings) -> None:
        self._llm = llm
        self._settings = settings

    def question(self, text: str) -> tuple[str | None, Usage]:
        """Return the question in English; None where the model does not give one."""
        user = render_prompt("translate_question_user", question=unfenced(text))
        reply, usage = self._ask("translate_question_system", user, QUESTION_TOKENS)
        lines = reply.strip().splitlines()
        said = lines[0].strip(" \t\"'“”*") if lines else ""
        is_english = bool(said) and language_of(said) is None and said.isprintable()
        return (said if is_english and re.search("[A-Za-z]", said) else None), usage

    def answer(self, answer: Answer, language: str) -> Answer:
        """Return an answer in a language; one that holds no sentence of a model as it is."""
        if answer.is_extractive or not answer.sentences:
            return answer
        texts = [strip_markers(each.text).strip() for each in answer.sentences]
        user = render_prompt(
            "translate_answer_user",
            sentences=unfenced(json.dumps({"sentences": texts}, ensure_ascii=False)),
        )
        most = 2 * self._settings.answer_tokens
        reply, usage = self._ask("translate_answer_system", user, most, language=language)
        usage = answer.usage + usage
        found = parse_object(reply, _Sentences)
        if found is None or not are_alike(texts, found.sentences):
            return replace(answer, usage=usage, notice=_noted(answer.notice, NOT_TRANSLATED))
        text, sentences = with_sentences(answer, found.sentences)
        notice = _noted(answer.notice, TRANSLATED)
        return replace(answer, text=text, sentences=sentences, usage=usage, notice=notice)

    def _ask(self, system: str, user: str, most: int, **places: str) -> tuple[str, Usage]:
        messages = [
            ChatMessage(role="system", content=render_prompt(system, **places)),
            ChatMessage(role="user", content=user),
        ]
        try:
            reply, usage = ask_model(self._llm, messages, most, seconds=PATIENCE_S)
        except ModelError as exc:
            logger.info("nothing was translated: %s", exc)
            return "", NO_USAGE
        return reply, priced(usage, self._settings)


def are_alike(texts: Sequence[str], translated: Sequence[str]) -> bool:
    """Return whether translations may stand for their sentences: as many, with the same numbers."""
    return len(texts) == len(translated) and all(
        other.strip() and sorted(NUMBER.findall(one)) == sorted(NUMBER.findall(other))
        for one, other in zip(texts, translated, strict=True)
    )


def with_sentences(
    answer: Answer, translated: Sequence[str]
) -> tuple[str, tuple[CheckedSentence, ...]]:
    """Return the text with its sentences replaced, each with its markers, and the sentences."""
    text, at = "", 0
    sentences = []
    for one, other in zip(answer.sentences, translated, strict=True):
        text += answer.text[at : one.start]
        markers = "".join(f"[{marker}]" for marker in find_markers(one.text))
        said = " ".join(filter(None, (strip_markers(other).strip(), markers)))
        sentences.append(replace(one, text=said, start=len(text), end=len(text) + len(said)))
        text += said
        at = one.end
    return f"{text}{answer.text[at:]}", tuple(sentences)


def _noted(notice: str | None, more: str) -> str:
    return " ".join(filter(None, (notice, more)))

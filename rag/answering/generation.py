"""Writes an answer with a language model, checking each sentence as soon as it is complete."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from llama_index.core.base.llms.types import ChatMessage, ChatResponse
from llama_index.core.llms import LLM

from prompts import render_prompt
from rag.answering.context import build_context
from rag.answering.drafts import Draft
from rag.answering.markers import hold_back_unfinished, rewrite_markers, strip_markers
from rag.answering.numbering import Numbering
from rag.answering.support import Verifier
from rag.answering.verification import Unsupported, Verified, told_removed, verify
from rag.sentences import split_sentences
from rag.tokens import count_tokens
from rag.types import Hit, Message, Paper, Usage

# What the model is told to reply when the papers do not answer; prompt, code and tests share it.
ABSTENTION: Final = "The papers do not answer this question."
MOST_MESSAGES: Final = 6  # of the conversation that go with the question
MOST_MESSAGE_CHARACTERS: Final = 2000


class ModelWriter:
    """Prompts a language model with the hits and shows what the verifier lets through.

    Args:
        llm: Any LlamaIndex chat model.
        verifier: Compares sentences with papers.
        context_tokens: Most text of papers in the prompt, tokens.
        unsupported: What becomes of a sentence that no paper supports.
    """

    def __init__(
        self, llm: LLM, verifier: Verifier, context_tokens: int, unsupported: Unsupported
    ) -> None:
        self._llm = llm
        self._verifier = verifier
        self._context_tokens = context_tokens
        self._unsupported: Unsupported = unsupported

    @property
    def mode(self) -> str:
        """The model's name."""
        return self._llm.metadata.model_name

    def write(
        self, question: str, history: Sequence[Message], hits: Sequence[Hit]
    ) -> Iterator[Draft]:
        """Drafts as the model writes: checked sentences, then the one that is being written."""
        sources = build_context(hits, self._context_tokens)
        papers = [hit.paper for hit in hits[: len(sources)]]
        messages = _messages(question, history, sources)
        text = ""
        response: ChatResponse | None = None
        for response in self._llm.stream_chat(messages):
            text += response.delta or ""
            yield self._draft(text, papers, history)
        usage = _usage(response, messages, text)
        if declines(text):
            yield Draft(text.strip(), usage=usage, declined=True)
            return
        yield _as_draft(self._verify(text, papers, history), usage)

    def _draft(self, text: str, papers: Sequence[Paper], history: Sequence[Message]) -> Draft:
        """The complete sentences checked, the last one as it comes, without markers."""
        complete = split_sentences(text)[:-1]
        cut = complete[-1].end if complete else 0
        checked = self._verify(text[:cut], papers, history)
        tail = rewrite_markers(hold_back_unfinished(text[cut:]), lambda _: None)
        return Draft(f"{checked.text}{tail}", checked.citations, checked.sentences, checked.removed)

    def _verify(self, text: str, papers: Sequence[Paper], history: Sequence[Message]) -> Verified:
        numbering = Numbering(history)
        return verify(text, papers, self._verifier, numbering, unsupported=self._unsupported)


def _as_draft(verified: Verified, usage: Usage) -> Draft:
    return Draft(
        verified.text,
        verified.citations,
        verified.sentences,
        verified.removed,
        usage,
        notice=told_removed(verified.removed),
    )


def _messages(
    question: str, history: Sequence[Message], sources: Sequence[str]
) -> list[ChatMessage]:
    earlier = [
        ChatMessage(role=m.role, content=strip_markers(m.content)[:MOST_MESSAGE_CHARACTERS])
        for m in history[-MOST_MESSAGES:]
    ]
    system = render_prompt("answer_system", abstention=ABSTENTION)
    user = render_prompt("answer_user", sources="\n".join(sources), question=question)
    return [
        ChatMessage(role="system", content=system),
        *earlier,
        ChatMessage(role="user", content=user),
    ]


def declines(text: str) -> bool:
    """Whether the model said the abstention sentence, perhaps in quotes or with a marker."""
    said = strip_markers(text).strip(" \n\"'“”*_").rstrip(".").casefold()
    return said.startswith(ABSTENTION.rstrip(".").casefold())


def _usage(response: ChatResponse | None, messages: Sequence[ChatMessage], text: str) -> Usage:
    """What the endpoint counted, or our own count when it does not say."""
    told = (response.additional_kwargs if response else {}) or {}
    prompt = told.get("prompt_tokens") or sum(count_tokens(m.content or "") for m in messages)
    return Usage(int(prompt), int(told.get("completion_tokens") or count_tokens(text)))

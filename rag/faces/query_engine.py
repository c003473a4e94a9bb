"""Wrap a library's answers as LlamaIndex's query engine and responses."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import (
    RESPONSE_TYPE,
    AsyncStreamingResponse,
    Response,
    StreamingResponse,
)
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import NodeWithScore, QueryBundle

from rag.faces.asked import Asked
from rag.faces.nodes import hit_nodes, source_nodes
from rag.faces.streaming import GrowingAnswer
from rag.types import Answer, Citation


@dataclass
class PaperResponse(Response):
    """A response whose `str` also names the papers cited, which is what an agent reads.

    Attributes:
        answer: With its citations, verdicts, usage and timings.
    """

    answer: Answer | None = None

    def __str__(self) -> str:
        """Return the text below its caveat, if any, then the cited titles with their links."""
        return str(self.answer) if self.answer else super().__str__()

    def _repr_markdown_(self) -> str:
        """Return what a notebook shows: the text, then the cited papers with their quotes."""
        return self.answer._repr_markdown_() if self.answer else super().__str__()


@dataclass
class PaperStreamingResponse(StreamingResponse):
    """A response that is being written; its `str` waits for all of it, and names the papers.

    Attributes:
        growing: The answer as it is written, which can be read again.
    """

    growing: GrowingAnswer | None = None

    def __str__(self) -> str:
        """Return the final answer as `PaperResponse` has it."""
        return str(self.growing.finish()) if self.growing else super().__str__()


@dataclass
class AsyncPaperStreamingResponse(AsyncStreamingResponse):
    """The same for an event loop, which `str` holds up."""

    growing: GrowingAnswer | None = None

    def __str__(self) -> str:
        """Return the final answer as `PaperResponse` has it."""
        return str(self.growing.finish()) if self.growing else super().__str__()


class Begun:
    """A response that is being written.

    Its nodes and metadata are of the papers found; with the last piece they become those of the
    final answer.

    Args:
        drafts: Of the answer; taken as far as papers are found.
        on_end: Told the final answer.
    """

    def __init__(
        self, drafts: Iterator[Answer], on_end: Callable[[Answer], None] | None = None
    ) -> None:
        self.nodes: list[NodeWithScore] = []
        self.metadata: dict[str, Any] = {}
        self._on_end = on_end
        self.growing = GrowingAnswer(drafts, self._end)
        self._describe(self.growing.until_found())

    def _end(self, final: Answer) -> None:
        self._describe(final)
        if self._on_end:
            self._on_end(final)

    def _describe(self, answer: Answer) -> None:
        self.nodes[:] = source_nodes(answer)
        self.metadata.update(answer_metadata(answer))


class PaperQueryEngine(BaseQueryEngine):
    """Answer a question from the papers of a library, every sentence checked against them.

    Args:
        asked: The library.
        k: Most papers that `retrieve` finds.
        streaming: Whether responses come as they are written, a checked sentence after the other.
    """

    def __init__(self, asked: Asked, k: int, *, streaming: bool = False) -> None:
        super().__init__(callback_manager=None)
        self._asked = asked
        self._k = k
        self._streaming = streaming

    def retrieve(self, query_bundle: QueryBundle) -> list[NodeWithScore]:
        """Return the best passage of each paper that is found, without an answer."""
        asked = self._asked
        return hit_nodes(
            asked.library.search(query_bundle.query_str, self._k, filters=asked.filters)
        )

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        if not self._streaming:
            return as_response(self._asked.answer(query_bundle.query_str))
        begun = self._begin(query_bundle)
        pieces = iter(begun.growing)
        return PaperStreamingResponse(pieces, begun.nodes, begun.metadata, growing=begun.growing)

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        """Answer in a thread: models, index and a socket work there, and leave Python's lock."""
        if not self._streaming:
            answer = await asyncio.to_thread(self._asked.answer, query_bundle.query_str)
            return as_response(answer)
        begun = await asyncio.to_thread(self._begin, query_bundle)
        pieces = begun.growing.pieces()
        return AsyncPaperStreamingResponse(
            pieces, begun.nodes, begun.metadata, growing=begun.growing
        )

    def _begin(self, query_bundle: QueryBundle) -> Begun:
        return Begun(self._asked.drafts(query_bundle.query_str))

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}

    def __repr__(self) -> str:
        return f"<PaperQueryEngine of {self._asked}>"


def as_response(answer: Answer) -> PaperResponse:
    """Return an answer in LlamaIndex's type: papers as source nodes, the rest as metadata.

    The text is below its caveat, which LlamaIndex's callers do not know.
    """
    nodes, metadata = source_nodes(answer), answer_metadata(answer)
    return PaperResponse(answer.markdown, nodes, metadata, answer)


def answer_metadata(answer: Answer) -> dict[str, Any]:
    """Return what LlamaIndex's types have no field for, as JSON has it."""
    return {
        "status": answer.status,
        "reason": answer.reason,
        "caveat": answer.caveat,
        "notice": answer.notice,
        "confidence": answer.confidence,
        "citations": [_plain(each) for each in answer.citations],
    }


def _plain(citation: Citation) -> dict[str, Any]:
    return {
        "marker": citation.marker,
        "paper_id": citation.paper.paper_id,
        "title": citation.paper.title,
        "quote": citation.quote,
        "url": citation.paper.link,
    }

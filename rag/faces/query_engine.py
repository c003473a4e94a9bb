"""Wrap the engine as LlamaIndex's query engine, and its answers in LlamaIndex's type."""

from __future__ import annotations

import asyncio

from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import RESPONSE_TYPE, Response
from llama_index.core.prompts.mixin import PromptMixinType
from llama_index.core.schema import QueryBundle

from rag.engine import AnswerEngine
from rag.faces.retriever import as_nodes
from rag.types import Answer


class PaperQueryEngine(BaseQueryEngine):
    """Answer a question from the papers of a library.

    Args:
        engine: Answers it.
    """

    def __init__(self, engine: AnswerEngine) -> None:
        super().__init__(callback_manager=None)
        self._engine = engine

    def _query(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return as_response(self._engine.answer(query_bundle.query_str))

    async def _aquery(self, query_bundle: QueryBundle) -> RESPONSE_TYPE:
        return await asyncio.to_thread(self._query, query_bundle)

    def _get_prompt_modules(self) -> PromptMixinType:
        return {}


def as_response(answer: Answer) -> Response:
    """Return an answer in LlamaIndex's type: hits as source nodes, the rest as metadata.

    The text is below its caveat, which LlamaIndex's callers do not know.
    """
    metadata = {
        "status": answer.status,
        "reason": answer.reason,
        "caveat": answer.caveat,
        "citations": [
            {"marker": c.marker, "title": c.paper.title, "quote": c.quote, "url": c.paper.link}
            for c in answer.citations
        ],
    }
    return Response(response=answer.markdown, source_nodes=as_nodes(answer.hits), metadata=metadata)

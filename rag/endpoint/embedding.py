"""Embed texts with an endpoint's model."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rag.endpoint.failures import plain_key, translated
from rag.settings import Settings

if TYPE_CHECKING:
    from llama_index.core.base.embeddings.base import BaseEmbedding


def build_openai_embedding(settings: Settings, model: str) -> BaseEmbedding:
    """Build the embedding of an endpoint; its failures are raised as `ModelError`s."""
    from llama_index.embeddings.openai import OpenAIEmbedding

    where = settings.openai_base_url or "the OpenAI service"
    secret = plain_key(settings)

    class EndpointEmbedding(OpenAIEmbedding):
        def _get_query_embedding(self, query: str) -> list[float]:
            with translated(where, model, secret):
                return list(super()._get_query_embedding(query))

        def _get_text_embeddings(self, texts: list[str]) -> list[list[float]]:
            with translated(where, model, secret):
                return list(super()._get_text_embeddings(texts))

    return EndpointEmbedding(
        model_name=model,
        api_key=secret,
        api_base=settings.openai_base_url,
        timeout=settings.timeout_s,
        max_retries=settings.retries,
    )

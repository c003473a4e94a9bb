"""An embedder without weights: it counts letters."""

from __future__ import annotations

from llama_index.core.base.embeddings.base import BaseEmbedding


class LetterEmbedding(BaseEmbedding):
    """Counts letters: a second embedder, small and exact."""

    model_name: str = "letters"

    def _get_text_embedding(self, text):
        return [float(text.lower().count(chr(97 + n))) for n in range(26)]

    def _get_query_embedding(self, query):
        return self._get_text_embedding(query)

    async def _aget_query_embedding(self, query):
        return self._get_text_embedding(query)

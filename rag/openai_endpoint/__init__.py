"""Speaks to an OpenAI-compatible endpoint: the one package that names OpenAI."""

from rag.openai_endpoint.chat import EndpointLLM
from rag.openai_endpoint.embedding import build_openai_embedding
from rag.openai_endpoint.failures import plain_key, translate_error

__all__ = ["EndpointLLM", "build_openai_embedding", "plain_key", "translate_error"]

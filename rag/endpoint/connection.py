"""Test an endpoint with one small question, and ask which models it has."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from prompts import render_prompt
from rag.errors import ConfigurationError, ModelError
from rag.settings import Settings

LONGEST_WAIT_S: Final = 20.0  # someone is looking on
PROBE_TOKENS: Final = 16


@dataclass(frozen=True, slots=True)
class Connection:
    """What came of testing an endpoint.

    Attributes:
        model: The model that answered.
        milliseconds: From the question to the end of the reply.
        models: The endpoint's models by name; empty where it lists none.
    """

    model: str
    milliseconds: float
    models: tuple[str, ...] = ()


def try_endpoint(settings: Settings, model: str) -> Connection:
    """Have a model answer a question of one line.

    Raises:
        ConfigurationError: No endpoint is set, or its address or key cannot be one.
        ModelError: The endpoint does not answer; the message says why.
    """
    from rag.endpoint.chat import EndpointLLM

    if not settings.has_endpoint:
        raise ConfigurationError("There is no endpoint to try: give its address or a key.")
    patience = min(settings.timeout_s, LONGEST_WAIT_S)
    small = {"retries": 0, "timeout_s": patience, "answer_tokens": PROBE_TOKENS}
    llm = EndpointLLM(settings.model_copy(update=small), model)
    started = time.perf_counter()
    llm.complete(render_prompt("probe", word="ready"))
    took = (time.perf_counter() - started) * 1000
    return Connection(model, took, _models(llm.models))


def find_models(settings: Settings, model: str) -> tuple[str, ...]:
    """List the endpoint's models by name, to choose from; none where it cannot list them."""
    from rag.endpoint.chat import EndpointLLM

    small = {"retries": 0, "timeout_s": min(settings.timeout_s, LONGEST_WAIT_S)}
    return _models(EndpointLLM(settings.model_copy(update=small), model).models)


def _models(ask: Callable[[], list[str]]) -> tuple[str, ...]:
    try:
        return tuple(ask())
    except ModelError:  # it answers questions, or its failure was already reported
        return ()

"""Tell OpenTelemetry of answers, in the words of OpenInference, which Phoenix and others read.

Covered: a span for each answer, with its stages below it, what was found, and a model's tokens.
Not covered: single calls of a model, which OpenInference's own instrumentation of LlamaIndex tells.
A span holds numbers, ids of papers and names of models; texts only where that is switched on.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from importlib import metadata
from typing import TYPE_CHECKING, Final

from rag.errors import ConfigurationError
from rag.settings import Settings
from rag.types import Answer

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import TracerProvider as OwnProvider
    from opentelemetry.trace import Span, TracerProvider

NAME: Final = "paperchat"
MISSING: Final = (
    "RAG_TRACE_TO needs packages that are not installed: pip install 'paperchat[otel]' brings them."
)
NANOSECONDS: Final = 1_000_000_000
TOTAL: Final = "total"  # of the timings, beside the stages
RETRIEVAL: Final = "retrieval"
WRITING: Final = "writing"
Attributes = dict[str, str | int | float | bool]


class Traces:
    """Makes spans of answers.

    Args:
        provider: Where spans go.
        with_texts: Whether they hold questions, answers and abstracts.

    Raises:
        ConfigurationError: OpenInference is not installed.
    """

    def __init__(self, provider: TracerProvider, *, with_texts: bool = False) -> None:
        try:
            from openinference.instrumentation import OITracer, TraceConfig
        except ImportError as exc:
            raise ConfigurationError(MISSING) from exc
        # Nothing that could be a text is set without the switch; were it, it would be masked here.
        hidden = TraceConfig() if with_texts else TraceConfig(hide_inputs=True, hide_outputs=True)
        self._tracer = OITracer(provider.get_tracer(NAME, metadata.version(NAME)), hidden)
        self._with_texts = with_texts

    def note(self, answer: Answer, seconds: float) -> None:
        """Make the spans of an answer that took some seconds, and is whole just now."""
        from opentelemetry.trace import set_span_in_context

        end = time.time_ns()
        start = end - round(seconds * NANOSECONDS)
        whole = self._begin("ask", "CHAIN", start)
        whole.set_attributes(_outcome(answer) | self._texts(answer.question, answer.text))
        inside = set_span_in_context(whole)
        for stage, begun, ended in _stages(answer.timings, start, end):
            span = self._tracer.start_span(
                stage, inside, attributes=_of_kind(_kind(stage, answer)), start_time=begun
            )
            self._describe(span, stage, answer)
            span.end(ended)
        whole.end(end)

    def _begin(self, name: str, kind: str, start: int) -> Span:
        return self._tracer.start_span(name, attributes=_of_kind(kind), start_time=start)

    def _describe(self, span: Span, stage: str, answer: Answer) -> None:
        if stage == RETRIEVAL:
            span.set_attributes(self._documents(answer) | self._texts(answer.question))
        elif stage == WRITING and not answer.is_extractive:
            span.set_attributes(_usage(answer) | self._texts(answer.question, answer.text))

    def _texts(self, given: str, made: str = "") -> Attributes:
        told = {"input.value": given, "output.value": made} if self._with_texts else {}
        return {name: text for name, text in told.items() if text}

    def _documents(self, answer: Answer) -> Attributes:
        told: Attributes = {}
        for place, hit in enumerate(answer.hits):
            at = f"retrieval.documents.{place}.document"
            told |= {f"{at}.id": hit.paper.paper_id, f"{at}.score": hit.score}
            if self._with_texts:
                title = json.dumps({"title": hit.paper.title}, ensure_ascii=False)
                told |= {f"{at}.content": hit.paper.abstract, f"{at}.metadata": title}
        return told


def _of_kind(kind: str) -> Attributes:
    return {"openinference.span.kind": kind}


def _kind(stage: str, answer: Answer) -> str:
    if stage == RETRIEVAL:
        return "RETRIEVER"
    return "LLM" if stage == WRITING and not answer.is_extractive else "CHAIN"


def _outcome(answer: Answer) -> Attributes:
    """Return how an answer ended, in numbers and fixed words."""
    told: dict[str, str | int | float | bool | None] = {
        "status": answer.status,
        "reason": answer.reason,
        "origin": answer.origin,
        "writer": answer.mode,
        "confidence": answer.confidence,
        "cited_papers": len(answer.papers),
        "removed_sentences": len(answer.removed),
        "has_failed_model": answer.failure is not None,
    }
    return {f"{NAME}.{name}": value for name, value in told.items() if value is not None}


def _usage(answer: Answer) -> Attributes:
    read, written = answer.usage.prompt_tokens, answer.usage.completion_tokens
    return {
        "llm.model_name": answer.mode,
        "llm.token_count.prompt": read,
        "llm.token_count.completion": written,
        "llm.token_count.total": read + written,
    }


def _stages(timings: Mapping[str, float], start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """Yield each stage with its first and last nanosecond; they follow one another."""
    at = start
    for stage, milliseconds in timings.items():
        if stage == TOTAL:
            continue
        over = min(end, at + round(milliseconds * 1_000_000))
        yield stage, at, over
        at = over


def build_traces(settings: Settings) -> Traces | None:
    """Return what sends spans of answers where the settings say; None where they say nothing.

    Raises:
        ConfigurationError: A package for it is not installed.
    """
    if settings.trace_to is None:
        return None
    try:
        provider = _build_provider(settings.trace_to)
    except ImportError as exc:
        raise ConfigurationError(MISSING) from exc
    return Traces(provider, with_texts=settings.trace_texts)


def _build_provider(address: str) -> OwnProvider:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    about = Resource.create({"service.name": NAME, "service.version": metadata.version(NAME)})
    provider = TracerProvider(resource=about)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address)))
    return provider

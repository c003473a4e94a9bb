"""Count answers and their seconds for Prometheus; the numbers hold no text of anybody."""

from __future__ import annotations

from typing import Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    PlatformCollector,
    ProcessCollector,
)
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from rag.errors import RagError
from rag.library import Library
from rag.types import Answer

# From an extractive answer's tens of milliseconds to a slow local model's minutes.
SECONDS: Final = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 180.0)


class Metrics:
    """The numbers of one process that serves a library."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self._answers = Counter(
            "paperchat_answers",
            "Answers by how they ended, what they come from and who wrote them.",
            ("status", "origin", "writer"),
            registry=self._registry,
        )
        self._seconds = Histogram(
            "paperchat_answer_seconds",
            "From the question to the whole answer.",
            ("writer",),
            buckets=SECONDS,
            registry=self._registry,
        )
        self._papers = Gauge("paperchat_papers", "Papers of the library.", registry=self._registry)
        self._revision = Gauge(
            "paperchat_revision",
            "A number that grows with each change of the papers.",
            registry=self._registry,
        )
        self._ready = Gauge(
            "paperchat_ready", "Whether questions can be answered.", registry=self._registry
        )

    def count(self, answer: Answer, seconds: float) -> None:
        """Count an answer, whole or stopped, that took some seconds."""
        writer = "extractive" if answer.is_extractive else "model"
        self._answers.labels(answer.status, answer.origin, writer).inc()
        self._seconds.labels(writer).observe(seconds)

    def render(self, library: Library | None) -> tuple[bytes, str]:
        """Render the numbers in Prometheus' text format, with its content type."""
        try:
            if library is not None:
                self._papers.set(len(library))
                self._revision.set(library.revision)
            self._ready.set(library is not None)
        except RagError:
            self._ready.set(False)
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

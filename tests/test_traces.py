"""Spans of answers: what they tell, and that no text of anybody is in them unless switched on."""

from __future__ import annotations

import sys
import time
from http.server import BaseHTTPRequestHandler

import pytest

from rag.cli import main
from rag.errors import ConfigurationError
from rag.library import Library
from rag.settings import Settings
from rag.traces import Traces, build_traces
from tests.support.endpoint_papers import QUESTION, own_sentence
from tests.support.loopback import LoopbackServer
from tests.support.needs import missing

try:
    from openinference.semconv.trace import SpanAttributes
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
    from opentelemetry.trace import get_tracer
except ImportError as exc:
    ABSENT = str(exc)
else:
    ABSENT = ""

PLANTED = "xylophonquartz"
ABOUT = f"What does the {PLANTED} do to cats?"
LOUD = {"id": "cats", "title": f"Cats and {PLANTED}s", "abstract": f"A {PLANTED} frightens cats."}


@pytest.fixture(autouse=True)
def packages():
    if ABSENT:
        missing("openinference", ABSENT)


@pytest.fixture
def exporter():
    return InMemorySpanExporter()


@pytest.fixture
def provider(exporter):
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    yield provider
    provider.shutdown()


def opened(tmp_path, **others):
    return Settings(library=tmp_path / "library", embedder="none", llm="extractive", **others)


def spans_of(exporter):
    return {span.name: span for span in exporter.get_finished_spans()}


def attributes(exporter):
    return [dict(span.attributes) for span in exporter.get_finished_spans()]


def test_an_answer_is_a_span_with_its_stages_below_it(tmp_path, exporter, provider):
    told = Traces(provider).note
    with Library.open(settings=opened(tmp_path), on_answer=told) as library:
        library.ingest([LOUD])
        answer = library.ask(ABOUT)
    spans = spans_of(exporter)
    whole, found = spans["ask"], spans["retrieval"]
    assert whole.attributes[SpanAttributes.OPENINFERENCE_SPAN_KIND] == "CHAIN"
    assert found.attributes[SpanAttributes.OPENINFERENCE_SPAN_KIND] == "RETRIEVER"
    assert whole.attributes["paperchat.status"] == answer.status == "answered"
    assert whole.attributes["paperchat.writer"] == "extractive"
    assert found.attributes["retrieval.documents.0.document.id"] == "cats"
    assert found.attributes["retrieval.documents.0.document.score"] == answer.hits[0].score
    stages = [span for name, span in spans.items() if name != "ask"]
    assert {span.name for span in stages} == set(answer.timings) - {"total"}
    assert all(span.parent.span_id == whole.context.span_id for span in stages)
    assert all(whole.start_time <= each.start_time <= each.end_time for each in stages)
    assert max(each.end_time for each in stages) <= whole.end_time
    assert found.end_time - found.start_time == pytest.approx(
        answer.timings["retrieval"] * 1e6, abs=1e3
    )


def test_no_text_of_anybody_is_in_a_span_unless_switched_on(tmp_path, exporter, provider):
    for with_texts in (False, True):
        told = Traces(provider, with_texts=with_texts).note
        with Library.open(settings=opened(tmp_path), on_answer=told) as library:
            library.ingest([LOUD])
            library.ask(ABOUT)
            library.ask(f"Who is {PLANTED} {PLANTED}?")
            library.ask("and then?", [{"role": "user", "content": ABOUT}])
        assert (PLANTED in repr(attributes(exporter))) is with_texts
        exporter.clear()


def test_with_texts_they_stand_where_viewers_look_for_them(tmp_path, exporter, provider):
    told = Traces(provider, with_texts=True).note
    with Library.open(settings=opened(tmp_path), on_answer=told) as library:
        library.ingest([LOUD])
        answer = library.ask(ABOUT)
    spans = spans_of(exporter)
    assert spans["ask"].attributes["input.value"] == ABOUT
    assert spans["ask"].attributes["output.value"] == answer.text
    assert (
        spans["retrieval"].attributes["retrieval.documents.0.document.content"]
        == (LOUD["abstract"])
    )


def test_what_a_model_read_and_wrote_is_told_in_tokens(asked, endpoint, order, exporter, provider):
    endpoint.reply(f"{own_sentence(order[0])} [1].", usage=(90, 12))
    Traces(provider).note(asked().ask(QUESTION), 1.5)
    spans = spans_of(exporter)
    written = dict(spans["writing"].attributes)
    assert written[SpanAttributes.OPENINFERENCE_SPAN_KIND] == "LLM"
    assert written[SpanAttributes.LLM_TOKEN_COUNT_PROMPT] == 90
    assert written[SpanAttributes.LLM_TOKEN_COUNT_COMPLETION] == 12
    assert written[SpanAttributes.LLM_MODEL_NAME] == spans["ask"].attributes["paperchat.writer"]
    assert own_sentence(order[0]) not in repr(attributes(exporter))
    lasted = spans["ask"].end_time - spans["ask"].start_time
    assert lasted == pytest.approx(1.5e9, rel=1e-6)


def test_a_span_lies_within_that_of_who_asks(tmp_path, exporter, provider):
    told = Traces(provider).note
    with Library.open(settings=opened(tmp_path), on_answer=told) as library:
        library.ingest([LOUD])
        with get_tracer("app", tracer_provider=provider).start_as_current_span("request") as outer:
            library.ask(ABOUT)
    assert spans_of(exporter)["ask"].parent.span_id == outer.get_span_context().span_id


class _Collector(LoopbackServer):
    """Takes spans as OpenTelemetry's collectors do."""

    def __init__(self):
        self.told = []
        super().__init__(_Handler)


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self):  # the server's name for it
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server_side.told.append((self.path, body))
        self.send_response(200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def test_the_settings_send_spans_to_a_collector(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("OTEL_BSP_SCHEDULE_DELAY", "50")  # milliseconds
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_COMPRESSION", "none")
    with _Collector() as collector:
        address = f"{collector.address}/v1/traces"
        with Library.open(settings=opened(tmp_path, trace_to=address)) as library:
            library.ingest([LOUD])
            library.ask(ABOUT)
            waits_until = time.monotonic() + 20
            while not collector.told and time.monotonic() < waits_until:
                time.sleep(0.05)
    path, body = collector.told[0]
    assert path == "/v1/traces"
    (sent,) = ExportTraceServiceRequest.FromString(body).resource_spans
    about = {each.key: each.value.string_value for each in sent.resource.attributes}
    assert about["service.name"] == "paperchat"
    assert "ask" in {span.name for scope in sent.scope_spans for span in scope.spans}
    assert PLANTED.encode() not in body


def test_without_the_setting_nothing_is_traced(tmp_path):
    assert build_traces(opened(tmp_path)) is None


@pytest.mark.parametrize(
    "package", ["openinference.instrumentation", "opentelemetry.exporter.otlp.proto.http"]
)
def test_without_the_packages_the_way_to_them_is_told(package, tmp_path, monkeypatch):
    for name in [each for each in sys.modules if each.startswith(package)]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(ConfigurationError, match=r"paperchat\[otel\]"):
        build_traces(opened(tmp_path, trace_to="http://127.0.0.1:9/v1/traces"))


def test_an_address_that_is_none_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("RAG_TRACE_TO", "phoenix")
    assert main(["ask", "cats?"]) == 2
    assert "RAG_TRACE_TO" in capsys.readouterr().err

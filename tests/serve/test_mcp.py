"""The Model Context Protocol, by its official client: over pipes to a process, and over HTTP."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from functools import partial
from importlib import metadata

import httpx
import pytest
from anyio.from_thread import start_blocking_portal
from mcp import Client
from mcp.client.stdio import StdioServerParameters, stdio_client
from mcp.shared.exceptions import MCPError

from rag.types import Paper
from tests.support import ROOT
from tests.support.page_server import served
from ui.server.access import AccessPolicy

TOKEN = "a-token-of-this-test-alone"
HERON = Paper("heron/1", "Herons Wait by Ponds", "A heron waits nine minutes before it strikes.")


class Assistant:
    """The official client, called from outside its event loop."""

    def __init__(self, portal, client):
        self._portal = portal
        self.client = client

    def do(self, name, *arguments, **keywords):
        return self._portal.call(partial(getattr(self.client, name), *arguments, **keywords))

    def call(self, tool, **arguments):
        return self.do("call_tool", tool, arguments)

    def use(self, tool, **arguments):
        result = self.call(tool, **arguments)
        assert not result.is_error, result.content[0].text
        assert json.loads(result.content[0].text) == result.structured_content
        return result.structured_content


@contextmanager
def connected(server, **options):
    with (
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(Client(server, **options)) as client,
    ):
        yield Assistant(portal, client)


@pytest.fixture(scope="module")
def log(tmp_path_factory):
    return tmp_path_factory.mktemp("log") / "stderr"


@pytest.fixture(scope="module")
def process(invented, log):
    """`paperchat mcp` as a desktop client starts it: a process beside a page on the same folder."""
    own = {"PYTHONPATH": str(ROOT), "RAG_EMBEDDER": "none", "RAG_LLM": "extractive"}
    command = ["-m", "rag.cli", "mcp", "--allow-adding", "--verbose"]
    server = StdioServerParameters(
        command=sys.executable,
        args=[*command, "--library", str(invented.folder)],
        env={**own, "PATH": os.environ["PATH"]},
        cwd=invented.folder.parent,
    )
    with log.open("w", encoding="utf-8") as errors:
        transport = stdio_client(server, errlog=errors)
        with connected(transport, mode="legacy") as assistant:  # as desktop clients speak today
            yield assistant


@pytest.fixture(scope="module")
def page(invented):
    with served(invented) as address:
        yield address


@pytest.fixture(scope="module")
def over_http(page):
    with connected(f"{page}mcp") as assistant:
        yield assistant


@pytest.fixture(params=["process", "over_http"])
def assistant(request):
    return request.getfixturevalue(request.param)


def test_a_client_is_told_the_tools_with_closed_schemas_and_hints(process, over_http):
    told = {tool.name: tool for tool in process.do("list_tools").tools}
    assert set(told) == {
        "search",
        "fetch",
        "ask",
        "get_paper",
        "list_papers",
        "cite",
        "add_papers",
    }
    assert all(tool.input_schema["additionalProperties"] is False for tool in told.values())
    assert all(tool.output_schema["type"] == "object" for tool in told.values())
    writing = {name for name, tool in told.items() if not tool.annotations.read_only_hint}
    assert writing == {"add_papers"}
    reading = {tool.name for tool in over_http.do("list_tools").tools}
    assert reading == set(told) - {"add_papers"}  # not allowed there
    assert "papers" in process.client.instructions


def test_an_agent_answers_a_question_by_three_calls(assistant):
    found = assistant.use("search", query="How well do drones count moss?", k=1)
    (paper,) = found["results"]
    answer = assistant.use("ask", question="How well do drones count moss?")
    assert answer["status"] == "answered"
    assert "7 %" in answer["text"]
    fetched = assistant.use("fetch", id=paper["id"])
    cited = [each for each in answer["citations"] if each["id"] == paper["id"]]
    assert cited
    assert all(each["quote"] in fetched["text"] for each in cited)
    assert f"[{cited[0]['marker']}]" in answer["text"]


def test_a_question_may_be_asked_thoroughly(assistant):
    question = "How well do drones count moss?"
    assert assistant.use("ask", question=question)["searches"] == []
    assert len(assistant.use("ask", question=question, depth="thorough")["searches"]) > 1
    refused = assistant.call("ask", question=question, depth="deep")
    assert "'depth'" in refused.content[0].text


def test_ask_tells_its_stages_while_it_works(assistant):
    told = []

    async def hear(progress, total, message):
        told.append((progress, message))

    arguments = {"question": "What slows sourdough down?"}
    assistant.do("call_tool", "ask", arguments, progress_callback=hear)
    assert [place for place, _ in told] == sorted({place for place, _ in told})
    assert told[0][1] == "searching"


def test_a_follow_up_is_understood_by_the_history_that_it_is_sent_with(assistant):
    history = [
        {"role": "user", "content": "What makes sourdough rise?"},
        {"role": "assistant", "content": "Yeast and bacteria are modelled by four equations [1]."},
    ]
    answer = assistant.use("ask", question="and what slows it down?", history=history)
    assert {each["id"] for each in answer["citations"]} == {"bread"}


@pytest.mark.parametrize(
    ("tool", "arguments", "told"),
    [
        ("fetch", {"id": "nowhere"}, "no paper 'nowhere'"),
        ("ask", {"query": "moss"}, "ask cannot take its argument 'question'"),
        ("list_papers", {"limit": 10**6}, "'limit'"),
    ],
)
def test_a_mistake_is_told_in_one_sentence_that_the_model_can_mend(
    assistant, tool, arguments, told
):
    result = assistant.call(tool, **arguments)
    assert result.is_error
    assert told in result.content[0].text
    assert "\n" not in result.content[0].text


def test_an_unknown_tool_or_prompt_is_an_error_of_the_protocol(assistant):
    with pytest.raises(MCPError, match="no tool 'erase'"):
        assistant.call("erase")
    with pytest.raises(MCPError, match="no prompt 'poem'"):
        assistant.do("get_prompt", "poem", {})
    with pytest.raises(MCPError, match="wants its argument 'topic'"):
        assistant.do("get_prompt", "literature_review", {})


def test_papers_are_resources(assistant):
    listed = assistant.do("list_resources").resources
    assert {"paper://moss", "paper://bells"} <= {each.uri for each in listed}
    (template,) = assistant.do("list_resource_templates").resource_templates
    assert template.uri_template == "paper://{id}"
    (read,) = assistant.do("read_resource", "paper://moss").contents
    assert read.text.startswith("# Counting Moss From the Air\n")
    with pytest.raises(MCPError, match="no paper 'nowhere'"):
        assistant.do("read_resource", "paper://nowhere")
    with pytest.raises(MCPError, match="paper://ID"):
        assistant.do("read_resource", "file:///etc/passwd")


def test_prompts_are_offered_and_filled(assistant):
    names = {each.name for each in assistant.do("list_prompts").prompts}
    assert names == {"literature_review", "check_claim"}
    (message,) = assistant.do("get_prompt", "check_claim", {"claim": "Moss is rare."}).messages
    assert "Moss is rare." in message.content.text


def test_a_process_beside_a_page_reads_what_the_other_wrote(process, over_http, invented):
    added = process.use("add_papers", text=f"{HERON.title}\n\nAbstract\n\n{HERON.abstract}")
    assert added["added"] == 1
    (paper_id,) = added["ids"]
    try:
        answer = over_http.use("ask", question="How long does a heron wait?")
        assert "nine minutes" in answer["text"]
        (read,) = over_http.do("read_resource", f"paper://{paper_id}").contents
        assert HERON.title in read.text
    finally:
        invented.remove(paper_id)
    assert process.call("fetch", id=paper_id).is_error


def test_the_registry_is_told_the_version_and_command_that_there_are():
    told = json.loads((ROOT / ".github" / "server.json").read_text(encoding="utf-8"))
    (package,) = told["packages"]
    assert told["version"] == package["version"] == metadata.version("paperchat")
    assert [each["value"] for each in package["packageArguments"]] == ["mcp"]


def test_what_is_logged_goes_to_standard_error_alone(process, log):
    process.use("ask", question="How many bells were measured?")
    assert "retrieval" in log.read_text(encoding="utf-8")


def test_a_page_that_wants_tokens_lets_a_client_in_by_one_and_no_other(invented):
    access = AccessPolicy(tokens=frozenset({TOKEN}), rate_limit=2)
    with served(invented, access) as address:
        listing = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}
        refused = httpx.post(f"{address}mcp", json=listing)
        assert refused.status_code == 401
        assert "RAG_API_TOKENS" in refused.json()["detail"]
        assert refused.headers["www-authenticate"] == "Bearer"
        wrong = {"authorization": "Bearer another-token-than-that"}
        assert httpx.post(f"{address}mcp", json=listing, headers=wrong).status_code == 401
        asking = {
            "jsonrpc": "2.0",
            "id": 1,
            "method": "tools/call",
            "params": {"name": "search", "arguments": {"query": "moss"}},
        }
        right = {
            "authorization": f"Bearer {TOKEN}",
            "accept": "application/json, text/event-stream",
        }
        told = [
            httpx.post(f"{address}mcp", json=asking, headers=right, timeout=60).text
            for _ in range(3)
        ]
        assert "Counting Moss" in told[0]
        assert "more than 2 questions a minute" in told[2]
        foreign = {**right, "origin": "https://elsewhere.example"}
        assert httpx.post(f"{address}mcp", json=listing, headers=foreign).status_code == 403

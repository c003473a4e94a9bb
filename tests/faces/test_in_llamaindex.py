"""The library among LlamaIndex's own parts: routers, tools, agents, evaluators, pipelines."""

from __future__ import annotations

import asyncio
import json
import re
import threading

import pytest
from llama_index.core import SimpleDirectoryReader
from llama_index.core.agent.workflow import FunctionAgent, ToolCallResult
from llama_index.core.base.llms.types import ChatMessage, ToolCallBlock
from llama_index.core.evaluation import FaithfulnessEvaluator, RetrieverEvaluator
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata, MockLLM
from llama_index.core.llms.mock import MockFunctionCallingLLM
from llama_index.core.node_parser import SentenceSplitter
from llama_index.core.query_engine import RetrieverQueryEngine, RouterQueryEngine
from llama_index.core.schema import MetadataMode, QueryBundle
from llama_index.core.selectors import LLMMultiSelector, LLMSingleSelector
from llama_index.core.tools import QueryEngineTool, RetrieverTool

from rag.errors import SourceError
from rag.export.growing import CORRECTED
from rag.faces import PaperReader, build_document, build_node
from rag.faces.nodes import MOST_AUTHORS_READ, source_nodes
from rag.faces.streaming import GrowingAnswer
from rag.library import Library
from rag.passages import build_passages
from rag.types import Answer, CheckedSentence, Citation, Filters, Hit, Message, Paper
from tests.support.endpoint_papers import (
    BEAVERS,
    OTTERS,
    endpoint_model,
    endpoint_settings,
    own_sentence,
)

CRABS = Paper(
    "crabs",
    "Tidal Clocks in Shore Crabs",
    "Shore crabs keep time with the sea. Their activity peaked every 12.4 hours.",
    authors=("Ada Byron", "Chen, Bo"),
    published="2022-01-03",
    venue="Tides",
    url="https://a.example/crabs",
    tags=("tides", "clocks"),
)
BREAD = Paper(
    "bread",
    "A Crust That Stays Crisp",
    "Steam in the oven keeps a crust crisp. We baked 40 loaves.",
    published="1999",
)
PAPERS = (CRABS, BREAD)
PEAK = "How often does the activity of shore crabs peak?"
CRUST = "What keeps a crust crisp?"


class Scripted(CustomLLM):
    """A model that says what it was told to, and keeps what it was asked."""

    said: list[str]
    asked: list[str] = []  # noqa: RUF012

    @property
    def metadata(self):
        return LLMMetadata(model_name="scripted", is_chat_model=False)

    def complete(self, prompt, formatted=False, **kwargs):
        self.asked.append(prompt)
        return CompletionResponse(text=self.said.pop(0))

    def stream_complete(self, prompt, formatted=False, **kwargs):
        yield self.complete(prompt)


def chosen(*numbers):
    return Scripted(said=[json.dumps([{"choice": n, "reason": "so"} for n in numbers])])


def tools_of(library):
    about_crabs = library.as_query_engine(Filters(paper_ids=["crabs"]))
    about_bread = library.as_query_engine(Filters(paper_ids=["bread"]))
    return [
        QueryEngineTool.from_defaults(about_crabs, name="sea", description="Papers on the sea"),
        QueryEngineTool.from_defaults(about_bread, name="bread", description="Papers on bread"),
    ]


def router(library, selector):
    return RouterQueryEngine(selector, tools_of(library), llm=MockLLM())


# Composed.


def test_a_router_asks_the_library_that_its_model_chooses(words_library):
    engine = router(words_library, LLMSingleSelector.from_defaults(llm=chosen(2)))
    response = engine.query(CRUST)
    assert "Steam in the oven" in response.response
    assert response.metadata["status"] == "answered"
    assert response.metadata["selector_result"].ind == 1
    assert [node.metadata["paper_id"] for node in response.source_nodes] == ["bread"]


def test_a_router_joins_answers_that_name_their_papers(words_library):
    engine = router(words_library, LLMMultiSelector.from_defaults(llm=chosen(1, 2)))
    joined = str(asyncio.run(engine.aquery("What keeps time, or a crust crisp?")))
    assert f"[1] {CRABS.title} ({CRABS.link})" in joined
    assert f"[1] {BREAD.title} ({BREAD.link})" in joined


def test_a_router_over_streaming_engines_streams(words_library):
    tool = QueryEngineTool.from_defaults(
        words_library.as_query_engine(streaming=True), name="papers", description="Papers"
    )
    chooses = LLMSingleSelector.from_defaults(llm=chosen(1))
    response = RouterQueryEngine(chooses, [tool], llm=MockLLM()).query(PEAK)
    assert response.metadata["selector_result"].ind == 0
    assert "12.4 hours" in "".join(response.response_gen)
    assert response.metadata["citations"][0]["paper_id"] == "crabs"


def test_a_tool_gives_the_answer_with_the_papers_that_it_cites(words_library):
    given = tools_of(words_library)[0].call(PEAK)
    assert given.content == str(words_library.ask(PEAK, filters=Filters(paper_ids=["crabs"])))
    assert CRABS.title in given.content
    assert given.raw_output.answer.citations[0].paper == CRABS


def test_a_tool_of_the_retriever_gives_passages_with_their_authors(words_library):
    tool = RetrieverTool.from_defaults(words_library.as_retriever(k=1), description="Papers")
    given = asyncio.run(tool.acall(PEAK))
    assert given.content.startswith("authors: Ada Byron; Chen, Bo\nyear: 2022\n\nTidal Clocks")
    assert len(given.raw_output) == 1


class Agent(MockFunctionCallingLLM):
    """A model that calls one tool, then says what it read first."""

    def __init__(self, tool, question):
        def next_message(messages, **_):
            if (last := messages[-1]).role == "tool":
                return ChatMessage(role="assistant", content=f"I read: {last.content}")
            call = ToolCallBlock(tool_call_id="c", tool_name=tool, tool_kwargs={"input": question})
            return ChatMessage(role="assistant", blocks=[call])

        super().__init__(response_generator=next_message, is_chat_model=True)


@pytest.mark.parametrize("streaming", [False, True])
def test_an_agent_asks_the_library_and_reads_what_it_cites(words_library, streaming):
    engine = words_library.as_query_engine(streaming=streaming)
    tool = QueryEngineTool.from_defaults(engine, name="papers", description="Papers")

    async def run():
        agent = FunctionAgent(tools=[tool], llm=Agent("papers", PEAK), streaming=False)
        handler = agent.run("When are crabs awake?")
        results = [e async for e in handler.stream_events() if isinstance(e, ToolCallResult)]
        return str(await handler), results

    said, (result,) = asyncio.run(run())
    assert "12.4 hours. [1]" in said
    assert result.tool_output.is_error is False
    assert f"[1] {CRABS.title}" in said


def test_a_streamed_response_as_text_is_the_answer_however_far_it_was_read(words_library):
    engine, whole = words_library.as_query_engine(streaming=True), str(words_library.ask(PEAK))
    response = engine.query(PEAK)
    next(response.response_gen)
    assert str(response) == whole
    assert str(asyncio.run(engine.aquery(PEAK))) == whole


def test_a_query_engine_of_llamaindex_writes_from_what_the_library_finds(words_library):
    model = Scripted(said=["Every 12.4 hours."])
    engine = RetrieverQueryEngine.from_args(words_library.as_retriever(k=1), llm=model)
    assert str(engine.query(PEAK)) == "Every 12.4 hours."
    assert "year: 2022\n\nTidal Clocks in Shore Crabs\nShore crabs" in model.asked[-1]
    assert "https://" not in model.asked[-1]


def test_the_query_engine_also_retrieves(words_library):
    found = words_library.as_query_engine().retrieve(QueryBundle(PEAK))
    assert found == words_library.as_retriever().retrieve(PEAK)


def test_llamaindex_judges_an_answer_by_its_source_nodes(words_library):
    judge = Scripted(said=["YES"])
    response = words_library.as_query_engine().query(PEAK)
    result = FaithfulnessEvaluator(llm=judge).evaluate_response(PEAK, response)
    assert result.passing
    quote = response.metadata["citations"][0]["quote"]
    assert any(quote in context for context in result.contexts)


def test_llamaindex_measures_the_retriever(words_library):
    evaluator = RetrieverEvaluator.from_metric_names(
        ["hit_rate", "mrr"], retriever=words_library.as_retriever()
    )
    result = asyncio.run(evaluator.aevaluate(PEAK, expected_ids=["crabs#0"]))
    assert result.metric_vals_dict == {"hit_rate": 1.0, "mrr": 1.0}


# What limits them, and what they are called.


def test_filters_hold_for_every_face(words_library):
    old = Filters(until=2000)
    retriever = words_library.as_retriever(filters=old)
    assert {n.metadata["paper_id"] for n in retriever.retrieve(PEAK)} <= {"bread"}
    engine, chat = words_library.as_query_engine(old), words_library.as_chat_engine(old)
    for nodes in (engine.query(PEAK).source_nodes, chat.chat(PEAK).source_nodes):
        assert {node.metadata["paper_id"] for node in nodes} <= {"bread"}


def test_a_depth_is_worked_at(words_library):
    thorough = words_library.as_query_engine(depth="thorough")
    assert thorough.query(PEAK).answer.research is not None


@pytest.mark.parametrize(
    ("made", "told"),
    [
        (lambda library: library.as_query_engine(depth="deep"), "'quick' or 'thorough'"),
        (lambda library: library.as_chat_engine({"since": 2020}), "takes a Filters"),
        (lambda library: library.as_retriever(filters="moss"), "takes a Filters"),
        (lambda library: library.as_retriever(k=0), "at least 1, not 0"),
    ],
)
def test_what_no_face_can_take_is_refused_when_it_is_made(words_library, made, told):
    with pytest.raises((TypeError, ValueError), match=told):
        made(words_library)


def test_a_notebook_shows_a_response_with_its_quotes(words_library):
    response = words_library.as_query_engine().query(PEAK)
    assert response._repr_markdown_() == words_library.ask(PEAK)._repr_markdown_()
    assert "> Their activity peaked every 12.4 hours." in response._repr_markdown_()


def test_each_face_says_which_library_it_asks(words_library):
    where = repr(str(words_library.folder))
    assert repr(words_library.as_retriever(k=3)) == f"<PaperRetriever of {where}, k=3>"
    assert repr(words_library.as_query_engine(depth="thorough")) == (
        f"<PaperQueryEngine of {where}, 'thorough'>"
    )
    chat = words_library.as_chat_engine()
    chat.chat(PEAK)
    assert repr(chat) == f"<PaperChatEngine of {where}, 2 messages>"


def test_a_face_sees_papers_that_came_after_it(lexical_settings, tmp_path):
    with Library.open(tmp_path / "own", settings=lexical_settings) as library:
        retriever, engine = library.as_retriever(), library.as_query_engine()
        assert engine.query(PEAK).metadata["reason"] == "empty_library"
        library.ingest([CRABS])
        assert [n.node.ref_doc_id for n in retriever.retrieve(PEAK)] == ["crabs"]
        assert engine.query(PEAK).metadata["status"] == "answered"


def test_nothing_asked_is_told_and_no_error(words_library):
    assert words_library.as_query_engine().query(" ").metadata["status"] == "abstained"


def test_what_systems_and_tools_say_is_no_part_of_the_conversation(words_library):
    chat = words_library.as_chat_engine()
    chat.chat(
        PEAK,
        chat_history=[
            ChatMessage(role="system", content="Be brief about bread."),
            ChatMessage(role="user", content="What keeps time?"),
            ChatMessage(role="assistant", content=""),
            ChatMessage(role="tool", content="42"),
            ChatMessage(role="assistant", content="Crabs."),
        ],
    )
    assert [m.content for m in chat.chat_history[:3]] == ["What keeps time?", "Crabs.", PEAK]


# Nodes and documents.


def test_a_node_has_the_record_and_a_model_reads_the_telling_part_of_it():
    node = build_node(CRABS, build_passages(CRABS, 220)[0])
    assert node.metadata == {
        "paper_id": "crabs",
        "title": CRABS.title,
        "authors": "Ada Byron; Chen, Bo",
        "year": 2022,
        "published": "2022-01-03",
        "venue": "Tides",
        "url": "https://a.example/crabs",
        "tags": "tides; clocks",
        "start": 0,
        "end": len(CRABS.abstract),
    }
    assert node.ref_doc_id == "crabs"
    assert node.get_content(MetadataMode.EMBED) == f"{CRABS.title}\n{CRABS.abstract}"
    assert node.get_content(MetadataMode.LLM) == (
        f"authors: Ada Byron; Chen, Bo\nyear: 2022\n\n{CRABS.title}\n{CRABS.abstract}"
    )


def test_what_is_not_known_of_a_paper_has_no_key():
    assert set(build_node(BREAD, build_passages(BREAD, 220)[0]).metadata) == {
        "paper_id", "title", "year", "published", "url", "start", "end",
    }  # fmt: skip


def test_a_document_is_embedded_with_its_title_and_read_with_its_authors():
    document = build_document(CRABS)
    assert (document.id_, document.text) == ("crabs", CRABS.abstract)
    assert document.get_content(MetadataMode.EMBED) == f"title: {CRABS.title}\n\n{CRABS.abstract}"
    assert document.get_content(MetadataMode.LLM).splitlines()[:3] == [
        f"title: {CRABS.title}",
        "authors: Ada Byron; Chen, Bo",
        "year: 2022",
    ]
    (chunk,) = SentenceSplitter().get_nodes_from_documents([document])
    assert (chunk.ref_doc_id, chunk.metadata["year"]) == ("crabs", 2022)


def test_thousands_of_authors_stay_out_of_what_a_model_reads():
    many = tuple(f"Person {n}" for n in range(3000))
    crowd = Paper("crowd", "A Collision", "Two beams meet. " * 40, authors=many)
    document = build_document(crowd)
    assert document.metadata["authors"].endswith("; Person 2999")
    assert "Person" not in document.get_content(MetadataMode.LLM)
    assert len(SentenceSplitter(chunk_size=100, chunk_overlap=0)([document])) > 1
    few = build_document(Paper("few", "T", "A.", authors=many[:MOST_AUTHORS_READ]))
    assert "Person 0" in few.get_content(MetadataMode.LLM)


LONG = Paper("long", "Many Things", " ".join(f"Thing {n} is blue and round." for n in range(60)))
PASSAGES = build_passages(LONG, 60)


def quoting(*passages):
    """An answer that cites a long paper by the beginning of some of its passages."""
    quotes = [(each.start, LONG.abstract.index(".", each.start) + 1) for each in passages]
    cited = [Citation(7, LONG, LONG.abstract[a:b], a, b, 0.9) for a, b in quotes]
    hit = Hit(LONG, 0.8, PASSAGES[::-1])
    return Answer("q", "Blue [7].", "answered", citations=tuple(cited), hits=(hit,))


def test_a_cited_papers_node_holds_what_is_quoted_of_it():
    (source,) = source_nodes(quoting(PASSAGES[1]))
    assert (source.node.node_id, source.metadata["marker"]) == ("long#1", 7)
    (source,) = source_nodes(quoting(PASSAGES[0], PASSAGES[2]))
    assert source.text == f"Many Things\n{LONG.abstract}"


def test_a_paper_of_the_conversation_before_is_a_source_too():
    answer = Answer("q", "Blue [7].", "answered", citations=quoting(PASSAGES[0]).citations)
    (source,) = source_nodes(answer)
    assert source.metadata["paper_id"] == "long"


# Streams.

FIRST = "Tea is warm [1]."
BOTH = f"{FIRST} Moss is green [1]."


def draft(text, end):
    checked = (CheckedSentence(text[:end], 0, end, (1,), "supported"),) if end else ()
    return Answer("q", text, "draft", sentences=checked, hits=(Hit(CRABS, 1.0),))


def final(text, **more):
    return Answer("q", text, "answered", **more)


def grown(*answers):
    ended = []
    growing = GrowingAnswer(iter(answers), ended.append)
    pieces = list(growing)
    assert ended == [answers[-1]]
    assert list(growing) == pieces  # it can be read again
    return pieces


def test_a_stream_gives_what_was_checked_and_then_the_rest():
    first = len(FIRST)
    drafts = (draft("", 0), draft("Tea is", 0), draft(FIRST + " Mo", first), draft(BOTH, first))
    assert grown(*drafts, final(BOTH)) == [FIRST, BOTH[first:]]


def test_a_stream_that_turns_out_otherwise_says_so():
    assert grown(draft(FIRST, len(FIRST)), final("Moss is green [1].")) == [
        FIRST,
        f"{CORRECTED}Moss is green [1].",
    ]


def test_a_caveat_stands_above_a_whole_answer_and_below_a_streamed_one():
    assert grown(final(FIRST, caveat="Perhaps.")) == [f"*Perhaps.*\n\n{FIRST}"]
    assert grown(draft(FIRST, len(FIRST)), final(FIRST, caveat="Perhaps.")) == [
        FIRST,
        "\n\n*Perhaps.*",
    ]


WRITTEN = f"{own_sentence(BEAVERS)} [1]. {own_sentence(OTTERS)} [2]."
DAMS = "How do beavers choose the place of a dam, and who settles in ponds?"


@pytest.fixture(scope="module")
def ponds(tmp_path_factory):
    """Two papers about beavers and otters, found by their words."""
    folder = tmp_path_factory.mktemp("ponds")
    with Library.open(folder, settings=endpoint_settings(None, embedder="none")) as library:
        library.ingest([BEAVERS, OTTERS])
        yield library


@pytest.fixture
def held(ponds, endpoint):
    """The library with a model that stops within its second sentence until the event is set."""
    go_on = threading.Event()
    pieces = re.split("(?=Otters)|(?=ponds that)", WRITTEN)
    endpoint.reply(WRITTEN, pieces=pieces, hold=("ponds that", go_on))
    settings = endpoint_settings(endpoint.url, embedder="none")
    yield ponds.with_settings(settings, endpoint_model(endpoint.url)), go_on
    go_on.set()


def test_the_first_sentence_is_there_while_the_second_is_written(held):
    library, go_on = held
    response = library.as_query_engine(streaming=True).query(DAMS)
    assert {node.metadata["paper_id"] for node in response.source_nodes} == {"beavers", "otters"}
    assert response.metadata["status"] == "draft"
    pieces = response.response_gen
    first = next(pieces)
    assert own_sentence(BEAVERS) in first
    assert not go_on.is_set()
    go_on.set()
    rest = "".join(pieces)
    assert own_sentence(OTTERS) in rest
    assert response.metadata["status"] == "answered"
    assert {node.metadata.get("marker") for node in response.source_nodes} == {1, 2}


def test_a_chat_streams_to_an_event_loop_that_goes_on(held):
    library, go_on = held
    chat = library.as_chat_engine()

    async def run():
        response = await chat.astream_chat(DAMS)
        pieces = response.async_response_gen()
        said = [await anext(pieces)]
        following = asyncio.create_task(anext(pieces))
        await asyncio.sleep(0)  # the loop turns while the model is silent
        assert not following.done()
        go_on.set()
        said.append(await following)
        return "".join([*said, *[piece async for piece in pieces]])

    said = asyncio.run(run())
    assert own_sentence(BEAVERS) in said
    assert own_sentence(OTTERS) in said
    assert [message.content for message in chat.chat_history] == [DAMS, said]


def test_a_reader_that_goes_early_stops_the_answer():
    go_on, stopped = threading.Event(), threading.Event()

    def drafts():
        try:
            yield draft(FIRST, len(FIRST))
            assert go_on.wait(60)
            yield draft(BOTH, len(BOTH))
            pytest.fail("it went on")
        finally:
            stopped.set()

    async def run():
        pieces = GrowingAnswer(drafts(), pytest.fail).pieces()
        assert await anext(pieces) == FIRST
        waiting = asyncio.create_task(anext(pieces))
        await asyncio.sleep(0)
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
        go_on.set()

    asyncio.run(run())
    assert stopped.is_set()


def test_an_answer_that_nobody_read_is_in_the_conversation(words_library):
    chat = words_library.as_chat_engine()
    chat.stream_chat(PEAK)
    chat.chat("How was that measured?")
    assert [m.role.value for m in chat.chat_history] == ["user", "assistant"] * 2
    assert "12.4 hours" in chat.chat_history[1].content


def test_a_whole_stream_is_the_answer(words_library):
    async def run():
        response = await words_library.as_query_engine(streaming=True).aquery(PEAK)
        return "".join([piece async for piece in response.async_response_gen()])

    assert asyncio.run(run()) == words_library.ask(PEAK).markdown


def test_retrieving_does_not_hold_up_the_event_loop(words_library, monkeypatch):
    go_on, search = threading.Event(), words_library.search

    def held_up(*asked, **how):
        assert go_on.wait(60)
        return search(*asked, **how)

    monkeypatch.setattr(words_library, "search", held_up)

    async def run():
        found = asyncio.create_task(words_library.as_retriever().aretrieve(PEAK))
        await asyncio.sleep(0)
        go_on.set()  # only reached where the loop is free
        return await found

    assert asyncio.run(run())[0].node.ref_doc_id == "crabs"


# The reader.

BIB = """@article{crabs, title={Tidal Clocks in Shore Crabs}, author={Byron, Ada and Chen, Bo},
  year={2022}, abstract={Shore crabs keep time with the sea. They wake every 12.4 hours.}}
@article{nothing, title={No Abstract At All}}
"""


@pytest.fixture
def bib(tmp_path):
    path = tmp_path / "refs.bib"
    path.write_text(BIB, encoding="utf-8")
    return path


def test_the_reader_gives_a_document_for_each_paper_and_logs_the_rest(bib, caplog):
    (document,) = PaperReader().load_data(bib)
    assert document.text == "Shore crabs keep time with the sea. They wake every 12.4 hours."
    assert document.metadata["title"] == "Tidal Clocks in Shore Crabs"
    assert document.metadata["authors"] == "Ada Byron; Bo Chen"
    assert (document.metadata["year"], document.metadata["source"]) == (2022, "refs.bib")
    assert "refs.bib, record 2 was not read: 'No Abstract At All' has no abstract" in caplog.text


def test_the_reader_reads_in_a_directory_reader_and_lazily_and_awaited(bib):
    reader = SimpleDirectoryReader(
        str(bib.parent), required_exts=[".bib"], file_extractor={".bib": PaperReader()}
    )
    (document,) = reader.load_data()
    assert document.metadata["file_name"] == "refs.bib"
    assert document.metadata["year"] == 2022
    assert next(PaperReader().lazy_load_data([str(bib)])).text == document.text
    assert asyncio.run(PaperReader().aload_data(bib))[0].text == document.text


def test_the_reader_says_why_a_file_gives_nothing(tmp_path):
    (tmp_path / "code.py").write_text("print(1)\n")
    with pytest.raises(SourceError, match=r"No paper could be read\. 'code\.py'"):
        PaperReader().load_data(tmp_path / "code.py")
    with pytest.raises(SourceError, match="No such file"):
        PaperReader().load_data(tmp_path / "absent.bib")


def test_a_follow_up_is_asked_in_the_light_of_what_was_streamed(words_library):
    chat = words_library.as_chat_engine()
    "".join(chat.stream_chat(CRUST).response_gen)
    followed = chat.chat("How many loaves were baked?")
    expected = words_library.ask(
        "How many loaves were baked?",
        [Message("user", CRUST), Message("assistant", words_library.ask(CRUST).markdown)],
    )
    assert followed.response == expected.markdown

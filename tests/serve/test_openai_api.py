"""OpenAI's API beside the page, by the official client, unchanged, over a real server."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import openai
import pytest
from llama_index.embeddings.openai import OpenAIEmbedding

from rag.endpoint.chat import EndpointLLM
from tests.support import ROOT
from tests.support.endpoint_papers import KEY, QUESTION, endpoint_settings, own_sentence
from tests.support.page_server import served, serving
from ui.server.access import AccessPolicy
from ui.server.loading import Loading

TOKEN = "a-token-of-this-test-alone"
BLANK = {"role": "user", "content": " "}
ASKED = [{"role": "user", "content": "How well do drones count moss?"}]
MODEL = "paperchat"


def client_of(address, token="none-is-wanted"):
    return openai.OpenAI(base_url=f"{address}v1", api_key=token, max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def page(invented):
    with served(invented) as address:
        yield address


@pytest.fixture(scope="module")
def client(page):
    with client_of(page) as made:
        yield made


@pytest.fixture(scope="module")
def guarded(invented):
    """A page that wants a token, and lets two questions a minute through."""
    with served(invented, AccessPolicy(tokens=frozenset({TOKEN}), rate_limit=2)) as address:
        yield address


def text_of(chunks):
    return "".join(each.choices[0].delta.content or "" for each in chunks if each.choices)


def chat(client, **others):
    return client.chat.completions.create(**{"model": MODEL, "messages": ASKED} | others)


SENT_AT_MOST = 15  # requests of each kind and phase
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance"


def test_whatever_is_sent_to_what_is_described_is_answered_as_described(page, tmp_path):
    command = [Path(sys.executable).with_name("schemathesis"), "run", f"{page}v1/openapi.json"]
    options = ["--checks", f"{CHECKS},response_schema_conformance", "--seed", "1"]
    done = subprocess.run(
        [*command, *options, "--max-examples", str(SENT_AT_MOST), "--request-timeout", "60"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Tested: 5" in done.stdout


def test_the_models_are_the_library_as_set_up_and_its_own_sentences(client):
    assert {model.id for model in client.models.list()} == {MODEL, "paperchat-extractive"}
    assert client.models.retrieve(MODEL).owned_by == "paperchat"


def test_the_request_of_the_guide_is_answered(page):
    guide = (ROOT / ".github" / "PROGRAMS.md").read_text("utf-8")
    command = re.search(r"^curl .*?(?=^```)", guide, re.M | re.S)
    _, address, _, header, _, body = shlex.split(command[0].replace("\\\n", " "))
    name, _, value = header.partition(": ")
    address = address.replace("http://127.0.0.1:7860/", page)
    reply = httpx.post(address, content=body, headers={name: value}, timeout=60)
    assert reply.status_code == 200
    assert reply.json()["choices"][0]["message"]["role"] == "assistant"


def test_an_answer_cites_by_links_and_by_annotations(client, invented):
    completion = chat(client)
    (choice,) = completion.choices
    assert choice.finish_reason == "stop"
    assert "7 %" in choice.message.content
    assert completion.paperchat["status"] == "answered"
    moss = [a.url_citation for a in choice.message.annotations if a.url_citation.paper_id == "moss"]
    assert moss
    for each in moss:
        assert choice.message.content[each.start_index : each.end_index].startswith("[[")
        assert each.title == invented.get("moss").title
        assert each.url == invented.get("moss").link
        assert each.quote in invented.get("moss").abstract


@pytest.mark.parametrize(
    ("depth", "is_thorough"), [(None, False), ("quick", False), ("thorough", True)]
)
def test_a_question_may_be_asked_thoroughly(client, depth, is_thorough):
    body = {"depth": depth} if depth else {}
    completion = chat(client, extra_body=body)
    assert (len(completion.paperchat["searches"]) > 1) is is_thorough
    *_, last = chat(client, stream=True, extra_body=body)
    assert last.paperchat["searches"] == completion.paperchat["searches"]
    response = client.responses.create(model=MODEL, input=ASKED, extra_body=body)
    assert response.paperchat["searches"] == completion.paperchat["searches"]


def test_a_depth_that_there_is_not_is_refused_by_its_name(client):
    with pytest.raises(openai.BadRequestError) as refused:
        chat(client, extra_body={"depth": "deep"})
    assert refused.value.param == "depth"


def test_a_stream_ends_with_the_same_text_annotations_and_usage(client):
    whole = chat(client).choices[0].message
    chunks = list(chat(client, stream=True, stream_options={"include_usage": True}))
    assert text_of(chunks) == whole.content
    assert chunks[0].choices[0].delta.role == "assistant"
    annotated = [
        c.choices[0].delta.annotations
        for c in chunks
        if c.choices and getattr(c.choices[0].delta, "annotations", None)
    ]
    assert [len(each) for each in annotated] == [len(whole.annotations)]
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].choices == []
    assert chunks[-1].usage.total_tokens == 0  # no language model wrote it


def test_every_chunk_has_choices_and_the_stream_says_that_it_is_over(page):
    body = {"model": MODEL, "messages": ASKED, "stream": True}
    lines = httpx.post(f"{page}v1/chat/completions", json=body, timeout=60).text.split("\n\n")
    *events, done, empty = lines
    assert (done, empty) == ("data: [DONE]", "")
    assert all("choices" in json.loads(each.removeprefix("data: ")) for each in events)


def test_a_follow_up_is_read_in_the_light_of_what_was_sent_before(client):
    first = {"role": "user", "content": "What makes sourdough rise?"}
    said = chat(client, messages=[first]).choices[0].message.content
    before = [{"role": "system", "content": "Be brief."}, first]
    messages = [
        *before,
        {"role": "assistant", "content": said},
        {"role": "user", "content": [{"type": "text", "text": "and what slows it down?"}]},
    ]
    answer = chat(client, messages=messages).choices[0].message
    assert {a.url_citation.paper_id for a in answer.annotations} == {"bread"}


def test_what_the_papers_do_not_say_is_an_abstention_and_no_error(client):
    completion = chat(client, messages=[{"role": "user", "content": "What do whales sing about?"}])
    assert completion.paperchat["status"] == "abstained"
    assert completion.choices[0].message.annotations == []


def test_a_response_has_annotations_and_nothing_is_stored(client):
    response = client.responses.create(model=MODEL, input="How well do drones count moss?")
    assert response.status == "completed"
    assert "7 %" in response.output_text
    (item,) = response.output
    assert {each.type for each in item.content[0].annotations} == {"url_citation"}
    with pytest.raises(openai.BadRequestError) as caught:
        client.responses.create(model=MODEL, input="and?", previous_response_id=response.id)
    assert caught.value.param == "previous_response_id"


def test_a_streamed_response_tells_text_and_annotations_by_events(client):
    whole = client.responses.create(model=MODEL, input=ASKED).output[0].content[0]
    with client.responses.stream(model=MODEL, input=ASKED) as stream:  # checks the events' order
        events = list(stream)
        final = stream.get_final_response()
    kinds = [event.type for event in events]
    assert kinds[0] == "response.created"
    assert kinds[-1] == "response.completed"
    assert kinds.count("response.output_text.annotation.added") == len(whole.annotations) > 0
    deltas = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert deltas == final.output_text == whole.text
    assert [event.sequence_number for event in events] == list(range(len(events)))


@pytest.mark.parametrize(
    ("kind", "given", "error", "param"),
    [
        ("chat", {"model": "gpt-4o"}, openai.NotFoundError, "model"),
        ("chat", {"messages": []}, openai.BadRequestError, "messages"),
        ("chat", {"messages": [{"role": "tool"}]}, openai.BadRequestError, "messages[0].role"),
        (
            "chat",
            {"messages": [BLANK]},
            openai.BadRequestError,
            "messages",
        ),
        (
            "chat",
            {"messages": [*ASKED, {"role": "assistant", "content": "So."}]},
            openai.BadRequestError,
            "messages",
        ),
        ("chat", {"n": 3}, openai.BadRequestError, "n"),
        (
            "chat",
            {"response_format": {"type": "json_object"}},
            openai.BadRequestError,
            "response_format.type",
        ),
        ("responses", {"model": "o9", "input": "moss?"}, openai.NotFoundError, "model"),
        ("responses", {"model": MODEL, "input": []}, openai.BadRequestError, "input"),
        ("embeddings", {"model": "ada", "input": "moss"}, openai.NotFoundError, "model"),
    ],
)
def test_what_is_wrong_is_told_as_the_client_expects(client, kind, given, error, param):
    calls = {
        "chat": lambda **g: chat(client, **g),
        "responses": client.responses.create,
        "embeddings": client.embeddings.create,
    }
    with pytest.raises(error) as caught:
        calls[kind](**given)
    assert (caught.value.param or "").startswith(param)
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("body", ["{", "[]", "null", '"a"', '{"model": 1}', '{"messages": {}}'])
@pytest.mark.parametrize("path", ["chat/completions", "responses", "embeddings"])
def test_no_body_brings_the_server_down(page, path, body):
    reply = httpx.post(
        f"{page}v1/{path}", content=body, headers={"content-type": "application/json"}
    )
    assert reply.status_code == 400
    assert reply.json()["error"]["message"]


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "chat/completions"), ("GET", "models/none"), ("POST", "files")],
)
def test_what_is_not_there_is_said_to_be_not_there(page, method, path):
    assert httpx.request(method, f"{page}v1/{path}").status_code == 404


def test_a_token_is_wanted_where_the_page_wants_one(guarded):
    for token in ("wrong-but-just-as-long-as", "short"):
        with (
            client_of(guarded, token) as stranger,
            pytest.raises(openai.AuthenticationError) as told,
        ):
            stranger.models.list()
        assert told.value.code == "invalid_api_key"
    with client_of(guarded, TOKEN) as friend:
        assert list(friend.models.list())


def test_the_rate_of_the_page_counts_and_says_when_to_ask_again(guarded):
    with client_of(guarded, TOKEN) as friend:
        chat(friend)
        chat(friend)
        with pytest.raises(openai.RateLimitError) as told:
            chat(friend)
        assert int(told.value.response.headers["retry-after"]) > 0
        assert "2 questions a minute" in told.value.message


def test_a_library_that_is_still_loading_asks_to_wait():
    with (
        serving(Loading(), 7970) as address,
        client_of(address) as client,
        pytest.raises(openai.InternalServerError) as told,
    ):
        chat(client)
    assert told.value.status_code == 503
    assert told.value.response.headers["retry-after"]


def test_another_site_may_not_ask_through_a_visitors_browser(page):
    foreign = {"origin": "https://elsewhere.example"}
    body = {"model": MODEL, "messages": ASKED}
    assert httpx.post(f"{page}v1/chat/completions", json=body, headers=foreign).status_code == 403


def test_the_requests_are_described_as_openapi(page):
    told = httpx.get(f"{page}v1/openapi.json").json()
    assert set(told["paths"]) == {
        "/v1/models",
        "/v1/models/{name}",
        "/v1/chat/completions",
        "/v1/responses",
        "/v1/embeddings",
    }
    assert "HTTPBearer" in told["components"]["securitySchemes"]


def test_what_a_model_writes_is_sent_when_it_is_checked(asked, endpoint, order):
    one, two = order[0], order[1]
    endpoint.reply(f"{own_sentence(one)} [1]. Bread rises by yeast [1]. {own_sentence(two)} [2].")
    library = asked()
    with served(library) as address, client_of(address) as client:
        question = [{"role": "user", "content": QUESTION}]
        chunks = list(chat(client, messages=question, stream=True))
        assert library.embedder_name in {model.id for model in client.models.list()}
        vectors = client.embeddings.create(model=library.embedder_name, input=["a dam", "a pond"])
        plain = client.embeddings.create(
            model=library.embedder_name, input="a dam", encoding_format="float"
        )
        own = EndpointLLM(  # LlamaIndex's class for OpenAI, asking this page
            endpoint_settings(f"{address}v1", OPENAI_API_KEY=KEY), "paperchat-extractive"
        )
        said = own.complete(QUESTION).text
    text = text_of(chunks)
    assert own_sentence(one) in text
    assert own_sentence(two) in text
    assert text.count("Bread rises") <= 1  # only below, as removed
    assert "[[1]](" in text
    assert "[[1]](" in said
    first, second = (each.embedding for each in vectors.data)
    assert [first, second] == [
        pytest.approx(each, abs=1e-3) for each in library.embed(["a dam", "a pond"])
    ]
    assert plain.data[0].embedding == pytest.approx(library.embed(["a dam"])[0], abs=1e-3)


def test_a_chat_front_end_asks_as_it_asks_every_endpoint(page):
    """What open-webui sends: whose question it is, the prompts of its settings, what was said."""
    header = {"authorization": "Bearer none-is-wanted", "x-openwebui-user-name": "Ada"}
    names = [each["id"] for each in httpx.get(f"{page}v1/models", headers=header).json()["data"]]
    said = httpx.post(
        f"{page}v1/chat/completions", headers=header, json={"model": names[0], "messages": ASKED}
    ).json()
    messages = [
        {"role": "system", "content": "You are a pirate."},
        *ASKED,
        {"role": "assistant", "content": said["choices"][0]["message"]["content"]},
        {"role": "user", "content": [{"type": "text", "text": "And who wrote that?"}]},
    ]
    body = {
        "model": names[0],
        "messages": messages,
        "stream": True,
        "stream_options": {"include_usage": True},
        "temperature": 0.8,
        "max_tokens": 900,
        "user": "ada",
    }
    with httpx.stream(
        "POST", f"{page}v1/chat/completions", headers=header, json=body, timeout=60
    ) as lines:
        told = [each.removeprefix("data: ") for each in lines.iter_lines() if each]
    assert told[-1] == "[DONE]"
    chunks = [json.loads(each) for each in told[:-1]]
    assert all("choices" in each for each in chunks)
    text = "".join(c["delta"].get("content") or "" for e in chunks for c in e["choices"])
    assert "No author is recorded for this paper [[1]](" in text  # of the answer before
    assert "pirate" not in text
    assert chunks[-1]["usage"]["total_tokens"] >= 0


def test_llamaindex_embeds_by_the_page_as_by_openai(asked):
    library = asked()
    with served(library) as address:
        embedding = OpenAIEmbedding(
            model_name=library.embedder_name, api_base=f"{address}v1", api_key=KEY, max_retries=0
        )
        one = embedding.get_query_embedding("a dam")
        two = embedding.get_text_embedding_batch(["a dam", "a pond"])
    assert one == pytest.approx(library.embed(["a dam"])[0], abs=1e-3)
    assert two == [pytest.approx(each, abs=1e-3) for each in library.embed(["a dam", "a pond"])]

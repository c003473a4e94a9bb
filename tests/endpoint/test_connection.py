"""Trying an endpoint out: one small question over HTTP, its models, and no key in any error."""

from __future__ import annotations

import json
import traceback

import pytest

from rag.endpoint.connection import PROBE_TOKENS, find_models, try_endpoint
from rag.errors import ConfigurationError, ModelError, ModelResponseError
from rag.settings import Settings

KEY = "a-visitors-own-0123456789"


def settings_for(endpoint, **others):
    return Settings(openai_base_url=endpoint.url, openai_api_key=KEY, **others)


def test_an_endpoint_is_asked_one_small_question_and_tells_its_models(endpoint):
    endpoint.models = ["b-model", "a-model"]
    endpoint.reply("ready")
    done = try_endpoint(settings_for(endpoint), "a-model")
    assert done.model == "a-model"
    assert done.models == ("a-model", "b-model")
    assert done.milliseconds > 0
    (asked,) = endpoint.requests
    assert asked["max_tokens"] == PROBE_TOKENS
    assert len(json.dumps(asked["messages"])) < 100


@pytest.mark.parametrize("listing", [None, "not a list"])
def test_an_endpoint_without_a_list_of_models_still_answers(endpoint, listing):
    endpoint.models = listing and [listing]
    endpoint.reply("ready")
    assert try_endpoint(settings_for(endpoint), "m").models in ((), ("not a list",))


def test_a_failing_endpoint_is_asked_once_and_not_again(endpoint):
    endpoint.fail(500)
    with pytest.raises(ModelError, match="500"):
        try_endpoint(settings_for(endpoint, retries=5), "m")
    assert len(endpoint.requests) == 1


def test_the_models_of_an_endpoint_that_knows_not_the_wanted_one_are_found(endpoint):
    endpoint.models = ["real-model"]
    endpoint.fail(404)
    with pytest.raises(ModelResponseError, match="does not know the model 'wrong'"):
        try_endpoint(settings_for(endpoint), "wrong")
    assert find_models(settings_for(endpoint), "wrong") == ("real-model",)


def test_no_models_are_found_where_nobody_answers():
    assert find_models(Settings(openai_base_url="http://127.0.0.1:9/v1"), "m") == ()


def test_without_an_endpoint_there_is_nothing_to_try():
    with pytest.raises(ConfigurationError, match="no endpoint"):
        try_endpoint(Settings(), "m")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422, 429, 500])
@pytest.mark.parametrize("said", [f"wrong token {KEY}", f"Bearer {KEY}", KEY])
def test_a_key_that_an_endpoint_repeats_stands_in_no_error_nor_its_causes(endpoint, status, said):
    endpoint.fail(status, body=json.dumps({"error": {"message": said, "code": said}}))
    with pytest.raises(ModelError) as raised:
        try_endpoint(settings_for(endpoint), "m")
    printed = "".join(traceback.format_exception(raised.value))
    assert KEY not in f"{raised.value}{printed}"

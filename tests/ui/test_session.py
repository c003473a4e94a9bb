"""What a browser session sets for itself: ranges, endpoints, and where keys go."""

from __future__ import annotations

import copy
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from rag.errors import ConfigurationError
from rag.library import Library
from rag.settings import Settings
from rag.types import EXTRACTIVE
from tests.support.scripted_endpoint import ScriptedEndpoint
from ui.settings.remembered import MOST_KEYS, SessionKeys, from_browser, to_browser
from ui.settings.session import (
    PAPERS_RANGE,
    WORDS_RANGE,
    SessionSettings,
    as_set,
    effective_settings,
    library_for,
    model_name,
    with_answers,
    with_endpoint,
    without_key,
)

HERS = "operators-own-key"
HIS = "visitors-own-key"
HOME = "http://127.0.0.1:1/v1"
AWAY = "http://127.0.0.1:2/v1"


@pytest.fixture
def operator(tmp_path):
    return Settings(
        library=tmp_path / "library",
        embedder="none",
        openai_api_key=HERS,
        openai_base_url=HOME,
        openai_model="her-model",
    )


@pytest.fixture
def alone(tmp_path):
    """An operator without an endpoint."""
    return Settings(library=tmp_path / "library", embedder="none")


def endpoint(session, settings, *, base_url="", key="", model="", allows_others=True):
    return with_endpoint(
        session,
        model=model,
        base_url=base_url,
        key=key,
        settings=settings,
        allows_others=allows_others,
    )


def key_of(settings):
    return settings.openai_api_key and settings.openai_api_key.get_secret_value()


def test_nothing_changed_is_what_the_operator_set(operator, alone):
    assert as_set(alone) == SessionSettings()
    start = as_set(operator)
    assert (start.mode, start.model, start.key, start.base_url) == (
        "model",
        "her-model",
        None,
        None,
    )
    assert as_set(operator, "another").model == "another"
    assert as_set(operator, EXTRACTIVE).mode == "extractive"
    again = effective_settings(operator, start)
    assert again.model_dump() == operator.model_dump()


def test_the_operators_key_goes_to_the_operators_endpoint_only(operator):
    start = as_set(operator)
    assert key_of(effective_settings(operator, start)) == HERS
    away = effective_settings(operator, endpoint(start, operator, base_url=AWAY))
    assert (away.openai_base_url, key_of(away)) == (AWAY, None)


def test_a_visitors_key_goes_to_the_endpoint_that_it_was_typed_for(operator):
    there = endpoint(as_set(operator), operator, base_url=AWAY, key=f" {HIS}\n")
    assert key_of(effective_settings(operator, there)) == HIS
    kept = endpoint(there, operator, base_url=f"{AWAY}/")
    assert kept.key == SecretStr(HIS)
    elsewhere = endpoint(kept, operator, base_url="http://127.0.0.1:3/v1")
    assert elsewhere.key is None
    home = endpoint(kept, operator)
    assert key_of(effective_settings(operator, home)) == HERS


def test_a_visitors_key_takes_the_place_of_the_operators_at_home(operator):
    home = endpoint(as_set(operator), operator, base_url=HOME, key=HIS)
    assert home.base_url is None
    assert key_of(effective_settings(operator, home)) == HIS
    assert key_of(effective_settings(operator, without_key(home))) == HERS


def test_on_a_shared_page_no_other_endpoint_may_be_named(operator):
    start = as_set(operator)
    with pytest.raises(ConfigurationError, match="--allow-endpoints"):
        endpoint(start, operator, base_url="http://169.254.169.254/v1", allows_others=False)
    same = endpoint(start, operator, base_url=f"{HOME}/", key=HIS, allows_others=False)
    assert same.key == SecretStr(HIS)


@pytest.mark.parametrize(
    "address",
    [
        "localhost:8000/v1",
        "ftp://files.example/v1",
        "file:///etc/passwd",
        "gopher://127.0.0.1:70/",
        "http://",
        "http://[::1/v1",
        "http://host:99999/v1",
        "http://host/v1 /x",
        "http://user:password@host/v1",
        "http://host/v1?key=1",
        "http://host/v1#x",
        "javascript:alert(1)",
    ],
)
def test_what_is_no_address_of_an_endpoint_is_refused(operator, address):
    with pytest.raises(ConfigurationError) as raised:
        endpoint(as_set(operator), operator, base_url=address, key=HIS)
    assert HIS not in str(raised.value)


def test_a_key_shows_in_nothing_that_is_printed_or_compared(operator):
    session = endpoint(as_set(operator), operator, base_url=AWAY, key=HIS)
    settings = effective_settings(operator, session)
    assert HIS not in f"{session!r}{session}{settings!r}{settings.model_dump_json()}"
    assert copy.deepcopy(session) == session  # Gradio copies what a session holds


def test_the_models_name_is_the_sessions_else_the_operators(operator, alone):
    assert model_name(operator, as_set(operator)) == "her-model"
    his = endpoint(as_set(operator), operator, model=" his-model ")
    assert model_name(operator, his) == "his-model"
    assert model_name(alone, SessionSettings(mode="model")) == alone.openai_model


@given(st.floats(-1e6, 1e6), st.floats(-1e6, 1e6), st.text(max_size=9), st.text(max_size=9))
def test_whatever_is_sent_the_answers_stay_in_range(top_k, words, mode, unsupported):
    changed = with_answers(
        SessionSettings(), mode=mode, top_k=top_k, answer_words=words, unsupported=unsupported
    )
    assert PAPERS_RANGE[0] <= changed.top_k <= PAPERS_RANGE[1]
    assert WORDS_RANGE[0] <= changed.answer_words <= WORDS_RANGE[1]
    assert changed.mode in ("extractive", "model")
    assert changed.unsupported in ("remove", "mark")


def test_a_models_answer_grows_with_the_chosen_length(operator):
    twice = 2 * operator.answer_words
    longer = with_answers(
        as_set(operator), mode="model", top_k=6, answer_words=twice, unsupported="mark"
    )
    settings = effective_settings(operator, longer)
    assert settings.answer_tokens == 2 * operator.answer_tokens
    assert (settings.answer_words, settings.unsupported) == (twice, "mark")


# --- the library that answers so ------------------------------------------------------------


@pytest.fixture
def library(alone):
    with Library.open(settings=alone) as library:
        papers = (
            {"id": f"p{n}", "title": f"Cats of Kind {n}", "abstract": f"Cats of kind {n} fall."}
            for n in range(12)
        )
        library.ingest(papers)
        yield library


def test_the_number_of_papers_is_the_sessions(library):
    few = with_answers(
        SessionSettings(), mode="extractive", top_k=2, answer_words=102, unsupported="remove"
    )
    assert len(library_for(library, few).ask("Which cats fall?").hits) == 2
    assert len(library.ask("Which cats fall?").hits) > 2


def test_a_thorough_session_is_answered_thoroughly(library):
    session = with_answers(
        SessionSettings(),
        mode="extractive",
        top_k=2,
        answer_words=102,
        unsupported="remove",
        depth="thorough",
    )
    assert library_for(library, session).ask("Which cats fall?").research
    assert library.ask("Which cats fall?").research is None


def test_a_session_with_a_model_is_answered_by_it(library):
    with ScriptedEndpoint() as server:
        server.reply("Cats of kind 3 fall [1].")
        session = endpoint(
            SessionSettings(mode="model"),
            library.settings,
            base_url=server.url,
            key=HIS,
            model="scripted",
        )
        assert library_for(library, session).is_extractive  # it has not answered yet
        assert server.requests == []
        session = replace(session, has_worked=True)
        answer = library_for(library, session).ask("Do cats of kind 3 fall?")
        assert answer.mode == "scripted"
        assert {each["Authorization"] for each in server.headers} == {f"Bearer {HIS}"}
    assert library.mode == EXTRACTIVE  # the others' library stays as it was


def test_a_model_without_an_endpoint_is_told(library):
    with pytest.raises(ConfigurationError, match="needs an endpoint"):
        library_for(library, SessionSettings(mode="model", model="some-model", has_worked=True))


def test_a_model_is_a_draft_until_it_has_worked_and_again_when_it_is_another(operator):
    assert not as_set(operator).is_draft  # the operator's own choice
    chosen = endpoint(as_set(operator), operator, base_url=AWAY, model="his-model", key=HIS)
    assert chosen.is_draft
    worked = replace(chosen, has_worked=True)
    assert not endpoint(worked, operator, base_url=AWAY, model="his-model").is_draft
    for change in ({"model": "another"}, {"key": "another-key"}, {"base_url": HOME}):
        others = {"base_url": AWAY, "model": "his-model", **change}
        assert endpoint(worked, operator, **others).is_draft
    assert without_key(worked).is_draft
    assert not replace(worked, mode="extractive").is_draft


# --- what outlives a reload


def restored(session, operator, key=None, allows_others=True, **others):
    return from_browser(
        as_set(operator),
        to_browser(session) | others,
        key,
        settings=operator,
        allows_others=allows_others,
    )


def test_all_but_the_key_outlives_a_reload_in_the_browser(operator):
    chosen = endpoint(
        SessionSettings("model", top_k=7, answer_words=80, unsupported="mark", depth="thorough"),
        operator,
        base_url=AWAY,
        model="his-model",
        key=HIS,
    )
    chosen = replace(chosen, has_worked=True)
    assert HIS not in str(to_browser(chosen))
    assert restored(chosen, operator, SecretStr(HIS)) == chosen
    assert restored(chosen, operator) == replace(chosen, key=None)


def test_a_key_outlives_a_reload_on_the_server_for_its_address_alone(operator):
    keys = SessionKeys()
    chosen = endpoint(SessionSettings("model"), operator, base_url=AWAY, key=HIS)
    keys.keep("one", chosen)
    assert keys.find("one", AWAY).get_secret_value() == HIS
    assert keys.find("one", HOME) is None
    assert keys.find("one", None) is None
    assert keys.find("another", AWAY) is None
    keys.keep("one", without_key(chosen))
    assert keys.find("one", AWAY) is None
    keys.keep("", chosen)
    assert keys.find("", AWAY) is None


def test_only_the_latest_keys_are_held(operator):
    keys = SessionKeys()
    chosen = endpoint(SessionSettings("model"), operator, base_url=AWAY, key=HIS)
    for n in range(MOST_KEYS + 1):
        keys.keep(str(n), chosen)
    assert keys.find("0", AWAY) is None
    assert keys.find("1", AWAY)


@pytest.mark.parametrize(
    "kept", [{"top_k": "many"}, {"top_k": "inf"}, {"top_k": "nan"}, {"base_url": "ftp://x"}]
)
def test_what_no_page_kept_changes_nothing(operator, kept):
    assert restored(SessionSettings(), operator, **kept) == as_set(operator)


def test_what_a_browser_kept_opens_no_endpoint_that_is_closed(operator):
    chosen = SessionSettings("model", "his-model", AWAY, has_worked=True)
    assert restored(chosen, operator, allows_others=False) == as_set(operator)

"""What can be set: ranges, names, sources, and the file that lists it all."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr, ValidationError
from pydantic_core import PydanticUndefined

from rag.errors import ConfigurationError
from rag.settings import Settings, read_settings

EXAMPLE = Path(__file__).resolve().parents[1] / ".env.example"
LINE = re.compile(r"^(?:# ?)?(?P<name>[A-Z][A-Z0-9_]*)=(?P<value>.*)$")

# Name of the field, the outermost values that may be set, and values just beyond.
RANGES = [
    ("timeout_s", ["0.1", "600"], ["0", "-1"]),
    ("deadline_s", ["0.1", "3600"], ["0", "-1"]),
    ("retries", ["0", "10"], ["-1", "1.5"]),
    ("temperature", ["0", "2"], ["-0.1", "2.1"]),
    ("answer_tokens", ["16", "4000"], ["15"]),
    ("model_window", ["1024", "1000000"], ["1023", "-1"]),
    ("table_tokens", ["1000", "500000"], ["999", "-1"]),
    ("table_s", ["1", "3600"], ["0.9", "-1", "inf"]),
    ("thorough_tokens", ["4000", "200000"], ["3999", "-1"]),
    ("thorough_s", ["1", "3600"], ["0.9", "-1"]),
    ("history_tokens", ["0", "100000"], ["-1"]),
    ("price_prompt", ["0", "75.5"], ["-0.01"]),
    ("price_completion", ["0", "600"], ["-1"]),
    ("context_tokens", ["200", "100000"], ["199"]),
    ("answer_words", ["30", "500"], ["29"]),
    ("passage_tokens", ["40", "512"], ["39"]),
    ("top_k", ["1", "50"], ["0", "51", "-3"]),
    ("candidates_k", ["10", "1000"], ["9"]),
    ("dense_weight", ["0", "1"], ["-0.01", "1.01"]),
    ("rate_limit", ["0", "6000"], ["-1"]),
    ("lookup_timeout_s", ["0.1", "600"], ["0", "-1"]),
]


def variable(name):
    return name.upper() if name.startswith("openai_") else f"RAG_{name.upper()}"


NUMBERS = [
    name
    for name, field in Settings.model_fields.items()
    if field.annotation in (int, float, int | None, float | None)
]


def test_the_table_of_ranges_names_every_number():
    assert sorted(NUMBERS) == sorted(name for name, _, _ in RANGES)


@pytest.mark.parametrize(
    ("name", "value"), [(name, value) for name, allowed, _ in RANGES for value in allowed]
)
def test_a_value_at_the_edge_of_its_range_is_taken(monkeypatch, name, value):
    monkeypatch.setenv(variable(name), value)
    assert getattr(read_settings(), name) == float(value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *((name, value) for name, _, refused in RANGES for value in refused),
        *((name, "many") for name in NUMBERS),
        ("embedder", "word2vec"),
        ("embedder", "openai:"),
        ("embedder", "onnx:"),
        ("reranker", "bm25"),
        ("embedder", "MINILM"),
        ("verify", "yes"),
        ("verify", "LLM"),
        ("condense", "perhaps"),
        ("contact", "ada"),
        ("arxiv_url", "export.arxiv.org"),
        ("zotero_url", "file:///etc/passwd"),
    ],
)
def test_a_value_that_cannot_be_is_refused_by_the_name_of_its_variable(monkeypatch, name, value):
    monkeypatch.setenv(variable(name), value)
    with pytest.raises(ConfigurationError) as raised:
        read_settings()
    told = str(raised.value)
    assert variable(name) in told
    assert value in told
    assert ".env.example" in told  # what to do
    assert len(told.splitlines()) == 1


@pytest.mark.parametrize("name", ["timeout_s", "temperature", "dense_weight"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf"])
def test_no_number_is_nan_or_infinite(monkeypatch, name, value):
    monkeypatch.setenv(variable(name), value)
    with pytest.raises(ConfigurationError, match=variable(name)):
        read_settings()


@given(st.integers(-1000, 1000))
def test_top_k_is_any_whole_number_from_1_to_50(value):
    if 1 <= value <= 50:
        assert read_settings(top_k=value).top_k == value
    else:
        with pytest.raises(ConfigurationError, match="RAG_TOP_K"):
            read_settings(top_k=value)


def test_an_override_beats_the_environment_and_none_overrides_nothing(monkeypatch, tmp_path):
    monkeypatch.setenv("RAG_LIBRARY", str(tmp_path / "of the environment"))
    assert read_settings(library=None).library == tmp_path / "of the environment"
    assert read_settings(library=tmp_path / "given").library == tmp_path / "given"


def test_an_override_leaves_the_other_settings_as_the_environment_has_them(monkeypatch, tmp_path):
    monkeypatch.setenv("RAG_TOP_K", "9")
    monkeypatch.setenv("OPENAI_MODEL", "a-model")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-0")
    settings = read_settings(library=tmp_path)
    assert (settings.top_k, settings.openai_model) == (9, "a-model")
    assert settings.openai_api_key == SecretStr("sk-0")


def test_the_environment_beats_the_env_file(monkeypatch, tmp_path):
    (tmp_path / ".env").write_text("RAG_TOP_K=7\nRAG_ANSWER_WORDS=50\nOPENAI_MODEL=of-the-file\n")
    monkeypatch.setenv("RAG_TOP_K", "8")
    settings = read_settings()
    assert (settings.top_k, settings.answer_words) == (8, 50)
    assert settings.openai_model == "of-the-file"


def test_a_wrong_value_in_the_env_file_is_named_too(tmp_path):
    (tmp_path / ".env").write_text("RAG_TOP_K=0\n")
    with pytest.raises(ConfigurationError, match="RAG_TOP_K"):
        read_settings()


def test_what_is_not_ours_in_the_env_file_does_no_harm(tmp_path):
    (tmp_path / ".env").write_text("DATABASE_URL=postgres://x\nRAG_UNKNOWN=1\nTOP_K=3\n")
    assert read_settings().top_k == Settings().top_k


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("RAG_TOP_K=6 # café".encode("latin-1"), id="Latin-1"),
        pytest.param("RAG_TOP_K=6".encode("utf-16"), id="UTF-16"),
    ],
)
def test_an_env_file_that_is_no_text_in_utf_8_is_a_configuration_error(tmp_path, content):
    (tmp_path / ".env").write_bytes(content)
    with pytest.raises(ConfigurationError, match=r"\.env"):
        read_settings()


@pytest.mark.parametrize("name", list(Settings.model_fields))
def test_an_empty_variable_counts_as_not_set(monkeypatch, name):
    monkeypatch.setenv(variable(name), "")
    assert getattr(read_settings(), name) == getattr(Settings(), name)


def test_settings_cannot_be_changed():
    with pytest.raises(ValidationError):
        Settings().top_k = 3


def test_the_key_does_not_show(monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    settings = read_settings()
    assert settings.openai_api_key.get_secret_value() == "sk-secret"
    assert "sk-secret" not in f"{settings!r}{settings}{settings.model_dump()}"
    assert "sk-secret" not in settings.model_dump_json()


def test_every_field_is_described():
    for name, field in Settings.model_fields.items():
        assert field.description, name
        assert field.description.endswith("."), name


# --- .env.example ----------------------------------------------------------------------------


def listed():
    """Name, value and the line above of every setting in `.env.example`."""
    lines = EXAMPLE.read_text(encoding="utf-8").splitlines()
    pairs = zip(["", *lines], lines, strict=False)
    return [(m["name"], m["value"], above) for above, line in pairs if (m := LINE.match(line))]


def test_the_example_lists_every_setting_once():
    names = [name for name, _, _ in listed()]
    assert names == list(dict.fromkeys(names))
    assert set(names) == {variable(name) for name in Settings.model_fields}


def test_the_example_tells_the_defaults():
    """Where the default depends on the machine, or is nothing, any example will do."""
    told = {name: value for name, value, _ in listed()}
    fixed = {
        variable(name): str(field.default)
        for name, field in Settings.model_fields.items()
        if field.default is not None and field.default is not PydanticUndefined
    }
    assert fixed
    for name, default in fixed.items():
        assert told[name] == default or float(told[name]) == float(default), name


def test_the_example_describes_every_setting_in_the_line_above():
    above = {name: line for name, _, line in listed()}
    for name, field in Settings.model_fields.items():
        assert above[variable(name)].startswith(f"# {field.description}")


def test_the_example_works_as_an_env_file(tmp_path):
    copied = tmp_path / ".env"
    copied.write_text(EXAMPLE.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_settings().model_dump(exclude={"library", "cache"}) == Settings(
        _env_file=None
    ).model_dump(exclude={"library", "cache"})
    copied.write_text("".join(f"{name}={value}\n" for name, value, _ in listed()))
    assert read_settings().top_k == Settings(_env_file=None).top_k


def test_the_example_holds_no_key():
    assert not re.search(r"sk-[A-Za-z0-9]{8,}", EXAMPLE.read_text(encoding="utf-8"))

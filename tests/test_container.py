"""Dockerfile and compose.yaml say what the code takes: commands, settings, routes and files."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import tomllib

import pytest
import yaml

from rag.cli.parser import parse
from rag.settings import Settings
from tests.support import ROOT
from ui.server.middleware import ROUTES

JOINED = re.compile(r"\\\n\s*")
PINNED = re.compile(r"[\w./-]+:\d[\w.-]*")


@pytest.fixture(scope="module")
def steps():
    """The instructions of the Dockerfile with what they are given, in order."""
    text = JOINED.sub(" ", (ROOT / "Dockerfile").read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [tuple(line.split(maxsplit=1)) for line in lines]


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load((ROOT / "compose.yaml").read_text())


@pytest.fixture(scope="module")
def apps(compose):
    """The services that run paperchat."""
    return [each for each in compose["services"].values() if each.get("image") == "paperchat"]


def given(steps, name):
    return [value for step, value in steps if step == name]


def settings_of(names):
    own = {f"RAG_{name.upper()}" for name in Settings.model_fields}
    return [name for name in names if name.startswith("RAG_") and name not in own]


def test_every_file_that_is_copied_is_there_and_let_through(steps):
    kept = {line[1:] for line in (ROOT / ".dockerignore").read_text().splitlines() if "!" in line}
    copied = {
        each
        for value in given(steps, "COPY")
        if "--from" not in value
        for each in value.split()[:-1]
    }
    assert copied == kept
    assert [each for each in copied if not (ROOT / each).exists()] == []
    packed = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["hatch"]["build"]
    assert set(packed["targets"]["wheel"]["only-include"]) <= copied


def test_every_step_is_a_line_that_a_shell_reads(steps):
    for line in given(steps, "RUN"):
        assert subprocess.run(["sh", "-n", "-c", line], check=False).returncode == 0, line


def test_the_image_runs_a_command_that_there_is_as_somebody_without_rights(steps):
    (command,), (first,) = given(steps, "CMD"), given(steps, "ENTRYPOINT")
    assert json.loads(first) == ["paperchat"]
    options = parse(json.loads(command))
    assert (options.host, str(options.auth_file)) == ("0.0.0.0", "/data/users")
    names = [step for step, _ in steps]
    assert int(given(steps, "USER")[0]) > 0
    assert names.index("USER") > max(n for n, name in enumerate(names) if name == "RUN")


def test_the_image_asks_an_address_that_the_page_answers(steps):
    (check,) = given(steps, "HEALTHCHECK")
    path = re.search(r"127\.0\.0\.1:7860(/[^']*)'", check)[1]
    assert ROUTES.fullmatch(path)
    assert given(steps, "EXPOSE") == ["7860"]


def test_all_settings_of_the_image_and_of_the_group_are_settings(steps, apps):
    image = [each.partition("=")[0] for value in given(steps, "ENV") for each in shlex.split(value)]
    assert settings_of(image) == []
    for app in apps:
        assert settings_of(app["environment"]) == []


def test_two_processes_have_nothing_of_their_own_but_their_index_of_words(apps):
    (one,), (other,) = (app["volumes"] for app in apps)
    assert one != other
    for app in apps:
        assert parse(app["command"]).host == "0.0.0.0"
        assert app["environment"]["RAG_LIBRARY"].startswith(one.split(":")[1])
        assert app["read_only"]
        assert app["cap_drop"] == ["ALL"]
        assert "ports" not in app


def test_the_proxy_sends_a_visitor_to_the_same_process_and_asks_for_its_health(compose):
    rules = compose["configs"]["caddyfile"]["content"]
    assert set(re.findall(r"(\w+):7860", rules)) == {"app1", "app2"}
    assert "lb_policy cookie" in rules
    assert ROUTES.fullmatch(re.search(r"health_uri (\S+)", rules)[1])


def test_every_image_is_pinned_and_every_volume_named(compose):
    services = compose["services"].values()
    images = [each["image"] for each in services if each["image"] != "paperchat"]
    assert [each for each in images if not PINNED.fullmatch(each)] == []
    used = {v.split(":")[0] for each in services for v in each.get("volumes", ())}
    assert used == set(compose["volumes"])

"""README and guides do not lie: Python runs, commands, settings, links and install lines exist."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from eval.data.dataset import Sample, SampleType, Turn, read_samples
from rag.cli.parser import OF_ITSELF, build_parser
from rag.settings import Settings

README = Path(__file__).resolve().parents[1] / "README.md"
GUIDES = sorted((README.parent / ".github").glob("*.md"))
QUESTION_SETS = README.parent / ".github" / "QUESTION_SETS.md"
# What a user copies, and what `.ci/run` takes from the README to test a fresh clone.
INSTALL_LINES = (
    "python3 -m venv .venv && . .venv/bin/activate && pip install -e . && paperchat",
    "python3 -m venv .venv && . .venv/bin/activate && pip install -e '.[test]' && pytest",
)

BLOCK = re.compile(r"^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`([^`\n]+)`")
SHELLS = ("bash", "sh", "shell", "console")
SHELL_OPERATORS = ("|", ">", ">>", "<", "&&", ";", "&", "2>&1")


def text():
    return README.read_text(encoding="utf-8") if README.exists() else ""


def all_texts():
    return "\n".join([text(), *(guide.read_text(encoding="utf-8") for guide in GUIDES)])


def python_blocks():
    return [m["body"] for m in BLOCK.finditer(all_texts()) if m["language"] in ("python", "py")]


def commands():
    """Every `paperchat …` of the shell blocks and of inline code, each once."""
    lines = [
        line.strip().removeprefix("$ ")
        for block in BLOCK.finditer(all_texts())
        if block["language"] in ("", *SHELLS)
        for line in block["body"].replace("\\\n", " ").splitlines()
    ]
    prose = BLOCK.sub("", all_texts())
    candidates = [*lines, *(match[1] for match in INLINE.finditer(prose))]
    parts = [part for line in candidates for part in re.split(r"\s(?:&&|;)\s", line)]
    return list(dict.fromkeys(p for p in parts if re.match(r"paperchat(?=\s|$)", p)))


def arguments_of(command):
    """The words behind `paperchat`, up to what is the shell's; `chat` where none is named."""
    words = shlex.split(command, comments=True)[1:]
    ends = [at for at, word in enumerate(words) if word in SHELL_OPERATORS]
    words = words[: min(ends, default=len(words))]
    asks_for_itself = bool(words) and words[0] in OF_ITSELF
    if not asks_for_itself and (not words or words[0].startswith("-")):
        return ["chat", *words]
    return words


def test_the_readme_has_python_and_commands():
    assert python_blocks()
    assert commands()


@pytest.mark.parametrize("line", INSTALL_LINES)
def test_the_install_lines_stand_there_word_for_word(line):
    assert text().splitlines().count(line) == 1


def test_the_test_command_is_where_ci_looks_for_it():
    found = [line for line in text().splitlines() if "pip install -e '.[test]' && pytest" in line]
    assert found[0].strip("`") == INSTALL_LINES[1]


@pytest.mark.parametrize("block", python_blocks())
def test_every_python_block_runs(starter, cache, tmp_path, block):
    """Every library that it opens holds the starter papers already, which saves embedding them."""
    for folder in {"library", *re.findall(r'Library\.open\("([^"]+)"', block)}:
        shutil.copytree(starter.folder, tmp_path / folder.replace("~", str(tmp_path)))
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("OPENAI_", "RAG_", "XDG_"))}
    own = {
        "HOME": str(tmp_path),
        "PYTHONPATH": str(README.parent),
        "RAG_CACHE": str(cache),
        "RAG_LIBRARY": str(tmp_path / "library"),
    }
    run = subprocess.run(
        [sys.executable, "-W", "error::SyntaxWarning", "-c", block],
        cwd=tmp_path,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_readme_is_read_in_five_minutes():
    assert len(text().split()) <= 1200


def test_the_commands_of_the_terminal_do_what_they_say(starter, cache, tmp_path):
    terminal = text().partition("## In the terminal")[2]
    block = BLOCK.search(terminal)["body"]
    shutil.copytree(starter.folder, tmp_path / "library")
    kept = {n: v for n, v in os.environ.items() if not n.startswith(("OPENAI_", "RAG_"))}
    own = {
        "PYTHONPATH": str(README.parent),
        "RAG_CACHE": str(cache),
        "RAG_LIBRARY": str(tmp_path / "library"),
    }
    command = f'set -e; paperchat() {{ {shlex.quote(sys.executable)} -m rag.cli "$@"; }}\n{block}'
    run = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path,
        env=kept | own,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert run.stdout.count("Hopfield") > 1
    assert "[1]" in run.stdout


def test_the_question_set_of_the_guide_is_one(tmp_path):
    (block,) = [
        m["body"]
        for m in BLOCK.finditer(QUESTION_SETS.read_text("utf-8"))
        if m["language"] == "jsonl"
    ]
    path = tmp_path / "mine.jsonl"
    path.write_text(block, encoding="utf-8")
    samples = read_samples(path)
    assert {sample.type for sample in samples} == set(get_args(SampleType))
    keys = {key for line in block.splitlines() for key in json.loads(line)} - {"turns"}
    assert keys == set(Sample.model_fields) - {"turns", "near"} | set(Turn.model_fields) - {
        "evidence"
    }
    table = QUESTION_SETS.read_text("utf-8")
    assert all(f"`{key}`" in table for key in keys)


def exit_code(arguments):
    try:
        build_parser().parse_args(arguments)
    except SystemExit as stopped:  # --version and --help stop with 0
        return stopped.code
    return 0


@pytest.mark.parametrize("command", commands())
def test_every_command_named_is_one(capsys, command):
    """Where a command is only mentioned, without what it wants, its name counts."""
    arguments = arguments_of(command)
    is_mention = all(re.fullmatch(r"[a-z]+", word) for word in arguments[:2]) and not arguments[2:]
    code = exit_code(arguments) and (exit_code([*arguments, "--help"]) if is_mention else 2)
    assert code == 0, capsys.readouterr().err


@pytest.mark.parametrize("command", ["paperchat frobnicate", "paperchat search x -k 0"])
def test_a_command_that_is_none_would_be_noticed(capsys, command):
    arguments = arguments_of(command)
    assert exit_code(arguments)
    assert exit_code([*arguments, "--help"])


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("paperchat", ["chat"]),
        ("paperchat --port 8000", ["chat", "--port", "8000"]),
        ("paperchat --version", ["--version"]),
        ('paperchat ask "a b" --json | head -3', ["ask", "a b", "--json"]),
        ("paperchat papers export > all.jsonl  # everything", ["papers", "export"]),
    ],
)
def test_commands_are_read_as_a_shell_would(command, arguments):
    assert arguments_of(command) == arguments


@pytest.mark.parametrize("page", [README, *GUIDES], ids=lambda page: page.name)
def test_files_that_are_linked_to_exist(page):
    targets = re.findall(r"\]\((?!https?://|#|mailto:)([^)#\s]+)", page.read_text("utf-8"))
    assert [target for target in targets if not (page.parent / target).exists()] == []


def test_every_setting_that_is_named_is_one():
    names = re.findall(r"\b((?:RAG|OPENAI)_[A-Z][A-Z0-9_]*[A-Z0-9])\b(?!_)", all_texts())
    known = {
        n.upper() if n.startswith("openai_") else f"RAG_{n.upper()}" for n in Settings.model_fields
    }
    assert len(set(names)) > 20
    assert sorted(set(names) - known) == []


def test_what_an_assistants_settings_take_starts_the_command():
    (block,) = [m["body"] for m in BLOCK.finditer(all_texts()) if m["language"] == "json"]
    (server,) = json.loads(block)["mcpServers"].values()
    assert server["command"] == "paperchat"
    assert exit_code(server["args"]) == 0


def test_sections_that_the_readme_links_to_exist():
    prose = BLOCK.sub("", text())
    headings = re.findall(r"^#+\s+(.+)$", prose, re.MULTILINE)
    anchors = {re.sub(r"[^\w\- ]", "", h.lower()).strip().replace(" ", "-") for h in headings}
    assert [a for a in re.findall(r"\]\(#([^)]+)\)", prose) if a not in anchors] == []

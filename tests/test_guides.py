"""The guides of `.github` do not lie: every file and folder that they name is there."""

from __future__ import annotations

import re

import pytest

from tests.support import ROOT

GUIDES = sorted((ROOT / ".github").glob("*.md"))
PACKAGES = ("rag", "ui", "eval", "prompts", "tests")
NAMED = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:/[\w.]+)*)`")
MODULES = re.compile(r"\b(rag(?:\.[a-z_]+)+)\b")


def named(text):
    """The paths that a guide names, apart from those with a part to be filled in."""
    paths = {match for match in NAMED.findall(text) if not re.search(r"[A-Z]{3}", match)}
    return paths | {module.replace(".", "/") for module in MODULES.findall(text)}


def is_there(path):
    return (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


def test_there_are_guides():
    names = {guide.name for guide in GUIDES}
    assert names >= {"ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"}


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_what_a_guide_names_is_there(guide):
    assert [p for p in sorted(named(guide.read_text("utf-8"))) if not is_there(p)] == []


def test_the_commands_of_the_makefile_that_a_guide_names_are_there():
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    wanted = re.findall(r"`make (\w+)`", text)
    assert wanted
    assert set(wanted) <= set(targets)

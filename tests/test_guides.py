"""The guides of `.github` do not lie: every file and folder that they name is there."""

from __future__ import annotations

import re

import pytest

from rag.cli.settings_page import render_settings
from tests.support import ROOT
from tests.test_imports import read_imports

GUIDES = sorted((ROOT / ".github").glob("*.md"))
PACKAGES = ("rag", "ui", "eval", "prompts", "tests")
NAMED = re.compile(rf"`((?:{'|'.join(PACKAGES)})(?:/[\w.]+)*)`")
MODULES = re.compile(r"\b(rag(?:\.[a-z_]+)+)\b")


LINK = re.compile(r"- \[[^]]+\]\((?P<target>[^)]+)\): .+")
NODE = re.compile(r'(\w+)(?:\["([^"]*)"\])?')


def drawing():
    """The layers as they are drawn: modules by node, and arrows between nodes."""
    text = (ROOT / ".github" / "ARCHITECTURE.md").read_text("utf-8")
    lines = re.findall(r"flowchart TD\n(.*?)```", text, re.DOTALL)[0].splitlines()
    modules, arrows = {}, []
    for start, ends in (line.split(" --> ") for line in lines if "-->" in line):
        nodes = [NODE.fullmatch(part.strip()) for part in (start, *ends.split(" & "))]
        modules |= {n[1]: re.split(r"[:,]", n[2])[0] for n in nodes if n[2]}
        arrows += [(nodes[0][1], end[1]) for end in nodes[1:]]
    return modules, arrows


def named(text):
    """The paths that a guide names, apart from those with a part to be filled in."""
    paths = {match for match in NAMED.findall(text) if not re.search(r"[A-Z]{3}", match)}
    return paths | {module.replace(".", "/") for module in MODULES.findall(text)}


def is_there(path):
    return (ROOT / path).exists() or (ROOT / f"{path}.py").exists()


def test_there_are_guides():
    names = {guide.name for guide in GUIDES}
    assert names >= {"ARCHITECTURE.md", "CONTRIBUTING.md", "SECURITY.md"}
    assert names >= {"EVALUATION.md", "QUESTION_SETS.md", "READERS.md", "GROUPS.md", "PRIVACY.md"}


def test_every_guide_can_be_found_from_the_readme():
    readme = (ROOT / "README.md").read_text("utf-8")
    assert [each.name for each in GUIDES if f"(.github/{each.name})" not in readme] == []


def test_the_page_of_settings_is_what_the_class_says():
    """Where this fails: python -m rag.cli.settings_page > .github/SETTINGS.md"""
    assert (ROOT / ".github" / "SETTINGS.md").read_text("utf-8") == render_settings()


def test_programs_that_read_find_every_guide():
    """As https://llmstxt.org has it: a title, a summary, and lists of links, each with a word."""
    lines = (ROOT / ".github" / "llms.txt").read_text("utf-8").splitlines()
    assert lines[0] == "# paperchat"
    assert lines[2].startswith("> ")
    links = [LINK.fullmatch(line) for line in lines if line.startswith("- ")]
    assert all(links)
    targets = {link["target"] for link in links}
    assert {each.name for each in GUIDES} <= targets
    assert [each for each in targets if not (ROOT / ".github" / each).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "README.md", *GUIDES], ids=lambda page: page.name)
def test_every_picture_says_what_it_shows(page):
    text = page.read_text("utf-8")
    shown = re.findall(r"!\[([^]]*)\]\(([^)]+)\)", text)
    shown += [(alt, src) for src, alt in re.findall(r'<img src="([^"]+)"[^>]* alt="([^"]*)"', text)]
    assert text.count("<img") + text.count("![") == len(shown)
    assert all(len(alt) > 10 and (page.parent / src).exists() for alt, src in shown)


@pytest.mark.parametrize("guide", GUIDES, ids=lambda guide: guide.name)
def test_what_a_guide_names_is_there(guide):
    assert [p for p in sorted(named(guide.read_text("utf-8"))) if not is_there(p)] == []


def test_the_commands_of_the_makefile_that_a_guide_names_are_there():
    text = (ROOT / ".github" / "CONTRIBUTING.md").read_text("utf-8")
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    wanted = re.findall(r"`make (\w+)`", text)
    assert wanted
    assert set(wanted) <= set(targets)


def test_every_package_is_drawn():
    modules, _ = drawing()
    packages = {f"rag.{path.parent.name}" for path in (ROOT / "rag").glob("*/__init__.py")}
    assert sorted(packages - set(modules.values())) == []


def test_a_guide_says_what_every_package_is_for():
    said = (ROOT / ".github" / "ARCHITECTURE.md").read_text("utf-8")
    packages = [path.parent.name for path in (ROOT / "rag").glob("*/__init__.py")]
    assert sorted(name for name in packages if f"`rag/{name}`" not in said) == []


def test_every_arrow_of_the_drawing_is_an_import():
    modules, arrows = drawing()

    def imports(start, end):
        inside = (
            found
            for module, found in read_imports().items()
            if f"{module}.".startswith(f"{start}.")
        )
        return any(f"{name}.".startswith(f"{end}.") for found in inside for name in found)

    assert len(arrows) > 20
    assert [pair for pair in arrows if not imports(*(modules[each] for each in pair))] == []

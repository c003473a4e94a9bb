"""The library of a run is made anew whenever the code changes that builds one."""

from __future__ import annotations

from eval.run.provenance import CODE, ROOT, code_files
from eval.run.workspace import BUILDING
from tests.test_imports import read_imports

# What building code imports and no index depends on.
APART = ("rag.errors", "rag.settings", "rag.types", "rag.endpoint", "rag.terminal")


def is_in(module, packages):
    return any(module == each or module.startswith(f"{each}.") for each in packages)


def module_of(name):
    """The module that an imported name is in, "" when it is none of ours."""
    while name and name not in read_imports():
        name = name.rpartition(".")[0]
    return name


def imported_by(modules):
    """The modules and all that they import, directly or not."""
    reached, waiting = set(), set(modules)
    while waiting:
        module = waiting.pop()
        reached.add(module)
        found = map(module_of, read_imports()[module])
        waiting |= {each for each in found if each} - reached
    return reached


def test_every_part_that_is_named_is_there():
    for parts in (BUILDING, CODE):
        assert [part for part in parts if not code_files([part])] == []
        assert all((ROOT / p).is_dir() or (ROOT / f"{p}.py").is_file() for p in parts)


def test_all_that_building_code_imports_is_a_part_of_it():
    building = [part.replace("/", ".") for part in BUILDING]
    reached = imported_by(module for module in read_imports() if is_in(module, building))
    assert {"rag.cleaning.latex", "rag.names", "rag.store.vectors"} <= reached
    ours = {module for module in reached if module.startswith("rag.")}
    assert sorted(m for m in ours if not is_in(m, [*building, *APART])) == []

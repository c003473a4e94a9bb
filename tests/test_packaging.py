"""The lock holds what pyproject.toml asks for, and the workflows do what the project says."""

from __future__ import annotations

import re
import tomllib

import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from tests.support import ROOT

LOCKED = re.compile(r"^([\w.-]+)==([\w.+!]+)(?: ; (.+?))? \\$((?:\n    --hash=\S+(?: \\)?)+)", re.M)
WORKFLOWS = ROOT / ".github" / "workflows"


@pytest.fixture(scope="module")
def project():
    return tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]


@pytest.fixture(scope="module")
def lock():
    """The locked versions of each package, and how many lines are of none."""
    text = (ROOT / ".ci" / "requirements.lock").read_text()
    versions = {}
    for name, version, _, hashes in LOCKED.findall(text):
        versions.setdefault(canonicalize_name(name), []).append((Version(version), hashes))
    return versions, LOCKED.sub("", text).split()


def test_the_lock_holds_a_version_within_bounds_of_all_that_is_asked_for(project, lock):
    versions, _ = lock
    extras = project["optional-dependencies"]
    for line in (*project["dependencies"], *extras["group"], *extras["mcp"]):
        wanted = Requirement(line)
        held = [version for version, _ in versions[canonicalize_name(wanted.name)]]
        assert any(version in wanted.specifier for version in held), line


def test_every_locked_package_has_hashes_and_no_address(lock):
    versions, left = lock
    assert left == []
    assert all("sha256:" in hashes for some in versions.values() for _, hashes in some)


def test_the_workflows_run_what_a_change_must_pass(project):
    tests = yaml.safe_load((WORKFLOWS / "tests.yml").read_text())["jobs"]
    (command,) = [step["run"] for step in tests["suite"]["steps"] if "run" in step]
    readme = (ROOT / "README.md").read_text()
    assert "pip install -e '.[test]' && pytest" in readme
    assert command == (
        "pip install -e '.[test]' && ruff check . && ruff format --check . && mypy && pytest"
    )
    lowest, *_ = tests["bounds"]["strategy"]["matrix"]["include"]
    assert lowest["resolution"] == "lowest-direct"
    assert f">={lowest['python']}" == project["requires-python"].replace(" ", "")


def test_what_is_published_was_built_from_its_tag_and_needs_no_password():
    publish = yaml.safe_load((WORKFLOWS / "publish.yml").read_text())["jobs"]
    assert publish["publish"]["permissions"]["id-token"] == "write"
    assert publish["publish"]["needs"] == "build"
    text = (WORKFLOWS / "publish.yml").read_text()
    assert "secrets." not in text
    assert "GITHUB_REF_NAME" in text

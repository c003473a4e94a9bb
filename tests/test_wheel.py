"""The wheel: everything that the code reads is inside, and nothing of it meets others' packages."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from fnmatch import fnmatch

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.support import ROOT

PACKAGES = ("rag", "ui", "eval", "prompts")
# What only a checkout needs: pictures of the README, and what models are trained with.
LEFT_OUT = ("eval/report/screenshot.png", "eval/training/*.jsonl", "ui/screenshots/*")


@pytest.fixture(scope="module")
def installed(tmp_path_factory):
    """A folder with the wheel's files, as an installer lays them out."""
    folder = tmp_path_factory.mktemp("wheel")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder))
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder / "site")
    return folder / "site"


def files_below(folder):
    found = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)) for path in found if "__pycache__" not in path.parts}


def test_every_file_of_the_packages_is_in_the_wheel(installed):
    own = {f"{package}/{name}" for package in PACKAGES for name in files_below(ROOT / package)}
    wanted = {name for name in own if not any(fnmatch(name, each) for each in LEFT_OUT)}
    assert own > wanted
    packed = {name for name in files_below(installed / "paperchat") if "/" in name}
    assert packed == wanted


def test_it_takes_no_name_that_others_may_have(installed):
    assert {path.name.partition("-")[0] for path in installed.iterdir()} == {
        "paperchat",
        "paperchat.pth",
    }
    assert (installed / "paperchat.pth").read_text() == "paperchat\n"


def test_the_command_answers_apart_from_the_checkout_beside_packages_of_the_same_names(
    installed, tmp_path
):
    for name in PACKAGES:
        (tmp_path / f"{name}.py").write_text("raise ImportError('another distribution')\n")
    run = subprocess.run(
        [sys.executable, "-m", "paperchat", "ask", "what is a modern Hopfield network?"],
        cwd=tmp_path,
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(tmp_path), str(installed)]),
            "RAG_EMBEDDER": "none",
            "RAG_LIBRARY": str(tmp_path / "library"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert "Hopfield Networks is All You Need" in run.stdout

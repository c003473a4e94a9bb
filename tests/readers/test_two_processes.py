"""Long files are read in two processes as they are in one."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from rag.readers import read_sources, sources, two_processes
from rag.types import Paper, Rejection


@pytest.fixture
def long_file(tmp_path):
    """A file with all that a line may give, of which the first four are read alone."""

    def line(number):
        paper = {
            "title": f"Kettle {number}",
            "abstract": f"It sings {number} times — \u201cloud\u201d, $x^2$.",
            "authors": ["Ada Kessel", "Bo Tee"],
            "year": 2000 + number % 20,
            "doi": f"10.1000/{number}",
            "keywords": ["steam", "sound"],
            "collections": ["Tea"],
        }
        odd = {
            5: "{broken",
            9: json.dumps({"title": f"Kettle {number}", "doi": "10.1000/x"}),
            11: json.dumps([1]),
            13: json.dumps({"items": [paper, {**paper, "title": "Second"}]}),
            14: "",
        }
        return odd.get(number % 20, json.dumps(paper))

    path = tmp_path / "long.jsonl"
    path.write_text("\n".join(map(line, range(400))), encoding="utf-8")
    return path


@pytest.fixture
def alone(long_file, monkeypatch):
    """What the file gives in one process; then the second is asked early, with small blocks."""
    expected = list(read_sources([long_file]))
    monkeypatch.setattr(sources, "LINES_ALONE", 4)
    monkeypatch.setattr(two_processes, "OWN_CHARACTERS", 300)
    monkeypatch.setattr(two_processes, "SECOND_CHARACTERS", 500)
    monkeypatch.setattr(two_processes, "_processors", lambda: 2)
    return expected


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    """The folder that temporary folders are made in."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


@pytest.fixture
def started(monkeypatch):
    """The second processes that were started, each of which is waited for until it is ready."""
    running = []

    def start(command, **options):
        process = subprocess_popen(command, **options)
        running.append(process)
        ready = Path(command[3]) / two_processes.READY
        while process.poll() is None and not ready.exists():
            time.sleep(0.01)
        return process

    subprocess_popen = subprocess.Popen
    monkeypatch.setattr(two_processes.subprocess, "Popen", start)
    return running


def exactly(items):
    """Items with all their fields, of which some do not count when they are compared."""
    return list(map(repr, items))


def test_a_long_file_is_read_in_two_processes_as_in_one(long_file, alone, started, temporary):
    assert exactly(read_sources([long_file])) == exactly(alone)
    assert {type(each) for each in alone} == {Paper, Rejection}
    assert any(each.paper for each in alone if isinstance(each, Rejection))
    (second,) = started
    assert second.returncode is not None
    assert not list(temporary.iterdir())


def test_the_second_process_does_its_share(long_file, alone, started, monkeypatch):
    taken = []
    monkeypatch.setattr(
        two_processes, "_rejection", lambda each: taken.append(each) or Rejection(*each[:4])
    )
    list(read_sources([long_file]))
    assert taken


@pytest.mark.parametrize("after", [0, 1, 40, 200])
def test_a_second_process_that_is_killed_costs_nothing(long_file, alone, started, temporary, after):
    found = []
    for number, item in enumerate(read_sources([long_file])):
        found.append(item)
        if number >= after and started:
            started[0].kill()
    assert exactly(found) == exactly(alone)
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("executable", ["", "/nowhere/python", "/bin/false"])
def test_where_no_second_process_can_be_started_all_is_read_here(
    long_file, alone, temporary, executable, monkeypatch
):
    monkeypatch.setattr(sys, "executable", executable)
    assert exactly(read_sources([long_file])) == exactly(alone)
    assert not list(temporary.iterdir())


def test_a_second_process_that_does_not_answer_is_not_waited_for(
    long_file, alone, started, temporary, monkeypatch
):
    monkeypatch.setattr(two_processes, "LONGEST_WAIT_S", 0.05)
    start = two_processes.subprocess.Popen

    def stopped(command, **options):
        process = start(command, **options)
        process.send_signal(signal.SIGSTOP)
        return process

    monkeypatch.setattr(two_processes.subprocess, "Popen", stopped)
    assert exactly(read_sources([long_file])) == exactly(alone)
    assert started[0].returncode is not None
    assert not list(temporary.iterdir())


def test_where_the_disk_is_full_all_is_read_here(long_file, alone, started, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    assert exactly(read_sources([long_file])) == exactly(alone)


def test_of_a_long_file_that_is_cut_short_all_is_read_that_is_there(long_file, alone, started):
    packed = long_file.with_suffix(".gz")
    packed.write_bytes(gzip.compress(long_file.read_bytes() * 20)[:-500])
    found = list(read_sources([packed]))
    sources.LINES_ALONE = 1_000_000  # put back by `alone`
    assert exactly(found) == exactly(read_sources([packed]))
    assert found[-1].record == 0
    assert len(found) > 1000
    assert started


def test_reading_that_is_given_up_leaves_nothing(long_file, alone, started, temporary):
    items = read_sources([long_file])
    for _ in range(30):
        next(items)
    assert started[0].poll() is None
    items.close()
    assert started[0].returncode is not None
    assert not list(temporary.iterdir())


def test_a_second_process_that_is_left_alone_ends_and_removes_what_it_has(tmp_path):
    folder = tmp_path / "left"
    folder.mkdir()
    command = [sys.executable, "-m", "rag.readers.second_process", str(folder), "0", "x"]
    root = Path(two_processes.__file__).parents[2]
    subprocess.run(command, input="", text=True, check=True, cwd=root, timeout=60)
    assert not folder.exists()


def test_a_long_file_without_a_paper_is_told_as_a_whole(tmp_path, alone, started):
    path = tmp_path / "none.jsonl"
    path.write_text(json.dumps({"title": "Kettles"}) + "\n")
    short = list(read_sources([path]))
    path.write_text((json.dumps({"title": "Kettles"}) + "\n") * 200)
    found = list(read_sources([path]))
    assert started
    assert [each.record for each in found] == [*range(1, 201), 0]
    assert found[-1] == short[-1]

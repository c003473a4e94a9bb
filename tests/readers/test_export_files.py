"""Small files as other programs write them, each with what a reader must make of it.

A line of `expect.jsonl`: the file; its papers, each by title, with the year, the authors, what its
abstract has and lacks, and a part of its link; the least number of rejections; what one must say.
"""

from __future__ import annotations

import json
import re
import unicodedata
from pathlib import Path

import pytest

from rag.readers import read_sources
from rag.types import Paper, Rejection

FOLDER = Path(__file__).resolve().parents[1] / "cases" / "import"
CASES = [json.loads(line) for line in (FOLDER / "expect.jsonl").read_text("utf-8").splitlines()]


def plain(title):
    """A title without the marks of formulas, and with plain digits for raised ones."""
    bare = re.sub(r"[$^_{}]", "", unicodedata.normalize("NFKC", title))
    return " ".join(bare.split()).casefold()


def test_every_file_has_what_is_expected_of_it():
    files = {path.name for path in FOLDER.iterdir()} - {"expect.jsonl"}
    assert {case["file"] for case in CASES} == files


@pytest.mark.parametrize("case", CASES, ids=[case["file"] for case in CASES])
def test_a_file_is_read_as_its_program_meant_it(case):
    items = list(read_sources([FOLDER / case["file"]]))
    papers = [item for item in items if isinstance(item, Paper)]
    rejected = [item for item in items if isinstance(item, Rejection)]
    assert [plain(paper.title) for paper in papers] == [plain(p["title"]) for p in case["papers"]]
    for paper, wanted in zip(papers, case["papers"], strict=True):
        assert paper.year == wanted.get("year", paper.year)
        assert list(paper.authors) == wanted.get("authors", list(paper.authors))
        assert [text for text in wanted.get("has", ()) if text not in paper.abstract] == []
        assert [text for text in wanted.get("lacks", ()) if text in paper.abstract] == []
        assert wanted.get("link", "") in paper.link
    assert len(rejected) >= case.get("rejected", 0)
    assert any(case.get("says", "") in each.why for each in rejected or [Rejection("", 0, "")])

"""The library that comes with the package: complete, well formed, and in words of its own."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime

import pytest

from eval.data.dataset import default_question_sets, read_question_sets
from rag.readers import read_sources
from rag.starter import starter_file
from rag.text import title_key
from rag.types import STARTER_SOURCE, Paper, Rejection

PAPERS = 436
FEWEST_WORDS, MOST_WORDS = 110, 200
RUN = 10  # words in a row that no summary may share with the abstract it tells
ISO_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?")
KEYS = {
    "paper_id",
    "title",
    "summary",
    "authors",
    "published",
    "arxiv_id",
    "venue",
    "url",
    "source",
}


@pytest.fixture(scope="module")
def records():
    with starter_file() as path:
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module")
def papers():
    with starter_file() as path:
        return list(read_sources([path]))


@pytest.fixture(scope="module")
def page_papers(pages):
    """The different papers of the saved pages; of those met twice the first, as ingest does."""
    found = [item for item in read_sources(pages) if isinstance(item, Paper)]
    return {title_key(paper.title): paper for paper in reversed(found)}


def words(text):
    return re.findall(r"[a-z0-9]+", text.lower())


def runs(text):
    spoken = words(text)
    return {tuple(spoken[at : at + RUN]) for at in range(len(spoken) - RUN + 1)}


def test_there_are_436_different_papers(records):
    assert len(records) == PAPERS
    assert len({record["paper_id"] for record in records}) == PAPERS
    assert len({record["title"] for record in records}) == PAPERS
    assert len({title_key(record["title"]) for record in records}) == PAPERS


def test_no_field_is_empty_or_unknown(records):
    for record in records:
        assert {"paper_id", "title", "summary", "source"} <= set(record) <= KEYS, record["title"]
        for name, value in record.items():
            assert value, (record["title"], name)
            assert isinstance(value, list if name == "authors" else str), (record["title"], name)
        for author in record.get("authors", ()):
            assert author.strip() == author != "", record["title"]


def test_texts_have_no_stray_white_space(records):
    for record in records:
        for name in ("title", "summary"):
            assert record[name] == " ".join(record[name].split()), record["title"]


def test_summaries_are_as_long_as_an_abstract(records):
    lengths = {record["title"]: len(record["summary"].split()) for record in records}
    outside = {t: n for t, n in lengths.items() if not FEWEST_WORDS <= n <= MOST_WORDS}
    assert outside == {}


def test_dates_are_iso_and_not_in_the_future(records):
    told = {r["title"]: r["published"] for r in records if "published" in r}
    assert told
    today = datetime.now(UTC).date()
    for title, published in told.items():
        assert ISO_DATE.fullmatch(published), title
        assert date.fromisoformat(f"{published}-01-01"[:10]) <= today, title


def test_addresses_are_https_and_go_with_the_arxiv_id(records):
    with_url = [record for record in records if "url" in record]
    assert with_url
    for record in with_url:
        assert re.fullmatch(r"https://[^\s<>\"']+", record["url"]), record["title"]
    for record in records:
        if "arxiv_id" in record:
            assert record["url"] == f"https://arxiv.org/abs/{record['arxiv_id']}"


def test_every_record_says_that_it_is_a_summary_written_for_this_project(records):
    assert {record["source"] for record in records} == {STARTER_SOURCE}
    assert "summaries written for this project" in STARTER_SOURCE


def test_it_is_read_like_any_other_file_without_a_rejection(records, papers):
    assert [item for item in papers if isinstance(item, Rejection)] == []
    assert [paper.paper_id for paper in papers] == [record["paper_id"] for record in records]
    for paper, record in zip(papers, records, strict=True):
        assert paper.abstract == record["summary"]
        assert paper.published == record.get("published")
        assert paper.authors == tuple(record.get("authors", ()))
        assert paper.is_summary
        assert paper.link.startswith("https://")


def test_the_library_holds_them_all(starter, papers):
    assert len(starter) == PAPERS
    assert {paper.paper_id for paper in starter.papers()} == {paper.paper_id for paper in papers}


def test_titles_are_exactly_those_of_the_pages(records, page_papers):
    assert {record["title"] for record in records} == {p.title for p in page_papers.values()}


def test_a_page_and_the_starter_library_give_a_paper_the_same_id(records, page_papers):
    """So that ingesting a page replaces the summaries by the authors' own abstracts."""
    starter_ids = {record["title"]: record["paper_id"] for record in records}
    assert starter_ids == {paper.title: paper.paper_id for paper in page_papers.values()}


@pytest.fixture(scope="module")
def spoken(pages):
    """All runs of ten words of the pages' abstracts."""
    papers = [item for item in read_sources(pages) if isinstance(item, Paper)]
    found = {run for paper in papers for run in runs(paper.abstract)}
    assert len(found) > 10_000
    return found


def test_no_summary_repeats_ten_words_in_a_row_of_any_abstract(records, spoken):
    repeated = {r["title"]: shared for r in records if (shared := runs(r["summary"]) & spoken)}
    assert repeated == {}


def test_no_question_or_reference_answer_repeats_ten_words_in_a_row_of_any_abstract(spoken):
    turns = [
        turn for sample in read_question_sets(default_question_sets()) for turn in sample.turns
    ]
    said = [text for turn in turns for text in (turn.question, turn.answer or "")]
    assert [text for text in said if runs(text) & spoken] == []

"""Spreadsheets of Excel: which sheet is read, what cells hold, and what is hostile in them."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime

import pytest
from openpyxl import Workbook

from rag.readers import read_sources, spreadsheets
from rag.types import Paper, Rejection

NAMES = ("Title", "Author(s)", "Year", "Date", "Abstract", "DOI")
SPOONS = (
    *("Spoons in drawers", "Kessel, Ada; Tee, Bo", 2019.0, datetime(2019, 5, 6, 7, 8)),  # noqa: DTZ001
    *("Spoons pile up. We counted 2,000 spoons in 80 drawers.", "10.5555/spoons"),
)


def workbook(*sheets):
    book = Workbook()
    book.remove(book.active)
    for rows in sheets:
        sheet = book.create_sheet()
        for row in rows:
            sheet.append(row)
    written = io.BytesIO()
    book.save(written)
    return written.getvalue()


def read(tmp_path, content, name="papers.xlsx"):
    (tmp_path / name).write_bytes(content)
    return list(read_sources([tmp_path / name]))


def test_the_first_sheet_with_papers_is_read_below_what_stands_above_their_names(tmp_path):
    notes = [("To do",), ("Buy spoons",)]
    papers = [("Search of May",), (), NAMES, SPOONS, (), ("Forks", None, 2020)]
    paper, rejection = read(tmp_path, workbook(notes, papers))
    assert (paper.title, paper.authors) == ("Spoons in drawers", ("Ada Kessel", "Bo Tee"))
    assert (paper.published, paper.source) == ("2019-05-06", "papers.xlsx")
    assert paper.link == "https://doi.org/10.5555/spoons"
    assert rejection.why == "'Forks' has no abstract"


@pytest.mark.parametrize(
    ("cell", "published"), [(2019, "2019"), (2019.0, "2019"), (date(2019, 5, 6), "2019-05-06")]
)
def test_a_cell_holds_what_it_would_in_csv(tmp_path, cell, published):
    rows = [("title", "abstract", "date"), ("Spoons", "Spoons pile up.", cell)]
    (paper,) = read(tmp_path, workbook(rows))
    assert paper.published == published


def test_a_spreadsheet_is_found_by_its_content_in_archives_too(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mine.bin", workbook([NAMES, SPOONS]))
    (paper,) = read(tmp_path, packed.getvalue(), "mine.zip")
    assert (paper.title, paper.source) == ("Spoons in drawers", "mine.zip/mine.bin")


def test_a_cell_far_away_costs_nothing(tmp_path):
    book = Workbook()
    book.active.append(NAMES)
    book.active.append(SPOONS)
    book.active.cell(row=150_000, column=16_000, value="far away")
    written = io.BytesIO()
    book.save(written)
    paper, *others = read(tmp_path, written.getvalue())
    assert isinstance(paper, Paper)
    assert [each.reason for each in others] == ["no title"]


def told(items):
    (rejection,) = items
    assert isinstance(rejection, Rejection)
    assert rejection.record == 0
    return rejection.why


def test_much_out_of_little_is_one_rejection(tmp_path, monkeypatch):
    monkeypatch.setattr(spreadsheets, "MOST_UNPACKED_BYTES", 1_000_000)
    content = io.BytesIO(workbook([NAMES, SPOONS]))
    with zipfile.ZipFile(content, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/image1.png", bytes(2_000_000))
    assert "larger than any" in told(read(tmp_path, content.getvalue()))


def test_a_sheet_without_papers_is_one_rejection(tmp_path):
    assert "title and abstract" in told(read(tmp_path, workbook([("Name", "Price")])))


@pytest.mark.parametrize("left_out", ["xl/worksheets/sheet1.xml", "xl/_rels/workbook.xml.rels"])
def test_a_broken_spreadsheet_is_one_rejection(tmp_path, left_out):
    broken = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook([NAMES, SPOONS]))) as whole,
        zipfile.ZipFile(broken, "w") as archive,
    ):
        for name in whole.namelist():
            if name != left_out:
                archive.writestr(name, whole.read(name))
    assert told(read(tmp_path, broken.getvalue()))


@pytest.mark.parametrize("kind", ["spreadsheet", "text"])
def test_what_other_programs_save_is_told_with_what_to_do(tmp_path, kind):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
    why = told(read(tmp_path, packed.getvalue()))
    assert ("save it as .xlsx or CSV" in why) == (kind == "spreadsheet")
    why = told(read(tmp_path, spreadsheets.OLD_MAGIC + bytes(2_000), "old.xls"))
    assert "save it as .xlsx or CSV" in why

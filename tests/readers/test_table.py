"""The table of readers, and all that derives from it."""

from __future__ import annotations

from pathlib import Path

import gradio as gr
import pytest

from rag.cli import main
from rag.readers import SUFFIXES, read_sources
from rag.readers.pasted import is_structured
from rag.readers.table import ALL_READERS, find_reader
from ui.library.adding import UPLOAD_HELP, lay_out_adding

GUIDE = Path(__file__).resolve().parents[2] / ".github" / "READERS.md"
ABSTRACT = "We count bubbles in a kettle. They collapse when the lid is lifted. " * 4
# How a file of each format begins, by its suffix.
SAMPLES = {
    ".bib": "@article{kessel2020,\n  title = {Kettles},\n",
    ".xml": "<?xml version='1.0'?>\n<PubmedArticleSet>\n<PubmedArticle>\n<PMID>1</PMID>\n",
    ".ris": "TY  - JOUR\nTI  - Kettles\n",
    ".json": '[\n  {"id": "a", "type": "article-journal"',
    ".nbib": "PMID- 33000001\nOWN - NLM\nTI  - Kettles\n",
    ".ciw": "FN Clarivate Analytics Web of Science\nVR 1.0\nPT J\nAU Kessel, A\n",
    ".enw": "%0 Journal Article\n%T Kettles\n",
    ".yaml": "references:\n- id: a\n  title: Kettles\n  abstract: They sing.\n",
    ".csv": "title;abstract\nKettles;They sing.\n",
    ".jsonl": '{"title": "Kettles", "abstract": "They sing."}\n',
    ".txt": f"Why kettles sing\n{ABSTRACT}\nHow teapots drip\n{ABSTRACT}\n",
}


def one_line_of(text):
    return " ".join(text.replace("`", "").split())


@pytest.mark.parametrize("reader", ALL_READERS, ids=lambda reader: reader.name)
def test_a_format_is_named_wherever_formats_are(reader, tmp_path, capsys):
    with pytest.raises(SystemExit):
        main(["ingest", "--help"])
    (tmp_path / "note.txt").write_text("just a note")
    (rejection,) = read_sources([tmp_path / "note.txt"])
    told = (capsys.readouterr().out, UPLOAD_HELP, GUIDE.read_text("utf-8"))
    assert "paperchat ingest --help" in rejection.why  # a list of all would bury the fault
    assert all(reader.name in one_line_of(text) for text in told)


def test_the_page_takes_files_of_every_format():
    with gr.Blocks():
        offered = lay_out_adding().files.file_types
    assert offered == list(SUFFIXES)
    assert len(set(SUFFIXES)) == len(SUFFIXES)


@pytest.mark.parametrize("text", [text for each, text in SAMPLES.items() if each != ".txt"])
def test_what_a_tool_has_exported_is_read_as_such_where_it_is_pasted(text):
    assert is_structured(text)


@pytest.mark.parametrize(("suffix", "text"), SAMPLES.items(), ids=SAMPLES)
def test_the_beginning_of_a_file_finds_its_reader(suffix, text):
    assert suffix in find_reader(text).suffixes


@pytest.mark.parametrize("text", ["", "just a note", "Kettles sing\nThey do."])
def test_text_of_no_format_has_no_reader(text):
    assert find_reader(text) is None

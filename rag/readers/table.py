"""List the file formats that can be read: the one table, from which all else derives.

A new format is a file beside this one with two functions, `looks_like_…` and `read_…`, and a row.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from rag.readers import pdf, spreadsheets
from rag.readers.bibtex import looks_like_bibtex, read_bibtex
from rag.readers.daily_papers import looks_like_page, read_page
from rag.readers.delimited import looks_like_table, read_table
from rag.readers.endnote import looks_like_endnote, read_endnote
from rag.readers.front_matter import looks_like_front_matter, read_front_matters
from rag.readers.html_tables import looks_like_html_table, read_html_table
from rag.readers.json_files import looks_like_json, read_json
from rag.readers.json_lines import looks_like_json_lines, read_json_lines
from rag.readers.listings import looks_like_listing, read_listing
from rag.readers.pubmed import looks_like_pubmed, read_pubmed
from rag.readers.records import Record, RecordError
from rag.readers.ris import looks_like_ris, read_ris
from rag.readers.tagged import looks_like_tagged, read_tagged
from rag.readers.text_files import Text
from rag.readers.web_of_science import looks_like_web_of_science, read_web_of_science
from rag.readers.xml_files import looks_like_xml, read_xml
from rag.readers.yaml_files import looks_like_yaml, read_yaml
from rag.readers.zotero_rdf import looks_like_zotero_rdf, read_zotero_rdf


@dataclass(frozen=True, slots=True)
class Reader:
    """Describe what reads one format of files.

    Attributes:
        name: The format in words for the user, to stand in a list.
        suffixes: With which its files are offered for upload; a file is not read by its name.
        recognises: Whether text, the beginning of a file or all of it, is of this format.
        read: Give a record, or what is wrong with it, for every entry of a file, in order. May
            raise `UnreadableError` for the file as a whole.
        read_lines: The same of some lines of a file, where each is read by itself, so that two
            processes can share them.
    """

    name: str
    suffixes: tuple[str, ...]
    recognises: Callable[[str], bool]
    read: Callable[[Text], Iterator[Record | RecordError]]
    read_lines: Callable[[Iterable[str]], Iterator[Record | RecordError]] | None = None


@dataclass(frozen=True, slots=True)
class BinaryReader:
    """Describe what reads a format of files that are no text.

    Attributes:
        name: The format in words for the user, to stand in a list.
        suffixes: With which its files are offered for upload.
        magic: What stands among the first bytes of its files.
        most_bytes: The largest file that is read.
        read: As that of `Reader`, of a file's bytes.
    """

    name: str
    suffixes: tuple[str, ...]
    magic: bytes
    most_bytes: int
    read: Callable[[bytes], Iterator[Record | RecordError]]


BINARY_READERS: Final = (
    BinaryReader("PDF", (".pdf",), pdf.MAGIC, pdf.MOST_BYTES, pdf.read_pdf),
    BinaryReader(
        "Excel with columns title and abstract",
        (".xlsx",),
        spreadsheets.MAGIC,
        spreadsheets.MOST_BYTES,
        spreadsheets.read_spreadsheet,
    ),
)
BYTES_BEFORE_MAGIC: Final = 1024  # some programs write something of their own first
# In the order in which they are tried: what can only be one format stands before what is guessed.
READERS: Final = (
    Reader("Zotero's RDF", (".rdf",), looks_like_zotero_rdf, read_zotero_rdf),
    Reader("XML of PubMed, EndNote, arXiv, JATS and the like", (".xml",), looks_like_xml, read_xml),
    Reader("BibTeX", (".bib",), looks_like_bibtex, read_bibtex),
    Reader("RIS", (".ris",), looks_like_ris, read_ris),
    Reader("PubMed", (".nbib",), looks_like_pubmed, read_pubmed),
    Reader("Web of Science", (".ciw",), looks_like_web_of_science, read_web_of_science),
    Reader("EndNote", (".enw",), looks_like_endnote, read_endnote),
    Reader(
        "tagged text of Cochrane, EBSCO, Embase, EndNote, Ovid, ProQuest, RefWorks and others",
        (),
        looks_like_tagged,
        read_tagged,
    ),
    Reader(
        "abstracts as PubMed, Scopus, ScienceDirect, IEEE and arXiv's mailings list them",
        (),
        looks_like_listing,
        read_listing,
    ),
    Reader(
        "JSON Lines with title and abstract",
        (".jsonl",),
        looks_like_json_lines,
        read_json_lines,
        read_json_lines,
    ),
    Reader("CSL and other JSON", (".json",), looks_like_json, read_json),
    Reader("CSL as YAML", (".yaml",), looks_like_yaml, read_yaml),
    Reader(
        "tables of HTML with columns title and abstract",
        (".xls",),
        looks_like_html_table,
        read_html_table,
    ),
    Reader("CSV with columns title and abstract", (".csv", ".tsv"), looks_like_table, read_table),
    Reader("saved Daily Papers pages (plain text)", (".txt",), looks_like_page, read_page),
    Reader(
        "text with a title and below the word “Abstract” its abstract",
        (),
        looks_like_front_matter,
        read_front_matters,
    ),
)
ALL_READERS: Final = (*READERS, *BINARY_READERS)
FORMATS: Final = f"{', '.join(reader.name for reader in ALL_READERS)}, also zipped or gzipped"
# For a mistake about one file; the whole list is longer than what is said of it.
SOME_FORMATS: Final = (
    "PDF, BibTeX, RIS, CSV, JSON Lines and others; `paperchat ingest --help` lists them"
)
SUFFIXES: Final = (*(suffix for reader in ALL_READERS for suffix in reader.suffixes), ".gz", ".zip")


def find_binary_reader(start: bytes) -> BinaryReader | None:
    """Find the reader of a format that is no text by a file's first bytes, or None."""
    begin = start[:BYTES_BEFORE_MAGIC]
    return next((reader for reader in BINARY_READERS if reader.magic in begin), None)


def find_reader(text: str) -> Reader | None:
    """Find the first reader that recognises the beginning of a file, or None."""
    return next((reader for reader in READERS if reader.recognises(text)), None)

"""Files that are broken, or made to do harm: a report in time that grows with the size alone."""

from __future__ import annotations

import gzip
import io
import json
import sqlite3
import time
import zipfile
from contextlib import closing, suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.readers import READERS, read_sources
from rag.readers.records import UnreadableError
from rag.types import Note, Paper, Rejection

GOOD = "@misc{g, title={Kettles}, abstract={They sing.}}\n"
# Each makes a file of about so many pieces.
SHAPES = {
    "braces": lambda n: "@a{k, title={" + "{" * n,
    "closed_braces": lambda n: "@a{k, title={" + "{" * n + "}" * n + "}}",
    "entries_never_closed": lambda n: "@a{k, title={x\n" * n,
    "equals": lambda n: "@a{k, " + "x = " * n + "}",
    "joined": lambda n: "@a{k, title = " + "a # " * n + "a}",
    "quotes": lambda n: '@a{k, title = "' + '{"' * n + '"}',
    "names": lambda n: "@a{k, title={T}, abstract={A.}, author={" + "A, B and " * n + "}}",
    "accents": lambda n: "@a{k, title={T}, abstract={" + "\\'" * n + "}}",
    "macros": lambda n: "@a{k, title={T}, abstract={" + "\\href{" * n + "}}",
    "formulas": lambda n: "@a{k, title={T}, abstract={" + "$\\mathcal{" * n + "}}",
    "options": lambda n: "@a{k, title={T}, abstract={" + "\\cite[" * n + "}}",
    "tags_of_ris": lambda n: "TY  - JOUR\nTI  - T\n" + "AB  - x\n" * n,
    "lines_of_ris": lambda n: "TY  - JOUR\nTI  - T\nAB  - x\n" + "  x\n" * n,
    "records_of_ris": lambda n: "TY  - JOUR\n" * (n // 8),
    "spaces_of_ris": lambda n: "TY  - JOUR\nTI  - " + " " * n * 8 + "x",
    "markup": lambda n: "TY  - JOUR\nTI  - T\nAB  - " + "<i>" * n,
    "mathml": lambda n: "TY  - JOUR\nTI  - T\nAB  - " + "<mml:msup>" * n,
    "entities": lambda n: "TY  - JOUR\nTI  - T\nAB  - " + "&amp;" * n,
    "copyright": lambda n: "TY  - JOUR\nTI  - T\nAB  - x " + "(c) 2020 " * n,
    "withdrawn": lambda n: "TY  - JOUR\nTI  - T\nAB  - " + "This paper paper " * n,
    "brackets_of_json": lambda n: "[" * n,
    "objects_of_json": lambda n: '{"a":' * n,
    "escapes_of_json": lambda n: '{"title": "' + "\\" * n,
    "commas_of_json": lambda n: '{\n"title": "T",' + "," * n + "}",
    "lists_of_json": lambda n: '[{"title": "T"' + ", {" * n,
    "quotes_of_csv": lambda n: "title,abstract\n" + '"' * n,
    "rows_of_csv": lambda n: "title,abstract\n" + "a,\n" * (n // 8),
    "authors_of_csv": lambda n: "title,abstract,authors\nT,A b.," + "(" * n + "A; " * n,
    "dates_of_csv": lambda n: "title,abstract,date\nT,A b.," + "1 Jan " * n,
    "fields_of_pubmed": lambda n: "PMID- 1\nTI  - T\nAB  - x\n" + "      x\n" * n,
    "percents": lambda n: "%0 Journal Article\n%T T\n" + "%X x\n" * n,
    "records_never_closed": lambda n: "<record><title>T" * (n // 16),
    "broken_records": lambda n: "<record></x>" * (n // 40) + "<a>" * (n // 40),
    "texts_between": lambda n: "<record><abstract>" + "x<br/>y" * n + "</abstract></record>",
    "attributes": lambda n: "<record " + "".join(f"a{i}='' " for i in range(n // 4)) + "/>",
    "nested_json": lambda n: '{"title": [' * 5 + '"T"' + ', {"a": 1}' * n + "]}" * 5,
    "tags_of_cochrane": lambda n: "ID: 1\nTI: T\nAB: x\n" + "AU: x\n" * n,
    "citations": lambda n: "1. J. 2019.\n\n" * (n // 8) + "PMID: 1\n",
    "commas_of_lines": lambda n: "a,\n" * n + "(https://a.example.org/)\nAbstract: x\n",
    "rules": lambda n: "\\\\\narXiv:2001.00001\nTitle: T\n" + "\\\\\n" * n,
    "hyphens": lambda n: "TY  - JOUR\nTI  - T\nAB  - x\n" + "a-\n" * n,
    "items_of_yaml": lambda n: "references:\n- title: T\n  abstract: A\n" + "- - " * n,
    "braced_tags": lambda n: "{Reference Type}: x\n{Title}: T\n" + "{Abstract}: x\n" * n,
    "dotted_tags": lambda n: ".I 1\n.T\nT\n.W\n" + ".A\n" * n,
    "fields_of_marc": lambda n: (
        "<record>" + "<datafield tag='520'><subfield code='a'>x</subfield></datafield>" * (n // 16)
    ),
    "lists_of_people": lambda n: 'title,abstract,authors\nT,A b.,"' + "[{" * n + '"',
    "lines": lambda n: "Subscribe\n" + "x\n" * n,
    "one_line": lambda n: "x" * n * 8,
}


def read(folder, content, name="hostile"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_sources([path]))


def seconds(folder, content):
    """The least of three runs of this thread alone: what others do only adds to it."""
    taken = []
    for _ in range(3):
        begun = time.thread_time()
        items = read(folder, content)
        taken.append(time.thread_time() - begun)
        assert all(isinstance(item, Paper | Rejection | Note) for item in items)
    return min(taken)


@pytest.mark.parametrize("shape", SHAPES)
def test_eight_times_the_size_takes_about_eight_times_the_time(tmp_path, shape):
    make = SHAPES[shape]
    small, large = seconds(tmp_path, make(4_000)), seconds(tmp_path, make(32_000))
    assert large < 24 * small + 0.2  # 64 times where it grows with the square


@given(
    start=st.sampled_from(
        [
            "@a{k, title={T}, abstract={A.}, ",
            "TY  - JOUR\nTI  - T\n",
            "PMID- 1\nTI  - T\n",
            "PT J\nAU A\nTI T\n",
            "%0 Journal Article\n%T T\n",
            '{"title": "T", "abstract": ',
            '[{"id": 1, "type": "article", "title": ',
            "title,abstract,authors,year\n",
            "<A><record><title>T</title><abstract>A.</abstract>",
            "<record><datafield tag='245'><subfield code='a'>",
            "<document><passage><infon key='type'>title</infon><text>",
            "{Reference Type}: x\n{Title}: T\n",
            "Reference Type: x\nTitle: T\n",
            "START_RECORD\nFIELD Title:T\nFIELD ",
            ".I 1\n.T\nT\n.",
            "1|t|T\n1|a|",
            "%R 2017TesJ..812...45K\n%T T\n",
            "references:\n- title: T\n  abstract: ",
            "Subscribe\nT\n",
            "",
        ]
    ),
    rest=st.binary(max_size=120),
    pieces=st.lists(
        st.sampled_from(
            [
                "\\",
                "{",
                "}",
                "$",
                '"',
                "<i>",
                "&lt;",
                "\n",
                "and",
                "AB  - ",
                "\r",
                ",",
                "\\href",
                "[",
            ]
        ),
        max_size=12,
    ),
)
@settings(max_examples=400, deadline=None)
def test_any_bytes_behind_any_beginning_give_a_report(tmp_path_factory, start, rest, pieces):
    folder = tmp_path_factory.getbasetemp()
    items = read(folder, start.encode() + "".join(pieces).encode() + rest, "any")
    assert items
    for item in items:
        assert isinstance(item, Paper | Rejection | Note)
        if isinstance(item, Paper):
            f"{item.title}{item.abstract}".encode()


@pytest.mark.parametrize("reader", READERS, ids=lambda reader: reader.name)
@given(text=st.text(max_size=80))
@settings(max_examples=60, deadline=None)
def test_a_reader_raises_nothing_but_what_it_may(reader, text):
    with suppress(UnreadableError):
        list(reader.read(io.StringIO(text)))


@pytest.mark.parametrize(
    "content",
    [b"@a{k, title={", b'{"title": "', b"TY  - JOUR\nAB  - ", b'title,abstract\n"', b"x"],
    ids=["bibtex", "json", "ris", "csv", "text"],
)
def test_much_out_of_little_is_one_rejection(tmp_path, content):
    items = read(tmp_path, gzip.compress(content + b"x" * 30_000_000))
    assert 1 <= len(items) <= 22
    assert not any(isinstance(item, Paper) for item in items)


def test_one_bad_file_of_an_archive_does_not_stop_the_others(tmp_path):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.bib", GOOD)
        archive.writestr("b.bin", b"\0\1\2")
        archive.writestr("c/d.bib", GOOD.replace("Kettles", "Teapots"))
        archive.writestr("deep.zip", b"PK\x03\x04 broken")
    items = read(tmp_path, packed.getvalue())
    assert [i.title for i in items if isinstance(i, Paper)] == ["Kettles", "Teapots"]
    assert {i.source for i in items if isinstance(i, Rejection)} == {
        "hostile/b.bin",
        "hostile/deep.zip",
    }


def test_an_archive_within_archives_without_end_is_refused(tmp_path):
    content = GOOD.encode()
    for _ in range(6):
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            archive.writestr("x.zip", content)
        content = packed.getvalue()
    (rejection,) = read(tmp_path, content)
    assert rejection.why == "it is an archive inside archives"


def test_text_from_standard_input_is_read(monkeypatch):
    class Input:
        buffer = io.BufferedReader(io.BytesIO(GOOD.encode()))

    monkeypatch.setattr("sys.stdin", Input())
    (paper,) = read_sources(["-"])
    assert (paper.title, paper.source) == ("Kettles", "standard input")


@pytest.mark.parametrize("kind", [[], {}, ["note"], 7, None])
def test_a_kind_of_item_that_is_no_text_costs_nothing_else(tmp_path, kind):
    odd = {"itemType": kind, "title": "Odd", "abstract": "It is."}
    whole = {"title": "Whole", "abstract": "It is."}
    path = tmp_path / "odd.jsonl"
    path.write_text("\n".join(json.dumps(each) for each in (odd, whole)), encoding="utf-8")
    assert "Whole" in [each.title for each in read_sources([path]) if isinstance(each, Paper)]


def test_the_database_of_a_program_is_told_as_one(tmp_path):
    path = tmp_path / "zotero.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("CREATE TABLE items (title)")
    (rejection,) = read_sources([path])
    assert "paperchat ingest zotero:" in rejection.why
    assert len(rejection.why) < 200

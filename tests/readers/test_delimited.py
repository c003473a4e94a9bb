"""Tables of papers as CSV: what is read of them, and what of a broken one is told."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.identifiers import id_from_title
from rag.readers import read_sources
from rag.readers.column_names import COLUMNS, LANGUAGES
from rag.readers.delimited import looks_like_table, read_table
from rag.readers.pasted import is_structured
from rag.readers.records import RecordError
from rag.types import Paper, Rejection

KETTLES = "Kettles sing, mostly"
SONG = 'They "sing"; we\nlisten.'
WHOLE = (KETTLES, SONG, "Kessel, Ada; Tee, Bo", "2020-07", "10.1000/kettle.1", "Bubbles")
CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r"), max_size=20)


def written(rows, delimiter=","):
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    return file.getvalue()


def read(tmp_path, content):
    path = tmp_path / "papers.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_sources([path]))


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize(
    "columns",
    [
        ("title", "abstract", "authors", "published", "doi", "venue"),
        ("Title", " ABSTRACT ", "Author", "Year", "DOI", "Journal"),
    ],
)
def test_a_table_is_read_whatever_separates_it(tmp_path, delimiter, columns):
    text = written([columns, WHOLE], delimiter)
    assert read(tmp_path, f"\ufeff\n{text}") == [
        Paper(
            paper_id=id_from_title(KETTLES),
            title=KETTLES,
            abstract='They "sing"; we listen.',
            authors=("Ada Kessel", "Bo Tee"),
            published="2020-07",
            url="https://doi.org/10.1000/kettle.1",
            venue="Bubbles",
            source="papers.csv",
        )
    ]


def test_an_address_stands_before_a_doi_and_a_date_before_a_year(tmp_path):
    names = ("", "abstract", "title", "year", "date", "doi", "link")
    row = ("0", "They sing.", "Kettles", "2020", "2020-07-01", "10.1/x", "https://kettles.org/1")
    (paper,) = read(tmp_path, written([names, row], "\t"))
    assert (paper.published, paper.url) == ("2020-07-01", "https://kettles.org/1")


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('"Kettles" sing,They do.', "broken CSV: ',' expected after '\"'"),
        ('Kettles,"They do.', "broken CSV: unexpected end of data"),
        (f"Kettles,{'x' * 140_000}", "broken CSV: field larger than field limit (131072)"),
        ("Kettles", "'Kettles' has no abstract"),
    ],
    ids=["quote", "open quote", "long field", "short row"],
)
def test_a_broken_row_is_rejected_and_those_before_it_are_read(tmp_path, broken, why):
    row = broken if isinstance(broken, bytes) else broken.encode()
    first, second = read(tmp_path, b"title,abstract\nTeapots,They drip.\n,\n" + row)
    assert first.title == "Teapots"
    assert second == Rejection("papers.csv", 2, why)


def test_quotation_marks_inside_cells_that_nobody_doubled_are_read(tmp_path):
    rows = (
        '"Kettle "deluxe" studies","We study "deluxe" and ""old"" kettles, twice.",2015\r\n'
        '"Next","It is fine.",2016\r\n'
        '"Three" cells,"are, "not", clear" here,2017\r\n'
        '"Last","It is\r\nlast.",2018\r\n'
    )
    first, second, broken, last = read(tmp_path, f"title,abstract,year\r\n{rows}".encode())
    assert first.title == 'Kettle "deluxe" studies'
    assert first.abstract == 'We study "deluxe" and "old" kettles, twice.'
    assert (first.year, second.title, last.abstract) == (2015, "Next", "It is last.")
    assert broken.why.startswith("broken CSV")


def test_rows_below_a_broken_one_are_read(tmp_path):
    _, paper = read(tmp_path, 'title,abstract\n"a"b,c\nTeapots,They drip.\n')
    assert paper.title == "Teapots"


@pytest.mark.parametrize("text", ["title", "abstract;authors\n", "a title, an abstract", '"title'])
def test_text_without_both_columns_is_no_table(text):
    assert not looks_like_table(text)


@given(st.lists(st.lists(CELLS, min_size=2, max_size=3)))
def test_what_was_written_is_read(rows):
    found = read_table(io.StringIO(written([("title", "abstract", "venue"), *rows])))
    filled = [row for row in rows if any(map(str.strip, row))]
    assert [(r["title"], r["abstract"]) for r in found] == [
        (row[0].strip(), row[1].strip()) for row in filled
    ]


@given(st.text())
def test_whatever_follows_the_names_is_records_or_errors(text):
    for each in read_table(io.StringIO(f"title;abstract\n{text}")):
        assert isinstance(each, RecordError) or {"title", "abstract"} <= each.keys()


@pytest.mark.parametrize(
    ("text", "is_table"),
    [("title;abstract\nKettles;They sing.", True), ("Titles, abstracts\nWe count them.", False)],
)
def test_a_pasted_table_is_no_title(text, is_table):
    assert is_structured(text) is is_table


@pytest.mark.parametrize(
    "columns",
    [
        ("Titel", "Zusammenfassung", "Autor(en)", "Erscheinungsjahr", "DOI", "Zeitschrift"),
        ("Titre", "Résumé", "Auteur(s)", "Année", "doi", "Revue"),
        ("Título", "Resumen", "Autores", "Año", "DOI", "Revista"),
        ("Titolo", "Riassunto", "Autori", "Anno", "DOI", "Rivista"),
        ("Title", "Abstract", "Author/s", "Publication Year", "DOI", "Source Title"),
        ("title", "abstract", "author_list", "publish_time", "doi", "journal"),
        ("Article_Title", "Abstract-Text", "Author Names", "Year Published", "DOI Link", "SO"),
    ],
)
def test_columns_are_known_in_other_languages_and_spellings(tmp_path, columns):
    row = (KETTLES, SONG, "Kessel, Ada; Tee, Bo", "2020", "10.1000/kettle.1", "Bubbles")
    (paper,) = read(tmp_path, written([columns, row], ";"))
    assert (paper.title, paper.authors, paper.year) == (KETTLES, ("Ada Kessel", "Bo Tee"), 2020)
    assert (paper.venue, dict(paper.identifiers)) == ("Bubbles", {"doi": "10.1000/kettle.1"})


@pytest.mark.parametrize(
    ("dates", "published"),
    [
        (("2019", "2 Oct 2018", "Jan. 2019"), "2019-01"),
        (("2019", "2 Oct 2019", ""), "2019-10-02"),
        (("2019", "2 Oct 2018", ""), "2019"),
        (("", "2 Oct 2018", ""), "2018-10-02"),
        (("2019", "July", ""), "2019-07"),
    ],
)
def test_the_year_in_its_own_column_is_that_of_the_issue(tmp_path, dates, published):
    columns = ("Title", "Abstract", "Publication Year", "Online Date", "Issue Date")
    (paper,) = read(tmp_path, written([columns, (KETTLES, SONG, *dates)]))
    assert paper.published == published


def test_authors_may_have_columns_of_their_own(tmp_path):
    columns = ("Title", "Abstract", "Author 1", "Author 2", "Author 3")
    (paper,) = read(tmp_path, written([columns, (KETTLES, SONG, "Kessel, Ada", "Bo Tee", "")]))
    assert paper.authors == ("Ada Kessel", "Bo Tee")


@pytest.mark.parametrize("language", LANGUAGES)
def test_columns_are_known_in_every_language_of_the_table(tmp_path, language):
    names = LANGUAGES[language]
    for at in range(2):
        columns = [names[key].split(", ")[-at] for key in ("title", "abstract", "authors", "url")]
        columns.append(names["year"].split(", ")[-at])
        row = (KETTLES, "Kettles sing in tune.", "Ada Kessel", "https://kettles.example.org/1")
        (paper,) = read(tmp_path, written([columns, (*row, "2019")]))
        assert (paper.title, paper.authors, paper.year) == (KETTLES, ("Ada Kessel",), 2019)
        assert paper.link == "https://kettles.example.org/1"


def test_no_name_means_two_things_that_are_told_apart():
    told = ("title", "abstract", "authors", "url", "doi", "venue", "keywords")
    names = [name for column in told for name in COLUMNS[column]]
    assert len(names) == len(set(names))
    assert all(names)


@pytest.mark.parametrize(
    ("columns", "papers"),
    [
        (("Name", "Abstract", "URL"), 1),
        (("Name", "Summary", "Authors", "Year"), 1),
        (("Name", "Description", "Price"), 0),
    ],
)
def test_a_name_is_a_title_beside_what_papers_have(tmp_path, columns, papers):
    items = read(tmp_path, written([columns, (KETTLES, "They sing, and we listen.", "Ada", "1")]))
    assert sum(isinstance(item, Paper) for item in items) == papers


def test_quotation_marks_that_quote_nothing_stay_in_a_table_of_tabs(tmp_path):
    text = (
        "title\tabstract\n"
        '"Quiet" kettles\tThe word "quiet" is used.\n'
        '"Loud kettles"\t"They ""sing""\nfor long."\n'
    )
    papers = read(tmp_path, text)
    assert [paper.title for paper in papers] == ['"Quiet" kettles', "Loud kettles"]
    assert papers[1].abstract == 'They "sing" for long.'


def test_names_of_columns_are_read_in_latin_1_too(tmp_path):
    text = "Título;Resumen;Año\nEl botijo;El botijo baja 11 grados a la sombra.;2012\n"
    (paper,) = (x for x in read(tmp_path, text.encode("latin-1")) if isinstance(x, Paper))
    assert (paper.title, paper.year) == ("El botijo", 2012)


def test_people_and_keywords_are_read_as_programs_list_them(tmp_path):
    row = ("Song", "Kettles sing in tune.", "Ada Kessel|Bo Tee", "['cs.CV', 'cs.LG']")
    text = written([("titles", "summaries", "authorships.author.display_name", "terms"), row])
    (paper,) = read(tmp_path, text)
    assert paper.authors == ("Ada Kessel", "Bo Tee")
    assert paper.tags == ("cs.CV", "cs.LG")


def test_of_a_table_without_abstracts_the_records_are_told_that_can_be_completed(tmp_path):
    rows = 'Authors,Title,Publication,Year\r\n"Kessel, A; Tee, B; ",A kettle,J Steam,2011\r\n'
    told, *others = read(tmp_path, rows.encode())
    assert (told.record, told.why, told.reason) == (1, "'A kettle' has no abstract", "no abstract")
    assert told.paper.authors == ("A Kessel", "B Tee")
    assert [each.why for each in others] == ["it holds no paper with a title and an abstract"]

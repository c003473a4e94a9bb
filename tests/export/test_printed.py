"""References as they are printed, tables for spreadsheets, and every format read again."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.export import FORMATS, Style, export_papers, render_in_text
from rag.export.plain import exported_record
from rag.identifiers import id_from_title
from rag.names import is_telling, stated_name
from rag.readers import read_sources
from rag.types import STARTER_SOURCE, Imprint, Kind, Paper

JOURNAL = Paper(
    "j",
    "Why kettles sing",
    "A kettle sings because bubbles collapse.",
    authors=("Ada B. Kessel", "Bo van der Berg"),
    published="2019-04-02",
    venue="Journal of Small Bubbles",
    url="https://doi.org/10.1000/1",
    identifiers=(("doi", "10.1000/1"),),
)
PREPRINT = Paper(
    "2101.00001",
    "Teapots & drips",
    "They drip.",
    authors=("Bo Tee",),
    published="2020",
    url="https://arxiv.org/abs/2101.00001",
)
BARE = Paper("b", "Nothing is known", "Of this.")


def lines(papers, style):
    return export_papers(papers, style).splitlines()


# --- printed references ----


def test_apa():
    assert lines([PREPRINT, JOURNAL], "apa") == [
        "Kessel, A. B., & van der Berg, B. (2019). Why kettles sing. Journal of Small Bubbles. "
        "https://doi.org/10.1000/1",
        "Tee, B. (2020). Teapots & drips (arXiv:2101.00001). arXiv. "
        "https://arxiv.org/abs/2101.00001",
    ]


@pytest.mark.parametrize("style", ["apa", "ieee", "chicago"])
@pytest.mark.parametrize(
    "venue", ["Journal of Small Bubbles", "Proceedings of the Kettle Conference"]
)
def test_the_pages_of_what_is_on_arxiv_too_are_printed_and_not_its_arxiv_id(style, venue):
    known = replace(PREPRINT, venue=venue, imprint=Imprint(volume="7", pages="101–112"))
    (line,) = lines([known], style)
    assert "arXiv:" not in line
    assert "101–1" in line


@pytest.mark.parametrize("style", ["apa", "ieee", "chicago"])
@pytest.mark.parametrize("title", ["Do kettles sing?", "Kettles: “do they sing”?", "They sing!"])
def test_no_period_follows_a_title_that_ends_itself(style, title):
    (line,) = lines([replace(JOURNAL, title=title)], style)
    assert not re.search(r"[?!][”’]?\.", line)


@pytest.mark.parametrize("style", ["apa", "ieee", "chicago"])
@pytest.mark.parametrize("title", ["Why kettles sing", "Kettles (a survey)", "Kettles, part 2"])
def test_the_period_that_ends_a_title_of_pubmed_is_not_printed_twice(style, title):
    with_period = replace(JOURNAL, title=f"{title}.")
    assert lines([with_period], style) == lines([replace(JOURNAL, title=title)], style)


@pytest.mark.parametrize("title", ["Kettles, teapots et al.", "On kettles, and so on..."])
def test_a_dot_that_belongs_to_a_title_is_printed(title):
    assert title in lines([replace(JOURNAL, title=title)], "ieee")[0]


@pytest.mark.parametrize("venue", ["Bioinformatics", "J. of Oil", "Cell"])
def test_a_paper_with_a_doi_in_what_is_no_book_is_an_article_in_a_journal(venue):
    paper = replace(JOURNAL, venue=venue)
    name = "Kessel, Ada B., and Bo van der Berg"
    assert lines([paper], "chicago") == [
        f"{name}. 2019. “Why Kettles Sing”. {venue}, April 2. https://doi.org/10.1000/1."
    ]
    assert f"  journal = {{{venue}}}," in lines([paper], "bibtex")


@pytest.mark.parametrize("venue", ["Cambridge University Press", "Lecture Notes in Cooking"])
def test_a_book_with_a_doi_is_no_journal_and_no_preprint(venue):
    paper = replace(JOURNAL, venue=venue)
    assert f"  howpublished = {{{venue}}}," in lines([paper], "bibtex")
    assert "Preprint" not in lines([paper], "chicago")[0]


NUMBERED = replace(
    JOURNAL,
    imprint=Imprint("article", "12", "3", "45–67", "Steam & Sons", "1476-4687"),
)


@pytest.mark.parametrize(
    ("style", "shown"),
    [
        ("apa", "Journal of Small Bubbles, 12(3), 45–67. https"),
        ("ieee", "Journal of Small Bubbles, vol. 12, no. 3, pp. 45–67, Apr. 2019"),
        ("chicago", "Journal of Small Bubbles 12 (3): 45–67. https"),
    ],
)
def test_volume_issue_and_pages_are_printed(style, shown):
    assert shown in lines([NUMBERED], style)[0]


def test_ieee_numbers_the_papers_as_they_were_given():
    first, second = lines([PREPRINT, JOURNAL], "ieee")
    assert first.startswith("[1] B. Tee, “Teapots & drips”, 2020, arXiv:2101.00001.")
    assert second.startswith("[2] A. B. Kessel and B. van der Berg, “Why kettles sing”")
    assert second.endswith("doi: 10.1000/1.")


def test_chicago_spells_given_names_out():
    (line,) = lines([JOURNAL], "chicago")
    assert line.startswith("Kessel, Ada B., and Bo van der Berg. 2019. “Why Kettles Sing”.")
    assert line.endswith("https://doi.org/10.1000/1.")


@pytest.mark.parametrize("style", ["apa", "ieee", "chicago"])
def test_what_is_not_known_is_not_printed_and_no_title_stands_twice(style):
    for paper in (
        BARE,
        replace(BARE, paper_id="2101.00002", url="https://arxiv.org/abs/2101.00002"),
    ):
        (line,) = lines([paper], style)
        assert line.casefold().count("nothing is known") == 1
        assert line.count("arXiv:2101.00002") < 2
        assert "None" not in line
    assert lines([BARE], style)[0].endswith(".")
    assert export_papers([], style) == ""


@pytest.mark.parametrize("style", ["apa", "ieee", "chicago"])
@given(
    title=st.text(min_size=1, max_size=60),
    names=st.lists(st.text(max_size=20), max_size=3),
    numbers=st.lists(st.text("0123456789eSvx–-, .", max_size=12), min_size=3, max_size=3),
    kind=st.sampled_from(get_args(Kind)) | st.none(),
)
@examples(max_examples=25, deadline=None)
def test_any_record_is_printed_on_one_line(style, title, names, numbers, kind):
    imprint = Imprint(kind, *numbers)
    paper = replace(BARE, title=title, authors=tuple(names), venue="V", imprint=imprint)
    assert len(export_papers([paper, JOURNAL], style).splitlines()) == 2


# --- tables ----


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t=", "'="])
def test_no_cell_of_a_table_is_a_formula(sign):
    attack = f"{sign}HYPERLINK(1)"
    paper = replace(JOURNAL, title=attack, authors=(attack,), venue=attack, tags=(attack,))
    rows = list(csv.reader(io.StringIO(export_papers([paper], "csv"))))
    assert [cell for row in rows for cell in row if cell[:1] in "=+-@\t\r" and cell] == []
    assert attack.strip() in rows[1][1]


def test_a_summary_is_not_given_as_the_abstract_in_a_table():
    exported = export_papers([replace(JOURNAL, source=STARTER_SOURCE)], "csv")
    assert "bubbles collapse" not in exported


# --- read again ----

WHOLE = replace(
    JOURNAL,
    paper_id="my-own-id",
    title="=SUM of α & <b>bold</b> in 50 % of $x_2$; a study",
    abstract='It costs $5, or 5 %; “quoted” \\ and {braced}, "twice".',
    authors=("Ada B. Kessel", "Bo van der Berg", "NASA Team", "José García Márquez"),
    family_names=(("José García Márquez", "García Márquez"),),
    tags=("rivers, dams", "small bubbles"),
    collections=("To read, soon", "Water/Otters"),
    source="refs.bib",
    retraction="retracted on 2023-04-05: https://doi.org/10.1000/notice_1",
    notices=(
        "erratum of 2020-02-06: https://doi.org/10.1002/(SICI)1097(199;8)3.0.CO;2-2",
        "version 2 of 2021-03-04: https://arxiv.org/abs/1901.00001v2",
    ),
    identifiers=(("citekey", "kessel:2019/a"), ("doi", "10.1000/1"), ("pmid", "123")),
    imprint=Imprint(
        *("article", "12", "3 (Suppl.)", "45–67", "Steam & Sons, 100% {Press}"),
        *("0028-0836, 1476-4687", "978-3-16-148410-0"),
    ),
)


def read_again(text, name, folder):
    path = folder / name
    path.write_text(text, encoding="utf-8", newline="")
    (paper,) = read_sources([path])
    return paper


@pytest.mark.parametrize("format_name", [*FORMATS, "csv", "jsonl"])
def test_every_format_that_is_written_is_read_again_without_a_loss(format_name, tmp_path):
    if format_name == "jsonl":
        text = json.dumps(exported_record(WHOLE), ensure_ascii=False) + "\n"
    else:
        text = export_papers([WHOLE], format_name)
    again = read_again(text, f"papers.{format_name}", tmp_path)
    kept = (
        *("paper_id", "title", "abstract", "authors", "published", "venue", "url", "tags"),
        *("collections", "retraction", "notices", "imprint", "family_names"),
    )
    assert {name: getattr(again, name) for name in kept} == {
        name: getattr(WHOLE, name) for name in kept
    }
    assert dict(again.identifiers) == dict(WHOLE.identifiers)
    if format_name in ("csv", "jsonl"):  # bibliographies do not know it
        assert again.source == WHOLE.source


@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize(
    ("retraction", "notices"),
    [
        ("withdrawn on 2023-04-05: https://arxiv.org/abs/1901.00001v3", ()),
        (None, ("erratum of 2020-02-06: https://doi.org/10.1000/e1",)),
        (None, ()),
    ],
)
@pytest.mark.parametrize("format_name", [*FORMATS, "csv"])
def test_what_became_of_a_paper_comes_back(format_name, retraction, notices, is_own, tmp_path):
    paper = replace(JOURNAL, retraction=retraction, notices=notices)
    if not is_own:
        paper = replace(paper, paper_id=id_from_title(paper.title))
    text = export_papers([paper], format_name)
    told = " ".join((retraction or "", *notices)).split()
    assert all(word in text.replace("Withdrawn", "withdrawn") for word in told)
    again = read_again(text, f"papers.{format_name}", tmp_path)
    assert (again.retraction, again.notices) == (retraction, notices)


# The author as it is spoken, its family name, and how APA, IEEE and Chicago print it first.
PEOPLE = {
    "two words": ("José García Márquez", "García Márquez", "García Márquez, J."),
    "two given names": ("Gabriel José García Márquez", "García Márquez", "García Márquez, G. J."),
    "particle": ("Jan van der Berg", "van der Berg", "van der Berg, J."),
    "particle, two words": ("Ana de la Cruz Pérez", "de la Cruz Pérez", "de la Cruz Pérez, A."),
    "capital particle": ("Ana De Souza", "De Souza", "De Souza, A."),
    "particle of the given name": ("Alexis de Tocqueville", "Tocqueville", "Tocqueville, A. de"),
    "suffix": ("Luis García Pérez Jr.", "García Pérez", "García Pérez, L., Jr."),
    "body": ("World Kettle Organization", "World Kettle Organization", None),
    "body without a word for it": ("Doctors Without Kettles", "Doctors Without Kettles", None),
    "body with capitals behind": ("Kettle AI", "Kettle AI", None),
    "one word": ("Plato", "Plato", None),
    "two words and no given name": ("Abdul Kalam", "Abdul Kalam", None),
    "short family name": ("Raj KC", "KC", "KC, R."),
}


def paper_by(name, family):
    stated = ((name, family),) if is_telling(name, family) else ()
    return replace(JOURNAL, authors=(name, "Bo Tee"), family_names=stated)


@pytest.mark.parametrize("named", PEOPLE)
@pytest.mark.parametrize("is_own", [True, False])
@pytest.mark.parametrize("format_name", [*FORMATS, "csv", "jsonl"])
def test_family_names_come_back_in_every_format(format_name, is_own, named, tmp_path):
    paper = paper_by(*PEOPLE[named][:2])
    if not is_own:  # whose id follows from the record
        paper = replace(paper, paper_id=id_from_title(paper.title))
    if format_name == "jsonl":
        text = json.dumps(exported_record(paper), ensure_ascii=False) + "\n"
    else:
        text = export_papers([paper], format_name)
    again = read_again(text, f"papers.{format_name}", tmp_path)
    assert (again.authors, again.family_names) == (paper.authors, paper.family_names)


@given(
    given=st.lists(st.sampled_from(["Ada", "J.", "Xu", "AB", "Al-Amin"]), min_size=1, max_size=2),
    dropping=st.sampled_from(["", "de", "van der"]),
    particle=st.sampled_from(["", "de la", "van", "De"]),
    family=st.lists(st.sampled_from(["García", "O'Neil", "Souza", "KC", "王"]), min_size=1),
    suffix=st.sampled_from(["", "Jr.", "III"]),
)
@examples(max_examples=40, deadline=None)
def test_names_of_any_parts_come_back_in_every_format(given, dropping, particle, family, suffix):
    whole = f"{particle} {' '.join(family)}".strip()
    name = " ".join(filter(None, (*given, dropping, whole, suffix)))
    paper = paper_by(name, whole)
    with TemporaryDirectory() as folder:
        for format_name in (*FORMATS, "csv"):
            again = read_again(export_papers([paper], format_name), "papers", Path(folder))
            assert (again.authors, again.family_names) == (paper.authors, paper.family_names)


@pytest.mark.parametrize("named", PEOPLE)
def test_styles_print_family_names_as_they_are_stated(named):
    name, family, printed = PEOPLE[named]
    paper = paper_by(name, family)
    (apa,), (ieee,), (chicago,) = (lines([paper], style) for style in get_args(Style))
    assert apa.startswith(f"{printed or name}, & Tee, B. (2019)")
    assert family in ieee.partition(" and B. Tee")[0]
    without_particle = stated_name(name, family).family  # as this style puts it first
    assert chicago.startswith(f"{without_particle}, {'' if printed else 'and Bo Tee'}")
    assert render_in_text(paper) == f"({family} & Tee, 2019)"


def test_a_cite_key_that_we_make_stays_when_a_family_name_becomes_known():
    name = "José García Márquez"
    (known, unknown) = (paper_by(name, each) for each in ("García Márquez", "Márquez"))
    assert [export_papers([each], "bibtex").partition(",")[0] for each in (known, unknown)] == [
        "@article{marquez2019kettles"
    ] * 2


@pytest.mark.parametrize("kind", get_args(Kind))
@pytest.mark.parametrize("pages", ["45–67", "e1009", "45", "12–15, 20–22", "30:1–30:25"])
@pytest.mark.parametrize("format_name", [*FORMATS, "csv"])
def test_a_kind_and_pages_come_back(format_name, pages, kind, tmp_path):
    venue = "bioRxiv" if kind == "preprint" else "Kettles and Pots"
    imprint = Imprint(kind, "12", "3", pages, "Steam", isbn="978-3-16-148410-0")
    paper = replace(JOURNAL, venue=venue, imprint=imprint)
    again = read_again(export_papers([paper], format_name), f"papers.{format_name}", tmp_path)
    assert (again.venue, again.imprint) == (venue, imprint)


@pytest.mark.parametrize("name", ["bibtex", "csl", "csv", "ris"])
@pytest.mark.parametrize("tags", [("Sea ice, melting",), ("Sea ice, melting", "steam"), ("a|b",)])
def test_a_comma_inside_a_keyword_parts_nothing_when_an_export_is_read(tmp_path, name, tags):
    file = tmp_path / f"exported.{name}"
    file.write_text(export_papers([replace(JOURNAL, tags=tags)], name), encoding="utf-8")
    (paper,) = read_sources([file])
    assert paper.tags == tags

"""Bibliographies and Markdown: what strict parsers read from them, and what they leave out."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import bibtexparser
import pytest
import rispy
from bibtexparser.middlewares import (
    LatexDecodingMiddleware,
    SeparateCoAuthors,
    SplitNameParts,
)
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec, get_default_latex_context_db

from rag.cleaning.lone_signs import with_signs
from rag.export import (
    FORMATS,
    answer_markdown,
    cited_papers,
    conversation_markdown,
    export_papers,
)
from rag.export.latex import latex_text
from rag.identifiers import id_from_title
from rag.names import Name, split_name, stated_name
from rag.readers import read_sources
from rag.text import one_line
from rag.types import STARTER_SOURCE, Answer, Citation, Imprint, Paper

KETTLES = Paper(
    "2103.01234",
    "Why BERT Sings: 100% of {Kettles} & $O(n^2)$ Bubbles -- a_study",
    "A kettle sings because bubbles collapse. We recorded 30 kettles.",
    ("Ada Kessel", "Laurens van der Maaten", "John Smith Jr.", "OpenAI"),
    "2021-03-05",
    "https://arxiv.org/abs/2103.01234",
    "Journal of Small Bubbles",
)
BARE = Paper(id_from_title("Teapots drip"), "Teapots drip", "They do.")
TEXTS = st.text(st.characters(codec="utf-8"), min_size=1).filter(one_line)


VERBATIM = ("url", "doi", "eprint")  # LaTeX does not read these


HOSTILE_PAGES = "1}},\n@article{x,\r\nER  - \r\nTY  - JOUR"


def latex_decoder():
    """pylatexenc's, with three macros of LaTeX's kernel that it does not know, or wrongly."""
    kernel = {"textbraceleft": "{", "textbraceright": "}", "textasciicircum": "^"}
    macros = [MacroTextSpec(name, sign) for name, sign in kernel.items()]
    known = get_default_latex_context_db()
    known.add_context_category("kernel", prepend=True, macros=macros)
    return LatexNodes2Text(latex_context=known, math_mode="verbatim")


class Decoding(LatexDecodingMiddleware):
    """What LaTeX shows: a sign in a formula of its own as that sign, other formulas as they are."""

    def transform_entry(self, entry, library):
        for field in entry.fields:
            if isinstance(field.value, str):
                field.value = with_signs(field.value)
        kept = {name: field.value for name, field in entry.fields_dict.items() if name in VERBATIM}
        decoded = super().transform_entry(entry, library)
        for name, value in kept.items():
            decoded.fields_dict[name].value = value
        return decoded


def read_bibtex(text):
    """The entries of a bibliography as an independent parser reads them, LaTeX decoded."""
    middleware = [SeparateCoAuthors(), SplitNameParts(), Decoding(decoder=latex_decoder())]
    library = bibtexparser.parse_string(text, append_middleware=middleware)
    assert library.failed_blocks == []
    assert [type(block).__name__ for block in library.blocks] == ["Entry"] * len(library.entries)
    return [
        {"type": entry.entry_type, "key": entry.key, **{f.key: f.value for f in entry.fields}}
        for entry in library.entries
    ]


def bibtex_of(paper):
    (entry,) = read_bibtex(export_papers([paper], "bibtex"))
    return entry


def ris_of(paper):
    (record,) = rispy.loads(export_papers([paper], "ris"))
    return record


def csl_of(paper):
    (item,) = json.loads(export_papers([paper], "csl"))
    return item


# --- BibTeX --------------------------------------------------------------------------------------


def test_a_bibtex_entry_holds_what_the_record_says():
    entry = bibtex_of(KETTLES)
    names = entry.pop("author")
    assert entry == {
        "type": "article",
        "key": "kessel2021bert",
        "title": KETTLES.title,
        "year": "2021",
        "month": "mar",
        "day": "5",
        "journal": "Journal of Small Bubbles",
        "eprint": "2103.01234",
        "archivePrefix": "arXiv",
        "url": KETTLES.url,
        "abstract": KETTLES.abstract,
    }
    assert [(n.first, n.von, n.last, n.jr) for n in names] == [
        (["Ada"], [], ["Kessel"], []),
        (["Laurens"], ["van", "der"], ["Maaten"], []),
        (["John"], [], ["Smith"], ["Jr."]),
        ([], [], ["{OpenAI}"], []),
    ]


def test_what_is_not_known_is_left_out():
    assert bibtex_of(BARE) == {
        "type": "misc",
        "key": "teapotsdrip",
        "title": "Teapots drip",
        "abstract": "They do.",
    }
    assert ris_of(BARE) == {"type_of_reference": "GEN", "title": BARE.title, "abstract": "They do."}
    assert csl_of(BARE) == {
        "id": "teapotsdrip",
        "type": "document",
        "title": "Teapots drip",
        "abstract": "They do.",
    }


def test_capitals_of_a_title_are_protected():
    assert "title = {{Teapots drip}}," in export_papers([BARE], "bibtex")


@pytest.mark.parametrize(
    ("venue", "bibtex", "field", "ris", "csl"),
    [
        ("iclr", "inproceedings", "booktitle", "CPAPER", "paper-conference"),
        (
            "Proc. of the Kettle Workshop",
            "inproceedings",
            "booktitle",
            "CPAPER",
            "paper-conference",
        ),
        ("Transactions of the ACL", "article", "journal", "JOUR", "article-journal"),
        ("Nature", "article", "journal", "JOUR", "article-journal"),
        ("Conference on Computer Science", "inproceedings", "booktitle", "CPAPER", None),
        ("arXiv preprint", "misc", "howpublished", "UNPB", "article"),
        ("A Kitchen", "misc", "howpublished", "GEN", "document"),
        ("Phys. Rev. Lett.", "article", "journal", "JOUR", "article-journal"),
    ],
)
def test_the_type_follows_from_the_venue(venue, bibtex, field, ris, csl):
    paper = replace(KETTLES, venue=venue)
    entry = bibtex_of(paper)
    assert (entry["type"], entry[field]) == (bibtex, venue)
    assert ris_of(paper)["type_of_reference"] == ris
    assert csl_of(paper)["type"] == csl or csl is None


@pytest.mark.parametrize(
    ("kind", "bibtex", "field", "publisher", "ris", "csl", "container"),
    [
        ("article", "article", "journal", "publisher", "JOUR", "article-journal", "container"),
        ("conference", "inproceedings", "booktitle", "publisher", "CPAPER", None, "container"),
        ("chapter", "incollection", "booktitle", "publisher", "CHAP", "chapter", "container"),
        ("book", "book", "series", "publisher", "BOOK", "book", "collection"),
        ("thesis", "phdthesis", "series", "school", "THES", "thesis", "collection"),
        ("report", "techreport", "series", "institution", "RPRT", "report", "collection"),
        ("preprint", "misc", "howpublished", "publisher", "UNPB", "article", "container"),
    ],
)
def test_the_type_is_what_the_record_says(kind, bibtex, field, publisher, ris, csl, container):
    paper = replace(KETTLES, venue="Pots", imprint=Imprint(kind, publisher="Steam & Co"))
    entry, item = bibtex_of(paper), csl_of(paper)
    assert (entry["type"], entry[field], entry[publisher]) == (bibtex, "Pots", "Steam & Co")
    assert ris_of(paper)["type_of_reference"] == ris
    assert item["type"] == csl or csl is None
    assert (item[f"{container}-title"], item["publisher"]) == ("Pots", "Steam & Co")


@pytest.mark.parametrize("venue", ["arXiv preprint", None])
def test_what_many_call_an_article_is_a_preprint_by_its_venue(venue):
    paper = replace(KETTLES, venue=venue, imprint=Imprint("article"))
    assert bibtex_of(paper)["type"] == "misc"


def test_volume_issue_and_pages_are_exported():
    told = Imprint("article", "12", "3_a", "45–67", None, "1476-4687", "978-3-16-148410-0")
    paper = replace(KETTLES, imprint=told)
    lines = export_papers([paper], "bibtex").splitlines()
    assert {"  volume = {12},", r"  number = {3\_a},", "  pages = {45--67},"} < set(lines)
    assert {"  issn = {1476-4687},", "  isbn = {978-3-16-148410-0},"} < set(lines)
    ris, csl = ris_of(paper), csl_of(paper)
    assert (ris["volume"], ris["number"]) == ("12", "3_a")
    assert (ris["start_page"], ris["end_page"]) == ("45", "67")
    assert ris["issn"] == "1476-4687 (ISSN); 978-3-16-148410-0 (ISBN)"
    assert (csl["volume"], csl["issue"], csl["page"]) == ("12", "3_a", "45-67")
    assert (csl["ISSN"], csl["ISBN"]) == ("1476-4687", "978-3-16-148410-0")


@given(TEXTS)
@example(HOSTILE_PAGES)
def test_any_volume_goes_through_the_parsers_and_comes_back(text):
    told = Imprint("article", text, text, None, text)
    paper = replace(KETTLES, imprint=told)
    entry, ris = bibtex_of(paper), ris_of(paper)
    assert {"author", "abstract", "volume"} <= entry.keys()
    assert ris["volume"] == ris["number"] == ris["publisher"] == one_line(text)
    assert len(export_papers([paper], "ris").split("\r\n")) == len(ris) + len(paper.authors) + 1


def test_an_arxiv_paper_without_a_venue_is_a_preprint():
    paper = replace(KETTLES, venue=None)
    assert bibtex_of(paper)["type"] == "misc"
    assert ris_of(paper)["type_of_reference"] == "UNPB"
    assert (csl_of(paper)["number"], csl_of(paper)["publisher"]) == ("arXiv:2103.01234", "arXiv")


def test_the_arxiv_id_is_also_found_in_the_address():
    paper = replace(BARE, url="https://arxiv.org/pdf/2103.01234v2.pdf")
    assert bibtex_of(paper)["eprint"] == "2103.01234"


def test_a_doi_is_taken_from_its_address():
    paper = replace(BARE, url="https://doi.org/10.1000/a_b%20c")
    assert bibtex_of(paper)["doi"] == "10.1000/a_b%20c"
    assert (ris_of(paper)["doi"], csl_of(paper)["DOI"]) == ("10.1000/a_b%20c",) * 2


def test_an_address_cannot_break_out_of_its_field():
    url = r"https://example.org/}}@misc{x,{\%"
    assert bibtex_of(replace(BARE, url=url))["url"].startswith("https://example.org/%7D%7D@misc")


@pytest.mark.parametrize("form", FORMATS)
def test_a_summary_is_never_given_as_the_abstract(form):
    summary = replace(KETTLES, source=STARTER_SOURCE)
    assert KETTLES.abstract in export_papers([KETTLES], form)
    exported = export_papers([summary], form)
    assert "kettle sings" not in exported
    assert "abstract" not in exported.lower()
    assert "AB  -" not in exported


# --- citation keys -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("authors", "title", "key"),
    [
        (("Ada Kessel",), "On the Song of Kettles", "kessel2021song"),
        (("Jürgen Müller-Lüdenscheidt",), "Kettles", "mullerludenscheidt2021kettles"),
        ((), "On the Song of Small Kettles", "songsmallkettles2021"),
        (("李 明",), "Kettles sing", "kettlessing2021"),
    ],
)
def test_a_key_is_made_of_author_year_and_word(authors, title, key):
    assert bibtex_of(replace(KETTLES, authors=authors, title=title))["key"] == key


def test_papers_that_share_a_key_get_one_each_in_whatever_order():
    twins = [replace(KETTLES, paper_id=name) for name in ("a", "b")]
    keys = {e["paperchatid"]: e["key"] for e in read_bibtex(export_papers(twins, "bibtex"))}
    turned = export_papers([*reversed(twins), BARE], "bibtex")
    assert len(set(keys.values())) == 2
    assert {e["paperchatid"]: e["key"] for e in read_bibtex(turned)[:2]} == keys


@given(st.lists(st.tuples(TEXTS, st.lists(TEXTS, max_size=1)), max_size=6))
def test_keys_are_unique_and_plain(named):
    papers = [Paper(str(n), t, "x", tuple(a)) for n, (t, a) in enumerate(named)]
    keys = [item["id"] for item in json.loads(export_papers(papers, "csl"))]
    assert len(set(keys)) == len(papers)
    assert all(re.fullmatch(r"[a-z0-9-]+", key) for key in keys)


# --- RIS -----------------------------------------------------------------------------------------


def test_a_ris_record_holds_what_the_record_says():
    assert ris_of(KETTLES) == {
        "type_of_reference": "JOUR",
        "title": KETTLES.title,
        "authors": ["Kessel, Ada", "van der Maaten, Laurens", "Smith, John, Jr.", "OpenAI"],
        "year": "2021",
        "date": "2021/03/05/",
        "secondary_title": "Journal of Small Bubbles",
        "urls": [KETTLES.url],
        "name_of_database": "arXiv",
        "accession_number": "arXiv:2103.01234",
        "abstract": KETTLES.abstract,
    }


def test_ris_lines_end_as_the_standard_wants():
    lines = export_papers([KETTLES, BARE], "ris").split("\r\n")
    assert lines.pop() == ""
    assert all(re.match(r"[A-Z][A-Z0-9]  - ", line) for line in lines)
    assert not any("\n" in line for line in lines)
    assert [line[:2] for line in lines].count("ER") == 2
    assert lines[-1] == "ER  - "


# --- CSL-JSON ------------------------------------------------------------------------------------

# Fields of the schema csl-data.json, version 1.0.2, with the kinds of values that it wants.
CSL_FIELDS = {
    "id": str,
    "type": str,
    "title": str,
    "author": list,
    "issued": dict,
    "container-title": str,
    "number": str,
    "publisher": str,
    "DOI": str,
    "URL": str,
    "abstract": str,
    "custom": dict,
}
CSL_NAME_FIELDS = {
    *("family", "given", "non-dropping-particle", "dropping-particle", "suffix", "literal"),
}
CSL_TYPES = {"article", "article-journal", "paper-conference", "document"}


def assert_is_csl(item):
    assert {"id", "type"} <= set(item)
    assert item["type"] in CSL_TYPES
    assert [field for field, value in item.items() if type(value) is not CSL_FIELDS[field]] == []
    for name in item.get("author", []):
        assert set(name) <= CSL_NAME_FIELDS
        assert all(isinstance(part, str) and part for part in name.values())
    for parts in item.get("issued", {}).get("date-parts", []):
        assert 1 <= len(parts) <= 3
        assert all(type(part) is int for part in parts)


def test_a_csl_item_holds_what_the_record_says():
    item = csl_of(KETTLES)
    assert_is_csl(item)
    assert item == {
        "id": "kessel2021bert",
        "type": "article-journal",
        "title": KETTLES.title,
        "author": [
            {"family": "Kessel", "given": "Ada"},
            {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
            {"family": "Smith", "given": "John", "suffix": "Jr."},
            {"literal": "OpenAI"},
        ],
        "issued": {"date-parts": [[2021, 3, 5]]},
        "container-title": "Journal of Small Bubbles",
        "number": "arXiv:2103.01234",
        "URL": KETTLES.url,
        "abstract": KETTLES.abstract,
    }


@pytest.mark.parametrize(
    ("published", "parts"),
    [("2020", [2020]), ("2020-07", [2020, 7]), ("2020-07-16", [2020, 7, 16])],
)
def test_a_date_is_as_precise_as_it_is_known(published, parts):
    paper = replace(KETTLES, published=published)
    assert csl_of(paper)["issued"] == {"date-parts": [parts]}
    assert ("month" in bibtex_of(paper), "day" in bibtex_of(paper)) == (
        len(parts) > 1,
        len(parts) > 2,
    )
    assert ("date" in ris_of(paper)) == (len(parts) > 1)


# --- all forms -----------------------------------------------------------------------------------

HOSTILE = (
    r"\input{/etc/passwd} {unbalanced",
    "}}, url = {https://evil.example}, x = {",
    'a "quoted" # @string{x = "y"} % comment',
    r"$\alpha$-divergence of $k$ for $5 and 6$, 50\% off",
    "-- --- `` '' ?` !` << >> ~ ^ _ & # %",
    "ER  - \r\nTY  - JOUR",
    r"$x \{ y$ and $\begin{a}$ and $a\$",
)


@given(TEXTS, TEXTS, st.lists(TEXTS, max_size=3))
@example(*HOSTILE[:2], [])
@example(*HOSTILE[2:4], ["and others", "a and b", "others", r"O'Neil \and {Sons}, Inc."])
@example(*HOSTILE[4:6], ["von", "a,b", "x, y, z", "Jr."])
@example(HOSTILE[6], "x", ["B. de la Cruz e Silva III"])
def test_any_text_goes_through_the_parsers_and_comes_back(title, abstract, authors):
    paper = Paper("x", title, abstract, tuple(authors))
    entry, record, item = bibtex_of(paper), ris_of(paper), csl_of(paper)
    assert_is_csl(item)
    told = (one_line(title), one_line(abstract))
    assert tuple(" ".join(entry[field].split()) for field in ("title", "abstract")) == told
    assert (record["title"], record["abstract"]) == told
    assert (item["title"], item["abstract"]) == told
    names = [split_name(one_line(name)) for name in authors if one_line(name)]
    assert len(entry.get("author", [])) == len(names)
    assert len(record.get("authors", [])) == len(names)
    assert len(item.get("author", [])) == len(names)


@pytest.mark.parametrize("form", FORMATS)
def test_exactly_the_given_papers_are_exported_each_once_in_order(form):
    exported = export_papers([BARE, KETTLES, BARE], form)
    assert exported.count("Teapots drip") == 1
    assert exported.index("Teapots drip") < exported.index("Kessel")


def test_no_paper_gives_an_empty_bibliography():
    assert [export_papers([], form) for form in FORMATS] == ["", "", "[]\n"]


def test_an_unknown_form_is_misuse():
    with pytest.raises(ValueError, match="bibtex, ris, csl, apa, ieee, chicago, csv, not 'docx'"):
        export_papers([BARE], "docx")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("$O(n^2)$ and $k$", "$O(n^2)$ and $k$"),
        ("$5 and 6$ of it", r"\$5 and 6\$ of it"),
        ("cost $5, not $6", r"cost \$5, not \$6"),
        ("$x^{2$", r"\$x\textasciicircum{}\textbraceleft{}2\$"),
    ],
)
def test_formulas_stay_and_prices_are_text(text, expected):
    assert latex_text(text) == expected


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Ada Kessel", Name("Kessel", "Ada")),
        ("Kessel, Ada B.", Name("Kessel", "Ada B.")),
        ("van der Maaten, Laurens", Name("Maaten", "Laurens", "van der")),
        ("Jose dos Santos e Silva", Name("Santos e Silva", "Jose", "dos")),
        ("Smith, Jr., John", Name("Smith", "John", "", "Jr.")),
        ("John Smith, Jr.", Name("Smith", "John", "", "Jr.")),
        ("bell hooks", Name("hooks", "bell")),
        ("Plato", Name("Plato")),
        ("Google, Inc.", Name("Google, Inc.")),
        ("The ATLAS Collaboration", Name("The ATLAS Collaboration")),
        ("World Kettle Organization", Name("World Kettle Organization")),
        ("Ministry of Tea", Name("Ministry of Tea")),
        ("Panel on Kettles and Pots", Name("Panel on Kettles and Pots")),
        ("Tran The Anh", Name("Anh", "Tran The")),
        ("O'Tee, Pat Jr", Name("O'Tee", "Pat", "", "Jr")),  # as PubMed writes it
        ("a, b, c, d", Name("a, b, c, d")),
        ("", Name("")),
    ],
)
def test_names_are_split_as_bibliographies_want_them(text, name):
    assert split_name(text) == name


@pytest.mark.parametrize(
    ("text", "family", "name"),
    [
        ("José García Márquez", "García Márquez", Name("García Márquez", "José")),
        ("Ana de la Cruz Pérez Jr.", "de la Cruz Pérez", Name("Cruz Pérez", "Ana", "de la", "Jr.")),
        ("Alexis de Tocqueville", "Tocqueville", Name("Tocqueville", "Alexis de")),
        ("Doctors Without Kettles", "Doctors Without Kettles", Name("Doctors Without Kettles")),
        ("Ada Group", "Group", Name("Group", "Ada")),
        ("Ada Kessel", "Tee", Name("Kessel", "Ada")),  # what is no part of the name tells nothing
        ("Ada Kessel", "", Name("Kessel", "Ada")),
    ],
)
def test_a_name_is_split_where_its_family_name_is_known_to_begin(text, family, name):
    assert stated_name(text, family) == name


@given(st.text(st.characters(exclude_characters=",", codec="utf-8")))
def test_a_spoken_name_comes_back_whole(text):
    assert str(split_name(text)) == " ".join(text.split())


# --- Markdown ------------------------------------------------------------------------------------


def cited(paper, marker, quote):
    start = paper.abstract.index(quote)
    return Citation(marker, paper, quote, start, start + len(quote), 0.9)


def answered(text="It sings [1]. It drips [2].", **more):
    citations = (
        cited(KETTLES, 1, "A kettle sings because bubbles collapse."),
        cited(BARE, 2, "They do."),
    )
    return Answer("Why do kettles sing?", text, "answered", citations=citations, **more)


def test_an_answer_is_written_with_its_sources_and_quotes():
    text = answer_markdown(answered(notice="A notice.", removed=("It flies.",)))
    assert text.startswith(
        "## Why do kettles sing?\n\nIt sings [1]. It drips [2].\n\n*A notice.*\n"
    )
    assert "- It flies.\n" in text
    assert "\n> A kettle sings because bubbles collapse.\n" in text
    assert "](<https://arxiv.org/abs/2103.01234>). Ada Kessel, Laurens van der Maaten" in text
    assert "Journal of Small Bubbles. 2021-03-05" in text


def test_a_caveat_is_written_above_the_text():
    text = answer_markdown(answered(caveat="It may be <none>."))
    assert text.startswith(
        "## Why do kettles sing?\n\n*It may be &#60;none&#62;.*\n\nIt sings [1]."
    )


def test_a_conversation_is_written_in_order_below_its_title():
    first, second = answered(), replace(answered(), question="And teapots?")
    text = conversation_markdown([first, second], title="Kettles *sing*")
    assert text.startswith("# Kettles \\*sing\\*\n")
    assert text.index("Why do kettles") < text.index("And teapots?")
    assert cited_papers([first, second]) == [KETTLES, BARE]


def test_summaries_are_called_so():
    summary = replace(KETTLES, source=STARTER_SOURCE)
    quoted = cited(summary, 1, "We recorded 30 kettles.")
    told = "summaries written for paperchat"
    assert told in answer_markdown(replace(answered(), citations=(quoted,)))
    assert told not in answer_markdown(answered())


ATTACKS = (
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "![x](https://evil.example/x.png)",
    "[x](javascript:alert(1)) and [x]: https://evil.example",
    "[a](data:text/html,x) ![a][b]\n\n[b]: https://evil.example/x.png",
    "<https://evil.example> &lt;b&gt; <!-- x",
)


def tokens_of(markdown):
    for token in MarkdownIt("commonmark").parse(markdown):
        yield token
        yield from token.children or []


@pytest.mark.parametrize("attack", ATTACKS)
def test_markdown_brings_no_html_no_image_and_no_link_elsewhere(attack):
    hostile = Paper("x", attack, f"{attack} end.", (attack,), venue=attack)
    citation = Citation(1, hostile, f"{attack} end.", 0, len(attack) + 5, 0.5)
    answer = Answer(attack, f"{attack} [1]", "answered", citations=(citation,), notice=attack)
    found = list(tokens_of(conversation_markdown([answer], title=attack)))
    assert not [t for t in found if t.type in ("html_block", "html_inline", "image")]
    links = [t.attrGet("href") for t in found if t.type == "link_open"]
    assert links
    assert all(link.startswith("https://") for link in links)


@given(TEXTS)
@example("1. a list\n# heading")
@example("+ plus")
def test_plain_text_shows_as_it_is(text):
    paper = Paper("x", "t", text)
    citation = Citation(1, paper, text, 0, len(text), 1.0)
    answer = Answer("q", "a [1]", "answered", citations=(citation,))
    tokens = MarkdownIt("commonmark").parse(answer_markdown(answer))
    start = next(n for n, t in enumerate(tokens) if t.type == "blockquote_open")
    shown = tokens[start + 2].children or []
    assert {t.type for t in shown} <= {"text", "text_special"}
    assert "".join(t.content for t in shown) == one_line(text)


@pytest.mark.parametrize(
    "formula",
    [
        r"$\input{/etc/passwd}^2$",
        r"$\write18{rm -rf x}_1$",
        r"$\immediate\write18{x}=1$",
        r"$\csname input\endcsname{x}^2$",
        r"$^^5cinput{x}$",
        r"$x^2 \def\a{\a}\a$",
        r"$\directlua{os.exit()}=1$",
        r"$\include {x}_1$",
    ],
)
def test_nothing_but_signs_is_called_by_a_formula_that_is_exported(formula):
    text = export_papers([replace(KETTLES, title=f"A {formula} title", abstract=formula)], "bibtex")
    assert not re.search(r"(?<!textbackslash\{\})\\(?:input|write|csname|def|directlua)", text)
    assert "^^" not in text


@pytest.mark.parametrize(
    "formula", [r"$\frac{a}{b}$", r"$\mathcal{O}(n\log n)$", r"$\alpha_{ij}\leq 1$", r"$10\%$"]
)
def test_a_formula_of_signs_stays_one(formula):
    assert formula in export_papers([replace(BARE, title=f"A {formula} b")], "bibtex") or (
        "%" in formula
    )


@pytest.mark.parametrize("form", FORMATS)
def test_of_papers_with_one_key_of_the_users_own_the_first_keeps_it(form):
    known = (("citekey", "kesselSinging2021"), ("doi", "10.5555/k.1"))
    folded = (("citekey", "KesselSinging2021"),)  # which BibTeX takes for the same
    papers = [
        replace(KETTLES, identifiers=known),
        replace(BARE, identifiers=known[:1]),
        replace(BARE, paper_id="p3", identifiers=folded),
    ]
    if form != "ris":
        both = export_papers(papers, form)
        keys = re.findall("kesselsinging2021[-a-z0-9]*", both.casefold())
        assert len(set(keys)) == 3
        assert keys[0] == "kesselsinging2021"
    assert "10.5555/k.1" in export_papers(papers, form)


def test_a_key_of_the_users_own_goes_before_one_that_we_make():
    made = bibtex_of(BARE)["key"]
    own = replace(KETTLES, identifiers=(("citekey", made),))
    text = export_papers([BARE, own], "bibtex")
    assert f"{{{made},\n  title = {{{{Why" in text
    assert f"{{{made}-" in text


def test_other_keys_of_a_paper_are_aliases_of_biblatex_and_read_again(tmp_path):
    keys = (("citealias", "kessel:2020"), ("citealias", "tee2018"), ("citekey", "otters20"))
    papers = [
        replace(KETTLES, identifiers=keys),
        replace(BARE, identifiers=(("citekey", "tee2018"),)),
    ]
    text = export_papers(papers, "bibtex")
    assert "ids = {kessel:2020}," in text
    path = tmp_path / "a.bib"
    path.write_text(text, encoding="utf-8")
    first, _ = read_sources([path])
    assert set(first.identifiers) >= {("citekey", "otters20"), ("citealias", "kessel:2020")}


def test_a_key_that_could_break_out_of_its_entry_is_not_taken():
    paper = replace(BARE, identifiers=(("citekey", "a,b}@misc{x"),))
    assert bibtex_of(paper)["key"] == "teapotsdrip"


def test_keywords_leave_in_every_form():
    paper = replace(BARE, tags=("steam", "small bubbles"))
    assert bibtex_of(paper)["keywords"] == "steam, small bubbles"
    assert ris_of(paper)["keywords"] == ["steam", "small bubbles"]
    assert csl_of(paper)["keyword"] == "steam, small bubbles"


@pytest.mark.parametrize(
    ("author", "key"),
    [("Bjørn Sørensen", "sorensen"), ("Jan Łęski", "leski"), ("Eva Weiß", "weiss")],
)
def test_keys_keep_letters_that_are_no_others_with_an_accent(author, key):
    assert export_papers([replace(BARE, authors=(author,))], "bibtex").startswith(f"@misc{{{key}")


def test_a_users_key_is_kept_in_ris_beside_the_number_of_pubmed(tmp_path):
    known = (("citekey", "own2020"), ("pmid", "123456"))
    path = tmp_path / "own.ris"
    path.write_text(export_papers([replace(BARE, identifiers=known)], "ris"))
    (paper,) = read_sources([path])
    assert dict(paper.identifiers) == dict(known)


def test_signs_that_latex_has_in_formulas_alone_are_written_so_and_read_back(tmp_path):
    title = "ΔT of H₂O at 4 h⁻¹ is ≥ −3 ± 1, by Λόγος and $\\alpha$"
    entry = export_papers([replace(BARE, title=title)], "bibtex")
    assert "{$\\Delta$}T of H{$_{2}$}O at 4 h{$^{-1}$} is {$\\geq$} {$-$}3 ± 1" in entry
    assert "by Λόγος and $\\alpha$" in entry
    path = tmp_path / "own.bib"
    path.write_text(entry)
    (paper,) = read_sources([path])
    assert paper.title == title


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
def test_an_arxiv_id_that_another_file_told_is_exported_and_read_back(tmp_path, form):
    known = replace(BARE, venue="Journal of Kettles", identifiers=(("arxiv", "2101.00001"),))
    path = tmp_path / f"own.{form}"
    path.write_text(export_papers([known], form))
    (paper,) = read_sources([path])
    assert (paper.paper_id, paper.venue) == (known.paper_id, known.venue)
    assert dict(paper.identifiers)["arxiv"] == "2101.00001"

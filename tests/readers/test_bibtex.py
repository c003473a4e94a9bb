"""Reading what reference managers write: BibTeX, RIS and CSL-JSON, and our own exports again."""

from __future__ import annotations

import gzip
import json
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from rag.cleaning.latex import plain_text
from rag.export import FORMATS, export_papers
from rag.identifiers import id_from_title
from rag.library import Library
from rag.readers import read_sources
from rag.readers.twice_encoded import LETTER
from rag.text import one_line
from rag.types import STARTER_SOURCE, Note, Paper, Rejection

ZOTERO = r"""
@string{jsb = "Journal of Small Bubbles"}
@preamble{"\newcommand{\noop}[1]{}"}
@comment{jabref-meta: @article{not, title={an entry}, abstract={at all}}}
Text between entries is a comment too.

@article{kessel_why_2021,
	title = {Why {BERT} sings: 5\% of {K}ettles, \textit{and} $\alpha$-tea},
	volume = {3},
	url = {https://example.org/a\_b?x=1\&y=%20},
	doi = {10.1000/kettles},
	abstract = {We sing 5% louder than na{\"\i}ve kettles \& pots -- in ``noise'' or $x^2$.
	A second line.},
	journal = jsb # { (} # "Extra" # {)},
	author = {M{\"u}ller, J{\"o}rg and van der Maaten, Laurens and {Kettle, Inc.} and
		Smith, Jr., John and Donald E. Knuth and others},
	month = mar,
	year = {2021},
	note = {arXiv:2103.01234 [cs]},
}
"""
RIS = """TY  - JOUR
TI  - Why kettles sing
AU  - Kessel, Ada
AU  - van der Maaten, Laurens
AU  - Smith, John, Jr.
AU  - OpenAI
T2  - Journal of Small Bubbles
PY  - 2021
DA  - 2021/03/05/
UR  - https://example.org/a;b
UR  - https://arxiv.org/abs/2103.01234
N2  - A kettle sings.
It also drips.
KW  - kettles
ER  -

TY  - CONF
T1  - Teapots drip
A1  - Tee, Bo
Y1  - 2019///
AB  - They do.
DO  - 10.1000/teapots
ER  -
"""
CSL = [
    {
        "id": "http://zotero.org/users/1/items/AB",
        "type": "article-journal",
        "title": 'Why <span class="nocase">BERT</span> sings',
        "abstract": "<jats:p>A kettle sings.</jats:p>",
        "author": [
            {"family": "Kessel", "given": "Ada"},
            {"family": "Maaten", "given": "Laurens", "non-dropping-particle": "van der"},
            {"literal": "OpenAI"},
        ],
        "issued": {"date-parts": [["2021", 3, 5]]},
        "container-title": "Journal of Small Bubbles",
        "DOI": "10.1000/kettles",
        "note": "arXiv: 2103.01234 [cs]",
    }
]


def read(tmp_path, content, name="refs"):
    path = tmp_path / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return list(read_sources([path]))


def read_one(tmp_path, content):
    (item,) = read(tmp_path, content)
    assert isinstance(item, Paper), item
    return item


def entry(**fields):
    known = {"title": "Kettles", "abstract": "They sing."} | fields
    return "@misc{key,\n" + "".join(f"  {k} = {{{v}}},\n" for k, v in known.items()) + "}\n"


# --- BibTeX --------------------------------------------------------------------------------------


def test_an_entry_of_zotero_becomes_a_paper(tmp_path):
    assert read_one(tmp_path, ZOTERO) == Paper(
        "2103.01234",
        "Why BERT sings: 5% of Kettles, and $\\alpha$-tea",
        "We sing 5% louder than naïve kettles & pots – in “noise” or $x^2$. A second line.",
        (
            "Jörg Müller",
            "Laurens van der Maaten",
            "Kettle, Inc.",
            "John Smith Jr.",
            "Donald E. Knuth",
        ),
        "2021-03",
        "https://example.org/a_b?x=1&y=%20",
        "Journal of Small Bubbles (Extra)",
        "refs",
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: text.replace("@article", "@ARTICLE").replace("title =", "Title =").encode(),
        lambda text: text.replace("@article", "  @article ").encode(),
    ],
    ids=["crlf", "bom", "gzip", "capitals", "spaces"],
)
def test_a_bibliography_survives_how_it_was_saved(tmp_path, change):
    assert read_one(tmp_path, change(ZOTERO)).authors[0] == "Jörg Müller"


@pytest.mark.parametrize(
    ("fields", "published"),
    [
        ({"year": "2020"}, "2020"),
        ({"year": "2020", "month": "7"}, "2020-07"),
        ({"year": "2020", "month": "July"}, "2020-07"),
        ({"year": "2020", "month": "12 jul"}, "2020-07-12"),
        ({"year": "2020", "month": "jul", "day": "16"}, "2020-07-16"),
        ({"year": "2020", "month": "spring"}, "2020"),
        ({"year": "{in press} 2020"}, "2020"),
        ({"year": "forthcoming"}, None),
        ({"date": "2020-07-16", "year": "1999"}, "2020-07-16"),
        ({"date": "2020-07/2020-09"}, "2020-07"),
    ],
)
def test_dates_are_read_as_precisely_as_they_are_written(tmp_path, fields, published):
    assert read_one(tmp_path, entry(**fields)).published == published


@pytest.mark.parametrize(
    ("fields", "paper_id", "url"),
    [
        ({"eprint": "2103.01234v2", "archivePrefix": "arXiv"}, "2103.01234", "arxiv.org/abs/"),
        ({"eprint": "cs/0112017", "eprinttype": "arxiv"}, "cs/0112017", "arxiv.org/abs/"),
        ({"eprint": "2103.01234"}, "2103.01234", "arxiv.org/abs/"),
        ({"eprint": "12345", "eprinttype": "pubmed"}, None, "pubmed.ncbi.nlm.nih.gov/12345/"),
        ({"journal": "arXiv preprint arXiv:2103.01234"}, "2103.01234", "arxiv.org/abs/"),
        ({"journal": "CoRR", "volume": "abs/2103.01234"}, "2103.01234", "arxiv.org/abs/"),
        ({"doi": "10.48550/arXiv.2103.01234"}, "2103.01234", "arxiv.org/abs/"),
        ({"doi": "https://doi.org/10.1000/x"}, None, "https://doi.org/10.1000/x"),
        ({"howpublished": r"\url{https://example.org/~ada}"}, None, "https://example.org/~ada"),
        ({"url": "javascript:alert(1)"}, None, None),
    ],
)
def test_ids_and_addresses_are_found_where_managers_put_them(tmp_path, fields, paper_id, url):
    paper = read_one(tmp_path, entry(**fields))
    assert paper.paper_id == paper_id or id_from_title("Kettles")
    assert (paper.url is None) if url is None else (url in paper.url)


def test_an_address_is_no_venue(tmp_path):
    assert read_one(tmp_path, entry(howpublished=r"\url{https://example.org}")).venue is None


def test_what_is_no_paper_is_rejected_with_its_number_and_the_reason(tmp_path):
    text = (
        "@article{a, title={Kettles}, abstract={They sing.}}\n"
        "@book{b, title={A Book}, author={A B}}\n"
        "@article{c, abstract={No title.}}\n"
        "@article{d, title = {Unclosed, abstract = {x}\n"
        "@article{e, title no equals sign}\n"
        "@article{f, title={Teapots}, abstract={They drip.}}\n"
    )
    first, book, untitled, unclosed, odd, last = read(tmp_path, text)
    assert (first.title, last.title) == ("Kettles", "Teapots")
    assert book == Rejection("refs", 2, "'A Book' has no abstract")
    assert untitled == Rejection("refs", 3, "it has no title")
    assert (unclosed.record, odd.record) == (4, 5)
    assert unclosed.why.startswith("broken BibTeX in line 4: ")
    assert odd.why.startswith("broken BibTeX in line 5: ")


def test_the_end_of_a_file_cut_short_loses_the_last_entry_only(tmp_path):
    text = entry() + entry(title="Teapots")
    paper, rejection = read(tmp_path, text[: text.rindex("sing")])
    assert paper.title == "Kettles"
    assert "end of file" in rejection.why


def test_keys_and_fields_that_stand_twice_lose_no_entry(tmp_path):
    twice = "@misc{key, title={Teapots}, abstract={They drip.}, abstract={Or not.}}\n"
    first, second, third = read(tmp_path, entry() + twice + entry(title="Pans"))
    assert (first.title, second.title, third.title) == ("Kettles", "Teapots", "Pans")
    assert second.abstract == "They drip."


def test_an_entry_that_is_not_utf_8_is_read_beside_those_that_are(tmp_path):
    text = (entry(title="Köln") + entry(title="Caf#")).encode().replace(b"#", b"\xe9")
    *papers, note = read(tmp_path, text)
    assert [paper.title for paper in papers] == ["Köln", "Café"]
    assert note == Note("refs", "what is not UTF-8 in it was read as Windows-1252")


def test_broken_entries_are_told_once_and_not_logged(tmp_path, caplog):
    read(tmp_path, entry() + "@article{d, title = {Unclosed\n" + entry())
    assert caplog.records == []


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        (r"{\'e}t\'{e} {\o} \ss{} \c{c} \v{S} \~n {\AA}", "été ø ß ç Š ñ Å"),
        (r"\emph{all} of \textbf{it}", "all of it"),
        ("50% of A & B, 10\\% of C \\& D", "50% of A & B, 10% of C & D"),
        ("costs $5 here", "costs $5 here"),
        (r"costs \$5 or \$6", "costs $5 or $6"),
        (r"an $\ell_1$ norm, 5% off", r"an $\ell_1$ norm, 5% off"),
        ("under_score and #1", "under_score and #1"),
        (r"a~b \LaTeX\ {{c}}", "a b LaTeX c"),
        ("unbalanced { brace", "unbalanced brace"),
    ],
)
def test_latex_is_read_as_text(latex, text):
    assert plain_text(latex) == text


@given(st.text(st.sampled_from('@{}()",=\\#%$ \nab1'), max_size=60))
@example("@a{b," + "{" * 5000)
@example("@a{b,title={x},abstract={y},author={, and ,,, and \\ and {}}}")
@settings(max_examples=300, deadline=None)
def test_no_bibtex_makes_the_reader_fail(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "fuzzed.bib"
    path.write_text(f"@misc{{first, title={{Kettles}}, abstract={{Sing.}}}}\n{text}")
    assert next(iter(read_sources([path]))).title == "Kettles"
    assert all(isinstance(item, Paper | Rejection) for item in read_sources([path]))


def test_braces_may_be_nested_however_deep(tmp_path):
    deep = entry(title="{" * 3000 + "x" + "}" * 3000)
    first, second = read(tmp_path, deep + entry())
    assert (first.title, second.title) == ("x", "Kettles")


def test_many_entries_are_read(tmp_path):
    papers = read(tmp_path, "".join(entry(title=f"Kettle {n}") for n in range(5000)))
    assert len({paper.paper_id for paper in papers}) == 5000


# --- RIS -----------------------------------------------------------------------------------------


def test_ris_records_become_papers(tmp_path):
    kettles, teapots = read(tmp_path, RIS)
    assert kettles == Paper(
        "2103.01234",
        "Why kettles sing",
        "A kettle sings. It also drips.",
        ("Ada Kessel", "Laurens van der Maaten", "John Smith Jr.", "OpenAI"),
        "2021-03-05",
        "https://example.org/a;b",
        "Journal of Small Bubbles",
        "refs",
    )
    assert teapots == Paper(
        id_from_title("Teapots drip"),
        "Teapots drip",
        "They do.",
        ("Bo Tee",),
        "2019",
        "https://doi.org/10.1000/teapots",
        None,
        "refs",
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf\r\n" + text.encode(),
        lambda text: text.replace("ER  -\n", "").encode(),  # no record has an end
        lambda text: text.replace("  - ", " - ").encode(),
        lambda text: f"A header of EndNote\n{text}".encode(),
    ],
    ids=["crlf", "bom", "no_end", "one_space", "header"],
)
def test_a_ris_file_survives_how_it_was_saved(tmp_path, change):
    assert [paper.title for paper in read(tmp_path, change(RIS))] == [
        "Why kettles sing",
        "Teapots drip",
    ]


def test_a_ris_record_without_an_abstract_or_of_odd_bytes_loses_itself_alone(tmp_path):
    text = RIS.replace("AB  - They do.\n", "") + RIS.replace("kettles", "caf#")
    kettles, none, odd, teapots, _ = read(tmp_path, text.encode().replace(b"#", b"\xe9"))
    assert none == Rejection("refs", 2, "'Teapots drip' has no abstract")
    assert odd.title == "Why café sing"
    assert (kettles.title, teapots.title) == ("Why kettles sing", "Teapots drip")


@given(st.text(st.sampled_from("TYERAUAB1 -\n\t/,x"), max_size=80))
@settings(max_examples=200, deadline=None)
def test_no_ris_makes_the_reader_fail(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "fuzzed.ris"
    path.write_text(f"{RIS}TY  - JOUR\n{text}")
    items = list(read_sources([path]))
    assert [paper.title for paper in items[:2]] == ["Why kettles sing", "Teapots drip"]


# --- CSL-JSON ------------------------------------------------------------------------------------


@pytest.mark.parametrize("indent", [None, 2])
def test_csl_items_become_papers(tmp_path, indent):
    assert read_one(tmp_path, json.dumps(CSL, indent=indent)) == Paper(
        "2103.01234",
        "Why BERT sings",
        "A kettle sings.",
        ("Ada Kessel", "Laurens van der Maaten", "OpenAI"),
        "2021-03-05",
        "https://arxiv.org/abs/2103.01234",
        "Journal of Small Bubbles",
        "refs",
    )


def test_a_json_array_of_plain_records_is_read_too(tmp_path):
    paper = read_one(tmp_path, '[{"id": "k", "title": "Kettles", "abstract": "Sing."}]')
    assert (paper.paper_id, paper.title) == ("k", "Kettles")


def test_items_that_are_no_papers_are_rejected_one_by_one(tmp_path):
    bare = {"id": "b", "type": "book", "title": "A Book"}
    odd = {"id": 1, "type": 2, "title": [3], "author": "x", "issued": {"date-parts": [[]]}}
    first, second, third, fourth = read(tmp_path, json.dumps([*CSL, bare, odd, 7]))
    assert first.title == "Why BERT sings"
    assert second == Rejection("refs", 2, "'A Book' has no abstract")
    assert third == Rejection("refs", 3, "it has no title")
    assert fourth == Rejection("refs", 4, "a JSON object is needed, not int")


def test_an_array_that_breaks_off_keeps_what_stands_before(tmp_path):
    paper, rejection = read(tmp_path, json.dumps([*CSL, *CSL])[:-5])
    assert paper.title == "Why BERT sings"
    assert rejection == Rejection("refs", 2, "broken JSON: the file ends inside a record")


@pytest.mark.parametrize(
    ("issued", "published"),
    [
        ({"date-parts": [[2020]]}, "2020"),
        ({"date-parts": [[2020, 7, 16], [2020, 8]]}, "2020-07-16"),
        ({"raw": "2020-07-16"}, "2020-07-16"),
        ({"literal": "July 2020"}, "2020-07"),
        ({"date-parts": [[None]]}, None),
        ("2020", "2020"),
    ],
)
def test_dates_of_csl_are_read(tmp_path, issued, published):
    assert read_one(tmp_path, json.dumps([CSL[0] | {"issued": issued}])).published == published


# --- round trips ---------------------------------------------------------------------------------

PAPERS = (
    Paper(
        "2103.01234",
        "Why BERT Sings: 100% of {Kettles} & $O(n^2)$ -- a_study",
        "A kettle sings ~5% of $5. “So” it's `said' \\alpha <b>.",
        ("Ada Kessel", "Laurens van der Maaten", "John Smith Jr.", "OpenAI", "Kettle, Inc."),
        "2021-03-05",
        "https://arxiv.org/abs/2103.01234",
        "Journal of Small Bubbles",
    ),
    Paper(id_from_title("Teapots"), "Teapots", "They drip.", (), "2019-07"),
    Paper(
        "own-id_7", "Pans", "They sizzle.", ("李 明",), "2020", "https://doi.org/10.1000/a_b%20c"
    ),
    Paper("own", "Lids", "They rattle.", url="https://arxiv.org/abs/2103.04321", venue="iclr"),
)


@pytest.mark.parametrize("form", FORMATS)
def test_what_was_exported_is_read_again_as_it_was(tmp_path, form):
    expected = [replace(paper, source="refs") for paper in PAPERS]
    assert read(tmp_path, export_papers(PAPERS, form)) == expected


PLAIN = (
    st.text(st.characters(codec="utf-8", exclude_characters="<>"), min_size=1)
    .filter(str.split)
    .filter(lambda text: not LETTER.search(one_line(text)))  # it is put right
)


@pytest.mark.parametrize("form", FORMATS)
@given(title=PLAIN, abstract=PLAIN)
@example(title="\ufeff", abstract="0")
@example(title="-- ?` ^ ~ # { ", abstract=r"\ $x_{1}$ $5 \{ } %")
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_text_comes_back_from_an_export(tmp_path, form, title, abstract):
    (expected,) = read_sources([{"title": title, "abstract": abstract, "authors": ["A B"]}])
    if isinstance(expected, Rejection):  # nothing but control characters
        return
    assert read_one(tmp_path, export_papers([expected], form)) == replace(expected, source="refs")


@pytest.mark.parametrize("form", FORMATS)
def test_summaries_are_not_read_back_as_abstracts(tmp_path, form):
    summary = replace(PAPERS[1], source=STARTER_SOURCE)
    rejection, _ = read(tmp_path, export_papers([summary], form))
    assert rejection.why == "'Teapots' has no abstract"


def test_a_library_is_filled_from_a_bibliography_and_its_export_changes_nothing(
    lexical_settings, tmp_path
):
    source = tmp_path / "refs.bib"
    source.write_text(export_papers(PAPERS, "bibtex") + "@book{x, title={A Book}}\n")
    with Library.open(
        settings=lexical_settings.model_copy(update={"library": tmp_path / "kept"})
    ) as library:
        report = library.ingest([source])
        assert (report.added, [r.record for r in report.rejected]) == (4, [5])
        for form, file in FORMATS.items():
            again = tmp_path / f"again{file.suffix}"
            text = export_papers(library.papers(), form)
            again.write_text(text, encoding="utf-8", newline="")
            assert library.ingest([again]).unchanged == 4


def test_a_key_may_have_spaces_and_a_value_double_braces(tmp_path):
    text = "@ARTICLE { Space Key 2021 , TITLE = {{Keys}}, DOI = {{10.5555/key.1}},"
    paper = read_one(tmp_path, text + " ABSTRACT = {{Space bars wear 9 times faster.}} }")
    assert (paper.title, paper.link) == ("Keys", "https://doi.org/10.5555/key.1")


@pytest.mark.parametrize(
    ("latex", "name"),
    [
        (r"I{\c{s}}{\i}l G{\"o}k{\c c}e", "Işıl Gökçe"),
        (r"Ra{\'\i}sa Ma{\'{\i}}z", "Raísa Maíz"),
        (r"Nguy{\~{\^e}}n Th{\h{a}}o", "Nguyễn Thảo"),
        (r"V{\uhorn}{\ohorn}ng Ho{\`a}ng", "Vương Hoàng"),
    ],
)
def test_letters_of_turkish_and_vietnamese_are_read(tmp_path, latex, name):
    text = f"@misc{{a, author = {{{latex}}}, title = {{Soups}}, abstract = {{Soup cools.}}}}"
    assert read_one(tmp_path, text).authors == (name,)

"""Reading papers: saved pages, JSON Lines, records, and everything that is no paper."""

from __future__ import annotations

import gzip
import hashlib
import json
import unicodedata
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from rag.identifiers import content_hash
from rag.readers import FORMATS, read_sources
from rag.readers.dates import parse_date
from rag.readers.records import edited_paper, paper_from_record
from rag.readers.table import SOME_FORMATS
from rag.readers.text_files import find_encoding
from rag.text import one_line
from rag.types import Note, Paper, Rejection

TITLES = (
    "Pruning Trees by Moonlight",
    "Why do small nets hum?",
    "HUMNET-2: a field guide to lost gradients",
)
ABSTRACTS = (
    "Most gardeners of networks cut by daylight. We cut 12.5% of all branches at night instead "
    "and measure what grows back within a week. On three orchards of our own making the night "
    "cut keeps 97 of 100 apples, while the cut by day keeps 81. We give away the shears.",
    "A small network makes a sound when it is trained on a quiet machine, and nobody has asked "
    "why. We record forty of them with a cheap microphone and find that the pitch follows the "
    "learning rate. Two recordings differ, which we cannot explain; we name them and move on.",
    "Gradients get lost on the way down, and a map of where they were last seen would help. This "
    "guide draws one for eleven kinds of layers, with a scale in steps and a legend in plain "
    "words. Readers who carried it found their gradients 3.4 times as often as those without.",
)
DATES = ("2020-07-16", None, "2021-11-05")
NO_DATES = (None, None, None)


def alternating():
    lines = [line for pair in zip(TITLES, ABSTRACTS, strict=True) for line in pair]
    banner = "Get trending papers in your email inbox once a day!\n"
    return banner + "Get trending papers in your email inbox!\nSubscribe" + "\n".join(lines)


def with_blank_lines():
    head = ["new", "Get trending papers in your email inbox!", "Subscribe", "Daily Papers"]
    pairs = [line for pair in zip(TITLES, ABSTRACTS, strict=True) for line in pair]
    return "\n\n".join([*head, "by AK and the research community", *pairs])


def with_bylines():
    head = "new\n\nSubscribe\n\nDaily Papers\n\nbyAK and the research community\n\nDec 10\n\n"
    written = ("Jul 16, 2020", "Mar 13", "Nov 5, 2021 14")  # no year; a count of votes behind
    blocks = zip(TITLES, ABSTRACTS, written, strict=True)
    return head + "\n".join(f"{t}\n\n{a}\n\n  • 3 authors\n·\n{d}\n" for t, a, d in blocks)


PAGES = {
    "alternating": (alternating, NO_DATES),
    "blank_lines": (with_blank_lines, NO_DATES),
    "bylines": (with_bylines, DATES),
}


def saved(folder, content, name="source"):
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def lines_of(*records):
    return "\n".join(r if isinstance(r, str) else json.dumps(r) for r in records)


def read(*sources):
    return list(read_sources(sources))


def read_one(record):
    (item,) = read({"title": "A title", "abstract": "A sentence."} | record)
    assert isinstance(item, Paper), item
    return item


# --- saved pages ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "expected"), list(enumerate([58, 182, 158, 68, 36])))
def test_every_paper_of_a_real_page_is_read(pages, page, expected):
    items = read(pages[page])
    assert len(items) == expected
    assert all(isinstance(item, Paper) for item in items)


def test_the_five_real_pages_hold_436_different_papers(pages):
    papers = read(*pages)
    assert len(papers) == 502
    assert len({paper.paper_id for paper in papers}) == 436


def test_the_real_page_with_bylines_gives_the_dates_that_have_a_year(pages):
    papers = read(pages[4])
    assert len([p for p in papers if p.published and len(p.published) == 10]) == 30
    assert [p.published for p in papers].count(None) == 6
    assert not [p for p in papers if "•" in p.title + p.abstract[-20:]]


@pytest.mark.parametrize("name", ["page.txt", "papers.jsonl", "page", "page.html", "x.gz"])
@pytest.mark.parametrize("form", PAGES)
def test_a_page_is_read_whatever_its_file_is_called(tmp_path, form, name):
    build, dates = PAGES[form]
    papers = read(saved(tmp_path, build(), name))
    told = [(p.title, p.abstract, p.published, p.source) for p in papers]
    assert told == [
        (*each, name) for each in zip(TITLES, (one_line(a) for a in ABSTRACTS), dates, strict=True)
    ]


@pytest.mark.parametrize("form", PAGES)
@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: b"\xef\xbb\xbf" + text.encode(),
        lambda text: gzip.compress(text.encode()),
        lambda text: (text.replace("\n", "  \n") + "\n\n\n").encode(),
        # No banner at all: the lines alone tell what the file is.
        lambda text: text[text.index(TITLES[0]) :].encode(),
    ],
    ids=["crlf", "bom", "gzip", "spaces", "no_banner"],
)
def test_a_page_survives_how_it_was_saved(tmp_path, form, change):
    papers = read(saved(tmp_path, change(PAGES[form][0]())))
    assert [(p.title, p.abstract) for p in papers] == list(zip(TITLES, ABSTRACTS, strict=True))


@pytest.mark.parametrize(
    "title",
    [
        "Subscribers leave when nets are slow",  # begins like the page's button
        "[Re] Counting what was counted before",
        "Ünïcode, 中文 and $O(\\sqrt{n})$ in one title",
        "Newer nets, 12 of them",  # begins like the banner
    ],
)
def test_an_unusual_title_of_a_page_is_kept_whole(tmp_path, title):
    text = f"SubscribeFirst things\n{ABSTRACTS[0]}\n{title}\n{ABSTRACTS[1]}\n"
    papers = read(saved(tmp_path, text))
    assert [(p.title, p.abstract) for p in papers] == [
        ("First things", ABSTRACTS[0]),
        (title, ABSTRACTS[1]),
    ]


@pytest.mark.parametrize("separator", ["\u2028", "\x0c", "\x85", "\x1c"])
def test_only_line_feeds_end_a_line_of_a_page(tmp_path, separator):
    abstract = separator.join([ABSTRACTS[0], ABSTRACTS[1]])
    (paper,) = read(saved(tmp_path, f"Subscribe\n{TITLES[0]}\n{abstract}\n"))
    assert (paper.title, paper.abstract) == (TITLES[0], f"{ABSTRACTS[0]} {ABSTRACTS[1]}")


def test_a_page_keeps_its_good_papers_beside_titles_and_abstracts_that_stand_alone(tmp_path):
    lines = ["Subscribe", TITLES[0], TITLES[1], ABSTRACTS[1], ABSTRACTS[2], TITLES[2]]
    assert [
        (item.record, item.why) if isinstance(item, Rejection) else item.title
        for item in read(saved(tmp_path, "\n".join(lines)))
    ] == [
        (1, f"{TITLES[0]!r} has no abstract"),
        TITLES[1],
        (3, "it has no title"),
        (4, f"{TITLES[2]!r} has no abstract"),
    ]


def test_a_byline_without_an_abstract_does_not_spoil_the_next_paper(tmp_path):
    text = with_bylines().replace(ABSTRACTS[0], "")
    first, *papers = read(saved(tmp_path, text))
    assert first == Rejection("source", 1, f"{TITLES[0]!r} has no abstract")
    assert [(p.title, p.published) for p in papers] == [(TITLES[1], None), (TITLES[2], DATES[2])]


# --- JSON Lines ----------------------------------------------------------------------------------

RECORDS = [{"title": t, "abstract": a} for t, a in zip(TITLES, ABSTRACTS, strict=True)]


@pytest.mark.parametrize("name", ["papers.jsonl", "page.txt", "papers", "papers.html", "x.gz"])
@pytest.mark.parametrize("pack", [bytes, gzip.compress], ids=["plain", "gzip"])
def test_json_lines_are_read_whatever_their_file_is_called(tmp_path, name, pack):
    papers = read(saved(tmp_path, pack(lines_of(*RECORDS).encode()), name))
    assert [(p.title, p.abstract, p.source) for p in papers] == [
        (t, a, name) for t, a in zip(TITLES, ABSTRACTS, strict=True)
    ]


@pytest.mark.parametrize(
    ("record", "field", "expected"),
    [
        ({"abstract": "One."}, "abstract", "One."),
        ({"abstract": "", "text": "Two."}, "abstract", "Two."),
        ({"abstract": None, "summary": "Three."}, "abstract", "Three."),
        ({"text": "Two.", "summary": "Three."}, "abstract", "A sentence."),  # abstract goes first
        ({"title": 1984}, "title", "1984"),
        ({"title": "  Two\n lines\t"}, "title", "Two lines"),
        ({"id": "abc"}, "paper_id", "abc"),
        ({"_id": "4983"}, "paper_id", "4983"),
        ({"paper_id": 7}, "paper_id", "7"),
        ({"id": "abc", "_id": "x", "paper_id": "y"}, "paper_id", "abc"),
        ({"arxiv_id": "1901.00001"}, "paper_id", "1901.00001"),
        ({"arxiv_id": "1901.00001"}, "url", "https://arxiv.org/abs/1901.00001"),
        ({"id": "arXiv:1901.00001v2"}, "paper_id", "1901.00001"),
        ({"id": "hep-xx/9901001v1"}, "paper_id", "hep-xx/9901001"),
        ({"id": "math.ZZ/0301001"}, "url", "https://arxiv.org/abs/math.ZZ/0301001"),
        ({"id": "abc", "arxiv_id": "1901.00001"}, "url", "https://arxiv.org/abs/1901.00001"),
        ({"url": "https://arxiv.org/abs/1901.00001v3"}, "paper_id", "1901.00001"),
        ({"link": "http://arxiv.org/pdf/1901.00001v1.pdf"}, "paper_id", "1901.00001"),
        ({"url": "https://example.org/p?x=1#y"}, "url", "https://example.org/p?x=1#y"),
        ({"arxiv_id": "1901.00001", "url": "https://a.org/x"}, "url", "https://a.org/x"),
        ({"url": "javascript:alert(1)"}, "url", None),
        ({"url": 'https://a.org/"onclick='}, "url", None),
        ({"url": "https://a.org/<b>"}, "url", None),
        ({"link": "a.org/no-scheme"}, "url", None),
        ({"venue": " A \n venue "}, "venue", "A venue"),
        ({"venue": ["A"]}, "venue", None),
        ({}, "venue", None),
        ({"source": "a list of mine"}, "source", "a list of mine"),
        ({"year": 2020}, "published", "2020"),
        ({"date": "July 2020"}, "published", "2020-07"),
        ({"published": "2020-07-16", "year": 2021}, "published", "2020-07-16"),
        ({"published": "soon", "year": "2021"}, "published", "2021"),  # the next that is a date
        ({"update_date": "2019-06-11"}, "published", "2019-06-11"),
        ({"year": True}, "published", None),
        ({"author": "Ada Moth"}, "authors", ("Ada Moth",)),
        ({"unknown": {"key": [1]}}, "authors", ()),
    ],
    ids=str,
)
def test_every_key_of_a_record_is_understood(record, field, expected):
    assert getattr(read_one(record), field) == expected


def test_records_of_the_arxiv_snapshot_are_read(tmp_path):
    record = {
        "id": "1901.00001",
        "submitter": "Ada Moth",
        "authors": "Ada Moth, Bo Finch and Cy L\\'evy",
        "title": "Moths and\n  lamps",
        "comments": None,
        "doi": None,
        "categories": "cs.ZZ math.QQ",
        "abstract": "  Moths go to lamps,\nas $10\\%$ of them say. We ask the rest.\n",
        "versions": [
            {"version": "v1", "created": "Mon, 2 Apr 2007 19:18:42 GMT"},
            {"version": "v2", "created": "Tue, 24 Jul 2007 20:10:27 GMT"},
        ],
        "update_date": "2008-11-26",
    }
    assert read(saved(tmp_path, lines_of(record), "snapshot.json")) == [
        Paper(
            paper_id="1901.00001",
            title="Moths and lamps",
            abstract="Moths go to lamps, as 10% of them say. We ask the rest.",
            authors=("Ada Moth", "Bo Finch", "Cy Lévy"),
            published="2007-04-02",
            url="https://arxiv.org/abs/1901.00001",
            source="snapshot.json",
        )
    ]


def test_records_of_the_shared_arxiv_snapshot_are_read(shared):
    papers = []
    for item in read_sources([shared / "arxiv" / "arxiv-metadata-100k.json.gz"]):
        papers.append(item)
        if len(papers) == 500:
            break
    assert all(isinstance(p, Paper) and p.authors and p.year and p.url for p in papers)


def test_a_corpus_in_beir_form_is_read(tmp_path):
    record = {"_id": "31715818", "title": "Moths", "text": "They fly. ", "metadata": {"x": 1}}
    assert read(saved(tmp_path, lines_of(record), "corpus.jsonl")) == [
        Paper("31715818", "Moths", "They fly.", source="corpus.jsonl")
    ]


@pytest.mark.parametrize(
    ("authors", "expected"),
    [
        (["Ada Moth", "Bo Finch"], ("Ada Moth", "Bo Finch")),
        ([{"name": "Ada Moth"}, {"name": None}, {"first": "Bo"}], ("Ada Moth",)),
        (["Ada Moth", " Ada \n Moth ", "", None, 3, "Bo"], ("Ada Moth", "Bo")),
        ("Ada Moth", ("Ada Moth",)),
        ("Ada Moth, Bo Finch", ("Ada Moth", "Bo Finch")),
        ("Ada Moth, Bo Finch, and Cy Wren", ("Ada Moth", "Bo Finch", "Cy Wren")),
        ("Moth, Ada; Finch, B.", ("Ada Moth", "B. Finch")),
        ("Sandy Anderson and Rolf Brandt", ("Sandy Anderson", "Rolf Brandt")),  # "and" in names
        ("Ada Moth (Pond University), Bo Finch", ("Ada Moth", "Bo Finch")),
        # Numbered affiliations with their legend, as arXiv asks for them.
        ("Ada Moth (1), Bo Finch (2) ((1) Pond University, (2) Hill)", ("Ada Moth", "Bo Finch")),
        ("Ünal Łoś, 王小明", ("Ünal Łoś", "王小明")),
        ("", ()),
        ([], ()),
        (None, ()),
        (5, ()),
        (True, ()),
        ([["Ada", "Moth"]], ()),
        ([["Moth", "Ada", ""], ["Finch", "Bo", "Jr."]], ("Ada Moth", "Bo Finch Jr.")),  # arXiv's
        ("[['Moth', 'Ada', ''], ['Finch', 'Bo', '']]", ("Ada Moth", "Bo Finch")),  # printed
        ("[{'lastname': \"O'Moth\", 'firstname': 'Ada', 'affiliation': None}]", ("Ada O'Moth",)),
        ('[{"name": "Ada Moth", "id": null}]', ("Ada Moth",)),
        ("[{'name': Ada}]", ()),
        ([{"name": "Ada", "surname": "Moth"}, {"fullname": "Finch, Bo"}], ("Ada Moth", "Bo Finch")),
        (["Moth, Ada [Pond Laboratory, Lake (Kenya)] (ORCID:0000000212345678)"], ("Ada Moth",)),
        (["M&amp;amp;ouml;th, Ad&aacute;"], ("Adá Möth",)),
        ("Moth A, Le Finch B, Wren C-D.", ("A Moth", "B Le Finch", "C-D Wren")),
        ("Moth A., Finch B.", ("A. Moth", "B. Finch")),
        (["Ada Moth*", "Bo Finch†"], ("Ada Moth", "Bo Finch")),
        ("M&ouml;th, Ada; Finch, B&amp;oslash;", ("Ada Möth", "Bø Finch")),
    ],
    ids=str,
)
def test_authors_of_many_forms_are_understood(authors, expected):
    assert read_one({"authors": authors}).authors == expected


def test_the_keys_of_a_single_author_are_no_authors():
    assert "name" not in read_one({"authors": {"name": "Ada Moth"}}).authors


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2020", "2020"),
        ("2020-07", "2020-07"),
        ("2020-7-6", "2020-07-06"),
        ("2020/07/16", "2020-07-16"),
        ("2020-07-16T23:30:00-05:00", "2020-07-16"),
        ("2020-07-16 10:00:00", "2020-07-16"),
        ("Jul 16, 2020", "2020-07-16"),
        ("July 16, 2020", "2020-07-16"),
        ("16 Jul 2020", "2020-07-16"),
        ("16 July 2020", "2020-07-16"),
        ("Jul 2020", "2020-07"),
        ("July 2020", "2020-07"),
        ("Mon, 2 Apr 2007 19:18:42 GMT", "2007-04-02"),
        ("2 Apr 2007 19:18:42 -0500", "2007-04-02"),
        ("2020-02-29", "2020-02-29"),
        ("2020-00-00", "2020"),  # how databases write "only the year is known"
        ("2021-02-29", "2021-02"),
        ("2020-13", "2020"),
        ("0000", None),
        ("Jul 16", None),
        ("12:30", None),
        ("last year", None),
        ("20200716123000", None),
        ("", None),
        # No machine counts such years or zones, yet a record may name them.
        ("1 Jan 99999999999999 00:00:00", None),
        ("Mon, 2 Apr 2007 19:18:42 +9999999999999999", "2007-04-02"),
    ],
)
def test_a_date_keeps_the_precision_that_its_text_has(text, expected):
    assert parse_date(text) == expected


def test_a_month_that_is_not_known_does_not_become_january():
    assert parse_date("2020-00-05") in (None, "2020")


@pytest.mark.parametrize(
    ("written", "kept"),
    [
        (r"$\alpha_{1}$, \emph{x} and {\it y} \% \\", r"$\alpha_{1}$, x and y %"),
        ("naïve Ünïcode — 中文 ∑ 😀", "naïve Ünïcode — 中文 ∑ 😀"),
        ("“quotes” & <b>tags</b> [1]", "“quotes” & tags [1]"),
        ("e\u0301 stays as it came", "e\u0301 stays as it came"),
        ("nul\x00 bell\x07 escape\x1b[31m delete\x7f", "nul bell escape delete"),
        ("c1\x9b and \x80", "c1 and"),
        ("lone \ud800 and \udfff halves", "lone and halves"),
        (
            "lines\nand\r\ntabs\t and \x0b\x0c\x85\u2028 and\u00a0more",
            "lines and tabs and and more",
        ),
    ],
)
def test_text_is_kept_but_for_white_space_and_what_no_page_can_show(tmp_path, written, kept):
    (paper,) = read(saved(tmp_path, lines_of({"title": written, "abstract": written})))
    assert (paper.title, paper.abstract) == (kept, kept)
    paper.abstract.encode()


# --- what is no paper ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is empty"),
        (b" \n\n\t ", "it is empty"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR", "it is a binary file"),
        (b"%PDF-1.7 \xe2\xe3\xcf\xd3 1 0 obj", "it is a broken PDF"),
        (b"<!doctype html><title>Papers</title>", "it is an HTML or XML page"),
        (b"\xef\xbb\xbf\n <?xml version='1.0'?><rss/>", "it is an HTML or XML page"),
        (b"just a note to myself", "its format is not known"),
        (json.dumps(RECORDS[0]["title"]).encode(), "its format is not known"),
        (b"[]", "it holds no paper"),
        (gzip.compress(lines_of(*RECORDS).encode(), mtime=0)[:20], "it cannot be read"),
        (b"\x1f\x8b\x08 not gzip after all", "it cannot be read"),
        (b'{"title": "No abstract"}', "it holds no paper"),
    ],
    ids=str,
)
def test_a_file_that_holds_no_paper_is_rejected_as_a_whole(tmp_path, content, why):
    *_, last = read(saved(tmp_path, content, "source.txt"))
    assert (last.source, last.record) == ("source.txt", 0)
    assert why in last.why


GOOD = {"title": "Good", "abstract": "It stays."}


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        ({"abstract": "No title."}, "it has no title"),
        ({"title": " \n ", "abstract": "x"}, "it has no title"),
        ({"title": "\u0000\ud800", "abstract": "x"}, "it has no title"),
        ({"title": [], "abstract": "x"}, "it has no title"),
        ({"title": True, "abstract": "x"}, "it has no title"),
        ({"title": "Alone"}, "'Alone' has no abstract"),
        ({"title": "Blank", "abstract": "\t", "text": None}, "'Blank' has no abstract"),
        ({"title": "L" * 300}, "L' has no abstract"),
        ({"title": "x", "abstract": "y", "id": "i" * 201}, "id is longer than 200 characters"),
        ('{"title": "Cut off', "broken JSON"),
        ('{"title": "x", "abstract": "y"} {', "broken JSON"),
        ("not JSON at all", "broken JSON"),
        ("[" * 20_000, "broken JSON"),  # deeper than Python recurses
        ('{"title": "x", "abstract": "y", "year": ' + "1" * 5000 + "}", "broken JSON"),
        ("[1, 2]", "a JSON object is needed"),
        ("null", "a JSON object is needed"),
        ('"text"', "a JSON object is needed"),
    ],
    ids=lambda value: str(value)[:40],
)
@pytest.mark.parametrize("place", [0, 2], ids=["first", "later"])
def test_a_bad_record_is_told_by_number_and_the_good_ones_are_kept(tmp_path, bad, why, place):
    records = [GOOD, GOOD | {"title": "Also good"}]
    records.insert(place, bad)
    # A blank line is no record.
    items = read(saved(tmp_path, lines_of(*records).replace("\n", "\n\n"), "refs.jsonl"))
    rejection = items.pop(place)
    assert [paper.title for paper in items] == ["Good", "Also good"]
    assert (rejection.source, rejection.record) == ("refs.jsonl", place + 1)
    assert why in rejection.why
    assert len(rejection.why) < 200


def test_a_line_that_is_not_utf8_is_read_as_windows_1252_and_that_is_told(tmp_path):
    content = lines_of(GOOD, {"title": "Caf!", "abstract": "It is."}, GOOD | {"title": "Köln"})
    *papers, note = read(saved(tmp_path, content.encode().replace(b"!", b"\xe9"), "refs.jsonl"))
    assert [paper.title for paper in papers] == ["Good", "Café", "Köln"]
    assert note == Note("refs.jsonl", "what is not UTF-8 in it was read as Windows-1252")


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_text_is_read_in_every_encoding_of_unicode(tmp_path, encoding):
    papers = read(saved(tmp_path, lines_of(*RECORDS).encode(encoding), "refs.jsonl"))
    assert [paper.title for paper in papers] == list(TITLES)


def test_records_before_the_place_where_a_file_breaks_off_are_kept(tmp_path):
    digests = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(3000)]
    records = [{"title": f"{n} {d}", "abstract": f"{d}."} for n, d in enumerate(digests)]
    packed = gzip.compress(lines_of(*records).encode())
    *papers, last = read(saved(tmp_path, packed[: len(packed) // 2], "refs.jsonl.gz"))
    assert len(papers) > 500
    assert [p.title for p in papers] == [r["title"] for r in records[: len(papers)]]
    assert (last.source, last.record) == ("refs.jsonl.gz", 0)
    assert last.why.startswith("it cannot be read: ")


@pytest.mark.parametrize(
    "name",
    [
        "missing.jsonl",
        "folder/missing.jsonl",
        "https://example.org/papers.jsonl",
        "a question? with spaces\nand lines",
        "n" * 300,  # longer than a file's name can be, as when a text is given in place of a path
        "p/" * 3000,
        "~no-such-user-here/papers.jsonl",
        "nul\x00byte",
        "lone\ud800surrogate",
    ],
    ids=lambda name: ascii(name[:40]),
)
def test_a_path_that_leads_to_no_file_is_rejected_and_the_rest_is_read(tmp_path, name):
    good = saved(tmp_path, lines_of(GOOD))
    rejection, paper = read(name, good)
    assert isinstance(rejection, Rejection)
    assert rejection.record == 0
    assert rejection.why.startswith("it cannot be read")
    assert paper.title == "Good"


# --- several sources -----------------------------------------------------------------------------


def test_sources_of_all_kinds_are_read_in_their_order(tmp_path):
    path = saved(tmp_path, lines_of(GOOD), "a.jsonl")
    paper = Paper("p1", "A paper", "As it is.")
    items = read(paper, {"title": "A record", "text": "As it comes."}, {"title": "x"}, path)
    assert items[0] == paper
    assert (items[1].title, items[1].source) == ("A record", "record")
    assert items[2] == Rejection("record", 3, "'x' has no abstract")
    assert (items[3].title, items[3].source) == ("Good", "a.jsonl")
    assert [p.title for p in read(str(path))] == ["Good"]


@pytest.mark.parametrize(
    "broken",
    [
        Paper("p", "A title", ""),
        Paper("p", "A title", " \n "),
        Paper("p", "", "A sentence."),
        Paper("", "A title", "A sentence."),
        Paper("p", "A lone \ud800 half", "A sentence."),
    ],
    ids=ascii,
)
def test_a_paper_object_passes_the_same_door_as_a_record(broken):
    (item,) = read(broken)
    if isinstance(item, Paper):
        assert item.paper_id
        assert_is_clean(item)


def test_a_folder_is_read_with_its_subfolders_in_order_without_hidden_files(tmp_path):
    for place in ("b.jsonl", "a.jsonl", "sub/c.txt", ".hidden.jsonl", ".checkpoints/d.jsonl"):
        path = tmp_path / place
        path.parent.mkdir(exist_ok=True)
        path.write_text(lines_of(GOOD | {"title": place}))
    assert [item.title for item in read(tmp_path)] == ["a.jsonl", "b.jsonl", "sub/c.txt"]


def test_a_folder_without_files_is_rejected(tmp_path):
    folder = tmp_path / "papers"
    folder.mkdir()
    (rejection,) = read(folder)
    assert (rejection.source, rejection.record) == ("papers", 0)


def test_nothing_is_read_before_it_is_asked_for(tmp_path):
    items = read_sources([saved(tmp_path, lines_of(GOOD)), tmp_path / "later.jsonl"])
    assert next(items).title == "Good"
    saved(tmp_path, lines_of(GOOD | {"title": "Later"}), "later.jsonl")
    assert next(items).title == "Later"


# --- ids and hashes ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({"abstract": "A corrected sentence."}, True),
        ({"title": "A  TITLE!"}, True),
        ({"title": "Ａ title"}, True),  # full width
        ({"year": 2020}, True),
        ({"title": "Another title"}, False),
        ({"title": "A title 2"}, False),
    ],
    ids=str,
)
def test_a_paper_without_an_id_is_known_by_its_title(change, is_same):
    assert (read_one(change).paper_id == read_one({}).paper_id) is is_same


def test_titles_without_letters_are_told_apart():
    assert read_one({"title": "?!"}).paper_id != read_one({"title": "..."}).paper_id


@pytest.mark.parametrize(
    ("change", "is_same"),
    [
        ({}, True),
        ({"source": "elsewhere"}, True),
        ({"title": "B"}, False),
        ({"abstract": "B."}, False),
        ({"authors": ("Bo",)}, False),
        ({"published": "2021"}, False),
        ({"url": "https://b.org"}, False),
        ({"venue": "B"}, False),
        ({"paper_id": "b"}, False),
    ],
    ids=str,
)
def test_the_hash_of_a_paper_changes_with_what_a_user_sees(change, is_same):
    paper = Paper("a", "A", "A.", ("Ada",), "2020", "https://a.org", "V", "here")
    assert (content_hash(replace(paper, **change)) == content_hash(paper)) is is_same


# --- properties ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scratch(tmp_path_factory):
    """One folder for all examples of a property."""
    return tmp_path_factory.mktemp("sources")


def assert_is_clean(paper):
    assert paper.title
    assert paper.abstract
    texts = [paper.paper_id, paper.title, paper.abstract, paper.source, *paper.authors]
    assert all(text == one_line(text) for text in texts if text is not None)
    assert paper.published is None or 1 <= paper.year <= 9999


def assert_items_are_sound(items, source):
    assert items
    for item in items:
        if isinstance(item, Paper):
            assert_is_clean(item)
        elif isinstance(item, Note):
            assert item.source == source
        else:
            assert isinstance(item, Rejection)
            assert item.source == source
            assert item.record >= 0
            assert item.why


PIECES = st.sampled_from(
    [
        "\n",
        "\r\n",
        "\n\n",
        "Subscribe",
        "new\n",
        "·\n",
        "  • 3 authors\n",
        "Jul 16, 2020\n",
        "Dec 10\n",
        '{"title": "T", "abstract": "A."}',
        '{"title": ',
        "{",
        "\ufeff",
        "\u2028",
        "<",
        f"{TITLES[0]}\n{ABSTRACTS[0]}",
        ABSTRACTS[1] + "\n",
    ]
)
TEXTS = st.lists(PIECES | st.text(max_size=20), max_size=12).map("".join)


@settings(max_examples=150, deadline=None)
@given(TEXTS)
def test_any_text_is_read_or_rejected_but_never_crashes(scratch, text):
    path = saved(scratch, text.encode(errors="surrogatepass"), "any.txt")
    assert_items_are_sound(read(path), "any.txt")


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_read_or_rejected_but_never_crash(scratch, content, is_packed):
    content = gzip.compress(content) if is_packed else content
    assert_items_are_sound(read(saved(scratch, content, "any.bin")), "any.bin")


KEYS = [
    "title",
    "abstract",
    "text",
    "summary",
    "id",
    "_id",
    "paper_id",
    "arxiv_id",
    "authors",
    "author",
    "published",
    "date",
    "year",
    "update_date",
    "versions",
    "url",
    "link",
    "venue",
    "source",
]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["name", "created", "x"]), inner, max_size=3)
    ),
    max_leaves=4,
)


@settings(max_examples=250, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.dictionaries(st.sampled_from(KEYS), VALUES, max_size=6), st.booleans())
@example({"published": "1 Jan 99999999999999 00:00:00"}, True)
@example({"versions": [{"created": "1 Jan 2020 00:00 +99999999999999999"}]}, True)
@example({"title": "\ud800"}, False)
def test_any_record_is_a_paper_or_is_told_why_not(record, is_filled):
    filler = {"title": "A title", "abstract": "A sentence."} if is_filled else {}
    (item,) = read(filler | record)
    assert_items_are_sound([item], "record")


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=30) | st.from_regex(r"[0-9]{1,5}[-/ :][0-9]{1,3}[-/ :,][0-9+-]{1,6}"))
def test_a_date_is_a_day_a_month_or_a_year_of_the_calendar_or_none(text):
    found = parse_date(text)
    if found is not None:
        assert len(found) in (4, 7, 10)
        assert parse_date(found) == found


@settings(max_examples=150, deadline=None)
@given(st.text())
def test_folded_text_can_be_shown_and_is_not_changed_by_folding_it_again(text):
    folded = one_line(text)
    assert one_line(folded) == folded
    assert not [c for c in folded if unicodedata.category(c) in ("Cc", "Cs")]


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(KEYS[2:]), st.text(max_size=12), max_size=6))
@example({"authors": "\x1b,A"})
def test_a_paper_that_is_written_out_and_read_again_is_the_same(record):
    paper = paper_from_record({"title": "A title", "abstract": "A sentence."} | record, "here")
    # "Aa A" and "Aa AA" may be A. Aa and A. A. Aa: such a surname is like initials.
    assume(all(len(name.split()[-1].strip(".")) > 1 for name in paper.authors))
    assume(not any(name.split()[-1].isupper() for name in paper.authors))
    names = ("paper_id", "title", "abstract", "published", "url", "venue", "source")
    again = {name: getattr(paper, name) for name in names} | {"authors": list(paper.authors)}
    assert paper_from_record(again, "there") == paper


PAGE = "https://shop.example.org/articles/7"


@pytest.mark.parametrize(
    ("known", "link"),
    [
        ({"url": PAGE}, PAGE),
        ({"url": PAGE, "doi": "10.5555/Kettle.7"}, "https://doi.org/10.5555/kettle.7"),
        ({"doi": "10.5555/a<b>#1"}, "https://doi.org/10.5555/a%3Cb%3E%231"),
        ({"url": PAGE, "arxiv_id": "2101.00001v2"}, "https://arxiv.org/abs/2101.00001"),
        (
            {"url": "http://arxiv.org/pdf/2101.00001v2.pdf", "doi": "10.5555/kettle.7"},
            "https://arxiv.org/abs/2101.00001",
        ),
    ],
)
def test_a_link_is_arxivs_then_the_dois_then_the_records_own(known, link):
    record = {"title": "Kettles", "abstract": "They sing in the morning."}
    paper = paper_from_record({**record, **known}, "shelf")
    assert paper.link == link
    assert paper.url == known.get("url", paper.url)  # what exports write stays


def test_an_address_set_by_hand_is_the_link():
    record = {"title": "Kettles", "abstract": "They sing.", "doi": "10.5555/kettle.7"}
    edited = edited_paper(paper_from_record(record, "shelf"), {"url": PAGE})
    assert edited.link == PAGE


EAST_ASIAN = {
    "gb18030": ("茶馆里竹椅的声音研究", "我们跟踪了二百把雨伞。一个月后，八十把仍在门口。"),
    "big5": ("茶館裡竹椅的聲音研究", "我們跟蹤了二百把雨傘。一個月後，八十把仍在門口。"),
    "cp932": ("竹椅子の音の研究", "私たちは二百本の傘を追跡した。一か月後、八十本はまだあった。"),
    "cp949": ("대나무 의자의 소리", "우리는 우산 이백 개를 추적했다. 여든 개가 문 앞에 있었다."),
}


@pytest.mark.parametrize("encoding", EAST_ASIAN)
def test_older_encodings_of_east_asian_texts_are_told(encoding):
    title, abstract = EAST_ASIAN[encoding]
    text = f"TY  - JOUR\nTI  - {title}\nAB  - {abstract}\nER  - \n"
    assert text.encode(encoding).decode(find_encoding(text.encode(encoding))) == text


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "cp1250"])
@pytest.mark.parametrize(
    "text",
    [
        "TI  - The café\nAB  - We drank 30 cups.\n",
        "TI  - Über die Größe\nAB  - Die Stühle in Köln knarren, naïve façades.\n",
        "TI  - ÄÖÜ ÄÖÜÄ\nAU  - Müller, É.\nAB  - Ç'est déjà là-bas.\n",
    ],
)
def test_texts_of_europe_are_not_taken_for_east_asian_ones(encoding, text):
    assert find_encoding(text.encode(encoding, "ignore")) == "utf-8-sig"


def test_utf_8_with_a_broken_byte_stays_utf_8():
    assert find_encoding("茶馆里竹椅的声音研究\n".encode() * 20 + b"\xff\n") == "utf-8-sig"


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "content",
    [
        lines_of(*RECORDS).encode(),
        gzip.compress(lines_of(*RECORDS).encode(), mtime=0),
        b"",
        b"just a line",
        b"PK\x03\x04 broken",
    ],
    ids=["lines", "gzip", "empty", "prose", "zip"],
)
def test_a_file_is_closed_as_soon_as_it_was_read_or_given_up(tmp_path, content):
    (tmp_path / "file").write_bytes(content)
    assert list(read_sources([tmp_path / "file"]))
    begun = read_sources([tmp_path / "file"])
    assert next(begun)
    begun.close()


def test_the_formats_that_a_mistake_names_are_among_those_that_can_be_read():
    names = SOME_FORMATS.partition(" and others")[0].split(", ")
    assert all(name in FORMATS for name in names)

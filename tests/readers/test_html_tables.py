"""Tables of HTML, which programs and services save as Excel."""

from __future__ import annotations

import time

from rag.readers import read_sources

ROW = (
    "<tr><td>Kessel, A; Tee, B<td>Kettles &amp; <i>steam</i><td>J STEAM</td>"
    "<td>{}</td><td>2016</td></tr>"
)
NAMES = (
    "<tr><th>Authors</th><th>Article Title</th><th>Source Title</th><th>Abstract</th>"
    "<th>Publication Year</th></tr>"
)


def items_of(tmp_path, text):
    path = tmp_path / "savedrecs.xls"
    path.write_text(text, encoding="utf-8")
    return list(read_sources([path]))


def test_the_rows_of_a_table_are_read_below_the_names_of_its_columns(tmp_path):
    text = (
        "<html><head><style>td {}</style></head><body><table><tr><td>a menu</td></tr></table>"
        f"<TABLE border='1'><tr><td colspan='5'>42 results</td></tr>{NAMES}"
        f"{ROW.format('We boil 300 kettles. T &lt; 100 was cold.')}<tr><td></td></tr>"
        f"{ROW.format('')}</TABLE></body></html>"
    )
    paper, bare = items_of(tmp_path, text)
    assert paper.title == "Kettles & steam"
    assert paper.abstract == "We boil 300 kettles. T < 100 was cold."
    assert paper.authors == ("A Kessel", "B Tee")
    assert (paper.venue, paper.year) == ("J STEAM", 2016)
    assert bare.why == "'Kettles & steam' has no abstract"


def test_a_page_with_another_table_is_no_table_of_papers(tmp_path):
    text = "<html><table><tr><th>Title</th><th>Price</th></tr><tr><td>A</td><td>3</td></tr></table>"
    (rejection,) = items_of(tmp_path, text)
    assert rejection.why.startswith("it is an HTML or XML page")


def test_what_looks_like_many_tags_takes_time_in_proportion(tmp_path):
    head = f"<html><table>{NAMES}"
    for broken in ("<td " * 50_000, "<td>" * 50_000, "<td a='" + "<" * 200_000):
        begun = time.process_time()
        items_of(tmp_path, head + broken)
        assert time.process_time() - begun < 5

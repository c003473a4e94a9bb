"""What a user's words name: ids, addresses, services with something behind them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.lookup.asked import Asked, find_asked, find_ids, find_listed

SHA = "649def34f8be52c8b66281af98ae884c09aef38b"


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("doi:10.1000/182", Asked("doi", "10.1000/182")),
        ("DOI: 10.1000/ABC.", Asked("doi", "10.1000/abc")),
        ("10.1000/182", Asked("doi", "10.1000/182")),
        ("https://doi.org/10.1000/182", Asked("doi", "10.1000/182")),
        ("doi:https://doi.org/10.1000/182", Asked("doi", "10.1000/182")),
        ("10.48550/arXiv.2101.00001", Asked("arxiv", "2101.00001")),
        ("doi:10.48550/arXiv.2101.00001", Asked("arxiv", "2101.00001")),
        ("arxiv:2101.00001", Asked("arxiv", "2101.00001")),
        ("arXiv:2101.00001v3", Asked("arxiv", "2101.00001")),
        ("hep-th/9901001", Asked("arxiv", "hep-th/9901001")),
        ("https://arxiv.org/pdf/2101.00001v2.pdf", Asked("arxiv", "2101.00001")),
        (
            "arxiv:cat:cs.LG AND ti:hopfield",
            Asked("arxiv", "cat:cs.LG AND ti:hopfield", is_query=True),
        ),
        # Python's string, where no shell has taken the quotes off.
        ('arxiv:"cat:cs.LG AND au:tee"', Asked("arxiv", "cat:cs.LG AND au:tee", is_query=True)),
        ('arxiv:ti:"dams of beavers"', Asked("arxiv", 'ti:"dams of beavers"', is_query=True)),
        ("openalex:W2741809807", Asked("openalex", "W2741809807")),
        ("openalex:10.1000/182", Asked("openalex", "doi:10.1000/182")),
        ("https://openalex.org/W2741809807", Asked("openalex", "W2741809807")),
        ("openalex:dams of beavers", Asked("openalex", "dams of beavers", is_query=True)),
        ("crossref:dams of beavers", Asked("crossref", "dams of beavers", is_query=True)),
        ("crossref:10.1000/182", Asked("doi", "10.1000/182")),
        (f"s2:{SHA}", Asked("s2", SHA)),
        ("s2:corpusid:215416146", Asked("s2", "CorpusId:215416146")),
        (f"https://www.semanticscholar.org/paper/A-Title/{SHA}", Asked("s2", SHA)),
        ("s2:dams", Asked("s2", "dams", is_query=True)),
        ("pmid:19872477", Asked("pmid", "19872477")),
        ("zotero:", Asked("zotero", "")),
        ("zotero:Rivers/Dams", Asked("zotero", "Rivers/Dams")),
        ("doi:no doi", Asked("doi", "")),
        ("arxiv:", Asked("arxiv", "", is_query=True)),
        ("refs.bib", None),
        ("~/papers", None),
        ("dams of beavers", None),
        ("https://example.org/paper", None),
        ("", None),
    ],
)
def test_a_source_is_told_by_what_is_typed(text, asked):
    assert find_asked(text) == asked


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("2101.00001", ["2101.00001"]),
        (
            "arXiv:2101.00001v3, 2101.00002;hep-th/9901001\n",
            ["arXiv:2101.00001v3", "2101.00002", "hep-th/9901001"],
        ),
        (
            "10.1000/182, https://doi.org/10.1000/183",
            ["10.1000/182", "https://doi.org/10.1000/183"],
        ),
        ("10.1002/(SICI)1097-4571;2-A", ["10.1002/(SICI)1097-4571;2-A"]),  # a DOI may hold a `;`
        ("https://arxiv.org.evil.example/abs/2101.00001", []),
        ("2101.00001 and more", []),
        ("A title", []),
        ("", []),
    ],
)
def test_ids_are_found_where_the_text_holds_nothing_else(text, ids):
    assert find_ids(text) == ids


@pytest.mark.parametrize(
    "text",
    [
        "A title\n10.1000/182",
        "title,doi\nOtters,10.1000/182",
        "@article{otters,\n doi = {10.1000/182}\n}",
        "TY  - JOUR\nDO  - 10.1000/182\nER  - ",
        "10.1000/182\nA title\nAn abstract of it.\n",
        "# a heading\n",
        f"10.1000/182\n{'very ' * 100}long",
        "",
    ],
)
def test_what_has_more_than_ids_is_no_list(text):
    assert find_listed(text) == []


@given(st.text(max_size=200))
def test_any_text_is_told_from_what_is_asked_for(text):
    asked = find_asked(text)
    assert asked is None or isinstance(asked.name, str)
    assert all(find_asked(each) for each in find_ids(text))

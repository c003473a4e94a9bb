"""References as YAML: what is read as text, and what is refused."""

from __future__ import annotations

import pytest

from rag.readers import read_sources
from rag.types import Paper, Rejection

ABSTRACT = "Kettles sing before they boil. We recorded 30 of them."


def read(tmp_path, text):
    path = tmp_path / "papers.yaml"
    path.write_text(text)
    return list(read_sources([path]))


def test_references_are_read_below_metadata_and_remarks_or_as_a_list(tmp_path):
    item = f"- id: kessel2020\n  title: No\n  issued: 2020-05\n  abstract: {ABSTRACT}\n"
    listed = f"title: A draft\nreferences:\n# mine\n{item}"
    for text in (listed, f"---\n{listed}...\n", item):
        (paper,) = read(tmp_path, text)
        assert isinstance(paper, Paper)
        assert (paper.title, paper.published) == ("No", "2020-05")  # no false, no day


@pytest.mark.parametrize(
    "text",
    [
        "references:\n- &a\n  title: x\n  abstract: y\n- *a\n",
        "references:\n- title: 'x\n  abstract: \"y\n",
        f"references:\n- title: {'[' * 20_000}\n  abstract: x\n",
    ],
    ids=["aliases", "broken", "deep"],
)
def test_what_is_hostile_or_broken_is_one_rejection(tmp_path, text):
    (rejection,) = read(tmp_path, text)
    assert isinstance(rejection, Rejection)
    assert "YAML" in rejection.why


@pytest.mark.parametrize(
    "text",
    [
        "services:\n- title: web\n  abstract: none\n",
        "references: [a, b]\ntitle: A note\nabstract: see below\n",
        "cff-version: 1.2.0\ntitle: kettle-sim\nabstract: It simulates the method and results.\n",
    ],
)
def test_other_yaml_has_no_paper(tmp_path, text):
    assert all(isinstance(each, Rejection) for each in read(tmp_path, text))


def test_references_of_typst_are_read_by_their_keys(tmp_path):
    text = (
        "# mine\nkessel2020:\n    type: article\n    title: Kettles\n"
        '    author: ["Kessel, Ada", "Tee, Bo"]\n    date: 2020-03\n'
        f"    abstract: {ABSTRACT}\n    serial-number:\n        doi: 10.1000/hay\n"
        "    parent:\n        type: periodical\n        title: Journal of Type\n"
        "tee:\n  type: web\n  title: {value: Teapots, verbatim: true}\n  author: Tee, Bo\n"
        f"  abstract: {ABSTRACT}\n  url: {{value: 'https://tee.org/1', date: 2021}}\n"
        "  serial-number: 10.1000/tee\n  parent:\n  - type: blog\n    title: A blog\n"
        "broken:\n  type: [web]\n  title: [x]\n  serial-number: [1]\n  parent: [y]\n"
    )
    kettles, teapots, broken = read(tmp_path, text)
    assert (kettles.title, kettles.abstract) == ("Kettles", ABSTRACT)
    assert kettles.authors == ("Ada Kessel", "Bo Tee")
    assert (kettles.published, kettles.venue) == ("2020-03", "Journal of Type")
    assert set(kettles.identifiers) == {("citekey", "kessel2020"), ("doi", "10.1000/hay")}
    assert (teapots.title, teapots.authors) == ("Teapots", ("Bo Tee",))
    assert (teapots.url, teapots.venue) == ("https://tee.org/1", "A blog")
    assert ("doi", "10.1000/tee") in teapots.identifiers
    assert broken.why == "it has no title"

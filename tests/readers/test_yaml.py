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

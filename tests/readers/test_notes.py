"""A title and a paragraph are a paper only when the paragraph speaks as abstracts do."""

from __future__ import annotations

import pytest

from rag.readers import read_sources
from rag.types import Paper

GARDEN = (
    "Thoughts on the garden this spring\n\n"
    "I planted the tomatoes along the southern wall because the soil there stays warm for "
    "longer. The beans did not come up at all, and the snails have eaten them, says the "
    "neighbour. Tomorrow I will buy new seeds and try the same again in pots.\n"
)
KITCHEN = (
    "How our kitchen was rebuilt\n\n"
    "The old cupboards came out in one day, and the floor below them turned out to be "
    "rotten. The carpenter laid new boards of oak, and the electrician moved the sockets to "
    "the other wall. The oven came two weeks late and has been cooking well ever since.\n"
)
ATTENTION = (
    "Sparse Attention for Long Documents\n\n"
    "Transformers attend to all pairs of tokens, which costs quadratic time. We propose a "
    "sparse pattern that keeps the accuracy on long documents while the cost grows "
    "linearly. Experiments on three datasets show that it is twice as fast today.\n"
)
HISTORY = (
    "The Reception of Hopfield's First Letter\n\n"
    "In this article I trace how the letter was read by physicists, and by the "
    "psychologists whom it was not written for. I argue that its figures did more than its "
    "equations, and that what is cited today is mostly what others drew from it.\n"
)


@pytest.mark.parametrize(
    ("text", "is_paper"), [(GARDEN, False), (KITCHEN, False), (ATTENTION, True), (HISTORY, True)]
)
def test_a_note_is_no_paper_and_an_abstract_is_one(tmp_path, text, is_paper):
    (tmp_path / "text.txt").write_text(text, encoding="utf-8")
    items = list(read_sources([tmp_path / "text.txt"]))
    assert [isinstance(each, Paper) for each in items] == [is_paper]

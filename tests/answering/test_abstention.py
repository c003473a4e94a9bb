"""Which papers are shown beside an abstention."""

from __future__ import annotations

from rag.answering.abstention import describe_abstention
from rag.types import Hit, Paper


def hit(name, score=0.8, similarity=0.5):
    return Hit(Paper(name, name.title(), "A text."), score, (), dense_similarity=similarity)


def test_papers_that_have_nothing_to_do_with_a_question_are_not_shown():
    far, near = hit("moss", similarity=0.1), hit("crab", similarity=0.3)
    assert describe_abstention("not_in_library", [far]).nearest == ()
    assert "nearest" not in describe_abstention("not_in_library", [far]).markdown
    assert describe_abstention("not_in_library", [near, far]).nearest == (near.paper,)


def test_a_detail_is_missing_in_the_papers_that_may_be_meant():
    shown = describe_abstention("not_in_abstract", [hit("moss"), hit("crab", 0.4)])
    assert [paper.paper_id for paper in shown.nearest] == ["moss"]
    assert shown.why == "The abstract of “Moss” does not say that."
    both = describe_abstention("not_in_abstract", [hit("moss"), hit("crab", 0.75)])
    assert len(both.nearest) == 2


def test_words_alone_tell_no_distance():
    assert describe_abstention("not_in_library", [hit("moss", similarity=None)]).nearest

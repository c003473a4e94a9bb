"""Questions proposed from a library: their form, their answers, and that they repeat."""

from __future__ import annotations

from eval.data.dataset import read_samples
from eval.drafting.draft import GAP, distinctive_words, draft_questions, render_questions
from eval.metrics.formulas import mentions
from eval.run.checking import term_weight
from rag.types import Paper
from tests.support.eval_papers import PAPERS


def test_drafts_are_a_question_set(tmp_path):
    path = tmp_path / "draft.jsonl"
    path.write_text(render_questions(draft_questions(PAPERS, 5)), encoding="utf-8")
    samples = read_samples(path)
    assert len(samples) == 5
    assert {sample.type for sample in samples} == {"known_item", "single"}
    assert {paper for s in samples for t in s.turns for paper in t.papers} <= {
        p.title for p in PAPERS
    }


def test_drafts_are_the_same_each_time():
    assert draft_questions(PAPERS, 5) == draft_questions(PAPERS, 5)


def test_a_gap_hides_an_answer_that_stands_in_the_abstract():
    abstracts = {paper.title: paper.abstract for paper in PAPERS}
    clozes = [d for d in draft_questions(PAPERS, 20) if GAP in d["question"]]
    assert clozes
    for draft in clozes:
        (answer,) = draft["must_mention"]
        assert not mentions(draft["question"], answer)
        assert answer in abstracts[draft["papers"][0]]


def test_distinctive_words_are_not_the_titles_own():
    words = distinctive_words(PAPERS[2], term_weight(PAPERS))
    assert len(words) == 5
    assert not {"tuning", "church", "bells", "vibration"} & set(words)


def test_a_paper_that_gives_nothing_to_ask_is_left_out():
    assert draft_questions([Paper("x", "Nothing", "Nothing.")], 3) == []
    assert draft_questions([], 3) == []

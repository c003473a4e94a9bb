"""What an answer scores: context, facts, citations, abstention, confidence, worked out by hand."""

from __future__ import annotations

import pytest

from eval.data.records import Record as Kept
from eval.data.records import SentenceRecord, read_records, write_records
from eval.run.scores import Gold, missing_facts, score_answer, score_ranking
from rag.types import Answer, Citation, Hit, Passage
from tests.support.eval_papers import PAPERS

TEA, MOSS = PAPERS[:2]
FACTS = ("4 %", "three hundred", "porcelain")


def passage(paper, text):
    start = paper.abstract.index(text)
    return Passage(paper.paper_id, 0, start, start + len(text))


HITS = (
    Hit(MOSS, 0.9, (passage(MOSS, "Drones photograph bogs"),)),
    Hit(TEA, 0.8, (passage(TEA, "It spills 4 % of the cups."),)),
)


def cite(paper, quote, marker=1):
    start = paper.abstract.index(quote)
    return Citation(marker, paper, quote, start, start + len(quote), 1.0)


def answered(text="It spills 4 % of the cups. [1]", **more):
    given = {"citations": (cite(TEA, "It spills 4 % of the cups."),), "hits": HITS}
    return Answer("?", text, "answered", **given | {"confidence": 0.8} | more)


def sentence(*verdicts):
    return SentenceRecord(text="s", markers=tuple(range(len(verdicts))), verdicts=verdicts)


GOLD = Gold({"tea": 1.0}, FACTS)


def test_an_answer_is_scored_on_context_facts_and_citations():
    scores = score_answer(answered(), [sentence("supported"), sentence("partly")], GOLD)
    assert scores == pytest.approx(
        {
            "false_abstention": 0.0,
            "context_precision": 0.5,  # the right paper came second
            "context_recall": 2 / 3,  # two of three facts stand in the papers
            "passage_recall": 1 / 3,  # one of them in the passages that were found
            "must_mention": 1 / 3,
            "lead_facts": 1 / 3,
            "dangling": 1.0,  # "It spills" leans on what is not there
            "gold_citation_precision": 1.0,
            "gold_citation_recall": 1.0,
            "citation_recall": 0.5,
            "citation_precision": 0.5,
            "quote_exactness": 1.0,
            "brier": 0.04,
            "words": 8.0,
        },
        abs=1e-6,
    )


def test_a_caveat_is_read_as_well_and_so_counts_in_the_words():
    scores = score_answer(answered(caveat="It may be none."), [sentence("supported")], GOLD)
    assert scores["words"] == 12.0


def test_an_abstention_mentions_nothing_though_it_lists_the_nearest_papers():
    abstained = Answer(
        "?", "No paper says so. Nearest: 4 %", "abstained", "not_in_library", hits=HITS
    )
    scores = score_answer(abstained, [], GOLD)
    assert scores["must_mention"] == 0.0
    assert scores["gold_citation_recall"] == 0.0
    assert scores["false_abstention"] == 1.0
    assert scores["abstention_precision"] == 0.0
    assert not {"brier", "words", "citation_recall", "gold_citation_precision"} & set(scores)
    assert missing_facts(abstained, FACTS) == FACTS


def test_a_question_without_an_answer_is_scored_on_abstention_alone():
    nothing = Gold({})
    abstained = Answer("?", "No.", "abstained", "not_in_library", hits=HITS)
    assert score_answer(abstained, [], nothing) == {
        "abstention_recall": 1.0,
        "abstention_precision": 1.0,
    }
    wrongly = score_answer(answered(), [sentence("supported")], nothing)
    assert wrongly["abstention_recall"] == 0.0
    assert wrongly["brier"] == pytest.approx(0.64)  # sure, and nothing to be sure of
    assert "gold_citation_precision" not in wrongly
    assert score_ranking(HITS, nothing) == {}


def test_an_answer_from_records_is_scored_on_its_kind_and_papers_and_on_no_abstract():
    gold = Gold({"tea": 1.0}, ("4 %",), "records", exactly=True)
    told = answered(origin="records")
    assert score_answer(told, [], gold) == {
        "right_kind": 1.0,
        "right_reference": 1.0,
        "must_mention": 1.0,
    }
    both = answered(citations=(*answered().citations, cite(MOSS, MOSS.abstract, 2)))
    scores = score_answer(both, [], gold)
    assert (scores["right_kind"], scores["right_reference"]) == (0.0, 0.0)
    assert score_ranking(HITS, gold) == {}


def test_a_detail_that_is_declined_is_about_the_paper_that_it_names():
    declined = Answer("?", "", "abstained", reason="not_in_abstract", hits=HITS[1:])
    scores = score_answer(declined, [], Gold({"tea": 1.0}, exactly=True))
    assert scores["right_reference"] == 1.0


def test_a_quote_at_the_wrong_place_is_not_exact():
    shifted = Citation(1, TEA, "It spills", 3, 12, 1.0)
    assert score_answer(answered(citations=(shifted,)), [], GOLD)["quote_exactness"] == 0.0


def test_a_ranking_is_scored_at_each_depth():
    scores = score_ranking(HITS, Gold({"tea": 1.0, "bells": 1.0}))
    assert (scores["mrr"], scores["recall@1"], scores["recall@2"], scores["hit@5"]) == (
        0.5,
        0,
        0.5,
        1,
    )


def test_records_survive_texts_with_odd_line_ends(tmp_path):
    kept = Kept(key="q", cluster="q", slices=("all",), question="one\u2028two\x85three\nfour")
    write_records(tmp_path / "answers.jsonl", [kept, kept])
    assert read_records(tmp_path / "answers.jsonl") == [kept, kept]
    assert read_records(tmp_path / "none.jsonl") == []

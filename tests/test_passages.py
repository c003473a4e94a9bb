"""Cutting papers into passages: the budget, the spans, and that nothing of an abstract is lost."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from llama_index.core.schema import MetadataMode, NodeRelationship

from rag.faces import build_node
from rag.passages import build_passages
from rag.sentences import split_sentences
from rag.tokens import count_tokens
from rag.types import Paper, Passage, passage_id, passage_place

TITLE = "Pruning Trees by Moonlight"
SENTENCES = [
    "Most gardeners of networks cut their trees by daylight, when all can see them.",
    "We cut 12.5% of all branches at night and measure what grows back within a week.",
    "On three orchards of our own making, the night cut keeps 97 of 100 apples.",
    "The cut by day keeps only 81 of them, which surprised the gardeners (and us).",
    "We give away the shears, the lamps and a map of the orchard.",
]
ABSTRACT = " ".join(SENTENCES)


def paper(abstract=ABSTRACT, title=TITLE):
    return Paper("p/1", title, abstract)


def build_nodes(of, tokens):
    return [build_node(of, passage) for passage in build_passages(of, tokens)]


def spans(nodes):
    return [(node.metadata["start"], node.metadata["end"]) for node in nodes]


def bodies(nodes):
    return [node.text.partition("\n")[2] for node in nodes]


def test_a_short_abstract_is_one_passage_with_its_title_in_front():
    (node,) = build_nodes(paper(), 220)
    assert node.text == f"{TITLE}\n{ABSTRACT}"
    assert spans([node]) == [(0, len(ABSTRACT))]


def test_a_long_abstract_is_cut_between_sentences_and_every_passage_has_the_title():
    nodes = build_nodes(paper(), 50)
    assert 1 < len(nodes) < len(SENTENCES)
    assert " ".join(bodies(nodes)) == ABSTRACT
    for node in nodes:
        assert node.text.startswith(f"{TITLE}\n")
        assert count_tokens(node.text) <= 50
        assert node.text.endswith(tuple(SENTENCES))


def test_a_passage_is_filled_as_far_as_the_budget_goes():
    nodes = build_nodes(paper(), 50)
    for node, following in pairwise(nodes):
        first = split_sentences(following.text.partition("\n")[2])[0].text
        assert count_tokens(f"{node.text} {first}") > 48  # a token a sentence is kept for spaces


@pytest.mark.parametrize("tokens", [1, 10, 25])
def test_a_sentence_longer_than_the_budget_stands_alone(tokens):
    assert bodies(build_nodes(paper(), tokens)) == SENTENCES


def test_one_long_sentence_among_short_ones_stands_alone():
    long = f"We count {', '.join(str(n) for n in range(100))} and stop."
    nodes = build_nodes(paper(f"It is short. {long} So is this. And this."), 60)
    assert bodies(nodes) == ["It is short.", long, "So is this. And this."]


def test_an_abstract_without_a_stop_is_one_passage():
    words = "net " * 400
    assert bodies(build_nodes(paper(words.strip()), 60)) == [words.strip()]


def test_a_title_longer_than_the_budget_leaves_a_sentence_for_each_passage():
    nodes = build_nodes(paper(title="Long " * 100), 60)
    assert bodies(nodes) == SENTENCES


def test_a_title_that_looks_like_a_sentence_is_not_cut():
    (node,) = build_nodes(paper("It does.", title="Does it hum? It does. [1]"), 220)
    assert node.text == "Does it hum? It does. [1]\nIt does."


def test_passages_are_numbered_and_name_their_paper():
    nodes = build_nodes(paper(), 50)
    assert [node.node_id for node in nodes] == [f"p/1#{n}" for n in range(len(nodes))]
    for node in nodes:
        assert node.metadata["paper_id"] == "p/1"
        assert node.metadata["title"] == TITLE
        assert node.relationships[NodeRelationship.SOURCE].node_id == "p/1"


def test_the_id_of_a_paper_with_a_hash_in_it_can_be_read_back():
    assert passage_place(passage_id("a#1", 2)) == ("a#1", 2)


@pytest.mark.parametrize("mode", [MetadataMode.EMBED, MetadataMode.LLM])
def test_what_is_embedded_and_shown_is_the_text_without_metadata(mode):
    node = build_node(paper(), Passage("p/1", 3, 0, 10))
    assert node.get_content(metadata_mode=mode) == f"{TITLE}\n{ABSTRACT[:10]}"


def test_text_that_looks_like_a_token_of_a_model_is_plain_text():
    (node,) = build_nodes(paper("It says <|endoftext|> and goes on."), 60)
    assert node.text.endswith("It says <|endoftext|> and goes on.")


WORDS = st.sampled_from(
    [
        "net",
        "nets",
        "Trees",
        "learn",
        "97.3%",
        "$O(n)$",
        "Ünïcode",
        "网络",
        "et al.",
        "a-b",
        "(see)",
    ]
)
PROSE = st.lists(WORDS, min_size=1, max_size=30).map(lambda words: " ".join(words) + ".")
ABSTRACTS = st.lists(PROSE, min_size=1, max_size=12).map(" ".join)  # one line, as the door makes it


@settings(max_examples=150, deadline=None)
@given(st.lists(WORDS, min_size=1, max_size=12).map(" ".join), ABSTRACTS, st.integers(1, 120))
def test_passages_cover_the_abstract_in_order_and_keep_the_budget(title, abstract, tokens):
    nodes = build_nodes(paper(abstract, title), tokens)
    sentences = split_sentences(abstract)
    end = 0
    for node, (start, after) in zip(nodes, spans(nodes), strict=True):
        assert node.text == f"{title}\n{abstract[start:after]}"
        assert start >= end
        assert abstract[end:start].strip() == ""
        end = after
        inside = [s for s in sentences if start <= s.start and s.end <= after]
        assert inside
        assert len(inside) == 1 or count_tokens(node.text) <= tokens
    assert abstract[end:].strip() == ""


@settings(max_examples=100, deadline=None)
@given(st.text(min_size=1).filter(str.strip), st.integers(1, 60))
def test_any_abstract_has_a_passage_and_none_of_its_text_is_lost(abstract, tokens):
    nodes = build_nodes(paper(abstract), tokens)
    assert nodes
    assert "".join("".join(bodies(nodes)).split()) == "".join(abstract.split())


@settings(max_examples=50, deadline=None)
@given(ABSTRACTS, st.integers(1, 100), st.integers(0, 100))
def test_a_larger_budget_never_makes_more_passages(abstract, tokens, more):
    few = build_nodes(paper(abstract), tokens + more)
    assert len(few) <= len(build_nodes(paper(abstract), tokens))

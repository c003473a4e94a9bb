"""Which papers of a library a question names."""

from __future__ import annotations

import pytest

from rag.query.coined import asks_who_coined, unknown_names, unmentioned
from rag.query.naming import is_topic, mentioning, named_papers, names_title
from rag.query.paper_lookup import PaperLookup
from rag.query.query import Query
from rag.query.subject import SubjectFinder
from rag.types import Paper

WORDS = {"lighthouse", "bells", "crab", "count", "harbour", "tide", "small", "waves"}
PAPERS = [
    Paper("a", "TideNet: Counting Crabs in a Harbour", "We propose TideNet. It counts crabs."),
    Paper("b", "Old Waves: A Study of Harbours", "We call our buoys WaveBuoys. They float."),
    Paper("c", "Long Range Listening", "We present Long Ear Nets (LEN), better than TideNet."),
    Paper("d", "Reading Moss as a Meter", "Moss is read with small lenses."),
    Paper("e", "Moss on Roofs", "Moss grows on roofs of a harbour."),
    Paper("f", "LIGHTHOUSE: Seeing at Night", "LIGHTHOUSE looks at ships."),
    Paper("g", "Slow Ocean Maps", "We draw slow ocean maps (SOMs) with sonar."),
    Paper("i", "Deep Tide Bells: How They Ring", "Deep bells of the tide ring."),
    Paper("j", "Ringing Late", "Deep tide bells ring late."),
    Paper("k", "A Shelter for Birds", "We propose SHELVING, a shelter."),
    Paper("l", "Shelves of Ice", "The ice of shelves breaks."),
    Paper("n", "Birds at Sea", "We propose PufFION, unlike GullNets. PufFION counts puffins."),
    Paper("m", "Shelved Boats", "Shelved boats wait."),
    Paper("o", "A Buoy That Rings in a Second", "It rings fast."),
    Paper("h", "Sonar in Fog", "A SOM helps; SOM charts age. SOM data are old."),
]


@pytest.fixture(scope="module")
def lookup(words_library):
    return PaperLookup(words_library._index, WORDS.__contains__)


@pytest.mark.parametrize(
    ("question", "named"),
    [
        ("What is TideNet?", "a"),
        ("how does tidenet work", "a"),
        ("results of the WaveBuoys?", "b"),
        ("what does LEN stand for", "c"),
        ("what does Old Waves say", "b"),
        ("summarise the crab counting paper", "a"),
        ("the paper about moss on roofs", "e"),
        ("compare TideNet with LEN", "ac"),
        ("what is moss?", ""),
        ("how are crabs counted in a harbour?", ""),
        ("which papers use TideNet?", ""),
        ("the moss paper", ""),  # there are two
        ("the second paper: its limits?", ""),  # of an answer, and of no title
        ("what is the gist of lighthouse", "f"),  # a word of the language, and one paper's alone
        ("how do harbour bells work", ""),
        ("what is a SOM", "g"),  # the short form of a whole title
        ("which nets run on TideNet?", ""),
        ("define deep tide bells pls", "i"),  # two have the words, one is called so
        ("what is puffion", "n"),  # coined, and come back to
        ("who uses gullnets", ""),  # what others have made
        ("SHELVING stands for?", "k"),  # other words have its stem
        ("do deep tide bells ring late?", ""),
        ("compare the moss meter paper with TideNet", "ad"),  # each side may name loosely
        ("what is the difference between moss and TideNet?", "a"),  # two papers are on moss
        ("compare the ships paper with the one on roofs", "ef"),
        ("Long Range or SHELVING - which problem does each solve?", "ck"),
        ("what does “Counting Crabs” say", ""),  # no title begins so
        ("summarise “Reading Moss”", "d"),
        ("which titles say “Reading Moss”?", ""),
        ("", ""),
    ],
)
def test_a_paper_is_named_by_what_is_its_own(lookup, question, named):
    assert "".join(sorted(paper.paper_id for paper in named_papers(question, lookup))) == named


def test_what_an_acronym_stands_for_is_asked_of_the_paper_that_spells_it_out(lookup):
    asked = "what does SOM stand for"
    found = SubjectFinder(lookup).find(Query(asked, asked, asked))
    assert [paper.paper_id for paper in found.about] == ["g"]


@pytest.mark.parametrize(
    "question",
    [
        "papers similar to TideNet",
        "can you recommend similar papers to “TideNet: Counting Crabs in a Harbour”?",
        "is there anything like the crab counting paper?",
    ],
)
def test_papers_like_a_named_one_are_others(lookup, question):
    query = SubjectFinder(lookup).find(Query(question, question, question))
    assert query.excluded == ("a",)
    assert not query.about
    assert query.topic == "papers like “TideNet: Counting Crabs in a Harbour”"


@pytest.mark.parametrize("question", ["papers like these", "papers similar to roofs of ice"])
def test_papers_like_what_is_no_paper_are_searched_for(lookup, question):
    query = SubjectFinder(lookup).find(Query(question, question, question))
    assert (query.excluded, query.topic) == ((), question)


def test_papers_that_have_a_name_are_known(lookup):
    assert [p.paper_id for p in mentioning("which boat uses TideNet in LEN?", lookup)] == ["c"]
    assert mentioning("which boat is used?", lookup) == []


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("counting crabs", True),
        ("moss", True),
        ("roofs of crabs", False),
        ("for moss", False),
        ("what do they build", False),
        ("", False),
    ],
)
def test_a_topic_stands_together_in_a_title(lookup, phrase, expected):
    assert is_topic(phrase, lookup) is expected


def test_a_title_is_meant_where_it_has_half_of_what_a_question_for_its_record_says():
    assert names_title("who wrote the harbour crabs thing", PAPERS[0])
    assert names_title("is the code available?", PAPERS[0])
    assert not names_title("where was FoamNet published", PAPERS[0])


@pytest.mark.parametrize(
    ("question", "unknown"),
    [
        ("what does the Green Herring paper say", ("Green Herring",)),
        ("what does the Slow Ocean paper say", ()),  # a title has both words
        ("does TideNet beat FoamNet", ("FoamNet",)),
        ("Green Herring", ()),  # any sentence begins with a capital
        ("how do counters like Cormorant read a harbour", ("Cormorant",)),
        ("does Cormorant see more than Moss", ("Cormorant",)),
        ("what do birds do with Cormorant's counts", ()),  # whoever Cormorant is
        ("is this by Cormorant", ()),
        ("how much faster is the Cormorant?", ("Cormorant",)),
        ("is the Cormorant small?", ()),  # any thing may be written so
        ("what are the limits of the Lighthouse", ()),
    ],
)
def test_names_that_no_paper_has_are_known(lookup, question, unknown):
    assert unknown_names(question, lookup) == unknown


def test_a_name_that_the_papers_found_do_not_mention_is_known():
    assert unmentioned("what does TideNet count?", PAPERS[1:2]) == ("TideNet",)
    assert unmentioned("what does TideNet count?", PAPERS[:2]) == ()


@pytest.mark.parametrize(
    ("question", "paper", "is_asked"),
    [
        ("who developed TideNet?", 0, True),
        ("and who came up with the WaveBuoys", 1, True),
        ("who invented tides?", 0, False),
        ("who proposed TideNet?", 2, False),  # which only uses it
        ("who measured TideNet?", 0, False),
    ],
)
def test_who_made_what_a_paper_coins_is_its_authors(question, paper, is_asked):
    assert bool(asks_who_coined(question, PAPERS[paper : paper + 1])) is is_asked

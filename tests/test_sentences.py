"""Splitting prose into sentences: hard cases in a table, places and completeness as properties."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rag.sentences import split_sentences, without_label


def texts(text):
    return [sentence.text for sentence in split_sentences(text)]


@pytest.mark.parametrize(
    "sentences",
    [
        ["One sentence."],
        ["No stop at the end"],
        ["It works.", "It lasts!", "Does it?", "Yes."],
        ["It stops...", "Then it goes on."],
        ["Really?!", "Yes!!"],
        # Abbreviations
        ["We use nets, e.g. CNNs, i.e. Filters that slide.", "They work."],
        ["The trees (cf. Oak et al. 2019) grow.", "They fall."],
        ["Moth et al. Show nothing; Finch et al., 2016 do.", "So we ask."],
        ["This was seen by Moth et al.", "The effect is new."],
        ["Nets, trees, etc. are used.", "We use none."],
        ["It eats apples, pears, etc.", "However, it never drinks."],
        ["As Fig. 3, Figs. 4 and Tab. 2 show, it grows.", "Eq. (5) says so."],
        ["See Sec. 2, Eqs. (3) and Ref. No. 7 of vol. 2, pp. 3.", "They agree."],
        ["A net vs. A tree w.r.t. Speed is approx. Equal.", "Yes."],
        ["We thank Dr. Moth and Prof. Finch of St. Gallen.", "They came."],
        ["Data of the U.S. Census resp. None is used.", "It is old."],
        ["It was told in Phys. Rev. Lett. before.", "Nobody read it."],
        # Initials, and capitals that are none
        ["J. Moth wrote it.", "J. R. R. Finch read it."],
        ["It was J. Moth and A. B. Finch who met.", "They left."],
        ["E. coli grows in the lab of Ada M. Moth.", "It is fed."],
        ["We call them class A.", "They are few."],
        ["It needs vitamin C.", "We add some."],
        # Numbers
        ["It gains 97.3% at 0.5 s, or p < .05 in v1.2.3.", "Fine."],
        ["The loss is 0.5.", "Then it falls to 3.", "3 nets fall to 2."],
        ["It lasts 3.5 h.", "4.5 h are too long."],
        # LaTeX
        ["Let $x = 1. Y$ hold.", "Then $y. Z$ holds too."],
        ["The cost is $O(n)$.", r"$k$ is fixed at $\epsilon=0.1$.", r"\emph{So} it ends."],
        [r"{\it It works well.}", "In addition, it is fast."],
        # Spaces that are missing
        ["It ends here.", "There it starts again."],
        ["It works (mostly).", "Then it stops."],
        # Web addresses and names with dots
        ["The code is at https://example.org/a.b/C.git.", "Have fun."],
        ["We use Node.js and ResNet-50 of example.org.", "It runs."],
        # Names of parts
        ["It costs (a lot, 3 g. in all; more later.", "Conclusion: It is dear."],
        ["It was cold.", "MATERIALS AND METHODS: We asked 12 nurses.", "Keywords: Cold, Nurses."],
        # Brackets and quotes
        ["It works (see the note. It is long) on all.", "It stops."],
        ["(It works.)", "[It lasts.]", "It stops."],
        ['He said "it works."', "Then he left."],
        ["“It works.”", "‘It lasts.’", "“Does it?”"],
        ["He asks 'does it?'", "Nobody knows."],
        # Markers belong to the sentence before them
        ["It works [1].", "It lasts [2]."],
        ["It works. [1]", "It lasts. [2]"],
        ["It works. [1][2]", "It lasts! [3] [4]", "It stops? [1, 2]"],
        ["It works.[1]", "It lasts.[2]"],
        ["It works. [1]"],
        # Letters of other alphabets
        ["It works.", "Émile says so.", "Überall."],
        ["Сети учатся.", "Они малы."],
    ],
    ids=lambda sentences: " | ".join(sentences)[:60],
)
def test_sentences_are_told_apart(sentences):
    assert texts(" ".join(sentences)) == sentences


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("It ends here.There it starts again.", ["It ends here.", "There it starts again."]),
        ("It is (old).We mend it.", ["It is (old).", "We mend it."]),
        ("We use e.g.CNNs and Node.js here.", ["We use e.g.CNNs and Node.js here."]),
        ("A first paragraph\n\na second one", ["A first paragraph", "a second one"]),
        ("Two things:\n- nets\n- trees.", ["Two things:", "- nets", "- trees."]),
        ("• Nets. • Trees.", ["• Nets.", "• Trees."]),
        # The number of an item is no sentence of its own.
        ("1. Nets learn.\n2. Trees grow.", ["1. Nets learn.", "2. Trees grow."]),
        ("  It works. \r\n\r\n It lasts.  ", ["It works.", "It lasts."]),
        ("It works.   It lasts.", ["It works.", "It lasts."]),
        ("It works.\u00a0It lasts.", ["It works.", "It lasts."]),
        ("It works [1].[2] It lasts.", ["It works [1].[2]", "It lasts."]),
        ("...", ["..."]),
    ],
    ids=repr,
)
def test_lines_lists_and_missing_spaces_are_understood(text, expected):
    assert texts(text) == expected


PIECES = st.sampled_from(
    [
        "It works",
        "et al.",
        "e.g.",
        "Fig. 3",
        "J. Moth",
        "97.3%",
        "$x. Y$",
        "$",
        "(",
        ")",
        "]",
        "[1]",
        "[2, 3].",
        ". ",
        ".",
        "! ",
        "?",
        '"',
        "”",
        " ",
        "\n",
        "\r\n",
        "\u2028",
        "\x1c",
        "\u00a0",
        "The",
        "- ",
        "1.",
        "{\\it So.}",
    ]
)
ANY_TEXT = st.lists(PIECES | st.text(max_size=8), max_size=25).map("".join)


@settings(max_examples=250, deadline=None)
@given(ANY_TEXT)
@example("A. [1]")
@example("\x1d. A")
def test_each_sentence_stands_where_it_says(text):
    for sentence in split_sentences(text):
        assert text[sentence.start : sentence.end] == sentence.text
        assert sentence.text == sentence.text.strip() != ""


@settings(max_examples=250, deadline=None)
@given(ANY_TEXT)
def test_sentences_come_in_order_and_only_white_space_lies_between_them(text):
    end = 0
    for sentence in split_sentences(text):
        assert sentence.start >= end
        assert text[end : sentence.start].strip() == ""
        end = sentence.end
    assert text[end:].strip() == ""


PLAIN = st.lists(
    st.sampled_from(["nets", "learn", "Trees", "grow", "slowly", "12", "0.5"]), min_size=2
)


@settings(max_examples=100, deadline=None)
@given(st.lists(PLAIN.map(lambda words: f"We say {' '.join(words)} again."), max_size=6))
def test_plain_sentences_are_found_again(sentences):
    assert texts(" ".join(sentences)) == sentences


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT, ANY_TEXT)
def test_what_stands_on_another_line_changes_no_sentence(above, below):
    assert texts(f"{above}\n\n{below}") == texts(f"{above}\n") + texts(below)


@pytest.mark.parametrize(
    ("labelled", "bare"),
    [
        ("Methods: We asked 12 nurses.", "We asked 12 nurses."),
        ("RESULTS: None slept.", "None slept."),
        ("Materials and Methods: Mice.", "Mice."),
        ("Comparison with existing methods: It is faster.", "It is faster."),
        ("Keywords: sleep, nurses.", None),
        ("Contact: moth@example.org", None),
        ("We asked: does it rain?", "We asked: does it rain?"),
        ("Methods differ: some are slow.", "Methods differ: some are slow."),
    ],
)
def test_the_name_of_a_part_is_no_part_of_its_sentence(labelled, bare):
    (sentence,) = split_sentences(labelled)
    found = without_label(sentence)
    assert (found and found.text) == bare
    assert found is None or labelled[found.start : found.end] == bare

"""How papers of medicine, biology and physics are read: labels, counts, units, abbreviations."""

from __future__ import annotations

import pytest

from rag.answering.extractive import ExtractiveWriter
from rag.query.abbreviations import is_spelled_out, short_forms, spelled_out
from rag.query.counting import counts, in_unit_asked
from rag.query.details import missing_details
from rag.query.evidence import dangles
from rag.query.focus import asks_for_several
from rag.types import Hit, Message, Paper
from rag.verification.support import quotable_sentences

INCLUDED = "In Malawi we included 64 nurses with mild insomnia (MI), in Togo 31 controls."
NETWORK = r"The network of APOE $\epsilon$4 negative nurses was less cohesive."
SLEPT = "The mean square error of sleep (min) fell by 11 % from 26.7 to 23.9 in 40 MIs."
LIMITED = "The use of lamps is limited by their glare."
BEFORE = "Nurses slept badly after the reform and since 2009 ever worse."
SLEEP = Paper(
    "sleep",
    "Lamps Against Insomnia in Nurses",
    f"Background: Nurses who sleep badly err in wards of any size. {BEFORE} Methods: {INCLUDED}"
    f" RESULTS: {NETWORK} {SLEPT} {LIMITED} Keywords: insomnia, lamps, nurses, error, sleep.",
)
PAPERS = [
    SLEEP,
    Paper("ctc", "Filters of Beads", "We filter circulating tumour cells (CTCs). CTCs are rare."),
    Paper("gpu", "A Code for Stars", "This code (called HiGPUs) follows stars on cards."),
    Paper("duo", "Two Hormones", "Insulin together with glucagon is better than insulin alone."),
]


def quotes(question, paper=SLEEP, words=40):
    writer = ExtractiveWriter(None, lambda _: 1.0, words)
    (draft,) = writer.write(question, (), [Hit(paper, 0.9, ())])
    return [citation.quote for citation in draft.verified.citations]


@pytest.fixture(scope="module")
def library(words_library):
    return words_library


def test_sentences_are_quoted_without_labels_and_keywords_never():
    said = [each.text for each in quotable_sentences(SLEEP)]
    assert INCLUDED in said
    assert NETWORK in said
    assert not any("Keywords" in text or "insomnia, lamps" in text for text in said)
    assert all(SLEEP.abstract[s.start : s.end] == s.text for s in quotable_sentences(SLEEP))


@pytest.mark.parametrize(
    ("question", "sentence"),
    [
        ("how many nurses were included?", INCLUDED),
        ("how many controls of the network were there?", INCLUDED),
        ("by how much did the error of nurses fall in minutes?", SLEPT),
        ("what are the limits of the lamps?", LIMITED),
        ("when did nurses sleep worse?", BEFORE),
        ("MI?", INCLUDED),
        ("did this help sleep?", SLEPT),
    ],
)
def test_the_sentence_with_what_is_asked_leads(question, sentence):
    assert quotes(question)[0] == sentence


@pytest.mark.parametrize(
    ("question", "sentence", "counted"),
    [
        ("how many patients were asked?", "We asked 41 subjects.", True),
        ("how many participants?", "We asked 12 nurses and 9 women.", True),
        ("how many women were asked?", "We asked 41 subjects.", False),
        ("how many pictures were taken?", "We took 2468 moss photographs.", True),
        ("how many patients were asked?", "Patients (n = 30) were asked.", True),
        ("how many nurses are there?", r"The $\epsilon$4 nurses slept.", False),
        ("how many nurses are there?", "H$_2$ nurses slept.", False),
        ("how many nurses are there?", "$64$ nurses slept.", True),
        ("how many animals died?", "Of 30 mice none died.", True),
    ],
)
def test_things_are_counted_by_other_words_and_not_by_indices(question, sentence, counted):
    assert counts(question, sentence) is counted


@pytest.mark.parametrize(
    ("question", "sentence", "is_in_unit"),
    [
        ("how strong is it in GPa?", "It breaks at 1.2 GPa.", True),
        ("how strong is it in gigapascals?", r"It breaks at 1.2\,GPa.", True),
        ("how far in megaparsecs?", "It is 16 Mpc away.", True),
        ("the error in mg/dL?", "The error (mg/dL) was 26.7.", True),
        ("what area in square degrees?", "A survey of 5000 deg2 is planned.", True),
        ("what size in µm?", r"A 6-$\mu$m bead is seen.", True),
        ("what share in percent?", r"It is $81.7\%$ of all.", True),
        ("how far in megaparsecs?", "It is far away, 3 times.", False),
        ("what helps in winter?", "We slept 3 winters.", False),
    ],
)
def test_a_number_in_the_unit_that_is_asked_for_is_known(question, sentence, is_in_unit):
    assert in_unit_asked(question, sentence) is is_in_unit
    if is_in_unit:
        assert missing_details(question, [sentence]) is False


def test_the_abbreviations_of_an_abstract_stand_for_its_words():
    text = "A membrane protein (MP), cells (2020), mean square errors (MSEs), and so on (etc)."
    assert short_forms(text) == {"MP": "membrane protein", "MSE": "mean square error"}
    texts = ["A membrane protein (MP) folds.", "We fold 218 MPs.", "An MP-like one."]
    assert spelled_out(texts)[1:] == ["We fold 218 membrane proteins.", "An MP-like one."]
    assert missing_details("how many membrane proteins are folded?", texts) is False


def test_an_abbreviation_is_spelled_out_by_words_side_by_side():
    assert is_spelled_out("RMSE", "The root mean square error fell.")
    assert not is_spelled_out("RMSE", "The root of a mean error fell.")
    assert not is_spelled_out("R0", "The root of a mean error fell.")


@pytest.mark.parametrize(
    "question",
    [
        "CTCs?",
        "how does HiGPUs follow stars?",
        "MSE of sleep in nurses?",
        "insulin vs insulin plus glucagon: which is better?",
        "controls and nurses of Malawi Togo",  # words that stand apart
    ],
)
def test_what_a_paper_has_in_its_own_way_is_not_told_as_lacking(library, question):
    answer = library.ask(question)
    assert answer.status == "answered"
    assert answer.caveat is None


@pytest.mark.parametrize(
    ("question", "sentence", "missing"),
    [
        ("which amplifier did they use?", "Signals were amplified.", True),
        ("which amplifier did they use?", "The amplifier hums.", False),
        ("what scanner model was used?", "A scanner was used.", True),
        ("what scanner model was used?", "A scanner of Siemens was used.", False),
        ("what did the lamps cost?", "We hang lamps.", True),
        ("how much money were nurses paid?", "Nurses got $12.", False),
        ("which software was used?", "We fit models.", True),
        ("which software was used?", "We fit models in R.", False),
        ("what dose was given?", "A high dose was given to 12 mice.", False),
        ("what dose was given?", "Insulin was given.", True),
        ("what dose was given?", "They got 5 mg/kg of it.", False),
        ("what is the dose response?", "Insulin was given.", None),
        ("how old were the nurses?", "Nurses of 20 to 64 years of age slept.", False),
        ("how old were the nurses?", "Nurses slept.", True),
        ("how old is the paper?", "Nurses slept.", None),
        ("was the study approved by an ethics board?", "Nurses slept.", True),
        ("were the wards randomised?", "Wards were randomized.", False),
        ("how long was the follow-up?", "Nurses slept.", True),
        ("at what redshift are they?", "Stars at z = 2 shine.", True),
        ("what wavelength is used?", r"Light of 450\,nm is used.", False),
        ("which hospital was it?", "A clinic took part.", False),
        ("what was the sample size?", "We asked 64 people.", False),
        ("what was the sample size?", "We asked people.", True),
    ],
)
def test_details_of_other_fields_are_known(question, sentence, missing):
    assert missing_details(question, [sentence]) is missing


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("do longer papers get cited more often?", False),
        ("median number of first-author papers per fellow", False),
        ("where do people learn more from others?", False),
        ("how high do crabs climb compared with robots?", False),
        ("moss papers", True),
        ("the crab papers: what do they share?", True),
        ("which old crab papers are there?", True),
        ("what have people tried against rust?", True),
        ("compare crabs with robots", True),
        ("crab counters compared", True),
        ("what has been done on rust", True),
    ],
)
def test_papers_and_people_that_are_studied_ask_for_no_list(question, several):
    assert asks_for_several(question) is several


def test_a_pair_that_is_named_refers_to_nothing_before():
    assert not dangles("Both the old crab and the robot climb.")
    assert not dangles("Both crabs and moss grow.")
    assert dangles("Both grow.")
    assert dangles("Both of them grow and fall.")
    assert dangles("Both methods grow.")


def test_a_year_that_the_paper_before_speaks_of_is_no_filter(library):
    before = library.ask("lamps against insomnia in nurses")
    history = (
        Message("user", before.question),
        Message("assistant", before.text, before.citations),
    )
    assert library.ask("and since 2009?", history).citations[0].quote == BEFORE
    assert library.ask("and since 2012?", history).filters.since == 2012

"""What kind of answer a question asks for: of records, of the assistant, of abstracts, none."""

from __future__ import annotations

import pytest

from rag.query.details import asked_kinds_of_data, asked_things, lacks_any_count, missing_details
from rag.query.evidence import (
    asked_long_form,
    asked_term,
    defines,
    lacks_term,
    long_form,
    spells_out,
    trimmed_start,
)
from rag.query.fields import asked_fields
from rag.query.focus import asked_count, asked_parts, asks_for_several
from rag.query.intent import question_for_papers, without_interjection, without_request
from rag.query.languages import language_of
from rag.query.library_question import LibraryQuestion
from rag.query.library_questions import find_library_question
from rag.query.locators import find_locators
from rag.query.talk import small_talk
from rag.types import Paper


@pytest.mark.parametrize(
    ("message", "names"),
    [
        ("hi there", ("greeting",)),
        ("helo", ("greeting",)),
        ("heeey", ("greeting",)),
        ("who is behind you", ("identity",)),
        ("who is behind MossNet", ()),
        ("which language model is behind you?", ("identity",)),
        ("which language model is behind MossNet?", ()),
        ("ok thanks a lot!", ("thanks",)),
        ("How do you find your answers? Are you ChatGPT?", ("method",)),
        ("can i trust you", ("confidence",)),
        ("how accurate is that answer", ("confidence",)),
        ("how accurate is it", ()),  # the paper
        ("how do I upload my papers?", ("adding",)),
        ("what can you do", ("abilities",)),
        ("good night, see you tomorrow", ("goodbye",)),
        ("hello, what is dropout?", ()),
        ("what do you know about tides?", ()),
        ("the best paper on tides", ()),
        ("which is the best paper here?", ("ranking",)),
        ("can you read pdfs?", ("pdf",)),
        ("no, that's wrong", ("wrong",)),
        ("who made you", ("identity",)),
        ("whats your name", ("identity",)),
        ("are you sentient?", ("identity",)),
        ("where does your data come from", ("method",)),
        ("hey, good morning :)", ("greeting",)),
        (":-)", ("thanks",)),
        ("cheers mate", ("thanks",)),
        ("hey u there?", ("greeting",)),
        ("can you also make mistakes?", ("confidence",)),
        ("do you actually read the full pdfs?", ("method",)),
        ("how does it find the structure", ()),  # it is a method of the papers
        ("how does it work?", ()),
        ("how sure are they of the mass of the planet?", ()),
        ("how do I add noise to the weights?", ()),
    ],
)
def test_small_talk_is_told_from_questions(message, names):
    assert small_talk(message) == names


@pytest.mark.parametrize(
    ("message", "asked"),
    [
        ("lol. which data", "which data"),
        ("cool, and moss?", "and moss?"),
        ("hm ok what about moss", "what about moss"),
        ("great apes and moss", "great apes and moss"),
        ("interesting!", "interesting!"),
    ],
)
def test_what_is_typed_before_a_question_says_nothing_of_it(message, asked):
    assert without_interjection(message) == asked


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        ("how many papers are there?", LibraryQuestion("count")),
        ("how many papers on tidal clocks do you have", LibraryQuestion("count", "tidal clocks")),
        ("please list all papers about crabs", LibraryQuestion("list", "crabs")),
        ("which papers do you have on moss", LibraryQuestion("list", "moss")),
        ("newest paper?", LibraryQuestion("newest")),
        ("what is the latest on moss", LibraryQuestion("newest", "moss")),
        ("the oldest paper you know the date of", LibraryQuestion("oldest")),
        ("what topics does this library cover?", LibraryQuestion("topics")),
        ("what's in the library", LibraryQuestion("topics")),
        ("what do you have about moss?", LibraryQuestion("list", "moss")),
        ("all you've got on tidal clocks", LibraryQuestion("list", "tidal clocks")),
        ("which one is the newest of your papers on moss?", LibraryQuestion("newest", "moss")),
        ("which papers are not about crabs?", LibraryQuestion("list", unlike="crabs")),
        (
            "papers on moss that are not about crabs",
            LibraryQuestion("list", "moss", unlike="crabs"),
        ),
        ("how many papers don't use sonar", LibraryQuestion("count", unlike="sonar")),
        (
            "list all papers on moss except those on crabs",
            LibraryQuestion("list", "moss", unlike="crabs"),
        ),
        ("which papers were added today?", LibraryQuestion("added")),
        ("what did I add last week", LibraryQuestion("added")),
        ("which of my papers deal with moss or crabs?", LibraryQuestion("list", "moss or crabs")),
        (
            "which papers of mine have something to do with moss",
            LibraryQuestion("list", "moss"),
        ),
        ("do any of my papers mention MNIST?", LibraryQuestion("list", "MNIST")),
        ("who in this library works on crabs?", LibraryQuestion("list", "crabs")),
        ("tidal clocks: which papers do we have?", LibraryQuestion("list", "tidal clocks")),
        ("which years do the papers span?", LibraryQuestion("dates")),
        ("from when to when are your papers", LibraryQuestion("dates")),
        ("how old are the papers here?", LibraryQuestion("dates")),
        ("how many papers per year", LibraryQuestion("dates")),
        ("which year has most papers?", LibraryQuestion("dates", extreme="most")),
        ("what time period is covered", LibraryQuestion("dates")),
        ("who are the authors in this library?", LibraryQuestion("authors")),
        ("which author has most papers here", LibraryQuestion("authors")),
        ("who published most?", LibraryQuestion("authors")),
        ("when was the paper on moss published?", None),
        ("how old is the paper?", None),
        ("when were these papers published?", None),
        ("who are the authors?", None),
        ("how many crabs were counted per year?", None),
        ("do you have a lot of papers on moss?", LibraryQuestion("list", "moss")),
        ("are there papers on tidal clocks in here", LibraryQuestion("list", "tidal clocks")),
        ("is there much about crabs", LibraryQuestion("list", "crabs")),
        ("how much do you have on crabs?", LibraryQuestion("list", "crabs")),
        ("is there any evidence on moss?", None),
        ("do you have benchmarks on moss", LibraryQuestion("list", "moss", "benchmark")),
        ("what can I find here?", LibraryQuestion("topics")),
        ("what is the main focus of this library", LibraryQuestion("topics")),
        ("What's the gist of this library?", LibraryQuestion("topics")),
        ("give me a short summary of the library", LibraryQuestion("topics")),
        ("is the library only about moss?", LibraryQuestion("topics")),
        ("the most recent thing you have", LibraryQuestion("newest")),
        ("what are the oldest items in the library?", LibraryQuestion("oldest")),
        (
            "number of papers w/o date",
            LibraryQuestion("list", field="date", is_lacking=True),
        ),
        ("which papers can you show me on moss?", LibraryQuestion("list", "moss")),
        ("which of my papers are about it?", None),
        ("which of my papers say that moss grows on the side of a roof?", None),
        ("what do you have about it?", None),
        ("which papers say that moss does not grow?", None),
        ("how is noise added?", None),
        ("how many papers were reviewed?", None),
        ("how many crabs were counted in the paper?", None),
        ("list the drugs that were tried", None),
        ("which papers measure air?", None),
    ],
)
def test_what_is_asked_of_the_library_as_a_whole_is_understood(question, asked):
    assert find_library_question(question) == asked


def test_the_kind_of_data_that_is_asked_for_is_found():
    assert asked_kinds_of_data("which audio data sets do they use?") == {"audio"}
    assert asked_kinds_of_data("what data did they use") == set()
    assert asked_kinds_of_data("which audio effects are modelled?") == set()


def test_surveys_are_papers_whose_titles_say_so():
    asked = find_library_question("show me all surveys on crabs")
    assert asked is not None
    assert (asked.topic, "review" in asked.kind) == ("crabs", True)


def test_review_articles_are_a_kind_of_paper():
    asked = find_library_question("list all review articles")
    assert asked is not None
    assert (asked.topic, asked.kind.split("|")[0]) == ("", "survey")
    assert find_library_question("which review papers do you have") == asked


@pytest.mark.parametrize(
    ("question", "fields"),
    [
        ("who wrote it?", ("authors",)),
        ("Who is the first author of the crab paper", ("authors",)),
        ("when was that published and where was it published", ("date", "venue")),
        ("is there code for it?", ("code",)),
        ("how do I cite this?", ("bibtex",)),
        ("I need the entry of the moss paper for my LaTeX bibliography", ("bibtex",)),
        ("can I have the pdf of it", ("link",)),
        ("which data have tables in pdf", ()),
        ("where can I read it", ("link",)),
        ("when is it useful?", ()),
        ("and when was it?", ("date",)),
        ("what are the limits according to the authors?", ()),
        ("how does link prediction work?", ()),
        ("where do the crabs come from?", ()),
        ("who measured the air?", ()),
    ],
)
def test_the_fields_of_a_record_that_are_asked_for_are_found(question, fields):
    assert asked_fields(question) == fields


@pytest.mark.parametrize(
    ("question", "code"),
    [
        ("Was ist ein Hopfield-Netz?", "de"),
        ("Comment fonctionne la convolution ?", "fr"),
        ("¿Qué es una red de Hopfield?", "es"),
        ("O que é uma rede neural?", "pt"),
        ("ホップフィールドネットワークとは?", "ja"),
        ("什么是脉冲神经网络?", "zh"),
        ("What does “Die Welle im Hafen” find?", None),
        ("wat is teh lotery tiket", None),
        ("dropout", None),
        ("El Niño forecasts", None),
        ("dams: o¿", None),
        ("", None),
    ],
)
def test_the_language_of_a_question_is_told_by_its_small_words(question, code):
    assert language_of(question) == code


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("what is 1706.03762v3 about?", "1706.03762"),
        ("(https://example.org/p/7).", "https://example.org/p/7"),
        ("is doi:10.1000/xyz-1, here?", "10.1000/xyz-1"),
    ],
)
def test_ids_and_addresses_are_found_anywhere(question, first):
    assert find_locators(question).first == first


@pytest.mark.parametrize(
    ("asked", "bare"),
    [
        ("i need a citation for tides", "papers on tides"),
        ("can you find me some good papers about tides?", "papers on tides?"),
        ("what should i read on tides", "papers on tides"),
        ("give me something on tides", "papers on tides"),
        ("can you find me anything about tides", "papers on tides"),
        ("show me something else", "show me something else"),
        ("what do you know about tides", "tell me about tides"),
        ("I need to know how tides work", "I need to know how tides work"),
    ],
)
def test_a_question_is_taken_out_of_the_frame_of_a_request(asked, bare):
    assert without_request(asked) == bare


def test_a_sum_is_no_question_for_papers():
    assert question_for_papers("what's 2+2?") == ""
    assert question_for_papers("what is 3D convolution?") != ""


@pytest.mark.parametrize(
    ("question", "count"),
    [("five papers on tides", 5), ("give me 3 recent papers", 3), ("papers of two tides", 0)],
)
def test_the_number_of_papers_that_are_asked_for_is_known(question, count):
    assert asked_count(question) == count


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("computing in odd kinds of matter: lasers, radio waves, memristors...", True),
        ("tickets outside of pictures: for graphs, low-rank factors, or late learners?", True),
        ("crab counters compared: which one is the best, and on what data?", True),
        ("the crab counter: errors, speed and size?", False),  # of one paper
        ("is there a net for crabs: big, small, or blue?", False),
    ],
)
def test_an_enumeration_asks_for_several_papers(question, several):
    assert asks_for_several(question) is several


@pytest.mark.parametrize(
    ("question", "parts"),
    [
        (
            "the tidal clock: which crabs, how accurate?",
            ["which crabs", "how accurate"],
        ),
        (
            "moss meters: 1) which roofs 2) how many nights 3) what for",
            ["which roofs", "how many nights", "what for"],
        ),
        (
            "does it run on a buoy and how many bells does it need",
            ["does it run on a buoy", "how many bells does it need"],
        ),
        ("how do crabs and moss live?", []),
        ("what is moss, or lichen?", []),
        ("", []),
    ],
)
def test_the_parts_of_a_question_are_told_apart(question, parts):
    assert asked_parts(question) == parts


def test_numbers_are_no_ids():
    assert not find_locators("trained for 2021.5 epochs on 1,706 papers of 2017")


@pytest.mark.parametrize(
    ("question", "sentences", "missing"),
    [
        ("how many crabs were counted?", ["We count 160 brown crabs."], False),
        ("how many crabs were counted?", ["We count crabs in 2020."], True),
        ("by how many percent does it fall?", ["It falls by 12 %."], False),
        ("which GPU was it trained on?", ["It is trained on fast machines."], True),
        ("which GPU was it trained on?", ["It is trained on eight GPUs."], False),
        ("what learning rate do they use?", ["The rate of learning is not told."], True),
        ("how many ways are there?", ["There are ways."], None),
        ("which error rate is reached?", ["It errs less than all others."], True),
        ("which error rate is reached?", ["It errs in 3 of 100 cases."], None),
        ("how large is it in kilobytes?", ["It is 14 times smaller."], True),
        ("how large is it in kilobytes?", ["It takes 640 kB."], False),
        ("which camera took the pictures?", ["We take pictures of moss."], True),
        ("what embedding dimension is used?", ["We embed moss in few dimensions."], True),
        ("what embedding dimension is used?", ["Vectors of 64 dimensions do."], False),
        ("how does it work?", ["It works."], None),
        ("moss price nets", ["We forecast the prices of moss."], False),
        ("what price does it have?", ["We grow moss."], True),
        ("licence plate recognition", ["We read the plates of cars."], None),
        ("under which licence is it?", ["It is an open-source package."], True),
        ("is it open source, which licence?", ["It is under the MIT licence."], False),
        ("what dropout rate do they use?", ["A network of 3 layers drops nothing."], True),
        ("what dropout rate do they use?", ["We use dropout of 0.2."], False),
        ("dropout", ["A network of 3 layers drops nothing."], None),
        ("which species was recorded?", ["We record live animals."], True),
        ("which species was recorded?", ["We record mice."], False),
        ("latency in ms of the small net?", ["It has a low latency."], True),
        ("latency in ms of the small net?", ["It takes 12 ms."], False),
        ("what are the names of the two data sets?", ["Two Non-English data sets are read."], True),
        (
            "what are the names of the two data sets?",
            ["The data sets are MossNet and Roofs."],
            None,
        ),
        ("does exact symmetry hold?", ["Symmetry holds."], None),
        ("how many data sets are there?", ["Over nine dry, wet, Non-English data sets."], False),
        ("how many nets are compared?", ["We compare fourteen nets."], False),
        ("how many layers are enough?", ["A single dry layer is enough."], False),
        ("how many of them were measured?", ["We measure 48 crabs."], False),
        ("how many of them were measured?", ["We measure crabs."], True),
    ],
)
def test_a_type_of_detail_that_no_sentence_has_is_missing(question, sentences, missing):
    assert missing_details(question, sentences) is missing


@pytest.mark.parametrize(
    ("question", "sentences", "lacks"),
    [
        ("how many crabs were counted?", ["We count several crabs, 12 % of them at night."], True),
        ("and how many crabs did they count", ["In 2020 it was 3x faster."], True),
        ("how many crabs were counted?", ["We count 12 shells."], False),
        ("how many crabs are left, and does it matter?", ["Crabs matter."], False),
        ("does it matter how many crabs there are?", ["Crabs matter."], False),
    ],
)
def test_a_count_is_missing_where_nothing_is_counted(question, sentences, lacks):
    assert lacks_any_count(question, sentences) is lacks


@pytest.mark.parametrize(
    ("question", "things"),
    [
        ("which ethics committee approved the roof study?", [["ethics", "committee"]]),
        ("how much rain does moss take, and which roof?", [["rain"], ["roof"]]),
        ("by what factor does it grow", []),
        ("how much gets washed away", []),  # no thing, but what happens
        ("what is moss?", []),
        ("what does “Which Roof” say?", []),
    ],
)
def test_the_things_that_are_asked_for_are_found(question, things):
    assert asked_things(question) == things


@pytest.mark.parametrize(
    ("question", "term"),
    [
        ("What is a tidal clock?", "tidal clock"),
        ("what does TCN stand for", "TCN"),
        ("TCN - what does it mean?", "TCN"),
        ("what is mean 'tidal clock' in harbours", "tidal clock"),
        ("what mean tidal clock", "tidal clock"),
        ("TCN means what?", "TCN"),
        ("what is mean pooling", "mean pooling"),
        ("how does a tidal clock work?", ""),
        ("What is a tidal clock and what sets it?", "tidal clock"),
        ("what is a TCN, and how is it trained?", "TCN"),
        ("how is it trained, and what is a TCN?", ""),
    ],
)
def test_the_term_that_is_asked_for_is_found(question, term):
    assert asked_term(question) == term


def test_the_long_form_of_an_acronym_is_asked_for_and_found():
    assert asked_long_form("what does TCN stand for?") == "TCN"
    assert asked_long_form("what does the tide stand for?") == ""
    assert asked_long_form("what is TCN?") == ""
    assert long_form("TCN", "We build a Tidal Clock Network (TCN).") == "tidal clock network"
    assert long_form("TCN", "We use TCNs.") == ""


def test_a_sentence_defines_a_term_or_spells_it_out():
    assert defines("tidal clock", "Crabs have what is called a tidal clock.")
    assert defines("tidal clock", "We define a new problem Tidal Clock, which asks for the hour.")
    assert not defines("tidal clock", "Training tidal clocks takes long.")
    assert not defines("tidal clock", "The tidal clock is the largest clock to date.")
    assert not defines("TCN", "We try X-TCN, which is small.")
    assert spells_out("TCN", "We build a Tidal Clock Network (TCN).")
    assert spells_out("TCN", "A TCN (tidal clock network) is small.")
    assert not spells_out("TCN", "We answer with a switchable TCN (S-TCN).")
    assert not spells_out("TCN", "We build on TCN.")


@pytest.mark.parametrize(
    ("sentence", "begins"),
    [
        ("However, crabs sleep.", "crabs"),
        ("In addition, TCNs run.", "TCNs"),
        ("Crabs.", "Crabs"),
        ("In particular, it has been widely observed that crabs sleep.", "crabs"),
        ("It is believed that crabs sleep.", "It is believed"),  # only what is known is known
    ],
)
def test_words_that_tie_a_sentence_to_the_one_before_are_trimmed(sentence, begins):
    assert sentence[trimmed_start(sentence) :].startswith(begins)


def test_a_term_is_lacking_where_no_paper_has_all_its_words():
    paper = Paper("a", "Tidal Clocks", "Crabs keep time.")
    assert lacks_term("what is a tidal wheel?", [paper])
    assert not lacks_term("what is a tidal clock?", [paper])
    assert not lacks_term("how do wheels turn?", [paper])

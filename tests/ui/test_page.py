"""The chat page: rendering and handlers as functions, and the page itself over HTTP."""

from __future__ import annotations

import html
import json
import re
import socket
import uuid
from dataclasses import replace
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from rag.endpoint.chat import EndpointLLM
from rag.errors import ConfigurationError
from rag.library import Library
from rag.readers.records import paper_from_record
from rag.settings import Settings
from rag.types import (
    EXTRACTIVE,
    STARTER_SOURCE,
    Answer,
    CheckedSentence,
    Citation,
    Hit,
    Paper,
    Progress,
    RemovedSentence,
)
from rag.verification.markers import find_markers
from tests.support.html import HOSTILE, Seen
from ui.app import build_app, build_theme
from ui.chat import answers, cards, handlers, render
from ui.chat.asking import Asking
from ui.chat.context import ChatContext
from ui.chat.handlers import Chat
from ui.chat.views import Views
from ui.library.rows import LIMITS, View, address_of
from ui.serve import listen
from ui.server.loading import Loading
from ui.templates.formulas import formula_html
from ui.templates.markdown import markdown_html, plain_html
from ui.templates.sentences import for_page

KEY = "sk-secret-0123456789"
QUESTION = "Why do cats land on their feet?"
THREAD, SOURCES = 5, 8  # among the outputs of what draws a conversation
CATS = {
    "id": "cats",
    "title": "How Cats Turn in the Air",
    "abstract": (
        "A falling cat bends at the waist and turns its halves against each other. "
        "It lands on its feet after a fall of 40 cm. Kittens learn this within 7 weeks."
    ),
    "authors": ["Ann Ames", "Ben Bell", "Cem Cole", "Dan Dale", "Eve East"],
    "published": "2020-02",
    "venue": "Feline Physics",
    "url": "https://example.org/cats",
}
DOGS = {
    "id": "dogs",
    "title": "Dogs Do Not Turn in the Air",
    "abstract": "A falling dog turns its head only. We dropped no dog to learn this.",
}

HIDDEN_IN_FORMULAS = [
    "$$ a $$![spy](https://evil.example/pixel.png)$",
    "$ a $![spy](https://evil.example/pixel.png)$ b $",
    "$$ a $$[press](javascript:alert(1))$",
    "$<img src=x onerror=alert(1)>$",
    "$$<script>alert(1)</script>$$",
]
MATH_TAGS = {
    "span",
    "math",
    "mrow",
    "mi",
    "mn",
    "mo",
    "mtext",
    "msub",
    "msup",
    "msubsup",
    "mstyle",
    "mspace",
}
WIDE = {("class", "wide"), ("tabindex", "0")}  # around what may be wider than the page
MATH_NAMES = {"display", "stretchy", "fence", "form", "separator", "linebreak"}
# What a model may use in Markdown, as tags.
MODEL_TAGS = {
    *MATH_TAGS,
    "div",
    *("p", "br", "strong", "em", "s", "a", "code", "pre", "ul", "ol", "li", "blockquote"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "hr", "table", "thead", "tbody", "tr", "th", "td"),
}
PLAIN_TAGS = {"p", "br", "strong", "a", "code", *MATH_TAGS}  # titles in bold, markers, formulas
CARD_TAGS = {
    *(
        "button",
        "details",
        "summary",
        "div",
        "article",
        "h3",
        "span",
        "a",
        "p",
        "mark",
        "svg",
        "path",
        "code",
    ),
    *MATH_TAGS,
}


def assert_harmless(seen, tags):
    assert set(seen.tags) <= tags
    assert [name for name, _ in seen.attributes if name.startswith("on")] == []
    assert seen.values("src") == seen.values("style") == []
    for address in seen.values("href"):
        assert address.startswith("#") or urlsplit(address).scheme in ("http", "https"), address


def folded(text):
    return " ".join(text.split())


def cite(paper, marker, quote, support=1.0):
    start = paper.abstract.index(quote)
    return Citation(marker, paper, quote, start, start + len(quote), support)


def extractive(*citations, **others):
    text = " ".join(f"{citation.quote} [{citation.marker}]" for citation in citations)
    return Answer(QUESTION, text, "answered", citations=citations, **others)


def by_model(text, *citations, **others):
    return Answer(QUESTION, text, "answered", citations=citations, mode="some-model", **others)


@pytest.fixture
def cats():
    return paper_from_record(CATS, "zoo.jsonl")


@pytest.fixture
def dogs():
    return paper_from_record(DOGS, "zoo.jsonl")


# --- escaping --------------------------------------------------------------------------------


@pytest.mark.parametrize("hostile", HOSTILE)
def test_the_chat_shows_titles_and_quotes_of_papers_as_they_are(hostile):
    paper = paper_from_record({"title": f"A {hostile}", "abstract": f"B {hostile} c."}, "x")
    seen = Seen(answers.answer_html(extractive(cite(paper, 1, paper.abstract)), 1))
    assert_harmless(seen, PLAIN_TAGS)
    assert paper.title in folded(seen.text)
    assert paper.abstract in folded(seen.text)
    assert seen.values("href") == ["#source-1-1"]


@pytest.mark.parametrize("hostile", HIDDEN_IN_FORMULAS)
def test_a_formula_hides_nothing(hostile):
    paper = paper_from_record({"title": f"A {hostile}", "abstract": f"B {hostile} c."}, "x")
    seen = Seen(answers.answer_html(extractive(cite(paper, 1, paper.abstract)), 1))
    assert_harmless(seen, PLAIN_TAGS)


@pytest.mark.parametrize("beginning", ["1. ", "1) ", "- ", "+ ", "* ", "--- ", "=== ", "# ", "> "])
def test_a_quote_that_begins_like_a_list_or_a_heading_is_none(beginning):
    paper = paper_from_record({"title": "Steps", "abstract": f"{beginning}Bubbles grow."}, "x")
    seen = Seen(answers.answer_html(extractive(cite(paper, 1, paper.abstract)), 1))
    assert_harmless(seen, PLAIN_TAGS)
    assert paper.abstract in folded(seen.text)


@pytest.mark.parametrize("hostile", [*HOSTILE, *HIDDEN_IN_FORMULAS])
def test_a_model_can_bring_neither_tags_nor_images_nor_scripts(cats, hostile):
    text = f"Cats turn. [1] {hostile}\n\n{hostile}"
    seen = Seen(answers.answer_html(by_model(text, cite(cats, 1, cats.abstract)), 1))
    assert_harmless(seen, MODEL_TAGS)


@pytest.mark.parametrize("hostile", [*HOSTILE, *HIDDEN_IN_FORMULAS])
def test_the_nearest_papers_of_an_abstention_are_harmless(hostile):
    paper = paper_from_record({"title": f"A {hostile}", "abstract": "B."}, "x")
    text = f"No paper is about that. The nearest are:\n\n- [{paper.title}]({paper.link})"
    answer = Answer(QUESTION, text, "abstained", "not_in_library", hits=(Hit(paper, 0.1),))
    seen = Seen(answers.answer_html(answer, 1))
    assert_harmless(seen, {"p", "ul", "li", "a", "code", *MATH_TAGS})
    assert len(seen.values("href")) == 1


@pytest.mark.parametrize(
    "url",
    [
        "https://example.org/a)![spy](https://evil.example/pixel.png",
        "https://example.org/a)[press](javascript:alert(1)",
        "https://example.org/a_(b)",
        "https://example.org/a(b",
        "https://example.org/*a*_b_",
    ],
)
def test_an_address_stays_one_link_whatever_it_holds(url):
    paper = paper_from_record({"title": "Cats", "abstract": "Cats purr.", "url": url}, "x")
    answer = Answer(QUESTION, "No.", "abstained", "not_in_library", hits=(Hit(paper, 0.1),))
    seen = Seen(answers.answer_html(answer, 1))
    assert_harmless(seen, {"p", "ul", "li", "a"})
    assert len(seen.values("href")) == 1
    assert folded(seen.text).endswith("Cats")


@pytest.mark.parametrize("hostile", [*HOSTILE, *HIDDEN_IN_FORMULAS])
def test_cards_show_all_texts_of_papers_as_they_are(hostile):
    record = {"title": f"A {hostile}", "abstract": f"B {hostile} c.", "url": hostile}
    read = paper_from_record(record, hostile)
    paper = replace(read, authors=(hostile,), venue=hostile)  # as no reader leaves them
    seen = Seen(cards.sources_html(extractive(cite(paper, 1, paper.abstract)), 1))
    assert_harmless(seen, CARD_TAGS)
    assert paper.authors[0] in seen.text
    assert paper.venue in seen.text
    if "$" not in hostile:  # formulas are set
        assert paper.title in seen.text
        assert paper.abstract in seen.text
    assert urlsplit(seen.values("href")[0]).netloc == "scholar.google.com"  # its url was none


@pytest.mark.parametrize("hostile", [*HOSTILE, *HIDDEN_IN_FORMULAS])
def test_notices_status_and_progress_are_harmless(cats, hostile):
    answer = by_model("Cats turn. [1]", cite(cats, 1, cats.abstract), notice=f"Note: {hostile}")
    assert_harmless(Seen(answers.answer_html(answer, 1)), MODEL_TAGS)
    status = Seen(render.status_html(hostile, is_warning=True))
    assert_harmless(status, {"p"})
    assert status.text == hostile
    progress = Seen(render.progress_html(Progress(hostile, 3, 9)))
    assert_harmless(progress, {"p", "progress"})
    assert hostile in progress.text


@pytest.mark.parametrize("question", [*HOSTILE, "Is 2*3*4 < 30 and a_b_c # true?", "1. What?"])
def test_the_question_shows_as_it_was_typed(question):
    seen = Seen(render.question_html(question))
    assert_harmless(seen, {"br"})
    assert folded(seen.text) == folded(question)


NASTY = st.text(st.sampled_from("\\`*_{}[]()<>#|~!&;:.-+=\"'%1ax "), max_size=30)


@given(NASTY)
@examples(max_examples=300, deadline=None)
def test_any_text_without_formulas_shows_as_it_is(text):
    line = folded(text)
    seen = Seen(plain_html(line))
    assert seen.tags == []
    assert folded(seen.text) == line


PIECES = st.sampled_from(
    ["$", "$$", " a ", "\\", "![s](https://e.org/p.png)", "[y](javascript:z)", "<b>", "<img src=x>"]
)


@given(st.lists(PIECES, max_size=10))
@examples(max_examples=300, deadline=None)
def test_formulas_in_any_disorder_bring_no_tags(pieces):
    line = folded("".join(pieces))
    assert_harmless(Seen(plain_html(line)), {"code", *MATH_TAGS})


@given(st.lists(st.one_of(PIECES, st.sampled_from(["\n", "\n\n", "[1]", "`"])), max_size=12))
@examples(max_examples=300, deadline=None)
def test_a_model_in_any_disorder_is_harmless(pieces):
    assert_harmless(Seen(markdown_html("".join(pieces))), MODEL_TAGS)


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("| a | b |\n|---|---|\n| 1 | 2 |\n", ["div", "table"]),
        ("```\ncode\n```", ["pre"]),
        (f"$${' + '.join('abcdefghijklm')}$$", ["span", "math"]),
        (f"${' + '.join('abcdefghijklm')}$", ["p", "span", "math"]),
    ],
)
def test_what_may_be_wider_than_the_page_scrolls_in_its_place_by_the_keyboard_too(text, tags):
    seen = Seen(markdown_html(text))
    assert seen.tags[: len(tags)] == tags
    assert ("tabindex", "0") in seen.attributes


def test_short_formulas_and_those_of_titles_take_no_part_in_the_keyboard():
    assert ("tabindex", "0") not in Seen(markdown_html("$a + b$")).attributes
    assert ("tabindex", "0") not in Seen(plain_html(f"${'a+' * 40}b$")).attributes
    assert ("class", "wide") in Seen(plain_html(f"${'a+' * 40}b$")).attributes


@pytest.mark.parametrize("code", ["`a < b`", "`a && b`", "```\nif a < b > c:\n```"])
def test_code_of_a_model_shows_as_it_was_written(code):
    assert code.strip("`\n") in Seen(markdown_html(f"{code}\n")).text


def test_formulas_are_set_and_what_is_no_formula_stays_text():
    seen = Seen(plain_html(r"the rate $\alpha_1^*$ of *it*"))
    assert seen.text == "the rate α1* of *it*"
    assert "msubsup" in seen.tags
    assert Seen(plain_html(r"a broken $\frac{1$ one")).text == r"a broken $\frac{1$ one"
    assert Seen(markdown_html("\\(a\\) and $$c$$\n\n\\[b\\]")).tags.count("math") == 3


@pytest.mark.parametrize(
    "latex",
    [
        r"\text{<img src=x onerror=alert(1)>}",
        r"\href{javascript:alert(1)}{x}",
        r"\style{position:fixed}{x}",
        r"\class{turn}{x}",
        r"\color{red;background:url(//evil.example)}{x}",
        r"\text{&lt;script&gt;}",
        "<script>alert(1)</script>",
        "{" * 3000,
        "x" * 3000,
    ],
)
def test_a_formula_can_bring_neither_tags_nor_styles_nor_links(latex):
    seen = Seen(formula_html(latex))
    assert_harmless(seen, {"code", *MATH_TAGS})
    assert {name for name, _ in {*seen.attributes} - WIDE} <= MATH_NAMES


# --- markers, cards, quotes ------------------------------------------------------------------


@pytest.mark.parametrize("turn", [1, 12])
def test_every_marker_leads_to_its_card(cats, dogs, turn):
    first, _, third = (f"{s}." for s in cats.abstract.rstrip(".").split(". "))
    citations = (cite(cats, 1, first), cite(cats, 1, third), cite(dogs, 2, dogs.abstract))
    for answer in (extractive(*citations), by_model("Cats turn. [1] Dogs not. [2][1]", *citations)):
        chat = Seen(answers.answer_html(answer, turn))
        panel = Seen(cards.sources_html(answer, turn))
        places = {f"source-{turn}-1", f"source-{turn}-2"}
        assert places <= set(panel.values("id"))
        assert {address.removeprefix("#") for address in chat.values("href")} == places
        back = [address for address in panel.values("href") if address.startswith("#")]
        assert {address.removeprefix("#") for address in back} <= set(chat.values("id"))
        assert len(set(chat.values("id"))) == len(chat.values("id")) == 3
        assert chat.text.count("[1]") == 2
        assert chat.text.count("[2]") == 1


@pytest.mark.parametrize(
    "text",
    [
        "Set `x[1]` to 0. [1]",
        "The weight $w[1]$ grows. [1]",
        "A score in [0, 1] is given. [1]",
        "```\nx[1] = y[2]\n```\nCats turn. [1]",
    ],
)
def test_brackets_of_code_and_formulas_are_no_markers(cats, text):
    answer = by_model(text, cite(cats, 1, cats.abstract))
    seen = Seen(answers.answer_html(answer, 1))
    assert seen.values("href") == ["#source-1-1"] * len(list(find_markers(text)))
    assert "#source" not in seen.text


def test_brackets_of_a_quote_are_no_markers():
    paper = paper_from_record({"title": "T [3]", "abstract": "As in [2], $w[1]$ grows."}, "x")
    seen = Seen(answers.answer_html(extractive(cite(paper, 1, paper.abstract)), 1))
    assert seen.values("href") == ["#source-1-1"]
    assert "As in [2], w[1] grows." in seen.text


def test_an_extractive_answer_names_each_paper_above_its_sentences(cats, dogs):
    answer = extractive(cite(cats, 1, cats.abstract), cite(dogs, 2, dogs.abstract))
    seen = Seen(answers.answer_html(answer, 1))
    order = [cats.title, cats.abstract, dogs.title, dogs.abstract]
    assert sorted(order, key=seen.text.index) == order
    assert seen.tags.count("strong") == 2


@pytest.mark.parametrize(
    ("spans", "marked"),
    [
        ([(2, 4)], "cd"),
        ([(0, 10)], "abcdefghij"),
        ([(0, 2), (8, 10)], "abij"),
        ([(8, 10), (0, 2)], "abij"),  # citations come in the order of the answer
        ([(1, 5), (3, 8)], "bcdefgh"),
        ([(1, 8), (3, 5)], "bcdefgh"),
        ([(1, 5), (5, 8)], "bcdefgh"),
        ([(2, 4), (2, 4)], "cd"),
        ([(2, 4), (2, 6)], "cdef"),
    ],
)
def test_quotes_are_marked_in_the_abstract(spans, marked):
    paper = Paper("p", "Letters", "abcdefghij")
    citations = [Citation(1, paper, paper.abstract[a:b], a, b, 1.0) for a, b in spans]
    seen = Seen(cards.sources_html(extractive(*citations), 1))
    assert seen.marked == marked
    assert paper.abstract in seen.text


@given(
    st.text(st.sampled_from("ab<>&\"' é"), min_size=1, max_size=30),
    st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=5),
)
@examples(max_examples=200, deadline=None)
def test_whatever_is_quoted_the_abstract_stands_there_whole(abstract, spans):
    paper = Paper("p", "Letters", abstract)
    inside = [
        (min(a, b), max(a, b)) for a, b in spans if min(a, b) < max(a, b) <= len(abstract)
    ] or [(0, len(abstract))]
    citations = [Citation(1, paper, abstract[a:b], a, b, 1.0) for a, b in inside]
    markup = cards.sources_html(extractive(*citations), 1)
    shown = Seen(re.search(r'<p class="abstract">(.*?)</p>', markup, re.DOTALL)[1])
    covered = {place for a, b in inside for place in range(a, b)}
    assert shown.text == abstract
    assert shown.marked == "".join(abstract[place] for place in sorted(covered))


def test_a_card_tells_authors_date_venue_and_why_it_was_found(cats):
    hit = Hit(cats, 0.9, (), 0.71, 12.3, 1, 2)
    answer = extractive(cite(cats, 1, cats.abstract), hits=(hit,))
    seen = Seen(cards.sources_html(answer, 1))
    text = seen.text
    assert "Ann Ames, Ben Bell, Cem Cole, Dan Dale et al." in text
    assert "Eve E" not in text
    assert "2020-02 · Feline Physics" in text
    assert "closest in meaning; 2nd best by its words" in text
    assert seen.values("title") == ["Similarity of meaning 0.71, score of words 12.3"]


def test_what_is_far_from_the_quotes_is_set_apart_and_can_be_unfolded():
    sentences = [
        f"Sentence number {n} says something of the letters that it has." for n in range(9)
    ]
    paper = Paper("p", "Letters", " ".join(sentences))
    at = paper.abstract.index(sentences[4])
    quote = Citation(1, paper, sentences[4], at, at + len(sentences[4]), 1.0)
    markup = cards.sources_html(extractive(quote), 1)
    folded = re.findall(r'<span class="far"><span>(.*?)</span></span>', markup)
    assert folded == [" ".join(sentences[:3]), " ".join(sentences[6:])]
    assert "data-unfold" in markup
    short = Paper("p", "Letters", "One. Two. Three. Four.")
    assert "data-unfold" not in cards.sources_html(
        extractive(Citation(1, short, "One.", 0, 4, 1.0)), 1
    )


def test_a_card_says_whether_it_is_an_abstract_or_a_summary(cats):
    summary = paper_from_record({**CATS, "source": STARTER_SOURCE}, "x")
    panels = {p: cards.sources_html(extractive(cite(p, 1, p.abstract)), 1) for p in (cats, summary)}
    assert "Summary written for paperchat" in panels[summary]
    assert "Summary" not in panels[cats]
    assert "Abstract" in panels[cats]


@pytest.mark.parametrize(
    "answer",
    [
        None,
        Answer(QUESTION, "Searching…", "draft"),
        Answer(QUESTION, "No paper is about that.", "abstained", "not_in_library"),
    ],
)
def test_without_citations_the_panel_says_so_in_a_sentence(answer):
    seen = Seen(cards.sources_html(answer, 1))
    assert set(seen.tags) <= {"div", "p"}
    assert seen.text.endswith(".")


def test_an_abstention_names_the_nearest_papers_with_links(cats, dogs):
    text = "No paper is about that. The nearest are:\n\n- one\n- two"
    hits = (Hit(cats, 0.2), Hit(dogs, 0.1))
    answer = Answer(QUESTION, text, "abstained", "not_in_library", hits=hits)
    seen = Seen(answers.answer_html(answer, 1))
    assert seen.values("href") == [cats.link, html.unescape(dogs.link)]
    assert cats.title in seen.text
    assert seen.text.startswith("No paper in this library is about that. The nearest are:")
    assert "one" not in seen.text  # made anew of reason, hits and filters, escaped


@pytest.mark.parametrize("mode", [EXTRACTIVE, "a-model"])
def test_a_caveat_stands_above_the_answer_whoever_wrote_it(cats, mode):
    cited = cite(cats, 1, cats.abstract)
    answer = replace(extractive(cited), mode=mode, text="Cats. [1]", caveat="It <may> be none.")
    seen = answers.answer_html(answer, 1)
    assert seen.startswith('<p class="unsure">It &lt;may&gt; be none.</p>')
    assert Seen(seen).text.count("It <may> be none.") == 1


# --- handlers --------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def zoo(tmp_path_factory):
    """Two papers, found by their words; tests must not change it."""
    folder = tmp_path_factory.mktemp("zoo") / "library"
    library = Library.open(settings=Settings(library=folder, embedder="none", llm=EXTRACTIVE))
    library.ingest([CATS, DOGS])
    return library


def shown(chat, turn=1):
    return Seen(answers.answer_html(chat.turns[turn - 1], turn))


def test_a_question_first_shows_that_it_is_being_answered_then_its_answer(zoo):
    chats = list(handlers.respond(zoo, f"  {QUESTION}\n", Chat()))
    assert len(chats) >= 2
    assert all(len(chat.turns) == 1 for chat in chats)
    assert (chats[0].turns[0].status, chats[0].turns[0].stage) == ("draft", "searching")
    final = chats[-1].turns[0]
    assert (final.question, final.status) == (QUESTION, "answered")
    assert "lands on its feet" in shown(chats[-1]).text
    assert "source-1-1" in Seen(cards.sources_html(final, 1)).values("id")


def test_turns_follow_each_other_and_the_panel_shows_the_last(zoo):
    *_, first = handlers.respond(zoo, QUESTION, Chat())
    *_, second = handlers.respond(zoo, "And what does a falling dog do?", first)
    assert second.turns[0] == first.turns[0]
    assert (second.shown_turn, second.shown_answer) == (2, second.turns[1])
    assert len(first.turns) == 1  # what was there is not changed


def test_the_conversation_is_handed_to_the_library_oldest_first(zoo):
    *_, chat = handlers.respond(zoo, QUESTION, Chat())
    *_, chat = handlers.respond(zoo, "And dogs?", chat)
    told = [(message.role, message.content) for message in handlers.history(chat.turns)]
    assert told == [
        ("user", QUESTION),
        ("assistant", chat.turns[0].text),
        ("user", "And dogs?"),
        ("assistant", chat.turns[1].text),
    ]


@pytest.mark.parametrize("question", ["", "   ", "\n\t"])
def test_a_blank_question_changes_nothing(zoo, question):
    *_, before = handlers.respond(zoo, QUESTION, Chat())
    assert list(handlers.respond(zoo, question, before)) == [before]


def test_an_endless_question_is_cut(zoo):
    *_, chat = handlers.respond(zoo, "cats " * 5000, Chat())
    assert len(chat.turns[0].question) <= handlers.MOST_QUESTION_CHARACTERS


@pytest.mark.parametrize(
    "play",
    [
        pytest.param(lambda e: e.fail(401), id="401"),
        pytest.param(lambda e: e.fail(500), id="500"),
        pytest.param(lambda e: e.break_off("A falling cat be"), id="broken stream"),
        pytest.param(lambda e: e.answer_raw("<h1>It works!</h1>"), id="HTML"),
    ],
)
def test_when_the_model_fails_the_papers_answer_and_one_sentence_says_why(zoo, endpoint, play):
    play(endpoint)
    reached = Settings(OPENAI_BASE_URL=endpoint.url, OPENAI_API_KEY=KEY, retries=0)
    library = zoo.with_llm(EndpointLLM(reached, "scripted"))
    *_, chat = handlers.respond(library, QUESTION, Chat())
    answer = chat.turns[0]
    assert (answer.status, answer.mode) == ("answered", EXTRACTIVE)
    assert answer.citations == zoo.ask(QUESTION).citations
    assert endpoint.url in answer.notice
    assert KEY not in answer.notice
    assert len(answer.notice.splitlines()) == 1
    seen = shown(chat)
    assert "lands on its feet" in seen.text
    assert folded(for_page(answer.notice)) in folded(seen.text)
    assert "OPENAI_" not in seen.text  # what the page has no field for
    assert 'data-tab="Settings"' in render.turn_html(answer, render.Place(1))
    assert_harmless(seen, PLAIN_TAGS)
    assert Seen(cards.sources_html(answer, 1)).marked


def test_a_model_that_works_shows_its_words_as_they_come(zoo, endpoint):
    sentence = CATS["abstract"].split(". ")[0]
    endpoint.reply(f"{sentence} [1].")
    library = zoo.with_llm(EndpointLLM(Settings(OPENAI_BASE_URL=endpoint.url), "scripted"))
    chats = list(handlers.respond(library, QUESTION, Chat()))
    texts = [shown(chat).text for chat in chats]
    assert any("A falling cat" in text and sentence not in text for text in texts)
    assert sentence in texts[-1]
    assert chats[-1].turns[0].mode == "scripted"


def test_the_line_below_the_title_tells_library_and_mode(zoo, endpoint):
    assert "2 papers" in handlers.library_line(zoo, None)
    assert str(zoo.folder) in Views(zoo, zoo, None).status()
    assert handlers.library_line(zoo, "A notice.").endswith("A notice.")
    model = EndpointLLM(Settings(OPENAI_BASE_URL=endpoint.url), "some-model")
    assert "some-model" in handlers.library_line(zoo.with_llm(model), None)


# --- getting ready ---------------------------------------------------------------------------


def test_a_new_library_gets_the_starter_papers_while_progress_is_told(tmp_path):
    told = []
    loading = Loading()
    settings = Settings(library=tmp_path / "library", embedder="none", llm=EXTRACTIVE)
    loading.start(settings, None, told.append)
    assert loading.wait(60)
    assert loading.failure is None
    assert len(loading.library) == 436
    assert "RAG_EMBEDDER" in loading.notice
    assert told
    assert all(isinstance(progress, Progress) for progress in told)


def test_a_library_that_cannot_be_opened_is_told_in_a_sentence(tmp_path):
    (tmp_path / "file").write_text("x")
    loading = Loading()
    loading.start(Settings(library=tmp_path / "file", embedder="none"), None, lambda _: None)
    assert loading.wait(60)
    assert loading.library is None
    assert "--library" in loading.failure


def test_waiting_ends_when_the_time_is_up():
    assert not Loading().wait(0)


def test_a_taken_port_gives_way_to_the_next_free_one():
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with listen("127.0.0.1", port) as found:
            assert port < found.getsockname()[1] < port + 20


def test_an_address_of_another_machine_is_wrong_use():
    with pytest.raises(ConfigurationError, match=r"203\.0\.113\.1"):
        listen("203.0.113.1", 7860)


# --- the page itself -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(zoo):
    """Where the page is served, on loopback as `serve` does it."""
    loading = Loading()
    settings = Settings(library=zoo.folder, embedder="none", llm=EXTRACTIVE)
    loading.start(settings, None, lambda _: None)
    assert loading.wait(60)
    app = build_app(loading)
    with listen("127.0.0.1", 7900) as listening:
        port = listening.getsockname()[1]
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("GRADIO_ANALYTICS_ENABLED", "False")
        _, url, _ = app.launch(
            server_name="127.0.0.1",
            server_port=port,
            prevent_thread_lock=True,
            quiet=True,
            share=False,
            ssr_mode=False,
            theme=build_theme(),
        )
    yield url
    app.close()


@pytest.fixture(scope="module")
def config(address):
    return httpx.get(f"{address}config").raise_for_status().json()


def function(config, name):
    return next(each["id"] for each in config["dependencies"] if each["api_name"] == name)


def call(address, config, name, data, session, of="process_completed"):
    """What a function of the page ends with, or begins with, asked as a browser asks."""
    body = {"data": data, "fn_index": function(config, name), "session_hash": session}
    httpx.post(f"{address}gradio_api/queue/join", json=body).raise_for_status()
    query = {"session_hash": session}
    with httpx.stream("GET", f"{address}gradio_api/queue/data", params=query, timeout=60) as lines:
        for line in lines.iter_lines():
            event = json.loads(line.removeprefix("data: ")) if line else {}
            if event.get("msg") == of:
                assert event["success"], event
                return event["output"]["data"]
    pytest.fail("the page hung up before the answer was complete")


def test_the_page_is_served_with_its_parts(address, config):
    markup = httpx.get(address).raise_for_status().text
    assert "<title>" in markup or "paperchat" in markup
    assert config["title"] == "paperchat"
    ids = {component["props"].get("elem_id") for component in config["components"]}
    assert {"chat", "question", "sources", "status"} <= ids


def test_the_page_opens_at_the_address_of_any_list_of_papers(address):
    view = View("cats", "year", is_reversed=True, page=2, **dict.fromkeys(LIMITS, "x"))
    told = f"tab=library&{address_of(view)}&paper=p1"
    assert httpx.get(f"{address}?{told}").status_code == 200
    assert httpx.get(f"{address}?conversation={'5e' * 16}").status_code == 200


def test_the_page_tells_nobody_that_it_is_there(config):
    assert config["analytics_enabled"] is False


def test_no_event_of_the_page_is_a_public_endpoint(address):
    info = httpx.get(f"{address}gradio_api/info").raise_for_status().json()
    assert set(info["named_endpoints"]) == {"/ask", "/search"}
    assert info["unnamed_endpoints"] == {}


def ask_page(address, config, question, session, here=None):
    """The turns, the sources and the browser's memory that a question ends with."""
    here = here or {"owner": session, "conversation": ""}
    told = call(address, config, "typed", [question, None, here, None], session)
    thread, sources = told[THREAD], told[SOURCES]["html"]
    return thread["turns"], Seen(sources), here | {"conversation": thread["conversation"]}


def test_a_conversation_through_the_page(address, config):
    session = uuid.uuid4().hex
    turns, sources, here = ask_page(address, config, QUESTION, session)
    assert "lands on its feet" in Seen(turns[0]).text
    assert "source-1-1" in sources.values("id")
    turns, sources, here = ask_page(address, config, "And a dog?", session, here)
    assert len(turns) == 2
    assert {place[:9] for place in sources.values("id")} == {"source-2-"}


def test_a_blank_question_is_not_asked(address, config, zoo):
    session = uuid.uuid4().hex
    _, _, here = ask_page(address, config, QUESTION, session)
    call(address, config, "typed", ["  ", None, here, None], session)
    assert len(zoo.conversations.load(session, here["conversation"])) == 1


def test_two_visitors_do_not_see_each_others_conversation(address, config):
    _, _, here = ask_page(address, config, QUESTION, uuid.uuid4().hex)
    for owner in ("somebody", uuid.uuid4().hex):
        stolen = {"owner": owner, "conversation": here["conversation"]}
        turns, _, own = ask_page(address, config, "A falling dog?", uuid.uuid4().hex, stolen)
        assert len(turns) == 1
        assert own["conversation"] != here["conversation"]


def test_the_status_line_tells_that_the_library_is_ready(address, config):
    here = {"owner": "x"}
    told = call(
        address, config, "enter", [None, here, None], uuid.uuid4().hex, of="process_generating"
    )
    assert any("2 papers" in str(each) for each in told)


def test_the_page_tells_how_far_a_library_is_that_is_not_ready():
    loading = Loading()
    told = Asking(None, ChatContext(loading), None).begin()
    _, status = next(told)
    assert "Getting ready: opening the library" in status
    loading.failed("It is none.")
    assert len(list(told)) == 1


# --- what the check of an answer found -------------------------------------------------------


def checked(*parts, status="answered", **others):
    """An answer of a model, from pairs of text and verdict; None for text that claims nothing."""
    text, sentences = "", []
    for part, verdict in parts:
        if verdict:
            end = len(text) + len(part)
            markers = tuple(find_markers(part))
            sentences.append(CheckedSentence(part, len(text), end, markers, verdict))
        text += part
    sentences = tuple(sentences)
    return Answer(QUESTION, text, status, mode="some-model", sentences=sentences, **others)


def claims(answer):
    """Kind and text of the sentences that the chat points out."""
    markup = answers.answer_html(answer, 1)
    spans = re.findall(r'<span class="claim-(\w+)" title="[^"]+\.">(.*?)</span>', markup)
    return [(kind, Seen(inside).text) for kind, inside in spans]


def test_sentences_that_are_not_fully_supported_look_so(cats):
    answer = checked(
        ("Cats turn. [1]", "supported"),
        (" ", None),
        ("They land well. [1]", "partly"),
        ("\n\n- ", None),
        ("**Cats fly.**", "unsupported"),
        ("\n- Well:\n", None),
        ("2. Cats never turn.", "contradicted"),
        citations=(cite(cats, 1, cats.abstract),),
    )
    assert claims(answer) == [
        ("partly", "≈ They land well. [1]"),
        ("unsupported", "⚠ not supported: Cats fly."),
        ("contradicted", "⚠ contradicted: Cats never turn."),
    ]
    seen = Seen(answers.answer_html(answer, 1))
    assert seen.values("href") == ["#source-1-1"] * 2
    assert seen.tags.count("li") == 3  # what begins an item of a list still begins it


def test_an_answer_that_is_fully_supported_has_no_signs(cats):
    answer = checked(("Cats turn. [1]", "supported"), citations=(cite(cats, 1, cats.abstract),))
    assert claims(answer) == []


@pytest.mark.parametrize("hostile", [*HOSTILE, *HIDDEN_IN_FORMULAS, "!", "\\", "$", "`", "```"])
@pytest.mark.parametrize("verdict", ["supported", "partly", "unsupported"])
def test_a_checked_sentence_is_as_harmless_as_any_other(hostile, verdict):
    sentence = (f"Cats {hostile}", verdict)
    answer = checked(sentence, (hostile, None), sentence, ("[x](https://e.org/x.png) $", None))
    seen = Seen(answers.answer_html(answer, 1))
    assert_harmless(seen, MODEL_TAGS | {"span"})
    names = {name for name, _ in {*seen.attributes} - WIDE if not name.startswith("data-")}
    assert names <= {"href", "class", "title", "id", "aria-label", "target", "rel", *MATH_NAMES}


def test_a_sentence_that_cuts_a_code_block_is_left_alone():
    answer = checked(("So:\n```", "partly"), ("\nx[1] = 2\n", None), ("y\n```", "partly"))
    assert claims(answer) == []
    assert Seen(answers.answer_html(answer, 1)).tags == ["p", "pre", "code"]


def test_what_is_still_being_written_looks_unchecked_until_it_is_checked():
    parts = ("Cats turn. [1]", "supported"), (" Well then. ", None), ("They land on th", None)
    assert claims(checked(*parts, status="draft")) == [("unchecked", "They land on th")]
    assert claims(checked(*parts[:1], status="draft")) == []
    assert claims(checked(*parts)) == []
    assert claims(Answer(QUESTION, "Searching…", "draft")) == [("unchecked", "Searching…")]


def test_a_draft_in_an_open_code_block_is_code():
    answer = checked(("Like this:\n```\nif a <b> c:", None), status="draft")
    assert claims(answer) == []
    assert "if a <b> c:" in Seen(answers.answer_html(answer, 1)).text


def test_removed_sentences_can_be_unfolded_each_with_why_and_the_nearest_sentence(cats):
    near = replace(cite(cats, 1, "It lands on its feet after a fall of 40 cm."), marker=0)
    struck = (
        RemovedSentence("Cats fall 9 cm.", "contradicted", near),
        RemovedSentence("<b>Cats</b> fly.", "unsupported"),
    )
    answer = by_model("Cats turn. [1]", cite(cats, 1, "A falling cat"), struck=struck)
    seen = Seen(answers.answer_html(answer, 3))
    assert "removed-3" in seen.values("id")
    for told in (
        "Cats fall 9 cm.The paper that it cites says otherwise. It says:",
        "It lands on its feet after a fall of 40 cm.",
        "How Cats Turn in the Air",
        "<b>Cats</b> fly.No paper that was found says this.",
    ):
        assert told in " ".join(seen.text.split())
    assert_harmless(seen, {*MODEL_TAGS, "details", "summary", "cite"})
    for other in (replace(answer, struck=()), replace(answer, status="draft")):
        assert "removed" not in answers.answer_html(other, 3)


def test_the_removed_sentences_are_told_by_the_notice_alone(cats):
    citations = (cite(cats, 1, cats.abstract),)
    answer = by_model("Cats turn. [1]", *citations, removed=("Cats fly.",), notice="1 removed.")
    seen = Seen(answers.answer_html(answer, 1))
    assert folded(seen.text) == "Cats turn. [1] 1 removed."


def test_the_card_says_in_words_how_far_a_quote_supports_the_answer():
    paper = Paper("p", "Letters", "abcdefghij")
    spans = [(0, 2, "supported"), (4, 6, "partly"), (8, 10, "supported"), (8, 10, "partly")]
    citations = [Citation(1, paper, paper.abstract[a:b], a, b, 0.8, v) for a, b, v in spans]
    seen = Seen(cards.sources_html(by_model("A. [1]", *citations), 1))
    assert seen.values("data-support") == [
        "supports it",
        "supports it in part",
        "supports it · supports it in part",  # two sentences cite it
    ]
    quoted = Seen(cards.sources_html(extractive(*citations), 1))
    assert quoted.values("data-support") == []  # the answer is the quotes


# --- signs that the page takes for something else --------------------------------------------


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("`a_b` <b>", "a_b <b>"),
        ("`List<int>` and `$HOME`", "List<int> and $HOME"),
        ("``f[0](x) & y;``", "f[0](x) & y;"),
        ("```\nf[0](x) # $5 &amp; <b>\n```", "f[0](x) # $5 &amp; <b>"),
        ("```mermaid\nA@{ img: 'https://e.org' }\n```", "A@{ img: 'https://e.org' }"),
        (r"5 < 6 & 7 \$ \` \! x", "5 < 6 & 7 $ ` ! x"),
        ("ask a@b.org or ftp://b.org", "ask a@b.org or ftp://b.org"),
        ("Wow![1] [2]: x", "Wow![1] [2]: x"),
    ],
)
def test_the_signs_of_a_model_show_as_they_were_meant(text, shown):
    assert folded(Seen(markdown_html(text)).text) == shown


@pytest.mark.parametrize("link", ["[a](https://e.org/a?b=1&c=2)", "[a](HTTP://e.org 'T')"])
def test_links_of_a_model_to_the_web_stay(link):
    seen = Seen(markdown_html(link))
    assert (seen.text.strip(), len(seen.values("href"))) == ("a", 1)


@pytest.mark.parametrize("sign", ["https://e.org/a_b~c#d", "www.e.org", "a@e.org"])
def test_addresses_in_papers_and_questions_do_not_become_links(sign):
    seen = Seen(plain_html(sign))
    assert (seen.tags, folded(seen.text)) == ([], sign)


def test_a_price_in_one_quote_does_not_open_a_formula_in_another():
    hidden = "for $![spy](https://evil.example/pixel.png)$ a turn."
    paper = paper_from_record({"title": "Cats", "abstract": f"Cats cost $5. Or {hidden}"}, "x")
    quotes = (cite(paper, 1, "Cats cost $5."), cite(paper, 1, f"Or {hidden}"))
    seen = Seen(answers.answer_html(extractive(*quotes), 1))
    assert_harmless(seen, PLAIN_TAGS)
    assert "Cats cost $5." in seen.text


@pytest.mark.parametrize(
    "line", ["    code", "\tcode", "a\n:-:\nb", "a\n===", "a\n---", "a\n\n  1) b"]
)
def test_no_line_of_a_question_begins_anything(line):
    seen = Seen(plain_html(line))
    assert set(seen.tags) <= {"p", "br"}
    assert folded(seen.text) == folded(line)


@pytest.mark.parametrize(
    "hostile",
    [
        "[press][x]\n\n[x]: javascript:alert(1)",
        "[x]: data:text/html;base64,PHNjcmlwdD4=\n\n[x]",
        "[press]( javascript:alert(1))",
        "[press](<javascript:alert(1)>)",
        "[press](&#106;avascript:alert(1))",
        r"\\![spy](https://evil.example/pixel.png)",
        "- a\n  ```\n<img src=x onerror=alert(1)>\n  ```",  # the code ends with the item
        "$$\n```\n$$\n<img src=x onerror=alert(1)>\n```",  # the code begins in a formula
    ],
)
def test_a_model_cannot_hide_addresses_and_images_in_other_forms(hostile):
    assert_harmless(Seen(markdown_html(hostile)), MODEL_TAGS)


def test_a_model_makes_no_address_of_mail():
    assert Seen(markdown_html("a@example.org")).tags == ["p"]
    assert Seen(markdown_html("<a@example.org>")).values("href") == []


@pytest.mark.parametrize("text", ["It costs $5-$10.", "It costs $5 or $6.", "US$", "$$"])
@pytest.mark.parametrize("made", [plain_html, markdown_html])
def test_dollars_that_are_no_formula_stay_as_they_are(made, text):
    assert folded(Seen(made(text)).text) == text


def test_a_number_that_stands_for_no_cited_paper_leads_nowhere(cats):
    answer = by_model("Cats turn. [1] Dogs too. [7]", cite(cats, 1, cats.abstract))
    seen = Seen(answers.answer_html(answer, 1))
    assert seen.values("href") == ["#source-1-1"]
    assert "Dogs too. [7]" in seen.text


def test_a_backslash_at_the_end_of_a_checked_sentence_stays_there():
    assert claims(checked(("Cats fly. \\", "partly"))) == [("partly", "≈ Cats fly. \\")]


def test_code_in_an_item_of_a_list_is_not_indented():
    markup = markdown_html("- a\n  ```\n  if b:\n      c\n  ```\n- d")
    seen = Seen(markup)
    assert "if b:\n    c" in seen.text
    assert seen.tags.count("li") == 2

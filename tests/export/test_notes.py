"""Notes for folders of Markdown: names that hold, front matter that is YAML, links that lead."""

from __future__ import annotations

import yaml
from hypothesis import given
from hypothesis import strategies as st

from rag.export.notes import MOST_NAME, answer_note, note_name, note_names, paper_note
from rag.text import one_line
from rag.types import Answer, Citation, Paper

PAPER = Paper(
    "moss/1",
    'Moss: "Slow" [or] Not?',
    "Moss grows <b>slowly</b>.",
    ("Ada Byron", "José Núñez"),
    "2021-03",
    "https://a.example/moss",
    identifiers=(("doi", "10.1/a"), ("citekey", "byron2021")),
    tags=("slow growth", "C#"),
    collections=("Bogs/Wet",),
)
SAME = Paper("moss/2", PAPER.title, "Moss grows fast.")


def front_matter(note):
    empty, above, _ = note.split("---\n", 2)
    assert empty == ""
    return yaml.safe_load(above)


def test_the_record_stands_above_a_papers_note_as_yaml():
    told = front_matter(paper_note(PAPER))
    assert told["title"] == PAPER.title
    assert told["authors"] == ["Ada Byron", "José Núñez"]
    assert (told["year"], told["doi"], told["citekey"]) == (2021, "10.1/a", "byron2021")
    assert told["tags"] == ["slow-growth", "C"]  # as these programs allow tags
    assert "venue" not in told


def test_a_note_brings_no_html():
    assert "<b>" not in paper_note(PAPER).partition("\n---\n")[2]


def test_two_papers_of_one_title_have_two_notes():
    names = note_names([PAPER, SAME])
    assert names["moss/1"] == "Moss Slow or Not"
    assert names["moss/2"] == "Moss Slow or Not (moss 2)"


def test_an_answer_links_to_the_notes_of_the_papers_that_it_cites():
    cited = Citation(1, PAPER, "Moss grows", 0, 10, 0.9)
    note = answer_note(
        Answer("How?", "Slowly [1].", "answered", citations=(cited,)), {"moss/1": "Moss"}
    )
    assert "Slowly [1].\n\n\\[1\\] [[Moss]]\n\n> Moss grows\n" in note
    assert front_matter(note)["question"] == "How?"


@given(st.text(max_size=300))
def test_any_title_makes_a_name_that_a_file_and_a_link_can_have(title):
    name = note_name(title)
    assert 0 < len(name) <= MOST_NAME
    assert not set(name) & set('\\/:*?"<>|#^[]\n\t')
    assert name == name.strip(" .")


@given(st.text(max_size=80), st.lists(st.text(max_size=20), max_size=3))
def test_any_record_is_read_back_from_its_front_matter(title, authors):
    told = front_matter(paper_note(Paper("a", title or "x", "An abstract.", tuple(authors))))
    assert told.get("title", "") == one_line(title or "x")
    assert told.get("authors", []) == [one_line(author) for author in authors]

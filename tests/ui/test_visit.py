"""What the page tells of an event is checked before a handler sees it."""

from __future__ import annotations

import gradio as gr
import pytest

from ui.chat.handlers import MOST_QUESTION_CHARACTERS, PageState
from ui.chat.visit import Visit, pressing, typing, visiting
from ui.server.pressed import MOST_QUESTION, NOT_OURS, Pressed, read_pressed


def told(data):
    return read_pressed(gr.EventData(None, data))


def test_the_data_of_a_button_become_numbers_and_words():
    pressed = told({"do": "cite", "turn": "3", "marker": "2", "style": "apa"})
    assert (pressed.turn, pressed.marker, pressed.style, pressed.question) == (3, 2, "apa", "")
    assert told({}) == Pressed()
    assert MOST_QUESTION == MOST_QUESTION_CHARACTERS


@pytest.mark.parametrize(
    "data",
    [
        {"turn": "third"},
        {"turn": "-1"},
        {"turn": [1]},
        {"way": "sideways"},
        {"question": {"text": "Why?"}},
        {"question": "a" * (MOST_QUESTION_CHARACTERS + 1)},
        {"title": "a" * 2000},
        {"papers": 5},
        {"limit": ["year=2020"]},
    ],
)
def test_what_the_page_never_sends_is_refused(data):
    with pytest.raises(gr.Error, match="Reload") as refused:
        told(data)
    assert refused.value.message == NOT_OURS


def test_a_handler_gets_one_object_however_it_is_called():
    request = gr.Request(username="ada")
    once = pressing(lambda visit: visit)
    event = gr.EventData(None, {"turn": "2"})
    visit = once(PageState(editing=1, shown=4), {"owner": "b" * 32}, None, event, request)
    assert (visit.owner, visit.pressed.turn) == ("ada", 2)
    assert (visit.as_new.state.editing, visit.of_last.state.shown) == (0, 0)
    quiet = visiting(lambda visit: visit.pressed)
    assert quiet(PageState(), {}, None, request) == Pressed()


@pytest.mark.anyio
async def test_a_handler_that_goes_on_yields_each_state():
    async def follow(visit: Visit):
        for letter in visit.pressed.question:
            yield letter

    question = "a" * (MOST_QUESTION_CHARACTERS + 5)
    typed = typing(follow)(question, PageState(), {}, None, gr.Request())
    assert len([each async for each in typed]) == MOST_QUESTION_CHARACTERS
    event = gr.EventData(None, {"question": "abc"})
    pressed = pressing(follow)(PageState(), {}, None, event, gr.Request())
    assert [each async for each in pressed] == ["a", "b", "c"]

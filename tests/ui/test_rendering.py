"""The page's templates: what is put into them is text, and their lines are joined."""

from __future__ import annotations

import pytest
from markupsafe import Markup

from tests.support.html import HOSTILE, Seen
from ui.templates.rendering import FOLDER, Template, data, lines

PARTS = Template("parts")


@pytest.mark.parametrize("text", HOSTILE)
def test_what_is_put_into_a_template_is_text(text):
    seen = Seen(PARTS.draw("status", text, doubt=text, folder=text))
    assert set(seen.tags) == {"p", "span", "button"}
    assert seen.text.count(text) == 3
    named = Seen(f"<i{data({'name': text})}></i>")
    assert named.tags == ["i"]
    assert named.values("data-name") == [text]


def test_only_what_is_drawn_already_is_markup():
    assert PARTS.draw("empty", Markup("<b>a</b>")) == '<p class="sources-empty"><b>a</b></p>'


def test_a_break_between_tags_is_none_and_any_other_is_a_space():
    drawn = PARTS.draw("act", "copy", "copy", "Copy", turn=1)
    assert "\n" not in drawn
    assert "><svg" in drawn
    assert ' data-turn="1" aria-label="Copy"' in drawn


def test_lines_of_a_text_stay_lines():
    assert lines("a < b\nc") == "a &lt; b<br>c"


def test_no_template_holds_a_script_or_trusts_a_text():
    for path in FOLDER.glob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert "<script" not in source
        assert "|safe" not in source

"""Bytes become lines of text, however they are cut into blocks."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.readers import text_files
from rag.readers.text_files import TextFile

BYTES = st.lists(
    st.sampled_from([b"ab", b"\n", b"\r", b"\r\n", b"\xef\xbb\xbf", b"\xe9", "é".encode(), b"\0"])
).map(b"".join)


def opened(content, encoding="utf-8-sig"):
    return TextFile(io.BufferedReader(io.BytesIO(content)), encoding)


def lines_of(content, encoding="utf-8-sig"):
    with opened(content, encoding) as text:
        return list(text), text.note


def one_by_one(content, encoding):
    with opened(content, encoding) as text:
        lines = list(iter(text.readline, ""))
        return lines, text.note


@given(BYTES, st.sampled_from(["utf-8-sig", "cp1252", "utf-16-le"]), st.integers(1, 9))
def test_lines_are_the_same_however_they_are_read(content, encoding, block):
    ended = content + "\n".encode(encoding.removesuffix("-sig"))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(text_files, "BLOCK_CHARACTERS", block)
        assert lines_of(ended, encoding) == one_by_one(ended, encoding)


def test_a_line_that_is_too_long_is_cut_and_the_next_is_whole(monkeypatch):
    monkeypatch.setattr(text_files, "MOST_LINE_CHARACTERS", 10)
    for block in (3, 7):
        monkeypatch.setattr(text_files, "BLOCK_CHARACTERS", block)
        content = b"123456789\n" + b"x" * 10 + b"\n" + b"y" * 25 + b"\nnext\nlast"
        expected = ["123456789\n", "x" * 10, "y" * 10, "next\n", "last"]
        assert lines_of(content)[0] == expected
        assert one_by_one(content, "utf-8-sig")[0] == expected

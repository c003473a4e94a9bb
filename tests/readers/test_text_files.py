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
        patched.setattr(text_files, "BLOCK_BYTES", block)
        assert lines_of(ended, encoding) == one_by_one(ended, encoding)


def test_a_line_that_is_too_long_is_cut_and_the_next_is_whole(monkeypatch):
    monkeypatch.setattr(text_files, "MOST_LINE_CHARACTERS", 10)
    for block in (3, 7):
        monkeypatch.setattr(text_files, "BLOCK_BYTES", block)
        content = b"123456789\n" + b"x" * 10 + b"\n" + b"y" * 25 + b"\nnext\nlast"
        expected = ["123456789\n", "x" * 10, "y" * 10, "next\n", "last"]
        assert lines_of(content)[0] == expected
        assert one_by_one(content, "utf-8-sig")[0] == expected


def twice(text):
    return "".join(bytes([byte]).decode("cp1252", "ignore") or chr(byte) for byte in text.encode())


@pytest.mark.parametrize(
    ("text", "times"),
    [
        ("Müller and José – “don’t”", 1),
        ("Müller and José", 2),
        ("β-catenin ≤ 3 µm", 1),
        ("ÁÍÏ", 1),
    ],
)
def test_letters_that_a_program_took_for_others_are_put_right(text, times):
    broken = text
    for _ in range(times):
        broken = twice(broken)
    lines, note = lines_of(f"{broken}\nplain\n".encode())
    assert lines == [f"{text}\n", "plain\n"]
    assert "put right" in note


@pytest.mark.parametrize(
    "text",
    ["3 Å² and 5 Å³", "SÃO PAULO", "à\xa0la «passé»", "Â", "naïve “café”", "Ã¼ beside ü", "ï¬\x81"],
)
def test_letters_that_are_right_stay(text):
    assert lines_of(f"{text}\n".encode()) == ([f"{text}\n"], "")

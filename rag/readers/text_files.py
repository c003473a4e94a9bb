"""Read the bytes of a file as lines of text, in whatever encoding and with whatever line ends."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Final, Protocol, Self

from rag.readers.twice_encoded import put_right

BOMS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# JabRef's, what editors look for, and XML's.
DECLARED: Final = re.compile(
    rb"^(?:%+[^\n\r]{0,40}?(?:encoding|coding)[:=]\s*|\s*<\?xml[^>]{0,60}?\sencoding=[\"'])"
    rb"([\w.-]{3,20})",
    re.I | re.M,
)
# BibDesk's, in the words of its menu.
SAVED_WITH: Final = re.compile(rb"^%+ Saved with string encoding ([^\r\n]{3,50}?) *$", re.M)
SPOKEN: Final = {
    "Western (Mac OS Roman)": "mac-roman",
    "Western (ISO Latin 1)": "cp1252",
    "Western (Windows Latin 1)": "cp1252",
    "Western (ISO Latin 9)": "iso8859-15",
    "Central European (ISO Latin 2)": "iso8859-2",
    "Central European (Windows Latin 2)": "cp1250",
    "Central European (Mac OS)": "mac-latin2",
    "Cyrillic (Windows)": "cp1251",
    "Greek (Windows)": "cp1253",
    "Turkish (Windows Latin 5)": "cp1254",
    "Japanese (Windows, DOS)": "cp932",
    "Japanese (EUC)": "euc-jp",
    "Simplified Chinese (GB 18030)": "gb18030",
    "Traditional Chinese (Big 5)": "big5",
}
BYTES_WITH_DECLARATION: Final = 2000
LEAST_SHARE_OF_NULS: Final = 0.35  # of UTF-16 without a mark, half in English
MOST_LINE_CHARACTERS: Final = 16_000_000
BLOCK_BYTES: Final = 1 << 16
ESCAPED: Final = re.compile("[\udc80-\udcff]")
CP1252: Final = {
    0xDC00 + byte: bytes([byte]).decode("cp1252", "replace").replace("\ufffd", " ")
    for byte in range(0x80, 0x100)
}
BYTES_GUESSED_BY: Final = 8_000
EAST_ASIAN: Final = ("gb18030", "big5", "cp932", "cp949", "euc_jp")
WESTERN: Final = ("cp1252", "cp1251", "cp1250", "cp1253")
EAST_ASIAN_SIGN: Final = re.compile("[\u3000-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff01-\uff9f]")
INSIDE_A_WORD: Final = re.compile(
    "[A-Za-z][\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff66-\uff9f]"
    "|[\u3040-\u30ff\u4e00-\u9fff\uac00-\ud7a3\uff66-\uff9f][a-z]"
)
TWICE: Final = "letters such as Ã¼ for ü were put right: a program had read UTF-8 as Windows-1252"
OTHER: Final = "what is not UTF-8 in it was read as Windows-1252"


class Text(Protocol):
    """Lines of text, as a file opened for reading gives them."""

    def __iter__(self) -> Iterator[str]:
        """Give line after line, each with its line feed."""

    def readline(self, size: int = -1, /) -> str:
        """Give the next line, or as many characters of it."""


class TextFile:
    """A file's text, line by line; bytes that are not of its encoding become Windows-1252's.

    A line that is too long to be held is cut. A file is read in one way, by its lines or with
    `readline`.

    Args:
        file: The bytes.
        encoding: As `find_encoding` found it.
    """

    def __init__(self, file: io.BufferedReader, encoding: str) -> None:
        is_utf8 = encoding.startswith("utf-8")
        errors = "surrogateescape" if is_utf8 else "replace"
        self._file = file
        self._lines = io.TextIOWrapper(file, encoding=encoding, errors=errors)
        self._is_utf8 = is_utf8
        self.note = "" if encoding.startswith("utf") else f"it was read as {encoding}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Let go of the bytes, which who opened them closes."""
        if not self._lines.closed:
            self._lines.detach()

    def __iter__(self) -> Iterator[str]:
        """Give line after line, as `readline` does, which takes longer."""
        begun: list[str] = []  # of the line that goes on in the next block
        for block in self._blocks():
            first, *lines = block.split("\n")
            if sum(map(len, begun)) < MOST_LINE_CHARACTERS:
                begun.append(first)
            if lines:
                yield self._whole("".join(begun), "\n")
                begun = [lines.pop()]
            for line in lines:
                yield f"{line}\n" if line.isascii() else self._cleaned(f"{line}\n")
        if last := self._whole("".join(begun), ""):
            yield last

    def _blocks(self) -> Iterator[str]:
        """Give the text as it comes, all of it that there is where the file turns out broken."""
        decoder = io.IncrementalNewlineDecoder(
            codecs.getincrementaldecoder(self._lines.encoding)(self._lines.errors or ""),
            translate=True,
        )
        while content := self._file.read1(BLOCK_BYTES):
            yield decoder.decode(content)
        yield decoder.decode(b"", final=True)

    def _whole(self, line: str, end: str) -> str:
        """Return a line with its end, or what can be held of it."""
        if len(line) >= MOST_LINE_CHARACTERS:
            line, end = line[:MOST_LINE_CHARACTERS], ""
        return f"{line}{end}" if line.isascii() else self._cleaned(f"{line}{end}")

    def readline(self, size: int = -1, /) -> str:
        """Return the next line with its line feed, or as many characters of it; "" at the end."""
        line = self._lines.readline(size if size >= 0 else MOST_LINE_CHARACTERS)
        if size < 0 and len(line) == MOST_LINE_CHARACTERS and not line.endswith("\n"):
            while (rest := self._lines.readline(1 << 20)) and not rest.endswith("\n"):
                pass
        return line if line.isascii() else self._cleaned(line)

    def _cleaned(self, line: str) -> str:
        if self._is_utf8 and ESCAPED.search(line):
            self.note = OTHER
            line = line.translate(CP1252)
        elif self._is_utf8 and (right := put_right(line)) != line:
            self.note = TWICE
            line = right
        return line.replace("\ufeff", "")  # of files that were put behind one another


def decoded(start: bytes, encoding: str) -> str:
    """Return the beginning of a file as `TextFile` reads it; its last character may be cut."""
    if not encoding.startswith("utf-8"):
        return start.decode(encoding, errors="ignore")
    return start.decode(encoding, errors="surrogateescape").translate(CP1252)


def find_encoding(start: bytes) -> str:
    """Tell a text's encoding by its first bytes: by mark, by declaration, else UTF-8.

    Without either, an older encoding of Chinese, Japanese or Korean is told where it is sure.
    """
    for mark, encoding in BOMS:
        if start.startswith(mark):
            return encoding
    if encoding := _without_mark(start):
        return encoding
    spoken = SAVED_WITH.search(start[:BYTES_WITH_DECLARATION].replace(b"\r", b"\n"))
    if spoken and not _is_utf8(start):
        return SPOKEN.get(spoken[1].decode("ascii", "ignore"), "utf-8-sig")
    declared = DECLARED.search(start[:BYTES_WITH_DECLARATION])
    if declared and not _is_utf8(start):
        return _known(declared[1].decode("ascii", "ignore"))
    return _east_asian(start) or "utf-8-sig"


def _east_asian(start: bytes) -> str:
    """Find the older encoding of Chinese, Japanese or Korean that bytes are surely of, or ""."""
    some = start[:BYTES_GUESSED_BY].rpartition(b"\n")[0] or start[:BYTES_GUESSED_BY]
    high = sum(byte > 0x7F for byte in some)
    is_utf8 = 2 * (len(some) - len(some.decode("utf-8", "ignore").encode())) <= high
    if is_utf8 or b"\0" in some:
        return ""
    from charset_normalizer import from_bytes

    best = from_bytes(some, cp_isolation=[*EAST_ASIAN, *WESTERN]).best()
    if best is None or best.encoding not in EAST_ASIAN:
        return ""
    text = str(best)
    signs = len(EAST_ASIAN_SIGN.findall(text))
    others = sum(not each.isascii() for each in text) - signs
    # Where an accented letter was taken for half a sign, the sign stands inside a word.
    is_sure = 10 * (others + len(INSIDE_A_WORD.findall(text))) <= signs
    return best.encoding if is_sure else ""


def _without_mark(start: bytes) -> str:
    """UTF-16 without a mark: every other byte of Latin letters is 0."""
    some = start[: 2 * (min(len(start), 1000) // 2)]
    half = max(1, len(some) // 2)
    even, odd = some[::2].count(0) / half, some[1::2].count(0) / half
    if odd > LEAST_SHARE_OF_NULS and not even:
        return "utf-16-le"
    if even > LEAST_SHARE_OF_NULS and not odd:
        return "utf-16-be"
    return ""


def _is_utf8(start: bytes) -> bool:
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        decoder.decode(start)  # the last character may be cut
    except UnicodeDecodeError:
        return False
    return True


def _known(encoding: str) -> str:
    try:
        found = codecs.lookup(encoding)
    except LookupError:
        return "utf-8-sig"
    is_text = getattr(found, "_is_text_encoding", True)
    return found.name if is_text and found.name not in ("ascii", "utf-8") else "utf-8-sig"

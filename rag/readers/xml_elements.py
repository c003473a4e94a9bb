"""Find the elements of certain names in a stream of XML, one at a time, in bounded memory.

Nothing that a document declares is obeyed: a document type is left out, and one with declarations
of its own is refused, since entities can explode. Met besides the rules: documents behind one
another, entities of HTML, single `&` and `<`, control characters, and files that are cut short.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from typing import Final
from xml.etree.ElementTree import Element
from xml.parsers import expat

from rag.readers.records import RecordError, UnreadableError
from rag.readers.text_files import Text

PIECE_CHARACTERS: Final = 1 << 16
MOST_TAG_CHARACTERS: Final = 1 << 20
MOST_ELEMENT_CHARACTERS: Final = 2_000_000
COST_OF_AN_ELEMENT: Final = 100  # in characters
DEEPEST: Final = 60  # what lies deeper belongs to the element above
MOST_NESTED: Final = 1_000
MOST_BROKEN: Final = 1_000
MENDED: Final = re.compile(
    r"<\?[^>]*>|<!DOCTYPE[^>\[]*[>\[]?|<!ENTITY"
    r"|&(?:#\d{1,7};|#[xX][\da-fA-F]{1,6};|[A-Za-z]\w{1,30};)?"
    r"|<(?![A-Za-z_:/!])|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]",
    re.IGNORECASE,
)
KEPT: Final = frozenset(("&amp;", "&lt;", "&gt;", "&quot;", "&apos;"))
NO_SIGN: Final = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
OPENING: Final = "<papers>"  # one root for however many documents
# Elements that stand for nothing but how their text looks.
LOOKS_ALONE: Final = frozenset(("style", "styled-content", "hi", "emphasis"))


def local_name(name: str) -> str:
    """Return a name without the prefix of its namespace."""
    return name.rpartition(":")[2]


def read_elements(
    file: Text, names: Set[str], left_out: Set[str]
) -> Iterator[Element | RecordError]:
    """Give every element of one of the names that lies in no other, or what is wrong with it.

    Args:
        file: The XML.
        names: Without prefix.
        left_out: Names of elements inside that are not wanted, with all that they hold.

    Raises:
        UnreadableError: The document declares entities, is nested deeper or more broken than any,
            or a tag is longer.
    """
    seeker = _Seeker(names, left_out)
    for piece in _pieces(file):
        yield from seeker.read(piece)
    yield from seeker.finish()


class _Seeker:
    """Reads pieces of XML, and goes on behind what is broken where the next element begins."""

    def __init__(self, names: Set[str], left_out: Set[str]) -> None:
        self._begin = re.compile(rf"<(?:[\w.-]+:)?(?:{'|'.join(map(re.escape, names))})(?=[\s/>])")
        self._wanted = names, left_out
        self._stream = _Stream(names, left_out)
        self._is_lost = False
        self._broken = 0

    def read(self, piece: str) -> Iterator[Element | RecordError]:
        rest = self._found_again(piece)
        while rest:
            at = self._stream.feed(rest)
            yield from self._stream.done()
            if at < 0:
                return
            if self._stream.is_open:
                yield RecordError("broken XML: a tag is not closed, or not one that is open")
            self._broken += 1
            if self._broken > MOST_BROKEN:
                raise UnreadableError(f"it is broken in more than {MOST_BROKEN:,} places")
            self._is_lost = True
            rest = self._found_again(rest[at + 1 :])

    def _found_again(self, text: str) -> str:
        """Return the text from where reading can go on."""
        if not self._is_lost:
            return text
        found = self._begin.search(text)
        if found is None:
            return ""
        self._is_lost, self._stream = False, _Stream(*self._wanted)
        return text[found.start() :]

    def finish(self) -> Iterator[RecordError]:
        """Tell that the file ends too soon."""
        if self._stream.is_open and not self._is_lost:
            yield RecordError("broken XML: the file ends inside a record")


def _pieces(file: Text) -> Iterator[str]:
    """Give the text in pieces that end behind a tag, without what is not obeyed."""
    kept = ""
    while piece := _next_piece(file):
        kept += piece
        end = kept.rfind("<") if kept.rfind("<") > kept.rfind(">") else len(kept)
        entity = kept.rfind("&", max(0, end - 40), end)
        if entity >= 0 and ";" not in kept[entity:end]:
            end = entity
        if end < len(kept) - MOST_TAG_CHARACTERS:
            raise UnreadableError(f"it has a tag of more than {MOST_TAG_CHARACTERS:,} characters")
        if end:
            yield MENDED.sub(_mended, kept[:end])
            kept = kept[end:]
    if kept:
        yield MENDED.sub(_mended, kept)


def _next_piece(file: Text) -> str:
    lines, size = [], 0
    while size < PIECE_CHARACTERS and (line := file.readline(PIECE_CHARACTERS)):
        lines.append(line)
        size += len(line)
    return "".join(lines)


def _mended(found: re.Match[str]) -> str:
    text = found[0]
    if text in KEPT:
        return text
    if text[0] == "&" and len(text) > 1:
        sign = html.unescape(text)
        return " " if NO_SIGN.search(sign) else html.escape(sign, quote=False)
    if text in "&<":
        return html.escape(text)
    if text[:2] == "<!" and not text.endswith(">"):
        raise UnreadableError("it is XML with declarations of its own, which are not read")
    return " " if len(text) == 1 else "\n" * text.count("\n")


@dataclass(slots=True)
class _Stream:
    """A parser, the elements that are open inside a wanted one, and those that are done."""

    names: Set[str]
    left_out: Set[str]
    open: list[Element] = field(default_factory=list)
    _done: list[Element | RecordError] = field(default_factory=list)
    _is_kept: list[bool] = field(default_factory=list)  # of each that is open inside it
    _nested: int = 0
    _unwanted: int = 0  # the depth at which something is left out, or 0
    _size: int = 0
    _fed: int = 0
    _parser: expat.XMLParserType = field(default_factory=expat.ParserCreate)

    def __post_init__(self) -> None:
        self._parser.buffer_text = True
        self._parser.buffer_size = PIECE_CHARACTERS
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        self._parser.CharacterDataHandler = self._text
        self._parser.Parse(OPENING.encode(), False)
        self._fed = len(OPENING)

    @property
    def is_open(self) -> bool:
        """Whether a wanted element is not closed."""
        return bool(self.open)

    def feed(self, text: str) -> int:
        """Read on; where the text is broken, or -1."""
        content = text.encode()
        try:
            self._parser.Parse(content, False)
        except expat.ExpatError:
            at = max(0, self._parser.ErrorByteIndex - self._fed)
            return min(len(text) - 1, len(content[:at].decode(errors="ignore")))
        self._fed += len(content)
        return -1

    def done(self) -> list[Element | RecordError]:
        """Return what was closed since the last call."""
        done, self._done = self._done, []
        return done

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._nested += 1
        if self._nested > MOST_NESTED:
            raise UnreadableError(f"its elements are nested more than {MOST_NESTED:,} deep")
        name = local_name(name)
        if self._takes_over(name):
            self.open.clear()
            self._is_kept.clear()
            self._unwanted = 0
        if not self.open:
            if name in self.names:
                self._size = 0
                self.open.append(_element(name, attributes))
            return
        if not self._unwanted and self._is_left_out(name):
            self._unwanted = len(self._is_kept) + 1
        is_kept = not self._unwanted and name not in LOOKS_ALONE and len(self.open) < DEEPEST
        if is_kept:
            self._size += COST_OF_AN_ELEMENT + sum(map(len, attributes.values()))
            is_kept = not self._is_too_long()
        self._is_kept.append(is_kept)
        if is_kept:
            element = _element(name, attributes)
            self.open[-1].append(element)
            self.open.append(element)

    def _takes_over(self, name: str) -> bool:
        """Return whether a record begins in the text of a TEI document, as HAL lists them."""
        return name == "biblFull" and bool(self._unwanted) and self.open[0].tag == "TEI"

    def _is_left_out(self, name: str) -> bool:
        return name in self.left_out or (name == "text" and self.open[-1].tag == "TEI")

    def _is_too_long(self) -> bool:
        return self._size > MOST_ELEMENT_CHARACTERS

    def _end(self, _: str) -> None:
        self._nested -= 1
        if self._is_kept:
            if self._unwanted == len(self._is_kept):
                self._unwanted = 0
            if self._is_kept.pop():
                self.open.pop()
        elif self.open:
            too_long = f"it is longer than {MOST_ELEMENT_CHARACTERS:,} characters"
            self._done.append(RecordError(too_long) if self._is_too_long() else self.open[0])
            self.open.clear()

    def _text(self, text: str) -> None:
        if not self.open or self._unwanted:
            return
        self._size += len(text)
        if self._is_too_long():
            return
        element = self.open[-1]
        if len(element):
            element[-1].tail = (element[-1].tail or "") + text
        else:
            element.text = (element.text or "") + text


def _element(name: str, attributes: dict[str, str]) -> Element:
    return Element(name, {local_name(key): value for key, value in attributes.items()})

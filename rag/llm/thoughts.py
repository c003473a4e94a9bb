"""Separate what a model thinks from what it says, while it writes.

Models mark their thoughts by tags (`<think>…</think>` and its kin) or by channels (harmony, in
which `<|channel|>final<|message|>` begins what is said). Some endpoints leave the opening tag in
the prompt, so that the reply holds a closing one alone; others strip the signs of channels and
leave their bare names. What was opened and never closed is a thought to its end.
"""

from __future__ import annotations

from typing import Final

import regex  # unlike `re` it tells whether a sign may still be growing

WORD: Final = r"(?:think|thinking|thoughts?|reasoning|reflection|scratchpad|analysis)"
OPENING: Final = (
    rf"<(?:seed:)?{WORD}(?:\s[^<>]{{0,80}})?>|\[THINK\]|◁think▷|<\|begin_of_thought\|>"
    r"|<\|channel>thought"
)
CLOSING: Final = rf"</(?:seed:)?{WORD}\s?>|\[/THINK\]|◁/think▷|<\|end_of_thought\|>|<channel\|>"
# Around what is said: only the sign goes.
WRAPPING: Final = r"</?answer>|<\|(?:begin|end)_of_solution\|>|<\|im_end\|>|<\|eot_id\|>"
SIGN: Final = regex.compile(
    rf"(?<!`)(?:(?P<opening>{OPENING})|(?P<closing>{CLOSING})|(?P<wrapping>{WRAPPING})"
    r"|<\|(?P<turn>start|end|return|call|channel|constrain|message)\|>|(?P<final>assistantfinal))",
    regex.IGNORECASE,
)
# The name of a channel that has lost its signs runs into the first word.
BARE_CHANNEL: Final = regex.compile(r"\s*(?:analysis|commentary)(?=[A-Z])")
SAID_IN: Final = "final"
LAST_WORD: Final = "assistant"  # with which a text may end, and the sign `assistantfinal` begins


class Thoughts:
    """What a reply says and what it thinks so far; each piece costs time for itself alone."""

    def __init__(self) -> None:
        self._said: list[str] = []
        self._thought: list[str] = []
        self._rest = ""  # what may be the beginning of a sign
        self._depth = 0  # of tags
        self._has_closed = False
        self._is_aside = False  # in a channel of thoughts
        self._header: str | None = None  # what stands before a message, while it is read
        self._names_channel = False
        self._has_begun = False

    def feed(self, written: str, thought: str = "") -> None:
        """Take the next piece of what was written, and of what came as a thought by itself."""
        if thought:
            self._thought.append(thought)
        if written:
            self._rest = self._read(self._rest + written, is_last=False)

    def finish(self) -> None:
        """Take what was held back; the beginning of a sign that was cut off goes."""
        rest, self._rest = self._rest, ""
        cut = SIGN.search(rest, partial=True)
        is_cut = cut is not None and cut.partial and self._is_beginning(rest[cut.start() :])
        self._read(rest[: cut.start()] if cut and is_cut else rest, is_last=True)

    @staticmethod
    def _is_beginning(text: str) -> bool:
        """Whether this is more of a sign than its first letter, or than a word that people use."""
        begins_as_a_word = text[:1].isalpha()
        return len(text) > len(LAST_WORD) if begins_as_a_word else bool(text[1:].strip())

    @property
    def said(self) -> str:
        """The text without thoughts; it loses all when a closing sign comes that stands alone."""
        self._said = ["".join(self._said).lstrip()]
        return self._said[0]

    @property
    def thought(self) -> str:
        """The thoughts, one after the other."""
        self._thought = ["".join(self._thought)]
        return self._thought[0].strip()

    @property
    def is_thinking(self) -> bool:
        """Whether what comes next is a thought."""
        return self._depth > 0 or self._is_aside

    def _read(self, text: str, *, is_last: bool) -> str:
        """Sort what is complete of a text, and give back what is not."""
        at = 0
        if not self._has_begun:
            bare = BARE_CHANNEL.match(text, partial=not is_last)
            if bare and bare.partial and text.strip():
                return text
            self._has_begun = bool(text.strip())
            self._is_aside = bool(bare and not bare.partial)
            at = bare.end() if self._is_aside and bare else 0
        while match := SIGN.search(text, at, partial=not is_last):
            if match.partial:
                held = match.start() - text.endswith("`", at, match.start())  # in quotes it is none
                self._put(text[at:held])
                return text[held:]
            self._put(text[at : match.start()])
            self._turn(match)
            at = match.end()
        self._put(text[at:])
        return ""

    def _turn(self, sign: regex.Match[str]) -> None:
        """Note what a sign begins or ends."""
        if sign["turn"]:
            self._turn_to(sign["turn"].lower())
        elif sign["final"]:
            self._all_was_thought()
            self._is_aside = False
        elif sign["opening"]:
            self._part()
            self._depth += 1
        elif sign["closing"] and self._depth:
            self._depth -= 1
            self._has_closed = True
        elif sign["closing"] and not self._has_closed:
            self._all_was_thought()

    def _turn_to(self, name: str) -> None:
        """Note what a sign of a channel says: before a message stands which channel it is in."""
        if name == "message":
            header = (self._header or "").strip().lower()
            self._is_aside = self._names_channel and not header.startswith(SAID_IN)
            self._header, self._names_channel = None, False
            self._part()
        elif name == "channel":
            self._header, self._names_channel = "", True
        elif self._header is None:
            self._header = ""

    def _all_was_thought(self) -> None:
        self._thought += self._said
        self._said = []
        self._has_closed = True

    def _part(self) -> None:
        """Keep two thoughts apart."""
        if self._thought:
            self._thought.append("\n")

    def _put(self, text: str) -> None:
        if self._header is not None:
            self._header += text
        elif text:
            (self._thought if self.is_thinking else self._said).append(text)

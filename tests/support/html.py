"""Hostile texts, and what a piece of HTML holds: its tags, attributes and text."""

from __future__ import annotations

from html.parser import HTMLParser

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</p></article><h1>Owned</h1>",
    "<iframe src='https://evil.example'></iframe>",
    "<a href='javascript:alert(1)'>press</a>",
    '" onmouseover="alert(1)" x=\'',
    "[press](javascript:alert(1))",
    "[press](JaVaScRiPt:alert(1))",
    "[press](data:text/html;base64,PHNjcmlwdD4=)",
    "[press](vbscript:msgbox(1))",
    "![spy](https://evil.example/pixel.png)",
    "![spy](data:image/svg+xml;base64,PHN2Zz4=)",
    "<javascript:alert(1)>",
    "[spy]: https://evil.example/pixel.png",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "`code` *stars* _lines_ # heading ~~struck~~ | table |",
]


class Seen(HTMLParser):
    """The tags, attributes and text of a piece of HTML."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags = []
        self.attributes = []
        self.text = ""
        self.marked = ""
        self._inside = []
        self.feed(str(markup))  # what is taken of `Markup` would be escaped again
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self._inside.append(tag)

    def handle_endtag(self, tag):
        if tag in self._inside:
            self._inside.remove(tag)

    def handle_data(self, data):
        self.text += data
        if "mark" in self._inside:
            self.marked += data

    def values(self, name):
        return [value for key, value in self.attributes if key == name]

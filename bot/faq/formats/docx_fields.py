"""Word fields that the library lacks: table of contents, bookmarks, internal links."""

from itertools import count
from typing import Literal

from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.text.paragraph import Paragraph
from docx.text.run import Run

_FIRST_BOOKMARK = 100_000_001  # Word names what its contents point to by nine digits


def add_text(paragraph: Paragraph, text: str) -> Run:
    """A run of Chinese text: the marks that both scripts have, like quotation marks, are set as Chinese ones."""
    run = paragraph.add_run(text)
    fonts = run._r.get_or_add_rPr().get_or_add_rFonts()
    fonts.set(qn("w:hint"), "eastAsia")
    return run


def add_field(paragraph: Paragraph, code: str, shown: str) -> None:
    """A field that stands for what is `shown` until it is updated."""
    open_field(paragraph, code)
    add_text(paragraph, shown)
    close_field(paragraph)


def open_field(paragraph: Paragraph, code: str) -> None:
    """The beginning of a field; what follows is its result."""
    _mark(paragraph, "begin")
    instruction = OxmlElement("w:instrText")
    instruction.set(qn("xml:space"), "preserve")
    instruction.text = f" {code} "
    paragraph.add_run()._r.append(instruction)
    _mark(paragraph, "separate")


def close_field(paragraph: Paragraph) -> None:
    """The end of a field."""
    _mark(paragraph, "end")


class Bookmarks:
    """Names for headings in reading order, so that contents can point to what comes later."""

    def __init__(self) -> None:
        """Begin with the first."""
        self._pointed, self._placed = count(), count()

    def link(self, paragraph: Paragraph, text: str) -> None:
        """A link to the next heading that has none yet."""
        link = OxmlElement("w:hyperlink")
        link.set(qn("w:anchor"), _name(next(self._pointed)))
        link.set(qn("w:history"), "1")
        link.append(add_text(paragraph, text)._r)
        paragraph._p.append(link)

    def place(self, paragraph: Paragraph) -> None:
        """Put a bookmark around the next heading."""
        number = next(self._placed)
        start, end = OxmlElement("w:bookmarkStart"), OxmlElement("w:bookmarkEnd")
        for element in (start, end):
            element.set(qn("w:id"), str(number))
        start.set(qn("w:name"), _name(number))
        paragraph._p.insert_element_before(start, "w:r")
        paragraph._p.append(end)


def switch(parent: BaseOxmlElement, name: str, **attributes: str) -> None:
    """Put an element with attributes of Word's into another."""
    element = OxmlElement(name)
    for key, value in attributes.items():
        element.set(qn(f"w:{key}"), value)
    parent.append(element)


def _mark(paragraph: Paragraph, kind: Literal["begin", "separate", "end"]) -> None:
    switch(paragraph.add_run()._r, "w:fldChar", fldCharType=kind)


def _name(number: int) -> str:
    return f"_Toc{_FIRST_BOOKMARK + number}"

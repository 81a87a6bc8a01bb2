"""The FAQ as a document for Word: headings that are headings, contents with links, quotations apart, pages numbered."""

import io
from collections.abc import Sequence

from docx.document import Document
from docx.oxml import OxmlElement
from docx.shared import Cm, Length, Pt
from docx.table import Table
from docx.text.paragraph import Paragraph

from bot.faq.entry import Entry, Faq
from bot.faq.formats.document_model import (
    Chapter,
    Line,
    Piece,
    audience,
    chapters,
    clean,
    headline,
    legend,
    marks,
    pieces,
)
from bot.faq.formats.docx_fields import Bookmarks, add_text, close_field, open_field, switch
from bot.faq.formats.docx_styles import blank_document
from bot.faq.formats.reproducible_zip import sealed
from bot.faq.formats.wording import label

_LANGUAGE = "zh-CN"
_CONTENTS = r'TOC \o "1-3" \n \h \z'  # three levels of headings, without page numbers, with links
_STEPS = (Cm(1), Cm(4.2), Cm(10.8))
_FACTS = (Cm(3), Cm(13))
_BELOW_TABLE = Pt(6)
_RULE = {"val": "single", "sz": "4", "space": "0", "color": "BFC7C9"}
_STYLES = {
    "text": "Normal",
    "note": "Remark",
    "caption": "Steps Heading",
    "bullets": "List Bullet",
    "numbered": "List Number",
    "quote": "Quote",
    "heading": "Quoted Heading",
}


def write_document(faq: Faq) -> bytes:
    """Title, how it was made, contents, and all entries by group and measure."""
    return sealed(_Writer(faq).write())


class _Writer:
    """Writes one FAQ, paragraph by paragraph."""

    def __init__(self, faq: Faq) -> None:
        self.faq = faq
        self.document: Document = blank_document(headline(faq))
        self.bookmarks = Bookmarks()

    def write(self) -> bytes:
        """The file, with the times that its library put in."""
        self._describe()
        self._front()
        parts = chapters(self.faq)
        self._contents(parts)
        for chapter in parts:
            self._heading(chapter.title, "Heading 1")
            for section in chapter.sections:
                if section.title:
                    self._heading(section.title, "Heading 2")
                for entry in section.entries:
                    self._entry(entry)
        file = io.BytesIO()
        self.document.save(file)
        return file.getvalue()

    def _describe(self) -> None:
        properties = self.document.core_properties
        properties.title, properties.subject = _short(headline(self.faq)), _short(self.faq.title)
        properties.author = properties.last_modified_by = label("author")
        properties.language, properties.version = _LANGUAGE, _short(self.faq.edition)
        properties.comments = properties.keywords = ""

    def _front(self) -> None:
        self._add(headline(self.faq), "Title")
        self._add(label("made"), "Normal")
        for line in legend(self.faq):
            self._add(line, "Normal")
        facts = (
            (label("contact"), clean(self.faq.contact)),
            (label("edition"), clean(self.faq.edition)),
            (label("count"), label("count_of", number=len(self.faq.entries))),
        )
        self._table([fact for fact in facts if fact[1]], _FACTS)

    def _contents(self, parts: tuple[Chapter, ...]) -> None:
        self._add(label("contents"), "TOC Heading")
        lines: list[tuple[str, str]] = []
        for chapter in parts:
            lines.append((chapter.title, "toc 1"))
            for section in chapter.sections:
                lines += [(section.title, "toc 2")] if section.title else []
                lines += [(entry.question, "toc 3") for entry in section.entries]
        paragraph = None
        for number, (title, style) in enumerate(lines):
            paragraph = self._add("", style)
            if number == 0:
                open_field(paragraph, _CONTENTS)
            self.bookmarks.link(paragraph, _short(title))
        if paragraph is not None:
            close_field(paragraph)

    def _entry(self, entry: Entry) -> None:
        self._heading(entry.question, "Heading 3")
        if known := marks(entry):
            self._add("\u3000".join(known), "Entry Mark")
        last, after_table = None, False
        for piece in pieces(entry):
            if last is not None and piece.kind in ("quote", "heading", "caption"):
                last.paragraph_format.keep_with_next = True  # words that lead to a quotation stand above it
            last = self._piece(piece)
            if after_table and last is not None:
                last.paragraph_format.space_before = _BELOW_TABLE
            after_table = last is None
        if last is not None:
            last.paragraph_format.keep_with_next = True
        foot = filter(None, (audience(entry), label("id", id=clean(entry.id))))
        self._add("\u3000".join(foot), "Entry Foot")

    def _piece(self, piece: Piece) -> Paragraph | None:
        """Set a piece; its last paragraph, or none where it ends in a table."""
        if piece.kind == "steps":
            self._steps(piece.lines)
            return None
        if piece.kind in ("quote", "heading"):
            quoted = self._add("\n".join(line.text for line in piece.lines), _STYLES[piece.kind])
            return self._add(label("place", label=piece.place), "Quote Place") if piece.place else quoted
        paragraph = None
        for line in piece.lines:
            text = f"{line.number}.\t{line.text}" if line.number else line.text
            paragraph = self._add(text, _STYLES[piece.kind])
        return paragraph

    def _steps(self, lines: tuple[Line, ...]) -> None:
        """Steps in columns: number, what is reckoned, how. They stay together on a page."""
        table = self._table([(f"{line.number}.", line.what, line.text) for line in lines], _STEPS)
        for row, line in zip(table.rows, lines, strict=True):
            if not line.what:
                row.cells[1].merge(row.cells[2])
            for cell in row.cells:
                cell.paragraphs[0].paragraph_format.keep_with_next = line is not lines[-1]

    def _table(self, rows: Sequence[Sequence[str]], widths: Sequence[Length]) -> Table:
        """Rows between thin lines."""
        table: Table = self.document.add_table(len(rows), len(widths))
        table.autofit = False
        borders = OxmlElement("w:tblBorders")
        for side in ("top", "bottom", "insideH"):
            switch(borders, f"w:{side}", **_RULE)
        table._tbl.tblPr.append(borders)
        for column, width in zip(table.columns, widths, strict=True):
            column.width = width
        for row, texts in zip(table.rows, rows, strict=True):
            switch(row._tr.get_or_add_trPr(), "w:cantSplit")
            for cell, text, width in zip(row.cells, texts, widths, strict=True):
                cell.width = width
                self._fill(cell.paragraphs[0], text, "Steps")
        return table

    def _heading(self, title: str, style: str) -> None:
        self.bookmarks.place(self._add(_short(title), style))

    def _add(self, text: str, style: str) -> Paragraph:
        return self._fill(self.document.add_paragraph(), text, style)

    def _fill(self, paragraph: Paragraph, text: str, style: str) -> Paragraph:
        paragraph.style = self.document.styles[style]
        if text:
            add_text(paragraph, text)
        return paragraph


def _short(text: str) -> str:
    """The text on one line."""
    return " ".join(clean(text).split())

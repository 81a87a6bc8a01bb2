"""The FAQ as a workbook: a sheet that leads to the measures, and a sheet with all entries to sort, filter and print."""

import io
import math
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from openpyxl import Workbook
from openpyxl.cell import Cell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter, quote_sheetname
from openpyxl.worksheet.hyperlink import Hyperlink
from openpyxl.worksheet.properties import PageSetupProperties
from openpyxl.worksheet.worksheet import Worksheet

from bot.faq.entry import Entry, Faq
from bot.faq.formats.document_model import chapters, clean, headline, legend, plain
from bot.faq.formats.reproducible_zip import sealed
from bot.faq.formats.wording import label

_LONGEST_CELL = 32_767
_BEGINS_FORMULA = ("=", "+", "-", "@", "\t", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_FONT, _ACCENT, _SOFT, _WASH, _LINE = "Microsoft YaHei", "0B3F58", "505A60", "E6EEF0", "BFC7C9"
_RULE = Side("thin", color=_LINE)
_LINE_HEIGHT, _PADDING, _TALLEST = 15.0, 4.0, 409.0  # points; no row of Excel is taller
_A4 = 9
_MARGIN = 0.4  # inches
_CONTENTS_WIDTHS = (34, 52, 10)


@dataclass(frozen=True, slots=True)
class _Column:
    """A column of entries: the key of its heading, its width in characters, what stands in it."""

    key: str
    width: int
    text: Callable[[Entry], str]


def _places(entry: Entry) -> str:
    return "\n".join(dict.fromkeys(quotation.label for quotation in entry.quotations))


_COLUMNS = (
    _Column("id", 15, lambda entry: entry.id),
    _Column("group", 16, lambda entry: entry.group),
    _Column("measure", 18, lambda entry: entry.measure),
    _Column("question", 26, lambda entry: entry.question),
    _Column("answer", 70, plain),
    _Column("quotations", 46, lambda entry: "\n\n".join(quotation.quote for quotation in entry.quotations)),
    _Column("clauses", 18, _places),
    _Column("audiences", 11, lambda entry: label("between").join(entry.audiences) or label("everybody")),
    _Column("outcome", 11, lambda entry: label(f"outcome_{entry.outcome}")),
    _Column("origin", 11, lambda entry: label(f"origin_{entry.origin}")),
)


def write_workbook(faq: Faq) -> bytes:
    """Both sheets."""
    book = Workbook()
    book.remove(book.worksheets[0])
    contents = book.create_sheet(label("sheet_contents"))
    entries = book.create_sheet(label("sheet_entries"))
    rows = _write_entries(entries, faq)
    _write_contents(contents, faq, rows)
    for sheet in book.worksheets:
        _set_paper(sheet, faq)
    properties = book.properties
    properties.title, properties.creator = headline(faq), label("author")
    properties.language, properties.version = "zh-CN", clean(faq.edition)
    file = io.BytesIO()
    book.save(file)
    return sealed(file.getvalue())


def _write_entries(sheet: Worksheet, faq: Faq) -> dict[str, int]:
    """A row for each entry; the rows by id."""
    for place, column in enumerate(_COLUMNS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = column.width
        _head(_put(sheet, 1, place, label(f"column_{column.key}")))
    rows = {}
    for row, entry in enumerate(faq.entries, start=2):
        rows[entry.id] = row
        for place, column in enumerate(_COLUMNS, start=1):
            cell = _put(sheet, row, place, column.text(entry))
            cell.border = Border(bottom=_RULE)
            if column.key == "question":
                cell.font = Font(_FONT, 10, bold=True)
        sheet.row_dimensions[row].height = _height([(column.text(entry), column.width) for column in _COLUMNS])
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(_COLUMNS))}{max(2, len(faq.entries) + 1)}"
    sheet.print_title_rows = "1:1"
    return rows


def _write_contents(sheet: Worksheet, faq: Faq, rows: dict[str, int]) -> None:
    """What it is, and the groups and measures with how many entries they have; each leads to its first entry."""
    for place, width in enumerate(_CONTENTS_WIDTHS, start=1):
        sheet.column_dimensions[get_column_letter(place)].width = width
    row = 1
    _across(sheet, row, headline(faq)).font = Font(_FONT, 14, bold=True, color=_ACCENT)
    sheet.row_dimensions[row].height = 54
    lines = [label("made"), *legend(faq)]
    lines += [f"{label(key)}\uff1a{text}" for key, text in (("contact", faq.contact), ("edition", faq.edition)) if text]
    for row, line in enumerate(lines, start=2):
        _across(sheet, row, line)
        sheet.row_dimensions[row].height = _height([(line, sum(_CONTENTS_WIDTHS))])
    row += 2
    for place, key in enumerate(("group", "measure", "entries"), start=1):
        _head(_put(sheet, row, place, label(f"column_{key}")))
    for chapter in chapters(faq):
        for number, section in enumerate(chapter.sections):
            row += 1
            texts = (chapter.title if number == 0 else "", section.title or chapter.title)
            for place, text in enumerate(texts, start=1):
                _put(sheet, row, place, text).border = Border(bottom=_RULE)
            _lead(_cell(sheet, row, 2), rows[section.entries[0].id])
            _count(_cell(sheet, row, 3), len(section.entries))
            sheet.row_dimensions[row].height = _height(list(zip(texts, _CONTENTS_WIDTHS, strict=False)))
    row += 1
    _put(sheet, row, 1, label("total")).font = Font(_FONT, 10, bold=True)
    _count(_cell(sheet, row, 3), len(faq.entries))


def _put(sheet: Worksheet, row: int, place: int, text: str) -> Cell:
    """A cell that is text whatever it begins with, also when somebody edits it."""
    text = clean(text)
    if len(text) > _LONGEST_CELL:
        text = text[: _LONGEST_CELL - len(label("cut"))] + label("cut")
    cell = _cell(sheet, row, place)
    cell.value = text
    if text:
        cell.data_type = "s"
    cell.quotePrefix = text.startswith(_BEGINS_FORMULA)
    cell.font = Font(_FONT, 10)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _cell(sheet: Worksheet, row: int, place: int) -> Cell:
    cell = sheet.cell(row, place)
    assert isinstance(cell, Cell)  # noqa: S101 (none of ours lies behind merged ones)
    return cell


def _height(texts: Sequence[tuple[str, float]]) -> float:
    """How tall a row must be for texts that wrap in columns so wide: no program reckons it that only reads the file."""
    lines = max(
        sum(math.ceil(max(1, _width(line)) / (width - 1)) for line in clean(text).split("\n")) for text, width in texts
    )
    return min(_TALLEST, lines * _LINE_HEIGHT + _PADDING)


def _width(line: str) -> int:
    """In characters of Latin; one of Chinese is as wide as two."""
    return sum(1 if unicodedata.east_asian_width(character) in ("N", "Na", "H") else 2 for character in line)


def _across(sheet: Worksheet, row: int, text: str) -> Cell:
    """A line over all columns of the contents."""
    cell = _put(sheet, row, 1, text)
    cell.alignment = Alignment(wrap_text=True, vertical="center")
    sheet.merge_cells(start_row=row, end_row=row, start_column=1, end_column=len(_CONTENTS_WIDTHS))
    return cell


def _head(cell: Cell) -> None:
    cell.font = Font(_FONT, 10, bold=True, color="FFFFFF")
    cell.fill = PatternFill("solid", _ACCENT)
    cell.alignment = Alignment(wrap_text=True, vertical="center")


def _lead(cell: Cell, row: int) -> None:
    """A link to a row of the entries."""
    place = f"{quote_sheetname(label('sheet_entries'))}!A{row}"
    cell.hyperlink = Hyperlink(ref=cell.coordinate, location=place)
    cell.font = Font(_FONT, 10, color=_ACCENT, underline="single")


def _count(cell: Cell, number: int) -> None:
    cell.value, cell.font = number, Font(_FONT, 10)
    cell.border = Border(bottom=_RULE)
    cell.alignment = Alignment(horizontal="right", vertical="top")


def _set_paper(sheet: Worksheet, faq: Faq) -> None:
    """A4, as wide as the paper, with title and number on every page."""
    sheet.page_setup.paperSize = _A4
    sheet.page_setup.orientation = "landscape" if sheet.title == label("sheet_entries") else "portrait"
    sheet.sheet_properties.pageSetUpPr = PageSetupProperties(fitToPage=True)
    sheet.page_setup.fitToWidth, sheet.page_setup.fitToHeight = 1, 0
    margins = sheet.page_margins
    margins.left = margins.right = _MARGIN
    margins.top = margins.bottom = 2 * _MARGIN
    if sheet.oddHeader is not None and sheet.oddFooter is not None:
        sheet.oddHeader.center.text = _short(headline(faq))
        sheet.oddFooter.center.text = label("page_numbers", page="&P", pages="&N")


def _short(text: str) -> str:
    """The text as the head of a page takes it: on one line, its ampersands doubled, no longer than Excel allows."""
    return " ".join(text.split())[:100].replace("&", "&&")

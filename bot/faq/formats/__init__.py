"""The formats that an FAQ is written in. The same FAQ gives the same bytes, on any day and in any time zone."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from bot.faq.entry import Faq
from bot.faq.formats.json_format import write_json, write_jsonld
from bot.faq.formats.markdown_format import write_markdown

__all__ = ["FORMATS"]


def _page(faq: Faq) -> bytes:
    from bot.faq.formats.html_format import write_page  # noqa: PLC0415 (loads a template engine)

    return write_page(faq)


def _document(faq: Faq) -> bytes:
    from bot.faq.formats.docx_format import write_document  # noqa: PLC0415 (loads a library of documents)

    return write_document(faq)


def _workbook(faq: Faq) -> bytes:
    from bot.faq.formats.xlsx_format import write_workbook  # noqa: PLC0415 (loads a library of spreadsheets)

    return write_workbook(faq)


FORMATS: Mapping[str, Callable[[Faq], bytes]] = MappingProxyType(
    {
        "md": write_markdown,
        "html": _page,
        "json": write_json,
        "docx": _document,
        "xlsx": _workbook,
        "jsonld": write_jsonld,
    }
)
"""By the ending of a file: what writes it."""

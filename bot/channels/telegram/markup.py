"""Markup: blocks as the HTML that Telegram reads, and choices as buttons. What people see is the text of the blocks."""

from collections.abc import Iterable, Sequence
from html import escape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup

from bot.nlg.block import Block
from bot.nlg.message import Choice, OutboundMessage

_ROW = 16  # characters on one row of buttons; a telephone shows no more
_MOST_IN_ROW = 4


def html_of(blocks: Iterable[Block]) -> str:
    """Blocks as HTML: quotations set off, headings bold."""
    html = ""
    for block in blocks:
        html += ("\n\n" if block.opens else "\n") * bool(html) + _block(block)
    return html


def keyboard(part: OutboundMessage, number: int) -> InlineKeyboardMarkup | None:
    """The buttons under a part of the answer with that number; each names the answer and its own place."""
    if not part.choices:
        return None
    rows: list[list[InlineKeyboardButton]] = [[]]
    for index, choice in enumerate(part.choices):
        if rows[-1] and not _fits(rows[-1], choice):
            rows.append([])
        rows[-1].append(InlineKeyboardButton(choice.label, callback_data=f"{number}.{index}"))
    return InlineKeyboardMarkup(rows)


def _fits(row: Sequence[InlineKeyboardButton], choice: Choice) -> bool:
    return len(row) < _MOST_IN_ROW and sum(len(button.text) for button in row) + len(choice.label) <= _ROW


def _block(block: Block) -> str:
    full = _escaped(block.full)
    if block.role == "quote" and full:
        return f"<blockquote>{full}</blockquote>"
    if block.role == "heading" and block.text:
        text = _escaped(block.text)
        return full.replace(text, f"<b>{text}</b>", 1)
    return full


def _escaped(text: str) -> str:
    return escape(text, quote=False)

"""Answers in the Markdown dialect that WeCom AI bots show. Pure functions."""

import re
from collections.abc import Sequence

from bot.nlg.block import Block
from bot.nlg.message import utf8_bytes

MOST_BYTES = 20_480
_BREAK = "  \n"  # two spaces keep a line apart where a reader would join lines; none sees them
_AROUND_LINE = 10  # bytes that setting may add to a line: the sign of a quotation, bold at both ends, the break
_ANYWHERE = re.compile(r"[\\`*_\[\]~|]")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_AT_START = re.compile(r"^(?:[#>]|[-+](?=[-+\s]|$)|=+$)")
_NUMBER_AT_START = re.compile(r"^(\d{1,9})([.)])(?=\s|$)")


def markdown(blocks: Sequence[Block]) -> str:
    """The blocks with quotations set off, and places and headings in bold; nothing else is read as markup."""
    text, quoted = "", False
    for block in blocks:
        if text:
            # A quotation would swallow a line that follows it directly.
            text += "\n\n" if block.opens or (quoted and block.role != "quote") else _BREAK
        text += _set(block)
        quoted = block.role == "quote"
    return text


def escaped(text: str) -> str:
    """Words as Markdown that shows exactly them."""
    return _BREAK.join(_escaped(line) for line in text.split("\n"))


def measure(text: str) -> int:
    """The most bytes that words can take once they are set, whatever their role."""
    return sum(utf8_bytes(_escaped(line)) + _AROUND_LINE for line in text.split("\n"))


def _set(block: Block) -> str:
    match block.role:
        case "heading":
            return _BREAK.join(_bold(line) for line in block.full.split("\n"))
        case "quote":
            *words, place = block.full.split("\n") if block.label else (*block.full.split("\n"), "")
            lines = [_escaped(line) for line in words] + [_bold(place)] * bool(block.label)
            return _BREAK.join(f"> {line}" for line in lines)
        case _:
            return escaped(block.full)


def _bold(line: str) -> str:
    """A whole line in bold: amid a line, signs of bold beside Chinese punctuation are not read as such."""
    words = _escaped(line.strip())
    return f"**{words}**" if words else ""


def _escaped(line: str) -> str:
    """One line, without the blanks around it: before it they would make code of it."""
    line = line.replace("\r", "").strip(" \t")
    line = _ANYWHERE.sub(r"\\\g<0>", line)
    line = _ENTITY.sub("&amp;", line).replace("<", "&lt;")  # as `<@name>` it would call somebody
    line = _AT_START.sub(r"\\\g<0>", line)
    return _NUMBER_AT_START.sub(r"\1\\\2", line)

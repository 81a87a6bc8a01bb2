"""Replies on a terminal, wrapped by display width with quotations set apart; elsewhere plain text."""

import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import click

from bot.dialog.reply import citations_of
from bot.nlg.turn import Turn

if TYPE_CHECKING:
    from rich.console import Console

WIDEST = 100
BAR = "│ "
_QUOTE, _PLACE, _POINT, _NOTE = "cyan", "dim", "bold", "dim"


def show_turn(turn: Turn) -> None:
    """Print a reply."""
    show_text(turn.text, [citation.label for citation in citations_of(turn.reply)])


def show_text(text: str, labels: Iterable[str] = ()) -> None:
    """Print a text; a line that ends in one of the labels names the place of the quotation above it."""
    if not sys.stdout.isatty():
        click.echo(text)
        return
    for line, style in styled_lines(text, frozenset(labels)):
        _print(line, style)


def show_note(text: str) -> None:
    """Print a line about the desk itself, not about the policy."""
    if not sys.stdout.isatty():
        click.echo(text)
        return
    for line in text.split("\n"):
        _print(line, _NOTE)


def styled_lines(text: str, labels: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The lines of a reply, each with its style: quotation, its place, point of a list, or none."""
    lines = text.split("\n")
    places = [any(line.endswith(label) for label in labels) and len(line) < _longest(labels) for line in lines]
    for line, is_place, place_follows in zip(lines, places, [*places[1:], False], strict=True):
        if is_place or (place_follows and line):
            yield line, _PLACE if is_place else _QUOTE
        else:
            yield line, _POINT if line.startswith("• ") else ""


def make_console() -> "Console":
    """A console for standard output, at most `WIDEST` columns wide, that prints texts as they are."""
    from rich.console import Console  # noqa: PLC0415 (answers to programs need none)

    console = Console(highlight=False, markup=False, emoji=False)
    console.width = min(console.width, WIDEST) if sys.stdout.isatty() else WIDEST
    return console


def _longest(labels: frozenset[str]) -> int:
    return max(map(len, labels), default=0) + 5  # a place is its label after a dash


def _print(line: str, style: str) -> None:
    from rich.text import Text  # noqa: PLC0415

    from bot.cli.wrapping import wrap  # noqa: PLC0415

    console = make_console()
    barred = style in (_QUOTE, _PLACE)
    width = console.width - (len(BAR) if barred else 0)
    for row in wrap(line, width):
        parts = [(BAR, _PLACE), (row, style)] if barred else [(row, style)]
        console.print(Text.assemble(*parts), no_wrap=True, overflow="ignore", crop=False)

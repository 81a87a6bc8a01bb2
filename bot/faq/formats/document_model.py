"""The document model of an FAQ entry: its answer as lines, lists, steps and quotations."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import Literal
from urllib.parse import quote

from bot.faq.entry import Entry, Faq, Paragraph
from bot.faq.formats.wording import label

Kind = Literal["text", "note", "caption", "bullets", "numbered", "steps", "quote", "heading"]
_BULLET = "\u2022 "
_NUMBERED = re.compile(r"(?P<number>\d{1,6})\. (?P<rest>.+)")
_LABELLED = re.compile("(?P<what>[^\uff1a]+\uff1a)(?P<how>.+)")  # up to a full-width colon
_FORBIDDEN = {code: "\ufffd" for code in (*range(32), 0xFFFE, 0xFFFF) if chr(code) not in "\t\n"}
"""Characters that no XML file may hold."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line; in a list with its `number`, in a step with `what` is reckoned, colon included."""

    text: str
    number: int = 0
    what: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """Lines that are set alike. A quotation, or a heading that is quoted, has the `place` that it stands in."""

    kind: Kind
    lines: tuple[Line, ...]
    place: str = ""


@dataclass(frozen=True, slots=True)
class Section:
    """The entries of one measure, or of none, under an anchor."""

    anchor: str
    title: str
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A group with its sections, under an anchor."""

    anchor: str
    title: str
    sections: tuple[Section, ...]

    @property
    def count(self) -> int:
        """How many entries it has."""
        return sum(len(section.entries) for section in self.sections)


def chapters(faq: Faq) -> tuple[Chapter, ...]:
    """The groups in reading order, with an anchor for each heading."""
    return tuple(
        Chapter(
            f"part-{number}",
            group or label("general"),
            tuple(
                Section(f"part-{number}-{place}", measure, tuple(entries))
                for place, (measure, entries) in enumerate(measures, start=1)
            ),
        )
        for number, (group, measures) in enumerate(faq.chapters(), start=1)
    )


def headline(faq: Faq) -> str:
    """What stands above all: the title of the policy, and that these are questions about it."""
    return label("headline", title=clean(faq.title))


def anchor(entry: Entry) -> str:
    """The name by which a link finds the entry: its id, without blanks."""
    return re.sub(r"\s+", "-", clean(entry.id))


def fragment(name: str) -> str:
    """An anchor as the end of a link: only what would end the link is spelled by its bytes."""
    return re.sub(r"[^\w./:~-]", lambda unsafe: quote(unsafe[0]), name)


def clean(text: str) -> str:
    """The text without characters that no file of ours may hold; lines end in one way."""
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_FORBIDDEN)


def plain(entry: Entry) -> str:
    """The answer in one piece, with every quotation."""
    return clean("\n\n".join(paragraph.block.full for paragraph in _whole(entry)))


def pieces(entry: Entry) -> tuple[Piece, ...]:
    """The answer in the order in which it is read; a quotation that the answer does not show follows it."""
    return tuple(piece for paragraph in _whole(entry) for piece in _apart(paragraph))


def marks(entry: Entry) -> tuple[str, ...]:
    """What a reader must know before the answer: that the document is silent, that many asked, that staff answered."""
    keys = (f"outcome_{entry.outcome}" if entry.outcome != "answered" else "", _origin(entry))
    return tuple(label(key) for key in keys if key)


def audience(entry: Entry) -> str:
    """For whom it is; empty where it names nobody."""
    return label("audiences", audiences=label("between").join(map(clean, entry.audiences))) if entry.audiences else ""


def legend(faq: Faq) -> tuple[str, ...]:
    """What the marks mean, for those that the FAQ has."""
    found = {f"legend_{kind}" for entry in faq.entries for kind in (entry.outcome, entry.origin)}
    return tuple(label(key) for key in ("legend_not_covered", "legend_asked", "legend_curated") if key in found)


def _origin(entry: Entry) -> str:
    return f"origin_{entry.origin}" if entry.origin != "policy" else ""


def _whole(entry: Entry) -> Iterator[Paragraph]:
    yield from entry.answer
    shown = [(paragraph.label, paragraph.text) for paragraph in entry.answer if paragraph.label]
    for quotation in entry.quotations:
        if not any(place == quotation.label and quotation.quote in text for place, text in shown):
            yield Paragraph(role="quote", text=quotation.quote, label=quotation.label)


def _apart(paragraph: Paragraph) -> Iterator[Piece]:
    lines = clean(paragraph.text).split("\n")
    if paragraph.role in ("quote", "heading"):
        kind: Kind = "heading" if paragraph.role == "heading" else "quote"
        yield Piece(kind, tuple(map(Line, lines)), clean(paragraph.label))
        return
    read = [_read(line, paragraph) for line in lines if line.strip()]
    runs = [line.number - place if line.number else 0 for place, (_, line) in enumerate(read)]
    for (kind, _), run in groupby(zip(read, runs, strict=True), key=lambda each: (each[0][0], each[1])):
        yield Piece(kind, tuple(line for (_, line), _ in run))
    if paragraph.label:
        yield Piece("note", (Line(label("place", label=clean(paragraph.label))),))


def _read(line: str, paragraph: Paragraph) -> tuple[Kind, Line]:
    """A line and how it is set."""
    if line.startswith(_BULLET):
        return "bullets", Line(line.removeprefix(_BULLET))
    if numbered := _NUMBERED.fullmatch(line):
        number, rest = int(numbered["number"]), numbered["rest"]
        if paragraph.role != "steps":
            return "numbered", Line(rest, number)
        labelled = _LABELLED.fullmatch(rest)
        return "steps", Line(labelled["how"], number, labelled["what"]) if labelled else Line(rest, number)
    if paragraph.role in ("steps", "note"):
        return "caption" if paragraph.role == "steps" else "note", Line(line)
    return "text", Line(line)

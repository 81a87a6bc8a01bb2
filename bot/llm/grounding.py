"""Grounding: whether a statement says nothing but what one clause says.

A statement is read as the figures in it and the gaps between them. It is given by a clause if a run of the clause's
parts has the same figures, each with its unit and its bound, in the same order, and if each gap is put together from
pieces of the same gap of that run and from words that merely connect.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache, cached_property

from bot.llm.prompts import load_prompts
from knowledge.numerals import HUNDRED_MILLION, SMALL_SCALES, TEN_THOUSAND

HAN = r"\u4e00-\u9fff"
_HAN_RUN = re.compile(f"[{HAN}]+")
_SHORTEST_PIECE, _SHORTEST_SUBJECT = 2, 4


@dataclass(frozen=True)
class Statement:
    """A text as its figures, with the gaps before, between and behind them: one more than there are figures."""

    text: str
    figures: tuple[str, ...]
    gaps: tuple[str, ...]

    @cached_property
    def bounds(self) -> tuple[frozenset[str], ...]:
        """How each figure is bounded: classes of words before or right behind it; in a row, as the one before."""
        found: list[frozenset[str]] = []
        for number, (before, after) in enumerate(zip(self.gaps, self.gaps[1:], strict=False)):
            in_a_row = number > 0 and before == load_prompts().list_mark
            found.append(found[-1] if in_a_row else _bounds(before, after))
        return tuple(found)

    @property
    def bounded(self) -> tuple[tuple[str, frozenset[str]], ...]:
        """The figures with their bounds."""
        return tuple(zip(self.figures, self.bounds, strict=True))

    def room(self, number: int) -> tuple["Room", "Room"]:
        """What the parts of a gap may be put together from: first those behind a figure, then that before the next.

        Words right behind a figure may come before it, and whole parts without a figure move from end to end.
        """
        gap, last = self.gaps[number], len(self.figures)
        if number == last:
            whole = Room(gap, _parted(self.gaps[0])[0])
            return whole, whole
        behind, comma, _ = _at_comma(self.gaps[number + 1])
        closes_part = comma or number + 1 == last
        moved = _at_comma(self.gaps[last])[2] if number == 0 else ""
        far, near = _parted(gap)
        beside = Room(near if number else gap, "\n".join((moved, behind if closes_part else "")))
        return Room(far) if number and far else beside, beside


@dataclass(frozen=True)
class Room:
    """What a text may be put together from: pieces of `text` in their order, and of `beside` in any."""

    text: str
    beside: str = ""


def read_statement(text: str) -> Statement:
    """The figures of a text and what is between them."""
    matches = list(_figure().finditer(text))
    edges = [0, *(edge for match in matches for edge in match.span()), len(text)]
    gaps = tuple(text[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))
    return Statement(text, tuple(match[0] for match in matches), gaps)


@dataclass(frozen=True)
class Unit:
    """One statement of a clause, with the parts between its commas and the place of the clause."""

    text: str
    label: str

    @cached_property
    def parts(self) -> tuple[str, ...]:
        """What stands between the commas."""
        return tuple(re.split(f"[{re.escape(load_prompts().part_ends)}]", self.text))

    @cached_property
    def bounded(self) -> frozenset[tuple[str, frozenset[str]]]:
        """All figures of it with their bounds."""
        return frozenset(pair for run, _ in self.runs for pair in run.bounded)

    @cached_property
    def runs(self) -> tuple[tuple[Statement, str], ...]:
        """Parts in a row, each run with the subject that leads to its first figure.

        A run takes all parts without figures that are beside it, so that no condition is left out.
        """
        parts = [read_statement(part) for part in self.parts]
        having = [number for number, part in enumerate(parts) if part.figures]
        comma = load_prompts().part_ends[0]
        found = []
        for first, start in enumerate(having):
            begins = having[first - 1] + 1 if first else 0
            for last, _ in enumerate(having[first:], start=first):
                ends = having[last + 1] if last + 1 < len(having) else len(parts)
                run = read_statement(comma.join(self.parts[begins:ends]))
                found.append((run, self._subject(begins, start)))
        return tuple(found)

    def _subject(self, begins: int, figure_part: int) -> str:
        """The last part up to the figure that begins a subject, else the first, without what is granted."""
        heads = load_prompts().subjects
        marked = [n for n in range(begins, figure_part + 1) if self.parts[n].startswith(heads)]
        part = self.parts[marked[-1] if marked else begins]
        return "\n".join(read_statement(load_prompts().granting.split(part)[0]).gaps)


def units_of(quotes: Collection[tuple[str, str]]) -> tuple[Unit, ...]:
    """The statements of quoted clauses, given as place and words."""
    ends = re.compile(f"[{re.escape(load_prompts().clause_ends)}]")
    return tuple(Unit(text, label) for label, quote in quotes for text in ends.split(quote) if text.strip())


def statements_of(text: str) -> tuple[Statement, ...]:
    """The statements of a lead."""
    parts = re.split(f"[{re.escape(load_prompts().statement_ends)}]", text)
    return tuple(read_statement(part) for part in parts if part.strip())


def covered(text: str, source: str, words: Collection[str]) -> bool:
    """Whether all Chinese of a text is put together from pieces of a source, in any order, and from words."""
    return fits(text, Room("", source), words)


def fits(text: str, room: Room, words: Collection[str]) -> bool:
    """Whether all Chinese of a text is put together from what a room gives, in pieces of two characters at least."""
    place = 0
    for match in _HAN_RUN.finditer(text):
        reached = _placed(match[0], room, words, place)
        if reached is None:
            return False
        place = reached
    return True


def gives(run: Statement, statement: Statement, connecting: Collection[str]) -> bool:
    """Whether a run of a clause says what the statement says, figure by figure and gap by gap."""
    if run.bounded != statement.bounded:
        return False
    for number, gap in enumerate(statement.gaps):
        beside = frozenset[str]().union(*statement.bounds[max(number - 1, 0) : number + 1])
        alike = [word for word, name in load_prompts().bound_classes.items() if name in beside]
        words = {*connecting, *alike}
        if not all(fits(own, room, words) for own, room in zip(_parted(gap), run.room(number), strict=True)):
            return False
    return True


def omits(run: Statement, statement: Statement) -> bool:
    """Whether a statement leaves out a word of the run that a figure may not be without."""
    return any(word in run.text and word not in statement.text for word in load_prompts().kept)


def names(subject: str, statement: Statement, others: str) -> bool:
    """Whether a statement names its subject by words that stand in no other clause."""
    pieces = (
        run[start : start + _SHORTEST_SUBJECT]
        for run in _HAN_RUN.findall(subject)
        for start in range(len(run) - _SHORTEST_SUBJECT + 1)
    )
    return any(piece in statement.text and piece not in others for piece in pieces)


def _placed(run: str, room: Room, words: Collection[str], place: int) -> int | None:
    """How far into the room a run reaches, at the least, that begins behind a place of it; None where it does not."""
    longest = max(map(len, words), default=0)
    reached: list[int | None] = [place, *[None] * len(run)]
    for start in range(len(run)):
        behind = reached[start]
        if behind is None:
            continue
        for end in range(start + 1, len(run) + 1):
            piece = run[start:end]
            found = room.text.find(piece, behind)
            known = piece in room.beside
            if found < 0 and not known and len(piece) > longest:
                break
            long_enough = len(piece) >= _SHORTEST_PIECE
            if piece in words or (known and long_enough):
                reached[end] = _least(reached[end], behind)
            elif found >= 0 and long_enough:
                reached[end] = _least(reached[end], found + len(piece))
    return reached[-1]


def _least(one: int | None, other: int) -> int:
    return other if one is None else min(one, other)


def _bounds(before: str, after: str) -> frozenset[str]:
    """Classes of the words that bound a figure: the last before it in its part, and one right behind it."""
    classes = load_prompts().bound_classes
    _, near = _parted(before)
    found = set()
    if last := _last_bound(near):
        found.add(classes[last])
    found |= {name for word, name in classes.items() if after.startswith(word)}
    return frozenset(found)


def _last_bound(text: str) -> str | None:
    """The bounding word that ends nearest to the end; of several that end there, the longest."""
    best: tuple[int, int, str] | None = None
    for word in load_prompts().bound_classes:
        end = text.rfind(word) + len(word)
        stands = text.endswith(word) if len(word) == 1 else word in text
        if stands and (best is None or (end, len(word)) > best[:2]):
            best = (end, len(word), word)
    return best[2] if best else None


def _at_comma(text: str) -> tuple[str, str, str]:
    """The part of a gap before its first comma, the comma, and the parts behind it."""
    match = re.search(f"[{re.escape(load_prompts().part_ends)}]", text)
    return (text[: match.start()], match[0], text[match.end() :]) if match else (text, "", "")


def _parted(text: str) -> tuple[str, str]:
    """The parts of a gap before the last comma, and the part behind it."""
    near = re.split(f"[{re.escape(load_prompts().part_ends)}]", text)[-1]
    return text[: len(text) - len(near)], near


@cache
def _figure() -> re.Pattern[str]:
    units = "|".join(map(re.escape, load_prompts().units))
    return re.compile(rf"[0-9][0-9.,+\-]*[{SMALL_SCALES}{TEN_THOUSAND}{HUNDRED_MILLION}]*(?:{units})?")

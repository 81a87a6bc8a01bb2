"""Splitting: the blocks of an answer as messages within a channel's limit.

A quotation never stands without its place: each piece of one that is cut carries it again, and a message that holds
none of the quotations names their places at its end.
"""

import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import replace

from bot.nlg.block import Block, text_of
from bot.nlg.message import Limit
from bot.nlg.wording import say
from knowledge.numerals import PAUSE, SENTENCE_CLOSE

Blocks = tuple[Block, ...]
Fits = Callable[[Blocks], bool]

_MOST_PLACES = 3
_LEAST_SHARE = 3  # a message is at least so many times as long as the line of places under it
_JOINS = "\u0300-\u036f\u200d\ufe0e\ufe0f\u20e3\U0001f3fb-\U0001f3ff"
# Where nothing better is found, a text is cut between characters as people see them, but not inside a figure or word.
_ATOM = re.compile(rf"(?:[A-Za-z0-9.,%]{{1,40}}|.)(?:[{_JOINS}]|(?<=\u200d).)*", re.DOTALL)
_BORDERS = (re.compile(r"\n"), SENTENCE_CLOSE, PAUSE, _ATOM)


def split(blocks: Blocks, limit: Limit) -> tuple[Blocks, ...]:
    """Messages, none longer than the limit and none more than it allows; what is left out is owned up to."""
    if limit.measure(text_of(blocks)) <= limit.size:
        return (blocks,)
    places = _places(blocks)
    reserve = limit.measure(text_of((Block("note", "."), *places))) if places else 0
    if reserve * _LEAST_SHARE > limit.size:
        places, reserve = (), 0
    room = limit.size - reserve
    parts = _packed(blocks, lambda part: limit.measure(text_of(part)) <= room)
    if len(parts) > limit.parts:
        parts = _shortened(parts[: limit.parts], replace(limit, size=room))
    return tuple(part if any(block.label for block in part) else (*part, *places) for part in parts)


def _places(blocks: Blocks) -> Blocks:
    """The line that names where the quotations of an answer stand; none where it quotes nothing."""
    labels = tuple(dict.fromkeys(block.label for block in blocks if block.label))
    if not labels:
        return ()
    named = say("between").join(labels[:_MOST_PLACES])
    return (Block("note", say("grounds_some" if len(labels) > _MOST_PLACES else "grounds", places=named)),)


def _packed(blocks: Blocks, fits: Fits) -> list[Blocks]:
    """As few messages as whole strands allow; only a strand that is too long for a message of its own is cut."""
    parts: list[Blocks] = []
    part: Blocks = ()
    for strand in _strands(blocks):
        if fits((*part, *strand)):
            part += strand
            continue
        if part:
            parts.append(part)
        *full, part = _spread(strand, fits)
        parts += full
    return [*parts, part]


def _strands(blocks: Blocks) -> Iterator[Blocks]:
    """Blocks that stay together: a quotation with the sentence that leads to it."""
    lead: Blocks = ()
    for block, follower in zip(blocks, (*blocks[1:], None), strict=True):
        if block.role == "said" and follower is not None and follower.label:
            lead = (block,)
        else:
            yield (*lead, block)
            lead = ()


def _spread(strand: Blocks, fits: Fits) -> list[Blocks]:
    """A strand over several messages."""
    parts: list[Blocks] = []
    part: Blocks = ()
    for block in strand:
        rest = block.text
        while rest:
            end = _longest(rest, _fitting(part, block, fits))
            if not end and part:
                parts.append(part)
                part = ()
                continue
            end = end or _first_atom(rest)  # a limit that not even one character fits is no limit of a channel
            part = (*part, replace(block, text=rest[:end].rstrip("\n")))
            rest = rest[end:].lstrip("\n")
            if rest:
                parts.append(part)
                part = ()
    return [*parts, part]


def _fitting(part: Blocks, block: Block, fits: Fits) -> Callable[[str], bool]:
    return lambda text: fits((*part, replace(block, text=text.rstrip("\n"))))


def _longest(text: str, fits: Callable[[str], bool]) -> int:
    """Where to end the longest beginning of a text that fits and ends well; 0 where nothing of it fits."""
    if fits(text):
        return len(text)
    for border in _BORDERS:
        ends = [match.end() for match in border.finditer(text)]
        fitting = bisect_left(ends, True, key=lambda end: not fits(text[:end]))
        if fitting:
            return ends[fitting - 1]
    return 0


def _first_atom(text: str) -> int:
    match = _ATOM.match(text)
    return match.end() if match else len(text)


def _shortened(parts: list[Blocks], limit: Limit) -> list[Blocks]:
    """The parts with the admission, in the last, that more would have followed."""
    admission = Block("note", say("cut_short"))
    *whole, last = parts
    kept = _packed(last, lambda part: limit.measure(text_of((*part, admission))) <= limit.size)[0]
    return [*whole, (*kept, admission)]

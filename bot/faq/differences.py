"""Differences between two FAQs: which entries came, went and changed, and how. Pure: two values in, one value out."""

import difflib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bot.faq.entry import Entry, Faq
from bot.nlg.guard import figures
from bot.records.replay import Change

_OF_ALL = ("policy", "title", "contact")
_ABOUT = ("group", "measure", "question", "outcome", "origin", "audiences")


@dataclass(frozen=True, slots=True)
class Changed:
    """An entry that is in both, and how it differs; `renamed`: the same question has another id.

    `about` are changes of what it is called and where it stands, `quotations` by their clause, None where it was not or
    is no longer quoted. `gone` and `come` are figures that the answer gives less and more often, `text` the lines that
    were (`-`) and are (`+`).
    """

    old: Entry
    new: Entry
    about: tuple[Change, ...]
    quotations: tuple[Change, ...]
    gone: tuple[str, ...]
    come: tuple[str, ...]
    text: tuple[str, ...]

    @property
    def renamed(self) -> bool:
        """Whether the id is another."""
        return self.old.id != self.new.id


@dataclass(frozen=True, slots=True)
class FaqDifferences:
    """What differs between two FAQs; entries in the order in which a reader meets them. `about` is the FAQ as such."""

    about: tuple[Change, ...]
    added: tuple[Entry, ...]
    removed: tuple[Entry, ...]
    changed: tuple[Changed, ...]
    unchanged: int

    @property
    def same(self) -> bool:
        """Whether a reader would find no difference."""
        return not (self.about or self.added or self.removed or self.changed)


def faq_differences(old: Faq, new: Faq) -> FaqDifferences:
    """What differs between two FAQs. How many people asked a question is no difference, nor is the order."""
    pairs = _pairs(old.entries, new.entries)
    matched = {entry.id for entry, _ in pairs}, {entry.id for _, entry in pairs}
    changed = [each for each in (_compared(*pair) for pair in pairs) if each]
    return FaqDifferences(
        about=_changes({name: getattr(old, name) for name in _OF_ALL}, {name: getattr(new, name) for name in _OF_ALL}),
        added=tuple(entry for entry in new.entries if entry.id not in matched[1]),
        removed=tuple(entry for entry in old.entries if entry.id not in matched[0]),
        changed=tuple(changed),
        unchanged=len(pairs) - len(changed),
    )


def differing(then: str, now: str, *, around: int = 12, omission: str = "...") -> tuple[str, str]:
    """The words in which two texts differ, with so many characters around; what is left out is marked.

    >>> differing("at most 500 yuan a year", "at most 600 yuan a year", around=2)
    ('...t 500 y...', '...t 600 y...')
    """
    shorter = min(len(then), len(now))
    begin = next((place for place in range(shorter) if then[place] != now[place]), shorter)
    rest = shorter - begin
    end = next((place for place in range(rest) if then[-1 - place] != now[-1 - place]), rest)
    # A figure is shown in whole, also where only its last digits differ.
    while begin and then[begin - 1].isdigit():
        begin -= 1
    while end and then[len(then) - end].isdigit():
        end -= 1
    return _part(then, begin, end, around, omission), _part(now, begin, end, around, omission)


def _part(text: str, begin: int, end: int, around: int, omission: str) -> str:
    start, stop = max(begin - around, 0), min(len(text) - end + around, len(text))
    return omission * (start > 0) + text[start:stop] + omission * (stop < len(text))


def _pairs(old: Sequence[Entry], new: Sequence[Entry]) -> list[tuple[Entry, Entry]]:
    """Entries of one id, and those whose id is gone while a new one asks the same; in the order of the new ones."""
    by_id = {entry.id: entry for entry in old}
    kept = {entry.id for entry in new}
    by_question = {entry.question: entry for entry in reversed(old) if entry.id not in kept}
    pairs = []
    for entry in new:
        former = by_id.get(entry.id) or by_question.pop(entry.question, None)
        if former:
            pairs.append((former, entry))
    return pairs


def _compared(old: Entry, new: Entry) -> Changed | None:
    """How an entry changed; None where it did not."""
    if old.model_copy(update={"asked": new.asked}) == new:
        return None
    gone, come = _figures(old, new)
    return Changed(
        old=old,
        new=new,
        about=_changes({name: getattr(old, name) for name in _ABOUT}, {name: getattr(new, name) for name in _ABOUT}),
        quotations=_changes(_quoted(old), _quoted(new)),
        gone=gone,
        come=come,
        text=_lines(old, new),
    )


def _quoted(entry: Entry) -> dict[str, str]:
    """The words quoted of each clause."""
    found: dict[str, str] = {}
    for quotation in entry.quotations:
        before = found.get(quotation.clause)
        found[quotation.clause] = f"{before}\n{quotation.quote}" if before else quotation.quote
    return found


def _figures(old: Entry, new: Entry) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Figures that the answer gives less often than it did, and more often; how one is written does not matter."""
    then, now = figures(old.text), figures(new.text)
    counts = Counter((figure.value, figure.is_rate) for figure in then)
    counts.subtract((figure.value, figure.is_rate) for figure in now)
    gone = (figure.words for figure in then if counts[figure.value, figure.is_rate] > 0)
    come = (figure.words for figure in now if counts[figure.value, figure.is_rate] < 0)
    return tuple(dict.fromkeys(gone)), tuple(dict.fromkeys(come))


def _lines(old: Entry, new: Entry) -> tuple[str, ...]:
    """The lines of the answer that differ; what is quoted is compared by its clause instead."""
    compared = difflib.unified_diff(_said(old), _said(new), lineterm="", n=0)
    return tuple(line for line in list(compared)[2:] if not line.startswith("@@"))  # without the names of files


def _said(entry: Entry) -> list[str]:
    own = (paragraph.text for paragraph in entry.answer if paragraph.role not in ("quote", "heading"))
    return [line for text in own for line in text.splitlines()]


def _changes(then: Mapping[str, object], now: Mapping[str, object]) -> tuple[Change, ...]:
    keys: Iterable[str] = dict.fromkeys((*then, *now))
    return tuple(Change(key, then.get(key), now.get(key)) for key in keys if then.get(key) != now.get(key))

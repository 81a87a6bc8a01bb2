"""Questions that several people asked, taken from the records without anything that identifies a person."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

from bot.nlu.reading import Reader
from bot.records.journal import Record
from bot.records.masking import COVER

LEAST = 3  # people: a question of fewer says too much about them
_LONGEST = 60
_DIGITS = 8


@dataclass(frozen=True, slots=True)
class Asked:
    """A question in the words that most used, and how many people asked it."""

    words: str
    people: int

    @property
    def id(self) -> str:
        """A name that stays while the words stay."""
        return f"asked-{hashlib.sha256(self.words.encode()).hexdigest()[:_DIGITS]}"


def asked_by_many(records: Iterable[Record], reader: Reader, *, least: int = LEAST) -> tuple[Asked, ...]:
    """Questions that several people asked alike and nobody found badly answered, most people first.

    Left out is what holds figures (somebody's own case) and what was refused or computed.
    """
    sessions: dict[str, set[tuple[str, str]]] = {}
    rejected = set()
    for record in records:
        entry = record.entry
        words = " ".join(entry.said.message.split())
        if record.opinion == "bad":
            rejected.add(words)
        if entry.reply.outcome == "answered" and not entry.reply.calculations and len(words) <= _LONGEST:
            sessions.setdefault(words, set()).add((entry.channel, entry.session))
    many = [Asked(words, len(people)) for words, people in sessions.items() if len(people) >= least]
    plain = [each for each in many if each.words not in rejected and not _tells_of_a_case(each.words, reader)]
    return tuple(sorted(plain, key=lambda each: (-each.people, each.words)))


def _tells_of_a_case(words: str, reader: Reader) -> bool:
    return bool(reader.read(words).quantities) or any(char.isdigit() for char in words) or COVER in words

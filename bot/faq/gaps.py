"""Gaps: questions that were refused or whose answer was rated bad, clustered by meaning."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from bot.dialog.reply import Greeting, NotCovered
from bot.dialog.topics import topics_of
from bot.faq.clusters import Sign, gathered, most_central
from bot.nlg.turn import Conversation
from bot.nlu.labels import MATTERS, NEVER_STATED
from bot.nlu.normalization import printable
from bot.nlu.reading import Reading
from bot.records.journal import Record
from bot.records.masking import COVER
from bot.service.desk import Desk
from knowledge.numerals import SENTENCE_MARKS

Tell = Callable[[int, int], None]
Aside = Literal["courtesy", "improper", "chatter", "answered"]
Counted = tuple[tuple[str, int], ...]

_SUM, _COUNT = "amount", "count"  # how much, and how many of whatever it is
_BESIDE = frozenset({_COUNT, "content", "duration"})  # said along with what a document never states
_ONE_QUESTION = frozenset({"deadline", "payment", "hours", "website"})
_ELSEWHERE = frozenset({"other_place", "other_edition", "no_measure"})
_KINDS = frozenset({"compute", "list", "compare", "inverse"})

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Nearest:
    """The clause that was quoted beside."""

    clause: str
    quote: str


@dataclass(frozen=True, slots=True)
class Gap:
    """One question that was refused or answered badly, with how often it was asked and by how many people.

    `phrasing` is how most put it, else the wording nearest to all. `refusals` are the reasons that were given and
    `opinions` what people said of answers that they found bad, each with how often. `records` are ids.
    """

    phrasing: str
    wordings: Counted
    people: int
    refusals: Counted
    bad: int
    opinions: Counted
    nearest: Nearest | None
    first: date
    last: date
    records: tuple[int, ...]

    @property
    def times(self) -> int:
        """How often it was asked."""
        return len(self.records)


@dataclass(frozen=True, slots=True)
class Gaps:
    """All gaps, those of most people first; how many turns were looked at, and how many left out for which reason."""

    found: tuple[Gap, ...]
    seen: int
    asides: Counter[Aside]


@dataclass(frozen=True, slots=True)
class _Asking:
    """One turn."""

    record: int
    person: tuple[str, str]
    day: date
    refusal: str
    bad: bool
    opinion: str
    nearest: Nearest | None


@dataclass(slots=True)
class _Wording:
    """The same words, whoever said them; `reason` is why the desk of today refuses them, empty where it answers."""

    words: str
    reading: Reading
    askings: list[_Asking] = field(default_factory=list)
    reason: str = ""

    @property
    def people(self) -> int:
        return len({asking.person for asking in self.askings})

    @property
    def weight(self) -> tuple[int, int, int]:
        """What is asked by more people, then more often, then was asked first comes first."""
        return -self.people, -len(self.askings), self.askings[0].record


def find_gaps(records: Iterable[Record], desk: Desk, as_of: date, *, tell: Tell = lambda done, total: None) -> Gaps:
    """The gaps in records that come in the order of their ids; the desk is asked again as on that day.

    `tell` hears how many of all wordings are done.

    Raises:
        IndexUnavailable, EmbeddingUnavailable: the index that likeness is measured by cannot be had.
    """
    return _Finder(desk, as_of, tell).find(records)


class _Finder:
    def __init__(self, desk: Desk, as_of: date, tell: Tell) -> None:
        self.desk, self.as_of, self.tell = desk, as_of, tell
        self.contact = self.desk.contact().clause.id
        self.seen, self.asides = 0, Counter[Aside]()

    def find(self, records: Iterable[Record]) -> Gaps:
        wordings = self._wordings(records)
        lacking = list(self._lacking(wordings))
        lacking.sort(key=lambda wording: wording.weight)
        vectors: list[NDArray[np.float32]] = []
        for wording in lacking:
            vectors.extend(self.desk.retriever.vectors([_bare(wording)]))
            self.tell(len(wordings) + len(vectors), len(wordings) + len(lacking))
        clusters = gathered(zip(vectors, map(self._sign, lacking), strict=True))
        gaps = []
        for places in clusters:
            gaps.append(_gap([lacking[place] for place in places], [vectors[place] for place in places]))
        gaps.sort(key=lambda gap: (-gap.people, -gap.times, gap.records[0]))
        return Gaps(tuple(gaps), self.seen, self.asides)

    def _wordings(self, records: Iterable[Record]) -> list[_Wording]:
        """What was refused or thumbed down, by its words."""
        readings: dict[str, Reading] = {}
        wordings: dict[str, _Wording] = {}
        for record in records:
            if record.entry.reply.outcome != "not_covered" and record.opinion != "bad":
                continue
            self.seen += 1
            words = " ".join(printable(record.entry.said.message).split())
            if words not in readings:
                readings[words] = self.desk.reader.read(words)
            key = readings[words].text.strip(SENTENCE_MARKS)
            wording = wordings.setdefault(key, _Wording(words, readings[words]))
            wording.askings.append(self._asking(record))
        return list(wordings.values())

    def _asking(self, record: Record) -> _Asking:
        entry, reply = record.entry, record.entry.reply
        cited = next((each for each in reply.citations if each.clause != self.contact), None)
        bad = record.opinion == "bad"
        return _Asking(
            record=record.id,
            person=(entry.channel, entry.session),
            day=entry.at.date(),
            refusal=reply.text.partition("\n")[0] if reply.outcome == "not_covered" else "",
            bad=bad,
            opinion=record.reason if bad else "",
            nearest=Nearest(cited.clause, cited.quote) if cited else None,
        )

    def _lacking(self, wordings: Sequence[_Wording]) -> Iterator[_Wording]:
        """The wordings that the document leaves open, with their askings that count."""
        for done, wording in enumerate(wordings, start=1):
            aside, wording.reason = self._heard_alone(wording)
            kept = [] if aside and aside != "answered" else [a for a in wording.askings if a.bad or not aside]
            if aside:
                self.asides[aside] += len(wording.askings) - len(kept)
            wording.askings = kept
            if kept:
                yield wording
            self.tell(done, 2 * len(wordings))

    def _heard_alone(self, wording: _Wording) -> tuple[Aside | None, str]:
        """Why a wording need not be looked at, and why the desk of today refuses it where it stands alone."""
        reply = self.desk.respond(Conversation(), wording.words, as_of=self.as_of).reply
        match reply:
            case Greeting():
                return "courtesy", ""
            case NotCovered() if reply.reason.key == "improper":
                return "improper", reply.reason.key
            case NotCovered() if reply.reason.key == "no_evidence" and wording.reading.intent == "chatter":
                return "chatter", reply.reason.key
            case NotCovered():
                return None, reply.reason.key
            case _:
                return "answered", ""

    def _sign(self, wording: _Wording) -> Sign:
        """What two wordings must share to be one question."""
        reading = wording.reading
        asked = set(reading.asked) - set(MATTERS)
        never = asked & set(NEVER_STATED)
        if never:
            aspects = asked - _BESIDE
        else:
            aspects = {_SUM if name == _COUNT else name for name in asked} | (set(reading.asked) & set(MATTERS))
        if wording.reason in _ELSEWHERE:
            aspects = {wording.reason}
        measures = (str(number) for number in reading.measures)
        return Sign(
            frozenset((*topics_of(reading), *reading.names("subject"), *measures)),
            frozenset(reading.names("outside")),
            frozenset(aspects or {reading.intent} & _KINDS),
            frozenset(never & _ONE_QUESTION),
        )


def _bare(wording: _Wording) -> str:
    return wording.reading.text.replace(COVER, "")


def _gap(wordings: Sequence[_Wording], vectors: Sequence[NDArray[np.float32]]) -> Gap:
    askings = sorted((asking for wording in wordings for asking in wording.askings), key=lambda each: each.record)
    most = max(len(wording.askings) for wording in wordings)
    often = [place for place, wording in enumerate(wordings) if len(wording.askings) == most]
    chosen = often[0] if len(often) == 1 else often[most_central([vectors[place] for place in often])]
    nearest = _counted(asking.nearest for asking in askings)
    return Gap(
        phrasing=wordings[chosen].words,
        wordings=tuple((wording.words, len(wording.askings)) for wording in sorted(wordings, key=_by_times)),
        people=len({asking.person for asking in askings}),
        refusals=_counted(asking.refusal for asking in askings),
        bad=sum(asking.bad for asking in askings),
        opinions=_counted(asking.opinion for asking in askings),
        nearest=nearest[0][0] if nearest else None,
        first=min(asking.day for asking in askings),
        last=max(asking.day for asking in askings),
        records=tuple(asking.record for asking in askings),
    )


def _by_times(wording: _Wording) -> tuple[int, int]:
    return -len(wording.askings), wording.askings[0].record


def _counted(values: Iterable[T | None]) -> tuple[tuple[T, int], ...]:
    """Those that are no blank with how often they come, the most frequent first, then as they came."""
    return tuple(Counter(value for value in values if value).most_common())

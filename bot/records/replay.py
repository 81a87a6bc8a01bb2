"""Replay: a recorded answer is computed again and compared to the letter."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bot.records.journal import Record, heard, masked
from bot.records.masking import Masking
from bot.records.record_reader import RecordReader
from bot.service.answer import AnswerRequest, AnswerWorker
from bot.service.contract import AskReply, CalculationOut
from bot.service.sessions import PAST_AGE, PAST_MESSAGES, WORKER_TURNS, Responder, Sessions
from bot.service.version import AnswerVersion
from knowledge.benefit import Benefit

_MOST_BEFORE = 500  # earlier messages of a session that are looked at
_MOST_BEGINNINGS = 20  # of a conversation that are tried


@dataclass(frozen=True, slots=True)
class Replay:
    """A record, and what the desk of today answers in its place.

    `lacks_past`: earlier messages of the conversation may have been dropped, so that it could not be rebuilt in full.
    """

    record: Record
    now: AskReply
    edition: AnswerVersion
    lacks_past: bool

    @property
    def then(self) -> AskReply:
        """The reply as it was kept."""
        return self.record.entry.reply

    @property
    def same(self) -> bool:
        """Whether both are equal, bit for bit; of an answer that a model has worded, in all but its words."""
        worded = self.record.entry.edition.is_phrased
        now = self.now.model_copy(update={"text": self.then.text}) if worded else self.now
        return self.then.model_dump_json() == now.model_dump_json()


@dataclass(frozen=True)
class ReplayRunner:
    """The desk of today, and what it leaves unmasked."""

    responder: Responder
    benefits: Mapping[str, Benefit]
    edition: AnswerVersion
    masking: Masking

    def answer(self, record: Record, past: Sequence[Record]) -> AskReply:
        """The reply to the message of a record after its conversation was heard again, as the journal would keep it."""
        said, session = heard(record), record.entry.session
        answerer = AnswerWorker(Sessions(self.responder, turns_kept=WORKER_TURNS), self.benefits, self.edition)
        answer = answerer.answer(AnswerRequest(session, said, past=tuple(map(heard, past))))
        if answer is None:
            raise RuntimeError("a question that came with its past was not answered")
        return masked(replace(record.entry, reply=answer.reply), self.masking).reply


def replay(record: Record, reader: RecordReader, desk: ReplayRunner) -> Replay:
    """Answer the message of a record again.

    A desk that was started anew remembers only the last messages of a day, one that ran on remembers more; which of
    them answered is not on record. So each beginning that the conversation can have had is tried until the reply is
    the same.
    """
    before = reader.before(record, _MOST_BEFORE)
    lacks_past = _lacks_past([*before, record], reader.oldest())
    replies = (desk.answer(record, before[begin:]) for begin in _beginnings([*before, record]))
    outcomes = (Replay(record, reply, desk.edition, lacks_past) for reply in replies)
    first = next(outcomes)
    return first if first.same else next((outcome for outcome in outcomes if outcome.same), first)


def _beginnings(session: Sequence[Record]) -> list[int]:
    """From where the memory of a conversation can have begun before its last message, the latest first."""
    begins = set()
    for place, record in enumerate(session):
        since = record.entry.at - PAST_AGE
        remembered = [index for index, each in enumerate(session[:place]) if each.entry.at > since]
        begins.add(max(remembered[0], place - PAST_MESSAGES) if remembered else place)
    return sorted(begins, reverse=True)[:_MOST_BEGINNINGS]


def _lacks_past(session: Sequence[Record], oldest: Record | None) -> bool:
    """Whether a conversation may have begun before the oldest record that is kept."""
    first = session[0]
    if first.entry.said.number is None or first.entry.reply.turn == 1:
        return first.entry.reply.turn > 1
    return oldest is not None and oldest.id > 1 and first.entry.at - oldest.entry.at < PAST_AGE


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that differs: what it is, then and now. None where it was not there."""

    what: str
    then: object
    now: object


@dataclass(frozen=True, slots=True)
class Differences:
    """What differs between two replies, for people: amounts by the benefit's title, citations by their clause.

    `text` are the lines of a comparison, `details` the places in the reply that differ beside all that.
    """

    outcome: Change | None
    amounts: tuple[Change, ...]
    citations: tuple[Change, ...]
    text: tuple[str, ...]
    details: tuple[str, ...]


def differences(then: AskReply, now: AskReply) -> Differences:
    """What differs between two replies."""
    outcome = Change("outcome", then.outcome, now.outcome) if then.outcome != now.outcome else None
    amounts = _changes(
        {c.title: _amount(c) for c in then.calculations}, {c.title: _amount(c) for c in now.calculations}
    )
    total = Change("total", _total(then), _total(now))
    quoted = _changes({c.clause: c.quote for c in then.citations}, {c.clause: c.quote for c in now.citations})
    lines = difflib.unified_diff(then.text.splitlines(), now.text.splitlines(), lineterm="", n=1)
    told = {"outcome", "text", "citations"}
    paths = {change.what for change in _changes(dict(_leaves(then.model_dump())), dict(_leaves(now.model_dump())))}
    return Differences(
        outcome,
        (*amounts, *([total] if total.then != total.now else [])),
        quoted,
        tuple(lines)[2:],  # without the names of files
        tuple(sorted(path for path in paths if path.split(".")[0] not in told and not path.endswith(".amount"))),
    )


def _changes(then: Mapping[str, object], now: Mapping[str, object]) -> tuple[Change, ...]:
    keys = dict.fromkeys((*then, *now))
    return tuple(Change(key, then.get(key), now.get(key)) for key in keys if then.get(key) != now.get(key))


def _amount(calculation: CalculationOut) -> str:
    """An amount with its bound, or what stands in its place."""
    if calculation.amount is None:
        return {True: "eligible", False: "not eligible", None: "undetermined"}[calculation.eligible]
    return f"{calculation.amount} {calculation.bound}"


def _total(reply: AskReply) -> str | None:
    return f"{reply.total.amount} {reply.total.bound}" if reply.total else None


def _leaves(value: object, path: str = "") -> Iterator[tuple[str, object]]:
    """All values that hold no others, by their place."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from _leaves(each, f"{path}.{key}" if path else str(key))
    elif isinstance(value, (tuple, list)):
        yield f"{path}.length", len(value)
        for index, each in enumerate(value):
            yield from _leaves(each, f"{path}.{index}")
    else:
        yield path, value

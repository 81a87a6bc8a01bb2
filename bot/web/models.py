"""What the API takes and gives beside the objects of the contract."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from bot.records.journal import Opinion, Record
from bot.service.contract import AskReply, AskRequest
from bot.web.wording import phrase
from knowledge.benefit import SlotKind

LONGEST_TEXT, LONGEST_SESSION, LONGEST_QUERY, LONGEST_REASON = 4000, 200, 200, 500
_LARGEST_ID = 2**53 - 1  # what a number of JSON can say exactly
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _whole_characters(text: str) -> str:
    """A lone surrogate is no text: it can be neither stored nor answered."""
    if _HALF_CHARACTER.search(text):
        raise PydanticCustomError("half_character", "half a character")
    return text


def _written_day(value: Any) -> date | None:  # noqa: ANN401 (whatever JSON holds)
    if value is None or isinstance(value, date):
        return value
    if isinstance(value, str) and _DAY.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("not_a_day", "not a day")


Words = Annotated[str, AfterValidator(_whole_characters)]
Day = Annotated[date | None, BeforeValidator(_written_day)]
Id = Annotated[int, Field(ge=1, le=_LARGEST_ID)]


class AskIn(AskRequest):
    """One message of a conversation; messages of the same `session` are one conversation."""

    model_config = ConfigDict(json_schema_extra={"example": {"session": "s1", "text": phrase("example_question")}})

    session: Words = Field(default="", max_length=LONGEST_SESSION)
    text: Words = Field(max_length=LONGEST_TEXT)
    as_of: Day = None


class HitOut(BaseModel):
    """A clause that was found; `marks` are the spans of it that were searched for, counted in Unicode characters."""

    clause: str
    label: str
    measure: int | None
    heading: str
    text: str
    marks: tuple[tuple[int, int], ...]


class ClauseOut(BaseModel):
    """One sentence of the document."""

    clause: str
    text: str


class MeasureOut(BaseModel):
    """A measure with the group that it stands in."""

    number: int
    title: str
    heading: str
    group: str


class MeasureDetail(MeasureOut):
    """A measure with its sentences, and the benefits that rest on them."""

    label: str
    clauses: tuple[ClauseOut, ...]
    benefits: tuple[str, ...]


class SlotOut(BaseModel):
    """One fact that a benefit wants to know. `default` holds where it is not given."""

    id: str
    label: str
    kind: SlotKind
    unit: str
    options: tuple[str, ...]
    ask: str
    why: str
    default: int | None


class BenefitOut(BaseModel):
    """A benefit with its slots in the order to ask; `companions` are usually asked along with it."""

    id: str
    title: str
    slots: tuple[SlotOut, ...]
    conditions: tuple[str, ...]
    open_points: tuple[str, ...]
    clauses: tuple[str, ...]
    companions: tuple[str, ...]


class CalculateIn(BaseModel):
    """A benefit, and what is known by slot, as people write it; several amounts stand with `+` between them."""

    model_config = ConfigDict(frozen=True, json_schema_extra={"example": {
        "benefit": "rd_subsidy",
        "inputs": {"rd_expense": phrase("example_current"), "rd_expense_previous": phrase("example_previous")},
    }})  # fmt: skip

    benefit: Words = Field(max_length=100)
    inputs: Mapping[Annotated[Words, Field(max_length=100)], Annotated[Words, Field(max_length=1000)]] = Field(
        default={}, max_length=50
    )


class EditionOut(BaseModel):
    """Which policy and which code answered."""

    policy: str
    policy_hash: str
    engine: str


class RecordOut(BaseModel):
    """One turn as it was kept: words masked, the session a keyed hash, `by` the name of a token."""

    id: int
    channel: str
    session: str
    at: datetime
    by: str
    text: str
    as_of: date
    reply: AskReply
    edition: EditionOut
    seconds: float
    opinion: Opinion | None
    reason: str


class OpinionIn(BaseModel):
    """What somebody thinks of an answer; `withdrawn` takes an opinion back."""

    model_config = ConfigDict(json_schema_extra={"example": {"opinion": "bad", "reason": phrase("example_reason")}})

    opinion: Opinion
    reason: Words = Field(default="", max_length=LONGEST_REASON)


class WantedIn(BaseModel):
    """Which records are wanted, newest first."""

    model_config = ConfigDict(extra="forbid")

    before: Id | None = None
    day: date | None = None
    channel: Annotated[str, Field(max_length=32, pattern=r"^[a-z_]*$")] = ""
    outcome: Literal["", "answered", "needs_input", "not_covered", "greeting"] = ""
    opinion: Opinion | None = None
    most: Annotated[int, Field(ge=1, le=200)] = 50


def record_out(record: Record) -> RecordOut:
    """A record as the API gives it."""
    entry, edition = record.entry, record.entry.edition
    return RecordOut(
        id=record.id,
        channel=entry.channel,
        session=entry.session,
        at=entry.at,
        by=entry.by,
        text=entry.said.message,
        as_of=entry.said.as_of,
        reply=entry.reply,
        edition=EditionOut(policy=edition.policy, policy_hash=edition.policy_hash, engine=edition.engine),
        seconds=entry.seconds,
        opinion=record.opinion,
        reason=record.reason,
    )

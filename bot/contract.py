"""The contract: one request and one reply as JSON objects."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.dialog.turn import CalculatedAnswer, SlotQuestion, Turn, citations_of, total_of
from calculators.calculation import Bound, Calculation, NeedsSlots, NotEligible, Outcome, Step, Undetermined
from knowledge.benefit import Benefit
from knowledge.money import plain


class AskRequest(BaseModel):
    """One message of a session."""

    model_config = ConfigDict(frozen=True, strict=True)

    session: str = Field(default="", max_length=500)
    text: str
    as_of: date | None = Field(default=None, strict=False)


class CitationOut(BaseModel):
    """A quotation and its place."""

    policy: str
    measure: int | None
    heading: str
    clause: str
    quote: str


class StepOut(BaseModel):
    """One line of a calculation."""

    label: str
    expression: str
    value: str
    clauses: tuple[str, ...]


class CalculationOut(BaseModel):
    """One benefit with its verdict; `amount` is whole yuan, or a decimal string where there are fen."""

    benefit: str
    title: str
    eligible: bool | None
    amount: int | str | None
    bound: Bound
    steps: tuple[StepOut, ...]
    reason: str | None


class TotalOut(BaseModel):
    """The sum of what is due."""

    amount: int | str
    bound: Bound


class AskReply(BaseModel):
    """One reply; the fields are those of the contract."""

    session: str
    turn: int
    outcome: Literal["answered", "needs_input", "not_covered", "greeting"]
    text: str
    citations: tuple[CitationOut, ...]
    calculations: tuple[CalculationOut, ...]
    total: TotalOut | None
    missing: tuple[str, ...]


def reply_of(turn: Turn, session: str, benefits: Mapping[str, Benefit]) -> AskReply:
    """A turn as the contract writes it."""
    total = total_of(turn.reply)
    outcomes = turn.reply.portfolio.outcomes if isinstance(turn.reply, CalculatedAnswer) else ()
    needed = turn.reply.needed_steps if isinstance(turn.reply, CalculatedAnswer) else ()
    calculations = [
        _calculation(o, benefits[o.benefit_id].title, ()) for o in outcomes if not isinstance(o, NeedsSlots)
    ]
    if calculations and needed:
        first = calculations[0]
        calculations[0] = first.model_copy(update={"steps": (*map(_step, needed), *first.steps)})
    return AskReply(
        session=session,
        turn=turn.number,
        outcome=turn.outcome,
        text=turn.text,
        citations=tuple(
            CitationOut(
                policy=c.clause.id.partition("/")[0],
                measure=c.clause.measure,
                heading=c.clause.heading,
                clause=c.clause.id,
                quote=c.quote,
            )
            for c in citations_of(turn.reply)
        ),
        calculations=tuple(calculations),
        total=TotalOut(amount=_amount(total[0]), bound=total[1]) if total else None,
        missing=turn.reply.missing if isinstance(turn.reply, SlotQuestion) else (),
    )


def _calculation(outcome: Outcome, title: str, extra: tuple[Step, ...]) -> CalculationOut:
    steps: tuple[Step, ...] = () if isinstance(outcome, NeedsSlots) else outcome.steps
    eligible = {Calculation: True, NotEligible: False, Undetermined: None, NeedsSlots: None}[type(outcome)]
    return CalculationOut(
        benefit=outcome.benefit_id,
        title=title,
        eligible=eligible,
        amount=_amount(outcome.amount) if isinstance(outcome, Calculation) else None,
        bound=outcome.bound if isinstance(outcome, Calculation) else "unspecified",
        steps=tuple(map(_step, (*extra, *steps))),
        reason=outcome.reason if isinstance(outcome, (NotEligible, Undetermined)) else None,
    )


def _step(step: Step) -> StepOut:
    return StepOut(label=step.label, expression=step.expression, value=step.value, clauses=step.clauses)


def _amount(amount: Decimal) -> int | str:
    return int(amount) if amount == amount.to_integral_value() else plain(amount)

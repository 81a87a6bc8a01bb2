"""The contract: one request and one reply as JSON objects."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from bot.dialog.reply import CalculatedAnswer, SlotQuestion, citations_of, total_of
from bot.nlg.turn import Turn
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

    policy: str = Field(description="Id of the document.")
    measure: int | None = Field(description="Number of the measure; null for what stands in no measure.")
    heading: str = Field(description="The heading above the quotation, as printed.")
    clause: str = Field(description="Id of the clause.")
    quote: str = Field(description="Words of the clause, verbatim.")


class StepOut(BaseModel):
    """One line of a calculation."""

    label: str = Field(description="What is done.")
    expression: str = Field(description="The figures and signs.")
    value: str = Field(description="What comes out.")
    clauses: tuple[str, ...] = Field(description="Ids of the clauses that say so.")


class CalculationOut(BaseModel):
    """One benefit with its verdict; `amount` is whole yuan, or a decimal string where there are fen."""

    benefit: str = Field(description="Id of the benefit.")
    title: str = Field(description="Its name.")
    eligible: bool | None = Field(description="Whether it is due; null where that cannot be told from what is known.")
    amount: int | str | None = Field(description="Yuan; null where nothing is due or nothing can be told.")
    bound: Bound = Field(description="exact, at_most, or unspecified where no sum is printed.")
    steps: tuple[StepOut, ...] = Field(description="How the amount comes about.")
    reason: str | None = Field(description="Why nothing is due, or cannot be told.")


class TotalOut(BaseModel):
    """The sum of what is due."""

    amount: int | str = Field(description="Yuan.")
    bound: Bound = Field(description="at_most as soon as one part is.")


class AskReply(BaseModel):
    """One reply; the fields are those of the contract."""

    session: str = Field(description="The conversation, as the request named it.")
    turn: int = Field(description="Which message of the conversation this answers.")
    outcome: Literal["answered", "needs_input", "not_covered", "greeting"] = Field(description="The kind of reply.")
    text: str = Field(description="What the person reads, in Chinese, citations included.")
    citations: tuple[CitationOut, ...] = Field(description="What the text quotes.")
    calculations: tuple[CalculationOut, ...] = Field(description="The benefits that were computed.")
    total: TotalOut | None = Field(description="The sum of what is due; null where nothing was computed.")
    missing: tuple[str, ...] = Field(description="What has to be known before an amount can be given.")


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

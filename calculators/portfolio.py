"""Portfolio: several benefits together, and what they come to."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal, localcontext

from calculators.calculation import Bound, Calculation, NeedsSlots, Outcome, Step, Undetermined
from calculators.phrases import PRECISION, equals, say, show_yuan


@dataclass(frozen=True)
class Portfolio:
    """Outcomes with the sum of what is due: `total` in yuan, None (and `unspecified`) where nothing is."""

    outcomes: tuple[Outcome, ...]
    total: Decimal | None
    bound: Bound
    steps: tuple[Step, ...] = ()


def merge(outcomes: tuple[Outcome, ...]) -> Outcome:
    """One benefit asked for several groups: the sum of what is due, or the first outcome that is not settled."""
    if len(outcomes) == 1:
        return outcomes[0]
    due = tuple(outcome for outcome in outcomes if isinstance(outcome, Calculation))
    unsettled = next((outcome for outcome in outcomes if isinstance(outcome, (NeedsSlots, Undetermined))), None)
    if unsettled or not due:
        return unsettled or outcomes[0]
    total = combine(due)
    steps = (*(step for outcome in due for step in outcome.steps), *total.steps)
    return Calculation(due[0].benefit_id, total.total or Decimal(0), total.bound, steps)


def combine(outcomes: Iterable[Outcome]) -> Portfolio:
    """The outcomes with their sum; it is as loosely bound as its loosest part."""
    outcomes = tuple(outcomes)
    due = [outcome for outcome in outcomes if isinstance(outcome, Calculation)]
    if not due:
        return Portfolio(outcomes, None, "unspecified")
    with localcontext(prec=PRECISION):
        total = sum((part.amount for part in due), Decimal(0))
        bounds = {part.bound for part in due}
        bound: Bound = next((b for b in ("unspecified", "at_most") if b in bounds), "exact")
        terms = " + ".join(show_yuan(part.amount) for part in due)
        expression = equals(terms, total) if len(due) > 1 else terms
        clauses = tuple(dict.fromkeys(clause for part in due for step in part.steps for clause in step.clauses))
        step = Step(say("total"), expression, show_yuan(total), clauses)
    return Portfolio(outcomes, total, bound, (step,))

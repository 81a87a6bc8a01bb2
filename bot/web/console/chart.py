"""Chart data: what a benefit gives for each base. Every figure is computed by the calculator."""

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal, localcontext

from calculators.calculation import Calculation, NotEligible
from calculators.case import Case
from calculators.derivation import derive_amounts
from calculators.growth import solve
from calculators.inputs import MOST_YUAN, Inputs
from calculators.inverse import next_step
from calculators.phrases import FEN, FINEST, PRECISION
from calculators.registry import Calculator
from calculators.requirement import Requirement

_MOST_PIECES = 400  # a picture of more steps than it has points across shows nothing
_ROOM = Decimal("1.15")  # how far the axis goes on behind the last thing to be seen


@dataclass(frozen=True, slots=True)
class Point:
    """A sum and what the benefit gives for it, in yuan."""

    base: Decimal
    amount: Decimal


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch in which the amount is constant or grows evenly, from its first to its last fen.

    `above`: it begins strictly above a sum, and `limit` is that sum; else `limit` is its first fen itself.
    """

    first: Point
    last: Point
    limit: Decimal
    above: bool = False


@dataclass(frozen=True, slots=True)
class Curve:
    """The amount against one slot, in pieces that follow each other without a gap, from zero to `end` (yuan).

    `here` are the sums that were stated; several are projects, each of which has the curve to itself.
    """

    benefit_id: str
    slot_id: str
    pieces: tuple[Piece, ...]
    here: tuple[Point, ...] = ()

    @property
    def end(self) -> Decimal:
        """The last sum that is drawn."""
        return self.pieces[-1].last.base

    @property
    def cap(self) -> Point:
        """The first sum for which the benefit gives all that it can."""
        return self.pieces[-1].first

    @property
    def threshold(self) -> Piece | None:
        """The piece with which the benefit begins to be due; None where the first fen counts."""
        pairs = zip(self.pieces, self.pieces[1:], strict=False)
        return next((piece for before, piece in pairs if not before.last.amount and piece.first.amount), None)


@dataclass(frozen=True, slots=True)
class _Course:
    """What stays the same along a curve: the other inputs, and inputs under which the next break can be asked for."""

    calculator: Calculator
    benefit_id: str
    slot_id: str
    fixed: Inputs
    asking: Inputs

    def amount(self, base: Decimal) -> Decimal | None:
        """What the benefit gives (yuan); None where that is open."""
        return _due(self.calculator, self.benefit_id, self.fixed.updated({self.slot_id: base}))

    def next_break(self, base: Decimal) -> Requirement | None:
        """Where the benefit begins to give more than at this sum."""
        step = next_step(self.calculator, self.benefit_id, self.asking.updated({self.slot_id: base}))
        return step if isinstance(step, Requirement) and not step.reached else None


def find_curve(calculator: Calculator, benefit_id: str, inputs: Inputs) -> Curve | None:
    """The curve through what was stated; None where no sum decides, or where other inputs are wanted first.

    Raises:
        InvalidInput: a value is not of the kind of its slot.
    """
    slot_id = calculator.primary_money_slot(benefit_id)
    if slot_id is None:
        return None
    with localcontext(prec=PRECISION):
        course, stated = _course(calculator, benefit_id, slot_id, inputs)
        breaks = _breaks(course)
        if len(breaks) < 2 or len(breaks) > _MOST_PIECES:
            return None
        end = min(max([breaks[-1][0], *stated]) * _ROOM, MOST_YUAN).quantize(FEN, ROUND_FLOOR)
        pieces = _pieces(course, breaks, end)
        here = tuple(Point(base, amount) for base in stated if (amount := course.amount(base)) is not None)
        passes = not stated or sum(point.amount for point in here) == _due(calculator, benefit_id, inputs)
    if pieces is None or len(here) < len(stated) or not passes or not pieces[-1].first.amount:
        return None
    return Curve(benefit_id, slot_id, pieces, here)


def _due(calculator: Calculator, benefit_id: str, inputs: Inputs) -> Decimal | None:
    """What the benefit gives for what was stated. A sum derived from a rate may have been cut: then it shows here."""
    outcome = calculator.calculate(benefit_id, inputs)
    if isinstance(outcome, Calculation):
        return outcome.amount
    return Decimal(0) if isinstance(outcome, NotEligible) else None


def _course(
    calculator: Calculator, benefit_id: str, slot_id: str, inputs: Inputs
) -> tuple[_Course, tuple[Decimal, ...]]:
    """The course of a benefit, and the sums stated for its slot."""
    rule, case = calculator.rule(benefit_id), Case(calculator.benefits[benefit_id], inputs, calculator.slots)
    base = rule.growth
    if base is None:
        fixed = inputs.updated({}, without=(slot_id, *(calculator.slots[slot_id].difference_of or ())))
        return _Course(calculator, benefit_id, slot_id, fixed, fixed), derive_amounts(slot_id, case).amounts
    growth = solve(base, case)
    stated = () if growth.conflict or growth.current is None else (growth.current.quantize(FINEST, ROUND_FLOOR),)
    if growth.previous is not None and not growth.conflict:
        previous = growth.previous.quantize(FINEST, ROUND_FLOOR)
        fixed = inputs.updated({base.previous: previous}, without=(base.current, base.rate, base.difference))
        return _Course(calculator, benefit_id, slot_id, fixed, fixed), stated
    # A rate alone stays what it is, whatever is spent: the breaks are those of someone who grew from next to nothing.
    fixed = inputs.updated({}, without=(base.current, base.difference))
    asking = fixed.updated({base.previous: FEN}, without=(base.rate,))
    return _Course(calculator, benefit_id, slot_id, fixed, asking), stated


def _breaks(course: _Course) -> list[tuple[Decimal, Decimal, bool]]:
    """The first fen of every piece, the sum at which it begins, and whether it begins strictly above that."""
    breaks = [(Decimal(0), Decimal(0), False)]
    while len(breaks) <= _MOST_PIECES and (step := course.next_break(breaks[-1][0])):
        above = step.relation == "more_than"
        breaks.append((step.amount + FEN if above else step.amount, step.amount, above))
    return breaks


def _pieces(course: _Course, breaks: list[tuple[Decimal, Decimal, bool]], end: Decimal) -> tuple[Piece, ...] | None:
    pieces = []
    ends = [*(first - FEN for first, _, _ in breaks[1:]), end]
    for (first, limit, above), last in zip(breaks, ends, strict=True):
        amounts = course.amount(first), course.amount(last)
        if amounts[0] is None or amounts[1] is None:
            return None
        pieces.append(Piece(Point(first, amounts[0]), Point(last, amounts[1]), limit, above))
    return tuple(pieces)

"""The view of a calculation: filled forms, their outcomes, and all that a page or sheet says beside them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from bot.dialog.calculated_answer import calculated_answer
from bot.nlg.block import Block, text_of
from bot.nlg.rendering import render
from bot.nlg.wording import say
from bot.web.console.forms import Filling
from bot.web.console.wording import phrase
from calculators.calculation import Calculation, NeedsSlots, NotEligible, Outcome, Step, Undetermined
from calculators.errors import InvalidInput
from calculators.inverse import next_step, required
from calculators.portfolio import Portfolio
from calculators.registry import Calculator
from calculators.requirement import Requirement
from knowledge.benefit import Benefit
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.money import format_yuan

STATES = {Calculation: "due", NotEligible: "not-due", Undetermined: "open", NeedsSlots: "needs"}


@dataclass(frozen=True, slots=True)
class Aim:
    """What it takes to get more: a sentence, and the steps that lead to its figures."""

    sentence: str
    steps: tuple[Step, ...]


@dataclass(frozen=True)
class Part:
    """One benefit with its outcome."""

    benefit: Benefit
    filling: Filling
    outcome: Outcome
    missing: tuple[str, ...]

    @property
    def state(self) -> str:
        """`due`, `not-due`, `open` or `needs`."""
        return STATES[type(self.outcome)]

    @property
    def amount(self) -> str:
        """The amount as people read it, with the word for a limit before it; empty where there is none."""
        return show_amount(self.outcome.amount, self.outcome.bound) if isinstance(self.outcome, Calculation) else ""

    @property
    def reason(self) -> str:
        """Why there is no amount."""
        return self.outcome.reason if isinstance(self.outcome, (NotEligible, Undetermined)) else ""

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps of the calculation."""
        return () if isinstance(self.outcome, NeedsSlots) else self.outcome.steps


@dataclass(frozen=True)
class CalculationView:
    """Several benefits together. `problem` is a sentence where the figures make no sense together."""

    parts: tuple[Part, ...]
    portfolio: Portfolio
    citations: tuple[Citation, ...]
    premises: tuple[str, ...]
    open_points: tuple[str, ...]
    blocks: tuple[Block, ...]
    problem: str = ""

    @property
    def total(self) -> str:
        """What is due in all; empty where nothing is."""
        return "" if self.portfolio.total is None else show_amount(self.portfolio.total, self.portfolio.bound)

    @property
    def settled(self) -> bool:
        """Whether any benefit could be decided."""
        return any(part.state != "needs" for part in self.parts)

    @property
    def overlaps(self) -> bool:
        """Whether what is due comes from more than one form, so that the rule on overlapping policies is to be said."""
        return len({part.filling.form.name for part in self.parts if part.state == "due"}) > 1

    @property
    def script(self) -> str:
        """What to read aloud: the verdicts."""
        return self.blocks[0].text if self.blocks else ""

    @property
    def text(self) -> str:
        """The whole answer, to be copied."""
        return text_of(self.blocks)


def show_amount(amount: Decimal, bound: str) -> str:
    """An amount with the word for a limit before it, if it is one."""
    shown = format_yuan(amount)
    return phrase("calc_at_most", amount=shown) if bound == "at_most" else shown


def calculation_view(dossier: Dossier, calculator: Calculator, fillings: Iterable[Filling]) -> CalculationView:
    """What the filled forms come to; fields that could not be read are the caller's to show first."""
    parts, problem = [], ""
    for filling in fillings:
        try:
            parts += [_part(calculator, filling, benefit) for benefit in filling.form.benefits]
        except InvalidInput:
            problem = say("absurd")
    given = (pair for part in parts for pair in part.filling.given)
    answer = calculated_answer(dossier, (part.outcome for part in parts), given=given)
    settled = any(part.state != "needs" for part in parts)
    blocks = render(answer, dossier.benefits) if settled else ()
    return CalculationView(
        tuple(parts), answer.portfolio, answer.citations, answer.premises, answer.open_points, blocks, problem
    )


def aims(calculator: Calculator, part: Part) -> Iterator[Aim]:
    """The next step, and what is needed for all that the benefit can give; for one project alone.

    Figures that contradict each other have no aim.
    """
    slot_id = calculator.primary_money_slot(part.benefit.id)
    inputs = part.filling.inputs
    if slot_id is None or isinstance(inputs.get(slot_id), tuple) or part.state not in ("due", "not-due"):
        return
    try:
        next_one, full = (
            next_step(calculator, part.benefit.id, inputs),
            required(calculator, part.benefit.id, None, inputs),
        )
    except InvalidInput:
        return
    for key, found in (("calc_next", next_one), ("calc_full", full)):
        if not isinstance(found, Requirement) or found.reached:
            continue
        if found is full or not isinstance(full, Requirement) or found.amount != full.amount:
            yield Aim(phrase(key, aim=_sentence(found, calculator)), found.steps)


def _sentence(found: Requirement, calculator: Calculator) -> str:
    what, amount = calculator.slots[found.slot_id].label, format_yuan(found.amount)
    sentence = say(f"needed_{found.relation}", what=what, amount=amount)
    if found.more:
        sentence += say("needed_more", more=format_yuan(found.more))
    if isinstance(found.check, Calculation):
        sentence += phrase("calc_then", amount=show_amount(found.check.amount, found.check.bound))
    return sentence


def _part(calculator: Calculator, filling: Filling, benefit: Benefit) -> Part:
    outcome = calculator.calculate(benefit.id, filling.inputs)
    missing = outcome.slots if isinstance(outcome, NeedsSlots) else ()
    return Part(benefit, filling, outcome, tuple(calculator.slots[slot].label for slot in missing))

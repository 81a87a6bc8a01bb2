"""Inverse questions: what must be spent, or had, for an award that is wished for."""

from dataclasses import replace
from decimal import Decimal

from bot.dialog.actions import Invert
from bot.dialog.calculation import CalculationHandler
from bot.dialog.extraction import Extraction
from bot.dialog.reply import CalculatedAnswer, Remark, Reply
from bot.dialog.slots import inputs_of
from bot.dialog.state import State
from bot.nlu.names import load_names
from bot.nlu.reading import BENEFIT, Reading
from calculators.calculation import Calculation, NeedsSlots, NotEligible, Outcome, Undetermined
from calculators.errors import InvalidInput
from calculators.inverse import JointRequirement, Requirement, Unreachable, joint_requirement, next_step, required
from knowledge.money import format_yuan, plain

Answer = tuple[Reply, State]
_BEFORE = 8
_STILL_DOUBTED = frozenset({"unit", "foreign", "negative", "absurd", "unreadable", "vague", "count", "monthly"})


class InverseHandler(CalculationHandler):
    """Answers what is needed for an award, for one policy."""

    def invert(self, action: Invert, reading: Reading, state: State) -> Answer:
        """What must be spent, or had, for the award that is wished for."""
        play = action.benefits
        working = replace(state, benefits=play, offer=None)
        out = self.tracker.extract(reading, working, play)
        if action.again:
            out = Extraction(target=self.tracker.lone_sum(reading, working))
        if out.target is None:
            out.target = self._printed_award(reading, play)
        out.doubts = [doubt for doubt in out.doubts if doubt.reason in _STILL_DOUBTED]
        self._drop_threshold(reading, out)
        working = self._with(working, out)
        if out.doubts:
            return self._doubted(out, working)
        try:
            found = self._requirement(reading, out, working)
        except InvalidInput:
            return self._ask(Remark("absurd"), working, ())
        return self._required(found, working)

    def _drop_threshold(self, reading: Reading, out: Extraction) -> None:
        """The growth that a rule asks for is no growth of the person's own."""
        rates = {f.quantity.value for f in reading.figures if f.quantity.kind == "rate"}
        growth = self.tracker.growth
        if growth and any(self.tracker.asks_rate(b, rates) for b in self.tracker.growing):
            out.values.pop((growth.rate, None, 0), None)

    def _printed_award(self, reading: Reading, play: tuple[str, ...]) -> Decimal | None:
        """The award that is wished for where only what the clause prints as the most is spoken of."""
        spoken = {f.quantity.value for f in reading.with_role("ref", "other") if f.quantity.kind == "money"}
        most = [self.calculator.rule(b).most for b in play if b in reading.names(BENEFIT)]
        return next((amount for amount in most if spoken and max(spoken) == amount), None)

    def _required(self, found: Requirement | JointRequirement | Unreachable | NeedsSlots, state: State) -> Answer:
        match found:
            case NeedsSlots():
                return self._ask_slot(found.slots, state, ())
            case Unreachable():
                outcomes: tuple[Outcome, ...] = (NotEligible(found.benefit_id, found.reason, found.steps),)
                return self._settled(replace(state, benefits=(found.benefit_id,)), outcomes)
            case Requirement():
                benefits: tuple[str, ...] = (found.benefit_id,)
                outcomes = (self._open(found.check),)
            case JointRequirement():
                benefits, outcomes = found.benefit_ids, tuple(map(self._open, found.checks))
        reply, moved = self._settled(replace(state, benefits=benefits), outcomes)
        if isinstance(reply, CalculatedAnswer):
            reply = replace(reply, needed=self._needed(found), needed_steps=found.steps)
        return reply, replace(moved, benefits=state.benefits, wish="inverse", settled=state.settled)

    def _open(self, outcome: Outcome) -> Outcome:
        """An outcome that still lacks inputs as one that is open, with what it depends on."""
        if not isinstance(outcome, NeedsSlots):
            return outcome
        return Undetermined(outcome.benefit_id, self.tracker.depends_on(outcome.slots), ())

    def _requirement(
        self, reading: Reading, out: Extraction, state: State
    ) -> Requirement | JointRequirement | Unreachable | NeedsSlots:
        growing = tuple(b for b in state.benefits if b in self.tracker.growing)
        bonuses = [
            b for b in growing if self.calculator.rule(b).most < max(self.calculator.rule(g).most for g in growing)
        ]
        named = set(reading.about) | set(reading.names("benefit"))
        rates = {abs(f.quantity.value) for f in reading.figures if f.quantity.kind == "rate"}
        lost = {o.benefit_id for o in state.outcomes if isinstance(o, NotEligible)}
        steps = any(f.quantity.kind == "count" for f in reading.figures)
        meant = named if named or steps or out.target is not None or len(lost) == len(growing) else lost
        wanted = reading.with_role("wanted")
        if wanted and reading.text[: wanted[-1].quantity.start].endswith(load_names().quantities.determiners):
            meant |= {b for b in bonuses if self.calculator.rule(b).most == out.target}  # the one that is printed
        bonus = next((b for b in bonuses if b in meant or self.tracker.asks_rate(b, rates)), None)
        main = next((b for b in state.benefits if b not in bonuses), state.benefits[0])
        inputs = inputs_of(state.values, main, self.calculator)
        full = any(word in reading.text for word in load_names().full)
        target = out.target
        both = bool(growing) and bonus is not None and main in named and target is None
        if both or (growing and full and target is None and self._of_both(reading)):
            return joint_requirement(self.calculator, growing, inputs, full=full)
        chosen = bonus if bonus and target is None else main
        if bonus and target is not None and target <= self.calculator.rule(bonus).most and main not in named:
            chosen = bonus
        rule = self.calculator.rule(chosen)
        if target is None and not full and rule.growth is not None and chosen == main:
            base = rule.growth
            derived = base.previous in inputs and (base.rate in inputs or base.difference in inputs)
            known = base.current in inputs or derived
            return (
                next_step(self.calculator, main, inputs)
                if known
                else joint_requirement(self.calculator, (main,), inputs)
            )
        if target is not None and self._is_increment(reading):
            now = self.calculator.calculate(chosen, inputs)
            if not isinstance(now, Calculation) and rule.growth is not None and rule.growth.current in inputs:
                return next_step(self.calculator, chosen, inputs)
            target += now.amount if isinstance(now, Calculation) else Decimal(0)
        return required(self.calculator, chosen, target, inputs)

    @staticmethod
    def _of_both(reading: Reading) -> bool:
        """Whether two things at once are wanted (two of them, both)."""
        return any(q.value == 2 and q.kind in ("count", "bare") for q in reading.quantities)

    @staticmethod
    def _is_increment(reading: Reading) -> bool:
        """Whether the wanted award comes on top of what is due already."""
        wanted = reading.with_role("wanted")
        before = reading.text[max(0, wanted[-1].quantity.start - _BEFORE) : wanted[-1].quantity.start] if wanted else ""
        start = wanted[-1].quantity.start if wanted else -1
        more = any(m.id == "change:up" and m.end == start for m in reading.mentions)
        return more or any(word in before for word in load_names().increments)

    def _needed(self, found: Requirement | JointRequirement) -> tuple[Remark, ...]:
        slot = self.dossier.slots[found.slot_id]

        def shown(number: Decimal) -> str:
            return format_yuan(number) if slot.kind == "money" else f"{plain(number)}{slot.unit}"

        remarks = [Remark(f"needed_{found.relation}", {"what": slot.label, "amount": shown(found.amount)})]
        if found.reached:
            remarks.append(Remark("needed_reached"))
        elif found.more == 0:
            remarks.append(Remark("needed_just"))
        elif found.more is not None:
            remarks.append(Remark("needed_more", {"more": shown(found.more)}))
        return tuple(remarks)

"""Sums: questions about amounts, answered by the calculators; what is missing is asked for, one thing at a time."""

from dataclasses import replace
from decimal import Decimal

from bot.dialog.fills import Context, Fill, Filled, groups_of, inputs_of, join, shifted
from bot.dialog.guard import unsourced
from bot.dialog.slots import SlotFiller
from bot.dialog.turn import CalculatedAnswer, Remark, Reply, SlotQuestion, State
from bot.dialog.understanding import Understanding
from bot.dialog.vocabulary import Vocabulary, matcher
from bot.wording import say
from calculators.calculation import Calculation, NeedsSlots, NotEligible, Outcome, Undetermined
from calculators.errors import InvalidInput
from calculators.inverse import JointRequirement, Requirement, Unreachable, joint_requirement, next_step, required
from calculators.portfolio import combine, merge
from calculators.registry import Calculator
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.money import format_rate, format_yuan, plain

Answer = tuple[Reply, State]
WHICH = "which_benefit"


class SumDesk:
    """Answers questions about amounts for one policy."""

    def __init__(self, dossier: Dossier, calculator: Calculator, vocabulary: Vocabulary) -> None:
        """Prepare slot filling."""
        self.dossier, self.calculator = dossier, calculator
        self.filler = SlotFiller(dossier, calculator, vocabulary)
        wishes = vocabulary.calculation
        self._wishing = matcher((*wishes.asks, *wishes.first_person, *vocabulary.function_words))

    def answer(self, understood: Understanding, state: State) -> Answer | None:
        """A calculated answer or a question for an input; None where no sum is asked for."""
        if self._sums_both(understood, state):
            benefits, fills = state.earlier
            state = replace(
                state, benefits=(*benefits, *state.benefits), fills=(*fills, *state.fills), earlier=((), ())
            )
        play, follows = self._in_play(understood, state)
        if not play:
            return None
        known = state.fills if follows else ()
        filled = self.filler.fill(understood, Context(play, known, state.pending if follows else None))
        if not self._wants_sum(understood, state, play, filled, follows=follows):
            return None
        growth = self.filler.growth_of(play)
        fills = join(known, filled.fills, growth)
        if filled.shift is not None and growth:
            fills = shifted(fills, growth.current, filled.shift)
        if not follows and state.outcomes:
            state = replace(state, earlier=(state.benefits, state.fills))
        working = replace(state, benefits=play, fills=fills, pending=None, places=self._places(play), outcomes=())
        if filled.doubts:
            return self._doubted(filled, working, play)
        if understood.marks & {"inverse", "more"}:
            inverse = self._inverse(understood, filled, working)
            if inverse:
                return inverse
        return self.compute(working)

    def which(self, understood: Understanding, state: State) -> Answer | None:
        """A wish for a sum and nothing else: the desk asks of which benefit, and offers those that need figures."""
        unsettled = state.pending or (state.benefits and not state.outcomes)
        if "firm" not in understood.marks or understood.topics or unsettled or not self._says_no_more(understood):
            return None
        offered: dict[str, str] = {}
        for benefit in self.dossier.benefits.values():
            if self._lacks(benefit.id) and not offered.keys() & set(benefit.companions):
                offered[benefit.id] = benefit.title
        titles = tuple(offered.values())
        ask = Remark(WHICH, {"titles": say("point_break").join(titles)})  # a title may hold the other mark
        return SlotQuestion(ask, (say("which_benefit_label"),), options=titles), state

    def _says_no_more(self, understood: Understanding) -> bool:
        """Whether a message holds nothing but the topics that it names and words around a wish."""
        text = understood.text
        for mention in (*understood.topics, *self._wishing.find(text)):
            text = text[: mention.start] + " " * (mention.end - mention.start) + text[mention.end :]
        return not any(char.isalnum() for char in text)

    def compute(self, state: State) -> Answer:
        """The benefits in play, computed from the fills, or the question for the first missing input."""
        try:
            outcomes = tuple(self._outcome(benefit, state.fills) for benefit in state.benefits)
        except InvalidInput:
            return self._ask(Remark("absurd"), state, ())
        missing = tuple(dict.fromkeys(s for o in outcomes if isinstance(o, NeedsSlots) for s in o.slots))
        if missing:
            return self._ask_slot(missing, state, outcomes)
        return self._calculated(state, outcomes), replace(state, outcomes=outcomes)

    def _outcome(self, benefit_id: str, fills: tuple[Fill, ...]) -> Outcome:
        groups = groups_of(fills, benefit_id)
        inputs = (inputs_of(fills, benefit_id, self.calculator, group) for group in groups)
        return merge(tuple(self.calculator.calculate(benefit_id, known) for known in inputs))

    @staticmethod
    def _sums_both(understood: Understanding, state: State) -> bool:
        """Whether the last two sums are asked for together."""
        benefits, _ = state.earlier
        apart = bool(benefits) and not set(benefits) & set(state.benefits)
        told = [quantity for quantity in understood.quantities if quantity.kind != "count"]
        return apart and "totals" in understood.marks and not (understood.topics or told)

    # -- which benefits

    def _in_play(self, understood: Understanding, state: State) -> tuple[tuple[str, ...], bool]:
        """The benefits that the message is about, and whether it goes on with the sum in hand."""
        named = self._with_companions(self._named(understood) or self._graded(understood, state))
        if not named:
            elsewhere = understood.subjects or understood.outside or understood.matters or understood.measures
            return (self._with_companions(state.benefits), True) if state.benefits and not elsewhere else ((), False)
        if set(named) <= set(state.benefits):
            return state.benefits, True
        sums_up = "totals" in understood.marks or "summing" in understood.marks
        added = "addition" in understood.acts or ("also" in understood.acts and sums_up)
        if added and state.fills:
            return tuple(dict.fromkeys((*state.benefits, *named))), True
        return named, False

    def _graded(self, understood: Understanding, state: State) -> tuple[str, ...]:
        """The benefit of the clauses in hand whose grade the message gives."""
        here = (b for b in self.dossier.benefits.values() if set(b.clauses) & set(state.places))
        return (
            tuple(b.id for b in here if self.filler.counts.grades(understood, b.id))[:1]
            if not understood.topics
            else ()
        )

    def _named(self, understood: Understanding) -> tuple[str, ...]:
        """Benefits named, or implied by what a sum is said to be."""
        named = list(understood.benefits)
        bases = {m.id for m in self.filler.frame.bases.find(understood.text)}
        sums = any(q.kind in ("money", "bare", "rate", "fold") for q in understood.quantities)
        asks_sum = "calculation" in understood.marks or "firm" in understood.marks
        for benefit in understood.weak_benefits:
            slot = self.calculator.primary_money_slot(benefit)
            of_slot = {base for base, entry in self.dossier.lexicon.bases.items() if entry.slot == slot}
            spoken = slot and (sums or asks_sum) and bases & of_slot and not self._only_lab_spending(named, understood)
            hinted = (
                not slot and not named and (asks_sum or "money" in understood.attributes) and not understood.subjects
            )
            if benefit not in named and (spoken or hinted):
                named.append(benefit)
        return tuple(named)

    def _only_lab_spending(self, named: list[str], understood: Understanding) -> bool:
        """Whether spending is spoken of without a year, beside a benefit that has money of its own."""
        has_own = any(self.calculator.primary_money_slot(benefit) for benefit in named)
        return has_own and not self.filler.frame.ranked_years(understood.text)

    def _with_companions(self, benefits: tuple[str, ...]) -> tuple[str, ...]:
        together: dict[str, None] = {}
        for benefit_id in self.dossier.benefits:
            companions = self.dossier.benefits[benefit_id].companions
            if benefit_id in benefits or any(companion in benefits for companion in companions):
                together[benefit_id] = None
        return tuple(together)

    def _lacks(self, benefit_id: str, fills: tuple[Fill, ...] = ()) -> bool:
        """Whether the benefit cannot be computed from these fills alone."""
        return isinstance(self._outcome(benefit_id, fills), NeedsSlots)

    def _wants_sum(
        self, understood: Understanding, state: State, play: tuple[str, ...], filled: Filled, *, follows: bool
    ) -> bool:
        marks, attributes = understood.marks, set(understood.attributes)
        if "inverse" in marks or "more" in marks:
            return bool(filled.fills or filled.target or marks & {"full", "both"} or (follows and state.fills))
        if follows and state.outcomes and "totals" in marks and not understood.topics:
            return True
        if state.choosing and self._says_no_more(understood):
            return True
        if filled.doubts or filled.shift is not None:
            return True
        if filled.fills:
            years_only = all(self.dossier.slots[fill.slot].kind == "count" for fill in filled.fills)
            own = follows or marks & {"firm", "first_person", "totals"} or not years_only
            return bool(own) or not any(self._lacks(benefit, filled.fills) for benefit in play)
        if "firm" in marks:
            return bool(understood.benefits or understood.weak_benefits or follows)
        if follows and not understood.benefits and not understood.weak_benefits:
            return False
        if not any(self._lacks(benefit) for benefit in play):
            return "money" in attributes or bool(marks & {"calculation", "totals"})
        return {"first_person", "calculation"} <= marks and "not_it" not in marks

    # -- replies

    def _calculated(self, state: State, outcomes: tuple[Outcome, ...]) -> CalculatedAnswer:
        portfolio = combine(outcomes)
        settled = (outcome for outcome in outcomes if not isinstance(outcome, NeedsSlots))
        sources = (*state.said, *(step.expression for outcome in settled for step in outcome.steps))
        benefits = [self.dossier.benefits[benefit] for benefit in state.benefits]
        due = [b for b, o in zip(benefits, outcomes, strict=True) if isinstance(o, (Calculation, Undetermined))]
        remarks = [Remark("estimate")] if any(fill.estimate for fill in state.fills) else []
        citations = list(self._citations(state.benefits))
        if any(isinstance(outcome, Undetermined) for outcome in outcomes):
            citations.append(self.dossier.cite_fact(self.dossier.facts.contact.telephone))
        separate = {b.id for b in due} - {c for b in due for c in b.companions if c in {d.id for d in due}}
        if len(separate) > 1:
            citations.append(self.dossier.cite_fact(self.dossier.facts.stacking))
            remarks.append(Remark("stacking_note"))
        return CalculatedAnswer(
            portfolio=portfolio,
            citations=tuple(citations),
            given=tuple((what, shown) for what, shown in self._given(state) if not unsourced(shown, sources)),
            premises=tuple(dict.fromkeys(premise for b in due for premise in b.conditions)),
            open_points=tuple(dict.fromkeys(point for b in due for point in b.open_points)),
            remarks=tuple(remarks),
        )

    def _citations(self, benefits: tuple[str, ...]) -> tuple[Citation, ...]:
        places = dict.fromkeys(clause for benefit in benefits for clause in self.dossier.benefits[benefit].clauses)
        return tuple(self.dossier.cite(place) for place in places)

    def _places(self, benefits: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(citation.clause.id for citation in self._citations(benefits))

    def _given(self, state: State) -> tuple[tuple[str, str], ...]:
        order = list(self.dossier.slots)
        fills = sorted(state.fills, key=lambda fill: order.index(fill.slot))
        return tuple((self.dossier.slots[fill.slot].label, self.show(fill)) for fill in fills)

    def show(self, fill: Fill) -> str:
        """A value as people write it."""
        slot, value = self.dossier.slots[fill.slot], fill.value
        if isinstance(value, tuple):
            return " + ".join(format_yuan(part) for part in value)
        if isinstance(value, Decimal):
            return format_rate(value) if slot.kind == "rate" else format_yuan(value)
        return f"{value}{slot.unit}"

    def _ask_slot(self, missing: tuple[str, ...], state: State, outcomes: tuple[Outcome, ...]) -> Answer:
        slot = self.dossier.slots[missing[0]]
        labels = tuple(self.dossier.slots[slot_id].label for slot_id in missing)
        ask = Remark("ask_slot", {"ask": slot.ask, "why": slot.why})
        given = tuple((what, shown) for what, shown in self._given(state) if not unsourced(shown, state.said))
        question = SlotQuestion(ask, labels, self._citations(state.benefits), slot.options, outcomes, given)
        return question, replace(state, pending=slot.id)

    def _ask(self, ask: Remark, state: State, labels: tuple[str, ...]) -> Answer:
        slot_ids = [s for b in state.benefits for s in self.calculator.slot_ids(b) if self.dossier.slots[s].ask]
        wanted = labels or tuple(self.dossier.slots[s].label for s in slot_ids[:1])
        pending = slot_ids[0] if slot_ids else None
        return SlotQuestion(ask, wanted, self._citations(state.benefits)), replace(state, pending=pending)

    def _doubted(self, filled: Filled, state: State, play: tuple[str, ...]) -> Answer:
        """Ask back where a figure is vague, foreign, negative, absurd, without unit, or of an unknown year."""
        reason, words = filled.doubts[0]
        given = {fill.slot for fill in state.fills}
        slots = [s for b in play for s in self.calculator.slot_ids(b) if self.dossier.slots[s].ask and s not in given]
        labels = tuple(dict.fromkeys(self.dossier.slots[s].label for s in slots))
        reply, state = self._ask(Remark(f"doubt_{reason}", {"words": words} if words else {}), state, labels)
        return reply, replace(state, pending=slots[0] if slots else state.pending)

    def explain(self, state: State, benefits: tuple[str, ...]) -> Answer:
        """The outcomes of the last sum once more, of these benefits only."""
        settled = tuple(o for o in state.outcomes if o.benefit_id in benefits)
        answer = self._calculated(replace(state, benefits=tuple(o.benefit_id for o in settled)), settled)
        return replace(answer, lead=Remark("why")), state

    # -- inverse questions

    def _inverse(self, understood: Understanding, filled: Filled, state: State) -> Answer | None:
        """What must be spent, or had, for the sum that is wished for."""
        found = self._requirement(understood, filled, state)
        match found:
            case None:
                return None
            case NeedsSlots():
                return self._ask_slot(found.slots, state, ())
            case Unreachable():
                outcomes: tuple[Outcome, ...] = (NotEligible(found.benefit_id, found.reason, found.steps),)
                answer = replace(self._calculated(replace(state, benefits=(found.benefit_id,)), outcomes))
                return answer, replace(state, outcomes=outcomes)
            case Requirement():
                benefits: tuple[str, ...] = (found.benefit_id,)
                outcomes = (self._at_least_open(found.check),)
            case JointRequirement():
                benefits, outcomes = found.benefit_ids, tuple(map(self._at_least_open, found.checks))
        answer = self._calculated(replace(state, benefits=benefits), outcomes)
        answer = replace(answer, needed=self._needed(found), needed_steps=found.steps)
        return answer, replace(state, outcomes=outcomes)

    def _at_least_open(self, outcome: Outcome) -> Outcome:
        """An outcome that still lacks inputs as one that is open, with what it depends on said."""
        if not isinstance(outcome, NeedsSlots):
            return outcome
        lacking = say("between").join(self.dossier.slots[slot].label for slot in outcome.slots)
        return Undetermined(outcome.benefit_id, say("depends_on", what=lacking), ())

    def _requirement(
        self, understood: Understanding, filled: Filled, state: State
    ) -> Requirement | JointRequirement | Unreachable | NeedsSlots | None:
        marks, named = understood.marks, understood.benefits
        growth = self.filler.growth_of(state.benefits)
        bonus = next((b for b in named if b in state.benefits and self._is_bonus(b)), None)
        main = next((b for b in state.benefits if not self._is_bonus(b)), state.benefits[0])
        inputs = inputs_of(state.fills, main, self.calculator)
        if growth and "both" in marks and (bonus or len(state.benefits) > 1):
            return joint_requirement(self.calculator, state.benefits, inputs)
        if bonus:
            return required(self.calculator, bonus, filled.target, inputs)
        if "more" in marks and growth and growth.current in inputs and filled.target is None:
            return next_step(self.calculator, main, inputs)
        if "more" in marks and growth and growth.current in inputs and filled.target is not None:
            now = self.calculator.calculate(main, inputs)
            due = now.amount if isinstance(now, Calculation) else Decimal(0)
            return required(self.calculator, main, due + filled.target, inputs)
        if filled.target is None and "full" not in marks:
            if growth and growth.current in inputs:
                return None
            return joint_requirement(self.calculator, (main,), inputs) if growth else None
        return required(self.calculator, main, filled.target or None, inputs)

    def _is_bonus(self, benefit_id: str) -> bool:
        return self.dossier.benefits[benefit_id].rule["kind"] == "growth_bonus"

    def _needed(self, found: Requirement | JointRequirement) -> tuple[Remark, ...]:
        slot = self.dossier.slots[found.slot_id]
        amount = format_yuan(found.amount) if slot.kind == "money" else f"{plain(found.amount)}{slot.unit}"
        remarks = [Remark(f"needed_{found.relation}", {"what": slot.label, "amount": amount})]
        if found.reached:
            remarks.append(Remark("needed_reached"))
        elif found.more is not None:
            more = format_yuan(found.more) if slot.kind == "money" else f"{plain(found.more)}{slot.unit}"
            remarks.append(Remark("needed_more", {"more": more}))
        return tuple(remarks)

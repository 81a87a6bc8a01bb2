"""Calculations: sums of the benefits in play, what is missing for them, and what is asked of the last sum."""

from dataclasses import replace
from decimal import Decimal

from bot.dialog import thresholds
from bot.dialog.actions import Calculate, Explain, Gather, Remove
from bot.dialog.applicants import applicants_of, values_of_all
from bot.dialog.calculated_answer import calculated_answer
from bot.dialog.extraction import WAN, Doubt, Extraction
from bot.dialog.reply import CalculatedAnswer, Remark, Reply, SlotQuestion
from bot.dialog.slots import SlotValue, groups_of, inputs_of, join, shifted
from bot.dialog.state import Applicant, Offer, State
from bot.dialog.tracker import Tracker
from bot.nlu.reading import Reading
from calculators.calculation import Calculation, NeedsSlots, Outcome
from calculators.errors import InvalidInput
from calculators.portfolio import combine, merge
from calculators.registry import Calculator
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.money import format_rate, format_yuan
from knowledge.numerals import PERSON

Answer = tuple[Reply, State]
_OFFERED = frozenset({"estimate", "vague", "fiscal", "unit"})


class CalculationHandler:
    """Answers what is asked of sums, for one policy."""

    def __init__(self, dossier: Dossier, calculator: Calculator, tracker: Tracker) -> None:
        """Keep what sums are made of."""
        self.dossier, self.calculator, self.tracker = dossier, calculator, tracker

    # -- forward

    def calculate(self, action: Calculate, reading: Reading, state: State) -> Answer:
        """A calculated answer, or a question for what is missing or not sure."""
        if not action.benefits:
            return SlotQuestion(Remark("which_sum"), ("which_sum_label",)), state
        play = action.benefits
        if reading.intents["reset"] > thresholds.ROLE:  # all anew, with figures in the same breath
            state = State(said=state.said, benefits=state.benefits)
        open_figures = state.open_figures
        if open_figures and any(q.kind == "money" and q.value >= WAN for q in reading.quantities):
            # Figures that were said without a unit are of the unit in which the person goes on.
            state = replace(state, values=join(state.values, open_figures.unit, self.tracker.growth))
        working = replace(state, benefits=play, offer=None, pending=state.pending)
        out = self.tracker.extract(reading, working, play)
        working = replace(self._with(working, out), earlier=self._earlier(reading, state, out))
        if out.doubts:
            return self._doubted(out, working)
        if self._changes_nothing(reading, state, working):
            labels = tuple(self.dossier.slots[v.slot].label for v in self._used(working)[:1]) or ("which_sum_label",)
            ask, places = Remark("what_changes"), self._citations(play)
            return SlotQuestion(ask, labels, places, given=self._given(working)), replace(working, after="asked_amount")
        complete, assumed = self._with_one_head(working, out, state)
        reply, moved = self.compute(replace(complete, pending=None))
        if assumed and isinstance(reply, (CalculatedAnswer, SlotQuestion)):
            reply = replace(reply, given=self._given(working))  # what is assumed was not said
        remarks = (*assumed, *self._remarks(out, action.asides))
        if remarks and isinstance(reply, CalculatedAnswer):
            reply = replace(reply, remarks=(*reply.remarks, *remarks))
        return reply, moved

    @staticmethod
    def _earlier(reading: Reading, state: State, out: Extraction) -> tuple[SlotValue, ...]:
        """Sums of items that a message puts another one in place of; what is put right or supposed was none."""
        if reading.intent in ("correct", "suppose"):
            return state.earlier
        new = {(v.slot, v.benefit): v.value for v in out.values.values() if isinstance(v.value, Decimal)}
        gone = (v for v in state.values if v.benefit and isinstance(v.value, Decimal))
        gone = (v for v in gone if new.get((v.slot, v.benefit), v.value) != v.value)
        return (*state.earlier, *gone)[-thresholds.MOST_YEARS :]

    @staticmethod
    def _changes_nothing(reading: Reading, before: State, after: State) -> bool:
        """Whether a message puts right or takes out what is known, and nothing of it was understood."""
        meant = reading.intents["correct"] + reading.intents["remove"] > thresholds.CLEARS
        same = before.values == after.values and set(after.benefits) <= set(before.settled)
        known = {v.value for v in before.values}
        speaks_of_known = any(figure.quantity.value in known for figure in reading.figures)
        return meant and same and not speaks_of_known and before.after in ("sum", "none_due")

    def _with_one_head(self, state: State, out: Extraction, before: State) -> tuple[State, tuple[Remark, ...]]:
        """Whoever tells for how many years, and nothing of how many persons, is told what one person gets."""
        if before.pending:
            return state, ()
        for benefit in state.benefits:
            try:
                outcome = self._outcome(benefit, state.values)
            except InvalidInput:  # `compute` says so
                return state, ()
            years = any(value.benefit == benefit for value in out.values.values())
            if years and isinstance(outcome, NeedsSlots) and len(outcome.slots) == 1:
                slot = self.dossier.slots[outcome.slots[0]]
                if slot.kind == "count" and slot.unit == PERSON:
                    one = SlotValue(slot.id, 1, benefit)
                    return replace(state, values=(*state.values, one)), (Remark("assumed_head"),)
        return state, ()

    @staticmethod
    def _remarks(out: Extraction, asides: tuple[str, ...]) -> tuple[Remark, ...]:
        remarks = [Remark("left_out", {"figures": tuple(out.left_out)})] if out.left_out else []
        return (*remarks, *(Remark(f"silent_{ask}") for ask in asides))

    def _with(self, state: State, out: Extraction) -> State:
        """The state with what a message gives."""
        growth = self.tracker.growth
        kept = tuple(v for v in state.values if (v.slot, v.benefit) not in out.dropped)
        values = join(kept, tuple(out.values.values()), growth)
        if out.shift is not None and growth:
            values = shifted(values, growth.current, out.shift)
        focus = state.focus if out.focus is None else out.focus
        money = [v.slot for v in out.values.values() if isinstance(v.value, Decimal)]
        changed = money[-1] if len(money) == 1 else state.changed if not money else None
        if len(money) > 1 and growth and growth.current in money:
            changed = growth.current
        return replace(state, values=values, series={**state.series, **out.series}, focus=focus, changed=changed)

    def compute(self, state: State) -> Answer:
        """The benefits in play, computed from what is known, or the question for the first missing input."""
        try:
            outcomes = tuple(self._outcome(benefit, state.values) for benefit in state.benefits)
        except InvalidInput:
            return self._ask(Remark("absurd"), state, ())
        missing = tuple(dict.fromkeys(s for o in outcomes if isinstance(o, NeedsSlots) for s in o.slots))
        if missing:
            return self._ask_slot(missing, state, outcomes)
        return self._settled(state, outcomes)

    def _settled(self, state: State, outcomes: tuple[Outcome, ...]) -> Answer:
        reply = self._calculated(state, outcomes)
        settled = tuple(dict.fromkeys((*state.settled, *state.benefits)))
        before = combine(o for o in state.outcomes if not isinstance(o, NeedsSlots)).total if state.outcomes else None
        moved = replace(
            state,
            outcomes=outcomes,
            settled=settled,
            total=before,
            pending=None,
            places=self._places(state.benefits),
            topics=state.benefits,
            after="none_due" if reply.portfolio.total is None else "sum",
        )
        return reply, moved

    def _outcome(self, benefit_id: str, values: tuple[SlotValue, ...]) -> Outcome:
        groups = groups_of(values, benefit_id)
        inputs = (inputs_of(values, benefit_id, self.calculator, group) for group in groups)
        return merge(tuple(self.calculator.calculate(benefit_id, known) for known in inputs))

    def gather(self, action: Gather, state: State) -> Answer:
        """What all applicants of the talk get together; what was said of each stays its own."""
        benefits, values = values_of_all(state, self.tracker)
        working = replace(state, benefits=benefits, values=values, outcomes=())
        try:
            outcomes = tuple(self._outcome(benefit, values) for benefit in benefits)
        except InvalidInput:
            return self._ask(Remark("absurd"), state, ())
        missing = tuple(dict.fromkeys(s for o in outcomes if isinstance(o, NeedsSlots) for s in o.slots))
        if missing or not benefits:
            return self._ask_slot(missing, state, ()) if missing else self.menu(state)
        reply = self._calculated(working, outcomes)
        if action.compare:
            reply = replace(reply, lead=self._who_gets_more(benefits, values, applicants_of(state)))
        return reply, replace(state, offer=None, after="sum")

    def _who_gets_more(
        self, benefits: tuple[str, ...], values: tuple[SlotValue, ...], applicants: tuple[Applicant, ...]
    ) -> Remark:
        """The name of the applicant whose sum is the largest, or that they are equal."""
        totals = []
        for group, applicant in enumerate(applicants, start=1):
            own = tuple(replace(value, group=0) for value in values if value.group == group)
            settled = [b for b in benefits if b in applicant.settled]
            totals.append(combine(self._outcome(b, own) for b in settled).total or Decimal(0))
        names = [each.label or str(place) for place, each in enumerate(applicants, start=1)]
        most = [name for name, total in zip(names, totals, strict=True) if total == max(totals)]
        return Remark("gets_more", {"who": most[0]}) if len(most) == 1 else Remark("get_the_same")

    # -- choices, corrections, what is not known

    def take(self, index: int, reading: Reading, state: State) -> Answer:
        """One of the offered choices is taken; its values are joined."""
        offer = state.offer or Offer(())
        values = join(state.values, offer.values[index], self.tracker.growth)
        return self.compute(replace(state, values=values, offer=None, pending=None))

    def reject(self, state: State) -> Answer:
        """None of the offered choices is right: the figure is asked for."""
        slot = state.pending or next((s for b in state.benefits for s in self._asked_slots(b)), None)
        moved = replace(state, offer=None)
        if slot is None:
            return SlotQuestion(Remark("which_sum"), ("which_sum_label",)), moved
        return self._ask_slot((slot,), moved, ())

    def unknown(self, state: State) -> Answer:
        """The person does not know the figure: what else would do."""
        slot = state.pending or next((s for b in state.benefits for s in self._asked_slots(b)), "")
        labels = (self.dossier.slots[slot].label,) if slot else ("which_sum_label",)
        ask = Remark("unknown_value", {"what": self.dossier.slots[slot].label}) if slot else Remark("which_sum")
        return SlotQuestion(ask, labels, self._citations(state.benefits)), replace(state, offer=None)

    def remove(self, action: Remove, state: State) -> Answer:
        """The sum without some benefits."""
        gone = set(action.benefits)
        kept = tuple(b for b in (state.settled or state.benefits) if b not in gone)
        moved = replace(state, settled=kept, benefits=kept, outcomes=(), pending=None, offer=None)
        if not kept:
            return self.menu(moved)
        return self.compute(moved)

    def menu(self, state: State) -> Answer:
        """A sum of something that was not said: the benefits that need figures are offered."""
        offered: dict[str, str] = {}
        for benefit in self.dossier.benefits.values():
            lacks = isinstance(self._outcome(benefit.id, ()), NeedsSlots)
            if lacks and not offered.keys() & set(benefit.companions):
                offered[benefit.id] = benefit.title
        titles = tuple(offered.values())
        question = SlotQuestion(Remark("which_benefit", {"titles": titles}), ("which_benefit_label",), options=titles)
        return question, replace(state, offer=Offer(titles, topics=tuple(offered), sums=True), after="asked_choice")

    # -- what is asked of the last sum

    def explain(self, action: Explain, reading: Reading, state: State) -> Answer:
        """The last sum once more, led by what was asked of it."""
        if action.how == "total":
            every = tuple(dict.fromkeys((*state.settled, *state.benefits)))
            chosen = self.tracker.with_companions(action.benefits) or every
            whole = self.tracker.printed_counts(chosen[0], state.values) if len(chosen) == 1 else ()
            working = replace(state, benefits=chosen, pending=None, offer=None)
            reply, moved = self.compute(replace(working, values=(*state.values, *whole)))
            if isinstance(reply, CalculatedAnswer):  # what the clause prints was not said by the person
                reply = replace(reply, given=self._given(working))
            return reply, replace(moved, values=state.values)
        settled = tuple(o for o in state.outcomes if not isinstance(o, NeedsSlots))
        benefits = action.benefits or tuple(o.benefit_id for o in settled)
        if action.how == "growth":
            benefits = tuple(b for b in benefits if b in self.tracker.growing) or benefits
        meant = {f.quantity.value for f in reading.with_role("ref")}
        exactly = tuple(o.benefit_id for o in settled if isinstance(o, Calculation) and o.amount in meant)
        if action.how in ("why", "doubt", "claim") and exactly and not action.benefits:
            benefits = exactly
        told = tuple(o for o in settled if o.benefit_id in benefits)
        answer = self._calculated(replace(state, benefits=tuple(o.benefit_id for o in told)), told)
        lead = self._lead(action.how, reading, state, answer)
        return replace(answer, lead=lead), replace(state, offer=None)

    def _lead(self, how: str, reading: Reading, state: State, answer: CalculatedAnswer) -> Remark:
        total = answer.portfolio.total
        if how == "difference" and state.total is not None and total is not None:
            change = total - state.total
            if not change:
                return Remark("difference_none")
            return Remark("difference_more" if change > 0 else "difference_less", {"amount": format_yuan(abs(change))})
        if how in ("claim", "confirm", "doubt"):
            claimed = [f.quantity.value for f in reading.with_role("ref") if f.quantity.kind == "money"]
            amounts = {o.amount for o in answer.portfolio.outcomes if isinstance(o, Calculation)} | {total}
            bare = [f.quantity.value * WAN for f in reading.with_role("ref") if f.quantity.kind == "bare"]
            said = claimed or bare
            if said and how == "claim":
                return Remark("claim_right" if set(said) <= amounts else "claim_wrong")
            return Remark("doubt")
        return Remark("growth" if how == "growth" else "why")

    # -- replies

    def _calculated(self, state: State, outcomes: tuple[Outcome, ...]) -> CalculatedAnswer:
        of_last_year = state.focus < 0 and set(state.benefits) & set(self.tracker.growing)
        remarks = [Remark("of_last_year")] if of_last_year else []
        remarks += [Remark("estimate")] if any(value.estimate for value in self._used(state)) else []
        return calculated_answer(self.dossier, outcomes, given=self._given(state), remarks=remarks)

    def _used(self, state: State) -> list[SlotValue]:
        """The values that the benefits in play look at, in the order of the slots."""
        order = list(self.dossier.slots)
        usable = {slot for benefit in state.benefits for slot in self.calculator.slot_ids(benefit)}
        used = [v for v in state.values if v.slot in usable and v.benefit in (None, *state.benefits)]
        return sorted(used, key=lambda value: (value.group, order.index(value.slot)))

    def _given(self, state: State) -> tuple[tuple[str, str], ...]:
        seen = dict.fromkeys((self.dossier.slots[v.slot].label, self.show(v)) for v in self._used(state))
        return tuple(seen)

    def show(self, value: SlotValue) -> str:
        """A value as people write it."""
        if value.shown:
            return value.shown
        slot, what = self.dossier.slots[value.slot], value.value
        if isinstance(what, tuple):
            return " + ".join(format_yuan(part) for part in what)
        if isinstance(what, Decimal):
            return format_rate(what) if slot.kind == "rate" else format_yuan(what)
        return f"{what}{slot.unit}"

    def _citations(self, benefits: tuple[str, ...]) -> tuple[Citation, ...]:
        places = dict.fromkeys(clause for benefit in benefits for clause in self.dossier.benefits[benefit].clauses)
        return tuple(self.dossier.cite(place) for place in places)

    def _places(self, benefits: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(citation.clause.id for citation in self._citations(benefits))

    def _asked_slots(self, benefit: str) -> list[str]:
        return [slot for slot in self.calculator.slot_ids(benefit) if self.dossier.slots[slot].ask]

    def _ask_slot(self, missing: tuple[str, ...], state: State, outcomes: tuple[Outcome, ...]) -> Answer:
        slot = self.dossier.slots[missing[0]]
        labels = tuple(self.dossier.slots[slot_id].label for slot_id in missing)
        ask = Remark("ask_slot", {"ask": slot.ask, "why": slot.why})
        question = SlotQuestion(
            ask, labels, self._citations(state.benefits), slot.options, outcomes, self._given(state)
        )
        after = {"money": "asked_amount", "count": "asked_count"}.get(slot.kind, "asked_choice")
        places = self._places(state.benefits)
        return question, replace(state, pending=slot.id, after=after, places=places, topics=state.benefits)

    def _ask(self, ask: Remark, state: State, labels: tuple[str, ...]) -> Answer:
        slot_ids = [s for b in state.benefits for s in self._asked_slots(b)]
        wanted = labels or tuple(self.dossier.slots[s].label for s in slot_ids[:1])
        pending = slot_ids[0] if slot_ids else None
        question = SlotQuestion(ask, wanted, self._citations(state.benefits))
        return question, replace(state, pending=pending, after="asked_amount", topics=state.benefits)

    def _doubted(self, out: Extraction, state: State) -> Answer:
        """Ask back where a figure is not sure, with what it probably is as a choice."""
        doubt = out.doubts[0]
        given = {value.slot for value in state.values}
        slots = [s for b in state.benefits for s in self._asked_slots(b) if s not in given]
        every = [s for b in state.benefits for s in self._asked_slots(b)]
        labels = tuple(dict.fromkeys(self.dossier.slots[s].label for s in slots or every)) or ("which_sum_label",)
        offer = self._offer(doubt, out, state)
        values = {"words": doubt.words} if doubt.words else {}
        reply, moved = self._ask(Remark(f"doubt_{doubt.reason}", values), state, labels)
        kept = tuple(v for v in state.values if not out.is_uncertain(v))
        doubtful = [v.slot for v in out.values.values() if out.is_uncertain(v) and self.dossier.slots[v.slot].ask]
        slots = [s for s in slots if s not in {v.slot for v in kept}]
        pending = doubtful[0] if len(doubtful) == 1 else slots[0] if slots else moved.pending
        series = {year: value for year, value in state.series.items() if value not in out.uncertain}
        moved = replace(moved, values=kept, offer=offer, pending=pending, series=series)
        if offer and isinstance(reply, SlotQuestion):
            return replace(reply, options=offer.options), replace(moved, after="asked_choice")
        return reply, moved

    def _offer(self, doubt: Doubt, out: Extraction, state: State) -> Offer | None:
        """What the doubtful figure probably is, to be taken with one word."""
        values = tuple(out.values.values())
        if len(doubt.likely) > 1:
            return Offer(tuple(map(self.show, doubt.likely)), tuple((value,) for value in doubt.likely))
        if doubt.likely:
            return Offer((self.show(doubt.likely[0]),), (doubt.likely,))
        if not values or doubt.reason not in _OFFERED:
            return self._offer_years(doubt, out)
        money = [v for v in values if isinstance(v.value, Decimal) and self.dossier.slots[v.slot].kind == "money"]
        if doubt.reason == "unit" and money:
            small = tuple(replace(v, value=v.value / WAN) if v in money else v for v in values)  # type: ignore[operator]
            options = (self.show(money[0]), self.show(replace(money[0], value=money[0].value / WAN)))  # type: ignore[operator]
            return Offer(options, (values, small), unit=values)
        estimated = tuple(replace(value, estimate=True) for value in values)
        shown = next((self.show(v) for v in values if isinstance(v.value, Decimal)), "")
        return Offer((shown,), (estimated,)) if shown else None

    def _offer_years(self, doubt: Doubt, out: Extraction) -> Offer | None:
        growth = self.tracker.growth
        levels = [v for v in out.values.values() if growth and v.slot in (growth.current, growth.previous)]
        if doubt.reason != "year" or growth is None or len(levels) != 1:
            return None
        slots = (growth.current, growth.previous)
        options = tuple(self.dossier.slots[slot].label for slot in slots)
        return Offer(options, tuple((replace(levels[0], slot=slot),) for slot in slots))

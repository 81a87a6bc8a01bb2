"""Applicants: several firms in one talk, each with its own figures, and all of them together."""

from dataclasses import replace

from bot.dialog import thresholds
from bot.dialog.extraction import COUNTS, LEVELS
from bot.dialog.slots import SlotValue
from bot.dialog.state import Applicant, State
from bot.dialog.tracker import Tracker
from bot.nlu.reading import Reading
from calculators.calculation import NeedsSlots


def with_applicant(reading: Reading, state: State, tracker: Tracker) -> State:
    """The state of the applicant that a message speaks of: a new one has no figures yet, a known one has its own."""
    label = tracker.applicant_named(reading)
    every = applicants_of(state)
    if label is None and len(every) > 1:
        number = tracker.applicant_by_place(reading)
        label = every[number - 1].label if number and number <= len(every) else None
    if label is not None and label != state.applicant:
        found = next((each for each in state.others if each.label == label), None)
        return _turned(state, found or Applicant(label))
    if label is None and tracker.turns_to_another(reading) and reading.with_role(*LEVELS, *COUNTS, "paid", "whole"):
        return _turned(state, Applicant(f"{len(every) + 1}"))
    return state


def applicants_of(state: State) -> tuple[Applicant, ...]:
    """All applicants of a talk, in the order in which they were first spoken of."""
    return (*state.others[: state.place], _current(state), *state.others[state.place :])


def speaks_of_all(reading: Reading, state: State, tracker: Tracker) -> bool:
    """Whether the sum of all applicants is wanted, or which of them gets more."""
    if not state.others or reading.with_role(*LEVELS, "paid", "whole"):
        return False
    sums = (
        reading.intents["total"] + reading.intents["add"] + reading.intents["compare"] + reading.intents["difference"]
    )
    return tracker.counts_applicants(reading, len(state.others) + 1) and sums > thresholds.ROLE


def values_of_all(state: State, tracker: Tracker) -> tuple[tuple[str, ...], tuple[SlotValue, ...]]:
    """The benefits computed for any applicant, and what each applicant gave for them, as a group of its own."""
    benefits: dict[str, None] = {}
    values: list[SlotValue] = []
    for group, applicant in enumerate(applicants_of(state), start=1):
        for benefit in applicant.settled:
            benefits[benefit] = None
            usable = set(tracker.calculator.slot_ids(benefit))
            own = [v for v in applicant.values if v.slot in usable and v.benefit in (None, benefit)]
            values += [replace(v, benefit=benefit, group=group) for v in own]
    return tuple(b for b in tracker.dossier.benefits if b in benefits), tuple(values)


def _current(state: State) -> Applicant:
    settled = tuple(o.benefit_id for o in state.outcomes if not isinstance(o, NeedsSlots))
    settled = state.settled or settled
    return Applicant(state.applicant, state.values, state.series, state.focus, settled, state.benefits, state.outcomes)


def _turned(state: State, to: Applicant) -> State:
    """The state with another applicant in hand; of one without figures nothing was said before."""
    if not (state.values or state.others):
        return replace(state, applicant=to.label)
    every = applicants_of(state)
    known = next((place for place, each in enumerate(every) if each.label == to.label), len(every))
    others = tuple(each for each in every if each.label != to.label)
    return replace(
        state,
        applicant=to.label,
        others=others,
        place=known,
        values=to.values,
        series=to.series,
        focus=to.focus,
        settled=to.settled,
        benefits=to.benefits or state.benefits,
        outcomes=to.outcomes,
        pending=None,
        offer=None,
    )

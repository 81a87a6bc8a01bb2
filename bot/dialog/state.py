"""The state of a conversation: values that follow from its messages alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from bot.dialog.slots import SlotValue
from calculators.calculation import Outcome


@dataclass(frozen=True, slots=True)
class Offer:
    """Choices that the desk has put before the person: `options` as shown, and the values that each stands for.

    An option without values of its own names a topic (`topics`). `unit` are values whose unit is
    in question; `sums`: a sum of the chosen topic is wanted.
    """

    options: tuple[str, ...]
    values: tuple[tuple[SlotValue, ...], ...] = ()
    topics: tuple[str, ...] = ()
    unit: tuple[SlotValue, ...] = ()
    sums: bool = False


@dataclass(frozen=True, slots=True)
class Applicant:
    """One of several firms of a talk: how it is called, and what was said and computed for it."""

    label: str = ""
    values: tuple[SlotValue, ...] = ()
    series: Mapping[int, Decimal] = field(default_factory=dict)
    focus: int = 0
    settled: tuple[str, ...] = ()
    benefits: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """What a conversation is about.

    `benefits` are those of the sum being worked on, `values` everything said of any benefit, kept when the talk goes
    elsewhere; `settled` are benefits that were computed. `pending` is the slot last asked for, `offer` the choices
    last offered, `after` what the desk did last (see `nlu.labels.AFTERS`). `places` are the clauses last spoken of,
    `measure` the measure last named, `topics` what was last asked about, answered or not. `series` is spending by
    calendar year, or by distance from this year, and `focus` the year that is asked about. `said` are the person's
    words, `total` is that of the sum before the last, `changed` the money slot that was given last, `wish` says that
    the last sum was an inverse one. `applicant` is the one that `values` are of, by its name; `others` are those
    spoken of besides, of whom `place` came before it. `earlier` are sums of items that another item took the place of.
    """

    benefits: tuple[str, ...] = ()
    values: tuple[SlotValue, ...] = ()
    settled: tuple[str, ...] = ()
    pending: str | None = None
    offer: Offer | None = None
    after: str = "start"
    places: tuple[str, ...] = ()
    measure: int | None = None
    topics: tuple[str, ...] = ()
    series: Mapping[int, Decimal] = field(default_factory=dict)
    focus: int = 0
    outcomes: tuple[Outcome, ...] = ()
    said: tuple[str, ...] = ()
    total: Decimal | None = None
    wish: str = ""
    changed: str | None = None
    applicant: str = ""
    others: tuple[Applicant, ...] = ()
    place: int = 0
    earlier: tuple[SlotValue, ...] = ()

    @property
    def open_figures(self) -> Offer | None:
        """The offer that a digression leaves open: figures whose unit is still in question."""
        return self.offer if self.offer and self.offer.unit else None

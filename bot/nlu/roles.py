"""Roles: which quantity of a message is what, all decided together (Viterbi)."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.nlu.features import Features, of_quantity, with_previous
from bot.nlu.labels import ROLES
from bot.nlu.linear_model import LinearModel
from bot.nlu.names import Mention, load_names
from bot.nlu.quantities import PHRASE, Kind, Quantity
from knowledge.numerals import YEAR

HEAD, FIRST = "role", "none"
_MONEY = frozenset(ROLES) - {"rise", "fall", "share_before", "share_now", "heads", "years", "things"}
_RATE = frozenset({"rise", "fall", "share_before", "share_now", "ref", "retracted", "other"})
_COUNT = frozenset({"heads", "years", "things", "ref", "retracted", "other", "wanted", "further", "less", "more"})
_NONE = frozenset({"now", "before", "fiscal", "retracted", "other"})
FITTING: Mapping[Kind, frozenset[str]] = {
    **{"money": _MONEY, "rate": _RATE, "fold": _RATE, "count": _COUNT},
    "bare": _MONEY | {"heads", "years", "things"},
}
_MOST_FIGURES = 24
_YEARS = frozenset(load_names().quantities.classifiers[YEAR])


@dataclass(frozen=True, slots=True)
class Figure:
    """A quantity with its role, and how probable that is beside the other roles of the quantity."""

    quantity: Quantity
    role: str
    probability: float


def is_figure(quantity: Quantity) -> bool:
    """Whether a quantity has a role at all; years and numbers of measures have none."""
    return quantity.kind in FITTING


def read_roles(
    model: LinearModel, text: str, quantities: Sequence[Quantity], mentions: Sequence[Mention], after: str
) -> tuple[Figure, ...]:
    """The likeliest roles of the quantities, as one row."""
    indices = [index for index, quantity in enumerate(quantities) if is_figure(quantity)][:_MOST_FIGURES]
    if not indices:
        return ()
    labels = model.heads[0].labels
    best = np.zeros(1)
    came: list[NDArray[np.int64]] = []
    alone: list[NDArray[np.float64]] = []
    previous: tuple[str, ...] = (FIRST,)
    end = 0
    for index in indices:
        own = quantities[index]
        features = of_quantity(text, quantities, index, mentions, after)
        plain = model.scores(features)
        between = text[end : own.start]
        fitting = _fitting(own)
        allowed = np.array([0.0 if label in fitting else -1e9 for label in labels])
        rows = np.stack([plain + _of_previous(model, features, role, between) + allowed for role in previous])
        rows -= np.log(np.exp(rows - rows.max(axis=1, keepdims=True)).sum(axis=1, keepdims=True)) + rows.max(
            axis=1, keepdims=True
        )
        paths = best[:, None] + rows
        came.append(paths.argmax(axis=0))
        alone.append(rows)
        best, previous, end = paths.max(axis=0), labels, own.end
    chosen = [int(best.argmax())]
    for pointers in reversed(came[1:]):
        chosen.append(int(pointers[chosen[-1]]))
    chosen.reverse()
    figures = []
    for number, (index, label) in enumerate(zip(indices, chosen, strict=True)):
        row = alone[number][chosen[number - 1] if number else 0]
        figures.append(Figure(quantities[index], labels[label], float(np.exp(row[label]))))
    return tuple(figures)


def _fitting(quantity: Quantity) -> frozenset[str]:
    """The roles that a quantity of its kind and unit can have."""
    if quantity.unit == PHRASE and quantity.kind == "money":
        return _NONE
    fitting = FITTING[quantity.kind]
    if quantity.kind == "count":
        return fitting - ({"heads", "things"} if is_of_years(quantity) else {"years"})
    return fitting


def is_of_years(quantity: Quantity) -> bool:
    """Whether a count is one of years, by its classifier."""
    return quantity.unit in _YEARS


def _of_previous(model: LinearModel, features: Features, role: str, between: str) -> NDArray[np.float64]:
    added = {name: value for name, value in with_previous(features, role, between).items() if name not in features}
    return model.scores(added) - model.bias


def gold(
    text: str, quantities: Sequence[Quantity], roles: Mapping[int, str], mentions: Sequence[Mention], after: str
) -> Iterator[tuple[Features, str]]:
    """Training rows of one example; `roles` are by the index of the quantity, others are `other`."""
    previous, end = FIRST, 0
    for index, own in enumerate(quantities):
        unmarked = own.unit == PHRASE and index not in roles and bool(roles)
        if is_figure(own) and not unmarked:
            features = of_quantity(text, quantities, index, mentions, after)
            role = roles.get(index, "other")
            yield with_previous(features, previous, text[end : own.start]), role
            previous, end = role, own.end

"""Inputs: what is known of a case, by slot, checked before anything is computed from it."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from decimal import Decimal, localcontext
from types import MappingProxyType

from calculators.errors import InvalidInput
from calculators.phrases import PRECISION
from knowledge.benefit import Slot
from knowledge.errors import UnreadableAmount
from knowledge.money import parse_rate
from knowledge.numerals import YUAN, read_number, read_ordinal

Value = Decimal | tuple[Decimal, ...] | int | str

MOST_YUAN = Decimal(10**15)
MOST_RATE = Decimal(10**6)
MOST_COUNT = 10**5
MOST_PROJECTS = 1000
_LONGEST_TEXT = 1000
_FINEST_YUAN, _FINEST_RATE = -8, -12  # decimal places: beyond them products would no longer be exact
_SEPARATOR = re.compile(r"[+;]")
_MINUS = re.compile(r"^[-−]\s*")


class Inputs(Mapping[str, Value]):
    """Values by slot id, frozen. Money is in yuan (several projects: a tuple), a rate is a fraction of one."""

    def __init__(self, values: Mapping[str, Value] | None = None) -> None:
        """Keep a checked copy.

        Raises:
            InvalidInput: a value is not finite, beyond any sense, or a negative count.
        """
        for slot_id, value in (values or {}).items():
            _check(slot_id, value)
        self._values = MappingProxyType(dict(values or {}))

    def __getitem__(self, slot_id: str) -> Value:
        """The value of a slot, as given."""
        return self._values[slot_id]

    def __iter__(self) -> Iterator[str]:
        """Slot ids, as given."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many slots are known."""
        return len(self._values)

    def __hash__(self) -> int:
        """Equal inputs hash alike."""
        return hash(frozenset(self._values.items()))

    def __repr__(self) -> str:
        """The values, for reports."""
        return f"Inputs({dict(self._values)!r})"

    def updated(self, values: Mapping[str, Value], *, without: tuple[str, ...] = ()) -> "Inputs":
        """These inputs with some values set and others forgotten."""
        return Inputs({slot_id: value for slot_id, value in self.items() if slot_id not in without} | dict(values))

    def money(self, slot_id: str) -> Decimal | None:
        """One amount in yuan, not negative; None where it is not known.

        Raises:
            InvalidInput: it is negative, several amounts, or no amount.
        """
        amounts = self.amounts(slot_id)
        if amounts is not None and len(amounts) != 1:
            raise InvalidInput(slot_id, f"{self[slot_id]!r} are several amounts where one is needed; add them up first")
        return amounts[0] if amounts else None

    def amounts(self, slot_id: str) -> tuple[Decimal, ...] | None:
        """One amount in yuan for each project, none negative; None where they are not known.

        Raises:
            InvalidInput: one is negative, or no amount.
        """
        value = self.get(slot_id)
        if value is None:
            return None
        amounts = value if isinstance(value, tuple) else (value,)
        checked = tuple(amount for amount in amounts if isinstance(amount, Decimal) and amount >= 0)
        if len(checked) != len(amounts) or not checked:
            raise InvalidInput(slot_id, f"{value!r} is not an amount of zero yuan or more; ask again")
        return checked

    def difference(self, slot_id: str) -> Decimal | None:
        """A change in yuan, below zero where it fell; None where it is not known.

        Raises:
            InvalidInput: it is no amount.
        """
        return self._decimal(slot_id)

    def rate(self, slot_id: str) -> Decimal | None:
        """A fraction of one, from -1 upward; None where it is not known.

        Raises:
            InvalidInput: it is no rate, below -1, beyond any sense or too fine.
        """
        value = self._decimal(slot_id)
        if value is not None and not -1 <= value <= MOST_RATE:
            raise InvalidInput(slot_id, f"{value} is no rate between -1 and {MOST_RATE}; ask again")
        return value

    def count(self, slot_id: str) -> int | None:
        """A whole number, not negative; None where it is not known.

        Raises:
            InvalidInput: it is no whole number.
        """
        value = self.get(slot_id)
        if value is not None and not isinstance(value, int):
            raise InvalidInput(slot_id, f"{value!r} is not a whole number")
        return value

    def grade(self, slot_id: str) -> str | None:
        """A grade in the words of its slot's options; None where it is not known.

        Raises:
            InvalidInput: it is no text.
        """
        value = self.get(slot_id)
        if value is not None and not isinstance(value, str):
            raise InvalidInput(slot_id, f"{value!r} is not a grade")
        return value

    def _decimal(self, slot_id: str) -> Decimal | None:
        value = self.get(slot_id)
        if value is not None and not isinstance(value, Decimal):
            raise InvalidInput(slot_id, f"{value!r} is not one decimal number")
        return value


def _check(slot_id: str, value: Value) -> None:
    if isinstance(value, bool) or not isinstance(value, (Decimal, tuple, int, str)):
        raise InvalidInput(slot_id, f"{value!r} is neither money, rate, count nor grade; use Decimal, int or str")
    if isinstance(value, int) and not 0 <= value <= MOST_COUNT:
        raise InvalidInput(slot_id, f"{value} is no count between 0 and {MOST_COUNT}; ask again")
    if isinstance(value, tuple) and not 0 < len(value) <= MOST_PROJECTS:
        raise InvalidInput(slot_id, f"{len(value)} amounts are none or too many; give 1 to {MOST_PROJECTS}")
    for number in value if isinstance(value, tuple) else (value,):
        if isinstance(value, tuple) and not isinstance(number, Decimal):
            raise InvalidInput(slot_id, f"{number!r} is not Decimal yuan")
        if isinstance(number, Decimal):
            _check_decimal(slot_id, number)


def _check_decimal(slot_id: str, number: Decimal) -> None:
    if not number.is_finite():
        raise InvalidInput(slot_id, f"{number} is not finite; ask again")
    if abs(number) > MOST_YUAN:
        raise InvalidInput(slot_id, f"{number} is beyond {MOST_YUAN}; ask again")
    # Money and rates are told apart only by the getters: the finer of the two limits holds for small numbers.
    finest = _FINEST_RATE if abs(number) <= MOST_RATE else _FINEST_YUAN
    exponent = number.normalize().as_tuple().exponent
    if isinstance(exponent, int) and exponent < finest:
        raise InvalidInput(slot_id, f"{number} has too many decimals; round it")


def parse_inputs(texts: Mapping[str, str], slots: Mapping[str, Slot]) -> Inputs:
    """Inputs written as in `benefits.yaml` or on a command line; several amounts are separated by `+` or `;`.

    Raises:
        InvalidInput: a slot is unknown, or its text is not a value of its kind.
    """
    values: dict[str, Value] = {}
    for slot_id, text in texts.items():
        if slot_id not in slots:
            raise InvalidInput(slot_id, f"is not a slot; use one of {', '.join(slots)}")
        slot = slots[slot_id]
        read: Callable[[Slot, str], Value] = {
            "money": _read_money,
            "rate": _read_rate,
            "count": _read_count,
            "grade": _read_grade,
        }[slot.kind]
        if len(text) > _LONGEST_TEXT:
            raise InvalidInput(slot_id, f"its text has {len(text)} characters; shorten it to {_LONGEST_TEXT}")
        with localcontext(prec=PRECISION):
            values[slot_id] = read(slot, unicodedata.normalize("NFKC", text).strip())
    return Inputs(values)


def _read_money(slot: Slot, text: str) -> Decimal | tuple[Decimal, ...]:
    amounts = tuple(_read_amount(slot, part.strip()) for part in _SEPARATOR.split(text))
    return amounts if len(amounts) > 1 else amounts[0]


def _read_amount(slot: Slot, text: str) -> Decimal:
    try:
        number = read_number(_MINUS.sub("", text).removesuffix(YUAN))
    except ArithmeticError as error:
        raise InvalidInput(slot.id, f"{text!r} is beyond {MOST_YUAN}; ask again") from error
    if number is None or number.vague:
        raise InvalidInput(slot.id, f"{text!r} is not one amount of money; write for example 12000000")
    return -number.value if _MINUS.match(text) else number.value


def _read_rate(slot: Slot, text: str) -> Decimal:
    try:
        rate = parse_rate(_MINUS.sub("", text))
    except UnreadableAmount as error:
        raise InvalidInput(slot.id, f"{text!r} is not a rate; write for example 25%") from error
    return -rate if _MINUS.match(text) else rate


def _read_count(slot: Slot, text: str) -> int:
    count = read_ordinal(text.removesuffix(slot.unit))
    if count is None:
        raise InvalidInput(slot.id, f"{text!r} is not a whole number; write for example 3")
    return count


def _read_grade(slot: Slot, text: str) -> str:
    if text not in slot.options:
        raise InvalidInput(slot.id, f"{text!r} is not one of {', '.join(slot.options)}")
    return text

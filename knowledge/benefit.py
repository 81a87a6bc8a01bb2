"""What an applicant can receive, as data: a benefit, the slots its rule needs, and a worked example."""

from collections.abc import Mapping
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

SlotKind = Literal["money", "rate", "count", "grade"]


class Data(BaseModel):
    """Base of every record read from a data file: frozen, and unknown keys are mistakes."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Slot(Data):
    """One fact to learn from the person.

    `money` is in yuan, `rate` a fraction of one, `count` a whole number of `unit`, `grade` one of `options`. One with
    a `default` is never asked for; `difference_of` names two money slots whose difference gives this one.
    """

    id: str
    label: str
    kind: SlotKind
    ask: str = ""
    why: str = ""
    unit: str = ""
    options: tuple[str, ...] = ()
    default: int | None = None
    difference_of: tuple[str, str] | None = None


class Payer(Data):
    """Who pays, in the words of a clause."""

    quote: str
    clause: str


class Example(Data):
    """A worked example: inputs by slot as people write them, and the amount that must come out (yuan as printed)."""

    inputs: Mapping[str, str]
    amount: str


class Benefit(Data):
    """One benefit. Numbers in `rule` stand as the cited clauses print them; `rule["kind"]` names its arithmetic.

    `conditions` are premises that an answer states as unchecked; `open_points` is what the text leaves open.
    Clause ids are written without the policy (`7.2`) in the data file, and with it once loaded.
    """

    id: str
    title: str
    clauses: tuple[str, ...] = Field(min_length=1)
    rule: Mapping[str, object]
    payer: Payer | None = None
    conditions: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()
    companions: tuple[str, ...] = ()
    examples: tuple[Example, ...] = Field(min_length=1)

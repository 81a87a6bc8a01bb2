"""Actions: what the desk can do with a message. `Action` is their union; the manager carries each out."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Courtesy:
    """Greetings, thanks, help, reset and the like."""

    key: str


@dataclass(frozen=True, slots=True)
class Decline:
    """A refusal of a kind that needs no look into the document."""

    key: str


@dataclass(frozen=True, slots=True)
class TakeOffer:
    """One of the offered choices is taken."""

    index: int


@dataclass(frozen=True, slots=True)
class RejectOffer:
    """None of the offered choices is right."""


@dataclass(frozen=True, slots=True)
class Explain:
    """Something is asked of the last sum: `how` is the intent."""

    how: str
    benefits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Calculate:
    """A sum is wanted of these benefits; `adds`: together with what is there already."""

    benefits: tuple[str, ...]
    adds: bool = False
    asides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Gather:
    """The sums of all applicants of the talk are wanted together, or (`compare`) which of them gets more."""

    compare: bool = False


@dataclass(frozen=True, slots=True)
class Invert:
    """What is needed for an award is asked; `again`: of another award, by naming it alone."""

    benefits: tuple[str, ...]
    again: bool = False


@dataclass(frozen=True, slots=True)
class Remove:
    """Benefits are taken out of the sum."""

    benefits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Menu:
    """A sum is wanted, but not of what."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """The person does not know what the desk has asked for."""


@dataclass(frozen=True, slots=True)
class Silent:
    """Something is asked that such a document never states."""

    ask: str
    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Matter:
    """Matters of the policy as a whole."""

    matters: tuple[str, ...]
    topics: tuple[str, ...] = ()
    asides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ListPlaces:
    """Every place that fits is wanted, or (`compare`) the places of several topics side by side."""

    topics: tuple[str, ...] = ()
    compare: bool = False


@dataclass(frozen=True, slots=True)
class Measures:
    """Measures by number, or a step to the next or previous one."""

    step: int = 0


@dataclass(frozen=True, slots=True)
class Quote:
    """The document is quoted on these topics, if it states what is asked; `surely` if the reading is sure of that."""

    topics: tuple[str, ...]
    surely: bool
    asides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class OfferTopics:
    """Several readings are likely and none is sure: they are offered as choices."""

    topics: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """No topic is known: the search decides."""


@dataclass(frozen=True, slots=True)
class Refuse:
    """The document does not hold what is asked; `topics` are near."""

    topics: tuple[str, ...]
    likely: bool = False


Action = (
    Courtesy
    | Decline
    | TakeOffer
    | RejectOffer
    | Explain
    | Calculate
    | Gather
    | Invert
    | Remove
    | Menu
    | Unknown
    | Silent
    | Matter
    | ListPlaces
    | Measures
    | Quote
    | OfferTopics
    | Search
    | Refuse
)

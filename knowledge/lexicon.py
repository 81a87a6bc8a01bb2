"""People's words for what a policy speaks of: data of one policy, read from its `lexicon.yaml`."""

from collections.abc import Mapping

from knowledge.benefit import Data


class Subject(Data):
    """Something the document speaks of. `names` are people's words for it, `clauses` where it is spoken of.

    Where `clauses` is empty, they are found: each clause that holds one of the names.
    """

    names: tuple[str, ...]
    clauses: tuple[str, ...] = ()


class BenefitNames(Data):
    """How people call a benefit; `strong` names it alone, `weak` needs a question of money beside it."""

    strong: tuple[str, ...]
    weak: tuple[str, ...] = ()


class MoneyBase(Data):
    """What a sum of money may be said to be: a slot's money, or (without a slot) a figure that plays no part.

    `yields_to` is a base that says more: where a message has sums of both, those of this one play no part.
    """

    names: tuple[str, ...]
    slot: str | None = None
    yields_to: str | None = None


class Lexicon(Data):
    """The whole vocabulary of one policy.

    `synonyms` maps a word of the document to people's words for it (for finding clauses); `outside` lists subjects that
    sound near and are not in the document; `audiences` maps a kind of applicant to people's words; `grades` maps the
    options of a grade slot to people's words.
    """

    benefits: Mapping[str, BenefitNames] = {}
    bases: Mapping[str, MoneyBase] = {}
    subjects: Mapping[str, Subject] = {}
    synonyms: Mapping[str, tuple[str, ...]] = {}
    outside: tuple[str, ...] = ()
    audiences: Mapping[str, tuple[str, ...]] = {}
    grades: Mapping[str, Mapping[str, tuple[str, ...]]] = {}

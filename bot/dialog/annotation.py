"""Annotation: what each clause states, read off the clause once when a policy is loaded."""

import re
from dataclasses import dataclass

from bot.nlu.names import load_names
from knowledge.library import Dossier
from knowledge.numerals import FIGURE, HUNDRED_MILLION, TEN_THOUSAND, YEAR, YUAN
from knowledge.policy import Clause

_MONEY = re.compile(rf"\d(?:[{TEN_THOUSAND}{HUNDRED_MILLION}]{YUAN}?|{YUAN})")
_RATE = re.compile(r"\d%")
_YEARS = re.compile(rf"\d{YEAR}(?!\d)")


@dataclass(frozen=True)
class Annotations:
    """Clauses (full ids) by the attribute that they state: money, a rate, years, who pays."""

    attributes: dict[str, frozenset[str]]

    def states(self, clause_id: str, attribute: str) -> bool:
        """Whether the clause states the attribute; attributes that no clause can be tested for count as stated."""
        stating = self.attributes.get(attribute)
        return stating is None or clause_id in stating


def annotate(dossier: Dossier) -> Annotations:
    """The annotations of a policy, by the words in which documents state each attribute (`names.yaml`)."""
    stated = load_names().stated
    marks = {"amount": _MONEY, "ratio": _RATE, "duration": _YEARS}
    return Annotations(
        {
            name: frozenset(c.id for c in dossier.policy.sentences if _states(c, marks.get(name), stated.get(name, ())))
            for name in {*marks, *stated}
        }
    )


def _states(clause: Clause, mark: re.Pattern[str] | None, words: tuple[str, ...]) -> bool:
    return bool(mark and mark.search(clause.text)) or any(word in clause.text for word in words)


def figures_of(text: str) -> tuple[str, ...]:
    """The figures that a text prints, such as `500...` with its unit."""
    return tuple(match[0] for match in FIGURE.finditer(text))

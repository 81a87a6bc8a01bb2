"""Annotation: what each clause states, read off the clause once when a policy is loaded."""

import re
from dataclasses import dataclass

from bot.dialog.vocabulary import Vocabulary
from knowledge.library import Dossier
from knowledge.numerals import FIGURE, HUNDRED_MILLION, TEN_THOUSAND, YEAR, YUAN
from knowledge.policy import Clause

_MONEY = re.compile(rf"\d(?:[{TEN_THOUSAND}{HUNDRED_MILLION}]{YUAN}?|{YUAN})")
_RATE = re.compile(r"\d%")
_FIGURE = re.compile(r"\d")
_YEARS = re.compile(rf"\d{YEAR}(?!\d)")


@dataclass(frozen=True)
class Annotations:
    """Clauses by the topic they speak of and the attributes they state. All ids are full clause ids."""

    subjects: dict[str, tuple[str, ...]]
    attributes: dict[str, frozenset[str]]

    def states(self, clause_id: str, attribute: str) -> bool:
        """Whether the clause states the attribute; attributes that no clause can be tested for count as stated."""
        stating = self.attributes.get(attribute)
        return stating is None or clause_id in stating


def annotate(dossier: Dossier, vocabulary: Vocabulary) -> Annotations:
    """The annotations of a policy."""
    subjects: dict[str, tuple[str, ...]] = {}
    for subject_id, subject in dossier.lexicon.subjects.items():
        listed = tuple(dossier.clause_id(place) for place in subject.clauses)
        subjects[subject_id] = listed or _holding(dossier, subject.names)
    attributes: dict[str, frozenset[str]] = {}
    for name, attribute in vocabulary.attributes.items():
        if attribute.never:
            attributes[name] = frozenset()
        elif attribute.printed or attribute.states:
            attributes[name] = frozenset(
                clause.id for clause in dossier.policy.sentences if _states(clause, attribute.printed, attribute.states)
            )
    return Annotations(subjects, attributes)


def _holding(dossier: Dossier, words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(clause.id for clause in dossier.policy.sentences if any(word in clause.text for word in words))


def _states(clause: Clause, printed: str | None, words: tuple[str, ...]) -> bool:
    marks = {"money": _MONEY, "rate": _RATE, "years": _YEARS, "figure": _FIGURE}
    if printed in marks and marks[printed].search(clause.text):
        return True
    return any(word in clause.text for word in words)


def figures_of(text: str) -> tuple[str, ...]:
    """The figures that a text prints, such as `500...` with its unit."""
    return tuple(match[0] for match in FIGURE.finditer(text))

"""Questions that a policy itself suggests: what a reader would ask of each part of it, worded by `questions.yaml`.

Nothing is answered here. Whoever needs answers puts a question to the desk as anybody would.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from calculators.registry import Calculator
from knowledge.benefit import Benefit, Data, Slot
from knowledge.datafile import read_yaml, validate
from knowledge.library import Dossier
from knowledge.policy import Clause

_FILE = Path(__file__).with_name("questions.yaml")
_LONGEST_WORDS = 40
_EXAMPLE_COUNT = 2  # of things that are counted one by one: shows that each has its own cap


class Wordings(Data):
    """The content of `questions.yaml`: wordings by what is asked, best first."""

    whole: Mapping[str, tuple[str, ...]]
    listings: Mapping[str, tuple[str, ...]]
    audience: tuple[str, ...]
    group: tuple[str, ...]
    measure: tuple[str, ...]
    pauses: str
    part_end: str
    clause: tuple[str, ...]
    allowing: Mapping[str, tuple[str, ...]]
    opening_skipped: tuple[str, ...]
    about: tuple[str, ...]
    amount: Mapping[str, tuple[str, ...]]
    condition: tuple[str, ...]
    period: Mapping[str, tuple[str, ...]]
    payer: tuple[str, ...]
    full: tuple[str, ...]
    example: tuple[str, ...]
    counted: tuple[str, ...]
    together: tuple[str, ...]
    given: str
    graded: str
    between: str
    unwritten: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question in several wordings, best first.

    A good answer quotes one of `clauses`, where there are any; `foremost`: it quotes that first. `silent`: the honest
    answer is that the document does not say. `computed`: it is a sum of the figures that the question gives.
    `measure` is the number of the measure it is about, None for the whole.
    `rank` says how much it would be missed in a short list: 0 the most.
    """

    id: str
    wordings: tuple[str, ...]
    rank: int
    clauses: tuple[str, ...] = ()
    measure: int | None = None
    foremost: bool = False
    silent: bool = False
    computed: bool = False


@cache
def load_wordings() -> Wordings:
    """The wordings of this desk, read once.

    Raises:
        PolicyFolderError: with the file and line of the first mistake.
    """
    return validate(Wordings, read_yaml(_FILE), _FILE)


class Suggester:
    """What one policy suggests to ask."""

    def __init__(self, dossier: Dossier, calculator: Calculator) -> None:
        """Suggest for a policy whose rules are known."""
        self.dossier, self.calculator, self.wordings = dossier, calculator, load_wordings()

    def all(self) -> tuple[Suggestion, ...]:
        """Every question, in the order in which a reader would look for it."""
        measures = (s for measure in self.dossier.policy.measures for s in self._of_measure(measure))
        return (*self._of_whole(), *measures, *self._unwritten())

    def featured(self) -> tuple[str, ...]:
        """The questions of a menu: one of each thing that the policy's facts feature, in their order."""
        by_id = {suggestion.id: suggestion for suggestion in self.all()}
        wanted = (name if name in by_id else f"{name}-amount" for name in self.dossier.facts.featured)
        return tuple(by_id[name].wordings[0] for name in wanted if name in by_id)

    # -- the policy as a whole

    def _of_whole(self) -> Iterator[Suggestion]:
        facts, words = self.dossier.facts, self.wordings
        stated = {
            **{"validity": facts.period.clause, "start": facts.start.clause, "stacking": facts.stacking.clause},
            **{"interpreter": facts.interpreter.clause, "extent": facts.extent.clause},
            "contact": facts.contact.telephone.clause,
        }
        places = {name: (place,) for name, place in stated.items()} | dict(facts.sections)
        for matter, wordings in words.whole.items():
            if matter in places:
                clauses = tuple(map(self.dossier.clause_id, places[matter]))
                yield Suggestion(matter, wordings, 1, clauses)
        for name, wordings in words.listings.items():
            yield Suggestion(f"listing-{name}", wordings, 2)
        for audience in self.dossier.lexicon.audiences:
            yield Suggestion(f"for-{audience}", _filled(words.audience, audience=audience), 2)
        for group in self.dossier.policy.groups:
            headings = tuple(measure.clauses[0].id for measure in group.measures)
            yield Suggestion(f"group-{group.number}", _filled(words.group, title=group.title), 4, headings)

    def _unwritten(self) -> Iterator[Suggestion]:
        for attribute, wordings in self.wordings.unwritten.items():
            yield Suggestion(f"unwritten-{attribute}", wordings, 3, silent=True)

    # -- one measure

    def _of_measure(self, number: int) -> Iterator[Suggestion]:
        measure = self.dossier.policy.measures[number]
        wordings = _filled(self.wordings.measure, number=number, title=measure.title)
        every = tuple(clause.id for clause in measure.clauses)
        yield Suggestion(f"measure-{number}", wordings, 1, every, number)
        paying = {clause: b for b in self.dossier.benefits.values() for clause in b.clauses}
        for clause in measure.clauses[1:]:
            if clause.id not in paying:
                yield self._of_clause(clause)
            for benefit in self.dossier.benefits.values():
                if benefit.clauses[0] == clause.id:
                    yield from self._of_benefit(benefit, number)

    def _of_clause(self, clause: Clause) -> Suggestion:
        """By its first words that say what is done, or by the name of what it is about."""
        words = self.wordings
        parts = [part for part in re.split(f"[{re.escape(words.pauses)}]", clause.text) if part.strip()]
        said = next((part for part in parts if not part.startswith(words.opening_skipped)), parts[0])
        place = self.dossier.facts.place
        allowed = next((opening for opening in words.allowing if said.startswith(opening)), None)
        if allowed is None:
            wordings = _filled(words.clause, place=place, words=said)
        else:
            wordings = _filled(words.allowing[allowed], words=said.removeprefix(allowed))
        named = tuple(each for name in self._names(clause) for each in _filled(words.about, name=name))
        wordings = (*named, *wordings) if len(said) > _LONGEST_WORDS else (*wordings, *named)
        place_id = clause.id.partition("/")[2]
        return Suggestion(f"clause-{place_id}", wordings, 5, (clause.id,), clause.measure, foremost=True)

    def _names(self, clause: Clause) -> list[str]:
        """Names of the subjects that the clause is about, as it prints them, the longest first."""
        subjects = self.dossier.lexicon.subjects.values()
        about = [s for s in subjects if clause.id in map(self.dossier.clause_id, s.clauses)]
        return sorted({name for s in about for name in s.names if name in clause.text}, key=lambda n: (-len(n), n))

    # -- one benefit

    def _of_benefit(self, benefit: Benefit, measure: int) -> Iterator[Suggestion]:
        words, title = self.wordings, benefit.title
        text = self._own_words(benefit)
        period = next((wordings for word, wordings in words.period.items() if word in text), ())
        others = [self.dossier.benefits[other].title for other in benefit.companions]
        asked: list[tuple[str, tuple[str, ...], int]] = [
            ("amount", _filled(words.amount.get(str(benefit.rule["kind"]), words.amount["other"]), title=title), 0),
            ("example", self._examples(benefit), 2),
            ("full", self._full(benefit), 3),
            ("condition", _filled(words.condition, title=title), 3),
            ("period", _filled(period, title=title), 4),
            ("together", tuple(w for other in others for w in _filled(words.together, title=title, other=other)), 4),
            ("payer", _filled(words.payer, title=title) if benefit.payer else (), 4),
        ]
        for name, wordings, rank in asked:
            if wordings:
                computed = name == "example"
                yield Suggestion(f"{benefit.id}-{name}", wordings, rank, benefit.clauses, measure, computed=computed)

    def _own_words(self, benefit: Benefit) -> str:
        """Of the benefit's clauses what speaks of its own figures, where one clause speaks of several benefits."""
        texts = (self.dossier.get_clause(clause).text for clause in benefit.clauses)
        parts = [part for text in texts for part in text.split(self.wordings.part_end)]
        figures = [figure for figure in _texts(benefit.rule) if any(map(str.isdigit, figure))]
        return "".join(part for part in parts if any(figure in part for figure in figures))

    def _full(self, benefit: Benefit) -> tuple[str, ...]:
        """What the whole sum needs, where what was spent decides and the sum has a printed end."""
        base = self.calculator.primary_money_slot(benefit.id)
        if base is None or "cap" not in benefit.rule:
            return ()
        return _filled(self.wordings.full, title=benefit.title, slot=self.dossier.slots[base].label)

    def _examples(self, benefit: Benefit) -> tuple[str, ...]:
        """The benefit's worked examples as questions; of things that count one by one, of two."""
        slots = [self.dossier.slots[slot_id] for slot_id in self.calculator.slot_ids(benefit.id)]
        counted = [slot for slot in slots if slot.default is not None]
        if counted and len(counted) == len(slots):
            return _filled(self.wordings.counted, title=benefit.title, count=_EXAMPLE_COUNT, unit=counted[0].unit)
        given = (self._given(self.dossier.slots[slot], value) for slot, value in benefit.examples[0].inputs.items())
        return _filled(self.wordings.example, given=self.wordings.between.join(given), title=benefit.title)

    def _given(self, slot: Slot, value: str) -> str:
        wording = self.wordings.graded if slot.kind == "grade" else self.wordings.given
        return wording.format(label=slot.label, value=value + (slot.unit if value.isdecimal() else ""))


def _texts(value: object) -> Iterator[str]:
    """All texts of a rule as the data file writes it."""
    match value:
        case str():
            yield value
        case Mapping():
            for each in value.values():
                yield from _texts(each)
        case list() | tuple():
            for each in value:
                yield from _texts(each)


def _filled(wordings: Iterable[str], **values: object) -> tuple[str, ...]:
    return tuple(wording.format(**values) for wording in wordings)

"""Policy, Section, Measure and Clause: the official text as a tree whose leaves can be cited."""

from calendar import isleap
from dataclasses import dataclass
from datetime import date
from functools import cached_property


@dataclass(frozen=True, slots=True)
class Clause:
    """One sentence of the text, or one heading: the smallest citable unit.

    `id` is `<policy>/<place>.<n>`: place `7` is measure 7, `s3` section three, `s4g2` group two of section four; n = 0
    is the heading, n >= 1 the n-th sentence. `text` is verbatim; `line` is 1-based in the source file.
    """

    id: str
    text: str
    line: int
    heading: str
    measure: int | None

    @property
    def is_heading(self) -> bool:
        """Whether this is a heading and not a sentence."""
        return self.number == 0

    @property
    def number(self) -> int:
        """Where it stands in its place: 0 the heading, n the n-th sentence."""
        return int(self.id.rpartition(".")[2])


@dataclass(frozen=True, slots=True)
class Measure:
    """One numbered measure; `clauses[0]` is its heading."""

    number: int
    title: str
    clauses: tuple[Clause, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A part of a section that gathers measures, numbered (one), (two) ... in print."""

    number: int
    title: str
    heading: Clause
    measures: tuple[Measure, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """A top section of the document: its own sentences, and the groups below it."""

    number: int
    title: str
    clauses: tuple[Clause, ...]
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Period:
    """How long a policy holds: `years` from a start that the document may not print (then None)."""

    years: int
    clause_id: str
    start: date | None

    @property
    def end(self) -> date | None:
        """The first day after the period; None while the start is unknown."""
        if self.start is None:
            return None
        year = self.start.year + self.years
        no_such_day = (self.start.month, self.start.day) == (2, 29) and not isleap(year)
        return self.start.replace(year=year, day=28 if no_such_day else self.start.day)

    def covers(self, day: date) -> bool | None:
        """Whether the policy is in force on that day; None while the start is unknown."""
        return None if self.start is None or self.end is None else self.start <= day < self.end


@dataclass(frozen=True)
class Policy:
    """The whole text. Joining `spans` gives the source file back, byte for byte."""

    id: str
    spans: tuple[str, ...]
    sections: tuple[Section, ...]

    @property
    def source(self) -> str:
        """The official text."""
        return "".join(self.spans)

    @cached_property
    def measures(self) -> dict[int, Measure]:
        """Measures by their number, in order."""
        return {m.number: m for section in self.sections for group in section.groups for m in group.measures}

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """All groups, in order."""
        return tuple(group for section in self.sections for group in section.groups)

    @cached_property
    def clauses(self) -> dict[str, Clause]:
        """Every clause by id, headings included, in reading order."""
        found: dict[str, Clause] = {}
        for section in self.sections:
            found |= {clause.id: clause for clause in section.clauses}
            for group in section.groups:
                found[group.heading.id] = group.heading
                found |= {clause.id: clause for measure in group.measures for clause in measure.clauses}
        return found

    @cached_property
    def sentences(self) -> tuple[Clause, ...]:
        """The clauses that state something: all but the headings."""
        return tuple(clause for clause in self.clauses.values() if not clause.is_heading)

    def title(self, clause: Clause) -> str:
        """What a clause's place is called: a measure's title without its number, else the heading."""
        return clause.heading if clause.measure is None else self.measures[clause.measure].title

"""Library: every policy folder, read and cross-checked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pydantic import Field

from knowledge.benefit import Benefit, Data, Slot
from knowledge.citation import Citation
from knowledge.datafile import line_of, read_yaml, validate
from knowledge.errors import BrokenReference, PolicyFolderError
from knowledge.lexicon import Lexicon
from knowledge.numerals import MEASURE_LABEL
from knowledge.parser import parse_policy
from knowledge.policy import Clause, Period, Policy

BUNDLED = Path(__file__).parent / "policies"


class Fact(Data):
    """Words of the document that state one fact, and the clause that holds them."""

    quote: str
    clause: str


class PeriodFact(Fact):
    """How many years the policy holds."""

    years: int = Field(gt=0)


class Contact(Data):
    """Whom to ask."""

    office: Fact
    telephone: Fact


class PolicyFacts(Data):
    """Typed facts of a whole policy (`policy.yaml`).

    `featured` are benefits and matters that most people ask for: the questions of a menu.
    """

    id: str = Field(pattern=r"[a-z0-9][a-z0-9-]*")
    title: str
    cite_as: str
    place: str
    period: PeriodFact
    start: Fact
    stacking: Fact
    interpreter: Fact
    extent: Fact
    contact: Contact
    sections: Mapping[str, tuple[str, ...]] = {}
    featured: tuple[str, ...] = ()


class BenefitFile(Data):
    """The content of `benefits.yaml`."""

    slots: tuple[Slot, ...]
    benefits: tuple[Benefit, ...]


@dataclass(frozen=True)
class Dossier:
    """One policy with all that is known of it. `benefits` and `slots` are by id; clause ids are full."""

    folder: Path
    policy: Policy
    facts: PolicyFacts
    period: Period
    benefits: Mapping[str, Benefit]
    slots: Mapping[str, Slot]
    lexicon: Lexicon

    def clause_id(self, place: str) -> str:
        """The full id of a place such as `7.2`."""
        return f"{self.policy.id}/{place}"

    def get_clause(self, place: str) -> Clause:
        """The clause of a place (`7.2`) or full id.

        Raises:
            BrokenReference: there is none.
        """
        clause_id = place if "/" in place else self.clause_id(place)
        if clause_id not in self.policy.clauses:
            raise BrokenReference(self.folder / "text.txt", None, f"there is no clause {clause_id}")
        return self.policy.clauses[clause_id]

    def cite(self, place: str, quote: str | None = None) -> Citation:
        """A citation of a clause: the given words of it, or all of it."""
        clause = self.get_clause(place)
        return Citation(clause, quote or clause.text, self.label(clause))

    def cite_fact(self, fact: Fact) -> Citation:
        """A citation of the whole clause that states a fact."""
        return self.cite(fact.clause)

    def label(self, clause: Clause) -> str:
        """How print names the place of a clause: the document, its group, and the measure or section."""
        for group, section in ((g, s) for s in self.policy.sections for g in s.groups):
            numeral = group.heading.text.split(group.title)[0]
            section_numeral = section.clauses[0].text.split(section.title)[0][:-1]
            if any(clause.measure == measure.number for measure in group.measures):
                return f"{self.facts.cite_as} {section_numeral}{numeral}{MEASURE_LABEL.format(clause.measure)}"
            if clause is group.heading:
                return f"{self.facts.cite_as} {section_numeral}{numeral}"
        return f"{self.facts.cite_as} {clause.heading}"


class Library:
    """All dossiers by policy id."""

    def __init__(self, dossiers: Iterable[Dossier]) -> None:
        """Keep the dossiers in the given order; the first is the one a question is about unless it names another."""
        self.dossiers = {dossier.policy.id: dossier for dossier in dossiers}

    @property
    def main(self) -> Dossier:
        """The policy that questions are about."""
        return next(iter(self.dossiers.values()))


def load_library(root: Path = BUNDLED, *, starts: Mapping[str, date] | None = None) -> Library:
    """Every policy folder below `root`; `starts` holds the dates of issue that an operator has set, by policy id.

    Raises:
        PolicyFolderError: a folder has a mistake, or there is no folder at all.
    """
    folders = sorted(path for path in root.iterdir() if path.is_dir()) if root.is_dir() else []
    if not folders:
        raise PolicyFolderError(
            root, None, "holds no policy folder; add one with policy.yaml, text.txt and benefits.yaml"
        )
    dossiers = [load_dossier(folder) for folder in folders]
    ids = [dossier.policy.id for dossier in dossiers]
    twice = next((d for d in dossiers if ids.count(d.policy.id) > 1), None)
    if twice:
        raise BrokenReference(twice.folder / "policy.yaml", None, f"policy id {twice.policy.id} stands in two folders")
    unknown = set(starts or {}) - {dossier.policy.id for dossier in dossiers}
    if unknown:
        raise BrokenReference(root, None, f"a date of issue is set for {sorted(unknown)}, which is no policy here")
    return Library(
        replace(dossier, period=replace(dossier.period, start=(starts or {}).get(dossier.policy.id)))
        for dossier in dossiers
    )


def load_dossier(folder: Path) -> Dossier:
    """One policy folder.

    Raises:
        PolicyFolderError: with the file and line of the first mistake.
    """
    facts = validate(PolicyFacts, read_yaml(folder / "policy.yaml"), folder / "policy.yaml")
    policy = parse_policy(facts.id, folder / "text.txt")
    path = folder / "benefits.yaml"
    file = validate(BenefitFile, read_yaml(path), path)
    lexicon_path = folder / "lexicon.yaml"
    lexicon = validate(Lexicon, read_yaml(lexicon_path) or {}, lexicon_path) if lexicon_path.exists() else Lexicon()
    for kind, ids in (("slot", [s.id for s in file.slots]), ("benefit", [b.id for b in file.benefits])):
        twice = next((name for name in ids if ids.count(name) > 1), None)
        if twice:
            raise BrokenReference(path, line_of(path, twice), f"{kind} {twice} is defined twice")
    period = Period(facts.period.years, f"{facts.id}/{facts.period.clause}", None)
    benefits = {benefit.id: _with_full_ids(benefit, facts.id) for benefit in file.benefits}
    dossier = Dossier(folder, policy, facts, period, benefits, {slot.id: slot for slot in file.slots}, lexicon)
    _check_references(dossier)
    return dossier


def _with_full_ids(benefit: Benefit, policy_id: str) -> Benefit:
    payer = benefit.payer and benefit.payer.model_copy(update={"clause": f"{policy_id}/{benefit.payer.clause}"})
    return benefit.model_copy(update={"clauses": tuple(f"{policy_id}/{c}" for c in benefit.clauses), "payer": payer})


def _check_references(dossier: Dossier) -> None:
    """Every clause that a data file names exists, and holds the words that are said to stand there.

    Raises:
        BrokenReference: naming the first that does not.
    """
    facts = dossier.facts
    quotes: list[tuple[str, str, str]] = [
        ("policy.yaml", fact.quote, dossier.clause_id(fact.clause))
        for fact in (facts.period, facts.start, facts.stacking, facts.interpreter, facts.extent)
    ]
    quotes += [
        ("policy.yaml", f.quote, dossier.clause_id(f.clause)) for f in (facts.contact.office, facts.contact.telephone)
    ]
    for benefit in dossier.benefits.values():
        quotes += [("benefits.yaml", "", clause) for clause in benefit.clauses]
        if benefit.payer:
            quotes.append(("benefits.yaml", benefit.payer.quote, benefit.payer.clause))
    quotes += [("policy.yaml", "", dossier.clause_id(place)) for places in facts.sections.values() for place in places]
    for subject in dossier.lexicon.subjects.values():
        quotes += [("lexicon.yaml", "", dossier.clause_id(place)) for place in subject.clauses]
    for name, quote, clause_id in quotes:
        path = dossier.folder / name
        clause = dossier.policy.clauses.get(clause_id)
        if clause is None:
            raise BrokenReference(path, line_of(path, clause_id.split("/")[1]), f"there is no clause {clause_id}")
        if quote not in clause.text:
            raise BrokenReference(path, line_of(path, quote), f"{clause_id} does not say {quote!r}")
    for benefit in dossier.benefits.values():
        for companion in benefit.companions:
            if companion not in dossier.benefits:
                path = dossier.folder / "benefits.yaml"
                raise BrokenReference(path, line_of(path, companion), f"{benefit.id}: no benefit {companion}")
    for name in dossier.lexicon.benefits:
        if name not in dossier.benefits:
            path = dossier.folder / "lexicon.yaml"
            raise BrokenReference(path, line_of(path, name), f"there is no benefit {name}")

"""The desk as tools: what a program may ask of it, each result with the clauses that it rests on.

PolicyBotError
└── WrongArgument   what a tool was called with cannot be used (field, problem)
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import date
from difflib import get_close_matches

from pydantic import BaseModel, ConfigDict, Field

from bot.dialog.reply import citations_of
from bot.nlg.turn import Conversation
from bot.records.masking import Masking
from bot.service.calculation import calculation_of, compute, slots_of
from bot.service.contract import AskReply, CalculationOut, reply_of
from bot.service.desk import Desk
from calculators.errors import InvalidInput
from knowledge.benefit import Benefit, Slot, SlotKind
from knowledge.citation import Citation
from knowledge.errors import PolicyBotError
from knowledge.policy import Measure
from retrieval.retriever import NoEvidence

LONGEST_TEXT, LONGEST_QUERY, MOST_CLAUSES = 4000, 200, 20
MOST_INPUTS, LONGEST_VALUE = 50, 1000
_SHOWN = 60


class WrongArgument(PolicyBotError):
    """A tool was called with something that it cannot use; `problem` says what would be right."""

    def __init__(self, field: str, problem: str) -> None:
        """Keep the argument apart, so that the caller can mend it."""
        self.field, self.problem = field, problem
        super().__init__(f"{field}: {problem}")


class _Result(BaseModel):
    """What a tool gives; it never changes."""

    model_config = ConfigDict(frozen=True)


class ClauseQuote(_Result):
    """Words of the document and their place."""

    id: str = Field(description="Id of the clause: policy/place.number, number 0 being the heading of the place.")
    label: str = Field(description="How print names the place; cite it by this name.")
    quote: str = Field(description="Words of the clause, verbatim.")


class Found(_Result):
    """Clauses that may answer a question."""

    covered: bool = Field(description="False if the document says nothing near the query; there are no clauses then.")
    clauses: tuple[ClauseQuote, ...] = Field(description="The clauses nearest to the query, the best first.")


class MeasureText(_Result):
    """A measure as the document prints it."""

    number: int = Field(description="The number of the measure.")
    title: str = Field(description="Its title.")
    group: str = Field(description="The heading of the part of the document that it stands in.")
    clauses: tuple[ClauseQuote, ...] = Field(description="Its heading and then its sentences, in order.")
    benefits: tuple[str, ...] = Field(description="Ids of the benefits that rest on it; `calculate` takes them.")


class SlotInfo(_Result):
    """One thing that a benefit is computed from."""

    id: str = Field(description="The name of the input.")
    label: str = Field(description="What is to be given.")
    kind: SlotKind = Field(description="money is an amount in yuan, rate a percentage, count a whole number.")
    unit: str = Field(description="What is counted, for a count.")
    options: tuple[str, ...] = Field(description="For a grade: the words to choose from.")
    default: int | None = Field(description="What holds where nothing is given; null if it must be asked for.")


class BenefitInfo(_Result):
    """A benefit that can be computed."""

    id: str = Field(description="The id that `calculate` takes.")
    title: str = Field(description="Its name.")
    slots: tuple[SlotInfo, ...] = Field(description="Its inputs, in the order to ask for them; not all are needed.")
    conditions: tuple[str, ...] = Field(description="What is taken for granted and must be said with an amount.")
    open_points: tuple[str, ...] = Field(description="What the document leaves open.")
    clauses: tuple[str, ...] = Field(description="Ids of the clauses that it rests on.")


class Benefits(_Result):
    """Every benefit that can be computed."""

    benefits: tuple[BenefitInfo, ...] = Field(description="The benefits, in the order of the document.")
    clauses: tuple[ClauseQuote, ...] = Field(description="The clauses that they rest on.")


class CalculationResult(CalculationOut):
    """A benefit computed from inputs."""

    model_config = ConfigDict(frozen=True)

    conditions: tuple[str, ...] = Field(description="What is taken for granted; say it with the amount.")
    open_points: tuple[str, ...] = Field(description="What the document leaves open.")
    missing: tuple[SlotInfo, ...] = Field(description="Inputs without which nothing can be said; ask for them.")
    clauses: tuple[ClauseQuote, ...] = Field(description="The clauses that the benefit rests on.")


class AskResult(AskReply):
    """The desk's own answer to a message."""

    model_config = ConfigDict(frozen=True)

    clauses: tuple[ClauseQuote, ...] = Field(description="The citations with the names of their places.")


class Toolkit:
    """The tools of a desk. They keep nothing and are safe for threads."""

    def __init__(self, desk: Desk, *, today: Callable[[], date] | None = None) -> None:
        """`today` is the day for which `ask` answers where none is given."""
        self._desk, self._today = desk, today
        self._dossier = desk.dossier
        self._masking = Masking.for_policies(desk.dossier.folder.parent)

    def search_clauses(self, query: str, limit: int = 5) -> Found:
        """The sentences of the document that are nearest to a query, by words and by meaning.

        Raises:
            WrongArgument: there is no query, it is too long, or the limit is none.
        """
        if not query.strip():
            raise WrongArgument("query", "is empty; write what is looked for, in Chinese")
        _check_length("query", query, LONGEST_QUERY)
        if not 1 <= limit <= MOST_CLAUSES:
            raise WrongArgument("limit", f"{limit} is not a whole number from 1 to {MOST_CLAUSES}")
        found = self._desk.retriever.search(_whole(query), limit=limit)
        if isinstance(found, NoEvidence):
            return Found(covered=False, clauses=())
        return Found(covered=True, clauses=self._quotes(hit.clause_id for hit in found.hits))

    def get_measure(self, number: int) -> MeasureText:
        """A measure with all its sentences.

        Raises:
            WrongArgument: there is no measure of that number.
        """
        measures = self._dossier.policy.measures
        if number not in measures:
            raise WrongArgument("number", f"there is no measure {number}; the document has {_span(measures)}")
        return self._measure(measures[number])

    def list_benefits(self) -> Benefits:
        """Every benefit with its inputs."""
        benefits = tuple(self._benefit(each) for each in self._dossier.benefits.values())
        ids = dict.fromkeys(clause for each in benefits for clause in each.clauses)
        return Benefits(benefits=benefits, clauses=self._quotes(ids))

    def calculate(self, benefit: str, inputs: Mapping[str, str]) -> CalculationResult:
        """What a benefit (its id or its title) comes to for inputs as people write them, by slot.

        Raises:
            WrongArgument: there is no such benefit, it reads no such slot, or a value is not of the kind of its slot.
        """
        known = self._find(benefit)
        slots = {slot.id: slot for slot in slots_of(self._desk.calculator, known.id)}
        for name in inputs:
            if name not in slots:
                raise WrongArgument(f"inputs.{_short(name)}", f"is no input of {known.id}; it reads {', '.join(slots)}")
        try:
            outcome = compute(self._desk.calculator, known.id, {name: _whole(text) for name, text in inputs.items()})
        except InvalidInput as error:
            raise WrongArgument(f"inputs.{error.slot_id}", error.problem) from error
        reply = calculation_of(self._dossier, outcome)
        return CalculationResult(
            **{name: getattr(reply, name) for name in CalculationOut.model_fields},
            conditions=reply.conditions,
            open_points=reply.open_points,
            missing=tuple(_slot(self._dossier.slots[slot]) for slot in reply.missing),
            clauses=self._quotes(known.clauses),
        )

    def ask(self, text: str, as_of: date | None = None) -> AskResult:
        """The desk's answer to a message, which stands alone: nothing was said before. Personal numbers are masked.

        Raises:
            WrongArgument: the message is too long, or there is no day and no clock.
        """
        _check_length("text", text, LONGEST_TEXT)
        day = as_of or (self._today() if self._today else None)
        if day is None:
            raise WrongArgument("as_of", "is missing; give the day to answer for, as YYYY-MM-DD")
        turn = self._desk.respond(Conversation(), self._masking.mask(_whole(text)), as_of=day)
        reply = reply_of(turn, "", self._dossier.benefits)
        fields = {name: getattr(reply, name) for name in AskReply.model_fields}
        return AskResult(**fields, clauses=tuple(map(_quoted, citations_of(turn.reply))))

    def _quotes(self, ids: Iterable[str]) -> tuple[ClauseQuote, ...]:
        return tuple(_quoted(self._dossier.cite(clause_id)) for clause_id in ids)

    def _measure(self, measure: Measure) -> MeasureText:
        ids = [clause.id for clause in measure.clauses]
        group = next(each for each in self._dossier.policy.groups if measure in each.measures)
        return MeasureText(
            number=measure.number,
            title=measure.title,
            group=group.heading.text,
            clauses=self._quotes(ids),
            benefits=tuple(each.id for each in self._dossier.benefits.values() if set(ids) & set(each.clauses)),
        )

    def _benefit(self, benefit: Benefit) -> BenefitInfo:
        return BenefitInfo(
            id=benefit.id,
            title=benefit.title,
            slots=tuple(map(_slot, slots_of(self._desk.calculator, benefit.id))),
            conditions=benefit.conditions,
            open_points=benefit.open_points,
            clauses=benefit.clauses,
        )

    def _find(self, name: str) -> Benefit:
        benefits = self._dossier.benefits
        by_title = {each.title: each for each in benefits.values()}
        if found := benefits.get(name) or by_title.get(name):
            return found
        near = get_close_matches(name[:_SHOWN], [*benefits, *by_title], n=1, cutoff=0.5)
        known = by_title[near[0]].id if near and near[0] in by_title else near[0] if near else ""
        guess = f"did you mean {known}?" if known else f"there are {', '.join(benefits)}"
        raise WrongArgument("benefit", f"there is no benefit {_short(name)!r}; {guess}")


def _quoted(citation: Citation) -> ClauseQuote:
    return ClauseQuote(id=citation.clause.id, label=citation.label, quote=citation.quote)


def _slot(slot: Slot) -> SlotInfo:
    return SlotInfo(
        id=slot.id, label=slot.label, kind=slot.kind, unit=slot.unit, options=slot.options, default=slot.default
    )


def _check_length(field: str, text: str, most: int) -> None:
    if len(text) > most:
        raise WrongArgument(field, f"has {len(text)} characters; shorten it to {most}")


def _whole(text: str) -> str:
    """The text without halves of characters, which nothing can write."""
    return text.encode("utf-8", "replace").decode("utf-8")


def _short(name: str) -> str:
    whole = _whole(name)
    return whole if len(whole) <= _SHOWN else f"{whole[:_SHOWN]}..."


def _span(measures: Iterable[int]) -> str:
    numbers = sorted(measures)
    return f"{numbers[0]} to {numbers[-1]}"

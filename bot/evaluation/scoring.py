"""Evaluation: questions with what a right reply must and must not contain, put to the desk and scored."""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from bot.dialog.extraction import WAN
from bot.nlg.guard import unsourced
from bot.nlg.turn import OutcomeName
from bot.nlu.names import load_names
from bot.nlu.quantities import PHRASE, QuantityReader
from bot.service.contract import AskReply, reply_of
from bot.service.sessions import Responder, Sessions
from calculators.calculation import Bound
from knowledge.datafile import read_yaml
from knowledge.errors import PolicyBotError
from knowledge.library import Dossier
from knowledge.money import format_rate, format_yuan

REFUSALS = "refusals"  # rows of a file of this name expect not_covered where they say nothing else
MAIN_BENEFIT = "rd_subsidy"  # a `no` for it means: computed, with the verdict that nothing is due


class MalformedQuestions(PolicyBotError):
    """A row of a question file cannot be used; `path` and `row` (1-based, None for the whole file) say where."""

    def __init__(self, path: Path, row: int | None, problem: str) -> None:
        """Keep the place apart, so that a report can sort by it."""
        self.path, self.row = path, row
        super().__init__(f"{path.name}: {f'row {row}: ' if row else ''}{problem}")


def _pattern(text: str) -> str:
    try:
        re.compile(text)
    except re.error as error:
        raise ValueError(f"{text!r} is no regular expression: {error}") from error
    return text


def _several(value: object) -> object:
    return (value,) if isinstance(value, str) else value


def _nothing(value: object) -> object:
    """The word for what is not due, as data files write it."""
    return False if value in ("no", "false") else value


def _yuan(value: object) -> object:
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"{value!r} is not whole yuan, nor yuan with fen in quotation marks")
    try:
        amount = Decimal(value)
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not an amount in yuan") from error
    if not amount.is_finite():
        raise ValueError(f"{value!r} is not an amount in yuan")
    return amount


Pattern = Annotated[str, AfterValidator(_pattern)]
Sum = tuple[Annotated[Decimal, BeforeValidator(_yuan)], Bound]


class _Data(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=False)


class Question(_Data):
    """One message and what its reply must be. `calc` holds (yuan, bound) by benefit, False where nothing is due."""

    q: str
    outcome: Annotated[tuple[OutcomeName, ...], BeforeValidator(_several)] = ()
    measures: tuple[int, ...] = ()
    max_measures: int | None = Field(default=None, ge=0)
    sections: tuple[str, ...] = ()
    has: tuple[Pattern, ...] = ()
    lacks: tuple[Pattern, ...] = Field(default=(), alias="not")
    calc: Mapping[str, Annotated[Literal[False], BeforeValidator(_nothing)] | Sum] = {}
    total: Sum | None = None
    missing: bool = False


class Row(_Data):
    """One conversation; rows of the same session continue one another."""

    id: str
    session: str
    turns: tuple[Question, ...] = Field(min_length=1)


@dataclass(frozen=True, slots=True)
class Failure:
    """A reply that is wrong, and everything that is wrong with it."""

    row: str
    question: str
    outcome: str
    text: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Score:
    """How many replies to the questions of one file are right."""

    name: str
    asked: int
    failures: tuple[Failure, ...]

    @property
    def right(self) -> int:
        """Replies with nothing wrong."""
        return self.asked - len(self.failures)


def read_rows(path: Path) -> tuple[Row, ...]:
    """The rows of one file; a single question becomes a conversation of one turn.

    Raises:
        MalformedQuestions: naming the first row and field that do not fit.
    """
    try:
        data = read_yaml(path)
    except PolicyBotError as error:
        raise MalformedQuestions(path, None, str(error)) from error
    if not isinstance(data, list) or not data:
        raise MalformedQuestions(path, None, "must be a list with at least one row")
    return tuple(_read_row(path, number, row) for number, row in enumerate(data, start=1))


def _read_row(path: Path, number: int, data: object) -> Row:
    if not isinstance(data, dict):
        raise MalformedQuestions(path, number, f"is not a mapping but {type(data).__name__}")
    name = str(data.get("id", f"{path.stem}-{number}"))
    row = data if "turns" in data else {"turns": [{key: value for key, value in data.items() if key != "id"}]}
    if path.stem == REFUSALS and isinstance(row["turns"], list):
        default = {"outcome": "not_covered"}
        row = row | {"turns": [default | turn if isinstance(turn, dict) else turn for turn in row["turns"]]}
    try:
        return Row.model_validate({"session": name} | row | {"id": name})
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise MalformedQuestions(path, number, f"field {field}: {first['msg']}") from error


def question_files(folder: Path) -> tuple[Path, ...]:
    """The YAML files of a folder, in order of their names, or the one file given.

    Raises:
        MalformedQuestions: there is none.
    """
    paths = (folder,) if folder.is_file() else tuple(sorted(folder.glob("*.yaml")))
    if not paths:
        raise MalformedQuestions(folder, None, "holds no .yaml file with questions")
    return paths


def score_file(path: Path, manager: Responder, dossier: Dossier, as_of: date) -> Score:
    """Put the questions of a file to the manager, each row in its session, and judge the replies.

    Raises:
        MalformedQuestions: a row cannot be used; then nothing was asked.
    """
    rows = read_rows(path)
    sessions = Sessions(manager)
    said: dict[str, str] = {}
    failures = []
    for row in rows:
        for question in row.turns:
            turn = sessions.ask(row.session, question.q, as_of=as_of)
            said[row.session] = "\n".join((said.get(row.session, ""), question.q))
            reply = reply_of(turn, row.session, dict(dossier.benefits))
            reasons = tuple(judge(question, reply, said[row.session], dossier))
            if reasons:
                failures.append(Failure(row.id, question.q, reply.outcome, reply.text, reasons))
    return Score(path.stem, sum(len(row.turns) for row in rows), tuple(failures))


def judge(question: Question, reply: AskReply, said: str, dossier: Dossier) -> Iterator[str]:
    """Everything that is wrong with a reply; `said` is all that the person has said in the session."""
    if not any(unicodedata.name(char, "").startswith("CJK UNIFIED") for char in reply.text):
        yield "the reply is not Chinese"
    if question.outcome and reply.outcome not in question.outcome:
        yield f"outcome {reply.outcome}, not {' or '.join(question.outcome)}"
    if question.outcome == ("answered",) and not reply.citations:
        yield "no citation"
    yield from _judge_sources(question, reply, dossier)
    yield from (f"lacks /{pattern}/" for pattern in question.has if not re.search(pattern, reply.text))
    yield from (f"has /{pattern}/" for pattern in question.lacks if re.search(pattern, reply.text))
    yield from _judge_sums(question, reply)
    if question.missing and not (reply.outcome == "needs_input" and reply.missing):
        yield f"must ask for what is missing, but is {reply.outcome}"
    yield from (f"figure {figure} from nowhere" for figure in unsourced(reply.text, _sources(reply, said, dossier)))


def _judge_sources(question: Question, reply: AskReply, dossier: Dossier) -> Iterator[str]:
    clauses = dossier.policy.clauses
    for citation in reply.citations:
        clause = clauses.get(citation.clause)
        if clause is None or not citation.quote or citation.quote not in clause.text:
            yield f"{citation.clause} does not say {citation.quote[:30]!r}"
    cited = {citation.measure for citation in reply.citations if citation.measure is not None}
    for measure in question.measures:
        if measure not in cited:
            yield f"measure {measure} is not cited, but {sorted(cited) or 'none'}"
    if question.max_measures is not None and len(cited) > question.max_measures:
        yield f"cites {len(cited)} measures, more than {question.max_measures}"
    for section in question.sections:
        if not any(section in citation.heading for citation in reply.citations):
            yield f"section {section} is not cited"


def _judge_sums(question: Question, reply: AskReply) -> Iterator[str]:
    found = {calculation.benefit: calculation for calculation in reply.calculations}
    for benefit, expected in question.calc.items():
        calculation = found.get(benefit)
        if expected is False:
            if calculation is None and benefit == MAIN_BENEFIT:
                yield f"{benefit} is not computed"
            elif calculation is not None and calculation.eligible and calculation.amount:
                yield f"{benefit}: {calculation.amount} where nothing is due"
        elif calculation is None:
            yield f"{benefit} is not computed"
        elif (given := _sum(calculation.amount, calculation.bound)) != expected:
            yield f"{benefit}: {_shown(given)}, not {_shown(expected)}"
    if question.total is not None:
        total = _sum(reply.total.amount, reply.total.bound) if reply.total else None
        if total != question.total:
            yield f"total {_shown(total)}, not {_shown(question.total)}"


def _sum(amount: int | str | None, bound: Bound) -> Sum:
    return Decimal(amount or 0), bound


def _shown(pair: Sum | None) -> str:
    return f"{pair[0]} {pair[1]}" if pair else "missing"


def _sources(reply: AskReply, said: str, dossier: Dossier) -> Iterator[str]:
    """Everything that a figure of the reply may come from: the person's words, the clauses and the calculation."""
    yield said
    for quantity in QuantityReader(load_names().quantities).read(said):
        if quantity.kind == "fold":  # half as much again is a rate, and so is one and a half times as much
            yield f"{format_rate(quantity.value)} {format_rate(quantity.value - 1)}"
        elif quantity.kind == "bare" and not quantity.doubt:  # a number without a unit is offered in 10,000 yuan
            yield format_yuan(quantity.value * WAN)
        elif quantity.kind == "money" and quantity.unit == PHRASE:
            yield format_yuan(quantity.value)
    for citation in reply.citations:
        clause = dossier.policy.clauses.get(citation.clause)
        yield from (citation.quote, citation.heading, dossier.label(clause) if clause else "")
    for calculation in reply.calculations:
        yield calculation.reason or ""
        yield from _figures(calculation.amount)
        for step in calculation.steps:
            yield from (step.label, step.expression, step.value)
    if reply.total:
        yield from _figures(reply.total.amount)


def _figures(amount: int | str | None) -> Sequence[str]:
    return () if amount is None else (format_yuan(Decimal(amount)),)


def last_line(scores: Sequence[Score]) -> str:
    """The scores of all files in one line, such as `facts 94/100 | all 94/100 = 94.0%`."""
    right, asked = sum(score.right for score in scores), sum(score.asked for score in scores)
    each = " ".join(f"{score.name} {score.right}/{score.asked}" for score in scores)
    return f"{each} | all {right}/{asked} = {percent(scores):.1f}%"


def percent(scores: Sequence[Score]) -> float:
    """Right replies of a hundred asked."""
    asked = sum(score.asked for score in scores)
    return 100 * sum(score.right for score in scores) / asked if asked else 0.0

"""An agent for long enquiries: a model chains the desk's tools and writes a few words; the desk answers all the same.

What goes out is the model's text, if nothing is to be said against it, then the desk's own answer to the whole message,
then what the tools drew from single sentences: amounts, steps and clauses, all set by code. On any objection, limit or
error the desk's own answer goes out alone.
"""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import chain
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from bot.dialog.calculated_answer import calculated_answer
from bot.dialog.reply import CalculatedAnswer, QuotedAnswer, Remark, StatedAnswer, citations_of, total_of
from bot.llm.agent_checks import Evidence, load_words, objection, places, quotations
from bot.llm.claim_support import ClaimSupport, same, settled
from bot.llm.model import LanguageModel, ModelFailed
from bot.nlg.block import Block, text_of
from bot.nlg.guard import figures, unsourced
from bot.nlg.rendering import render
from bot.nlg.turn import Turn
from bot.nlu.normalization import normalise
from bot.service.calculation import compute
from bot.service.desk import Desk
from bot.tools.toolkit import Toolkit
from calculators.calculation import Calculation, NeedsSlots, Outcome, Step
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.money import format_yuan

if TYPE_CHECKING:
    from langchain_core.messages import BaseMessage

# ruff: noqa: PLC0415 (what is behind the imports inside functions is heavy, and only wanted where a model is asked)

_log = logging.getLogger(__name__)
_MOST_MODEL_CALLS, _MOST_TOOL_CALLS = 6, 12
_MOST_NODES = 60
_WORTH = 12  # an enquiry may cost as much as so many turns: each call of the model repeats all that was said before
_SETTLED_WITHOUT = ("not_covered", "greeting")

Kind = Literal["person", "clause", "calculation", "staff", "desk"]


class Origin(NamedTuple):
    """A figure of the answer, where it is from, and the place: of the document, or of the calculation."""

    figure: str
    kind: Kind
    place: str


class ToolStep(NamedTuple):
    """A tool that the model called, what it was given, and whether the call was turned down."""

    tool: str
    given: tuple[tuple[str, str], ...]
    refused: bool


@dataclass(frozen=True)
class Enquiry:
    """The answer to an enquiry. `fell_back` says why the desk's own answer stands alone, None where it does not.

    `turn` is that answer of the desk, `citations` and `outcomes` are all that are given.
    """

    blocks: tuple[Block, ...]
    origins: tuple[Origin, ...]
    steps: tuple[ToolStep, ...]
    fell_back: str | None
    turn: Turn
    citations: tuple[Citation, ...]
    outcomes: tuple[Outcome, ...]

    @property
    def text(self) -> str:
        """The answer in one piece."""
        return text_of(self.blocks)


class _Call(NamedTuple):
    """A call as it came: tool, arguments, what it returned (None where it was turned down)."""

    tool: str
    arguments: Mapping[str, object]
    result: object


def enquire(desk: Desk, model: LanguageModel | None, question: str, as_of: date) -> Enquiry:
    """The answer to a question that may be long, for the given day; a model need not be there, nor behave.

    What the desk itself refuses or answers with a courtesy is not shown to the model.

    Raises:
        PolicyBotError: the desk itself cannot answer: its index or its embedding model is not to be had.
    """
    support = ClaimSupport(desk, question, as_of)
    if model is None:
        return _alone(desk, support, (), "no_model")
    if support.turn.outcome in _SETTLED_WITHOUT:
        return _alone(desk, support, (), support.turn.outcome)
    heard: list[BaseMessage] = []
    try:
        text = _converse(desk, model, support, heard)
        enquiry = _composed(desk, support, text, tuple(_calls(heard)))
    except Exception as error:  # noqa: BLE001 (whatever a model does, the person gets the desk's answer)
        enquiry = _reason(error)
    if isinstance(enquiry, str):
        _log.warning("an agent's text was withheld: %s", enquiry)
        model.count(f"agent_{enquiry}")
        return _alone(desk, support, tuple(_calls(heard)), enquiry)
    model.count("agent_said")
    return enquiry


def _reason(error: Exception) -> str:
    """Why the model gave nothing: its own reason, a limit, or the kind of an error."""
    from langchain.agents.middleware.model_call_limit import ModelCallLimitExceededError
    from langchain.agents.middleware.tool_call_limit import ToolCallLimitExceededError
    from langgraph.errors import GraphRecursionError

    if isinstance(error, ModelFailed):
        return error.reason
    if isinstance(error, (ModelCallLimitExceededError, ToolCallLimitExceededError, GraphRecursionError)):
        return "limit"
    _log.error("the agent ended in an error of kind %s", type(error).__name__)
    return "error"


# -- the conversation of model and tools


def _converse(desk: Desk, model: LanguageModel, support: ClaimSupport, heard: list["BaseMessage"]) -> str:
    """The model's last words; `heard` holds whatever was said until then, also where it ends in an error."""
    from langchain.agents import create_agent
    from langchain.agents.middleware import AgentMiddleware, ModelCallLimitMiddleware, ToolCallLimitMiddleware
    from langchain.agents.middleware.types import InputAgentState
    from langchain_core.messages import AIMessage, HumanMessage

    from bot.llm.tools import desk_tools

    tools = desk_tools(Toolkit(desk, today=lambda: support.as_of), warden=support)
    limits: tuple[AgentMiddleware[Any, Any], ...] = (
        ModelCallLimitMiddleware(run_limit=_MOST_MODEL_CALLS, exit_behavior="error"),
        ToolCallLimitMiddleware(run_limit=_MOST_TOOL_CALLS, exit_behavior="error"),
    )
    agent = create_agent(model.chat_model(), tools, system_prompt=load_words().prompt, middleware=limits)
    said: InputAgentState = {"messages": [HumanMessage(support.turn.message)]}
    with model.turn(_WORTH):
        for state in agent.stream(said, {"recursion_limit": _MOST_NODES}, stream_mode="values"):
            heard[:] = state["messages"]
    last = heard[-1]
    return last.content.strip() if isinstance(last, AIMessage) and isinstance(last.content, str) else ""


def _calls(messages: Sequence["BaseMessage"]) -> Iterator[_Call]:
    from langchain_core.messages import AIMessage, ToolMessage

    results = {message.tool_call_id: message for message in messages if isinstance(message, ToolMessage)}
    for message in messages:
        for call in message.tool_calls if isinstance(message, AIMessage) else ():
            result = results.get(call["id"] or "")
            returned = result.artifact if result is not None and result.status != "error" else None
            yield _Call(call["name"], call["args"], returned)


# -- what goes out


def _composed(desk: Desk, support: ClaimSupport, text: str, calls: tuple[_Call, ...]) -> Enquiry | str:
    """The whole answer; or what is to be said against the model's text."""
    dossier, turn = desk.dossier, support.turn
    more = _more(desk, support, calls)
    if any(_disagrees(turn, outcome) for outcome in more):
        return "disagreement"
    answers = tuple(calculated_answer(dossier, (outcome,)) for outcome in more)
    evidence = _evidence(dossier, turn, more, calls)
    if problem := objection(text, evidence):
        return problem
    cited = list(citations_of(turn.reply))
    added: list[Block] = []
    for answer in answers:
        added += render(answer, dossier.benefits)
        cited += answer.citations
    used = _used(dossier, text, evidence, cited)
    if used:
        added += render(QuotedAnswer(Remark("listed"), used), dossier.benefits)
    blocks = (Block("said", text), *turn.blocks, *added)
    citations = tuple(dict.fromkeys((*cited, *used)))
    sources = tuple(_sources(dossier, turn, citations, more))
    if unsourced(text_of(blocks), chain((source for _, _, source in sources), (turn.text,))):
        return "figure"
    outcomes = (*settled(turn), *more)
    return Enquiry(blocks, _origins(text_of(blocks), sources), _steps(calls), None, turn, citations, outcomes)


def _alone(desk: Desk, support: ClaimSupport, calls: tuple[_Call, ...], why: str) -> Enquiry:
    """The desk's own answer."""
    turn = support.turn
    citations, outcomes = citations_of(turn.reply), settled(turn)
    origins = _origins(turn.text, tuple(_sources(desk.dossier, turn, citations, ())))
    return Enquiry(turn.blocks, origins, _steps(calls), why, turn, citations, outcomes)


def _more(desk: Desk, support: ClaimSupport, calls: tuple[_Call, ...]) -> tuple[Outcome, ...]:
    """What the tools came to beyond the desk's own answer, as the desk drew it from the person's words."""
    found: list[Outcome] = []
    for call in calls:
        if call.result is None:
            continue
        if call.tool == "ask":
            answered = support.turns.get(normalise(str(call.arguments.get("text", ""))))
            found += settled(answered) if answered else ()
        elif call.tool == "calculate":
            given = {slot: str(value) for slot, value in call.arguments.items() if value is not None}
            outcome = compute(desk.calculator, given.pop("benefit", ""), given)
            drawn = support.drawn(outcome)
            found += [drawn] if drawn else []
    own = settled(support.turn)
    new = [outcome for outcome in found if not any(same(outcome, each) for each in own)]
    return tuple(each for place, each in enumerate(new) if not any(same(each, other) for other in new[:place]))


def _disagrees(turn: Turn, outcome: Outcome) -> bool:
    """Whether an outcome is about a benefit that the desk's own answer settles or asks about in another way."""
    return outcome.benefit_id in {each.benefit_id for each in settled(turn)} | set(turn.state.benefits)


def _evidence(dossier: Dossier, turn: Turn, more: Iterable[Outcome], calls: Iterable[_Call]) -> Evidence:
    outcomes = {dossier.benefits[each.benefit_id].title: each for each in (*settled(turn), *more)}
    ids = [citation.clause.id for citation in citations_of(turn.reply)]
    for call in calls:
        ids += [clause.id for clause in getattr(call.result, "clauses", ())]
    benefits = dossier.benefits.values()
    own = [slot.label for slot in dossier.slots.values()]
    own += [text for benefit in benefits for text in (*benefit.conditions, *benefit.open_points)]
    total = total_of(turn.reply)
    return Evidence(
        said=turn.message,
        clauses=tuple(dossier.policy.clauses[each] for each in dict.fromkeys(ids) if each in dossier.policy.clauses),
        outcomes=outcomes,
        titles=tuple(benefit.title for benefit in benefits),
        total=total,
        own=(*own, dossier.facts.title),
        kept=(load_words().prompt,),
    )


def _used(dossier: Dossier, text: str, evidence: Evidence, cited: Iterable[Citation]) -> tuple[Citation, ...]:
    """The clauses that a text quotes, or whose measure it names, and that are not cited yet."""
    measures = {citation.clause.measure for citation in cited}
    known = {citation.clause.id for citation in cited}
    quoted = quotations(text)
    named = places(text) - measures
    return tuple(
        dossier.cite(clause.id)
        for clause in evidence.clauses
        if clause.id not in known and (clause.measure in named or any(each in clause.text for each in quoted))
    )


def _steps(calls: Iterable[_Call]) -> tuple[ToolStep, ...]:
    return tuple(
        ToolStep(
            call.tool,
            tuple((name, str(value)) for name, value in call.arguments.items() if value is not None),
            call.result is None,
        )
        for call in calls
    )


# -- where figures are from


def _sources(
    dossier: Dossier, turn: Turn, citations: Iterable[Citation], more: Iterable[Outcome]
) -> Iterator[tuple[Kind, str, str]]:
    """All that figures may be from, the likeliest first: kind, place, and the words that hold them."""
    outcomes = (*settled(turn), *more)
    total = total_of(turn.reply)
    for outcome in outcomes:
        if isinstance(outcome, Calculation):
            yield "calculation", dossier.benefits[outcome.benefit_id].title, format_yuan(outcome.amount)
    if total:
        yield "calculation", "", format_yuan(total[0])
    yield "person", "", turn.message
    for citation in citations:
        yield "clause", citation.label, f"{citation.clause.text}\n{citation.label}"
    for title, step in _all_steps(dossier, turn, outcomes):
        yield "calculation", f"{title} {step.label}".strip(), f"{step.label}\n{step.expression}\n{step.value}"
    if isinstance(turn.reply, StatedAnswer):
        stated = turn.reply.statement
        yield "staff", stated.role, f"{stated.answer}\n{stated.valid_until.isoformat()}"


def _all_steps(dossier: Dossier, turn: Turn, outcomes: Iterable[Outcome]) -> Iterator[tuple[str, Step]]:
    for outcome in outcomes:
        if not isinstance(outcome, NeedsSlots):
            yield from ((dossier.benefits[outcome.benefit_id].title, step) for step in outcome.steps)
    if isinstance(turn.reply, CalculatedAnswer):
        yield from (("", step) for step in (*turn.reply.needed_steps, *turn.reply.portfolio.steps))


def _origins(text: str, sources: Sequence[tuple[Kind, str, str]]) -> tuple[Origin, ...]:
    """Every figure of a text once, with the first of its sources; what is in none is the desk's own record."""
    held = [(kind, place, {(f.value, f.is_rate) for f in figures(source)}) for kind, place, source in sources]
    origins: dict[tuple[Decimal, bool], Origin] = {}
    for figure in figures(text):
        value = figure.value, figure.is_rate
        kind, place = next(((kind, place) for kind, place, values in held if value in values), ("desk", ""))
        origins.setdefault(value, Origin(figure.words, kind, place))
    return tuple(origins.values())

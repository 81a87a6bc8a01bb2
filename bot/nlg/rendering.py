"""Rendering: a reply as blocks of text, with its citations in the message itself."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from bot.dialog.reply import (
    CalculatedAnswer,
    Greeting,
    NotCovered,
    QuotedAnswer,
    Remark,
    Reply,
    SlotQuestion,
    StatedAnswer,
)
from bot.nlg.block import Block, Role, text_of
from bot.nlg.wording import say
from calculators.calculation import Calculation, NeedsSlots, NotEligible, Outcome, Step, Undetermined
from knowledge.benefit import Benefit
from knowledge.citation import Citation
from knowledge.money import format_yuan
from knowledge.numerals import OMISSION, SENTENCE_END

_FIRST_MARK = 0x2460  # a figure in a circle: no number that could be taken for an amount
_LABELS = ("which_sum_label", "which_benefit_label", "which_topic_label")


def worded(reply: Reply) -> Reply:
    """A reply whose labels are in words; dialog leaves the keys of those that no slot has."""
    if not isinstance(reply, SlotQuestion):
        return reply
    return replace(reply, missing=tuple(say(m) if m in _LABELS else m for m in reply.missing))


def render(reply: Reply, benefits: Mapping[str, Benefit], *, cut: bool = False) -> tuple[Block, ...]:
    """The whole reply in Chinese, block by block; `cut`: the message was too long to be read whole, which is said."""
    notice = [_block("said", say("message_cut"))] if cut else []
    return (*notice, *_rendered(reply, benefits))


def _rendered(reply: Reply, benefits: Mapping[str, Benefit]) -> tuple[Block, ...]:
    match reply:
        case QuotedAnswer():
            blocks = [_block("said", _said(reply.lead)), *_quoted(reply.citations), *map(_note, reply.remarks)]
        case CalculatedAnswer():
            blocks = _calculated(reply, benefits)
        case SlotQuestion():
            blocks = _question(reply)
        case NotCovered():
            near = [_block("said", say("nearest")), *_quoted(reply.nearest)] if reply.nearest else []
            contact = [_block("said", say("contact_line")), *_quoted((reply.contact,))]
            blocks = [_block("said", _said(reply.reason)), *near, *contact]
        case StatedAnswer():
            blocks = _stated(reply)
        case Greeting():
            blocks = [_block("said", _said(reply.lead), *(say("offered", question=each) for each in reply.questions))]
    return tuple(block for block in blocks if block.text)


def quotation_only(citations: Iterable[Citation]) -> tuple[Block, ...]:
    """What goes out when a reply did not pass the guard: the clauses, and nothing else."""
    return (_block("said", say("quotation_only")), *_quoted(tuple(citations)))


def cited(citations: tuple[Citation, ...]) -> str:
    """Quotations, each followed by its place; clauses of one place stand together."""
    return text_of(_quoted(citations))


def _quoted(citations: tuple[Citation, ...], *, opens: bool = True) -> list[Block]:
    """A block for each place; the first opens a paragraph if told to."""
    groups: dict[str, list[Citation]] = {}
    for citation in citations:
        groups.setdefault(citation.label, []).append(citation)
    return [
        Block(
            "heading" if all(citation.clause.is_heading for citation in group) else "quote",
            _joined(group),
            label,
            opens=opens and number == 0,
        )
        for number, (label, group) in enumerate(groups.items())
    ]


def _joined(group: list[Citation]) -> str:
    """Quotations of one place in the order of the document, as it prints them; what is left out between is marked."""
    text, last = "", None
    for citation in sorted(group, key=lambda each: each.clause.number):
        if last is not None:
            text += _between(last, citation)
        text += citation.quote
        last = citation
    return text


def _between(citation: Citation, follower: Citation) -> str:
    """What stands between two quotations: behind a measure's heading a full stop, behind another the line ends."""
    if citation.clause.number == follower.clause.number:
        return ""
    end = ""
    if citation.clause.is_heading:
        end = "\n" if citation.clause.measure is None else SENTENCE_END
    return end + OMISSION * (follower.clause.number > citation.clause.number + 1)


def _block(role: Role, *lines: str) -> Block:
    return Block(role, "\n".join(filter(None, lines)))


def _note(remark: Remark) -> Block:
    return Block("note", _said(remark))


def _said(remark: Remark) -> str:
    breaks = say("point_break")
    values = {key: breaks.join(each) if isinstance(each, tuple) else each for key, each in remark.values.items()}
    return say(remark.key, **values)


def _step(number: int, step: Step) -> str:
    """One numbered line; a value that the expression ends in is not said twice."""
    if step.expression in ("", step.value):
        return say("step_plain", number=number, label=step.label, value=step.value)
    if step.expression.endswith((step.value, step.value[1:])):
        return say("step_short", number=number, label=step.label, expression=step.expression)
    return say("step", number=number, label=step.label, expression=step.expression, value=step.value)


def _step_lines(reply: CalculatedAnswer, benefits: Mapping[str, Benefit]) -> str:
    """All steps, numbered through, under the title of their benefit where there are several."""
    settled = [outcome for outcome in reply.portfolio.outcomes if not isinstance(outcome, NeedsSlots)]
    groups = [(benefits[outcome.benefit_id].title, outcome.steps) for outcome in settled if outcome.steps]
    if reply.needed_steps:
        groups.insert(0, (say("requirement_title"), reply.needed_steps))
    lines, number = [], 0
    for title, steps in groups:
        if len(groups) > 1:
            lines.append(say("steps_of", title=title))
        for number, step in enumerate(steps, start=number + 1):  # noqa: B020 (numbers run on from group to group)
            lines.append(_step(number, step))
    return "\n".join((say("how"), *lines)) if lines else ""


def _inputs(given: tuple[tuple[str, str], ...]) -> str:
    return say("between").join(say("given_item", what=what, value=value) for what, value in given)


def _calculated(reply: CalculatedAnswer, benefits: Mapping[str, Benefit]) -> list[Block]:
    portfolio = reply.portfolio
    lead = say("given", inputs=_inputs(reply.given)) if reply.given else say("given_none")
    verdicts = [_verdict(outcome, benefits[outcome.benefit_id].title) for outcome in portfolio.outcomes]
    if reply.lead:
        lead = _said(reply.lead)
    if reply.needed:
        lead = "\n".join((*map(_said, reply.needed), say("at_that_point")))
    if portfolio.total is None and not any(isinstance(outcome, Undetermined) for outcome in portfolio.outcomes):
        verdicts.append(say("nothing_due"))
    elif portfolio.total is not None and len(portfolio.outcomes) > 1:
        verdicts.append(say(f"total_{portfolio.bound}", amount=format_yuan(portfolio.total)))
    notes = [_said(remark) for remark in reply.remarks]
    if reply.premises:
        notes.append(say("premises", points=say("point_break").join(reply.premises)))
    if reply.open_points:
        notes.append(say("open_points", points=say("point_break").join(reply.open_points)))
    return [
        Block("said", "\n".join((lead, *verdicts))),
        Block("steps", _step_lines(reply, benefits)),
        Block("said", say("basis")),
        *_quoted(reply.citations, opens=False),
        Block("note", "\n".join(notes)),
    ]


def _verdict(outcome: Outcome, title: str) -> str:
    match outcome:
        case Calculation():
            return say(f"due_{outcome.bound}", title=title, amount=format_yuan(outcome.amount))
        case NotEligible():
            return say("not_due", title=title, reason=outcome.reason)
        case Undetermined():
            return say("undetermined", title=title, reason=outcome.reason)
        case NeedsSlots():
            return ""


def _stated(reply: StatedAnswer) -> list[Block]:
    """The words of staff, with whose they are under them wherever a message is cut, and what they rest on."""
    answer = reply.statement
    values = {"role": answer.role, "until": answer.valid_until.isoformat()}
    if answer.clause is None:
        lead, label, leads_on = say("stated"), say("stated_label", **values), say("contact_line")
    else:
        lead, label, leads_on = say("explained"), say("explained_label", **values), say("explained_clause")
    return [
        _block("said", lead),
        Block("quote", answer.answer, label),
        _block("said", leads_on),
        *_quoted(reply.citations),
        *map(_note, reply.remarks),
    ]


def _question(reply: SlotQuestion) -> list[Block]:
    values = dict(reply.ask.values)
    why = values.pop("why", "")
    ask = _said(replace(reply.ask, values=values)) + (say("ask_why", why=why) if why else "")
    noted = say("ask_given", inputs=_inputs(reply.given)) if reply.given else ""
    basis = [Block("said", say("ask_basis")), *_quoted(reply.citations, opens=False)] if reply.citations else []
    offered = [say("offered_option", mark=chr(_FIRST_MARK + n), option=o) for n, o in enumerate(reply.options)]
    choices = [_block("said", *offered)] if len(reply.options) > 1 and reply.ask.key != "ask_slot" else []
    return [_block("said", noted), _block("said", ask), *choices, *basis]

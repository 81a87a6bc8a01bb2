"""Layout: a turn as the messages of a channel, with the buttons under the last of them."""

from bot.dialog.reply import CalculatedAnswer, Greeting, SlotQuestion, citations_of
from bot.nlg.block import Block
from bot.nlg.message import ChannelCapabilities, Choice, OutboundMessage
from bot.nlg.splitting import split
from bot.nlg.turn import Turn
from bot.nlg.wording import say

_MOST_VIEWS = 3


def compose(turn: Turn, capabilities: ChannelCapabilities) -> tuple[OutboundMessage, ...]:
    """The parts of an answer; the last carries the choices."""
    *first, last = split(turn.blocks, capabilities.limit)
    return (*(OutboundMessage(blocks) for blocks in first), OutboundMessage(last, _choices(turn, capabilities)))


def one_part(sentence: str) -> tuple[OutboundMessage, ...]:
    """A sentence of the desk itself."""
    return (OutboundMessage((Block("said", sentence),)),)


def _choices(turn: Turn, capabilities: ChannelCapabilities) -> tuple[Choice, ...]:
    """What a question offers to pick, else ways to look behind an answer."""
    reply = turn.reply
    if isinstance(reply, SlotQuestion):
        calculates = reply.ask.key == "which_benefit"
        return tuple(Choice(o, say("command_calc_of", benefit=o) if calculates else o, True) for o in reply.options)
    if isinstance(reply, Greeting):
        return tuple(Choice(question, question) for question in reply.questions)
    if not capabilities.offers_views:
        return ()
    steps = (Choice(say("view_steps"), say("view_steps")),) if _has_steps(turn) else ()
    cited = [citation.clause for citation in citations_of(reply) if citation.clause.measure is not None]
    whole = {clause.measure for clause in cited if clause.is_heading}
    measures = [number for number in dict.fromkeys(clause.measure for clause in cited) if number not in whole]
    alone = len(measures) == 1
    return (*steps, *(_view(measure, alone=alone) for measure in measures[:_MOST_VIEWS] if measure is not None))


def _view(measure: int, *, alone: bool) -> Choice:
    label = say("view_clause") if alone else say("view_clause_of", measure=measure)
    return Choice(label, say("command_measure", number=measure))


def _has_steps(turn: Turn) -> bool:
    return isinstance(turn.reply, CalculatedAnswer) and any(block.role == "steps" for block in turn.blocks)

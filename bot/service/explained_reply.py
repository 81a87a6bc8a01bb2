"""The reply of the contract together with how the message was read: for staff and operators."""

from pydantic import Field

from bot.nlu.explanation import Explanation
from bot.service.contract import AskReply


class ExplainedReply(AskReply):
    """A reply, with the reading that led to it."""

    explanation: Explanation = Field(description="How the message was read, and why so.")


def explained(reply: AskReply, explanation: Explanation) -> ExplainedReply:
    """A reply with its explanation."""
    return ExplainedReply(**dict(reply), explanation=explanation)

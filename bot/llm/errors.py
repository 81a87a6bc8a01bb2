"""The error of a language model: a reason, and nothing of what was said."""

from typing import Literal

from knowledge.errors import PolicyBotError

Reason = Literal["offline", "budget", "open", "timeout", "too_large", "status", "malformed", "refused"]


class ModelFailed(PolicyBotError):
    """A language model gave nothing that can be used; `reason` says why, `status` is the HTTP status if one came.

    `offline`: not configured, or forbidden. `budget`: the tokens of the turn or of the day are used up. `open`: it
    failed too often and is left alone for a while. `timeout`: not done in time. `too_large`: longer than is read, or
    cut short. `status`: it cannot be reached, or its HTTP status is none of success. `malformed`: not of the form asked
    for. `refused`: the model declined.
    """

    def __init__(self, reason: Reason, status: int | None = None) -> None:
        """Keep the reason and the status apart."""
        self.reason, self.status = reason, status
        super().__init__(f"the language model gave no answer: {reason}{f' {status}' if status else ''}")

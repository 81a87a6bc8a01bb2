"""What can be wrong with what an operator types.

PolicyBotError
└── NoSuchName      a benefit, slot, measure or record of that name does not exist
"""

from knowledge.errors import PolicyBotError


class NoSuchName(PolicyBotError):
    """A benefit, slot, measure or record of that name does not exist; the message names what is near."""

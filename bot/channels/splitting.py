"""Splitting: the blocks of an answer as messages within a channel's limit."""

from bot.channels.channel import Limit
from bot.dialog.block import Block


def split(blocks: tuple[Block, ...], limit: Limit) -> tuple[tuple[Block, ...], ...]:
    """Messages, none longer than the limit."""
    return (blocks,)

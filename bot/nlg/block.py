"""A block: one paragraph of a reply, with its part in it, so that a channel can set and split it well."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from bot.nlg.wording import say

Role = Literal["said", "steps", "quote", "heading", "note"]


@dataclass(frozen=True, slots=True)
class Block:
    """Words of one role. A quotation or heading of the document carries the `label` of its place.

    `opens`: an empty line stands before it; else it follows on the next line.
    """

    role: Role
    text: str
    label: str = ""
    opens: bool = True

    @property
    def full(self) -> str:
        """The words as people read them, with the place under a quotation."""
        if not self.label:
            return self.text
        return say("citation_heading" if self.role == "heading" else "citation", quote=self.text, label=self.label)


def text_of(blocks: Iterable[Block]) -> str:
    """The words of blocks, one after the other."""
    text = ""
    for block in blocks:
        text += ("\n\n" if block.opens else "\n") * bool(text) + block.full
    return text

"""A citation: a clause and words of it, verified when it is made."""

from dataclasses import dataclass

from knowledge.errors import BrokenQuotation
from knowledge.policy import Clause


@dataclass(frozen=True, slots=True)
class Citation:
    """Words quoted from a clause, and how print names the place.

    Raises:
        BrokenQuotation: on construction, where the quotation is empty or not in the clause.
    """

    clause: Clause
    quote: str
    label: str

    def __post_init__(self) -> None:
        """Verify the quotation character for character."""
        if not self.quote or self.quote not in self.clause.text:
            raise BrokenQuotation(f"{self.clause.id} does not say {self.quote!r}; quote the clause verbatim")

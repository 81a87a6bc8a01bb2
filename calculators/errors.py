"""What can be wrong with a rule or with what is handed to it.

PolicyBotError
├── BrokenRule      the rule of a benefit does not validate (benefit_id, field)
└── InvalidInput    a value that no calculation may start from (slot_id)
"""

from knowledge.errors import PolicyBotError


class BrokenRule(PolicyBotError):
    """The rule of a benefit in `benefits.yaml` does not validate; `field` is the place inside the rule."""

    def __init__(self, benefit_id: str, field: str, problem: str) -> None:
        """Keep benefit and field apart, so that a report can sort by them."""
        self.benefit_id, self.field, self.problem = benefit_id, field, problem
        super().__init__(f"benefit {benefit_id}: field {field}: {problem}")


class InvalidInput(PolicyBotError):
    """A value is of the wrong kind, negative, without bounds or absurd; `slot_id` names the slot or benefit."""

    def __init__(self, slot_id: str, problem: str) -> None:
        """Keep the slot apart, so that the caller can ask for it again."""
        self.slot_id, self.problem = slot_id, problem
        super().__init__(f"{slot_id}: {problem}")

"""`luce measures`: the groups with their measures, or one measure with its clauses and their ids."""

from collections.abc import Iterator

from bot.cli.display import show_text
from bot.cli.errors import NoSuchName
from bot.settings import Settings
from knowledge.library import load_library
from knowledge.policy import Policy


def show(number: int | None) -> None:
    """Print all measures, or one.

    Raises:
        NoSuchName: there is no measure of that number.
    """
    settings = Settings.from_env()
    policy = load_library(settings.policies, starts=settings.issued).main.policy
    if number is not None and number not in policy.measures:
        known = f"{min(policy.measures)} to {max(policy.measures)}"
        raise NoSuchName(f"there is no measure {number}; the document has {known}")
    show_text(text_of(policy, number))


def text_of(policy: Policy, number: int | None) -> str:
    """The headings of all groups and measures, or the clauses of one measure with their ids."""
    if number is None:
        return "\n\n".join("\n".join(group) for group in _groups(policy))
    heading, *sentences = policy.measures[number].clauses
    return "\n".join((heading.text, *(f"{clause.id.partition('/')[2]}  {clause.text}" for clause in sentences)))


def _groups(policy: Policy) -> Iterator[list[str]]:
    for group in policy.groups:
        yield [group.heading.text, *(f"  {measure.clauses[0].text}" for measure in group.measures)]

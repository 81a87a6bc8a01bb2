"""`luce enquire`: a long enquiry, for which a language model may chain the desk's tools."""

from collections.abc import Iterable
from datetime import date

import click

from bot.cli.ask import as_typed
from bot.cli.context import open_desk, today
from bot.cli.display import show_note, show_text
from bot.cli.wording import phrase
from bot.llm.agent import Enquiry, Origin, ToolStep, enquire
from bot.llm.agent_checks import OBJECTIONS
from bot.llm.model import open_model
from bot.records.masking import Masking

_SETTLED = ("not_covered", "greeting")


def answer_enquiry(text: str, as_of: date | None) -> None:
    """Print which tools were used, the answer, and where each of its figures is from.

    Raises:
        PolicyBotError: a policy folder, a rule, a setting or the index is wrong.
    """
    with open_desk() as app:  # the desk decides by its rules; what the model understands it shows by its calls
        model = open_model(app.settings, Masking.for_policies(app.settings.policies))
        answer = enquire(app.desk, model, as_typed(text), as_of or today())
    for lines in (_steps(answer.steps), _fall(answer)):
        if lines:
            show_note(lines)
            click.echo()
    show_text(answer.text, [citation.label for citation in answer.citations])
    if answer.origins:
        click.echo()
        show_note("\n".join((phrase("enquire_origins"), *map(_origin, answer.origins))))


def _steps(steps: Iterable[ToolStep]) -> str:
    lines = [
        phrase(
            "enquire_refused" if step.refused else "enquire_step",
            number=number,
            tool=step.tool,
            given=phrase("between").join(f"{name}={value}" for name, value in step.given),
        )
        for number, step in enumerate(steps, start=1)
    ]
    return "\n".join((phrase("enquire_steps"), *lines)) if lines else ""


def _fall(answer: Enquiry) -> str:
    """Why the desk's own answer stands alone."""
    why = answer.fell_back
    if why is None:
        return ""
    if why == "no_model":
        return phrase("enquire_no_model")
    if why in _SETTLED:
        return phrase("enquire_settled")
    return phrase("enquire_withheld" if why in OBJECTIONS else "enquire_failed", why=why)


def _origin(origin: Origin) -> str:
    match origin.kind:
        case "clause":
            said = phrase("origin_clause", place=origin.place)
        case "calculation":
            said = phrase("origin_calculation", place=origin.place) if origin.place else phrase("origin_total")
        case "staff":
            said = phrase("origin_staff", place=origin.place)
        case "person":
            said = phrase("origin_person")
        case "desk":
            said = phrase("origin_desk")
    return phrase("origin", figure=origin.figure, said=said)

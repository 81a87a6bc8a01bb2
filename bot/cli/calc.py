"""`luce calc`: one benefit computed from inputs given by slot, or the list of all."""

import json
import sys
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

import click

from bot.cli.ask import as_typed
from bot.cli.display import make_console, show_text
from bot.cli.errors import NoSuchName
from bot.cli.wording import phrase
from bot.dialog.calculated_answer import calculated_answer
from bot.nlg.rendering import cited
from bot.service import calculation as calculating
from bot.settings import Settings
from calculators.calculation import Calculation, NeedsSlots, Outcome, Step
from calculators.registry import bind
from knowledge.benefit import Slot
from knowledge.library import Dossier, load_library
from knowledge.money import format_yuan


def show_benefits(*, as_json: bool) -> None:
    """Print every benefit with its slots."""
    dossier = _dossier()
    calculator = bind(dossier)
    slots = {benefit_id: calculating.slots_of(calculator, benefit_id) for benefit_id in dossier.benefits}
    if as_json:
        rows = [
            {"benefit": b.id, "title": b.title, "slots": {s.id: s.label for s in slots[b.id]}}
            for b in dossier.benefits.values()
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    blocks = []
    for benefit in dossier.benefits.values():
        lines = [f"{benefit.id}  {benefit.title}"]
        lines += [f"    {slot.id}  {slot.label}{_hint(slot)}" for slot in slots[benefit.id]]
        blocks.append("\n".join(lines))
    show_text("\n".join(blocks))


def compute(name: str, assignments: Iterable[str], *, as_json: bool) -> None:
    """Print what a benefit (its id or title) gives for inputs such as `headcount=3`.

    Raises:
        NoSuchName: there is no such benefit, or it has no such slot.
        InvalidInput: a value is not of the kind of its slot.
    """
    dossier = _dossier()
    calculator = bind(dossier)
    titles = {benefit.id: benefit.title for benefit in dossier.benefits.values()}
    benefit_id = _find(as_typed(name), titles, "benefit", "run `luce calc` for the list")
    labels = {slot.id: slot.label for slot in calculating.slots_of(calculator, benefit_id)}
    outcome = calculating.compute(calculator, benefit_id, _read(assignments, labels, benefit_id))
    if as_json:
        click.echo(calculating.calculation_of(dossier, outcome).model_dump_json(indent=2))
    else:
        _show(dossier, outcome)


def _dossier() -> Dossier:
    settings = Settings.from_env()
    return load_library(settings.policies, starts=settings.issued).main


def _hint(slot: Slot) -> str:
    shape = {
        "money": phrase("hint_money"),
        "rate": phrase("hint_rate"),
        "count": phrase("hint_count", unit=slot.unit),
        "grade": phrase("hint_grade", options="/".join(slot.options)),
    }[slot.kind]
    return shape if slot.default is None else shape + phrase("hint_default", default=slot.default)


def _find(name: str, titles: Mapping[str, str], kind: str, remedy: str) -> str:
    """The id that a name (id or title) stands for.

    Raises:
        NoSuchName: none, naming the nearest.
    """
    by_title = {title: known for known, title in titles.items()}
    if name in titles or name in by_title:
        return name if name in titles else by_title[name]
    near = get_close_matches(name[:100], [*titles, *by_title], n=1, cutoff=0.5)
    guess = f"; did you mean {by_title.get(near[0], near[0])}?" if near else f"; {remedy}"
    raise NoSuchName(f"there is no {kind} {_short(name)!r}{guess}")


def _read(assignments: Iterable[str], labels: Mapping[str, str], benefit_id: str) -> dict[str, str]:
    texts: dict[str, str] = {}
    for assignment in map(as_typed, assignments):
        name, sign, value = assignment.partition("=")
        if not sign:
            raise click.UsageError(f"--input {_short(assignment)!r} is not of the form SLOT=VALUE.")
        slot_id = _find(name.strip(), labels, f"slot of {benefit_id}", f"it reads {', '.join(labels)}")
        if slot_id in texts:
            raise click.UsageError(f"--input gives {slot_id} twice.")
        texts[slot_id] = value
    return texts


def _short(name: str) -> str:
    return name if len(name) <= 40 else f"{name[:40]}..."


def _show(dossier: Dossier, outcome: Outcome) -> None:
    answer = calculated_answer(dossier, (outcome,))
    show_text(_verdict(dossier, outcome, dossier.benefits[outcome.benefit_id].title))
    if not isinstance(outcome, NeedsSlots) and outcome.steps:
        click.echo()
        _show_steps(outcome.steps)
    click.echo()
    show_text(cited(answer.citations), [citation.label for citation in answer.citations])
    notes = [phrase("premise", point=point) for point in answer.premises]
    notes += [phrase("open_point", point=point) for point in answer.open_points]
    if notes:
        show_text("\n".join(("", *notes)))


def _verdict(dossier: Dossier, outcome: Outcome, title: str) -> str:
    if isinstance(outcome, NeedsSlots):
        labels = phrase("between").join(f"{dossier.slots[slot].label} ({slot})" for slot in outcome.slots)
        return phrase("needs", title=title, slots=labels)
    if isinstance(outcome, Calculation):
        return phrase(f"amount_{outcome.bound}", title=title, amount=format_yuan(outcome.amount))
    return phrase("no_amount", title=title, reason=outcome.reason)


def _show_steps(steps: Iterable[Step]) -> None:
    from rich import box  # noqa: PLC0415 (`luce calc --json` needs no table)
    from rich.table import Table  # noqa: PLC0415

    table = Table(box=box.SIMPLE_HEAD if sys.stdout.isatty() else None, pad_edge=False)
    for key in ("column_step", "column_expression", "column_value", "column_clauses"):
        table.add_column(phrase(key), overflow="fold")
    for step in steps:
        expression = step.expression if step.expression != step.value else ""
        clauses = " ".join(clause.partition("/")[2] for clause in step.clauses)
        table.add_row(step.label, expression, step.value, clauses)
    make_console().print(table)

"""Given: the figures that a message gives to compute with, and what it aims at with them."""

from bot.dialog import thresholds
from bot.dialog.extraction import INPUTS, SHORT
from bot.dialog.state import State
from bot.dialog.topics import benefits_of
from bot.dialog.tracker import Tracker
from bot.nlu.reading import BENEFIT, Reading
from bot.nlu.roles import Figure

_BESIDE = 3
_CHANGES = frozenset({"more", "less", "further"})


def inputs_of(reading: Reading) -> tuple[Figure, ...]:
    """The figures that can be computed with."""
    return tuple(f for f in reading.figures if f.role in INPUTS or (f.role == "wanted" and reading.intent == "inverse"))


def is_unsure_sum(figure: Figure) -> bool:
    """Whether a sum of money may be one that counts."""
    return figure.quantity.kind == "money" and figure.role == "other" and figure.probability < thresholds.OTHER_ROLE


def wishes_for(reading: Reading) -> bool:
    """Whether an award of a benefit is aimed at."""
    wanted = [f for f in reading.with_role("wanted") if f.probability > thresholds.SURE_TOPIC]
    asks = not inputs_of(reading) and reading.intent in ("ask", "compute")
    return bool(wanted) and asks and bool(benefits_of(reading))


def gives_figures(reading: Reading, state: State, tracker: Tracker) -> bool:
    """Whether a question gives figures to compute with."""
    gives = inputs_of(reading)
    named = [m for m in reading.mentions if m.id.startswith(BENEFIT)][:1]
    rest = len(reading.text) - sum(len(m.text) for m in named) - sum(len(f.quantity.text) for f in gives)
    bare = bool(gives and named) and rest < _BESIDE and set(reading.asked) <= {"amount", "content"}
    alone = len(gives) == 1 and len(reading.text) - len(gives[0].quantity.text) < _BESIDE and bool(state.benefits)
    known: set[object] = {value.value for value in state.values}
    refers = bool(gives) and any(figure.quantity.value in known for figure in reading.with_role("ref"))
    tells = bool(gives) and _tells(reading, state)
    grades = set(reading.asked) <= {"amount"} and len(reading.text) <= SHORT and bool(tracker.graded(reading, state))
    return alone or bare or refers or tells or grades or wishes_for(reading) or _counts(reading, state, tracker)


def is_inverse(reading: Reading) -> bool:
    """Whether what is needed for an award is wanted, or may be; not where figures only change what is known."""
    gives, intent = inputs_of(reading), reading.intent
    forward = bool(reading.with_role("before")) or reading.intents["compute"] > reading.intents["inverse"]
    settled = bool(reading.with_role("now")) and forward and not reading.with_role("wanted")
    edits = intent in ("suppose", "correct", "add") and bool(gives) and all(f.role in _CHANGES for f in gives)
    edits = edits or (bool(gives) and all(f.quantity.kind == "count" for f in gives))
    perhaps = reading.intents["inverse"] > thresholds.INVERSE and not settled and not edits
    return intent == "inverse" or wishes_for(reading) or perhaps


def _counts(reading: Reading, state: State, tracker: Tracker) -> bool:
    """Whether a question for an amount gives a count that the benefit multiplies with."""
    supposes = reading.intents["suppose"] + reading.intents["compute"] > thresholds.ADDS
    asks = set(reading.asked) == {"amount"} or (not reading.asked and supposes)
    if not asks or reading.covered < thresholds.COVERED:
        return False
    benefits = benefits_of(reading) or state.benefits
    counts = any(figure.role in ("heads", "years", "things") for figure in reading.figures)
    return counts and len(benefits) == 1 and tracker.accepts(benefits[0], reading)


def _tells(reading: Reading, state: State) -> bool:
    """Whether a question carries figures of the person's own."""
    roles = {figure.role for figure in inputs_of(reading)}
    if roles >= {"now", "before"}:
        return True
    certain = any(figure.probability > thresholds.SURELY_COVERED for figure in inputs_of(reading))
    certain = certain and ("amount" in reading.asked or reading.intents[reading.intent] > thresholds.TELLS)
    return (
        bool(roles - {"years", "things", "heads"}) and certain and reading.intent in ("claim", "ask", "compare", "list")
    )

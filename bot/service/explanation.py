"""The explanation of a turn: how the message was read and what was decided, as a value and in words."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import date
from pathlib import Path

from bot.dialog.state import State
from bot.nlg.turn import Conversation
from bot.nlu.explanation import Explanation, Reason, Weighed, explain_reading
from bot.nlu.normalization import MAX_CHARACTERS, printable
from bot.service.desk import Desk
from bot.service.sessions import UserMessage
from knowledge.library import Dossier
from knowledge.wording import load_wording

WORDING = Path(__file__).with_name("explanation.yaml")
CURATED = "Curated"
_MASK = re.compile("[MPBNZTD\u0391\u0392\u0393\u0394^$]|Y[0-3]")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of an explanation: its title and its words; `why` names what weighed most."""

    title: str
    words: str
    why: str = ""


def explain_said(desk: Desk, conversation: Conversation, said: UserMessage) -> Explanation:
    """How the next message of a conversation is read, and what is decided."""
    return explain_turn(desk, conversation.state, said.message, said.as_of)


def explain_turn(desk: Desk, state: State, message: str, as_of: date) -> Explanation:
    """How a message is read in a state, and what is decided."""
    said = printable(message[: 2 * MAX_CHARACTERS])
    reading = desk.reader.read(said, state.after)
    explanation = explain_reading(desk.reader, reading, state.after)
    if desk.curated.answer(reading, state, as_of):
        return replace(explanation, action=CURATED)
    action = desk.manager.decide(reading, replace(state, said=(*state.said, said)))
    return replace(explanation, action=type(action).__name__, details=tuple(_details(action)))


def phrase(key: str, **values: object) -> str:
    """The words of that key with its blanks filled.

    Raises:
        WordingError: the key is unknown, or the blanks and the values differ.
    """
    return load_wording(WORDING).say(key, **values)


def rows_of(explanation: Explanation, dossier: Dossier) -> tuple[Row, ...]:
    """An explanation as people read it, line by line."""
    rows = [
        Row(phrase("row_after"), _named("after", explanation.after)),
        _row("row_intent", "intent", explanation.intents, dossier),
        _row("row_asked", "ask", explanation.asked, dossier),
        _row("row_topics", "topic", explanation.topics, dossier),
        Row(phrase("row_covered"), _percent(explanation.covered)),
    ]
    for figure in explanation.figures:
        role = phrase("likely", label=_named("role", figure.role), percent=_percent(figure.probability))
        rows.append(Row(phrase("row_figure", words=figure.words), role))
    if explanation.action:
        rows.append(Row(phrase("row_action"), _action(explanation, dossier)))
    return tuple(rows)


def text_of_rows(rows: Iterable[Row]) -> str:
    """The lines below an answer on a terminal."""
    lines = [phrase("title")]
    for row in rows:
        lines.append(phrase("line", title=row.title, words=row.words))
        if row.why:
            lines.append(phrase("line_why", why=row.why))
    return "\n".join(lines)


def _details(action: object) -> Iterator[tuple[str, str]]:
    for each in fields(action) if is_dataclass(action) else ():
        value = getattr(action, each.name)
        if value not in ((), False, None, ""):
            yield each.name, " ".join(map(str, value)) if isinstance(value, tuple) else str(value)


def _row(key: str, kind: str, weighed: tuple[Weighed, ...], dossier: Dossier) -> Row:
    labels = [
        phrase("likely", label=_label(kind, one.label, dossier), percent=_percent(one.probability)) for one in weighed
    ]
    why = phrase("between").join(_reasons(weighed[0].reasons if weighed else (), dossier))
    return Row(phrase(key), phrase("between").join(labels), phrase("why", reasons=why) if why else "")


def _action(explanation: Explanation, dossier: Dossier) -> str:
    told = [_named("action", explanation.action)]
    for _, value in explanation.details:
        told.append(phrase("between").join(_label("topic", word, dossier) for word in value.split()))
    return phrase("pause").join(told)


def _label(kind: str, label: str, dossier: Dossier) -> str:
    if kind != "topic":
        return _named(kind, label)
    if label in dossier.benefits:
        return dossier.benefits[label].title
    clause = dossier.policy.clauses.get(label)
    return dossier.label(clause) if clause else _named("ask", label)


def _named(kind: str, label: str) -> str:
    """The words for a label; a label that has none yet, as it is."""
    key = f"{kind}_{label}"
    return phrase(key) if key in load_wording(WORDING).templates else label


def _reasons(reasons: Iterable[Reason], dossier: Dossier) -> Iterator[str]:
    """Reasons in words; several features that read the same are one."""
    weights: dict[str, float] = {}
    for reason in reasons:
        words = _feature(reason.feature, dossier)
        weights[words] = weights.get(words, 0.0) + reason.weight
    for words, weight in sorted(weights.items(), key=lambda pair: -pair[1]):
        yield phrase("reason", feature=words, weight=f"{weight:+.2f}")


def _feature(name: str, dossier: Dossier) -> str:
    """A feature of a message as people read it."""
    kind, rest = name[:1], name[1:]
    if kind == "@":
        sort, _, named = rest.partition(":")
        return phrase("feature_name", sort=_named("sort", sort), name=_label("topic", named, dossier))
    if kind == ">" and (after := rest.rstrip("0123456789")):
        return phrase("feature_after", after=_named("after", after))
    if kind == "#" and rest:
        return phrase("feature_length") if rest.isdecimal() else phrase("feature_kind", kind=_named("kind", rest))
    run = rest if kind == "~" and rest else name
    return phrase("feature_run", run=_MASK.sub(lambda match: phrase("mask", name=_named("mask", match[0])), run))


def _percent(probability: float) -> str:
    return f"{probability:.0%}"

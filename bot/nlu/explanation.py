"""Explanation: why a message is read as it is, as one frozen value: probabilities, and features that weighed most."""

from collections.abc import Mapping
from dataclasses import dataclass

from bot.nlu.features import Features, of_message
from bot.nlu.linear_model import LinearModel
from bot.nlu.reading import Reader, Reading
from knowledge.money import plain

_MOST, _LEAST, _REASONS = 3, 0.05, 6


@dataclass(frozen=True, slots=True)
class Reason:
    """A feature as the model names it (see `bot.nlu.features`), and what it added to the score of a label."""

    feature: str
    weight: float


@dataclass(frozen=True, slots=True)
class Weighed:
    """A label with its probability; `reasons` stand with the likeliest label of its kind alone, the strongest first."""

    label: str
    probability: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class FigureRead:
    """A figure of the message: its words, what it counts (`kind`, `value`, `unit`), and its role."""

    words: str
    kind: str
    value: str
    unit: str
    role: str
    probability: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """How a message was read after what the desk did before (`after`), likeliest first.

    `covered` is the probability that the document answers it. `action` is what was decided, with its `details` by name;
    it is empty where only the reading is explained.
    """

    text: str
    after: str
    intents: tuple[Weighed, ...]
    asked: tuple[Weighed, ...]
    topics: tuple[Weighed, ...]
    covered: float
    figures: tuple[FigureRead, ...]
    action: str = ""
    details: tuple[tuple[str, str], ...] = ()


def explain(reader: Reader, text: str, after: str = "start") -> Explanation:
    """Why a message is read as it is."""
    return explain_reading(reader, reader.read(text, after), after)


def explain_reading(reader: Reader, reading: Reading, after: str) -> Explanation:
    """Why a message was read as it was."""
    features = of_message(reading.text, reading.quantities, reading.mentions, after)
    message, topic = reader.models.message, reader.models.topic
    return Explanation(
        text=reading.text,
        after=after,
        intents=_weighed(reading.intents, message, "intent", features),
        asked=_weighed(reading.asks, message, "ask", features),
        topics=_weighed(reading.topics, topic, "about", features),
        covered=_rounded(reading.covered),
        figures=tuple(
            FigureRead(
                words=figure.quantity.text,
                kind=figure.quantity.kind,
                value=plain(figure.quantity.value),
                unit=figure.quantity.unit,
                role=figure.role,
                probability=_rounded(figure.probability),
            )
            for figure in reading.figures
        ),
    )


def _weighed(
    probabilities: Mapping[str, float], model: LinearModel, head: str, features: Features
) -> tuple[Weighed, ...]:
    """The likeliest labels, at least one; the first with its reasons."""
    ordered = sorted(probabilities.items(), key=lambda pair: -pair[1])[:_MOST]
    kept = [pair for number, pair in enumerate(ordered) if number == 0 or pair[1] >= _LEAST]
    reasons = tuple(
        Reason(name, _rounded(weight))
        for name, weight in (model.reasons(features, head, kept[0][0], _REASONS) if kept else ())
        if weight > 0
    )
    return tuple(Weighed(label, _rounded(p), () if number else reasons) for number, (label, p) in enumerate(kept))


def _rounded(number: float) -> float:
    return round(float(number), 4)

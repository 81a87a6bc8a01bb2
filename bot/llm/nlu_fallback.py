"""The language model as NLU fallback: its instructions, its form, and a reading made of what it fills in."""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Protocol, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from bot.dialog.llm_fallback import EntityMention, LlmReading
from bot.nlu.labels import ASKS, MATTERS
from bot.nlu.reading import BENEFIT, SUBJECT
from knowledge.library import Dossier, load_library
from knowledge.wording import load_wording

_SAY = load_wording(Path(__file__).with_name("nlu_fallback.yaml")).say
_NAMES_SHOWN = 2
_GAP = "\u2026"

Text = Annotated[str, StringConstraints(max_length=200)]
T = TypeVar("T", bound=BaseModel)


class Item(BaseModel):
    """One thing that the message is about: its id in the list, and the words of the message that say so."""

    model_config = ConfigDict(extra="ignore")

    id: Text
    words: Text


class Form(BaseModel):
    """What a model fills in about a message. Empty where nothing of the list is meant."""

    model_config = ConfigDict(extra="ignore")

    topics: list[Item] = Field(default_factory=list, max_length=20)
    attributes: list[Item] = Field(default_factory=list, max_length=20)
    matters: list[Item] = Field(default_factory=list, max_length=20)
    numbers: list[Text] = Field(default_factory=list, max_length=20)


class Chooser(Protocol):
    """A model that fills in forms."""

    def choose(self, schema: type[T], system: str, user: str) -> T:
        """The form filled in; raises where there is none."""
        ...


class LanguageReader:
    """Reads messages with a language model, which is shown the topics of the main policy by id and name."""

    def __init__(self, model: Chooser, policies: Path) -> None:
        """Ask this model about the main policy of a folder of policies."""
        self._model, self._policies = model, policies

    def read(self, message: str) -> LlmReading | None:
        """What the model takes the message to be about; None if it found nothing.

        Raises:
            ModelFailed: the model gave no form that can be used.
        """
        form = self._model.choose(Form, self.system, message)
        reading = LlmReading(_named(form.topics), _named(form.attributes), _named(form.matters), tuple(form.numbers))
        return reading if reading != LlmReading() else None

    @cached_property
    def system(self) -> str:
        """What the model is told before each message; the same each time, so that an endpoint can keep it."""
        return instructions(load_library(self._policies).main)


def instructions(dossier: Dossier) -> str:
    """What the model is told: the rules, and all ids with a few names each."""
    topics = [_line(f"{BENEFIT}:{benefit.id}", (benefit.title,)) for benefit in dossier.benefits.values()]
    topics += [_line(f"{SUBJECT}:{name}", subject.names) for name, subject in dossier.lexicon.subjects.items()]
    attributes = [_line(name, (_SAY(f"ask_{name}"),)) for name in ASKS if name not in MATTERS]
    matters = [_line(name, (_SAY(f"ask_{name}"),)) for name in MATTERS]
    return _SAY("system", topics="\n".join(topics), attributes="\n".join(attributes), matters="\n".join(matters))


def _line(name: str, names: Iterable[str]) -> str:
    """An id and what it stands for, in the first of its names that are neither English nor patterns."""
    plain = [each for each in names if _GAP not in each and not each.isascii()]
    return _SAY("line", id=name, names=_SAY("between").join(plain[:_NAMES_SHOWN]))


def _named(items: Iterable[Item]) -> tuple[EntityMention, ...]:
    return tuple(EntityMention(item.id, item.words) for item in items)

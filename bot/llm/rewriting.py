"""Rewriting: the lead of a draft answer in the words of a model, if they pass every check; else unchanged."""

import json
import logging
import re
import threading
from collections import Counter
from typing import Protocol

from bot.llm.errors import ModelFailed
from bot.llm.grounding import HAN
from bot.llm.output_checks import MOST_CHARACTERS, violations
from bot.llm.prompts import load_prompts
from bot.nlg.block import Block
from bot.nlg.draft_answer import DraftAnswer

_log = logging.getLogger(__name__)
_GAP = re.compile(rf"(?<=[{HAN}]) +(?=[{HAN}0-9])|(?<=[0-9]) +(?=[{HAN}])")


class Speaker(Protocol):
    """Whatever says a text: the language model."""

    def say(self, system: str, user: str) -> str:
        """What it answers.

        Raises:
            ModelFailed: nothing came, or nothing that may be used.
        """
        ...


class LlmRewriter:
    """Words the leads of answers. `events` counts what became of them, by name; safe for threads.

    `phrased`: a lead went out in the model's words; `same`: the model left it as it was. `failed_…` and `objection_…`
    say why the desk's own went out.
    """

    def __init__(self, model: Speaker) -> None:
        """Ask `model` for words."""
        self.events: Counter[str] = Counter()
        self._model = model
        self._lock = threading.Lock()

    def rewrite(self, finished: DraftAnswer) -> tuple[Block, ...]:
        """The answer with a lead that passed every check, or unchanged."""
        system = load_prompts().prompt(finished.kind)
        if not finished.lead or system is None:
            return finished.blocks
        try:
            text = tidied(self._model.say(system, data_of(finished)))
        except ModelFailed as failure:
            return self._unchanged(finished, f"failed_{failure.reason}")
        if text == finished.lead:
            self._count("same")
            return finished.blocks
        if wrong := violations(text, finished):
            return self._unchanged(finished, *(f"objection_{name}" for name in wrong))
        self._count("phrased")
        return finished.led_by(text)

    def _unchanged(self, finished: DraftAnswer, *names: str) -> tuple[Block, ...]:
        self._count(*names)
        _log.warning("the desk's own wording went out: %s", ", ".join(names))
        return finished.blocks

    def _count(self, *names: str) -> None:
        with self._lock:
            self.events.update(names)


def data_of(finished: DraftAnswer) -> str:
    """What the model is given to read: one JSON object, so that no words in it can pass for the end of the data."""
    data: dict[str, object] = {"question": finished.message, "lead": finished.lead}
    if finished.kind == "calculated":
        data |= {"given": finished.given, "titles": finished.titles}
    else:
        data["clauses"] = [quoted.quote for quoted in finished.citations]
    return json.dumps(data, ensure_ascii=False)


def tidied(text: str) -> str:
    """A text without blanks around it and between Chinese and figures; one far too long is left for the checks."""
    if len(text) > 2 * MOST_CHARACTERS:
        return text
    return _GAP.sub("", text.strip(" \n"))

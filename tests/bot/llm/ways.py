"""The desk three ways (no model, understanding, both), and models to put behind it, all far from an oracle."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any

import yaml

from bot.app import App
from bot.dialog.llm_fallback import EntityMention, LlmReader, LlmReading, subject_clauses
from bot.dialog.manager import Manager
from bot.evaluation.scoring import Score, score_file
from bot.llm.model import LanguageModel
from bot.llm.nlu_fallback import LanguageReader
from bot.llm.rewriting import LlmRewriter
from bot.nlg.turn import Conversation, Turn
from bot.nlu.reading import BENEFIT, SUBJECT
from bot.service.desk import Desk
from bot.service.rewriter import rewriting
from bot.service.sessions import Responder
from retrieval.retriever import Evidence
from tests.bot.llm.scripted import Reply, answering, scripted

DAY = date(2026, 11, 23)
WAYS = ("no model", "understanding", "both")
FREE = Path(__file__).with_name("free.yaml")
_DAY_TOKENS = 1_000_000_000


@dataclass(frozen=True)
class Worded:
    """A desk whose turns are worded before they are judged."""

    desk: Desk
    word: Callable[[Turn], Turn]

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        return self.word(self.desk.respond(conversation, message, as_of=as_of))


def desk(app: App, llm: LlmReader | None) -> Desk:
    """A desk with the parts of an app and a language model."""
    own = app.desk
    return Desk(Manager(app.library.main, app.calculator, own.retriever, own.reader, (), llm))


def by_way(way: str, app: App, model: LanguageModel) -> Responder:
    """The desk as it answers one of the three ways."""
    if way == "no model":
        return app.desk
    reading = desk(app, LanguageReader(model, app.settings.policies))
    return Worded(reading, rewriting(LlmRewriter(model))) if way == "both" else reading


def scored(path: Path, responder: Responder, app: App) -> Score:
    """How a desk does on a file of questions."""
    return score_file(path, responder, app.library.main, DAY)


def sample(path: Path, step: int, folder: Path) -> Path:
    """A file with every so-manieth conversation of another; it stands in a folder of the same name."""
    rows = yaml.safe_load(path.read_text(encoding="utf-8"))
    named = [(str(row.get("session", row.get("id", place))), row) for place, row in enumerate(rows)]
    kept = set(list(dict.fromkeys(session for session, _ in named))[::step])
    chosen = [row for session, row in named if session in kept]
    target = folder / path.parent.name / path.name
    target.parent.mkdir(exist_ok=True)
    target.write_text(yaml.safe_dump(chosen, allow_unicode=True), encoding="utf-8")
    return target


# -- models


@contextmanager
def mediocre(data: Path) -> Iterator[LanguageModel]:
    """A language model that is honest and not bright, behind a real endpoint."""
    with scripted(guessed) as endpoint:
        yield endpoint.model(data=data, day_tokens=_DAY_TOKENS)


def guessed(body: dict[str, Any]) -> Reply:
    """What the model says: a topic whose listed names look most like the message, or the start of the first clause."""
    system, user = (message["content"] for message in body["messages"])
    if "response_format" in body:
        return answering(topic_like(system, user))
    data = json.loads(user)
    return Reply(data["clauses"][0].split("，")[0] + "。" if data.get("clauses") else "好的，" + data["lead"])


def topic_like(told: str, message: str) -> dict[str, list[dict[str, str]]]:
    """The form with the one topic whose names share most pairs of characters with the message, in proportion."""
    listed = dict(line.split("：", 1) for line in told.splitlines() if line.startswith((f"{BENEFIT}:", f"{SUBJECT}:")))
    own = _pairs(message)
    best = max(listed, key=lambda topic: len(own & _pairs(listed[topic])) / len(_pairs(listed[topic])) ** 0.5)
    if not own & _pairs(listed[best]):
        return {"topics": []}
    match = SequenceMatcher(None, message, listed[best], autojunk=False).find_longest_match()
    return {"topics": [{"id": best, "words": message[match.a : match.a + match.size]}]}


def _pairs(text: str) -> set[str]:
    return {text[at : at + 2] for at in range(len(text) - 1)}


@dataclass
class Liar:
    """A reader that has seen what the search finds, and says of each message that it is about the best of that."""

    app: App
    asked: int = 0

    def read(self, message: str) -> LlmReading | None:
        self.asked += 1
        dossier = self.app.library.main
        topics = {f"{SUBJECT}:{name}": subject_clauses(name, dossier) for name in dossier.lexicon.subjects}
        for benefit in dossier.benefits.values():
            topics[f"{BENEFIT}:{benefit.id}"] = tuple(map(dossier.clause_id, benefit.clauses))
        found = self.app.desk.retriever.search(message)
        for hit in found.hits if isinstance(found, Evidence) else ():
            for topic, places in topics.items():
                if hit.clause_id in places:
                    return LlmReading(topics=(EntityMention(topic, message),))
        return None


class Broken:
    """A reader that raises whatever it is asked."""

    def read(self, message: str) -> LlmReading | None:
        raise RuntimeError(message)

"""Composition root: settings -> library -> calculator, retriever -> manager. Nothing else builds these objects."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from bot.dialog.manager import Manager
from bot.dialog.spelling import Speller
from bot.dialog.vocabulary import load_vocabulary
from bot.logs import log_to_stderr
from bot.sessions import Sessions
from bot.settings import Settings, quieten
from calculators.registry import Calculator, bind
from knowledge.library import Dossier, Library, load_library
from retrieval.dense import DenseIndex
from retrieval.embedding import make_embedder
from retrieval.retriever import Retriever

Progress = Callable[[int, int], None]

_MOST_SESSIONS, _TURNS_KEPT = 1000, 20  # about 5 kB a turn; a conversation that is dropped comes back from the inbox
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class App:
    """The parts of a running desk."""

    settings: Settings
    library: Library
    calculator: Calculator
    manager: Manager
    open_index: Callable[[], DenseIndex]


def build_app(settings: Settings, *, progress: Progress | None = None) -> App:
    """A desk for the main policy; the index is opened (or built, reporting to `progress`) when first needed.

    Raises:
        PolicyBotError: a policy folder, a rule or a setting is wrong.
    """
    quieten()
    library = load_library(settings.policies, starts=settings.issued)
    dossier = library.main
    calculator = bind(dossier)
    vocabulary = load_vocabulary()
    open_index = partial(_open_index, settings, dossier, progress)
    retriever = Retriever(dossier.policy.sentences, open_index)
    manager = Manager(dossier, calculator, retriever, vocabulary, Speller(dossier, vocabulary).correct)
    return App(settings, library, calculator, manager, open_index)


def open_sessions(settings: Settings) -> Sessions:
    """A desk that is ready for every question, with the conversations of those whom it serves.

    Raises:
        PolicyBotError: a policy folder, a rule, a setting or the index is wrong.
    """
    log_to_stderr()
    app = build_app(settings, progress=_tell_building)
    app.open_index()
    return Sessions(app.manager, most=_MOST_SESSIONS, turns_kept=_TURNS_KEPT)


def _tell_building(done: int, total: int) -> None:
    if done in (0, total):
        _log.info("building the index of the clauses: %d of %d", done, total)


def _open_index(settings: Settings, dossier: Dossier, progress: Progress | None) -> DenseIndex:
    embedder = make_embedder(settings.embedding, threads=settings.threads, offline=settings.offline)
    clauses = dossier.policy.sentences
    if settings.chroma_url:
        return DenseIndex.connect(settings.chroma_url, clauses, embedder, progress=progress)
    return DenseIndex.open(settings.cache / "index" / dossier.policy.id, clauses, embedder, progress=progress)

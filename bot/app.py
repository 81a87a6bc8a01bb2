"""Composition root: settings -> library -> calculator, retriever -> manager. Nothing else builds these objects."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, partial

from bot.dialog.llm_fallback import LlmReader
from bot.dialog.manager import Manager
from bot.nlu.models import Tell, open_models
from bot.nlu.reading import Reader
from bot.service.answer import AnswerWorker
from bot.service.curated_checks import mistakes
from bot.service.desk import Desk
from bot.service.explanation import explain_said
from bot.service.log_setup import log_to_stderr
from bot.service.rewriter import Rewriter
from bot.service.sessions import WORKER_SESSIONS, WORKER_TURNS, Sessions
from bot.service.version import AnswerVersion, answer_version_of
from bot.settings import Settings, quieten
from calculators.registry import Calculator, bind
from knowledge.curated import load_curated
from knowledge.library import Dossier, Library, load_library
from retrieval.dense import DenseIndex
from retrieval.embedding import make_embedder
from retrieval.retriever import Retriever

_log = logging.getLogger(__name__)

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class App:
    """The parts of a running desk."""

    settings: Settings
    library: Library
    calculator: Calculator
    desk: Desk
    open_index: Callable[[], DenseIndex]

    @cached_property
    def version(self) -> AnswerVersion:
        """What the answers of this desk depend on beside the questions."""
        return answer_version_of(self.library.main, self.settings.curated_file)


def build_app(
    settings: Settings, *, progress: Progress | None = None, llm: LlmReader | None = None, tell: Tell | None = None
) -> App:
    """A desk for the main policy; the index is opened (or built, reporting to `progress`) when first needed.

    `llm` is asked where the learnt reading finds nothing; without one it decides alone.

    Raises:
        PolicyBotError: a policy folder, a rule, a setting or the file of answers by staff is wrong.
    """
    quieten()
    library = load_library(settings.policies, starts=settings.issued)
    dossier = library.main
    calculator = bind(dossier)
    open_index = partial(_open_index, settings, dossier, progress)
    retriever = Retriever(dossier.policy.sentences, open_index)
    answers = load_curated(settings.curated_file, library)
    reader = open_nlu_reader(dossier, settings, tell=tell)
    manager = Manager(dossier, calculator, retriever, reader, answers, llm)
    for mistake in mistakes(answers, library, reader):
        raise mistake
    return App(settings, library, calculator, Desk(manager), open_index)


def open_nlu_reader(dossier: Dossier, settings: Settings, *, tell: Tell | None = None) -> Reader:
    """The learnt reading of messages; its models are trained anew where the examples have changed (a minute or two).

    Raises:
        PolicyFolderError: an example is wrong.
    """
    embedder = make_embedder(settings.embedding, threads=settings.threads, offline=settings.offline)
    return Reader(dossier, open_models(dossier, embedder, settings.cache, tell=tell), embedder)


def open_llm_reader(settings: Settings) -> LlmReader | None:
    """The language model as a reader, where one is configured for that; else None, and nothing of it is loaded."""
    if not settings.model_allowed or "understanding" not in settings.llm.uses:
        return None
    from bot.llm.model import open_model  # noqa: PLC0415 (what is behind it is heavy; most desks have no model)
    from bot.llm.nlu_fallback import LanguageReader  # noqa: PLC0415
    from bot.records.masking import Masking  # noqa: PLC0415

    model = open_model(settings, Masking.for_policies(settings.policies))
    return LanguageReader(model, settings.policies) if model else None


def _open_index(settings: Settings, dossier: Dossier, progress: Progress | None) -> DenseIndex:
    embedder = make_embedder(settings.embedding, threads=settings.threads, offline=settings.offline)
    clauses = dossier.policy.sentences
    if settings.chroma_url:
        return DenseIndex.connect(settings.chroma_url, clauses, embedder, progress=progress)
    return DenseIndex.open(settings.cache / "index" / dossier.policy.id, clauses, embedder, progress=progress)


def open_worker(settings: Settings) -> AnswerWorker:
    """A desk that is ready for every question; made in the process that answers.

    Raises:
        PolicyBotError: a policy folder, a rule, a setting or the index is wrong.
    """
    log_to_stderr()
    app = build_app(settings, progress=_tell_building, llm=open_llm_reader(settings), tell=_TellTraining())
    app.open_index()
    sessions = Sessions(app.desk, most=WORKER_SESSIONS, turns_kept=WORKER_TURNS)
    tells_more = settings.model_allowed and "phrasing" in settings.llm.uses
    return AnswerWorker(sessions, app.library.main.benefits, app.version, tells_more, partial(explain_said, app.desk))


def _tell_building(done: int, total: int) -> None:
    if done == total:
        _log.info("the index of %d clauses is built", total)


class _TellTraining:
    """Logs one line where the models have to be trained."""

    def __init__(self) -> None:
        self._told = False

    def __call__(self, stage: str, _done: int, _total: int) -> None:
        if not self._told:
            _log.info("no models for these examples are there: %s", "waiting" if stage == "waiting" else "training")
        self._told = True


def open_rewriter(settings: Settings) -> Rewriter | None:
    """The language model as a rewriter, where one is configured for that; else None, and nothing of it is loaded."""
    if not settings.model_allowed or "phrasing" not in settings.llm.uses:
        return None
    from bot.llm.model import open_model  # noqa: PLC0415 (what is behind it is heavy; most desks have no model)
    from bot.llm.rewriting import LlmRewriter  # noqa: PLC0415
    from bot.records.masking import Masking  # noqa: PLC0415

    model = open_model(settings, Masking.for_policies(settings.policies))
    return LlmRewriter(model) if model else None

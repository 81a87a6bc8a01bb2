"""The web application: API and staff console together."""

from collections.abc import Callable
from datetime import datetime

from fastapi import FastAPI

from bot.records.journal import Journal
from bot.service.answer import AnswerBackend
from bot.service.version import answer_version_of
from bot.settings import Settings
from bot.web.access import Access
from bot.web.application import Ready, always_ready, make_application
from bot.web.console import calculator, pages, profile
from bot.web.console.templates import mount_static
from bot.web.cookies import load_key
from bot.web.dependencies import WebContext
from bot.web.middleware import Limits
from bot.web.tokens import Tokens
from calculators.registry import bind
from knowledge.library import load_library
from retrieval.lexical import LexicalIndex

Clock = Callable[[], datetime]


def open_web_desk(settings: Settings, answering: AnswerBackend, journal: Journal, clock: Clock) -> WebContext:
    """The desk of the web: the main policy, with whoever answers questions elsewhere.

    Raises:
        PolicyBotError: a policy folder, a rule or a setting is wrong.
    """
    dossier = load_library(settings.policies, starts=settings.issued).main
    return WebContext(
        settings=settings,
        dossier=dossier,
        calculator=bind(dossier),
        search=LexicalIndex([clause.text for clause in dossier.policy.sentences]),
        answering=answering,
        journal=journal,
        edition=answer_version_of(dossier, settings.curated_file),
        clock=clock,
    )


def open_access(settings: Settings, clock: Clock) -> Access:
    """Who may come in, by the tokens of the settings.

    Raises:
        TokensError: the file of tokens or the key of sessions cannot be read or made.
    """
    return Access(Tokens(settings.token_file), load_key(settings.data), clock)


def whole_application(
    desk: WebContext, access: Access, *, ready: Ready = always_ready, limits: Limits | None = None
) -> FastAPI:
    """The API with all pages of the console. `ready` tells what keeps the desk from taking messages now."""
    routers = (calculator.router, profile.router, pages.router)
    app = make_application(desk, access, routers=routers, ready=ready, limits=limits)
    mount_static(app)
    return app

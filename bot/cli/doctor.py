"""`luce doctor`: what is configured, what is missing and how to get it. It prints no value of a secret."""

import asyncio
import os
import socket
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from urllib.parse import urlsplit

import click

from bot.app import App, build_app
from bot.channels.channel import DeliveryError
from bot.cli.context import today
from bot.cli.index import where
from bot.cli.wording import phrase
from bot.records.masking import COVERS_ALL
from bot.settings import ChannelSettings, LlmSettings, Settings, TelegramSettings, WecomAppSettings
from bot.web.tokens import Tokens, TokensError
from knowledge.errors import PolicyBotError

GOOD, BAD, ABSENT = "✓", "✗", "·"
_SOON = timedelta(days=30)
_WHY = {
    "offline": "doctor_model_offline",
    "budget": "doctor_model_budget",
    "open": "doctor_model_open",
    "timeout": "doctor_model_timeout",
    "too_large": "doctor_model_too_large",
    "status": "doctor_model_unreachable",
    "malformed": "doctor_model_malformed",
    "refused": "doctor_model_refused",
}
_HERE = ("127.0.0.1", "::1", "localhost")
Finding = tuple[str, str]  # one of the marks, and a sentence


def examine(*, connect: bool) -> int:
    """Print the findings; 0 where nothing is wrong with what is configured, else 1."""
    settings = Settings.from_env()
    findings = [*_desk(settings), *_place(settings), *_tokens(settings)]
    for finding in findings:
        _show(*finding)
    findings += _report_model(settings, connect=connect)
    for channel in settings.channels:
        click.echo(f"\n{phrase('doctor_channel', title=_title(channel), state=_state(channel))}")
        of_channel = [*_variables(channel), *_address(channel), *(_acquaintance(channel) if connect else ())]
        for finding in of_channel:
            _show(*finding, indent=2)
        findings += of_channel
    served = [channel for channel in settings.channels if channel.complete]
    click.echo("\n" + (phrase("doctor_ready") if served else phrase("doctor_no_channel")))
    return 1 if any(mark == BAD for mark, _ in findings) else 0


def _show(mark: str, sentence: str, *, indent: int = 0) -> None:
    click.echo(f"{' ' * indent}{mark} {sentence}")


def _title(channel: ChannelSettings) -> str:
    return phrase(f"doctor_title_{channel.prefix.lower()}")


def _state(channel: ChannelSettings) -> str:
    if channel.complete:
        return phrase("doctor_complete")
    return phrase("doctor_begun" if channel.begun else "doctor_absent", count=len(channel.missing()))


def _desk(settings: Settings) -> Iterator[Finding]:
    """The policies and the index."""
    try:
        app = build_app(settings)
    except PolicyBotError as error:
        yield BAD, phrase("doctor_policies_wrong", problem=error)
        return
    policy = app.library.main.policy
    yield GOOD, phrase("doctor_policies", title=app.library.main.facts.title, clauses=len(policy.sentences))
    if app.library.main.period.start is None:
        yield ABSENT, phrase("doctor_no_issue", policy=policy.id)
    yield GOOD, phrase("doctor_index", place=where(settings, policy.id))
    yield from _answers(app)


def _answers(app: App) -> Iterator[Finding]:
    """The answers of staff: how many are given today, which no more, and which soon no more."""
    day, place = today(), app.settings.curated_file
    answers = app.desk.curated.answers
    if not answers:
        yield ABSENT, phrase("doctor_no_answers", place=place)
        return
    given = app.desk.curated.valid(day)
    yield GOOD if given else ABSENT, phrase("doctor_answers", count=len(given), place=place)
    for answer in answers:
        about = {"line": answer.line, "question": answer.question, "until": answer.valid_until}
        if answer not in given:
            yield ABSENT, phrase("doctor_answer_expired", **about)
        elif not answer.holds_on(day + _SOON):
            yield ABSENT, phrase("doctor_answer_expires", **about)


def _place(settings: Settings) -> Iterator[Finding]:
    """The folder of the records, and the address."""
    try:
        settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
        writable = os.access(settings.data, os.W_OK | os.X_OK)
    except OSError:
        writable = False
    if writable:
        yield GOOD, phrase("doctor_data", place=settings.data)
    else:
        yield BAD, phrase("doctor_data_wrong", place=settings.data)
    address = f"{settings.host}:{settings.port}"
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        with closing(socket.create_server((settings.host, settings.port), family=family)):
            yield GOOD, phrase("doctor_listens", address=address)
    except OSError:
        yield ABSENT, phrase("doctor_taken", address=address)


def _tokens(settings: Settings) -> Iterator[Finding]:
    """Who may use the web desk and the API."""
    try:
        tokens = Tokens(settings.token_file).all()
    except TokensError as error:
        yield BAD, phrase("doctor_tokens_wrong", problem=error)
    else:
        yield (GOOD, phrase("doctor_tokens", count=len(tokens))) if tokens else (ABSENT, phrase("doctor_no_token"))


def _report_model(settings: Settings, *, connect: bool) -> list[Finding]:
    """Print what is found of the language model, and return it."""
    begun = settings.llm != LlmSettings()
    state = "doctor_model_ready" if settings.model_allowed else "doctor_model_off" if begun else "doctor_model_absent"
    click.echo(f"\n{phrase(state)}")
    findings = list(_model(settings, connect=connect))
    for finding in findings:
        _show(*finding, indent=2)
    return findings


def _model(settings: Settings, *, connect: bool) -> Iterator[Finding]:
    """Whether a language model is configured, and whether it may be asked."""
    llm, begun = settings.llm, settings.llm != LlmSettings()
    for variable in llm.missing():
        how = phrase(f"doctor_get_{variable.lower()}")
        yield BAD if begun else ABSENT, phrase("doctor_missing", variable=variable, how=how)
    if not begun:
        return
    if not llm.missing():
        place, uses = urlsplit(llm.url).netloc, ", ".join(llm.uses)
        yield GOOD, phrase("doctor_model_is", model=llm.model, place=place, uses=uses)
        yield from _key(settings)
    if settings.offline:
        yield ABSENT, phrase("doctor_model_offline")
    if settings.model_allowed:
        limits = {"seconds": f"{llm.seconds:g}", "turn": llm.turn_tokens, "day": llm.day_tokens}
        yield GOOD, phrase("doctor_model_limits", **limits)
        if connect:
            yield _acquaintance_of_model(settings)


def _key(settings: Settings) -> Iterator[Finding]:
    """Whether there is a key, and whether others on the way could read it."""
    address = urlsplit(settings.llm.url)
    if not settings.llm.key.get_secret_value():
        yield ABSENT, phrase("doctor_model_no_key")
    else:
        yield GOOD, phrase("doctor_set", variable="LUCE_LLM_KEY")
    if address.scheme == "http" and address.hostname not in _HERE:
        yield ABSENT, phrase("doctor_model_open_way")


def _acquaintance_of_model(settings: Settings) -> Finding:
    """Whether the model says one word."""
    from bot.llm.model import ModelFailed, open_model  # noqa: PLC0415 (only if asked)

    model = open_model(settings, COVERS_ALL)
    try:
        if model:
            model.say(phrase("doctor_model_system"), phrase("doctor_model_asked"))
    except ModelFailed as failure:
        why = phrase("doctor_model_status", status=failure.status) if failure.status else phrase(_WHY[failure.reason])
        return BAD, phrase("doctor_model_failed", problem=why)
    return GOOD, phrase("doctor_model_answers")


def _variables(channel: ChannelSettings) -> Iterator[Finding]:
    missing, malformed = channel.missing(), channel.malformed()
    for name in channel.required:
        variable = channel.variable(name)
        how = phrase(f"doctor_get_{variable.lower()}")
        if variable in missing:
            yield BAD if channel.begun else ABSENT, phrase("doctor_missing", variable=variable, how=how)
        elif variable in malformed:
            yield BAD, phrase("doctor_malformed", variable=variable, how=how)
        else:
            yield GOOD, phrase("doctor_set", variable=variable)
    for variable in malformed:
        if variable not in map(channel.variable, channel.required):
            yield BAD, phrase("doctor_malformed_option", variable=variable)


def _address(channel: ChannelSettings) -> Iterator[Finding]:
    """How the platform and the desk find each other."""
    if channel.begun:
        by_webhook = isinstance(channel, TelegramSettings) and bool(channel.webhook)
        yield ABSENT, phrase(f"doctor_way_{channel.prefix.lower()}{'webhook' if by_webhook else ''}")
    if isinstance(channel, WecomAppSettings) and channel.complete:
        yield ABSENT, phrase("doctor_service_on" if channel.service else "doctor_service_off")


def _acquaintance(channel: ChannelSettings) -> Iterator[Finding]:
    """Whether the platform knows us."""
    if not channel.complete or channel.malformed():
        return
    try:
        name = asyncio.run(_identify(channel))
    except DeliveryError as error:
        yield BAD, phrase("doctor_unknown", problem=error)
    else:
        yield (GOOD, phrase("doctor_known", name=name)) if name else (ABSENT, phrase("doctor_not_asked"))


async def _identify(channel: ChannelSettings) -> str | None:
    """The name that the platform has for us; None where asking would disturb a desk that serves."""
    if isinstance(channel, TelegramSettings):
        from bot.channels.telegram.adapter import identify as identify_telegram  # noqa: PLC0415 (only if asked)

        return await identify_telegram(channel)
    if isinstance(channel, WecomAppSettings):
        from bot.channels.wecom.app import identify as identify_wecom  # noqa: PLC0415

        return await identify_wecom(channel)
    return None

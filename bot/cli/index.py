"""`luce index`: the index of the clauses, built or opened now."""

import time

import click

from bot.cli.context import open_desk
from bot.settings import Settings


def open_index() -> None:
    """Print where the index is and how long it took to have it.

    Raises:
        PolicyBotError: it can neither be opened nor built.
    """
    with open_desk() as app:
        start = time.perf_counter()
        app.open_index()
        seconds = time.perf_counter() - start
        policy = app.library.main.policy
        place = where(app.settings, policy.id)
        click.echo(f"ok: {len(policy.sentences)} clauses of {policy.id} in {place}, ready in {seconds:.1f} s")


def where(settings: Settings, policy_id: str) -> str:
    """The folder or the server that holds the index of a policy."""
    return settings.chroma_url or str(settings.cache / "index" / policy_id)

"""`luce train`: the models that read messages, trained anew from the examples."""

import time
from pathlib import Path

import click

from bot.cli.context import training_news
from bot.cli.error_handling import keep_log, writable
from bot.cli.wording import phrase
from bot.nlu.examples import load_all
from bot.nlu.models import model_name, train_models
from bot.nlu.store import remove_others, size_of, taking_turns
from bot.settings import Settings, quieten
from knowledge.library import load_library
from retrieval.embedding import make_embedder


def train(into: Path | None) -> None:
    """Train the models of the main policy, and print how many examples, seconds and bytes it took.

    They go to the cache, or into a folder, which then holds no older ones of this policy.

    Raises:
        PolicyBotError: a policy folder, an example or a setting is wrong.
        ClickException: the folder cannot be written.
    """
    began = time.perf_counter()
    quieten()
    settings = Settings.from_env()
    keep_log(settings.cache)
    dossier = load_library(settings.policies, starts=settings.issued).main
    embedder = make_embedder(settings.embedding, threads=settings.threads, offline=settings.offline)
    shelf = settings.cache / "nlu"
    place = into or shelf
    if writable(place, "training.lock") is None:
        raise click.ClickException(phrase("training_place", folder=place))
    folder = place / model_name(dossier, embedder)
    count = len(load_all(dossier))
    with training_news() as tell, taking_turns(shelf, lambda: tell("waiting", 0, 1)):
        train_models(dossier, embedder, folder, vectors=shelf, tell=tell)
    if not folder.is_dir():
        raise click.ClickException(phrase("training_place", folder=place))
    if into:
        remove_others(folder, dossier.policy.id)
    seconds = time.perf_counter() - began
    click.echo(f"ok: {count} examples of {dossier.policy.id} in {seconds:.1f} s, {size_of(folder)} bytes in {folder}")

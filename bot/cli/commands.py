"""The commands of `luce` with their options. The work is in the modules beside, imported when a command runs."""

import sys
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any, Literal

import click

from bot.cli.error_handling import ErrorBoundary

# ruff: noqa: PLC0415 (a command imports what it needs and no other; `luce --help` needs none of it)

Command = Callable[..., None]


def _as_date(_ctx: click.Context, _option: click.Parameter, value: datetime | None) -> date | None:
    return value.date() if value else None


def as_of_option(command: Command) -> Command:
    """Give a command the option `--as-of`, a date or None for today."""
    form: Any = click.DateTime(formats=["%Y-%m-%d"])
    return click.option(
        "--as-of", type=form, callback=_as_date, metavar="YYYY-MM-DD", help="Answer as on that day.  [default: today]"
    )(command)


def _show_version(ctx: click.Context, _option: click.Parameter, wanted: bool) -> None:
    if not wanted or ctx.resilient_parsing:
        return
    from importlib.metadata import PackageNotFoundError, version

    try:
        click.echo(f"luce {version('luce')}")
    except PackageNotFoundError:
        click.echo("luce, run from its source without being installed")
    ctx.exit()


@click.group(cls=ErrorBoundary, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_show_version, help="Show it.")
def luce() -> None:
    """A policy desk that answers in Chinese, quotes the clause it speaks from and computes amounts exactly."""


@luce.command()
@as_of_option
def chat(as_of: date | None) -> None:
    """Talk to the desk; /help lists what else can be typed."""
    from bot.cli.chat import chat

    chat(as_of)


@luce.command()
@click.argument("text", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print the reply as a JSON object.")
@click.option("--jsonl", is_flag=True, help="Read a request a line (JSON) from standard input, write a reply a line.")
@click.option("--explain", "explains", is_flag=True, help="Also show how the question was read, and why so.")
@as_of_option
def ask(text: tuple[str, ...], as_json: bool, jsonl: bool, explains: bool, as_of: date | None) -> None:
    """Answer one question, given as TEXT or on standard input; or many, as JSON lines."""
    from bot.cli.ask import answer_lines, answer_one

    if jsonl and explains:
        raise click.UsageError("--explain is for one question; --jsonl answers many.")
    if jsonl and (text or as_json):
        raise click.UsageError("--jsonl takes its questions from standard input alone.")
    if not jsonl and not text and sys.stdin.isatty():
        raise click.UsageError("What is the question? Write it behind `luce ask`, or talk with `luce chat`.")
    if jsonl:
        answer_lines(as_of)
    else:
        answer_one(" ".join(text) if text else None, as_of, as_json=as_json, explains=explains)


@luce.command()
@click.argument("text", nargs=-1, required=True)
@as_of_option
def enquire(text: tuple[str, ...], as_of: date | None) -> None:
    """Answer a long enquiry: a language model may chain the desk's tools; show them, and where figures are from."""
    from bot.cli.enquire import answer_enquiry

    answer_enquiry(" ".join(text), as_of)


@luce.command()
@click.argument("benefit", required=False)
@click.option("--input", "-i", "inputs", multiple=True, metavar="SLOT=VALUE", help="One thing known of the case.")
@click.option("--json", "as_json", is_flag=True, help="Print the calculation as a JSON object.")
def calc(benefit: str | None, inputs: tuple[str, ...], as_json: bool) -> None:
    """Compute one BENEFIT with its steps and clauses; without BENEFIT, list all with their slots."""
    from bot.cli.calc import compute, show_benefits

    if benefit is None and inputs:
        raise click.UsageError("--input needs a BENEFIT before it.")
    if benefit is None:
        show_benefits(as_json=as_json)
    else:
        compute(benefit, inputs, as_json=as_json)


@luce.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
def measures(number: int | None) -> None:
    """List the measures, or show measure NUMBER with its clauses and their ids."""
    from bot.cli.measures import show

    show(number)


@luce.command()
@click.argument("folders", metavar="[FOLDER]...", nargs=-1, type=click.Path(path_type=Path))
@click.option(
    "--against",
    type=click.Path(exists=True, path_type=Path),
    metavar="FOLDER",
    help="Also look for examples that are nearly a question of the YAML files in FOLDER.",
)
def check(folders: tuple[Path, ...], against: Path | None) -> None:
    """Look for mistakes in policy folders and their examples, by default those that the desk uses."""
    from bot.cli.check import check

    raise SystemExit(check(folders, against))


@luce.command()
@click.option(
    "--into",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="FOLDER",
    help="Where the models go; older ones of the policy are removed there.  [default: the cache]",
)
def train(into: Path | None) -> None:
    """Train the models that read messages from the examples; other commands do so by themselves where need be."""
    from bot.settings import quieten

    quieten()  # before numpy is loaded, which reads it
    from bot.cli.train import train

    train(into)


@luce.command("eval")
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--show", is_flag=True, help="Print each reply that is wrong, and why.")
@click.option("--floor", type=click.FloatRange(0, 100), metavar="PERCENT", help="Exit with 1 if fewer are right.")
@as_of_option
def evaluate(folder: Path, show: bool, floor: float | None, as_of: date | None) -> None:
    """Put the questions of the YAML files in FOLDER to the desk and score the replies."""
    from bot.cli.eval import evaluate

    raise SystemExit(evaluate(folder, as_of, show=show, floor=floor))


@luce.command()
@as_of_option
def demo(as_of: date | None) -> None:
    """Show five questions with their answers."""
    from bot.cli.demo import demo

    demo(as_of)


@luce.command()
def index() -> None:
    """Build or open the index of the clauses, and say where it is."""
    from bot.cli.index import open_index

    open_index()


@luce.command("serve")
def serve_command() -> None:
    """Serve the web desk, the API and the channels that the settings enable, until told to stop."""
    from bot.cli.serve import serve_channels

    serve_channels()


@luce.command()
@click.option("--http", is_flag=True, help="Serve over HTTP those who have a token, not the program that started us.")
@click.option("--host", metavar="ADDRESS", help="Where to listen.  [default: LUCE_HOST]")
@click.option("--port", type=click.IntRange(0, 65_535), metavar="PORT", help="Where to listen.  [default: 8090]")
@click.option("--name", "names", multiple=True, metavar="HOST", help="A name by which clients call, if not localhost.")
def mcp(http: bool, host: str | None, port: int | None, names: tuple[str, ...]) -> None:
    """Offer the desk's tools and the measures to other programs (MCP), over standard input and output or HTTP."""
    from bot.cli.mcp import PORT, serve_client, serve_network

    if not http and (host or port is not None or names):
        raise click.UsageError("--host, --port and --name need --http.")
    if http:
        serve_network(host, PORT if port is None else port, names)
    else:
        serve_client()


@luce.command()
@click.option("--connect", is_flag=True, help="Also ask the platforms whether they know us.")
def doctor(connect: bool) -> None:
    """Say per channel what is configured, what is missing and how to get it."""
    from bot.cli.doctor import examine

    raise SystemExit(examine(connect=connect))


@luce.group()
def token() -> None:
    """Make, list or remove the tokens of the API and of the desk."""


@token.command("add")
@click.argument("name")
@click.option("--role", type=click.Choice(("reader", "staff", "admin")), required=True, help="What it allows.")
def token_add(name: str, role: str) -> None:
    """Make a token for NAME, and show it once."""
    from bot.cli.token import add

    add(name, role)


@token.command("list")
def token_list() -> None:
    """List who has a token, with role and date."""
    from bot.cli.token import show

    show()


@token.command("remove")
@click.argument("name")
def token_remove(name: str) -> None:
    """Take the token of NAME away."""
    from bot.cli.token import remove

    remove(name)


@luce.command()
@click.argument("record", type=click.IntRange(min=1))
@click.option("--json", "as_json", is_flag=True, help="Print both replies and what differs as a JSON object.")
def replay(record: int, as_json: bool) -> None:
    """Compute the answer of RECORD again; exit with 0 if it is the same to the letter, with 1 if it changed."""
    from bot.cli.replay import replay_record

    raise SystemExit(replay_record(record, as_json=as_json))


@luce.group()
def records() -> None:
    """The account of answers: what was asked, what was answered, and what was thought of it."""


def _day(name: str, text: str) -> Callable[[Command], Command]:
    form: Any = click.DateTime(formats=["%Y-%m-%d"])
    return click.option(name, type=form, callback=_as_date, metavar="YYYY-MM-DD", help=text)


@records.command("list")
@_day("--day", "Those of that day.")
@click.option("--most", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
def records_list(day: date | None, most: int) -> None:
    """List the latest records, newest first."""
    from bot.cli.records import show

    show(day, most)


@records.command("export")
@click.option("--format", "form", type=click.Choice(("csv", "jsonl", "xlsx")), required=True, help="Of the file.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True, help="The file to be written.")
@_day("--since", "The first day.")
@_day("--until", "The last day.")
@click.option("--force", is_flag=True, help="Replace the file if there is one.")
def records_export(
    form: Literal["csv", "jsonl", "xlsx"], out: Path, since: date | None, until: date | None, force: bool
) -> None:
    """Write records into a file."""
    from bot.cli.records import export

    export(form, out, since, until, force=force)


@luce.group()
def faq() -> None:
    """Print what the desk knows, see what it does not, and what a change of the policy changes."""


def _words(_ctx: click.Context, _option: click.Parameter, value: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(word.strip() for word in value.replace("\uff0c", ",").split(",") if word.strip()))


def _forms(ctx: click.Context, option: click.Parameter, value: str) -> tuple[str, ...]:
    forms = _words(ctx, option, value)
    if unknown := [form for form in forms if form not in _FAQ_FORMS]:
        raise click.BadParameter(f"{', '.join(unknown)} is none of {', '.join(_FAQ_FORMS)}")
    return forms or _FAQ_FORMS


_FAQ_FORMS = ("md", "html", "json", "docx", "xlsx", "jsonld")


@faq.command("build")
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True, help="Folder for the files.")
@click.option(
    "--format", "forms", default=",".join(_FAQ_FORMS), callback=_forms, show_default=True, help="Which files."
)
@click.option("--audience", "audiences", default="", callback=_words, help="Only what concerns these, comma between.")
@click.option("--max", "most", type=click.IntRange(min=1), help="At most so many entries.  [default: all]")
@click.option("--force", is_flag=True, help="Replace files that are there.")
@as_of_option
def faq_build(
    out: Path, forms: tuple[str, ...], audiences: tuple[str, ...], most: int | None, force: bool, as_of: date | None
) -> None:
    """Write the FAQ, each answer given by the desk itself with its clause."""
    from bot.cli.faq import write_faq

    write_faq(out, forms, audiences, most, as_of, force=force)


@faq.command("gaps")
@_day("--since", "The first day.")
@_day("--until", "The last day.")
@click.option("--least", type=click.IntRange(min=1), default=1, show_default=True, help="People who must have asked.")
@click.option("--json", "as_json", is_flag=True, help="Print them as a JSON object.")
@click.option("--draft", is_flag=True, help="Print entries for the file of staff answers (YAML), to be filled in.")
def faq_gaps(since: date | None, until: date | None, least: int, as_json: bool, draft: bool) -> None:
    """Show what people asked and the document leaves open, by question, from the records."""
    from bot.cli.faq_gaps import show_gaps

    if as_json and draft:
        raise click.UsageError("--json and --draft exclude each other.")
    show_gaps(since, until, least, as_json=as_json, draft=draft)


@faq.command("diff")
@click.argument("old", type=click.Path(path_type=Path))
@click.argument("new", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the differences as a JSON object.")
@as_of_option
def faq_diff(old: Path, new: Path, as_json: bool, as_of: date | None) -> None:
    """Show how the FAQ changes from OLD to NEW; exit with 0 if it does not, with 1 if it does.

    Each is an FAQ (faq.json or its folder) or a folder of policies, whose FAQ is then built.
    """
    from bot.cli.faq_diff import show_differences

    raise SystemExit(show_differences(old, new, as_of, as_json=as_json))

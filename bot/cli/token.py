"""`luce token`: who may call the API and use the desk. A token is shown once, when it is made."""

import sys

import click

from bot.cli.context import now
from bot.cli.errors import NoSuchName
from bot.settings import Settings
from bot.web.roles import Role
from bot.web.tokens import Tokens


def add(name: str, role: str) -> None:
    """Make a token and print it alone on standard output.

    Raises:
        TokensError: the name is taken or no name, or the file cannot be written.
    """
    secret = _tokens().add(name, Role[role.upper()], now())
    click.echo(f"the token of {name} ({role}); it is shown this once:", err=True)
    sys.stderr.flush()
    click.echo(secret)


def show() -> None:
    """Print the names, roles and ages of all tokens.

    Raises:
        TokensError: the file cannot be read.
    """
    tokens = _tokens().all()
    widest = max((len(token.name) for token in tokens), default=0)
    for token in tokens:
        click.echo(f"{token.name:<{widest}}  {token.role.name.lower():<6}  {token.added:%Y-%m-%d %H:%M}")
    if not tokens:
        click.echo("there is no token; `luce token add NAME --role staff` makes one", err=True)


def remove(name: str) -> None:
    """Take a token away; whoever signed in with it is out at once.

    Raises:
        NoSuchName: there is none of that name.
        TokensError: the file cannot be read or written.
    """
    if not _tokens().remove(name):
        raise NoSuchName(f"there is no token {name[:64]!r}; run `luce token list`")
    click.echo(f"removed {name}")


def _tokens() -> Tokens:
    return Tokens(Settings.from_env().token_file)

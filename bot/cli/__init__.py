"""The command line."""


def main() -> None:
    """Run `luce`."""
    from bot.settings import quieten  # noqa: PLC0415 (whoever imports a part of this package needs no click)

    quieten()  # before any library is loaded that reads it
    from bot.cli.commands import luce  # noqa: PLC0415

    luce(prog_name="luce")

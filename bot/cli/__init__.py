"""The command line."""


def main() -> None:
    """Run `luce`."""
    from bot.cli.commands import luce  # noqa: PLC0415 (whoever imports a part of this package needs no click)

    luce(prog_name="luce")

"""`python -m bot.cli` is `luce`."""

from bot.cli import main

main()

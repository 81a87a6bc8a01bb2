"""`python -m bot.cli` is `luce`."""

from bot.cli import main

if __name__ == "__main__":  # the processes that answer import the main module again
    main()

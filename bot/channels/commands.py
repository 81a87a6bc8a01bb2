"""Slash commands: each stands for words that the desk understands."""

from bot.nlg.wording import say

COMMANDS = ("start", "help", "measures", "calc", "contact", "faq", "reset")


def spoken(words: str) -> str:
    """What a person says by typing this: the words of a command, or just the words."""
    if not words.startswith("/"):
        return words
    command, _, argument = words[1:].partition(" ")
    name, argument = command.partition("@")[0].lower(), argument.strip()
    match name:
        case "measures":
            if argument.isdecimal():
                return say("command_measure", number=argument)
            return argument or say("command_measures")
        case "calc":
            return say("command_calc_of", benefit=argument) if argument else say("command_calc")
        case "contact":
            return say("command_contact")
        case "faq":
            return say("command_faq")
        case _:
            return words


def descriptions() -> dict[str, str]:
    """The commands, and what a menu says of each."""
    return {command: say(f"menu_{command}") for command in COMMANDS}

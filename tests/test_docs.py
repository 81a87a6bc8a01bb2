"""The README is true: its transcript is played, and it names every command and setting."""

import re
from dataclasses import fields
from datetime import date
from pathlib import Path

import click
import pytest

from bot.app import build_app
from bot.cli.commands import luce
from bot.nlg.turn import Conversation
from bot.settings import ChannelSettings, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
TRANSCRIPT = re.compile(r"^```transcript\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = "你> "


def exchanges() -> list[tuple[str, str]]:
    """What is asked in the transcript, and what is answered."""
    block = TRANSCRIPT.search(README)
    assert block, "README.md has no transcript"
    asked_and_answered = [part.partition("\n") for part in block[1].split(ASKED) if part.strip()]
    return [(question, answer.strip()) for question, _, answer in asked_and_answered]


def test_the_transcript_is_what_the_desk_says(tmp_path: Path) -> None:
    desk = build_app(Settings(cache=tmp_path)).desk
    conversation = Conversation()
    played = exchanges()
    assert len(played) > 2

    for question, answer in played:
        turn = desk.respond(conversation, question, as_of=date(2026, 1, 1))
        conversation = conversation.then(turn)
        assert turn.text == answer


def test_every_command_is_in_the_readme() -> None:
    assert isinstance(luce, click.Group)
    assert len(luce.commands) > 5

    for name in luce.commands:
        assert f"`luce {name}" in README


CHANNELS = Settings().channels
GROUPS = {field.name for field in fields(Settings) if isinstance(getattr(Settings(), field.name), ChannelSettings)}
VARIABLES = [f"LUCE_{field.name.upper()}" for field in fields(Settings) if field.name not in {*GROUPS, "llm"}]
VARIABLES += [f"LUCE_LLM_{field.name.upper()}" for field in fields(Settings().llm)]
VARIABLES += [channel.variable(field.name) for channel in CHANNELS for field in fields(channel)]


def test_the_settings_of_all_channels_were_found() -> None:
    assert len(GROUPS) == len(CHANNELS) > 3


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_in_the_readme(variable: str) -> None:
    assert re.search(rf"`{variable}[`=]", README)


def test_the_two_commands_stand_at_the_top() -> None:
    top = README[:1200]

    assert "make chat" in top
    assert "make test" in top


def test_changelog_names_the_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)

    assert version
    assert version[1] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

"""README and docs are true: transcripts are played, every command and setting is named, every link leads somewhere."""

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
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\(((?!http)[^)#\s]*[./][^)#\s]*)")
PATH = re.compile(r"`((?:bot|calculators|knowledge|retrieval|tests|docs|benchmarks)/[^`<>*,;{ ]*)`")
LONGEST_README = 194
TRANSCRIPT = re.compile(r"^```transcript\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = "你> "


def exchanges(page: Path) -> list[tuple[str, str]]:
    """What is asked in the transcript of a page, and what is answered."""
    block = TRANSCRIPT.search(page.read_text(encoding="utf-8"))
    assert block, f"{page.name} has no transcript"
    asked_and_answered = [part.partition("\n") for part in block[1].split(ASKED) if part.strip()]
    return [(question, answer.strip()) for question, _, answer in asked_and_answered]


@pytest.mark.parametrize("page", sorted(ROOT.glob("README*.md")), ids=lambda page: page.name)
def test_the_transcript_is_what_the_desk_says(tmp_path: Path, page: Path) -> None:
    desk = build_app(Settings(cache=tmp_path)).desk
    conversation = Conversation()
    played = exchanges(page)
    assert len(played) > 2

    for question, answer in played:
        turn = desk.respond(conversation, question, as_of=date(2026, 1, 1))
        conversation = conversation.then(turn)
        assert turn.text == answer


def test_every_command_is_in_the_docs() -> None:
    assert isinstance(luce, click.Group)
    assert len(luce.commands) > 5

    for name in luce.commands:
        assert f"`luce {name}" in OPERATORS


CHANNELS = Settings().channels
GROUPS = {field.name for field in fields(Settings) if isinstance(getattr(Settings(), field.name), ChannelSettings)}
VARIABLES = [f"LUCE_{field.name.upper()}" for field in fields(Settings) if field.name not in {*GROUPS, "llm"}]
VARIABLES += [f"LUCE_LLM_{field.name.upper()}" for field in fields(Settings().llm)]
VARIABLES += [channel.variable(field.name) for channel in CHANNELS for field in fields(channel)]


def test_the_settings_of_all_channels_were_found() -> None:
    assert len(GROUPS) == len(CHANNELS) > 3


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_in_the_docs(variable: str) -> None:
    assert re.search(rf"`{variable}[`=]", OPERATORS)


@pytest.mark.parametrize("page", sorted(ROOT.glob("README*.md")), ids=lambda page: page.name)
def test_the_two_commands_stand_at_the_top(page: Path) -> None:
    top = page.read_text(encoding="utf-8")[:1200]

    assert "make chat" in top
    assert "make test" in top


def test_changelog_names_the_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)

    assert version
    assert version[1] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES])
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
    assert [path for path in PATH.findall(text) if not (ROOT / path).exists()] == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST_README

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
from bot.service.desk import Desk
from bot.settings import ChannelSettings, Settings

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
OPERATORS = (ROOT / "docs" / "operators.md").read_text(encoding="utf-8")
PAGES = [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]
LINK = re.compile(r"\]\(((?!http)[^)#\s]*[./][^)#\s]*)")
PATH = re.compile(r"`((?:bot|calculators|knowledge|retrieval|tests|docs|benchmarks)/[^`,;{ ]*)`")
PLACEHOLDER = re.compile(r"<[^>]*>")
LONGEST_README = 190
FEWEST_EXCHANGES = 3
TRANSCRIPT = re.compile(r"^```transcript\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = "你> "


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def transcripts(page: Path) -> list[str]:
    return TRANSCRIPT.findall(page.read_text(encoding="utf-8"))


READMES = sorted(ROOT.glob("README*.md"))
TRANSCRIPTS = [pytest.param(block, id=name_of(page)) for page in PAGES for block in transcripts(page)]


def exchanges(transcript: str) -> list[tuple[str, str]]:
    """What is asked in a transcript, and what is answered."""
    asked_and_answered = [part.partition("\n") for part in transcript.split(ASKED) if part.strip()]
    return [(question, answer.strip()) for question, _, answer in asked_and_answered]


def is_there(path: str) -> bool:
    """Whether a path of a page leads somewhere; a placeholder such as `<id>` stands for any name, as `*` does."""
    return any(ROOT.glob(PLACEHOLDER.sub("*", path)))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return build_app(Settings(cache=tmp_path_factory.mktemp("cache"))).desk


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_a_readme_has_one_transcript(page: Path) -> None:
    (transcript,) = transcripts(page)

    assert len(exchanges(transcript)) >= FEWEST_EXCHANGES


@pytest.mark.parametrize("transcript", TRANSCRIPTS)
def test_a_transcript_is_what_the_desk_says(desk: Desk, transcript: str) -> None:
    conversation = Conversation()
    played = exchanges(transcript)
    assert played

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


@pytest.mark.parametrize("page", READMES, ids=name_of)
def test_the_two_commands_stand_at_the_top(page: Path) -> None:
    top = page.read_text(encoding="utf-8")[:1200]

    assert "make chat" in top
    assert "make test" in top


def test_changelog_names_the_version() -> None:
    version = re.search(r'^version = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), re.MULTILINE)

    assert version
    assert version[1] in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_and_paths_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")

    assert [link for link in LINK.findall(text) if not (page.parent / link).exists()] == []
    assert [path for path in PATH.findall(text) if not is_there(path)] == []


def test_the_readme_is_short() -> None:
    assert len(README.splitlines()) <= LONGEST_README

"""The Chinese pages are true: transcripts are played, commands and settings are named, links lead somewhere."""

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
PAGES = [ROOT / "README.zh-CN.md", ROOT / "docs" / "zh" / "operators.md", ROOT / "docs" / "zh" / "staff.md"]
TEXTS = {page.relative_to(ROOT).as_posix(): page.read_text(encoding="utf-8") for page in PAGES}
ALL = "\n".join(TEXTS.values())
LONGEST_README = 150

CODE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
SCHEME = re.compile(r"[a-z]+:|#")
TRANSCRIPT = re.compile(r"^```transcript\n(.*?)^```", re.MULTILINE | re.DOTALL)
ASKED = "你> "
BLOCKS = [(name, block) for name, text in TEXTS.items() for block in TRANSCRIPT.findall(text)]


def exchanges(block: str) -> list[tuple[str, str]]:
    """What is asked in a transcript, and what is answered."""
    asked_and_answered = [part.partition("\n") for part in block.split(ASKED) if part.strip()]
    return [(question, answer.strip()) for question, _, answer in asked_and_answered]


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    return build_app(Settings(cache=tmp_path_factory.mktemp("cache"))).desk


@pytest.mark.parametrize("block", [block for _, block in BLOCKS], ids=[name for name, _ in BLOCKS])
def test_a_transcript_is_what_the_desk_says(desk: Desk, block: str) -> None:
    conversation = Conversation()
    played = exchanges(block)
    assert played

    for question, answer in played:
        turn = desk.respond(conversation, question, as_of=date(2026, 1, 1))
        conversation = conversation.then(turn)
        assert turn.text == answer


def test_the_readme_shows_three_to_five_exchanges() -> None:
    shown = [len(exchanges(block)) for name, block in BLOCKS if name == "README.zh-CN.md"]

    assert len(shown) == 1
    assert 3 <= shown[0] <= 5


def test_every_command_is_named() -> None:
    assert isinstance(luce, click.Group)
    assert len(luce.commands) > 5

    assert [name for name in luce.commands if not re.search(rf"`luce {name}[ `]", ALL)] == []


CHANNELS = Settings().channels
GROUPS = {field.name for field in fields(Settings) if isinstance(getattr(Settings(), field.name), ChannelSettings)}
VARIABLES = [f"LUCE_{field.name.upper()}" for field in fields(Settings) if field.name not in {*GROUPS, "llm"}]
VARIABLES += [f"LUCE_LLM_{field.name.upper()}" for field in fields(Settings().llm)]
VARIABLES += [channel.variable(field.name) for channel in CHANNELS for field in fields(channel)]


def test_the_settings_of_all_channels_were_found() -> None:
    assert len(GROUPS) == len(CHANNELS) > 3


@pytest.mark.parametrize("variable", VARIABLES)
def test_every_setting_is_named(variable: str) -> None:
    assert re.search(rf"`{variable}[`=]", ALL)


def test_no_page_names_a_setting_that_is_none() -> None:
    assert set(re.findall(r"LUCE_[A-Z_]*[A-Z]", ALL)) - set(VARIABLES) == set()


@pytest.mark.parametrize("page", PAGES, ids=TEXTS)
def test_links_lead_somewhere(page: Path) -> None:
    prose = CODE.sub("", page.read_text(encoding="utf-8"))
    links = [link for link in LINK.findall(prose) if not SCHEME.match(link)]
    assert links

    assert [link for link in links if not (page.parent / link.partition("#")[0]).is_file()] == []


def test_the_readme_begins_with_the_two_commands_and_is_short() -> None:
    lines = TEXTS["README.zh-CN.md"].splitlines()

    assert any("make chat" in line for line in lines[:10])
    assert any("make test" in line for line in lines[:10])
    assert len(lines) <= LONGEST_README

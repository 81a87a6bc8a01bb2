"""Replaying: what was answered is answered again, to the letter, or what changed is told."""

import asyncio
import json
import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from click.testing import CliRunner, Result

from bot.app import App
from bot.cli.commands import luce as commands
from bot.nlg.turn import Conversation, Turn
from bot.records.journal import SqliteJournal
from bot.records.masking import COVERS_ALL, Masking
from bot.records.record_reader import open_reader
from bot.records.replay import Change, ReplayRunner, differences, replay
from bot.records.schema import open_records
from bot.service.answer import AnswerRequest, AnswerWorker, Entry
from bot.service.sessions import WORKER_TURNS, Responder, Sessions, UserMessage
from bot.service.version import AnswerVersion, answer_version_of
from knowledge.library import BUNDLED, Dossier
from tests.bot.channels.rig import Scripted
from tests.bot.records.entries import CHINA, NOON, Clock, reply

DAY = date(2026, 1, 1)
SUM = "我们公司今年研发费用1200万，去年900万，能补多少？"
DIALOG = [SUM, "那如果今年是1500万呢", "我是13800138000，申报截止到几号？", "第7条"]
Run = Callable[..., Result]


class Asking:
    """A desk that answers and keeps: its memory may be lost, as at a restart."""

    def __init__(self, folder: Path, responder: Responder, dossier: Dossier | None = None) -> None:
        self.clock = Clock()
        self._responder = responder
        self._benefits = dossier.benefits if dossier else {}
        self._edition = answer_version_of(dossier) if dossier else AnswerVersion()
        self._database = open_records(folder)
        self._masking = Masking.for_policies(BUNDLED)
        self.journal = SqliteJournal(self._database, self.clock, self._masking)
        self.restart()

    def restart(self) -> None:
        sessions = Sessions(self._responder, turns_kept=WORKER_TURNS)
        self._answerer = AnswerWorker(sessions, self._benefits, self._edition)

    def say(self, message: str, **light: int) -> int:
        return asyncio.run(self._say(message, light))

    async def _say(self, message: str, light: dict[str, int]) -> int:
        session = self.journal.name("web", "li")
        said = UserMessage(self._masking.mask(message), DAY, **light)
        answer = self._answerer.answer(AnswerRequest(session, said))
        if answer is None:
            answer = self._answerer.answer(AnswerRequest(session, said, past=await self.journal.past(session)))
        assert answer
        self.clock.now += timedelta(minutes=1)
        source = f"{self.clock.now:%d%H%M%S}"
        turn = (answer.reply, answer.edition, answer.seconds)
        return await self.journal.keep(Entry("web", source, session, self.clock.now, said, *turn))

    def close(self) -> None:
        self._database.close()


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, app: App) -> Path:
    """The records of a dialog with the real desk."""
    folder = tmp_path_factory.mktemp("kept")
    asking = Asking(folder, app.desk, app.library.main)
    for message in DIALOG:
        asking.say(message)
    asking.close()
    return folder


@pytest.fixture
def run(luce_environ: dict[str, str], kept: Path) -> Run:
    def invoke(*args: str, **environ: str) -> Result:
        return CliRunner(env=luce_environ | {"LUCE_DATA": str(kept)} | environ).invoke(commands, args)

    return invoke


def test_each_answer_of_a_dialog_is_the_same_to_the_letter(run: Run) -> None:
    for record in range(1, len(DIALOG) + 1):
        done = run("replay", str(record))

        assert (done.exit_code, done.stderr) == (0, "")
        assert "完全一致" in done.stdout
        assert "13800138000" not in done.stdout


def test_json_tells_both_replies_and_editions(run: Run) -> None:
    found = json.loads(run("replay", "2", "--json").stdout)

    assert (found["record"], found["same"], found["differences"]) == (2, True, None)
    assert found["then"] == found["now"]
    assert found["then"]["total"] == {"amount": 1200000, "bound": "at_most"}
    assert found["edition"]["then"] == found["edition"]["now"]


def test_a_policy_that_changed_changes_the_answer_and_that_is_told(run: Run, tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(BUNDLED, policies)
    (folder,) = (path for path in policies.iterdir() if path.is_dir())
    raise_grant(folder / "text.txt", "每满200万元给予10万元", "每满200万元给予20万元")
    raise_grant(folder / "benefits.yaml", "amount_per_unit: 10万元", "amount_per_unit: 20万元")
    changed = run("replay", "1", LUCE_POLICIES=str(policies))
    as_json = json.loads(run("replay", "1", "--json", LUCE_POLICIES=str(policies)).stdout)

    assert changed.exit_code == 1, changed.output
    for words in ("不同", "版本：当时", "研发费用补助：600000 exact → 1200000 exact", "给予20万元", "-", "+"):
        assert words in changed.stdout
    assert not as_json["same"]
    assert as_json["edition"]["then"]["policy_hash"] != as_json["edition"]["now"]["policy_hash"]
    assert as_json["then"]["total"] != as_json["now"]["total"]


def raise_grant(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text
    file.write_text(text.replace(old, new), "utf-8")


def test_another_policy_that_answers_equally_is_the_same(run: Run, tmp_path: Path) -> None:
    policies = tmp_path / "policies"
    shutil.copytree(BUNDLED, policies)
    (folder,) = (path for path in policies.iterdir() if path.is_dir())
    with (folder / "benefits.yaml").open("a", encoding="utf-8") as file:
        file.write("\n# a remark\n")

    done = run("replay", "1", LUCE_POLICIES=str(policies))

    assert done.exit_code == 0
    assert "版本：当时" in done.stdout
    assert "完全一致" in done.stdout


def test_a_record_that_does_not_exist_is_told(run: Run) -> None:
    done = run("replay", "99")

    assert (done.exit_code, done.stdout) == (2, "")
    assert "no record 99" in done.stderr


def test_records_that_do_not_exist_are_told(run: Run, tmp_path: Path) -> None:
    for command in (("replay", "1"), ("records", "list"), ("records", "export", "--format", "csv", "--out", "x.csv")):
        done = run(*command, LUCE_DATA=str(tmp_path / "none"))
        assert (done.exit_code, done.stdout) == (2, "")
        assert "LUCE_DATA" in done.stderr


def test_the_list_shows_the_latest_first(run: Run) -> None:
    lines = run("records", "list", "--most", "2").stdout.splitlines()

    assert [line.split()[0] for line in lines] == ["4", "3"]
    assert "●●●●●●●●●●●" in lines[1]
    assert "没有符合条件" in run("records", "list", "--day", "2020-01-01").stderr


@pytest.mark.parametrize("form", ["csv", "jsonl", "xlsx"])
def test_an_export_is_written_once_and_not_over_another_file(run: Run, tmp_path: Path, form: str) -> None:
    out = tmp_path / f"out.{form}"
    first = run("records", "export", "--format", form, "--out", str(out), "--since", f"{NOON:%Y-%m-%d}")
    again = run("records", "export", "--format", form, "--out", str(out))
    forced = run("records", "export", "--format", form, "--out", str(out), "--force", "--until", "2020-01-01")

    assert (first.exit_code, again.exit_code, forced.exit_code) == (0, 2, 0)
    assert "已导出 4 条" in first.stderr
    assert "--force" in again.stderr
    assert "已导出 0 条" in forced.stderr


def test_a_sheet_has_the_header_of_the_office(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out.xlsx"
    run("records", "export", "--format", "xlsx", "--out", str(out))

    rows = list(openpyxl.load_workbook(out).worksheets[0].iter_rows(values_only=True))

    assert rows[0][:3] == ("编号", "时间", "渠道")
    assert [row[6] for row in rows[1:]] == [*DIALOG[:2], f"我是{'●' * 11}，申报截止到几号？", DIALOG[3]]


# -- how a conversation is rebuilt


class Recalling(Scripted):
    """Answers with all that was said and is remembered."""

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        turn = super().respond(conversation, message, as_of=as_of)
        block = replace(turn.blocks[0], text="|".join(turn.state.said))
        return replace(turn, blocks=(block,))


@pytest.fixture
def asking(tmp_path: Path) -> Asking:
    return Asking(tmp_path, Recalling())


def replayed(folder: Path, *records: int) -> list[tuple[bool, bool]]:
    desk = ReplayRunner(Recalling(), {}, AnswerVersion(), COVERS_ALL)
    with open_reader(folder, CHINA) as reader:
        found = [reader.find(record) for record in records]
        outcomes = [replay(record, reader, desk) for record in found if record]
    return [(outcome.same, outcome.lacks_past) for outcome in outcomes]


def test_a_conversation_is_rebuilt_whether_the_desk_remembered_it_or_was_restarted(
    asking: Asking, tmp_path: Path
) -> None:
    records = [asking.say("one"), asking.say("two")]
    asking.clock.now += timedelta(days=3)
    records.append(asking.say("three"))  # the desk remembers
    asking.restart()
    records.append(asking.say("four"))  # it recalls the last day alone
    for number in range(25):
        records.append(asking.say(f"more {number}"))
    asking.restart()
    records.append(asking.say("last"))
    asking.close()

    assert replayed(tmp_path, *records) == [(True, False)] * len(records)


def test_buttons_and_edits_are_heard_in_the_light_in_which_they_were_said(asking: Asking, tmp_path: Path) -> None:
    records = [asking.say(word, number=number) for number, word in enumerate(("one", "two", "three"), start=10)]
    records.append(asking.say("pressed under one", number=13, after=10))
    records.append(asking.say("edited two", number=14, instead_of=11))
    asking.close()

    assert replayed(tmp_path, *records) == [(True, False)] * len(records)


def test_a_conversation_whose_beginning_was_dropped_is_told_so(asking: Asking, tmp_path: Path) -> None:
    first, second = asking.say("one"), asking.say("two")
    asking.close()
    with sqlite3.connect(tmp_path / "luce.db") as connection:
        connection.execute("DELETE FROM records WHERE id = ?", (first,))
    connection.close()

    assert replayed(tmp_path, second) == [(False, True)]


def test_differences_name_what_a_person_looks_for() -> None:
    then = reply("60万元\n第二行")
    calculations = (then.calculations[0].model_copy(update={"amount": None, "eligible": False, "reason": "no"}),)
    cited = (then.citations[0].model_copy(update={"clause": "p/7.1"}),)
    changes = {"outcome": "needs_input", "text": "70万元\n第二行", "total": None, "missing": ("上年",)}
    now = then.model_copy(update={**changes, "calculations": calculations, "citations": cited})

    found = differences(then, now)

    assert found.outcome == Change("outcome", "answered", "needs_input")
    assert found.amounts == (
        Change("补助", "600000 at_most", "not eligible"),
        Change("total", "600000 at_most", None),
    )
    assert [(change.what, change.then is None, change.now is None) for change in found.citations] == [
        ("p/s5.1", False, True),
        ("p/7.1", True, False),
    ]
    assert [line for line in found.text if line[0] in "+-"] == ["-60万元", "+70万元", "-“" + then.text.split("“")[1]]
    assert {"calculations.0.eligible", "calculations.0.reason", "missing.0", "missing.length"} <= set(found.details)
    assert differences(then, then) == differences(now, now)

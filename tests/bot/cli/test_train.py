"""`luce train`, what `luce check` says of examples, and `--explain`: on a policy with a few examples."""

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from bot.app import App
from bot.cli import context as desk
from bot.cli.chat import Chat
from bot.cli.context import TrainingNews, training_news
from bot.cli.wording import phrase
from bot.dialog.state import State
from bot.nlu.explanation import explain
from bot.service.explanation import explain_turn, rows_of, text_of_rows

Luce = Callable[..., subprocess.CompletedProcess[bytes]]
SUM = "研发费用今年1200万，去年900万，能补多少"
DAY = date(2026, 11, 23)
WRONG = """\
- ask: [price]
  say: [多少]
- say:
    - 你好啊
    - 今年[研发](now)多少
    - 什么时候截止
- intent: dance
  say: [跳]
"""


@pytest.fixture
def environ(tiny_policies: Path) -> dict[str, str]:
    return {"LUCE_POLICIES": str(tiny_policies), "LANG": "C.UTF-8"}


def test_train_leaves_the_newest_models_alone_in_the_folder(
    luce: Luce, environ: dict[str, str], tmp_path: Path
) -> None:
    older = tmp_path / "weights" / "xiamen-sti-measures-0123456789abcdef"
    older.mkdir(parents=True)

    done = luce("train", "--into", str(tmp_path / "weights"), environ=environ)

    assert done.returncode == 0, done.stderr.decode()
    told = re.fullmatch(
        r"ok: (\d+) examples of xiamen-sti-measures in [\d.]+ s, (\d+) bytes in (.+)\n", done.stdout.decode()
    )
    assert told
    (folder,) = (tmp_path / "weights").iterdir()
    assert (told[1], told[3]) == ("21", str(folder))
    assert sum(path.stat().st_size for path in folder.iterdir()) == int(told[2])
    assert {path.name for path in folder.iterdir()} == {"message.npz", "topic.npz", "role.npz"}


def test_train_into_a_folder_that_cannot_be_written_says_so_at_once(
    luce: Luce, environ: dict[str, str], tmp_path: Path
) -> None:
    (tmp_path / "file").touch()

    done = luce("train", "--into", str(tmp_path / "file" / "weights"), environ=environ)

    assert done.returncode == 1
    assert "不能写入" in done.stderr.decode()


def test_training_over_a_second_is_told_stage_by_stage(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(desk, "PATIENCE", 0.0)
    with training_news() as tell:
        for stage in ("waiting", "vectors", "message", "topic", "message", "role"):
            tell(stage, 1, 12)

    keys = ("waiting", "vectors", "message", "topic", "role")
    assert capsys.readouterr().err.splitlines() == [phrase(f"training_{key}") for key in keys]


def test_quick_training_is_not_told_but_waiting_is(capsys: pytest.CaptureFixture[str]) -> None:
    news = TrainingNews()
    news.tell("vectors", 1, 2)
    assert capsys.readouterr().err == ""
    news.tell("waiting", 0, 1)
    news.close()

    assert capsys.readouterr().err.strip() == phrase("training_waiting")


@pytest.fixture
def broken(tiny_policies: Path, tmp_path: Path) -> Path:
    folder = tmp_path / "policies"
    shutil.copytree(tiny_policies, folder)
    (folder / "xiamen-sti-measures" / "examples" / "more.yaml").write_text(WRONG, "utf-8")
    return folder


def test_check_names_every_wrong_example(luce: Luce, broken: Path) -> None:
    done = luce("check", str(broken))

    told = [line.partition(": examples/")[2] for line in done.stdout.decode().splitlines()]
    assert done.returncode == 1
    assert [line.split(",")[0].split(" is none of")[0] for line in told] == [
        "more.yaml:1: ask 'price' is unknown",
        "more.yaml:5: the brackets [研发](now) hold 0 figures (none); mark exactly one",
        "more.yaml:7: intent 'dance'",
        "tiny.yaml:22: '什么时候截止' stands in more.yaml:6",
    ]


def test_a_wrong_example_stops_training_with_one_line(luce: Luce, broken: Path) -> None:
    done = luce("ask", SUM, environ={"LUCE_POLICIES": str(broken)})

    assert (done.returncode, done.stdout) == (2, b"")
    assert re.search(
        r"more\.yaml:1: ask 'price' is unknown \(and 1 more; `luce check` lists them\)", done.stderr.decode()
    )


def test_check_against_questions_counts_those_that_were_learnt(luce: Luce, tiny_policies: Path, tmp_path: Path) -> None:
    (tmp_path / "q.yaml").write_text(
        "- {q: 联合实验室最高补多少？}\n- {q: 建联合实验室能拿多少}\n- {q: 别的}\n", "utf-8"
    )

    done = luce("check", str(tiny_policies), "--against", str(tmp_path))

    *near, last = done.stdout.decode().splitlines()
    assert done.returncode == 1
    assert [line.rpartition("/")[2] for line in near] == ["q.yaml:2)"]
    assert last == f"1 examples are nearly a question of {tmp_path}"


def test_an_explanation_tells_reading_and_reasons(tiny_app: App) -> None:
    told = explain(tiny_app.desk.reader, SUM)

    assert (told.intents[0].label, told.asked[0].label, told.topics[0].label) == ("compute", "amount", "rd_subsidy")
    assert [(figure.words, figure.value, figure.role) for figure in told.figures] == [
        ("1200万", "12000000", "now"),
        ("900万", "9000000", "before"),
    ]
    for weighed in (told.intents, told.asked, told.topics):
        assert weighed[0].reasons
        assert not any(each.reasons for each in weighed[1:])
        assert list(weighed[0].reasons) == sorted(weighed[0].reasons, key=lambda reason: -reason.weight)
    assert (told.action, told.details) == ("", ())
    assert explain(tiny_app.desk.reader, SUM) == told


@pytest.mark.parametrize("text", ["", "   ", "？？？", "\ud800", "今" * 5000, "1" * 300, "\x00a\u202e$^@#>~"])
def test_whatever_is_said_can_be_explained_in_words(tiny_app: App, text: str) -> None:
    told = explain_turn(tiny_app.desk, State(), text, DAY)

    assert told.action
    assert text_of_rows(rows_of(told, tiny_app.library.main)).startswith("【读法】\n上一步：刚开始\n意图：")


def test_ask_explains_below_the_answer(luce: Luce, environ: dict[str, str]) -> None:
    plain, told = luce("ask", SUM, environ=environ), luce("ask", SUM, "--explain", environ=environ)

    answer, _, reading = told.stdout.decode().partition("\n【读法】\n")
    assert answer == plain.stdout.decode()
    assert re.search(r"^意图：要算金额 \d+%", reading, re.MULTILINE)
    assert re.search(r"^    依据：.*“", reading, re.MULTILINE)
    assert re.search(r"^数字“1200万”：今年 \d+%$", reading, re.MULTILINE)
    assert re.search(r"^决定：计算", reading, re.MULTILINE)


def test_ask_json_holds_the_explanation(luce: Luce, environ: dict[str, str]) -> None:
    plain, told = (
        json.loads(luce("ask", SUM, "--json", *more, environ=environ).stdout) for more in ((), ("--explain",))
    )

    explanation = told.pop("explanation")
    assert told == plain
    assert explanation["action"] == "Calculate"
    assert explanation["details"][0][0] == "benefits"


def test_explain_is_for_one_question(luce: Luce, environ: dict[str, str]) -> None:
    assert luce("ask", "--jsonl", "--explain", environ=environ).returncode == 2


def test_chat_explains_the_last_message_in_its_context(tiny_app: App, capsys: pytest.CaptureFixture[str]) -> None:
    talk = Chat(tiny_app, DAY)
    talk.hear("/explain")
    assert phrase("no_turn_yet") in capsys.readouterr().out

    talk.hear("我们今年研发费用1300万，能补多少")
    talk.hear("去年900万")
    capsys.readouterr()
    talk.hear("/explain")

    told = capsys.readouterr().out
    assert "上一步：问过金额" in told
    assert "数字“900万”：去年" in told

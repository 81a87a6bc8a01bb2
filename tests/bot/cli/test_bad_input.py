"""Whatever comes in: a clear sentence and an exit code, never a traceback, and the next line is still answered."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

from bot.cli import context as desk
from bot.cli.commands import luce as commands
from bot.cli.request_parsing import LONGEST_LINE
from knowledge.library import BUNDLED

ROOT = Path(__file__).parents[3]
GOOD = '{"session": "good", "text": "第7条"}'.encode()
Luce = Callable[..., subprocess.CompletedProcess[bytes]]

BAD_LINES = {
    b"": "空的",
    b"   \t": "空的",
    b"hello": "不是完整的 JSON",
    b'{"text": "x"': "不是完整的 JSON",
    b'{"text": "a\x01b"}': "不是完整的 JSON",
    b'"text"': "不是对象",
    b"[1, 2]": "不是对象",
    b"null": "不是对象",
    b"{}": "缺少字段 text",
    b'{"session": "a"}': "缺少字段 text",
    b'{"text": 1}': "字段 text 应当是文字",
    b'{"text": null}': "字段 text 应当是文字",
    b'{"text": ["x"]}': "字段 text 应当是文字",
    b'{"text": 1e999}': "字段 text 应当是文字",
    b'{"text": "x", "session": 7}': "字段 session 应当是文字",
    b'{"text": "x", "session": "' + b"s" * 501 + b'"}': "字段 session 太长",
    b'{"text": "x", "as_of": "2026-02-30"}': "字段 as_of 应当是真实的日期",
    b'{"text": "x", "as_of": 20260101}': "字段 as_of 应当是真实的日期",
    b'{"text": "x", "as_of": "2026-01-01T00:00:00"}': "字段 as_of 应当是真实的日期",
    b'{"text": NaN}': "无法表示的数字",
    b'{"text": "x", "n": -Infinity}': "无法表示的数字",
    b'{"text": ' + b"9" * 5000 + b"}": "无法表示的数字",
    b"[" * 200_000: "嵌套太深",
    b'{"text":' * 100_000: "嵌套太深",
    b'{"text": "\xff\xfe"}': "不是 UTF-8",
    b"\x00\x01\x02": "不是完整的 JSON",
    b'{"text": "\\ud800"}': "半个字",
    b'{"text": "x", "session": "\\udfff"}': "半个字",
    b'{"text": "' + b"x" * LONGEST_LINE + b'"}': "太长",
}
STRANGE_TEXTS = {
    "empty": "",
    "blank": " \t\n　",
    "very_long": "研发" * 50_000,
    "long_digits": "研发费用" + "9" * 99_000 + "万",
    "control_characters": "第7条\x00\x07\x1b[31m\u202e\u2028",
    "emoji": "🙂👩‍👩‍👧‍👦🇨🇳",
    "overflow": "今年研发费用1e999万，去年900万",
    "negative": "今年研发费用负200万，去年900万",
    "combining": "a" + "\u0301" * 5000,
    "replacement": "\ufffd\ufffe\uffff",
    "markup": "[bold]{text}%s</script>",
}


@pytest.fixture(scope="module")
def replies_to_bad_lines(luce: Luce) -> list[dict[str, object]]:
    feed = b"".join(line + b"\n" + GOOD + b"\n" for line in BAD_LINES)
    done = luce("ask", "--jsonl", stdin=feed)
    assert (done.returncode, done.stderr) == (0, b"")
    return [json.loads(line) for line in done.stdout.splitlines()]


@pytest.mark.parametrize("number", range(len(BAD_LINES)), ids=[repr(line[:40])[2:-1] for line in BAD_LINES])
def test_a_bad_line_gets_a_sentence_and_the_next_its_answer(
    replies_to_bad_lines: list[dict[str, object]], number: int
) -> None:
    assert len(replies_to_bad_lines) == 2 * len(BAD_LINES)
    error, reply = replies_to_bad_lines[2 * number : 2 * number + 2]

    assert set(error) == {"error"}
    assert list(BAD_LINES.values())[number] in str(error["error"])
    assert reply["outcome"] == "answered"
    assert reply["turn"] == number + 1


@pytest.mark.parametrize(("line", "answered"), [(GOOD, 1), (b"\xef\xbb\xbf" + GOOD + b"\r\n", 1), (b"", 0)])
def test_odd_ends_of_input(luce: Luce, line: bytes, answered: int) -> None:
    done = luce("ask", "--jsonl", stdin=line)

    assert [json.loads(reply)["outcome"] for reply in done.stdout.splitlines()] == ["answered"] * answered


@pytest.mark.slow
def test_strange_texts_get_a_reply(luce: Luce) -> None:
    feed = "".join(json.dumps({"session": name, "text": text}) + "\n" for name, text in STRANGE_TEXTS.items())
    done = luce("ask", "--jsonl", stdin=feed.encode())
    replies = [json.loads(line) for line in done.stdout.splitlines()]

    assert (done.returncode, done.stderr) == (0, b"")
    assert [reply["session"] for reply in replies] == list(STRANGE_TEXTS)
    assert all(reply["text"] for reply in replies)
    assert {r["session"] for r in replies if r["total"]} == set()


@pytest.mark.parametrize("text", ["\udcff\udc80", "\ud800", "", "\x1b[2J"])
def test_ask_survives_any_argument(luce_environ: dict[str, str], text: str) -> None:
    result = CliRunner(env=luce_environ).invoke(commands, ["ask", text])

    assert result.exit_code == 0
    assert result.output.strip()
    assert "\x1b" not in result.output


@pytest.mark.parametrize("value", ["1e999", "-200万", "负200万", "NaN", "", "9" * 5000, "\udcff", "🙂", "几千万"])
def test_calc_refuses_a_senseless_amount(luce_environ: dict[str, str], value: str) -> None:
    args = ["calc", "rd_subsidy", "-i", f"rd_expense={value}", "-i", "rd_expense_previous=1"]
    result = CliRunner(env=luce_environ).invoke(commands, args)

    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("luce: rd_expense: ")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"LUCE_THREADS": "many"}, "luce: LUCE_THREADS='many' is not a whole number from 1 to 64\n"),
        ({"LUCE_POLICIES": "/nowhere"}, "holds no policy folder"),
        ({"LUCE_ISSUED": "other=2026-01-01"}, "which is no policy here"),
    ],
)
def test_a_wrong_setting_is_one_line(luce: Luce, environ: dict[str, str], message: str) -> None:
    done = luce("ask", "x", environ=environ)

    assert (done.returncode, done.stdout) == (2, b"")
    assert message in done.stderr.decode()
    assert done.stderr.count(b"\n") == 1


def test_a_policy_folder_with_a_mistake_is_one_line(luce: Luce, tmp_path: Path) -> None:
    folder = tmp_path / "xiamen-sti-measures"
    shutil.copytree(BUNDLED / folder.name, folder)
    path = folder / "benefits.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace('["7.2"]', '["7.29"]', 1), encoding="utf-8")

    for command in (("ask", "x"), ("measures",), ("calc",), ("ask", "--jsonl")):
        done = luce(*command, environ={"LUCE_POLICIES": str(tmp_path)})
        assert (done.returncode, done.stdout) == (2, b"")
        assert done.stderr.startswith(b"luce: xiamen-sti-measures/benefits.yaml:")
        assert done.stderr.count(b"\n") == 1


def test_an_unwritable_cache_does_not_stop_answers(luce: Luce, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = luce("ask", "第7条", environ={"LUCE_CACHE": str(tmp_path / "file" / "cache")})

    assert (done.returncode, done.stderr) == (0, b"")


def test_what_nobody_foresaw_is_one_line_and_in_the_log(
    luce_environ: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_args: object, **_options: object) -> None:
        raise ZeroDivisionError("the\nreason")

    monkeypatch.setattr(desk, "build_app", fail)
    result = CliRunner(env=luce_environ | {"LUCE_CACHE": str(tmp_path)}).invoke(commands, ["ask", "x"])

    assert (result.exit_code, result.stdout) == (70, "")
    assert result.stderr == f"luce: unexpected ZeroDivisionError; the details are in {tmp_path / 'luce.log'}\n"
    assert "Traceback" in (tmp_path / "luce.log").read_text(encoding="utf-8")


def test_nobody_reads_the_output(luce_environ: dict[str, str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as closed:
        done = subprocess.run(
            [sys.executable, "-m", "bot.cli", "measures"],
            stdout=closed,
            stderr=subprocess.PIPE,
            cwd=ROOT,
            env=luce_environ,
            check=False,
        )

    assert (done.returncode, done.stderr) == (141, b"")


def test_an_interrupt_is_quiet(luce_environ: dict[str, str]) -> None:
    # A job in the background is born with SIGINT ignored, and so would be its children.
    program = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler); from bot.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "ask", "--jsonl"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=ROOT,
        env=luce_environ,
    )
    with process:
        assert process.stdin
        assert process.stdout
        assert process.stderr
        process.stdin.write(GOOD + b"\n")
        process.stdin.flush()
        assert process.stdout.readline()
        process.send_signal(signal.SIGINT)
        process.wait(timeout=60)
        errors = process.stderr.read()

    assert (process.returncode, errors) == (130, b"")

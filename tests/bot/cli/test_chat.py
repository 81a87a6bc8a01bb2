"""A conversation on a terminal (a real pseudo-terminal), and through pipes."""

import contextlib
import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

import pytest
from rich.cells import cell_len

from bot.app import App
from bot.cli.chat import Chat
from bot.cli.display import styled_lines
from bot.cli.wrapping import wrap
from bot.dialog.reply import citations_of
from bot.nlg.turn import Conversation

ROOT = Path(__file__).parents[3]
ESCAPES = re.compile(r"\x1b(?:\[[0-9;?]*[A-Za-z]|[=>]|\][^\x07]*\x07)")
SUM = "今年研发费用1200万，去年900万，能补多少？"
WAIT = 60.0
DAY = date(2026, 11, 23)
Luce = Callable[..., subprocess.CompletedProcess[bytes]]


class Terminal:
    """`luce chat` on a pseudo-terminal of 72 columns."""

    def __init__(self, environ: dict[str, str]) -> None:
        self._shown, self._read = b"", 0
        self._main, inner = pty.openpty()
        fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 72, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "bot.cli", "chat"],
            stdin=inner,
            stdout=inner,
            stderr=inner,
            cwd=ROOT,
            env=environ | {"TERM": "xterm", "LANG": "C.UTF-8", "PROMPT_TOOLKIT_NO_CPR": "1"},
            start_new_session=True,
        )
        os.close(inner)

    def type(self, text: str) -> None:
        os.write(self._main, text.encode())

    @property
    def screen(self) -> str:
        """All that was shown so far."""
        return ESCAPES.sub("", self._shown.decode("utf-8", "ignore")).replace("\r", "")

    def read_until(self, words: str) -> str:
        """What was shown after the last words waited for, up to the end of these."""
        end = time.monotonic() + WAIT
        while (place := self.screen.find(words, self._read)) < 0:
            assert time.monotonic() < end, f"{words!r} did not come: {self.screen[-500:]!r}"
            if select.select([self._main], [], [], 0.2)[0]:
                try:
                    self._shown += os.read(self._main, 65536)
                except OSError:  # the other side is gone
                    pytest.fail(f"{words!r} did not come: {self.screen[-500:]!r}")
        start, self._read = self._read, place + len(words)
        return self.screen[start : self._read]

    def say(self, line: str, answer: str) -> str:
        """Wait for the prompt, type a line, and wait for words of the answer."""
        self.read_until("您：")
        self.type(line)
        return self.read_until(answer)

    def close(self) -> int:
        with contextlib.suppress(OSError):
            while select.select([self._main], [], [], 5)[0] and os.read(self._main, 65536):
                pass
        try:
            return self.process.wait(20)
        finally:
            self.process.kill()
            os.close(self._main)


@pytest.fixture
def terminal(luce_environ: dict[str, str]) -> Iterator[Terminal]:
    opened = Terminal(luce_environ)
    yield opened
    if opened.process.poll() is None:
        opened.process.kill()
        opened.process.wait()


def test_a_conversation_on_a_terminal(terminal: Terminal, cache: Path) -> None:
    reply = terminal.say(SUM + "\r", "请以主管处室的答复为准。")
    assert "│ “企业年度自主研发费用高于200万元" in reply
    assert "│ ——《…若干措施》政策解读 四（三）第7条" in reply
    assert max(cell_len(line) for line in reply.split("\n") if line.startswith("│")) <= 72

    assert "6 × 10万元 = 60万元" in terminal.say("/why\r", "第7条\n")
    terminal.say("/reset\r", "都清空了")
    terminal.say("/why\r", "还没有算过金额")
    terminal.say("half a line\x03", "half a line")  # Ctrl-C drops the line and nothing else
    terminal.say("/measures 12\r", "12.4  ")
    terminal.say("\x04", "再见。")

    assert terminal.close() == 0
    assert "Traceback" not in terminal.screen
    assert SUM in (cache / "history").read_text(encoding="utf-8")
    assert (cache / "history").stat().st_mode & 0o077 == 0


def test_a_conversation_through_a_pipe_is_plain_text(luce: Luce) -> None:
    typed = [
        SUM,
        "/why",
        "/measures",
        "/measures 99",
        "/measures x",
        "/contact",
        "/faq",
        "/help",
        "/nothing",
        "",
        "／quit",
        SUM,
    ]
    done = luce("chat", stdin="\n".join(typed).encode())
    shown = done.stdout.decode()

    assert (done.returncode, done.stderr) == (0, b"")
    assert "\x1b" not in shown
    assert shown.count("合计：最高110万元") == 2  # the sum, and its explanation
    for words in (
        "上一次是这样算的",
        "12.加强人才保障服务",
        "没有第 99 条",
        "没有第 x 条",
        "0592-2021807",
        "/contact  ",
        "没有 /nothing",
        "• 研发费用补助怎么算？",
    ):
        assert words in shown


def test_bytes_that_are_no_text_do_not_end_the_conversation(luce: Luce) -> None:
    done = luce("chat", stdin=b"\xff\xfe\x00\n" + "第7条\n".encode())

    assert (done.returncode, done.stderr) == (0, b"")
    assert "最高1000万元补助" in done.stdout.decode()


def test_a_turn_that_fails_does_not_end_the_conversation(
    app: App, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    talk = Chat(app, DAY)
    assert talk.hear("今年研发费用1200万，能补多少")
    with monkeypatch.context() as broken:
        broken.setattr(type(app.desk), "respond", lambda *_, **__: 1 / 0)
        assert talk.hear("去年800万")
    assert "之前的对话没有丢" in capsys.readouterr().out
    assert talk.hear("去年900万")
    assert "合计：最高110万元" in capsys.readouterr().out
    assert not talk.hear("/quit")


def test_quotations_and_their_places_are_told_apart(app: App) -> None:
    turn = app.desk.respond(Conversation(), SUM, as_of=DAY)
    labels = frozenset(citation.label for citation in citations_of(turn.reply))
    styled = list(styled_lines(turn.text, labels))

    assert "\n".join(line for line, _ in styled) == turn.text
    assert [line[0] for line, style in styled if style == "cyan"] == ["“"]
    assert [line for line, style in styled if style == "dim"] == ["——《…若干措施》政策解读 四（三）第7条"]


@pytest.mark.parametrize("width", [20, 33, 60, 72, 100])
def test_rows_fit_and_keep_every_word(app: App, width: int) -> None:
    for clause in app.library.main.policy.clauses.values():
        rows = wrap(clause.text, width)
        assert max(map(cell_len, rows)) <= width
        assert "".join(rows).replace(" ", "") == clause.text.replace(" ", "")


@pytest.mark.parametrize(
    ("line", "rows"),
    [
        ("", [""]),
        ("一二三四五六七八九十十一", ["一二三四五六七八九十", "十一"]),
        ("一二三四五六七八九十，一", ["一二三四五六七八九", "十，一"]),
        ("一二三四五六七八九（十）", ["一二三四五六七八九", "（十）"]),
        ("一二三四五六七八九1200万元", ["一二三四五六七八九", "1200万元"]),
        ("1. 一二三四五六七八九十", ["1. 一二三四五六七八", "   九十"]),
        ("• word another-lengthy end", ["• word", "  another-lengthy", "  end"]),
        ("a" * 45, ["a" * 20, "a" * 20, "a" * 5]),
    ],
)
def test_rows_break_where_a_typesetter_would(line: str, rows: list[str]) -> None:
    assert wrap(line, 20) == rows

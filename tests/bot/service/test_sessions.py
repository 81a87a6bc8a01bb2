"""Sessions: conversations that do not see each other, bounded, and in order whatever the threads do."""

import threading
import time
from collections.abc import Callable
from datetime import date

import pytest

from bot.app import App
from bot.dialog.reply import Greeting, Remark
from bot.dialog.state import State
from bot.nlg.block import Block
from bot.nlg.turn import Conversation, Turn
from bot.service.sessions import Sessions, UserMessage

DAY = date(2026, 11, 23)


class Echo:
    """Answers with what has been said in the conversation so far; counts turns as the manager does."""

    def __init__(self, pause: Callable[[], None] = lambda: None) -> None:
        self.pause = pause

    def respond(self, conversation: Conversation, message: str, *, as_of: date) -> Turn:
        self.pause()
        if message == "fail":
            raise RuntimeError("no answer")
        said = (*conversation.state.said, message)
        return Turn(
            conversation.next_number,
            message,
            Greeting(Remark("hello")),
            (Block("said", "|".join(said)),),
            State(said=said),
        )


def test_sessions_never_see_each_other() -> None:
    sessions = Sessions(Echo())
    sessions.ask("a", "1", as_of=DAY)
    sessions.ask("b", "2", as_of=DAY)

    assert sessions.ask("a", "3", as_of=DAY).text == "1|3"
    assert sessions.ask("b", "4", as_of=DAY).text == "2|4"


def test_old_turns_are_forgotten_while_numbers_and_state_go_on() -> None:
    sessions = Sessions(Echo(), turns_kept=3)
    turns = [sessions.ask("a", str(number), as_of=DAY) for number in range(10)]

    assert [turn.number for turn in turns] == list(range(1, 11))
    assert [turn.number for turn in sessions.conversation("a").turns] == [8, 9, 10]
    assert turns[-1].text == "|".join(map(str, range(10)))


def test_the_least_recently_used_session_is_forgotten_first() -> None:
    sessions = Sessions(Echo(), most=2)
    for session in ("a", "b", "a", "c"):
        sessions.ask(session, session, as_of=DAY)

    assert len(sessions) == 2
    assert sessions.conversation("b") == Conversation()
    assert sessions.ask("a", "again", as_of=DAY).number == 3
    assert sessions.ask("b", "again", as_of=DAY).number == 1


def test_a_forgotten_session_starts_anew() -> None:
    sessions = Sessions(Echo())
    sessions.ask("a", "1", as_of=DAY)
    sessions.forget("a")
    sessions.forget("nobody")

    assert sessions.ask("a", "2", as_of=DAY).text == "2"


def test_a_turn_that_fails_leaves_the_conversation_where_it_stood() -> None:
    sessions = Sessions(Echo())
    sessions.ask("a", "1", as_of=DAY)
    with pytest.raises(RuntimeError, match="no answer"):
        sessions.ask("a", "fail", as_of=DAY)

    assert sessions.ask("a", "2", as_of=DAY).text == "1|2"


def test_turns_of_one_session_from_many_threads_form_one_chain() -> None:
    sessions = Sessions(Echo(pause=lambda: time.sleep(0.001)), turns_kept=1000)

    def talk(name: str) -> None:
        for number in range(25):
            sessions.ask("shared", f"{name}{number}", as_of=DAY)

    threads = [threading.Thread(target=talk, args=(name,)) for name in "ab"]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    turns = sessions.conversation("shared").turns

    assert [turn.number for turn in turns] == list(range(1, 51))
    assert all(turn.state.said == tuple(earlier.message for earlier in turns[: turn.number]) for turn in turns)
    for name in "ab":
        assert [t.message for t in turns if t.message.startswith(name)] == [f"{name}{n}" for n in range(25)]


def test_a_slow_session_does_not_hold_up_another() -> None:
    held, released = threading.Event(), threading.Event()

    def pause() -> None:
        if threading.current_thread().name == "slow":
            held.set()
            released.wait(10)

    sessions = Sessions(Echo(pause))
    slow = threading.Thread(target=lambda: sessions.ask("a", "1", as_of=DAY), name="slow")
    slow.start()
    try:
        assert held.wait(10)
        assert sessions.ask("b", "2", as_of=DAY).text == "2"
    finally:
        released.set()
        slow.join()


def test_a_trimmed_conversation_still_fills_slots(app: App) -> None:
    sessions = Sessions(app.desk, turns_kept=1)
    for message in ("帮我算一下研发费用补助", "今年1200万"):
        sessions.ask("a", message, as_of=DAY)
    turn = sessions.ask("a", "去年900万", as_of=DAY)

    assert turn.number == 3
    assert "60万元" in turn.text


def said_in(sessions: Sessions, session: str) -> tuple[str, ...]:
    return sessions.conversation(session).state.said


def test_a_button_is_heard_in_the_light_of_its_answer() -> None:
    sessions = Sessions(Echo())
    for number, words in ((11, "a"), (12, "b"), (15, "c")):
        sessions.handle("s", UserMessage(words, DAY, number))

    turn = sessions.handle("s", UserMessage("button", DAY, 20, after=11))

    assert turn.number == 20
    assert said_in(sessions, "s") == ("a", "button")
    assert said_in(sessions, "s") == sessions.handle("s", UserMessage("next", DAY, 21)).state.said[:-1]


def test_an_edit_is_heard_where_its_message_stood() -> None:
    sessions = Sessions(Echo())
    for number, words in ((1, "a"), (2, "b"), (3, "c")):
        sessions.handle("s", UserMessage(words, DAY, number))

    assert sessions.handle("s", UserMessage("B", DAY, 4, instead_of=2)).state.said == ("a", "B")
    assert sessions.handle("s", UserMessage("A", DAY, 5, instead_of=1)).state.said == ("A",)


def test_a_turn_that_is_forgotten_casts_no_light() -> None:
    sessions = Sessions(Echo(), turns_kept=2)
    for number in range(1, 5):
        sessions.handle("s", UserMessage(str(number), DAY, number))

    assert sessions.handle("s", UserMessage("button", DAY, 9, after=1)).state.said == ("button",)


def test_a_session_that_is_recalled_stands_where_it_stood() -> None:
    past = [
        UserMessage("a", DAY, 3),
        UserMessage("b", DAY, 4),
        UserMessage("B", DAY, 7, instead_of=4),
        UserMessage("x", DAY, 8, after=3),
    ]
    before, after = Sessions(Echo()), Sessions(Echo())
    for said in past:
        before.handle("s", said)

    after.recall("s", past)

    assert after.conversation("s") == before.conversation("s")


def test_a_session_that_is_remembered_is_not_recalled() -> None:
    sessions = Sessions(Echo())
    sessions.ask("s", "a", as_of=DAY)

    sessions.recall("s", [UserMessage("other", DAY, 5)])

    assert said_in(sessions, "s") == ("a",)

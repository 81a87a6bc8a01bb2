"""What the tests of gaps share: records of what people asked the real desk, or were refused by an earlier one."""

from dataclasses import replace
from datetime import date, timedelta

from bot.app import App
from bot.nlg.turn import Conversation
from bot.records.journal import Opinion, Record
from bot.service.answer import Entry
from bot.service.contract import AskReply, reply_of
from bot.service.sessions import UserMessage
from bot.service.version import AnswerVersion
from tests.bot.records.entries import NOON

DAY = date(2026, 9, 21)
UNKNOWN = "这种事能不能报一下"  # refused whatever the desk knows


class Asked:
    """Records, numbered as they come; each person has a session."""

    def __init__(self, app: App) -> None:
        self._app = app
        self.records: list[Record] = []

    def say(
        self, message: str, person: str = "li", *, days: int = 0, opinion: Opinion | None = None, reason: str = ""
    ) -> Record:
        """Ask the desk of today."""
        turn = self._app.desk.respond(Conversation(), message, as_of=DAY)
        reply = reply_of(turn, person, self._app.library.main.benefits)
        return self._keep(message, person, reply, days=days, opinion=opinion, reason=reason)

    def refused(self, message: str, person: str = "li", *, opinion: Opinion | None = None) -> Record:
        """A question that an earlier desk refused."""
        record = self.say(UNKNOWN, person, opinion=opinion)
        assert record.entry.reply.outcome == "not_covered"
        said = replace(record.entry.said, message=message)
        self.records[-1] = replace(record, entry=replace(record.entry, said=said))
        return self.records[-1]

    def _keep(
        self, message: str, person: str, reply: AskReply, *, days: int, opinion: Opinion | None, reason: str
    ) -> Record:
        number = len(self.records) + 1
        at = NOON + timedelta(days=days, minutes=number)
        entry = Entry("web", str(number), f"web:{person}", at, UserMessage(message, DAY), reply, AnswerVersion(), 0.1)
        self.records.append(Record(number, entry, opinion, reason))
        return self.records[-1]

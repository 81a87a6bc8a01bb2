"""`luce replay RECORD`: an answer that was kept is computed again and compared."""

import json
from collections.abc import Iterator
from dataclasses import asdict

import click

from bot.cli.context import now, open_desk
from bot.cli.errors import NoSuchName
from bot.cli.wording import phrase
from bot.records.masking import Masking
from bot.records.record_reader import open_reader
from bot.records.replay import Change, Differences, Replay, ReplayRunner, differences, replay
from bot.service.version import AnswerVersion, answer_version_of
from bot.settings import Settings

_SAME, _CHANGED = 0, 1
_LONGEST_PATHS = 12


def replay_record(number: int, *, as_json: bool) -> int:
    """Print whether the answer is still the same; the exit code: 0 the same, 1 changed.

    Raises:
        NoSuchName: there is no record of that number.
        RecordsUnavailable: the records cannot be read.
    """
    settings = Settings.from_env()
    with open_reader(settings.data, now().tzinfo) as reader:
        record = reader.find(number)
        if record is None:
            raise NoSuchName(f"there is no record {number}; `luce records list` shows the latest")
        with open_desk() as app:
            dossier = app.library.main
            masking = Masking.for_policies(settings.policies)
            desk = ReplayRunner(app.desk, dossier.benefits, answer_version_of(dossier, settings.curated_file), masking)
            outcome = replay(record, reader, desk)
    click.echo(_as_json(outcome) if as_json else "\n".join(_lines(outcome)))
    return _SAME if outcome.same else _CHANGED


def _as_json(outcome: Replay) -> str:
    found = {
        "record": outcome.record.id,
        "same": outcome.same,
        "lacks_past": outcome.lacks_past,
        "edition": {"then": asdict(outcome.record.entry.edition), "now": asdict(outcome.edition)},
        "then": outcome.then.model_dump(mode="json"),
        "now": outcome.now.model_dump(mode="json"),
        "differences": None if outcome.same else asdict(differences(outcome.then, outcome.now)),
    }
    return json.dumps(found, ensure_ascii=False, indent=2)


def _lines(outcome: Replay) -> Iterator[str]:
    entry = outcome.record.entry
    about = {"at": f"{entry.at:%Y-%m-%d %H:%M:%S}", "channel": entry.channel, "as_of": entry.said.as_of}
    yield phrase("replay_asked", record=outcome.record.id, message=entry.said.message, **about)
    then, today = _spelled(entry.edition), _spelled(outcome.edition)
    if then == today:
        yield phrase("replay_edition_same", edition=today)
    else:
        yield phrase("replay_edition_changed", then=then, now=today)
    if outcome.same:
        yield phrase("replay_same_but_words" if entry.edition.is_phrased else "replay_same")
        return
    yield phrase("replay_changed")
    if entry.edition.is_read:
        yield phrase("replay_read")
    yield from _told(differences(outcome.then, outcome.now))
    if outcome.lacks_past:
        yield phrase("replay_lacks_past")


def _told(found: Differences) -> Iterator[str]:
    if found.outcome:
        yield _change(found.outcome, phrase("replay_outcome"))
    for change in found.amounts:
        yield _change(change, phrase("replay_total") if change.what == "total" else change.what)
    for change in found.citations:
        if change.now is None:
            yield phrase("replay_citation_gone", clause=change.what, quote=change.then)
        elif change.then is None:
            yield phrase("replay_citation_new", clause=change.what, quote=change.now)
        else:
            yield phrase("replay_citation_changed", clause=change.what, then=change.then, now=change.now)
    if found.text:
        yield phrase("replay_text")
        yield from (f"  {line}" for line in found.text)
    if found.details:
        more = ["..."] if len(found.details) > _LONGEST_PATHS else []
        yield phrase("replay_details", paths=", ".join([*found.details[:_LONGEST_PATHS], *more]))


def _change(change: Change, what: str) -> str:
    none = phrase("nothing")
    return phrase("replay_change", what=what, then=change.then or none, now=change.now or none)


def _spelled(edition: AnswerVersion) -> str:
    return f"{edition.policy} {edition.policy_hash} / luce {edition.engine}"

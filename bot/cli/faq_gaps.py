"""`luce faq gaps`: what people asked and the document leaves open, from the records."""

import json
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from datetime import date
from typing import get_args

import click
import yaml

from bot.cli.context import now, open_desk, today
from bot.cli.wording import phrase
from bot.faq.gaps import Aside, Gap, Gaps, find_gaps
from bot.records.record_reader import open_reader
from bot.settings import Settings

_PATIENCE, _EVERY = 1.0, 0.2  # seconds until it is told how far the work is, and between two such lines
_LONGEST_QUOTE, _MOST_WORDINGS = 60, 5
_LONGEST_QUESTION = 200  # of an entry of the file of staff answers
_UNBROKEN = 10**6  # characters of a line
_ASIDES: tuple[Aside, ...] = get_args(Aside)
_COUNTED = ("wordings", "refusals", "opinions")


def show_gaps(since: date | None, until: date | None, least: int, *, as_json: bool, draft: bool) -> None:
    """Print what at least so many people asked in vain, those of most people first.

    Raises:
        RecordsUnavailable: the records cannot be read.
    """
    settings = Settings.from_env()
    progress = _Progress()
    with open_reader(settings.data, now().tzinfo) as reader, open_desk() as app:
        gaps = find_gaps(reader.between(since, until), app.desk, today(), tell=progress.tell)
        progress.close()
    shown = [gap for gap in gaps.found if gap.people >= least]
    few = len(gaps.found) - len(shown)
    if as_json:
        click.echo(_as_json(gaps, shown, few))
        return
    if draft:
        click.echo(_draft(shown), nl=False)
    else:
        click.echo("\n".join(_lines(gaps, shown)))
    for line in _asides(gaps, few, least):
        click.echo(line, err=draft)
    if shown and not draft:
        click.echo(phrase("gaps_hint"))


def _as_json(gaps: Gaps, shown: list[Gap], few: int) -> str:
    found = {
        "seen": gaps.seen,
        "left_out": {name: gaps.asides[name] for name in _ASIDES} | {"few": few},
        "gaps": [_told(gap) for gap in shown],
    }
    return json.dumps(found, ensure_ascii=False, indent=2, default=date.isoformat)


def _told(gap: Gap) -> dict[str, object]:
    pairs = {name: [{"text": text, "times": times} for text, times in getattr(gap, name)] for name in _COUNTED}
    return {"phrasing": gap.phrasing, "times": gap.times, **asdict(gap), **pairs}


def _lines(gaps: Gaps, shown: list[Gap]) -> Iterator[str]:
    if not shown:
        yield phrase("gaps_none")
        return
    yield phrase("gaps_head", seen=gaps.seen, count=len(gaps.found))
    for number, gap in enumerate(shown, start=1):
        yield ""
        yield phrase("gaps_question", number=number, phrasing=gap.phrasing)
        yield from (f"   {line}" for line in _about(gap))
    yield ""


def _about(gap: Gap) -> Iterator[str]:
    yield phrase("gaps_asked", times=gap.times, people=gap.people, last=gap.last)
    for reason, times in gap.refusals:
        yield phrase("gaps_refused", reason=reason, times=times)
    if gap.opinions:
        reasons = (phrase("gaps_reason", reason=reason, times=times) for reason, times in gap.opinions)
        yield phrase("gaps_bad_why", times=gap.bad, reasons=phrase("between").join(reasons))
    elif gap.bad:
        yield phrase("gaps_bad", times=gap.bad)
    if gap.nearest:
        yield phrase("gaps_nearest", clause=gap.nearest.clause, quote=_short(gap.nearest.quote))
    others = [words for words, _ in gap.wordings if words != gap.phrasing]
    if others:
        more = ["..."] if len(others) > _MOST_WORDINGS else []
        yield phrase("gaps_wordings", wordings=phrase("apart").join([*map(_short, others[:_MOST_WORDINGS]), *more]))


def _asides(gaps: Gaps, few: int, least: int) -> Iterator[str]:
    """One line that says what was left out, if anything was."""
    said: dict[Aside, str] = {
        "courtesy": phrase("gaps_aside_courtesy", count=gaps.asides["courtesy"]),
        "improper": phrase("gaps_aside_improper", count=gaps.asides["improper"]),
        "chatter": phrase("gaps_aside_chatter", count=gaps.asides["chatter"]),
        "answered": phrase("gaps_aside_answered", count=gaps.asides["answered"]),
    }
    parts = [text for name, text in said.items() if gaps.asides[name]]
    if few:
        parts.append(phrase("gaps_aside_few", least=least, count=few))
    if parts:
        yield phrase("gaps_aside", parts=phrase("apart").join(parts))


def _draft(shown: list[Gap]) -> str:
    """The gaps as entries of the file of staff answers, each without an answer, so that none is taken as it is."""
    lines = [f"# {line}" for line in phrase("draft_head").splitlines()]
    for gap in shown:
        words = [text[:_LONGEST_QUESTION] for text in (gap.phrasing, *(words for words, _ in gap.wordings))]
        question, *also = dict.fromkeys(words)
        entry = {"question": question, "also": also[:_MOST_WORDINGS], "answer": "", "statement": "office"}
        entry |= {"role": "", "valid_until": ""}
        about = [phrase("draft_asked", times=gap.times, people=gap.people, last=gap.last)]
        if gap.nearest:
            about.append(phrase("gaps_nearest", clause=gap.nearest.clause, quote=_short(gap.nearest.quote)))
        text = yaml.safe_dump([entry], allow_unicode=True, sort_keys=False, width=_UNBROKEN)
        lines += ["", *(f"# {' '.join(line.split())}" for line in about), *text.splitlines()]
    return "\n".join((*lines, ""))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else f"{text[:_LONGEST_QUOTE]}..."


class _Progress:
    """Says on a terminal how far the work is once that takes long."""

    def __init__(self) -> None:
        self._begun = self._told = time.monotonic()
        self._shown = False

    def tell(self, done: int, total: int) -> None:
        at = time.monotonic()
        if sys.stderr.isatty() and at - self._begun > _PATIENCE and at - self._told > _EVERY:
            click.echo(f"\r{phrase('gaps_progress', done=done, total=total)}", nl=False, err=True)
            self._told, self._shown = at, True

    def close(self) -> None:
        if self._shown:
            click.echo("\r\033[K", nl=False, err=True)

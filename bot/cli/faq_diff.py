"""`luce faq diff OLD NEW`: how the FAQ changes when the policy does."""

import json
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import date
from itertools import groupby
from pathlib import Path

import click
from pydantic import ValidationError

from bot.app import build_app
from bot.cli.context import BuildingNews, today
from bot.cli.error_handling import keep_log
from bot.cli.wording import phrase
from bot.faq.asked_questions import Asked
from bot.faq.building import build
from bot.faq.differences import Changed, FaqDifferences, differing, faq_differences
from bot.faq.entry import FORMAT, Entry, Faq
from bot.records.replay import Change
from bot.settings import Settings
from knowledge.errors import PolicyBotError
from knowledge.library import load_library

_SAME, _CHANGED = 0, 1
_FAQ_FILE, _POLICY_FILE = "faq.json", "policy.yaml"
_LONGEST = 80
_CALLED = {
    **{"policy": "diff_policy", "title": "diff_title", "contact": "diff_contact", "group": "diff_group"},
    **{"measure": "diff_measure", "question": "diff_question", "outcome": "diff_outcome"},
    **{"origin": "diff_origin", "audiences": "diff_audiences"},
}


class NotAnFaq(PolicyBotError):
    """What should be compared is neither a written FAQ nor a policy folder."""


def show_differences(old: Path, new: Path, as_of: date | None, *, as_json: bool) -> int:
    """Print how the FAQ changed; the exit code: 0 it did not, 1 it did.

    Raises:
        NotAnFaq: OLD or NEW is neither an FAQ nor a folder of policies.
        PolicyBotError: a policy folder has a mistake, or no index can be built.
    """
    written = [_read(path) for path in (old, new)]
    # What people asked is in a written FAQ alone; the same is put to the policy that it is compared with.
    asked = [Asked(e.question, e.asked) for faq in written if faq for e in faq.entries if e.origin == "asked"]
    day = as_of or today()
    then, now = (faq or _built(path, day, asked) for path, faq in zip((old, new), written, strict=True))
    found = faq_differences(then, now)
    click.echo(_as_json(then, now, found) if as_json else "\n".join(_told(then, now, found)))
    return _SAME if found.same else _CHANGED


def _read(path: Path) -> Faq | None:
    """A written FAQ; None where there is a folder of policies to build one from."""
    file = path / _FAQ_FILE if path.is_dir() else path
    if path.is_dir() and not file.is_file():
        if _policies(path):
            return None
        raise NotAnFaq(f"{path} holds neither {_FAQ_FILE} nor a policy folder")
    try:
        faq = Faq.model_validate_json(file.read_bytes())
    except OSError as error:
        raise NotAnFaq(f"{file} cannot be read: {error.strerror or error}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise NotAnFaq(f"{file} is no FAQ as `luce faq build` writes it: {place}: {first['msg']}") from error
    if faq.format != FORMAT:
        raise NotAnFaq(f"{file} is of format {faq.format}, and this luce reads {FORMAT}; build it anew")
    ids = [entry.id for entry in faq.entries]
    if twice := next((name for name in ids if ids.count(name) > 1), None):
        raise NotAnFaq(f"{file} holds two entries of the id {twice}")
    return faq


def _policies(path: Path) -> Sequence[Path]:
    """The policy folders that a folder holds, or is."""
    if (path / _POLICY_FILE).is_file():
        return (path,)
    return sorted(folder for folder in path.iterdir() if (folder / _POLICY_FILE).is_file())


def _built(path: Path, as_of: date, asked: Sequence[Asked]) -> Faq:
    """The FAQ of a policy, from an index of its own, so that the desk's is left as it is."""
    settings = Settings.from_env()
    keep_log(settings.cache)
    news = BuildingNews()
    with tempfile.TemporaryDirectory(prefix="luce-", ignore_cleanup_errors=True) as place, _root(path) as root:
        known = load_library(root).dossiers
        issued = {policy: day for policy, day in (settings.issued or {}).items() if policy in known}
        own = replace(settings, policies=root, cache=Path(place), chroma_url=None, issued=issued)
        try:
            app = build_app(own, progress=news.tell)
            return build(app.desk, app.version, as_of, asked=asked)
        finally:
            news.close()


@contextmanager
def _root(path: Path) -> Iterator[Path]:
    """A folder of policy folders: the one given, or one around a single policy folder."""
    if not (path / _POLICY_FILE).is_file():
        yield path
        return
    with tempfile.TemporaryDirectory(prefix="luce-") as place:
        (Path(place) / path.resolve().name).symlink_to(path.resolve(), target_is_directory=True)
        yield Path(place)


def _as_json(then: Faq, now: Faq, found: FaqDifferences) -> str:
    told = {
        "same": found.same,
        "old": {"policy": then.policy, "title": then.title, "edition": then.edition, "entries": len(then.entries)},
        "new": {"policy": now.policy, "title": now.title, "edition": now.edition, "entries": len(now.entries)},
        "about": [asdict(change) for change in found.about],
        "unchanged": found.unchanged,
        "added": [entry.model_dump(mode="json") for entry in found.added],
        "removed": [entry.model_dump(mode="json") for entry in found.removed],
        "changed": [_changed_as_json(changed) for changed in found.changed],
    }
    return json.dumps(told, ensure_ascii=False, indent=2)


def _changed_as_json(changed: Changed) -> dict[str, object]:
    return {
        "id": changed.new.id,
        "was": changed.old.id if changed.renamed else None,
        "group": changed.new.group,
        "measure": changed.new.measure,
        "question": changed.new.question,
        "about": [asdict(change) for change in changed.about],
        "quotations": [asdict(change) for change in changed.quotations],
        "figures": {"gone": changed.gone, "come": changed.come},
        "text": changed.text,
    }


# -- for people


def _told(then: Faq, now: Faq, found: FaqDifferences) -> Iterator[str]:
    yield phrase("diff_editions", then=then.edition, now=now.edition)
    if found.same:
        yield phrase("diff_same", count=found.unchanged)
        return
    counts = {"changed": len(found.changed), "added": len(found.added), "removed": len(found.removed)}
    yield phrase("diff_counts", unchanged=found.unchanged, **counts)
    yield from map(_change, found.about)
    for (group, measure), some in groupby(_in_order(then, now, found), key=lambda each: _place(_entry(each[1]))):
        yield ""
        yield phrase("diff_place", place=measure or group)
        for kind, each in some:
            yield from _changed(each) if isinstance(each, Changed) else _single(kind, each)


_Told = tuple[str, Entry | Changed]


def _in_order(then: Faq, now: Faq, found: FaqDifferences) -> list[_Told]:
    """All that differs, by the place where a reader looks for it: as in the new FAQ, then what only the old one had."""
    places = list(dict.fromkeys(map(_place, (*now.entries, *then.entries))))
    told: list[_Told] = [("changed", changed) for changed in found.changed]
    told += [("added", entry) for entry in found.added]
    told += [("removed", entry) for entry in found.removed]
    return sorted(told, key=lambda each: places.index(_place(_entry(each[1]))))


def _entry(each: Entry | Changed) -> Entry:
    return each.new if isinstance(each, Changed) else each


def _place(entry: Entry) -> tuple[str, str]:
    return entry.group, entry.measure


def _single(kind: str, entry: Entry) -> Iterator[str]:
    yield phrase("diff_added" if kind == "added" else "diff_removed", question=entry.question, name=entry.id)


def _changed(changed: Changed) -> Iterator[str]:
    yield phrase("diff_changed", question=changed.new.question, name=changed.new.id)
    if changed.renamed:
        yield phrase("diff_renamed", then=changed.old.id, now=changed.new.id)
    yield from map(_change, changed.about)
    for change in changed.quotations:
        yield _quotation(change)
    if changed.gone or changed.come:
        then, now = (phrase("between").join(some) or phrase("nothing") for some in (changed.gone, changed.come))
        yield phrase("diff_figures", then=then, now=now)
    if changed.text:
        yield phrase("diff_text")
        yield from (f"      {line[:1]} {line[1:]}" for line in changed.text)


def _change(change: Change) -> str:
    return phrase("diff_about", what=phrase(_CALLED[change.what]), then=_spelled(change.then), now=_spelled(change.now))


def _spelled(value: object) -> str:
    text = phrase("between").join(value) if isinstance(value, tuple) else str(value)
    return text or phrase("nothing")


def _quotation(change: Change) -> str:
    then, now = change.then, change.now
    if not isinstance(now, str):
        return phrase("diff_quotation_gone", clause=change.what, quote=_short(str(then)))
    if not isinstance(then, str):
        return phrase("diff_quotation_new", clause=change.what, quote=_short(now))
    before, after = differing(then, now)
    return phrase("diff_quotation_changed", clause=change.what, then=before, now=after)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."

"""Output checks: what is wrong with a lead that a model has worded. Pure functions.

The words of the person are no source: what they say, or have been told to say, cannot come back as the desk's words.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from bot.llm.grounding import (
    HAN,
    Room,
    Statement,
    Unit,
    covered,
    fits,
    gives,
    names,
    omits,
    read_statement,
    statements_of,
    units_of,
)
from bot.llm.prompts import load_prompts
from bot.nlg.draft_answer import DraftAnswer
from bot.nlg.guard import figures, unsourced

MOST_CHARACTERS, MOST_SENTENCES = 300, 3
_FEWEST_HAN = 4
_HAN = re.compile(f"[{HAN}]")
_LATIN = re.compile("[A-Za-z&]+")
_MARKUP = re.compile(r"[<>\[\]{}*_#`|~@\\/=$^]|https?|www\.|\.(?:com|cn|net|org|gov)", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9][0-9.,+\-]*")


@dataclass(frozen=True)
class _Draft:
    """A text and the answer whose lead it wants to be."""

    text: str
    finished: DraftAnswer

    @cached_property
    def quotes(self) -> str:
        return "\n".join(quoted.quote for quoted in self.finished.citations)

    @cached_property
    def sources(self) -> str:
        """All that the lead may take words from."""
        finished = self.finished
        if finished.kind == "calculated":
            return "\n".join((finished.lead, *finished.titles))
        return "\n".join((finished.lead, self.quotes))

    @cached_property
    def labels(self) -> frozenset[str]:
        return frozenset(quoted.label for quoted in self.finished.citations)

    @cached_property
    def placeless(self) -> str:
        """The text without the place that is quoted, where there is but one; another place stays to be objected to."""
        if self.finished.kind != "quoted" or len(self.labels) != 1:
            return self.text
        (label,) = self.labels
        return load_prompts().place.sub(lambda match: "" if match[0] in label else match[0], self.text)

    @cached_property
    def rest(self) -> str:
        """The text without the inputs that it repeats to the letter."""
        rest = self.text
        for given in sorted(self.finished.given, key=len, reverse=True):
            rest = rest.replace(given, load_prompts().list_mark, 1)
        return rest

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        return units_of([(quoted.label, quoted.quote) for quoted in self.finished.citations])

    @cached_property
    def statements(self) -> tuple[Statement, ...]:
        return statements_of(self.placeless)

    @cached_property
    def bounded(self) -> frozenset[tuple[str, frozenset[str]]]:
        return frozenset(pair for statement in self.statements for pair in statement.bounded)


def violations(text: str, finished: DraftAnswer) -> tuple[str, ...]:
    """Names of what is wrong with a text as the lead of an answer; none where it may go out."""
    if not finished.lead or finished.kind not in ("quoted", "calculated"):
        return ("kind",)
    if len(text) > MOST_CHARACTERS:
        return ("long",)
    if len(_HAN.findall(text)) < _FEWEST_HAN:
        return ("empty",)
    draft = _Draft(text, finished)
    checks = {**_FORM, **_WORDS, **(_QUOTED if finished.kind == "quoted" else _CALCULATED)}
    return tuple(name for name, is_wrong in checks.items() if is_wrong(draft))


# -- form


def _too_many_sentences(draft: _Draft) -> bool:
    parts = re.split(f"[{re.escape(load_prompts().sentence_ends)}]", draft.text)
    return sum(bool(part.strip()) for part in parts) > MOST_SENTENCES


def _lines(draft: _Draft) -> bool:
    return len(draft.text.splitlines()) > 1 or draft.text != draft.text.strip()


def _unfinished(draft: _Draft) -> bool:
    return not draft.text.endswith(tuple(load_prompts().final))


def _markup(draft: _Draft) -> bool:
    return any(match[0] not in draft.sources for match in _MARKUP.finditer(draft.text))


def _foreign_character(draft: _Draft) -> bool:
    """A character that is no Chinese, no plain figure, no mark, and not in the sources."""
    known = {*load_prompts().marks, *draft.sources} - {"\n"}
    return any(not (_HAN.match(c) or c in known or (c.isascii() and c.isdigit())) for c in draft.text)


def _foreign_script(draft: _Draft) -> bool:
    """Words in Latin letters that the sources do not hold whole, other letters, or more letters than Chinese."""
    words = set(_LATIN.findall(draft.text))
    others = [c for c in draft.text if unicodedata.category(c)[0] in "LM" and not _HAN.match(c)]
    strange = any(not c.isascii() for c in others)
    return strange or not words <= set(_LATIN.findall(draft.sources)) or 2 * len(others) > len(_HAN.findall(draft.text))


# -- words


def _unsourced_figure(draft: _Draft) -> bool:
    if draft.finished.kind == "calculated":
        return _values(draft.text) != _values(draft.finished.lead)
    known = {number for quoted in draft.finished.citations for number in _NUMBER.findall(quoted.quote)}
    strange = any(number not in known for number in _NUMBER.findall(draft.placeless))
    return strange or bool(unsourced(draft.placeless, (draft.quotes,)))


def _values(text: str) -> Counter[tuple[object, bool]]:
    return Counter((figure.value, figure.is_rate) for figure in figures(text))


def _other_unit(draft: _Draft) -> bool:
    """A number of the sources with another unit than there."""
    source = draft.quotes if draft.finished.kind == "quoted" else draft.finished.lead
    known = read_statement(source).figures
    numbers = {_number(figure) for figure in known}
    return any(f not in known and _number(f) in numbers for f in read_statement(draft.placeless).figures)


def _number(figure: str) -> str:
    match = _NUMBER.match(figure)
    return match[0] if match else ""


def _other_bound(draft: _Draft) -> bool:
    """A figure that is bounded where its source does not bound it, or not as it does."""
    if draft.finished.kind == "calculated":
        return Counter(read_statement(draft.text).bounded) != Counter(read_statement(draft.finished.lead).bounded)
    known = {pair for unit in draft.units for pair in unit.bounded}
    tokens = {figure for figure, _ in known}
    return any(figure in tokens and (figure, bound) not in known for figure, bound in draft.bounded)


def _other_place(draft: _Draft) -> bool:
    return any(match[0] not in draft.quotes for match in load_prompts().place.finditer(draft.placeless))


def _no_quotation(draft: _Draft) -> bool:
    """Words in quotation marks that nobody printed so, or marks without their fellow."""
    sources = draft.finished.titles + tuple(quoted.quote for quoted in draft.finished.citations)
    return not _marked(draft.text, load_prompts().quotes, sources)


def _no_title(draft: _Draft) -> bool:
    sources = (*draft.labels, *(quoted.quote for quoted in draft.finished.citations))
    return not _marked(draft.text, load_prompts().titles, sources, marks_too=True)


def _marked(text: str, marks: str, sources: tuple[str, ...], *, marks_too: bool = False) -> bool:
    """Whether what stands between two marks stands in one of the sources, and every mark has its fellow."""
    begins, ends = marks[0], marks[1]
    pattern = re.compile(f"{begins}([^{marks}]+){ends}")
    left = pattern.sub("", text)
    if begins in left or ends in left:
        return False
    found = (match[0] if marks_too else match[1] for match in pattern.finditer(text))
    return all(any(words in source for source in sources) for words in found)


def _denies_otherwise(draft: _Draft) -> bool:
    """Something is denied that the sources do not deny, or said that they only deny."""
    text, sources = draft.text, draft.sources
    deny = "".join(load_prompts().denying)
    if any(match[1] not in sources for match in re.finditer(f"(?=([{deny}][{HAN}]?))", text)):
        return True
    for match in re.finditer(f"(?=([{HAN}]{{0,2}})([{deny}])([{HAN}]{{2}}))", sources):
        before, denial, denied = match.groups()
        never_said = sources.count(denied) == sources.count(denial + denied)
        if never_said and text.count(denied) > text.count(denial + denied):
            return True
        always_denied = len(before) == 2 and sources.count(before) == sources.count(before + denial)
        bounding = any((denial + denied).startswith(word) for word in load_prompts().bound_classes)
        if always_denied and not bounding and text.count(before) > text.count(before + denial):
            return True
    return False


def _promises(draft: _Draft) -> bool:
    return _says_one_of(load_prompts().promises, draft)


def _affirms(draft: _Draft) -> bool:
    """A yes: whether something is so is read in the clause, or in the verdict."""
    lexicon = load_prompts()
    yes = tuple(word for word in lexicon.affirming if draft.finished.kind == "quoted" or word not in lexicon.agreeing)
    parts = re.findall(f"([^{re.escape(lexicon.marks)}]*)([{re.escape(lexicon.marks)}]?)", draft.text)
    return any(part.endswith(yes) and mark not in ("", lexicon.leading) for part, mark in parts)


def _speaks_of_machinery(draft: _Draft) -> bool:
    return _says_one_of(load_prompts().machinery, draft)


def _says_one_of(words: tuple[str, ...], draft: _Draft) -> bool:
    text, sources = draft.text.lower(), draft.sources.lower()
    return any(word.lower() in text and word.lower() not in sources for word in words)


# -- the lead of a quotation


def _ungrounded(draft: _Draft) -> bool:
    """Chinese that is in no source and does not merely connect."""
    sources = "\n".join((draft.sources, *draft.labels))
    words = {*load_prompts().connecting, *load_prompts().bound_classes, *load_prompts().units}
    return not covered(draft.placeless, sources, words)


def _mixed(draft: _Draft) -> bool:
    """A statement without a figure that takes its words from several clauses."""
    plain = [statement.text for statement in draft.statements if not statement.figures]
    lead = draft.finished.lead
    rooms = [Room(unit.text, "\n".join((unit.label, lead))) for unit in draft.units]
    return not all(any(fits(text, room, load_prompts().connecting) for room in rooms) for text in plain)


def _swapped(draft: _Draft) -> bool:
    """A statement with figures that no clause gives."""
    return any(not _givers(draft, statement) for statement in draft.statements if statement.figures)


def _omits(draft: _Draft) -> bool:
    """A clause is half told: a figure without its condition or its fellows, or what is granted without any figure."""
    for statement in draft.statements:
        givers = _givers(draft, statement) if statement.figures else ()
        if givers and all(omits(run, statement) or not unit.bounded <= draft.bounded for unit, run, _ in givers):
            return True
    grants = any(not s.figures and load_prompts().granting.search(s.text) for s in draft.statements)
    return grants and any(unit.bounded for unit in draft.units)


def _no_subject(draft: _Draft) -> bool:
    """Several clauses are quoted, and a figure does not say which of them it is of."""
    if len(draft.units) == 1:
        return False
    for statement in draft.statements:
        givers = _givers(draft, statement) if statement.figures else ()
        if givers and not any(names(subject, statement, _others(draft, unit)) for unit, _, subject in givers):
            return True
    return False


def _others(draft: _Draft, unit: Unit) -> str:
    return "\n".join(other.text for other in draft.units if other != unit)


def _givers(draft: _Draft, statement: Statement) -> tuple[tuple[Unit, Statement, str], ...]:
    """Clauses with those of their parts that give a statement, and the subject of these."""
    connecting = load_prompts().connecting
    return tuple(
        (unit, run, subject) for unit in draft.units for run, subject in unit.runs if gives(run, statement, connecting)
    )


# -- the lead of a calculation


def _inputs_changed(draft: _Draft) -> bool:
    """An input is not repeated to the letter, or not once."""
    return any(draft.text.count(given) != draft.finished.given.count(given) for given in draft.finished.given)


def _says_more(draft: _Draft) -> bool:
    words = set(load_prompts().connecting) - set(load_prompts().of_quotations)
    return not covered(draft.rest, "", words | set(draft.finished.titles))


_Check = Callable[[_Draft], bool]
_FORM: dict[str, _Check] = {
    "long": _too_many_sentences,
    "lines": _lines,
    "unfinished": _unfinished,
    "markup": _markup,
    "character": _foreign_character,
    "script": _foreign_script,
}
_WORDS: dict[str, _Check] = {
    "figure": _unsourced_figure,
    "unit": _other_unit,
    "bound": _other_bound,
    "place": _other_place,
    "quotation": _no_quotation,
    "title": _no_title,
    "negation": _denies_otherwise,
    "promise": _promises,
    "affirms": _affirms,
    "machinery": _speaks_of_machinery,
}
_QUOTED: dict[str, _Check] = {
    "ungrounded": _ungrounded,
    "mixed": _mixed,
    "swapped": _swapped,
    "omitted": _omits,
    "subject": _no_subject,
}
_CALCULATED: dict[str, _Check] = {"given": _inputs_changed, "ungrounded": _says_more}
OBJECTIONS = ("kind", "empty", *_FORM, *_WORDS, *_QUOTED, "given")

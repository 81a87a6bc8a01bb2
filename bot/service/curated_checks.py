"""Checks of the answers of staff before the desk speaks them."""

import unicodedata
from collections.abc import Iterator, Sequence
from itertools import combinations

from bot.dialog.curated import STEERING, KnownQuestion, known_question
from bot.dialog.likeness import same_question
from bot.nlg.guard import unsourced
from bot.nlu.reading import Reader
from knowledge.curated import CuratedAnswer
from knowledge.errors import PolicyFolderError
from knowledge.library import Library
from knowledge.numerals import MEASURE_LABEL


def mistakes(answers: Sequence[CuratedAnswer], library: Library, reader: Reader) -> Iterator[PolicyFolderError]:
    """What is wrong with answers that could be read, by their lines."""
    if not answers:
        return
    known = [known_question(answer, reader) for answer in answers]
    for each in known:
        answer = each.answer
        for question, reading in zip(answer.questions, each.readings, strict=True):
            if not reading.words or reader.read(question).intent in STEERING:
                yield _wrong(answer, f"{question!r} steers a conversation and is no question; word it as a question")
        if answer.clause is not None and (figures := _own_figures(answer, library)):
            stated = f"{', '.join(figures)} does not stand in {answer.clause}"
            yield _wrong(answer, f"the answer gives a figure of its own: {stated}; leave it out, or cite its clause")
    for one, other in combinations(known, 2):
        if one.answer.policy == other.answer.policy and (pair := _pair(one, other)):
            where = f"the entry of line {one.answer.line}"
            yield _wrong(other.answer, f"{pair[1]!r} asks the same as {pair[0]!r} of {where}; make one entry of both")


def _own_figures(answer: CuratedAnswer, library: Library) -> tuple[str, ...]:
    """Figures of an answer that its clause does not give; the number of its measure is none."""
    dossier = library.dossiers[answer.policy]
    clause = dossier.get_clause(answer.clause or "")
    text = unicodedata.normalize("NFKC", answer.answer).replace(MEASURE_LABEL.format(clause.measure), "")
    return unsourced(text, (unicodedata.normalize("NFKC", clause.text),))


def _pair(one: KnownQuestion, other: KnownQuestion) -> tuple[str, str] | None:
    """Phrasings of two entries that ask the same; None where there are none."""
    for question, reading in zip(one.answer.questions, one.readings, strict=True):
        for other_question, other_reading in zip(other.answer.questions, other.readings, strict=True):
            if same_question(reading, other_reading):
                return question, other_question
    return None


def _wrong(answer: CuratedAnswer, problem: str) -> PolicyFolderError:
    return PolicyFolderError(answer.path, answer.line, problem)

"""Search hits: clauses that hold the words, with the words highlighted."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby, islice

from bot.web.dependencies import WebContext
from knowledge.numerals import HUNDRED_MILLION, TEN_THOUSAND, YUAN
from knowledge.policy import Clause
from retrieval.tokens import has_han, tokenize

MOST_HITS = 8
_QUANTITY = re.compile(rf"[0-9][0-9.,]*%?[{TEN_THOUSAND}{HUNDRED_MILLION}]*{YUAN}?")
_LEAST_OVERLAP = 0.3  # of the query's words by weight; below it the words met are such as any sentence holds


@dataclass(frozen=True, slots=True)
class Piece:
    """Some characters of a text, and whether they were searched for."""

    text: str
    marked: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A clause that was found: its text in pieces, the heading above it and how print names its place."""

    clause: Clause
    pieces: tuple[Piece, ...]
    heading: tuple[Piece, ...]
    label: str

    @property
    def place(self) -> str:
        """The id of the clause within its policy."""
        return self.clause.id.partition("/")[2]


def find(desk: WebContext, query: str, *, most: int = MOST_HITS) -> tuple[Hit, ...]:
    """The sentences that hold words of the query, the best first; none if they hold only the commonest of them."""
    scores, overlaps = desk.search.scores(query), desk.search.overlaps(query)
    sentences = desk.dossier.policy.sentences
    places = [n for n, overlap in enumerate(overlaps) if overlap >= _LEAST_OVERLAP]
    places.sort(key=lambda n: (-scores[n], n))
    hits = (_hit(desk, sentences[n], query) for n in places)
    return tuple(islice((hit for hit in hits if any(piece.marked for piece in hit.pieces)), most))


def mark(text: str, query: str) -> tuple[Piece, ...]:
    """A text in pieces, marked wherever it holds words of the query; together they are the text.

    >>> [piece.text for piece in mark("R&D up to 500", "d 500") if piece.marked]
    ['D', '500']
    """
    wanted = _wanted(query)
    folded, origins = _folded(text)
    marked = [False] * len(text)
    for word in wanted:
        for start in _occurrences(folded, word):
            for place in range(start, start + len(word)):
                marked[origins[place]] = True
    runs = groupby(range(len(text)), key=marked.__getitem__)
    return tuple(Piece("".join(text[n] for n in run), hit) for hit, run in runs)


def _hit(desk: WebContext, clause: Clause, query: str) -> Hit:
    return Hit(clause, mark(clause.text, query), mark(clause.heading, query), desk.dossier.label(clause))


def _wanted(query: str) -> set[str]:
    """The words of a query: quantities with their units, pairs of Han characters (a single one where it stands alone).

    Other runs are words as a whole.
    """
    folded = unicodedata.normalize("NFKC", query).lower()
    tokens = tokenize(_QUANTITY.sub(" ", folded))
    longer = {token for token in tokens if len(token) > 1 or not has_han(token)}
    within = {character for token in longer if has_han(token) for character in token}
    return set(_QUANTITY.findall(folded)) | longer | {token for token in tokens if token not in within}


def _folded(text: str) -> tuple[str, list[int]]:
    """The text as it is searched, and for each character of it the place in the text that it comes from."""
    folded = [(character, place) for place, one in enumerate(text) for character in _fold(one)]
    return "".join(character for character, _ in folded), [place for _, place in folded]


def _fold(character: str) -> str:
    return unicodedata.normalize("NFKC", character).lower()


def _occurrences(text: str, word: str) -> Iterator[int]:
    """Where a word stands; a figure or a run of letters only where it does not go on on either side."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not (_go_on(text[start - 1 : start], word[0]) or _go_on(word[-1], text[end : end + 1])):
            yield start
        start = text.find(word, start + 1)


def _go_on(left: str, right: str) -> bool:
    return all(character.isalnum() and not has_han(character) for character in (left, right))

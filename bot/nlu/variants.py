"""Variants of an example whose roles stay the same: other marks between its parts, other names of the years."""

import random
import re
import zlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from bot.nlu.names import load_names

_PAUSES = re.compile("[\uff0c\u3001\uff1b,;]")
_SEPARATORS = ("", " ", "\uff0c", "\u3001", "/", "\uff1b")
_EACH, _MOST_ALIKE, _GAP = 4, 6, "\u2026"


def variants(said: str, synonyms: Sequence[tuple[str, ...]] = ()) -> Iterator[str]:
    """The example itself, then some variants; the same ones every time. Each of `synonyms` are names of one thing."""
    yield said
    choose = random.Random(zlib.crc32(said.encode()))  # noqa: S311 (no secret: variety that can be repeated)
    seen = {said}
    for _ in range(_EACH):
        mark = choose.choice(_SEPARATORS)
        changed = _PAUSES.sub(mark, said) if choose.random() < 0.8 else said
        changed = _renamed(changed, synonyms, choose)
        if changed not in seen:
            seen.add(changed)
            yield changed


class Misheard:
    """Writes one character of a name as another that sounds alike, as people do who type by ear."""

    def __init__(self, texts: Iterable[str]) -> None:
        """Learn which characters sound alike from the texts."""
        counts = Counter(char for text in texts for char in text if "\u4e00" <= char <= "\u9fff")
        self._alike: dict[str, list[str]] = defaultdict(list)
        for char, _ in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])):
            self._alike[_sound(char)].append(char)

    def write(self, text: str, name: str) -> str | None:
        """The text with the name misspelt; None where no character of it sounds like another. The same every time."""
        choose = random.Random(zlib.crc32(f"{text}{name}".encode()))  # noqa: S311 (as above)
        places = [i for i, char in enumerate(name) if len(self._alike.get(_sound(char), ())) > 1]
        if not places:
            return None
        place = choose.choice(places)
        others = [char for char in self._alike[_sound(name[place])][:_MOST_ALIKE] if char != name[place]]
        return text.replace(name, name[:place] + choose.choice(others) + name[place + 1 :], 1) if others else None


def _sound(char: str) -> str:
    from pypinyin import Style, pinyin  # noqa: PLC0415 (its table is loaded only where models are trained)

    return str(pinyin(char, style=Style.NORMAL)[0][0])


def _renamed(said: str, synonyms: Sequence[tuple[str, ...]], choose: random.Random) -> str:
    """Years and things of the policy under other names of theirs."""
    names = load_names()
    for words in (*names.years.values(), *synonyms):
        plain = [name for name in words if not name.isascii() and _GAP not in name and len(name) > 1]
        present = [name for name in sorted(plain, key=len, reverse=True) if name in said]
        if present and choose.random() < 0.5:
            said = said.replace(present[0], choose.choice(plain))
    return said

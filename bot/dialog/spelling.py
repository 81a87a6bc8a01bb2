"""Spelling: slips of the ear (homophones) and of the hand (one wrong character), mended towards names of the policy."""

from collections import defaultdict
from collections.abc import Iterable
from functools import lru_cache

from bot.dialog.understanding import topic_matcher
from bot.dialog.vocabulary import Matcher, Mention, Vocabulary
from knowledge.library import Dossier
from knowledge.numerals import NUMERALS

_FUZZY = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ang", "an"), ("eng", "en"), ("ing", "in"))
_SHORT, _LONG_ENOUGH_FOR_A_SLIP, _LONGEST = 2, 4, 12


class Speller:
    """Mends what sounds like a name of the policy, or differs from a long one by a single character."""

    def __init__(self, dossier: Dossier, vocabulary: Vocabulary) -> None:
        """Gather the names worth mending towards."""
        lexicon = dossier.lexicon
        benefits = [name for names in lexicon.benefits.values() for name in (*names.strong, *names.weak)]
        subjects = [name for subject in lexicon.subjects.values() for name in subject.names]
        longer = (name for name in (*benefits, *subjects) if len(name) > _SHORT)
        bases = [name for base in lexicon.bases.values() for name in base.names]
        self._names = tuple(filter(_is_word, dict.fromkeys((*vocabulary.spelled, *longer))))
        self._slips = tuple(name for name in benefits if _is_word(name) and len(name) >= _LONG_ENOUGH_FOR_A_SLIP)
        self._known = (topic_matcher(dossier), Matcher({"": (*vocabulary.spelled, *bases)}))
        asked = (word for attribute in vocabulary.attributes.values() for word in attribute.asks)
        years = (word for words in vocabulary.years.model_dump().values() for word in words)
        calculation = (*vocabulary.calculation.asks, *vocabulary.calculation.first_person)
        self._ordinary = Matcher({"": (*vocabulary.function_words, *asked, *years, *calculation)})
        self._function_words = frozenset(vocabulary.function_words)
        self._by_sound: dict[tuple[int, str], list[str]] | None = None

    def correct(self, text: str) -> str:
        """The text with each slip replaced by the name it was meant for; its length stays the same."""
        known = [m for words in self._known for m in words.find(text)]
        plain = {place for m in (*known, *self._ordinary.find(text)) for place in range(m.start, m.end)}
        for length in range(min(_LONGEST, len(text)), _SHORT - 1, -1):
            for start in range(len(text) - length + 1):
                window = text[start : start + length]
                if not _is_word(window) or plain.issuperset(range(start, start + length)):
                    continue
                if _overlaps(known, start, start + length):
                    continue
                name = self._meant(window)
                if name:
                    text = text[:start] + name + text[start + length :]
                    known.append(Mention("", start, start + length, name))
        return text

    def _meant(self, window: str) -> str | None:
        if self._by_sound is None:
            self._by_sound = _index(self._names)
        sounds = [_usual_sound(char) for char in window]
        for name in self._by_sound.get((len(window), sounds[0]), ()):
            if name != window and _alike(window, name, sounds):
                return name
        if len(window) >= _LONG_ENOUGH_FOR_A_SLIP:
            return next((name for name in self._slips if self._one_slip(window, name)), None)
        return None

    def _one_slip(self, window: str, name: str) -> bool:
        """Whether a single character inside differs, and is no word of its own."""
        if len(window) != len(name) or window[0] != name[0] or window[-1] != name[-1]:
            return False
        wrong = [a for a, b in zip(window, name, strict=True) if a != b]
        return len(wrong) == 1 and wrong[0] not in self._function_words


def _index(names: Iterable[str]) -> dict[tuple[int, str], list[str]]:
    index: dict[tuple[int, str], list[str]] = defaultdict(list)
    for name in names:
        for sound in _sounds(name[0]):
            index[len(name), sound].append(name)
    return index


def _alike(window: str, name: str, sounds: list[str]) -> bool:
    """Whether each character sounds like its fellow, and at least one (of long names half) is the same."""
    same = sum(a == b for a, b in zip(window, name, strict=True))
    enough = max(1, len(name) // 2 if len(name) >= _LONG_ENOUGH_FOR_A_SLIP else 1)
    return same >= enough and all(heard in _sounds(char) for heard, char in zip(sounds, name, strict=True))


def _overlaps(known: list[Mention], start: int, end: int) -> bool:
    """Whether the window cuts a known name or lies in one; a longer name may mend one that holds a shorter."""
    return any(
        mention.start < end
        and start < mention.end
        and not (start <= mention.start and mention.end < end + (start < mention.start))
        for mention in known
    )


def _is_word(text: str) -> bool:
    """Whether the text is of Han characters and holds none of a number: figures are never mended."""
    return all("\u4e00" <= char <= "\u9fff" and char not in NUMERALS for char in text)


@lru_cache(maxsize=8192)
def _sounds(char: str) -> frozenset[str]:
    """The readings of a character without tones, those that are easily confused counting as one."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 (its table is loaded only once somebody asks)

    return frozenset(map(_blurred, pinyin(char, style=Style.NORMAL, heteronym=True)[0]))


@lru_cache(maxsize=8192)
def _usual_sound(char: str) -> str:
    """The usual reading of a character: what somebody who mistyped it had in the ear."""
    from pypinyin import Style, pinyin  # noqa: PLC0415 (as above)

    return _blurred(pinyin(char, style=Style.NORMAL)[0][0])


def _blurred(sound: str) -> str:
    for clear, blurred in _FUZZY:
        if clear.endswith("ng"):
            sound = sound.removesuffix(clear) + blurred if sound.endswith(clear) else sound
        else:
            sound = sound.replace(clear, blurred, 1) if sound.startswith(clear) else sound
    return sound

"""Understanding: what a message mentions and asks, without regard to what was said before."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from bot.dialog.quantities import Quantity, QuantityReader
from bot.dialog.text import normalise
from bot.dialog.vocabulary import Matcher, Mention, Vocabulary, ending_in, matcher
from knowledge.library import Dossier
from knowledge.numerals import SENTENCE_MARKS

_APART = ("other_place", "other_edition", "chatter", "improper")
STRONG, WEAK, SUBJECT, OUTSIDE = "benefit", "weak", "subject", "outside"


@dataclass(frozen=True)
class Understanding:
    """All that a message says on its own.

    `text` is the normalised message; `topics` are its mentions of benefits, subjects and things outside the document,
    in reading order; the other names hold what was found of the vocabulary's parts of that name.
    """

    said: str
    text: str
    quantities: tuple[Quantity, ...]
    topics: tuple[Mention, ...]
    attributes: tuple[str, ...]
    matters: tuple[str, ...]
    acts: frozenset[str]
    marks: frozenset[str]

    def topic_ids(self, kind: str) -> tuple[str, ...]:
        """Ids of the mentioned topics of one kind, each once."""
        ids = (m.id.split(":", 1) for m in self.topics)
        return tuple(dict.fromkeys(name for found, name in ids if found == kind))

    @cached_property
    def benefits(self) -> tuple[str, ...]:
        """Benefits that are called by a name of their own."""
        return self.topic_ids(STRONG)

    @cached_property
    def weak_benefits(self) -> tuple[str, ...]:
        """Benefits hinted at."""
        return self.topic_ids(WEAK)

    @cached_property
    def subjects(self) -> tuple[str, ...]:
        """Subjects of the document that are no benefit."""
        return self.topic_ids(SUBJECT)

    @cached_property
    def outside(self) -> tuple[str, ...]:
        """Things that sound near and are not in the document."""
        return self.topic_ids(OUTSIDE)

    @cached_property
    def measures(self) -> tuple[int, ...]:
        """Numbers of measures that are named."""
        return tuple(dict.fromkeys(int(q.value) for q in self.quantities if q.kind == "measure"))

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """Numbers of parts (groups of measures) that are named."""
        return tuple(dict.fromkeys(int(q.value) for q in self.quantities if q.kind == "part"))

    @cached_property
    def is_bare(self) -> bool:
        """Whether the message is little more than the name of a topic."""
        named = sum(m.end - m.start for m in self.topics)
        return bool(self.topics) and len(self.text.strip(SENTENCE_MARKS)) - named <= 1


class Understander:
    """Reads messages with the words of one policy and of any desk."""

    def __init__(self, dossier: Dossier, vocabulary: Vocabulary, correct: Callable[[str], str]) -> None:
        """Prepare the matchers; `correct` mends slips of hand and ear in a normalised text."""
        self.vocabulary = vocabulary
        self._correct = correct
        self._quantities = QuantityReader(vocabulary.quantities)
        self._topics = topic_matcher(dossier)
        self._attributes = Matcher({name: a.asks for name, a in vocabulary.attributes.items()})
        self._matters = Matcher(vocabulary.policy_matters)
        self._excluded = ending_in(vocabulary.excluded)
        acts = vocabulary.acts.model_dump()
        self._acts = Matcher(acts)
        self._marks = {
            "listing": matcher(vocabulary.listing.asks),
            "list_money": matcher(vocabulary.listing.money),
            "list_rate": matcher(vocabulary.listing.rate),
            "list_once": matcher(vocabulary.listing.once),
            "highest": matcher(vocabulary.listing.highest),
            "list_yearly": matcher(vocabulary.listing.yearly),
            "comparison": matcher(vocabulary.comparison),
            "calculation": matcher(vocabulary.calculation.asks),
            "firm": matcher(vocabulary.calculation.firm),
            "first_person": matcher(vocabulary.calculation.first_person),
            "inverse": matcher(vocabulary.inverse.asks),
            "more": matcher(vocabulary.inverse.more),
            "full": matcher(vocabulary.inverse.full),
            "both": matcher(vocabulary.inverse.both),
            "improper": matcher(vocabulary.improper),
            "orders": matcher(vocabulary.orders),
            "chatter": matcher(vocabulary.chatter),
            "other_place": matcher(vocabulary.other_places),
            "other_edition": matcher(vocabulary.other_editions),
            "not_it": matcher(vocabulary.info_only),
            "list_all": matcher(vocabulary.listing.all),
            "mentions": matcher(vocabulary.mentions),
            "pronoun": matcher(vocabulary.pronouns),
            "last_measure": matcher(vocabulary.last_measure),
            "last_part": matcher(vocabulary.last_part),
            "part": matcher(vocabulary.part_words),
            "summing": matcher(vocabulary.summing),
            "totals": matcher(vocabulary.totals),
        }

    def understand(self, message: str) -> Understanding:
        """Read one message of any content and length."""
        text = self._correct(normalise(message))
        topics = tuple(m for m in settle(self._topics.find(text)) if not self._excluded.search(text[: m.start]))
        attributes = tuple(dict.fromkeys(m.id for m in self._attributes.find(text) if not _inside(m, topics)))
        bare = _without(text, topics)
        return Understanding(
            said=message,
            text=text,
            quantities=self._quantities.read(text),
            topics=topics,
            attributes=attributes,
            matters=tuple(dict.fromkeys(m.id for m in self._matters.find(text) if not _inside(m, topics))),
            acts=frozenset(m.id for m in self._acts.find(text)),
            marks=frozenset(name for name, words in self._marks.items() if (bare if name in _APART else text) in words),
        )

    def quantities(self, text: str) -> tuple[Quantity, ...]:
        """The quantities of a text that is normalised already."""
        return self._quantities.read(text)


def _without(text: str, topics: tuple[Mention, ...]) -> str:
    """The text with the names of topics blanked out."""
    for topic in topics:
        text = text[: topic.start] + " " * (topic.end - topic.start) + text[topic.end :]
    return text


def topic_matcher(dossier: Dossier) -> Matcher:
    """A matcher of all topics of a policy; ids carry their kind (`benefit:joint_lab`)."""
    lexicon = dossier.lexicon
    names: dict[str, tuple[str, ...]] = {}
    for benefit_id, words in lexicon.benefits.items():
        names[f"{STRONG}:{benefit_id}"] = (*words.strong, dossier.benefits[benefit_id].title)
    names |= {f"{SUBJECT}:{subject_id}": subject.names for subject_id, subject in lexicon.subjects.items()}
    names |= {f"{WEAK}:{benefit_id}": words.weak for benefit_id, words in lexicon.benefits.items()}
    names |= {f"{OUTSIDE}:{name}": (name,) for name in lexicon.outside}
    return Matcher(names)


def settle(mentions: tuple[Mention, ...]) -> tuple[Mention, ...]:
    """Of mentions that overlap, a pattern with a gap stays unless another topic stands in the gap; then the longer."""
    plain = [m for m in mentions if not m.gapped]
    firm = [m for m in plain if not m.id.startswith(WEAK)]
    sound = [m for m in mentions if m.gapped and not any(_within(p, m) and p.id != m.id for p in firm)]
    sound = [
        m for m in sound if not any(m is not o and m.id == o.id and o.start <= m.start < m.end <= o.end for o in sound)
    ]
    kept: list[Mention] = []
    for mention in (*sorted(sound, key=len_of), *sorted(plain, key=lambda m: -len_of(m))):
        if not any(mention.start < other.end and other.start < mention.end for other in kept):
            kept.append(mention)
    return tuple(sorted(kept, key=lambda m: m.start))


def len_of(mention: Mention) -> int:
    """How many characters a mention takes."""
    return mention.end - mention.start


def _within(inner: Mention, outer: Mention) -> bool:
    return outer.start < inner.start and inner.end < outer.end


def _inside(mention: Mention, topics: tuple[Mention, ...]) -> bool:
    """Whether the words belong to the name of a topic."""
    return any(topic.start <= mention.start and mention.end <= topic.end for topic in topics)

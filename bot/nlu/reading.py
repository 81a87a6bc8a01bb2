"""Reading: what one message says, as one frozen value with probabilities. `Reader` makes it."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from bot.nlu.features import Features, of_message
from bot.nlu.linear_model import LinearModel, Vector
from bot.nlu.names import Mention, PhraseMatcher, load_names
from bot.nlu.normalization import normalise
from bot.nlu.quantities import Quantity, QuantityReader
from bot.nlu.roles import Figure, read_roles
from knowledge.library import Dossier
from retrieval.embedding import Embedder, clean

Probabilities = dict[str, dict[str, float]]
BENEFIT, SUBJECT = "benefit", "subject"
ASKED, ABOUT, _PERHAPS_ASKED, _MOST_EMBEDDED = 0.5, 0.5, 0.3, 64


@dataclass(frozen=True)
class Reading:
    """What a message says on its own, given what the desk did before it.

    `text` is the normalised message. `figures` are its quantities with roles; `mentions` are names of the policy's
    things, in reading order (ids `benefit:joint_lab`, `subject:medical`). `intents` and `asks` are probabilities by
    label, `topics` by benefit id or clause id; `covered` is the probability that the document answers it.
    """

    said: str
    text: str
    quantities: tuple[Quantity, ...]
    figures: tuple[Figure, ...]
    mentions: tuple[Mention, ...]
    intents: Mapping[str, float]
    asks: Mapping[str, float]
    topics: Mapping[str, float]
    covered: float

    @cached_property
    def intent(self) -> str:
        """The likeliest intent."""
        return max(self.intents, key=lambda name: self.intents[name])

    @cached_property
    def asked(self) -> tuple[str, ...]:
        """What is asked, likeliest first; the likeliest alone where none is sure."""
        ranked = sorted(self.asks.items(), key=lambda pair: -pair[1])
        return tuple(name for name, p in ranked if p >= ASKED) or tuple(n for n, p in ranked[:1] if p >= _PERHAPS_ASKED)

    @cached_property
    def about(self) -> tuple[str, ...]:
        """Topics, likeliest first."""
        return tuple(name for name, p in sorted(self.topics.items(), key=lambda pair: -pair[1]) if p >= ABOUT)

    def names(self, kind: str) -> tuple[str, ...]:
        """Ids of one kind that are called by a name, each once."""
        ids = (mention.id.split(":", 1) for mention in self.mentions)
        return tuple(dict.fromkeys(name for found, name in ids if found == kind))

    @cached_property
    def measures(self) -> tuple[int, ...]:
        """Numbers of measures that are named."""
        return tuple(dict.fromkeys(int(q.value) for q in self.quantities if q.kind == "measure"))

    @cached_property
    def parts(self) -> tuple[int, ...]:
        """Numbers of parts (groups of measures) that are named."""
        return tuple(dict.fromkeys(int(q.value) for q in self.quantities if q.kind == "part"))

    def with_role(self, *roles: str) -> tuple[Figure, ...]:
        """The figures of these roles, in reading order."""
        return tuple(figure for figure in self.figures if figure.role in roles)


@dataclass(frozen=True)
class Models:
    """The trained models: `message` (intent, ask), `topic` (about, covered) of one policy, `role`."""

    message: LinearModel
    topic: LinearModel
    role: LinearModel


class Reader:
    """Reads messages for one policy."""

    def __init__(self, dossier: Dossier, models: Models, embedder: Embedder) -> None:
        """Prepare grammar and names."""
        self.dossier, self.models, self._embedder = dossier, models, embedder
        self._quantities = QuantityReader(load_names().quantities)
        self.matcher = name_matcher(dossier)

    def read(self, message: str, after: str = "start") -> Reading:
        """Read one message of any content and length; `after` says what the desk did before (see `labels.AFTERS`)."""
        text = normalise(message)
        quantities = self._quantities.read(text)
        mentions = plain_names(self.matcher, text)
        features = of_message(text, quantities, mentions, after)
        message_heads, topic_heads = self._predict(features, text)
        return Reading(
            said=message,
            text=text,
            quantities=quantities,
            figures=read_roles(self.models.role, text, quantities, mentions, after),
            mentions=mentions,
            intents=message_heads["intent"],
            asks=message_heads["ask"],
            topics=topic_heads["about"],
            covered=topic_heads["covered"]["yes"],
        )

    def _predict(self, features: Features, text: str) -> tuple[Probabilities, Probabilities]:
        vector = sentence_vector(self._embedder, text)
        return self.models.message.predict(features, vector), self.models.topic.predict(features, vector)


def plain_names(matcher: PhraseMatcher, text: str) -> tuple[Mention, ...]:
    """The names in a text, but for those with gaps."""
    return tuple(mention for mention in matcher.find(text) if not mention.gapped)


def sentence_vector(embedder: Embedder, text: str) -> Vector:
    """What a sentence means as a whole: the vector of its beginning."""
    return embedder.embed_query(clean(text[:_MOST_EMBEDDED]))


def name_matcher(dossier: Dossier) -> PhraseMatcher:
    """A matcher of the names of a policy's things; ids carry their kind."""
    lexicon = dossier.lexicon
    names: dict[str, tuple[str, ...]] = {}
    for benefit_id, words in lexicon.benefits.items():
        names[f"{BENEFIT}:{benefit_id}"] = (*words.strong, dossier.benefits[benefit_id].title)
    names |= {f"{SUBJECT}:{subject_id}": subject.names for subject_id, subject in lexicon.subjects.items()}
    names |= {f"weak:{benefit_id}": words.weak for benefit_id, words in lexicon.benefits.items()}
    names |= {f"base:{base_id}": base.names for base_id, base in lexicon.bases.items()}
    names |= {f"outside:{name}": (name,) for name in lexicon.outside}
    names |= {f"year:{name}": words for name, words in load_names().years.items()}
    names |= {f"change:{name}": words for name, words in load_names().changes.items()}
    return PhraseMatcher(names)

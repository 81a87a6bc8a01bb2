"""Deciding: the one place that says what is done with a reading in a state. Thresholds stand in `thresholds.py`."""

from dataclasses import replace

from bot.dialog import thresholds
from bot.dialog.actions import (
    Action,
    Calculate,
    Courtesy,
    Decline,
    Explain,
    Gather,
    Invert,
    ListPlaces,
    Matter,
    Measures,
    Menu,
    OfferTopics,
    Quote,
    Refuse,
    RejectOffer,
    Remove,
    Search,
    Silent,
    TakeOffer,
    Unknown,
)
from bot.dialog.applicants import speaks_of_all
from bot.dialog.extraction import INPUTS, SHORT
from bot.dialog.given import gives_figures, inputs_of, is_inverse, is_unsure_sum
from bot.dialog.state import State
from bot.dialog.topics import ELLIPSIS, benefits_of, is_covered, never_stated, spoken_of, topics_of
from bot.dialog.tracker import Tracker
from bot.nlu.labels import MATTERS, NEVER_STATED
from bot.nlu.reading import Reading
from bot.nlu.roles import is_of_years
from calculators.calculation import NeedsSlots

_COURTESIES = {
    **{"greet": "hello", "thanks": "thanks", "help": "help", "faq": "faq", "reset": "reset", "cancel": "cancelled"},
    **{"human": "human", "confirm": "agreed"},
}
_DECLINED = {
    **{"improper": "improper", "orders": "improper", "chatter": "no_evidence"},
    **{"other_place": "other_place", "other_edition": "other_edition"},
}
_OF_THE_LAST_SUM = frozenset({"why", "doubt", "again", "growth", "difference", "total", "claim", "confirm"})
_QUESTIONS = frozenset({"ask", "claim", "list", "compare", "text"})
_CLEARING = frozenset({"reset", "cancel"})
_SUMS = frozenset({"compute", "tell", "suppose", "correct", "add", "remove", "inverse"})


def decide(reading: Reading, state: State, tracker: Tracker) -> Action:
    """What to do. Every message gets exactly one action."""
    if not any(char.isalnum() for char in reading.text):
        return Courtesy("empty")
    if reading.intent in _CLEARING and reading.intents[reading.intent] < thresholds.CLEARS:
        likely = {name: p for name, p in reading.intents.items() if name not in _CLEARING}
        return decide(replace(reading, intents=likely), state, tracker)
    steps = (_offered, _steers, _of_the_last_sum, _sums, _asks)
    actions = (step(reading, state, tracker) for step in steps)
    return next((action for action in actions if action), None) or _about(reading, state, tracker)


# -- what the desk has offered


def _offered(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    offer = state.offer
    if offer is None:
        return None
    text, intent = reading.text, reading.intent
    for index, option in enumerate(offer.options):
        if text and (text == option or (len(text) > 1 and text in option and intent in ("choose", "tell", "compute"))):
            return TakeOffer(index)
    if intent == "confirm" and len(offer.values) <= 1 and not reading.with_role(*INPUTS):
        return TakeOffer(0)
    if intent == "unit" and offer.unit:
        return TakeOffer(0 if tracker.is_wan(text) else 1)
    if intent == "deny" and not reading.with_role(*INPUTS):
        return RejectOffer()
    if intent == "choose":
        numbers = [int(q.value) for q in reading.quantities if q.kind in ("measure", "bare", "count")]
        chosen = numbers[0] if numbers else tracker.ordinal(text, len(offer.options))
        if chosen and 0 < chosen <= len(offer.options):
            return TakeOffer(chosen - 1)
    if set(reading.asked) - {"amount", "content"}:
        return None
    named = topics_of(reading)
    fitting = [index for index, topic in enumerate(offer.topics) if topic in named]
    return TakeOffer(fitting[0]) if len(fitting) == 1 and not reading.with_role(*INPUTS) else None


# -- the conversation itself


def _steers(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    intent, gives = reading.intent, bool(inputs_of(reading))
    if intent == "confirm" and (state.outcomes or state.pending):
        return None
    if intent == "human" and "contact" in reading.asked:
        return Matter(("contact",))
    if intent in _COURTESIES and not (gives and intent != "cancel") and not tracker.graded(reading, state):
        return Courtesy(_COURTESIES[intent])
    if reading.intents["other_place"] > thresholds.ELSEWHERE and intent == "compute" and not state.benefits:
        return Decline("other_place")
    if intent in _DECLINED and not (gives and state.pending and intent not in ("improper", "orders")):
        return Decline(_DECLINED[intent])
    if intent in ("next", "previous"):
        return Measures(1 if intent == "next" else -1)
    if intent == "unit" and state.benefits and not gives:
        return Calculate(state.benefits)
    if intent == "unknown" and (state.pending or state.offer):
        return Unknown()
    return None


def _of_the_last_sum(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    """Why, are you sure, how much in all: of what was computed last."""
    settled = tuple(o.benefit_id for o in state.outcomes if not isinstance(o, NeedsSlots))
    intent = reading.intent
    if speaks_of_all(reading, state, tracker):
        return Gather(compare=reading.intents["total"] + reading.intents["add"] <= thresholds.ROLE)
    years = any(is_of_years(q) for q in reading.quantities if q.kind == "count")
    if intent == "total" and years and any(tracker.slot_for(b, "years") for b in state.settled):
        return Calculate(state.settled)
    if intent == "total" and tracker.sums_up_items(reading, state):
        return Calculate(state.settled)
    if intent == "total" and any(tracker.grades(reading.text, benefit) for benefit in state.settled):
        return Calculate(state.settled)
    gathers = reading.intents["total"] > thresholds.ADDS and len(state.settled) > 1
    counts_only = all(f.quantity.kind == "count" for f in inputs_of(reading))
    if gathers and counts_only and not benefits_of(reading):
        return Explain("total")
    spoken = tuple(topic for topic in state.topics if topic in tracker.dossier.benefits)
    if intent == "total" and len(spoken) == 1 and not (state.settled or inputs_of(reading) or topics_of(reading)):
        return Explain("total", spoken)
    refers = intent == "why" and bool(settled)
    if intent in ("doubt", "why") and state.pending and not (settled or topics_of(reading) or inputs_of(reading)):
        return Calculate(state.benefits)  # nothing was computed yet: what is noted, and what is still asked
    if not (settled or state.settled) or intent not in _OF_THE_LAST_SUM or (inputs_of(reading) and not refers):
        return None
    named = benefits_of(reading)
    other = set(reading.about) - set(settled) - {tracker.dossier.policy.id}
    if intent == "total" and named:
        if len(named) == 1 and not tracker.printed_counts(named[0], ()) and set(named) <= set(state.settled):
            return Explain("total")
        apart = [b for b in named if not set(tracker.with_companions((b,))) & set(state.benefits)]
        return Explain("total", (*state.benefits, *named) if len(named) == len(apart) == 1 else named)
    if intent == "total":
        return Explain("total")
    if not settled or set(named) - set(settled):
        return None
    if intent in ("claim", "confirm") and (
        other or reading.asks.get("unstated", 0) > thresholds.ASKED or never_stated(reading)
    ):
        return None
    if intent == "claim" and not reading.with_role("ref") and reading.covered < thresholds.COVERED:
        return None
    return Explain(intent, tuple(b for b in named if b in settled))


# -- sums


def _sums(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    gives, intent = inputs_of(reading), reading.intent
    never = never_stated(reading)
    if intent == "remove" and (less := _less(reading, state, tracker)):
        return less
    if (intent == "remove" and not gives) or (intent in _QUESTIONS and not gives_figures(reading, state, tracker)):
        return None
    play, follows = in_play(reading, state, tracker)
    graded = tracker.graded(reading, state)
    if graded and not gives and (not never or intent in _SUMS):
        return Calculate(tracker.with_companions(graded))
    again = state.wish == "inverse" and len(gives) == 1 and intent in ("suppose", "compute", "tell", "ask")
    again = again and not tracker.names_year(reading)  # so much this year: no award
    if again and tracker.is_award(reading, state.benefits) and len(reading.text) <= ELLIPSIS:
        return Invert(state.benefits, again=True)
    if is_inverse(reading) and (play or reading.with_role("wanted")):
        return Invert(play or tracker.growing)
    if never and not gives:
        return None
    lone = bool(gives) and all(f.quantity.kind == "count" for f in gives) and len(play) > 1
    if lone and intent == "compute" and not follows and not tracker.companions(play):
        accepting = [b for b in play if tracker.accepts(b, reading) or tracker.is_ready(b, reading.text)]
        if len(accepting) < len(play):
            return Quote(play, surely=True, asides=never)
    sums = bool(benefits_of(reading)) and any(is_unsure_sum(f) for f in reading.figures)
    unsure = intent == "tell" and (sums or (follows and tracker.is_counted(reading, play)))
    if gives or unsure or (state.pending and follows and intent in _SUMS and tracker.answers(reading, state)):
        hopeless = reading.covered < thresholds.SURELY_NOT and len(reading.text) > ELLIPSIS and not unsure
        if not play and set(reading.asked) & set(MATTERS):
            return None
        if not play:
            return Refuse(()) if hopeless else Calculate(()) if intent in _SUMS else None
        near_miss = hopeless and not state.benefits and (intent == "compute" or not topics_of(reading))
        return Refuse(topics_of(reading)) if near_miss else Calculate(play, _adds(reading, state), never)
    return _without_figures(reading, state, tracker) if intent in ("compute", "add", "suppose") else None


def _without_figures(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    """A sum that is wanted in a message that gives no figure."""
    play, follows = in_play(reading, state, tracker)
    never = never_stated(reading)
    wishes = not topics_of(reading) and set(reading.asked) <= {"amount"} and reading.covered > thresholds.SURELY_NOT
    perhaps_never = max(reading.asks[name] for name in NEVER_STATED) > thresholds.SURELY_NOT
    if wishes and not perhaps_never and reading.intent == "compute" and not play and len(reading.text) <= ELLIPSIS:
        return Menu()
    if not (follows and state.outcomes) and not is_covered(reading, topics_of(reading) or play, tracker):
        return None
    known = [b for b in play if tracker.is_ready(b, reading.text) or tracker.is_known(b, state.values)]
    if len(play) > 1 and not tracker.companions(play) and len(known) < len(play):
        return Quote(play, surely=True, asides=never)  # several at once, without figures: what each gives
    if not play:
        return None if topics_of(reading) or (reading.asked and set(reading.asked) & {*MATTERS}) else Menu()
    return Calculate(play, _adds(reading, state), never)


def _less(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    """The sum without what is taken out: one of several, or a benefit."""
    some = tracker.loses_some(reading, state)
    if some or tracker.removes_item(reading, state):
        return Calculate(tuple(dict.fromkeys((*state.benefits, *some))))
    gone = spoken_of(reading, dict.fromkeys((*state.benefits, *state.settled))) if not inputs_of(reading) else ()
    return Remove(tracker.with_companions(gone)) if gone else None


def in_play(reading: Reading, state: State, tracker: Tracker) -> tuple[tuple[str, ...], bool]:
    """The benefits that a sum is about, and whether it goes on with the sum in hand."""
    named = list(benefits_of(reading))
    by_role = tracker.benefits_by_role(reading, named, state)
    named += [benefit for benefit in by_role if benefit not in named]
    if not named:
        graded = tracker.graded(reading, state)
        several = [b for b in state.settled if b in (*spoken_of(reading, state.settled), *graded)]
        if len(several) > 1:
            return tracker.with_companions(several), True
        spoken = tuple(topic for topic in state.topics if topic in tracker.dossier.benefits)
        fitting = next(
            (each for each in (spoken, state.benefits) if any(tracker.accepts(b, reading) for b in each)), ()
        )
        return tracker.with_companions(graded or fitting or state.benefits or spoken), True
    play = tracker.with_companions(tuple(named))
    follows = bool(set(play) & set(state.benefits))
    corrects = reading.intent in ("correct", "suppose")
    if follows and set(play) <= set(state.benefits) and (corrects or not benefits_of(reading)):
        return state.benefits, True
    if _adds(reading, state):
        return tuple(dict.fromkeys((*state.benefits, *play))), True
    return play, follows


def _adds(reading: Reading, state: State) -> bool:
    """Whether a sum is wanted together with the one before."""
    return bool(state.settled) and reading.intents["add"] + reading.intents["total"] > thresholds.ADDS


# -- questions of the document


def _asks(reading: Reading, state: State, tracker: Tracker) -> Action | None:
    topics, never = topics_of(reading), never_stated(reading)
    matters = _matters(reading, topics)
    if (reading.parts or tracker.names_group(reading.text)) and not never:
        return Measures()
    answerable = [ask for ask in reading.asked if ask not in NEVER_STATED and ask != "unstated"]
    if never and not (answerable and len(reading.asked) > 1 and reading.covered > thresholds.SURELY_NOT):
        return Silent(never[0], topics or state.topics)
    if tracker.asks_titles(reading.text) and set(matters) <= {"extent"} and reading.intent in ("list", "ask"):
        return ListPlaces(topics)
    if matters:
        return Matter(matters, topics, never)
    if reading.measures or reading.parts or tracker.names_group(reading.text):
        return Measures()
    wanted = {"where", "payer"} & set(reading.asked)
    lists = reading.intents["list"] > thresholds.SURELY_NOT and bool(wanted) and not topics
    if reading.intent == "list" or lists:
        return ListPlaces(topics)
    if reading.intent == "compare" and len(topics) > 1:
        return ListPlaces(topics, compare=True)
    ready = [b for b in tracker.with_companions(benefits_of(reading)) if tracker.is_ready(b, reading.text)]
    amount = set(answerable) == {"amount"}
    goes_on = state.after in ("sum", "none_due") and set(answerable) <= {"amount", "content"}
    if not ready or not (amount or goes_on) or reading.intent != "ask" or never:
        return None
    follows = goes_on and len(reading.text) <= SHORT and set(reading.asked) <= {"amount"}
    if (follows or is_covered(reading, topics, tracker)) and (set(ready) == set(topics) or len(topics) == 1):
        return Calculate(tuple(ready))
    return None


def _about(reading: Reading, state: State, tracker: Tracker) -> Action:
    topics, never = topics_of(reading), never_stated(reading)
    covered = 1.0 if reading.intent == "text" else reading.covered
    if topics and reading.intent == "text":
        return Quote(topics, surely=True)
    if topics:
        if not is_covered(reading, topics, tracker):
            return Refuse(topics)
        return Quote(topics, covered > thresholds.SURELY_COVERED, never)
    least = thresholds.TEXT_TOPIC if reading.intent == "text" else thresholds.LIKELY_TOPIC
    likely = tuple(topic for topic in _ranked(reading) if reading.topics[topic] > least)
    if likely and covered >= thresholds.COVERED:
        rivals = _rivals(reading, likely, thresholds.RIVAL)
        return OfferTopics(rivals) if len(rivals) > 1 else Quote(likely[:1], surely=False, asides=never)
    perhaps = tuple(topic for topic in _ranked(reading) if reading.topics[topic] > thresholds.OFFERED_TOPIC)
    rivals = _rivals(reading, perhaps, thresholds.NEAR_RIVAL)
    money = reading.intent == "ask" and reading.asked and set(reading.asked) <= {"amount", "content", "condition"}
    paid = all(topic in tracker.dossier.benefits for topic in rivals)
    if len(rivals) > 1 and money and paid and not state.topics and covered >= thresholds.COVERED:
        return OfferTopics(rivals)
    follows = len(reading.text) <= thresholds.FOLLOW_UP and reading.intent in _QUESTIONS | {"again", "doubt", "why"}
    if state.after != "start" and state.topics and follows:
        if not is_covered(reading, state.topics, tracker):
            return Refuse(state.topics)
        return Quote(state.topics, surely=False, asides=never)
    sums = any(figure.quantity.kind in ("money", "rate") for figure in reading.with_role("ref"))
    if sums and covered >= thresholds.COVERED:
        return ListPlaces()
    if tracker.asks_highest(reading.text) and "amount" in reading.asked and len(reading.text) <= SHORT:
        return ListPlaces()
    wishes = reading.intents["list"] + reading.intents["compute"] + reading.intents["help"]
    if wishes > thresholds.LIKELY_TOPIC and covered >= thresholds.COVERED:
        return Menu()
    return Search() if covered >= thresholds.COVERED else Refuse((), likely=bool(likely))


def _ranked(reading: Reading) -> list[str]:
    return sorted(reading.topics, key=lambda topic: -reading.topics[topic])


def _rivals(reading: Reading, topics: tuple[str, ...], share: float) -> tuple[str, ...]:
    """The first of some topics and those nearly as likely, three at most."""
    return tuple(t for t in topics if reading.topics[t] > share * reading.topics[topics[0]])[:3]


def is_question_apart(reading: Reading, action: Action, tracker: Tracker) -> bool:
    """Whether a part of a message asks the document something on its own; a bare name leads on to what follows it."""
    if not reading.asked or inputs_of(reading) or reading.intent not in _QUESTIONS or tracker.is_bare(reading):
        return False
    if isinstance(action, (Matter, Silent)):
        return True
    return isinstance(action, Quote) and set(action.topics) <= set(topics_of(reading))


def _matters(reading: Reading, topics: tuple[str, ...]) -> tuple[str, ...]:
    """Matters asked; what is said of a named topic is not said of the policy as a whole."""
    of_topic = any(not _is_section(topic) for topic in topics)
    matters = [ask for ask in reading.asked if ask in MATTERS]
    if matters:  # beside one that is asked for certain another is hardly there by chance
        likely = {ask: p for ask, p in reading.asks.items() if ask in MATTERS and p > thresholds.ALSO_ASKED}
        matters += [ask for ask in likely if ask not in matters]
    return tuple(m for m in matters if not (of_topic and m in ("background", "aim", "extent", "start", "validity")))[:2]


def _is_section(topic: str) -> bool:
    return "/s" in topic

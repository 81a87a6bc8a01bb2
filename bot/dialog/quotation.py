"""Quotations: questions that the document answers in its own words, and those that it leaves open."""

from collections.abc import Iterable
from dataclasses import replace

from bot.dialog import thresholds
from bot.dialog.actions import Matter, OfferTopics, Quote, Refuse, Silent
from bot.dialog.annotation import Annotations
from bot.dialog.reply import NotCovered, QuotedAnswer, Remark, Reply, SlotQuestion
from bot.dialog.state import Offer, State
from bot.nlu.labels import MATTERS
from bot.nlu.reading import Reading
from knowledge.citation import Citation
from knowledge.library import Dossier
from knowledge.policy import Clause
from retrieval.retriever import Evidence, Hit, Retriever

Answer = tuple[Reply, State]
_CLOSE = 0.85
_MOST_QUOTED, _MOST_TOPICS = 3, 6
_MOST_SEARCHED = 100
_TIMELESS = ("validity", "start")


class QuotationHandler:
    """Quotes one policy, or says that it is silent."""

    def __init__(self, dossier: Dossier, annotations: Annotations, retriever: Retriever) -> None:
        """Keep what answers are made of."""
        self.dossier, self.annotations, self.retriever = dossier, annotations, retriever

    # -- what the document is silent on

    def silent(self, action: Silent, reading: Reading, state: State) -> Answer:
        """A refusal that names what such a document never states, with the nearest clause."""
        nearest = self._ranked(reading, self.places_of(action.topics))[:1]
        return self.not_covered(
            f"silent_{action.ask}", state, tuple(map(self.dossier.cite, nearest)), topics=action.topics
        )

    def refuse(self, action: Refuse, reading: Reading, state: State) -> Answer:
        """A refusal where a topic is known and what is asked of it is not in the document, or none is known."""
        nearest = self._ranked(reading, self.places_of(action.topics))[:1]
        key = "attribute_not_stated" if nearest else "no_evidence"
        return self.not_covered(key, state, tuple(map(self.dossier.cite, nearest)), topics=action.topics)

    # -- matters of the whole policy

    def matter(self, action: Matter, reading: Reading, state: State) -> Answer:
        """The answer to a question about the policy as such: validity, contact, interpretation and so on."""
        facts = self.dossier.facts
        single = {
            "contact": facts.contact.telephone.clause,
            "validity": facts.period.clause,
            "start": facts.start.clause,
            "stacking": facts.stacking.clause,
            "interpreter": facts.interpreter.clause,
            "extent": facts.extent.clause,
        }
        places: list[str] = []
        remarks: list[Remark] = []
        for matter in action.matters:
            found = (single[matter],) if matter in single else facts.sections.get(matter, ())
            own = [t for t in action.topics if matter in ("background", "aim", "extent") and "/s" in t]
            places += own or [self.dossier.clause_id(place) for place in found]
            remarks += self._matter_remarks(matter)
        beside = self._stating(reading, action.topics) if set(reading.asked) - set(MATTERS) - set(action.asides) else ()
        citations = tuple(dict.fromkeys(self.dossier.cite(place) for place in (*places, *beside)))
        remarks += [Remark(f"silent_{ask}") for ask in action.asides]
        moved = replace(
            state, places=tuple(c.clause.id for c in citations), measure=None, after="quote", offer=state.open_figures
        )
        return QuotedAnswer(Remark(f"matter_{action.matters[0]}"), citations, tuple(remarks)), moved

    def _matter_remarks(self, matter: str) -> tuple[Remark, ...]:
        period = self.dossier.period
        if matter not in _TIMELESS:
            return (Remark("stacking_scope"),) if matter == "stacking" else ()
        if period.start is None or period.end is None:
            return (Remark("start_unknown"),)
        return (Remark("start_known", {"start": period.start.isoformat(), "end": period.end.isoformat()}),)

    # -- topics

    def quote(self, action: Quote, reading: Reading, state: State) -> Answer:
        """Quotes the clauses on the topics, those that state what is asked first."""
        chosen = self._stating(reading, action.topics)
        if not chosen:
            nearest = self._ranked(reading, self.places_of(action.topics))[:1]
            cited = tuple(map(self.dossier.cite, nearest))
            return self.not_covered("attribute_not_stated", state, cited, topics=action.topics)
        if "combine" in reading.asked:
            chosen = tuple(dict.fromkeys((*chosen, self.dossier.facts.stacking.clause)))
        return self.quoted(chosen, action.topics, state, action.asides)

    def _stating(self, reading: Reading, topics: tuple[str, ...]) -> tuple[str, ...]:
        """The clauses of topics that state what is asked; all where nothing can be told of that."""
        places = self.places_of(topics[:_MOST_TOPICS])
        asked = [name for name in reading.asked if name in self.annotations.attributes]
        stating = [p for p in places if all(self.annotations.states(p, name) for name in asked)]
        some = [p for p in places if any(self.annotations.states(p, name) for name in asked)]
        fitting = tuple(stating or some) if asked else places
        if asked and not fitting:
            fitting = places if reading.covered > thresholds.SURELY_COVERED else ()
        limit = _MOST_TOPICS if len(topics) > 1 else _MOST_QUOTED
        return tuple(self._ranked(reading, fitting)[:limit])

    def places_of(self, topics: Iterable[str]) -> tuple[str, ...]:
        """Clauses of topics: those of benefits, clauses themselves, and for a heading all that stands under it."""
        found: dict[str, None] = {}
        for topic in topics:
            if topic in self.dossier.benefits:
                found |= dict.fromkeys(self.dossier.benefits[topic].clauses)
            elif topic in self.dossier.policy.clauses:
                found |= dict.fromkeys(self._under(self.dossier.policy.clauses[topic]))
        return tuple(found)

    def _under(self, clause: Clause) -> tuple[str, ...]:
        if not clause.is_heading:
            return (clause.id,)
        if clause.measure is None:
            group = next((g for g in self.dossier.policy.groups if g.heading is clause), None)
            if group is not None:
                return tuple(measure.clauses[0].id for measure in group.measures)
        prefix = clause.id.rpartition(".")[0]
        inside = tuple(c.id for c in self.dossier.policy.sentences if c.id.rpartition(".")[0] == prefix)
        return inside or (clause.id,)

    def _ranked(self, reading: Reading, places: Iterable[str]) -> list[str]:
        """The places with the words of the question first."""
        found = tuple(places)
        if len(found) < 2:
            return list(found)
        limit = len(self.dossier.policy.clauses)
        scores = {hit.clause_id: hit.score for hit in self.retriever.lexical(self.expanded(reading), limit=limit)}
        return sorted(found, key=lambda place: -scores.get(place, 0.0))

    def offer(self, action: OfferTopics, state: State) -> Answer:
        """A choice between the topics that are likely meant."""
        benefits, policy = self.dossier.benefits, self.dossier.policy
        options = tuple(benefits[t].title if t in benefits else policy.title(policy.clauses[t]) for t in action.topics)
        offer = Offer(options, topics=action.topics)
        question = SlotQuestion(Remark("which_topic"), ("which_topic_label",), options=options)
        return question, replace(state, offer=offer, topics=action.topics[:1], after="asked_choice")

    # -- everything else: search

    def search(self, reading: Reading, state: State) -> Answer:
        """The best clauses by words and meaning, if they are evidence for an answer."""
        found = self.retriever.search(self.expanded(reading))
        if not isinstance(found, Evidence) or found.margin < thresholds.SEARCH_MARGIN:
            return self.not_covered("no_evidence", state)
        asked = [name for name in reading.asked if name in self.annotations.attributes]
        hits = [h for h in found.hits if all(self.annotations.states(h.clause_id, name) for name in asked)]
        best = found.hits[0]
        elsewhere = best.clause_id == self.contact().clause.id and "contact" not in reading.asked
        if elsewhere or not hits or hits[0].score < best.score * _CLOSE:
            near = (self.dossier.cite(best.clause_id),)
            return self.not_covered("attribute_not_stated", state, near, topics=(best.clause_id,))
        same = [h for h in hits[1:2] if h.score >= best.score * _CLOSE and _place(h) == _place(hits[0])]
        places = tuple(h.clause_id for h in (hits[0], *same))
        return self.quoted(places, places, state)

    def expanded(self, reading: Reading) -> str:
        """The question with the document's words for people's words added."""
        synonyms = self.dossier.lexicon.synonyms.items()
        added = [word for word, names in synonyms if any(name in reading.text for name in names)]
        return " ".join((reading.text[:_MOST_SEARCHED], *added))

    # -- replies

    def quoted(
        self, places: tuple[str, ...], topics: tuple[str, ...], state: State, asides: tuple[str, ...] = ()
    ) -> Answer:
        """An answer that quotes the clauses, and the state in which they are spoken of."""
        citations = tuple(self.dossier.cite(place) for place in places)
        benefits = tuple(topic for topic in topics if topic in self.dossier.benefits)
        moved = replace(
            state,
            places=places,
            topics=topics,
            measure=citations[0].clause.measure or state.measure,
            after="quote",
            offer=state.open_figures,
        )
        if benefits and not (state.pending or state.outcomes):
            moved = replace(moved, benefits=benefits)
        elif benefits and set(benefits) - set(state.benefits):
            moved = replace(moved, pending=state.pending)
        return QuotedAnswer(Remark("quoted"), citations, tuple(Remark(f"silent_{ask}") for ask in asides)), moved

    def contact(self) -> Citation:
        """The clause that names whom to ask."""
        return self.dossier.cite_fact(self.dossier.facts.contact.telephone)

    def not_covered(
        self, reason: str, state: State, nearest: tuple[Citation, ...] = (), *, topics: tuple[str, ...] = ()
    ) -> Answer:
        """The honest refusal, with the contact and perhaps the nearest clause; its topic is still the talk's."""
        places = tuple(citation.clause.id for citation in nearest) or state.places
        moved = replace(state, places=places, topics=topics or state.topics, after="refused", offer=state.open_figures)
        return NotCovered(Remark(reason), self.contact(), nearest), moved


def _place(hit: Hit) -> str:
    return hit.clause_id.rpartition(".")[0]

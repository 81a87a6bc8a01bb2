"""The FAQ for programs: as its own JSON, and as FAQPage of schema.org."""

import json
from typing import Any

from bot.faq.entry import Entry, Faq
from bot.faq.formats.document_model import anchor, clean, fragment, headline, plain

_LANGUAGE = "zh-CN"


def write_json(faq: Faq) -> bytes:
    """All that is known, to be read back by `Faq.model_validate_json`."""
    return f"{faq.model_dump_json(indent=2)}\n".encode()


def write_jsonld(faq: Faq) -> bytes:
    """The FAQ as search engines read it, in a file of its own."""
    return f"{json.dumps(faq_page(faq), ensure_ascii=False, indent=2)}\n".encode()


def faq_page(faq: Faq) -> dict[str, Any]:
    """An FAQPage; what is identified by `#...` has that anchor on the page."""
    return {
        "@context": "https://schema.org",
        "@type": "FAQPage",
        "name": headline(faq),
        "inLanguage": _LANGUAGE,
        "version": clean(faq.edition),
        "mainEntity": [_question(entry) for entry in faq.entries],
    }


def _question(entry: Entry) -> dict[str, Any]:
    question: dict[str, Any] = {
        "@type": "Question",
        "@id": f"#{fragment(anchor(entry))}",
        "identifier": entry.id,
        "name": clean(entry.question),
        "inLanguage": _LANGUAGE,
        "answerCount": 1,
    }
    if entry.measure or entry.group:
        question["about"] = {"@type": "Thing", "name": clean(entry.measure or entry.group)}
    if entry.audiences:
        question["audience"] = [{"@type": "Audience", "audienceType": clean(name)} for name in entry.audiences]
    answer: dict[str, Any] = {"@type": "Answer", "text": plain(entry), "inLanguage": _LANGUAGE}
    if entry.quotations:
        answer["citation"] = [
            {"@type": "Quotation", "identifier": each.clause, "name": clean(each.label), "text": clean(each.quote)}
            for each in entry.quotations
        ]
    question["acceptedAnswer"] = answer
    return question

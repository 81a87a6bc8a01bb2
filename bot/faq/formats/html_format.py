"""The FAQ as one self-contained HTML page; a CSP with hashes admits its own script and style alone."""

import base64
import hashlib
import json
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from bot.faq.entry import Entry, Faq
from bot.faq.formats.document_model import anchor, audience, chapters, clean, headline, legend, marks, pieces
from bot.faq.formats.json_format import faq_page
from bot.faq.formats.wording import label

_TEMPLATES = Path(__file__).with_name("templates")


def write_page(faq: Faq) -> bytes:
    """The page; it can be read, linked into and printed without its script too."""
    style, script = (_source(name) for name in ("faq.css", "faq.js"))
    policy = (
        f"default-src 'none'; script-src '{_hash(script)}'; style-src '{_hash(style)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    page = _environment().get_template("faq.html")
    text = page.render(
        faq=faq,
        title=headline(faq),
        chapters=chapters(faq),
        legend=legend(faq),
        audiences=list(dict.fromkeys(map(clean, (name for entry in faq.entries for name in entry.audiences)))),
        security=policy,
        style=Markup(style),  # noqa: S704 (a file of ours)
        script=Markup(script),  # noqa: S704 (a file of ours)
        data=_data(faq),
    )
    return f"{text.strip()}\n".encode()


def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(label=label, template=_template, for_everybody=_for_everybody)
    environment.filters.update(anchor=anchor, audience=audience, clean=clean, marks=marks, pieces=pieces)
    return environment


def _source(name: str) -> str:
    return f"\n{(_TEMPLATES / name).read_text(encoding='utf-8')}"


def _hash(source: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(source.encode()).digest()).decode()}"


def _data(faq: Faq) -> Markup:
    """The FAQPage; no text in it can end the element that holds it."""
    return Markup(json.dumps(faq_page(faq), ensure_ascii=False).replace("<", "\\u003c"))  # noqa: S704 (escaped here)


def _template(key: str, *blanks: str) -> str:
    """Words whose blanks the script fills in."""
    return label(key, **{name: f"{{{name}}}" for name in blanks})


def _for_everybody(entry: Entry) -> bool:
    """Whether an entry is shown whatever kind of applicant is chosen: it is about no measure and names nobody."""
    return not (entry.audiences or entry.measure)

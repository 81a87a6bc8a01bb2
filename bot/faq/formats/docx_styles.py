"""Page layout and styles of the Word document: A4, Chinese fonts, header, page numbers."""

import re
from pathlib import Path

from docx import Document as open_template
from docx.document import Document
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Cm
from docx.text.paragraph import Paragraph
from pydantic import BaseModel

from bot.faq.formats.docx_fields import add_field, add_text
from bot.faq.formats.wording import label
from knowledge.datafile import read_yaml

_STYLES = Path(__file__).with_name("styles.yaml")
_KEPT = {"Normal", "DefaultParagraphFont", "TableNormal", "NoList"}
_DROPPED_PARTS = ("/thumbnail", "/stylesWithEffects")  # a picture of the empty template, and a copy of its styles
_NEWEST_WORD = "15"
_BULLET = f"""<w:abstractNum {nsdecls("w")} w:abstractNumId="0"><w:multiLevelType w:val="singleLevel"/>
<w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="bullet"/><w:lvlText w:val="\u2022"/><w:lvlJc w:val="left"/>
<w:pPr><w:ind w:left="420" w:hanging="300"/></w:pPr></w:lvl></w:abstractNum>"""
_LIST = f'<w:num {nsdecls("w")} w:numId="1"><w:abstractNumId w:val="0"/></w:num>'
_PLACE = re.compile(r"\{(page|pages)\}")
_FIELDS = {"page": "PAGE", "pages": "NUMPAGES"}


class _Sheet(BaseModel):
    """The styles of the file, with blanks for the values that they share."""

    values: dict[str, str]
    defaults: dict[str, str]
    styles: dict[str, dict[str, str]]

    def filled(self, texts: dict[str, str]) -> dict[str, str]:
        return {key: text.format(**self.values) for key, text in texts.items()}


def blank_document(head: str) -> Document:
    """An empty document with our styles; from its second page on, `head` stands over each page."""
    document = open_template()
    _set_styles(document)
    _set_settings(document)
    numbering = document.part.numbering_part.element
    _replace(numbering, [_BULLET, _LIST])
    for relations in (document.part.package.rels, document.part.rels):
        for key in [key for key, relation in relations.items() if relation.reltype.endswith(_DROPPED_PARTS)]:
            del relations[key]
    section = document.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.top_margin = section.bottom_margin = Cm(2.5)
    section.left_margin = section.right_margin = Cm(2.5)
    section.header_distance = section.footer_distance = Cm(1.4)
    section.different_first_page_header_footer = True
    add_text(section.header.paragraphs[0], head)
    for footer in (section.first_page_footer, section.footer):
        _number_pages(footer.paragraphs[0])
    return document


def _number_pages(paragraph: Paragraph) -> None:
    """Fields in the words that say which page it is; every program fills them in when it lays out the pages."""
    for number, piece in enumerate(_PLACE.split(label("page_numbers", page="{page}", pages="{pages}"))):
        if number % 2:
            add_field(paragraph, _FIELDS[piece], "1")
        else:
            add_text(paragraph, piece)


def _set_styles(document: Document) -> None:
    """Our styles in place of those of the template, whose fonts and colours know nothing of Chinese."""
    sheet = _Sheet.model_validate(read_yaml(_STYLES))
    styles = document.styles.element
    for style in list(styles):
        if style.tag == qn("w:style") and style.get(qn("w:styleId")) not in _KEPT:
            styles.remove(style)
    defaults = sheet.filled(sheet.defaults)
    styles.replace(
        styles.find(qn("w:docDefaults")),
        parse_xml(
            f"<w:docDefaults {nsdecls('w')}><w:rPrDefault><w:rPr>{defaults['letters']}</w:rPr></w:rPrDefault>"
            f"<w:pPrDefault><w:pPr>{defaults['paragraph']}</w:pPr></w:pPrDefault></w:docDefaults>"
        ),
    )
    for name, style in sheet.styles.items():
        styles.append(_style(name, sheet.filled(style)))


def _style(name: str, style: dict[str, str]) -> BaseOxmlElement:
    return parse_xml(
        f'<w:style {nsdecls("w")} w:type="paragraph" w:styleId="{name}"><w:name w:val="{style["name"]}"/>'
        f'<w:basedOn w:val="{style.get("based", "Normal")}"/><w:next w:val="Normal"/><w:qFormat/>'
        f"<w:pPr>{style.get('paragraph', '')}</w:pPr><w:rPr>{style.get('letters', '')}</w:rPr></w:style>"
    )


def _set_settings(document: Document) -> None:
    """A document of today's Word, in Chinese: else it opens as one of an old Word, set for Japanese."""
    settings = document.settings.element
    for element in settings.iter(qn("w:compatSetting")):
        if element.get(qn("w:name")) == "compatibilityMode":
            element.set(qn("w:val"), _NEWEST_WORD)
    for element in settings.iter(qn("w:themeFontLang")):
        element.set(qn("w:eastAsia"), "zh-CN")
    for element in settings.iter(qn("w:zoom")):
        element.set(qn("w:percent"), "100")
    for element in list(settings.iter(qn("w:savePreviewPicture"))):
        settings.remove(element)


def _replace(parent: BaseOxmlElement, sources: list[str]) -> None:
    for child in list(parent):
        parent.remove(child)
    for source in sources:
        parent.append(parse_xml(source))

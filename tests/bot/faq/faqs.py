"""A small FAQ made by hand: all that an entry can be, and one of hostile words."""

import re
import unicodedata
from collections.abc import Iterator

from bot.faq.entry import Entry, Faq, Paragraph, Quotation
from bot.faq.formats import FORMATS

HOSTILE = "</script><script>alert(1)</script>"
FORMULA = "=1+1"
MARKUP = "*_[x](y) <b>粗</b> `码` &amp; # 1. |"
LONG = "很长的答复，一句接一句。" * 417  # some 5,000 characters
PLACE = "《…若干措施》政策解读 四（三）第7条"
CLAUSE = "企业年度自主研发费用高于200万元且较上年实现增长的，年度自主研发费用每满200万元给予10万元补助，最高500万元。"
VALIDITY = "《若干措施》自印发之日起实施，有效期3年。"
STEPS = """怎么算的：
【研发费用补助】
1. 门槛一：1200万元 > 200万元，符合
2. 满档数：1200万元 ÷ 200万元 = 6，取整数，6档
【叠加奖励】
3. 按档计算：6 × 10万元 = 60万元
4. 没有冒号的一步"""


def said(text: str) -> Paragraph:
    return Paragraph(role="said", text=text)


def quoted(text: str, place: str = PLACE) -> Paragraph:
    return Paragraph(role="quote", text=text, label=place)


GENERAL = Entry(
    id="validity",
    group="政策总体",
    measure="",
    question="政策有效期是多久？",
    outcome="answered",
    answer=(said("关于有效期，文件这样写："), quoted(VALIDITY, "《…若干措施》政策解读 三、范围期限")),
    quotations=(Quotation(clause="p/s3.1", label="《…若干措施》政策解读 三、范围期限", quote=VALIDITY),),
)
WORKED = Entry(
    id="rd-example",
    group="（三）夯实企业科技创新主体地位",
    measure="7.增强科技型中小企业创新能力",
    question="研发费用1200万元，补助有多少？",
    outcome="answered",
    answer=(
        said("按您说的研发费用计算：\n• 研发费用补助：60万元\n合计：60万元"),
        Paragraph(role="steps", text=STEPS),
        said("依据："),
        quoted(CLAUSE),
        Paragraph(role="note", text="前提：费用是ＡＢＣ企业的。\n另外要说明：以主管处室的答复为准。"),
    ),
    quotations=(Quotation(clause="p/7.2", label=PLACE, quote=CLAUSE),),
    audiences=("企业",),
)
ATTACK = Entry(
    id='bad id/"<x>',
    group="（三）夯实企业科技创新主体地位",
    measure="7.增强科技型中小企业创新能力",
    question=f"{FORMULA}{HOSTILE}🎉",
    outcome="answered",
    answer=(
        said(f"{FORMULA}\n{HOSTILE}\n{MARKUP}\n🎉\n---\n+ 一\n1. 一\n7. 二\n\x0b末"),
        quoted(f"{MARKUP}\n\n{HOSTILE}"),
    ),
    quotations=(Quotation(clause="p/7.3", label=PLACE, quote="答复里没有的一句引文"),),
    audiences=("高校", HOSTILE),
    origin="asked",
    asked=7,
)
LENGTHY = Entry(
    id="long",
    group="（三）夯实企业科技创新主体地位",
    measure="8.促进产业链创新能力提升",
    question="答复很长的问题？",
    outcome="answered",
    answer=(said(LONG), Paragraph(role="heading", text="8.促进产业链创新能力提升", label=PLACE)),
    quotations=(),
    audiences=("企业", "高校"),
)
STAFF = Entry(
    id="office",
    group="主管部门的答复",
    measure="",
    question="在哪里交材料？",
    outcome="answered",
    answer=(said("在服务大厅。"),),
    quotations=(),
    origin="curated",
)
SILENT = Entry(
    id="deadline",
    group="文件没有写明的",
    measure="",
    question="什么时候申报？",
    outcome="not_covered",
    answer=(said("申报时间，文件里没有写。"),),
    quotations=(),
)
FAQ = Faq(
    policy="p",
    title="《若干措施》",
    edition="5213eaef2eb2",
    contact="联系人：战略规划处，联系电话：0592-2021807",
    entries=(GENERAL, WORKED, ATTACK, LENGTHY, STAFF, SILENT),
)
TITLE = "《若干措施》常见问题解答"
WRITTEN = {name: write(FAQ) for name, write in FORMATS.items()}


def squeezed(text: str) -> str:
    """The text without blanks and what cannot be seen: how lines are broken is the matter of a format."""
    return "".join(c for c in text if not c.isspace() and unicodedata.category(c) != "Cc" and c != "\ufffd")


def sayings(entry: Entry) -> Iterator[str]:
    """All that an entry says, line by line, without the marks of lists."""
    yield entry.question
    for paragraph in entry.answer:
        for line in paragraph.text.splitlines():
            yield re.sub(r"^(• |\d+\. )", "", line)
        yield paragraph.label
    for quotation in entry.quotations:
        yield from (quotation.quote, quotation.label)


def missing(text: str) -> list[str]:
    """What of the FAQ a text does not hold."""
    whole = squeezed(text)
    said = [TITLE, FAQ.edition, FAQ.contact]
    said += [words for entry in FAQ.entries for words in (entry.group, entry.measure, *sayings(entry))]
    assert len(said) > 40
    return [words for words in said if squeezed(words) not in whole]

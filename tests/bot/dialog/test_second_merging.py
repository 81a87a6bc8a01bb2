"""What of a reading counts: known ids, words of the message, and numbers that the desk itself can read."""

import pytest

from bot.dialog.manager import Manager
from bot.dialog.second import MOST_TOPICS, Named, Reading, SecondReading
from bot.dialog.understanding import Understander
from tests.bot.dialog.test_second import Says

TEXT = "外地学校来这边摆个摊子，花了200万元、一半，电话2021807，第3条"


@pytest.fixture
def second(manager: Manager) -> SecondReading:
    return SecondReading(manager.facts, manager.understander, Says(None))


@pytest.mark.parametrize(
    "topic",
    [
        Named("subject:unknown", "外地学校"),
        Named("tech_transfer_centre", "外地学校"),
        Named("weak:rd_subsidy", "外地学校"),
        Named("outside:贷款", "外地学校"),
        Named("subject:joint_lab", "外地学校"),
        Named("subject:tech_transfer_centre", "外地的学校"),
        Named("subject:tech_transfer_centre", "技术转移"),
        Named("subject:tech_transfer_centre", ""),
        Named("subject:tech_transfer_centre", "。"),
        Named("subject:tech_transfer_centre", "摊"),
        Named("subject:tech_transfer_centre", TEXT + TEXT),
    ],
)
def test_a_topic_that_is_unknown_or_not_read_from_the_message_is_dropped(
    second: SecondReading, understander: Understander, topic: Named
) -> None:
    assert second.merged(understander.understand(TEXT), Reading(topics=(topic,))) is None


def test_a_topic_becomes_a_mention_where_its_words_stand(second: SecondReading, understander: Understander) -> None:
    understood = understander.understand(TEXT)

    read = second.merged(understood, Reading(topics=(Named("subject:tech_transfer_centre", " 這邊\n摆个摊子 "),)))

    assert read is not None
    (mention,) = read.topics
    assert (mention.id, mention.text) == ("subject:tech_transfer_centre", "这边摆个摊子")
    assert understood.text[mention.start : mention.end] == mention.text
    assert (read.said, read.text, read.marks) == (understood.said, understood.text, understood.marks)


def test_words_that_the_rules_read_are_not_read_as_something_else(
    second: SecondReading, understander: Understander
) -> None:
    understood = understander.understand("联合实验室这件事怎么弄")

    assert understood.benefits == ("joint_lab",)
    assert second.merged(understood, Reading(topics=(Named("subject:medical", "实验室"),))) is None


def test_the_first_topic_of_the_same_words_counts_and_no_more_than_a_few(
    second: SecondReading, understander: Understander
) -> None:
    topics = (
        Named("subject:medical", "外地学校"),
        Named("subject:soe", "学校来"),
        Named("subject:ocean", "这边"),
        Named("subject:aic", "摊子"),
    )

    read = second.merged(understander.understand(TEXT), Reading(topics=topics))

    assert read is not None
    assert read.subjects == ("medical", "ocean")
    assert len(read.subjects) == MOST_TOPICS


@pytest.mark.parametrize(
    ("name", "words"), [("unknown", "学校"), ("money", "公司"), ("validity", "公司"), ("", "学校")]
)
def test_attributes_and_matters_that_are_unknown_or_not_in_the_message_are_dropped(
    second: SecondReading, understander: Understander, name: str, words: str
) -> None:
    named = (Named(name, words),)

    understood = understander.understand("外地学校来这边摆个摊子")

    assert second.merged(understood, Reading(attributes=named)) is None
    assert second.merged(understood, Reading(matters=named)) is None


def test_attributes_and_matters_stand_behind_those_of_the_rules(
    second: SecondReading, understander: Understander
) -> None:
    reading = Reading(
        attributes=(Named("money", "摊子"), Named("ratio", "摊子"), Named("ratio", "学校")),
        matters=(Named("validity", "这边"), Named("contact", "学校")),
    )

    read = second.merged(understander.understand("学校来这边摆个摊子，多少钱"), reading)

    assert read is not None
    assert read.attributes == ("money", "ratio")
    assert read.matters == ("validity",)


@pytest.mark.parametrize(
    "words",
    [
        "300万元",  # not in the message
        "20",  # a part of a number
        "00万元",
        "200",  # what the rules read already
        "200万元、一半",  # two
        "摊子",  # none
        "2021",  # of a telephone number
        "021807",
        "",
        "外地学校来这边摆个摊子,花了200万元",
    ],
)
def test_a_number_that_is_not_one_whole_quantity_of_the_message_is_dropped(
    second: SecondReading, understander: Understander, words: str
) -> None:
    assert second.merged(understander.understand(TEXT), Reading(numbers=(words,))) is None


def test_a_number_is_read_by_the_grammar_of_the_desk(second: SecondReading, understander: Understander) -> None:
    understood = understander.understand("编号300万那一档怎么说")
    assert understood.quantities == ()

    read = second.merged(understood, Reading(numbers=("300万",)))

    assert read is not None
    (quantity,) = read.quantities
    assert (quantity.kind, quantity.text) == ("money", "300万")
    assert quantity.value == 3_000_000
    assert read.text[quantity.start : quantity.end] == "300万"

"""All thresholds of decisions, by the cost of errors: a wrong sum >> a needless refusal > a needless question."""

COVERED = 0.5  # below: what is asked is not in the document
PLAINLY_COVERED = 0.25  # the same where the sum of a benefit is asked for by its name and nothing else
READ_COVERED = 0.6  # the same where a language model is asked what a message that is not placed may mean
UNNAMED_COVERED = 0.7  # the same where the benefit is not called by a name of its own
TEXT_TOPIC = 0.15  # a topic whose wording is wanted: quoting a near one does no harm
SURELY_COVERED, SURELY_NOT = 0.8, 0.2
TOPIC, NAMED_TOPIC, LIKELY_TOPIC = 0.5, 0.04, 0.25  # a topic by its probability; less is needed where its name is said
OFFERED_TOPIC = 0.12  # two topics that are likelier than this are offered where none is likely
ASKED = 0.5
ALSO_ASKED = 0.4  # above: a second matter beside one that is asked
ROLE, OTHER_ROLE = 0.5, 0.85  # below: the person is asked what the figure is
SURE_TOPIC = 0.95
ORDERED = 0.6  # above: a part of a message orders a sum
MAY_BE_LEVEL = 0.6  # below: a sum read as something else beside a year is that year's
ELSEWHERE = 0.3  # above: a sum that is wanted may be one of another place, and is not promised
RIVAL, NEAR_RIVAL = (
    0.6,
    0.5,
)  # a topic this near to the likeliest one, in share of its probability, is offered beside it
ADDS = 0.3
MAY_ADD = 0.1  # above: a sum beside one that is known is asked back, whether it is one more or takes its place
CLAIMS = 0.3  # above: a sum that is referred to is one that the person expects
TELLS = 0.4  # below: a message that is read as anything gives no figures to compute with
CLEARS = 0.8  # below: nothing that was said is thrown away
INVERSE = 0.15  # a question of what is needed, answered as a sum, would promise what is not there
FOLLOW_UP = 20  # a question of more characters is about what it says, not about what was spoken of before
MOST_APART = 20  # of two numbers of persons, one this many times the other is hardly of the same kind
MOST_YEARS, MOST_HEADS, MOST_THINGS = 10, 300, 60  # beyond: the count is asked back
BARE_IS_WAN = 10**5  # a bare number below this counts in 10,000 yuan where the talk is in these
LEAST_BARE = 10  # a year's spending below this many 10,000 yuan, said without a unit, is hardly one
SEARCH_MARGIN = 0.07  # how far above the retriever's floor evidence must be where no topic is read

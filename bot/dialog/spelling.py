"""Spelling: slips of the ear, mended where a name of the policy sounds like what was written."""

from bot.dialog.vocabulary import Vocabulary
from knowledge.library import Dossier


class Speller:
    """Mends homophones of the policy's names."""

    def __init__(self, dossier: Dossier, vocabulary: Vocabulary) -> None:
        """Gather the names worth mending towards."""

    def correct(self, text: str) -> str:
        """The text with homophones of known names replaced by them."""
        return text

"""What can be broken in the world that retrieval stands on."""

from knowledge.errors import PolicyBotError


class EmbeddingUnavailable(PolicyBotError):
    """The embedding model cannot be loaded or does not answer as it must."""


class IndexUnavailable(PolicyBotError):
    """The vector index can neither be opened nor rebuilt."""

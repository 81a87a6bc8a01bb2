"""Roles and principals."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What a token allows; each role may do all that those below it may."""

    READER = 1
    STAFF = 2
    ADMIN = 3


@dataclass(frozen=True, slots=True)
class Principal:
    """Whoever calls: the name of a token and its role. `csrf` is what forms of a browser's session must repeat."""

    name: str
    role: Role
    csrf: str = ""

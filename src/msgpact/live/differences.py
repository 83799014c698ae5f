"""How live messages differ from contracts: what a watch found, as frozen values."""

from dataclasses import dataclass

from msgpact.live.named import SeenField
from msgpact.planning import Planned

__all__ = ["Break", "DriftReport", "InteractionDrift", "NewFields"]


@dataclass(frozen=True, slots=True)
class Break:
    """What messages break of a contract at one place.

    Attributes:
        part: Of the message: `contents`, `metadata`, `content type`.
        path: In it, `[*]` for any index.
        rule: What was expected, in words.
        times: In how many messages.
        example: What one of them had, in words; without its value where values are not to be shown.
    """

    part: str
    path: str
    rule: str
    times: int
    example: str


@dataclass(frozen=True, slots=True)
class InteractionDrift:
    """What one contract says of messages, and what they are.

    Attributes:
        seen: Messages that are for it.
        fit: Those of them that keep it.
        never: Named fields that none had.
        optional: Named fields that not all had.
    """

    planned: Planned
    seen: int
    fit: int
    breaks: tuple[Break, ...] = ()
    never: tuple[str, ...] = ()
    optional: tuple[SeenField, ...] = ()


@dataclass(frozen=True, slots=True)
class NewFields:
    """The fields of the messages of one address that no contract names; a header's path is `metadata NAME`."""

    address: str
    seen: int
    fields: tuple[SeenField, ...]


@dataclass(frozen=True, slots=True)
class DriftReport:
    """What was seen.

    Attributes:
        seen: Messages in all.
        nobodys: Messages that no contract expects, by their address.
    """

    seen: int
    interactions: tuple[InteractionDrift, ...]
    new: tuple[NewFields, ...]
    nobodys: dict[str, int]

    @property
    def exit_code(self) -> int:
        """0 without drift, 1 where messages break a contract, 2 where none was held against one."""
        if not any(each.seen for each in self.interactions):
            return 2
        return 1 if any(each.breaks for each in self.interactions) else 0

"""What a check of one schema against another found: findings with stable rule ids, and the verdict they make."""

import enum
from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

__all__ = ["Direction", "Finding", "Found", "Mode", "SchemaError", "Severity", "Verdict"]


class SchemaError(ValueError):
    """A schema that cannot be understood; the message is a clause."""


class Direction(enum.StrEnum):
    """Who reads whom where a finding holds."""

    BACKWARD = "BACKWARD"
    """The new schema reads what the old one wrote."""
    FORWARD = "FORWARD"
    """The old schema reads what the new one writes."""
    BOTH = "BOTH"


class Mode(enum.StrEnum):
    """What is asked of a new version: that it reads what the old ones wrote (BACKWARD), is read by them (FORWARD), or both.

    WIRE, WIRE_JSON and FILE are buf's, for Protobuf alone.
    """

    BACKWARD = "BACKWARD"
    BACKWARD_TRANSITIVE = "BACKWARD_TRANSITIVE"
    FORWARD = "FORWARD"
    FORWARD_TRANSITIVE = "FORWARD_TRANSITIVE"
    FULL = "FULL"
    FULL_TRANSITIVE = "FULL_TRANSITIVE"
    WIRE = "WIRE"
    WIRE_JSON = "WIRE_JSON"
    FILE = "FILE"

    @property
    def is_transitive(self) -> bool:
        """Whether every old version counts, not only the last."""
        return self.endswith("_TRANSITIVE")

    @property
    def directions(self) -> tuple[Direction, ...]:
        """The directions that are asked for, one by one; none of a mode of buf's."""
        wanted = self.removesuffix("_TRANSITIVE")
        return tuple(each for each in (Direction.BACKWARD, Direction.FORWARD) if wanted in (each, "FULL"))


class Severity(enum.StrEnum):
    """How much a finding matters."""

    BREAKING = "breaking"
    """Messages cannot be read."""
    MISREAD = "misread"
    """Messages are read without an error, as other values than were written; no other checker sees these."""
    NOTE = "note"
    """Nothing breaks; worth knowing."""


class Found(NamedTuple):
    """What a comparison of one reader with one writer says; as a `Finding` without what only its caller knows."""

    rule: str
    path: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a change does.

    Attributes:
        rule: `avro/…`, `protobuf/…` or `json-schema/…`; the ids never change.
        path: Where it is: `$.lines[*].sku` in the message; for Protobuf the message and field, `shop.Order.total`.
        sentence: What is wrong, for people.
        against: Which of the old versions it is about, counted from 0.
    """

    rule: str
    severity: Severity
    path: str
    direction: Direction
    sentence: str
    against: int = 0


@dataclass(frozen=True, slots=True)
class Verdict:
    """The findings of a check, the gravest first.

    Attributes:
        compatible: By the format's own rules, as registries judge: nothing is breaking.
        safe: Nothing is breaking, and nothing is misread.
    """

    mode: Mode
    findings: tuple[Finding, ...]

    @property
    def compatible(self) -> bool:
        return not any(each.severity is Severity.BREAKING for each in self.findings)

    @property
    def safe(self) -> bool:
        return all(each.severity is Severity.NOTE for each in self.findings)

    def without(self, rules: Iterable[str]) -> "Verdict":
        """The verdict as if there were no findings of these rules."""
        dropped = frozenset(rules)
        return Verdict(self.mode, tuple(each for each in self.findings if each.rule not in dropped))

"""The values that a run produces, frozen: mismatches, the result of one interaction, the report of a whole run."""

import datetime
import enum
import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal

from msgpact.errors import MsgpactError, UserCodeError, shown
from msgpact.model import Interaction, MatchingRule
from msgpact.signatures import Place

__all__ = [
    "ABSENT",
    "Absent",
    "InteractionResult",
    "Mismatch",
    "Outcome",
    "Problem",
    "RecordReport",
    "RecordResult",
    "VerificationReport",
    "WrittenPact",
    "exit_code",
    "worst",
]


class Absent(enum.Enum):
    """The type of `ABSENT`."""

    ABSENT = "absent"

    def __repr__(self) -> str:
        return "nothing"


ABSENT = Absent.ABSENT
"""Stands where a mismatch has no expected or no actual value; it is not null."""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """One difference between a message and the contract.

    Attributes:
        path: In the contents a path expression (`$.lines[0].sku`), in the metadata the entry's key.
        rule: What was expected, in words: `a number`.
        expected: The contract's example at that place, or ABSENT.
        actual: What came, or ABSENT.
        part: Where the path leads: `contents`, `metadata` or `content type`; of HTTP `method`, `path`, `query`, `header`,
            `status` or `body`.
        reason: What is wrong, where the actual value does not say it by itself; may be empty.
        matching_rule: The rule that was not met; None for what holds without a rule.
    """

    path: str
    rule: str
    expected: object
    actual: object
    part: str = "contents"
    reason: str = ""
    matching_rule: MatchingRule | None = None

    def __str__(self) -> str:
        return f"{self.where}: expected {self.expectation}, got {self.came}"

    @property
    def where(self) -> str:
        """The part and the path in it; what there is one of, such as the content type, needs no path."""
        return self.part if not self.path or self.part.endswith("content type") else f"{self.part} {self.path}"

    @property
    def expectation(self) -> str:
        """The rule in words with the example."""
        if self.expected is ABSENT:
            return self.rule
        example = _short(self.expected)
        if self.rule.startswith("exactly"):
            return f"exactly {example}"
        return self.rule if self.rule == example else f"{self.rule}, such as {example}"

    @property
    def came(self) -> str:
        """The actual value in words, and the reason."""
        value = "nothing" if self.actual is ABSENT else _with_kind(self.actual)
        return f"{value}: {self.reason}" if self.reason else value


def _short(value: object, limit: int = 200) -> str:
    """A value as JSON, cut where it is long: a report shows where, not the whole document."""
    try:
        is_native = isinstance(value, bytes | Decimal | uuid.UUID | datetime.date | datetime.time)
        text = _native(value) if is_native else json.dumps(value, ensure_ascii=False, default=_native)
    except (RecursionError, TypeError, ValueError):  # too deep, keys that are no text, integers of thousands of digits
        return shown(value, limit)
    return text if len(text) <= limit else f"{text[:limit]}… ({len(text)} characters)"


def _native(value: object) -> str:
    """A value that JSON does not have: as it is usually written, or else as Python writes it."""
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    return str(value) if isinstance(value, Decimal | uuid.UUID) else repr(value)


_NATIVE: tuple[tuple[type, str], ...] = (
    (Decimal, "a decimal"),
    (uuid.UUID, "a UUID"),
    (datetime.datetime, "a timestamp"),
    (datetime.date, "a date"),
    (datetime.time, "a time of day"),
)


def _with_kind(value: object) -> str:
    for kind, words in _NATIVE:
        if isinstance(value, kind):
            return f"{_native(value)} ({words})"
    match value:
        case bool():
            return _short(value)
        case str():
            return f"{_short(value)} (a string)"
        case int():
            return f"{_short(value)} (an integer)"
        case float():
            return f"{_short(value)} (a decimal number)"
        case _:
            return _short(value)


class Outcome(enum.Enum):
    """What became of an interaction, or of a run."""

    PASSED = "passed"
    BROKEN = "broken"
    """The contract is not kept: a mismatch, no message, a message nobody produces."""
    MISUSED = "misused"
    """Nothing could be checked: a state without a function, an unreadable pact, nothing selected."""
    RAISED = "raised"
    """The user's code raised, hung, or gave something that has no bytes."""
    UNAVAILABLE = "unavailable"
    NOT_VERIFIED = "not verified"
    """Not of a kind that is verified here: HTTP, contents of plugins that are not known."""


_CODES = {Outcome.MISUSED: 2, Outcome.UNAVAILABLE: 4, Outcome.RAISED: 3, Outcome.BROKEN: 1}


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The outcome that counts of several: what kept us from checking goes before what was found out."""
    found = set(outcomes)
    return next((each for each in _CODES if each in found), Outcome.PASSED) if found else Outcome.PASSED


def exit_code(outcomes: Iterable[Outcome]) -> int:
    """The exit code of a run: of several, the first of 2, 4, 3, 1; else 0."""
    return _CODES.get(worst(outcomes), 0)


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a run as a whole."""

    outcome: Outcome
    text: str
    error: BaseException | None = field(default=None, compare=False)

    @classmethod
    def of(cls, error: MsgpactError) -> "Problem":
        """The problem that an error of ours is, with what the user's code raised behind it."""
        outcome = Outcome.RAISED if isinstance(error, UserCodeError) else Outcome.MISUSED
        return cls(outcome, str(error), error.__cause__)


@dataclass(frozen=True, slots=True)
class InteractionResult:
    """What became of one interaction.

    Attributes:
        outcome: As if the interaction were not pending; see `failed`.
        mismatches: What differs, where the outcome is BROKEN by a message that came.
        text: The sentence that says what is wrong where there are no mismatches.
        error: The exception of the user's code, with its traceback.
        producer: Where the message was made.
        source: The file the contract was read from.
        not_compared: What a plugin wrote into the pact and, as the plugin, we do not compare: in words with its path.
    """

    consumer: str
    provider: str
    interaction: Interaction
    outcome: Outcome
    mismatches: tuple[Mismatch, ...] = ()
    text: str = ""
    error: BaseException | None = field(default=None, compare=False)
    producer: Place | None = None
    source: str | None = None
    not_compared: tuple[str, ...] = ()

    @property
    def description(self) -> str:
        return self.interaction.description

    @property
    def pending(self) -> bool:
        """Whether a failure is reported but does not fail the run."""
        return self.interaction.pending

    @property
    def failed(self) -> bool:
        """Whether this fails the run."""
        return self.outcome not in (Outcome.PASSED, Outcome.NOT_VERIFIED) and not self.pending


@dataclass(frozen=True, slots=True)
class VerificationReport:
    """What became of a provider's verification.

    Attributes:
        results: One per selected interaction, in the order they were verified.
        problems: What is wrong with the run itself; each fails it.
        unused: Producers that no pact asks for, as `description (place)`: a note, no failure.
    """

    provider: str
    results: tuple[InteractionResult, ...] = ()
    problems: tuple[Problem, ...] = ()
    unused: tuple[str, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What became of the run: PASSED only if something was verified and nothing that counts failed."""
        found = [each.outcome for each in self.problems]
        found += [each.outcome for each in self.results if each.failed]
        if not found and all(each.outcome is Outcome.NOT_VERIFIED for each in self.results):
            return Outcome.MISUSED
        return worst(found)

    @property
    def exit_code(self) -> int:
        """0 verified, 1 broken, 2 wrong use or nothing to verify, 3 user code raised, 4 unavailable."""
        return exit_code([self.outcome])

    @property
    def ok(self) -> bool:
        """Whether something was verified and nothing that counts failed."""
        return self.outcome is Outcome.PASSED

    @property
    def complete(self) -> bool:
        """Whether every selected interaction was of a kind that is verified here."""
        return all(each.outcome is not Outcome.NOT_VERIFIED for each in self.results)


@dataclass(frozen=True, slots=True)
class RecordResult:
    """What became of one expectation: its handler was given the example message."""

    consumer: str
    provider: str
    interaction: Interaction
    outcome: Outcome
    text: str = ""
    error: BaseException | None = field(default=None, compare=False)
    handler: Place | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class WrittenPact:
    """What happened to one pact file.

    Attributes:
        path: The file; None where nothing was written because the pair's run was red.
        recorded: How many interactions this run put in, changed or found unchanged.
        removed: Interactions that the same modules no longer declare, now gone from the file.
        leftovers: Interactions recorded by modules that are gone; they go with `prune`.
        undelivered: Declared interactions that this run gave to no handler.
        text: Why nothing was written, or an empty string.
        sequences: How many sequences this run put in, likewise.
    """

    consumer: str
    provider: str
    path: str | None
    recorded: int = 0
    changed: bool = False
    removed: tuple[str, ...] = ()
    leftovers: tuple[str, ...] = ()
    text: str = ""
    undelivered: tuple[str, ...] = ()
    sequences: int = 0


@dataclass(frozen=True, slots=True)
class RecordReport:
    """What became of a consumer's run.

    Attributes:
        seed: Generators drew their values from it; the same seed gives the same values, but for dates, which count from now.
    """

    consumer: str
    seed: int
    results: tuple[RecordResult, ...] = ()
    written: tuple[WrittenPact, ...] = ()
    problems: tuple[Problem, ...] = ()

    @property
    def outcome(self) -> Outcome:
        """What became of the run: PASSED only if something was delivered and nothing failed."""
        found = [each.outcome for each in self.problems]
        found += [each.outcome for each in self.results]
        return worst(found) if found else Outcome.MISUSED

    @property
    def exit_code(self) -> int:
        """0 recorded, 2 wrong use or nothing to record, 3 user code raised."""
        return exit_code([self.outcome])

    @property
    def ok(self) -> bool:
        """Whether something was delivered and nothing failed."""
        return self.outcome is Outcome.PASSED

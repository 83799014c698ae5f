"""How two messages of a format are compared whose documents alone do not say it all: absent fields mean something."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol, cast

from msgpact.model import RuleSet, Serializer
from msgpact.results import Mismatch
from msgpact.rules.matchers import JSON, Check

__all__ = ["Actual", "Comparing", "Example", "actual", "example"]


@dataclass(frozen=True, slots=True)
class Example:
    """An example as it is compared.

    Attributes:
        document: What is compared of it.
        rules: By which; those of the category `body`.
        checks: What they do on its scalars.
        not_compared: What is not, in words with its path.
        beside: What a message is read beside, if not the document.
    """

    document: object
    rules: Mapping[str, RuleSet]
    checks: Mapping[str, Check] = field(default_factory=lambda: JSON)
    not_compared: tuple[str, ...] = ()
    beside: object = None


@dataclass(frozen=True, slots=True)
class Actual:
    """A message as it is compared with an example.

    Attributes:
        document: What it holds, with the values that a reader is told where the example has a field that it lacks.
        mismatches: What its document cannot show.
        not_compared: As of `Example`, because of what came.
    """

    document: object
    mismatches: tuple[Mismatch, ...] = ()
    not_compared: tuple[str, ...] = ()


class Comparing(Serializer, Protocol):
    """A serializer that says itself what is compared."""

    def example(self, contents: bytes, rules: Mapping[str, RuleSet], /) -> Example:
        """The example in those bytes. Raises as `load`."""

    def actual(self, contents: bytes, example: object, /) -> Actual:
        """The message in those bytes beside an example's document. Raises as `load`."""


def example(serializer: Serializer, contents: bytes, rules: Mapping[str, RuleSet]) -> Example:
    """An example as it is compared: by the serializer, or else all of its document. Raises as `load`."""
    found = getattr(serializer, "example", None)
    return Example(serializer.load(contents), rules) if found is None else cast(Example, found(contents, rules))


def actual(serializer: Serializer, contents: bytes, beside: object) -> Actual:
    """A message as it is compared with an example's document. Raises as `load`."""
    found = getattr(serializer, "actual", None)
    return Actual(serializer.load(contents)) if found is None else cast(Actual, found(contents, beside))

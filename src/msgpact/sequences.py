"""What a consumer states of several messages together: which of those that it expects one action sends, and in which order."""

import difflib
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from msgpact.declarations import checked_name
from msgpact.errors import DeclarationError
from msgpact.expectation import Expectation, module_name
from msgpact.model import Emitted, InteractionType, MessageSequence, ProviderState, states_from
from msgpact.signatures import Place

__all__ = ["Emissions", "Emits", "StatedSequence", "place_of_caller"]

Emits = str | tuple[str, str | ProviderState | Sequence[str | ProviderState]]
"""A message by its description; with its states where several have that description."""


@dataclass(frozen=True, slots=True)
class Emissions:
    """What is said of the messages.

    Attributes:
        emits: By description, and by states where these are said.
    """

    emits: tuple[tuple[str, tuple[ProviderState, ...] | None], ...]
    within: tuple[str, ...]
    ordered: bool
    exactly: bool

    @classmethod
    def of(cls, description: str, emits: Any, within: Any, *, ordered: bool, exactly: bool) -> "Emissions":
        """What a user says.

        Raises:
            DeclarationError: it cannot be, or says nothing.
        """
        named, names = _checked_emits(emits, description), _checked_within(within, description)
        if not named and not names:
            raise DeclarationError(
                f"Cannot state that {description!r} sends nothing: it is not said where. Write within=['orders.v1']."
            )
        if not exactly and (names or not named):
            raise DeclarationError(
                f"Cannot state {description!r} with exactly={exactly!r} and {'within=' if names else 'emits=[]'}: that would let "
                "anything be sent. Leave one of them out."
            )
        return cls(named, names, ordered, exactly)


@dataclass(frozen=True, slots=True)
class StatedSequence:
    """What one `sequence` says."""

    provider: str
    description: str
    states: tuple[ProviderState, ...]
    sent: Emissions
    pending: bool
    place: Place

    def of(self, expectations: Iterable[Expectation]) -> MessageSequence:
        """The sequence of those of the *expectations* that it names.

        Raises:
            DeclarationError: it names what is not expected, or what is expected in several states.
        """
        there = [each for each in expectations if each.provider == self.provider]
        if not there:
            raise DeclarationError(
                f"Cannot state the sequence {self.description!r} at {self.place}: no message of {self.provider!r} is expected, "
                "and a pact holds at least one. Expect one."
            )
        return MessageSequence(
            InteractionType.ASYNCHRONOUS_MESSAGE,
            self.description,
            self.states,
            pending=self.pending,
            comments={"msgpact": {"origin": module_name(self.place)}},
            emits=tuple(self._emitted(name, states, there) for name, states in self.sent.emits),
            ordered=self.sent.ordered,
            exactly=self.sent.exactly,
            within=self.sent.within,
        )

    def _emitted(self, name: str, states: tuple[ProviderState, ...] | None, there: Sequence[Expectation]) -> Emitted:
        what = f"Cannot state the sequence {self.description!r} at {self.place}"
        same = [each for each in there if each.description == name and each.synchronous is None]
        found = [each for each in same if states is None or each.states == states]
        if len(found) == 1:
            return Emitted(name, found[0].states)
        if len(found) > 1:
            raise DeclarationError(f"{what}: {name!r} is expected in several states. Say which: ({name!r}, 'a state').")
        close = difflib.get_close_matches(name, [each.description for each in there], n=1)
        known = ", ".join(repr(str(each)) for each in (same or there))
        hint = f"Did you mean {close[0]!r}?" if close and not same else f"There are: {known}."
        raise DeclarationError(f"{what}: no message {name!r} is expected{' in that state' if same else ''}. {hint}")


def _checked_emits(emits: Any, description: str) -> tuple[tuple[str, tuple[ProviderState, ...] | None], ...]:
    if isinstance(emits, str) or not isinstance(emits, Iterable):
        raise DeclarationError(
            f"Cannot use emits={emits!r} for {description!r}: it is no list. Write a list of descriptions: emits=[{emits!r}]."
        )
    return tuple(_checked_one(each, description) for each in emits)


def _checked_one(each: Any, description: str) -> tuple[str, tuple[ProviderState, ...] | None]:
    match each:
        case str():
            return checked_name(each, "emit"), None
        case (str() as name, given):
            return checked_name(name, "emit"), states_from(given)
    raise DeclarationError(
        f"Cannot use {each!r} in emits= of {description!r}: it is no description. Write that of an expected message, or "
        "('an order was placed', 'a state')."
    )


def _checked_within(within: Any, description: str) -> tuple[str, ...]:
    if isinstance(within, str) or not isinstance(within, Iterable):
        raise DeclarationError(
            f"Cannot use within={within!r} for {description!r}: it is no list. Write a list of names: within=['orders.v1']."
        )
    return tuple(checked_name(each, "keep a sequence within") for each in within)


def place_of_caller(name: str) -> Place:
    """Where the one is called that asks, as the place of what is called *name*."""
    frame = sys._getframe(2)
    return Place(frame.f_code.co_filename, frame.f_lineno, name, frame.f_globals.get("__name__", ""))

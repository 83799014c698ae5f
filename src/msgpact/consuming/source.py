"""A transport, as a loop asks for it."""

from collections.abc import Hashable, Sequence
from typing import Protocol, TypeVar

from msgpact.model import Message
from msgpact.receivers import Reason

__all__ = ["Source"]

T = TypeVar("T")


class Source(Protocol[T]):
    """A transport: where messages of its own kind come from, and where they are acknowledged.

    It may have a *system*, as OpenTelemetry's semantic conventions call it, and *glance*, a quicker way to read.
    """

    def take_now(self) -> Sequence[T]:
        """Those that are there."""

    def take(self, seconds: float) -> Sequence[T]:
        """Those that are there, or come within so many seconds."""

    def idle(self, seconds: float) -> None:
        """Spend time without taking any; the transport is to know that we are still here."""

    def read(self, item: T) -> Message: ...

    def key(self, item: T) -> Hashable:
        """What is to be handled in order with others of the same key; None if it need not be."""

    def settled(self, item: T) -> None:
        """Note that it may be acknowledged."""

    def bury(self, item: T, reason: Reason) -> None:
        """Send it to the dead letters; whether it arrived, `flush` knows."""

    def flush(self) -> bool:
        """Wait for the dead letters, then acknowledge; False if they did not arrive, and nothing is acknowledged."""

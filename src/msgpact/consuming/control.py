"""A loop as it is seen from outside: how it goes about it, what it does, how many messages; and what stops it."""

import contextlib
import logging
import signal
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from msgpact.deadlines import checked_timeout
from msgpact.errors import UsageError
from msgpact.guard import one_of
from msgpact.retries import Retries

__all__ = ["LOG", "Control", "Counts", "OnUnrouted", "Settings", "checked_whole", "stopped_by_sigterm"]

OnUnrouted = Literal["ack", "dead_letter", "fail"]
State = Literal["stopped", "running", "paused"]

LOG = logging.getLogger("msgpact.consume")


@dataclass(slots=True)
class Counts:
    """How many messages, since the start.

    Attributes:
        handled: Their handlers returned.
        broken: They broke the contract.
        dead: They went to the dead letters.
        unrouted: No handler expects them.
        failures: Times that a handler raised, or could not be called.
    """

    handled: int = 0
    broken: int = 0
    dead: int = 0
    unrouted: int = 0
    failures: int = 0


@dataclass(slots=True)
class Control:
    """A loop as it is seen from outside, for probes; and what stops it, from any thread or handler.

    Attributes:
        state: `paused` while it waits for something outside the messages: for what, says *why*.
        why: Empty unless it is paused.
        counts: How many messages.
    """

    state: State = "stopped"
    why: str = ""
    counts: Counts = field(default_factory=Counts)
    stopping: bool = False
    _said: tuple[State, str] = field(default=("stopped", ""), init=False, repr=False, compare=False)
    _outside: str = field(default="", init=False, repr=False, compare=False)
    _listener: Callable[[State], None] | None = field(default=None, init=False, repr=False, compare=False)

    def tell(self, listener: Callable[[State], None]) -> None:
        """Tell this one, too, what the loop does; it takes the place of the one before."""
        self._listener = listener

    def stop(self) -> None:
        """End the loop: what is in hand is finished and acknowledged."""
        self.stopping = True

    def is_now(self, state: State, why: str = "") -> None:
        """Say what the loop does."""
        self._said = state, why
        if self._outside and state != "stopped":
            state, why = "paused", self._outside
        if state != self.state:
            level = logging.ERROR if state == "paused" else logging.INFO
            LOG.log(level, "consuming is %s%s", state, f": {why}" if why else "", extra={"state": state, "why": why})
            if self._listener is not None:
                self._listener(state)
        self.state, self.why = state, why

    def waits_for(self, what: str) -> None:
        """Say what the transport itself waits for, which pauses a loop that would go on; empty once it can."""
        if what != self._outside:
            self._outside = what
            self.is_now(*self._said)


def checked_whole(what: str, value: object) -> None:
    """Raise UsageError where a setting is no whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise UsageError(f"Cannot use {value!r} as {what}: it is no whole number. Say one.")


@dataclass(frozen=True, slots=True)
class Settings:
    """How a loop goes about it.

    Attributes:
        retries: What becomes of messages that are not handled.
        on_unrouted: What becomes of those that no handler expects.
        timeout: Seconds that a handler may take.
        every: Messages after which those that are settled are acknowledged, or
        after: Seconds, whichever comes first.
        log_payloads: Whether what messages hold is logged, and told to OpenTelemetry.
        concurrency: How many coroutines may be under way at a time.
    """

    retries: Retries = field(default_factory=Retries)
    on_unrouted: OnUnrouted = "ack"
    timeout: float | None = None
    every: int = 5000
    after: float = 1.0
    log_payloads: bool = False
    concurrency: int = 1

    def __post_init__(self) -> None:
        one_of("on_unrouted", self.on_unrouted, ("ack", "dead_letter", "fail"))
        checked_timeout(self.timeout)
        checked_whole("concurrency", self.concurrency)
        checked_whole("a number of messages to acknowledge", self.every)
        if not isinstance(self.after, int | float):
            raise UsageError(f"Cannot acknowledge after {self.after!r}: it is no number of seconds. Say a number.")
        if self.concurrency < 1:
            raise UsageError(
                f"Cannot handle {self.concurrency!r} messages at a time: there is to be one. Say 1, or more."
            )
        if self.every < 1 or self.after <= 0:
            raise UsageError(
                f"Cannot acknowledge every {self.every!r} messages or {self.after!r} s: both are above 0. Mend them."
            )


@contextlib.contextmanager
def stopped_by_sigterm(control: Control) -> Iterator[None]:
    """Let SIGTERM stop a loop that runs in the main thread; what it did before it does afterwards."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, lambda *_: control.stop())
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before if before is not None else signal.SIG_DFL)

"""What becomes of a message that was not handled: when it is tried again, held, given up. Pure: no clock, no I/O.

A message that failed is tried again, each time after a longer wait. When its retries are used up it is *held*: the failure may be
its own, or a database's that is away. Which of the two, another message shows. So the next one is taken and tried beside it; as
soon as one is handled, each held one is tried once more, right then, and given up only if it fails again. Where the next
messages fail too, so many are held and the rest waits: then only what is held is tried, until one is handled.

Messages with the same key are tried in order: one waits until those before it are handled or given up. Where nothing else
is left to tell whose the failure is, the one right behind is tried after all, and those before it are given up if it is handled.
"""

import enum
from collections.abc import Callable, Generator, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from msgpact.errors import UsageError

__all__ = ["Action", "GiveUp", "Outcome", "Retries", "Take", "Trouble", "Try", "Wait"]

T = TypeVar("T")


class Outcome(enum.Enum):
    """What came of trying a message."""

    HANDLED = "handled"
    SETTLED = "settled"
    """Nobody was to handle it: it is rejected, or nobody's. It shows nothing about others."""
    FAILED = "failed"
    OUTSIDE = "outside"
    """It failed, and certainly not by itself: a registry is away."""


@dataclass(frozen=True, slots=True)
class Retries:
    """How often a message is tried again, and how long is waited.

    Args:
        retries: How often at most; None for ever.
        first: Seconds before the first retry; each further wait is twice as long.
        longest: Seconds that a wait takes at most.
        hold: How many messages are held before the rest waits.
    """

    retries: int | None = 5
    first: float = 0.2
    longest: float = 30.0
    hold: int = 5

    def __post_init__(self) -> None:
        if self.retries is not None and (not isinstance(self.retries, int) or self.retries < 0):
            raise UsageError(f"Cannot use retries={self.retries!r}: it is no number of times. Say 0, or None for ever.")
        if not 0 < self.first <= self.longest:
            raise UsageError(
                f"Cannot wait {self.first!r} s and at most {self.longest!r} s: the first wait is above 0 and not the longer one. "
                "Mend one of them."
            )
        if self.hold < 2:
            raise UsageError(
                f"Cannot hold {self.hold!r} messages: of two that fail one shows that the failure is not the other's. Say 2."
            )

    def wait(self, times: int) -> float:
        """Seconds before the next try, after so many in vain."""
        return float(min(self.longest, self.first * 2.0 ** min(times - 1, 60)))


# -- what is to be done ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Try(Generic[T]):
    """Try the message; answer with its `Outcome`."""

    item: T


@dataclass(frozen=True, slots=True)
class Wait:
    """Wait so many seconds; the answer is None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Take:
    """Wait at most so many seconds for another message, and answer with it, or None."""

    seconds: float


@dataclass(frozen=True, slots=True)
class GiveUp(Generic[T]):
    """The message's failure is its own: put it among the dead letters. The answer is None."""

    item: T


Action = Try[T] | Wait | Take | GiveUp[T]


# -- the state -------------------------------------------------------------------------------------------------------


@dataclass(slots=True, eq=False)
class _Tried(Generic[T]):
    item: T
    key: Hashable
    order: int
    attempts: int = 0
    is_outside: bool = False


class Trouble(Generic[T]):
    """The messages that were taken and are neither handled nor given up, in order.

    Args:
        policy: How often, how long, how many.
        key_of: What says which messages are to be handled in order; None is in no order with others.

    Attributes:
        paused: Whether the trouble is held to be outside the messages, so that no further ones are taken.
    """

    def __init__(self, policy: Retries, key_of: Callable[[T], Hashable]) -> None:
        self.paused = False
        self._policy = policy
        self._key_of = key_of
        self._tried: list[_Tried[T]] = []
        self._hold = policy.hold
        self._in_vain = 0
        self._count = 0
        self._is_alone = False  # nothing else has come in time

    @property
    def items(self) -> list[T]:
        """The messages."""
        return [each.item for each in self._tried]

    def drop(self, where: Callable[[T], bool]) -> None:
        """Forget messages that are somebody else's now."""
        self._tried = [each for each in self._tried if not where(each.item)]

    def steps(
        self, item: T, outcome: Outcome, beside: Sequence[tuple[T, Outcome]] = ()
    ) -> Generator[Action[T], object, None]:
        """What is to be done about a message that was tried once in vain, until nothing is left.

        Args:
            item: The message.
            outcome: What came of it.
            beside: Others that were tried at the same time in vain. They are no further messages in a row: so many more are held.
        """
        for each, came in ((item, outcome), *beside):
            self._note(self._added(each), came)
        self._hold = self._policy.hold + len(beside)
        self._in_vain = 1
        while self._tried:
            if self._on_trial() or len(self._tried) >= self._hold:
                self.paused = not self._on_trial() or any(each.is_outside for each in self._tried)
                yield Wait(self._policy.wait(self._in_vain))
            else:
                taken = yield Take(self._policy.wait(self._in_vain))
                self._is_alone = taken is None
                if taken is not None:
                    self._added(taken)  # type: ignore[arg-type]  # that is what Take is answered with
                    self._in_vain = 0
            before = len(self._tried)
            yield from self._round()
            if len(self._tried) < before:
                self.paused, self._in_vain = False, 0
            self._in_vain += 1
        self.paused = False

    def _added(self, item: T) -> _Tried[T]:
        self._count += 1
        tried = _Tried(item, self._key_of(item), self._count)
        self._tried.append(tried)
        return tried

    # -- who is tried --

    def _open(self) -> list[_Tried[T]]:
        """Those that no earlier one with the same key keeps waiting."""
        keys = set[Hashable]()
        found = []
        for each in self._tried:
            if each.key is None or each.key not in keys:
                found.append(each)
                keys.add(each.key)
        return found

    def _on_trial(self) -> bool:
        """Whether one may still be tried before another message is needed to tell."""
        return any(each.is_outside or not self._is_used_up(each) for each in self._open())

    def _is_used_up(self, tried: _Tried[T]) -> bool:
        return self._policy.retries is not None and tried.attempts > self._policy.retries

    # -- trying --

    def _round(self) -> Generator[Action[T], object, None]:
        """Try each; if one is handled, those whose retries are used up are tried for the last time."""
        is_shown = False
        for each in self._open():
            is_shown = (yield from self._try(each)) is Outcome.HANDLED or is_shown
        is_all = self._is_alone or len(self._tried) >= self._hold
        if not is_shown and is_all and not self._on_trial():
            is_shown = yield from self._one_behind()
        for each in self._open() if is_shown else ():
            if self._is_used_up(each) and (yield from self._try(each)) is Outcome.FAILED:
                yield from self._give_up(each)

    def _one_behind(self) -> Generator[Action[T], object, bool]:
        """Try one although those before it with the same key are not handled, as only it can show whose the failure is."""
        are_open = self._open()
        for behind in [each for each in self._tried if each not in are_open]:
            outcome = yield from self._try(behind)
            if outcome is Outcome.HANDLED:
                yield from self._give_up_before(behind)
                return True
            if outcome is not Outcome.FAILED or not self._is_used_up(behind):
                break
        return False

    def _give_up_before(self, handled: _Tried[T]) -> Generator[Action[T], object, None]:
        for each in [each for each in self._tried if each.key == handled.key and each.order < handled.order]:
            yield from self._give_up(each)

    def _try(self, tried: _Tried[T]) -> Generator[Action[T], object, Outcome]:
        if tried not in self._tried:  # it was dropped meanwhile
            return Outcome.SETTLED
        outcome = yield Try(tried.item)
        assert isinstance(outcome, Outcome)
        self._note(tried, outcome)
        return outcome

    def _note(self, tried: _Tried[T], outcome: Outcome) -> None:
        tried.is_outside = outcome is Outcome.OUTSIDE
        if outcome is Outcome.FAILED:
            tried.attempts += 1
        elif outcome is not Outcome.OUTSIDE and tried in self._tried:
            self._tried.remove(tried)

    def _give_up(self, tried: _Tried[T]) -> Generator[Action[T], object, None]:
        if tried in self._tried:
            self.paused = False
            yield GiveUp(tried.item)
        if tried in self._tried:
            self._tried.remove(tried)

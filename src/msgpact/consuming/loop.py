"""The loop that consumes: takes messages, has each handled, acknowledges what is settled.

At least once: a message is acknowledged after it was handled, or delivered among the dead.
"""

import time
from collections import deque
from collections.abc import Callable, Generator, Hashable, Sequence
from typing import Any, Generic, TypeVar

from msgpact.consuming.control import Control, Settings
from msgpact.consuming.flights import Flight, Flights
from msgpact.consuming.observing import UNOBSERVED, Observer, observer_of
from msgpact.consuming.source import Source
from msgpact.consuming.steps import Block, Land, Start, Step, Steps
from msgpact.consuming.tries import Tries
from msgpact.deadlines import Watch
from msgpact.errors import UsageError
from msgpact.guard import Accept, Guard
from msgpact.retries import Action, GiveUp, Outcome, Take, Trouble, Try, Wait

__all__ = ["Loop"]

T = TypeVar("T")

IDLE = 0.5
"""Seconds that the transport is waited for at a time; a stop waits no longer."""

SOON = 0.02
"""Seconds after which the transport is asked again while messages wait for one with the same key."""

AT_ONCE = 0.001
"""Seconds that are as good as none: some transports are only asked where they are waited for."""


class Loop(Generic[T]):
    """One loop.

    Args:
        source: The transport.
        guard: What decides whose a message is.
        settings: How it goes about it.
        control: As it is seen from outside.
        clock: Seconds, for the intervals of acknowledgements.
        observer: Whom it tells what it does: OpenTelemetry, where it is set up.
    """

    def __init__(
        self,
        source: Source[T],
        guard: Guard,
        settings: Settings,
        control: Control,
        *,
        clock: Callable[[], float] = time.monotonic,
        observer: Observer | None = None,
    ) -> None:
        self.timeout = settings.timeout
        self.control = control
        self._source, self._guard, self._settings, self._clock = source, guard, settings, clock
        self._trouble = Trouble[T](settings.retries, source.key)
        self._flights = Flights[T](settings.concurrency, source.key)
        self._backlog: deque[T] = deque()
        self._since = clock()
        self._observer = observer or observer_of(getattr(source, "system", "msgpact"), payloads=settings.log_payloads)
        self._tries = Tries[T](source, guard, settings, control, clock, self._observer, self._flights.ahead)
        control.tell(self._observer.is_now)

    @property
    def is_inside(self) -> bool:
        """Whether an event loop runs around the steps that plain handlers are not to run in."""
        return self._tries.is_inside

    @is_inside.setter
    def is_inside(self, value: bool) -> None:
        self._tries.is_inside = value

    @property
    def in_trouble(self) -> list[T]:
        """The messages that were tried or passed over and are not settled; no later ones may be acknowledged as if these were."""
        return [*self._trouble.items, *self._flights.ahead.values()]

    def forget(self, where: Callable[[T], bool]) -> None:
        """Drop messages that are somebody else's now."""
        kept_back = [each for each in self._backlog if not where(each)]
        self._backlog.clear()  # the same deque, as whoever handles them has it in hand
        self._backlog.extend(kept_back)
        self._trouble.drop(where)
        self._flights.drop(where)
        kept = {id(each) for each in self.in_trouble}
        self._tries.keep(kept)

    def steps(self) -> Steps:
        """Consume until `Control.stop`."""
        # Each generator that stands around takes its time.
        return self._steps() if self.timeout is None else self._watched(self.timeout)

    def _watched(self, timeout: float) -> Steps:
        with Watch(timeout) as self._tries.watch:
            yield from self._steps()

    def _steps(self) -> Steps:
        self.control.is_now("running")
        try:
            yield from self._one_by_one() if self._settings.concurrency == 1 else self._side_by_side()
            yield from self._acknowledge()
        except UsageError:  # of one message, as that it is nobody's: those before it need not come again
            if self._tries.unacknowledged:
                yield Block(self._source.flush)
            raise
        finally:
            self.control.is_now("stopped")

    def _one_by_one(self) -> Steps:
        source, control, backlog, settings = self._source, self.control, self._backlog, self._settings
        while not control.stopping:
            backlog.extend(source.take_now() or (yield Block(source.take, (IDLE,))))
            while backlog and not control.stopping:
                if self._observer is UNOBSERVED:
                    due = self._since + settings.after
                    left = yield from self._tries.ordinary(backlog, settings.every, due)
                else:
                    left = backlog.popleft(), None
                if left is not None:
                    yield from self._other(*left)
                if self._is_due():
                    yield from self._acknowledge()
            if self._is_due():
                yield from self._acknowledge()

    def _other(self, item: T, outcome: Outcome | None) -> Steps:
        """See to a message that takes more than to call its handler."""
        if outcome is None:
            outcome = yield from self._tries.attempt(item)
        if outcome is Outcome.FAILED or outcome is Outcome.OUTSIDE:
            yield from self._settle(item, outcome)

    # -- several messages --

    def _side_by_side(self) -> Steps:
        """Keep as many coroutines under way as may be; a plain handler is called between their steps."""
        flights, source, control = self._flights, self._source, self.control
        while not control.stopping:
            yield from self._see_to_landed()
            while not (control.stopping or flights.landed) and (found := flights.next(self._backlog)) is not None:
                yield from self._begin(*found)
            if self._is_due():
                yield from self._acknowledge()
            if flights.are_full and not flights.landed:
                yield Land(flights.landed, IDLE)
            elif flights.waiting and not flights.landed:  # for one that lands, or for others with another key
                yield Land(flights.landed, SOON)
                self._backlog.extend(source.take_now() or (yield Block(source.take, (AT_ONCE,))))
            elif not (self._backlog or flights.landed or control.stopping):
                self._backlog.extend(source.take_now() or (yield Block(source.take, (IDLE,))))
        while flights.are_up:
            yield Land(flights.landed, IDLE)
            yield from self._see_to_landed()

    def _begin(self, item: T, key: Hashable) -> Steps:
        """Let a message's handlers be called beside others' if all are coroutines, else now."""
        tries = self._tries
        message = tries.message_of(item)
        if message is None:
            return
        seen = self._observer.begin(message)
        try:
            decision = tries.decide(item, message, seen)
            if isinstance(decision, Accept) and all(each.receiver.is_async for each in decision.handlings):
                done, seen_by = tries.done_of(item), seen
                flight = Flight(item, key, decision.handlings[done:], done, seen_by)
                seen = UNOBSERVED  # it has another end
                self._flights.begin(flight)
                yield Start(flight.fly(self._flights.landed, self.timeout))
                return
            outcome = decision if isinstance(decision, Outcome) else (yield from tries.handle(item, decision, seen))
        finally:
            seen.end()
        if outcome is Outcome.FAILED or outcome is Outcome.OUTSIDE:
            yield from self._mend([(item, outcome)])

    def _see_to_landed(self) -> Steps:
        failed = self._landed()
        if failed:
            yield from self._mend(failed)

    def _landed(self) -> list[tuple[T, Outcome]]:
        """Settle what landed; what failed is returned."""
        failed: list[tuple[T, Outcome]] = []
        while (flight := self._flights.seen_to()) is not None:
            if id(flight.item) not in self._flights.ahead:
                continue  # it is somebody else's now
            if flight.error is not None:
                outcome = self._tries.failed(flight.item, flight.done, flight.error, flight.receiver, UNOBSERVED)
                failed.append((flight.item, outcome))
            else:
                self._tries.is_handled(flight.item)
        return failed

    def _mend(self, failed: list[tuple[T, Outcome]]) -> Steps:
        """Begin nothing until all that is under way has landed, and all that failed is settled."""
        flights = self._flights
        while flights.are_up:
            yield Land(flights.landed, IDLE)
            failed += self._landed()
        self._backlog.extendleft(item for item, _ in reversed(flights.waiting))
        flights.waiting.clear()
        (first, outcome), *others = failed
        yield from self._settle(first, outcome, others)

    # -- trouble --

    def _settle(self, item: T, outcome: Outcome, beside: Sequence[tuple[T, Outcome]] = ()) -> Steps:
        """Do as the policy says until nothing is in trouble, or there is no time left."""
        steps, answer = self._trouble.steps(item, outcome, beside), None
        while True:
            try:
                action: Action[T] = steps.send(answer)
            except StopIteration:
                return
            if self._trouble.paused:
                self.control.is_now("paused", self._why())
            if self.control.stopping and isinstance(action, Wait | Take):
                return  # what is at hand is done; the rest comes again
            answer = yield from self._done(action)
            if not self._trouble.paused:
                self.control.is_now("running")

    def _why(self) -> str:
        return f"{len(self._trouble.items)} messages in a row were not handled ({self._tries.why})"

    def _done(self, action: Action[T]) -> Generator[Step, Any, Any]:
        match action:
            case Try(item):
                return (yield from self._tries.attempt(item))
            case Wait(seconds):
                yield from self._wait(seconds)
            case Take(seconds):
                return (yield from self._another(seconds))
            case GiveUp(item):
                self._tries.give_up(item)
        return None

    def _wait(self, seconds: float) -> Steps:
        """Let time pass; what is settled is acknowledged before, as it may be long."""
        yield from self._acknowledge()
        yield from self._idle(seconds)

    def _idle(self, seconds: float) -> Steps:
        end = self._clock() + seconds
        while not self.control.stopping and (left := min(seconds, IDLE, end - self._clock())) > 0:
            yield Block(self._source.idle, (left,))
            seconds -= left  # a clock that was put back makes it no longer

    def _another(self, seconds: float) -> Generator[Step, Any, T | None]:
        """One more message, if there is one in time."""
        end = self._clock() + seconds
        while not self._backlog and not self.control.stopping and (left := min(seconds, IDLE, end - self._clock())) > 0:
            if self._is_due():
                yield from self._acknowledge()
            self._backlog.extend((yield Block(self._source.take, (left,))))
            seconds -= left
        return self._backlog.popleft() if self._backlog and not self.control.stopping else None

    # -- acknowledging --

    def _is_due(self) -> bool:
        settled, passed = self._tries.unacknowledged, abs(self._clock() - self._since)  # it may have been put back
        return settled > 0 and (settled >= self._settings.every or passed >= self._settings.after)

    def _acknowledge(self) -> Steps:
        """Acknowledge what is settled; where the dead letters cannot be reached that waits, and everything with it."""
        if self._tries.unacknowledged:
            times = 0
            while not (yield Block(self._source.flush)):
                times += 1
                if self.control.stopping and times > 1:
                    return
                self.control.is_now("paused", "the dead letters cannot be delivered")
                yield from self._idle(self._settings.retries.wait(times))
            if not self._trouble.paused:
                self.control.is_now("running")
        self._tries.unacknowledged, self._since = 0, self._clock()

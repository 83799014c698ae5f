"""Time limits on users' functions: one that runs too long is interrupted, and the error shows where it stood."""

import contextlib
import itertools
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Protocol, Self, TypeVar, cast

from msgpact.errors import TimedOut, UsageError

__all__ = ["OURS", "PATIENCE", "Watch", "checked_timeout", "stack_of", "timed_out", "within"]

R = TypeVar("R")

OURS = ("msgpact.calls", __name__)
"""The modules whose frames stand between a caller and a user's function."""
PATIENCE = 5.0
"""Seconds that a function which was interrupted has to clean up and end."""
_RING_AGAIN = 1.0


class _Overdue(BaseException):
    """Thrown into user code that runs too long; not an Exception, so that `except Exception` does not keep it."""


class _Guard(Protocol):
    stack: str

    def arm(self) -> None: ...
    def disarm(self) -> None: ...


def checked_timeout(timeout: float | None) -> float | None:
    """The time limit as it is given.

    Raises:
        UsageError: it is no number of seconds above 0.
    """
    if timeout is None or (isinstance(timeout, int | float) and not isinstance(timeout, bool) and 0 < timeout < 1e7):
        return timeout
    raise UsageError(
        f"Cannot use the timeout {timeout!r}: it is not a number of seconds above 0. Say None for no limit."
    )


def within(timeout: float, what: object, function: Callable[[], R], *, left: float | None = None) -> R:
    """Call *function*; interrupt it when its time is up.

    By SIGALRM where there is one and this is the main thread, else by a watchdog thread that throws into this one. Code
    that keeps what is thrown, or that can't be thrown into (a blocking call on Windows), is reported on stderr and ends
    the process with code 3, since nothing else would end it.

    Args:
        timeout: The limit, as messages say it.
        what: Whose limit it is, in words.
        left: Seconds that are left of the limit, if some are used up.

    Raises:
        TimedOut: it was interrupted, whatever it made of that; the message holds the stack where it stood.
    """
    seconds = timeout if left is None else left
    on_main = threading.current_thread() is threading.main_thread()
    guard: _Guard = (_Alarm if on_main and hasattr(signal, "setitimer") else _Watchdog)(seconds, timeout, what)
    try:
        try:
            guard.arm()
            result = function()
        finally:
            guard.disarm()
        if not guard.stack:
            return result
    except BaseException as error:
        if not guard.stack or isinstance(error, KeyboardInterrupt):
            raise
        guard.disarm()  # again: the interruption may have come in the middle of it
    raise TimedOut(timed_out(what, timeout, guard.stack))


def timed_out(what: object, timeout: float, stack: str) -> str:
    """The sentence about a function that took too long, and where it stood."""
    text = f"Cannot finish {what}: it did not end within {timeout:g} s. Make it end, or raise the timeout."
    return f"{text} It stood at:\n{stack.rstrip()}" if stack else text


class _Alarm:
    """Interrupts by SIGALRM; somebody else's timer (pytest-timeout's) goes on afterwards with what it has left."""

    def __init__(self, seconds: float, timeout: float, what: object) -> None:
        self.stack = ""
        self._seconds, self._timeout, self._what = seconds, timeout, what
        self._started = time.monotonic()
        self._before = signal.getsignal(signal.SIGALRM)
        self._outer, self._outer_interval = signal.getitimer(signal.ITIMER_REAL)
        # One that rings earlier is the stricter limit: it stays in charge.
        self._disarmed = 0 < self._outer <= seconds

    def arm(self) -> None:
        if not self._disarmed:
            signal.signal(signal.SIGALRM, self._ring)
            # It rings again where user code kept the first ring by a bare except.
            signal.setitimer(signal.ITIMER_REAL, self._seconds, _RING_AGAIN)

    def disarm(self) -> None:
        if self._disarmed:
            return
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)
        if self._outer:
            left = self._outer - (time.monotonic() - self._started)
            signal.setitimer(signal.ITIMER_REAL, max(left, 0.001), self._outer_interval)
        self._disarmed = True

    def _ring(self, _: int, frame: FrameType | None) -> None:
        self.stack = self.stack or _frames(frame)
        if time.monotonic() - self._started > self._seconds + PATIENCE:
            _end_process(self._what, self._timeout, self.stack)
        raise _Overdue


class _Watchdog:
    """Interrupts by a thread that throws into this one; user code never runs in that thread."""

    def __init__(self, seconds: float, timeout: float, what: object) -> None:
        self.stack = ""
        self._seconds, self._timeout, self._what = seconds, timeout, what
        self._thread, self._finished = threading.get_ident(), threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="msgpact-watchdog", daemon=True)

    def arm(self) -> None:
        self._watcher.start()

    def disarm(self) -> None:
        self._finished.set()
        self._watcher.join()
        if self.stack:
            # Thrown but perhaps not yet delivered: it must come here, not in code that runs later. Not taken back by
            # SetAsyncExc(…, NULL): in Python 3.11 that leaves the interpreter checking for ever, under coverage in a loop.
            with contextlib.suppress(_Overdue):
                for _ in range(100):
                    pass

    def _watch(self) -> None:  # pragma: no cover  (it is not traced)
        # Python 3.11 traces the entry of functions in a loop while something thrown is not yet delivered, in any thread.
        sys.settrace(None)
        if self._finished.wait(self._seconds):
            return
        self.stack = _frames(sys._current_frames().get(self._thread))
        import ctypes

        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(self._thread), ctypes.py_object(_Overdue))
        if not self._finished.wait(PATIENCE):
            _end_process(self._what, self._timeout, self.stack)


class Watch:
    """`within`, for one function after another: by one thread for all, which costs each next to nothing.

    It interrupts by SIGALRM, within a tenth of the limit. Where there is none, or not in the main thread, it is `within`.
    """

    def __init__(self, timeout: float) -> None:
        self._timeout, self._stack, self._since, self._what = timeout, "", 0.0, cast(object, "")
        self._end = threading.Event()
        self._thread: threading.Thread | None = None
        self._before: object = None

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread() and hasattr(signal, "pthread_kill"):
            self._before = signal.signal(signal.SIGALRM, self._ring)
            self._thread = threading.Thread(
                target=self._watch, args=(threading.get_ident(),), name="msgpact-watch", daemon=True
            )
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._thread is not None:
            self._end.set()
            self._thread.join()
            signal.signal(signal.SIGALRM, self._before or signal.SIG_DFL)  # type: ignore[arg-type]  # what there was

    def call(self, what: object, function: Callable[[], R]) -> R:
        """As `within`."""
        if self._thread is None:
            return within(self._timeout, what, function)
        self._what, self._stack = what, ""
        try:
            self._since = time.monotonic()
            try:
                result = function()
            finally:
                self._since = 0.0
            if not self._stack:
                return result
        except BaseException as error:
            self._since = 0.0  # again: the interruption may have come in the middle of it
            if not self._stack or isinstance(error, KeyboardInterrupt):
                raise
        raise TimedOut(timed_out(what, self._timeout, self._stack))

    def _ring(self, _: int, frame: FrameType | None) -> None:
        if self._since and time.monotonic() - self._since > self._timeout:  # else it came too late
            self._stack = self._stack or _frames(frame)
            raise _Overdue

    def _watch(self, thread: int) -> None:  # pragma: no cover  (it is not traced)
        tick, rung, last = min(self._timeout / 10, 1.0), 0.0, 0.0
        while not self._end.wait(tick):
            since, now = self._since, time.monotonic()
            if not since or now - since <= self._timeout:
                continue
            if now - since > self._timeout + PATIENCE:
                _end_process(self._what, self._timeout, self._stack)
            if since != last or now - rung >= _RING_AGAIN:
                last, rung = since, now
                signal.pthread_kill(thread, signal.SIGALRM)


def _end_process(what: object, timeout: float, stack: str) -> None:
    sys.stderr.write(f"{timed_out(what, timeout, stack)}\nIt cannot be interrupted: ending the process.\n")
    sys.stderr.flush()
    os._exit(3)


def _frames(frame: FrameType | None) -> str:
    """The stack down to *frame*, without what lies above the call of the user's function."""
    innermost_first = traceback.walk_stack(frame)
    below = itertools.takewhile(lambda each: each[0].f_globals.get("__name__") != __name__, innermost_first)
    return stack_of(reversed(list(below)))


def stack_of(frames: Iterable[tuple[FrameType, int]]) -> str:
    """Frames with their lines as a traceback shows them, without those of the drivers."""
    users = [each for each in frames if each[0].f_globals.get("__name__") not in OURS]
    return "".join(traceback.StackSummary.extract(iter(users)).format())

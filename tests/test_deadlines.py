"""Time limits: what runs too long is interrupted, however it defends itself, and the error shows where it stood."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Awaitable, Callable, Generator, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from msgpact import deadlines
from msgpact.calls import Call, EventLoop, Steps, SyncDriver, drive
from msgpact.deadlines import Watch, checked_timeout, within
from msgpact.errors import TimedOut, UsageError

FOREVER = 600
SOON = 0.05
"""The limit of these tests: all that they do otherwise is done in far less."""

needs_alarm = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="there is no SIGALRM here")


def called(*functions: Callable[[], Any]) -> Steps[list[Any]]:
    results: list[Any] = []
    for function in functions:
        try:
            results.append((yield Call(function, (), {}, "producer")))
        except Exception as error:
            results.append(error)
    return results


def by_sync_driver(*functions: Callable[[], Any]) -> list[Any]:
    with EventLoop() as loop, SyncDriver(loop, timeout=SOON) as driver:
        return driver.run(called(*functions))


def by_async_driver(*functions: Callable[[], Any]) -> list[Any]:
    return asyncio.run(drive(called(*functions), timeout=SOON))


def in_a_thread(*functions: Callable[[], Any]) -> list[Any]:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend(by_sync_driver(*functions)))
    thread.start()
    thread.join()
    return found


Driver = Callable[..., list[Any]]


def answer() -> int:
    return 42


def sleeps() -> None:
    time.sleep(FOREVER)


def spins() -> None:
    while True:
        pass


def retries() -> None:
    while True:
        with contextlib.suppress(Exception):
            spins()


def swallows() -> str:
    with contextlib.suppress(BaseException):
        spins()
    return "swallowed"


def wraps() -> None:
    try:
        spins()
    except BaseException as error:
        raise OSError("the connection is gone") from error


async def waits() -> None:
    await asyncio.sleep(FOREVER)


async def cleans_up_slowly() -> None:
    try:
        await asyncio.sleep(FOREVER)
    finally:
        await asyncio.sleep(2 * SOON)


async def sleeps_in_a_coroutine() -> None:
    time.sleep(FOREVER)  # noqa: ASYNC251  (the mistake that this is about)


async def spins_in_a_coroutine() -> None:
    await asyncio.sleep(0)
    spins()


@needs_alarm
@pytest.mark.parametrize("driver", [by_sync_driver, by_async_driver])
@pytest.mark.parametrize(
    "function",
    [
        sleeps,
        spins,
        retries,
        swallows,
        wraps,
        waits,
        cleans_up_slowly,
        sleeps_in_a_coroutine,
        spins_in_a_coroutine,
    ],
)
def test_it_is_interrupted_and_shows_where_it_stood(driver: Driver, function: Callable[[], Any]) -> None:
    error, after = driver(function, answer)

    assert isinstance(error, TimedOut)
    assert f"{function.__name__}: it did not end within 0.05 s. Make it end, or raise the timeout. It stood at:" in str(
        error
    )
    assert f"in {function.__name__}\n" in str(error)
    assert "msgpact" + os.sep + "calls.py" not in str(error)
    assert after == 42


@pytest.mark.parametrize("function", [spins, retries, swallows, waits, spins_in_a_coroutine])
def test_it_is_interrupted_where_there_is_no_alarm(function: Callable[[], Any]) -> None:
    error, after = in_a_thread(function, answer)

    assert isinstance(error, TimedOut)
    assert f"in {function.__name__}\n" in str(error)
    assert after == 42


async def deaf() -> None:
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(FOREVER)


def test_a_coroutine_that_ignores_its_cancellation_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("msgpact.calls.PATIENCE", SOON)

    async def coroutine() -> int:
        return 42

    error, plain, asynchronous = by_sync_driver(deaf, answer, coroutine)

    assert (
        "deaf: it did not end within 0.05 s. Make it end, or raise the timeout. It was cancelled, and went on."
        in str(error)
    )
    assert (plain, asynchronous) == (42, 42)


@pytest.mark.parametrize("driver", [by_sync_driver, by_async_driver, in_a_thread])
def test_what_ends_in_time_is_left_alone(driver: Driver) -> None:
    async def coroutine() -> str:
        await asyncio.sleep(0)
        return "in time"

    async def own_timeout() -> None:
        async with asyncio.timeout(0):
            await asyncio.sleep(FOREVER)

    plain, asynchronous, error = driver(answer, coroutine, own_timeout)

    assert (plain, asynchronous) == (42, "in time")
    assert type(error) is TimeoutError


def test_an_awaitable_that_is_no_coroutine_has_a_limit_too() -> None:
    class Later:
        def __await__(self) -> Generator[Any, Any, None]:
            yield from asyncio.sleep(0).__await__()
            spins()

    def later() -> Awaitable[None]:
        return Later()

    (error,) = by_sync_driver(later)

    assert isinstance(error, TimedOut)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), "5", True])
def test_a_limit_that_cannot_be(timeout: Any) -> None:
    with pytest.raises(UsageError, match=r"Cannot use the timeout .*: it is not a number of seconds above 0\."):
        checked_timeout(timeout)


@pytest.mark.parametrize("timeout", [None, 1, 0.5])
def test_a_limit_that_can_be(timeout: float | None) -> None:
    assert checked_timeout(timeout) == timeout


# -- other people's timers, and what cannot be interrupted -----------------------------------------------------------


class Rang(BaseException):
    """What another timer raises."""


@pytest.fixture
def _other_handler() -> Iterator[None]:
    def ring(_: int, __: FrameType | None) -> None:
        raise Rang

    before = signal.signal(signal.SIGALRM, ring)
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)


@needs_alarm
@pytest.mark.usefixtures("_other_handler")
def test_a_timer_that_rings_later_goes_on_with_what_it_has_left() -> None:
    signal.setitimer(signal.ITIMER_REAL, 50, 7)

    assert within(10, "the producer", answer) == 42

    left, interval = signal.getitimer(signal.ITIMER_REAL)
    assert 40 < left <= 50
    assert interval == 7


@needs_alarm
@pytest.mark.usefixtures("_other_handler")
def test_a_timer_that_rings_earlier_stays_in_charge() -> None:
    signal.setitimer(signal.ITIMER_REAL, SOON)

    with pytest.raises(Rang):
        within(FOREVER, "the producer", sleeps)


@needs_alarm
def test_nothing_of_ours_is_left_behind() -> None:
    before = signal.getsignal(signal.SIGALRM)

    with pytest.raises(TimedOut):
        within(SOON, "the producer", sleeps)

    assert signal.getitimer(signal.ITIMER_REAL) == (0, 0)
    assert signal.getsignal(signal.SIGALRM) is before


@needs_alarm
def test_limits_nest() -> None:
    def inner() -> None:
        with pytest.raises(TimedOut):
            within(SOON, "the inner", sleeps)

    within(FOREVER, "the outer", inner)


@needs_alarm
def test_ctrl_c_is_not_a_time_out() -> None:
    def swallows_and_is_interrupted() -> None:
        swallows()
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(KeyboardInterrupt):
        within(SOON, "the producer", swallows_and_is_interrupted)


DEAF = """
import threading, time
from msgpact import deadlines
deadlines.PATIENCE, deadlines._RING_AGAIN = 0.2, 0.05

def deaf():
    while True:
        try:
            time.sleep(600)
        except:
            pass

def main():
    deadlines.within(0.05, "the producer deaf", deaf)
"""


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("main()", id="by alarm", marks=needs_alarm),
        pytest.param("threading.Thread(target=main).start()", id="by watchdog"),
    ],
)
def test_what_cannot_be_interrupted_ends_the_process(tmp_path: Path, start: str) -> None:
    script = tmp_path / "deaf.py"
    script.write_text(DEAF + start)
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False, timeout=60)

    assert done.returncode == 3
    assert done.stdout == ""
    assert done.stderr == textwrap.dedent(
        f"""\
        Cannot finish the producer deaf: it did not end within 0.05 s. Make it end, or raise the timeout. It stood at:
          File "{script}", line 9, in deaf
            time.sleep(600)
        It cannot be interrupted: ending the process.
        """
    )


def test_the_patience_is_longer_than_the_ring() -> None:
    """Otherwise code that keeps the first ring would never hear a second."""
    assert deadlines.PATIENCE > deadlines._RING_AGAIN


# -- one watch for many functions -------------------------------------------------------------------------------------


@pytest.fixture(params=["in the main thread", "in another"])
def watched(request: pytest.FixtureRequest) -> Callable[..., list[Any]]:
    """What functions give, or raise, that are called one after another under one watch."""

    def call(*functions: Callable[[], Any]) -> list[Any]:
        results: list[Any] = []
        with Watch(SOON) as watch:
            for function in functions:
                try:
                    results.append(watch.call("the handler", function))
                except Exception as error:
                    results.append(error)
        return results

    if request.param == "in the main thread":
        return call

    def in_another(*functions: Callable[[], Any]) -> list[Any]:
        found: list[Any] = []
        thread = threading.Thread(target=lambda: found.extend(call(*functions)))
        thread.start()
        thread.join()
        return found

    return in_another


def spinning() -> None:
    while True:
        pass


def stubborn() -> str:
    try:
        spinning()
    except BaseException:
        return "it went on"
    raise AssertionError


def test_a_watch_interrupts_what_takes_too_long_and_nothing_else(watched: Callable[..., list[Any]]) -> None:
    error = LookupError("its own")

    def failing() -> None:
        raise error

    first, second, third, fourth, fifth = watched(lambda: 1, spinning, lambda: 2, failing, stubborn)

    assert (first, third, fourth) == (1, 2, error)
    for each in (second, fifth):
        assert isinstance(each, TimedOut)
        assert "Cannot finish the handler: it did not end within 0.05 s" in str(each)
        assert "in spinning" in str(each)


@needs_alarm
def test_a_watch_interrupts_what_waits_in_the_system_and_leaves_the_alarm_as_it_was() -> None:
    before = signal.getsignal(signal.SIGALRM)
    with Watch(SOON) as watch, pytest.raises(TimedOut, match=r"it did not end within 0.05 s"):
        watch.call("the handler", lambda: time.sleep(FOREVER))

    assert signal.getsignal(signal.SIGALRM) is before
    assert not [each for each in threading.enumerate() if each.name == "msgpact-watch"]


@needs_alarm
def test_a_ring_that_comes_too_late_is_nobodys() -> None:
    with Watch(FOREVER) as watch:
        watch.call("the handler", lambda: signal.raise_signal(signal.SIGALRM))
        signal.raise_signal(signal.SIGALRM)

"""Ctrl-C in the middle of a user's function: what was set up is torn down, in the task where it was set up."""

import asyncio
import signal
import time
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from msgpact.calls import Call, EventLoop, Steps, SyncDriver, close, enter

events: list[str] = []


@pytest.fixture(autouse=True)
def _no_events() -> None:
    events.clear()


def press_ctrl_c() -> None:
    signal.raise_signal(signal.SIGINT)


def interrupted() -> None:
    press_ctrl_c()
    events.append("not reached")


async def interrupted_while_it_waits() -> None:
    asyncio.get_running_loop().call_soon(press_ctrl_c)
    try:
        await asyncio.sleep(60)
    finally:
        events.append("cleaned up")


async def interrupted_and_deaf() -> None:
    loop = asyncio.get_running_loop()
    loop.call_soon(press_ctrl_c)
    while True:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            events.append("ignored")
            loop.call_soon(press_ctrl_c)


def table() -> Iterator[None]:
    yield
    events.append("torn down")


async def async_table() -> AsyncIterator[None]:
    async with asyncio.timeout(60):  # can only be left in the task that entered it
        yield
    events.append("torn down")


def around(state: Callable[[], object], producer: Callable[[], object]) -> Steps[None]:
    _, resource = yield from enter(state, {}, "state")
    try:
        yield Call(producer, (), {}, "producer")
    finally:
        assert resource is not None
        yield from close(resource)


@pytest.mark.parametrize("state", [table, async_table])
@pytest.mark.parametrize(
    ("producer", "before"),
    [(interrupted, []), (interrupted_while_it_waits, ["cleaned up"])],
    ids=["sync", "async"],
)
def test_what_was_set_up_is_torn_down(
    state: Callable[[], object], producer: Callable[[], object], before: list[str]
) -> None:
    with pytest.raises(KeyboardInterrupt), EventLoop() as loop, SyncDriver(loop) as driver:
        driver.run(around(state, producer))

    assert events == [*before, "torn down"]


def test_a_coroutine_that_ignores_its_cancellation_is_left_behind_by_the_second() -> None:
    with pytest.raises(KeyboardInterrupt), EventLoop() as loop, SyncDriver(loop) as driver:
        driver.run(around(table, interrupted_and_deaf))

    assert events == ["ignored", "torn down"]


def test_the_handler_of_the_signal_is_as_before() -> None:
    with EventLoop() as loop, SyncDriver(loop) as driver:
        driver.run(around(async_table, lambda: time.time()))

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler

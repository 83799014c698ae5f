"""Generator functions of users: what comes before the yield is the set-up, what comes after it the tear-down."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from msgpact.calls import EventLoop, Steps, SyncDriver, close, drive, enter
from msgpact.errors import DeclarationError

events: list[str] = []


@pytest.fixture(autouse=True)
def _no_events() -> None:
    events.clear()


def plain(id: int) -> dict[str, int]:
    events.append("set up")
    return {"id": id}


async def coroutine(id: int) -> dict[str, int]:
    events.append("set up")
    return {"id": id}


def generator(id: int) -> Iterator[dict[str, int]]:
    events.append("set up")
    yield {"id": id}
    events.append("torn down")


async def async_generator(id: int) -> AsyncIterator[dict[str, int]]:
    events.append("set up")
    yield {"id": id}
    await asyncio.sleep(0)
    events.append("torn down")


def entered_and_closed(function: Callable[..., object]) -> Steps[object]:
    value, resource = yield from enter(function, {"id": 42}, "state")
    if resource is not None:
        yield from close(resource)
    return value


def run(function: Callable[..., object]) -> object:
    with EventLoop() as loop, SyncDriver(loop) as driver:
        return driver.run(entered_and_closed(function))


BOTH = [
    pytest.param(run, id="sync"),
    pytest.param(lambda function: asyncio.run(drive(entered_and_closed(function))), id="async"),
]
Run = Callable[[Callable[..., object]], object]


@pytest.mark.parametrize("run", BOTH)
@pytest.mark.parametrize("function", [plain, coroutine, generator, async_generator])
def test_a_value_comes_from_any_kind_of_function(run: Run, function: Callable[..., object]) -> None:
    assert run(function) == {"id": 42}
    assert events == ["set up", "torn down"][: 2 if "generator" in function.__name__ else 1]


def never(id: int) -> Iterator[None]:
    return
    yield


async def never_async(id: int) -> AsyncIterator[None]:
    return
    yield


@pytest.mark.parametrize("run", BOTH)
@pytest.mark.parametrize("function", [never, never_async])
def test_a_generator_that_never_yields(run: Run, function: Callable[..., object]) -> None:
    with pytest.raises(
        DeclarationError, match=r"Cannot use the state .*: it is a generator that never yields\. Add a yield\."
    ):
        run(function)


def twice(id: int) -> Iterator[None]:
    try:
        yield
        yield
    finally:
        events.append("closed")


async def twice_async(id: int) -> AsyncIterator[None]:
    try:
        yield
        yield
    finally:
        await asyncio.sleep(0)
        events.append("closed")


@pytest.mark.parametrize("run", BOTH)
@pytest.mark.parametrize("function", [twice, twice_async])
def test_a_generator_that_yields_twice_is_closed_at_its_second_yield(run: Run, function: Callable[..., object]) -> None:
    with pytest.raises(DeclarationError, match=r"Cannot finish the state .*: it yields a second time\."):
        run(function)

    assert events == ["closed"]

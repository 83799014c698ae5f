"""The driver for async callers: everything in the caller's task, on the caller's loop, in the caller's context."""

import asyncio
import contextvars
import functools
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest

from msgpact.calls import Call, Steps, close, drive, enter
from msgpact.errors import UserCodeError

tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")


def results_of(*functions: Callable[[], Any]) -> Steps[list[Any]]:
    results: list[Any] = []
    for function in functions:
        try:
            results.append((yield Call(function, (), {}, "producer")))
        except Exception as error:
            results.append(error)
    return results


@pytest.mark.asyncio
async def test_functions_run_in_the_callers_task_and_loop() -> None:
    def here() -> int:
        return id(asyncio.current_task())

    async def there() -> int:
        return here()

    assert await drive(results_of(here, there)) == [here()] * 2


@pytest.mark.asyncio
async def test_functions_run_in_the_callers_context() -> None:
    tenant.set("the caller's")

    found = await drive(results_of(tenant.get, functools.partial(tenant.set, "a function's"), tenant.get))

    assert found[::2] == ["the caller's", "a function's"]
    assert tenant.get() == "a function's"


def raising(error: BaseException) -> Callable[[], None]:
    def raises() -> None:
        raise error

    return raises


def raising_async(error: BaseException) -> Callable[[], Any]:
    async def raises() -> None:
        raise error

    return raises


@pytest.mark.asyncio
@pytest.mark.parametrize(
    ("function", "error"),
    [
        (raising, SystemExit(0)),
        (raising, StopIteration(1)),
        (raising_async, SystemExit(0)),
        (raising_async, asyncio.CancelledError()),
        (raising, asyncio.CancelledError()),
    ],
    ids=lambda each: getattr(each, "__name__", repr(each)),
)
async def test_what_means_something_to_python_comes_as_a_user_code_error(
    function: Callable[[BaseException], Callable[[], Any]], error: BaseException
) -> None:
    raised, after = await drive(results_of(function(error), lambda: 1))

    assert isinstance(raised, UserCodeError)
    assert raised.__cause__ is error
    assert after == 1


@pytest.mark.asyncio
async def test_a_traceback_begins_in_the_users_code() -> None:
    (error,) = await drive(results_of(raising_async(ValueError("no"))))

    assert [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)] == ["results_of", "raises"]


@pytest.mark.asyncio
async def test_the_callers_cancellation_goes_through_after_the_tear_down() -> None:
    done: list[str] = []

    async def table() -> AsyncIterator[None]:
        yield
        await asyncio.sleep(0)
        done.append("torn down")

    def steps() -> Steps[None]:
        _, resource = yield from enter(table, {}, "state")
        assert resource is not None
        try:
            yield Call(asyncio.sleep, (60,), {}, "producer")
        finally:
            yield from close(resource)

    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await drive(steps())

    assert done == ["torn down"]


def test_steps_that_are_abandoned_are_closed() -> None:
    """As when a loop is closed while a task still waits: what is not finished is dropped, without a complaint."""

    class Forever:
        def __await__(self) -> Iterator[None]:
            yield

    coroutine = drive(results_of(Forever))
    coroutine.send(None)

    coroutine.close()

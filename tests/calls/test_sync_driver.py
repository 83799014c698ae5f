"""The driver for sync callers: plain functions without an event loop, coroutines in one task, everything in one context."""

import asyncio
import contextvars
import importlib
import threading
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from msgpact.calls import Call, EventLoop, Steps, SyncDriver, close, enter, in_users_code, refuse_running_loop
from msgpact.errors import UserCodeError, WrongDriver

tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant", default="nobody")


def results_of(*functions: Callable[[], Any]) -> Steps[list[Any]]:
    """Call each function and note what it gave or raised."""
    results: list[Any] = []
    for function in functions:
        try:
            results.append((yield Call(function, (), {}, "producer")))
        except BaseException as error:
            results.append(error)
    return results


def run(steps: Steps[Any]) -> Any:
    with EventLoop() as loop, SyncDriver(loop) as driver:
        return driver.run(steps)


def calling(*functions: Callable[[], Any]) -> list[Any]:
    found = run(results_of(*functions))
    assert isinstance(found, list)
    return found


# -- where functions run ---------------------------------------------------------------------------------------------


async def answer() -> int:
    await asyncio.sleep(0)
    return 42


def test_a_plain_function_sees_no_event_loop() -> None:
    assert calling(answer, lambda: asyncio.run(answer()), answer) == [42, 42, 42]


def test_coroutines_run_on_one_loop_and_in_one_task() -> None:
    async def here() -> tuple[int, int]:
        return id(asyncio.get_running_loop()), id(asyncio.current_task())

    assert len(set(calling(here, here, here))) == 1


def test_the_loop_is_kept_from_driver_to_driver() -> None:
    async def loop() -> asyncio.AbstractEventLoop:
        return asyncio.get_running_loop()

    with EventLoop() as kept:
        found = []
        for _ in range(2):
            with SyncDriver(kept) as driver:
                found += driver.run(results_of(loop))

    assert found[0] is found[1]
    assert found[0].is_closed()


def test_no_loop_is_made_for_plain_functions() -> None:
    with EventLoop() as loop, SyncDriver(loop) as driver:
        driver.run(results_of(lambda: 1))

        assert loop._runner is None


def test_no_thread_is_started() -> None:
    async def thread() -> int:
        return threading.get_ident()

    before = set(threading.enumerate())

    assert calling(threading.get_ident, thread) == [threading.get_ident()] * 2
    assert set(threading.enumerate()) <= before


def test_it_runs_in_any_thread() -> None:
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.extend(calling(lambda: 1, answer)))
    thread.start()
    thread.join()

    assert found == [1, 42]


# -- context variables -----------------------------------------------------------------------------------------------


def test_what_the_caller_set_is_seen_and_nothing_leaks_back() -> None:
    async def set_in_a_coroutine() -> None:
        tenant.set("a coroutine's")

    def set_in_a_function() -> None:
        tenant.set("a function's")

    async def seen() -> str:
        return tenant.get()

    reset = tenant.set("the caller's")
    try:
        found = calling(tenant.get, seen, set_in_a_coroutine, tenant.get, set_in_a_function, seen)

        assert found == ["the caller's", "the caller's", None, "a coroutine's", None, "a function's"]
        assert tenant.get() == "the caller's"
    finally:
        tenant.reset(reset)


def test_a_variable_can_be_reset_in_the_tear_down_of_what_set_it() -> None:
    async def as_tenant() -> AsyncIterator[None]:
        token = tenant.set("orders")
        yield
        tenant.reset(token)

    def steps() -> Steps[list[str]]:
        _, resource = yield from enter(as_tenant, {}, "state")
        seen = [(yield Call(tenant.get, (), {}, "producer"))]
        assert resource is not None
        yield from close(resource)
        return [*seen, (yield Call(tenant.get, (), {}, "producer"))]

    assert run(steps()) == ["orders", "nobody"]


def test_the_steps_themselves_run_in_the_context() -> None:
    def steps() -> Steps[str]:
        yield Call(tenant.set, ("orders",), {}, "state")
        return tenant.get()

    assert run(steps()) == "orders"


# -- what a set-up enters, a tear-down can leave ---------------------------------------------------------------------


async def in_a_timeout() -> AsyncIterator[None]:
    async with asyncio.timeout(60):
        yield


async def in_a_task_group() -> AsyncIterator[None]:
    async with asyncio.TaskGroup() as group:
        group.create_task(asyncio.sleep(0))
        yield


async def in_a_cancel_scope() -> AsyncIterator[None]:
    with anyio.CancelScope():
        yield


async def in_an_anyio_task_group() -> AsyncIterator[None]:
    async with anyio.create_task_group() as group:
        group.start_soon(anyio.sleep, 0)
        yield


SCOPES = [in_a_timeout, in_a_task_group, in_a_cancel_scope, in_an_anyio_task_group]


def around(scope: Callable[[], object], *functions: Callable[[], Any]) -> Steps[list[Any]]:
    """Call the functions between the set-up and the tear-down of a scope."""
    _, resource = yield from enter(scope, {}, "around function")
    results = yield from results_of(*functions)
    assert resource is not None
    try:
        yield from close(resource)
    except BaseException as error:
        results.append(error)
    return results


@pytest.mark.parametrize("scope", SCOPES)
def test_a_scope_stays_open_between_set_up_and_tear_down(scope: Callable[[], object]) -> None:
    assert run(around(scope, answer, lambda: 1, answer)) == [42, 1, 42]


def test_a_timeout_that_ran_out_in_between_cancels_what_comes_next() -> None:
    async def in_no_time() -> AsyncIterator[None]:
        async with asyncio.timeout(0):
            yield

    cancelled, plain, after = run(around(in_no_time, answer, lambda: 1, answer))

    assert isinstance(cancelled, UserCodeError)
    assert isinstance(cancelled.__cause__, asyncio.CancelledError)
    assert (plain, after) == (1, 42)


def test_a_task_that_failed_in_between_cancels_what_comes_next_and_is_reported() -> None:
    async def fail() -> None:
        raise OSError("gone")

    async def with_a_failing_task() -> AsyncIterator[None]:
        async with asyncio.TaskGroup() as group:
            group.create_task(fail())
            yield

    cancelled, reported = run(around(with_a_failing_task, answer))

    assert isinstance(cancelled, UserCodeError)
    assert isinstance(reported, ExceptionGroup)
    assert str(reported.exceptions[0]) == "gone"


# -- what functions raise --------------------------------------------------------------------------------------------


def names_in(error: BaseException) -> list[str]:
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]


class Stop(BaseException):
    """What some libraries' timeouts are: no Exception."""


def raising(error: BaseException) -> Callable[[], None]:
    def raises() -> None:
        raise error

    return raises


def raising_async(error: BaseException) -> Callable[[], Any]:
    async def raises() -> None:
        await asyncio.sleep(0)
        raise error

    return raises


@pytest.mark.parametrize(
    "error", [ValueError("no"), ExceptionGroup("both", [OSError()]), KeyboardInterrupt(), Stop()], ids=repr
)
@pytest.mark.parametrize("kind", [raising, raising_async])
def test_an_exception_comes_as_it_is(kind: Callable[[BaseException], Callable[[], Any]], error: BaseException) -> None:
    assert calling(kind(error), lambda: 1, answer) == [error, 1, 42]


@pytest.mark.parametrize(
    ("function", "error"),
    [
        (raising, SystemExit(0)),
        (raising, GeneratorExit()),
        (raising, StopIteration(1)),
        (raising_async, SystemExit(0)),
        (raising_async, GeneratorExit()),
        (raising_async, asyncio.CancelledError()),
    ],
    ids=lambda each: getattr(each, "__name__", repr(each)),
)
def test_what_means_something_to_python_comes_as_a_user_code_error(
    function: Callable[[BaseException], Callable[[], Any]], error: BaseException
) -> None:
    raised, *others = calling(function(error), lambda: 1, answer)

    assert isinstance(raised, UserCodeError)
    assert raised.__cause__ is error
    assert "Cannot finish the producer" in str(raised)
    assert others == [1, 42]


@pytest.mark.parametrize("kind", [raising, raising_async])
def test_a_traceback_begins_in_the_users_code(kind: Callable[[BaseException], Callable[[], Any]]) -> None:
    (error,) = calling(kind(ValueError("no")))

    assert names_in(error) == ["results_of", "raises"]
    assert names_in(in_users_code(error)) == ["results_of", "raises"], "the steps of this test are a user's code too"


def test_what_the_steps_raise_reaches_the_caller() -> None:
    def steps() -> Iterator[Call]:
        yield Call(answer, (), {}, "producer")
        raise LookupError("the end")

    with pytest.raises(LookupError, match="the end"):
        run(steps())  # type: ignore[arg-type]  # an iterator is enough


# -- the wrong driver ------------------------------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_plain_name_under_a_running_loop_names_the_other() -> None:
    with pytest.raises(
        WrongDriver, match=r"Cannot verify 'x' here: an event loop is already running\. Write `await y\(\)` instead\."
    ):
        refuse_running_loop("verify 'x'", "y()")


def test_a_plain_name_without_a_loop_is_right() -> None:
    refuse_running_loop("verify 'x'", "y()")


def test_a_module_that_raises_while_it_is_imported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "broken_on_import.py").write_text("def load():\n    raise ValueError('no')\n\n\nload()\n")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ValueError, match="no") as caught:
        importlib.import_module("broken_on_import")
    # Above importlib stands this test; where msgpact imports, msgpact does.
    caught.value.__traceback__ = caught.value.__traceback__.tb_next if caught.value.__traceback__ else None

    assert names_in(in_users_code(caught.value)) == ["<module>", "load"]


# -- what ends a coroutine, and what is left on the loop --------------------------------------------------------------


def raising_cancelled() -> None:
    raise asyncio.CancelledError("from a loop of its own")


async def cancelling_everything() -> None:
    for task in asyncio.all_tasks():
        task.cancel()
    await asyncio.sleep(60)


@pytest.mark.parametrize("function", [raising_cancelled, cancelling_everything], ids=lambda each: each.__name__)
def test_a_cancellation_from_within_is_a_failure_of_that_function(function: Callable[[], Any]) -> None:
    failed, answered = calling(function, answer)

    assert isinstance(failed, UserCodeError)
    assert "it was cancelled from within" in str(failed)
    assert answered == 42


def test_a_task_that_ignores_its_cancellation_does_not_keep_the_loop_open(monkeypatch: pytest.MonkeyPatch) -> None:
    left: list[object] = []
    monkeypatch.setattr("msgpact.calls.PATIENCE", 0.05)
    monkeypatch.setattr("msgpact.calls.LEFT_BEHIND", left)
    tasks: list[asyncio.Task[None]] = []
    is_deaf = True

    async def deaf() -> None:
        while is_deaf:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                continue

    async def starting() -> None:
        tasks.append(asyncio.create_task(deaf()))
        await asyncio.sleep(0)

    assert calling(starting) == [None]

    assert left == tasks
    is_deaf = False
    with pytest.raises(StopIteration):
        tasks[0].get_coro().throw(asyncio.CancelledError)


def test_the_loop_that_the_caller_has_set_is_left_alone() -> None:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    try:
        calling(answer)

        assert asyncio.get_event_loop_policy().get_event_loop() is loop
    finally:
        asyncio.set_event_loop(None)
        loop.close()

"""Calling users' functions, sync or async, the same way: one engine of steps that does no I/O, and two drivers.

An engine (the verifier, the recorder) is a generator that yields a `Call` wherever a user's function is to be called and
is sent what it returned, or has its exception thrown in. `SyncDriver` runs such steps with no event loop around plain
functions and with coroutines on one loop that it keeps; `drive` runs them on the caller's loop. No thread is started for
user code by either.
"""

import contextvars
import functools
import inspect
import sys
import time
import traceback
from collections.abc import Callable, Generator, Iterable, Mapping
from dataclasses import dataclass
from types import AsyncGeneratorType, GeneratorType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from msgpact.deadlines import OURS, PATIENCE, checked_timeout, stack_of, timed_out, within
from msgpact.errors import DeclarationError, MsgpactError, TimedOut, Unavailable, UserCodeError, WrongDriver
from msgpact.signatures import Place

if TYPE_CHECKING:
    # Importing asyncio costs 35 ms; production code that only declares handlers does not need it.
    import asyncio

__all__ = [
    "LEFT_BEHIND",
    "Call",
    "EventLoop",
    "Resource",
    "Steps",
    "SyncDriver",
    "close",
    "drive",
    "ends_the_run",
    "enter",
    "finish",
    "in_users_code",
    "in_words",
    "refuse_generators",
    "refuse_running_loop",
]

R = TypeVar("R")


@dataclass(slots=True)
class Call:
    """A user's function to be called now; *role* is what it is in messages (`producer`, `handler`, …)."""

    function: Callable[..., object]
    args: tuple[object, ...]
    kwargs: Mapping[str, object]
    role: str
    shown: Callable[..., object] | None = None
    """The function to name in messages, where *function* is only `next` or the like."""

    def __str__(self) -> str:
        return f"the {self.role} {Place.of(self.shown or self.function)}"


Steps = Generator[Call, Any, R]


# -- resources: a function, or a generator function whose part after the yield is the tear-down ----------------------


@dataclass(slots=True)
class Resource:
    """A generator of the user's that stands at its yield, waiting to be finished."""

    generator: Any
    function: Callable[..., object]
    role: str


_END = object()


def enter(
    function: Callable[..., object], kwargs: Mapping[str, object], role: str
) -> Steps[tuple[Any, Resource | None]]:
    """Call *function*; where it is a generator function, run it to its yield. Gives its value and what is to be closed."""
    value = yield Call(function, (), kwargs, role)
    if inspect.isgenerator(value):
        first = yield Call(next, (value, _END), {}, role, function)
    elif inspect.isasyncgen(value):
        first = yield Call(anext, (value, _END), {}, role, function)
    else:
        return value, None
    if first is _END:
        raise DeclarationError(
            f"Cannot use the {role} {Place.of(function)}: it is a generator that never yields. Add a yield."
        )
    return first, Resource(value, function, role)


def close(resource: Resource) -> Steps[None]:
    """Run a user's generator from its yield to its end: the tear-down."""
    generator = resource.generator
    is_async = inspect.isasyncgen(generator)
    last = yield Call(anext if is_async else next, (generator, _END), {}, resource.role, resource.function)
    if last is _END:
        return
    yield Call(generator.aclose if is_async else generator.close, (), {}, resource.role, resource.function)
    raise DeclarationError(
        f"Cannot finish the {resource.role} {Place.of(resource.function)}: it yields a second time. "
        "What comes after its yield is the tear-down; remove the other yield."
    )


def finish(resources: list[Resource], failed: Callable[[Resource, BaseException], None]) -> Steps[None]:
    """Close every resource, the last first; one that raises, of which *failed* is told, does not keep others from it."""
    interruption: BaseException | None = None
    while resources:
        resource = resources.pop()
        try:
            yield from close(resource)
        except GeneratorExit:
            raise
        except BaseException as error:
            if ends_the_run(error):
                interruption = interruption or error
            else:
                failed(resource, error)
    if interruption is not None:
        raise interruption


# -- the driver for sync callers -------------------------------------------------------------------------------------


def refuse_running_loop(doing: str, instead: str) -> None:
    """Raise WrongDriver if an event loop runs here: a plain name cannot wait for coroutines under it."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return
    raise WrongDriver(f"Cannot {doing} here: an event loop is already running. Write `await {instead}` instead.")


LEFT_BEHIND: list[object] = []
"""Tasks that ignored their cancellation. The process that has some should end by `os._exit`."""


def _leave_behind(tasks: Iterable[object]) -> None:
    """Keep tasks for ever: one that is collected is thrown into once more, and may then loop without end, or crash."""
    import ctypes

    for task in tasks:
        LEFT_BEHIND.append(task)
        ctypes.pythonapi.Py_IncRef(ctypes.py_object(task))


class EventLoop:
    """One event loop, made when the first coroutine turns up and kept until closed."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None
        self._given_up = False

    @property
    def runner(self) -> "asyncio.Runner":
        if self._runner is None:
            import asyncio

            # With a factory of its own it leaves alone what the caller has set as the current loop.
            self._runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
        return self._runner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def give_up(self) -> None:
        """Note that a task on the loop can't be ended, so that `close` does not wait for it."""
        self._given_up = True

    def close(self) -> None:
        """Cancel what still runs on the loop and close it; what does not end in good time is left behind."""
        if self._runner is None:
            return
        import asyncio

        loop = self._runner.get_loop()
        left = set() if loop.is_closed() else asyncio.all_tasks(loop)
        try:
            if left and not self._given_up:
                for task in left:
                    task.cancel()
                _, left = self._runner.run(asyncio.wait(left, timeout=PATIENCE))
        finally:
            if left:
                _leave_behind(left)
                loop.close()
            else:
                self._runner.close()
            self._runner = None


class SyncDriver:
    """Runs steps: plain functions with no event loop running, coroutines on *loop*, all in one context.

    The context is a copy of the caller's, so what the caller set is visible and nothing leaks back. All coroutines run
    in one task, so that what a resource entered in its set-up (a timeout, a task group) can be left in its tear-down.
    """

    def __init__(self, loop: EventLoop, *, timeout: float | None = None) -> None:
        self._loop = loop
        self._timeout = checked_timeout(timeout)
        self._context = contextvars.copy_context()
        self._home: _HomeTask | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._home is not None:
            self._home.stop()
            self._home = None

    def run(self, steps: Steps[R]) -> R:
        """Run *steps* to their end and give what they return."""
        __tracebackhide__ = True
        inside = self._context.run  # the steps too: serializing what a function returned may need its context
        try:
            call = inside(next, steps)
            while True:
                try:
                    value = self._call(call)
                except BaseException as error:
                    # Nobody cancels from outside: it came from the function, or from what it did to its loop.
                    cancelled = ends_the_run(error) and not isinstance(error, KeyboardInterrupt | GeneratorExit)
                    call = inside(steps.throw, _cancelled(call, error) if cancelled else _as_thrown(error, call))
                else:
                    call = inside(steps.send, value)
        except StopIteration as stop:
            result: R = stop.value
            return result

    def _call(self, call: Call) -> object:
        __tracebackhide__ = True
        if self._timeout is None:
            value = self._context.run(call.function, *call.args, **call.kwargs)
        else:
            function = functools.partial(self._context.run, call.function, *call.args, **call.kwargs)
            value = within(self._timeout, call, function)
        return self._awaited(value, call) if hasattr(type(value), "__await__") else value

    def _awaited(self, awaitable: object, call: Call) -> object:
        __tracebackhide__ = True
        if self._home is None:
            self._home = _HomeTask(self._context)
        job = _Job(awaitable, call, self._timeout)
        try:
            value, error = self._loop.runner.run(self._home.do(job), context=self._context)
        finally:
            if not job.is_done:  # it ignored its cancellation: nothing can run in that task any more
                self._home.stop()
                self._home = None
                self._loop.give_up()
        if error is not None:
            raise error
        return value


@dataclass(slots=True, eq=False)
class _Job:
    """An awaitable for the home task; what it gives, or raises, as a value: a future cannot carry every exception."""

    awaitable: Any
    call: Call
    timeout: float | None
    done: "asyncio.Future[tuple[object, BaseException | None]] | None" = None
    interrupted: bool = False

    @property
    def is_done(self) -> bool:
        return self.done is not None and self.done.done()


class _HomeTask:
    """The one task in which a driver's coroutines run, one after another."""

    def __init__(self, context: contextvars.Context) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._jobs: asyncio.Queue[_Job | None]

    async def do(self, job: _Job) -> tuple[object, BaseException | None]:
        """What the job gives, or raises; cancelled (by Ctrl-C), it first cancels the job and lets it clean up."""
        import asyncio

        if self._task is None:
            self._jobs = asyncio.Queue()
            self._task = asyncio.create_task(self._serve(), context=self._context)
        job.done = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait(job)
        patience = None if job.timeout is None else job.timeout + PATIENCE
        try:
            await asyncio.wait([job.done], timeout=patience)
        except asyncio.CancelledError:
            job.interrupted = True
            self._task.cancel()
            await asyncio.wait([job.done], timeout=PATIENCE)
            raise
        if job.is_done:
            return job.done.result()
        assert job.timeout is not None
        return None, TimedOut(f"{timed_out(job.call, job.timeout, '')} It was cancelled, and went on.")

    async def _serve(self) -> None:
        import asyncio

        task = asyncio.current_task()
        assert task is not None
        owed = False
        while True:
            try:
                job = await self._jobs.get()
            except asyncio.CancelledError:
                # By something that a state entered (a timeout, a task group) while none of its code ran: for the next job.
                owed = True
                continue
            if job is None:
                return
            if owed:
                owed = False
                task.uncancel()
                task.cancel()
            outcome = await _outcome(job)
            if job.interrupted:
                task.uncancel()
            assert job.done is not None
            job.done.set_result(outcome)

    def stop(self) -> None:
        """Let the task end when the loop runs next, or closes."""
        self._jobs.put_nowait(None)


async def _outcome(job: _Job) -> tuple[object, BaseException | None]:
    import asyncio

    try:
        return await _awaited(job.awaitable, job.call, job.timeout), None
    except asyncio.CancelledError as error:
        return None, error if job.interrupted else _cancelled(job.call, error)
    except BaseException as error:
        return None, error


# -- the driver for async callers ------------------------------------------------------------------------------------


async def drive(steps: Steps[R], *, timeout: float | None = None) -> R:
    """Run *steps* on the caller's event loop, in the caller's task and context."""
    __tracebackhide__ = True
    import asyncio

    timeout = checked_timeout(timeout)
    try:
        call = next(steps)
        while True:
            try:
                value: Any
                if timeout is None:
                    value = call.function(*call.args, **call.kwargs)
                else:
                    value = within(timeout, call, functools.partial(call.function, *call.args, **call.kwargs))
                if hasattr(type(value), "__await__"):
                    value = await _awaited(value, call, timeout)
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                by_caller = task is not None and task.cancelling()
                call = steps.throw(error if by_caller else _cancelled(call, error))
            except GeneratorExit:  # this coroutine is being closed: nothing can be awaited any more
                raise
            except BaseException as error:
                call = steps.throw(_as_thrown(error, call))
            else:
                call = steps.send(value)
    except StopIteration as stop:
        result: R = stop.value
        return result


# -- what both drivers do --------------------------------------------------------------------------------------------


async def _awaited(awaitable: Any, call: Call, timeout: float | None) -> object:
    import asyncio

    if timeout is None:
        return await awaitable
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            return await _Limited(awaitable, call, timeout)
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimedOut(timed_out(call, timeout, _where(error.__cause__ or error))) from None


@dataclass(slots=True)
class _Limited:
    """An awaitable whose time limit also holds between two awaits: a coroutine that blocks its loop is interrupted."""

    awaitable: Any
    call: Call
    timeout: float

    def __await__(self) -> Generator[Any, Any, object]:
        coroutine = self._coroutine()
        step = functools.partial(coroutine.send, None)
        end = time.monotonic() + self.timeout
        while True:
            left = end - time.monotonic()
            try:
                # What is left to do when the time is up is the clean-up.
                waiting_for = within(self.timeout, self.call, step, left=left if left > 0 else PATIENCE)
            except StopIteration as stop:
                return stop.value
            try:
                step = functools.partial(coroutine.send, (yield waiting_for))
            except BaseException as error:
                step = functools.partial(coroutine.throw, error)

    async def _coroutine(self) -> object:
        return await self.awaitable


def _as_thrown(error: BaseException, call: Call) -> BaseException:
    """What the steps are told of an exception that a user's function raised.

    What would end a generator or the process, and an error of ours that the function met, come as a UserCodeError: for
    the steps those would mean something else.
    """
    error = in_users_code(error)
    if isinstance(error, StopIteration | GeneratorExit | SystemExit):
        what_to_do = "Let it return, or raise another exception."
    elif isinstance(error, MsgpactError) and not isinstance(error, UserCodeError | Unavailable):
        what_to_do = "Mend it."
    else:
        return error
    raised = UserCodeError(f"Cannot finish {call}: it raised {in_words(error).rstrip('.')}. {what_to_do}")
    raised.__cause__ = error
    return raised


def refuse_generators(value: object, call: Call) -> None:
    """Refuse what a handler returned where nothing has run it: a message would count as handled by that.

    Raises:
        UserCodeError: it is a generator.
    """
    if isinstance(value, GeneratorType | AsyncGeneratorType):
        raise UserCodeError(
            f"Cannot finish {call}: it returned a generator, which nobody runs. Let it handle the message when it is called."
        )


def ends_the_run(error: BaseException) -> bool:
    """Whether an exception goes through whatever is under way: Ctrl-C, a caller that is cancelled, abandoned steps."""
    asyncio = sys.modules.get("asyncio")
    return isinstance(error, KeyboardInterrupt | GeneratorExit) or (
        asyncio is not None and isinstance(error, asyncio.CancelledError)
    )


def in_words(error: BaseException) -> str:
    """An exception's kind and message."""
    try:
        text = str(error)
    except Exception:  # the user's own __str__
        text = "its message cannot be shown"
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


E = TypeVar("E", bound=BaseException)


def in_users_code(error: E) -> E:
    """The same exception, its traceback beginning in the user's code: behind what called or imported it."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_globals.get("__name__", "").partition(".")[0] in _AROUND_USERS_CODE:
        tb = tb.tb_next
    inner = tb
    while inner is not None:  # the driver's own, where a time limit is held between two awaits
        while inner.tb_next is not None and inner.tb_next.tb_frame.f_globals.get("__name__") in OURS:
            inner.tb_next = inner.tb_next.tb_next
        inner = inner.tb_next
    return error.with_traceback(tb)


_AROUND_USERS_CODE = ("click", "importlib", "msgpact", "runpy")


def _cancelled(call: Call, error: BaseException) -> UserCodeError:
    raised = UserCodeError(
        f"Cannot finish {call}: it was cancelled from within, or by a timeout or task group around it. "
        "Do not let CancelledError escape from it."
    )
    raised.__cause__ = error
    return raised


def _where(error: BaseException) -> str:
    return stack_of(traceback.walk_tb(error.__traceback__))

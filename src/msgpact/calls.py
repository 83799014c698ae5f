"""Calling users' functions, sync or async, the same way: one engine of steps that does no I/O, and two drivers.

An engine (the verifier, the recorder) is a generator that yields a `Call` wherever a user's function is to be called and
is sent what it returned, or has its exception thrown in. `SyncDriver` runs such steps with no event loop around plain
functions and with coroutines on one loop that it keeps; `drive` runs them on the caller's loop. No thread is started for
user code by either.
"""

import contextlib
import contextvars
import inspect
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from msgpact.errors import DeclarationError, TimedOut, UserCodeError, WrongDriver

if TYPE_CHECKING:
    # Importing asyncio costs 35 ms; production code that only declares handlers does not need it.
    import asyncio

__all__ = [
    "Call",
    "EventLoop",
    "Parameters",
    "Place",
    "Resource",
    "Steps",
    "SyncDriver",
    "close",
    "drive",
    "enter",
    "refuse_running_loop",
]

R = TypeVar("R")
EMPTY: Mapping[str, object] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is declared: a file, a line in it and the qualified name of the function."""

    file: str
    line: int
    name: str
    module: str = ""

    @classmethod
    def of(cls, function: Callable[..., object]) -> "Place":
        """The place of a function's definition, seen through decorators and partials."""
        inner: Any = function
        while True:
            if hasattr(inner, "__wrapped__"):
                inner = inner.__wrapped__
            elif hasattr(inner, "func"):
                inner = inner.func
            else:
                break
        code = getattr(inner, "__code__", None) or getattr(getattr(type(inner), "__call__", None), "__code__", None)  # noqa: B004
        name = getattr(inner, "__qualname__", type(inner).__qualname__)
        module = getattr(inner, "__module__", None) or ""
        if code is None:
            return cls("<built-in>", 0, name, module)
        return cls(code.co_filename, code.co_firstlineno, name, module)

    def __str__(self) -> str:
        return f"{shown_path(self.file)}:{self.line} {self.name}"


def shown_path(file: str) -> str:
    """A file as a person writes it: from the current folder where it lies below it."""
    try:
        relative = os.path.relpath(file)
    except ValueError:  # another drive on Windows
        return file
    return file if relative.startswith("..") else relative


@dataclass(slots=True)
class Call:
    """A user's function to be called now; *role* is what it is in messages (`producer`, `handler`, …)."""

    function: Callable[..., object]
    args: tuple[object, ...] = ()
    kwargs: Mapping[str, object] = field(default_factory=lambda: EMPTY)
    role: str = "function"
    shown: Callable[..., object] | None = None
    """The function to name in messages, where *function* is only `next` or the like."""

    def __str__(self) -> str:
        return f"the {self.role} {Place.of(self.shown or self.function)}"


Steps = Generator[Call, Any, R]


# -- parameters ------------------------------------------------------------------------------------------------------


class Parameters:
    """What a user's function takes, read once from its signature.

    Annotations are resolved one by one and only when asked for: a type that is imported only for type checkers does not
    matter unless it is the one we need.
    """

    def __init__(self, function: Callable[..., object]) -> None:
        self.function = function
        try:
            signature = inspect.signature(function)
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot use {function!r}: its signature cannot be read ({error}). Wrap it in a function."
            ) from None
        parameters = signature.parameters.values()
        self.positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        self.named = {p.name: p for p in parameters if p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)}
        self.positional_only = [p for p in parameters if p.kind is p.POSITIONAL_ONLY]
        self.takes_any_name = any(p.kind is p.VAR_KEYWORD for p in parameters)
        self.takes_any_position = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        self._annotations: dict[str, object] = {}

    def annotation(self, parameter: inspect.Parameter, *, needed: bool = False) -> object:
        """The parameter's annotation as an object; `Parameter.empty` where it has none or it cannot be resolved.

        Raises:
            DeclarationError: it is *needed* and names something that cannot be found.
        """
        if parameter.name not in self._annotations:
            self._annotations[parameter.name] = self._resolve(parameter, needed=needed)
        return self._annotations[parameter.name]

    def _resolve(self, parameter: inspect.Parameter, *, needed: bool) -> object:
        annotation = parameter.annotation
        if not isinstance(annotation, str):
            return annotation
        function: Any = inspect.unwrap(self.function)
        function = getattr(function, "__func__", function)
        scope = getattr(function, "__globals__", {})
        local = (
            dict(zip(function.__code__.co_freevars, (_cell(c) for c in function.__closure__), strict=True))
            if (getattr(function, "__closure__", None))
            else {}
        )
        try:
            return eval(annotation, scope, local)  # noqa: S307  (what typing.get_type_hints does, one name at a time)
        except Exception as error:
            if not needed:
                return inspect.Parameter.empty
            raise DeclarationError(
                f"Cannot resolve the annotation {annotation!r} of parameter {parameter.name!r} of "
                f"{Place.of(self.function)}: {error}. Import it at run time, not only for type checking."
            ) from None


def _cell(cell: Any) -> object:
    try:
        return cell.cell_contents
    except ValueError:  # not yet assigned
        return None


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
        first = yield Call(next, (value, _END), EMPTY, role, function)
    elif inspect.isasyncgen(value):
        first = yield Call(anext, (value, _END), EMPTY, role, function)
    else:
        return value, None
    if first is _END:
        raise DeclarationError(
            f"Cannot use the {role} {Place.of(function)}: it is a generator that never yields. Add a yield."
        )
    return first, Resource(value, function, role)


def close(resource: Resource) -> Steps[None]:
    """Run a user's generator from its yield to its end: the tear-down."""
    step = anext if inspect.isasyncgen(resource.generator) else next
    last = yield Call(step, (resource.generator, _END), EMPTY, resource.role, resource.function)
    if last is not _END:
        raise DeclarationError(
            f"Cannot finish the {resource.role} {Place.of(resource.function)}: it yields a second time. "
            "What comes after its yield is the tear-down; remove the other yield."
        )


# -- the driver for sync callers -------------------------------------------------------------------------------------


def refuse_running_loop(doing: str, instead: str) -> None:
    """Raise WrongDriver if an event loop runs here: a plain name cannot wait for coroutines under it."""
    asyncio = sys.modules.get("asyncio")
    if asyncio is None or asyncio._get_running_loop() is None:
        return
    raise WrongDriver(f"Cannot {doing} here: an event loop is already running. Write `await {instead}` instead.")


class EventLoop:
    """One event loop, made when the first coroutine turns up and kept until closed."""

    def __init__(self) -> None:
        self._runner: asyncio.Runner | None = None

    @property
    def runner(self) -> "asyncio.Runner":
        if self._runner is None:
            import asyncio

            self._runner = asyncio.Runner()
        return self._runner

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what still runs on the loop and close it."""
        if self._runner is not None:
            self._runner.close()
            self._runner = None


class SyncDriver:
    """Runs steps: plain functions with no event loop running, coroutines on *loop*, all in one context.

    The context is a copy of the caller's, so what the caller set is visible and nothing leaks back. All coroutines run
    in one task, so that what a resource entered in its set-up (a timeout, a task group) can be left in its tear-down.
    """

    def __init__(self, loop: EventLoop, *, timeout: float | None = None) -> None:
        self._loop = loop
        self._timeout = timeout
        self._context = contextvars.copy_context()
        self._home: _HomeTask | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        if self._home is not None:
            self._loop.runner.run(self._home.stop())
            self._home = None

    def run(self, steps: Steps[R]) -> R:
        """Run *steps* to their end and give what they return."""
        __tracebackhide__ = True
        try:
            call = next(steps)
            while True:
                try:
                    value = self._call(call)
                except BaseException as error:
                    call = steps.throw(_without_our_frames(error))
                else:
                    call = steps.send(value)
        except StopIteration as stop:
            result: R = stop.value
            return result

    def _call(self, call: Call) -> object:
        __tracebackhide__ = True
        if self._timeout is None:
            value = self._context.run(call.function, *call.args, **call.kwargs)
            return self._finish(value, call) if hasattr(type(value), "__await__") else value
        with deadline(self._timeout, call):
            value = self._context.run(call.function, *call.args, **call.kwargs)
        if not hasattr(type(value), "__await__"):
            return value
        # A coroutine that blocks the loop cannot be cancelled by it: the outer limit is for that.
        with deadline(self._timeout + 0.5, call):
            return self._finish(value, call)

    def _finish(self, awaitable: object, call: Call) -> object:
        __tracebackhide__ = True
        runner = self._loop.runner
        if self._home is None:
            self._home = _HomeTask(self._context)
        outcome, error = runner.run(self._home.do(awaitable, call, self._timeout), context=self._context)
        if error is not None:
            raise error
        return outcome


class _HomeTask:
    """The one task in which a driver's coroutines run, one after another."""

    def __init__(self, context: contextvars.Context) -> None:
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self._jobs: asyncio.Queue[tuple[Any, Call, float | None, asyncio.Future[Any]]] | None = None

    async def do(self, awaitable: Any, call: Call, timeout: float | None) -> tuple[object, BaseException | None]:
        """What the awaitable gives, or raises: as a value, since a future cannot carry every exception."""
        import asyncio

        if self._task is None or self._task.done():
            self._jobs = asyncio.Queue()
            self._task = asyncio.get_running_loop().create_task(self._serve(self._jobs), context=self._context)
        assert self._jobs is not None
        done: asyncio.Future[tuple[object, BaseException | None]] = asyncio.get_running_loop().create_future()
        self._jobs.put_nowait((awaitable, call, timeout, done))
        try:
            return await done
        except asyncio.CancelledError:  # Ctrl-C: the runner cancels us, we cancel what the user's code waits for
            await self.stop()
            raise

    async def _serve(self, jobs: "asyncio.Queue[tuple[Any, Call, float | None, asyncio.Future[Any]]]") -> None:
        import asyncio

        while True:
            awaitable, call, timeout, done = await jobs.get()
            try:
                outcome: tuple[object, BaseException | None] = (await _awaited(awaitable, call, timeout), None)
            except asyncio.CancelledError as error:
                if done.cancelled():
                    raise
                outcome = None, _cancelled(call, error)
            except BaseException as error:
                outcome = None, error
            if not done.done():
                done.set_result(outcome)

    async def stop(self) -> None:
        """End the task; what it was awaiting is cancelled."""
        import asyncio

        if self._task is not None and not self._task.done():
            self._task.cancel()
            await asyncio.wait([self._task])


def _cancelled(call: Call, error: BaseException) -> UserCodeError:
    raised = UserCodeError(
        f"Cannot finish {call}: it was cancelled from within. Do not let CancelledError escape from it."
    )
    raised.__cause__ = error
    return raised


async def _awaited(awaitable: Any, call: Call, timeout: float | None) -> object:
    import asyncio

    if timeout is None:
        return await awaitable
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            return await awaitable
    except TimeoutError as error:
        if not limit.expired():
            raise
        raise TimedOut(_timed_out(call, timeout, _where(error.__cause__ or error))) from None


# -- the driver for async callers ------------------------------------------------------------------------------------


async def drive(steps: Steps[R], *, timeout: float | None = None) -> R:
    """Run *steps* on the caller's event loop, in the caller's task and context."""
    __tracebackhide__ = True
    import asyncio

    try:
        call = next(steps)
        while True:
            try:
                value: Any
                if timeout is None:
                    value = call.function(*call.args, **call.kwargs)
                else:
                    with deadline(timeout, call):
                        value = call.function(*call.args, **call.kwargs)
                if hasattr(type(value), "__await__"):
                    value = await _awaited(value, call, timeout)
            except asyncio.CancelledError as error:
                task = asyncio.current_task()
                by_caller = task is not None and task.cancelling()
                call = steps.throw(error if by_caller else _cancelled(call, error))
            except BaseException as error:
                call = steps.throw(_without_our_frames(error))
            else:
                call = steps.send(value)
    except StopIteration as stop:
        result: R = stop.value
        return result


def _without_our_frames(error: BaseException) -> BaseException:
    """The same exception, its traceback beginning in the user's code."""
    tb = error.__traceback__
    while tb is not None and tb.tb_frame.f_code.co_filename == __file__ and tb.tb_next is not None:
        tb = tb.tb_next
    return error.with_traceback(tb)


# -- time limits -----------------------------------------------------------------------------------------------------


class _Overdue(BaseException):
    """Thrown into user code that runs too long; not an Exception, so that `except Exception` does not keep it."""


@contextlib.contextmanager
def deadline(seconds: float, call: Call) -> Iterator[None]:
    """Interrupt the block after *seconds* and raise TimedOut with the stack where it stood.

    By SIGALRM where there is one and this is the main thread, else by a watchdog that throws into this thread. Code that
    can be interrupted by neither (a blocking call on Windows) is reported on stderr and ends the process with code 3.
    """
    stack: list[str] = []
    on_main = threading.current_thread() is threading.main_thread()
    guard = _alarm(seconds, stack) if on_main and hasattr(signal, "setitimer") else _watchdog(seconds, stack, call)
    try:
        with guard:
            yield
    except _Overdue:
        raise TimedOut(_timed_out(call, seconds, "".join(stack))) from None


def _timed_out(call: Call, seconds: float, stack: str) -> str:
    text = f"Cannot finish {call}: it did not end within {seconds:g} s. Make it end, or raise the timeout."
    return f"{text} It stood at:\n{stack.rstrip()}" if stack else text


@contextlib.contextmanager
def _alarm(seconds: float, stack: list[str]) -> Iterator[None]:
    def ring(_: int, frame: FrameType | None) -> None:
        if not stack:
            stack.append(_frames(frame))
        raise _Overdue

    before = signal.signal(signal.SIGALRM, ring)
    started = time.monotonic()
    # The interval rings again where user code swallowed the first ring by a bare except.
    outer, _ = signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        if outer:  # somebody else's timer (pytest-timeout's) goes on with what it has left
            signal.setitimer(signal.ITIMER_REAL, max(outer - (time.monotonic() - started), 0.001))


@contextlib.contextmanager
def _watchdog(seconds: float, stack: list[str], call: Call) -> Iterator[None]:
    import ctypes

    thread, finished = threading.get_ident(), threading.Event()

    def watch() -> None:
        if finished.wait(seconds):
            return
        stack.append(_frames(sys._current_frames().get(thread)))
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), ctypes.py_object(_Overdue))
        if not finished.wait(max(seconds, 5)):
            sys.stderr.write(
                _timed_out(call, seconds, "".join(stack)) + "\nIt cannot be interrupted: ending the process.\n"
            )
            sys.stderr.flush()
            os._exit(3)

    watcher = threading.Thread(target=watch, name="msgpact-watchdog", daemon=True)
    watcher.start()
    try:
        yield
    finally:
        finished.set()
        watcher.join()
        if stack:  # thrown but perhaps not yet delivered: it must not surface in code that comes later
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread), None)


def _frames(frame: FrameType | None) -> str:
    """The stack down to *frame*, without what lies above the driver."""
    lines = traceback.extract_stack(frame)
    ours = max((i for i, each in enumerate(lines) if each.filename == __file__), default=-1)
    return "".join(traceback.format_list(lines[ours + 1 :]))


def _where(error: BaseException) -> str:
    lines = [each for each in traceback.extract_tb(error.__traceback__) if each.filename != __file__]
    return "".join(traceback.format_list(lines))

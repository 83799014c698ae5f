"""What a loop asks of its driver, and how the two drivers do it.

A loop is a generator that does no I/O: it yields an `Await` for what a handler returned to be awaited, a `Block` for what the
transport may take its time over, a `Start` for what is to run beside others, a `Land` to wait for one of those. `run` drives it
with no event loop around plain handlers, `arun` on the caller's loop.
"""

from collections.abc import Callable, Coroutine, Generator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from msgpact.calls import Call
from msgpact.deadlines import timed_out
from msgpact.errors import TimedOut, UserCodeError
from msgpact.receivers import Handler, Handling, Receiver

if TYPE_CHECKING:
    import asyncio  # as of `msgpact.calls`

__all__ = [
    "LEAVE",
    "Await",
    "Block",
    "Driven",
    "Land",
    "Leave",
    "Start",
    "Step",
    "Steps",
    "arun",
    "call_of",
    "handled",
    "in_thread",
    "run",
]


@dataclass(slots=True)
class Block:
    """A function of the transport that may take its time."""

    function: Callable[..., object]
    args: tuple[object, ...] = ()


@dataclass(slots=True)
class Await:
    """What a handler returned, to be awaited."""

    awaitable: Any
    receiver: Receiver


@dataclass(slots=True)
class Start:
    """A coroutine that is to run beside the others."""

    coroutine: Coroutine[Any, Any, None]


@dataclass(slots=True)
class Land:
    """Until one of those that were started has put itself among these, or so many seconds have passed."""

    landed: Sequence[object]
    seconds: float


class Leave:
    """What comes next is a plain handler's: no event loop is to run around it."""


LEAVE = Leave()

Step = Block | Await | Start | Land | Leave
Steps = Generator[Step, Any, Any]


class Driven(Protocol):
    """What is driven: a loop.

    Attributes:
        timeout: Seconds that a coroutine may take.
        is_inside: Whether an event loop runs around the steps that plain handlers are not to run in.
    """

    timeout: float | None
    is_inside: bool

    def steps(self) -> Steps: ...


def call_of(receiver: Receiver) -> Call:
    """The call as it stands in messages."""
    return Call(receiver.handler, (), {}, "handler")


# -- the driver for sync callers -------------------------------------------------------------------------------------


def run(loop: Driven) -> None:
    """Drive a loop to its end: plain handlers with no event loop running, coroutines on one that is kept for the whole run.

    As long as one coroutine comes after another they run in one go: entering an event loop for each would take longer than
    most of them. Where some run beside each other the transport is waited for in a thread, as otherwise they would stand still.
    """
    steps, air, runner = loop.steps(), _Air(), None
    try:
        step = _sent(steps, None)
        while step is not None:
            if isinstance(step, Await | Start | Land) or (isinstance(step, Block) and air.tasks):
                if runner is None:
                    import asyncio

                    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
                step = runner.run(_inside(loop, steps, step, air))
            else:
                step = _blocked(steps, step) if isinstance(step, Block) else _sent(steps, None)
    finally:
        steps.close()
        if runner is not None:
            runner.close()


def _blocked(steps: Steps, block: Block) -> Step | None:
    """The next step after what the transport did."""
    try:
        answer = block.function(*block.args)
    except BaseException as error:
        return _thrown(steps, error)
    return _sent(steps, answer)


def _sent(steps: Steps, answer: object) -> Step | None:
    """The next step; None at the end."""
    try:
        step: Step = steps.send(answer)
    except StopIteration:
        return None
    return step


def _thrown(steps: Steps, error: BaseException) -> Step | None:
    try:
        step: Step = steps.throw(error)
    except StopIteration:
        return None
    return step


async def _inside(loop: Driven, steps: Steps, step: Step | None, air: "_Air") -> Step | None:
    """Go on within the event loop as long as there is something to await."""
    loop.is_inside = True
    try:
        return await _within(loop, steps, step, air)
    finally:
        loop.is_inside = False


# -- the driver for async callers ------------------------------------------------------------------------------------


async def arun(loop: Driven) -> None:
    """Drive a loop to its end on the caller's event loop; the transport is waited for in a thread."""
    steps, air = loop.steps(), _Air()
    try:
        step = _sent(steps, None)
        while step is not None:
            step = await _within(loop, steps, step, air)
            if step is not None:
                step = await _after(steps, step) if isinstance(step, Block) else _sent(steps, None)
    finally:
        steps.close()
        await air.cleared()


# -- what both do ----------------------------------------------------------------------------------------------------


async def _within(loop: Driven, steps: Steps, step: Step | None, air: "_Air") -> Step | None:
    """Do what needs the event loop; the next step that does not, or None at the end."""
    while step is not None:
        if isinstance(step, Await):
            step = await _awaited(step, steps, loop.timeout)
        elif isinstance(step, Start):
            air.start(step.coroutine)
            step = _sent(steps, None)
        elif isinstance(step, Land):
            await air.until(step)
            step = _sent(steps, None)
        elif isinstance(step, Block) and air.tasks:
            step = await _after(steps, step)
        else:
            return step
    return None


class _Air:
    """The coroutines that run beside each other."""

    def __init__(self) -> None:
        self.tasks: set[asyncio.Task[None]] = set()
        self._waiter: asyncio.Future[None] | None = None
        self._error: BaseException | None = None

    def start(self, coroutine: Coroutine[Any, Any, None]) -> None:
        import asyncio

        task = asyncio.get_running_loop().create_task(coroutine)
        self.tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: "asyncio.Task[None]") -> None:
        self.tasks.discard(task)
        if not task.cancelled():
            self._error = self._error or task.exception()
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def until(self, land: Land) -> None:
        """Wait as it says; raises what is no Exception and came out of one of them."""
        import asyncio

        if not land.landed and self.tasks:
            self._waiter = asyncio.get_running_loop().create_future()
            await asyncio.wait([self._waiter], timeout=land.seconds)
            self._waiter = None
        if self._error is not None:
            raise self._error

    async def cleared(self) -> None:
        """Cancel those that are left, and wait for them."""
        import asyncio

        for task in self.tasks:
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)


async def handled(handler: Handler, handling: Handling, timeout: float | None) -> None:
    """Call a coroutine function beside others, and await what it returns."""
    import asyncio

    step = Await(handler(handling.contents, **handling.names), handling.receiver)
    try:
        if timeout is None:
            await step.awaitable
        else:
            await _limited(step, timeout)
    except asyncio.CancelledError as error:  # from within; or there is nobody left to tell
        raise _cancelled(step, error) from error


def _cancelled(step: Await, error: BaseException) -> UserCodeError:
    raised = UserCodeError(f"Cannot finish {call_of(step.receiver)}: it was cancelled from within. Mend it.")
    raised.__cause__ = error
    return raised


async def in_thread(function: Callable[..., object], *args: object) -> object:
    """What a function gives in a thread; a caller that is cancelled waits for it, as nobody else may use now what it uses."""
    import asyncio

    doing = asyncio.ensure_future(asyncio.to_thread(function, *args))
    try:
        return await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise


async def _after(steps: Steps, block: Block) -> Step | None:
    """The next step after what the transport did."""
    try:
        answer = await in_thread(block.function, *block.args)
    except Exception as error:
        return _thrown(steps, error)
    return _sent(steps, answer)


async def _awaited(step: Step | None, steps: Steps, timeout: float | None) -> Step | None:
    """Await what handlers returned, as long as one comes after another; the next other step, or None at the end.

    All in one coroutine: one for each message would take as long as most handlers' own.
    """
    import asyncio

    while isinstance(step, Await):
        try:
            if timeout is None:
                await step.awaitable
            else:
                await _limited(step, timeout)
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            step = _thrown(steps, _cancelled(step, error))
        except Exception as error:
            step = _thrown(steps, error)
        else:
            try:
                step = steps.send(None)
            except StopIteration:
                return None
    return step


async def _limited(step: Await, timeout: float) -> None:
    import asyncio

    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            await step.awaitable
    except TimeoutError:
        if not limit.expired():
            raise
        raise TimedOut(timed_out(call_of(step.receiver), timeout, "")) from None

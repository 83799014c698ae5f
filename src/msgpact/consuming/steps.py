"""What a loop asks of its driver, and how the two drivers do it.

A loop is a generator that does no I/O: it yields an `Await` for what a handler returned to be awaited, a `Block` for what the
transport may take its time over. `run` drives it with no event loop around plain handlers, `arun` on the caller's loop.
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Protocol

from msgpact.calls import Call
from msgpact.deadlines import timed_out
from msgpact.errors import TimedOut, UserCodeError
from msgpact.receivers import Receiver

__all__ = ["LEAVE", "Await", "Block", "Driven", "Leave", "Step", "Steps", "arun", "call_of", "run"]


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


class Leave:
    """What comes next is a plain handler's: no event loop is to run around it."""


LEAVE = Leave()

Step = Block | Await | Leave
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
    most of them.
    """
    steps, runner = loop.steps(), None
    try:
        step = _sent(steps, None)
        while step is not None:
            if isinstance(step, Await):
                if runner is None:
                    import asyncio

                    runner = asyncio.Runner(loop_factory=asyncio.new_event_loop)
                step = runner.run(_inside(loop, steps, step))
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


async def _inside(loop: Driven, steps: Steps, step: Step | None) -> Step | None:
    """Go on within the event loop as long as there is something to await."""
    loop.is_inside = True
    try:
        return await _awaited(step, steps, loop.timeout)
    finally:
        loop.is_inside = False


# -- the driver for async callers ------------------------------------------------------------------------------------


async def arun(loop: Driven) -> None:
    """Drive a loop to its end on the caller's event loop; the transport is waited for in a thread."""
    steps = loop.steps()
    try:
        step = _sent(steps, None)
        while step is not None:
            if isinstance(step, Await):
                step = await _awaited(step, steps, loop.timeout)
            else:
                step = await _in_thread(steps, step) if isinstance(step, Block) else _sent(steps, None)
    finally:
        steps.close()


async def _in_thread(steps: Steps, block: Block) -> Step | None:
    """The next step after what the transport did; a caller that is cancelled waits for it, as nobody else may use it now."""
    import asyncio

    doing = asyncio.ensure_future(asyncio.to_thread(block.function, *block.args))
    try:
        answer = await asyncio.shield(doing)
    except asyncio.CancelledError:
        await asyncio.wait([doing])
        raise
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
            cancelled = UserCodeError(f"Cannot finish {call_of(step.receiver)}: it was cancelled from within. Mend it.")
            cancelled.__cause__ = error
            step = _thrown(steps, cancelled)
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

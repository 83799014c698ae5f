"""Handlers that note that they were called, and a clock for what it took."""

import time
from collections.abc import Callable
from typing import Any

from benchmarks.consuming import Order

SIDES = ("bare", "model", "dict", "async")


class Clock:
    """Seconds, and those that this process computed, since it was made."""

    def __init__(self) -> None:
        self._started = self.now()

    def now(self) -> tuple[float, float]:
        return time.perf_counter(), time.process_time()

    def passed(self) -> tuple[float, float]:
        (wall, own), (wall_then, own_then) = self.now(), self._started
        return wall - wall_then, own - own_then


def noting(side: str, note: Callable[[], None]) -> Any:
    """The handler of a side, which calls *note* and does nothing else."""

    def model(_: Order) -> None:
        note()

    def plain(_: dict[str, Any]) -> None:
        note()

    async def coroutine(_: Order) -> None:
        note()

    return {"model": model, "dict": plain, "async": coroutine}[side]

"""Benches: a consumer whose handlers note what they are given, and who stops it; a transport's own has what is the transport's."""

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from msgpact import Consumer
from msgpact.consuming.control import Control
from msgpact.retries import Retries

PATIENCE = 60
SOON = Retries(retries=1, first=0.01, longest=0.05)


class Bench:
    """A consumer, what its handlers were given, and what its loop is stopped by.

    Attributes:
        metadata: What its expectations state, unless they are told otherwise.
    """

    metadata: dict[str, object]

    def __init__(self) -> None:
        self.shop = Consumer("shop", provider="orders")
        self.control = Control()
        self.seen: list[Any] = []

    def expects(self, handler: Callable[..., object], description: str = "an order", **said: Any) -> None:
        said = {"contents": {"id": 1}, "metadata": self.metadata, **said}
        self.shop.expects(description, **said)(handler)

    def until(self, count: int) -> Callable[[object], None]:
        """A handler that notes what it is given, and stops the loop after so many."""

        def handle(given: object) -> None:
            self.seen.append(given)
            if len(self.seen) == count:
                self.control.stop()

        return handle

    @contextlib.contextmanager
    def stopped_in_the_end(self) -> Iterator[None]:
        """A loop that nothing stops is stopped in the end, and the test then fails by what it asserts."""
        timer = threading.Timer(PATIENCE, lambda: self.control.stop())
        timer.start()
        yield
        timer.cancel()


def when(is_so: Callable[[], object], control: Control, act: Callable[[], object]) -> None:
    """Do something, from a thread, as soon as something is so, or the loop stops."""

    def wait() -> None:
        waited = threading.Event()
        while not is_so() and not control.stopping:
            waited.wait(0.005)
        act()

    threading.Thread(target=wait, daemon=True).start()

"""Messages of SQS in hand, which nobody else is to see: SQS is told so again and again, by a thread, until they are deleted."""

import math
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgpact.adapters import sqs_trouble
from msgpact.consuming.control import LOG
from msgpact.records.sqs import name_of

__all__ = ["BATCH", "Item", "Leases", "Queue", "by_queue"]

BATCH = 10
"""Messages that SQS takes or gives at a time."""

T = TypeVar("T")


@dataclass(eq=False, slots=True)
class Queue:
    """A queue.

    Attributes:
        times: How often in a row it could not be asked.
        again: When it is to be asked again, by the monotonic clock.
        is_known: Whether it has answered.
        freed: How often in a row messages were given back so that they come with those behind them.
        free_again: When they may be again.
    """

    url: str
    name: str = field(init=False)
    is_fifo: bool = field(init=False)
    times: int = 0
    again: float = 0.0
    is_known: bool = False
    freed: int = 0
    free_again: float = 0.0

    def __post_init__(self) -> None:
        self.name = name_of(self.url)
        self.is_fifo = self.name.endswith(".fifo")


@dataclass(eq=False, slots=True)
class Item:
    """A message in hand: boto3's own record, where it comes from, and until when nobody else sees it."""

    record: Mapping[str, Any]
    queue: Queue
    until: float


def by_queue(items: Iterable[Item]) -> Iterator[tuple[Queue, Sequence[Item]]]:
    """Messages in portions that SQS takes at a time, each of one queue and in order."""
    found: dict[Queue, list[Item]] = {}
    for each in items:
        found.setdefault(each.queue, []).append(each)
    for queue, several in found.items():
        for start in range(0, len(several), BATCH):
            yield queue, several[start : start + BATCH]


class Leases:
    """Messages in hand, and the thread that keeps them invisible.

    Args:
        client: Of boto3.
        seconds: For how long they are invisible at a time.

    Attributes:
        soonest: Before this moment none of them is lost.
    """

    def __init__(self, client: Any, seconds: int) -> None:
        self._client, self._seconds = client, seconds
        self._held: dict[int, Item] = {}
        self.soonest = math.inf
        self._lock = threading.Lock()  # lines add, the loop ends, the thread looks
        self._asking = threading.Lock()  # so that what is given back is not prolonged meanwhile
        self._raised = sqs_trouble.raised()
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="msgpact-sqs-leases", daemon=True)
        self._thread.start()

    def add(self, queue: Queue, records: Iterable[Mapping[str, Any]]) -> list[Item]:
        """Take messages that have just come into hand."""
        items = [Item(each, queue, time.monotonic() + self._seconds) for each in records]
        with self._lock:
            self._held.update({id(each): each for each in items})
            self.soonest = min([self.soonest, *(each.until for each in items)])
        return items

    def end(self, items: Iterable[Item]) -> None:
        """Let go of messages: they are deleted, or somebody else's."""
        with self._lock:
            for each in items:
                self._held.pop(id(each), None)

    def give_back(self, items: Sequence[Item]) -> None:
        """Let others see messages, at once."""
        with self._asking:
            self.end(items)
            for queue, portion in by_queue(items):
                self._change(queue, portion, 0)

    def lost(self) -> list[Item]:
        """Those that others may see by now."""
        with self._lock:
            self.soonest = min((each.until for each in self._held.values()), default=math.inf)
        return self._until(time.monotonic())

    def _until(self, moment: float) -> list[Item]:
        with self._lock:
            return [each for each in self._held.values() if each.until <= moment]

    def close(self) -> None:
        """Let others see what is in hand, at once."""
        self._closing.set()
        self._thread.join()
        self.give_back(tuple(self._held.values()))

    # -- the thread --

    def _keep(self) -> None:
        while not self._closing.wait(self._seconds / 6):
            try:
                self._prolong()
            except Exception as error:  # the thread is to live: else all that takes long would come twice
                LOG.error("SQS was not told how long messages are in hand", exc_info=error)

    def _prolong(self) -> None:
        with self._asking:
            for queue, items in by_queue(self._until(time.monotonic() + self._seconds / 2)):
                self._change(queue, items, self._seconds)

    def _change(self, queue: Queue, items: Sequence[Item], seconds: int) -> None:
        entries = [
            {"Id": str(number), "ReceiptHandle": each.record["ReceiptHandle"], "VisibilityTimeout": seconds}
            for number, each in enumerate(items)
        ]
        until = time.monotonic() + seconds
        try:
            answer = self._client.change_message_visibility_batch(QueueUrl=queue.url, Entries=entries)
        except self._raised as error:  # it is tried again while there is time
            LOG.warning(
                "SQS was not told how long messages of %s are in hand: %s", queue.name, sqs_trouble.in_words(error),
                extra={"queue": queue.name, "code": sqs_trouble.code_of(error)},
            )  # fmt: skip
            return
        for each in answer.get("Successful", ()):
            items[int(each["Id"])].until = until
        for each in answer.get("Failed", ()):
            if each.get("SenderFault"):  # it was deleted, or its time is up
                items[int(each["Id"])].until = self.soonest = 0.0

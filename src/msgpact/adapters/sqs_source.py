"""SQS as what is consumed: long polls, visibility, deletions, dead letters."""

import queue as queues
import threading
import time
from collections.abc import Hashable, Sequence
from typing import Any

from msgpact.adapters import sqs_trouble
from msgpact.adapters.sqs_leases import BATCH, Item, Leases, Queue, by_queue
from msgpact.adapters.sqs_letters import DeadLetters
from msgpact.adapters.sqs_reading import message_of
from msgpact.consuming.control import LOG, Control
from msgpact.consuming.loop import Loop
from msgpact.errors import UsageError
from msgpact.model import Message
from msgpact.receivers import Reason
from msgpact.retries import Retries

__all__ = ["SqsSource"]

CLOSED = 5.0
"""Seconds that a long poll which is under way at the end may take longer than it should."""


class SqsSource:
    """Queues, and that of their dead letters, as `Source` asks for them.

    Each queue has a thread, which receives when it is told to; another one keeps what is in hand invisible. So plain handlers
    may block, and a stop is not kept waiting by a long poll until the loop has ended.

    Args:
        client: Of boto3.
        urls: Of the queues.
        dead_letter: The URL of the queue of dead letters.
        raw: Whether SNS delivers raw; as of `sns.from_sqs`.
        wait: Seconds that a long poll takes.
        visibility: Seconds for which messages in hand are invisible at a time.
        retries: When what fails is tried again.
        control: What is told what is waited for.
    """

    system = "aws_sqs"

    def __init__(
        self,
        client: Any,
        urls: Sequence[str],
        dead_letter: str,
        *,
        raw: bool | None,
        wait: int,
        visibility: int,
        retries: Retries,
        control: Control,
    ) -> None:
        self._client, self._raw, self._retries, self._control = client, raw, retries, control
        self._raised = sqs_trouble.raised()
        self._asked = {
            "MaxNumberOfMessages": BATCH,
            "WaitTimeSeconds": wait,
            "VisibilityTimeout": visibility,
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        }
        self._patience = wait + CLOSED
        self._loop: Loop[Item]
        self._whys: dict[str, str] = {}
        self._settled: list[Item] = []
        self._letters = DeadLetters(client, dead_letter)
        self._leases = Leases(client, visibility)
        self._arrived = queues.SimpleQueue[tuple[_Line, list[Item] | Exception]]()
        self._lines = [_Line(Queue(each), self._receive, self._arrived) for each in urls]
        self._closed = threading.Lock()
        self._is_closed = False

    def start(self, loop: Loop[Item]) -> None:
        """Serve a loop."""
        self._loop = loop

    # -- taking --

    def take_now(self) -> list[Item]:
        self._forget_lost()
        found: list[Item] = []
        while not self._arrived.empty():
            found += self._taken(*self._arrived.get())
        return found

    def take(self, seconds: float) -> list[Item]:
        end = time.monotonic() + seconds
        while not (found := self.take_now()) and (left := end - time.monotonic()) > 0:
            for each in self._lines:
                if each.queue.again <= time.monotonic():
                    each.receive()
            until = min([each.queue.again for each in self._lines if not each.is_busy], default=end)
            try:
                return self._taken(*self._arrived.get(timeout=max(min(left, until - time.monotonic()), 0.001)))
            except queues.Empty:
                pass
        return found

    def idle(self, seconds: float) -> None:
        self._forget_lost()
        time.sleep(seconds)

    def _taken(self, line: "_Line", came: list[Item] | Exception) -> list[Item]:
        """What a line has received."""
        line.is_busy, queue = False, line.queue
        if isinstance(came, Exception):
            self._has_failed(queue, came)
            return []
        queue.is_known, queue.times, queue.again = True, 0, 0.0
        self._says(queue.url, "")
        if not came and queue.is_fifo:
            self._free(queue)
        return came

    def _free(self, queue: Queue) -> None:
        """Give back what is held of a group, if there is more that SQS keeps from us meanwhile: it comes again with it."""
        held = [each for each in self._loop.in_trouble if each.queue is queue]
        if not held or time.monotonic() < queue.free_again or not self._has_more(queue):
            return
        queue.freed += 1
        queue.free_again = time.monotonic() + self._retries.wait(queue.freed)
        those = {id(each) for each in held}
        self._loop.forget(lambda item: id(item) in those)
        self._leases.give_back(held)

    def _has_more(self, queue: Queue) -> bool:
        name = "ApproximateNumberOfMessages"
        try:
            answer = self._client.get_queue_attributes(QueueUrl=queue.url, AttributeNames=[name])
        except self._raised as error:
            LOG.warning(
                "cannot find out how many messages %s has: %s", queue.name, sqs_trouble.in_words(error),
                extra={"queue": queue.name, "code": sqs_trouble.code_of(error)},
            )  # fmt: skip
            return False
        return int(answer["Attributes"][name]) > 0

    def _has_failed(self, queue: Queue, error: Exception) -> None:
        if not isinstance(error, self._raised):
            raise error
        if sqs_trouble.is_wrong(error) and not queue.is_known:
            raise self._cannot("consume from", queue.url, error) from error
        queue.times += 1
        queue.again = time.monotonic() + self._retries.wait(queue.times)
        self._says(queue.url, f"SQS gives no messages of {queue.name}: {sqs_trouble.in_words(error)}")

    def _receive(self, queue: Queue) -> list[Item]:
        """Run by the line."""
        if not queue.is_known:
            self._look_for(queue.url, "consume from")
            self._look_for(self._letters.url_for(queue.name), "put dead letters into")
        answer = self._client.receive_message(QueueUrl=queue.url, **self._asked)
        return self._leases.add(queue, answer.get("Messages", ()))

    def _look_for(self, url: str, what: str) -> None:
        """Find out at the start that there is no such queue; that we may not ask says nothing."""
        try:
            self._client.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        except self._raised as error:
            if sqs_trouble.code_of(error) in sqs_trouble.GONE:
                raise self._cannot(what, url, error) from error

    def _cannot(self, what: str, url: str, error: Exception) -> UsageError:
        meta = self._client.meta
        return UsageError(
            f"Cannot {what} the queue {url!r}: {sqs_trouble.in_words(error)} (at {meta.endpoint_url}, region "
            f"{meta.region_name}). Create it, or mend its URL or the client's region."
        )

    def _forget_lost(self) -> None:
        """Leave to others what they may have by now."""
        if time.monotonic() >= self._leases.soonest and (lost := self._leases.lost()):
            those = {id(each) for each in lost}
            self._leases.end(lost)
            self._loop.forget(lambda item: id(item) in those)
            LOG.warning("%d messages were in hand for longer than SQS knew: they come again", len(lost))

    def _says(self, of: str, why: str) -> None:
        """What is waited for, as it is seen from outside."""
        if why != self._whys.get(of, ""):
            self._whys[of] = why
            self._control.waits_for("; ".join(each for each in self._whys.values() if each))

    # -- reading --

    def read(self, item: Item) -> Message:
        return message_of(item.record, item.queue.name, self._raw)

    def key(self, item: Item) -> Hashable:
        return (item.queue.name, item.record["Attributes"].get("MessageGroupId")) if item.queue.is_fifo else None

    # -- acknowledging --

    def bury(self, item: Item, reason: Reason) -> None:
        self._letters.add(item.record, item.queue.name, reason)

    def settled(self, item: Item) -> None:
        item.queue.freed, item.queue.free_again = 0, 0.0
        self._settled.append(item)
        if time.monotonic() >= self._leases.soonest:
            self._forget_lost()

    def flush(self) -> bool:
        is_delivered = self._letters.deliver()
        self._says("letters", self._letters.why)
        if not is_delivered:
            return False
        why = ""
        for _ in range(2):  # what fails inside SQS works again at once more often than not
            why = self._delete()
            if not self._settled:
                break
        self._says("deletions", why)
        return not self._settled

    def _delete(self) -> str:
        """Delete what is settled; why something could not be."""
        why = ""
        for queue, items in tuple(by_queue(self._settled)):
            entries = [
                {"Id": str(number), "ReceiptHandle": each.record["ReceiptHandle"]} for number, each in enumerate(items)
            ]
            try:
                answer = self._client.delete_message_batch(QueueUrl=queue.url, Entries=entries)
            except self._raised as error:
                why = f"SQS does not delete messages of {queue.name}: {sqs_trouble.in_words(error)}"
                continue
            left = set()
            for each in answer.get("Failed", ()):
                words = f"{each.get('Code')}: {each.get('Message', '')}".rstrip(":. ")
                if each.get("SenderFault"):
                    LOG.warning("a message of %s is settled, and comes again: %s", queue.name, words)
                else:
                    why = f"SQS does not delete messages of {queue.name}: {words}"
                    left.add(int(each["Id"]))
            done = {id(each) for number, each in enumerate(items) if number not in left}
            self._leases.end(each for each in items if id(each) in done)
            self._settled = [each for each in self._settled if id(each) not in done]
        return why

    def close(self) -> None:
        """Delete what is settled, and let others have the rest at once."""
        with self._closed:
            if self._is_closed:
                return
            self._is_closed = True
            try:
                if self._settled:
                    self.flush()
            finally:
                for each in self._lines:
                    each.close()
                for each in self._lines:
                    each.join(self._patience)
                self._leases.close()
                self._control.waits_for("")


class _Line:
    """The thread that receives from one queue, one batch each time it is told to."""

    def __init__(self, queue: Queue, receive: Any, arrived: Any) -> None:
        self.queue, self.is_busy = queue, False
        self._receive, self._arrived = receive, arrived
        self._orders = queues.SimpleQueue[bool]()
        self._thread = threading.Thread(target=self._run, name=f"msgpact-sqs-{queue.name}", daemon=True)
        self._thread.start()

    def receive(self) -> None:
        """Have it receive, unless it does."""
        if not self.is_busy:
            self.is_busy = True
            self._orders.put(True)

    def close(self) -> None:
        self._orders.put(False)

    def join(self, seconds: float) -> None:
        self._thread.join(seconds)

    def _run(self) -> None:
        while self._orders.get():
            try:
                came = self._receive(self.queue)
            except Exception as error:
                came = error
            self._arrived.put((self, came))

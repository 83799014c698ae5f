"""SQS at `sqs://HOST/ACCOUNT/QUEUE`: messages are looked at by receiving them, and given back."""

import time
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from msgpact.adapters.aws_url import Aws
from msgpact.adapters.link_url import LinkUrl
from msgpact.adapters.links import Sampling, restated
from msgpact.errors import MsgpactError, Unavailable
from msgpact.model import Message
from msgpact.records import sns, sqs

__all__ = ["Received", "SqsLink"]

BATCH = 10
WAIT = 1
"""Seconds of a long poll: a time-out is noticed so late."""


class Received:
    """Messages of queues that are received, and given back in the end.

    Args:
        aws: The service.
        client: Of boto3's, for SQS.
        visibility: Seconds after which others get what we do not live to give back.
    """

    def __init__(self, aws: Aws, client: Any, visibility: float) -> None:
        self._aws, self._client = aws, client
        self._asked = {
            "MaxNumberOfMessages": BATCH,
            "VisibilityTimeout": min(int(visibility) + 5, 43200),
            "MessageAttributeNames": ["All"],
            "MessageSystemAttributeNames": ["All"],
        }
        self._held: dict[str, list[str]] = {}

    def some(self, queue: str, seconds: float) -> list[Mapping[str, Any]]:
        """Those that come next."""
        what = f"look at the queue {sqs.name_of(queue)!r}"
        wait = min(WAIT, max(0, int(seconds)))
        answer = self._aws.asked(
            what, self._client.receive_message, QueueUrl=queue, WaitTimeSeconds=wait, **self._asked
        )
        found: list[Mapping[str, Any]] = answer.get("Messages", [])
        self._held.setdefault(queue, []).extend(each["ReceiptHandle"] for each in found)
        return found

    def delete(self, queue: str, record: Mapping[str, Any]) -> None:
        """Take one off its queue."""
        handle = record["ReceiptHandle"]
        self._held[queue].remove(handle)
        self._aws.asked("delete a message", self._client.delete_message, QueueUrl=queue, ReceiptHandle=handle)

    def give_back(self) -> None:
        """Make all others visible again, at once; where one queue refuses, those of the others all the same."""
        held, self._held = self._held, {}
        refused: list[MsgpactError] = []
        for queue, handles in held.items():
            for start in range(0, len(handles), BATCH):
                entries = [
                    {"Id": str(number), "ReceiptHandle": each, "VisibilityTimeout": 0}
                    for number, each in enumerate(handles[start : start + BATCH])
                ]
                change = self._client.change_message_visibility_batch
                try:
                    self._aws.asked("give messages back", change, QueueUrl=queue, Entries=entries)
                except MsgpactError as error:
                    refused.append(error)
        if refused:
            raise refused[0]


class SqsLink:
    """SQS. `{queue}` in the URL's queue is the one that a message states; without a queue it is that one."""

    keys = ("topic", "queue")
    about = (
        "To look at a queue raises the receive counts of its messages, which count towards its dead letters. Others do not get "
        "them meanwhile; they are given back in the end."
    )

    def __init__(self, url: LinkUrl) -> None:
        self.url = url
        self._aws = Aws(url, "QUEUE")
        self._urls: dict[str, str] = {}

    @cached_property
    def _client(self) -> Any:
        return self._aws.client("sqs")

    def _url_of(self, name: str) -> str:
        """The URL of a queue."""
        if name not in self._urls:
            owner = {} if self._aws.account is None else {"QueueOwnerAWSAccountId": self._aws.account}
            what = f"find the queue {name!r}"
            self._urls[name] = self._aws.asked(what, self._client.get_queue_url, QueueName=name, **owner)["QueueUrl"]
        return self._urls[name]

    def close(self) -> None:
        """Let go of the service."""
        if "_client" in vars(self):
            self._client.close()

    # -- publishing --

    def send(self, message: Message) -> str:
        """As `Link.send`."""
        queue, message_id = self._sent(message)
        return f"{sqs.name_of(queue)} as {message_id}"

    def _sent(self, message: Message) -> tuple[str, str]:
        queue = self._url_of(self._aws.name_for(message))
        arguments = sqs.to_send_message(message, queue)
        answer = self._aws.asked(f"send to the queue {sqs.name_of(queue)!r}", self._client.send_message, **arguments)
        return queue, answer["MessageId"]

    # -- looking --

    def sample(self, sampling: Sampling) -> Iterator[Message]:
        """As `Link.sample`; nothing is deleted."""
        names = self._aws.names(sampling)
        queues = {self._url_of(each): stated for each, stated in names.items()}
        received = Received(self._aws, self._client, sampling.seconds)
        until, seen = time.monotonic() + sampling.seconds, set[str]()
        try:
            while len(seen) < sampling.most and (left := until - time.monotonic()) > 0:
                for queue, stated in queues.items():
                    for each in received.some(queue, left / len(queues)):
                        if each["MessageId"] not in seen and len(seen) < sampling.most:
                            seen.add(each["MessageId"])
                            yield restated(sns.from_sqs(each, queue), queue=stated)
        finally:
            received.give_back()

    # -- there and back --

    def there_and_back(self, message: Message) -> Message:
        """As `Link.there_and_back`: the one with the id that SQS gave it, which is then deleted; others are given back."""
        queue, message_id = self._sent(message)
        received = Received(self._aws, self._client, self.url.timeout)
        until = time.monotonic() + self.url.timeout
        try:
            while (left := until - time.monotonic()) > 0:
                for each in received.some(queue, left):
                    if each["MessageId"] == message_id:
                        received.delete(queue, each)
                        found = sqs.from_record(each, queue)
                        return restated(found, queue=message.metadata.get("queue", found.metadata["queue"]))
        finally:
            received.give_back()
        raise Unavailable(
            f"Cannot read back what was sent to the queue {sqs.name_of(queue)!r} of '{self.url}': it did not come within "
            f"{self.url.timeout:g} s. Name a queue that nobody else receives from."
        )

"""Dead letters of SQS: the message as it came, and one attribute more that says why."""

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from msgpact.adapters import sqs_trouble
from msgpact.adapters.sqs_leases import BATCH
from msgpact.adapters.sqs_reading import others
from msgpact.consuming.control import LOG
from msgpact.receivers import HEADER, Reason
from msgpact.records.sqs import name_of

__all__ = ["DeadLetters"]

MOST_ATTRIBUTES = 10
MOST_BYTES = 256 * 1024
"""Of several dead letters that are sent at a time; one by itself may be larger."""

_VALUES = ("DataType", "StringValue", "BinaryValue")


@dataclass(eq=False, slots=True)
class _Letter:
    record: Mapping[str, Any]
    url: str
    header: str | None
    shown: str
    """The header as it may be logged: without the words of what was raised, which may quote the message."""

    def entry(self, number: int) -> dict[str, Any]:
        """As `send_message_batch` takes it."""
        record, system = self.record, self.record.get("Attributes") or {}
        attributes = {name: _sent(each) for name, each in others(record).items()}
        if self.header is not None:
            attributes[HEADER] = {"DataType": "String", "StringValue": self.header}
        entry: dict[str, Any] = {"Id": str(number), "MessageBody": record["Body"]}
        if attributes:
            entry["MessageAttributes"] = attributes
        if trace := system.get("AWSTraceHeader"):
            entry["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
        if self.url.endswith(".fifo"):  # the same message is the same dead letter
            entry["MessageGroupId"] = system.get("MessageGroupId") or record["MessageId"]
            entry["MessageDeduplicationId"] = record["MessageId"]
        return entry

    @property
    def size(self) -> int:
        """Bytes, about."""
        values = [each.get("StringValue") or each.get("BinaryValue") or "" for each in others(self.record).values()]
        return len(self.record["Body"].encode()) + len(self.header or "") + sum(300 + len(each) for each in values)


class DeadLetters:
    """Dead letters on their way.

    Args:
        client: Of boto3.
        url: Of their queue; `{queue}` in it is the name of the message's own.

    Attributes:
        why: Why not all have arrived, in words.
    """

    def __init__(self, client: Any, url: str) -> None:
        self.why = ""
        self._client, self._url = client, url
        self._raised = sqs_trouble.raised()
        self._waiting: list[_Letter] = []

    def url_for(self, queue: str) -> str:
        """The URL of the queue of dead letters of a queue."""
        return self._url.replace("{queue}", queue)

    def add(self, record: Mapping[str, Any], queue: str, reason: Reason) -> None:
        """Note a dead letter; `deliver` sends it."""
        group = (record.get("Attributes") or {}).get("MessageGroupId")
        more = {"messageGroupId": group} if group else {}
        more |= {"queue": queue, "messageId": record["MessageId"]}
        header, shown = (
            each.header(**more).decode("ascii") for each in (reason, dataclasses.replace(reason, error=""))
        )
        letter = _Letter(record, self.url_for(queue), header, shown)
        if len(others(record)) >= MOST_ATTRIBUTES:
            self._drop_reason(letter, f"it has {MOST_ATTRIBUTES} attributes")
        self._waiting.append(letter)

    @property
    def undelivered(self) -> list[Mapping[str, Any]]:
        """The messages whose dead letters have not arrived."""
        return [each.record for each in self._waiting]

    def deliver(self) -> bool:
        """Send those that have not arrived; whether all have."""
        self.why = ""
        for portion in tuple(self._portions()):
            self._send(portion)
        return not self._waiting

    def _portions(self) -> Iterator[Sequence[_Letter]]:
        portion: list[_Letter] = []
        for each in self._waiting:
            size = sum(letter.size for letter in portion)
            if portion and (len(portion) == BATCH or each.url != portion[0].url or size + each.size > MOST_BYTES):
                yield portion
                portion = []
            portion.append(each)
        if portion:
            yield portion

    def _send(self, letters: Sequence[_Letter]) -> None:
        entries = [each.entry(number) for number, each in enumerate(letters)]
        try:
            answer = self._client.send_message_batch(QueueUrl=letters[0].url, Entries=entries)
        except self._raised as error:
            if sqs_trouble.is_refused(error):
                self._refused(letters, sqs_trouble.in_words(error))
            else:
                self._failed(letters[0].url, sqs_trouble.in_words(error))
            return
        for each in answer.get("Successful", ()):
            self._waiting.remove(letters[int(each["Id"])])
        for each in answer.get("Failed", ()):
            words = f"{each.get('Code')}: {each.get('Message', '')}".rstrip(":. ")
            if each.get("SenderFault"):
                self._refused([letters[int(each["Id"])]], words)
            else:
                self._failed(letters[0].url, words)

    def _refused(self, letters: Sequence[_Letter], words: str) -> None:
        """Send each by itself; then without its reason, as the message itself counts for more."""
        if len(letters) > 1:
            for each in letters:
                self._send([each])
            return
        (letter,) = letters
        if letter.header is None:
            self._failed(letter.url, words)
            return
        self._drop_reason(letter, words)
        self._send(letters)

    def _failed(self, url: str, words: str) -> None:
        self.why = f"the dead letters cannot be delivered to {name_of(url)}: {words}"
        LOG.error("a dead letter was not delivered to %s: %s", name_of(url), words, extra={"queue": name_of(url)})

    def _drop_reason(self, letter: _Letter, why: str) -> None:
        letter.header, message_id = None, letter.record["MessageId"]
        LOG.warning(
            "a dead letter goes without its reason, as %s: message %s, %s", why, message_id, letter.shown,
            extra={"messageId": message_id, "reason": letter.shown},
        )  # fmt: skip


def _sent(attribute: Mapping[str, Any]) -> dict[str, Any]:
    return {name: attribute[name] for name in _VALUES if name in attribute}

"""SQS messages to `Message` and back: those that boto3's `receive_message` gives, and those it is told to send.

| in `Message.metadata` | is |
|---|---|
| `queue` | the queue's name, where it is told |
| `messageId` | SQS's id of the message |
| `receiptHandle` | what it is deleted by |
| `messageGroupId` | the group whose order is kept |
| `messageDeduplicationId` | what a FIFO queue, or a fair one, knows a message again by |
| `sequenceNumber` | its place in a FIFO queue |
| `timestamp` | when it was sent, in milliseconds since 1970 |
| `receiveCount` | how many times it was received, about |
| `firstReceived` | when that was first, in milliseconds since 1970 |
| `senderId` | who sent it |
| `traceHeader` | AWS X-Ray's |
| `deadLetterSource` | the queue whose dead letter it is, as an ARN |
| `delaySeconds` | how long the queue is to hold it back |
| `contentType` | the attribute of that name, however it is spelled |
| `type:NAME` | the type of the attribute NAME, where its value does not say it |
| any other name | the attribute of that name; one that has a name above, or of SNS's table, is `header:NAME` |

How attributes are shown is in `msgpact.records.attributes`; how contents that are no text are sent, in `msgpact.records.body`.
What is not known is not there. A contract can promise attributes, group and queue; the rest is the service's.
"""

import hashlib
from collections.abc import Mapping
from typing import Any

from msgpact.errors import DeclarationError, UsageError, shown
from msgpact.model import Message
from msgpact.records import attributes, body, facts
from msgpact.records.attributes import BOTO, Attribute
from msgpact.records.headers import Header, headers_of

__all__ = [
    "RESERVED",
    "from_entry",
    "from_record",
    "from_send_message",
    "to_entry",
    "to_record",
    "to_send_message",
]

RESERVED = (
    "queue",
    "messageId",
    "receiptHandle",
    "messageGroupId",
    "messageDeduplicationId",
    "sequenceNumber",
    "timestamp",
    "receiveCount",
    "firstReceived",
    "senderId",
    "traceHeader",
    "deadLetterSource",
    "delaySeconds",
)
"""The names in `Message.metadata` that are never an attribute's."""

OF_TOPICS = (
    "topic",
    "subject",
    "notificationId",
    "notificationTimestamp",
    "notificationSequenceNumber",
)
"""What `msgpact.records.sns` reserves besides: an attribute is called the same on both sides of a topic."""

ALL_RESERVED = (*RESERVED, *OF_TOPICS)

SYSTEM = {
    "messageGroupId": "MessageGroupId",
    "messageDeduplicationId": "MessageDeduplicationId",
    "sequenceNumber": "SequenceNumber",
    "timestamp": "SentTimestamp",
    "receiveCount": "ApproximateReceiveCount",
    "firstReceived": "ApproximateFirstReceiveTimestamp",
    "senderId": "SenderId",
    "traceHeader": "AWSTraceHeader",
    "deadLetterSource": "DeadLetterQueueSourceArn",
}
NUMBERS = {"timestamp", "receiveCount", "firstReceived"}
_SENT = {"MessageBody", "MessageAttributes", "MessageSystemAttributes", "DelaySeconds", "MessageGroupId"}
_SENT |= {"MessageDeduplicationId"}
_MOST_ATTRIBUTES = 10
_AN_SQS = "an SQS"
_NO_ID = "00000000-0000-0000-0000-000000000000"


# -- messages as a consumer receives them ----------------------------------------------------------------------------


def from_record(record: Mapping[str, Any], queue: str | None = None) -> Message:
    """The message that one of `receive_message(…)["Messages"]` is; *queue* is its queue's URL, ARN or name.

    Attributes are only there if they were asked for: `MessageAttributeNames=["All"]`, `MessageSystemAttributeNames=["All"]`.

    Raises:
        UsageError: it is no such message.
    """
    if not isinstance(record, Mapping) or "Body" not in record:
        raise UsageError(
            f"Cannot read {shown(record)} as an SQS message: it has no Body. "
            "Give one of the Messages that receive_message returns."
        )
    system = record.get("Attributes") or {}
    known = {name: _of_system(name, system.get(theirs)) for name, theirs in SYSTEM.items()}
    known |= {"messageId": record.get("MessageId"), "receiptHandle": record.get("ReceiptHandle")}
    return message_of(record["Body"], attributes.read(record.get("MessageAttributes"), BOTO), known, queue)


def to_record(message: Message) -> dict[str, Any]:
    """The message as boto3's `receive_message` would give it, for handlers that take it: `expects(…, via=sqs.to_record)`.

    Where the message states none, its id and receipt handle are made up: there always are such, and a provider cannot
    promise them.

    Raises:
        DeclarationError: its contents or metadata are what an SQS message cannot hold.
    """
    text, typed = _written(message)
    metadata = message.metadata
    record: dict[str, Any] = {
        "MessageId": facts.stated_text(metadata, "messageId", _AN_SQS) or _NO_ID,
        "ReceiptHandle": facts.stated_text(metadata, "receiptHandle", _AN_SQS) or "receipt-handle",
        "MD5OfBody": hashlib.md5(text.encode(), usedforsecurity=False).hexdigest(),
        "Body": text,
    }
    if system := system_of(metadata):
        record["Attributes"] = system
    if typed:
        record["MessageAttributes"] = attributes.spelled(typed, BOTO)
    return record


# -- messages as a producer is told to send them ---------------------------------------------------------------------


def from_send_message(**arguments: Any) -> Message:
    """The message that boto3's `send_message` sends when it is called with these arguments.

    Raises:
        UsageError: `send_message` does not take them.
    """
    queue = arguments.pop("QueueUrl", None)
    return _sent(arguments, queue, "send_message")


def to_send_message(message: Message, queue_url: str | None = None) -> dict[str, Any]:
    """The arguments with which boto3's `send_message` sends the message; `QueueUrl` is among them where it is given.

    Raises:
        DeclarationError: its contents or metadata are what an SQS message cannot hold.
    """
    text, typed = _written(message)
    metadata = message.metadata
    arguments: dict[str, Any] = {} if queue_url is None else {"QueueUrl": queue_url}
    arguments["MessageBody"] = text
    if typed:
        arguments["MessageAttributes"] = attributes.spelled(typed, BOTO)
    if (trace := facts.stated_text(metadata, "traceHeader", _AN_SQS)) is not None:
        arguments["MessageSystemAttributes"] = {"AWSTraceHeader": {"DataType": "String", "StringValue": trace}}
    if (delay := facts.stated_number(metadata, "delaySeconds", _AN_SQS)) is not None:
        arguments["DelaySeconds"] = delay
    for name in ("messageGroupId", "messageDeduplicationId"):
        if (said := facts.stated_text(metadata, name, _AN_SQS)) is not None:
            arguments[SYSTEM[name]] = said
    return arguments


def from_entry(entry: Mapping[str, Any], queue: str | None = None) -> Message:
    """The message that an entry of `send_message_batch` is; *queue* is as of `from_record`. Raises as `from_send_message`."""
    return _sent({name: value for name, value in entry.items() if name != "Id"}, queue, "send_message_batch")


def to_entry(message: Message, id: str) -> dict[str, Any]:  # noqa: A002  (its name in the entry)
    """The entry of that id with which `send_message_batch` sends the message. Raises as `to_send_message`."""
    return {"Id": id, **to_send_message(message)}


def _sent(arguments: Mapping[str, Any], queue: str | None, function: str) -> Message:
    if unknown := arguments.keys() - _SENT:
        raise UsageError(
            f"Cannot read the arguments {', '.join(sorted(unknown))} of {function}: it takes none such. "
            f"Give {', '.join(sorted(_SENT))}."
        )
    if "MessageBody" not in arguments:
        raise UsageError(f"Cannot read the arguments of {function}: MessageBody is not among them. Give it.")
    trace = (arguments.get("MessageSystemAttributes") or {}).get("AWSTraceHeader") or {}
    known = {
        "messageGroupId": arguments.get("MessageGroupId"),
        "messageDeduplicationId": arguments.get("MessageDeduplicationId"),
        "traceHeader": trace.get("StringValue"),
        "delaySeconds": arguments.get("DelaySeconds"),
    }
    read = attributes.read(arguments.get("MessageAttributes"), BOTO)
    return message_of(arguments["MessageBody"], read, known, queue)


# -- what Lambda's events and topics share with it -------------------------------------------------------------------


def message_of(text: object, read: attributes.Read, known: Mapping[str, object], queue: str | None) -> Message:
    """The message of a body, its attributes and what else is known."""
    names = [name for name, _ in read.headers]
    known = {**known, "queue": None if queue is None else name_of(queue)}
    return Message(
        body.decoded(text, read.shown.items(), _AN_SQS),
        headers=read.headers,
        shown=read.shown,
        metadata={**facts.beside(names, known, ALL_RESERVED), **read.types},
    )


def system_of(metadata: Mapping[str, object]) -> dict[str, str]:
    """What metadata state of SQS's own attributes, as SQS writes it."""
    found = {}
    for name, theirs in SYSTEM.items():
        stated = facts.stated_number if name in NUMBERS else facts.stated_text
        if (value := stated(metadata, name, _AN_SQS)) is not None:
            found[theirs] = str(value)
    return found


def name_of(queue: str) -> str:
    """The name in a queue's URL or ARN, or the name itself."""
    return queue.rstrip("/").rpartition("/")[2].rpartition(":")[2]


def attributes_of(headers: list[Header], is_marked: bool, transport: str) -> dict[str, Attribute]:
    """The attributes of a message, with the one that says of its body that it is base64, if it *is_marked*."""
    if is_marked:
        headers = [*headers, Header(*body.MARKER, None)]
    return attributes.attributes_of(headers, transport)


def _written(message: Message) -> tuple[str, dict[str, Attribute]]:
    headers = headers_of(message, ALL_RESERVED, _AN_SQS)
    text, is_marked = body.encoded(message, headers, _AN_SQS, any_text=False)
    typed = attributes_of(headers, is_marked, _AN_SQS)
    if len(typed) > _MOST_ATTRIBUTES:
        raise DeclarationError(
            f"Cannot make an SQS message with {len(typed)} attributes: it has {_MOST_ATTRIBUTES} at most, and these are "
            f"{', '.join(typed)}. Put some of them into the contents."
        )
    return text, typed


def _of_system(name: str, value: object) -> object:
    is_number = name in NUMBERS and isinstance(value, str) and value.isascii() and value.isdigit()
    return int(str(value)) if is_number else value

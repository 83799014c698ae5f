"""SNS messages to `Message` and back: those it is told to publish, and those it brings to a queue or a handler.

| in `Message.metadata` | is |
|---|---|
| `topic` | the topic's name |
| `subject` | the subject |
| `messageGroupId` | the group whose order is kept |
| `messageDeduplicationId` | what a FIFO topic knows a message again by |
| `notificationId` | SNS's id of the message |
| `notificationTimestamp` | when it was published, in milliseconds since 1970 |
| `notificationSequenceNumber` | its place in a FIFO topic |
| any other name | as of `msgpact.records.sqs`, whose own facts stand beside these where a queue is in between |

SNS brings a message to a queue in an envelope, a JSON document that is the body and holds the attributes; or, by raw
delivery, as it is: then topic and subject are not known. `from_sqs` tells an envelope by its form: an SQS message without
attributes of its own whose body is an object with `"Type": "Notification"`, with `MessageId`, `TopicArn` (an ARN of SNS),
`Message` and `Timestamp`, all of them text, and with nothing but what SNS puts beside them. A body of somebody's own that looks
so to the last key cannot be told from one: `raw=True` says that there is no envelope.
"""

import datetime
from collections.abc import Mapping
from typing import Any

import orjson

from msgpact.errors import UsageError, shown
from msgpact.model import Message
from msgpact.records import attributes, body, facts, sqs
from msgpact.records.attributes import BOTO, NOTIFICATION, Attribute
from msgpact.records.headers import headers_of

__all__ = [
    "RESERVED",
    "from_entry",
    "from_notification",
    "from_publish",
    "from_sqs",
    "to_entry",
    "to_notification",
    "to_publish",
    "to_sqs",
]

RESERVED = (*sqs.OF_TOPICS, "messageGroupId", "messageDeduplicationId")
"""The names in `Message.metadata` that are never an attribute's; beside them stand those of `sqs.RESERVED`."""

_PUBLISHED = {"Message", "Subject", "MessageStructure", "MessageAttributes", "MessageDeduplicationId", "MessageGroupId"}
_FIFO = {"messageGroupId": "MessageGroupId", "messageDeduplicationId": "MessageDeduplicationId"}
_ALWAYS = {"Type", "MessageId", "TopicArn", "Message", "Timestamp"}
_SOMETIMES = {"Subject", "MessageAttributes", "SequenceNumber", "SignatureVersion", "Signature"}
_SOMETIMES |= {"SigningCertURL", "UnsubscribeURL", "SigningCertUrl", "UnsubscribeUrl"}
_AN_SNS = "an SNS"
_NO_ID = "00000000-0000-0000-0000-000000000000"
_TIME = "notificationTimestamp"
_ARN = "arn:aws:sns:us-east-1:123456789012:"
_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)
_MILLISECOND = datetime.timedelta(milliseconds=1)


# -- messages as a producer is told to publish them ------------------------------------------------------------------


def from_publish(**arguments: Any) -> Message:
    """The message that boto3's `publish` sends when it is called with these arguments.

    Of a `MessageStructure="json"` it is what a queue gets: the text for `sqs`, else for `default`.

    Raises:
        UsageError: `publish` does not take them, or they name no topic.
    """
    topic = arguments.pop("TopicArn", None) or arguments.pop("TargetArn", None)
    return _published(arguments, topic, "publish")


def to_publish(message: Message, topic_arn: str | None = None) -> dict[str, Any]:
    """The arguments with which boto3's `publish` sends the message; `TopicArn` is among them where it is given.

    Raises:
        DeclarationError: its contents or metadata are what an SNS message cannot hold.
    """
    text, typed = _written(message)
    metadata = message.metadata
    arguments: dict[str, Any] = {} if topic_arn is None else {"TopicArn": topic_arn}
    arguments["Message"] = text
    if typed:
        arguments["MessageAttributes"] = attributes.spelled(typed, BOTO)
    for name, theirs in {"subject": "Subject", **_FIFO}.items():
        if (said := facts.stated_text(metadata, name, _AN_SNS)) is not None:
            arguments[theirs] = said
    return arguments


def from_entry(entry: Mapping[str, Any], topic: str | None = None) -> Message:
    """The message that an entry of `publish_batch` is; *topic* is its topic's ARN or name. Raises as `from_publish`."""
    return _published({name: value for name, value in entry.items() if name != "Id"}, topic, "publish_batch")


def to_entry(message: Message, id: str) -> dict[str, Any]:  # noqa: A002  (its name in the entry)
    """The entry of that id with which `publish_batch` sends the message. Raises as `to_publish`."""
    return {"Id": id, **to_publish(message)}


def _published(arguments: Mapping[str, Any], topic: str | None, function: str) -> Message:
    if unknown := arguments.keys() - _PUBLISHED:
        hint = " A message to a telephone is none of a service's." if "PhoneNumber" in unknown else ""
        raise UsageError(
            f"Cannot read the arguments {', '.join(sorted(unknown))} of {function}: it takes none such for a topic.{hint} "
            f"Give {', '.join(sorted(_PUBLISHED))}."
        )
    if "Message" not in arguments:
        raise UsageError(f"Cannot read the arguments of {function}: Message is not among them. Give it.")
    text = arguments["Message"]
    if arguments.get("MessageStructure") == "json":
        text = _for_queues(text)
    known = {"topic": topic, "subject": arguments.get("Subject")}
    known |= {name: arguments.get(theirs) for name, theirs in _FIFO.items()}
    return _message(text, attributes.read(arguments.get("MessageAttributes"), BOTO), known)


def _for_queues(text: object) -> object:
    document = _object(text)
    found = document.get("sqs", document.get("default")) if document is not None else None
    if found is None:
        raise UsageError(
            f"Cannot read the Message {shown(text)} of MessageStructure='json': it is no JSON object with the text for "
            "'default'. Give it."
        )
    return found


# -- messages as a queue brings them ---------------------------------------------------------------------------------


def from_sqs(record: Mapping[str, Any], queue: str | None = None, raw: bool | None = None) -> Message:
    """The message that SNS brought to a queue; *record* and *queue* are as of `sqs.from_record`.

    The facts of the queue (`messageId`, `timestamp`, …) stand beside those of the topic.

    Args:
        raw: Whether SNS delivered it raw; None finds out, as the head of this module says.

    Raises:
        UsageError: it is no SQS message, or holds no envelope where *raw* is False.
    """
    outer = sqs.from_record(record, queue)
    notification = None if raw else _envelope(record)
    if notification is None:
        if raw is False:
            raise UsageError(
                f"Cannot read {shown(record['Body'])} as what SNS sends to a queue: it is no envelope of SNS. "
                "If the subscription delivers raw messages, say raw=True."
            )
        return outer
    inner = from_notification(notification)
    of_queue = {name: value for name, value in outer.metadata.items() if name in sqs.RESERVED}
    return _with(inner, of_queue)


def to_sqs(message: Message, raw: bool = False) -> dict[str, Any]:
    """The SQS message, as boto3's `receive_message` gives it, in which SNS brings the message to a queue.

    Handlers are given it by `expects(…, via=sns.to_sqs)`.

    Raises:
        DeclarationError: its contents or metadata are what an SNS or SQS message cannot hold.
    """
    if raw:
        return sqs.to_record(message)
    envelope = orjson.dumps(to_notification(message), option=orjson.OPT_INDENT_2)
    of_queue = {name: value for name, value in message.metadata.items() if name in sqs.RESERVED}
    return sqs.to_record(Message(envelope, metadata=of_queue))


def _envelope(record: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The envelope of SNS that is the body of an SQS message; None where it is none."""
    if record.get("MessageAttributes"):
        return None
    document = _object(record["Body"])
    if document is None or document.get("Type") != "Notification" or not document.keys() >= _ALWAYS:
        return None
    if document.keys() - _ALWAYS - _SOMETIMES or not all(isinstance(document[name], str) for name in _ALWAYS):
        return None
    return document if _is_arn(document["TopicArn"]) else None


def _is_arn(text: str) -> bool:
    return text.startswith("arn:") and text.split(":")[2:3] == ["sns"]


# -- the document that SNS makes of a message ------------------------------------------------------------------------


def from_notification(notification: Mapping[str, Any]) -> Message:
    """The message that a notification of SNS holds: the envelope in a queue, the `Sns` of a Lambda event, the body of a request.

    Raises:
        UsageError: it is no notification.
    """
    if not isinstance(notification, Mapping) or not notification.keys() >= _ALWAYS:
        raise UsageError(
            f"Cannot read {shown(notification)} as a notification of SNS: it is no object with {', '.join(sorted(_ALWAYS))}. "
            "Give one as SNS sends it."
        )
    known = {
        "topic": notification["TopicArn"],
        "subject": notification.get("Subject"),
        "notificationId": notification["MessageId"],
        "notificationTimestamp": _milliseconds(notification["Timestamp"]),
        "notificationSequenceNumber": notification.get("SequenceNumber"),
    }
    read = attributes.read(notification.get("MessageAttributes"), NOTIFICATION)
    return _message(notification["Message"], read, known)


def to_notification(message: Message) -> dict[str, Any]:
    """The document that SNS makes of a message. What it does not state is made up, and nothing is signed.

    Raises:
        DeclarationError: its contents or metadata are what an SNS message cannot hold.
    """
    text, typed = _written(message)
    stated = {name: facts.stated_text(message.metadata, name, _AN_SNS) for name in sqs.OF_TOPICS if name != _TIME}
    topic = stated["topic"] or "topic"
    arn = topic if _is_arn(topic) else _ARN + topic
    notification: dict[str, Any] = {
        "Type": "Notification",
        "MessageId": stated["notificationId"] or _NO_ID,
        "SequenceNumber": stated["notificationSequenceNumber"],
        "TopicArn": arn,
        "Subject": stated["subject"],
        "Message": text,
        "Timestamp": _iso(facts.stated_number(message.metadata, _TIME, _AN_SNS) or 0),
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-EXAMPLE.pem",
        "UnsubscribeURL": f"https://sns.us-east-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={arn}:EXAMPLE",
    }
    if typed:
        notification["MessageAttributes"] = attributes.spelled(typed, NOTIFICATION)
    return {name: value for name, value in notification.items() if value is not None}


def _milliseconds(timestamp: object) -> int:
    try:
        moment = datetime.datetime.fromisoformat(str(timestamp))
        return (moment - _EPOCH) // _MILLISECOND
    except (TypeError, ValueError):
        raise UsageError(
            f"Cannot read the Timestamp {timestamp!r} of SNS: it is no moment such as 2026-01-31T12:00:00.000Z. Give one."
        ) from None


def _iso(milliseconds: int) -> str:
    moment = _EPOCH + milliseconds * _MILLISECOND
    return moment.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


# -- both ways -------------------------------------------------------------------------------------------------------


def _message(text: object, read: attributes.Read, known: Mapping[str, object]) -> Message:
    topic = known["topic"]
    known = {**known, "topic": topic.rpartition(":")[2] if isinstance(topic, str) else None}
    names = [name for name, _ in read.headers]
    return Message(
        body.decoded(text, read.shown.items(), _AN_SNS),
        headers=read.headers,
        shown=read.shown,
        metadata={**facts.beside(names, known, sqs.ALL_RESERVED), **read.types},
    )


def _with(message: Message, more: Mapping[str, object]) -> Message:
    """The message, its attributes seen beside other facts, which keep their names."""
    known = {name: value for name, value in message.metadata.items() if name in sqs.ALL_RESERVED}
    types = {name: value for name, value in message.metadata.items() if name.startswith("type:")}
    shown_ = {each.name: each.shown for each in headers_of(message, sqs.ALL_RESERVED, _AN_SNS)}
    return Message(message.contents, headers=message.headers, shown=shown_, metadata={**known, **more, **types})


def _written(message: Message) -> tuple[str, dict[str, Attribute]]:
    headers = headers_of(message, sqs.ALL_RESERVED, _AN_SNS)
    text, is_marked = body.encoded(message, headers, _AN_SNS, any_text=True)
    return text, sqs.attributes_of(headers, is_marked, _AN_SNS)


def _object(text: object) -> dict[str, Any] | None:
    if not isinstance(text, str) or not text.lstrip().startswith("{"):
        return None
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError:
        return None
    return document if isinstance(document, dict) else None

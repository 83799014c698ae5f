"""What SNS and SQS answer to what is sent to them, and what they refuse: pure."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from msgpact.records.body import REFUSED

__all__ = ["Refused", "publish", "publish_batch", "send_message", "send_message_batch"]

Params = Mapping[str, Any]
Answer = dict[str, Any]

_MOST_TOGETHER = 10
_MOST_ATTRIBUTES = 10
_SNS_BYTES = 256 * 1024
_SQS_BYTES = 1024 * 1024
_SQS = "AWS.SimpleQueueService."


class Refused(Exception):
    """The service would answer with an error."""

    def __init__(self, code: str, why: str) -> None:
        super().__init__(why)
        self.code, self.why = code, why


# -- SNS -------------------------------------------------------------------------------------------------------------


def publish(params: Params) -> Answer:
    """Of SNS."""
    topic = params.get("TopicArn") or params.get("TargetArn")
    if topic is None and "PhoneNumber" not in params:
        raise Refused(
            "InvalidParameter", "Invalid parameter: TopicArn or TargetArn Reason: no value for required parameter"
        )
    return _published(params, str(topic or ""))


def publish_batch(params: Params) -> Answer:
    """Of SNS."""
    entries, topic = params["PublishBatchRequestEntries"], params["TopicArn"]
    _check_together(entries, "", _SNS_BYTES, "Message")
    return _each(entries, lambda entry: _published(entry, topic))


def _published(params: Params, topic: str) -> Answer:
    if not params["Message"]:
        raise Refused("InvalidParameter", "Invalid parameter: Empty message")
    if _bytes_of(params, "Message") > _SNS_BYTES:
        raise Refused("InvalidParameter", "Invalid parameter: Message too long")
    return {"MessageId": str(uuid.uuid4()), **_in_order(params, topic, "InvalidParameter", "Invalid parameter: ")}


# -- SQS -------------------------------------------------------------------------------------------------------------


def send_message(params: Params) -> Answer:
    """Of SQS."""
    return _sent(params, params["QueueUrl"])


def send_message_batch(params: Params) -> Answer:
    """Of SQS."""
    entries, queue = params["Entries"], params["QueueUrl"]
    _check_together(entries, _SQS, _SQS_BYTES, "MessageBody")
    return _each(entries, lambda entry: _sent(entry, queue))


def _sent(params: Params, queue: str) -> Answer:
    text, typed = params["MessageBody"], params.get("MessageAttributes") or {}
    system = params.get("MessageSystemAttributes") or {}
    if not text:
        raise Refused("MissingParameter", "The request must contain the parameter MessageBody.")
    if REFUSED.search(text):
        raise Refused("InvalidMessageContents", "Invalid characters found.")
    if len(typed) > _MOST_ATTRIBUTES:
        raise Refused(
            "InvalidParameterValue", f"Number of message attributes [{len(typed)}] exceeds the allowed maximum [10]."
        )
    if _bytes_of(params, "MessageBody") > _SQS_BYTES:
        raise Refused(
            "InvalidParameterValue",
            f"One or more parameters are invalid. Reason: Message must be shorter than {_SQS_BYTES} bytes.",
        )
    answer = {"MD5OfMessageBody": _md5(text.encode()), "MessageId": str(uuid.uuid4())}
    if typed:
        answer["MD5OfMessageAttributes"] = _md5(b"".join(_written(typed)))
    if system:
        answer["MD5OfMessageSystemAttributes"] = _md5(b"".join(_written(system)))
    return {**answer, **_in_order(params, queue, "MissingParameter", "")}


# -- both ------------------------------------------------------------------------------------------------------------


def _in_order(params: Params, where: str, code: str, prefix: str) -> Answer:
    """What FIFO topics and queues answer besides."""
    if not where.endswith(".fifo"):
        return {}
    if not params.get("MessageGroupId"):
        raise Refused(code, f"{prefix}The request must contain the parameter MessageGroupId.")
    return {"SequenceNumber": f"{uuid.uuid1().time:020d}"}


def _check_together(entries: Sequence[Params], prefix: str, most: int, body: str) -> None:
    ids = [each["Id"] for each in entries]
    if not entries:
        raise Refused(f"{prefix}EmptyBatchRequest", "The batch request doesn't contain any entries.")
    if len(entries) > _MOST_TOGETHER:
        raise Refused(
            f"{prefix}TooManyEntriesInBatchRequest", "The batch request contains more entries than permissible."
        )
    if len(set(ids)) < len(ids):
        raise Refused(f"{prefix}BatchEntryIdsNotDistinct", "Two or more batch entries in the request have the same Id.")
    if sum(_bytes_of(each, body) for each in entries) > most:
        raise Refused(
            f"{prefix}BatchRequestTooLong", "The length of all the messages put together is more than the limit."
        )


def _each(entries: Sequence[Params], answer: Callable[[Params], Answer]) -> Answer:
    """The answers to entries, each of which may be refused by itself."""
    taken: list[Answer] = []
    failed: list[Answer] = []
    for each in entries:
        try:
            taken.append({"Id": each["Id"], **answer(each)})
        except Refused as refused:
            failed.append({"Id": each["Id"], "Code": refused.code, "Message": refused.why, "SenderFault": True})
    return {"Successful": taken, "Failed": failed}


def _bytes_of(params: Params, body: str) -> int:
    return len(params[body].encode()) + sum(map(len, _written(params.get("MessageAttributes") or {})))


def _written(typed: Mapping[str, Any]) -> Iterator[bytes]:
    """Attributes as SQS hashes them."""
    for name in sorted(typed):
        kind = typed[name]["DataType"]
        binary = typed[name].get("BinaryValue")
        value = typed[name].get("StringValue", "").encode() if binary is None else bytes(binary)
        mark = b"\x01" if binary is None else b"\x02"
        yield _sized(name.encode()) + _sized(kind.encode()) + mark + _sized(value)


def _sized(value: bytes) -> bytes:
    return len(value).to_bytes(4, "big") + value


def _md5(value: bytes) -> str:
    return hashlib.md5(value, usedforsecurity=False).hexdigest()

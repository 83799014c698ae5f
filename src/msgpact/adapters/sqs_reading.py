"""A message of SQS as the contract sees it: as `records.sns.from_sqs` has it, in a third of the time, as it runs for each."""

from collections.abc import Mapping
from typing import Any

from msgpact.model import Message, is_content_type_key
from msgpact.receivers import HEADER
from msgpact.records import sns
from msgpact.records.sqs import ALL_RESERVED, NUMBERS, SYSTEM

__all__ = ["message_of", "others"]

_RESERVED = frozenset(ALL_RESERVED)
_OURS = {theirs: (name, name in NUMBERS) for name, theirs in SYSTEM.items()}
_KNOWN = (("messageId", "MessageId"), ("receiptHandle", "ReceiptHandle"))
_set = object.__setattr__


def message_of(record: Mapping[str, Any], queue: str, raw: bool | None) -> Message:
    """The message of a record that `receive_message` gave.

    Args:
        record: The record. Should it have been a dead letter, what it was before.
        queue: The name of its queue.
        raw: Whether SNS delivers raw; as of `sns.from_sqs`.

    Raises:
        UsageError: it is none.
    """
    attributes = record.get("MessageAttributes")
    if attributes and HEADER in attributes:
        attributes = others(record)
        record = {**record, "MessageAttributes": attributes}
    text = record.get("Body")
    if not isinstance(text, str) or raw is False or (raw is None and not attributes and _may_be_envelope(text)):
        return sns.from_sqs(record, queue, raw)
    return _plain(record, text, queue, attributes or {}) or sns.from_sqs(record, queue, raw)


def others(record: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes of a message but for ours."""
    return {name: each for name, each in (record.get("MessageAttributes") or {}).items() if name != HEADER}


def _may_be_envelope(text: str) -> bool:
    return text.lstrip()[:1] == "{" and ("Notification" in text or "\\u" in text)


def _plain(record: Mapping[str, Any], text: str, queue: str, attributes: Mapping[str, Any]) -> Message | None:
    """A message all of whose attributes are text, with nothing that is read in a way of its own."""
    metadata: dict[str, object] = {}
    headers, content_type = [], None
    for name, each in attributes.items():
        value, lower = each.get("StringValue"), name.lower()
        if (
            each.get("DataType") != "String"
            or not isinstance(value, str)
            or name in _RESERVED
            or value.startswith("base64:")
            or "encoding" in lower
            or lower == "jms_sqsmessagetype"
        ):
            return None
        headers.append((name, value.encode()))
        if is_content_type_key(name):
            if content_type is not None:
                return None
            name, content_type = "contentType", value
        metadata[name] = value
    for name, theirs in _KNOWN:
        if record.get(theirs) is not None:
            metadata[name] = record[theirs]
    metadata["queue"] = queue
    for name, value in (record.get("Attributes") or {}).items():
        if value is None or name not in _OURS:
            continue
        ours, is_number = _OURS[name]
        is_number = is_number and isinstance(value, str) and value.isascii() and value.isdigit()
        metadata[ours] = int(value) if is_number else value
    message = Message.__new__(Message)
    _set(message, "contents", text.encode())
    _set(message, "headers", tuple(headers))
    _set(message, "metadata", metadata)
    _set(message, "content_type", content_type)
    return message

"""What boto3 raises of SQS: in words, and whether it is worth waiting."""

from collections.abc import Mapping
from typing import Any

from msgpact.extras import require

__all__ = ["GONE", "code_of", "in_words", "is_refused", "is_wrong", "raised"]

GONE = ("AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist")
"""What says that there is no such queue."""

_WRONG = {*GONE, "InvalidAddress", "InvalidParameterCombination", "InvalidParameterValue", "MissingParameter"}
_WRONG |= {"AWS.SimpleQueueService.UnsupportedOperation", "UnsupportedOperation", "ParamValidationError"}
_REFUSED = {"AWS.SimpleQueueService.BatchRequestTooLong", "BatchRequestTooLong", "InvalidMessageContents"}
_REFUSED |= {"InvalidParameterValue", "InvalidAttributeValue", "MessageTooLong", "RequestEntityTooLarge"}


def raised() -> tuple[type[Exception], ...]:
    """All that a client of boto3 raises on purpose."""
    exceptions = require("botocore.exceptions", extra="sqs", feature="SQS")
    return exceptions.BotoCoreError, exceptions.ClientError


def code_of(error: BaseException) -> str:
    """SQS's own name of what is wrong, or boto3's where SQS was not reached."""
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}
    return str(answer.get("Error", {}).get("Code") or type(error).__name__)


def in_words(error: BaseException) -> str:
    """What is wrong, as it stands in a sentence: no full stop."""
    answer: Mapping[str, Any] = getattr(error, "response", None) or {}
    words = answer.get("Error", {}).get("Message") or str(error)
    return f"{code_of(error)}: {str(words).strip().rstrip('.')}"


def is_wrong(error: BaseException) -> bool:
    """Whether the call can never work: there is no such queue, or its parameters cannot be."""
    return code_of(error) in _WRONG


def is_refused(error: BaseException) -> bool:
    """Whether SQS takes no message like this one, of this size or with these attributes."""
    return code_of(error) in _REFUSED

"""Capturing what an application sends to SNS and SQS by boto3: any client, made before or meanwhile, without credentials.

The calls are caught below what boto3 itself does with them: parameters have been checked, hooks of the application and of its
tools have run. Other calls go where they always go.
"""

import contextlib
import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from msgpact.adapters.sns_sqs_answers import Refused, publish, publish_batch, send_message, send_message_batch
from msgpact.adapters.swapping import Patches, Wrap
from msgpact.captured import Scope, Sink, checked_names
from msgpact.extras import require
from msgpact.model import Message
from msgpact.records import sns, sqs

__all__ = ["capture"]

_SCOPE = Scope("sns_sqs")
_FEATURE = "capturing what boto3 sends"
_NOTED = "msgpact"
"""By this name the context of a request holds its parameters."""

Params = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class AwsCapture:
    """A capture of what boto3's clients send."""

    everywhere: bool
    names: Mapping[str, str]

    @contextlib.contextmanager
    def capturing(self, sink: Sink, *, early: bool = False) -> Iterator[None]:  # noqa: ARG002  (clients need not be there)
        """Until it is left, what is sent here goes to *sink*."""
        sink.know(self.names)
        with _PATCHES.on(), _SCOPE.entered(sink, everywhere=self.everywhere):
            yield

    def hint(self) -> str:
        """What is not seen."""
        return (
            "No client of boto3 published to SNS or sent to SQS. What a thread sends that ran before is captured with "
            "sns_sqs.capture(everywhere=True)."
        )


def capture(*, everywhere: bool = False, names: Mapping[str, str] | None = None) -> AwsCapture:
    """A capture for `capture=` of `produces`: of all that boto3's clients publish to SNS and send to SQS.

    Args:
        everywhere: Also what is sent elsewhere in this process meanwhile, as by a thread that ran before. Otherwise that goes
            where it always goes, so that code which runs beside is not disturbed.
        names: The deployed names of topics and queues that contracts name, where they differ.
    """
    return AwsCapture(everywhere, checked_names(names, "names"))


# -- what is sent ----------------------------------------------------------------------------------------------------


def _published(params: Params) -> tuple[Message, str]:
    """What `publish` sends, and why it does not count, if it does not."""
    if "PhoneNumber" in params:
        return Message(params["Message"].encode()), "it is for a telephone"
    if ":endpoint/" in params.get("TargetArn", ""):
        return Message(params["Message"].encode()), "it is for a device"
    return sns.from_publish(**params), ""


def _sent(params: Params) -> tuple[Message, str]:
    return sqs.from_send_message(**params), ""


def _published_entry(params: Params, entry: Params) -> tuple[Message, str]:
    return sns.from_entry(entry, params["TopicArn"]), ""


def _sent_entry(params: Params, entry: Params) -> tuple[Message, str]:
    return sqs.from_entry(entry, params["QueueUrl"]), ""


class _Operation(NamedTuple):
    """An operation that sends: what it answers, how what it sends is read, and where its entries are, if it has some."""

    answer: Callable[[Params], dict[str, Any]]
    read: Callable[..., tuple[Message, str]]
    entries: str = ""


_OPERATIONS = {
    ("sns", "Publish"): _Operation(publish, _published),
    ("sns", "PublishBatch"): _Operation(publish_batch, _published_entry, "PublishBatchRequestEntries"),
    ("sqs", "SendMessage"): _Operation(send_message, _sent),
    ("sqs", "SendMessageBatch"): _Operation(send_message_batch, _sent_entry, "Entries"),
}


def _answered(sink: Sink, operation: _Operation, params: Params) -> tuple[int, dict[str, Any]]:
    """The status and the document with which the service would answer; what it would take is taken in."""
    try:
        answer = operation.answer(params)
    except Refused as refused:
        return 400, {"Error": {"Type": "Sender", "Code": refused.code, "Message": refused.why}}
    if not operation.entries:
        sink.take(*operation.read(params))
        return 200, answer
    failed = {each["Id"] for each in answer["Failed"]}
    for entry in params[operation.entries]:
        if entry["Id"] not in failed:
            sink.take(*operation.read(params, entry))
    return 200, answer


# -- boto3 -----------------------------------------------------------------------------------------------------------


def _methods() -> Iterator[tuple[Any, str, Wrap]]:
    client = require("botocore.client", extra="sqs", feature=_FEATURE).BaseClient
    yield client, "_convert_to_request_dict", _noting
    yield client, "_make_request", _asking


_PATCHES = Patches(_methods)


def _noting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Keep the parameters beside the request that is made of them."""

    def note(self: Any, api_params: Params, operation_model: Any, *args: Any, **kwargs: Any) -> Any:
        request = original(self, api_params, operation_model, *args, **kwargs)
        if _key(operation_model) in _OPERATIONS:
            request["context"][_NOTED] = api_params
        return request

    return note


def _asking(original: Callable[..., Any]) -> Callable[..., Any]:
    """Answer in the service's place where somebody captures."""

    def ask(self: Any, operation_model: Any, request_dict: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
        operation = _OPERATIONS.get(_key(operation_model))
        if operation is None:
            return original(self, operation_model, request_dict, *args, **kwargs)
        params = request_dict["context"].pop(_NOTED)
        sink = _SCOPE.sink()
        if sink is None:
            where = params.get("TopicArn") or params.get("QueueUrl")
            _SCOPE.pass_by(
                f"the thread {threading.current_thread().name!r} sent to {where!r} by a client that does not capture"
            )
            return original(self, operation_model, request_dict, *args, **kwargs)
        status, document = _answered(sink, operation, params)
        response = require("botocore.awsrequest", extra="sqs", feature=_FEATURE).AWSResponse
        document["ResponseMetadata"] = {
            "RequestId": "msgpact",
            "HTTPStatusCode": status,
            "HTTPHeaders": {},
            "RetryAttempts": 0,
        }
        return response(request_dict["url"], status, {}, None), document

    return ask


def _key(operation_model: Any) -> tuple[str, str]:
    return operation_model.service_model.service_name, operation_model.name

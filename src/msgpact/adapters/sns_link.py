"""SNS at `sns://HOST/ACCOUNT/TOPIC`: messages are looked at by a queue of our own, which is subscribed for as long."""

import contextlib
import json
import time
import uuid
from collections.abc import Iterator
from functools import cached_property
from typing import Any

from msgpact.adapters.aws_url import Aws
from msgpact.adapters.link_url import LinkUrl
from msgpact.adapters.links import Sampling, restated
from msgpact.adapters.sqs_link import Received
from msgpact.errors import Unavailable, UsageError
from msgpact.model import Message
from msgpact.records import sns

__all__ = ["SnsLink"]


class SnsLink:
    """SNS. `{topic}` in the URL's topic is the one that a message states; without a topic it is that one."""

    keys = ("topic",)
    about = ""

    def __init__(self, url: LinkUrl) -> None:
        self.url = url
        self._aws = Aws(url, "TOPIC")

    @cached_property
    def _sns(self) -> Any:
        return self._aws.client("sns")

    @cached_property
    def _sqs(self) -> Any:
        return self._aws.client("sqs")

    @cached_property
    def _arns(self) -> dict[str, str]:
        """The topics' ARNs by their names."""
        found: dict[str, str] = {}
        asked: dict[str, str] = {}
        while True:
            answer = self._aws.asked("list the topics", self._sns.list_topics, **asked)
            found |= {each["TopicArn"].rpartition(":")[2]: each["TopicArn"] for each in answer.get("Topics", ())}
            if "NextToken" not in answer:
                return found
            asked = {"NextToken": answer["NextToken"]}

    def _arn_of(self, name: str) -> str:
        if self._aws.account is not None:
            return f"arn:aws:sns:{self._aws.region}:{self._aws.account}:{name}"
        if name not in self._arns:
            raise UsageError(
                f"Cannot find the topic {name!r} at '{self.url}': there is none of that name. Name another."
            )
        return self._arns[name]

    def close(self) -> None:
        """Let go of the service."""
        for each in ("_sns", "_sqs"):
            if each in vars(self):
                vars(self)[each].close()

    # -- publishing --

    def send(self, message: Message) -> str:
        """As `Link.send`."""
        arn = self._arn_of(self._aws.name_for(message))
        return f"{arn.rpartition(':')[2]} as {self._sent(message, arn)}"

    def _sent(self, message: Message, arn: str) -> str:
        arguments = sns.to_publish(message, arn)
        answer = self._aws.asked(f"publish on the topic {arn.rpartition(':')[2]!r}", self._sns.publish, **arguments)
        return str(answer["MessageId"])

    # -- looking --

    def sample(self, sampling: Sampling) -> Iterator[Message]:
        """As `Link.sample`: of the messages that are published meanwhile, each is brought to our queue too."""
        names = self._aws.names(sampling)
        until, seen = time.monotonic() + sampling.seconds, 0
        with self._subscribed([self._arn_of(each) for each in names]) as queue:
            received = Received(self._aws, self._sqs, sampling.seconds)
            while seen < sampling.most and (left := until - time.monotonic()) > 0:
                for each in received.some(queue, left):
                    if seen < sampling.most:
                        seen += 1
                        found = sns.from_sqs(each)
                        topic = found.metadata.get("topic")
                        yield restated(found, topic=names.get(str(topic), topic))

    @contextlib.contextmanager
    def _subscribed(self, arns: list[str]) -> Iterator[str]:
        """The URL of a queue that is there for as long, and gets what is published on topics."""
        ending = ".fifo" if arns[0].endswith(".fifo") else ""
        made = {"FifoQueue": "true"} if ending else {}
        name = f"msgpact-{uuid.uuid4()}{ending}"
        policy = json.dumps({"Version": "2012-10-17", "Statement": [_allowed(each) for each in arns]})
        create = self._sqs.create_queue
        answer = self._aws.asked("make a queue", create, QueueName=name, Attributes={**made, "Policy": policy})
        queue: str = answer["QueueUrl"]
        with contextlib.ExitStack() as ours:  # whichever of them cannot be ended, the others are
            ours.callback(self._aws.asked, "delete our queue", self._sqs.delete_queue, QueueUrl=queue)
            ask = self._sqs.get_queue_attributes
            found = self._aws.asked("look at our queue", ask, QueueUrl=queue, AttributeNames=["QueueArn"])
            for each in arns:
                answer = self._aws.asked(
                    f"subscribe to the topic {each.rpartition(':')[2]!r}",
                    self._sns.subscribe,
                    TopicArn=each,
                    Protocol="sqs",
                    Endpoint=found["Attributes"]["QueueArn"],
                    ReturnSubscriptionArn=True,
                )
                arn, end = answer["SubscriptionArn"], self._sns.unsubscribe
                ours.callback(self._aws.asked, "end our subscription", end, SubscriptionArn=arn)
            yield queue

    # -- there and back --

    def there_and_back(self, message: Message) -> Message:
        """As `Link.there_and_back`: the one with the id that SNS gave it."""
        arn = self._arn_of(self._aws.name_for(message))
        with self._subscribed([arn]) as queue:
            message_id = self._sent(message, arn)
            received = Received(self._aws, self._sqs, self.url.timeout)
            until = time.monotonic() + self.url.timeout
            while (left := until - time.monotonic()) > 0:
                for each in received.some(queue, left):
                    found = sns.from_sqs(each)
                    if found.metadata.get("notificationId") == message_id:
                        return restated(found, topic=message.metadata.get("topic", found.metadata["topic"]))
        raise Unavailable(
            f"Cannot read back what was published on the topic {arn.rpartition(':')[2]!r} of '{self.url}': it did not come "
            f"within {self.url.timeout:g} s. See whether the service is well."
        )


def _allowed(arn: str) -> dict[str, Any]:
    """What lets a topic send to our queue."""
    return {
        "Effect": "Allow",
        "Principal": {"Service": "sns.amazonaws.com"},
        "Action": "sqs:SendMessage",
        "Resource": "*",
        "Condition": {"ArnEquals": {"aws:SourceArn": arn}},
    }

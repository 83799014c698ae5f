"""What SQS and SNS can hold, for properties: attributes, bodies, ids; and a region of moto's to send them through."""

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import strategies as st
from moto import mock_aws

from msgpact import Message
from msgpact.model import is_content_type_key
from msgpact.records import sns, sqs

REGION = "eu-central-1"
ACCOUNT = "123456789012"

allowed = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufffe\uffff") | st.sampled_from("\t\n\r")
texts = st.text(allowed, min_size=1, max_size=12)
letters = st.text("abXY_-09", min_size=1, max_size=6)
plain_names = letters | st.builds("{}.{}".format, letters, letters)
misleading = st.sampled_from(["base64:/w==", "base64:YWJj", "base64:", "text/plain", '["a"]', "1"])
labels = st.sampled_from(["", ".int", ".custom", ".Array"])
numbers = st.sampled_from(["0", "-1", "007", "1.50", "1e3", "+5", str(10**37)]) | st.integers().map(
    lambda number: str(number)[:38]
)


def strings(name: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.builds(lambda label, value: {"DataType": name + label, "StringValue": value}, labels, texts | misleading)


attributes = st.one_of(
    strings("String"),
    st.builds(lambda label, value: {"DataType": f"Number{label}", "StringValue": value}, labels, numbers),
    st.builds(
        lambda label, value: {"DataType": f"Binary{label}", "BinaryValue": value},
        labels,
        st.binary(min_size=1, max_size=8) | texts.map(str.encode),
    ),
)


def attribute_maps(*reserved: str) -> st.SearchStrategy[dict[str, Any]]:
    """Attributes by name, also by *reserved* names, and content types."""
    named = st.dictionaries(plain_names | st.sampled_from(reserved), attributes, max_size=5)
    content_types = st.dictionaries(st.sampled_from(["contentType", "Content-Type"]), strings("String"), max_size=2)
    return st.builds(lambda some, others: {**some, **others}, named, content_types)


attribute_sets = attribute_maps(*sqs.RESERVED)
moments = st.integers(0, 2**45).map(str)
systems = st.fixed_dictionaries(
    {},
    optional={
        "SentTimestamp": moments,
        "ApproximateReceiveCount": st.integers(1, 1000).map(str),
        "ApproximateFirstReceiveTimestamp": moments,
        "SenderId": texts,
        "SequenceNumber": texts,
        "MessageGroupId": texts,
        "MessageDeduplicationId": texts,
        "AWSTraceHeader": texts,
        "DeadLetterQueueSourceArn": texts,
    },
)
messages = st.fixed_dictionaries(
    {"MessageId": texts, "ReceiptHandle": texts, "Body": texts},
    optional={"Attributes": systems, "MessageAttributes": attribute_sets},
)
sent_messages = st.fixed_dictionaries(
    {"MessageBody": texts},
    optional={
        "MessageAttributes": attribute_sets,
        "DelaySeconds": st.integers(0, 900),
        "MessageGroupId": texts,
        "MessageDeduplicationId": texts,
        "MessageSystemAttributes": texts.map(
            lambda value: {"AWSTraceHeader": {"DataType": "String", "StringValue": value}}
        ),
    },
)
published_messages = st.fixed_dictionaries(
    {"Message": texts},
    optional={
        "Subject": texts,
        "MessageAttributes": attribute_maps(*sns.RESERVED, "queue"),
        "MessageGroupId": texts,
        "MessageDeduplicationId": texts,
    },
)
"""What is given to `publish`, but for the topic."""


def has_plain_content_type(message: Message) -> bool:
    """Whether a view says all of the content type: it knows one of several, and not how one with a label was spelled."""
    spelled = [name for name, _ in message.headers if is_content_type_key(name)]
    return len(spelled) <= 1 and not any(f"type:{name}" in message.metadata for name in spelled)


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", REGION)
    with mock_aws():
        yield

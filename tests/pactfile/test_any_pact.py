"""Any bytes, and any pact with something wrong in it, are a contract or an error of ours: never another exception."""

import contextlib
import json
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from msgpact.check import check_message
from msgpact.errors import UnreadablePact
from msgpact.model import Contract, Message
from msgpact.pactfile import files

SCALAR = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
WORDS = st.sampled_from(
    [
        "$", "$.a", "$[*]", "$.*", "$..", "a", "AND", "OR", "type", "regex", "equality", "eachKey", "eachValue", "values",
        "arrayContains", "integer", "notEmpty", "date", "contentType", "base64", "JSON", "application/json", "text/plain",
        "image/png", "Asynchronous/Messages", "Synchronous/Messages", "Uuid", "RandomInt", "(", "(a+)+", "yyyy", "4.0", "3.0.0",
    ]
)  # fmt: skip
NAMES = st.sampled_from(
    [
        "type", "description", "contents", "content", "contentType", "encoded", "metadata", "metaData", "matchingRules",
        "generators", "providerStates", "name", "params", "body", "matchers", "match", "combine", "regex", "min", "max",
        "value", "rules", "variants", "index", "request", "response", "comments", "msgpact", "key", "pending", "$", "$.a",
        "$.*", "a", "b", "format", "contentTypeHint", "tombstone",
    ]
)  # fmt: skip
ANY = st.recursive(
    SCALAR | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(max_size=2), inner, max_size=5),
    max_leaves=20,
)
ENTRY = st.dictionaries(NAMES, ANY, max_size=8).map(lambda entry: {"type": "Asynchronous/Messages", **entry})
MESSAGES = st.builds(
    Message, st.none() | st.binary(max_size=20) | ANY.map(lambda value: json.dumps(value).encode("utf-8", "replace"))
)


def loaded(text: bytes) -> Contract | None:
    with contextlib.suppress(UnreadablePact):
        return files.loads(text)
    return None


@given(st.binary())
def test_any_bytes(text: bytes) -> None:
    loaded(text)


@given(st.dictionaries(st.sampled_from(["consumer", "provider", "messages", "interactions", "metadata"]), ANY))
def test_any_document(document: dict[str, Any]) -> None:
    loaded(json.dumps(document).encode())


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(
    st.sampled_from(["interactions", "messages"]),
    st.sampled_from(["3.0.0", "4.0"]),
    st.lists(ENTRY, max_size=3),
    MESSAGES,
)
def test_any_interactions_against_any_message(kind: str, version: str, entries: list[Any], message: Message) -> None:
    document = {
        "consumer": {"name": "c"},
        "provider": {"name": "p"},
        kind: entries,
        "metadata": {"pactSpecification": {"version": version}},
    }

    contract = loaded(json.dumps(document).encode("utf-8", "replace"))

    for interaction in contract.interactions if contract is not None else ():
        for expected in (interaction.message, interaction.request, *interaction.responses):
            if expected is not None:
                check_message(expected, message)


@given(st.data())
def test_a_pact_with_one_thing_changed(data: st.DataObject) -> None:
    document = {
        "consumer": {"name": "c"},
        "provider": {"name": "p"},
        "interactions": [
            {
                "type": "Asynchronous/Messages",
                "description": "d",
                "providerStates": [{"name": "s", "params": {"a": 1}}],
                "contents": {"content": {"a": [{"b": 1}]}, "contentType": "application/json", "encoded": False},
                "metadata": {"k": "v"},
                "matchingRules": {
                    "body": {
                        "$.a": {"combine": "AND", "matchers": [{"match": "type", "min": 1}]},
                        "$.a[*].b": {"matchers": [{"match": "eachValue", "rules": [{"match": "regex", "regex": "a"}]}]},
                    },
                    "metadata": {
                        "k": {"matchers": [{"match": "arrayContains", "variants": [{"index": 0, "rules": {}}]}]}
                    },
                },
                "generators": {"body": {"$.a[0].b": {"type": "RandomInt", "min": 1}}},
            }
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}},
    }
    holder: Any = document
    while True:  # down to a random place, and something else there
        key = data.draw(st.sampled_from(sorted(holder) if isinstance(holder, dict) else range(len(holder))))
        if not isinstance(holder[key], dict | list) or not holder[key] or data.draw(st.booleans()):
            break
        holder = holder[key]
    holder[key] = data.draw(ANY)

    contract = loaded(json.dumps(document).encode("utf-8", "replace"))

    if contract is not None:
        for interaction in contract.interactions:
            if interaction.message is not None:
                check_message(interaction.message, Message(b'{"a": [{"b": 1}]}', metadata={"k": ["v"]}))

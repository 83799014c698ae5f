"""Reading pact documents: every spelling that tools use, and one clear sentence for what is no pact."""

import gc
import json
import sys
import tracemalloc
from typing import Any

import pytest
from pacts import HTTP, document, message
from processor_time import spent

from msgpact.errors import UnreadablePact
from msgpact.model import Contract, InteractionType, Presence, ProviderState
from msgpact.pactfile.documents import loads

PAIR: dict[str, Any] = {"consumer": {"name": "c"}, "provider": {"name": "p"}}


def read(**document: object) -> Contract:
    return loads(json.dumps({**PAIR, **document}).encode())


def versioned(version: object, spelling: str = "pactSpecification") -> dict[str, object]:
    return {spelling: {"version": version}}


# -- versions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("metadata", "version"),
    [
        (None, "3.0.0"),
        ({}, "3.0.0"),
        (versioned("3.0.0"), "3.0.0"),
        (versioned("3"), "3.0.0"),
        (versioned("3.0"), "3.0.0"),
        (versioned("4.0"), "4.0"),
        (versioned("4"), "4.0"),
        (versioned(4), "4.0"),
        (versioned(4.0), "4.0"),
        (versioned("2.0.0"), "2.0.0"),
        (versioned("1"), "1.0.0"),
        (versioned("1.0"), "1.0.0"),
        (versioned("1.1"), "1.1.0"),
        (versioned("1.1.0"), "1.1.0"),
        (versioned("4.0", "pact-specification"), "4.0"),
        ({"pactSpecificationVersion": "4.0"}, "4.0"),
        ({"pactSpecification": "4.0"}, "4.0"),
        (versioned("banana"), "3.0.0"),
        (versioned(""), "3.0.0"),
        (versioned(None), "3.0.0"),
        (versioned({"a": 1}), "3.0.0"),
    ],
    ids=str,
)
def test_the_version_in_every_spelling(metadata: object, version: str) -> None:
    assert read(interactions=[], metadata=metadata).spec_version == version


def test_interactions_with_types_are_version_4_even_if_nothing_says_so() -> None:
    contract = read(interactions=[message()])

    assert (contract.spec_version, contract.interactions[0].type) == ("4.0", InteractionType.ASYNCHRONOUS_MESSAGE)


@pytest.mark.parametrize("version", ["5.0", "0.9", "99999999999999999999.0"])
def test_an_unknown_version(version: str) -> None:
    with pytest.raises(UnreadablePact, match=f"it is written to version {version} .* and msgpact knows 1 to 4"):
        read(interactions=[], metadata=versioned(version))


@pytest.mark.parametrize("version", ["1.0.0", "2.0.0"])
def test_versions_without_messages(version: str) -> None:
    with pytest.raises(UnreadablePact, match=f"version {version[0]} of the Pact specification has no messages"):
        read(messages=[{}], metadata=versioned(version))


def test_http_interactions_of_old_versions_are_kept() -> None:
    raw = {"description": "d", "provider_state": "s", "request": {"method": "GET"}, "response": {"status": 200}}

    (interaction,) = read(interactions=[raw], metadata=versioned("2.0.0")).interactions

    assert interaction.type is InteractionType.HTTP
    assert interaction.provider_states == (ProviderState("s"),)
    assert interaction.extra == {"request": {"method": "GET"}, "response": {"status": 200}}


# -- the document ----------------------------------------------------------------------------------------------------


def test_metadata_of_the_file_but_for_its_version() -> None:
    contract = read(interactions=[], metadata={**versioned("4.0"), "pact-js": {"version": "1"}, "plugins": []})

    assert contract.metadata == {"pact-js": {"version": "1"}, "plugins": []}


def test_a_byte_order_mark_is_skipped() -> None:
    assert loads(b"\xef\xbb\xbf" + json.dumps(document(message())).encode()).consumer == "fulfilment"


def test_of_a_repeated_key_the_last_value_counts() -> None:
    assert loads(b'{"consumer": {"name": "x", "name": "c"}, "provider": {"name": "p"}, "messages": []}').consumer == "c"


@pytest.mark.parametrize("written", ["-0", "[-0]", '{"a": -0 }'])
def test_minus_zero_is_a_decimal(written: str) -> None:
    text = json.dumps(document(message(contents="HERE"))).replace('"HERE"', written).encode()

    (interaction,) = loads(text).interactions

    assert interaction.message is not None
    assert repr(interaction.message.contents.value) == repr(json.loads(written.replace("-0", "-0.0")))


def test_messages_and_interactions_may_stand_in_one_file() -> None:
    contract = read(messages=[{"description": "m"}], interactions=[HTTP], metadata=versioned("4.0"))

    assert [each.description for each in contract.interactions] == ["m", "a request for an order"]


def test_the_source_is_no_part_of_a_contract() -> None:
    text = json.dumps(document(message())).encode()

    assert loads(text, source="a") == loads(text, source="b")
    assert loads(text, source="a").source == "a"


@pytest.mark.parametrize("enabled", [True, False])
def test_garbage_collection_is_left_as_it_was(enabled: bool) -> None:
    (gc.enable if enabled else gc.disable)()
    try:
        loads(json.dumps(document()).encode())
        assert gc.isenabled() is enabled
        with pytest.raises(UnreadablePact):
            loads(b"")
        assert gc.isenabled() is enabled
    finally:
        gc.enable()


# -- what is no pact -------------------------------------------------------------------------------------------------

DEEP = b"[" * 10_000 + b"]" * 10_000
NO_PACTS = [
    (b"", "it is empty"),
    (b" \n", "it is empty"),
    (b"\xef\xbb\xbf", "it is empty"),
    (b"hello", "it is not JSON"),
    (b'{"consumer": {"name": "c"}, "prov', "it is cut off or is not JSON"),
    (json.dumps(document(message())).encode()[:-30], "it is cut off or is not JSON"),
    (b'{"a": 1}}', "it is cut off or is not JSON"),
    ("{}".encode("utf-16"), "byte 0 is 0xff, which is not UTF-8"),
    (b'{"consumer": "\xff"}', "byte 14 is 0xff, which is not UTF-8"),
    (b"\x1f\x8b\x08\x00gzip", "which is not UTF-8"),
    (b'{"a": NaN}', "it is not JSON"),
    (b'{"a": Infinity}', "it is not JSON"),
    (b'{"a": 1e400}', "it is not JSON"),
    (b'{"a": "\\ud800"}', "it is not JSON"),
    (b"{'a': 1}", "it is not JSON"),
    (DEEP, r"it is not JSON \(depth limit exceeded"),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, r"it is not JSON \(depth limit exceeded"),
    (b"[]", "it is JSON but no pact: not an object"),
    (b"1", "it is JSON but no pact: not an object"),
    (b"null", "it is JSON but no pact: not an object"),
    (b"{}", "it has neither 'interactions' nor 'messages', but nothing"),
    (b'{"openapi": "3.0.0", "paths": {}}', "but 'openapi', 'paths'"),
]


@pytest.mark.parametrize(("text", "why"), NO_PACTS, ids=lambda value: repr(value)[:40])
def test_what_is_no_pact(text: bytes, why: str) -> None:
    with pytest.raises(UnreadablePact, match=f"^Cannot read the pact 'some.json': .*{why}.*\\. [A-Z].*\\.$"):
        loads(text, source="some.json")


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"messages": {}}, "'messages' is no array"),
        ({"interactions": None}, "'interactions' is no array"),
        ({"interactions": [], "consumer": None}, r"who its consumer is \(consumer.name\)"),
        ({"interactions": [], "consumer": {}}, "who its consumer is"),
        ({"interactions": [], "consumer": {"name": ""}}, "who its consumer is"),
        ({"interactions": [], "provider": {"name": 7}}, r"who its provider is \(provider.name\)"),
        ({"interactions": [], "metadata": [1]}, "its metadata is no object"),
    ],
)
def test_what_is_no_pact_inside(change: dict[str, object], why: str) -> None:
    with pytest.raises(UnreadablePact, match=why):
        read(**change)


# One thing wrong with an interaction, and what is said of it.
INTERACTIONS: list[tuple[object, str]] = [
    (7, "it is no object: 7"),
    (None, "it is no object: null"),
    ({"description": "d"}, "its type is None; known are Asynchronous/Messages"),
    ({"type": "Synchronous/Mesages"}, "its type is 'Synchronous/Mesages'"),
    (message(contents={"content": 1}) | {"contents": 7}, "contents is no object with 'content': 7"),
    (message() | {"contents": {"content": "%%%", "encoded": "base64"}}, "the contents are not base64"),
    (message() | {"contents": {"content": {"a": 1}, "encoded": "base64"}}, "they are no string"),
    (message() | {"contents": {"content": "{", "encoded": "JSON"}}, "of type 'application/json', but it is cut off"),
    (message() | {"contents": {"content": "x", "contentType": 5}}, "contentType is no text: 5"),
    (message() | {"metadata": [1]}, r"metadata is no object: \[1\]"),
    (message() | {"comments": "x"}, 'comments is no object: "x"'),
    (message() | {"providerStates": {"name": "s"}}, "providerStates is no array"),
    (message() | {"providerStates": [{"params": {}}]}, "a provider state has no name"),
    (message() | {"providerStates": [{"name": "s", "params": [1]}]}, "params of a provider state is no object"),
    ({"type": "Synchronous/Messages", "request": {}}, "has a 'request' and an array 'response'"),
    ({"type": "Synchronous/Messages", "response": []}, "has a 'request' and an array 'response'"),
    ({"type": "Synchronous/Messages", "request": 1, "response": []}, "request is no object"),
    ({"type": "Synchronous/Messages", "request": {}, "response": [1]}, "response is no object"),
    (message() | {"matchingRules": 7}, "matchingRules is a number, not an object"),
    (message() | {"matchingRules": {"body": [1]}}, "matchingRules.body is an array, not an object"),
    (message() | {"matchingRules": {"body": {"$..a": {"matchers": []}}}}, r"the path '\$..a' does not parse: no name"),
    (message(rules={"$.a": {"match": "typ"}}), r"'typ' \(did you mean 'type'\?\)"),
    (message(rules={"$.a": {"match": "qqq"}}), r"of the unknown kind 'qqq' \(known are arrayContains, "),
    (message(rules={"$.a": {"match": "regex"}}), r"the 'regex' rule at '\$.a' has no 'regex'"),
    (message() | {"generators": 7}, "generators is a number, not an object"),
    (message() | {"generators": {"body": {"$.a": 1}}}, r"the generator at '\$.a' is no object with a 'type'"),
    (message() | {"generators": {"body": {"$..a": {"type": "Uuid"}}}}, "does not parse"),
]


@pytest.mark.parametrize(("raw", "why"), INTERACTIONS, ids=[row[1] for row in INTERACTIONS])
def test_what_is_no_interaction(raw: object, why: str) -> None:
    with pytest.raises(
        UnreadablePact, match=f"^Cannot read the pact '<bytes>': in interaction 1.*{why}.*\\. Let the tool"
    ):
        read(interactions=[message("another"), raw], metadata=versioned("4.0"))


def test_what_is_wrong_is_shown_with_the_description() -> None:
    with pytest.raises(UnreadablePact, match=r"in interaction 0 \('an order was placed'\), "):
        read(interactions=[message(rules={"$.a": {"match": "typ"}})], metadata=versioned("4.0"))


def with_nested_rules(levels: int) -> bytes:
    rule = '{"match":"eachValue","rules":[' * levels + '{"match":"type"}' + "]}" * levels
    return json.dumps(document(message(rules={"$": {"match": "RULE"}}))).replace('{"match": "RULE"}', rule).encode()


def test_rules_may_be_nested() -> None:
    assert loads(with_nested_rules(100)).interactions[0].message is not None


def test_rules_that_are_nested_too_deep() -> None:
    with pytest.raises(UnreadablePact, match="the matching rules are nested too deep"):
        loads(with_nested_rules(400))


def deep_message(name: str, value: str, marks: str = "") -> bytes:
    return (
        f'{{"consumer": {{"name": "c"}}, "provider": {{"name": "p"}}, "messages": [{{"{name}": {value}}}], '
        f'"metadata": {{"pactSpecification": {{"version": "3.0.0"}}{marks}}}}}'
    ).encode()


NESTED = "[" * 1000 + "]" * 1000


def test_a_deep_array_where_an_object_should_be() -> None:
    """How deep Python's own JSON goes depends on its version: the array is shown, or too deep to be."""
    with pytest.raises(UnreadablePact, match=r"interaction 0, metadata is no object: \[\[\[|it is nested too deep"):
        loads(deep_message("metadata", NESTED))


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="from 3.12 on Python's own JSON goes deeper than ours")
def test_what_cannot_be_looked_into_is_nested_too_deep() -> None:
    states = f'[{{"name": "s", "params": {{"a": {NESTED}}}}}]'

    with pytest.raises(UnreadablePact, match="it is nested too deep"):
        loads(deep_message("providerStates", states, ', "msgpact": {"messages": [{"description": "x"}]}'))


def test_contents_may_be_nested_as_deep_as_json_is_read() -> None:
    deep = b"[" * 1000 + b"]" * 1000
    text = b'{"consumer":{"name":"c"},"provider":{"name":"p"},"messages":[{"contents":' + deep + b"}]}"

    (interaction,) = loads(text).interactions

    assert interaction.message is not None
    assert interaction.message.contents.presence is Presence.PRESENT


def test_a_large_pact_takes_time_and_memory_in_proportion() -> None:
    """30 MB: the document itself takes some times that; a mistake in the reading would take far more."""
    entry = json.dumps(message(contents={f"field {number}": "x" * 80 for number in range(10)})).encode()
    count = 30_000_000 // len(entry)
    text = b'{"consumer":{"name":"c"},"provider":{"name":"p"},"interactions":[' + b",".join([entry] * count) + b"]}"
    tracemalloc.start()
    start = spent()
    try:
        contract = loads(text)
        took, (_, peak) = spent() - start, tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(contract.interactions) == count
    assert took < 60
    assert peak < 20 * len(text)

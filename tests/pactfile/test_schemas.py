"""What is written is a pact: by the published schemas, loosened only where files in use go beyond them, and by a small look."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from shared_data import SHARED

from msgpact import generate, match, state
from msgpact.model import Contents, Contract, Form, Interaction, InteractionType, MessageContents, Presence
from msgpact.pactfile import files
from msgpact.template import compile_message

Raw = dict[str, Any]
JSON = "application/json"

TEMPLATE = {
    "like": match.like({"a": [1]}),
    "sized": match.like([1], min=1, max=3),
    "equal": match.equal_to("x"),
    "regex": match.regex(r"\d+", "1"),
    "integer": match.integer(),
    "decimal": match.decimal(),
    "number": match.number(),
    "boolean": match.boolean(),
    "null": match.null(),
    "string": match.string(),
    "uuid": match.uuid(),
    "include": match.include("a"),
    "date": match.date(),
    "time": match.time(),
    "datetime": match.datetime(),
    "semver": match.semver(),
    "not empty": match.not_empty(),
    "each like": match.each_like({"sku": "A"}, min=2),
    "each key": match.each_key(match.regex("[a-z]+", "a"), {"a": 1}),
    "each value": match.each_value(match.integer(), {"a": 1}),
    "values": match.values({"a": match.integer()}),
    "contains": match.array_contains({"id": match.integer()}, {"id": generate.uuid()}),
    "one of": match.one_of("a", "b"),
    "all of": match.all_of(match.string("a"), match.not_empty("a")),
    "any of": match.any_of(match.string("a"), match.null()),
    "random int": generate.random_int(1, 5),
    "random decimal": generate.random_decimal(),
    "random hexadecimal": generate.random_hexadecimal(),
    "random string": generate.random_string(),
    "generated": generate.regex("[a-z]{3}", example="abc"),
    "random uuid": generate.uuid(),
    "some date": generate.date("tomorrow"),
    "some time": generate.time(),
    "some datetime": generate.datetime(),
    "random boolean": generate.random_boolean(),
    "plain": [1, 1.5, None, "é", {"b": []}],
}


def interaction(description: str, message: MessageContents, **more: Any) -> Interaction:
    return Interaction(InteractionType.ASYNCHRONOUS_MESSAGE, description, message=message, **more)


MESSAGES = (
    interaction("every matcher and generator", compile_message(TEMPLATE, {}, JSON)),
    interaction(
        "states, metadata, comments",
        compile_message({"a": 1}, {"topic": "t", "key": match.regex("a+", "a"), "x.y": match.integer(1)}, JSON),
        provider_states=(state("s", n=1), state("t")),
        comments={"text": ["why"], "testname": "t", "msgpact": {"origin": "m:f"}},
        pending=True,
    ),
    interaction("text", compile_message(match.regex("[a-z]+", "text"), {}, "text/plain")),
    interaction("bytes", compile_message(b"\x00\xff", {}, "image/png")),
    interaction(
        "XML",
        compile_message(
            {
                "a": {
                    "@id": match.integer(1),
                    "n:b": {"@xmlns:n": "urn:n", "#text": generate.uuid()},
                    "c": match.each_like("x"),
                }
            },
            {},
            "application/xml",
        ),
    ),
    interaction(
        "a form",
        compile_message({"a b": match.integer(1), "c": ["1", "2"]}, {}, "application/x-www-form-urlencoded"),
    ),
    interaction("a tombstone", compile_message(None, {"topic": "t"}, JSON)),
    interaction("empty", MessageContents(Contents(Presence.EMPTY))),
    interaction("a scalar", MessageContents(Contents(Presence.PRESENT, "5", Form.JSON, JSON))),
)
ONLY_IN_4 = (
    interaction("null", MessageContents(Contents(Presence.PRESENT, None, Form.JSON, JSON))),
    Interaction(
        InteractionType.SYNCHRONOUS_MESSAGE,
        "a request",
        request=compile_message({"id": generate.provider_state("${id}", example=1)}, {}, JSON),
        responses=(compile_message({"total": match.number(1.5)}, {"k": "v"}, JSON),),
    ),
)


def written(folder: Path, version: str) -> Raw:
    interactions = MESSAGES + ONLY_IN_4 if version == "4.0" else MESSAGES
    path = files.write(Contract("c", "p", interactions), folder, spec_version=version)
    found: Raw = json.loads(path.read_text(encoding="utf-8"))
    return found


# -- the published schemas -------------------------------------------------------------------------------------------


def loosened_3(schema: Raw) -> None:
    """States of messages, rules of metadata, and the matchers and generators of version 4."""
    definitions = schema["definitions"]
    message = definitions["message"]["properties"]
    message["providerStates"] = {"type": "array", "items": {"type": "object", "required": ["name"]}}
    message["matchingRules"] = {"type": "object"}
    definitions["generator"] = {"type": "object", "required": ["type"]}


def loosened_4(schema: Raw) -> None:
    """Rules of metadata, rules without a body, examples of eachKey and eachValue that are no paths, expressions of dates."""
    definitions = schema["definitions"]
    rules = {
        "additionalProperties": False,
        "type": "object",
        "properties": {
            "body": {"$ref": "#/definitions/bodyMatcher"},
            "metadata": {"$ref": "#/definitions/recordMatcher"},
        },
    }
    definitions["interaction"]["anyOf"][1]["properties"]["matchingRules"] = rules
    definitions["messageContents"]["properties"]["matchingRules"] = rules
    for name in ("matchEachKey", "matchEachValue"):
        del definitions[name]["properties"]["value"]["pattern"]
    for name in ("genDate", "genTime", "genDateTime"):
        definitions[name]["properties"]["expression"] = {"type": "string"}


@pytest.mark.skipif(not SHARED.is_dir(), reason="no schemas beside the project")
@pytest.mark.parametrize(("version", "loosen"), [("3.0.0", loosened_3), ("4.0", loosened_4)])
def test_the_published_schema(tmp_path: Path, version: str, loosen: Callable[[Raw], None]) -> None:
    schema = json.loads((SHARED / "spec" / "schemas" / f"pact-schema-v{version[0]}.json").read_text(encoding="utf-8"))
    loosen(schema)

    error = jsonschema.exceptions.best_match(jsonschema.Draft7Validator(schema).iter_errors(written(tmp_path, version)))

    assert error is None, f"{error.json_path}: {error.message}"


# -- a small look of our own -----------------------------------------------------------------------------------------


def test_version_4_in_short(tmp_path: Path) -> None:
    found = written(tmp_path, "4.0")

    assert found.keys() == {"consumer", "provider", "interactions", "metadata"}
    assert found["metadata"] == {"pactSpecification": {"version": "4.0"}}
    assert {each["type"] for each in found["interactions"]} == {"Asynchronous/Messages", "Synchronous/Messages"}
    for each in found["interactions"]:
        assert isinstance(each["description"], str)
        assert isinstance(each["pending"], bool)
        for message in [each.get("request", each), *each.get("response", ())]:
            assert set(message.get("contents", {"content": 1})) <= {"content", "contentType", "encoded"}
            assert_rules(message)


def test_version_3_in_short(tmp_path: Path) -> None:
    found = written(tmp_path, "3.0.0")

    assert found.keys() == {"consumer", "provider", "messages", "metadata"}
    assert found["metadata"]["pactSpecification"] == {"version": "3.0.0"}
    for each in found["messages"]:
        assert each.keys() <= {
            "description",
            "providerStates",
            "contents",
            "metaData",
            "matchingRules",
            "generators",
        }
        assert_rules(each)


def assert_rules(message: Raw) -> None:
    """Rules and generators as every reader knows them."""
    for category, by_path in message.get("matchingRules", {}).items():
        assert category in ("body", "metadata")
        for path, rules in by_path.items():
            assert category == "metadata" or path.startswith("$")
            assert rules.keys() == {"combine", "matchers"}
            assert rules["combine"] in ("AND", "OR")
            assert all(isinstance(each["match"], str) for each in rules["matchers"])
    for by_path in message.get("generators", {}).values():
        assert all(isinstance(each["type"], str) for each in by_path.values())


def test_all_of_it_is_read_back(tmp_path: Path) -> None:
    contract = files.load(files.write(Contract("c", "p", MESSAGES + ONLY_IN_4), tmp_path))

    for each in MESSAGES + ONLY_IN_4:
        read = contract[each.description]
        assert (read.message, read.request, read.responses) == (each.message, each.request, each.responses)

"""pact-python as the consumer's side: `python pact_python_writes.py FOLDER` writes pacts of version 3 and 4.

It also merges into those of the consumers merged-3 and merged-4. In a process of its own, as the other tools are. What is sent
against these pacts stands in `their_messages`.
"""

import sys
from pathlib import Path
from typing import Any

from pact import Pact, generate, match

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
VERSIONS = {"3": "V3", "4": "V4"}
MATCHERS: dict[str, Any] = {
    "a plain value": "exact",
    "type": match.type("text"),
    "type of an object": match.type({"a": 1, "b": {"c": "x"}}),
    "string": match.string("text"),
    "integer": match.integer(7),
    "integer, generated": match.integer(min=1, max=99),
    "decimal": match.decimal(1.5),
    "number": match.number(1.5),
    "boolean": match.boolean(True),
    "null": match.none(),
    "regex": match.regex("AB-1", regex=r"[A-Z]{2}-\d+"),
    "regex, anchored": match.regex("placed", regex="^(placed|paid)$"),
    "uuid": match.uuid("2fbd41cc-4bbc-44ea-a419-67f767691407"),
    "uuid, generated": match.uuid(),
    "include": match.includes("ell"),
    "date": match.date("2024-02-05", "%Y-%m-%d"),
    "time": match.time("10:30:00", "%H:%M:%S"),
    "datetime": match.datetime("2024-02-05T10:30:00", "%Y-%m-%dT%H:%M:%S"),
    "datetime, generated": match.datetime(),
    "array like": match.each_like(match.integer(1)),
    "array like, objects": match.each_like({"sku": match.string("A-1"), "quantity": match.integer(1)}),
    "array like, min": match.each_like("a", min=2),
    "array like, min and max": match.each_like("a", min=1, max=2),
    "array containing": match.array_containing([match.integer(1), match.regex("a", regex="[a-z]")]),
    "each key": match.each_key_matches({"a": 1}, rules=match.regex("a", regex="[a-z]+")),
    "each value": match.each_value_matches({"a": 1}, rules=match.integer(1)),
    "a key with a dot": {"a.b": match.integer(1)},
    "a key in another script": {"größe": match.string("groß")},
    "generated, provider state": match.type(42, generator=generate.provider_state("${id}")),
}


def write(version: str, folder: Path) -> None:
    pact = Pact(f"pact-python-{version}", "orders").with_specification(VERSIONS[version])
    for description, matcher in MATCHERS.items():
        pact.upon_receiving(description, "Async").with_body({"it": matcher}, "application/json")
    whole_messages(pact)
    if version == "4":
        only_in_4(pact)
    pact.write_file(folder)


def merge(version: str, folder: Path) -> None:
    pact = Pact(f"merged-{version}", "orders").with_specification(VERSIONS[version])
    pact.upon_receiving("theirs", "Async").with_body({"it": match.integer(7)}, "application/json")
    pact.write_file(folder)


def whole_messages(pact: Pact) -> None:
    metadata: dict[str, Any] = {
        "topic": match.regex("orders.v1", regex=r"orders\.v\d+"),
        "key": match.string("42"),
        "exact": "always",
        "nested": {"a": [1, "x"]},
    }
    pact.upon_receiving("metadata", "Async").with_body({"it": 1}, "application/json").with_metadata(metadata)
    states = pact.upon_receiving("states", "Async").given("an order exists", id=42, tags=["new"])
    states.given("the shop is open").with_body({"it": 1}, "application/json")
    pact.upon_receiving("an array at the root", "Async").with_body(
        match.each_like({"id": match.integer(1)}), "application/json"
    )
    pact.upon_receiving("text", "Async").with_body("Hello, Grüße\n", "text/plain")
    pact.upon_receiving("bytes", "Async").with_binary_body(PNG, "image/png").with_matching_rules(
        {"body": {"$": {"matchers": [{"match": "contentType", "value": "image/png"}]}}}
    )


def only_in_4(pact: Pact) -> None:
    pending = pact.upon_receiving("pending", "Async").with_body({"it": match.integer(1)}, "application/json")
    pending.set_pending(pending=True).set_key("a-key").set_comment("testname", "a test").add_text_comment("a comment")
    asked = pact.upon_receiving("a request", "Sync").given("an order exists", id=42)
    asked.with_body({"id": match.integer(42)}, "application/json", "Request").with_metadata(
        {"topic": "asked"}, "Request"
    )
    answered = asked.will_respond_with().with_body({"total": match.decimal(1.5)}, "application/json", "Response")
    answered.with_metadata({"topic": match.regex("answers", regex="[a-z]+")}, "Response")


if __name__ == "__main__":
    for _version in VERSIONS:
        write(_version, Path(sys.argv[1]))
        merge(_version, Path(sys.argv[1]))

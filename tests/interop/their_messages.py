"""What is sent against the pacts that other tools write (`pact_python_writes.py`, `Write.java`, `write.mjs`).

By description, since the tools write the same messages as far as each can say them.
"""

from typing import NamedTuple

from our_messages import PNG, UUID, Sent


class Theirs(NamedTuple):
    """Messages for one interaction: one that holds, with other values than its example, and others that do not."""

    right: Sent
    wrong: dict[str, Sent]


def it(right: object, wrong: object) -> Theirs:
    """For contents of one value."""
    return Theirs(Sent({"it": right}), {"another value": Sent({"it": wrong}), "no value": Sent({})})


METADATA = {"topic": "orders.v2", "key": "77", "exact": "always", "nested": {"a": [1, "x"]}, "another": "entry"}
MESSAGES = {
    "a plain value": it("exact", "other"),
    "type": it("other", 5),
    "type of an object": it({"a": 2, "b": {"c": "y"}}, {"a": 2, "b": {}}),
    "string": it("other", False),
    "integer": it(12, 12.5),
    "integer, generated": it(12, "12"),
    "decimal": it(2.25, 2),
    "number": it(2.5, "2.5"),
    "boolean": it(False, "no"),
    "null": it(None, 0),
    "equal": it({"currency": "EUR"}, {"currency": "USD"}),
    "regex": it("ZZ-987", "zz-987"),
    "regex, anchored": it("paid", "unpaid"),
    "regex of a number": it(77, 7),
    "uuid": it(UUID, UUID[:-1]),
    "uuid, generated": it(UUID, UUID.replace("-", "")),
    "include": it("yellow", "red"),
    "url": it("http://localhost:9999/orders/42", "http://localhost:9999/orders/43"),
    "date": it("2026-12-31", "2026-02-30"),
    "time": it("23:59:58", "25:00:00"),
    "datetime": it("2026-12-31T23:59:58", "2026-12-31"),
    "datetime, generated": it("2026-12-31T23:59:58+0200", "2026-12-31T23:59:58"),
    "datetime, expression": it("2026-12-31T23:59:58+0200", "tomorrow"),
    "array like": it([4, 5, 6], [4, "5"]),
    "array like, objects": it([{"sku": "B", "quantity": 2}] * 2, [{"sku": "B", "quantity": 2}, {"sku": "B"}]),
    "array like, min": it(["x", "y", "z"], ["x"]),
    "array like, min and max": it(["x", "y"], ["x", "y", "z"]),
    "array like, in arrays": it([[2], [3]], [[2], ["3"]]),
    "array containing": it(["b", True, 2], ["b", True]),
    "values": it({"b": 2, "c": 3}, {"b": "2"}),
    "each key": it({"b": 1}, {"B1": 1}),
    "each value": it({"b": 2, "c": 3}, {"b": "2"}),
    "all of": it("xyza", "xyz"),
    "any of": it(None, "1"),
    "a key with a dot": it({"a.b": 2}, {"a.b": "2"}),
    "a key in another script": it({"größe": "klein"}, {"größe": 1}),
    "generated, provider state": it(77, "77"),
    "metadata": Theirs(
        Sent({"it": 1}, METADATA),
        {
            "an entry that its rule refuses": Sent({"it": 1}, {**METADATA, "topic": "orders"}),
            "an entry of another type": Sent({"it": 1}, {**METADATA, "key": 77}),
            "another entry": Sent({"it": 1}, {**METADATA, "exact": "never"}),
            "an entry that is missing": Sent({"it": 1}, {name: METADATA[name] for name in METADATA if name != "topic"}),
        },
    ),
    # The rule stands at `x.topic`, which is no path to the entry `x.topic`: the example is demanded, as by the reference.
    "metadata, a name with a dot": Theirs(
        Sent({"it": 1}, {"x.topic": "orders.v1"}), {"what the rule allows": Sent({"it": 1}, {"x.topic": "orders.v2"})}
    ),
    "states": it(1, "1"),
    "an array at the root": Theirs(Sent([{"id": 2}, {"id": 3}]), {"an object": Sent({"id": 2})}),
    "text": Theirs(
        Sent("Hello, Grüße\n", content_type="text/plain"),
        {"other text": Sent("Hello", content_type="text/plain"), "JSON": Sent("Hello, Grüße\n")},
    ),
    "bytes": Theirs(
        Sent(PNG + b"more", content_type="image/png"),
        {"other bytes": Sent(b"GIF89a" + bytes(30), content_type="image/png")},
    ),
    "plain bytes": Theirs(
        Sent(PNG[:16], content_type="image/png"), {"other bytes": Sent(PNG, content_type="image/png")}
    ),
    "pending": it(12, "12"),
    "a request for contents alone": Theirs(Sent({"total": 2.25}), {"another answer": Sent({"total": 2})}),
    "a request": Theirs(
        Sent({"total": 2.25}, {"topic": "answers"}),
        {
            "another answer": Sent({"total": 2}, {"topic": "answers"}),
            "another entry": Sent({"total": 2.25}, {"topic": "42"}),
        },
    ),
}

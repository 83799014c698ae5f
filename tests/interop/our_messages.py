"""What msgpact records for other tools to verify: each matcher with a value that fits it and one that does not.

A provider elsewhere sends `other` values than the examples. `wrong` ones are sent one at a time, each for a pact of its own.
"""

import datetime
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

import pydantic

import msgpact
from msgpact import generate, match
from msgpact.serializers.cloudevents import CloudEvents

VERSIONS = ("3.0.0", "4.0")
XML, FORM = "application/xml", "application/x-www-form-urlencoded"
PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
UUID = "0b0e1b5c-7f0a-4c57-9a1e-3f2b8a6d4c10"


@dataclass(frozen=True)
class Sent:
    """A message as a provider sends it."""

    contents: object
    """A JSON value, text, or bytes."""
    metadata: Mapping[str, object] = field(default_factory=dict)
    content_type: str = "application/json"
    """Empty for a tombstone, which has no contents."""

    @property
    def is_tombstone(self) -> bool:
        return not self.content_type

    @property
    def message(self) -> msgpact.Message:
        contents = None if self.is_tombstone else self.body
        return msgpact.Message(contents, content_type=self.content_type or None, metadata=self.metadata)

    @property
    def body(self) -> bytes:
        if isinstance(self.contents, bytes):
            return self.contents
        if self.is_tombstone:
            return b""
        if self.content_type == "application/json":
            return json.dumps(self.contents, ensure_ascii=False).encode()
        return str(self.contents).encode()


@dataclass(frozen=True)
class Sample:
    """A message that a consumer of ours expects, what is sent, and what must be refused."""

    description: str
    expected: Mapping[str, object]
    """What `@consumer.expects` is told."""
    sent: Sent
    wrong: Mapping[str, Sent]
    given: tuple[msgpact.ProviderState, ...] = ()
    is_json: bool = True
    """Whether what is sent is JSON: the only kind that pact-js's provider sends."""
    versions: tuple[str, ...] = VERSIONS
    holds: bool = True
    """Whether what is sent is what is expected."""


def consumer(name: str, samples: Iterable[Sample], *, sequence: bool = False, **more: bool) -> msgpact.Consumer:
    """A consumer with a handler for each of the samples, and a sequence, which no other tool knows, if there is to be one."""
    made = msgpact.Consumer(name, provider="orders")
    for sample in samples:

        def handle(contents: object, metadata: Mapping[str, object]) -> None:
            """Nothing: what matters here is what other tools make of the pact."""

        expects = made.expects(sample.description, given=sample.given, **sample.expected, **more)  # type: ignore[arg-type]  # a table's values are objects
        expects(handle)
    if sequence:
        made.sequence("all of them", emits=[(each.description, each.states) for each in made.expectations])
    return made


# -- one matcher each ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Row:
    name: str
    template: object
    other: object
    wrong: object


LINE = {"sku": match.string("A-1"), "quantity": match.integer(1)}
CARD, CASH = {"kind": "card", "number": match.regex(r"\d{4}", "1234")}, {"kind": "cash", "amount": match.number(5)}

SCALARS = (
    Row("a plain value", "exact", "exact", "other"),
    Row("like", match.like("text"), "other", 5),
    Row("like with an object", match.like({"a": 1, "b": {"c": "x"}}), {"a": 2, "b": {"c": "y"}}, {"a": 2, "b": {}}),
    Row("equal_to", match.like({"currency": match.equal_to("EUR")}), {"currency": "EUR"}, {"currency": "USD"}),
    Row("string", match.string("text"), "other", False),
    Row("integer", match.integer(7), 12, "12"),
    Row("integer, not a fraction", match.integer(7), 12, 12.5),
    Row("decimal", match.decimal(1.5), 2.25, 2),
    Row("number", match.number(1), 2.5, "2.5"),
    Row("boolean", match.boolean(True), False, "no"),
    Row("null", match.null(), None, 0),
    Row("regex", match.regex(r"[A-Z]{2}-\d+", "AB-1"), "ZZ-987", "zz-987"),
    Row("regex, the whole text", match.regex("placed|paid", "placed"), "paid", "unpaid"),
    Row("one_of", match.one_of("in", "inbound"), "inbound", "inboun"),
    Row("one_of numbers", match.one_of(1, 2), 2, 3),
    Row("include", match.include("ell", "hello"), "yellow", "red"),
    Row("uuid", match.uuid(), UUID, UUID[:-1]),
    Row("semver", match.semver(), "2.0.0-rc.1", "2.0"),
    Row("not_empty", match.not_empty(), "x", ""),
    Row("all_of", match.all_of(match.include("a", "abc"), match.regex("[a-z]+", "abc")), "xyza", "XaZ"),
    Row("any_of", match.any_of(match.integer(1), match.null()), None, "1"),
)
DATES = (
    Row("date", match.date(), "2026-12-31", "31.12.2026"),
    Row("date, a day that is none", match.date(), "2026-02-28", "2026-02-30"),
    Row("date in another form", match.date(format="dd.MM.yyyy"), "31.12.2026", "2026-12-31"),
    Row("time", match.time(), "23:59:58", "midnight"),
    Row("time, an hour that is none", match.time(), "23:59:58", "25:00:00"),
    Row("time in another form", match.time(format="HH:mm"), "23:59", "23h59"),
    Row("datetime", match.datetime(), "2026-12-31T23:59:58+02:00", "2026-12-31"),
    Row(
        "datetime with milliseconds",
        match.datetime(format="yyyy-MM-dd'T'HH:mm:ss.SSSXXX"),
        "2026-12-31T23:59:58.125Z",
        "2026-12-31T23:59:58",
    ),
    Row(
        "datetime with a name", match.datetime(format="EEE, d MMM yyyy HH:mm:ss"), "Thu, 31 Dec 2026 23:59:58", "31 Dec"
    ),
)
COLLECTIONS = (
    Row("a plain array", [1, 2], [1, 2], [1, 2, 3]),
    Row("each_like", match.each_like(match.integer(1)), [4, 5, 6], [4, "5"]),
    Row("each_like with objects", match.each_like(LINE), [{"sku": "B", "quantity": 2}] * 3, [{"sku": "B"}]),
    Row("each_like with objects, none", match.each_like(LINE), [{"sku": "B", "quantity": 2}], []),
    Row("each_like with min", match.each_like("a", min=2), ["x", "y", "z"], ["x"]),
    Row("each_like with max", match.each_like("a", max=2), ["x", "y"], ["x", "y", "z"]),
    Row("each_like in each_like", match.each_like(match.each_like(match.integer(1))), [[1, 2], [3]], [[1, "2"]]),
    Row("like with an array", match.like([1, 2], min=1, max=3), [7, 8, 9], [7, 8, 9, 10]),
    Row("values", match.values({"a": match.integer(1)}), {"x": 2, "y": 3}, {"x": "2"}),
    Row("each_key", match.each_key(match.regex("[a-z]+", "a"), {"a": 1}), {"b": 1, "c": 1}, {"B1": 1}),
    Row("each_value", match.each_value(match.integer(1), {"a": 1}), {"b": 2, "c": 3}, {"b": "2"}),
    Row(
        "each_key and each_value",
        match.all_of(
            match.each_key(match.regex("[a-z]+", "a"), {"a": 1}), match.each_value(match.integer(1), {"a": 1})
        ),
        {"b": 2, "c": 3},
        {"b": "2"},
    ),
    Row("array_contains", match.array_contains(CARD, CASH), [{"kind": "cash", "amount": 1}, {"kind": "card", "number": "0000"}, 5], [{"kind": "cash", "amount": 1}]),
    Row("array_contains, a rule of its own", match.array_contains(CARD), [{"kind": "card", "number": "0000"}], [{"kind": "card", "number": "x"}]),
)  # fmt: skip
NAMES = (
    Row("a key with a dot", {"a.b": match.integer(1)}, {"a.b": 2}, {"a.b": "2"}),
    Row("a key with a blank", {"a b": match.integer(1)}, {"a b": 2}, {"a b": "2"}),
    Row("a key with a hyphen", {"a-b": match.integer(1)}, {"a-b": 2}, {"a-b": "2"}),
    Row("a key with a dollar sign", {"$a": match.integer(1)}, {"$a": 2}, {"$a": "2"}),
    Row("a key that looks like an index", {"0": match.integer(1)}, {"0": 2}, {"0": "2"}),
    Row("a key in another script", {"größe": match.string("groß")}, {"größe": "ünbekannt"}, {"größe": 1}),
    Row("a text in another script", match.regex("[äöü]+", "äö"), "üü", "uu"),
)
GENERATED = (
    Row("random_int", generate.random_int(1, 99), 5, "5"),
    Row("random_decimal", generate.random_decimal(5), 1.25, "1.25"),
    Row("random_hexadecimal", generate.random_hexadecimal(8), "00FF00FF", "xyz"),
    Row("random_string", generate.random_string(8), "other", 5),
    Row("generated regex", generate.regex("[a-f]{3}", example="abc"), "fed", "xyz"),
    Row("generated uuid", generate.uuid(), UUID, "none"),
    Row("generated simple uuid", generate.uuid("simple"), UUID.replace("-", ""), UUID),
    Row("generated date", generate.date("today + 1 week"), "2026-12-31", "31.12.2026"),
    Row("generated time", generate.time("now + 1 hour"), "23:59:58", "noon"),
    Row("generated datetime", generate.datetime("tomorrow @ noon"), "2026-12-31T23:59:58Z", "tomorrow"),
    Row("random_boolean", generate.random_boolean(), False, "no"),
    Row("provider_state", generate.provider_state("${id}", example=42), 77, "77"),
    Row("in a matcher", match.integer(generate.random_int(1, 99)), 5, 5.5),
    Row("in an array", match.each_like({"id": generate.random_int(1, 99)}), [{"id": 1}, {"id": 2}], [{"id": "1"}]),
)
GROUPS = {
    "scalars": SCALARS,
    "dates": DATES,
    "collections": COLLECTIONS,
    "names": NAMES,
    "generated values": GENERATED,
}


def sample_of(row: Row, group: str) -> Sample:
    """A message that consists of one matcher."""
    return Sample(
        f"{group}: {row.name}",
        {"contents": {"it": row.template}},
        Sent({"it": row.other}),
        {"wrong": Sent({"it": row.wrong})},
    )


# -- a whole message each --------------------------------------------------------------------------------------------


class Line(pydantic.BaseModel):
    sku: str
    weight: float


class Order(pydantic.BaseModel):
    id: int
    state: Literal["placed", "paid"]
    at: datetime.datetime
    lines: list[Line]
    notes: dict[str, int]


AT = datetime.datetime(2024, 2, 5, 10, 30, tzinfo=datetime.UTC)
METADATA: Mapping[str, object] = {
    "topic": match.regex(r"orders\.v\d+", "orders.v1"),
    "key": match.string("42"),
    "x.trace": match.uuid(),
    "attempt": match.integer(1),
    "exact": "always",
    "sent-at": generate.datetime("now"),
}
SENT_METADATA: Mapping[str, object] = {
    "topic": "orders.v2",
    "key": "77",
    "x.trace": UUID,
    "attempt": 3,
    "exact": "always",
    "sent-at": "2026-12-31T23:59:58Z",
    "another": "entry",
}


EVENT = {
    "id": match.regex("[0-9a-f-]+", "1-a"),
    "source": "/shop",
    "type": "created",
    "data": {"id": match.integer(42)},
}
IN_HEADERS = {"ce_specversion": "1.0", "ce_id": "77", "ce_source": "/shop", "ce_type": "created"}


def _event(**attributes: object) -> Sent:
    event = {"specversion": "1.0", "id": "1-a", "source": "/shop", "type": "created", "data": {"id": 42}, **attributes}
    return Sent(json.dumps(event).encode(), content_type="application/cloudevents+json")


def _with(metadata: Mapping[str, object]) -> Sent:
    return Sent({"id": 1}, metadata)


def _without(name: str) -> Sent:
    return _with({key: value for key, value in SENT_METADATA.items() if key != name})


MESSAGES = (
    Sample(
        "metadata with rules",
        {"contents": {"id": match.integer(1)}, "metadata": METADATA},
        _with(SENT_METADATA),
        {
            "topic": _with({**SENT_METADATA, "topic": "orders"}),
            "key": _with({**SENT_METADATA, "key": 77}),
            "x.trace": _with({**SENT_METADATA, "x.trace": "none"}),
            "attempt": _with({**SENT_METADATA, "attempt": "third"}),
            "exact": _with({**SENT_METADATA, "exact": "never"}),
            "sent-at": _with({**SENT_METADATA, "sent-at": "yesterday"}),
            "an entry with a rule is missing": _without("topic"),
            "an entry without a rule is missing": _without("exact"),
        },
    ),
    Sample(
        "states with parameters",
        {"contents": {"id": match.integer(1), "name": "plain", "more": {"deep": [{"er": match.string("x")}]}}},
        Sent({"id": 2, "name": "plain", "more": {"deep": [{"er": "y", "beside": None}]}, "unexpected": True}),
        {
            "a key is missing": Sent({"id": 2, "more": {"deep": [{"er": "y"}]}}),
            "a key below is missing": Sent({"id": 2, "name": "plain", "more": {"deep": [{}]}}),
            "an array for an object": Sent([]),
        },
        given=(
            msgpact.state("an order exists", id=42, tags=["new", "paid"], vip=True),
            msgpact.state("the shop is open"),
        ),
    ),
    Sample(
        "derived from a model",
        {"example": Order(id=1, state="placed", at=AT, lines=[Line(sku="A-1", weight=1.5)], notes={"a": 1})},
        Sent({"id": 2, "state": "paid", "at": AT.isoformat(), "lines": [{"sku": "B", "weight": 2}] * 2, "notes": {"b": 2}}),
        {
            "another state": Sent({"id": 2, "state": "lost", "at": AT.isoformat(), "lines": [], "notes": {}}),
            "a line without weight": Sent(
                {"id": 2, "state": "paid", "at": AT.isoformat(), "lines": [{"sku": "B"}], "notes": {"b": 2}}
            ),
        },
    ),
    Sample(
        "an array at the top",
        {"contents": match.each_like({"id": match.integer(1)}, min=2)},
        Sent([{"id": 1}, {"id": 2}, {"id": 3}]),
        {"too short": Sent([{"id": 1}]), "a wrong item": Sent([{"id": 1}, {"id": "2"}])},
    ),
    Sample("a number at the root", {"contents": match.integer(1)}, Sent(2), {"text": Sent("2")}),
    Sample("text at the root", {"contents": match.regex("[a-z]+", "abc")}, Sent("xyz"), {"digits": Sent("123")}),
    Sample("plain text at the root", {"contents": "abc"}, Sent("abc"), {"other text": Sent("xyz")}),
    Sample("null at the root", {"contents": match.null()}, Sent(None), {"a number": Sent(1)}, versions=("4.0",)),
    Sample(
        "an object at the root",
        {"contents": match.like({"id": 1})},
        Sent({"id": 2}),
        {"no JSON": Sent(b"{"), "nothing": Sent(b"")},
        is_json=False,
    ),
    Sample(
        "plain text",
        {"contents": "Hello, Grüße\n", "content_type": "text/plain"},
        Sent("Hello, Grüße\n", content_type="text/plain"),
        {"other": Sent("Hello", content_type="text/plain"), "JSON": Sent("Hello, Grüße\n")},
        is_json=False,
    ),
    Sample(
        "text with a rule",
        {"contents": match.regex(r"id=\d+;.*", "id=1;x"), "content_type": "text/plain"},
        Sent("id=42;other", content_type="text/plain"),
        {"other": Sent("id=x;", content_type="text/plain")},
        is_json=False,
    ),
    Sample(
        "bytes as they are",
        {"contents": b"\x00\x01\xfe\xff", "content_type": "application/octet-stream"},
        Sent(b"\x00\x01\xfe\xff", content_type="application/octet-stream"),
        {"other": Sent(b"\x00\x01\xfe", content_type="application/octet-stream")},
        is_json=False,
    ),
    Sample(
        "bytes of a type",
        {"contents": match.content_type("image/png", PNG), "content_type": "image/png"},
        Sent(PNG + b"more", content_type="image/png"),
        {"other": Sent(b"GIF89a" + bytes(30), content_type="image/png")},
        is_json=False,
    ),
    Sample(
        "a type with a suffix",
        {"contents": {"id": match.integer(1)}, "content_type": "application/vnd.order+json"},
        Sent(b'{"id": 2}', content_type="application/vnd.order+json"),
        {
            "a text": Sent(b'{"id": "2"}', content_type="application/vnd.order+json"),
            "another type": Sent(b'{"id": 2}', content_type="application/json"),
        },
        is_json=False,
    ),
    Sample(
        "XML",
        {
            "contents": {
                "order": {
                    "@id": match.integer(42),
                    "line": match.each_like({"sku": match.regex("[A-Z]-[0-9]", "A-1")}),
                    "note": "exact",
                }
            },
            "content_type": XML,
        },
        Sent(
            '<order id="7"><line><sku>B-2</sku></line><line><sku>C-3</sku></line><note>exact</note></order>',
            content_type=XML,
        ),
        {
            "an attribute": Sent(
                '<order id="x"><line><sku>B-2</sku></line><note>exact</note></order>', content_type=XML
            ),
            "a text": Sent('<order id="7"><line><sku>B-2</sku></line><note>other</note></order>', content_type=XML),
            "an element": Sent('<order id="7"><note>exact</note></order>', content_type=XML),
        },
        is_json=False,
    ),
    Sample(
        "a form",
        {"contents": {"name": match.regex("[A-Z][a-z]+", "Ada"), "size": ["1", "2"]}, "content_type": FORM},
        Sent("size=1&name=Bob&size=2", content_type=FORM),
        {
            "a name": Sent("size=1&name=bob&size=2", content_type=FORM),
            "a size": Sent("size=1&name=Bob", content_type=FORM),
        },
        is_json=False,
    ),
    Sample(
        "a CloudEvent in headers",
        {"contents": EVENT, "serializer": CloudEvents(mode="binary")},
        Sent({"id": 7}, IN_HEADERS),
        {
            "another source": Sent({"id": 7}, {**IN_HEADERS, "ce_source": "/other"}),
            "no id": Sent({"id": 7}, {**IN_HEADERS, "ce_id": ""}),
            "data": Sent({"id": "7"}, IN_HEADERS),
        },
    ),
    Sample(
        "a CloudEvent",
        {"contents": EVENT, "serializer": CloudEvents()},
        _event(id="77", data={"id": 7}),
        {"another source": _event(source="/other"), "data": _event(data={"id": "7"}), "no id": _event(id="")},
        is_json=False,
    ),
    Sample(
        "a tombstone",
        {"contents": None, "metadata": {"key": "42"}},
        Sent(None, {"key": "42"}, content_type=""),
        {"contents": Sent({"id": 1}, {"key": "42"}), "another key": Sent(None, {"key": "43"}, content_type="")},
        is_json=False,
    ),
)  # fmt: skip


def right(version: str) -> tuple[Sample, ...]:
    """Every sample that a pact of that version can hold: the matchers one by one, then the whole messages."""
    samples = (*(sample_of(row, group) for group, rows in GROUPS.items() for row in rows), *MESSAGES)
    return tuple(each for each in samples if version in each.versions)


def wrong(version: str) -> tuple[Sample, ...]:
    """The wrong messages for all of them."""
    return tuple(each for sample in right(version) for each in wrong_for(sample))


def wrong_for(sample: Sample) -> tuple[Sample, ...]:
    """For each wrong message an interaction of its own."""
    return tuple(
        replace(sample, description=f"{sample.description}: {flaw}", sent=sent, holds=False)
        for flaw, sent in sample.wrong.items()
    )

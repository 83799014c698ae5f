"""Any bytes that may be meant for a pact are read or refused in a sentence, and what is read can be used to the end.

Never another exception, a hang or unbounded memory.
"""

import copy
import json
import os
from pathlib import Path
from typing import Any

import pytest
from exercise import bounded, exercise, in_time
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from plugin_pacts import PLUGINS, Order, Query, order, parcel

from msgpact.rules import patterns

pytestmark = pytest.mark.fuzz

EVERY = int(os.environ.get("MSGPACT_HOSTILE_EVERY", "10"))
"""So many places lie from one that is given a value to the next; the first differs from value to value."""

Raw = dict[str, Any]


@pytest.fixture(scope="module", autouse=True)
def impatient() -> Any:
    """Patterns that run away are given up sooner than usual: there are thousands of them here."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(patterns, "TIME_LIMIT", 0.02)
        yield


RULES: Raw = {
    "body": {
        "$.id": {"combine": "AND", "matchers": [{"match": "integer"}]},
        "$.lines": {"matchers": [{"match": "type", "min": 1, "max": 5}]},
        "$.lines[*].sku": {"combine": "OR", "matchers": [{"match": "regex", "regex": "[A-Z]-\\d+"}, {"match": "null"}]},
        "$.tags": {"matchers": [{"match": "eachValue", "rules": [{"match": "include", "value": "a"}], "value": "x"}]},
        "$.map": {
            "matchers": [{"match": "eachKey", "rules": [{"match": "regex", "regex": "[a-z]+"}]}, {"match": "values"}]
        },
        "$.any": {
            "matchers": [
                {
                    "match": "arrayContains",
                    "variants": [
                        {"index": 0, "rules": {"$": {"matchers": [{"match": "date", "format": "yyyy-MM-dd"}]}}}
                    ],
                }
            ]
        },
    },
    "metadata": {"topic": {"matchers": [{"match": "contentType", "value": "text/plain"}]}},
}
GENERATORS: Raw = {
    "body": {
        "$.id": {"type": "RandomInt", "min": 1, "max": 9},
        "$.lines[0].sku": {"type": "Regex", "regex": "[A-Z]-\\d+"},
        "$.any[0]": {"type": "Date", "format": "yyyy-MM-dd", "expression": "today + 1 day"},
        "$.map.a": {"type": "ProviderState", "expression": "${a}", "dataType": "INTEGER"},
        "$.tags[0]": {"type": "RandomString", "size": 5},
        "$.lines[0].price": {"type": "RandomDecimal", "digits": 5},
    },
    "metadata": {"topic": {"type": "Uuid", "format": "simple"}},
}
DOCUMENT: Raw = {
    "id": 1,
    "lines": [{"sku": "A-1", "price": 1.5}],
    "tags": ["abc"],
    "map": {"a": "b"},
    "any": ["2024-02-29"],
}
STATES = [{"name": "an order exists", "params": {"id": 1}}]
PAIR: Raw = {"consumer": {"name": "fulfilment"}, "provider": {"name": "orders"}}
PART: Raw = {
    "contents": {"content": DOCUMENT, "contentType": "application/json", "encoded": False},
    "metadata": {"topic": "orders", "contentType": "application/json"},
    "matchingRules": RULES,
    "generators": GENERATORS,
}
PACTS: dict[str, Raw] = {
    "version 4": {
        **PAIR,
        "interactions": [
            {
                "type": "Asynchronous/Messages",
                "description": "placed",
                "key": "k",
                "pending": False,
                "providerStates": STATES,
                "comments": {"text": ["t"], "msgpact": {"origin": "a:b", "tombstone": True}},
                **PART,
            },
            {"type": "Synchronous/Messages", "description": "asked", "request": PART, "response": [PART]},
            {
                "type": "Asynchronous/Messages",
                "description": "bytes",
                "contents": {
                    "content": "iVBORw0K",
                    "encoded": "base64",
                    "contentType": "image/png",
                    "contentTypeHint": "BINARY",
                },
            },
            {
                "type": "Synchronous/HTTP",
                "description": "got",
                "request": {"method": "GET"},
                "response": {"status": 200},
            },
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}, "plugins": [{"name": "p"}]},
    },
    "of plugins": {
        **PAIR,
        "interactions": [
            order(Order(id="a", tags=["x"]).SerializeToString(), {"$.id": {"match": "regex", "regex": "[a-z]"}}),
            {
                **order(b"\x10\x00"),
                "comments": {"msgpact": {"exact": True, "framing": "confluent", "unstated": ["$.id"]}},
            },
            order(
                Query(id="q").SerializeToString(),
                message=None,
                service=".shop.Orders/Find",
                content_type="application/protobuf",
            ),
            parcel(rules={"$.id": {"match": "include", "value": "p"}}),
        ],
        "metadata": {"pactSpecification": {"version": "4.0"}, "plugins": PLUGINS},
    },
    "version 3": {
        **PAIR,
        "messages": [
            {
                "description": "placed",
                "providerStates": STATES,
                "contents": DOCUMENT,
                "metaData": {"contentType": "application/json"},
                "matchingRules": RULES,
                "generators": GENERATORS,
            },
            {"description": "text", "contents": "hello", "metadata": {"contentType": "text/plain"}},
            {"description": "flat", "contents": {"a": 1}, "matchingRules": {"$.body.a": {"match": "type"}}},
        ],
        "metadata": {
            "pactSpecification": {"version": "3.0.0"},
            "msgpact": {"messages": [{"description": "text", "origin": "a:b", "pending": True}]},
        },
    },
}

# -- something else at every place -----------------------------------------------------------------------------------


def nested(levels: int, value: Any = 1) -> Any:
    for _ in range(levels):
        value = [value]
    return value


HOSTILE: dict[str, Any] = {
    "null": None, "true": True, "zero": 0, "minus one": -1, "a decimal": 1.5, "beyond 64 bits": 10**30, "a huge decimal": 1e308,
    "no text": "", "text": "x", "half a pair": "\ud800", "a NUL": "\0", "a runaway": "(a+)+$", "a group": "(", "a nested count":
    "((a{1000}){1000}){1000}", "a path": "$.a[*]['b']", "no path": "$..[", "a date": "yyyy-MM-dd'", "long text": "a" * 100_000,
    "nothing in it": [], "no keys": {}, "items": [1, "a", None], "keys": {"a": 1, "match": "type"}, "deep": nested(200),
    "a deep object": {"a": nested(120)}, "many items": [{}] * 2000, "many keys": {f"$.k{number}": {} for number in range(2000)},
    "base64 that is none": "%%%=", "a list of rules": [{"match": "regex", "regex": "(a|a)*$"}],
}  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Any:
    yield path
    for key, below in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield from places(below, (*path, key))


def with_another(document: Raw, path: tuple[Any, ...], value: Any) -> Any:
    if not path:
        return value
    document = copy.deepcopy(document)
    holder: Any = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = value
    return document


def written(document: Any) -> bytes:
    """JSON as a careless tool writes it: with what is no JSON, and half of a surrogate pair as an escape."""
    return json.dumps(document).encode()


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("version", PACTS)
def test_another_value_at_every_place(version: str, name: str, tmp_path: Path) -> None:
    for path in list(places(PACTS[version]))[list(HOSTILE).index(name) % EVERY :: EVERY]:
        text = written(with_another(PACTS[version], path, HOSTILE[name]))
        try:
            with in_time():
                exercise(text, tmp_path)
        except BaseException as error:
            error.add_note(f"at {path}")
            raise


@pytest.mark.parametrize("version", PACTS)
def test_each_key_gone_and_each_twice(version: str, tmp_path: Path) -> None:
    for path in list(places(PACTS[version]))[::3]:
        if path and isinstance(path[-1], str):
            less = copy.deepcopy(PACTS[version])
            holder: Any = less
            for key in path[:-1]:
                holder = holder[key]
            del holder[path[-1]]
            exercise(written(less), tmp_path)
            holder["TWICE"] = None
            holder[path[-1]] = 1
            exercise(written(less).replace(b'"TWICE"', json.dumps(path[-1]).encode()), tmp_path)


# -- broken bytes ----------------------------------------------------------------------------------------------------

FRAGMENTS = [
    b"NaN", b"-Infinity", b"1e400", b"-0", b"9" * 400, b"0.1e-400", b'"\\ud800"', b'"\\u0000"', b"\xef\xbb\xbf", b"\xff", b"\0", b"{",
    b"}", b"[", b"]", b'"', b",", b":", b"\\", b"[" * 300, b'{"a":' * 300, b'"match":"regex","regex":"(a+)+$"', b'"match":"type"',
    b'"encoded":"base64"', b'"content":null', b'"type":"Synchronous/Messages"', b"'", b"//", b"\r\n", b'{"match":"eachValue","rules":[',
    b'"$"', b'"combine":"OR"', b'"metadata":[]', b'"format":"yyyy-MM-dd"',
]  # fmt: skip


@st.composite
def broken(draw: st.DrawFn) -> bytes:
    """A pact with a few changes to its bytes: cut, flipped, spliced, repeated."""
    text = written(PACTS[draw(st.sampled_from(sorted(PACTS)))])
    for _ in range(draw(st.integers(1, 4))):
        at = draw(st.integers(0, len(text)))
        how = draw(st.sampled_from(["cut", "flip", "splice", "repeat", "replace", "leave out"]))
        to = min(len(text), at + draw(st.integers(0, 60)))
        if how == "cut":
            text = text[:at]
        elif how == "flip" and at < len(text):
            text = text[:at] + bytes([text[at] ^ (1 << draw(st.integers(0, 7)))]) + text[at + 1 :]
        elif how == "splice":
            text = text[:at] + draw(st.sampled_from(FRAGMENTS)) + text[at:]
        elif how == "replace":
            text = text[:at] + draw(st.sampled_from(FRAGMENTS)) + text[to:]
        elif how == "repeat":
            text = text[:to] + text[at:]
        else:
            text = text[:at] + text[to:]
    return text


BOUNDED = settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture, HealthCheck.data_too_large],
)


@BOUNDED
@given(text=broken())
def test_broken_bytes(text: bytes, tmp_path: Path) -> None:
    with bounded(len(text)):
        exercise(text, tmp_path)


# -- rules, patterns and paths of any kind ---------------------------------------------------------------------------

PATTERN_PARTS = st.sampled_from(
    [
        "a", "b", ".", r"\d", r"\w", "[a-z]", "(a+)+", "(a|a)*", "(a|aa)+", "(.*)*", "a{0,99}", "(a?){30}", "{1000}", "{99999}", "*", "+",
        "?", "$", "^", "|", "(", ")", "(?:", "(?=", "(?<=", "(?<n>", "(?i)", "(?m)", "(?x)", "#", r"\b", r"\B", r"\1", r"\k<n>", "[", "]",
        "[[:alpha:]]", r"\p{L}", r"\p{", "&&", "{,", "}", "\\", r"\x{110000}", r"\x{d800}", r"\u", "\0", "😀", "+*", "++", "(?>", "(?#",
    ]
)  # fmt: skip
PATTERNS = st.lists(PATTERN_PARTS, max_size=12).map("".join) | st.text(max_size=20)
FORMATS = st.text(alphabet="yMdHhmsSaEXxZzVGQqDnANkKuLecwWFOTt'\"-:/. []{}", max_size=20) | st.text(max_size=10)
EXPRESSIONS = st.lists(
    st.sampled_from(
        [
            "now", "today", "@", "+", "-", "1", "99999999999", "day", "years", "next", "last", "monday", "january", "midnight", "3 o'clock",
            "noon", "hours", "fortnight", "'", "", "milliseconds",
        ]
    ),
    max_size=8,
).map(" ".join)  # fmt: skip
PATH_PARTS = st.sampled_from(
    [
        "$",
        ".id",
        ".lines",
        "[0]",
        "[*]",
        ".*",
        "['a']",
        "['",
        "..",
        "[-1]",
        "[99999999999999999999]",
        ".",
        "[",
        "]",
        ".é",
        "['\\'']",
        " ",
    ]
)
PATHS = st.lists(PATH_PARTS, max_size=6).map("".join) | st.text(max_size=8)
NUMBERS = st.integers() | st.sampled_from([0, -1, 10**30, 1.5, "3", "x", None, 10**9])
SCALAR_RULES = st.one_of(
    st.builds(lambda pattern: {"match": "regex", "regex": pattern}, PATTERNS),
    st.builds(lambda least, most: {"match": "type", "min": least, "max": most}, NUMBERS, NUMBERS),
    st.builds(
        lambda kind, form: {"match": kind, "format": form}, st.sampled_from(["date", "time", "datetime"]), FORMATS
    ),
    st.builds(lambda text: {"match": "include", "value": text}, st.text(max_size=5)),
    st.sampled_from(["type", "equality", "integer", "null", "notEmpty", "semver", "boolean", "values"]).map(
        lambda kind: {"match": kind}
    ),
)
ANY_RULES = st.recursive(
    SCALAR_RULES,
    lambda inner: st.one_of(
        st.builds(
            lambda kind, rules: {"match": kind, "rules": rules},
            st.sampled_from(["eachKey", "eachValue"]),
            st.lists(inner, max_size=3),
        ),
        st.builds(
            lambda index, path, rules: {
                "match": "arrayContains",
                "variants": [{"index": index, "rules": {path: {"matchers": rules}}}],
            },
            NUMBERS,
            PATHS,
            st.lists(inner, max_size=3),
        ),
    ),
    max_leaves=6,
)
SETS = st.builds(
    lambda matchers, combine: {"matchers": matchers, "combine": combine},
    st.lists(ANY_RULES, max_size=4),
    st.sampled_from(["AND", "OR", "or", "xor"]),
)
SOME_GENERATORS = st.one_of(
    st.builds(lambda pattern: {"type": "Regex", "regex": pattern}, PATTERNS),
    st.builds(lambda least, most: {"type": "RandomInt", "min": least, "max": most}, NUMBERS, NUMBERS),
    st.builds(
        lambda kind, size: {"type": kind, "digits": size, "size": size},
        st.sampled_from(["RandomDecimal", "RandomHexadecimal", "RandomString"]),
        NUMBERS,
    ),
    st.builds(
        lambda kind, form, expression: {"type": kind, "format": form, "expression": expression},
        st.sampled_from(["Date", "Time", "DateTime"]),
        FORMATS,
        EXPRESSIONS,
    ),
    st.builds(
        lambda text, kind: {"type": "ProviderState", "expression": text, "dataType": kind},
        st.sampled_from(["${a}", "a", "${", "${b}", ""]),
        st.sampled_from(["INTEGER", "RAW", "x", "BOOLEAN"]),
    ),
    st.builds(lambda text: {"type": "MockServerURL", "regex": text, "example": "http://x/a"}, PATTERNS),
    st.builds(lambda form: {"type": "Uuid", "format": form}, st.text(max_size=5) | st.just("URN")),
)


@BOUNDED
@given(
    version=st.sampled_from(sorted(PACTS)),
    rules=st.dictionaries(PATHS | st.just("$"), SETS, max_size=4),
    of_metadata=st.dictionaries(PATHS | st.just("topic"), SETS, max_size=2),
    made=st.dictionaries(PATHS | st.sampled_from(["$.id", "$.lines[0].sku", "$"]), SOME_GENERATORS, max_size=3),
)
def test_any_rules_and_generators(version: str, rules: Raw, of_metadata: Raw, made: Raw, tmp_path: Path) -> None:
    document = copy.deepcopy(PACTS[version])
    entry = document["messages" if version == "version 3" else "interactions"][0]
    entry["matchingRules"] = {"body": rules, "metadata": of_metadata}
    entry["generators"] = {"body": made, "metadata": made}
    text = written(document)

    with bounded(len(text)):
        exercise(text, tmp_path)

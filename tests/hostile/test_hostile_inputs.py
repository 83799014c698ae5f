"""Hostile inputs by name, each with what exactly is said of it; and all of them in a process whose memory is limited."""

import json
import subprocess
import sys
import textwrap
from typing import Any

import pytest
from exercise import bounded
from pacts import document, message

from msgpact import Message, check
from msgpact.errors import UnreadablePact
from msgpact.pactfile.documents import loads

Raw = dict[str, Any]
MANY = {f"k{number}": "x" for number in range(10_000)}


def found(contents: object, rules: Raw, actual: object) -> list[str]:
    """What is said against a message, within bounds."""
    text = json.dumps(document(message(contents=contents, rules=rules))).encode()
    body = json.dumps(actual).encode()
    with bounded(len(text) + len(body)):
        (interaction,) = loads(text).interactions
        return [str(each) for each in check(interaction, Message(body, content_type="application/json"))]


def regex(pattern: str) -> Raw:
    return {"match": "regex", "regex": pattern}


def test_ten_thousand_rules() -> None:
    rules = {f"$.{key}": regex("x") for key in MANY}

    assert found(MANY, rules, MANY) == []
    assert found(MANY, rules, {**MANY, "k9999": "y"}) == [
        'contents $.k9999: expected text matching the pattern x, such as "x", got "y" (a string)'
    ]


def test_thousands_of_wildcards() -> None:
    rules = {f"$.*.k{number}[*].*": {"match": "type"} for number in range(2000)}
    rules |= {f"$.a.*[*].c{number}": {"match": "type"} for number in range(2000)}

    assert found({"a": {"b": [{"c": 1}]}}, rules, {"a": {"b": [{"c": 2}]}}) == [
        "contents $.a.b[0].c: expected exactly 1, got 2 (an integer)"
    ]


def test_wildcards_of_any_depth() -> None:
    assert found({"a": 1}, {"$" + ".*" * depth: {"match": "type"} for depth in range(1, 500)}, {"a": 2}) == []


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("(a|a)*$", "a" * 40 + "!"),
        ("(a|aa)+$", "a" * 60 + "!"),
        (r"^(\w+\s?)*$", "a" * 60 + "!"),
        ("(.*)*x", "a" * 60),
        ("(a?){30}a{30}$", "a" * 29),
        (r"(\w|a)+\p{Lu}", "a" * 60),
    ],
)
def test_a_runaway_at_a_thousand_items(pattern: str, text: str) -> None:
    said = found(["a"], {"$": {"match": "type"}, "$[*]": regex(pattern)}, [text] * 1000)

    assert len(said) == 1000
    assert all(each.startswith("contents $[") for each in said)


def test_a_runaway_says_so() -> None:
    (said,) = found({"a": "x"}, {"$.a": regex("(a|aa)+$")}, {"a": "a" * 5000 + "!"})

    assert said.endswith(": the pattern was given up: it backtracks without end on this text")


# The rule, and how the sentence ends.
INVALID = [
    (
        regex("((a{1000}){1000}){1000}"),
        "the pattern itself is invalid: it repeats what repeats too often to be made ready",
    ),
    (regex("(a?){99999}"), "the pattern itself is invalid: it repeats what repeats too often to be made ready"),
    (regex("(" * 5000 + ")" * 5000), "the pattern itself is invalid: it is nested too deep"),
    ({"match": "date", "format": "y" * 100_000}, "the format itself is invalid: too many 'y' in a row: 100000"),
    (
        {"match": "date", "format": "'" * 9999},
        'the format itself is invalid: "\'" at index 9998 is not allowed unquoted',
    ),
]


@pytest.mark.parametrize(("rule", "ending"), INVALID, ids=["counts", "a count", "groups", "letters", "quotes"])
def test_what_is_invalid_is_a_mismatch(rule: Raw, ending: str) -> None:
    (said,) = found({"a": "x"}, {"$.a": rule}, {"a": "a"})

    assert said.endswith(ending)
    assert len(said) < 1000


@pytest.mark.parametrize(
    ("path", "why"),
    [
        ("$.a[9999999999999999999]", "the index at index 4 has more than 18 digits"),
        ("$.a[-1]", "no number, '*' or quoted name after the '[' at index 3"),
        ("$.a['b", "the quote at index 4 is not closed"),
        ("$.a['']", "an empty name at index 4"),
        ("$..a", "no name and no '*' after the '.' at index 1"),
        ("$.a b", "' ' at index 3, where '.' or '[' should follow"),
    ],
)
def test_hostile_paths(path: str, why: str) -> None:
    with pytest.raises(UnreadablePact) as caught:
        found({"a": 1}, {path: {"match": "type"}}, {})

    assert str(caught.value) == (
        "Cannot read the pact '<bytes>': in interaction 0 ('an order was placed'), "
        f"the path {path!r} does not parse: {why}. Let the tool that made it write it again."
    )


def test_a_path_of_any_length_is_cut_where_it_is_shown() -> None:
    assert found({"a": "x"}, {"$" + ".a" * 100_000: {"match": "type"}}, {"a": "x"}) == []
    with pytest.raises(UnreadablePact, match=r"the path .*…") as caught:
        found({"a": "x"}, {"$['" + "a" * 100_000: {"match": "type"}}, {})
    assert len(str(caught.value)) < 1200


def test_of_rules_that_are_said_twice_the_last_count() -> None:
    text = json.dumps(document(message(contents={"a": 1}))).replace(
        '"body": {}', '"body": {"$.a": {"matchers": [{"match": "null"}]}, "$.a": {"matchers": [{"match": "type"}]}}'
    )

    (interaction,) = loads(text.encode()).interactions

    assert check(interaction, Message(b'{"a": 2}', content_type="application/json")) == ()


LIMITED = """
import json, resource
from msgpact import Message, check
from msgpact.errors import UnreadablePact
from msgpact.pactfile.documents import loads

resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))

def pact(rule):
    entry = {"type": "Asynchronous/Messages", "contents": {"content": {"a": "x"}, "contentType": "application/json"},
             "matchingRules": {"body": {"$.a": {"matchers": [rule]}}}}
    return json.dumps({"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": [entry]}).encode()

def regex(pattern):
    return {"match": "regex", "regex": pattern}

nested = {"match": "type"}
for _ in range(90):
    nested = {"match": "eachValue", "rules": [nested, nested][:1]}
for text in [
    b"[" * 10_000_000, b'{"a":' * 5_000_000, b'"' + b"a" * 20_000_000, b"9" * 10_000_000, b"\\xff" * 10_000_000,
    b'{"interactions":[' + b"{}," * 1_000_000 + b"{}]}", b'{"a":1e400}', pact(nested), pact(regex("((a{1000}){1000}){1000}")),
    pact(regex("(?:.?){1000000}")), pact(regex(r"[\\\\s\\\\S]{0,100000}")), pact(regex("(a+)+$")), pact(regex("x" * 1_000_000)),
    pact(regex("(" * 100_000)), pact({"match": "date", "format": "d" * 1_000_000}),
    pact({"match": "type", "min": 10**30}), pact({"match": "arrayContains", "variants": [{"index": 10**17}]}),
]:
    try:
        contract = loads(text)
    except UnreadablePact as error:
        assert len(str(error)) < 2000, len(str(error))
        continue
    for interaction in contract.interactions:
        for body in (b'{"a":"' + b"a" * 1_000_000 + b'!"}', b"[" * 1_000_000, b'{"a":' + b"9" * 100_000 + b"}", b'{"a":[]}'):
            for each in check(interaction, Message(body, content_type="application/json")):
                assert len(str(each)) < 2000, len(str(each))
print("all said")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the memory of a process so")
def test_all_of_it_in_a_process_of_one_gigabyte() -> None:
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(LIMITED)], capture_output=True, text=True, timeout=120, check=False
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "all said\n", "")

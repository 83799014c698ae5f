"""What Pact's own plugins said of 1,500 messages, said here too: of each by its own line, but where a quirk is decided."""

import base64
import functools
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from shared_data import SHARED

import msgpact
from msgpact.check import check_message
from msgpact.checking import not_compared
from msgpact.model import MessageContents

FOLDER = SHARED / "interop" / "plugins"
PAGE = Path(__file__).parents[2] / "docs" / "reference" / "typed-contents.md"

Line = dict[str, Any]


def lines() -> list[Line]:
    file = FOLDER / "verdicts.jsonl"
    return [json.loads(line) for line in file.read_text(encoding="utf-8").split("\n") if line] if file.exists() else []


LINES = lines()
GIVEN = {(each["pact"], each["interaction"], each["variant"]): each["verdict"] for each in LINES}


@functools.cache
def pact(name: str) -> msgpact.Contract:
    return msgpact.load(FOLDER / "pacts" / name)


def expected_of(line: Line) -> MessageContents:
    interaction = pact(line["pact"])[line["interaction"]]
    return interaction.message or interaction.responses[0]


def message_of(line: Line) -> msgpact.Message:
    contents = base64.b64decode(line["body_base64"])
    return msgpact.Message(contents, content_type=line["content_type"], metadata=line["metadata"])


def judged(line: Line) -> str:
    return "mismatch" if check_message(expected_of(line), message_of(line)) else "match"


# -- what is decided of each quirk -----------------------------------------------------------------------------------


def as_given(line: Line) -> str:
    return str(line["verdict"])


def always(verdict: str) -> Callable[[Line], str]:
    return lambda _: verdict


def by_the_last_value(line: Line) -> str:
    """Where the example's value comes last it matches; where another does, as where there is only the other one."""
    if not line["variant"].endswith("other value last"):
        return "match"
    field = line["variant"].partition(":")[0]
    return str(GIVEN.get((line["pact"], line["interaction"], f"{field}: changed"), "mismatch"))


MAY_BE_ZERO = {
    "optional fields present and zero",
    "number, integer and decimal",
    "type matcher on every scalar",
    "bytes with a content type rule",
    "values from the provider state",
}
"""Interactions in which every field that is named is zero, or under a rule that zero meets."""


def by_all_fields_absent(line: Line) -> str:
    """An empty message has the default of every field."""
    return "match" if line["interaction"] in MAY_BE_ZERO else "mismatch"


def by_packed_bools(line: Line) -> str:
    """The list is read, and so only what is wrong elsewhere counts."""
    return "mismatch" if line["variant"] in ("label: changed", "label: left out") else "match"


def by_entries_with_defaults(line: Line) -> str:
    """A key that is absent is the empty text, 0 or false; a value that is absent is its default."""
    key_lacks = {"map with a rule for keys and values": "mismatch", "map with bool keys and enum values": "match"}
    if line["variant"].startswith(("labels: first entry without its key", "by_flag: first entry without its key")):
        return key_lacks[line["interaction"]]
    return as_given(line)


DECIDED: dict[str, Callable[[Line], str]] = {
    "list-without-rule-not-compared": as_given,
    "presence-not-checked": as_given,
    "nullable-union-not-compared": as_given,
    "contentType-rule-ignored-on-bytes": as_given,
    "empty-list-passes-each-value": as_given,
    "regex-must-cover-whole-value": as_given,
    "proto2-enum-default-unknown": as_given,
    "plugin-crash": as_given,
    "groups-refused": always("match"),
    "fixed-field-left-out-has-wrong-type": always("match"),
    "trailing-bytes-ignored": always("mismatch"),
    "empty-body-refused": by_all_fields_absent,
    "first-value-of-a-repeated-singular-field-counts": by_the_last_value,
    "packed-bool-list-not-read": by_packed_bools,
    "map-entry-with-default-omitted-is-dropped": by_entries_with_defaults,
}
LAX = {  # the plugin accepts what it does not compare, and the report says so
    "list-without-rule-not-compared": "the list, as no rule is about it",
    "presence-not-checked": "whether it is there",
    "nullable-union-not-compared": "the field, as its schema is a union",
    "contentType-rule-ignored-on-bytes": "of which type its bytes are",
}
# The first that is tagged decides, in this order.
ORDER = list(DECIDED)


def decided(line: Line) -> str:
    for tag in ("first-value-of-a-repeated-singular-field-counts", *ORDER):
        if tag in line["quirks"]:
            return DECIDED[tag](line)
    return as_given(line)


def cases() -> list[Any]:
    if not LINES:
        return [pytest.param({}, marks=pytest.mark.skip(reason="no interop/plugins/verdicts.jsonl beside the project"))]
    return [pytest.param(each, id=" | ".join((each["pact"], each["interaction"], each["variant"]))) for each in LINES]


@pytest.mark.parametrize("line", cases())
def test_the_verdict_holds_or_is_decided(line: Line) -> None:
    assert judged(line) == decided(line)


@pytest.mark.parametrize(
    "line", [each for each in cases() if not each.values[0] or LAX.keys() & set(each.values[0]["quirks"])]
)
def test_what_the_plugin_does_not_compare_is_said(line: Line) -> None:
    said = not_compared(expected_of(line), message_of(line))

    for tag in LAX.keys() & set(line["quirks"]):
        assert any(each.startswith("$.") and LAX[tag] in each for each in said)


def test_text_around_a_pattern_in_a_struct_is_not_compared_as_in_the_plugin() -> None:
    line = next(
        (each for each in LINES if "struct" in each["interaction"] and each["variant"].endswith("first value changed")),
        None,
    )
    if line is None:
        pytest.skip("no interop/plugins/verdicts.jsonl beside the project")

    assert judged(line) == "match"
    assert "$.extra.a: the text around what the pattern matches" in not_compared(expected_of(line), message_of(line))


# -- the table in the docs -------------------------------------------------------------------------------------------


def table() -> dict[str, str]:
    """Tag → what is decided, of the page's table."""
    rows = re.findall(r"^\| `([\w-]+)` \|[^|]*\| ([^|]+?) \|", PAGE.read_text(encoding="utf-8"), re.MULTILINE)
    return dict(rows)


def test_every_quirk_is_decided_in_the_docs() -> None:
    assert table().keys() >= DECIDED.keys()
    assert {tag for each in LINES for tag in each["quirks"]} <= table().keys()


@pytest.mark.parametrize("tag", DECIDED)
def test_the_docs_say_what_is_decided(tag: str) -> None:
    says_as_the_plugin = table()[tag].startswith("as the plugin")

    assert says_as_the_plugin == (DECIDED[tag] is as_given)
    assert ("the report says so" in table()[tag]) == (tag in LAX)

"""The official cases about generators, and about the expressions that move a date."""

import datetime
import random
import re
from typing import Any

import pytest
from left_out import Case, cases

from msgpact.model import Generator
from msgpact.pactfile.rulesets import RuleError, read_generators, read_rules
from msgpact.rules import expressions, generators, paths
from msgpact.rules.generators import Context, GeneratorError

NOW = datetime.datetime(2026, 3, 4, 5, 6, 7, tzinfo=datetime.UTC)


def context(mode: Any = "consumer", values: dict[str, object] | None = None, url: str | None = None) -> Context:
    return Context(random.Random(1), NOW, mode, values or {}, url)


def generator_of(said: dict[str, Any]) -> Generator:
    return Generator(said["type"], {name: value for name, value in said.items() if name != "type"})


@pytest.mark.parametrize("case", cases("ref-generators.jsonl", "generator-read"))
def test_reading(case: Case) -> None:
    raw = {"body": {"$.a": {"type": case["type"], **case["attributes"]}}}
    if not case["valid"]:
        with pytest.raises((RuleError, GeneratorError)):
            generators.apply({"a": 1}, read_generators(raw)["body"], context("provider"))
        return

    assert read_generators(raw)["body"]["$.a"].type == case["type"]


@pytest.mark.parametrize(
    "case",
    cases("ref-generators.jsonl", "provider-state-value", "provider-state-expression", "provider-state-datatype"),
)
def test_provider_state(case: Case) -> None:
    said = {"expression": case.get("expression", "${value}"), "dataType": case.get("dataType")}
    values = case.get("context", {"value": case.get("value")})
    if case.get("error"):
        with pytest.raises(GeneratorError):
            generators.generate(Generator("ProviderState", said), "example", context("provider", values))
        return

    value = generators.generate(Generator("ProviderState", said), "example", context("provider", values))

    assert (type(value), value) == (type(case["result"]), case["result"])


@pytest.mark.parametrize("case", cases("ref-generators.jsonl", "generator-output-regex"))
def test_output(case: Case) -> None:
    for seed in range(20):
        drawn = Context(random.Random(seed), NOW)
        value = generators.generate(generator_of(case["generator"]), case["example"], drawn)

        assert re.fullmatch(case["regex"], str(value)), value


@pytest.mark.parametrize("case", cases("ref-generators.jsonl", "mock-server-url"))
def test_mock_server_url(case: Case) -> None:
    server = case["context"].get("mockServer", {})
    given = context(url=server.get("url", server.get("href")))
    if case["error"]:
        with pytest.raises(GeneratorError):
            generators.generate(generator_of(case["generator"]), "example", given)
        return

    assert generators.generate(generator_of(case["generator"]), "example", given) == case["result"]


def changed(before: object, after: object, pointer: str = "") -> list[str]:
    """The JSON pointers of what differs."""
    if isinstance(before, dict) and isinstance(after, dict):
        return [each for key in before for each in changed(before[key], after[key], f"{pointer}/{key}")]
    if isinstance(before, list) and isinstance(after, list):
        pairs = enumerate(zip(before, after, strict=True))
        return [each for index, (one, other) in pairs for each in changed(one, other, f"{pointer}/{index}")]
    return [] if before == after else [pointer]


@pytest.mark.parametrize("case", cases("ref-generators.jsonl", "generator-apply-paths"))
def test_places(case: Case) -> None:
    found = generators.apply(case["document"], {case["path"]: generator_of(case["generator"])}, context())

    assert changed(case["document"], found) == case["changed_pointers"]


@pytest.mark.parametrize("case", cases("ref-generators.jsonl", "arraycontains-generator"))
def test_variants_of_array_contains(case: Case) -> None:
    rules = read_rules({"body": {"$": {"matchers": [{"match": "arrayContains", "variants": case["variants"]}]}}})

    found = generators.apply(case["document"], {}, context(url=case["context"]["mockServer"]["url"]), rules["body"])

    assert found == case["result"]


KINDS = {
    "integer": r"\d+",
    "decimal number": r"\d+\.\d+",
    "hexadecimal number": r"[0-9A-F]+",
    "random string": r"[0-9a-zA-Z]+",
    "string from the regex": r"\d{1,8}",
    "date": r"\d{4}-\d{2}-\d{2}",
    "time": r"\d{2}:\d{2}:\d{2}",
    "date-time": r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}[-+]\d{4}",
    "UUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "simple UUID": r"[0-9a-f]{32}",
    "lower-case-hyphenated UUID": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "upper-case-hyphenated UUID": r"[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}",
    "URN UUID": r"urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "boolean": r"True|False",
}


@pytest.mark.parametrize("case", cases("compat-generators.jsonl", which=lambda case: case["reusable_for_messages"]))
def test_compatibility_suite(case: Case) -> None:
    document, server = case["body"]["json"], case["context"].get("mockServer", {})
    given = context((case["mode"] or "consumer").lower(), case["context"].get("providerState"), server.get("href"))

    found: Any = generators.apply(document, read_generators(case["generators"])["body"], given)

    for check in case["checks"]:
        (key,) = paths.parse(check["body_path"])
        assert isinstance(key, str)
        assert (found[key] != document[key]) is check["changed"]
        assert re.fullmatch(KINDS.get(check.get("type", ""), ".*"), str(found[key]))
        assert check.get("value_as_string", str(found[key])) == str(found[key])


# -- expressions -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("ref-datetime-expressions.jsonl"))
def test_expression(case: Case) -> None:
    move = {
        "date-expression": expressions.date,
        "time-expression": expressions.time,
        "datetime-expression": expressions.date_and_time,
    }[case["kind"]]

    moved = move(datetime.datetime.fromisoformat(case["base"]), case["expression"])

    if case["kind"] == "time-expression":
        assert moved.time() == datetime.time.fromisoformat(case["result"])
    else:
        assert moved == datetime.datetime.fromisoformat(case["result"])


@pytest.mark.parametrize("case", cases("ref-expression-parse.jsonl"))
def test_parsing_an_expression(case: Case) -> None:
    move = expressions.date if case["kind"].startswith("date") else expressions.time
    if not case["valid"]:
        with pytest.raises(expressions.ExpressionError):
            move(NOW, case["expression"])
        return

    assert move(NOW, case["expression"]) == moved_as_said(case)


def moved_as_said(case: Case) -> datetime.datetime:
    """NOW, moved as the case says that the expression is to be taken apart."""
    midnight = NOW.replace(hour=0, minute=0, second=0)
    moment = {
        "NOW": NOW,
        "TODAY": NOW,
        "TOMORROW": NOW + datetime.timedelta(days=1),
        "YESTERDAY": NOW - datetime.timedelta(days=1),
        "MIDNIGHT": midnight,
        "NOON": midnight.replace(hour=12),
        "NEXT:1": midnight.replace(hour=13),
    }[case["base"]]
    for each in case["adjustments"]:
        sign = 1 if each["op"] == "PLUS" else -1
        moment += sign * datetime.timedelta(**{f"{each['unit'].lower()}s": each["value"]})
    return moment

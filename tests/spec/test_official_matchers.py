"""The official cases that apply one rule to one value, and those about content types and date patterns."""

import datetime

import pytest
from left_out import Case, cases

from msgpact.check import check_message
from msgpact.model import Message, MessageContents, RuleSet
from msgpact.pactfile.rulesets import read_rule, read_rules
from msgpact.rules import content_types, dates, matchers, paths
from msgpact.rules.compare import compare, failures


@pytest.mark.parametrize("case", [*cases("ref-matchers-json.jsonl"), *cases("ref-matchers-values.jsonl", "matcher")])
def test_matcher(case: Case) -> None:
    rules = RuleSet((read_rule(case["rule"]),))
    if case["domain"] == "string":
        assert (not failures(rules, case["expected"], case["actual"], matchers.TEXT)) is case["match"]
        return

    found = compare(case["expected"], case["actual"], paths.Position(rules, sits=not case["cascaded"]))

    assert (not found) is case["match"]


@pytest.mark.parametrize("case", cases("ref-matchers-status.jsonl"))
def test_status_codes(case: Case) -> None:
    rule = read_rule(case["rule"])

    assert (matchers.status_code(rule.attributes, None, case["actual"]) is None) is case["match"]


@pytest.mark.parametrize("case", cases("ref-metadata-and-headers.jsonl", which=lambda case: case["key"] != "ACCEPT"))
def test_metadata(case: Case) -> None:
    # A parameterised header is compared as the content type of a message is.
    key = "contentType" if case["kind"] == "parameterised-value" else case["key"]
    expected = MessageContents(
        metadata={key: case["expected"]}, matching_rules=read_rules({"metadata": case.get("rules", {})})
    )

    found = check_message(expected, Message(None, metadata={key: case["actual"]}))

    assert (not found) is case["match"]


@pytest.mark.parametrize("case", cases("ref-content-types.jsonl"))
def test_content_types(case: Case) -> None:
    parsed = content_types.parse(case["value"])
    assert parsed is not None
    if "other" in case:
        other = content_types.parse(case["other"])
        assert other is not None
        assert parsed.is_equivalent_to(other) is case["equivalent"]
    said = {
        "parsed": {
            "main": parsed.main,
            "sub": parsed.sub,
            "suffix": parsed.suffix,
            "attributes": dict(parsed.parameters),
        },
        "is_json": parsed.is_json,
        "is_xml": parsed.is_xml,
        "is_text": parsed.is_text,
        "is_binary": parsed.is_binary,
        "is_form_urlencoded": parsed.is_form,
        "base_type": f"{parsed.base_type.main}/{parsed.base_type.sub}",
    }

    assert {name: said[name] for name in said.keys() & case.keys()} == {
        name: case[name] for name in said.keys() & case.keys()
    }


# -- dates -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("ref-datetime-validate.jsonl"))
def test_a_date_fits(case: Case) -> None:
    try:
        fits = dates.fits(case["format"], case["value"])
    except dates.DatePatternError:
        fits = False

    assert fits is case["valid"]


@pytest.mark.parametrize("case", cases("ref-datetime-pattern.jsonl"))
def test_a_date_pattern_parses(case: Case) -> None:
    now = datetime.datetime(2000, 1, 2, 3, 4, 5, tzinfo=datetime.UTC)
    if not case["valid"]:
        with pytest.raises(dates.DatePatternError):
            dates.print_instant(case["format"], now)
        return

    assert dates.print_instant(case["format"], now)

"""Whatever stands in a pact, a report stays what it is: one XML document, one command a line, one JSON document, plain text."""

import json
import xml.etree.ElementTree as ET

from hypothesis import given
from hypothesis import strategies as st

from msgpact import Interaction, InteractionResult, Mismatch, ProviderState, VerificationReport
from msgpact.model import InteractionType
from msgpact.reporters import reporter
from msgpact.results import Outcome, Problem
from msgpact.signatures import Place

texts = st.text(st.characters(exclude_categories=()))
words = texts.filter(bool)
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts | st.binary(),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(texts, inner, max_size=2),
    max_leaves=3,
)
mismatches = st.builds(Mismatch, texts, texts, values, values, part=texts, reason=texts)
interactions = st.builds(
    Interaction,
    st.just(InteractionType.ASYNCHRONOUS_MESSAGE),
    texts,
    st.tuples(st.builds(ProviderState, texts, st.dictionaries(texts, values, max_size=2))),
    pending=st.booleans(),
)
failures = st.builds(
    InteractionResult,
    texts,
    texts,
    interactions,
    st.sampled_from([Outcome.BROKEN, Outcome.RAISED, Outcome.MISUSED]),
    st.lists(mismatches, min_size=1, max_size=8).map(tuple),
    texts,
    producer=st.builds(Place, words.filter(lambda file: "\0" not in file), st.integers(1), texts),
)
reports = st.builds(
    VerificationReport,
    texts,
    st.lists(failures, max_size=2).map(tuple),
    st.lists(st.builds(Problem, st.just(Outcome.MISUSED), texts), max_size=2).map(tuple),
    st.lists(texts, max_size=2).map(tuple),
)


@given(reports)
def test_junit_is_one_document_that_counts_what_failed(report: VerificationReport) -> None:
    (suite,) = ET.fromstring(reporter("junit")(report).encode())

    assert len(suite.findall("testcase")) == len(report.results) + len(report.problems)


@given(reports)
def test_github_is_one_command_a_line(report: VerificationReport) -> None:
    lines = reporter("github")(report).split("\n")

    assert lines.pop() == ""
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert len(lines) == len(report.results) + len(report.problems) + len(report.unused)


@given(reports)
def test_json_is_one_document(report: VerificationReport) -> None:
    assert len(json.loads(reporter("json")(report))["results"]) == len(report.results)


@given(reports)
def test_the_console_is_not_steered(report: VerificationReport) -> None:
    assert all(line.isprintable() for line in reporter("console")(report).split("\n"))

"""Pacts that msgpact recorded mean to other tools what they mean to it: the same messages hold, the same are refused."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import our_messages
import pytest
from other_tools import EACH, Job, Report, State, report_of_msgpact, tool
from our_messages import VERSIONS, Sample

import msgpact
from msgpact.pactfile.rulesets import generators_json, rules_json
from msgpact.rules.generators import GENERATORS
from msgpact.rules.matchers import MATCHERS

Key = tuple[str, str]
"""The version of a pact and the description of a message in it."""

TOMBSTONE = "it demands no empty contents"
LENIENT = "its dates are lenient: 30 February is 1 March"
IN_BOTH: dict[str, dict[str, str]] = {
    "pact-python": {"a tombstone: contents": TOMBSTONE},
    "pact-jvm": {
        "a tombstone: contents": TOMBSTONE,
        "dates: date, a day that is none: wrong": LENIENT,
        "dates: time, an hour that is none: wrong": LENIENT,
        "bytes of a type": "it compares the bytes of a message, whatever the rule",
    },
}
IN_ONE: dict[str, dict[Key, str]] = {
    "pact-jvm": {("3.0.0", "bytes as they are"): "it takes the base64 of version 3 for the contents"},
    "pact-js": {("4.0", "null at the root"): "its provider cannot send null"},
}
"""Where a tool judges otherwise than msgpact, and why: a right message that it refuses, a wrong one that it accepts."""


def differences(tool: str) -> set[Key]:
    both = {(version, description) for version in VERSIONS for description in IN_BOTH.get(tool, {})}
    return both | IN_ONE.get(tool, {}).keys()


class Said(NamedTuple):
    """What is recorded for a tool, and what it says."""

    tool: str
    samples: Mapping[Key, Sample]
    right: Report
    """Of right messages, in a pact of each version."""
    others: Report
    """Of wrong ones, and of right ones that the tool is known to refuse."""
    pending: Report
    """Of a wrong one that is pending."""


def test_every_matcher_and_generator_is_among_them() -> None:
    messages = [each.interaction.message for each in our_messages.consumer("c", our_messages.right("4.0")).expectations]
    written = json.dumps(
        [(rules_json(each.matching_rules), generators_json(each.generators)) for each in messages if each]
    )

    assert set(re.findall(r'"match": "(\w+)"', written)) == MATCHERS.keys() - {"statusCode"}
    # A message is recorded without a mock server.
    assert set(re.findall(r'"type": "(\w+)"', written)) == GENERATORS.keys() - {"MockServerURL"}


@pytest.fixture(scope="module", params=["msgpact", *EACH])
def said(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Said:
    """By each tool, and by msgpact: what the others are held to, it must say itself. All is asked in one go."""
    name, folder = request.param, tmp_path_factory.mktemp("ours")
    reports_of = None if name == "msgpact" else tool(name).reports  # first, since it may be missing
    samples = {
        (version, each.description): each
        for version in VERSIONS
        for each in (*our_messages.right(version), *our_messages.wrong(version))
        if each.is_json or name != "pact-js"
    }
    right = {key: each for key, each in samples.items() if each.holds and key not in differences(name)}
    others = {key: each for key, each in samples.items() if key not in right}
    pending = {("4.0", "pending"): our_messages.wrong("4.0")[0]}
    jobs = [
        job_of(right, "right", folder, sequence=reports_of is not None),
        job_of(others, "others", folder),
        job_of(pending, "pending", folder, pending=True),
    ]
    reports = [report_of_msgpact(job) for job in jobs] if reports_of is None else reports_of(jobs, folder)
    return Said(name, samples, *reports)


def job_of(
    samples: Mapping[Key, Sample], name: str, folder: Path, *, sequence: bool = False, pending: bool = False
) -> Job:
    """A pact for each version, as the consumer's own run records it."""
    pacts = []
    for version in sorted({version for version, _ in samples}):
        mine = [each for key, each in samples.items() if key[0] == version]
        consumer = our_messages.consumer(f"{name}-{version}", mine, sequence=sequence, pending=pending)
        report = msgpact.record(consumer, folder, spec_version=version)
        assert report.ok, report
        pacts.append(folder / f"{name}-{version}-orders.json")
    return Job(pacts, {each.description: each.sent for each in samples.values()})


def judged(report: Report) -> dict[Key, bool]:
    """Whether each message holds."""
    found = {(each.consumer.rpartition("-")[2], each.description): each.held for each in report.verdicts}
    assert len(found) == len(report.verdicts)
    return found


def test_other_values_than_the_examples_hold(said: Said) -> None:
    assert [each for each in said.right.verdicts if not each.held] == []
    assert said.right.held
    # None was left out: it had each of the messages made.
    right = {key for key, each in said.samples.items() if each.holds} - differences(said.tool)
    assert judged(said.right).keys() == right
    assert sorted(said.right.asked) == sorted(description for _, description in right)


def test_a_wrong_message_is_refused(said: Said) -> None:
    verdicts = judged(said.others)

    assert verdicts.keys() == said.samples.keys() - judged(said.right).keys()
    assert {key for key, held in verdicts.items() if held is not said.samples[key].holds} == differences(said.tool)
    assert not said.others.held


def test_states_are_set_up_with_their_parameters(said: Said) -> None:
    states = [State("an order exists", {"id": 42, "tags": ["new", "paid"], "vip": True}), State("the shop is open", {})]

    assert said.right.states == states * len(VERSIONS)


def test_what_is_pending_does_not_fail_the_run(said: Said) -> None:
    (verdict,) = said.pending.verdicts

    assert not verdict.held
    assert said.pending.held

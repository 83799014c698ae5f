"""Pacts that other tools wrote are verified by msgpact: other values than the examples hold, wrong ones are refused."""

import json
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import our_messages
import pytest
from other_tools import EACH, Job, State, report_of_msgpact, tool
from their_messages import MESSAGES

import msgpact

SPECIFICATION = {"3": "3.0.0", "4": "4.0"}
VERSIONS = tuple(SPECIFICATION)
RIGHT = {description: theirs.right for description, theirs in MESSAGES.items()}


class Written(NamedTuple):
    """The folder with what a tool wrote; into the pacts of merged-3 and merged-4 it wrote after msgpact."""

    tool: str
    folder: Path
    before: dict[str, msgpact.Contract]
    """What msgpact had recorded there, by version."""

    def pact(self, version: str) -> Path:
        return self.folder / f"{self.tool}-{version}-orders.json"

    def merged(self, version: str) -> Path:
        return self.folder / f"merged-{version}-orders.json"


def record_ours(consumer: str, folder: Path, version: str) -> msgpact.Contract:
    """What is in the file once our own consumer of that name has recorded into the folder."""
    report = msgpact.record(
        our_messages.consumer(consumer, our_messages.right(SPECIFICATION[version])), folder, spec_version=version
    )
    assert report.ok, report
    return msgpact.load(folder / f"{consumer}-orders.json")


@pytest.fixture(scope="module", params=EACH)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Written:
    writer, folder = tool(request.param), tmp_path_factory.mktemp("theirs")
    before = {version: record_ours(f"merged-{version}", folder, version) for version in VERSIONS}
    writer.write_pacts(folder)
    return Written(request.param, folder, before)


def test_there_is_a_message_for_each_of_theirs(written: Written) -> None:
    for version in VERSIONS:
        contract = msgpact.load(written.pact(version))

        assert contract.spec_version == SPECIFICATION[version]
        assert {each.description for each in contract.interactions} <= MESSAGES.keys()
        assert len(contract.interactions) > 30


@pytest.mark.parametrize("version", VERSIONS)
def test_other_values_than_the_examples_hold(written: Written, version: str) -> None:
    report = report_of_msgpact(Job([written.pact(version)], RIGHT))

    assert [each for each in report.verdicts if not each.held] == []
    assert report.held
    assert sorted(report.asked) == sorted(each.description for each in report.verdicts)
    assert State("an order exists", {"id": 42, "tags": ["new"]}) in report.states
    assert State("the shop is open", {}) in report.states
    assert (State("an order exists", {"id": 42}) in report.states) is (version == "4")  # of the request


@pytest.mark.parametrize("version", VERSIONS)
def test_a_wrong_message_is_refused(written: Written, version: str) -> None:
    contract = msgpact.load(written.pact(version))
    flaws = {(each.description, flaw) for each in contract.interactions for flaw in MESSAGES[each.description].wrong}

    accepted = set()
    for description, flaw in flaws:
        sent = {**RIGHT, description: MESSAGES[description].wrong[flaw]}
        refused = {
            each.description for each in report_of_msgpact(Job([written.pact(version)], sent)).verdicts if not each.held
        }
        if refused != {description}:
            accepted.add((description, flaw))

    assert len(flaws) > 60
    assert accepted == set()


def test_what_is_pending_does_not_fail_the_run(written: Written) -> None:
    report = report_of_msgpact(
        Job([written.pact("4")], {**RIGHT, "pending": MESSAGES["pending"].wrong["another value"]})
    )

    assert [each.description for each in report.verdicts if not each.held] == ["pending"]
    assert report.held


# -- one file of both ------------------------------------------------------------------------------------------------

REWRITTEN = {
    ("pact-python", "4"): {"null at the root"},
    ("pact-jvm", "3"): {"bytes as they are", "scalars: not_empty: wrong"},
    ("pact-jvm", "4"): {"null at the root"},
    ("pact-js", "4"): {"null at the root"},
}
"""What a tool changes of ours when it writes into our file: null is written as nothing; pact-jvm encodes the base64 of version
3 once more, and knows fewer matchers there."""


@pytest.mark.parametrize("version", VERSIONS)
def test_what_they_write_into_a_file_of_ours_leaves_ours(written: Written, version: str) -> None:
    contract = msgpact.load(written.merged(version))
    held = {
        (sample.description, each.description): not msgpact.check(contract[sample.description], each.sent.message)
        for sample in our_messages.right(SPECIFICATION[version])
        for each in (sample, *our_messages.wrong_for(sample))
    }

    assert {each.description for each in contract.interactions} - {sample for sample, _ in held} == {"theirs"}
    assert {each for (sample, each), holds in held.items() if holds is not (each == sample)} == REWRITTEN.get(
        (written.tool, version), set()
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_recording_again_replaces_ours_and_keeps_theirs(written: Written, version: str, tmp_path: Path) -> None:
    """Also where they gave keys to our messages."""
    file = Path(shutil.copy(written.merged(version), tmp_path))
    (theirs,) = [each for each in entries(file) if each["description"] == "theirs"]

    again = record_ours(f"merged-{version}", tmp_path, version)

    assert theirs in entries(file)
    assert [each for each in again.interactions if each.description != "theirs"] == list(
        written.before[version].interactions
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_what_we_write_into_a_file_of_theirs_leaves_theirs(written: Written, version: str, tmp_path: Path) -> None:
    file = Path(shutil.copy(written.pact(version), tmp_path))
    theirs = entries(file)

    record_ours(f"{written.tool}-{version}", tmp_path, version)

    here = entries(file)
    assert all(each in here for each in theirs)
    assert len(here) == len(theirs) + len(our_messages.right(SPECIFICATION[version]))


def entries(file: Path) -> list[Any]:
    document = json.loads(file.read_text(encoding="utf-8"))
    found: list[Any] = document.get("messages", document.get("interactions"))
    return found

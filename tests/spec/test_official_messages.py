"""The official cases about whole messages: how pact files spell them, what fits them, how a provider is verified."""

import base64
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from left_out import Case, cases
from shared_data import SHARED

import msgpact
from msgpact.check import check_message
from msgpact.errors import UnreadablePact
from msgpact.model import Contents, Interaction, Message, MessageContents, Presence
from msgpact.pactfile import files, v3, v4
from msgpact.pactfile.interactions import bytes_of


def read_message(raw: Mapping[str, object], version: str) -> MessageContents:
    interaction = v3.read(raw, 0) if version == "3" else v4.read({**raw, "type": "Asynchronous/Messages"}, 0)
    assert interaction.message is not None
    return interaction.message


@pytest.mark.parametrize("case", cases("spec-messages-v3-v4.jsonl"))
def test_specification(case: Case) -> None:
    actual = read_message(case["actual"], case["version"])
    message = Message(
        bytes_of(actual.contents),
        metadata=actual.metadata,
        content_type=None if "contentType" in actual.metadata else actual.contents.content_type,
    )

    found = check_message(read_message(case["expected"], case["version"]), message)

    assert (not found) is case["match"]


# -- reading ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("schema-examples.jsonl"))
def test_a_valid_file_is_read(case: Case) -> None:
    contract = files.loads(json.dumps(case["file"]).encode())

    assert len(contract.interactions) == len(case["file"].get("interactions", case["file"].get("messages")))


@pytest.mark.parametrize("case", cases("ref-models-read.jsonl", "v3-message-read"))
def test_version_3(case: Case) -> None:
    if case.get("error"):  # a message pact of version 1
        document = {"messages": [case["message"]], "consumer": {"name": "c"}, "provider": {"name": "p"}}
        document["metadata"] = {"pactSpecification": {"version": case["spec_version"]}}
        with pytest.raises(UnreadablePact, match="version 1 of the Pact specification has no messages"):
            files.loads(json.dumps(document).encode())
        return
    interaction = v3.read(case["message"], 0)

    assert {name: said_of(interaction)[name] for name in case["result"]} == case["result"]


def said_of(interaction: Interaction) -> dict[str, object]:
    """What the cases ask of an interaction, by their names."""
    assert interaction.message is not None
    contents = interaction.message.contents
    body = bytes_of(contents)
    return {
        "description": interaction.description,
        "provider_states": [{"name": each.name, "params": dict(each.params)} for each in interaction.provider_states],
        "provider_state_count": len(interaction.provider_states),
        "rules_empty": not interaction.message.matching_rules,
        "body_state": contents.presence.value,
        "body_utf8": None if body is None else body.decode(),
        "id": interaction.extra.get("_id"),
    }


@pytest.mark.parametrize("case", cases("ref-models-read.jsonl", "v4-interaction-read"))
def test_version_4(case: Case) -> None:
    said = said_of(v4.read(case["interaction"], 0))

    assert {name: said[name] for name in case["result"]} == case["result"]


@pytest.mark.parametrize("case", cases("ref-models-read.jsonl", "v4-interaction-roundtrip"))
def test_version_4_is_written_as_it_was_read(case: Case) -> None:
    assert v4.write(v4.read(case["interaction"], 0)) == case["result"]


@pytest.mark.parametrize("case", cases("ref-models-read.jsonl", "spec-version"))
def test_version(case: Case) -> None:
    document: dict[str, Any] = {"consumer": {"name": "c"}, "provider": {"name": "p"}, "interactions": []}
    if case["metadata"] != "__absent__":
        document["metadata"] = case["metadata"]
    versions = {"V1": "1.0.0", "V3": "3.0.0", "unknown": "3.0.0"}  # what states no version is read as version 3

    assert files.loads(json.dumps(document).encode()).spec_version == versions[case["version"]]


@pytest.mark.parametrize("case", cases("ref-v4-body-read.jsonl"))
def test_body_of_version_4(case: Case) -> None:
    contents = read_v4_contents(case)

    assert contents.presence is Presence(case["state"])
    if case["state"] == "present":
        body = bytes_of(contents)
        assert body is not None
        assert body.decode() == case["bytes_utf8"]
        assert case["content_type"] in (None, contents.content_type)
        assert contents.content_type_hint == case["content_type_hint"]


def read_v4_contents(case: Case) -> Contents:
    raw: dict[str, object] = {"type": "Asynchronous/Messages", "description": "d"}
    if case["fragment"] != "__absent__":
        raw["contents"] = case["fragment"]
    if case["header_content_type"]:
        raw["metadata"] = {"contentType": case["header_content_type"]}
    return read_message(raw, "4").contents


# -- verifying -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("case", cases("compat-message-verification.jsonl"))
def test_verification(case: Case) -> None:
    called: list[str] = []
    provider = msgpact.Provider("p")

    @provider.state("state one")
    def state_one() -> Any:
        called.append("setup")
        yield
        called.append("teardown")

    for description, produced in case["produced_messages"].items():
        provider.produces(description)(lambda produced=produced: message_of(produced))

    report = msgpact.verify(provider, [pact_of(case)])

    broken = [each for each in report.results if each.mismatches]
    assert report.ok is (case["result"]["success"] is not False)
    assert called == (["setup", "teardown"] if case["result"]["states"] else [])
    for said in [*case["result"]["errors"], *case["result"].get("pending_errors", ())]:
        part = "metadata" if said.startswith("Metadata") else "contents"
        assert {each.part for each in broken[0].mismatches} == {part}


def message_of(produced: Mapping[str, Any]) -> Message:
    contents = produced["contents"]
    return Message(_bytes(contents), metadata={**produced.get("metadata", {}), "contentType": contents["content_type"]})


def _bytes(contents: Mapping[str, Any]) -> bytes:
    if "file" in contents:
        return Path(SHARED, "spec", contents["file"]).read_bytes()
    return json.dumps(contents["json"]).encode() if "json" in contents else str(contents["text"]).encode()


def pact_of(case: Case) -> msgpact.Contract:
    interactions = []
    for said in case["pact_messages"]:
        contents = said["contents"]
        body = {"content": contents.get("json", contents.get("text")), "contentType": contents["content_type"]}
        if "file" in contents:
            body |= {"content": base64.b64encode(_bytes(contents)).decode(), "encoded": "base64"}
        raw = {
            "type": "Asynchronous/Messages",
            "description": said["description"],
            "contents": body,
            "providerStates": said.get("provider_states", []),
            "metadata": said.get("metadata", {}),
            "matchingRules": said.get("matching_rules", {}),
            "pending": said.get("pending", False),
            "comments": said.get("comments", {}),
        }
        interactions.append(v4.read(raw, 0))
    return msgpact.Contract("c", "p", tuple(interactions))

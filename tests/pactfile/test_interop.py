"""Pacts that pact-python wrote: they load, fit their own examples, and mean the same after we have rewritten them."""

import datetime
import random
from pathlib import Path
from typing import Any

import pytest
from shared_data import SHARED

from msgpact.check import check_message
from msgpact.model import Contract, Form, Interaction, Message, Presence
from msgpact.pactfile import files
from msgpact.pactfile.interactions import bytes_of
from msgpact.rules import generators
from msgpact.serializers import serializer_for

FOLDER = SHARED / "interop" / "pact-python"
FILES = sorted(FOLDER.glob("*.json"))
pytestmark = pytest.mark.skipif(not FILES, reason="no pacts of pact-python beside the project")


def interactions() -> list[Any]:
    return [
        pytest.param(each, id=f"{file.name.split('-')[1]} {file.name.split('-')[2]} {each.description}")
        for file in FILES
        for each in files.load(file).interactions
    ]


def example_of(interaction: Interaction, context: generators.Context) -> Message:
    """The message that a consumer would be given."""
    expected = interaction.message
    assert expected is not None
    stated, contents = expected.contents, bytes_of(expected.contents)
    if stated.presence is Presence.PRESENT and stated.form is Form.JSON:
        rules, generated = expected.matching_rules.get("body"), expected.generators.get("body", {})
        contents = serializer_for(stated.content_type).dump(generators.apply(stated.value, generated, context, rules))
    metadata = generators.apply_to_metadata(expected.metadata, expected.generators.get("metadata", {}), context)
    return Message(contents, content_type=stated.content_type, metadata=metadata)


# What pact-python wrote with an example, or a generator, that its own rule refuses.
UNFIT = {
    "uuid_urn": "text matching the pattern ^urn:uuid:",
    "regex_unanchored": r"text matching the pattern \d+",
    "each_like_min": "at least 2 like the example",
    "each_like_minmax": "2 to 3 like the example",
    "and_combined": "text matching the pattern",
}


@pytest.mark.parametrize("interaction", interactions())
def test_an_interaction_fits_its_own_example(interaction: Interaction) -> None:
    now = datetime.datetime(2024, 2, 5, 10, 30, tzinfo=datetime.UTC)
    context = generators.Context(random.Random(1), now, mock_server_url="http://127.0.0.1:1")
    assert interaction.message is not None

    found = check_message(interaction.message, example_of(interaction, context))

    if interaction.description in UNFIT:
        assert UNFIT[interaction.description] in found[0].rule
    else:
        assert [str(each) for each in found] == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_rewrite_means_the_same(file: Path, tmp_path: Path) -> None:
    contract = files.load(file)
    version = contract.spec_version

    again = files.load(files.write(contract, tmp_path, spec_version=version))

    assert sorted_by_description(again) == sorted_by_description(contract)
    assert again.metadata == contract.metadata


@pytest.mark.parametrize("file", [each for each in FILES if "-v3-" in each.name], ids=lambda file: file.stem)
def test_version_3_means_the_same_as_version_4(file: Path, tmp_path: Path) -> None:
    contract = files.load(file)

    again = files.load(files.write(contract, tmp_path, spec_version="4.0"))

    assert again.spec_version == "4.0"
    assert sorted_by_description(again) == sorted_by_description(contract)


def sorted_by_description(contract: Contract) -> list[Interaction]:
    return sorted(contract.interactions, key=lambda each: each.description)

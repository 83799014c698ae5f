"""The two judges: one contract against messages, by msgpact and by the reference implementation."""

import base64
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import reference
from json_text import text

from msgpact.check import check
from msgpact.errors import UnreadablePact
from msgpact.model import Contract, Message, MessageContents
from msgpact.pactfile.documents import loads
from msgpact.results import Mismatch
from msgpact.serializers import json as json_serializer

Raw = dict[str, Any]


@dataclass(frozen=True)
class Sent:
    """A message as a provider sends it; metadata may hold numbers as they are written."""

    contents: bytes
    content_type: str | None = "application/json"
    metadata: Raw | None = None


@dataclass(frozen=True)
class Pair:
    """An expected interaction, a message, and what both judges say against it."""

    entry: Raw
    version: int
    sent: Sent
    ours: tuple[Mismatch, ...]
    theirs: list[str] | None
    """None where the reference comes to no verdict."""

    @property
    def agree(self) -> bool:
        return self.theirs is not None and (not self.ours) is (not self.theirs)

    def parts(self) -> "list[Pair]":
        """What is said against the contents alone, and against the metadata alone."""
        of_metadata = [each.part == "metadata" for each in self.ours]
        of_metadata_too = [
            each.startswith(("Expected metadata", "Expected message metadata")) for each in self.theirs or ()
        ]
        return [
            replace(
                self,
                ours=tuple(each for each, is_one in zip(self.ours, of_metadata, strict=True) if is_one is wanted),
                theirs=[
                    each for each, is_one in zip(self.theirs or (), of_metadata_too, strict=True) if is_one is wanted
                ],
            )
            for wanted in (False, True)
        ]

    def __str__(self) -> str:
        ours = [str(each) for each in self.ours] or "fits"
        sent = f"{self.sent.contents!r} {self.sent.content_type} {text(self.sent.metadata or {})}"
        return (
            f"version {self.version}: {text(self.entry)}\n  {sent}\n  ours: {ours}\n  theirs: {self.theirs or 'fits'}"
        )


def pact(entries: Sequence[Raw], version: int) -> bytes:
    """The text of a pact file."""
    listed = [{"description": f"m{number}", **entry} for number, entry in enumerate(entries)]
    document = {
        "consumer": {"name": "c"},
        "provider": {"name": "p"},
        "interactions" if version == 4 else "messages": listed,
        "metadata": {"pactSpecification": {"version": "4.0" if version == 4 else "3.0.0"}},
    }
    return text(document).encode("utf-8", "surrogatepass")


def judged(entry: Raw, version: int, messages: Sequence[Sent]) -> list[Pair]:
    """Each message under one interaction. Raises UnreadablePact or reference.Unreadable."""
    written = pact([entry], version)
    (interaction,) = loads(written).interactions
    pairs = []
    with reference.Pact(written) as expected, reference.Pact(pact([_as_entry(each) for each in messages], 4)) as actual:
        for number, sent in enumerate(messages):
            metadata = json_serializer.load(text(sent.metadata or {}).encode())
            assert isinstance(metadata, dict)
            ours = check(interaction, Message(sent.contents, content_type=sent.content_type, metadata=metadata))
            pairs.append(Pair(entry, version, sent, ours, reference.mismatches(expected, 0, actual, number)))
    return pairs


def expected_by(pair: Pair) -> MessageContents:
    """The interaction's message as msgpact reads it."""
    (interaction,) = loads(pact([pair.entry], pair.version)).interactions
    assert interaction.message is not None
    return interaction.message


def _as_entry(sent: Sent) -> Raw:
    """The message as the reference's verifier makes one of a provider's response: its type is in the metadata too."""
    contents: Raw = {"content": base64.b64encode(sent.contents).decode(), "encoded": "base64"}
    if sent.content_type is not None:
        contents["contentType"] = sent.content_type
    metadata = {"contentType": sent.content_type or "", **(sent.metadata or {})}
    return {"type": "Asynchronous/Messages", "contents": contents, "metadata": metadata}


def both_read(entry: Raw, version: int) -> tuple[Contract | str, bool | str]:
    """The contract or why not, and whether the reference reads it or why not."""
    written = pact([entry], version)
    ours: Contract | str
    try:
        ours = loads(written)
    except UnreadablePact as error:
        ours = str(error)
    try:
        with reference.Pact(written):
            return ours, True
    except reference.Unreadable as error:
        return ours, str(error)

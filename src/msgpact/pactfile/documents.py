"""A pact document: the JSON of a pact file of any version, checked, and read as a `Contract`.

What is read leniently here are the spellings of other tools; what cannot be understood is an `UnreadablePact`.
"""

import gc
import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from msgpact.errors import UnreadablePact
from msgpact.model import Contract, Interaction, InteractionType
from msgpact.pactfile import plugins, sequences, v3, v4
from msgpact.pactfile.interactions import FormatError, mapping_of, read_states, state_json
from msgpact.serializers import json as json_serializer

__all__ = ["VERSION_KEYS", "Raw", "checked", "identity", "loads", "marks_of", "read", "unreadable", "version_of"]

Raw = dict[str, Any]

VERSION_KEYS = ("pactSpecification", "pact-specification", "pactSpecificationVersion")
_VERSION = re.compile(r"([0-9]+)(?:\.[0-9]+)*")
_LONGEST = 1000
_AGAIN = "Let the tool that made it write it again."


def loads(text: bytes, *, source: str = "<bytes>") -> Contract:
    """The contract in the bytes of a pact file; *source* is named in messages.

    Raises:
        UnreadablePact: it is not a pact, or one of its interactions is not one.
    """
    # A large pact is many small objects and no garbage: collecting in between would double the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return read(_parsed(text, source), source)
    except RecursionError:
        raise unreadable(source, "it is nested too deep") from None
    finally:
        if collecting:
            gc.enable()


def unreadable(source: str, why: str, what_to_do: str = _AGAIN) -> UnreadablePact:
    """The error that says why *source* cannot be read."""
    if len(why) > _LONGEST:  # what is shown of a stranger's file may be of any length
        why = f"{why[:_LONGEST]}…"
    return UnreadablePact(f"Cannot read the pact {source!r}: {why}. {what_to_do}")


def _parsed(text: bytes, source: str) -> Raw:
    text = text.removeprefix(b"\xef\xbb\xbf")  # editors on Windows put a byte order mark there
    try:
        document = json_serializer.load(text)
    except ValueError as error:
        raise unreadable(source, str(error)) from None
    return checked(document, source)


def checked(document: object, source: str) -> Raw:
    """*document*, if it is a pact as far as can be told without looking at its interactions."""
    if not isinstance(document, dict):
        raise unreadable(source, "it is JSON but no pact: not an object", "Name a pact file.")
    if "interactions" not in document and "messages" not in document:
        found = ", ".join(map(repr, list(document)[:6])) or "nothing"
        why = f"it is JSON but no pact: it has neither 'interactions' nor 'messages', but {found}"
        raise unreadable(source, why, "Name a pact file.")
    for name in ("interactions", "messages"):
        if not isinstance(document.get(name, []), list):
            raise unreadable(source, f"{name!r} is no array")
    for name in ("consumer", "provider"):
        participant = document.get(name)
        if not isinstance(participant, dict) or not isinstance(participant.get("name"), str) or not participant["name"]:
            raise unreadable(source, f"it does not say who its {name} is ({name}.name)")
    if not isinstance(document.get("metadata", {}), dict | None):
        raise unreadable(source, "its metadata is no object")
    return document


def version_of(document: Raw, source: str) -> str:
    """`4.0`, `3.0.0`, `2.0.0`, `1.1.0` or `1.0.0`; what states none is version 3, or 4 where interactions have types."""
    stated = _stated_version(document.get("metadata") or {})
    match = _VERSION.fullmatch(str(stated)) if stated is not None else None
    if match is None:  # absent, or no version: the reference takes it for 3
        typed = any(isinstance(each, dict) and "type" in each for each in document.get("interactions", ()))
        return "4.0" if typed else "3.0.0"
    major = int(match[1]) if len(match[1]) < 4 else 0
    if not 1 <= major <= 4:
        raise unreadable(
            source,
            f"it is written to version {stated} of the Pact specification, and msgpact knows 1 to 4",
            "Let the other tool write version 4, or update msgpact.",
        )
    if major == 1:  # the one version whose minor number changes how a query is compared
        return "1.1.0" if re.match(r"1\.0*[1-9]", str(stated)) else "1.0.0"
    return "4.0" if major == 4 else f"{major}.0.0"


def _stated_version(metadata: Mapping[str, object]) -> object:
    for name in VERSION_KEYS:
        stated = metadata.get(name)
        if isinstance(stated, dict):
            stated = stated.get("version")
        if stated is not None:
            return stated
    return None


def read(document: Raw, source: str) -> Contract:
    """The contract in a checked document."""
    version = version_of(document, source)
    raw_messages = document.get("messages", ())
    if raw_messages and version[0] in "12":
        raise unreadable(source, f"version {version[0]} of the Pact specification has no messages, but it holds some")
    marks = marks_of(document)
    interactions = [
        _interaction(
            raw, index, source, lambda raw, at: v3.read(raw, at, marks.get(identity(raw, 3)) if marks else None)
        )
        for index, raw in enumerate(raw_messages)
    ]
    metadata = mapping_of(document.get("metadata"), "metadata")
    read_one = v4.read if version == "4.0" else v3.read_http
    for index, raw in enumerate(document.get("interactions", ())):
        interactions.append(plugins.bound(_interaction(raw, index, source, read_one), metadata))
    rest = {name: value for name, value in metadata.items() if name not in VERSION_KEYS}
    try:
        stated = sequences.read(document)
    except FormatError as error:
        raise unreadable(source, str(error)) from None
    names = document["consumer"]["name"], document["provider"]["name"]
    return Contract(*names, tuple(interactions), version, rest, source, stated)


def _interaction(raw: object, index: int, source: str, read_one: Callable[[Any, int], Interaction]) -> Interaction:
    try:
        if not isinstance(raw, dict):
            raise FormatError(f"it is no object: {json.dumps(raw)[:80]}")
        return read_one(raw, index)
    except FormatError as error:
        described = raw.get("description") if isinstance(raw, dict) else None
        name = f"interaction {index} ({described!r})" if described else f"interaction {index}"
        raise unreadable(source, f"in {name}, {error}") from None


# -- what tells interactions apart -----------------------------------------------------------------------------------


def identity(raw: Mapping[str, Any], version: int) -> str:
    """What makes an interaction the same one across runs: type, description, states with parameters in order."""
    try:
        states: object = [state_json(each) for each in read_states(raw)]
    except FormatError:  # another tool's entry that cannot be read is compared as it stands
        states = raw.get("providerStates")
    kind = raw.get("type") if version == 4 else InteractionType.ASYNCHRONOUS_MESSAGE.value
    return json.dumps([kind, raw.get("description"), states], sort_keys=True)


def marks_of(document: Raw) -> dict[str, Raw]:
    """What msgpact says of the messages of a version 3 file, by identity."""
    metadata = document.get("metadata")
    ours = metadata.get("msgpact") if isinstance(metadata, dict) else None
    listed = ours.get("messages") if isinstance(ours, dict) else None
    found = {}
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            said = {name: value for name, value in each.items() if name not in ("description", "providerStates")}
            found[identity(each, 3)] = said
    return found

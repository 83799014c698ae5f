"""The requests and responses of HTTP interactions, read from what an `Interaction` keeps of them, by version.

Versions 1 and 2 write a query as text and a header as one string, versions 3 and 4 as lists by name; all are read in
all versions. Up to version 3 a body stands as it is, in version 4 as `{content, contentType, encoded}`. Version 2's
matching rules are one flat map. The interaction itself is left as it is: writing it again changes nothing.
"""

import json
from collections.abc import Mapping

from msgpact.errors import DeclarationError, UnreadablePact
from msgpact.http_model import ExpectedRequest, ExpectedResponse
from msgpact.model import Contents, Generator, Interaction, InteractionType, PathRules
from msgpact.pactfile import v3, v4
from msgpact.pactfile.interactions import FormatError, mapping_of, metadata_content_type, read_parts
from msgpact.rules.fields import header_values, query_values
from msgpact.rules.matchers import text_of

__all__ = ["read_request", "read_response"]

Lists = dict[str, tuple[str, ...]]


def read_request(interaction: Interaction, version: str) -> ExpectedRequest:
    """The request of an HTTP interaction of a contract; *version* is the contract's `spec_version`.

    Raises:
        UnreadablePact: it cannot be understood.
        DeclarationError: the interaction is no HTTP interaction, or the version is none.
    """
    raw = _part(interaction, "request", version)
    try:
        method, path = raw.get("method", "GET"), raw.get("path", "/")
        query, headers = _query(raw.get("query"), version), _headers(raw)
        body, (rules, generators) = _body(raw, headers, version), _rules(raw, "requestMatchingRules")
    except FormatError as error:
        raise _unreadable(interaction, "request", error) from None
    return ExpectedRequest(text_of(method), text_of(path), query, headers, body, rules, generators)


def read_response(interaction: Interaction, version: str) -> ExpectedResponse:
    """As `read_request`: the response."""
    raw = _part(interaction, "response", version)
    try:
        status, headers = raw.get("status", 200), _headers(raw)
        if type(status) is not int:
            raise FormatError(f"its status is no whole number: {json.dumps(status)[:80]}")
        body, (rules, generators) = _body(raw, headers, version), _rules(raw, "responseMatchingRules")
    except FormatError as error:
        raise _unreadable(interaction, "response", error) from None
    return ExpectedResponse(status, headers, body, rules, generators)


VERSIONS = ("1.0.0", "1.1.0", "2.0.0", "3.0.0", "4.0")


def _part(interaction: Interaction, name: str, version: str) -> Mapping[str, object]:
    if version not in VERSIONS:
        raise DeclarationError(
            f"Cannot read the {name} of {interaction.description!r} as version {version!r}: it is none of "
            f"{', '.join(VERSIONS)}. Give the contract's spec_version."
        )
    if interaction.type is not InteractionType.HTTP:
        raise DeclarationError(
            f"Cannot read an HTTP {name} from {interaction.description!r}: it is {interaction.type.value}. "
            "Use its message, or its request and responses."
        )
    try:
        return mapping_of(interaction.extra.get(name), f"its {name}")
    except FormatError as error:
        raise _unreadable(interaction, name, error) from None


def _unreadable(interaction: Interaction, name: str, error: FormatError) -> UnreadablePact:
    return UnreadablePact(
        f"Cannot read the {name} of {interaction.description!r}: {error}. Let the tool that made the pact write it again."
    )


def _query(query: object, version: str) -> Lists | str:
    if isinstance(query, str) or query is None:
        text = query or ""
        return text if version == "1.0.0" else query_values(text)
    if not isinstance(query, dict):
        raise FormatError(f"its query is neither text nor an object: {json.dumps(query)[:80]}")
    return {name: _texts(values) for name, values in query.items()}


def _texts(values: object) -> tuple[str, ...]:
    """One text or several; a parameter without a value, which a file holds as null, has an empty one."""
    listed = values if isinstance(values, list) else [values]
    return tuple("" if each is None else text_of(each) for each in listed)


def _headers(raw: Mapping[str, object]) -> Lists:
    return {
        # A list says itself what is one value.
        name: _texts(value) if isinstance(value, list) else header_values(name, text_of(value))
        for name, value in mapping_of(raw.get("headers"), "its headers").items()
    }


def _body(raw: Mapping[str, object], headers: Lists, version: str) -> Contents:
    stated = metadata_content_type({name: list(values) for name, values in headers.items()})
    if version != "4.0":
        return v3.read_contents(raw, stated, name="body")
    if "body" in raw and not isinstance(raw["body"], dict | None):  # as the reference: then it is the document itself
        raw = {"body": {"content": json.dumps(raw["body"]), "encoded": "JSON"}}
    return v4.read_contents(raw, stated, name="body")


def _rules(raw: Mapping[str, object], old_name: str) -> tuple[dict[str, PathRules], dict[str, dict[str, Generator]]]:
    """The matching rules, which the first tools called by another name, and the generators."""
    return read_parts(
        {"matchingRules": raw.get("matchingRules", raw.get(old_name)), "generators": raw.get("generators")}
    )

"""Confluent's HTTP API over what an embedded registry holds: a row of the table for each method and path."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import parse_qsl, unquote

from msgpact.registries.embedded.descriptors import serialized
from msgpact.registries.embedded.held import Held, Reference, Stored, Version
from msgpact.registries.embedded.refused import Refused

__all__ = ["answer"]

Query = Mapping[str, str]
Body = Mapping[str, Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Asked:
    """A request, and what it is put to."""

    held: Held
    query: Query
    body: Body

    def says(self, name: str) -> bool:
        """Whether a parameter of the query is true."""
        return self.query.get(name, "").lower() == "true"


Handler = Callable[..., object]


class Text(str):
    """An answer that is not written as JSON again."""

    __slots__ = ()


def answer(held: Held, method: str, target: str, body: Body) -> object:
    """What the registry answers to a request, for JSON; raises Refused."""
    path, _, query_text = target.partition("?")
    asked = Asked(held, dict(parse_qsl(query_text)), body)
    allowed = False
    for wanted, pattern, handler in _ROUTES:
        matched = pattern.fullmatch(path.rstrip("/") or "/")
        if matched is not None and wanted == method:
            return handler(asked, *(unquote(part) for part in matched.groups()))
        allowed = allowed or matched is not None
    if allowed:
        raise Refused(405, "HTTP 405 Method Not Allowed")
    raise Refused(404, "HTTP 404 Not Found")


# -- schemas ---------------------------------------------------------------------------------------------------------


def _schemas(asked: Asked) -> object:
    found = [
        each
        for each in asked.held.all(deleted=asked.says("deleted"))
        if each.subject.startswith(asked.query.get("subjectPrefix", ""))
    ]
    if asked.says("latestOnly"):
        found = list({each.subject: each for each in found}.values())
    return [_version(each, asked) for each in _paged(found, asked)]


def _by_id(asked: Asked, schema_id: str) -> object:
    return _schema(asked.held.by_id(_number(schema_id)), asked)


def _text_of_id(asked: Asked, schema_id: str) -> object:
    return Text(asked.held.by_id(_number(schema_id)).schema.text)


def _by_guid(asked: Asked, guid: str) -> object:
    stored = asked.held.by_guid(guid)
    return {**_schema(stored, asked), "id": stored.id}


def _ids_of_guid(asked: Asked, guid: str) -> object:
    return [{"context": ".", "id": asked.held.by_guid(guid).id}]


def _subjects_of_id(asked: Asked, schema_id: str) -> object:
    uses = asked.held.uses(_number(schema_id), deleted=asked.says("deleted"))
    return _paged(sorted({each.subject for each in uses}), asked)


def _versions_of_id(asked: Asked, schema_id: str) -> object:
    uses = asked.held.uses(_number(schema_id), deleted=asked.says("deleted"))
    return _paged([{"subject": each.subject, "version": each.number} for each in uses], asked)


# -- subjects --------------------------------------------------------------------------------------------------------


def _subjects(asked: Asked) -> object:
    only_deleted = asked.says("deleted_only")
    prefix = asked.query.get("subjectPrefix", "")
    found = asked.held.subjects(deleted=only_deleted or asked.says("deleted"), prefix=prefix)
    if only_deleted:
        found = [name for name in found if name not in asked.held.subjects()]
    return _paged(found, asked)


def _versions(asked: Asked, subject: str) -> object:
    found = asked.held.versions(subject, deleted=asked.says("deleted") or asked.says("deleted_only"))
    if asked.says("deleted_only"):
        found = [version for version in found if version.deleted]
    return _paged([version.number for version in found], asked)


def _one_version(asked: Asked, subject: str, number: str) -> object:
    return _version(asked.held.version(subject, _version_number(number), deleted=asked.says("deleted")), asked)


def _text_of_version(asked: Asked, subject: str, number: str) -> object:
    return Text(asked.held.version(subject, _version_number(number), deleted=asked.says("deleted")).stored.schema.text)


def _referring(asked: Asked, subject: str, number: str) -> object:
    return _paged(asked.held.referring(subject, asked.held.version(subject, _version_number(number)).number), asked)


def _register(asked: Asked, subject: str) -> object:
    references = _references(asked.body)
    schema = asked.held.resolved(_kind(asked.body), _text(asked.body), references)
    number = asked.body.get("id")
    version = asked.held.register(
        subject,
        schema,
        references,
        normalize=asked.says("normalize"),
        schema_id=number if isinstance(number, int) and number > 0 else None,
    )
    return {"id": version.stored.id, "version": version.number, **_schema(version.stored, asked)}


def _lookup(asked: Asked, subject: str) -> object:
    asked.held.versions(subject, deleted=asked.says("deleted"))
    schema = asked.held.resolved(_kind(asked.body), _text(asked.body), _references(asked.body))
    found = asked.held.lookup(subject, schema, deleted=asked.says("deleted"), normalize=asked.says("normalize"))
    return _version(found, asked)


def _delete_subject(asked: Asked, subject: str) -> object:
    return asked.held.delete_subject(subject, permanent=asked.says("permanent"))


def _delete_version(asked: Asked, subject: str, number: str) -> object:
    return asked.held.delete_version(subject, _version_number(number), permanent=asked.says("permanent"))


# -- compatibility and mode ------------------------------------------------------------------------------------------


def _compatible_with(asked: Asked, subject: str, number: str) -> object:
    schema = asked.held.resolved(_kind(asked.body), _text(asked.body), _references(asked.body))
    earlier = [asked.held.version(subject, _version_number(number))]
    return _verdict(asked.held.incompatible(subject, schema, earlier, asked.held.levels.of(subject)), asked)


def _compatible(asked: Asked, subject: str) -> object:
    schema = asked.held.resolved(_kind(asked.body), _text(asked.body), _references(asked.body))
    earlier = asked.held.versions(subject) if subject in asked.held.subjects() else []
    return _verdict(asked.held.incompatible(subject, schema, earlier, asked.held.levels.of(subject)), asked)


def _verdict(messages: object, asked: Asked) -> object:
    verdict: dict[str, object] = {"is_compatible": not messages}
    return {**verdict, "messages": messages} if asked.says("verbose") else verdict


def _config(asked: Asked, subject: str | None = None) -> object:
    falls_back = subject is None or asked.says("defaultToGlobal")
    return {"compatibilityLevel": asked.held.levels.of(subject) if falls_back else asked.held.levels.own(str(subject))}


def _set_config(asked: Asked, subject: str | None = None) -> object:
    asked.held.levels.set(asked.body.get("compatibility"), subject)
    return {"compatibility": asked.held.levels.of(subject)}


def _unset_config(asked: Asked, subject: str | None = None) -> object:
    return {"compatibilityLevel": asked.held.levels.unset(subject)}


def _mode(asked: Asked, subject: str | None = None) -> object:
    falls_back = subject is None or asked.says("defaultToGlobal")
    return {"mode": asked.held.modes.of(subject) if falls_back else asked.held.modes.own(str(subject))}


def _set_mode(asked: Asked, subject: str | None = None) -> object:
    asked.held.set_mode(asked.body.get("mode"), subject, force=asked.says("force"))
    return {"mode": asked.held.modes.of(subject)}


def _unset_mode(asked: Asked, subject: str) -> object:
    return {"mode": asked.held.modes.unset(subject)}


# -- parts of requests and answers -----------------------------------------------------------------------------------


def _schema(stored: Stored, asked: Asked) -> dict[str, object]:
    schema = stored.schema
    text = serialized(schema) if asked.query.get("format") == "serialized" else schema.text
    answered: dict[str, object] = {"schema": text, "guid": stored.guid}
    if schema.format != "AVRO":  # left out by Confluent's too
        answered["schemaType"] = schema.format
    if stored.references:
        answered["references"] = [
            {"name": each.name, "subject": each.subject, "version": each.version} for each in stored.references
        ]
    return answered


def _version(version: Version, asked: Asked) -> dict[str, object]:
    return {
        "subject": version.subject,
        "version": version.number,
        "id": version.stored.id,
        **_schema(version.stored, asked),
    }


def _paged(found: list[T], asked: Asked) -> list[T]:
    try:
        offset, limit = (int(asked.query.get(name, default)) for name, default in (("offset", 0), ("limit", -1)))
    except ValueError:
        raise Refused(404, "HTTP 404 Not Found") from None
    return found[offset:] if limit < 0 else found[offset : offset + limit]


def _number(text: str) -> int:
    if not text.isascii() or not text.isdigit():
        raise Refused(404, "HTTP 404 Not Found")
    return int(text)


def _version_number(text: str) -> int | None:
    if text in ("latest", "-1"):
        return None
    if not text.isascii() or not text.isdigit() or not 0 < int(text) < 1 << 31:
        raise Refused(
            42202,
            f"The specified version '{text}' is not a valid version id. Allowed values are between [1, 2^31-1] and the "
            'string "latest"',
        )
    return int(text)


def _text(body: Body) -> str:
    text = body.get("schema")
    if not isinstance(text, str) or not text:
        raise Refused(42201, "Empty schema")
    return text


def _kind(body: Body) -> str:
    return str(body.get("schemaType") or "AVRO")


def _references(body: Body) -> list[Reference]:
    references = body.get("references") or []
    try:
        return [Reference(str(each["name"]), str(each["subject"]), int(each["version"])) for each in references]
    except (KeyError, TypeError, ValueError):
        raise Refused(42201, "Invalid schema: a reference has a name, a subject and a version") from None


_PATHS: list[tuple[str, str, Handler]] = [
    ("GET", "/", lambda asked: {}),
    ("GET", "/contexts", lambda asked: ["."]),
    ("GET", "/schemas", _schemas),
    ("GET", "/schemas/types", lambda asked: ["JSON", "PROTOBUF", "AVRO"]),
    ("GET", "/schemas/ids/*", _by_id),
    ("GET", "/schemas/ids/*/schema", _text_of_id),
    ("GET", "/schemas/ids/*/subjects", _subjects_of_id),
    ("GET", "/schemas/ids/*/versions", _versions_of_id),
    ("GET", "/schemas/guids/*", _by_guid),
    ("GET", "/schemas/guids/*/ids", _ids_of_guid),
    ("GET", "/subjects", _subjects),
    ("POST", "/subjects/*", _lookup),
    ("DELETE", "/subjects/*", _delete_subject),
    ("GET", "/subjects/*/versions", _versions),
    ("POST", "/subjects/*/versions", _register),
    ("GET", "/subjects/*/versions/*", _one_version),
    ("DELETE", "/subjects/*/versions/*", _delete_version),
    ("GET", "/subjects/*/versions/*/schema", _text_of_version),
    ("GET", "/subjects/*/versions/*/referencedby", _referring),
    ("POST", "/compatibility/subjects/*/versions", _compatible),
    ("POST", "/compatibility/subjects/*/versions/*", _compatible_with),
    ("GET", "/config", _config),
    ("PUT", "/config", _set_config),
    ("DELETE", "/config", _unset_config),
    ("GET", "/config/*", _config),
    ("PUT", "/config/*", _set_config),
    ("DELETE", "/config/*", _unset_config),
    ("GET", "/mode", _mode),
    ("PUT", "/mode", _set_mode),
    ("GET", "/mode/*", _mode),
    ("PUT", "/mode/*", _set_mode),
    ("DELETE", "/mode/*", _unset_mode),
]
_ROUTES = [(method, re.compile(path.replace("*", "([^/]+)")), handler) for method, path, handler in _PATHS]

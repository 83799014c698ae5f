"""A schema registry in a folder: it works offline, and can be committed beside the tests.

The folder holds schema files and `registry.json`, which says what they are:

    {"schemas": [
      {"file": "orders-value-1.avsc",
       "ids": [77, "f433dab6-6128-4549-a466-75aa52e31880", {"globalId": 78}],
       "subjects": {"orders-value": 1},
       "references": {"shop.Money": "money.avsc"}}
    ]}

`ids` are the numbers and GUIDs by which messages name the schema, Apicurio's global ids apart; `subjects` its version in each
subject. `format` (AVRO, PROTOBUF or JSON) is told by the file's ending where it is left out: `.avsc`, `.proto` or `.json`.
`references` and `subjects` may be left out. `pull` writes such a folder from another registry.
"""

import json
import re
import uuid
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, cast

from msgpact.errors import UsageError
from msgpact.registries.entries import Entry, Source
from msgpact.registries.sameness import direct_references, key_of
from msgpact.serializers.framed import GlobalId, Id, RegisteredSchema, SchemaFormat, SchemaId, no_id, unknown_id

__all__ = ["FilesRegistry", "pull"]

INDEX = "registry.json"
_ENDINGS: dict[str, SchemaFormat] = {".avsc": "AVRO", ".proto": "PROTOBUF", ".json": "JSON"}


class FilesRegistry:
    """The registry in a folder, read when it is made. It registers nothing.

    Raises:
        UsageError: the folder holds no `registry.json`, or one that cannot be used.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        self._noun = f"the registry {self.folder.as_posix()}"
        self._schemas: dict[SchemaId, RegisteredSchema] = {}
        self._ids: dict[str, list[SchemaId]] = {}
        self._subjects: dict[str, dict[int, RegisteredSchema]] = {}
        try:
            entries = _read_index(self.folder)
            for file in entries:
                self._add(entries[file], _read(self.folder, file, entries, ()))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"Cannot use the registry in {self.folder.as_posix()!r}: {error}. Mend {INDEX}; "
                "the documentation of FilesRegistry says what it holds."
            ) from None

    def _add(self, entry: Mapping[str, Any], schema: RegisteredSchema) -> None:
        for each in entry["ids"]:
            schema_id = _id(each)
            if self._schemas.setdefault(schema_id, schema) is not schema:
                raise ValueError(f"two schemas have the id {each}")
            self._ids.setdefault(key_of(schema), []).append(schema_id)
        for subject, version in entry["subjects"].items():
            self._subjects.setdefault(subject, {})[int(version)] = schema

    def __repr__(self) -> str:
        return f"FilesRegistry({self.folder.as_posix()!r})"

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id. Raises ValueError where no file has it."""
        if schema_id not in self._schemas:
            raise unknown_id(schema_id, self._noun)
        return self._schemas[schema_id]

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id of a schema. Raises ValueError where no file holds it, or it has no id of that kind."""
        ids = self._ids.get(key_of(schema))
        if ids is None:
            raise ValueError(f"its schema is in no file of {self._noun}: add it, for the subject {subject!r}")
        for schema_id in ids:
            if isinstance(schema_id, kind) and isinstance(schema_id, GlobalId) == issubclass(kind, GlobalId):
                return schema_id
        raise no_id(kind, self._noun)

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises ValueError where there is none."""
        return self.history(subject)[-1].schema

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        return sorted(self._subjects)

    def history(self, subject: str) -> list[Entry]:
        """The versions of a subject, the oldest first. Raises ValueError where there is none."""
        if subject not in self._subjects:
            raise ValueError(f"there is no subject {subject!r} in {self._noun}")
        versions = sorted(self._subjects[subject].items())
        return [Entry(number, tuple(self._ids.get(key_of(schema), ())), schema) for number, schema in versions]


# -- reading ---------------------------------------------------------------------------------------------------------


def _read_index(folder: Path) -> dict[str, Mapping[str, Any]]:
    if not folder.is_dir():
        raise ValueError("there is no such folder")
    if not (folder / INDEX).is_file():
        raise ValueError(f"it holds no {INDEX}")
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{INDEX} is not JSON: {error}") from None
    match index:
        case {"schemas": list() as schemas}:
            return {entry["file"]: entry for entry in map(_checked, schemas)}
        case _:
            raise ValueError(f'{INDEX} holds no list "schemas"')


def _checked(entry: object) -> Mapping[str, Any]:
    defaults: dict[str, object] = {"ids": [], "subjects": {}, "references": {}}
    match {**defaults, **entry} if isinstance(entry, dict) else entry:
        case {"file": str(), "ids": list(), "subjects": dict(), "references": dict()} as checked:
            return cast(Mapping[str, Any], checked)
        case _:
            raise ValueError(
                f"an entry has no file, or ids, subjects or references of another form: {str(entry)[:100]}"
            )


def _read(
    folder: Path, file: str, entries: Mapping[str, Mapping[str, Any]], within: tuple[str, ...]
) -> RegisteredSchema:
    if file in within:
        raise ValueError(f"{file} refers to itself")
    entry = entries.get(file, {"references": {}})
    kind = entry.get("format") or _ENDINGS.get(Path(file).suffix)
    if kind not in _ENDINGS.values():
        raise ValueError(f"the format of {file} is {kind!r}, not AVRO, PROTOBUF or JSON")
    references: dict[str, RegisteredSchema] = {}
    for name, other in entry["references"].items():
        found = _read(folder, str(other), entries, (*within, file))
        references |= {name: found, **found.references}
    text = (folder / file).read_text(encoding="utf-8")
    return RegisteredSchema(cast(SchemaFormat, kind), text, references)


def _id(written: object) -> SchemaId:
    match written:
        case int() if not isinstance(written, bool):
            return written
        case str():
            return uuid.UUID(written)
        case {"globalId": int() as number}:
            return GlobalId(number)
        case _:
            raise ValueError(f"{written!r} is no id: a number, a GUID or {{'globalId': a number}}")


# -- writing ---------------------------------------------------------------------------------------------------------


def pull(source: Source, folder: str | Path, subjects: Iterable[str] | None = None) -> FilesRegistry:
    """Write what another registry holds into a folder, all versions of *subjects*, or of all; its registry.json is replaced.

    Raises:
        ValueError: there is no such subject; a clause.
        Unavailable: the registry does not answer.
    """
    folder = Path(folder)
    files: dict[str, dict[str, Any]] = {}
    names: dict[str, str] = {}
    for subject in source.subjects() if subjects is None else subjects:
        for entry in source.history(subject):
            written = _keep(entry.schema, f"{subject}-{entry.version}", files, names)
            written["subjects"][subject] = entry.version
            written["ids"] += [each for each in map(_written_id, entry.schema_ids) if each not in written["ids"]]
    folder.mkdir(parents=True, exist_ok=True)
    for file, written in files.items():
        (folder / file).write_text(written.pop("text"), encoding="utf-8", newline="")
    index = {"schemas": [{"file": file, **files[file]} for file in sorted(files)]}
    (folder / INDEX).write_text(json.dumps(index, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return FilesRegistry(folder)


def _keep(
    schema: RegisteredSchema, name: str, files: dict[str, dict[str, Any]], names: dict[str, str]
) -> dict[str, Any]:
    """What is written of a schema, which is kept once, under the first name it gets."""
    key = key_of(schema)
    if key not in names:
        ending = next(ending for ending, kind in _ENDINGS.items() if kind == schema.format)
        plain = re.sub(r"[^\w.-]", "_", name).removesuffix(ending).lstrip(".") or "schema"
        taken = {file.lower() for file in files} | {INDEX}
        numbered = (f"{plain}{number or ''}{ending}" for number in range(len(files) + 2))
        names[key] = next(file for file in numbered if file.lower() not in taken)
        written: dict[str, Any] = {"ids": [], "subjects": {}, "references": {}, "text": schema.text}
        files[names[key]] = written
        for called, reference in direct_references(schema).items():
            _keep(reference, called, files, names)
            written["references"][called] = names[key_of(reference)]
    return files[names[key]]


def _written_id(schema_id: SchemaId) -> object:
    if isinstance(schema_id, GlobalId):
        return {"globalId": int(schema_id)}
    return str(schema_id) if isinstance(schema_id, uuid.UUID) else schema_id

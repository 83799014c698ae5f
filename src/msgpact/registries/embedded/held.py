"""What an embedded registry holds: subjects with their versions, ids, levels of compatibility and modes.

It decides as Confluent's registry does and refuses with its error codes; it knows nothing of HTTP.
"""

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import cast

from msgpact.registries.embedded.refused import Refused
from msgpact.registries.embedded.settings import levels, modes
from msgpact.registries.sameness import compact, guid_of, key_of
from msgpact.registries.validity import invalid
from msgpact.serializers.framed import RegisteredSchema, SchemaFormat

__all__ = ["Compatibility", "Held", "Reference", "Stored", "Version"]

Compatibility = Callable[[Sequence[RegisteredSchema], RegisteredSchema, str], Sequence[str]]
"""A checker: what is wrong with a schema after those before it, the newest last, by a level of `settings.LEVELS` but NONE."""


@dataclass(frozen=True, slots=True)
class Reference:
    """That a schema refers, by a name, to a version of a subject."""

    name: str
    subject: str
    version: int


@dataclass(frozen=True, slots=True)
class Stored:
    """A schema under its id."""

    id: int
    schema: RegisteredSchema
    references: tuple[Reference, ...] = ()

    @property
    def guid(self) -> str:
        return str(guid_of(self.schema))


@dataclass(frozen=True, slots=True)
class Version:
    """A schema as one version of a subject."""

    subject: str
    number: int
    stored: Stored
    deleted: bool = False


class Held:
    """The state of a registry.

    Args:
        compatibility: What judges a new version; None lets every one pass.
        level: The level that counts where a subject has none of its own.

    Attributes:
        levels: The levels of compatibility.
        modes: What may be done: see `set_mode`.
    """

    def __init__(self, compatibility: Compatibility | None = None, level: str = "BACKWARD") -> None:
        self._compatibility = compatibility
        self.levels, self.modes = levels(level), modes()
        self._stored: dict[int, Stored] = {}
        self._subjects: dict[str, list[Version]] = {}
        self._next = 1

    # -- looking up

    def subjects(self, *, deleted: bool = False, prefix: str = "") -> list[str]:
        """The names of the subjects that have a version left."""
        return sorted(
            name
            for name, versions in self._subjects.items()
            if name.startswith(prefix) and any(deleted or not version.deleted for version in versions)
        )

    def versions(self, subject: str, *, deleted: bool = False) -> list[Version]:
        """The versions of a subject, the oldest first; refused where there is none."""
        found = [version for version in self._subjects.get(subject, ()) if deleted or not version.deleted]
        if not found:
            raise Refused(40401, f"Subject '{subject}' not found.")
        return found

    def version(self, subject: str, number: int | None, *, deleted: bool = False) -> Version:
        """One version of a subject; None means the newest."""
        versions = self.versions(subject, deleted=deleted)
        if number is None:
            return versions[-1]
        for version in versions:
            if version.number == number:
                return version
        raise Refused(40402, f"Version {number} not found.")

    def by_id(self, schema_id: int) -> Stored:
        """The schema of an id, deleted softly or not."""
        if schema_id not in self._stored:
            raise Refused(40403, f"Schema {schema_id} not found")
        return self._stored[schema_id]

    def by_guid(self, guid: str) -> Stored:
        """The schema of a GUID."""
        for stored in self._stored.values():
            if stored.guid == guid.lower():
                return stored
        raise Refused(40403, f"Schema {guid} not found")

    def uses(self, schema_id: int, *, deleted: bool = False) -> list[Version]:
        """The versions that are the schema of an id."""
        self.by_id(schema_id)
        return [each for each in self.all(deleted=deleted) if each.stored.id == schema_id]

    def all(self, *, deleted: bool = False) -> Iterator[Version]:
        """Every version of every subject."""
        for _, versions in sorted(self._subjects.items()):
            yield from (version for version in versions if deleted or not version.deleted)

    def referring(self, subject: str, number: int) -> list[int]:
        """The ids of the schemas that refer to a version."""
        here = (subject, number)
        return [
            each.id
            for each in self._stored.values()
            if any((reference.subject, reference.version) == here for reference in each.references)
        ]

    def lookup(
        self, subject: str, schema: RegisteredSchema, *, deleted: bool = False, normalize: bool = False
    ) -> Version:
        """The version of a subject that is a schema."""
        for version in reversed(self.versions(subject, deleted=deleted)):
            if _same(version.stored.schema, schema, normalize):
                return version
        raise Refused(40403, "Schema not found")

    # -- registering

    def resolved(self, kind: str, text: str, references: Sequence[Reference]) -> RegisteredSchema:
        """A schema with those it refers to; refused where it is none, or one of those is not there."""
        if kind not in ("AVRO", "PROTOBUF", "JSON"):
            raise Refused(42201, f"Invalid schema type {kind}")
        found: dict[str, RegisteredSchema] = {}
        for reference in references:
            try:
                schema = self.version(reference.subject, reference.version, deleted=True).stored.schema
            except Refused:
                raise Refused(
                    42201,
                    f"Invalid schema: No schema reference found for subject '{reference.subject}' and version "
                    f"{reference.version}",
                ) from None
            found |= {reference.name: schema, **schema.references}
        schema = RegisteredSchema(cast(SchemaFormat, kind), text, found)
        wrong = invalid(schema)
        if wrong:
            raise Refused(42201, f"Invalid schema of type {kind}, details: {wrong}")
        return schema

    def register(
        self,
        subject: str,
        schema: RegisteredSchema,
        references: Sequence[Reference] = (),
        *,
        normalize: bool = False,
        schema_id: int | None = None,
    ) -> Version:
        """The version of a subject that is a schema, a new one where there is none; refused where it is incompatible."""
        versions = self._subjects.setdefault(subject, [])
        for version in versions:
            if not version.deleted and _same(version.stored.schema, schema, normalize):
                return version
        mode = self.modes.of(subject)
        if mode.startswith("READONLY"):
            raise Refused(42205, f"Subject {subject} in context  is in read-only mode")
        if schema_id is not None and mode != "IMPORT":
            raise Refused(42205, f"Subject {subject} is not in import mode")
        if mode != "IMPORT":
            self._demand_compatible(subject, schema)
        stored = self._store(schema, tuple(references), normalize, schema_id)
        number = 1 + max((version.number for version in versions), default=0)
        versions.append(Version(subject, number, stored))
        return versions[-1]

    def _store(
        self, schema: RegisteredSchema, references: tuple[Reference, ...], normalize: bool, schema_id: int | None
    ) -> Stored:
        for stored in self._stored.values():
            if _same(stored.schema, schema, normalize) and schema_id in (None, stored.id):
                return stored
        if schema_id in self._stored:
            raise Refused(42205, f"Overwrite new schema with id {schema_id} is not permitted.")
        number = schema_id or self._next
        self._next = max(self._next, number + 1)
        text = schema.text if schema.format == "PROTOBUF" else compact(schema)
        kept = dataclasses.replace(schema, text=text)
        return self._stored.setdefault(number, Stored(number, kept, references))

    def _demand_compatible(self, subject: str, schema: RegisteredSchema) -> None:
        earlier = [version for version in self._subjects.get(subject, ()) if not version.deleted]
        messages = self.incompatible(subject, schema, earlier, self.levels.of(subject))
        if messages:
            raise Refused(
                409,
                f'Schema being registered is incompatible with an earlier schema for subject "{subject}", details: '
                f"[{', '.join(messages)}]",
            )

    def incompatible(
        self, subject: str, schema: RegisteredSchema, earlier: Sequence[Version], level: str
    ) -> Sequence[str]:
        """What is wrong with a schema after *earlier* versions; nothing where it may follow them."""
        if level == "NONE" or not earlier:
            return ()
        judged = earlier if level.endswith("_TRANSITIVE") else earlier[-1:]
        if any(version.stored.schema.format != schema.format for version in judged):
            return (f"the schemas of subject {subject} are not in {schema.format}",)
        if self._compatibility is None:
            return ()
        return self._compatibility([each.stored.schema for each in judged], schema, level)

    # -- deleting

    def delete_subject(self, subject: str, *, permanent: bool = False) -> list[int]:
        """Delete all versions, softly, or those deleted softly for good; their numbers."""
        if permanent:
            if subject in self.subjects():
                raise Refused(40405, f"Subject '{subject}' was not deleted first before being permanently deleted")
            gone = self.versions(subject, deleted=True)
        else:
            if subject in self.subjects(deleted=True) and subject not in self.subjects():
                raise Refused(40404, f"Subject '{subject}' was soft deleted.Set permanent=true to delete permanently")
            gone = self.versions(subject)
        for version in gone:
            self._demand_unreferenced(version)
        self.levels.forget(subject)
        self.modes.forget(subject)
        return [self._delete(version, permanent) for version in gone]

    def delete_version(self, subject: str, number: int | None, *, permanent: bool = False) -> int:
        """Delete one version; its number."""
        version = self.version(subject, number, deleted=True)
        name = f"Subject '{subject}' Version {version.number}"
        if permanent and not version.deleted:
            raise Refused(40407, f"{name} was not deleted first before being permanently deleted")
        if not permanent and version.deleted:
            raise Refused(40406, f"{name} was soft deleted.Set permanent=true to delete permanently")
        self._demand_unreferenced(version)
        return self._delete(version, permanent)

    def _demand_unreferenced(self, version: Version) -> None:
        if self.referring(version.subject, version.number):
            raise Refused(
                42206,
                "One or more references exist to the schema {magic=1,keytype=SCHEMA,subject="
                f"{version.subject},version={version.number}}}.",
            )

    def _delete(self, version: Version, permanent: bool) -> int:
        versions = self._subjects[version.subject]
        if permanent:
            versions.remove(version)
            if not self.uses(version.stored.id, deleted=True):
                del self._stored[version.stored.id]
            if not versions:
                del self._subjects[version.subject]
        else:
            versions[versions.index(version)] = dataclasses.replace(version, deleted=True)
        return version.number

    # -- the mode

    def set_mode(self, mode: object, subject: str | None = None, *, force: bool = False) -> None:
        """Set a mode, a subject's or the one of all others; refused is an import into what has schemas."""
        there = self.subjects(deleted=True)
        if mode == "IMPORT" and not force and (there if subject is None else subject in there):
            raise Refused(42205, "Cannot import since found existing subjects")
        self.modes.set(mode, subject)


def _same(one: RegisteredSchema, other: RegisteredSchema, normalize: bool) -> bool:
    return key_of(one, normalize=normalize) == key_of(other, normalize=normalize)

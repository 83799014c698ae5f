"""A schema registry in memory, for tests: it knows what it is told."""

from msgpact.registries.entries import Entry
from msgpact.registries.sameness import guid_of, key_of
from msgpact.serializers.framed import GlobalId, Id, RegisteredSchema, SchemaId, no_id, unknown_id

__all__ = ["MemoryRegistry"]


class MemoryRegistry:
    """A registry that starts empty."""

    def __init__(self) -> None:
        self._schemas: dict[SchemaId, RegisteredSchema] = {}
        self._ids: dict[str, list[SchemaId]] = {}
        self._subjects: dict[str, list[RegisteredSchema]] = {}

    def __repr__(self) -> str:
        return f"MemoryRegistry({len(self._ids)} schemas)"

    def register(self, subject: str, schema: RegisteredSchema, *schema_ids: SchemaId) -> None:
        """Add a schema as the newest of a subject, under ids of the caller's; without any it gets one of every kind."""
        known = self._ids.setdefault(key_of(schema), [])
        if not schema_ids and not known:
            number = 1 + max((each for each in self._schemas if isinstance(each, int)), key=int, default=0)
            schema_ids = (int(number), GlobalId(number), guid_of(schema))
        for schema_id in schema_ids:
            self._schemas[schema_id] = schema
            known.append(schema_id)
        versions = self._subjects.setdefault(subject, [])
        if all(key_of(each) != key_of(schema) for each in versions):
            versions.append(schema)

    def find(self, schema_id: SchemaId, /) -> RegisteredSchema:
        """The schema of an id. Raises ValueError where it is not known."""
        if schema_id not in self._schemas:
            raise unknown_id(schema_id, "the registry in memory")
        return self._schemas[schema_id]

    def id_of(self, schema: RegisteredSchema, subject: str, kind: type[Id], /) -> Id:
        """The id of a schema, which is registered if it is not. Raises ValueError where it has none of that kind."""
        self.register(subject, schema)
        for schema_id in self._ids[key_of(schema)]:
            if isinstance(schema_id, kind) and isinstance(schema_id, GlobalId) == issubclass(kind, GlobalId):
                return schema_id
        raise no_id(kind, "the registry in memory")

    def latest(self, subject: str, /) -> RegisteredSchema:
        """The newest schema of a subject. Raises ValueError where there is none."""
        if subject not in self._subjects:
            raise ValueError(f"there is no subject {subject!r} in the registry in memory")
        return self._subjects[subject][-1]

    def subjects(self) -> list[str]:
        """The names of all subjects."""
        return sorted(self._subjects)

    def history(self, subject: str) -> list[Entry]:
        """The versions of a subject, the oldest first. Raises ValueError where there is none."""
        self.latest(subject)
        versions = enumerate(self._subjects[subject], 1)
        return [Entry(number, tuple(self._ids[key_of(schema)]), schema) for number, schema in versions]

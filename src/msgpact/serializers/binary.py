"""Bytes as they are, for content types that nothing else knows, and for those whose schema nobody gave."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgpact.errors import shown

__all__ = ["WITHOUT_SCHEMA", "SchemaMissing", "build", "dump", "load"]


def dump(value: object) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"no serializer is known for its content type, so it must be bytes, not {value!r}")
    return bytes(value)


def load(contents: bytes) -> bytes:
    return contents


def build(contents: bytes, into: object) -> object:  # noqa: ARG001  (a Serializer)
    raise TypeError(f"no serializer is known for its content type, so it is delivered as bytes, not as {into!r}")


@dataclass(frozen=True, slots=True)
class SchemaMissing:
    """Contents that only a schema could take apart: bytes, until one is given.

    Attributes:
        name: The serializer that takes it.
    """

    name: str

    def dump(self, value: object, /) -> bytes:
        if not isinstance(value, bytes | bytearray | memoryview):
            raise TypeError(f"{self.missing}, so it must be bytes, not {shown(value)}")
        return bytes(value)

    def load(self, contents: bytes, /) -> bytes:
        return contents

    def build(self, contents: bytes, into: object, /) -> object:  # noqa: ARG002  (a Serializer)
        raise TypeError(f"{self.missing}, so it is delivered as bytes, not as {into!r}")

    @property
    def missing(self) -> str:
        """What is to be done, as a clause."""
        return f"nothing says its schema (give serializer={self.name}(…))"


WITHOUT_SCHEMA: Mapping[str, SchemaMissing] = {name: SchemaMissing(name) for name in ("Avro", "Protobuf")}
"""By `ContentType.schema`."""

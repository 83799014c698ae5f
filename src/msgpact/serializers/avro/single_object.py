"""Avro's single-object encoding: two bytes, and the fingerprint of the writer's schema, which is looked up among known ones."""

import functools
from dataclasses import dataclass

from msgpact.model import Headers
from msgpact.serializers.avro import forms
from msgpact.serializers.avro.given import AvroSchema, Given, declared
from msgpact.serializers.framed import Framed, RegisteredSchema
from msgpact.serializers.frames.signs import no_frame, sized

__all__ = ["SingleObject"]

_MARKER = b"\xc3\x01"
_SIZE = 10


@dataclass(frozen=True, init=False)
class SingleObject:
    """Single-object encoding; the schemas are all that writers may have used, ours among them.

    A writer is also known by the fingerprints that Apache Avro for Python, goavro and hamba make, which are others than the
    specification's.
    """

    schemas: tuple[AvroSchema, ...]

    def __init__(self, *schemas: Given) -> None:
        """Raises DeclarationError: one of them is no schema."""
        object.__setattr__(self, "schemas", tuple(declared(each) for each in schemas))

    @property
    def name(self) -> str:
        return "single-object"

    @functools.cached_property
    def _known(self) -> dict[bytes, RegisteredSchema]:
        """The specification's fingerprints count before the others."""
        found: dict[bytes, RegisteredSchema] = {}
        for each in self.schemas:
            found.setdefault(bytes.fromhex(each.fingerprint), each.registered)
        for each in self.schemas:
            for other in forms.fingerprints(each.root):
                found.setdefault(other, each.registered)
        return found

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:
        """The datum. Raises as `Framing.unwrap`."""
        if not contents.startswith(_MARKER):
            begins = f"it begins with 0x{contents[:2].hex()}, not 0xc301" if contents else "it is empty"
            raise no_frame("single-object", "", begins, contents, headers)
        sized(contents, _SIZE)
        fingerprint = contents[2:_SIZE]
        schema = self._known.get(fingerprint)
        if schema is None:
            known = ", ".join(f"{each.name} ({each.fingerprint})" for each in self.schemas) or "none"
            raise ValueError(f"its schema fingerprint {fingerprint.hex()} is not known: known are {known}")
        return Framed(contents[_SIZE:], schema)

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The marker, the fingerprint of the specification, and the datum. Raises as `Framing.wrap`."""
        if framed.schema is None:
            raise ValueError("nothing says which schema it is written with")
        return _MARKER + bytes.fromhex(declared(framed.schema).fingerprint) + framed.payload, ()

"""The frame of the Azure schema registry: none; the content type holds the schema's id.

The header `content-type` is `avro/binary+ID` or `application/json;serialization=Json+ID`, the ID 32 hexadecimal digits.
"""

import re
import uuid
from dataclasses import dataclass, field

from msgpact.model import Headers, is_content_type_key
from msgpact.serializers.framed import Framed, MadeUpIds, Registry
from msgpact.serializers.frames.signs import header_of, no_frame, to_be_framed

__all__ = ["Azure"]

_TYPES = {"AVRO": "avro/binary", "JSON": "application/json;serialization=Json"}
_WITH_ID = re.compile(r"(.+)\+([0-9a-fA-F]{32}|[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})")


@dataclass(frozen=True, slots=True)
class Azure:
    """Azure's way to name a schema.

    Attributes:
        registry: What knows the ids. Without one they are made up: a consumer's contract does not say which.
        subject: The name of the schema; only writing needs it.
    """

    registry: Registry = field(default_factory=MadeUpIds)
    subject: str | None = None

    @property
    def name(self) -> str:
        return "azure"

    def unwrap(self, contents: bytes, headers: Headers = ()) -> Framed:
        """The payload. Raises as `Framing.unwrap`."""
        found = header_of(headers, [name for name, _ in headers if is_content_type_key(name)])
        if found is None:
            raise no_frame("Azure", "", "it has no header content-type", contents, headers)
        text = (found[1] or b"").decode("latin-1")
        matched = _WITH_ID.fullmatch(text)
        if matched is None:
            wanted = f"its content type {text!r} does not end with + and the 32 digits of a schema id"
            raise no_frame("Azure", "", wanted, contents, headers)
        schema = self.registry.find(uuid.UUID(matched[2]))
        expected = _TYPES.get(schema.format)
        if expected is not None and matched[1].replace(" ", "").lower() != expected.lower():
            raise ValueError(f"its content type {text!r} does not begin with {expected!r}, as its schema asks")
        return Framed(contents, schema)

    def wrap(self, framed: Framed, /) -> tuple[bytes, Headers]:
        """The payload as it is, and the header. Raises as `Framing.wrap`."""
        schema, subject = to_be_framed(framed, self.subject, "Azure", self.registry)
        if schema.format not in _TYPES:
            raise ValueError(f"Azure has no content type for a schema in {schema.format}")
        guid = self.registry.id_of(schema, subject, uuid.UUID)
        return framed.payload, (("content-type", f"{_TYPES[schema.format]}+{guid.hex}".encode()),)

"""The attributes of a CloudEvent in binary mode as headers, by the binding of a transport."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

from msgpact.model import Headers
from msgpact.serializers.cloudevents.attributes import NAME, as_text

__all__ = ["BINDINGS", "Binding"]


@dataclass(frozen=True, slots=True)
class Binding:
    """How a transport's headers name attributes and hold their values.

    Attributes:
        prefixes: What stands before the name of an attribute; the first is written, all are read.
        is_http: Whether names have no case, and values are percent-encoded.
    """

    prefixes: tuple[str, ...]
    is_http: bool = False

    def name(self, attribute: str) -> str:
        """The header that an attribute stands in."""
        return _CONTENT_TYPE if attribute == "datacontenttype" else self.prefixes[0] + attribute

    def value(self, value: object) -> str:
        """The text of a header that holds a value."""
        text = as_text(value)
        return _ENCODED.sub(_percent, text) if self.is_http else text

    def read(self, headers: Headers) -> dict[str, object]:
        """The attributes that headers hold; where a header stands twice, the first one counts.

        Raises:
            ValueError: a header is no text; a clause.
        """
        found: dict[str, object] = {}
        content_type = None
        for name, value in headers:
            if name.lower() == _CONTENT_TYPE:
                content_type = content_type if value is None else content_type or self._text(name, value)
            elif value is not None and (attribute := self._attribute(name)) is not None:
                found.setdefault(attribute, self._text(name, value))
        # The JavaScript SDK states the content type in both ways; what the transport says of the body counts.
        return found if content_type is None else {**found, "datacontenttype": content_type}

    def _attribute(self, header: str) -> str | None:
        name = header.lower() if self.is_http else header
        prefix = next((each for each in self.prefixes if name.startswith(each)), None)
        return None if prefix is None else name.removeprefix(prefix)

    def _text(self, name: str, value: bytes) -> str:
        try:
            text = value.decode()
            if not self.is_http:
                return text
            if len(text) > 1 and text[0] == text[-1] == '"':
                text = _ESCAPED.sub(r"\1", text[1:-1])
            return _PERCENT.sub(lambda found: bytes.fromhex(found[0].replace("%", "")).decode(), text)
        except UnicodeDecodeError as error:
            raise ValueError(
                f"its header {name} is no UTF-8 text: byte {error.start} is {error.object[error.start]:#04x}"
            ) from None

    def holds(self, headers: Headers) -> bool:
        """Whether there are attributes among headers."""
        return any(value is not None and NAME.fullmatch(self._attribute(name) or "") for name, value in headers)


_CONTENT_TYPE = "content-type"
_ENCODED = re.compile(r"[^!#$&-~]")  # blanks, quotes, percent signs, and all beyond printable ASCII
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_PERCENT = re.compile(r"(?:%[0-9A-Fa-f]{2})+")


def _percent(found: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in found[0].encode())


BINDINGS: Mapping[str, Binding] = {
    "amqp": Binding(("cloudEvents_", "cloudEvents:")),
    "http": Binding(("ce-",), is_http=True),
    "kafka": Binding(("ce_",)),
    # There is none in the specification: this is what the Python SDK writes.
    "rabbitmq": Binding(("ce-",)),
}

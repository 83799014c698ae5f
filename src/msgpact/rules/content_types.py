"""Content types: parsed, compared and guessed as Pact does (specification 3, "Message"; RFC 6838)."""

import functools
import re
from typing import Literal, NamedTuple

__all__ = ["ContentType", "guess", "looks_like", "parameters_fit", "parse"]


class ContentType(NamedTuple):
    """A parsed content type; all parts but parameter values other than charset are lower case."""

    main: str
    sub: str
    suffix: str | None
    parameters: tuple[tuple[str, str], ...]
    """Sorted by name."""

    @property
    def is_json(self) -> bool:
        """Whether bodies of it are compared as JSON: `application/json…`, `application/…+json`, GraphQL."""
        return self.main == "application" and (
            self.sub.startswith("json") or self.suffix == "json" or self.sub == "graphql"
        )

    @property
    def is_xml(self) -> bool:
        """Whether bodies of it are compared as XML: `application/xml`, `text/xml`, `…+xml`."""
        return self.main in ("application", "text") and (self.sub == "xml" or self.suffix == "xml")

    @property
    def is_form(self) -> bool:
        """Whether it is `application/x-www-form-urlencoded`."""
        return self.main == "application" and self.sub == "x-www-form-urlencoded"

    @property
    def is_text(self) -> bool:
        """Whether bodies of it are characters."""
        return self.main == "text" or self.is_xml or self.is_json or self.is_form

    @property
    def is_binary(self) -> bool:
        """Whether bodies of it are bytes that a pact holds in base64."""
        return self.main in ("audio", "font", "image", "video") or not self.is_text

    @property
    def name(self) -> str:
        """The type without its parameters: `application/hal+json`."""
        return f"{self.main}/{self.sub}+{self.suffix}" if self.suffix else f"{self.main}/{self.sub}"

    @property
    def schema(self) -> Literal["Avro", "Protobuf"] | None:
        """What its bytes are written by a schema of, under the names in use, which are no two equivalent."""
        if self.main == "avro" or self.suffix == "avro" or self.name in _AVRO:
            return "Avro"
        return "Protobuf" if self.suffix in ("proto", "protobuf") or self.name in _PROTOBUF else None

    @property
    def base_type(self) -> "ContentType":
        """The type that its suffix names, or itself, without parameters: `application/json` of `application/hal+json`."""
        return ContentType(self.main, self.suffix or self.sub, None, ())

    @property
    def is_any(self) -> bool:
        """Whether it leaves the type open: `*/*`, `text/*`."""
        return "*" in (self.main, self.sub)

    def is_equivalent_to(self, other: "ContentType") -> bool:
        """Whether a message of type *other* may be compared with this expected type: parameters count if stated here."""
        if self.main in ("application", "text") and self.sub == "xml" and self.suffix is None:
            same = other.main in ("application", "text") and other.sub == "xml" and other.suffix is None
        else:
            same = self[:3] == other[:3]
        return same and (not self.parameters or self.parameters == other.parameters)


_AVRO = frozenset(
    f"application/{name}"
    for name in ("avro", "avro-binary", "vnd.apache.avro", "vnd.apache.avro.binary", "x-avro", "x-avro-binary")
)
_PROTOBUF = frozenset(
    f"application/{name}" for name in ("protobuf", "vnd.google.protobuf", "x-google-protobuf", "x-protobuf", "grpc")
)

_TYPE = re.compile(r"\s*([^\s/;]+)/([^\s/;]+)\s*(?:;(.*))?\Z", re.DOTALL)


@functools.lru_cache(maxsize=512)
def parse(text: str) -> ContentType | None:
    """The parsed content type, or None where *text* is not one."""
    match = _TYPE.match(text)
    if match is None:
        return None
    sub, plus, suffix = match[2].lower().rpartition("+")
    if not plus:
        sub, suffix = suffix, ""
    return ContentType(match[1].lower(), sub, suffix or None, tuple(sorted(_parameters(match[3] or "").items())))


def _parameters(text: str) -> dict[str, str]:
    found = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            name, value = name.strip().lower(), value.strip().strip('"')
            found[name] = value.lower() if name == "charset" else value
    return found


def parameters_fit(expected: str, actual: str) -> bool:
    """How metadata named contentType is compared: the type exactly, stated parameters in any case, others free."""
    main, _, rest = expected.partition(";")
    actual_main, _, actual_rest = actual.partition(";")
    if main.strip() != actual_main.strip():
        return False
    has = {name: value.lower() for name, value in _parameters(actual_rest).items()}
    return all(has.get(name) == value.lower() for name, value in _parameters(rest).items())


_XML_DECLARATION = re.compile(r"\s*<\?xml\s*version")
_HTML = re.compile(r"\s*(?:<!DOCTYPE|<HTML>)", re.IGNORECASE)
_XML = re.compile(r"\s*<\w+\s*")
_JSON = re.compile(r'\s*(?:true|false|null|[0-9]+|"\w*|\{\s*(?:\}|"\w+)|\[\s*)')


def guess(contents: bytes) -> str:
    """The content type of a body that states none: XML, HTML, JSON or text by its beginning, else bytes."""
    try:
        head = contents[:32].decode()
    except UnicodeDecodeError as error:
        if error.start < 28:  # later: a character cut in two
            return "application/octet-stream"
        head = contents[: error.start].decode()
    if _XML_DECLARATION.match(head):
        return "application/xml"
    if _HTML.match(head):
        return "text/html"
    if _XML.match(head):
        return "application/xml"
    return "application/json" if _JSON.match(head) else "text/plain"


def looks_like(contents: bytes, expected: str) -> str | None:
    """None if the bytes show the *expected* type, else the type they show: by signature, else by their beginning.

    JSON is `text/plain` too: signatures do not tell them apart.
    """
    import filetype

    found = filetype.guess_mime(contents)
    if found is None:
        found = guess(contents)
        if expected == "text/plain" and found == "application/json":
            return None
    return None if found == expected else str(found)

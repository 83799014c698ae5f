"""What a serializer may have beside its three functions: every such member is looked up here, or in the module named.

| member | whose | what it is | without it |
|---|---|---|---|
| `content_type` | any | what its messages are sent with | JSON's |
| `sent`, `received`, `bare_reader` | `base.Enveloped` | what stands around a payload | nothing does |
| `framing`, or its name as `frame` | one that frames | the registry's frame around a payload | no frames are known of |
| `frames` | one that frames | frames that need no registry but its schema, by name | there are none |
| `schema`, `reading` | one that holds a schema | ours, with a `fingerprint`; what reads as ours what another schema wrote | |
| `known` | one that holds a schema | what is sure of every document | nothing is |
| `example_bytes` | `base` | the payload of a template's example | that of `dump` |
| `example`, `actual` | `comparing.Comparing` | what is compared of an example, and of a message | its document |
| `plugin_form` | `plugin_form` | how a pact says the schema | it does not |
| `is_exact` | one of a pact | that all of an example is compared, as of what msgpact wrote | it is |
| `is_json` | one of JSON | that a pact holds the contents as JSON | it holds bytes |
| `parts`, `holds`, `fixed` | `OfMessages` | a value that stands in several parts of a message | it is the contents |
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, cast

from msgpact.model import Headers, Serializer
from msgpact.rules.plan import Known
from msgpact.serializers.framed import Framing

__all__ = [
    "OfMessages",
    "Parts",
    "fingerprint_of",
    "frame_of",
    "holds_schema",
    "is_exact",
    "is_json",
    "known_of",
    "of_messages",
    "own_frames",
    "reading_as",
    "usual_content_type",
]


def usual_content_type(serializer: object) -> str | None:
    """What messages are sent with where nothing else is stated."""
    found = getattr(serializer, "content_type", None)
    return found if isinstance(found, str) else None


def frame_of(serializer: object) -> str | None:
    """The name of the frame around its payloads, `none` without one; None where it knows of no frames."""
    if (name := getattr(serializer, "frame", None)) is not None:
        return str(name)
    if not hasattr(serializer, "framing"):
        return None
    framing = serializer.framing
    return "none" if framing is None else str(framing.name)


def own_frames(serializer: object) -> Mapping[str, Framing]:
    """The frames that need no registry, by the names that contracts say."""
    found: Mapping[str, Framing] = getattr(serializer, "frames", {})
    return found


def holds_schema(serializer: object) -> bool:
    """Whether its documents may have what only a schema put there, such as a default."""
    return hasattr(serializer, "schema")


def fingerprint_of(serializer: object) -> str | None:
    """That of its schema, where its format has fingerprints."""
    found = getattr(getattr(serializer, "schema", None), "fingerprint", None)
    return found if isinstance(found, str) else None


def reading_as(serializer: Serializer, sends: object) -> Serializer:
    """What reads, as *serializer* does, what a sender's serializer wrote. Raises ValueError where it cannot be read so."""
    writer, reading = getattr(sends, "schema", None), getattr(serializer, "reading", None)
    return serializer if writer is None or reading is None else cast(Serializer, reading(writer))


def known_of(serializer: object) -> Known:
    """What is sure of every document, by the schema."""
    found: Known = getattr(serializer, "known", None)
    return found


def is_exact(serializer: object) -> bool:
    """Whether all of an example is compared; else what the plugin that wrote it does not compare is not."""
    return getattr(serializer, "is_exact", True) is True


def is_json(serializer: object) -> bool:
    """Whether a pact holds the contents as JSON, whatever they travel in."""
    return getattr(serializer, "is_json", False) is True


# -- values of a whole message ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Parts:
    """What a contract says of a value that stands in several parts of a message.

    Attributes:
        contents: The template of the contents; UNSET where nothing of it stands there.
        metadata: The templates of the entries.
        serializer: What reads and writes the contents, where that does not follow from the content type.
    """

    contents: object
    metadata: Mapping[str, object]
    content_type: Any
    serializer: Serializer | None = None


class OfMessages(Serializer, Protocol):
    """A serializer whose value is a whole message: some of it may stand in headers, as an event's attributes do."""

    @property
    def fixed(self) -> Sequence[str]:
        """Names that a contract states exactly where it is derived from an example."""

    def holds(self, headers: Headers, /) -> bool:
        """Whether a message with these headers says something even if it has no contents."""

    def parts(self, template: object, metadata: Mapping[str, object], content_type: str | None, /) -> Parts:
        """What a template states of a message. Raises DeclarationError where a message cannot show it."""


def of_messages(serializer: object) -> OfMessages | None:
    """The serializer, if it is one of whole messages."""
    return cast(OfMessages, serializer) if hasattr(serializer, "parts") else None

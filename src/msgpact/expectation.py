"""One message that a handler must cope with, as its decorator stated it; what it means in a pact is worked out when asked."""

import sys
import types
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgpact.annotations import has_fields, holds_fields, is_plain_dict, members_of, name_of
from msgpact.checking import check_once
from msgpact.derive import derive, derive_typed, without_unsaid
from msgpact.errors import DeclarationError, MsgpactError, shown
from msgpact.model import (
    Contents,
    Form,
    Interaction,
    InteractionType,
    Message,
    MessageContents,
    Outgoing,
    Presence,
    ProviderState,
    Serializer,
)
from msgpact.serializers import headers_of, others_serializer, received, sent, serializer_for
from msgpact.serializers.base import example_bytes
from msgpact.serializers.json import readable
from msgpact.serializers.members import fingerprint_of, frame_of, holds_schema, of_messages
from msgpact.signatures import Parameters, Place
from msgpact.template import UNSET, compile_message, content_type_of

__all__ = [
    "Decode",
    "Expectation",
    "SynchronousMessage",
    "Via",
    "is_tombstone",
    "load_as",
    "message_of",
    "module_name",
    "native_type",
    "origin_of",
]

Decode = Callable[[bytes], object]
Via = Callable[[Message], object]


@dataclass(frozen=True, slots=True)
class SynchronousMessage:
    """What `requests` says of a synchronous message: a template for the request and one for each response.

    Attributes:
        sent_by: The function that makes the request in production, where one is named.
        serializer: Reads and writes the responses, where another one does than the request's.
    """

    request: object
    responses: tuple[object, ...]
    sent_by: Parameters | None
    serializer: Serializer | None = None


@dataclass(slots=True, eq=False, kw_only=True)
class Expectation:
    """What one `expects`, or one `requests`, says.

    Attributes:
        content_type: As stated; None where only the metadata may say it.
        serializer: Reads and writes the contents where it is stated, as one that knows a schema is.
        synchronous: The request and the responses of a synchronous message; None for a one-way message.
    """

    consumer: str
    provider: str
    description: str
    states: tuple[ProviderState, ...]
    handler: Callable[..., object]
    place: Place
    content_type: str | None
    decode: Decode | None
    pending: bool
    parameters: Parameters
    contents: object = UNSET
    example: object = UNSET
    metadata: Mapping[str, object] = field(default_factory=dict)
    via: Via | None = None
    serializer: Serializer | None = None
    synchronous: SynchronousMessage | None = None
    _compiled: tuple[Interaction, tuple[str, ...]] | None = field(default=None, init=False, repr=False)

    def __str__(self) -> str:
        if not self.states:
            return self.description
        return f"{self.description} (given {'; '.join(map(str, self.states))})"

    @property
    def interaction(self) -> Interaction:
        """The interaction as the pact holds it.

        Raises:
            DeclarationError: what was stated cannot be; the message names the handler.
        """
        return self._worked_out()[0]

    @property
    def notes(self) -> tuple[str, ...]:
        """What an example's types could not promise. Raises as `interaction` does."""
        return self._worked_out()[1]

    def _worked_out(self) -> tuple[Interaction, tuple[str, ...]]:
        if self._compiled is None:
            try:
                self._compiled = self._compile()
            except DeclarationError as error:
                raise DeclarationError(f"{error} (Stated for {self.description!r} at {self.place}.)") from None
        return self._compiled

    def _compile(self) -> tuple[Interaction, tuple[str, ...]]:
        if self.synchronous is not None:
            return self._compile_synchronous(self.synchronous)
        contents, notes = self.contents, list[str]()
        if self.example is not UNSET:
            contents, notes = self._derived(content_type_of(self.metadata, self.content_type, self.serializer))
        message = compile_message(contents, self.metadata, self.content_type, self.serializer)
        if self.example is not UNSET:
            self._load_back(message)
        self._meets_its_rules(message)
        self._is_whole(message, self.serializer)
        ours: dict[str, object] = {"origin": origin_of(self.handler), **_of_typed(message.contents)}
        if message.contents.presence is Presence.TOMBSTONE:
            ours["tombstone"] = True
        interaction = Interaction(
            InteractionType.ASYNCHRONOUS_MESSAGE,
            self.description,
            self.states,
            message,
            pending=self.pending,
            comments={"msgpact": ours},
        )
        return interaction, tuple(notes)

    def _meets_its_rules(self, expected: MessageContents, part: str = "its own example") -> None:
        for mismatch in check_once(expected, message_of(expected, expected.contents.value, expected.metadata)):
            raise DeclarationError(
                f"Cannot expect {self.description!r}: {part} does not meet its rules ({mismatch}). Mend one of them."
            )

    def _is_whole(
        self, expected: MessageContents, serializer: Serializer | None, part: str = "its own example"
    ) -> None:
        """Where what a serializer reads stands in several parts of a message, they make one together."""
        message = message_of(expected, expected.contents.value, expected.metadata)
        if of_messages(serializer) is None or is_tombstone(message, serializer):
            return
        try:
            load_as(Any, message, serializer)
        except MsgpactError:
            raise
        except (TypeError, ValueError) as error:
            raise DeclarationError(f"Cannot expect {self.description!r}: of {part}, {error}. Mend it.") from None

    def _compile_synchronous(self, synchronous: SynchronousMessage) -> tuple[Interaction, tuple[str, ...]]:
        ours: dict[str, object] = {"origin": origin_of(self.handler)}
        request = self._part(synchronous.request, "the request", self.serializer)
        responses = [self._part(each, "the response", self.delivered_by) for each in synchronous.responses]
        if said := _of_typed(request.contents):
            ours["request"] = said
        if any(of_each := [_of_typed(each.contents) for each in responses]):
            ours["response"] = of_each
        interaction = Interaction(
            InteractionType.SYNCHRONOUS_MESSAGE,
            self.description,
            self.states,
            request=request,
            responses=tuple(responses),
            pending=self.pending,
            comments={"msgpact": ours},
        )
        unchecked = "the request that is sent was not checked: name the function that makes it, sent_by=..."
        return interaction, () if synchronous.sent_by is not None else (unchecked,)

    def _part(self, template: object, part: str, serializer: Serializer | None) -> MessageContents:
        """The request or a response, from its template, which `Outgoing` gives metadata."""
        contents, metadata = (template.value, template.metadata) if isinstance(template, Outgoing) else (template, {})
        if contents is None:
            raise DeclarationError(
                f"Cannot use None as {part}: a synchronous message has no tombstones. Give contents, which may be empty."
            )
        expected = compile_message(contents, metadata, self.content_type, serializer)
        self._meets_its_rules(expected, f"the example of {part}")
        self._is_whole(expected, serializer, f"the example of {part}")
        return expected

    @property
    def delivered_by(self) -> Serializer | None:
        """What reads the contents that the handler is given: the message's, or the responses'."""
        synchronous = self.synchronous
        return self.serializer if synchronous is None else synchronous.serializer or self.serializer

    # -- the handler -----------------------------------------------------------------------------------------------

    def contents_type(self) -> object:
        """What the handler's first parameter is annotated as; `Any` without an annotation.

        Raises:
            DeclarationError: the annotation cannot be resolved.
        """
        positional = self.parameters.positional
        if len(positional) > 1 and self.is_method:
            positional = positional[1:]
        if not positional:
            return Any
        annotation = self.parameters.annotation(positional[0], needed=True)
        return Any if annotation is positional[0].empty else annotation

    @property
    def is_method(self) -> bool:
        """Whether the handler is a method, decorated in its class before there is an instance."""
        positional = self.parameters.positional
        scope = self.place.name.rpartition(".")[0]
        is_in_class = scope != "" and not scope.endswith("<locals>")
        return is_in_class and bool(positional) and positional[0].name in ("self", "cls")

    # -- examples --------------------------------------------------------------------------------------------------

    def _derived(self, content_type: str) -> tuple[object, list[str]]:
        if self.example is None:
            raise DeclarationError(
                "Cannot use None as an example: it shows nothing. A message without contents is contents=None."
            )
        if self.contents is not UNSET and not isinstance(self.contents, Mapping):
            raise DeclarationError(
                f"Cannot override an example by {self.contents!r}: it is no dict. "
                "Name the fields: contents={'id': match.uuid()}."
            )
        typed = self.serializer or others_serializer(content_type)
        if typed is not None:
            return self._derived_by_schema(typed), []
        example, annotation = self.example, self._loaded_type()
        if not _is_raw(example) or not holds_fields(annotation):
            return derive(example, annotation, override=self.contents)
        serializer = serializer_for(content_type)
        try:
            written = serializer.dump(example)
            read = load_as(annotation, Message(written, content_type=content_type))
        except MsgpactError:
            raise
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot use {example!r} as an example: the handler cannot load it as {name_of(annotation)} ({error}). "
                "Mend it."
            ) from None
        return derive(read, annotation, override=self.contents, read_from=serializer.load(written))

    def _derived_by_schema(self, serializer: Serializer) -> object:
        """The template of an example whose schema says what may come: its types are promised, and what it holds."""
        try:
            document = serializer.load(serializer.dump(self.example))
        except MsgpactError:
            raise
        except (TypeError, ValueError) as error:
            raise DeclarationError(f"Cannot use {shown(self.example)} as an example: {error}. Mend it.") from None
        if holds_schema(serializer):  # its defaults are nobody's promise
            document = without_unsaid(document, self.example)
        template = derive_typed(document, override=self.contents)
        if isinstance(document, dict) and isinstance(template, dict):
            stated = self.contents if isinstance(self.contents, Mapping) else {}
            whole = of_messages(serializer)
            exact = [name for name in (whole.fixed if whole else ()) if name in document and name not in stated]
            template.update({name: document[name] for name in exact})
        return template

    def _loaded_type(self) -> object:
        """What the contents are loaded as by us; `Any` where the application does it, or takes them as they come."""
        if self.decode is not None or self.via is not None:
            return Any
        annotation = self.contents_type()
        return Any if native_type(annotation) is not None else annotation

    def _load_back(self, message: MessageContents) -> None:
        """A derived example that its own type cannot load would be a contract about something else."""
        if self.decode is not None or self.via is not None:
            return
        kind = type(self.example) if has_fields(type(self.example)) else self._loaded_type()
        try:
            example = message_of(message, message.contents.value, message.metadata)
            load_as(kind, example, self.serializer or message.contents.serializer)
        except MsgpactError:
            raise
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot derive a contract from the example: {name_of(kind)} does not load it back ({error}). "
                "Set the missing fields, or state them in contents=."
            ) from None


def _is_raw(example: object) -> bool:
    """Whether an example is given as it stands in JSON, in dicts."""
    if isinstance(example, list | tuple):
        return all(map(_is_raw, example))
    return isinstance(example, Mapping)


def native_type(annotation: object) -> type | None:
    """`bytes` or `Message`, by itself or with None, which a handler is given as it comes in; None for anything else."""
    kinds = [each.kind for each in members_of(annotation) if each.kind is not types.NoneType]
    return next((each for each in (bytes, Message) if kinds == [each]), None)


def message_of(expected: MessageContents, value: object, metadata: Mapping[str, object]) -> Message:
    """A message as it would come in, its contents and metadata examples or generated ones.

    Of typed contents *value* may be their bytes or a document.

    Raises:
        DeclarationError: they cannot be written, or not in their frame.
    """
    stated = expected.contents
    if stated.presence is not Presence.PRESENT:
        contents = b"" if stated.presence is Presence.EMPTY else None
        return Message(contents, content_type=stated.content_type, metadata=metadata)
    serializer = stated.serializer or serializer_for(stated.content_type)
    is_written = stated.form is Form.TYPED and isinstance(value, bytes)
    try:
        payload, headers = sent(serializer, value if is_written else example_bytes(serializer, value))  # type: ignore[arg-type]  # bytes
    except MsgpactError:
        raise
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot make the example message of type {stated.content_type!r}: {error}. "
            "Mend the example, its generators or its frame."
        ) from None
    return Message(payload, content_type=stated.content_type, metadata=metadata, headers=headers)


def load_as(annotation: object, message: Message, serializer: Serializer | None = None) -> object:
    """A message's contents as the type that a handler annotates, by the serializer stated or by the content type.

    Raises ValueError or TypeError with a clause that says why not.
    """
    serializer = serializer or serializer_for(message.content_type)
    payload = message.contents or b""
    if hasattr(serializer, "received"):  # else the headers, which take as long as all the rest, do not count
        serializer, payload = received(serializer, payload, headers_of(message))
    if annotation in (Any, object):
        return serializer.load(payload)
    if is_plain_dict(annotation):
        document = serializer.load(payload)
        if not isinstance(document, dict):
            raise TypeError(f"it is no object: {document!r}")
        return document
    return serializer.build(payload, annotation)


def is_tombstone(message: Message, serializer: Serializer | None) -> bool:
    """Whether a message says nothing: it has no contents, nor headers that make it one all the same."""
    whole = of_messages(serializer)
    return message.contents is None and not (whole is not None and whole.holds(headers_of(message)))


def _of_typed(contents: Contents) -> dict[str, object]:
    """What the pact says, in our comments, of contents with a schema beyond what other tools write there."""
    if contents.form is not Form.TYPED or contents.presence is not Presence.PRESENT:
        return {}
    assert contents.serializer is not None
    assert isinstance(contents.value, bytes)
    said: dict[str, object] = {}
    if contents.content_type_hint == "BINARY":  # what the file holds is no text
        said = {"exact": True, "example": readable(contents.serializer.load(contents.value))}
    if contents.unstated:
        said["unstated"] = list(contents.unstated)
    if contents.empty:
        said["empty"] = dict(contents.empty)
    if (frame := frame_of(contents.serializer)) not in (None, "none"):
        said["framing"] = frame
    if (fingerprint := fingerprint_of(contents.serializer)) is not None:
        said["fingerprint"] = fingerprint
    return said


# -- origins ---------------------------------------------------------------------------------------------------------


def origin_of(function: Callable[..., object]) -> str:
    """`module:qualname`, the same however the program was started."""
    place = Place.of(function)
    return f"{module_name(place)}:{place.name}"


def module_name(place: Place) -> str:
    """The module of a place, the same however the program was started."""
    if place.module != "__main__":
        return place.module
    spec = getattr(sys.modules.get("__main__"), "__spec__", None)
    if spec is not None and spec.name:  # `python -m`
        return str(spec.name)
    # `python path/to/file.py`: the name it would be imported by
    path = Path(place.file).resolve()
    parts = [path.stem]
    for folder in path.parents:
        if not (folder / "__init__.py").exists():
            break
        parts.insert(0, folder.name)
    return ".".join(parts)

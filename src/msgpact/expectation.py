"""One message that a handler must cope with, as its decorator stated it; what it means in a pact is worked out when asked."""

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from msgpact.calls import Parameters, Place
from msgpact.errors import DeclarationError
from msgpact.model import Interaction, InteractionType, Message, Presence, ProviderState
from msgpact.serializers import serializer_for
from msgpact.template import UNSET, compile_message

__all__ = ["Expectation", "origin_of"]

Decode = Callable[[bytes], object]
Via = Callable[[Message], object]


@dataclass(slots=True, eq=False)
class Expectation:
    """What one `expects` says.

    Attributes:
        notes: What an example's types could not promise; filled with `interaction`.
    """

    consumer: str
    provider: str
    description: str
    states: tuple[ProviderState, ...]
    handler: Callable[..., object]
    place: Place
    contents: object
    example: object
    metadata: Mapping[str, object]
    content_type: str
    decode: Decode | None
    via: Via | None
    pending: bool
    _compiled: tuple[Interaction, tuple[str, ...]] | None = field(default=None, init=False, repr=False)
    _parameters: Parameters | None = field(default=None, init=False, repr=False)

    def __str__(self) -> str:
        if not self.states:
            return self.description
        return f"{self.description} (given {'; '.join(map(str, self.states))})"

    @property
    def parameters(self) -> Parameters:
        """The handler's signature."""
        if self._parameters is None:
            self._parameters = Parameters(self.handler)
        return self._parameters

    @property
    def interaction(self) -> Interaction:
        """The interaction as the pact holds it.

        Raises:
            DeclarationError: what was stated cannot be; the message names the handler.
        """
        return self._worked_out()[0]

    @property
    def notes(self) -> tuple[str, ...]:
        return self._worked_out()[1]

    def _worked_out(self) -> tuple[Interaction, tuple[str, ...]]:
        if self._compiled is None:
            try:
                self._compiled = self._compile()
            except DeclarationError as error:
                raise DeclarationError(f"{error} (Stated for {self.description!r} at {self.place}.)") from None
        return self._compiled

    def _compile(self) -> tuple[Interaction, tuple[str, ...]]:
        contents = self.contents
        notes: list[str] = []
        if self.example is not UNSET:
            contents, notes = self._derived()
        message = compile_message(contents, self.metadata, self.content_type)
        ours: dict[str, object] = {"origin": origin_of(self.handler)}
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
        if self.example is not UNSET and self.decode is None and self.via is None:
            self._load_back(message.contents.value)
        return interaction, tuple(notes)

    # -- examples --------------------------------------------------------------------------------------------------

    def contents_type(self) -> object:
        """What the handler's first parameter is annotated as; `Any` without one.

        Raises:
            DeclarationError: the annotation cannot be resolved.
        """
        positional = self.parameters.positional
        if positional and positional[0].name in ("self", "cls") and "." in self.place.name and len(positional) > 1:
            positional = positional[1:]  # a method, declared before there is an instance
        if not positional:
            return Any
        annotation = self.parameters.annotation(positional[0], needed=True)
        return Any if annotation is positional[0].empty else annotation

    def _derived(self) -> tuple[object, list[str]]:
        from msgpact.derive import derive, overlay

        example, annotation = self.example, self.contents_type() if self.via is None else Any
        notes: list[str] = []
        own_type = (
            type(example)
            if hasattr(type(example), "__pydantic_fields__") or hasattr(example, "__dataclass_fields__")
            else None
        )
        kind = own_type or annotation
        if own_type is None and isinstance(example, Mapping) and _is_model(annotation):
            example, ignored = self._read_as(example, annotation)
            if ignored:
                notes.append(
                    f"{', '.join(ignored)}: not read by {getattr(annotation, '__name__', annotation)}, so not promised"
                )
        template, more = derive(example, kind)
        if self.contents is not UNSET:
            if not isinstance(self.contents, Mapping):
                raise DeclarationError(
                    f"Cannot override an example by {self.contents!r}: it is no dict. "
                    "Name the fields: contents={'id': match.uuid()}."
                )
            template = overlay(template, self.contents, kind)
        return template, [*notes, *more]

    def _read_as(self, example: Mapping[str, object], annotation: object) -> tuple[object, list[str]]:
        """A dict given for a handler that takes a model: the model as it would be read from it."""
        serializer = serializer_for(self.content_type)
        try:
            model: Any = serializer.build(serializer.dump(dict(example)), annotation)
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot use {example!r} as an example: the handler cannot load it ({error}). Mend it."
            ) from None
        from msgpact.derive import derive

        read, _ = derive(model)
        ignored = [key for key in example if isinstance(read, Mapping) and key not in read]
        return model, ignored

    def _load_back(self, example: object) -> None:
        """A derived example that its own type cannot load would be a contract about something else."""
        own = hasattr(type(self.example), "__pydantic_fields__") or hasattr(self.example, "__dataclass_fields__")
        kind = type(self.example) if own else self.contents_type()
        if kind is Any:
            return
        serializer = serializer_for(self.content_type)
        try:
            serializer.build(serializer.dump(example), kind)
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot derive a contract from the example: {getattr(kind, '__name__', kind)} does not load it back ({error}). "
                "Set the missing fields, or state them in contents=."
            ) from None


def _is_model(annotation: object) -> bool:
    return hasattr(annotation, "__pydantic_fields__") or hasattr(annotation, "__dataclass_fields__")


def origin_of(function: Callable[..., object]) -> str:
    """`module:qualname`, the same however the program was started."""
    place = Place.of(function)
    return f"{_module_name(place)}:{place.name}"


def _module_name(place: Place) -> str:
    if place.module != "__main__":
        return place.module
    main: Any = sys.modules.get("__main__")
    spec = getattr(main, "__spec__", None)
    if spec is not None and spec.name:
        return str(spec.name).removesuffix(".__main__")
    # `python path/to/file.py`: the name it would be imported by
    path = Path(place.file)
    parts = [path.stem]
    for folder in path.resolve().parents:
        if not (folder / "__init__.py").exists():
            break
        parts.insert(0, folder.name)
    return ".".join(parts)

"""What a type annotation says: what it wraps, the members of a union, and the fields of a model as they are read."""

import dataclasses
import re
import types
import typing
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, Union

from msgpact.errors import DeclarationError

__all__ = [
    "Constraints",
    "Field",
    "Member",
    "allows_more",
    "fields_of",
    "has_fields",
    "hints_of",
    "holds_fields",
    "is_plain_dict",
    "is_typed_dict",
    "members_of",
    "name_of",
]


class Constraints(NamedTuple):
    """What `Annotated`, `Field` or `constr` say of a value beside its type."""

    pattern: str | re.Pattern[str] | None = None
    min_length: int | None = None
    max_length: int | None = None

    @classmethod
    def of(cls, said: list[object]) -> "Constraints":
        """Of the objects in an `Annotated` the last word counts."""
        found: dict[str, Any] = {}
        for each in said:
            for name in cls._fields:
                if (value := getattr(each, name, None)) is not None:
                    found[name] = value
        return cls(**found)


class Member(NamedTuple):
    """One type of a union, or the only one, without what wraps it."""

    kind: object
    constraints: Constraints = Constraints()

    @property
    def arguments(self) -> tuple[Any, ...]:
        return typing.get_args(self.kind)

    @property
    def values(self) -> tuple[object, ...]:
        """What a Literal allows."""
        return typing.get_args(self.kind) if typing.get_origin(self.kind) is Literal else ()

    def is_of(self, value: object, *, exactly: bool) -> bool:
        """Whether *value* is an instance, or for a Literal one of its values."""
        if typing.get_origin(self.kind) is Literal:
            return any(value == each and type(value) is type(each) for each in self.values)
        bare: Any = typing.get_origin(self.kind) or self.kind
        try:
            return type(value) is bare if exactly else isinstance(value, bare)
        except TypeError:  # Any, TypedDicts and protocols refuse it
            return False


def members_of(annotation: object) -> tuple[Member, ...]:
    """The members of a union, flat; of anything else itself. None is a member as `NoneType`."""
    return tuple(_members(annotation, []))


def _members(annotation: object, said: list[object]) -> list[Member]:
    kind, more = _unwrapped(annotation)
    said = [*said, *more]
    if typing.get_origin(kind) in (Union, types.UnionType):
        return [member for each in typing.get_args(kind) for member in _members(each, said)]
    return [Member(types.NoneType if kind is None else kind, Constraints.of(said))]


def _unwrapped(annotation: Any) -> tuple[object, list[object]]:
    """Without Annotated, Required and the like, aliases and NewType; with what Annotated says."""
    said: list[object] = []
    while True:
        origin = typing.get_origin(annotation)
        if origin is Annotated:
            annotation, *more = typing.get_args(annotation)
            for each in more:
                said.extend((each, *getattr(each, "metadata", ())))  # a FieldInfo holds several
        elif str(origin).rpartition(".")[2] in _QUALIFIERS:
            (annotation,) = typing.get_args(annotation)
        elif hasattr(annotation, "__value__"):  # type X = …
            annotation = annotation.__value__
        elif hasattr(annotation, "__supertype__"):  # NewType
            annotation = annotation.__supertype__
        else:
            return annotation, said


_QUALIFIERS = frozenset({"ClassVar", "Final", "NotRequired", "ReadOnly", "Required"})
"""By name: those of `typing_extensions` are others than those of `typing` where Python has none yet."""


def is_typed_dict(kind: object) -> bool:
    """Whether it is a TypedDict, of `typing` or of `typing_extensions`, which are not the same before Python 3.13."""
    return isinstance(kind, type) and dict in kind.__mro__ and hasattr(kind, "__required_keys__")


def is_plain_dict(annotation: object) -> bool:
    """Whether it is a dict that takes any JSON object: `dict`, `Mapping[str, Any]`, …"""
    arguments = typing.get_args(annotation)
    is_dict = (typing.get_origin(annotation) or annotation) in (dict, Mapping)
    return is_dict and (not arguments or (arguments[0] is str and arguments[1] in (Any, object)))


def name_of(annotation: object) -> str:
    """An annotation as it is written, or nearly so."""
    if typing.get_args(annotation):
        return str(annotation).replace("typing.", "")
    return getattr(annotation, "__name__", None) or str(annotation)


# -- fields ----------------------------------------------------------------------------------------------------------


Key = tuple[str | int, ...]


class Field(NamedTuple):
    """A field of a model, dataclass or TypedDict.

    Attributes:
        keys: Where it is read from, the first choice first: a name, or a path where that lies further below; none for
            what is not read (a dataclass's field that is no parameter).
        name: What Python calls it.
        default: What a dataclass takes where nothing is given; `dataclasses.MISSING` for none, and in models, which
            know themselves what was set.
    """

    keys: tuple[Key, ...]
    name: str
    annotation: object
    default: object = dataclasses.MISSING

    @property
    def key(self) -> Key:
        return self.keys[0]


def has_fields(kind: object) -> bool:
    """Whether *kind* is a Pydantic model or a dataclass."""
    return isinstance(kind, type) and (hasattr(kind, "__pydantic_fields__") or dataclasses.is_dataclass(kind))


def holds_fields(annotation: object) -> bool:
    """Whether it is made of models, dataclasses or TypedDicts, by themselves or in lists, dicts and unions."""
    return any(
        has_fields(typing.get_origin(each.kind) or each.kind)
        or is_typed_dict(each.kind)
        or any(map(holds_fields, each.arguments))
        for each in members_of(annotation)
        if not each.values
    )


def fields_of(annotation: object) -> list[Field] | None:
    """The fields that a model, dataclass or TypedDict is made from; None for anything else."""
    kind: Any = typing.get_origin(annotation) or annotation
    if not isinstance(kind, type):
        return None
    if hasattr(kind, "__pydantic_fields__"):
        return _pydantic_fields(kind)
    if not dataclasses.is_dataclass(kind) and not is_typed_dict(kind):
        return None
    hints = hints_of(kind)
    if dataclasses.is_dataclass(kind):
        fields = [(each, _field(each.name, hints[each.name], _default(each))) for each in dataclasses.fields(kind)]
        return [found if each.init else found._replace(keys=()) for each, found in fields]
    return [_field(name, annotation) for name, annotation in hints.items()]


def allows_more(kind: Any) -> bool:
    """Whether it is a model that takes fields which it does not declare."""
    config = getattr(kind, "model_config", None) or getattr(kind, "__pydantic_config__", None) or {}
    return bool(config.get("extra") == "allow")


def hints_of(kind: Any) -> dict[str, Any]:
    """The annotations of a class, resolved.

    Raises:
        DeclarationError: one names something that cannot be found.
    """
    try:
        return typing.get_type_hints(kind, include_extras=True)
    except Exception as error:
        raise DeclarationError(
            f"Cannot resolve the annotations of {kind.__qualname__}: {error}. Import them at run time, not only for type "
            "checking."
        ) from None


def _pydantic_fields(kind: Any) -> list[Field]:
    config = getattr(kind, "model_config", None) or getattr(kind, "__pydantic_config__", None) or {}
    by_alias = config.get("validate_by_alias") is not False
    by_name = config.get("validate_by_name") or config.get("populate_by_name") or not by_alias
    # A model knows which fields were set, a dataclass does not.
    defaults = (
        {each.name: _default(each) for each in dataclasses.fields(kind)} if dataclasses.is_dataclass(kind) else {}
    )
    found = []
    for name, info in kind.__pydantic_fields__.items():
        annotation = Annotated[info.annotation, *info.metadata] if info.metadata else info.annotation
        keys = (
            (*(_keys(name, info) if by_alias else ()), *([(name,)] if by_name else ()))
            if info.init is not False
            else ()
        )
        found.append(Field(keys, name, annotation, _plain_default(defaults.get(name, dataclasses.MISSING))))
    return found


def _field(name: str, annotation: object, default: object = dataclasses.MISSING) -> Field:
    """A field that Pydantic knows nothing of until it loads it; what `pydantic.Field` says of it counts then."""
    said = [*_unwrapped(annotation)[1], default]
    info = next((each for each in reversed(said) if hasattr(each, "validation_alias")), None)
    return Field(((name,),) if info is None else _keys(name, info), name, annotation, _plain_default(default))


def _default(field: dataclasses.Field[Any]) -> object:
    return field.default if field.default_factory is dataclasses.MISSING else field.default_factory()


def _plain_default(default: Any) -> object:
    """The value that `pydantic.Field(default=…)` holds, where a dataclass has one as its default."""
    if not hasattr(default, "validation_alias"):
        return default
    return dataclasses.MISSING if default.is_required() else default.get_default(call_default_factory=True)


def _keys(name: str, info: Any) -> tuple[Key, ...]:
    """What Pydantic reads the field from."""
    alias = info.validation_alias if info.validation_alias is not None else info.alias
    choices = getattr(alias, "choices", (name if alias is None else alias,))
    return tuple(tuple(each.path) if hasattr(each, "path") else (str(each),) for each in choices)

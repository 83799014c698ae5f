"""The `.proto` text of a file, written from its descriptor: for people, and for registries.

Comments and options of other people's are not in it; compiled it gives the same descriptor but for these.
"""

import json
from collections.abc import Iterable, Iterator
from typing import Any

__all__ = ["proto_text"]

Lines = Iterator[str]

_TYPES = (
    "", "double", "float", "int64", "uint64", "int32", "fixed64", "fixed32", "bool", "string", "group", "", "bytes", "uint32", "",
    "sfixed32", "sfixed64", "sint32", "sint64",
)  # fmt: skip
"""By their number in descriptor.proto; messages and enums go by their names."""
_GROUP, _STRING, _BYTES = 10, 9, 12
_LABELS = {1: "", 2: "required ", 3: "repeated "}
_MOST_NUMBER, _MOST_ENUM = 2**29 - 1, 2**31 - 1
_VISIBLE = {1: "local ", 2: "export "}


def proto_text(file: Any) -> str:
    """The text of a FileDescriptorProto."""
    return "\n".join(_file(file)) + "\n"


def _file(file: Any) -> Lines:
    syntax = file.syntax or "proto2"
    yield f'edition = "{_edition(file)}";' if syntax == "editions" else f'syntax = "{syntax}";'
    if file.package:
        yield f"package {file.package};"
    for index, name in enumerate(file.dependency):
        kind = "public " if index in file.public_dependency else "weak " if index in file.weak_dependency else ""
        yield f"import {kind}{_quoted(name)};"
    yield from (f"option {each};" for each in _options(file))
    yield ""
    yield from _types(file, [*file.message_type], syntax)
    for service in file.service:
        yield f"service {service.name} {{"
        yield from _indented(_service(service))
        yield "}"


def _edition(file: Any) -> str:
    name: str = file.DESCRIPTOR.fields_by_name["edition"].enum_type.values_by_number[file.edition].name
    return name.removeprefix("EDITION_")


def _types(scope: Any, waiting: list[Any], syntax: str) -> Lines:
    """The enums of a file or message, then what is still *waiting* of its messages, then its extensions."""
    for each in scope.enum_type:
        yield f"{_visible(each)}enum {each.name} {{"
        yield from _indented(_enum(each, syntax))
        yield "}"
    written: set[str] = set()
    for each in waiting:
        yield from _type_or_group(each, scope, written, syntax)
    for each in scope.extension:
        if each.type_name not in written:
            yield from _extension(each, scope, syntax)


def _type_or_group(message: Any, scope: Any, written: set[str], syntax: str) -> Lines:
    """A message; of one that an extension is a group of, the extension."""
    group = _group_of(message, scope)
    if group is not None:
        written.add(group.type_name)
        yield from _extension(group, scope, syntax)
    elif not message.options.map_entry:
        yield f"{_visible(message)}message {message.name} {{"
        yield from _indented(_message(message, syntax))
        yield "}"


def _before(fields: Iterable[Any], waiting: list[Any], scope: Any, syntax: str) -> Lines:
    """The messages that must stand before maps and groups: frames number messages in the order of the text."""
    for field in fields:
        its_own = _its_own(field, scope)
        if its_own in waiting:
            index = waiting.index(its_own)
            groups = [each for each in waiting[:index] if _group_of(each, scope) is not None]
            for each in waiting[:index]:
                if each not in groups:
                    yield from _type_or_group(each, scope, set(), syntax)
            waiting[: index + 1] = groups


def _group_of(message: Any, scope: Any) -> Any:
    """The extension that is a group of a message."""
    return next((each for each in scope.extension if each.type == _GROUP and _last(each) == message.name), None)


def _its_own(field: Any, scope: Any) -> Any:
    """The message that a map or group brings with itself."""
    beside: Any = getattr(scope, "message_type", None) or getattr(scope, "nested_type", ())
    found = next((each for each in beside if each.name == _last(field)), None)
    return found if found is not None and (field.type == _GROUP or found.options.map_entry) else None


def _last(field: Any) -> str:
    name: str = field.type_name
    return name.rpartition(".")[2]


def _visible(scope: Any) -> str:
    return _VISIBLE.get(getattr(scope, "visibility", 0), "")


def _message(message: Any, syntax: str) -> Lines:
    yield from (f"option {each};" for each in _options(message))
    waiting = [*message.nested_type]
    written: set[int] = set()
    for field in message.field:
        if not field.HasField("oneof_index") or field.proto3_optional:
            yield from _before([field], waiting, message, syntax)
            yield from _field(field, message, syntax)
        elif field.oneof_index not in written:
            written.add(field.oneof_index)
            yield from _oneof(field.oneof_index, message, waiting, syntax)
    yield from _types(message, waiting, syntax)
    for each in message.extension_range:
        yield f"extensions {_range(each.start, each.end - 1, _MOST_NUMBER)};"
    ranges = [_range(each.start, each.end - 1, _MOST_NUMBER) for each in message.reserved_range]
    yield from _reserved(message, syntax, ranges)


def _oneof(index: int, message: Any, waiting: list[Any], syntax: str) -> Lines:
    members = [each for each in message.field if each.HasField("oneof_index") and each.oneof_index == index]
    yield from _before(members, waiting, message, syntax)
    yield f"oneof {message.oneof_decl[index].name} {{"
    yield from _indented(f"option {each};" for each in _options(message.oneof_decl[index]))
    for each in members:
        yield from _indented(_field(each, message, syntax))
    yield "}"


def _extension(extension: Any, scope: Any, syntax: str) -> Lines:
    yield f"extend {extension.extendee} {{"
    yield from _indented(_field(extension, scope, syntax))
    yield "}"


def _field(field: Any, scope: Any, syntax: str) -> Lines:
    its_own = _its_own(field, scope)
    options = _bracketed([*_stated(field), *_options(field)])
    if its_own is not None and its_own.options.map_entry:
        key, value = its_own.field
        yield f"map<{_type(key)}, {_type(value)}> {field.name} = {field.number}{options};"
        return
    label = "optional " if field.proto3_optional else _label(field, syntax)
    if its_own is None:
        yield f"{label}{_type(field)} {field.name} = {field.number}{options};"
        return
    yield f"{label}group {its_own.name} = {field.number}{options} {{"
    yield from _indented(_message(its_own, syntax))
    yield "}"


def _label(field: Any, syntax: str) -> str:
    is_bare = field.HasField("oneof_index") or syntax != "proto2"
    return "optional " if field.label == 1 and not is_bare else _LABELS[field.label]


def _type(field: Any) -> str:
    return field.type_name or _TYPES[field.type]


def _stated(field: Any) -> Lines:
    """What is written like an option, but is none."""
    if field.HasField("default_value"):
        given = field.default_value
        shown = _quoted(given) if field.type == _STRING else f'"{given}"' if field.type == _BYTES else given
        yield f"default = {shown}"
    first, *others = field.name.split("_")
    if field.json_name not in ("", first + "".join(word[:1].upper() + word[1:] for word in others)):
        yield f"json_name = {_quoted(field.json_name)}"


def _enum(enum: Any, syntax: str) -> Lines:
    yield from (f"option {each};" for each in _options(enum))
    for value in enum.value:
        yield f"{value.name} = {value.number}{_bracketed(_options(value))};"
    yield from _reserved(enum, syntax, [_range(each.start, each.end, _MOST_ENUM) for each in enum.reserved_range])


def _reserved(scope: Any, syntax: str, ranges: list[str]) -> Lines:
    if ranges:
        yield f"reserved {', '.join(ranges)};"
    if scope.reserved_name:
        names = scope.reserved_name if syntax == "editions" else map(_quoted, scope.reserved_name)
        yield f"reserved {', '.join(names)};"


def _range(first: int, last: int, most: int) -> str:
    return str(first) if first == last else f"{first} to {'max' if last == most else last}"


def _service(service: Any) -> Lines:
    yield from (f"option {each};" for each in _options(service))
    for method in service.method:
        sent, answered = ("stream " if each else "" for each in (method.client_streaming, method.server_streaming))
        head = f"rpc {method.name}({sent}{method.input_type}) returns ({answered}{method.output_type})"
        options = [f"option {each};" for each in _options(method)]
        yield f"{head} {{ {' '.join(options)} }}" if options else f"{head};"


def _options(scope: Any) -> Lines:
    """The options that descriptor.proto knows."""
    if not scope.HasField("options"):
        return
    for option, value in scope.options.ListFields():
        if option.is_extension or option.name in ("map_entry", "uninterpreted_option"):
            continue
        if option.message_type is None:
            for each in value if _is_list(value) else [value]:
                yield f"{option.name} = {_literal(option, each)}"
        elif not _is_list(value):
            for feature, each in value.ListFields():
                if not feature.is_extension and feature.message_type is None:
                    yield f"{option.name}.{feature.name} = {_literal(feature, each)}"


def _is_list(value: object) -> bool:
    return hasattr(value, "append")


def _literal(option: Any, value: Any) -> str:
    if option.enum_type is not None:
        return str(option.enum_type.values_by_number[value].name)
    return _quoted(value) if isinstance(value, str) else json.dumps(value)


def _quoted(text: str | bytes) -> str:
    """A string literal; what is not ASCII stands by its bytes, which google.protobuf gives where it is no UTF-8."""
    given = text.encode() if isinstance(text, str) else text
    written = "".join(chr(each) if 32 <= each < 127 and each not in b'"\\' else f"\\{each:03o}" for each in given)
    return f'"{written}"'


def _bracketed(options: Iterable[str]) -> str:
    found = ", ".join(options)
    return f" [{found}]" if found else ""


def _indented(lines: Iterable[str]) -> Lines:
    return (f"  {line}" for line in lines)

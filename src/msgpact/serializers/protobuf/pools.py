"""Pools of Protobuf descriptors, one for each schema, so that none clashes with another or with the application's."""

import functools
import importlib
from collections.abc import Iterator
from types import ModuleType
from typing import Any

from msgpact import extras
from msgpact.serializers.framed import MessageType

__all__ = ["class_of", "decode_error", "files_in", "google", "message_in", "message_named", "message_type", "pool_of"]


def google(module: str) -> ModuleType:
    """A module of google.protobuf, or MissingExtra."""
    extras.require("google.protobuf", extra="protobuf", feature="Protobuf contents")
    return importlib.import_module(f"google.protobuf.{module}")


def decode_error() -> Any:
    """What google.protobuf raises for what it cannot parse."""
    return google("message").DecodeError


@functools.lru_cache(maxsize=64)
def pool_of(descriptor_set: bytes) -> Any:
    """The pool of a FileDescriptorSet whose imports come first; raises ValueError with a clause."""
    pool = google("descriptor_pool").DescriptorPool()
    for file in files_in(descriptor_set).values():
        try:
            pool.Add(file)
            pool.FindFileByName(file.name)
        except (TypeError, KeyError, ValueError, decode_error()) as error:
            raise ValueError(f"the file {file.name!r} in it is not valid ({_first_line(error)})") from None
    return pool


def _first_line(error: Exception) -> str:
    return str(error.args[0] if error.args else error).strip().partition("\n")[0]


def message_in(descriptor_set: bytes, name: str) -> Any:
    """The descriptor of a message by its full name, or the only one so called in whichever package.

    Raises:
        ValueError: there is none, or there are several; a clause.
    """
    pool = pool_of(descriptor_set)
    try:
        return pool.FindMessageTypeByName(name)
    except KeyError:
        pass
    found = {each.full_name: each for file in files_in(descriptor_set) for each in _messages(pool.FindFileByName(file))}
    alike = [each for full_name, each in found.items() if full_name.endswith(f".{name}")]
    if len(alike) != 1:
        what = f"several messages are called {name!r}" if alike else f"no message is called {name!r}"
        several = sorted(each.full_name for each in alike) or sorted(found)
        more = ", …" if len(several) > _SHOWN else ""
        raise ValueError(f"{what}: it has {', '.join(several[:_SHOWN])}{more}")
    return alike[0]


_SHOWN = 12


def _messages(file: Any, *, entries: bool = False) -> Iterator[Any]:
    """The messages of a file, nested ones too; with the entries of maps if asked for."""
    waiting = [*file.message_types_by_name.values()]
    while waiting:
        message = waiting.pop()
        yield message
        waiting += [each for each in message.nested_types if entries or not each.GetOptions().map_entry]


def files_in(descriptor_set: bytes) -> dict[str, Any]:
    """The FileDescriptorProtos of a FileDescriptorSet, by name."""
    return {file.name: file for file in google("descriptor_pb2").FileDescriptorSet.FromString(descriptor_set).file}


def class_of(descriptor: Any) -> Any:
    """The class of a message, made at run time."""
    return google("message_factory").GetMessageClass(descriptor)


def message_type(descriptor: Any) -> MessageType:
    """All that frames may say of a message."""
    indexes: list[int] = []
    around = descriptor
    while around is not None:
        inner, around = around, around.containing_type
        beside = around.nested_types if around is not None else inner.file.message_types_by_name.values()
        indexes.insert(0, [each.full_name for each in beside].index(inner.full_name))
    return MessageType(descriptor.full_name, tuple(indexes), _ranked(descriptor.file).index(descriptor.full_name))


def _ranked(file: Any) -> list[str]:
    return sorted(each.full_name for each in _messages(file, entries=True))


def message_named(said: MessageType, file: Any) -> str:
    """The name of the message of a file that a frame says: the full one, or only the last part where it says no more.

    Raises:
        ValueError: the file has no such message; a clause.
    """
    if said.name is not None:
        return said.name.removeprefix(".")
    if said.rank is not None:
        ranked = _ranked(file)
        if said.rank >= len(ranked):
            raise ValueError(f"its frame says that it is message {said.rank} of {file.name!r}, which has {len(ranked)}")
        return ranked[said.rank]
    beside, found = [*file.message_types_by_name.values()], None
    for index in said.indexes or ():
        if index >= len(beside):
            shown = list(said.indexes or ())[:_SHOWN]
            raise ValueError(f"its frame says that it is the message {shown} of {file.name!r}, which it does not have")
        found = beside[index]
        beside = [*found.nested_types]
    if found is None:
        raise ValueError("its frame does not say which message of its schema it is")
    return str(found.full_name)

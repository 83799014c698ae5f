"""Where Protobuf schemas come from: generated classes, `.proto` files, FileDescriptorSets, registries."""

import base64
import binascii
import contextlib
import functools
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from msgpact import extras
from msgpact.serializers.framed import RegisteredSchema
from msgpact.serializers.protobuf.pools import decode_error, files_in, google

__all__ = ["Source", "of_class", "of_file", "of_registered", "of_set", "registered"]

# FileDescriptorProto and the like are classes made at run time, without types.
Files = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Source:
    """A schema.

    Attributes:
        descriptor_set: A serialized FileDescriptorSet as `protoc --include_imports` writes it: what is imported first, no
            source info, JSON names filled in.
        main: The name of its main file; None where it has several of equal rank.
        text: The `.proto` of its main file, where it is known.
        registered: As a registry holds it, where it came from one.
    """

    descriptor_set: bytes
    main: str | None = None
    text: str | None = None
    registered: RegisteredSchema | None = None


def of_class(message: Any) -> Source:
    """The schema of a generated class: the files it needs, and those with extensions that its pool knows."""
    files: Files = {}
    pool, waiting, seen = message.DESCRIPTOR.file.pool, [message.DESCRIPTOR], set()
    roots = [message.DESCRIPTOR.file]
    while waiting:
        descriptor = waiting.pop()
        if descriptor.full_name in seen:
            continue
        seen.add(descriptor.full_name)
        extensions = pool.FindAllExtensions(descriptor)
        roots += [each.file for each in extensions]
        waiting += [each.message_type for each in [*descriptor.fields, *extensions] if each.message_type is not None]
    unread = [*roots]
    while unread:
        file = unread.pop()
        if file.name not in files:
            file.CopyToProto(files.setdefault(file.name, _descriptors().FileDescriptorProto()))
            unread += file.dependencies
    return Source(_written(files, [file.name for file in roots]))


def of_set(serialized: bytes) -> Source:
    """The schema of a serialized FileDescriptorSet, in any order; raises ValueError with a clause."""
    given = _descriptors().FileDescriptorSet()
    try:
        given.ParseFromString(serialized)
    except decode_error():
        raise ValueError("it is no serialized FileDescriptorSet") from None
    if not given.file:
        raise ValueError("it is a FileDescriptorSet without any file")
    return Source(_written({file.name: file for file in given.file}, [file.name for file in given.file]))


def of_file(path: Path, includes: Sequence[Path]) -> Source:
    """The schema of a `.proto` file; raises ValueError with a clause, MissingExtra."""
    if not path.is_file():
        raise ValueError("there is no such file")
    folders = [*(each.absolute() for each in includes), path.absolute().parent]
    name = next(path.absolute().relative_to(each) for each in folders if path.absolute().is_relative_to(each))
    try:
        text = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text: byte {error.start}") from None
    return Source(_compiled([name.as_posix()], folders), name.as_posix(), text)


@functools.lru_cache(maxsize=256)
def of_registered(schema: RegisteredSchema) -> Source:
    """The schema that a registry holds, with what it refers to; raises ValueError with a clause, MissingExtra."""
    if schema.format != "PROTOBUF":
        raise ValueError(f"the registry holds it as {schema.format}, not as PROTOBUF")
    given = _referred_to(schema)
    main = _MAIN if _MAIN not in given else f"of/{_MAIN}"
    descriptors: Files = {}
    texts: dict[str, str] = {}
    for name, text in {**given, main: schema.text}.items():
        descriptor = _described(text)
        if descriptor is None:
            texts[name] = text
            continue
        if name != main or not descriptor.name or descriptor.name in given:
            descriptor.name = name
        else:
            main = descriptor.name
        descriptors[descriptor.name] = descriptor
    if texts:
        descriptors = files_in(_compiled_texts(texts, descriptors)) | descriptors
    return Source(_written(descriptors, [main]), main, schema.text if main in texts else None, schema)


def registered(source: Source, main: str) -> RegisteredSchema:
    """A schema as a registry is given it: its `.proto` text, or its descriptor in base64, with what it imports."""
    files = files_in(source.descriptor_set)

    def of(name: str, text: str | None = None) -> RegisteredSchema:
        imports = [each for each in files[name].dependency if each not in _WELL_KNOWN]
        given = text if text is not None else base64.b64encode(files[name].SerializeToString()).decode()
        return RegisteredSchema("PROTOBUF", given, {each: of(each) for each in imports})

    return of(main, source.text)


_MAIN = "schema.proto"


def _referred_to(schema: RegisteredSchema) -> dict[str, str]:
    """The texts of all that a schema refers to, by the names it calls them."""
    found: dict[str, str] = {}
    waiting = [schema]
    while waiting:
        for name, each in waiting.pop().references.items():
            if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts or "\\" in name or ":" in name:
                raise ValueError(f"it refers to {name!r}, which is no name of a file below a folder")
            if name not in found:
                found[name] = each.text
                waiting.append(each)
    return found


def _described(text: str) -> Any:
    """The FileDescriptorProto of a base64 text; None where it is something else, as `.proto` text is."""
    try:
        return _descriptors().FileDescriptorProto.FromString(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError, decode_error()):
        return None


# -- descriptors -----------------------------------------------------------------------------------------------------


def _descriptors() -> Any:
    return google("descriptor_pb2")


def _written(files: Files, roots: Iterable[str]) -> bytes:
    """A FileDescriptorSet of the roots and what they import, as protoc orders it: depth first, in the order of imports."""
    written = _descriptors().FileDescriptorSet()
    done: set[str] = set()
    for name in _in_order(files, roots, done):
        file = written.file.add()
        file.CopyFrom(files[name])
        file.ClearField("source_code_info")
        _name_for_json(file.extension)
        _name_all_for_json(file.message_type)
    return bytes(written.SerializeToString())


def _in_order(files: Files, roots: Iterable[str], done: set[str]) -> Iterator[str]:
    for root in roots:
        way = [(root, iter(_imports_of(root, files)))] if root not in done else []
        open_ = {root}
        while way:
            name, imports = way[-1]
            following = next((each for each in imports if each not in done), None)
            if following in open_:
                raise ValueError(f"the file {following!r} imports itself")
            if following is None:
                way.pop()
                open_.discard(name)
                done.add(name)
                yield name
            else:
                open_.add(following)
                way.append((following, iter(_imports_of(following, files, name))))


def _imports_of(name: str, files: Files, importer: str | None = None) -> Sequence[str]:
    if name not in files:
        module = _WELL_KNOWN.get(name)
        if module is None:
            raise ValueError(f"the file {importer!r} in it imports {name!r}, which is not there")
        known = google(module).DESCRIPTOR
        known.CopyToProto(files.setdefault(name, _descriptors().FileDescriptorProto()))
    return list(files[name].dependency)


_WELL_KNOWN = {
    f"google/protobuf/{name}.proto": f"{name}_pb2"
    for name in (
        "any", "api", "descriptor", "duration", "empty", "field_mask", "source_context", "struct", "timestamp", "type",
        "wrappers",
    )
}  # fmt: skip


def _name_all_for_json(messages: Iterable[Any]) -> None:
    waiting = [*messages]
    while waiting:
        message = waiting.pop()
        _name_for_json(message.field)
        _name_for_json(message.extension)
        waiting += message.nested_type


def _name_for_json(fields: Iterable[Any]) -> None:
    """Fill in the JSON names, which generated code does without."""
    for each in fields:
        if not each.HasField("json_name"):
            first, *others = each.name.split("_")
            each.json_name = first + "".join(word[:1].upper() + word[1:] for word in others)


# -- protoc ----------------------------------------------------------------------------------------------------------

_ONE_AT_A_TIME = threading.Lock()


def _compiled_texts(texts: Mapping[str, str], descriptors: Files) -> bytes:
    with tempfile.TemporaryDirectory(prefix="msgpact-") as folder:
        for name, text in texts.items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        return _compiled([*texts], [Path(folder)], descriptors)


def _compiled(names: Sequence[str], folders: Sequence[Path], descriptors: Files | None = None) -> bytes:
    """The FileDescriptorSet of files below folders, by the protoc in grpc_tools; raises ValueError with its complaints."""
    protoc = extras.require("grpc_tools.protoc", extra="protoc", feature=".proto files")
    with tempfile.TemporaryDirectory(prefix="msgpact-") as scratch:
        written, known = Path(scratch, "written"), Path(scratch, "known")
        arguments = [f"-I{each}" for each in [*dict.fromkeys(folders), Path(str(protoc.__file__)).parent / "_proto"]]
        if descriptors:
            known.write_bytes(_written(descriptors, _without_texts(descriptors, names)))
            arguments.append(f"--descriptor_set_in={known}")
        with _ONE_AT_A_TIME, _said_on_stderr(Path(scratch, "said")) as said:
            code = protoc.main(["protoc", *arguments, "--include_imports", f"--descriptor_set_out={written}", *names])
        if code != 0:
            lines = [_without(folders, line)[:300] for line in said[:5]]
            raise ValueError(f"protoc refuses it ({'; '.join(lines) or f'code {code}'})")
        return written.read_bytes()


def _without(folders: Sequence[Path], line: str) -> str:
    """What protoc says, with names of files as schemas import them."""
    for folder in folders:
        line = line.replace(f"{folder}{os.sep}", "")
    return line.rstrip(".")


def _without_texts(descriptors: Files, names: Sequence[str]) -> list[str]:
    """Those descriptors that protoc may be given: what imports a text is linked later."""
    return [name for name, file in descriptors.items() if not set(file.dependency) & set(names)]


@contextlib.contextmanager
def _said_on_stderr(file: Path) -> Iterator[list[str]]:
    """The lines that C++ writes to the process's standard error."""
    said: list[str] = []
    try:
        kept = os.dup(2)
    except OSError:  # there is none
        yield said
        return
    with file.open("w+b") as captured:
        os.dup2(captured.fileno(), 2)
        try:
            yield said
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            captured.seek(0)
            said += [line for line in captured.read().decode(errors="replace").split("\n") if line.strip()]

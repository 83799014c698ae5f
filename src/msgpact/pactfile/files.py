"""Pact files on disk: found, read, merged under a lock and replaced as a whole.

What is written is stable: sorted, indented, without times or paths, so that equal contracts are equal bytes. What other
tools wrote into a file stays as it is.
"""

import contextlib
import difflib
import gc
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from msgpact.errors import MergeConflict, PactFileError, UnreadablePact, UnwritablePact, UsageError
from msgpact.model import Contract, Interaction, InteractionType
from msgpact.pactfile import v3, v4
from msgpact.pactfile.interactions import FormatError, mapping_of, read_states, state_json

__all__ = ["Merged", "file_name", "find", "load", "loads", "merge", "normal_version", "write"]

Raw = dict[str, Any]


# -- reading ---------------------------------------------------------------------------------------------------------


def load(path: str | os.PathLike[str]) -> Contract:
    """The contract in a pact file of any version.

    Raises:
        UnreadablePact: there is no such file, it is not a pact, or one of its interactions is not one.
    """
    shown = os.fspath(path)
    try:
        text = Path(path).read_bytes()
    except IsADirectoryError:
        raise UnreadablePact(f"Cannot read the pact {shown!r}: it is a folder. Name one of the files in it.") from None
    except OSError as error:
        raise UnreadablePact(f"Cannot read the pact {shown!r}: {error.strerror}. Check the path.") from None
    return loads(text, source=shown)


def loads(text: bytes, *, source: str = "<bytes>") -> Contract:
    """The contract in the bytes of a pact file; *source* is named in messages."""
    # A large pact is many small objects and no garbage: collecting in between would double the time.
    collecting = gc.isenabled()
    gc.disable()
    try:
        return _contract(_parsed(text, source), source)
    finally:
        if collecting:
            gc.enable()


def _unreadable(source: str, why: str, what_to_do: str) -> UnreadablePact:
    return UnreadablePact(f"Cannot read the pact {source!r}: {why}. {what_to_do}")


_AGAIN = "Let the tool that made it write it again."


def _parsed(text: bytes, source: str) -> Raw:
    text = text.removeprefix(b"\xef\xbb\xbf")  # editors on Windows put a byte order mark there
    try:
        document = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if not text.strip():
            raise _unreadable(source, "it is empty", _AGAIN) from None
        what = "it is cut off or is not JSON" if error.pos >= len(text.rstrip()) - 1 else "it is not JSON"
        raise _unreadable(source, f"{what} ({error.msg}, line {error.lineno}, column {error.colno})", _AGAIN) from None
    return _checked(document, source)


def _checked(document: object, source: str) -> Raw:
    if not isinstance(document, dict):
        raise _unreadable(source, "it is JSON but no pact: not an object", "Name a pact file.")
    if "interactions" not in document and "messages" not in document:
        found = ", ".join(map(repr, list(document)[:6])) or "nothing"
        why = f"it is JSON but no pact: it has neither 'interactions' nor 'messages', but {found}"
        raise _unreadable(source, why, "Name a pact file.")
    for name in ("interactions", "messages"):
        if not isinstance(document.get(name, []), list):
            raise _unreadable(source, f"{name!r} is no array", _AGAIN)
    for name in ("consumer", "provider"):
        participant = document.get(name)
        if not isinstance(participant, dict) or not isinstance(participant.get("name"), str) or not participant["name"]:
            raise _unreadable(source, f"it does not say who its {name} is ({name}.name)", _AGAIN)
    return document


def _contract(document: Raw, source: str) -> Contract:
    version = _version(document, source)
    marks = _marks(document)
    interactions = []
    raw_messages = document.get("messages", [])
    for index, raw in enumerate(raw_messages):
        interactions.append(
            _interaction(raw, index, source, lambda raw, at: v3.read(raw, at, marks.get(_identity(raw, 3))))
        )
    for index, raw in enumerate(document.get("interactions", [])):
        interactions.append(_interaction(raw, index, source, v4.read if version == "4.0" else v3.read_http))
    metadata = mapping_of(document.get("metadata"), "metadata")
    rest = {name: value for name, value in metadata.items() if name not in _VERSION_KEYS}
    return Contract(
        document["consumer"]["name"], document["provider"]["name"], tuple(interactions), version, rest, source
    )


def _interaction(raw: object, index: int, source: str, read: Callable[[Any, int], Interaction]) -> Interaction:
    try:
        if not isinstance(raw, dict):
            raise FormatError(f"it is no object: {json.dumps(raw)[:80]}")
        return read(raw, index)
    except FormatError as error:
        described = raw.get("description") if isinstance(raw, dict) else None
        name = f"interaction {index} ({described!r})" if described else f"interaction {index}"
        raise _unreadable(source, f"in {name}, {error}", _AGAIN) from None


_VERSION_KEYS = ("pactSpecification", "pact-specification", "pactSpecificationVersion")
_VERSION = re.compile(r"([0-9]+)(?:\.[0-9]+)*")


def _version(document: Raw, source: str) -> str:
    """`4.0`, `3.0.0`, …; what states none is version 3, but for interactions that have types (4)."""
    metadata = document.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        raise _unreadable(source, "its metadata is no object", _AGAIN)
    stated: object = None
    for name in _VERSION_KEYS:
        stated = (metadata or {}).get(name)
        if isinstance(stated, dict):
            stated = stated.get("version")
        if stated is not None:
            break
    match = _VERSION.fullmatch(str(stated)) if stated is not None else None
    if match is None:  # absent, or no version: the reference takes it for 3
        typed = any(isinstance(each, dict) and "type" in each for each in document.get("interactions", []))
        return "4.0" if typed else "3.0.0"
    major = int(match[1])
    if not 1 <= major <= 4:
        raise _unreadable(
            source,
            f"it is written to version {stated} of the Pact specification, and msgpact knows 1 to 4",
            "Let the other tool write version 4, or update msgpact.",
        )
    return {3: "3.0.0", 4: "4.0"}.get(major, f"{major}.0.0")


def find(paths: Iterable[str | os.PathLike[str]]) -> list[Path]:
    """The pact files that *paths* name: files as they are, of folders every `*.json` in them, sorted.

    Raises:
        UnreadablePact: a path does not exist.
    """
    found: list[Path] = []
    for each in paths:
        path = Path(each)
        if path.is_dir():
            found.extend(sorted(path.glob("*.json")))
        elif path.exists():
            found.append(path)
        else:
            raise UnreadablePact(
                f"Cannot read the pact {os.fspath(each)!r}: there is no such file or folder. Check the path."
            )
    return found


# -- writing ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Merged:
    """What a merge did.

    Attributes:
        changed: Whether the file's bytes are others than before.
        removed: Descriptions of what was dropped.
        kept: `(description, origin)` of what msgpact recorded into the file earlier and this merge did not write.
    """

    path: Path
    changed: bool
    removed: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]


def normal_version(spec_version: str) -> int:
    """3 or 4, from `3`, `3.0`, `3.0.0`, `4`, `4.0`."""
    if spec_version in ("3", "3.0", "3.0.0"):
        return 3
    if spec_version in ("4", "4.0"):
        return 4
    close = difflib.get_close_matches(spec_version, ["3.0.0", "4.0"], n=1)
    hint = f" Did you mean {close[0]!r}?" if close else ""
    raise UsageError(
        f"Cannot write version {spec_version!r} of the Pact specification: '4.0' and '3.0.0' are written.{hint}"
    )


def file_name(consumer: str, provider: str) -> str:
    """The name of a pair's file; characters that some file system refuses become `_`."""
    return re.sub(r'[\x00-\x1f<>:"/\\|?*]', "_", f"{consumer}-{provider}") + ".json"


def write(
    contract: Contract, folder: str | os.PathLike[str], *, spec_version: str = "4.0", overwrite: bool = False
) -> Path:
    """Write the contract into its file in *folder*, merging with what is there; *overwrite* replaces it.

    Raises:
        MergeConflict: the file is another pair's, of a newer version, or holds what cannot stand beside messages.
        UnwritablePact: the file system refused; what was there before is still there.
    """
    return merge(contract, folder, spec_version=spec_version, overwrite=overwrite).path


def merge(
    contract: Contract,
    folder: str | os.PathLike[str],
    *,
    spec_version: str = "4.0",
    overwrite: bool = False,
    drop: Callable[[str], bool] = lambda origin: False,
    delete_empty: bool = False,
) -> Merged:
    """As `write`; entries that msgpact recorded earlier and whose origin *drop* answers True for go.

    With *delete_empty* a file that would hold no interaction is deleted.
    """
    version = normal_version(spec_version)
    path = Path(folder) / file_name(contract.consumer, contract.provider)
    if path.is_symlink():
        path = path.resolve()
    with _refusals(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(path):
            before = None if overwrite or not path.exists() else path.read_bytes()
            document = _document(contract, before, path, version)
            removed, kept = _put(document, contract, path, drop)
            text = _text(document, path)
            if delete_empty and not document.get("interactions") and not document.get("messages"):
                path.unlink(missing_ok=True)
            elif text != before:
                _replace(path, text)
            return Merged(path, text != before, removed, kept)


@contextlib.contextmanager
def _refusals(path: Path) -> Iterator[None]:
    try:
        yield
    except PactFileError:
        raise
    except OSError as error:
        raise UnwritablePact(
            f"Cannot write the pact {os.fspath(path)!r}: {error.strerror or error}. "
            "Nothing was changed; choose a folder that can be written, or make room."
        ) from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Keep other writers of the same file out, in this process and in others; leaves no lock file behind."""
    from filelock import FileLock, Timeout

    lock = FileLock(path.with_name(f".{path.name}.lock"), timeout=60)
    try:
        with lock:
            try:
                yield
            finally:
                # Unlinked while held: a waiter that gets the lock of an unlinked file notices and starts over.
                with contextlib.suppress(OSError):
                    os.unlink(lock.lock_file)
    except Timeout:
        raise UnwritablePact(
            f"Cannot write the pact {os.fspath(path)!r}: another process holds {lock.lock_file!r} for more than a minute. "
            "End that process, or delete the lock file if there is none."
        ) from None


def _document(contract: Contract, before: bytes | None, path: Path, version: int) -> Raw:
    if before is None:
        return {
            "consumer": {"name": contract.consumer},
            "provider": {"name": contract.provider},
            "interactions" if version == 4 else "messages": [],
            "metadata": {**contract.metadata, "pactSpecification": {"version": "4.0" if version == 4 else "3.0.0"}},
        }
    source = os.fspath(path)
    try:
        # Not orjson: integers beyond 64 bits that another tool wrote must survive.
        document = _checked(json.loads(before.decode("utf-8-sig")), source)
    except (ValueError, RecursionError) as error:
        if isinstance(error, PactFileError):
            raise
        raise MergeConflict(
            f"Cannot merge into {source!r}: it is not JSON ({error}). Move it away, or overwrite it."
        ) from None
    for name, wanted in (("consumer", contract.consumer), ("provider", contract.provider)):
        if document[name]["name"] != wanted:
            raise MergeConflict(
                f"Cannot merge into {source!r}: its {name} is {document[name]['name']!r}, not {wanted!r}. "
                "Choose another folder."
            )
    has = int(_version(document, source)[0])
    if has > version:
        raise MergeConflict(
            f"Cannot merge version {version} into {source!r}: the file has version {has}, and a file never goes back. "
            "Write version 4, or overwrite the file."
        )
    if document.get("interactions") and has < 4:
        raise MergeConflict(
            f"Cannot merge messages into {source!r}: it holds HTTP interactions of version {has}. "
            "Choose another folder, or let the other tool write version 4."
        )
    return _upgraded(document, source) if has < version else document


def _upgraded(document: Raw, source: str) -> Raw:
    """A version 3 message pact as version 4."""
    contract = _contract(document, source)
    metadata = {
        name: value for name, value in document.get("metadata", {}).items() if name not in (*_VERSION_KEYS, "msgpact")
    }
    rest = {name: value for name, value in document.items() if name not in ("messages", "metadata")}
    return {
        **rest,
        "interactions": [v4.write(each) for each in contract.interactions],
        "metadata": {**metadata, "pactSpecification": {"version": "4.0"}},
    }


def _put(
    document: Raw, contract: Contract, path: Path, drop: Callable[[str], bool]
) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """Put the contract's interactions into the document; gives what was removed and what of ours was kept."""
    version = 4 if "interactions" in document else 3
    entries: list[Raw] = document["interactions" if version == 4 else "messages"]
    marks = _marks(document)
    fresh: list[tuple[Raw, Interaction]] = []
    for interaction in contract.interactions:
        raw = _raw(interaction, version, path)
        if clash := next((each for each, _ in fresh if _same_identity(each, raw, version) and each != raw), None):
            raise MergeConflict(
                f"Cannot write {clash['description']!r} twice into {os.fspath(path)!r}: "
                "the contract holds it with two contents. Give one of them another description or other states."
            )
        fresh.append((raw, interaction))
    index = {_identity(raw, version): raw for raw, _ in fresh}
    keyed = {raw["key"]: raw for raw, _ in fresh if "key" in raw}
    kept_entries, removed, kept = [], [], []
    for entry in entries:
        if _replaced(entry, index, keyed, version):
            continue
        origin = _origin(entry, marks, version)
        if origin is not None and drop(origin):
            removed.append(str(entry.get("description")))
            continue
        if origin is not None:
            kept.append((str(entry.get("description")), origin))
        kept_entries.append(entry)
    entries[:] = sorted([*kept_entries, *(raw for raw, _ in fresh)], key=_order)
    if version == 3:
        _put_marks(document, entries, marks, fresh)
    return tuple(removed), tuple(kept)


def _raw(interaction: Interaction, version: int, path: Path) -> Raw:
    if version == 4:
        return v4.write(interaction)
    if interaction.type is not InteractionType.ASYNCHRONOUS_MESSAGE:
        raise MergeConflict(
            f"Cannot write {interaction.description!r} into {os.fspath(path)!r}: version 3 holds one-way messages only, "
            f"and this is {interaction.type.value}. Write version 4."
        )
    return v3.write(interaction)


def _identity(raw: Mapping[str, Any], version: int) -> str:
    """What makes an interaction the same one across runs: type, description, states with parameters in order."""
    states = [state_json(each) for each in read_states(raw)]
    kind = raw.get("type") if version == 4 else InteractionType.ASYNCHRONOUS_MESSAGE.value
    return json.dumps([kind, raw.get("description"), states], sort_keys=True)


def _same_identity(one: Raw, other: Raw, version: int) -> bool:
    if "key" in one and "key" in other:
        return bool(one["key"] == other["key"])
    return _identity(one, version) == _identity(other, version)


def _replaced(entry: Raw, index: Mapping[str, Raw], keyed: Mapping[str, Raw], version: int) -> bool:
    if entry.get("key") in keyed and "key" in entry:
        return True
    other = index.get(_identity(entry, version))
    return other is not None and not ("key" in entry and "key" in other)


def _order(raw: Raw) -> tuple[str, str, str, str]:
    states = json.dumps(raw.get("providerStates", []), sort_keys=True)
    return str(raw.get("description")), states, str(raw.get("type", "")), str(raw.get("key", ""))


def _origin(entry: Raw, marks: Mapping[str, Mapping[str, Any]], version: int) -> str | None:
    if version == 3:
        ours: object = marks.get(_identity(entry, 3))
    else:
        comments = entry.get("comments")
        ours = comments.get("msgpact") if isinstance(comments, dict) else None
    origin = ours.get("origin") if isinstance(ours, dict) else None
    return origin if isinstance(origin, str) else None


def _marks(document: Raw) -> dict[str, Raw]:
    """What msgpact says of the messages of a version 3 file, by identity."""
    metadata = document.get("metadata")
    ours = metadata.get("msgpact") if isinstance(metadata, dict) else None
    listed = ours.get("messages") if isinstance(ours, dict) else None
    found = {}
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            with contextlib.suppress(FormatError):
                said = {name: value for name, value in each.items() if name not in ("description", "providerStates")}
                found[_identity(each, 3)] = said
    return found


def _put_marks(
    document: Raw, entries: Sequence[Raw], marks: Mapping[str, Raw], fresh: Sequence[tuple[Raw, Interaction]]
) -> None:
    said = dict(marks)
    for raw, interaction in fresh:
        ours = interaction.comments.get("msgpact")
        said[_identity(raw, 3)] = dict(ours) if isinstance(ours, dict) else {}
    listed: list[Raw] = []
    for entry in entries:
        if marked := said.get(_identity(entry, 3)):
            named: Raw = {name: entry[name] for name in ("description", "providerStates") if name in entry}
            listed.append({**named, **marked})
    metadata = document.setdefault("metadata", {})
    if listed:
        metadata["msgpact"] = {"messages": listed}
    else:
        metadata.pop("msgpact", None)


def _text(document: Raw, path: Path) -> bytes:
    try:
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        try:
            return text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, as another tool wrote it: only escapes can hold it
            return (json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError) as error:
        raise UnwritablePact(
            f"Cannot write the pact {os.fspath(path)!r}: it holds what JSON cannot ({error}). "
            "Use JSON values in states, metadata and comments."
        ) from None


def _replace(path: Path, text: bytes) -> None:
    """Put *text* in the file's place as a whole: written beside it, flushed to disk, then renamed."""
    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        # Not tempfile: its files are readable by nobody else, and a pact's mode should follow the umask.
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
        with os.fdopen(descriptor, "wb") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(beside)
        raise

"""A contract put into the pact document that is there: what is replaced, what is kept, what cannot stand together.

Two interactions are the same one if both have a key and the keys are equal; else if type, description and provider
states with their parameters are. The same one is replaced; entries of other tools pass through as they are.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from msgpact.errors import MergeConflict, PactFileError, UnwritablePact
from msgpact.model import Contract, Interaction, InteractionType
from msgpact.pactfile import sequences, v3, v4
from msgpact.pactfile.documents import VERSION_KEYS, Raw, checked, identity, marks_of, read, version_of
from msgpact.pactfile.interactions import FormatError, own_comments
from msgpact.serializers.plugin_form import APART, KEYS, PluginForm, plugin_form

__all__ = ["MergedDocument", "as_text", "merged", "schemas_of"]


@dataclass(frozen=True, slots=True)
class MergedDocument:
    """A merged document.

    Attributes:
        removed: Descriptions of what was dropped.
        kept: `(description, origin)` of what msgpact recorded earlier and this contract does not hold.
    """

    document: Raw
    removed: tuple[str, ...]
    kept: tuple[tuple[str, str], ...]


def merged(
    contract: Contract, before: bytes | None, version: int, source: str, drop: Callable[[str], bool]
) -> MergedDocument:
    """*contract* in the document *before*, or in a new one; what msgpact recorded and *drop* answers True for goes.

    Raises:
        MergeConflict: the document is another pair's, of a newer version, or holds what cannot stand beside messages.
        UnwritablePact: the contract holds what JSON cannot.
    """
    try:
        document = _new(contract, version) if before is None else _opened(contract, before, version, source)
        return _put(document, contract, version, source, drop)
    except PactFileError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise _unwritable(source, error) from None


def as_text(document: Raw, source: str) -> bytes:
    """The document's bytes: sorted and indented, so that equal contracts are equal bytes."""
    try:
        if (written := _written_fast(document)) is not None:
            return written
        text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
        _refuse_what_is_too_deep_to_read(text)
        try:
            return text.encode()
        except UnicodeEncodeError:  # half of a surrogate pair, as another tool wrote it: only escapes can hold it
            return (json.dumps(document, indent=2, sort_keys=True, allow_nan=False) + "\n").encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise _unwritable(source, error) from None


def _refuse_what_is_too_deep_to_read(text: str) -> None:
    """Some versions of Python write deeper than any reader reads: raises RecursionError."""
    try:
        orjson.loads(text)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg:
            raise RecursionError from None


def _written_fast(document: Raw) -> bytes | None:
    """The same bytes as json's, in a tenth of the time; None for the few documents whose bytes would be others."""
    try:
        written = orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE)
    except TypeError:  # integers beyond 64 bits, half of a surrogate pair, keys that are no text, …
        return None
    return written if _is_written_alike(document) else None


def _is_written_alike(value: Any) -> bool:
    """Whether json and orjson write a value that both can write in the same way: not NaN, 1e16, 1e-5 or an enum."""
    kind = type(value)
    if kind is dict:
        return all(map(_is_written_alike, value.values()))
    if kind is list:
        return all(map(_is_written_alike, value))
    if kind is float:
        return bool(value == 0 or 1e-4 <= abs(value) < 1e16)
    return kind is str or kind is int or kind is bool or value is None


def _unwritable(source: str, error: Exception) -> UnwritablePact:
    match error:
        case FormatError():
            why, what_to_do = str(error), "Write version 4."
        case RecursionError():
            why, what_to_do = "it is nested too deep", "Use JSON values of fewer levels."
        case _:
            why, what_to_do = (
                f"it holds what JSON cannot ({error})",
                "Use JSON values in states, metadata and comments.",
            )
    return UnwritablePact(f"Cannot write the pact {source!r}: {why}. {what_to_do}")


# -- the document that is there --------------------------------------------------------------------------------------


def _new(contract: Contract, version: int) -> Raw:
    return {
        "consumer": {"name": contract.consumer},
        "provider": {"name": contract.provider},
        # What a file of version 3 says there of its messages, version 4 says in their comments.
        "metadata": {
            **{name: each for name, each in contract.metadata.items() if name != "msgpact"},
            **_version(version),
        },
    }


def _version(version: int) -> Raw:
    return {"pactSpecification": {"version": "4.0" if version == 4 else "3.0.0"}}


def _opened(contract: Contract, before: bytes, version: int, source: str) -> Raw:
    """The document that is there, if the contract may be put into it, in the version that is written."""
    try:
        # Not orjson: integers beyond 64 bits that another tool wrote must survive.
        parsed = json.loads(before.decode("utf-8-sig"), parse_int=_integer)
    except (ValueError, RecursionError) as error:
        raise MergeConflict(
            f"Cannot merge into {source!r}: it is not JSON ({error}). Move it away, or overwrite it."
        ) from None
    document = checked(parsed, source)
    for name, wanted in (("consumer", contract.consumer), ("provider", contract.provider)):
        if document[name]["name"] != wanted:
            raise MergeConflict(
                f"Cannot merge into {source!r}: its {name} is {document[name]['name']!r}, not {wanted!r}. "
                "Choose another folder."
            )
    has = int(version_of(document, source)[0])
    if has > version:
        raise MergeConflict(
            f"Cannot merge version {version} into {source!r}: the file has version {has}, and a file never goes back. "
            "Write version 4, or overwrite the file."
        )
    for name in ("interactions", "messages"):
        if not all(isinstance(each, dict) for each in document.get(name, ())):
            raise MergeConflict(
                f"Cannot merge into {source!r}: one of its {name} is no object. Move it away, or overwrite it."
            )
    try:
        sequences.listed(document)
    except FormatError as error:
        raise MergeConflict(f"Cannot merge into {source!r}: {error}. Move it away, or overwrite it.") from None
    if document.get("interactions") and has < 4:
        raise MergeConflict(
            f"Cannot merge messages into {source!r}: it holds HTTP interactions of version {has}. "
            "Choose another folder, or let the other tool write version 4."
        )
    if version == 3:
        document.pop("interactions", None)  # an HTTP pact that is empty
    return document if has == version else _upgraded(document, version, source)


def _integer(text: str) -> int | float:
    return -0.0 if text == "-0" else int(text)  # -0 counts as a decimal, and must not become 0


def _upgraded(document: Raw, version: int, source: str) -> Raw:
    """A document of an older version, which can hold nothing but messages of version 3, in a newer one."""
    messages = read(document, source).interactions
    metadata = {
        name: value
        for name, value in (document.get("metadata") or {}).items()
        if name not in (*VERSION_KEYS, "msgpact")
    }
    rest = {name: value for name, value in document.items() if name not in ("messages", "interactions", "metadata")}
    upgraded: Raw = {**rest, "metadata": {**metadata, **_version(version)}}
    if version == 4:
        upgraded["interactions"] = [v4.write(each) for each in messages]
    if stated := sequences.listed(document):
        upgraded["metadata"]["msgpact"] = {"sequences": stated}
    return upgraded


# -- what is put into it ---------------------------------------------------------------------------------------------


class _Fresh:
    """What a contract of version *has* puts into a document: each interaction once, found again by key or identity."""

    def __init__(self, version: int, source: str, has: str) -> None:
        self.version = version
        self.has = has
        self.source = source
        self.entries: list[tuple[Raw, Interaction]] = []
        self._keyed: dict[object, Raw] = {}
        # By identity the first of those that have no key, and the first of all.
        self._keyless: dict[str, Raw] = {}
        self._named: dict[str, Raw] = {}

    def add(self, interaction: Interaction) -> None:
        """Take an interaction in; one that is there already is taken once."""
        raw = self._written(interaction)
        name = identity(raw, self.version)
        there = self._same_as(raw, name)
        if there is None:
            self.entries.append((raw, interaction))
            self._named.setdefault(name, raw)
            if "key" in raw:
                self._keyed[raw["key"]] = raw
            else:
                self._keyless[name] = raw
        elif there != raw:
            raise MergeConflict(
                f"Cannot write {raw['description']!r} twice into {self.source!r}: "
                "the contract holds it with two contents. Give one of them another description or other states."
            )

    def replaces(self, entry: Raw) -> bool:
        """Whether an entry of the document is the same interaction as one of these."""
        return self._same_as(entry, identity(entry, self.version)) is not None

    def _same_as(self, entry: Raw, name: str) -> Raw | None:
        key = entry.get("key")
        if isinstance(key, str) and key in self._keyed:
            return self._keyed[key]
        return (self._named if key is None else self._keyless).get(name)

    def _written(self, interaction: Interaction) -> Raw:
        if self.version == 4:
            if interaction.type is InteractionType.HTTP and not self.has.startswith("4"):
                raise MergeConflict(
                    f"Cannot write {interaction.description!r} into {self.source!r}: it is an HTTP interaction of version "
                    f"{self.has}, which is kept as it is. Let the tool that made it write version 4."
                )
            return v4.write(interaction)
        if interaction.type is not InteractionType.ASYNCHRONOUS_MESSAGE:
            raise MergeConflict(
                f"Cannot write {interaction.description!r} into {self.source!r}: version 3 holds one-way messages "
                f"only, and this is {interaction.type.value}. Write version 4."
            )
        return v3.write(interaction)


def _put(document: Raw, contract: Contract, version: int, source: str, drop: Callable[[str], bool]) -> MergedDocument:
    entries: list[Raw] = document.setdefault("interactions" if version == 4 else "messages", [])
    document["metadata"] = {**_version(version), **(document.get("metadata") or {})}
    marks, stated = marks_of(document), sequences.listed(document)
    fresh = _Fresh(version, source, contract.spec_version)
    for interaction in contract.interactions:
        fresh.add(interaction)
    remaining: list[Raw] = []
    removed: list[str] = []
    kept: list[tuple[str, str]] = []
    for entry in entries:
        origin = _origin(entry, marks, version)
        if fresh.replaces(entry):
            continue
        if origin is not None and drop(origin):
            removed.append(str(entry.get("description")))
            continue
        if origin is not None:
            kept.append((str(entry.get("description")), origin))
        remaining.append(entry)
    entries[:] = sorted([*remaining, *(raw for raw, _ in fresh.entries)], key=_order)
    if version == 3:
        _put_marks(document, marks, fresh)
    else:
        _put_schemas(document, contract)
    there, gone, left = sequences.merged(contract.sequences, stated, drop, source)
    _put_sequences(document, there)
    return MergedDocument(document, (*removed, *gone), (*kept, *left))


def _put_sequences(document: Raw, there: list[Raw]) -> None:
    """The sequences, beside what else of ours stands in the file's metadata."""
    has = document["metadata"].get("msgpact")
    ours = {name: each for name, each in (has if isinstance(has, dict) else {}).items() if name != "sequences"}
    if there:
        ours["sequences"] = there
    if ours:
        document["metadata"]["msgpact"] = ours
    elif isinstance(has, dict):
        del document["metadata"]["msgpact"]


def schemas_of(interactions: Iterable[Interaction], there: object = None) -> list[Raw]:
    """The schemas of interactions' contents as Pact's plugins write them into a file's metadata, beside those *there*."""
    forms: dict[str, dict[str, PluginForm]] = {}
    for interaction in interactions:
        for form in filter(None, map(plugin_form, v4.contents_of(interaction))):
            forms.setdefault(form.name, {})[form.key] = form
    plugins = [each for each in there if isinstance(each, dict)] if isinstance(there, list) else []
    for name, by_key in forms.items():
        plugin = next((each for each in plugins if each.get("name") == name), None)
        if plugin is None:
            plugin = {"name": name, "version": next(iter(by_key.values())).version}
            plugins.append(plugin)
        has = plugin.get("configuration")
        schemas = {key: dict(form.schema) for key, form in by_key.items()}
        plugin["configuration"] = {**(has if isinstance(has, dict) else {}), **schemas}
    return plugins


def _put_schemas(document: Raw, contract: Contract) -> None:
    """The contract's schemas beside those that are there and still used."""
    if plugins := schemas_of(contract.interactions, document["metadata"].get("plugins")):
        used = _schemas_used(document)
        kept = [left for each in plugins if (left := _with_used(each, used)) is not None]
        document["metadata"]["plugins"] = sorted(kept, key=lambda each: str(each.get("name")))
        if not kept:
            del document["metadata"]["plugins"]


def _schemas_used(document: Raw) -> set[tuple[str, object]]:
    """By plugin and key, the schemas that interactions of the document name."""
    used: set[tuple[str, object]] = set()
    for entry in document["interactions"]:
        for named in _configurations(entry):
            for plugin, said in named.items():
                for value in said.values() if isinstance(said, dict) else ():
                    if isinstance(value, str):
                        used.add((plugin, value))
    return used


def _configurations(entry: Raw) -> Iterator[Raw]:
    """What an entry says to plugins, and beside it our comments on its parts."""
    comments = entry.get("comments")
    ours = comments.get("msgpact") if isinstance(comments, dict) else None
    marks = [ours.get("request"), *_listed(ours.get("response"))] if isinstance(ours, dict) else []
    for said in (entry.get("pluginConfiguration"), *(each.get(APART) for each in marks if isinstance(each, dict))):
        if isinstance(said, dict):
            yield said


def _listed(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _with_used(plugin: Raw, used: set[tuple[str, object]]) -> Raw | None:
    """A plugin's entry without the schemas that nothing names any more; None where nothing is left."""
    name, schemas = plugin.get("name"), plugin.get("configuration")
    if name not in KEYS or not isinstance(schemas, dict):  # theirs is nothing but schemas by key
        return plugin
    kept = {key: each for key, each in schemas.items() if (name, key) in used}
    return {**plugin, "configuration": kept} if kept else None


def _order(raw: Raw) -> tuple[str, str, str, str]:
    states = json.dumps(raw.get("providerStates", []), sort_keys=True)
    return str(raw.get("description")), states, str(raw.get("type", "")), str(raw.get("key", ""))


def _origin(entry: Raw, marks: Mapping[str, Raw], version: int) -> str | None:
    if version == 3:
        ours: object = marks.get(identity(entry, 3))
    else:
        comments = entry.get("comments")
        ours = comments.get("msgpact") if isinstance(comments, dict) else None
    origin = ours.get("origin") if isinstance(ours, dict) else None
    return origin if isinstance(origin, str) else None


def _put_marks(document: Raw, marks: Mapping[str, Raw], fresh: _Fresh) -> None:
    """Version 3 has no comments: what ours say stands in the file's metadata, for the messages that are still there."""
    said = dict(marks)
    for raw, interaction in fresh.entries:
        pending = {"pending": True} if interaction.pending else {}  # which version 3 has no word for
        said[identity(raw, 3)] = {**own_comments(interaction), **pending}
    listed: list[Raw] = []
    for entry in document["messages"]:
        if marked := said.get(identity(entry, 3)):
            named: Raw = {name: entry[name] for name in ("description", "providerStates") if name in entry}
            listed.append({**named, **marked})
    metadata = document["metadata"]
    if listed:
        metadata["msgpact"] = {"messages": listed}
    else:
        metadata.pop("msgpact", None)

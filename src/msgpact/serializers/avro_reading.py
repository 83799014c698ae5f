"""Reading Avro fast: by fastavro where it is certain, else exactly."""

import io
from collections.abc import Callable

from msgpact import extras
from msgpact.serializers import avro_exact
from msgpact.serializers.avro_resolution import HOOKS, Plan

__all__ = ["reading"]


def reading(plan: Plan) -> Callable[[bytes], object]:
    """The function that reads bodies by a plan. Raises ValueError as `avro_exact.read`.

    fastavro reads numbers of any length, which takes nine bytes in a row that are 128 or more, and looks neither at what
    follows nor at how deep it is. Those bodies are few, and are read exactly.
    """
    fastavro = extras.require("fastavro", extra="avro", feature="Avro contents")
    fastavro.read.LOGICAL_READERS.update(HOOKS)
    decode, buffer, exact, deepest = fastavro.schemaless_reader, io.BytesIO, avro_exact.read, avro_exact.DEEPEST
    root = {**({"type": plan.root} if isinstance(plan.root, str) else plan.root), **_IS_PARSED}
    if plan.is_bomb:
        return lambda contents: exact(plan, contents)

    def read(contents: bytes) -> object:
        if plan.is_deep and len(contents) > deepest:
            return exact(plan, contents)
        stream = buffer(contents)
        try:
            value = decode(stream, root, None)
        except Exception:  # of many kinds; what is wrong is found out exactly
            return exact(plan, contents)
        if stream.tell() != len(contents) or not (contents.isascii() or _LONG not in contents.translate(_HIGH)):
            return exact(plan, contents)
        return value

    return read


_IS_PARSED = {"__fastavro_parsed": True, "__named_schemas": {}}
_HIGH = bytes(128) + b"\1" * 128
_LONG = b"\1" * 9

"""Reading Avro fast: by fastavro where it is certain, else exactly."""

import io
import operator
import struct
import sys
from collections.abc import Callable
from typing import Any

from msgpact import extras
from msgpact.serializers.avro import exact as avro_exact
from msgpact.serializers.avro import guard
from msgpact.serializers.avro.hooks import HOOKS
from msgpact.serializers.avro.resolution import Plan
from msgpact.serializers.avro.schema_types import DEEPEST

__all__ = ["reading"]


def reading(plan: Plan) -> Callable[[bytes], object]:
    """The function that reads bodies by a plan. Raises ValueError as `avro_exact.read`.

    fastavro does not look at how deep a body is, how many items without bytes it announces, what follows it, and how long
    a number is. The first two are asked of the guard where the schema allows them; a number that is too long has nine bytes
    in a row that are 128 or more, and the guard is asked about bodies of which that is true.
    """
    fastavro = extras.require("fastavro", extra="avro", feature="Avro contents")
    fastavro.read.LOGICAL_READERS.update(HOOKS)
    decode, buffer, exact = fastavro.schemaless_reader, io.BytesIO, avro_exact.read
    root, ints, pack = _rooted(plan.root)
    safe = -1 if plan.is_bomb else DEEPEST // (plan.depth + 1) if plan.depth else sys.maxsize
    is_safe, no_booleans, (odd, odder) = _lazy(plan), not plan.has_booleans, _ODD

    def read(contents: bytes) -> object:
        size = len(contents)
        if size > safe and not is_safe(contents):
            return exact(plan, contents)
        stream = buffer(contents)
        try:
            value = decode(stream, root, None)
            if ints is not None:
                pack(*ints(value))
        except Exception:  # of many kinds; what is wrong is found out exactly
            return exact(plan, contents)
        if stream.tell() == size and (
            contents.isascii()
            or (
                contents.translate(_HIGH).rfind(_LONG) < 0
                and (no_booleans or (contents.rfind(odd) < 0 and contents.rfind(odder) < 0))
            )
            or size > safe
            or is_safe(contents)
        ):
            return value
        return exact(plan, contents)

    return read


def _lazy(plan: Plan) -> Callable[[bytes], bool]:
    """A guard that is made once it is asked."""
    made: list[Callable[[bytes], bool]] = []

    def is_safe(contents: bytes) -> bool:
        if not made:
            made.append(guard.guard_of(plan))
        return made[0](contents)

    return is_safe


def _rooted(root: Any) -> tuple[dict[Any, Any], Callable[[Any], Any] | None, Callable[..., object]]:
    """What fastavro takes for a schema that it has parsed; and what takes the ints of its record and looks at them.

    That they are looked at here, and by no hook, saves three calls.
    """
    node = {**({"type": root} if isinstance(root, str) else root), **_IS_PARSED}
    if not node.get("ints"):
        return node, None, bool
    del node["logicalType"]
    names = node["ints"] if len(node["ints"]) > 1 else node["ints"] * 2  # of one name it would give no tuple
    return node, operator.itemgetter(*names), struct.Struct(f"{len(names)}i").pack


_IS_PARSED = {"__fastavro_parsed": True, "__named_schemas": {}}
_HIGH = bytes(128) + b"\1" * 128
_LONG = b"\1" * 9
"""Nine bytes that are 128 or more. It is looked for from the end, which takes half the time."""
_ODD = b"\x80\0", b"\x81\0"
"""What may be taken for a boolean and is none; see `resolution`."""

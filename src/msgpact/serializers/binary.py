"""Bytes as they are, for content types that nothing else knows."""

__all__ = ["build", "dump", "load"]


def dump(value: object) -> bytes:
    if not isinstance(value, bytes | bytearray | memoryview):
        raise TypeError(f"no serializer is known for its content type, so it must be bytes, not {value!r}")
    return bytes(value)


def load(contents: bytes) -> bytes:
    return contents


def build(contents: bytes, into: object) -> object:  # noqa: ARG001  (a Serializer)
    raise TypeError(f"no serializer is known for its content type, so it is delivered as bytes, not as {into!r}")

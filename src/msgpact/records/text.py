"""Bytes in a contract's metadata, which is JSON: as text where they are UTF-8, else as `base64:…`.

The way back is exact but for one case: text that itself reads `base64:` and encodes bytes that are no UTF-8 is taken for
those bytes.
"""

import binascii

__all__ = ["from_bytes", "to_bytes"]

_PREFIX = "base64:"


def from_bytes(value: bytes | None) -> str | None:
    """The text that stands for *value* in metadata; None stays None."""
    if value is None:
        return None
    try:
        return value.decode()
    except UnicodeDecodeError:
        return _PREFIX + binascii.b2a_base64(value, newline=False).decode("ascii")


def to_bytes(text: str) -> bytes:
    """The bytes that *text* stands for in metadata."""
    if text.startswith(_PREFIX):
        try:
            value = binascii.a2b_base64(text[len(_PREFIX) :], strict_mode=True)
        except ValueError:
            return text.encode()
        if from_bytes(value) == text:
            return value
    return text.encode()

"""Plain text in UTF-8; the document that rules see is the text itself."""

__all__ = ["build", "dump", "load"]


def dump(value: object) -> bytes:
    if isinstance(value, bytes):
        return value
    if not isinstance(value, str):
        raise TypeError(f"a {type(value).__qualname__} is not text: {value!r}")
    return value.encode()


def load(contents: bytes) -> str:
    try:
        return contents.decode()
    except UnicodeDecodeError as error:
        raise ValueError(f"it is not UTF-8 text: byte {error.start} is {contents[error.start]:#04x}") from None


def build(contents: bytes, into: object) -> object:
    if into is not str:
        raise TypeError(f"text is delivered as str or bytes, not as {into!r}")
    return load(contents)

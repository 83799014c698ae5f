"""Integers of variable length as Protobuf and Avro write them: seven bits a byte, the lowest first."""

__all__ = ["read_signed", "read_unsigned", "signed", "unsigned"]


def read_unsigned(data: bytes, at: int) -> tuple[int, int]:
    """The integer at a place of *data*, and the place after it.

    Raises:
        ValueError: it is cut off, or longer than 64 bits; a clause's end.
    """
    value = 0
    for shift in range(0, 70, 7):
        if at >= len(data):
            raise ValueError("cut off")
        byte = data[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            if value >= 1 << 64:
                break
            return value, at
    raise ValueError("longer than 64 bits")


def read_signed(data: bytes, at: int) -> tuple[int, int]:
    """As `read_unsigned`, of an integer in zigzag form: 0, -1, 1, -2, …"""
    value, at = read_unsigned(data, at)
    return (value >> 1) ^ -(value & 1), at


def unsigned(value: int) -> bytes:
    """The bytes of an integer that is not negative."""
    written = bytearray()
    while value > 0x7F:
        written.append(value & 0x7F | 0x80)
        value >>= 7
    written.append(value)
    return bytes(written)


def signed(value: int) -> bytes:
    """The bytes of an integer of 64 bits in zigzag form."""
    return unsigned((value << 1) ^ (value >> 63))

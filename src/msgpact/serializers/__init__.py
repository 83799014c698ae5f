"""Values to bytes and back, by content type."""

from msgpact.serializers.base import (
    Enveloped,
    Serializer,
    headers_of,
    others_serializer,
    received,
    sent,
    serializer_for,
)

__all__ = ["Enveloped", "Serializer", "headers_of", "others_serializer", "received", "sent", "serializer_for"]

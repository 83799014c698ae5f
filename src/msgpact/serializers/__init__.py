"""Values to bytes and back, by content type."""

from msgpact.serializers.base import Serializer, serializer_for

__all__ = ["Serializer", "serializer_for"]

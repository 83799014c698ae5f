"""Values to bytes and back, by content type."""

from msgpact.serializers.base import Enveloped, Serializer, received, sent, serializer_for

__all__ = ["Enveloped", "Serializer", "received", "sent", "serializer_for"]

"""Values to bytes and back, by content type."""

from msgpact.serializers.base import Enveloped, Serializer, others_serializer, received, sent, serializer_for

__all__ = ["Enveloped", "Serializer", "others_serializer", "received", "sent", "serializer_for"]

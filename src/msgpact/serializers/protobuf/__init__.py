"""Protobuf: messages of a schema, as generated classes, documents and models."""

from msgpact.serializers.protobuf.documents import Unknown
from msgpact.serializers.protobuf.serializer import Protobuf
from msgpact.serializers.protobuf.shapes import EnumShape, FieldShape, MessageShape

__all__ = ["EnumShape", "FieldShape", "MessageShape", "Protobuf", "Unknown"]

"""Avro: a schema, and values read and written by it."""

from msgpact.serializers.avro.container import Container
from msgpact.serializers.avro.given import AvroSchema
from msgpact.serializers.avro.serializer import Avro
from msgpact.serializers.avro.single_object import SingleObject

__all__ = ["Avro", "AvroSchema", "Container", "SingleObject"]

"""CloudEvents 1.0, structured and binary, over any serializer of their data."""

from msgpact.serializers.cloudevents.contract import JSON_EVENT
from msgpact.serializers.cloudevents.serializer import CloudEvents, Mode

__all__ = ["JSON_EVENT", "CloudEvents", "Mode"]

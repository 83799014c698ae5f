"""docker-compose.yml, read as data: what it starts is pinned, healthy before it is used, and seen from this machine only."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

pytestmark = pytest.mark.once

FILE = Path(__file__).parents[2] / "docker-compose.yml"
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(FILE.read_text(encoding="utf-8"))["services"]

services = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_there_is_every_server_that_msgpact_talks_to() -> None:
    assert SERVICES.keys() == {"kafka", "schema-registry", "rabbitmq", "localstack", "postgres"}


@services
def test_the_image_is_pinned_to_a_whole_version(service: dict[str, Any]) -> None:
    assert re.fullmatch(r"[\w./-]+:\d+\.\d+(\.\d+)?(-\w+)?", service["image"])


@services
def test_there_is_a_health_check(service: dict[str, Any]) -> None:
    check = service["healthcheck"]

    assert check["test"][0] == "CMD"
    assert check.keys() == {"test", "interval", "timeout", "retries"}


@services
def test_ports_are_open_on_loopback_only(service: dict[str, Any]) -> None:
    assert service["ports"]
    assert all(re.fullmatch(r"127\.0\.0\.1:(\d+):\1", port) for port in service["ports"])
    assert "network_mode" not in service


def test_no_two_services_want_the_same_port() -> None:
    ports = [port for service in SERVICES.values() for port in service["ports"]]

    assert len(set(ports)) == len(ports)


def test_kafka_tells_clients_the_address_that_is_open() -> None:
    kafka = SERVICES["kafka"]
    advertised = kafka["environment"]["KAFKA_ADVERTISED_LISTENERS"].split(",")

    assert "HOST://127.0.0.1:9092" in advertised
    assert kafka["ports"] == ["127.0.0.1:9092:9092"]


@services
def test_what_a_service_waits_for_is_there(service: dict[str, Any]) -> None:
    waits = service.get("depends_on", {})

    assert waits.keys() <= SERVICES.keys()
    assert all(each == {"condition": "service_healthy"} for each in waits.values())

"""The Glue registry: what of AWS fails, in words; and what moto does not have, by what boto3 says that AWS answers."""

import uuid
from collections.abc import Iterator

import boto3
import pytest
from botocore.stub import Stubber
from moto import mock_aws

from msgpact.errors import Unavailable
from msgpact.registries.glue import GlueRegistry
from msgpact.serializers.framed import RegisteredSchema

INT = RegisteredSchema("AVRO", '"int"', {})
ID = uuid.UUID("4ea41905-0bf0-4b2f-88ad-a2947f9273a3")


@pytest.fixture(autouse=True)
def credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)


@pytest.fixture
def stubbed() -> Iterator[tuple[GlueRegistry, Stubber]]:
    client = boto3.client("glue", "eu-central-1")
    with Stubber(client) as stubber:
        yield GlueRegistry(client=client), stubber
        stubber.assert_no_pending_responses()


def test_an_id_is_asked_for_once(stubbed: tuple[GlueRegistry, Stubber]) -> None:
    registry, stubber = stubbed
    answer = {"SchemaVersionId": str(ID), "SchemaDefinition": '"int"', "DataFormat": "AVRO"}
    stubber.add_response("get_schema_version", answer, {"SchemaVersionId": str(ID)})

    assert registry.find(ID) is registry.find(ID)
    assert registry.find(ID) == INT


def test_the_names_of_all_schemas(stubbed: tuple[GlueRegistry, Stubber]) -> None:
    registry, stubber = stubbed
    named = {"RegistryId": {"RegistryName": "default-registry"}}
    stubber.add_response("list_schemas", {"Schemas": [{"SchemaName": "b"}], "NextToken": "t"}, named)
    stubber.add_response("list_schemas", {"Schemas": [{"SchemaName": "a"}]}, {**named, "NextToken": "t"})

    assert registry.subjects() == ["a", "b"]


def test_a_version_that_is_deleted(stubbed: tuple[GlueRegistry, Stubber]) -> None:
    registry, stubber = stubbed
    version = {"SchemaVersionId": str(ID), "SchemaDefinition": '"int"', "DataFormat": "AVRO", "VersionNumber": 2}
    stubber.add_response("get_schema_version", version)
    stubber.add_client_error("get_schema_version", "EntityNotFoundException")
    stubber.add_response("get_schema_version", version)

    assert [(each.version, each.schema_ids, each.schema) for each in registry.history("a")] == [(2, (ID,), INT)]


@pytest.mark.parametrize(
    ("code", "kind", "words"),
    [
        (
            "EntityNotFoundException",
            ValueError,
            f"^its schema id {ID} is not known to the Glue registry default-registry$",
        ),
        (
            "AccessDeniedException",
            Unavailable,
            r"^Cannot use the Glue registry default-registry: AWS answers AccessDeniedException \(no\)\. Check the credentials",
        ),
        ("InternalServiceException", Unavailable, "AWS answers InternalServiceException"),
        ("InvalidInputException", ValueError, "^the Glue registry default-registry refuses its schema: no"),
    ],
)
def test_what_aws_refuses(stubbed: tuple[GlueRegistry, Stubber], code: str, kind: type[Exception], words: str) -> None:
    registry, stubber = stubbed
    stubber.add_client_error("get_schema_version", code, "no")

    with pytest.raises(kind, match=words):
        registry.find(ID)


def test_aws_is_not_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_GLUE", "http://127.0.0.1:1")

    with pytest.raises(
        Unavailable, match=r"^Cannot reach the Glue registry shop: Could not connect .* Check the region"
    ):
        GlueRegistry("eu-central-1", "shop", timeout=1).find(ID)


def test_no_region(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(
        Unavailable, match=r"^Cannot reach the Glue registry default-registry: You must specify a region\. Check"
    ):
        GlueRegistry()


def test_a_registry_of_another_name() -> None:
    with mock_aws():
        client = boto3.client("glue", "eu-central-1")
        client.create_registry(RegistryName="shop")
        registry = GlueRegistry(name="shop", register=True, client=client)

        found = registry.id_of(INT, "orders", uuid.UUID)

        assert registry.find(found) == registry.latest("orders") == INT
        assert registry.id_of(INT, "orders", uuid.UUID) == found
        with pytest.raises(ValueError, match="there is no schema 'orders' in the Glue registry default-registry"):
            GlueRegistry(client=client).latest("orders")


def test_it_shows_its_name() -> None:
    assert repr(GlueRegistry("eu-central-1", "shop")) == "GlueRegistry('shop')"

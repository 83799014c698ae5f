"""Which registry an address means, as a setting or a flag says it."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from msgpact.errors import UsageError
from msgpact.registries.apicurio import ApicurioRegistry
from msgpact.registries.confluent import ConfluentRegistry
from msgpact.registries.files import FilesRegistry
from msgpact.registries.glue import GlueRegistry
from msgpact.serializers.framed import Registry

__all__ = ["registry_from"]


def registry_from(address: str) -> Registry:
    """The registry at an address: `http://…` or `https://…` (Confluent's API; Apicurio's is known by its path),
    `glue:REGION[/NAME]`, `file:…` or a folder.

    Raises:
        UsageError: it is none of these; or the folder is no registry.
    """
    scheme, _, rest = address.partition(":")
    match scheme.lower():
        case "http" | "https":
            is_apicurio = "/apis/" in address and "@" not in address
            return ApicurioRegistry(address) if is_apicurio else ConfluentRegistry(address)
        case "glue":
            region, _, name = rest.partition("/")
            return GlueRegistry(region or None, name or "default-registry")
        case "file":
            return FilesRegistry(unquote(urlsplit(address).path))
        case _ if address and Path(address).is_dir():
            return FilesRegistry(address)
        case _:
            raise UsageError(
                f"Cannot find the schema registry {address!r}: it is no folder. "
                "Give the URL of one (http://…), glue:REGION/NAME, or a folder with registry.json."
            )

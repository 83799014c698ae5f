"""How Pact's own plugins say in a V4 file what schema contents have: the configuration of the file and of an interaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgpact.model import Contents, Form

__all__ = ["PluginForm", "plugin_form"]


@dataclass(frozen=True, slots=True)
class PluginForm:
    """What a file holds for contents with a schema.

    Attributes:
        name: The plugin's, `avro` or `protobuf`.
        version: The version of the plugin whose form it is.
        key: By which an interaction names the schema among those of the file.
        schema: What stands in the file under that key.
        interaction: What stands in the interaction.
    """

    name: str
    version: str
    key: str
    schema: Mapping[str, object]
    interaction: Mapping[str, object]

    def __hash__(self) -> int:
        return hash((self.name, self.key))


def plugin_form(contents: Contents) -> PluginForm | None:
    """The form of contents whose serializer has one (an attribute `plugin_form`)."""
    if contents.form is not Form.TYPED:
        return None
    found = getattr(contents.serializer, "plugin_form", None)
    return found if isinstance(found, PluginForm) and found.key else None

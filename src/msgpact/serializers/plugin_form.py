"""How Pact's own plugins say in a V4 file what schema contents have: the configuration of the file and of an interaction."""

from collections.abc import Mapping
from dataclasses import dataclass

from msgpact.errors import shown
from msgpact.model import Contents, Form, Interaction

__all__ = ["APART", "KEYS", "PluginForm", "not_verifiable", "plugin_form", "unknown_in"]

KEYS: Mapping[str, str] = {"protobuf": "descriptorKey", "avro": "schemaKey"}
"""The plugins that are known here; under which name the configuration of an interaction has the key of its schema."""

APART = "pluginConfiguration"
"""Under which name our comments on a request or a response have what else stands in the interaction, for all its parts."""


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


def not_verifiable(interaction: Interaction) -> str | None:
    """Why nothing can be said of an interaction's contents: a plugin that is not known here wrote them."""
    unknown = unknown_in(interaction.extra)
    return f"contents of the plugin {', '.join(map(shown, unknown[:3]))}, not verified here" if unknown else None


def unknown_in(raw: Mapping[str, object]) -> tuple[str, ...]:
    """The plugins that wrote an interaction's contents, if none of them is known here."""
    said = raw.get("pluginConfiguration")
    if said is None or not isinstance(said, Mapping) or any(name in said for name in KEYS):
        return ()
    return tuple(map(str, said))

"""The template of a CloudEvent as what a pact holds: contents and metadata, by which any tool can verify it."""

from collections.abc import Callable, Mapping

from msgpact.errors import DeclarationError, MsgpactError, shown
from msgpact.generate import Generated
from msgpact.match import Matcher
from msgpact.model import is_content_type_key
from msgpact.serializers.cloudevents.attributes import plain
from msgpact.serializers.cloudevents.data import DATA, Kind, kind_of
from msgpact.serializers.cloudevents.headers import Binding
from msgpact.serializers.members import Parts
from msgpact.template import UNSET, says_more

__all__ = ["JSON_EVENT", "binary_parts", "document_parts"]

JSON_EVENT = "application/cloudevents+json"


def binary_parts(
    template: object, metadata: Mapping[str, object], content_type: str | None, *, usual: str, binding: Binding
) -> Parts:
    """The data as the body, and a metadata entry for each attribute; *usual* is the content type where none is stated.

    Raises:
        DeclarationError: headers cannot show what is stated.
    """
    if not isinstance(template, Mapping):
        raise DeclarationError(
            f"Cannot use {shown(template)} as a CloudEvent in binary mode: its attributes are headers. "
            "Write a dict of its attributes and data."
        )
    event = {"specversion": "1.0", **{str(name): each for name, each in template.items() if each is not None}}
    data, stated = event.pop(DATA, UNSET), event.pop("datacontenttype", content_type)
    if content_type not in (None, stated):
        raise DeclarationError(
            f"Cannot use the content type {content_type!r}: the event's datacontenttype is {stated!r}. Say it once."
        )
    entries = {binding.name(name): _entry(binding, name, each) for name, each in event.items()}
    if twice := sorted(entries.keys() & metadata.keys()):
        raise DeclarationError(
            f"Cannot use {twice[0]!r} in the metadata: the event states it. Say it once, as an attribute."
        )
    if data is UNSET and stated is not None:
        entries["contentType"] = stated
    elif data is not UNSET and stated is None and not any(map(is_content_type_key, metadata)):
        stated = usual
    return Parts(data, {**entries, **metadata}, stated)


def _entry(binding: Binding, name: str, template: object) -> object:
    """The metadata entry of an attribute: text, or a matcher of text."""
    if isinstance(template, Matcher | Generated):
        example = template.example
        if not isinstance(example.example if isinstance(example, Generated) else example, str):
            raise DeclarationError(
                f"Cannot use {shown(template)} for the attribute {name!r} of a CloudEvent in binary mode: there it is text. "
                "Use a matcher of text, such as match.regex."
            )
        return template
    try:
        return binding.value(plain(template))
    except (TypeError, ValueError) as error:
        raise DeclarationError(
            f"Cannot use {shown(template)} for the attribute {name!r} of a CloudEvent: {error}. Use text."
        ) from None


def document_parts(
    template: object,
    metadata: Mapping[str, object],
    content_type: str | None,
    *,
    usual: str | None,
    member_of: Callable[[object, object], Mapping[str, object]],
) -> Parts:
    """The JSON event as the body; data that stand in base64 there are compared as they are.

    Args:
        usual: What the data are where nothing is stated, if it is known.
        member_of: The member of a JSON event that holds data, by their content type.

    Raises:
        DeclarationError: a JSON event cannot show what is stated.
    """
    if not any(map(is_content_type_key, metadata)):
        content_type = content_type or JSON_EVENT
    if content_type is not None and not content_type.lower().startswith(JSON_EVENT):
        raise DeclarationError(
            f"Cannot use the content type {content_type!r} for a CloudEvent in structured mode: it is {JSON_EVENT}. "
            "Leave it out; that of the data is the attribute datacontenttype."
        )
    if not isinstance(template, Mapping):
        return Parts(template, metadata, content_type)
    event: dict[str, object] = {"specversion": "1.0", **template}
    data = event.get(DATA)
    if usual is not None and kind_of(usual) is not Kind.JSON and DATA in event:
        event.setdefault("datacontenttype", usual)
    stated = event.get("datacontenttype")
    if data is not None and (isinstance(data, bytes) or kind_of(stated) is Kind.BINARY):
        if says_more(data):
            raise DeclarationError(
                f"Cannot state a rule inside the data of a CloudEvent in structured mode that are {stated}: a pact holds "
                "them as one text, in base64. Use mode='binary', where they are the body."
            )
        del event[DATA]
        try:
            event.update(member_of(data, stated))
        except MsgpactError:
            raise
        except (TypeError, ValueError) as error:
            raise DeclarationError(
                f"Cannot use {shown(data)} as the data of a CloudEvent of type {stated!r}: {error}. Mend them."
            ) from None
    return Parts(event, metadata, content_type)

"""The serializer of contents that a pact holds with their schema: made when it is first needed, in whatever frame they travel."""

import copy
import dataclasses
import functools
from collections.abc import Callable, Mapping
from typing import Any, cast

from msgpact.errors import UnreadablePact, shown
from msgpact.model import Contract, Headers, MessageContents, Serializer
from msgpact.pactfile.plugin_schemas import Unusable, serializer_of
from msgpact.rules.plan import Known
from msgpact.serializers import comparing, received, sent
from msgpact.serializers.base import bare_reader
from msgpact.serializers.comparing import Actual, Example
from msgpact.serializers.framed import NO_REGISTRY, Framing, Registry
from msgpact.serializers.framing import FRAMES, framing_of
from msgpact.serializers.members import frame_of, known_of, own_frames, reading_as
from msgpact.serializers.plugin_form import PluginForm

__all__ = ["Bound", "for_sender", "under_subject", "unframed", "with_registry"]

_LONGEST = 1000


class Bound:
    """The serializer that a pact's plugin configuration describes, made when it is first asked for something.

    What is wrong with the configuration is an `UnreadablePact` then, and a missing library a `MissingExtra`.

    Attributes:
        plugin_form: What the file says.
        is_exact: Whether msgpact wrote the contents, so that all of them is compared.
        demanded: The name of the frame that the contract demands; None where it cannot say, as the plugins cannot.
    """

    def __init__(
        self,
        form: PluginForm,
        description: str,
        content_type: str | None,
        role: str,
        *,
        is_exact: bool,
        demanded: str | None = None,
        registry: Registry | None = None,
    ) -> None:
        self.plugin_form = form
        self.is_exact = is_exact
        self.demanded = demanded
        self._description = description
        self._content_type = content_type
        self._role = role
        self._registry = registry
        self._sends: object = None

    @property
    def content_type(self) -> str:
        """The content type of its messages."""
        return self._content_type or cast(str, cast(Any, self.serializer).content_type)

    @property
    def frame(self) -> str:
        """The name of the frame that its messages travel in."""
        return self.demanded or frame_of(self._sends) or "none"

    @functools.cached_property
    def _bare(self) -> Serializer:
        try:
            return serializer_of(self.plugin_form, self._content_type, self._role)
        except Unusable as error:
            raise self._unreadable(error) from None

    def _unreadable(self, why: object) -> UnreadablePact:
        reason = str(why)
        if len(reason) > _LONGEST:  # what is shown of a stranger's file may be of any length
            reason = f"{reason[:_LONGEST]}…"
        return UnreadablePact(
            f"Cannot read the contents of {shown(self._description)} as the plugin {self.plugin_form.name!r} wrote them: "
            f"{reason}. Let the tool that made the pact write it again."
        )

    @functools.cached_property
    def serializer(self) -> Serializer:
        """The serializer itself, with the frame that the contract demands or, where it cannot say, the sender's."""
        theirs = getattr(self._sends, "framing", None)
        framing = theirs if self.demanded is None else None
        if self.demanded not in (None, "none"):
            framing = self._framing(self.demanded, theirs)
        if framing is None:
            return self._bare
        framed: Any = copy.copy(self._bare)
        framed.framing = framing
        return cast(Serializer, framed)

    def _framing(self, name: str, theirs: Any) -> Framing:
        """The frame of a name, with the registry that is asked or, where the frame has none, what the sender's knows."""
        if name in FRAMES:
            return framing_of(name, self._registry or getattr(theirs, "registry", None) or NO_REGISTRY)
        if getattr(theirs, "name", None) == name:
            return cast(Framing, theirs)
        own = own_frames(self._bare)
        if name not in own:
            raise self._unreadable(f"it demands the frame {name!r}, and there are {', '.join([*FRAMES, *own])}")
        return own[name]

    def dump(self, value: object) -> bytes:
        """As the serializer."""
        return self.serializer.dump(value)

    def load(self, contents: bytes) -> object:
        """As the serializer."""
        return self.serializer.load(contents)

    def build(self, contents: bytes, into: object) -> object:
        """As the serializer."""
        return self.serializer.build(contents, into)

    def example(self, contents: bytes, rules: Mapping[str, Any]) -> Example:
        """The example, without what the plugin that wrote it does not compare."""
        if self.is_exact:
            return comparing.example(self.serializer, contents, rules)
        return cast(Example, cast(Any, self.serializer).example(contents, rules, lenient=True))

    def actual(self, contents: bytes, beside: object) -> Actual:
        """What came, with what the plugin takes for it where it is absent."""
        if self.is_exact:
            return comparing.actual(self.serializer, contents, beside)
        return cast(Actual, cast(Any, self.serializer).actual(contents, beside, lenient=True))

    def sent(self, payload: bytes) -> tuple[bytes, Headers]:
        """As the serializer."""
        return sent(self.serializer, payload)

    @property
    def known(self) -> Known:
        """As the serializer."""
        return known_of(self.serializer)

    @property
    def bare_reader(self) -> Callable[[bytes], object] | None:
        """What reads contents where no frame, and no other schema of a sender's, is to be looked at."""
        return bare_reader(self.serializer) if self._sends is None else None

    def received(self, contents: bytes, headers: Headers) -> tuple[Serializer, bytes]:
        """The payload, and what reads it; which is this, unless it was written by another schema."""
        serializer, payload = received(self.serializer, contents, headers)
        if serializer is self._bare:  # no frame names the schema
            serializer = reading_as(serializer, self._sends)
        return (self if serializer in (self.serializer, self._bare) else serializer), payload

    def for_sender(self, sends: object, registry: Registry | None) -> "Bound":
        """The same for messages of a sender, by whose schema and in whose registry they are looked up.

        Args:
            sends: The serializer of the sender, if it has one: its `schema` is the writer's where no frame names one; its
                `framing` has a registry, and is the one that counts where the contract cannot say one.
            registry: Where the schemas of frames are looked up, if not in the sender's.
        """
        found = copy.copy(self)
        found.__dict__.update(_sends=sends, _registry=registry or self._registry)
        found.__dict__.pop("serializer", None)
        return found

    def unframed(self) -> "Bound":
        """The same without a frame."""
        found = copy.copy(self)
        found.demanded = "none"
        found.__dict__.pop("serializer", None)
        return found

    def under_subject(self, subject: str) -> "Bound":
        """The same, its frame registering the schema under a subject, where it has to be under one."""
        found = copy.copy(self)
        framing = getattr(self.serializer, "framing", None)
        if framing is not None and getattr(framing, "subject", "") is None:
            framed: Any = copy.copy(self.serializer)
            framed.framing = dataclasses.replace(framing, subject=subject)
            found.__dict__["serializer"] = framed
        return found

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Bound) and self._said == other._said

    def __hash__(self) -> int:
        return hash((self.plugin_form.key, self._role))

    @property
    def _said(self) -> tuple[object, ...]:
        return self.plugin_form, self._content_type, self._role, self.is_exact, self.demanded

    def __repr__(self) -> str:
        return f"<{self.plugin_form.name} contents of {self._description!r}>"


# -- contracts -------------------------------------------------------------------------------------------------------


def with_registry(contract: Contract, registry: Registry | None) -> Contract:
    """The contract with its messages' schemas looked up in a registry."""
    if registry is None:
        return contract
    found = []
    for each in contract.interactions:
        message, request = each.message, each.request
        found.append(
            dataclasses.replace(
                each,
                message=None if message is None else for_sender(message, None, registry),
                request=None if request is None else for_sender(request, None, registry),
                responses=tuple(for_sender(response, None, registry) for response in each.responses),
            )
        )
    return dataclasses.replace(contract, interactions=tuple(found))


def for_sender(expected: MessageContents, sends: object, registry: Registry | None) -> MessageContents:
    """What is expected, of messages of a sender: see `Bound.for_sender`."""
    serializer = expected.contents.serializer
    if not isinstance(serializer, Bound) or (sends is None and registry is None):
        return expected
    contents = dataclasses.replace(expected.contents, serializer=serializer.for_sender(sends, registry))
    return dataclasses.replace(expected, contents=contents)


def under_subject(expected: MessageContents, subject: str) -> MessageContents:
    """What is expected, to be written: see `Bound.under_subject`."""
    serializer = expected.contents.serializer
    if not isinstance(serializer, Bound):
        return expected
    contents = dataclasses.replace(expected.contents, serializer=serializer.under_subject(subject))
    return dataclasses.replace(expected, contents=contents)


def unframed(expected: MessageContents) -> MessageContents:
    """What is expected, without the frame: for whoever is given what is in it."""
    serializer = expected.contents.serializer
    if not isinstance(serializer, Bound):
        return expected
    return dataclasses.replace(
        expected, contents=dataclasses.replace(expected.contents, serializer=serializer.unframed())
    )

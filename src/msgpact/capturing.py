"""What a verification captures of the application that publishes, and which of it is the message that the pact asks for."""

import contextlib
from collections.abc import Iterator

from msgpact.captured import CapturingClient, Sent, Sink, listed, of_type
from msgpact.errors import DeclarationError
from msgpact.model import Message, Outgoing
from msgpact.producing import Broken, Maker
from msgpact.provider import Producer

__all__ = ["Catch", "with_type"]


class Catch:
    """What one verification captures: all that is sent is kept from going out, and what one function sends is judged.

    Attributes:
        sent: What that function gave to its client.
    """

    def __init__(self, producer: Producer, whose: str) -> None:
        self.sent: list[Sent] = []
        self._producer = producer
        self._captures = producer.captures
        self._sink = Sink(repr(whose))
        self._clients: dict[type[CapturingClient], CapturingClient] = {}
        self._given: list[CapturingClient] = []
        self._is_producers = False

    def client(self, kind: type[CapturingClient], *, is_producers: bool) -> CapturingClient:
        """The client of that kind that the functions of this verification share."""
        self._is_producers = self._is_producers or is_producers
        if kind not in self._clients:
            self._clients[kind] = kind.capturing(self._sink)
        return self._clients[kind]

    def adopt(self, client: CapturingClient, *, is_producers: bool) -> None:
        """Take a client in that a test gives, or a function of the provider's."""
        self._is_producers = self._is_producers or is_producers
        if not any(client is each for each in (*self._given, *self._clients.values())):
            self._given.append(client)

    @property
    def is_on(self) -> bool:
        """Whether something captures."""
        return bool(self._captures or self._clients or self._given)

    def judges(self, returned: object) -> bool:
        """Whether what was sent counts, and not what the function returned.

        Raises:
            DeclarationError: it cannot be told.
        """
        if not self.is_on or not (self._captures or self._is_producers or returned is None):
            return False
        if isinstance(returned, Message | Outgoing):
            place = self._producer.registered.place
            raise DeclarationError(
                f"Cannot verify what {place} made: it returned a message, and captures what is sent. Do one of the two."
            )
        return True

    @contextlib.contextmanager
    def opened(self) -> Iterator[None]:
        """While functions set up and tear down: what they send does not go out."""
        try:
            with contextlib.ExitStack() as stack:
                for each in self._captures:
                    stack.enter_context(each.capturing(self._sink, early=True))
                yield
        finally:
            self._sink.close()

    @contextlib.contextmanager
    def catching(self) -> Iterator[None]:
        """While the function runs whose messages are judged."""
        before = len(self._sink.all)
        known = [(each, len(each.messages)) for each in self._given]
        try:
            with contextlib.ExitStack() as stack:
                for each in self._captures:  # again: what sets up may have put real clients there
                    stack.enter_context(each.capturing(self._sink))
                yield
        finally:
            self.sent = self._sink.all[before:]
            self.sent += [Sent(each) for client, count in known for each in client.messages[count:]]

    def refuse_nothing(self) -> None:
        """Raise Broken where nothing would have gone out."""
        if any(not each.withheld for each in self.sent):
            return
        if self.sent:
            raise Broken(f"{self._who} sent nothing in the end:\n{listed(self.sent)}")
        meanwhile = [f"Meanwhile {each}." for each in self._sink.elsewhere[-1:]]
        hints = [
            *(each.hint() for each in self._captures),
            *(each.hint for each in (*self._clients.values(), *self._given)),
        ]
        raise Broken(f"{self._who} sent nothing that was captured. {' '.join((*meanwhile, *hints))}")

    def refuse_missed(self, *, also_elsewhere: bool = False) -> None:
        """Raise Broken where a real client was reached, or *also_elsewhere* one that may be another's."""
        missed = [*self._sink.leaked, *(self._sink.elsewhere if also_elsewhere else ())]
        if missed:
            hints = " ".join(each.hint() for each in self._captures)
            raise Broken(f"{self._who} reached a client that does not capture: {'; '.join(missed)}. {hints}")

    @property
    def _who(self) -> str:
        return f"The {self._producer.role} {self._producer.registered.place}"


def with_type(message: Message, maker: Maker) -> Message:
    """The message with the content type that it is registered with, where it does not say one itself."""
    if message.content_type is not None or maker.of_bytes is None or not message.contents:
        return message
    return of_type(message, maker.of_bytes)

"""What the URL of a queue or a topic says: an endpoint, a region, credentials; and clients of boto3 made of it."""

import re
from typing import Any, NoReturn

from msgpact.adapters import sqs_trouble
from msgpact.adapters.link_url import LinkUrl
from msgpact.adapters.links import Sampling
from msgpact.errors import DeclarationError, Unavailable, UsageError
from msgpact.extras import require
from msgpact.model import Message

__all__ = ["Aws"]

_SETTINGS = ("region", "profile", "aws_access_key_id", "aws_secret_access_key", "aws_session_token")
_OF_AWS = re.compile(r"(?:sqs|sns)\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?")
_ANYWHERE = "us-east-1"
"""The region of what is not AWS, where none is said."""


class Aws:
    """The service at `sqs://HOST/ACCOUNT/NAME`, `sqs+http://…`, `sns://…`; without a host the one that boto3 is set up for.

    Attributes:
        account: Where the URL says one.
        name: The queue's or topic's; where the URL says none, `{queue}` or `{topic}`, which stands for what a message states.
    """

    def __init__(self, url: LinkUrl, noun: str) -> None:
        self.url = url
        for each in url.settings:
            if each not in _SETTINGS:
                raise UsageError(
                    f"Cannot use the setting {each!r} of '{url}': there are {', '.join(_SETTINGS)}. Remove it."
                )
        path = [each for each in url.path if each]
        if len(path) > 2:
            raise UsageError(
                f"Cannot reach '{url}': it is not of the form {url.scheme}://HOST/ACCOUNT/{noun}. Mend it."
            )
        self.account = path[0] if len(path) == 2 else None
        self._noun = noun
        self._key = noun.lower()
        self._own = f"{{{self._key}}}"
        self.name = path[-1] if path else self._own
        self._raised = sqs_trouble.raised()

    @property
    def endpoint(self) -> str | None:
        """The URL of the service; None where boto3 knows it."""
        scheme = "http" if self.url.scheme.endswith("+http") else "https"
        return f"{scheme}://{self.url.host}" if self.url.host else None

    @property
    def region(self) -> str | None:
        """The region that the URL says; None where boto3 knows it."""
        of_aws = _OF_AWS.fullmatch(self.url.host)
        found = of_aws[1] if of_aws else None
        return self.url.settings.get("region") or found or (_ANYWHERE if self.url.host else None)

    def name_for(self, message: Message) -> str:
        """The name of the queue or topic that a message goes to. Raises DeclarationError where nothing says it."""
        if self._own not in self.name:
            return self.name
        stated = message.metadata.get(self._key)
        if not isinstance(stated, str):
            service = self.url.scheme[:3].upper()
            raise DeclarationError(
                f"Cannot send {message!r} to {service}: it states no {self._key}, and the URL names none. Name one in it: "
                f"{self.url}/{self._noun}."
            )
        return self.name.replace(self._own, stated)

    def names(self, sampling: Sampling) -> dict[str, str]:
        """What contracts call the queues or topics that are looked at, by their names here."""
        stated = sorted({name for each in sampling.addresses if (name := each.get(self._key))})
        if self._own not in self.name:
            return {self.name: stated[0] if len(stated) == 1 else self.name}
        found = {self.name.replace(self._own, name): name for name in stated}
        if not found:
            raise UsageError(
                f"Cannot look at messages at '{self.url}': it names no {self._key}. Write {self.url}/{self._noun}."
            )
        return found

    def client(self, service: str) -> Any:
        """A client of boto3's."""
        boto3 = require("boto3", extra="sqs", feature="SQS and SNS by their URLs")
        config = require("botocore.config", extra="sqs", feature="SQS and SNS by their URLs")
        said: dict[str, Any] = {name: self.url.settings[name] for name in _SETTINGS[2:] if name in self.url.settings}
        if self.url.user is not None:
            said |= {"aws_access_key_id": self.url.user, "aws_secret_access_key": self.url.password or ""}
        limit = self.url.timeout
        limits = config.Config(connect_timeout=limit, read_timeout=limit + 1, retries={"total_max_attempts": 1})
        said |= {"endpoint_url": self._endpoint_of(service), "region_name": self.region, "config": limits}
        cannot: tuple[type[Exception], ...] = (*self._raised, ValueError)
        try:
            return boto3.Session(profile_name=self.url.settings.get("profile")).client(service, **said)
        except cannot as error:
            why = self.url.scrubbed(str(error).rstrip("."))
            raise UsageError(f"Cannot reach '{self.url}': {why}. Mend the URL, or what boto3 is set up with.") from None

    def _endpoint_of(self, service: str) -> str | None:
        """Where a topic's queues are: on AWS at another host than the topic."""
        endpoint = self.endpoint
        if endpoint is not None and _OF_AWS.fullmatch(self.url.host) and not self.url.scheme.startswith(service):
            return endpoint.replace("//sns.", f"//{service}.")
        return endpoint

    def asked(self, what: str, function: Any, /, **arguments: Any) -> Any:
        """What a call of a client's gives.

        Raises:
            UsageError: it can never work.
            Unavailable: there is no answer, or nobody may ask.
        """
        try:
            return function(**arguments)
        except self._raised as error:
            self._fail(what, error)

    def _fail(self, what: str, error: Exception) -> NoReturn:
        why = self.url.scrubbed(sqs_trouble.in_words(error))
        if (
            sqs_trouble.is_wrong(error)
            or sqs_trouble.is_refused(error)
            or sqs_trouble.code_of(error).startswith("NotFound")
        ):
            raise UsageError(f"Cannot {what} at '{self.url}': {why}. Mend that, or name another.") from None
        raise Unavailable(f"Cannot {what} at '{self.url}': {why}. See whether it runs, and who may use it.") from None

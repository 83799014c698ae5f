"""An embedded SNS and SQS for tests and demos: moto's server, in this process, on a loopback port; started in milliseconds.

Any client of AWS can use it, from any process, by `endpoint_url=`; with whatever credentials.

It is a stand-in. It does not refuse what SQS refuses (an empty body, an eleventh attribute, most control characters), fails where
an attribute of bytes is delivered raw, and keeps all that it holds in memory. The list of such differences is in msgpact's tests,
`tests/conformance/test_sns_sqs_servers.py`.
"""

from types import TracebackType
from typing import Any, Self

from msgpact.extras import require

__all__ = ["REGION", "EmbeddedSnsSqs"]

REGION = "us-east-1"
"""Where queues and topics are, unless a client says otherwise."""

_open = 0
"""How many there are: in one process all have the same queues."""


class EmbeddedSnsSqs:
    """A running embedded SNS and SQS; a context manager, or to be closed. Needs `msgpact[embedded-sqs]`.

    Attributes:
        url: What clients take as `endpoint_url`.
    """

    kind = "embedded"

    url: str

    def __init__(self) -> None:
        global _open  # noqa: PLW0603  (what is counted is the process's)
        moto = require("moto.server", extra="embedded-sqs", feature="the embedded SNS and SQS")
        self._server: Any = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._server.start()
        host, port = self._server.get_host_and_port()
        self.url = f"http://{host}:{port}"
        _open += 1

    def client(self, service: str, **more: Any) -> Any:
        """A client of boto3 for `sqs` or `sns`; *more* is as of `boto3.client`."""
        boto3 = require("boto3", extra="sqs", feature="SNS and SQS")
        ours = {"aws_access_key_id": "embedded", "aws_secret_access_key": "embedded", "region_name": REGION}
        return boto3.client(service, endpoint_url=self.url, **{**ours, **more})

    def close(self) -> None:
        """End the server; with the last one in a process all queues and topics are forgotten. A second time does nothing."""
        global _open  # noqa: PLW0603  (as above)
        server, self._server = self._server, None
        if server is None:
            return
        server.stop()
        server._server.server_close()  # which it leaves out
        _open -= 1
        if not _open:
            _forget()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()


def _forget() -> None:
    backends = require("moto.backends", extra="embedded-sqs", feature="the embedded SNS and SQS")
    for service in ("sqs", "sns"):
        for account in backends.get_backend(service).values():
            account.reset()

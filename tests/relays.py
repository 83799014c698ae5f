"""A network that can be cut, be slow, follow a server to another port, and answer for it: a relay before the server's port."""

import asyncio
import re
import threading
from collections.abc import Callable, Coroutine
from typing import Any, Self, TypeVar

T = TypeVar("T")

CHUNK = 1 << 16

Answer = Callable[[bytes], bytes | None]


class Relay:
    """Listens on a loopback port of its own, in a thread of its own, until it is closed.

    Args:
        target: The server's port.
        answer: Of HTTP: what is answered to a request instead of what the server would; None lets it pass.

    Attributes:
        port: Where clients connect.
        target: As above; it may change.
        delay: Seconds that each piece of what is sent takes longer, in both directions.
    """

    def __init__(self, target: int = 0, *, answer: Answer | None = None) -> None:
        self.port, self.target, self.delay = 0, target, 0.0
        self._answer = answer
        self._is_cut = False
        self._open = set[asyncio.StreamWriter]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._do(self._listen())

    def cut(self) -> None:
        """Reset all connections, and each new one, until `mend`."""
        self._is_cut = True
        self._do(self._reset())

    def mend(self) -> None:
        self._is_cut = False

    def close(self) -> None:
        self._do(self._stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _do(self, what: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(what, self._loop).result()

    # -- in its thread --

    async def _listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._relay, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _stop(self) -> None:
        self._server.close()
        self._is_cut = True
        await self._reset()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        if others:
            await asyncio.wait(others)

    async def _reset(self) -> None:
        for each in self._open:
            each.transport.abort()

    async def _relay(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if self._is_cut:
                raise ConnectionError
            there = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        self._open |= {writer, there[1]}
        out = (
            self._pipe(reader, there[1]) if self._answer is None else self._ask(self._answer, reader, there[1], writer)
        )
        await asyncio.gather(out, self._pipe(there[0], writer))
        self._open -= {writer, there[1]}

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while data := await reader.read(CHUNK):
                await self._send(data, writer)
        except OSError:
            pass
        finally:
            writer.close()

    async def _ask(
        self, answer: Answer, reader: asyncio.StreamReader, there: asyncio.StreamWriter, here: asyncio.StreamWriter
    ) -> None:
        """Pass on requests, of which each waits until the one before is answered, as clients of HTTP do."""
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = re.search(rb"(?i)\ncontent-length: *(\d+)", head)
                request = head + await reader.readexactly(int(length[1]) if length else 0)
                instead = answer(request)
                await self._send(request if instead is None else instead, there if instead is None else here)
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            there.close()

    async def _send(self, data: bytes, writer: asyncio.StreamWriter) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        writer.write(data)
        await writer.drain()

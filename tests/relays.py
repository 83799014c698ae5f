"""A network that can be cut: a relay before a server's port."""

import contextlib
import socket
import threading
from typing import Self


class Relay:
    """Passes on what is sent to `port`, until it is cut.

    Attributes:
        port: The port on this machine.
    """

    def __init__(self, host: str, port: int) -> None:
        self._target = host, port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._ends: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self._is_cut, self._lock = False, threading.Lock()
        self._start(self._accept)

    def cut(self) -> None:
        """End all connections, and refuse new ones."""
        with self._lock:
            self._is_cut = True
            for each in self._ends:
                _shut(each)

    def mend(self) -> None:
        """Accept connections again."""
        self._is_cut = False

    def close(self) -> None:
        self.cut()
        _shut(self._listener)
        for each in self._threads:
            each.join()
        for end in (self._listener, *self._ends):
            end.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _start(self, function: object, *args: object) -> None:
        thread = threading.Thread(target=function, args=args, daemon=True)  # type: ignore[arg-type]  # one of two
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                near, _ = self._listener.accept()
                with self._lock:
                    self._ends.append(near)
                    if self._is_cut:
                        _shut(near)
                        continue
                    far = socket.create_connection(self._target)
                    self._ends.append(far)
                self._start(self._pass, near, far)
                self._start(self._pass, far, near)

    def _pass(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        _shut(one)
        _shut(other)


def _shut(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)

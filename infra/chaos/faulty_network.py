"""The wire between the crawler and its web, which can be cut and mended."""

from __future__ import annotations

import contextlib
import socket
import threading


class FaultyNetwork:
    """Passes connections to a port of this machine. `cut`: those under way break, new ones are refused; `mend`: as before."""

    def __init__(self, upstream: int) -> None:
        self._upstream = upstream
        self._lock = threading.Lock()
        self._ends: set[socket.socket] = set()
        self._listener = self._listen(0)
        self.port: int = self._listener.getsockname()[1]

    def cut(self) -> None:
        """Now, and until `mend`."""
        with self._lock:
            self._listener.close()
            ends, self._ends = self._ends, set()
        for end in ends:
            _hang_up(end)

    def mend(self) -> None:
        """The line stands again, on the same port."""
        self._listener = self._listen(self.port)

    def close(self) -> None:
        """For good."""
        self.cut()

    def _listen(self, port: int) -> socket.socket:
        listener = socket.create_server(("127.0.0.1", port), backlog=128)
        listener.settimeout(0.1)  # closing a listener does not wake the thread that waits for it
        threading.Thread(target=self._accept, args=(listener,), daemon=True).start()
        return listener

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near, _ = listener.accept()
            except TimeoutError:
                continue
            except OSError:  # cut
                return
            near.settimeout(None)
            far = socket.create_connection(("127.0.0.1", self._upstream))
            with self._lock:
                self._ends |= {near, far}
            for one, other in ((near, far), (far, near)):
                threading.Thread(target=self._pump, args=(one, other), daemon=True).start()

    def _pump(self, source: socket.socket, sink: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                sink.sendall(data)
        for end in (source, sink):
            _hang_up(end)
        with self._lock:
            self._ends -= {source, sink}


def _hang_up(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()

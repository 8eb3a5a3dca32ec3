"""What a client has sent of a request, kept until the request is whole. Pure.

A thread that reads a request from its socket waits for as long as the client likes to take. So nothing is
parsed before all of it is here: the poller waits, and a slow client costs memory and no thread.
"""

from __future__ import annotations

MOST_BODY_BYTES = 7 * 1024 * 1024
"""An UPDATE carries two objects of up to 3 MiB each (the API server's limit for a request), and some room."""
MOST_HEAD_BYTES = 64 * 1024

_END_OF_HEAD = b"\r\n\r\n"


class Inbox:
    """The bytes of one request; stands where gunicorn's parser expects a socket to read from.

    What comes behind the request (a client may send the next one at once) stays until `next()`.
    """

    def __init__(self) -> None:
        self._bytes = bytearray()
        self._handed = 0
        self._searched = 0
        self._wanted: int | None = None
        self.cut = False

    def __len__(self) -> int:
        """Return the number of bytes held."""
        return len(self._bytes)

    def add(self, data: bytes) -> None:
        """Take what has come."""
        self._bytes += data

    def whole(self) -> bool:
        """Tell whether the request can be answered by what is here.

        That is so, too, when its head alone is enough to refuse it; the rest is then not waited for, and
        `cut` says that nothing can follow on this connection.
        """
        if self._wanted is None:
            self._measure()
        return self._wanted is not None and len(self._bytes) >= self._wanted

    def recv(self, size: int) -> bytes:
        """Return some bytes of the request, none at its end, as a socket does."""
        end = min(self._handed + size, self._wanted or 0)
        data = bytes(self._bytes[self._handed : end])
        self._handed += len(data)
        return data

    def next(self) -> int:
        """Forget the request, which has been answered; return how many bytes it had."""
        done = self._wanted or 0
        del self._bytes[:done]
        self._handed, self._searched, self._wanted = 0, 0, None
        return done

    def _measure(self) -> None:
        end = self._bytes.find(_END_OF_HEAD, self._searched)
        if end < 0:
            # However many pieces a head comes in, each of its bytes is looked at once.
            self._searched = max(len(self._bytes) - len(_END_OF_HEAD) + 1, 0)
            if len(self._bytes) > MOST_HEAD_BYTES:
                self._cut()
            return
        length = _body_length(bytes(self._bytes[:end]))
        if length is None or length > MOST_BODY_BYTES:
            self._cut()
        else:
            self._wanted = end + len(_END_OF_HEAD) + length

    def _cut(self) -> None:
        self.cut = True
        self._wanted = len(self._bytes)


def _body_length(head: bytes) -> int | None:
    """Return the length of the body that a head announces; None where it does not clearly do so.

    A chunked body is one of unknown length: the API server always says how much it sends.
    """
    lengths = []
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        name = name.strip().lower()
        if name == b"transfer-encoding":
            return None
        if name == b"content-length":
            lengths.append(value.strip())
    if not lengths:
        return 0
    clear = len(lengths) == 1 and lengths[0].isdigit() and len(lengths[0]) < len(str(2**63))
    return int(lengths[0]) if clear else None

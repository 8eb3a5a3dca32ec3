from __future__ import annotations

import socket
from contextlib import closing

import pytest

from webhook.serving.outbox import Outbox


def test_an_answer_that_the_client_does_not_read_is_kept_and_goes_on_when_it_reads() -> None:
    ours, theirs = socket.socketpair()
    with closing(ours), closing(theirs):
        ours.setblocking(False)
        outbox = Outbox(ours)
        outbox.sendall(b"x" * 4_000_000)
        assert not outbox.deliver()
        left, read = len(outbox), 0
        assert 0 < left < 4_000_000
        while not outbox.deliver():
            read += len(theirs.recv(65536))
        assert read >= left / 2


def test_a_client_that_is_gone_is_told_of() -> None:
    ours, theirs = socket.socketpair()
    theirs.close()
    outbox = Outbox(ours)
    assert outbox.send(b"answer") == 6
    with closing(ours), pytest.raises(OSError, match="Broken pipe"):
        outbox.deliver()


def test_gunicorn_can_not_wait_for_the_client_by_it() -> None:
    outbox = Outbox(None)
    assert outbox.gettimeout() == 0
    with pytest.raises(OSError, match="the worker ends connections"):
        outbox.shutdown(socket.SHUT_WR)
    assert outbox.certificate() is None

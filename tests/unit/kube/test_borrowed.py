"""What `kube` uses of urllib3 that it promises nobody. Versions without it fail here."""

from __future__ import annotations

import ast
import inspect
from http.client import HTTPConnection
from pathlib import Path
from typing import TYPE_CHECKING, Any

import urllib3
from urllib3.connection import HTTPConnection as PooledConnection
from urllib3.connection import HTTPSConnection

import kube.connections
from kube.connections import Connections
from kube.receiving import Timeout
from tests.unit.kube.test_connections import REQUEST

if TYPE_CHECKING:
    import pytest

    from tests.unit.kube.api_server import ApiServer

PRIVATE = {"_new_conn": ["self"], "_prepare_proxy": ["self", "conn"]}
"""Private methods of urllib3's pools, with their parameters."""
POOLS = (urllib3.HTTPConnectionPool, urllib3.HTTPSConnectionPool)
FOLDER = Path(inspect.getfile(kube.connections)).parent


def private_names_used(path: Path) -> set[str]:
    """Return the underscored attributes that a module takes of anything but `self`."""
    return {
        node.attr
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr.startswith("_")
        and not node.attr.startswith("__")
        and not (isinstance(node.value, ast.Name) and node.value.id == "self")
    }


def test_these_private_names_are_all_that_is_used() -> None:
    assert set().union(*map(private_names_used, FOLDER.glob("*.py"))) == PRIVATE.keys()


def test_urllib3s_pools_have_them() -> None:
    for pool in POOLS:
        for name, parameters in PRIVATE.items():
            assert list(inspect.signature(getattr(pool, name)).parameters) == parameters
        assert "proxy" in vars(pool("localhost"))


def test_their_connections_are_http_clients_that_have_a_socket() -> None:
    for kind in (PooledConnection, HTTPSConnection):
        assert issubclass(kind, HTTPConnection)
        assert "sock" in vars(kind("localhost"))
        assert isinstance(kind.is_connected, property)
        assert "timeout" in vars(kind("localhost"))


def test_a_connection_of_a_real_pool_is_used_again(server: ApiServer) -> None:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", server.server_port)
    connections = Connections(pool)
    for _ in range(2):
        with connections.answer(REQUEST, Timeout(5.0, 5.0, 5.0)) as answer:
            assert answer.read() == b"{}"
    assert pool.num_connections == 1


def test_by_way_of_a_proxy_urllib3_makes_the_tunnel(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    pool = urllib3.HTTPConnectionPool("127.0.0.1", server.server_port)
    tunnels: list[Any] = []

    def prepare(connection: Any) -> None:
        tunnels.append(connection)
        connection.connect()

    monkeypatch.setattr(pool, "proxy", urllib3.util.parse_url("http://proxy"))
    monkeypatch.setattr(pool, "_prepare_proxy", prepare)
    with Connections(pool).answer(REQUEST, Timeout(5.0, 5.0, 5.0)) as answer:
        assert answer.read() == b"{}"
    assert len(tunnels) == 1

"""The bench through Envoy Gateway counts what it says, and starts Envoy as Envoy Gateway wrote it."""

from __future__ import annotations

import http.client
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tools.bench.envoy_gateway import gateway
from tools.bench.envoy_gateway.app import COUNT, App
from tools.bench.envoy_gateway.kubelet import Given
from tools.bench.envoy_gateway.shapes import Reached, done
from tools.bench.envoy_gateway.truth import Told, Truth

if TYPE_CHECKING:
    import pytest

ARGS = ["--service-node", "$(ENVOY_POD_NAME)", "--config-yaml", "path: /sds/ca.json\nto: " + gateway.SERVER]


def given(image: str, owner: str = gateway.GATEWAY) -> Given:
    labels = {"gateway.envoyproxy.io/owning-gateway-name": owner}
    pod = {"metadata": {"name": "front-1", "labels": labels}}
    return Given(pod, {"image": image, "args": ARGS}, "10.244.0.1", {"/sds": Path("/here/sds")})


def test_envoy_is_started_as_it_was_written_at_this_machines_places(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway, "envoy", lambda: Path("/bin/envoy"))
    command = gateway.proxy_command(given("docker.io/envoyproxy/envoy:distroless-v1.40.0"))
    assert command == [
        "/bin/envoy",
        *("--service-node", "front-1"),
        *("--config-yaml", "path: /here/sds/ca.json\nto: 127.0.0.1"),
        "--disable-hot-restart",
    ]


def test_what_stands_beside_envoy_and_envoys_of_other_gateways_are_not_started() -> None:
    assert gateway.proxy_command(given("docker.io/envoyproxy/gateway:v1.9.1")) is None
    assert gateway.proxy_command(given("docker.io/envoyproxy/envoy:distroless-v1.40.0", "closed")) is None


def asked(port: int, path: str) -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path)
    answer = json.loads(connection.getresponse().read())
    connection.close()
    return answer


def test_the_application_counts_what_it_is_asked_and_says_who_it_is() -> None:
    with App("httpbin-1", "127.0.0.1", 0) as app:
        port = app.server_address[1]
        thread = threading.Thread(target=app.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        assert [asked(port, "/get")["version"] for _ in range(2)] == ["httpbin-1", "httpbin-1"]
        assert [asked(port, COUNT) for _ in range(2)] == [2, 2]
        app.shutdown()
        thread.join()


def test_an_answer_is_misnamed_where_the_header_names_another_than_who_answered() -> None:
    truth = Truth(
        [
            Told(1.0, 200, "httpbin-0", "httpbin-0"),
            Told(2.0, 200, "httpbin-0", "httpbin-1"),
            Told(3.0, 503, "", ""),
        ]
    )
    assert truth.failed() == 1
    assert truth.misnamed() == {("httpbin-0", "httpbin-1"): 1}
    assert truth.versions(2.0, 3.0) == {"httpbin-1": 1}


BEHIND = {"rule/0/backend/0": "httpbin-1", "rule/1/backend/0": "httpbin-0", "rule/1-mirror-0": "httpbin-2"}


def cluster(name: str, version: str) -> dict[str, Any]:
    header = {"header": {"key": "app-version", "value": version}}
    return {"name": name, "weight": 100, "response_headers_to_add": [header]}


def host(rest_named: str, fraction: dict[str, Any]) -> dict[str, Any]:
    """Return a virtual host as Envoy Gateway makes it: a match of httpbin-1, the rest, and copies."""
    mirror = {"cluster": "rule/1-mirror-0", "runtime_fraction": {"default_value": fraction}}
    named = (cluster("rule/0/backend/0", "httpbin-1"), cluster("rule/1/backend/0", rest_named))
    match, rest = ({"weighted_clusters": {"clusters": [each]}} for each in named)
    kept = {"match": {"headers": [{"name": "teal-nobody"}]}, "route": rest}
    rest_with_copies = {"match": {}, "route": {**rest, "request_mirror_policies": [mirror]}}
    return {"routes": [{"match": {}, "route": match}, kept, rest_with_copies]}


def test_what_envoy_does_is_read_from_the_endpoints_behind_its_clusters() -> None:
    part = {"numerator": 300_000, "denominator": "MILLION"}
    found = done(host("httpbin-0", part), BEHIND)
    assert found == Reached({"httpbin-0": 100}, {"httpbin-2": 30}, frozenset({"httpbin-1"}))
    assert done(host("httpbin-0", {"numerator": 100}), BEHIND).copies == {"httpbin-2": 100}


def test_a_version_under_another_name_is_seen() -> None:
    found = done(host("httpbin-9", {"numerator": 100}), BEHIND)
    assert found.shares == {"httpbin-0, named ['httpbin-9']": 100}

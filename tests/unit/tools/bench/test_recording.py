from __future__ import annotations

from typing import TYPE_CHECKING

from routing.kinds import SERVICES
from tests.unit.kube.api_server import Reply, serving
from tools.bench.recording import Recording, RecordingCluster

if TYPE_CHECKING:
    from pathlib import Path

EVENT = b'{"type":"BOOKMARK","object":{"metadata":{"resourceVersion":"8"}}}\n'


def test_who_records_hears_of_each_answer_all_that_any_other_client_does(tmp_path: Path) -> None:
    heard: list[str] = []
    warned: list[str] = []
    path = tmp_path / "requests"
    warning = {"Warning": '299 - "unknown field"', "Retry-After": "7"}
    with serving() as server:
        cluster = RecordingCluster(server.kubeconfig(tmp_path), path)
        cluster.heard, cluster.warned = heard.append, warned.append
        server.script = [Reply(headers=warning), Reply(body=[EVENT])]
        cluster.request("PATCH", "/api/v1/namespaces/n/services/a", {"x": 1})
        assert [event["type"] for event in cluster.watch(SERVICES, "", "7")] == ["BOOKMARK"]
    cluster.file.close()
    assert [date[-4:] for date in heard] == [" GMT"] * 2
    assert warned == ["unknown field"]
    told = Recording(path).new()
    assert [(each.kind, each.status, each.sent) for each in told] == [
        ("PATCH services", 200, 7),
        ("WATCH services", 200, 0),
    ]
    assert told[1].received == len(EVENT)

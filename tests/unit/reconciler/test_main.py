"""How a process of the reconciler is put together, begins and ends."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import logs
import reconciler.__main__ as process_of
from kube.errors import UnavailableError
from reconciler.clock import SteadyClock
from reconciler.leading.process import Process
from reconciler.passes.controller import Controller
from reconciler.serving import health
from reconciler.serving.metrics import Metrics
from reconciler.settings import parse
from reconciler.threads import Threads
from reconciler.watching.mentions import RoutemapKey
from routing.stepping.rollout import Check, Measure, Question, Unknown
from tests.unit.reconciler.memory_leases import MemoryLeases

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.leading.election import Election
    from reconciler.passes.reconcile import Policy

FLAGS = ["--namespace", "teal-system", "--identity", "teal-1", "--watch-namespace", "shop", "--port", "0"]


class Parts(MemoryLeases):
    """Stands in for the API client and for what is served; notes how they were made, and what was done."""

    namespace = None
    heard: Any = None

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.clients: list[dict[str, Any]] = []
        self.served: list[Any] = []
        self.done: list[str] = []
        self.killed: list[int] = []
        monkeypatch.setattr(process_of, "Cluster", self._client)
        monkeypatch.setattr(health, "serve", lambda *given: self.served.append(given))
        monkeypatch.setattr(Process, "start", lambda _: self.done.append("start"))
        monkeypatch.setattr(Controller, "stop", lambda _, seconds: self.done.append(f"stop {seconds:.0f}"))
        monkeypatch.setattr(Process, "lead", lambda _: self.done.append("lead"))
        monkeypatch.setattr(signal, "pthread_sigmask", lambda *given: self.done.append(f"mask {len(given)}"))
        monkeypatch.setattr(logs, "configure", self.done.append)
        monkeypatch.setattr(os, "_exit", self._exit)
        monkeypatch.setattr(os, "kill", lambda _, number: self.killed.append(number))
        monkeypatch.setattr("sys.argv", ["reconciler", *FLAGS])

    def _client(self, kubeconfig: str | None, **given: Any) -> Parts:
        self.clients.append({"kubeconfig": kubeconfig, **given})
        return self

    def _exit(self, status: int) -> None:
        raise SystemExit(status)


@pytest.fixture
def parts(monkeypatch: pytest.MonkeyPatch) -> Parts:
    return Parts(monkeypatch)


def test_a_process_runs_until_sigterm_and_gives_the_lease_up(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signal, "sigwait", lambda _: signal.SIGTERM)
    assert process_of.main() == 0
    assert [step for step in parts.done if step != "lead"] == ["mask 2", "info", "start", "stop 20"]
    election, cluster = parts.clients
    assert (election["agent"], election["timeout"]) == ("teal-election/teal-1", (2.0, 3.0))
    assert (cluster["agent"], cluster["namespace"]) == ("teal/teal-1", "shop")
    assert not cluster["may_write"](), "the Lease has been given up"
    assert parts.served[0][0] == 0
    assert parts.killed == []


def test_passes_go_by_the_time_that_answers_to_the_election_tell(
    parts: Parts, monkeypatch: pytest.MonkeyPatch
) -> None:
    policies: list[Policy] = []

    class Noted(Controller):
        """Notes what passes are told."""

        def __init__(self, cluster: Any, metrics: Metrics, policy: Policy, *rest: Any) -> None:
            policies.append(policy)
            super().__init__(cluster, metrics, policy, *rest)

    monkeypatch.setattr(process_of, "Controller", Noted)
    monkeypatch.setattr(signal, "sigwait", lambda _: signal.SIGTERM)
    assert process_of.main() == 0
    [policy] = policies
    parts.heard("Fri, 01 Jan 2100 00:00:00 GMT")
    assert 0 <= policy.clock() - datetime(2100, 1, 1, tzinfo=UTC).timestamp() < 60
    assert policy.clock_set() == 0


def test_a_process_that_loses_a_thread_ends_at_once(parts: Parts, monkeypatch: pytest.MonkeyPatch) -> None:
    lost: list[Any] = []

    class Noted(Threads):
        """Notes how the process is to be ended."""

        def __init__(self, ended: Any) -> None:
            super().__init__(ended)
            lost.append(ended)

    monkeypatch.setattr(process_of, "Threads", Noted)

    def waits(_: object) -> signal.Signals:
        lost[0]()
        return signal.SIGTERM

    monkeypatch.setattr(signal, "sigwait", waits)
    with pytest.raises(SystemExit) as ended:
        process_of.main()
    assert ended.value.code == 1
    assert parts.killed[0] == signal.SIGTERM
    assert "stop 20" not in parts.done


def test_a_lease_that_can_not_be_given_up_keeps_nobody_from_ending(caplog: pytest.LogCaptureFixture) -> None:
    class Away:
        """An election whose API server is away."""

        def give_up(self) -> None:
            raise UnavailableError("no answer")

    given: Election = Away()  # type: ignore[assignment]
    process_of._give_up(given)  # noqa: SLF001 -- the last step of main
    assert caplog.messages == ["lease not given up"]


def test_a_process_asks_prometheus_where_there_is_one() -> None:
    metrics = Metrics()
    clock = SteadyClock()
    assert process_of._asker(parse(FLAGS), metrics, clock) is None  # noqa: SLF001
    for flags in ([], ["--prometheus-custom-queries", "--prometheus-preset", "envoy"]):
        given = parse([*FLAGS, "--prometheus-url", "http://p", *flags])
        asker = process_of._asker(given, metrics, clock)  # noqa: SLF001
        assert asker is not None
        check = Check("carts", Measure.QUERY, least=98.0, good="g", total="t")
        question = Question(check, "shop", "a-1", 0.0)
        told = asker.answers(RoutemapKey("shop", "a"), [question])[question]
        assert isinstance(told, Unknown)
        assert told.reason.startswith("Prometheus has not been asked" if flags else "checks with queries are")


def test_with_a_folder_for_it_a_process_keeps_its_certificate(parts: Parts, tmp_path: Path) -> None:
    given = parse([*FLAGS, "--certificates", str(tmp_path)])
    parts.watch_one = lambda *_: iter(())  # type: ignore[attr-defined]
    made = process_of._certificates(given, tmp_path, parts)  # type: ignore[arg-type] # noqa: SLF001
    assert len(made.changes) == 2

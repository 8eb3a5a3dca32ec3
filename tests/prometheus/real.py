"""A real Prometheus on loopback, Debian's: with a past that a test writes, or what it reads itself."""

from __future__ import annotations

import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPConnection
from typing import TYPE_CHECKING

import yaml

from tools.local.controlplane import child, free_port
from tools.local.debian import prometheus_programs

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

READY_SECONDS = 60.0
JOB = "proxies"


@dataclass
class Past:
    """What Prometheus has read so far: series by name and labels, each with times and values."""

    series: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def read(self, target: str, moment: float, counters: Mapping[str, float]) -> None:
        """Have a target read at a time. `counters`: values by a metric with its labels, `name{a="b"}`."""
        self._add(f'up{{job="{JOB}",instance="{target}"}}', moment, 1.0)
        for name, value in counters.items():
            self._add(name.replace("{", f'{{job="{JOB}",instance="{target}",'), moment, value)

    def failed(self, target: str, moment: float) -> None:
        """Have a reading of a target fail."""
        self._add(f'up{{job="{JOB}",instance="{target}"}}', moment, 0.0)

    def summed(self, moment: float, counters: Mapping[str, float]) -> None:
        """Have a rule add counters up, whose targets nobody can tell any more."""
        for name, value in counters.items():
            self._add(name, moment, value)

    def _add(self, name: str, moment: float, value: float) -> None:
        self.series.setdefault(name, []).append((moment, value))

    def text(self) -> str:
        """Return it as OpenMetrics."""
        lines = [
            f"{name} {value} {moment:.3f}" for name, found in self.series.items() for moment, value in found
        ]
        return "\n".join([*lines, "# EOF", ""])


@contextmanager
def prometheus(folder: Path, past: Past | None = None, targets: tuple[str, ...] = ()) -> Iterator[str]:
    """Run Prometheus until the context ends; give its address. It reads `targets` every second."""
    programs = prometheus_programs()
    data = folder / "data"
    data.mkdir(parents=True)
    if past is not None:
        written = folder / "past.om"
        written.write_text(past.text())
        command = [str(programs / "promtool"), "tsdb", "create-blocks-from", "openmetrics"]
        subprocess.run([*command, written, data], check=True, capture_output=True)
    config = {
        "global": {"scrape_interval": "1s", "scrape_timeout": "1s"},
        "scrape_configs": [{"job_name": JOB, "static_configs": [{"targets": list(targets)}]}],
    }
    (folder / "prometheus.yml").write_text(yaml.safe_dump(config))
    address = f"127.0.0.1:{free_port()}"
    running = [
        str(programs / "prometheus"),
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address={address}",
        "--storage.tsdb.retention.time=30d",
    ]
    with child(running, folder / "prometheus.log"):
        _wait(address, folder / "prometheus.log")
        yield f"http://{address}"


def _wait(address: str, log: Path) -> None:
    end = time.monotonic() + READY_SECONDS
    while not _ready(address):
        assert time.monotonic() < end, f"Prometheus is not ready:\n{log.read_text()[-2000:]}"
        time.sleep(0.05)


def _ready(address: str) -> bool:
    connection = HTTPConnection(address, timeout=5)
    try:
        connection.request("GET", "/-/ready")
        return connection.getresponse().status == HTTPStatus.OK
    except OSError:
        return False
    finally:
        connection.close()

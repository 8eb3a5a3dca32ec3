"""How the webhook is served: gunicorn with one worker process and TLS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gunicorn.app.base import BaseApplication  # type: ignore[import-untyped] # gunicorn has no types
from gunicorn.config import Config  # type: ignore[import-untyped] # the same
from gunicorn.glogging import Logger  # type: ignore[import-untyped] # the same
from prometheus_client import generate_latest

from logs import JsonFormatter
from routing import names
from serving.plain import PlainServer, figures
from webhook.app import Admission, create_app
from webhook.metrics import Metrics
from webhook.serving.connection import Connection
from webhook.serving.tls import SelfCheck, ServingContext, handshake_failure
from webhook.serving.unanswered import Unanswered
from webhook.serving.worker import Worker

if TYPE_CHECKING:
    import ssl
    from collections.abc import Sequence
    from pathlib import Path

    import flask

UNANSWERED_BYTES = 32 * 1024 * 1024
"""Of requests that are not answered yet, all clients together; a request has 7 MiB at most."""
KEEPALIVE_SECONDS = 100
"""The API server keeps idle connections for 90 s and does not repeat a POST that met a closing one."""
CONNECTIONS = 800
"""Of all clients together, below the usual limit of 1,024 open files. An API server keeps 25 idle ones.
At the limit the idlest of the address that has the most goes for each that comes."""
_ITSELF = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 -- where a server that listens there is reached
MEMORY_FOLDER = "/dev/shm"  # noqa: S108 -- gunicorn unlinks its heartbeat file there as soon as it is open
"""Writable and in memory even where the root file system is read-only."""


@dataclass(frozen=True)
class Settings:
    """How to serve.

    `certificates` is the folder that `webhook.tls` reads; `drain_seconds` pass from SIGTERM to the stop;
    `metrics_port` serves /metrics over plain HTTP, 0 nothing; `pre_stop_sleep` is `routing.pauses.paused`'s.
    With `client_ca`, a PEM file, and `client_names`, only clients that show a certificate of that authority
    with one of these common names may ask for admission.
    """

    certificates: Path
    port: int
    host: str = "0.0.0.0"  # noqa: S104 -- a pod is called at its own address
    drain_seconds: float = 5.0
    metrics_port: int = 0
    pre_stop_sleep: int = 0
    cluster_domain: str = names.DOMAIN
    client_ca: Path | None = None
    client_names: Sequence[str] = ()


class Server(BaseApplication):  # type: ignore[misc] # gunicorn has no types
    """The gunicorn application: `run()` serves until SIGTERM and then exits the process.

    It listens before there is a certificate: handshakes fail until then, so kubelet finds it unready.
    """

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.draining = False
        self.address: tuple[str, int] = ("127.0.0.1", settings.port)
        """Where the worker listens."""
        self.unanswered = Unanswered[Connection](UNANSWERED_BYTES)
        """The worker's thread changes it; that of the figures reads its count."""
        self._serving = ServingContext(settings.certificates, settings.client_ca)
        self._itself = SelfCheck(self._handshake)
        super().__init__()

    def load_default_config(self) -> None:
        """Take gunicorn's defaults (not its files or environment), with TLS."""
        self.cfg = _TlsConfig()

    def load_config(self) -> None:
        """Set what differs from gunicorn's defaults."""
        host = f"[{self.settings.host}]" if ":" in self.settings.host else self.settings.host
        for key, value in _settings(f"{host}:{self.settings.port}", self.settings.drain_seconds).items():
            self.cfg.set(key, value)
        self.cfg.set("ssl_context", lambda _config, _default: self._context())

    def load(self) -> flask.Flask:
        """Return the WSGI application, in the worker."""
        metrics = Metrics(lambda: self.unanswered.requests)
        self._itself.start()
        if self.settings.metrics_port:
            page = figures(lambda: generate_latest(metrics.registry))
            PlainServer(self.settings.metrics_port, {"/metrics": page}, self.settings.host).start("figures")
        admission = Admission(metrics, self.settings.client_names)
        return create_app(
            admission, self.not_ready, self.settings.pre_stop_sleep, self.settings.cluster_domain
        )

    def not_ready(self) -> str | None:
        """Return why new requests are not welcome, or None."""
        return "draining" if self.draining else self._itself.failure

    def _handshake(self) -> str | None:
        """Return why the server can't be reached by TLS. For the self-check's thread: it waits."""
        try:
            self._serving.current()
        except FileNotFoundError as error:
            return str(error)
        host, port = self.address
        return handshake_failure((_ITSELF.get(host, host), port), self._serving.certificate)

    def _context(self) -> ssl.SSLContext:
        return self._serving.current()


class _Logger(Logger):  # type: ignore[misc] # gunicorn has no types
    def access(self, *_: Any) -> None:
        """Write no line for each request: denials have their own; a tenth of the time went into it."""


class _TlsConfig(Config):  # type: ignore[misc] # gunicorn has no types
    # gunicorn wants a certificate file that is there at start; ours comes later and through the hook.
    is_ssl = True


def _settings(bind: str, drain_seconds: float) -> dict[str, Any]:
    return {
        "bind": bind,
        "workers": 1,
        "worker_class": Worker,
        "logger_class": _Logger,
        "threads": 1,  # none is used
        "worker_connections": CONNECTIONS,
        "keepalive": KEEPALIVE_SECONDS,
        "graceful_timeout": int(drain_seconds) + 15,
        "worker_tmp_dir": MEMORY_FOLDER,
        "control_socket_disable": True,  # it would need a writable home
        "logconfig_dict": {
            "root": {"level": "INFO", "handlers": ["error_console"]},
            "loggers": {"gunicorn.error": {"level": "INFO", "handlers": [], "propagate": True}},
            "formatters": {"generic": {"()": JsonFormatter}},
        },
    }

"""The same server with an application that reads the body and answers a constant: what Flask and TLS cost."""

from __future__ import annotations

import argparse
from pathlib import Path

import flask

from webhook.serving.server import Server, Settings

_ANSWER = (
    '{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{"uid":"1","allowed":true}}'
)


class ConstantServer(Server):
    """Serves the constant."""

    def load(self) -> flask.Flask:
        """Return the application."""
        app = flask.Flask("constant", static_folder=None)

        def answer() -> flask.Response:
            flask.request.get_data(cache=False)
            return flask.Response(_ANSWER, content_type="application/json")

        app.add_url_rule("/validate", "validate", answer, methods=["POST"])
        return app


def main() -> None:
    """Serve until SIGTERM."""
    parser = argparse.ArgumentParser(prog="python -m tools.bench.webhook.constant", description=__doc__)
    parser.add_argument("--certificates", type=Path, required=True)
    parser.add_argument("--port", type=int, required=True)
    arguments = parser.parse_args()
    ConstantServer(Settings(arguments.certificates, arguments.port, "127.0.0.1", drain_seconds=0.0)).run()


if __name__ == "__main__":
    main()

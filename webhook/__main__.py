"""`python -m webhook --certificates DIR --port 8443`: serve until SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from webhook.serving.server import Server, Settings
from webhook.serving.tls import SECRET, SERVING


def main() -> None:
    """Parse the command line and serve."""
    parser = _parser()
    settings = Settings(**vars(parser.parse_args()))
    if bool(settings.client_ca) != bool(settings.client_names):
        parser.error("--client-ca and --client-name need each other")
    Server(settings).run()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m webhook", description="Teal's admission webhook")
    holds = f"holds {SERVING}, or {' and '.join(SECRET)}"
    parser.add_argument("--certificates", type=Path, required=True, metavar="DIR", help=holds)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default=Settings.host, help="address to listen at (default: %(default)s)")
    parser.add_argument(
        "--drain-seconds",
        type=float,
        default=Settings.drain_seconds,
        help="from SIGTERM to refusing connections (default: %(default)s)",
    )
    parser.add_argument(
        "--pre-stop-sleep",
        type=int,
        default=Settings.pre_stop_sleep,
        metavar="SECONDS",
        help="pause for the containers of watched Deployments without preStop (default: %(default)s, none)",
    )
    parser.add_argument(
        "--cluster-domain",
        default=Settings.cluster_domain,
        metavar="DOMAIN",
        help="the cluster's DNS domain (default: %(default)s)",
    )
    parser.add_argument(
        "--metrics-port",
        type=int,
        default=Settings.metrics_port,
        help="serves /metrics over plain HTTP (default: %(default)s, nowhere)",
    )
    parser.add_argument(
        "--client-ca",
        type=Path,
        metavar="FILE",
        help="PEM certificates of those who sign the API servers' client certificates",
    )
    parser.add_argument(
        "--client-name",
        action="append",
        default=[],
        dest="client_names",
        metavar="NAME",
        help="common name of a client that may ask for admission, all others may not; may be repeated",
    )
    return parser


if __name__ == "__main__":
    main()

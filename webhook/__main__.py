"""`python -m webhook --certificates DIR --port 8443`: serve until SIGTERM."""

from __future__ import annotations

import argparse
from pathlib import Path

from webhook.server import SERVING, Server, Settings


def main() -> None:
    """Parse the command line and serve."""
    parser = argparse.ArgumentParser(prog="python -m webhook", description="Teal's admission webhook")
    parser.add_argument("--certificates", type=Path, required=True, metavar="DIR", help=f"holds {SERVING}")
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
    Server(Settings(**vars(parser.parse_args()))).run()


if __name__ == "__main__":
    main()

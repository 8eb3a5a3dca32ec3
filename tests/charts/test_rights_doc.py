"""docs/rights.md tells of every right that the chart grants, and of no other."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.charts.test_teal_rights import AGGREGATED, RIGHTS, identity, rights, roles

if TYPE_CHECKING:
    from tests.charts.helm import Manifest

TEXT = (Path(__file__).parents[2] / "docs" / "rights.md").read_text(encoding="utf-8")
ROW = re.compile(
    r"\| `(?P<account>teal[-a-z]*)` \| (?P<where>\S+) \| (?P<on>[^|]+) \| (?P<verbs>[^|]+) \| [^|]{5,} \|"
)


def resource(text: str) -> tuple[str, str, str]:
    """Return group, resource and name of what the table calls `group/resource: name`."""
    path, _, name = text.partition(": ")
    first, slash, rest = path.partition("/")
    return (first, rest, name) if slash else ("", first, name)


def test_the_table_is_what_the_chart_grants(teal: list[Manifest]) -> None:
    told: dict[tuple[str, str, str], dict[tuple[str, str, str], str]] = {}
    for row in ROW.finditer(TEXT):
        everywhere = row["where"] == "everywhere"
        key = ("ClusterRole" if everywhere else "Role", row["account"], "" if everywhere else row["where"])
        verbs = " ".join(sorted(row["verbs"].split(", ")))
        assert resource(row["on"]) not in told.setdefault(key, {}), row[0]
        told[key][resource(row["on"])] = verbs
    assert told == {identity(role): rights(role) for role in roles(teal)}
    assert told == RIGHTS


def test_the_built_in_roles_are_told_of_as_they_are() -> None:
    reading, writing = (
        AGGREGATED[name]["iter8.tools", "routemaps", ""] for name in ("teal-view", "teal-edit")
    )
    assert f"| `view` | {', '.join(reading.split())} |" in TEXT
    (written,) = re.findall(r"all of that, and ([a-z, ]+) \|", TEXT)
    assert sorted(written.split(", ")) == writing.split()


def test_it_is_linked_to() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert "(docs/rights.md)" in readme

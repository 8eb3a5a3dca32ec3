"""`docs/reasons.md` tells of every reason. `python -m tests.unit.test_reasons_doc` writes it anew."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from routing.deciding.life import LIFE
from routing.routes import parents
from routing.telling.condition_reasons import CONDITIONS
from routing.telling.event_reasons import DEPLOYMENTS, EVENTS, OVERRIDES
from routing.telling.reasons import VERSIONS, Reason
from routing.telling.rolled_out import ENDED, WARNINGS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PAGE = Path(__file__).parents[2] / "docs" / "reasons.md"
COMMAND = "python -m tests.unit.test_reasons_doc"
HEAD = f"""# My candidate gets nothing: why?

```shell
kubectl get routemap APP             # the split, and whether it is what you asked for
kubectl describe routemap APP        # each version's state and reason, the conditions, the last Events
```

Look for the word under `Reason` in the tables. `APP` is the Routemap's name, `VERSION` that of the Deployment
and its Service. The tables are the code's own: `{COMMAND}` writes this page, and
`tests/api/test_every_reason.py` brings each reason about on a real API server and
looks at all of these places.

| Of | `kubectl get … -o wide` | `kubectl describe` | Prometheus |
| --- | --- | --- | --- |
| a version | `SPLIT` | `Versions`: `Reason`, `Message` | `teal_version_reason`, `…_ready`, `…_weight` |
| Ready | `READY`, `REASON` | `Conditions` | `teal_routemap_condition`, by `condition` and `reason` |
| Routable, Complete | `ROUTABLE`, `COMPLETE` | `Conditions` | the same |
| Degraded, Conflict, Progressing | | `Conditions` | the same |
| RolledOut | `ROLLOUT` | `Conditions`, `Rollout` | the same, and `teal_rollout_step`, `teal_rollout_share` |
| a WeightOverride | `APPLIED`, `REASON` | `Conditions` | `teal_weight_override_applied`, by `reason` |

Where nothing is said and requests fail, see [the last part](#ready-and-requests-fail-all-the-same).

*Status* below is that of the condition with this reason; the figure is 1 while it is True, 0 while it is
False. *Event* is the type of the Event that has the reason, at the end of what `kubectl describe` prints.
"""
OF_A_VERSION = """
## Of a version

`status.versions[].reason`, and `message` where it takes a sentence. Of several causes the first in this order
is told: what leads to others comes first.

"""


OF_THE_OVERRIDE = """
## Of the WeightOverride

Its condition `Applied`. While the Routemap is not Ready it has Ready's reason, and the warning is an Event on
the Routemap.

"""


UNSEEN = """
## Ready, and requests fail all the same

Teal looks at what sends requests somewhere, and not at what refuses them on their way or in the pods.
`READY` stays True while one of these takes a version's share, or all of it:

"""
UNSEEN_THINGS = (
    (
        "a DestinationRule has proxies speak another TLS than a version's pods do",
        "mode SIMPLE, or DISABLE where its pods ask for STRICT: 503 for its whole share",
        "`kubectl get destinationrules,peerauthentications -A`",
    ),
    (
        "an AuthorizationPolicy refuses them: it selects pods by labels, and a candidate has its own",
        "DENY for the candidate's pods: 503 for its whole share; on kept connections up to 50 s later",
        "`kubectl get authorizationpolicies -A`",
    ),
    (
        "a NetworkPolicy does",
        "not run: nothing here carries these out",
        "`kubectl get networkpolicies -A`",
    ),
    (
        "a VirtualService's `exportTo`, or a Service's `networking.istio.io/exportTo`, hides it from callers",
        "not judged: who calls from where is not known",
        "`kubectl get services,virtualservices -A -o yaml`",
    ),
    (
        "a client has no sidecar: it goes to the Service that it calls, past the split",
        "",
        "`kubectl get pod CLIENT -o yaml`",
    ),
    (
        "a number as `targetPort` where nobody listens, or a Gateway whose selector picks no pod",
        "",
        "`kubectl get services,endpointslices,gateways -o yaml`",
    ),
    (
        "the pods answer, with errors",
        "a rollout with checks goes back on that ([rollout.md](rollout.md))",
        "the pods' logs",
    ),
)
ANSWERED = """
Which version answered stands in each answer's header `app-version`, in a proxy's own 503 as well.
"""


def page() -> str:
    parts = [HEAD, OF_A_VERSION, *table(VERSIONS)]
    parts += ["\n## Of the Routemap\n"]
    for kind, reasons in CONDITIONS.items():
        parts += [f"\n### {kind}\n\n", *table(reasons, conditions=True)]
    parts += [OF_THE_OVERRIDE, *table(OVERRIDES, conditions=True)]
    parts += ["\n## Events on the Routemap\n\n", *table(EVENTS)]
    parts += ["\n## Events on a Deployment\n\n", *table(DEPLOYMENTS)]
    parts += [UNSEEN, *_lines([("What", "Seen on the local cluster", "Look"), ("---",) * 3, *UNSEEN_THINGS])]
    return "".join([*parts, ANSWERED])


def table(reasons: Mapping[str, Reason], *, conditions: bool = False) -> Iterator[str]:
    head = ("Reason", *(("Status",) if conditions else ()), "Means", "Requests", "Look", "Remedy", "Event")
    rows = [
        (
            f"`{name}`",
            *((str(each.holds),) if conditions else ()),
            each.means,
            each.requests,
            f"`{each.look}`" if each.look else "",
            each.remedy,
            each.event,
        )
        for name, each in reasons.items()
    ]
    yield from _lines([head, ("---",) * len(head), *rows])


def _lines(rows: Iterable[Iterable[str]]) -> Iterator[str]:
    yield from (f"| {' | '.join(row)} |\n" for row in rows)


def test_the_page_says_what_the_tables_do() -> None:
    assert PAGE.read_text("utf-8") == page(), f"docs/reasons.md is out of date; run: {COMMAND}"


def test_every_reason_of_a_version_is_explained_in_the_order_in_which_it_is_looked_for() -> None:
    life = [line[0] for line in LIFE]
    assert {*life} <= {*VERSIONS}
    assert [name for name in VERSIONS if name in life] == life


def test_every_fault_of_a_route_is_explained() -> None:
    source = (PAGE.parents[1] / "routing" / "deciding" / "routable.py").read_text("utf-8")
    named = {*re.findall(r'(?:Fault|: )\("(\w+)"', source), *parents.REASONS}
    assert named == {*CONDITIONS["Routable"]} - {"Routable"}


def test_every_reason_of_a_condition_that_the_code_names_is_explained() -> None:
    told = {name for reasons in CONDITIONS.values() for name in reasons}
    for file in ("plan.py", "deciding/unfit.py", "telling/conditions.py", "telling/progress.py"):
        source = (PAGE.parents[1] / "routing" / file).read_text("utf-8")
        named = {*re.findall(r'(?:reason=|Unfit\()"(\w+)"', source)}
        assert named - told == set(), file


def test_every_reason_that_a_rollout_gives_is_explained_and_no_other() -> None:
    stepping = PAGE.parents[1] / "routing" / "stepping"
    named = {
        word
        for file in ("progress.py", "promotion.py", "wishes.py")
        for word in re.findall(r'"([A-Z][A-Za-z]+)"', (stepping / file).read_text("utf-8"))
    }
    assert named == {*CONDITIONS["RolledOut"]}
    assert {*ENDED, *WARNINGS} <= named
    told = CONDITIONS["RolledOut"]
    assert {name for name in told if told[name].holds} == {*ENDED}
    assert {name for name in told if told[name].event == "Warning"} == {*WARNINGS}


def test_every_reason_of_an_override_that_the_code_names_is_explained() -> None:
    source = (PAGE.parents[1] / "routing" / "telling" / "overrides.py").read_text("utf-8")
    named = {*re.findall(r'reason="(\w+)"', source)}
    assert named - {*CONDITIONS["Ready"]} == {*OVERRIDES} - {*CONDITIONS["Ready"]}


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")

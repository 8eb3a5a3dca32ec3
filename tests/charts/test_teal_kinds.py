"""The CustomResourceDefinitions: what `kubectl explain` and `kubectl get` show."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from routing.model import State
from routing.reading import (
    defaults,
    headers,
    matches,
    named_routes,
    parse,
    rollout_status,
    rollouts,
    settings,
    status,
)
from routing.reading.rollout_status import Entry, Phase, RolloutStatus, Told
from routing.reading.times import EARLIEST
from routing.stepping.rollout import Enough, Verdict
from tests.charts.helm import one
from tests.unit.routing.manifests import LONGEST_NAME

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tests.charts.helm import Manifest

CRDS = ("routemaps.iter8.tools", "weightoverrides.iter8.tools")
STRUCTURE = {"type", "description", "properties", "items", "x-kubernetes-preserve-unknown-fields"}


def version(manifests: list[Manifest], crd: str) -> dict[str, Any]:
    (found,) = one(manifests, "CustomResourceDefinition", crd)["spec"]["versions"]
    assert (found["name"], found["served"], found["storage"]) == ("v1alpha1", True, True)
    return dict(found)


def fields(schema: dict[str, Any], path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every field below a schema with its path, items of a list as `[]`."""
    yield path, schema
    for name, child in schema.get("properties", {}).items():
        yield from fields(child, f"{path}.{name}")
    if "items" in schema:
        yield from fields(schema["items"], f"{path}[]")


def all_fields(manifests: list[Manifest], crd: str) -> dict[str, dict[str, Any]]:
    return dict(fields(version(manifests, crd)["schema"]["openAPIV3Schema"]))


@pytest.mark.parametrize("crd", CRDS)
def test_upgrades_reach_a_kind_and_an_uninstall_leaves_it(teal: list[Manifest], crd: str) -> None:
    annotations = one(teal, "CustomResourceDefinition", crd)["metadata"]["annotations"]
    assert annotations == {
        "helm.sh/resource-policy": "keep",
        "argocd.argoproj.io/sync-options": "Prune=false,Delete=false",
    }


@pytest.mark.parametrize("crd", CRDS)
def test_every_field_is_explained(teal: list[Manifest], crd: str) -> None:
    found = all_fields(teal, crd)
    del found[".metadata"]  # the API server has its own words for that, and refuses others
    for path, field in found.items():
        assert len(field.get("description", "")) >= len("Routemap"), path


@pytest.mark.parametrize("crd", CRDS)
def test_the_schema_of_what_users_write_has_types_only(teal: list[Manifest], crd: str) -> None:
    for path, field in all_fields(teal, crd).items():
        if not path.startswith(".status"):
            assert set(field) <= STRUCTURE, f"{path}: the webhook's sentences would stay hidden"


@pytest.mark.parametrize("crd", CRDS)
def test_unknown_fields_reach_the_webhook_which_refuses_them(teal: list[Manifest], crd: str) -> None:
    written = {path: field for path, field in all_fields(teal, crd).items() if path.startswith(".spec")}
    for path, field in written.items():
        kept = field.get("x-kubernetes-preserve-unknown-fields", False)
        assert kept is (field["type"] == "object"), path


def test_the_routemaps_fields_are_those_that_are_parsed(teal: list[Manifest]) -> None:
    paths = all_fields(teal, CRDS[0])
    assert {path.removeprefix(".spec.") for path in paths if path.count(".") == 2 and ".spec." in path} == {
        *parse._ROUTEMAP_FIELDS,  # noqa: SLF001 -- the list that the parser itself goes by
        "versions[]",
        "hosts[]",
        "gateways[]",
        "routes[]",
    }
    assert {path: paths[path]["type"] for path in paths if path.startswith(".spec.versions[].")} == {
        ".spec.versions[].name": "string",
        ".spec.versions[].weight": "integer",
        ".spec.versions[].match": "array",
        ".spec.versions[].match[]": "object",
        **{f".spec.versions[].match[].{field}": "object" for field in matches.FIELDS},
    }


def below(paths: Iterable[str], path: str) -> set[str]:
    """Return the fields right below one."""
    return {name.removeprefix(path) for name in paths if re.fullmatch(rf"{re.escape(path)}\w+", name)}


def test_the_settings_fields_are_those_that_are_parsed_in_the_spec_and_in_each_route(
    teal: list[Manifest],
) -> None:
    paths = all_fields(teal, CRDS[0])
    assert below(paths, ".spec.routes[].") == {*named_routes.FIELDS}
    assert below(paths, ".spec.routes[].match[].") == {*named_routes.MATCHED}
    for where in (".spec.", ".spec.routes[]."):
        assert below(paths, f"{where}cors.") == {*settings.CORS}
        assert below(paths, f"{where}headers.") == {*headers.SIDES}
        assert below(paths, f"{where}retries.") == {*settings.RETRIES}
        assert below(paths, f"{where}rewrite.") == {*settings.REWRITE}
        assert below(paths, f"{where}fault.") == {*settings.FAULT}


def test_the_rollouts_fields_are_those_that_are_parsed(teal: list[Manifest]) -> None:
    paths = all_fields(teal, CRDS[0])
    at = ".spec.rollout."
    assert below(paths, at) == {*rollouts.FIELDS}
    assert below(paths, f"{at}steps[].") == {*rollouts.STEP}
    assert below(paths, f"{at}checks[].") == {*rollouts.CHECK}
    assert below(paths, f"{at}evidence.") == {*rollouts.EVIDENCE}


def test_the_rollouts_status_has_all_that_is_written(teal: list[Manifest]) -> None:
    told = all_fields(teal, CRDS[0])
    at = ".status.rollout."
    whole = replace(
        RolloutStatus("a", "b", Phase.STEPPING, 1, 5, EARLIEST, EARLIEST, 1, "w", "r", "m"),
        checks=(Told("success"),),
        history=(Entry(EARLIEST, "what", "who"),),
    ).manifest()
    assert below(told, at) == {*whole}
    assert below(told, f"{at}checks[].") == {*whole["checks"][0]}
    assert below(told, f"{at}history[].") == {*whole["history"][0]}
    assert told[f"{at}phase"]["enum"] == [*Phase]
    assert told[f"{at}checks[].verdict"]["enum"] == [*Verdict]
    assert told[f"{at}checks"]["maxItems"] == rollouts.MOST_CHECKS
    assert told[f"{at}step"]["maximum"] == rollouts.MOST_STEPS
    assert told[f"{at}history"]["maxItems"] == rollout_status.MOST_HISTORY
    assert told[f"{at}losses"]["maximum"] == rollout_status.MOST_LOSSES
    assert told[f"{at}checks[].total"]["maximum"] == rollout_status.MOST_COUNTED
    for field, most in (("wish", rollout_status.MOST_WORD), ("message", rollout_status.MOST_SENTENCE)):
        assert told[f"{at}{field}"]["maxLength"] == most


def test_the_overrides_fields(teal: list[Manifest]) -> None:
    paths = all_fields(teal, CRDS[1])
    assert {path: paths[path]["type"] for path in paths if path.startswith(".spec")} == {
        ".spec": "object",
        ".spec.weights": "array",
        ".spec.weights[]": "object",
        ".spec.weights[].version": "string",
        ".spec.weights[].weight": "integer",
    }


@pytest.mark.parametrize(
    ("field", "phrase"),
    [
        ("strategy", f"{defaults.STRATEGY}, which is also the default"),
        *(("strategy", strategy) for strategy in defaults.STRATEGIES),
        ("versions[].match", f"1 to {matches.MOST_ALTERNATIVES}"),
        ("versions[].match[].headers", f"at most {matches.MOST_CONDITIONS}"),
        ("versions[].match[].queryParams", f"at most {matches.MOST_CONDITIONS}"),
        ("versions", f"1 to {parse.MOST_VERSIONS}"),
        ("versions[].weight", f"0 to {parse.MOST_WEIGHT}, by default {defaults.WEIGHT}"),
        ("retries.attempts", f"0 (never) to {settings.MOST_ATTEMPTS}"),
        ("headers.request", f"at most {headers.MOST_HEADERS}"),
        ("cors.allowOrigins", f"1 to {settings.MOST_ITEMS}"),
        ("routes", f"at most {named_routes.MOST_ROUTES}"),
        ("rollout.steps", f"1 to {rollouts.MOST_STEPS}"),
        ("rollout.steps[].for", f"at most {rollouts.MOST_SECONDS // 3600}h"),
        ("rollout.checks", f"at most {rollouts.MOST_CHECKS}"),
        ("rollout.evidence.confidence", f"by default {Enough().confidence:.0f}"),
        (
            "rollout.evidence.requests",
            f"1 to {rollouts.MOST_REQUESTS}, by default {Enough().requests}",
        ),
        ("rollout.evidence.together", f"1 to {rollouts.MOST_TOGETHER}, by default {Enough().together:.0f}"),
        ("rollout.evidence.within", f"default {Enough().within / 60:.0f}m"),
        ("port", f"1 to {parse.MOST_PORT}"),
        ("hosts", f"at most {parse.MOST_HOSTS}"),
        ("gateways", f"at most {parse.MOST_HOSTS}"),
        ("gateways", f"By default [{', '.join(defaults.GATEWAYS)}]"),
        ("settleSeconds", f"0 to {parse.MOST_SETTLE_SECONDS}, by default {defaults.SETTLE_SECONDS}"),
        ("settleSeconds", f"default {defaults.UNPROBED_SETTLE_SECONDS} for a version without readiness"),
        ("drainSeconds", f"0 to {defaults.MOST_DRAIN_SECONDS}, by default {defaults.DRAIN_SECONDS}"),
    ],
)
def test_defaults_and_ranges_are_told_as_they_are(teal: list[Manifest], field: str, phrase: str) -> None:
    assert phrase in all_fields(teal, CRDS[0])[f".spec.{field}"]["description"]


def test_the_status_has_all_that_the_reconciler_writes(teal: list[Manifest]) -> None:
    for crd in CRDS:
        assert version(teal, crd)["subresources"] == {"status": {}}
    status = {
        path.removeprefix(".status"): field["type"]
        for path, field in all_fields(teal, CRDS[0]).items()
        if path.startswith(".status.")
    }
    version_fields = {key: kind for key, kind in status.items() if key.startswith(".versions[].")}
    assert {key for key in status if key.count(".") == 1} == {
        *(".observedGeneration", ".split", ".override", ".rollout"),
        *(".versions", ".versions[]", ".conditions", ".conditions[]"),
    }
    assert version_fields == {
        ".versions[].name": "string",
        ".versions[].state": "string",
        ".versions[].weight": "integer",
        ".versions[].readyEndpoints": "integer",
        ".versions[].reason": "string",
        ".versions[].protected": "boolean",
        ".versions[].drainingUntil": "string",
        ".versions[].copies": "integer",
        ".versions[].matched": "boolean",
        ".versions[].message": "string",
        ".versions[].stateSince": "string",
        ".versions[].weightSince": "string",
        ".versions[].workload": "string",
    }


@pytest.mark.parametrize("crd", CRDS)
def test_everything_in_a_status_is_bounded(teal: list[Manifest], crd: str) -> None:
    """Teal reads it again, and whoever may edit the object's status may have written it."""
    told = {path: field for path, field in all_fields(teal, crd).items() if path.startswith(".status")}
    for path, field in told.items():
        assert "x-kubernetes-preserve-unknown-fields" not in field, path
        assert bounded(field), path
    required = {path: field["required"] for path, field in told.items() if "required" in field}
    of_routemaps = {
        ".status.versions[]": ["name", "state"],
        ".status.rollout": ["phase"],
        ".status.rollout.history[]": ["time", "what"],
    }
    assert required == {
        ".status.conditions[]": ["type", "status", "reason", "lastTransitionTime"],
        **(of_routemaps if crd == CRDS[0] else {}),
    }


def bounded(field: dict[str, Any]) -> bool:
    match field["type"]:
        case "array":
            return "maxItems" in field
        case "string":
            return "maxLength" in field or "enum" in field
        case "integer":
            return "minimum" in field and ("maximum" in field or field.get("format") == "int64")
        case "object":
            return "properties" in field
    return bool(field["type"] == "boolean")


def test_the_bounds_of_a_status_take_in_all_that_is_written(teal: list[Manifest]) -> None:
    told = all_fields(teal, CRDS[0])
    assert told[".status.versions[].state"]["enum"] == [*State]
    assert told[".status.versions[]" + ".name"]["maxLength"] == len(LONGEST_NAME)
    assert told[".status.conditions[].message"]["maxLength"] == status.MOST_MESSAGE
    assert told[".status.versions"]["maxItems"] > 2 * parse.MOST_VERSIONS, "old ones may still drain"
    longest = len(" ".join([f"{LONGEST_NAME}=100"] * parse.MOST_VERSIONS))
    assert told[".status.split"]["maxLength"] > longest


def test_kubectl_get_prints_strategy_split_ready_and_age(teal: list[Manifest]) -> None:
    columns = version(teal, CRDS[0])["additionalPrinterColumns"]
    assert [(column["name"], column.get("priority", 0)) for column in columns] == [
        ("Strategy", 0),
        ("Split", 0),
        ("Override", 0),
        ("Ready", 0),
        ("Reason", 1),
        ("Routable", 1),
        ("Complete", 1),
        ("Rollout", 1),
        ("Age", 0),
    ]


def test_kubectl_get_prints_whether_an_override_counts_and_why(teal: list[Manifest]) -> None:
    columns = version(teal, CRDS[1])["additionalPrinterColumns"]
    assert [(column["name"], column.get("priority", 0)) for column in columns] == [
        ("Applied", 0),
        ("Reason", 0),
        ("Message", 1),
        ("Age", 0),
    ]

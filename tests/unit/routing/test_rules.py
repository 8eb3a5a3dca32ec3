"""Every rule of the rule book: what it refuses or warns of, and what stands right beside that and is fine."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from routing.reading import violation
from routing.reading.defaults import defaulted
from routing.rules.review import Review, Verdict
from routing.rules.rulebook import RULES, review
from tests.unit.routing.examples import (
    ACCEPTED,
    MARKED,
    PROTECTED,
    PROTECTED_SERVICE,
    REFUSED,
    SERVING,
    WARNED,
    Example,
    versions,
)
from tests.unit.routing.manifests import (
    LONGEST_NAME,
    Manifest,
    changed,
    deployment,
    marked,
    routemap,
    virtual_service,
    weight_override,
    with_key,
    without,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

NOTING = ("Violation", "note", "_note_other")
"""What is called with a path, then a reason."""


@pytest.mark.parametrize("example", REFUSED, ids=lambda example: example.name)
def test_a_mistake_is_refused_with_field_value_and_remedy(example: Example) -> None:
    verdict = review(example.review)
    assert not verdict.allowed
    assert tuple(map(str, verdict.violations)) == example.answers
    assert tuple(violation.reason for violation in verdict.violations) == example.reasons


@pytest.mark.parametrize("example", WARNED, ids=lambda example: example.name)
def test_what_is_risky_is_allowed_with_a_warning(example: Example) -> None:
    verdict = review(example.review)
    assert verdict.allowed
    assert verdict.warnings == example.answers


def as_stateful_set(example: Example) -> Example:
    """Return an example with a StatefulSet in the place of a Deployment."""
    asked = example.review
    manifest, old = (
        {**each, "kind": "StatefulSet"} if each is not None else None for each in (asked.manifest, asked.old)
    )
    said = tuple(line.replace("Deployment", "StatefulSet") for line in example.answers)
    return replace(example, review=replace(asked, manifest=manifest, old=old), answers=said)


def of_a_deployment(examples: Iterable[Example]) -> list[Example]:
    reviews = [(example, example.review.manifest or example.review.old or {}) for example in examples]
    return [example for example, manifest in reviews if manifest.get("kind") == "Deployment"]


@pytest.mark.parametrize("example", of_a_deployment(REFUSED), ids=lambda example: example.name)
def test_what_is_refused_of_a_deployment_is_refused_of_a_stateful_set(example: Example) -> None:
    other = as_stateful_set(example)
    assert tuple(map(str, review(other.review).violations)) == other.answers


@pytest.mark.parametrize("example", of_a_deployment(WARNED), ids=lambda example: example.name)
def test_what_is_risky_of_a_deployment_is_so_of_a_stateful_set(example: Example) -> None:
    other = as_stateful_set(example)
    assert review(other.review) == Verdict(warnings=other.answers)


@pytest.mark.parametrize(
    "manifest",
    [
        *ACCEPTED,
        {"kind": "ConfigMap", "metadata": {"labels": {"iter8.tools/wacth": "true"}}},
        {},
    ],
)
def test_what_is_right_is_allowed_without_a_word(manifest: Manifest) -> None:
    verdict = review(Review("CREATE", manifest))
    assert (verdict.violations, verdict.warnings) == ((), ())


@pytest.mark.parametrize(
    "host",
    [
        "httpbin.prod.svc",
        "httpbin.prod.svc.cluster.local",
        "pod.httpbin.prod.svc",
        "*.prod.svc",
        "*.svc",
        "*.svc.cluster.local",
        "*.cluster.local",
        "*.local",
    ],
)
def test_a_host_that_takes_in_other_namespaces_is_refused(host: str) -> None:
    assert [item.reason for item in review(Review("CREATE", routemap(hosts=[host]))).violations] == [
        "ForeignHost"
    ]


@pytest.mark.parametrize(
    "host",
    [
        "",
        "*",
        "a.*",
        "a..b",
        "a_b",
        "A.b",
        "-a.b",
        "a-.b",
        f"{LONGEST_NAME}a.b",
        ".".join(["a" * 50] * 5),
        80,
        None,
    ],
)
def test_what_is_no_dns_name_is_no_host(host: object) -> None:
    violations = review(Review("CREATE", routemap(hosts=[host]))).violations
    assert [violation.path for violation in violations] == ["spec.hosts[0]"]


@pytest.mark.parametrize("gateway", ["", "/", "a/", "/a", "a/b/c", "*.a", "A", 1])
def test_what_is_no_gateway_is_refused(gateway: object) -> None:
    violations = review(Review("CREATE", routemap(gateways=[gateway]))).violations
    assert [violation.reason for violation in violations] == ["InvalidName"]


@pytest.mark.parametrize("name", ["", "-0", "0-", "-a", "a-", "A", "a.b", "a_b", f"{LONGEST_NAME}a"])
def test_what_no_service_may_be_called_is_no_version(name: str) -> None:
    violations = review(Review("CREATE", versions(name))).violations
    assert [violation.reason for violation in violations] == ["InvalidName"]


@pytest.mark.parametrize("weight", [True, 1.0, "1", None, [1], -1, 1_000_001])
def test_a_weight_is_an_integer_in_range(weight: object) -> None:
    for manifest in (changed(routemap(), "spec.versions.0.weight", weight), weight_override(("a", weight))):
        assert len(review(Review("CREATE", manifest)).violations) == 1


def test_all_mistakes_are_told_at_once_and_in_the_order_of_the_fields() -> None:
    manifest = routemap(
        strategy=None,
        versions=[{"name": "a_b", "weight": -1}, {"name": "c", "x": 1, "w": 2}, {"name": "c"}, 7],
        hosts=["_"],
        port="80",
        drainSeconds=-1,
    )
    violations = review(Review("CREATE", changed(manifest, "metadata.name", ""))).violations
    assert [(violation.path, violation.reason) for violation in violations] == [
        ("metadata.name", "InvalidName"),
        ("spec.strategy", "UnknownStrategy"),
        ("spec.versions[0].name", "InvalidName"),
        ("spec.versions[0].weight", "OutOfRange"),
        ("spec.versions[1].w", "UnknownField"),
        ("spec.versions[1].x", "UnknownField"),
        ("spec.versions[3]", "NotAnObject"),
        ("spec.versions", "Duplicate"),
        ("spec.hosts[0]", "InvalidName"),
        ("spec.port", "NotAnInteger"),
        ("spec.drainSeconds", "OutOfRange"),
    ]


def test_a_long_value_is_cut_in_the_sentence() -> None:
    violation = review(Review("CREATE", versions("x" * 1000))).violations[0]
    assert violation.detail.startswith('"' + "x" * 58 + "… is not")


def test_a_wrong_name_is_told_once_and_not_for_each_default_host_again() -> None:
    bad = changed(routemap(), "metadata.name", "Httpbin")
    assert len(review(Review("CREATE", defaulted(bad))).violations) == 1


WRONG = routemap(strategy="rainbow", drainSeconds=301)


@pytest.mark.parametrize(
    ("new", "reasons"),
    [
        (WRONG, []),
        (without(WRONG, "spec.drainSeconds"), []),
        (with_key(WRONG, "labels", "team"), []),
        (changed(WRONG, "spec.drainSeconds", 302), ["OutOfRange"]),
        (changed(WRONG, "spec.port", 0), ["OutOfRange"]),
        (with_key(WRONG, "labels", "iter8.tools/wacth"), ["UnknownKey"]),
    ],
)
def test_on_update_only_what_is_newly_wrong_is_refused(new: Manifest, reasons: list[str]) -> None:
    assert [item.reason for item in review(Review("UPDATE", new, WRONG)).violations] == reasons


def test_on_update_an_old_risk_is_not_warned_of_again() -> None:
    risky = deployment(replicas=1)
    assert review(Review("UPDATE", with_key(risky, "labels", "team"), risky)).warnings == ()


def test_what_is_wrong_may_always_be_deleted() -> None:
    for example in REFUSED:
        if example.review.operation == "CREATE":
            assert review(Review("DELETE", None, example.review.manifest)).allowed


@pytest.mark.parametrize("where", ["labels", "annotations"])
@pytest.mark.parametrize(("value", "allowed"), [("true", True), ("false", False), ("", False)])
def test_allow_delete_lets_a_protected_deployment_go(where: str, value: str, *, allowed: bool) -> None:
    allowing = with_key(PROTECTED, where, "iter8.tools/allow-delete", value)
    assert review(Review("DELETE", None, allowing)).allowed is allowed
    assert review(Review("UPDATE", changed(allowing, "spec.replicas", 0), PROTECTED)).allowed is allowed


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (changed(PROTECTED, "spec.replicas", 1), PROTECTED),
        (with_key(PROTECTED, "labels", "team"), PROTECTED),
        (changed(PROTECTED, "spec.replicas", 0), changed(PROTECTED, "spec.replicas", 0)),
        (changed(deployment(), "spec.replicas", 0), deployment()),
        (None, deployment()),
        (PROTECTED, None),
    ],
)
def test_what_stops_no_protected_deployment_is_allowed(new: Manifest | None, old: Manifest | None) -> None:
    operation = "DELETE" if new is None else "UPDATE" if old else "CREATE"
    assert review(Review(operation, new, old)).allowed


@pytest.mark.parametrize(
    ("username", "allowed"),
    [
        ("system:kube-controller-manager", True),
        ("system:apiserver", True),
        ("system:serviceaccount:kube-system:namespace-controller", True),
        ("system:serviceaccount:kube-system:generic-garbage-collector", True),
        ("system:serviceaccount:default:generic-garbage-collector", False),
        ("system:admin", False),
        ("", False),
    ],
)
def test_kubernetes_itself_may_delete_a_protected_deployment(username: str, *, allowed: bool) -> None:
    assert review(Review("DELETE", None, PROTECTED, username=username)).allowed is allowed


@pytest.mark.parametrize(
    "asked",
    [
        Review("UPDATE", MARKED, MARKED),
        Review("UPDATE", changed(deployment(), "metadata.labels", {}), deployment()),
        Review("UPDATE", MARKED, deployment()),
        Review("DELETE", None, MARKED, {"propagationPolicy": "Background"}),
        Review("DELETE", None, MARKED),
        Review("DELETE", None, deployment(), {"propagationPolicy": "Foreground"}),
        Review(
            "UPDATE",
            marked(changed(deployment(), "metadata.labels", {})),
            changed(MARKED, "metadata.labels", {}),
        ),
        Review("UPDATE", virtual_service(), without(virtual_service(), "metadata.labels")),
        Review("UPDATE", virtual_service(), virtual_service(), username="system:apiserver"),
    ],
)
def test_what_carries_no_risk_is_allowed_without_a_warning(asked: Review) -> None:
    verdict = review(asked)
    assert (verdict.allowed, verdict.warnings) == (True, ())


def test_several_containers_without_probe_make_one_warning() -> None:
    many = [{"name": f"{LONGEST_NAME[:61]}{index}", "ports": [{}]} for index in range(20)]
    manifest = changed(deployment(), "spec.template.spec.containers", many)
    assert review(Review("CREATE", manifest)).warnings == (
        "20 containers have no readinessProbe: requests come too early",
        "20 containers have no preStop: requests may fail as pods stop",
    )


@pytest.mark.parametrize(
    ("manifest", "policy"),
    [
        (with_key(MARKED, "annotations", "iter8.tools/allow-delete"), "Foreground"),
        (deployment(), "Foreground"),
        (MARKED, "Background"),
        (MARKED, "Orphan"),
    ],
)
def test_a_deletion_that_leaves_the_pods_their_time_is_allowed(manifest: Manifest, policy: str) -> None:
    assert review(Review("DELETE", None, manifest, {"propagationPolicy": policy})).allowed


@pytest.mark.parametrize(
    ("new", "old"),
    [
        (changed(deployment(), "spec.replicas", 0), deployment() | {"status": SERVING["status"]}),
        (changed(MARKED, "spec.replicas", 0), MARKED),  # no ready pod: nobody is answered as it is
        (changed(SERVING, "spec.replicas", 1), SERVING),
        (changed(SERVING, "spec.replicas", 0), changed(SERVING, "spec.replicas", 0)),
        (with_key(changed(SERVING, "spec.replicas", 0), "labels", "iter8.tools/allow-delete"), SERVING),
    ],
)
def test_what_stops_no_version_that_gets_requests_is_allowed(new: Manifest, old: Manifest) -> None:
    assert review(Review("UPDATE", new, old)).allowed


@pytest.mark.parametrize("seconds", ["0", "29"])
def test_a_pause_within_the_grace_period_is_allowed(seconds: str) -> None:
    manifest = with_key(deployment(), "labels", "iter8.tools/pre-stop-sleep", seconds)
    assert review(Review("CREATE", manifest)).allowed


def test_a_watched_deployment_without_containers_is_not_warned_of_them() -> None:
    assert review(Review("CREATE", deployment(template={}))).warnings == ()


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("iter8.tool/watch", "watch"),
        ("iter8tools/watch", "watch"),
        ("iter8.io/watch", "watch"),
        ("iter8/allow-delete", "allow-delete"),
        ("itter8.tools/watch", "watch"),
        ("iter.tools/pre-stop-sleep", "pre-stop-sleep"),
        ("iter8.tools.watch", "watch"),
        ("iter8-tools/wacth", "watch"),
    ],
)
@pytest.mark.parametrize("where", ["labels", "annotations"])
def test_a_key_that_is_nearly_teals_is_warned_of(where: str, key: str, meant: str) -> None:
    warning = f"{key} means nothing to Teal; did you mean iter8.tools/{meant}?"
    for manifest in (deployment(), routemap(), weight_override(("a", 1)), virtual_service()):
        assert review(Review("CREATE", with_key(manifest, where, key))).warnings == (warning,)


def test_of_thousands_of_keys_only_some_are_compared() -> None:
    many = {f"iter8-{index}.example/x": "" for index in range(1000)} | {"iter8-tools/watch": "true"}
    assert review(Review("CREATE", changed(deployment(), "metadata.annotations", many))).warnings == ()
    long = {f"iter8{'x' * 240}/watch": "true"}
    (warning,) = review(Review("CREATE", changed(deployment(), "metadata.annotations", long))).warnings
    assert len(warning) <= 120


def test_warnings_fit_kubernetes_limits_for_the_longest_names() -> None:
    lone = [{"name": LONGEST_NAME}]
    bare = changed(deployment(LONGEST_NAME, replicas=1), "spec.template.spec.containers", lone)
    service = with_key(virtual_service(), "labels", "iter8.tools/routemap", LONGEST_NAME)
    asked = [Review("CREATE", bare), Review("DELETE", None, service), *(item.review for item in WARNED)]
    for verdict in map(review, asked):
        assert len(verdict.warnings) <= 10
        assert max(map(len, verdict.warnings)) <= 120


def test_every_rule_speaks_in_an_example() -> None:
    reviews = [example.review for example in (*REFUSED, *WARNED)]
    manifests = [asked.manifest for asked in reviews if asked.manifest is not None]
    for rules in RULES.values():
        for rule in (*rules.state, *rules.state_warnings):
            assert any(any(rule(manifest)) for manifest in manifests), rule.__name__
        for change in (*rules.change, *rules.change_warnings):
            assert any(any(change(asked)) for asked in reviews), change.__name__


def test_every_reason_in_the_code_has_an_example() -> None:
    words = set()
    texts = [path.read_text("utf-8") for path in Path(violation.__file__).parents[1].rglob("*.py")]
    for text in texts:
        for node in ast.walk(ast.parse(text)) if any(f"{name}(" in text for name in NOTING) else ():
            if (
                isinstance(node, ast.Call)
                and getattr(node.func, "attr", getattr(node.func, "id", "")) in NOTING
            ):
                words |= {item.value for item in node.args[1:2] if isinstance(item, ast.Constant)}
    assert words == {reason for example in REFUSED for reason in example.reasons}


def test_a_name_that_is_none_is_told_as_it_is() -> None:
    nameless = changed(PROTECTED, "metadata.name", 7)
    [violation] = review(Review("DELETE", None, nameless)).violations
    assert violation.detail.startswith("7 is the only ready version of Routemap httpbin, so deleting it ")


def test_who_goes_with_its_routemap_and_is_not_the_only_one_goes_without_a_word() -> None:
    going = with_key(deployment(), "annotations", "iter8.tools/allow-delete", "with-routemap")
    verdict = review(Review("DELETE", None, going))
    assert (verdict.allowed, verdict.warnings) == (True, ())


@pytest.mark.parametrize("manifest", [PROTECTED, PROTECTED_SERVICE], ids=["Deployment", "Service"])
def test_who_is_refused_the_deletion_of_a_version_hears_how_a_whole_application_goes(
    manifest: Manifest,
) -> None:
    asked = Review("DELETE", None, manifest)
    assert review(asked).warnings == (
        "if its Routemap is being deleted, too, run the same command again: then it goes",
        (
            "to have all go at once, annotate Deployment and Service with "
            "iter8.tools/allow-delete=with-routemap"
        ),
    )
    assert review(Review("UPDATE", changed(PROTECTED, "spec.replicas", 0), PROTECTED)).warnings == ()

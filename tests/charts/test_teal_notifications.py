"""What the chart teal tells the reconciler of whom to tell, and the webhook nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.notifying.bodies import Form
from reconciler.settings import parse
from tests.charts.helm import container, one

if TYPE_CHECKING:
    from pathlib import Path

    from tests.charts.helm import Helm, Manifest

URL = "https://hooks.example/teal?a=b"
ALL = {"urlSecret": "slack", "form": "slack", "signingSecret": "sign", "caBundle": "authority", "timeout": 5}

NOBODY = (
    "- notifications.{name}: nobody is told without notifications.url; set that to the receiver's address, "
    "or leave {name} out"
)


def pod(manifests: list[Manifest]) -> dict[str, Any]:
    spec: dict[str, Any] = one(manifests, "Deployment")["spec"]["template"]["spec"]
    return spec


def flags(manifests: list[Manifest], name: str = "reconciler") -> list[str]:
    return [word for word in container(manifests, name)["command"] if "--notify" in word]


def test_by_default_nobody_is_told(teal: list[Manifest]) -> None:
    assert flags(teal) == []
    assert not [volume for volume in pod(teal)["volumes"] if "notify" in volume["name"]]


def test_with_an_address_the_reconciler_sends_cloud_events(helm: Helm) -> None:
    manifests = helm.render("teal", {"notifications": {"url": URL}})
    assert flags(manifests) == [f"--notify-url={URL}", "--notify-form=cloudevents", "--notify-timeout=10"]
    assert flags(manifests, "webhook") == []


def test_secrets_are_files_of_the_reconciler_alone(helm: Helm) -> None:
    manifests = helm.render("teal", {"notifications": ALL})
    volumes = {volume["name"]: volume for volume in pod(manifests)["volumes"]}
    for key, secret in (("url", "slack"), ("key", "sign")):
        assert volumes[f"notify-{key}"]["secret"] == {
            "secretName": secret,
            "defaultMode": 0o400,
            "items": [{"key": key, "path": key}],
        }
    assert volumes["notify-ca"]["configMap"] == {"name": "authority"}
    for name in ("webhook", "reconciler"):
        mounts = container(manifests, name)["volumeMounts"]
        mounted = {mount["mountPath"]: mount["readOnly"] for mount in mounts if "notify" in mount["name"]}
        wanted = dict.fromkeys(("/notify-url", "/notify-key", "/notify-ca"), True)
        assert mounted == (wanted if name == "reconciler" else {})


def test_the_reconciler_understands_whom_the_chart_has_it_tell(helm: Helm) -> None:
    manifests = helm.render("teal", {"notifications": ALL})
    told = parse(["--namespace=a", "--identity=b", *flags(manifests)]).notifying
    assert told is not None
    assert (told.form, told.place.timeout, told.place.url) == (Form.SLACK, 5.0, "")
    found: list[Path | None] = [told.place.url_file, told.place.key, told.place.authorities]
    assert [str(path) for path in found] == ["/notify-url/url", "/notify-key/key", "/notify-ca/ca.crt"]


def test_no_right_comes_with_telling(helm: Helm, teal: list[Manifest]) -> None:
    def roles(manifests: list[Manifest]) -> list[Manifest]:
        return [item for item in manifests if item["kind"] in ("Role", "ClusterRole")]

    assert roles(helm.render("teal", {"notifications": ALL})) == roles(teal)


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"url": "hooks:80"}, "- at '/notifications/url': 'hooks:80' does not match pattern"),
        ({"url": "http://a:b@c"}, "- at '/notifications/url': 'http://a:b@c' does not match pattern"),
        ({"url": URL, "form": "teams"}, "value must be one of 'cloudevents', 'slack'"),
        ({"url": URL, "timeout": 0}, "- at '/notifications/timeout': minimum: got 0, want 1"),
        (
            {"url": URL, "urlSecret": "a"},
            "- notifications.urlSecret: the address is in notifications.url already; leave one of both out",
        ),
        (
            {"signingSecret": "a"},
            NOBODY.format(name="signingSecret"),
        ),
        (
            {"caBundle": "a"},
            NOBODY.format(name="caBundle"),
        ),
    ],
)
def test_whom_nobody_can_tell_is_refused(helm: Helm, values: dict[str, Any], says: str) -> None:
    assert says in helm.refusal("teal", {"notifications": values})


def test_without_a_receiver_there_is_no_alert_about_it(helm: Helm) -> None:
    values: dict[str, Any] = {"monitoring": {"prometheusRule": {"enabled": True}}}
    for notifications, there in (({}, False), ({"url": URL}, True), ({"urlSecret": "a"}, True)):
        given = {**values, "notifications": notifications}
        manifests = helm.render("teal", given, api_versions=["monitoring.coreos.com/v1"])
        groups = one(manifests, "PrometheusRule")["spec"]["groups"]
        names = {rule["alert"] for group in groups for rule in group["rules"]}
        assert ("TealNotificationsDropped" in names) is there

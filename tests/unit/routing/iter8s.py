"""Iter8's objects, in the forms that its charts give them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from cli.migrating.read import parse
from routing.migrating.migrate import migrate
from routing.migrating.scene import Given, Migrated, NotMigratedError

if TYPE_CHECKING:
    from tests.unit.routing.manifests import Manifest

HOSTS = ["httpbin.default", "httpbin.default.svc", "httpbin.default.svc.cluster.local"]

HEAD = """\
apiVersion: networking.istio.io/v1beta1
kind: VirtualService
metadata:
  name: httpbin
spec:
  gateways:
  - mm-gateway
  - mesh
  hosts:
  - httpbin.default
  - httpbin.default.svc
  - httpbin.default.svc.cluster.local
  http:
"""
# The form of chart routing-actions 0.1.3 (v0.16.4), appType deployment.
BLUE_GREEN = f"""{HEAD}\
  - route:
    # primary model
    - destination:
        host: httpbin-0.default.svc.cluster.local
      {{{{- if gt (index .Weights 1) 0 }}}}
      weight: {{{{ index .Weights 0 }}}}
      {{{{- end }}}}
      headers:
        response:
          add:
            app-version: httpbin-0
    # other models
    {{{{- if gt (index .Weights 1) 0 }}}}
    - destination:
        host: httpbin-1.default.svc.cluster.local
      weight: {{{{ index .Weights 1 }}}}
      headers:
        response:
          add:
            app-version: httpbin-1
    {{{{- end }}}}
"""
# The forms of chart release 1.1.0 (v1.1.2), environment deployment-istio.
CANARY = f"""{HEAD}\
  # non-primary versions
  {{{{- if gt (index .Weights 1) 0 }}}}
  - name: httpbin-1
    match:
    - headers:
        traffic:
          exact: test
    route:
    - destination:
        host: httpbin-1.default.svc.cluster.local
        port:
          number: 80
      headers:
        response:
          add:
            app-version: httpbin-1
  {{{{- end }}}}
  # primary version (default)
  - name: httpbin-0
    route:
    - destination:
        host: httpbin-0.default.svc.cluster.local
        port:
          number: 80
      headers:
        response:
          add:
            app-version: httpbin-0
"""
MIRROR = f"""{HEAD}\
  - name: httpbin
    route:
    # primary version
    - destination:
        host: httpbin-0.default.svc.cluster.local
        port:
          number: 80
      {{{{- if gt (index .Weights 1) 0 }}}}
      weight: {{{{ index .Weights 0 }}}}
      {{{{- end }}}}
      headers:
        response:
          add:
            app-version: httpbin-0
    # other versions
    {{{{- if gt (index .Weights 1) 0 }}}}
    mirror:
      host: httpbin-1.default.svc.cluster.local
      port:
        number: 80
    mirrorPercentage:
      value: {{{{ index .Weights 1 }}}}
    {{{{- end }}}}
"""
# The forms of the same chart, environment deployment-gtw.
PARENTS = """\
apiVersion: gateway.networking.k8s.io/v1beta1
kind: HTTPRoute
metadata:
  name: httpbin
  namespace: default
spec:
  hostnames:
  - httpbin.default
  - httpbin.default.svc
  - httpbin.default.svc.cluster.local
  parentRefs:
  - group: ""
    kind: Service
    name: httpbin
    port: 80
  - name: web
  rules:
"""
BACKEND = """\
    - group: ""
      kind: Service
      name: httpbin-%(index)s
      port: 80
      {{- if gt (index .Weights 1) 0 }}
      weight: {{ index .Weights %(index)s }}
      {{- end }}
      filters:
      - type: ResponseHeaderModifier
        responseHeaderModifier:
          add:
          - name: app-version
            value: httpbin-%(index)s
"""
HTTP_BLUE_GREEN = f"{PARENTS}  - backendRefs:\n{BACKEND % {'index': 0}}{BACKEND % {'index': 1}}"
HTTP_CANARY = f"""{PARENTS}\
  # non-primary versions
  - matches:
    - headers:
      - name: Traffic
        value: test
    backendRefs:
{BACKEND % {"index": 1}}\
  # primary version (default)
  - backendRefs:
{BACKEND % {"index": 0}}"""


def version(name: str, *more: tuple[str, str], **fields: Any) -> Manifest:
    """Return a version in a routemap; its weight's ConfigMap comes first, as in routing-actions."""
    kinds = more or (("cm", f"{name}-weight-config"), ("deploy", name))
    resources = [{"gvrShort": short, "name": each, "namespace": "default"} for short, each in kinds]
    return {"weight": 50, "resources": resources, **fields}


BOTH = (version("httpbin-0"), version("httpbin-1"))


def config_map(
    *versions: Any, template: Any = BLUE_GREEN, templates: Any = None, **metadata: Any
) -> Manifest:
    """Return a routemap of Iter8's."""
    made = {"blue-green": {"gvrShort": "vs", "template": template}} if templates is None else templates
    spec = {"versions": [*(versions or BOTH)], "routingTemplates": made}
    return of_text(yaml.safe_dump(spec), **metadata)


def of_text(text: Any, **metadata: Any) -> Manifest:
    labels = {
        "app.kubernetes.io/managed-by": "iter8",
        "iter8.tools/kind": "routemap",
        "iter8.tools/version": "v0.16",
    }
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "httpbin-routemap", "labels": labels, **metadata},
        "data": {"strSpec": text},
        "immutable": True,
    }


def annotated(**weights: str) -> Given:
    """Return the weights of ConfigMaps beside a routemap, by version with "_" for "-"."""
    places = {name.replace("_", "-"): weight for name, weight in weights.items()}
    return Given({("ConfigMap", "", f"{name}-weight-config"): each for name, each in places.items()})


def migrated(manifest: Manifest, given: Given | None = None, asked: str = "") -> Migrated:
    return migrate(manifest, given or Given(), parse, asked)


def refused(manifest: Manifest, given: Given | None = None) -> tuple[str, ...]:
    """Return why a routemap can't be migrated."""
    try:
        made = migrated(manifest, given)
    except NotMigratedError as error:
        return error.told
    raise AssertionError(f"it was migrated: {made}")


def spec(found: Migrated) -> Any:
    assert found.routemap is not None
    return found.routemap["spec"]


def weights(found: Migrated) -> Any:
    """Return the weights of the override, None without one."""
    if found.override is None:
        return None
    return {each["version"]: each["weight"] for each in found.override["spec"]["weights"]}


def made(kind: str = "VirtualService", metadata: Any = None, **spec: Any) -> str:
    """Return a template that makes an object, hosts included."""
    group = "networking.istio.io/v1" if kind == "VirtualService" else "gateway.networking.k8s.io/v1"
    whole = {"hosts": HOSTS, **spec} if kind == "VirtualService" else spec
    about = {"name": "httpbin"} if metadata is None else metadata
    return yaml.safe_dump({"apiVersion": group, "kind": kind, "metadata": about, "spec": whole})


def to(name: str = "httpbin-0", **fields: Any) -> Manifest:
    return {"destination": {"host": f"{name}.default.svc.cluster.local", **fields}}


def rule(**fields: Any) -> str:
    return made(http=[{"route": [to()], **fields}])

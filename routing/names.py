"""The words that Teal reads and writes in the cluster: API group, labels, annotations, finalizers."""

from __future__ import annotations

import re

GROUP = "iter8.tools"
API_VERSION = f"{GROUP}/v1alpha1"
KEY_PREFIX = f"{GROUP}/"

VIRTUAL_SERVICE, HTTP_ROUTE, GRPC_ROUTE = ROUTERS = ("VirtualService", "HTTPRoute", "GRPCRoute")
"""The kinds of objects that send requests: Istio's, which is the default, and Gateway API's."""
HTTP, TCP, TLS = PROTOCOLS = ("HTTP", "TCP", "TLS")
"""What is split: requests, which is the default; or connections, those of TLS by the name they ask for."""

WATCH = f"{GROUP}/watch"
"""Label: "true" on the Deployments (and Services) that Teal looks after."""
ROUTEMAP = f"{GROUP}/routemap"
"""Label on a router's object: the Routemap that owns it."""
PROTECTED = f"{GROUP}/protected"
"""Annotation on a Deployment that is the only ready version of a Routemap; the value says of which."""
ALLOW_DELETE = f"{GROUP}/allow-delete"
"""Annotation or label, "true": the protected Deployment may go all the same; or WITH_ROUTEMAP."""
WITH_ROUTEMAP = "with-routemap"
"""Value of ALLOW_DELETE: a deletion is taken, and waits for the Routemap's, or for another ready version."""

LEFT = f"{GROUP}/left"
"""Annotation on a router's object whose Routemap has been deleted: since when, and that one's uid."""

PROMOTION = f"{GROUP}/promotion"
"""Annotation on a Routemap: the promotion that `teal promote` has begun, or ended last, or Teal by itself."""
WISH = f"{GROUP}/rollout"
"""Annotation on a Routemap: what a user wants of its rollout, such as "pause"; `stepping.wishes` has them."""
WISHED_BY = f"{GROUP}/rollout-by"
"""Annotation beside WISH: who set that. The webhook writes it, whoever else has."""
BROUGHT_IN = f"{GROUP}/brought-in"
"""Annotation of `teal init`: on a Routemap, a Deployment and a Service the application that they are of, on a
VirtualService what it was before, as JSON."""
VERSION = "app.kubernetes.io/version"
"""Kubernetes' own label: which version of the application an object is of."""

PRE_STOP_SLEEP = f"{GROUP}/pre-stop-sleep"
"""Label on a Deployment: the seconds for which its containers wait before they are stopped."""

MARK = f"{GROUP}/drain"
"""Finalizer on a version's Deployment and Service: it may be receiving requests."""
RELEASE = f"{GROUP}/release"
"""Finalizer on a Routemap: the marks of its versions have to come off before it goes."""

ARGOCD = "argocd.argoproj.io/tracking-id"
"""Annotation that Argo CD puts on what it applies. It deletes nothing that has an owner."""

KNOWN_LABELS = (WATCH, ROUTEMAP, ALLOW_DELETE, PRE_STOP_SLEEP)
KNOWN_ANNOTATIONS = (PROTECTED, ALLOW_DELETE, LEFT, PROMOTION, BROUGHT_IN, WISH, WISHED_BY)

DOMAIN = "cluster.local"
"""The DNS domain of a cluster that has no other (kubelet's `clusterDomain`)."""

VERSION_HEADER = "app-version"
"""Response header that names the version which answered, as in Iter8's tutorial."""

SERVICE_NAME = "at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
"""What `is_service_name` wants, for sentences: "use …"."""

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SERVICE = re.compile(_LABEL)
_HOST = re.compile(rf"(\*\.)?{_LABEL}(\.{_LABEL})*")
_LABEL_LIMIT = 63
_HOST_LIMIT = 253
_GATEWAY_LIMIT = _HOST_LIMIT + len("/") + _HOST_LIMIT


def is_service_name(name: str) -> bool:
    """Tell whether a Service may bear this name: a DNS label (RFC 1123), from Kubernetes 1.36 on (KEP-5311).

    Older API servers want a letter first, and refuse such a Service themselves. Their version is not asked
    for: the webhook has no way to the cluster.
    """
    return len(name) <= _LABEL_LIMIT and _SERVICE.fullmatch(name) is not None


def is_gateway(name: str) -> bool:
    """Tell whether this is `mesh`, `gateway` or `namespace/gateway`, as in a VirtualService."""
    if len(name) > _GATEWAY_LIMIT:
        return False
    parts = name.split("/")
    subdomains = all(_HOST.fullmatch(part) and not part.startswith("*") for part in parts)
    return subdomains and len(parts) <= len(("namespace", "name"))


def is_host(name: str) -> bool:
    """Tell whether this is a DNS name (RFC 1123), of which the first label may be `*`."""
    if len(name) > _HOST_LIMIT or _HOST.fullmatch(name) is None:
        return False
    return all(len(label) <= _LABEL_LIMIT for label in name.removeprefix("*.").split("."))


def default_hosts(name: str, namespace: str, domain: str = DOMAIN) -> tuple[str, ...]:
    """Return the names by which a Service is called from any namespace of its cluster, of this domain."""
    short = f"{name}.{namespace}"
    return short, f"{short}.svc", f"{short}.svc.{domain}"

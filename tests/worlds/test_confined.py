"""Whatever a namespace holds, every request of a pass stays in it, and concerns versions of that Routemap.

The properties of docs/threats.md, tried with generated objects: statuses, hosts, names, labels, annotations,
finalizers, owner references, as far as an API server takes them.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kube.errors import ClusterError, NotFoundError
from reconciler.passes.carry_out import Writer
from reconciler.passes.deletion_deadline import DeletionDeadline
from reconciler.passes.event_recorder import EventRecorder
from reconciler.passes.locks import VersionLocks
from reconciler.passes.observe import Observer
from reconciler.passes.parallel import Parallel
from reconciler.passes.reconcile import Policy, Reconciler
from reconciler.watching.kinds import KINDS
from reconciler.watching.mentions import Mentions, RoutemapKey
from reconciler.watching.store import Store
from reconciler.watching.stores import Stores
from routing import names, patches
from routing.kinds import DEPLOYMENTS, ROUTEMAPS, SERVICES, VIRTUAL_SERVICES, WEIGHT_OVERRIDES
from routing.routes import virtualservice

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from routing.kinds import Resource
    from routing.model import Routemap

HERE, NAME = "tenant", "shop"
KEY = RoutemapKey(HERE, NAME)
MOST = max(100, settings().max_examples)
WRITTEN = (DEPLOYMENTS, SERVICES, ROUTEMAPS, VIRTUAL_SERVICES, WEIGHT_OVERRIDES)
GOOD_PATH = re.compile(
    rf"/(api|apis)/[a-z0-9./-]+/namespaces/{HERE}/[a-z]+/[a-z0-9]([-a-z0-9]*[a-z0-9])?(/status)?"
)


class Tenants:
    """An API server that takes every write of what it holds, and notes where each request goes.

    Whatever is read one by one is not there.
    """

    def __init__(self, namespace: Mapping[str, Sequence[Mapping[str, Any]]]) -> None:
        self._held = {
            (plural, manifest["metadata"]["name"]): manifest
            for plural, manifests in namespace.items()
            for manifest in manifests
        }
        self._versions = itertools.count(10)
        self.paths: list[str] = []
        self.asked: set[tuple[str, str]] = set()

    def get(self, resource: Resource, namespace: str, name: str) -> dict[str, Any]:
        self._note(resource, namespace, name)
        raise NotFoundError("nothing here", 404)

    def patch(
        self, resource: Resource, namespace: str, name: str, operations: Sequence[Mapping[str, Any]]
    ) -> dict[str, Any]:
        assert operations
        self._note(resource, namespace, name)
        if (resource.plural, name) not in self._held:
            raise NotFoundError("gone", 404)
        after = patches.patched(self._held[resource.plural, name], [*map(dict, operations)])
        after["metadata"]["resourceVersion"] = str(next(self._versions))
        self._held[resource.plural, name] = after
        return after

    def apply(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        self._note(resource, manifest["metadata"]["namespace"], manifest["metadata"]["name"])
        return {**manifest, "metadata": {**manifest["metadata"], "resourceVersion": "9", "uid": "made"}}

    def merge(
        self, resource: Resource, namespace: str, name: str, body: Mapping[str, Any], subresource: str
    ) -> dict[str, Any]:
        assert body
        self._note(resource, namespace, name, subresource)
        raise NotFoundError("gone", 404)

    def create(self, resource: Resource, manifest: Mapping[str, Any]) -> dict[str, Any]:
        assert manifest["metadata"]["namespace"] == HERE
        return {**manifest, "kind": resource.kind}

    def _note(self, resource: Resource, namespace: str, name: str, subresource: str = "") -> None:
        self.paths.append(resource.path(namespace, name, subresource))
        self.asked.add((resource.kind, name))


WILD = st.sampled_from(
    [
        "shop-0",
        "shop-1",
        "shop-00",
        "?watch=true&x=",
        "../../victim/services/a",
        "a%2fb",
        "a\nb",
        "",
        ".",
        "a#b",
    ]
) | st.text(max_size=8)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | WILD,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(WILD, inner, max_size=3),
    max_leaves=8,
)
TIME = st.sampled_from(["2026-01-01T00:00:00Z", "9998-12-31T23:59:59Z", "soon", "2026-01-01"]) | JSON
STATUS = JSON | st.fixed_dictionaries(
    {},
    optional={
        "versions": st.lists(
            st.fixed_dictionaries({"name": WILD}, optional={"state": WILD | JSON, "drainingUntil": TIME}),
            max_size=4,
        ),
        "conditions": st.lists(st.fixed_dictionaries({"type": WILD, "status": WILD}), max_size=2) | JSON,
        "split": WILD,
    },
)
SPEC = JSON | st.fixed_dictionaries(
    {"versions": st.lists(st.fixed_dictionaries({"name": WILD}, optional={"weight": JSON}), max_size=3)},
    optional={"hosts": JSON, "gateways": JSON, "port": JSON, "drainSeconds": JSON},
)
HOST = WILD | st.sampled_from(
    ["shop-0.tenant.svc.cluster.local", "web.victim.svc.cluster.local", "shop-0.victim"]
)
ROUTE = JSON | st.fixed_dictionaries(
    {
        "http": st.lists(
            st.fixed_dictionaries(
                {
                    "route": st.lists(
                        st.fixed_dictionaries({"destination": st.fixed_dictionaries({"host": HOST})})
                    )
                },
                optional={"match": JSON, "mirror": JSON},
            ),
            max_size=2,
        )
    }
)
FINALIZERS = st.lists(st.sampled_from([names.MARK, names.RELEASE, "other/finalizer"]), unique=True)


@st.composite
def objects(draw: st.DrawFn, /, name: str, resource: str, **parts: Any) -> dict[str, Any]:
    metadata: dict[str, Any] = {"namespace": HERE, "name": name, "uid": f"{resource}-{name}"}
    metadata["resourceVersion"] = "1"
    metadata["finalizers"] = draw(FINALIZERS)
    metadata["labels"] = {names.WATCH: "true", names.ROUTEMAP: draw(st.sampled_from([NAME, "other"]))}
    if draw(st.booleans()):
        metadata["annotations"] = {names.PROTECTED: draw(WILD), names.ALLOW_DELETE: draw(WILD)}
    if draw(st.integers(0, 4)) == 0:
        metadata["deletionTimestamp"] = "2026-01-01T00:00:00Z"
    if draw(st.integers(0, 4)) == 0:
        metadata["ownerReferences"] = [{"uid": draw(st.sampled_from(["x", f"routemaps-{NAME}"]))}]
    return {"metadata": metadata, **{key: draw(part) for key, part in parts.items()}}


NAMESPACE = st.fixed_dictionaries(
    {
        "routemaps": st.tuples(objects(NAME, "routemaps", spec=SPEC, status=STATUS)),
        "weightoverrides": st.tuples() | st.tuples(objects(NAME, "weightoverrides", spec=JSON)),
        "deployments": st.tuples(
            objects("shop-0", "deployments", spec=JSON, status=JSON),
            objects("stranger", "deployments", spec=JSON),
        ),
        "services": st.tuples(objects("shop-0", "services", spec=JSON)),
        "endpointslices": st.tuples(objects("shop-0-x", "endpointslices", endpoints=JSON)),
        "virtualservices": st.tuples() | st.tuples(objects(NAME, "virtualservices", spec=ROUTE)),
    }
)


def passes(namespace: Mapping[str, Sequence[Mapping[str, Any]]], times: int = 3) -> Tenants:
    """Run some passes over the Routemap of a namespace, as time goes on; return what was asked for."""
    tenants, mentions = Tenants(namespace), Mentions()
    stores = Stores(*(Store(kind, lambda _: None) for kind in KINDS))
    for store in stores.every():
        for manifest in namespace.get(store.kind.resource.plural, ()):
            store.handle("ADDED", manifest)
    clock = iter(1_800_000_000.0 + 400.0 * number for number in range(1000))
    with ThreadPoolExecutor(2) as parallel:
        writer = Writer(tenants, stores, Parallel(parallel), EventRecorder(tenants, _unstarted))
        observer = Observer(stores, mentions, tenants)
        policy = Policy(clock=lambda: next(clock))
        reconciler = Reconciler(observer, writer, DeletionDeadline(), policy, VersionLocks())
        for _ in range(times):
            try:
                again = reconciler.reconcile(KEY)
            except ClusterError:
                continue
            assert again is None or -1e4 < again < 1e4
    return tenants


def _unstarted(target: Callable[[], None], name: str) -> threading.Thread:
    return threading.Thread(target=target, name=name)


def confined(namespace: Mapping[str, Sequence[Mapping[str, Any]]]) -> int:
    """Run passes, and return how many requests they have sent, none of which leads elsewhere."""
    tenants = passes(namespace)
    for path in tenants.paths:
        assert GOOD_PATH.fullmatch(path), path
    assert ("Deployment", "stranger") not in tenants.asked
    return len(tenants.paths)


@pytest.fixture(scope="module")
def tried() -> Iterator[Counter[str]]:
    """What has been tried, told at the end."""
    counts: Counter[str] = Counter()
    yield counts
    print(f"{counts['namespaces']} namespaces, {counts['requests']} requests for them")


@settings(max_examples=MOST, deadline=None, suppress_health_check=list(HealthCheck))
@given(namespace=NAMESPACE)
def test_no_request_of_a_pass_leaves_the_namespace_or_its_versions(
    tried: Counter[str], namespace: Mapping[str, Sequence[Mapping[str, Any]]]
) -> None:
    tried["requests"] += confined(namespace)
    tried["namespaces"] += 1


def _elsewhere(_: object, routemap: Routemap, exposures: object) -> dict[str, Any]:
    """Render the object where the Routemap's first host lives."""
    assert exposures
    namespace = [*routemap.hosts[0].split("."), "victim"][1]
    return {"metadata": {"namespace": namespace, "name": routemap.name}, "spec": {}}


HOLES: dict[str, Callable[[pytest.MonkeyPatch], None]] = {
    "any name is one": lambda patch: patch.setattr(names, "is_service_name", lambda _: True),
    "hosts of any namespace are ours": lambda patch: patch.setattr(
        virtualservice, "_version", lambda host, _: str(host).split(".")[0]
    ),
    "routes go where hosts live": lambda patch: patch.setattr(
        virtualservice.VirtualServiceRouter, "render", _elsewhere
    ),
}
SERVED: dict[str, Sequence[dict[str, Any]]] = {
    "routemaps": [
        {
            "metadata": {
                "namespace": HERE,
                "name": NAME,
                "uid": "u",
                "resourceVersion": "1",
                "finalizers": [names.RELEASE],
            },
            "spec": {"versions": [{"name": "shop-0", "weight": 1}], "hosts": ["web.example.com"]},
            "status": {"versions": [{"name": "?watch=true&x=", "state": "ready"}]},
        }
    ],
    "weightoverrides": [],
    "deployments": [
        {
            "metadata": {
                "namespace": HERE,
                "name": "shop-0",
                "uid": "d",
                "resourceVersion": "1",
                "labels": {names.WATCH: "true"},
            },
            "status": {"conditions": [{"type": "Available", "status": "True"}]},
        }
    ],
    "services": [{"metadata": {"namespace": HERE, "name": "shop-0", "uid": "s", "resourceVersion": "1"}}],
    "endpointslices": [
        {
            "metadata": {
                "namespace": HERE,
                "name": "shop-0",
                "resourceVersion": "1",
                "labels": {"kubernetes.io/service-name": "shop-0"},
            },
            "endpoints": [{"addresses": ["10.0.0.1"]}],
        }
    ],
    "virtualservices": [
        {
            "metadata": {
                "namespace": HERE,
                "name": NAME,
                "uid": "v",
                "resourceVersion": "1",
                "labels": {names.ROUTEMAP: NAME},
            },
            "spec": {"http": [{"route": [{"destination": {"host": "?x=.victim"}, "weight": 100}]}]},
        }
    ],
}
"""A namespace in which each of the holes shows."""


def test_an_application_is_served_within_its_namespace() -> None:
    confined(SERVED)
    assert ("VirtualService", NAME) in passes(SERVED).asked


@pytest.mark.parametrize("hole", HOLES)
def test_a_seeded_hole_is_found(hole: str, monkeypatch: pytest.MonkeyPatch) -> None:
    HOLES[hole](monkeypatch)
    with pytest.raises((AssertionError, ValueError, KeyError)):
        confined(SERVED)

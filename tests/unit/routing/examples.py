"""An example of every refusal and of every warning, and what stands right beside them and is fine.

`docs/rules.md` shows what they answer. They are tried on the rule book, over HTTPS and with kubectl.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from routing.reading.defaults import defaulted
from routing.rules.review import Review
from tests.unit.routing import (
    affinity_examples,
    protocol_examples,
    rollout_examples,
    setting_examples,
)
from tests.unit.routing.manifests import (
    LONGEST_NAME,
    Manifest,
    changed,
    deployment,
    marked,
    routemap,
    service,
    virtual_service,
    weight_override,
    with_key,
    without,
)


@dataclass(frozen=True)
class Example:
    """A review, its name (for a test's id), and the lines that answer it: `path: detail`, or warnings."""

    name: str
    review: Review
    answers: tuple[str, ...] = ()
    reasons: tuple[str, ...] = field(default=())


def create(name: str, manifest: Manifest, *answers: tuple[str, str]) -> Example:
    """Return an example of a CREATE that is refused with these reasons and lines."""
    return Example(
        name,
        Review("CREATE", manifest),
        tuple(line for _, line in answers),
        tuple(reason for reason, _ in answers),
    )


BY_HTTP_ROUTE = routemap(router="HTTPRoute", port=80)


def canary_by_http_route(*match: Manifest) -> Manifest:
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "match": [*match]}]
    return routemap(strategy="canary", router="HTTPRoute", port=80, versions=versions)


def by_grpc_route(*match: Manifest, **spec: Any) -> Manifest:
    versions = [{"name": "httpbin-0"}, {"name": "httpbin-1", "match": [*match]}]
    asked = {"strategy": "canary", "router": "GRPCRoute", "port": 80, "versions": versions}
    return routemap(**(asked | spec))


def warned(name: str, review: Review, *answers: str) -> Example:
    return Example(name, review, answers)


PROTECTED = with_key(
    deployment("httpbin-0"),
    "annotations",
    "iter8.tools/protected",
    "the only ready version of Routemap httpbin",
)
PROTECTED_SERVICE = with_key(
    service("httpbin-0"), "annotations", "iter8.tools/protected", "the only ready version of Routemap httpbin"
)
MARKED = marked(deployment())
SERVING = MARKED | {"status": {"readyReplicas": 1}}
SERVICE_NAME = "use at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
GIVE = (
    "strategy, router, protocol, versions, port, hosts, gateways, delegate, timeout, retries, headers, "
    "rewrite, cors, fault, routes, affinity, settleSeconds, drainSeconds, rollout"
)
ROUTEMAP_FIELDS = (
    "affinity, cors, delegate, drainSeconds, fault, gateways, headers, hosts, port, protocol, retries, "
    "rewrite, rollout, router, routes, settleSeconds, strategy, timeout, versions"
)


def versions(*names: Any) -> Manifest:
    return routemap(versions=[{"name": name} for name in names])


def canary(*matches: Any, primary: Any = None) -> Manifest:
    """Return a Routemap with strategy canary, and a candidate with each match."""
    told = [{"name": f"httpbin-{index}", "match": match} for index, match in enumerate((primary, *matches))]
    listed = [{key: value for key, value in item.items() if value is not None} for item in told]
    return routemap(strategy="canary", versions=listed)


SERVED = versions("httpbin-0", "httpbin-1") | {
    "status": {
        "override": "httpbin-0=20 httpbin-1=80",
        "versions": [{"name": "httpbin-0", "state": "ready"}, {"name": "httpbin-1", "state": "starting"}],
    }
}
BOTH_SERVED = SERVED | {
    "status": {"versions": [{"name": name, "state": "ready"} for name in ("httpbin-0", "httpbin-1")]}
}


REFUSED = (
    create(
        "mistyped watch label",
        with_key(deployment(), "labels", "iter8.tools/wacth"),
        (
            "UnknownKey",
            "metadata.labels[iter8.tools/wacth]: Teal knows no such key; did you mean iter8.tools/watch?",
        ),
    ),
    create(
        "annotation unlike any known one",
        with_key(deployment(), "annotations", "iter8.tools/owner", "me"),
        (
            "UnknownKey",
            (
                "metadata.annotations[iter8.tools/owner]: Teal knows no such key; known are "
                "iter8.tools/allow-delete, iter8.tools/brought-in, iter8.tools/left, "
                "iter8.tools/pre-stop-sleep, iter8.tools/promotion, iter8.tools/protected, "
                "iter8.tools/rollout, iter8.tools/rollout-by, iter8.tools/routemap, iter8.tools/watch"
            ),
        ),
    ),
    create(
        "Iter8's weight",
        with_key(deployment(), "annotations", "iter8.tools/weight", "20"),
        (
            "UnknownKey",
            (
                "metadata.annotations[iter8.tools/weight]: Teal takes weights from a Routemap "
                "(spec.versions[].weight) or a WeightOverride; set it there"
            ),
        ),
    ),
    create(
        "Iter8's kind",
        with_key(routemap(), "labels", "iter8.tools/kind", "routemap"),
        (
            "UnknownKey",
            (
                "metadata.labels[iter8.tools/kind]: this is Iter8's; "
                "Teal's routing config is an object of kind Routemap"
            ),
        ),
    ),
    create(
        "watch as an annotation",
        with_key(deployment(), "annotations", "iter8.tools/watch"),
        (
            "MisplacedKey",
            "metadata.annotations[iter8.tools/watch]: iter8.tools/watch has to be a label; move it",
        ),
    ),
    create(
        "pause that is no number",
        with_key(deployment(), "labels", "iter8.tools/pre-stop-sleep", "5s"),
        (
            "PreStopSleep",
            (
                'metadata.labels[iter8.tools/pre-stop-sleep]: "5s" is no number of seconds that fits into '
                'the pods\' terminationGracePeriodSeconds (30); use "0" to "29"'
            ),
        ),
    ),
    create(
        "pause longer than the pods live",
        with_key(deployment(), "labels", "iter8.tools/pre-stop-sleep", "30"),
        (
            "PreStopSleep",
            (
                'metadata.labels[iter8.tools/pre-stop-sleep]: "30" is no number of seconds that fits into '
                'the pods\' terminationGracePeriodSeconds (30); use "0" to "29"'
            ),
        ),
    ),
    Example(
        "foreground deletion",
        Review("DELETE", None, MARKED, {"propagationPolicy": "Foreground"}),
        (
            (
                "metadata.name: deleting httpbin-1 in the foreground takes its pods at once, while they may "
                "still get requests. Use --cascade=background (Argo CD: PrunePropagationPolicy=background), "
                "or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("Foreground",),
    ),
    Example(
        "version with traffic scaled to zero",
        Review("UPDATE", changed(SERVING, "spec.replicas", 0), SERVING),
        (
            (
                "spec.replicas: httpbin-1 may be getting requests, and scaling it to 0 takes its pods at "
                "once. Give it weight 0 first, or delete it, which drains it, or annotate with "
                "iter8.tools/allow-delete=true"
            ),
        ),
        ("Stopped",),
    ),
    create(
        "protected as a label",
        with_key(deployment(), "labels", "iter8.tools/protected"),
        (
            "MisplacedKey",
            "metadata.labels[iter8.tools/protected]: iter8.tools/protected has to be an annotation; move it",
        ),
    ),
    create(
        "watch label yes",
        with_key(deployment(), "labels", "iter8.tools/watch", "yes"),
        (
            "WatchValue",
            (
                'metadata.labels[iter8.tools/watch]: "yes" is neither "true" nor "false"; '
                'use "true" to let Teal watch this Deployment'
            ),
        ),
    ),
    create(
        "watched Deployment with a dot in its name",
        deployment("httpbin.1"),
        (
            "ServiceName",
            "metadata.name: \"httpbin.1\" can't be the name of this version's Service, too; " + SERVICE_NAME,
        ),
    ),
    Example(
        "deleting the only ready version",
        Review("DELETE", None, PROTECTED),
        (
            (
                "metadata.name: httpbin-0 is the only ready version of Routemap httpbin, "
                "so deleting it would fail every request. Make another version ready first, "
                "delete the Routemap, or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("Protected",),
    ),
    Example(
        "scaling the only ready version to zero",
        Review("UPDATE", changed(PROTECTED, "spec.replicas", 0), PROTECTED),
        (
            (
                "spec.replicas: httpbin-0 is the only ready version of Routemap httpbin, "
                "so scaling it to 0 would fail every request. Make another version ready first, "
                "delete the Routemap, or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("Protected",),
    ),
    Example(
        "scaling to zero what goes with its Routemap",
        Review(
            "UPDATE",
            changed(PROTECTED, "spec.replicas", 0),
            with_key(PROTECTED, "annotations", "iter8.tools/allow-delete", "with-routemap"),
        ),
        (
            (
                "spec.replicas: httpbin-0 is the only ready version of Routemap httpbin, "
                "so scaling it to 0 would fail every request. Make another version ready first, "
                "delete the Routemap, or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("Protected",),
    ),
    Example(
        "deletion of the only ready version's Service",
        Review("DELETE", None, PROTECTED_SERVICE),
        (
            (
                "metadata.name: httpbin-0 is the only ready version of Routemap httpbin, "
                "so deleting it would fail every request. Make another version ready first, "
                "delete the Routemap, or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("Protected",),
    ),
    Example(
        "deletion of a Service in the foreground",
        Review("DELETE", None, marked(service()), options={"propagationPolicy": "Foreground"}),
        (
            (
                "metadata.name: deleting httpbin-1 in the foreground takes its pods at once, while they may "
                "still get requests. Use --cascade=background (Argo CD: PrunePropagationPolicy=background), "
                "or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("Foreground",),
    ),
    create(
        "watch label of a Service that is neither",
        with_key(service(), "labels", "iter8.tools/watch", "yes"),
        (
            "WatchValue",
            (
                'metadata.labels[iter8.tools/watch]: "yes" is neither "true" nor "false"; '
                'use "true" to let Teal watch this Service'
            ),
        ),
    ),
    create(
        "a router that there is not",
        routemap(router="Ingress"),
        (
            "UnknownRouter",
            'spec.router: "Ingress" is not a router; use VirtualService, HTTPRoute or GRPCRoute',
        ),
    ),
    create(
        "settings that an HTTPRoute can't do",
        routemap(
            router="HTTPRoute",
            port=80,
            delegate=True,
            rewrite={"uri": "/v2"},
            routes=[{"name": "status", "match": [{"uri": {"prefix": "/status"}}], "timeout": "2s"}],
        ),
        *(
            (
                "NotForRouter",
                f"spec.{key}: router HTTPRoute does not do this; take it off, or use router VirtualService",
            )
            for key in ("rewrite", "routes", "delegate")
        ),
    ),
    create(
        "what an HTTPRoute can't do",
        routemap(router="HTTPRoute", gateways=["a.b/web", "mesh"], hosts=["www.shop.example.org"]),
        (
            "NotForRouter",
            (
                "spec.port: missing; an HTTPRoute names the port of each Service: give it, such as 80, "
                "or use router VirtualService"
            ),
        ),
        (
            "InvalidName",
            (
                "spec.gateways[0]: \"a.b\" is not a namespace; use at most 63 of a-z, 0-9 and '-', "
                "beginning and ending with a letter or digit"
            ),
        ),
        (
            "NotForRouter",
            (
                "spec.hosts: none of these is a Service of the Routemap's namespace, by which an HTTPRoute "
                'takes requests in the mesh; add one, such as "httpbin.default", take mesh off '
                "spec.gateways, or use router VirtualService"
            ),
        ),
    ),
    create(
        "matches that an HTTPRoute can't say",
        canary_by_http_route(
            {
                "uri": {"prefix": "/a//b"},
                "queryParams": {"a:b": {"exact": "c"}, "long": {"prefix": "." * 600}},
            },
            {"uri": {"exact": "/a b"}},
            {"uri": {"regex": "/a/[0-9]+"}},
        ),
        (
            "NotForRouter",
            (
                'spec.versions[1].match[0].uri.prefix: an HTTPRoute takes no path like "/a//b"; use letters, '
                "digits and -._~!$&'()*+,;=:@, others as %XX, without //, /./, /../ and %2F, or use router "
                "VirtualService"
            ),
        ),
        (
            "NotForRouter",
            (
                'spec.versions[1].match[0].queryParams[a:b]: an HTTPRoute takes no parameter like "a:b"; use '
                "letters, digits and !#$%&'*+-.^_`|~, or use router VirtualService"
            ),
        ),
        (
            "NotForRouter",
            (
                f'spec.versions[1].match[0].queryParams[long].prefix: "{"." * 58}… is too long: an HTTPRoute '
                "compares with an expression of at most 1024 characters; use a shorter one, or use router "
                "VirtualService"
            ),
        ),
        (
            "NotForRouter",
            (
                'spec.versions[1].match[1].uri.exact: an HTTPRoute takes no path like "/a b"; use letters, '
                "digits and -._~!$&'()*+,;=:@, others as %XX, without //, /./, /../ and %2F, or use router "
                "VirtualService"
            ),
        ),
        (
            "NotForRouter",
            (
                "spec.versions[1].match[2].uri.regex: Istio tries every path prefix of an HTTPRoute before a "
                "regular expression, / for all requests, too, so nothing would come here; use exact or "
                "prefix, or use router VirtualService"
            ),
        ),
    ),
    create(
        "what a GRPCRoute can't do",
        by_grpc_route(
            {"uri": {"exact": "/shop.Cart"}, "queryParams": {"a": {"exact": "b"}}},
            {"uri": {"regex": "/shop[.].*"}, "method": {"exact": "POST"}},
            port=None,
            timeout="2s",
            affinity={"cookie": "shop-version"},
            retries={"attempts": 2},
            gateways=["mesh"],
            hosts=["www.shop.example.org"],
        ),
        (
            "NotForRouter",
            (
                "spec.port: missing; a GRPCRoute names the port of each Service: give it, such as 80, or use "
                "router VirtualService"
            ),
        ),
        (
            "NotForRouter",
            "spec.retries: router GRPCRoute does not do this; take it off, or use router VirtualService",
        ),
        (
            "NotForRouter",
            (
                "spec.hosts: none of these is a Service of the Routemap's namespace, by which a GRPCRoute "
                'takes requests in the mesh; add one, such as "httpbin.default", take mesh off '
                "spec.gateways, or use router VirtualService"
            ),
        ),
        *(
            (
                "NotForRouter",
                f"spec.{key}: router GRPCRoute does not do this; take it off, or use router HTTPRoute",
            )
            for key in ("timeout", "affinity")
        ),
        (
            "NotForRouter",
            (
                'spec.versions[1].match[0].uri.exact: "/shop.Cart" is for no call of gRPC; use exact: '
                "/package.Service/Method, or prefix: /package.Service/, or use router HTTPRoute"
            ),
        ),
        (
            "NotForRouter",
            (
                "spec.versions[1].match[0].queryParams: calls of gRPC do not differ by this; take it off, or "
                "use router HTTPRoute"
            ),
        ),
        (
            "NotForRouter",
            (
                'spec.versions[1].match[1].uri.regex: "/shop[.].*" is for no call of gRPC; use exact: '
                "/package.Service/Method, or prefix: /package.Service/, or use router HTTPRoute"
            ),
        ),
        (
            "NotForRouter",
            (
                "spec.versions[1].match[1].method: calls of gRPC do not differ by this; take it off, or use "
                "router HTTPRoute"
            ),
        ),
    ),
    Example(
        "another router under way",
        Review("UPDATE", BY_HTTP_ROUTE, routemap() | {"status": {"split": "httpbin-0=100"}}),
        (
            (
                "spec.router: requests go by router VirtualService, and to change it to HTTPRoute under way "
                "would lose some; keep VirtualService, or have the Routemap deleted and made anew (kubectl "
                "replace --force --filename=...): the old route stays until the new one is taken"
            ),
        ),
        ("RouterChanged",),
    ),
    Example(
        "the only ready version taken off the list",
        Review("UPDATE", versions("httpbin-00"), SERVED),
        (
            (
                "spec.versions: none of these is known to be ready, and httpbin-0, which answers requests, "
                "is taken off. List httpbin-0 beside them until one is ready, "
                "or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("ReadyVersionDropped",),
    ),
    Example(
        "both ready versions taken off the list",
        Review("UPDATE", versions("httpbin-00"), BOTH_SERVED),
        (
            (
                "spec.versions: none of these is known to be ready, and httpbin-0 and httpbin-1, which "
                "answer requests, are taken off. List httpbin-0 beside them until one is ready, "
                "or annotate with iter8.tools/allow-delete=true"
            ),
        ),
        ("ReadyVersionDropped",),
    ),
    create(
        "name that no Service may bear",
        changed(routemap(), "metadata.name", "Httpbin"),
        ("InvalidName", 'metadata.name: "Httpbin" is not a Service\'s name; ' + SERVICE_NAME),
    ),
    create(
        "no name",
        changed(routemap(), "metadata", {}),
        ("Missing", "metadata.name: missing; " + SERVICE_NAME),
    ),
    create(
        "no spec",
        without(routemap(), "spec"),
        (
            "Missing",
            f"spec: missing; give {GIVE}",
        ),
    ),
    create(
        "spec of text",
        changed(routemap(), "spec", "httpbin-0"),
        (
            "NotAnObject",
            (f'spec: "httpbin-0" is not an object; give {GIVE}'),
        ),
    ),
    create(
        "mistyped field",
        routemap(drainseconds=20),
        ("UnknownField", "spec.drainseconds: no such field; did you mean drainSeconds?"),
    ),
    create(
        "field unlike any known one",
        routemap(canary=True),
        ("UnknownField", f"spec.canary: no such field; known are {ROUTEMAP_FIELDS}"),
    ),
    create(
        "match in a blue-green rollout",
        routemap(versions=[{"name": "httpbin-0", "match": []}]),
        (
            "NotForStrategy",
            (
                "spec.versions[0].match: strategy blue-green sends nothing by match; take it off, "
                "or use strategy canary"
            ),
        ),
    ),
    create(
        "match of the primary",
        canary(None, primary=[{"uri": {"prefix": "/"}}]),
        (
            "PrimaryMatch",
            "spec.versions[0].match: the primary gets what no candidate matches; take it off",
        ),
    ),
    create(
        "match of nothing",
        canary([{}]),
        (
            "Empty",
            (
                "spec.versions[1].match[0]: nothing is asked for, so every request would match; "
                "give headers, method, queryParams, uri"
            ),
        ),
    ),
    create(
        "regular expression that proxies refuse",
        canary([{"headers": {"user-agent": {"regex": "a(?=b)"}}}]),
        (
            "Regex",
            (
                'spec.versions[1].match[0].headers[user-agent].regex: "a(?=b)" is not taken (no lookaround '
                "is taken, at 1): a proxy that refuses it would refuse all its routes; use exact or prefix, "
                "or what https://github.com/google/re2/wiki/Syntax allows"
            ),
        ),
    ),
    create(
        "header that is none, and one in capitals",
        canary([{"headers": {"Host": {"exact": "a"}, "X-Team": {"exact": "a"}, "a b": {"exact": "a"}}}]),
        (
            "ReservedHeader",
            "spec.versions[1].match[0].headers[Host]: proxies have no such header; use spec.hosts",
        ),
        (
            "InvalidName",
            (
                'spec.versions[1].match[0].headers[X-Team]: "X-Team" is not a header\'s name in lower case; '
                "use x-team"
            ),
        ),
        (
            "InvalidName",
            (
                'spec.versions[1].match[0].headers[a b]: "a b" is not a header\'s name in lower case; '
                "use letters, digits and '-'"
            ),
        ),
    ),
    create(
        "two conditions on a text, and none",
        canary([{"uri": {"exact": "/a", "prefix": "/b"}}, {"queryParams": {"a": {}}}]),
        (
            "Ambiguous",
            (
                'spec.versions[1].match[0].uri: {"exact": "/a", "prefix": "/b"} has 2 conditions; '
                "give one of exact, prefix, regex"
            ),
        ),
        (
            "Ambiguous",
            (
                "spec.versions[1].match[1].queryParams[a]: {} has 0 conditions; "
                "give one of exact, prefix, regex"
            ),
        ),
    ),
    create(
        "what is no path, no method, no text, no parameter",
        canary(
            [
                {"uri": {"prefix": "a"}, "method": {"exact": "get"}},
                {"queryParams": {"": {"exact": ""}}},
                {"headers": []},
            ]
        ),
        (
            "NotAPath",
            'spec.versions[1].match[0].uri.prefix: "a" does not begin with /; every path does',
        ),
        (
            "InvalidName",
            (
                'spec.versions[1].match[0].method.exact: "get" is not a method; '
                "use GET, HEAD, POST, PUT, DELETE, CONNECT, OPTIONS, TRACE, PATCH"
            ),
        ),
        (
            "InvalidName",
            (
                'spec.versions[1].match[1].queryParams[]: "" is not a parameter\'s name; '
                "use 1 to 256 printed characters"
            ),
        ),
        (
            "NotAText",
            (
                'spec.versions[1].match[1].queryParams[].exact: "" is not a text of 1 to 1024 printed '
                "characters; use one"
            ),
        ),
        (
            "NotAnObject",
            (
                "spec.versions[1].match[2].headers: [] names nothing; give a condition by name, "
                "or leave it out"
            ),
        ),
    ),
    create(
        "texts in place of conditions",
        canary(["a", {"method": "GET"}, {"uri": "/"}]),
        (
            "NotAnObject",
            'spec.versions[1].match[0]: "a" is not an object; give headers, method, queryParams, uri',
        ),
        ("NotAnObject", 'spec.versions[1].match[1].method: "GET" is not an object; give exact'),
        ("NotAnObject", 'spec.versions[1].match[2].uri: "/" is not an object; give exact, prefix, regex'),
    ),
    create(
        "more headers than are taken",
        canary([{"headers": {f"x-{number}": {"exact": "a"} for number in range(17)}}]),
        ("TooMany", "spec.versions[1].match[0].headers: 17 are listed; list at most 16"),
    ),
    create(
        "match that another takes before it",
        canary([{"uri": {"prefix": "/a"}}], [{"uri": {"exact": "/ab"}}]),
        (
            "Shadowed",
            (
                'spec.versions[2].match[0]: all that it matches goes to "httpbin-1" by '
                "spec.versions[1].match[0] before; make it narrower, or list it first"
            ),
        ),
    ),
    create(
        "more than every request is copied",
        changed(routemap(strategy="mirror"), "spec.versions.1.weight", 150),
        (
            "OutOfRange",
            (
                "spec.versions[1].weight: 150 is out of range; with strategy mirror it is a percentage, "
                "use 0 to 100"
            ),
        ),
    ),
    create(
        "timeout without a unit",
        routemap(timeout="2"),
        (
            "InvalidName",
            (
                'spec.timeout: "2" is not a duration; use hours, minutes, seconds and milliseconds, '
                'such as "1m30s" or "500ms"'
            ),
        ),
    ),
    create(
        "timeout of nothing",
        routemap(timeout="0s"),
        (
            "InvalidName",
            (
                'spec.timeout: "0s" is not a duration; use hours, minutes, seconds and milliseconds, '
                'such as "1m30s" or "500ms"'
            ),
        ),
    ),
    *(
        create(name, routemap(**spec), *((reason, f"spec.{line}") for reason, line in answers))
        for name, spec, answers in (
            *setting_examples.REFUSED,
            *affinity_examples.REFUSED,
            *rollout_examples.REFUSED,
            *protocol_examples.REFUSED,
        )
    ),
    create(
        "more than can be stored",
        routemap(**setting_examples.large(44)),
        (
            "TooLarge",
            (
                "spec: its VirtualService would have 401149 characters of matches and settings, at most "
                "400000 can be stored; use fewer or shorter ones"
            ),
        ),
    ),
    create(
        "unknown wish",
        with_key(routemap(), "annotations", "iter8.tools/rollout", "promote now"),
        (
            "UnknownWish",
            (
                'metadata.annotations[iter8.tools/rollout]: "promote now" begins with no wish; there are '
                "pause, resume, skip, abort and retry. What follows makes it another one"
            ),
        ),
    ),
    create(
        "wish that says too much",
        with_key(routemap(), "annotations", "iter8.tools/rollout", "pause " + "a" * 123),
        (
            "TooLong",
            "metadata.annotations[iter8.tools/rollout]: 129 characters are too many; use 128 at most",
        ),
    ),
    create(
        "unknown strategy",
        routemap(strategy="bluegreen"),
        ("UnknownStrategy", 'spec.strategy: "bluegreen" is not a strategy; use blue-green, canary, mirror'),
    ),
    create(
        "no versions",
        without(routemap(), "spec.versions"),
        ("Missing", "spec.versions: missing; list 1 to 8"),
    ),
    create("empty versions", versions(), ("Empty", "spec.versions: nothing is listed; list 1 to 8")),
    create(
        "versions of text",
        routemap(versions="httpbin-0"),
        ("NotAList", 'spec.versions: "httpbin-0" is not a list; list 1 to 8'),
    ),
    create(
        "nine versions",
        versions(*(f"httpbin-{index}" for index in range(9))),
        ("TooMany", "spec.versions: 9 are listed; list at most 8"),
    ),
    create(
        "version listed twice",
        versions("httpbin-0", "httpbin-0"),
        ("Duplicate", 'spec.versions: "httpbin-0" is listed twice; list each version once'),
    ),
    create(
        "version of text",
        routemap(versions=["httpbin-0"]),
        ("NotAnObject", 'spec.versions[0]: "httpbin-0" is not an object; give name, weight, match'),
    ),
    create(
        "version without name",
        routemap(versions=[{"weight": 50}]),
        ("Missing", "spec.versions[0].name: missing; " + SERVICE_NAME),
    ),
    create(
        "version with an underscore",
        versions("httpbin_0"),
        ("InvalidName", 'spec.versions[0].name: "httpbin_0" is not a Service\'s name; ' + SERVICE_NAME),
    ),
    create(
        "weight of text",
        changed(routemap(), "spec.versions.1.weight", "50"),
        (
            "NotAnInteger",
            'spec.versions[1].weight: "50" is not an integer; use an integer from 0 to 1000000',
        ),
    ),
    create(
        "weight below 0",
        changed(routemap(), "spec.versions.1.weight", -1),
        (
            "OutOfRange",
            "spec.versions[1].weight: -1 is out of range; use an integer from 0 to 1000000",
        ),
    ),
    create(
        "all weights 0",
        routemap(versions=[{"name": "httpbin-0", "weight": 0}]),
        (
            "NoWeight",
            (
                "spec.versions: all weights are 0, so no version would get a request; "
                "give one version a weight above 0"
            ),
        ),
    ),
    create(
        "port 0",
        routemap(port=0),
        ("OutOfRange", "spec.port: 0 is out of range; use an integer from 1 to 65535"),
    ),
    create(
        "port by name",
        routemap(port="http"),
        ("NotAnInteger", 'spec.port: "http" is not an integer; use an integer from 1 to 65535'),
    ),
    create(
        "host with a port",
        routemap(hosts=["httpbin.default:80"]),
        (
            "InvalidName",
            (
                'spec.hosts[0]: "httpbin.default:80" is not a host name; '
                'use a DNS name such as "httpbin.default"'
            ),
        ),
    ),
    create(
        "host of another namespace",
        routemap(hosts=["httpbin.prod.svc"]),
        (
            "ForeignHost",
            (
                'spec.hosts[0]: "httpbin.prod.svc" takes in Services of other namespaces; '
                'use hosts of namespace default, such as "httpbin.default.svc"'
            ),
        ),
    ),
    create(
        "host that clients of another namespace call",
        routemap(hosts=["web.prod"]),
        (
            "ForeignHost",
            (
                'spec.hosts[0]: "web.prod" takes in Services of other namespaces; '
                'use hosts of namespace default, such as "httpbin.default.svc", '
                "or leave mesh out of spec.gateways if it is a public name"
            ),
        ),
    ),
    create(
        "every host of another namespace",
        routemap(hosts=["*.prod"]),
        (
            "ForeignHost",
            (
                'spec.hosts[0]: "*.prod" takes in Services of other namespaces; '
                'use hosts of namespace default, such as "httpbin.default.svc", '
                "or leave mesh out of spec.gateways if it is a public name"
            ),
        ),
    ),
    create(
        "address for a host",
        routemap(hosts=["10.96.0.10"]),
        (
            "ForeignHost",
            (
                'spec.hosts[0]: "10.96.0.10" takes in Services of other namespaces; '
                'use hosts of namespace default, such as "httpbin.default.svc", '
                "or leave mesh out of spec.gateways if it is a public name"
            ),
        ),
    ),
    create(
        "host listed twice",
        routemap(hosts=["httpbin", "httpbin"]),
        ("Duplicate", 'spec.hosts: "httpbin" is listed twice; list each host once'),
    ),
    create(
        "a delegate with ways in of its own",
        routemap(delegate=True, hosts=["httpbin.default"], gateways=["httpbin"]),
        *(
            (
                "Delegate",
                (
                    f"spec.{field}: a delegate's are those of the VirtualService that delegates to it; "
                    "take them off"
                ),
            )
            for field in ("hosts", "gateways")
        ),
    ),
    create(
        "a delegate by name",
        routemap(delegate="httpbin"),
        ("NotABoolean", 'spec.delegate: "httpbin" is neither true nor false; use one of them'),
    ),
    create("no hosts", routemap(hosts=[]), ("Empty", "spec.hosts: nothing is listed; list 1 to 16")),
    create(
        "gateway of three parts",
        routemap(gateways=["istio/system/gateway"]),
        (
            "InvalidName",
            (
                'spec.gateways[0]: "istio/system/gateway" is not a Gateway; '
                'use "mesh", "name" or "namespace/name"'
            ),
        ),
    ),
    create(
        "gateway listed twice",
        routemap(gateways=["mesh", "mesh"]),
        ("Duplicate", 'spec.gateways: "mesh" is listed twice; list each gateway once'),
    ),
    create(
        "settling for too long",
        routemap(settleSeconds=61),
        ("OutOfRange", "spec.settleSeconds: 61 is out of range; use an integer from 0 to 60"),
    ),
    create(
        "settling for a fraction",
        routemap(settleSeconds=0.5),
        ("NotAnInteger", "spec.settleSeconds: 0.5 is not an integer; use an integer from 0 to 60"),
    ),
    create(
        "draining for too long",
        routemap(drainSeconds=301),
        ("OutOfRange", "spec.drainSeconds: 301 is out of range; use an integer from 0 to 300"),
    ),
    create(
        "override without spec",
        without(weight_override(), "spec"),
        ("Missing", "spec: missing; give weights"),
    ),
    create(
        "override without weights",
        weight_override(),
        ("Empty", "spec.weights: nothing is listed; list 1 to 8"),
    ),
    create(
        "override that names a version twice",
        weight_override(("httpbin-0", 20), ("httpbin-0", 80)),
        ("Duplicate", 'spec.weights: "httpbin-0" is listed twice; list each version once'),
    ),
    create(
        "override without a weight",
        changed(weight_override(), "spec.weights", [{"version": "httpbin-0"}]),
        ("Missing", "spec.weights[0].weight: missing; use an integer from 0 to 1000000"),
    ),
    create(
        "override by percent",
        weight_override(("httpbin-0", "20%")),
        ("NotAnInteger", 'spec.weights[0].weight: "20%" is not an integer; use an integer from 0 to 1000000'),
    ),
)

WARNED = (
    warned(
        "label that is nearly Teal's",
        Review("CREATE", with_key(deployment(), "labels", "iter8-tools/watch")),
        "iter8-tools/watch means nothing to Teal; did you mean iter8.tools/watch?",
    ),
    warned(
        "watch label on the pod template",
        Review(
            "CREATE",
            changed(
                # Without any key of Teal's on the Deployment itself the webhook is not asked.
                changed(deployment(), "metadata.labels", {"iter8.tools/allow-delete": "true"}),
                "spec.template.metadata.labels",
                {"app": "httpbin-1", "iter8.tools/watch": "true"},
            ),
        ),
        "iter8.tools/watch on the pod template does nothing; label the Deployment itself",
    ),
    warned(
        "container without preStop",
        Review("CREATE", without(deployment(), "spec.template.spec.containers.0.lifecycle")),
        "container httpbin has no preStop: requests may fail as pods stop",
    ),
    warned(
        "container without readiness probe",
        Review("CREATE", changed(deployment(), "spec.template.spec.containers.0.readinessProbe", None)),
        "container httpbin has no readinessProbe: requests come too early",
    ),
    warned(
        "no declared port",
        Review("CREATE", changed(deployment(), "spec.template.spec.containers.0.ports", [])),
        "no container declares a port: kubectl expose can't tell which one to use",
    ),
    warned(
        "one replica",
        Review("CREATE", deployment(replicas=1)),
        "one replica: this version can't answer while its only pod is being replaced",
    ),
    warned(
        "watch label taken off",
        Review("UPDATE", changed(MARKED, "metadata.labels", {}), MARKED),
        "no longer watched: Teal takes this version out of the split, then lets it go",
    ),
    warned(
        "mark taken off",
        Review("UPDATE", deployment(), MARKED),
        "iter8.tools/drain taken off by hand: a deletion now would not wait for the drain",
    ),
    warned(
        "deletion of a Deployment that goes with its Routemap",
        Review(
            "DELETE", None, with_key(PROTECTED, "annotations", "iter8.tools/allow-delete", "with-routemap")
        ),
        "requests stay with it until its Routemap goes, another is ready, or the deletion deadline ends",
    ),
    warned(
        "deletion of a Service that goes with its Routemap",
        Review(
            "DELETE",
            None,
            with_key(PROTECTED_SERVICE, "annotations", "iter8.tools/allow-delete", "with-routemap"),
        ),
        "requests stay with it until its Routemap goes, another is ready, or the deletion deadline ends",
    ),
    warned(
        "selector of a Service changed",
        Review("UPDATE", changed(marked(service()), "spec.selector", {"app": "other"}), marked(service())),
        "the selector changes: its share of the requests goes to the pods that it selects now",
    ),
    warned(
        "weights changed that are overridden",
        Review("UPDATE", routemap(versions=[{"name": "httpbin-0", "weight": 1}]), SERVED),
        "WeightOverride httpbin has the say: delete it for these weights to count "
        "(httpbin-0=20 httpbin-1=80)",
    ),
    warned(
        "a cookie called as an attribute of cookies is",
        Review("CREATE", routemap(affinity={"cookie": "Version"})),
        'spec.affinity.cookie: "Version" is an attribute\'s name, so some clients drop it; use one such as '
        "shop-version",
    ),
    warned(
        "override of zeros",
        Review("CREATE", weight_override(("httpbin-0", 0), ("httpbin-1", 0))),
        "all weights here are 0: without others in the Routemap, its primary gets all requests",
    ),
    warned(
        "VirtualService edited",
        Review("UPDATE", virtual_service(), virtual_service()),
        "Teal puts this back; change Routemap httpbin or its weights",
    ),
    warned(
        "HTTPRoute edited",
        Review("UPDATE", virtual_service(), changed(virtual_service(), "kind", "HTTPRoute")),
        "Teal puts this back; change Routemap httpbin or its weights",
    ),
    warned(
        "VirtualService deleted",
        Review("DELETE", None, virtual_service()),
        "Teal puts this back; change Routemap httpbin or its weights",
    ),
)

ACCEPTED: tuple[Manifest, ...] = (
    service(),
    deployment(),
    deployment("a"),
    deployment(LONGEST_NAME),
    deployment("0web"),
    with_key(deployment(), "labels", "iter8.tools/allow-delete"),
    with_key(deployment(), "annotations", "iter8.tools/allow-delete"),
    with_key(deployment(), "labels", "iter8.tools.example/wacth"),
    with_key(deployment(), "labels", "app.kubernetes.io/version", "v1"),
    with_key(deployment(), "labels", "example.com/watch"),
    with_key(deployment(), "labels", "watch"),
    changed(deployment(), "spec.template.metadata.labels", {"app": "httpbin-1", "iter8.tools/watch": "true"}),
    with_key(deployment(replicas=1), "labels", "iter8.tools/watch", "false"),
    with_key(deployment("httpbin.1"), "labels", "iter8.tools/watch", "false"),
    changed(deployment("httpbin.1", replicas=1, template={}), "metadata.labels", None),
    changed(deployment(), "metadata", {"labels": {"iter8.tools/watch": "true"}, "generateName": "a_"}),
    routemap(),
    dict(defaulted(routemap())),
    routemap(strategy="blue-green"),
    routemap(strategy="canary"),
    routemap(strategy="mirror", timeout="1m30s"),
    routemap(strategy="mirror", versions=[{"name": "httpbin-0", "weight": 0}]),
    canary([{"uri": {"prefix": "/ab"}}], [{"uri": {"prefix": "/a"}}], [{"method": {"exact": "GET"}}]),
    canary([{"headers": {"user-agent": {"regex": ".*(Firefox|Chrome)/[0-9]{2,3}.*"}}}]),
    routemap(timeout="500ms"),
    routemap(delegate=False),
    routemap(delegate=True, rewrite={"uri": "/v2"}),
    dict(defaulted(routemap())) | {"spec": {**dict(defaulted(routemap()))["spec"], "delegate": True}},
    *(
        routemap(**spec)
        for spec in (*setting_examples.ACCEPTED, *affinity_examples.ACCEPTED, *protocol_examples.ACCEPTED)
    ),
    routemap(router="VirtualService"),
    BY_HTTP_ROUTE,
    changed(BY_HTTP_ROUTE, "spec.gateways", ["infra/web", "mesh", "a.b"]),
    changed(BY_HTTP_ROUTE, "metadata", {"generateName": "httpbin-", "namespace": "default"}),
    routemap(router="HTTPRoute", port=80, gateways=["web"], hosts=["www.example.org"]),
    canary_by_http_route(
        {"uri": {"exact": "/a/%20b;c=(d)"}, "queryParams": {"q": {"prefix": "." * 511}}},
        {"uri": {"prefix": "/a"}, "headers": {"a": {"prefix": "." * 1024}}},
    ),
    by_grpc_route(
        {"uri": {"exact": "/shop.v1.Cart/Add"}, "headers": {"a": {"prefix": "b"}, "c": {"regex": "d|e"}}},
        {"uri": {"prefix": "/shop.v1.Cart/"}},
        {"uri": {"prefix": "/Cart"}},
    ),
    routemap(router="GRPCRoute", port=80),
    routemap(router="GRPCRoute", port=80, gateways=["web"], hosts=["www.example.org"], strategy="mirror"),
    versions("httpbin-0"),
    versions(*(f"httpbin-{index}" for index in range(8))),
    versions(LONGEST_NAME),
    versions("0", "0web"),
    routemap(versions=[{"name": "httpbin-0", "weight": 0}, {"name": "httpbin-1", "weight": 1_000_000}]),
    routemap(port=1),
    routemap(port=65_535),
    routemap(settleSeconds=0, drainSeconds=0),
    routemap(settleSeconds=60, drainSeconds=300),
    routemap(hosts=["httpbin", "httpbin.default.svc.cluster.local", "shop.example.com", "*.example.com"]),
    routemap(hosts=["*.default.svc", "*.default.svc.cluster.local", "*.default"]),
    routemap(hosts=[f"{LONGEST_NAME}.default"]),
    routemap(hosts=["example.com", "web.prod"], gateways=["public"]),
    routemap(hosts=[f"{index}.example.com" for index in range(16)]),
    routemap(gateways=["mesh", "httpbin", "istio-system/gateway", "a.b"]),
    without(routemap(), "metadata.namespace"),
    changed(routemap(), "metadata", {"generateName": "httpbin-", "namespace": "default"}),
    weight_override(("httpbin-0", 0), ("httpbin-1", 1)),
    weight_override(*((f"httpbin-{index}", 1_000_000) for index in range(8))),
    virtual_service(),
)
"""What may be created without a word."""

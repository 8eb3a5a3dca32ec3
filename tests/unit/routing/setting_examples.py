"""Settings of routes that are refused, with each sentence, and those right beside them that are fine."""

from __future__ import annotations

from typing import Any

from routing.reading.headers import VARIABLES
from routing.reading.settings import GRPC_STATUSES, RETRY_ON

Spec = dict[str, Any]
DURATION = 'use hours, minutes, seconds and milliseconds, such as "1m30s" or "500ms"'
TEXT = "use 1 to 1024 printed ASCII characters, with no blank at either end"
PERCENTAGE = "use 0, or a number from 0.0001 to 100"
CONDITIONS = "use status codes and conditions, with commas and no blanks between"
KNOWN = ", ".join(f"%{name}%" for name in VARIABLES)
AUTHORITY = 'use a DNS name such as "shop.example.com", with a port if need be'
ORIGIN = 'use one such as "https://example.com", without a path'
ALIKE = 'is replaced; have both end with "/", or neither'
NAME = "use at most 63 of a-z, 0-9 and '-', beginning and ending with a letter or digit"
ALL: Spec = {"percentage": {"value": 100}}


def retries(**told: Any) -> Spec:
    return {"retries": told}


def request(**told: Any) -> Spec:
    return {"headers": {"request": told}}


def cors(**told: Any) -> Spec:
    return {"cors": {"allowOrigins": [{"exact": "*"}], **told}}


def origin(**told: Any) -> Spec:
    return {"cors": {"allowOrigins": [told]}}


def routes(*match: Any, **told: Any) -> Spec:
    return {"routes": [{"name": "api", "match": [*match], **told}]}


def candidate(**match: Any) -> Spec:
    return {"strategy": "canary", "versions": [{"name": "a"}, {"name": "b", "match": [match]}]}


def large(values: int) -> Spec:
    """Return eight routes, and in all of them so many kilobytes of headers."""
    texts = {f"x-{index}": "a" * 1000 for index in range(values)}
    added = {name: texts.pop(name) for name in [*texts][:16]}
    listed = [{"name": f"r-{index}", "match": [{"uri": {"exact": f"/{index}"}}]} for index in range(8)]
    return {"routes": listed, **request(set=texts, add=added)}


def delay(**told: Any) -> Spec:
    return {"fault": {"delay": told}}


def abort(**told: Any) -> Spec:
    return {"fault": {"abort": {**ALL, **told}}}


REFUSED: tuple[tuple[str, Spec, tuple[tuple[str, str], ...]], ...] = (
    (
        "retries of a number",
        {"retries": 3},
        (("NotAnObject", "retries: 3 is not an object; give attempts, perTryTimeout, retryOn"),),
    ),
    (
        "retries without a number",
        {"retries": {}},
        (("Missing", "retries.attempts: missing; use an integer from 0 to 10"),),
    ),
    (
        "more retries than help",
        retries(attempts=11),
        (("OutOfRange", "retries.attempts: 11 is out of range; use an integer from 0 to 10"),),
    ),
    (
        "mistyped fields of retries",
        retries(attempts=1, perTryTimeOut="1s", retryon="5xx"),
        (
            ("UnknownField", "retries.perTryTimeOut: no such field; did you mean perTryTimeout?"),
            ("UnknownField", "retries.retryon: no such field; did you mean retryOn?"),
        ),
    ),
    (
        "no retries, and when",
        retries(attempts=0, perTryTimeout="1s", retryOn="5xx"),
        (
            (
                "RetriesOff",
                (
                    "retries.attempts: 0 switches retries off; take off perTryTimeout and retryOn, "
                    "or use 1 to 10"
                ),
            ),
        ),
    ),
    (
        "an attempt of nothing, on nothing",
        retries(attempts=1, perTryTimeout="0ms", retryOn=""),
        (
            ("InvalidName", f'retries.perTryTimeout: "0ms" is not a duration; {DURATION}'),
            ("InvalidName", f'retries.retryOn: "" is not what to retry on; {CONDITIONS}'),
        ),
    ),
    (
        "reasons that are none",
        retries(attempts=1, retryOn="5xx, 503,conect-failure,200"),
        (
            (
                "InvalidName",
                (
                    f'retries.retryOn: " 503" is not what to retry on; {CONDITIONS}; '
                    f"known are {', '.join(sorted(RETRY_ON))}"
                ),
            ),
            (
                "InvalidName",
                (
                    f'retries.retryOn: "conect-failure" is not what to retry on; {CONDITIONS}; '
                    "did you mean connect-failure?"
                ),
            ),
            (
                "InvalidName",
                (
                    f'retries.retryOn: "200" is not what to retry on; {CONDITIONS}; '
                    f"known are {', '.join(sorted(RETRY_ON))}"
                ),
            ),
        ),
    ),
    (
        "very many reasons",
        retries(attempts=1, retryOn=",".join(["5xx"] * 33)),
        (("TooMany", "retries.retryOn: more than 32 are listed; list at most 32"),),
    ),
    (
        "an attempt longer than the request",
        {"timeout": "1s", **retries(attempts=1, perTryTimeout="1001ms")},
        (
            (
                "OutOfRange",
                (
                    'retries.perTryTimeout: an attempt of "1001ms" is longer than the timeout, "1s"; '
                    "have it be shorter"
                ),
            ),
        ),
    ),
    (
        "headers of nothing",
        {"headers": {}},
        (("Empty", "headers: nothing is done to a header; give request, response"),),
    ),
    (
        "headers in Gateway API's words",
        {"headers": {"requests": {}, "response": {}}},
        (
            ("UnknownField", "headers.requests: no such field; did you mean request?"),
            ("Empty", "headers.response: nothing is done to a header; give set, add, remove"),
        ),
    ),
    (
        "headers of other kinds",
        {"headers": {"request": [], "response": {"set": [], "add": {}, "remove": "x-a"}}},
        (
            ("NotAnObject", "headers.request: [] is not an object; give set, add, remove"),
            ("NotAnObject", "headers.response.set: [] names no header; give values by name"),
            ("NotAnObject", "headers.response.add: {} names no header; give values by name"),
            ("NotAList", 'headers.response.remove: "x-a" is not a list; list 1 to 32'),
        ),
    ),
    (
        "headers that are not to be touched",
        {
            "headers": {
                "request": {"set": {"Host": "a", "content-length": "1"}, "remove": [":authority"]},
                "response": {"add": {"App-Version": "a"}, "remove": ["app-version"]},
            }
        },
        (
            (
                "ReservedHeader",
                "headers.request.set[Host]: no operation on headers changes it; use rewrite.authority",
            ),
            (
                "ReservedHeader",
                "headers.request.set[content-length]: proxies write it themselves; take it off",
            ),
            (
                "ReservedHeader",
                "headers.request.remove[0]: no operation on headers changes it; use rewrite.authority",
            ),
            (
                "ReservedHeader",
                "headers.response.add[App-Version]: Teal names the version that answered in it; use another",
            ),
            (
                "ReservedHeader",
                "headers.response.remove[0]: Teal names the version that answered in it; use another",
            ),
        ),
    ),
    (
        "names and values of headers that are none",
        request(set={"a b": "1", ":path": "", "x-a": 1, "x-b": " a", "x-c": "é"}, remove=["", 1]),
        (
            (
                "InvalidName",
                "headers.request.set[a b]: \"a b\" is not a header's name; use letters, digits and '-'",
            ),
            (
                "InvalidName",
                "headers.request.set[:path]: \":path\" is not a header's name; use letters, digits and '-'",
            ),
            ("InvalidName", f'headers.request.set[:path]: "" is not a header\'s value; {TEXT}'),
            ("InvalidName", f"headers.request.set[x-a]: 1 is not a header's value; {TEXT}"),
            ("InvalidName", f'headers.request.set[x-b]: " a" is not a header\'s value; {TEXT}'),
            ("InvalidName", f'headers.request.set[x-c]: "é" is not a header\'s value; {TEXT}'),
            (
                "InvalidName",
                "headers.request.remove[0]: \"\" is not a header's name; use letters, digits and '-'",
            ),
            (
                "InvalidName",
                "headers.request.remove[1]: 1 is not a header's name; use letters, digits and '-'",
            ),
        ),
    ),
    (
        "a header twice",
        request(set={"x-a": "1", "X-A": "2"}, remove=["x-b", "x-b"]),
        (
            ("Duplicate", 'headers.request.set: "x-a" is listed twice; list each header once'),
            ("Duplicate", 'headers.request.remove: "x-b" is listed twice; list each header once'),
        ),
    ),
    (
        "very many headers",
        request(set={f"x-{index}": "a" for index in range(33)}, remove=["x"] * 33),
        (
            ("TooMany", "headers.request.set: 33 are listed; list at most 32"),
            ("TooMany", "headers.request.remove: 33 are listed; list at most 32"),
        ),
    ),
    (
        "a variable that proxies do not know",
        request(add={"x-a": "100%", "x-b": "%NOPE%"}),
        tuple(
            (
                "Variable",
                (
                    f'headers.request.add[{name}]: "{value}" has a "%" by which a proxy would look for a '
                    f'variable; write "%%" for "%", or use %REQ(name)%, {KNOWN}'
                ),
            )
            for name, value in (("x-a", "100%"), ("x-b", "%NOPE%"))
        ),
    ),
    (
        "rewrite of nothing",
        {"rewrite": {}},
        (("Empty", "rewrite: nothing is rewritten; give uri, authority"),),
    ),
    (
        "rewrite as text",
        {"rewrite": "/v2/"},
        (("NotAnObject", 'rewrite: "/v2/" is not an object; give uri, authority'),),
    ),
    (
        "rewrite to what is no path, and no host",
        {"rewrite": {"uri": "/a?b=c", "authority": "*.example.com"}},
        (
            (
                "InvalidName",
                'rewrite.uri: "/a?b=c" is not a path; use one such as "/v2/", without parameters',
            ),
            ("InvalidName", f'rewrite.authority: "*.example.com" is not a host name; {AUTHORITY}'),
        ),
    ),
    (
        "rewrite in the words of Gateway API",
        {"rewrite": {"path": {}, "uri": "v2", "authority": "a:65536"}},
        (
            ("UnknownField", "rewrite.path: no such field; known are authority, uri"),
            ("InvalidName", 'rewrite.uri: "v2" is not a path; use one such as "/v2/", without parameters'),
            ("InvalidName", f'rewrite.authority: "a:65536" is not a host name; {AUTHORITY}'),
        ),
    ),
    (
        "rewrite that puts paths together wrongly",
        {"rewrite": {"uri": "/v2"}},
        (("PrefixRewrite", f'rewrite.uri: "/get" would become "/v2get", since only the prefix "/" {ALIKE}'),),
    ),
    (
        "a candidate by a path that is rewritten",
        {"rewrite": {"uri": "/v2/"}, **candidate(uri={"prefix": "/a"}, method={"exact": "GET"})},
        (
            (
                "NotBesideRoutes",
                (
                    "versions[1].match[0].uri: rewrite.uri would replace another part of the path here; "
                    "match by headers"
                ),
            ),
        ),
    ),
    (
        "a candidate by path and method beside routes",
        {**routes({"uri": {"exact": "/"}}), **candidate(uri={"prefix": "/a"}, method={"exact": "GET"})},
        tuple(
            (
                "NotBesideRoutes",
                (
                    f"versions[1].match[0].{key}: routes have the paths and methods; "
                    "match by headers or queryParams"
                ),
            )
            for key in ("uri", "method")
        ),
    ),
    ("routes of none", {"routes": []}, (("Empty", "routes: nothing is listed; list 1 to 8"),)),
    ("a route by name", {"routes": "api"}, (("NotAList", 'routes: "api" is not a list; list 1 to 8'),)),
    (
        "nine routes",
        {"routes": [{}] * 9},
        (("TooMany", "routes: 9 are listed; list at most 8"),),
    ),
    (
        "a route that is none",
        {"routes": ["api", {}]},
        (
            (
                "NotAnObject",
                (
                    'routes[0]: "api" is not an object; '
                    "give name, match, timeout, retries, headers, rewrite, cors, fault"
                ),
            ),
            ("Missing", f"routes[1].name: missing; {NAME}"),
            ("Missing", "routes[1].match: missing; list 1 to 8"),
        ),
    ),
    (
        "a route's odd parts",
        {"routes": [{"name": "a.b", "match": [{"headers": {"a": {"exact": "b"}}}, {}], "timout": "1s"}]},
        (
            ("UnknownField", "routes[0].timout: no such field; did you mean timeout?"),
            ("InvalidName", f'routes[0].name: "a.b" is not a route\'s name; {NAME}'),
            ("UnknownField", "routes[0].match[0].headers: no such field; known are method, uri"),
            (
                "Empty",
                "routes[0].match[1]: nothing is asked for, so every request would match; give uri, method",
            ),
        ),
    ),
    (
        "settings of routes",
        {
            "timeout": "1s",
            "routes": [
                {"name": "a", "match": [{"uri": {"exact": "/a"}}], "timeout": "1"},
                {"name": "b", "match": [{"uri": {"exact": "/b"}}], **retries(attempts=1, perTryTimeout="2s")},
            ],
        },
        (
            ("InvalidName", f'routes[0].timeout: "1" is not a duration; {DURATION}'),
            (
                "OutOfRange",
                (
                    'routes[1].retries.perTryTimeout: an attempt of "2s" is longer than the timeout, "1s"; '
                    "have it be shorter"
                ),
            ),
        ),
    ),
    (
        "a timeout shorter than an attempt of all routes",
        {
            **retries(attempts=1, perTryTimeout="2s"),
            "routes": [{"name": "a", "match": [{"uri": {"exact": "/a"}}], "timeout": "1s"}],
        },
        (
            (
                "OutOfRange",
                'routes[0].timeout: an attempt of "2s" is longer than the timeout, "1s"; have it be shorter',
            ),
        ),
    ),
    (
        "rewrites of routes",
        {
            "routes": [
                {"name": "a", "match": [{"uri": {"prefix": "/api"}}], "rewrite": {"uri": "/"}},
                {"name": "b", "match": [{"method": {"exact": "GET"}}], "rewrite": {"uri": "/v2"}},
            ]
        },
        (
            (
                "PrefixRewrite",
                (
                    'routes[0].rewrite.uri: "/api/get" would become "//get", since only the prefix "/api" '
                    f"{ALIKE}"
                ),
            ),
            (
                "PrefixRewrite",
                f'routes[1].rewrite.uri: "/get" would become "/v2get", since only the prefix "/" {ALIKE}',
            ),
        ),
    ),
    (
        "a route under the rewrite of all",
        {"rewrite": {"uri": "/v2/"}, **routes({"uri": {"exact": "/"}}, {"uri": {"prefix": "/a"}})},
        (
            (
                "PrefixRewrite",
                (f'routes[0].match: "/a/get" would become "/v2//get", since only the prefix "/a" {ALIKE}'),
            ),
        ),
    ),
    (
        "two routes of one name",
        {"routes": [{"name": "a", "match": [{"uri": {"exact": path}}]} for path in ("/a", "/b")]},
        (("Duplicate", 'routes: "a" is listed twice; list each route once'),),
    ),
    (
        "a route below a wider one",
        {
            "routes": [
                {"name": "a", "match": [{"uri": {"prefix": "/a"}}, {"uri": {"exact": "/ab"}}]},
                {"name": "b", "match": [{"uri": {"prefix": "/ab"}, "method": {"exact": "GET"}}]},
            ]
        },
        tuple(
            (
                "Shadowed",
                (
                    f"routes[{place}].match[{index}]: all that it matches is taken by "
                    "spec.routes[0].match[0] before; make it narrower, or list it first"
                ),
            )
            for place, index in ((0, 1), (1, 0))
        ),
    ),
    (
        "cors without origins",
        {"cors": {"allowMethods": ["GET"]}},
        (("Missing", "cors.allowOrigins: missing; list 1 to 32"),),
    ),
    (
        "cors as text",
        {"cors": "*"},
        (
            (
                "NotAnObject",
                (
                    'cors: "*" is not an object; give allowOrigins, allowMethods, allowHeaders, exposeHeaders'
                    ", maxAge, allowCredentials, unmatchedPreflights"
                ),
            ),
        ),
    ),
    (
        "origins that are none",
        {"cors": {"allowOrigins": ["*", {"exact": "https://a.b/"}, {"regex": "a(?=b)"}, {}]}},
        (
            ("NotAnObject", 'cors.allowOrigins[0]: "*" is not an object; give exact, prefix, regex'),
            ("NotAnOrigin", f'cors.allowOrigins[1].exact: "https://a.b/" is not an origin; {ORIGIN}'),
            (
                "Regex",
                (
                    'cors.allowOrigins[2].regex: "a(?=b)" is not taken (no lookaround is taken, at 1): a '
                    "proxy that refuses it would refuse all its routes; use exact or prefix, or what "
                    "https://github.com/google/re2/wiki/Syntax allows"
                ),
            ),
            (
                "Ambiguous",
                "cors.allowOrigins[3]: {} has 0 conditions; give one of exact, prefix, regex",
            ),
        ),
    ),
    (
        "cors of odd parts",
        cors(
            allowMethods=["get"],
            allowHeaders=["a b"],
            exposeHeaders=[],
            maxAge="1500ms",
            allowCredentials="true",
            unmatchedPreflights="forward",
        ),
        (
            (
                "InvalidName",
                (
                    'cors.allowMethods[0]: "get" is not a method; use GET, HEAD, POST, PUT, DELETE, CONNECT, '
                    "OPTIONS, TRACE, PATCH, or * for all"
                ),
            ),
            (
                "InvalidName",
                "cors.allowHeaders[0]: \"a b\" is not a header's name; use letters, digits and '-'",
            ),
            ("Empty", "cors.exposeHeaders: nothing is listed; list 1 to 32"),
            ("OutOfRange", 'cors.maxAge: "1500ms" has a part of a second; use whole seconds'),
            ("NotABoolean", 'cors.allowCredentials: "true" is neither true nor false; use one of them'),
            (
                "InvalidName",
                'cors.unmatchedPreflights: "forward" is not FORWARD or IGNORE; use one of them',
            ),
        ),
    ),
    ("fault of nothing", {"fault": {}}, (("Empty", "fault: nothing goes wrong; give delay, abort"),)),
    (
        "fault as text",
        {"fault": "delay"},
        (("NotAnObject", 'fault: "delay" is not an object; give delay, abort'),),
    ),
    (
        "faults of text",
        {"fault": {"delay": "5s", "abort": 503}},
        (
            ("NotAnObject", 'fault.delay: "5s" is not an object; give fixedDelay, percentage'),
            ("NotAnObject", "fault.abort: 503 is not an object; give httpStatus, grpcStatus, percentage"),
        ),
    ),
    (
        "a delay of none",
        delay(fixedDelay="5s"),
        (("Missing", "fault.delay.percentage: missing; give value"),),
    ),
    (
        "a delay of an unknown time",
        delay(percentage={}),
        (
            ("Missing", f"fault.delay.fixedDelay: missing; {DURATION}"),
            ("Missing", f"fault.delay.percentage.value: missing; {PERCENTAGE}"),
        ),
    ),
    (
        "a percentage as Iter8 writes it",
        delay(fixedDelay="5s", percentage=10),
        (("NotAnObject", "fault.delay.percentage: 10 is not an object; give value"),),
    ),
    (
        "percentage of text",
        delay(fixedDelay="5s", percentage={"value": "10"}),
        (("NotANumber", f'fault.delay.percentage.value: "10" is not a number; {PERCENTAGE}'),),
    ),
    (
        "percentage above all",
        delay(fixedDelay="5s", percentage={"value": 100.5}),
        (("OutOfRange", f"fault.delay.percentage.value: 100.5 is out of range; {PERCENTAGE}"),),
    ),
    (
        "percentage that is too fine",
        delay(fixedDelay="5s", percentage={"value": 0.00001}),
        (("OutOfRange", f"fault.delay.percentage.value: 1e-05 is out of range; {PERCENTAGE}"),),
    ),
    (
        "abort with two statuses",
        abort(httpStatus=503, grpcStatus="UNAVAILABLE"),
        (("Ambiguous", "fault.abort: 2 of httpStatus and grpcStatus are given; give one"),),
    ),
    (
        "abort with no status",
        abort(),
        (("Ambiguous", "fault.abort: 0 of httpStatus and grpcStatus are given; give one"),),
    ),
    (
        "abort with what is no answer",
        abort(httpStatus=199),
        (("OutOfRange", "fault.abort.httpStatus: 199 is out of range; use an integer from 200 to 599"),),
    ),
    (
        "abort by gRPC's number",
        abort(grpcStatus="14"),
        (
            (
                "InvalidName",
                f'fault.abort.grpcStatus: "14" is not a gRPC status; use {", ".join(GRPC_STATUSES)}',
            ),
        ),
    ),
)
"""By what they are of: a spec's fields, and the lines that answer them, each after "spec."."""

ACCEPTED: tuple[Spec, ...] = (
    retries(attempts=0),
    {"timeout": "1s", **retries(attempts=10, perTryTimeout="1000ms", retryOn=",".join(RETRY_ON))},
    retries(attempts=1, perTryTimeout="1ms", retryOn="503"),
    retries(attempts=1, retryOn=",".join(["5xx"] * 32)),
    {
        "headers": {
            "request": {
                "set": {"X-Team": "a", "x-pct": "100%%", "x-from": "%REQ(:path)% %PROTOCOL%"},
                "add": {"App-Version": "a"},
                "remove": ["x-a", "cookie"],
            },
            "response": {"set": {"x-b": "a" * 1024}, "add": {"x-c": "a b"}, "remove": ["server"]},
        }
    },
    request(set={f"x-{index}": "a" for index in range(32)}),
    {"rewrite": {"uri": "/"}},
    {"rewrite": {"uri": "/v2/", "authority": "shop.example.com:8080"}},
    {"rewrite": {"authority": "shop"}},
    candidate(uri={"prefix": "/a"}) | {"rewrite": {"authority": "shop"}},
    candidate(headers={"a": {"exact": "b"}}) | {"rewrite": {"uri": "/v2/"}},
    candidate(headers={"a": {"exact": "b"}}, queryParams={"a": {"exact": "b"}})
    | routes({"uri": {"prefix": "/a"}}, {"method": {"exact": "GET"}}, timeout="1s"),
    routes({"uri": {"prefix": "/"}}),
    routes({"uri": {"prefix": "/api/"}}, {"uri": {"exact": "/api"}}, rewrite={"uri": "/"}),
    routes({"uri": {"prefix": "/api"}}, {"uri": {"regex": "/v[0-9]+"}}, rewrite={"uri": "/v2"}),
    {
        "routes": [{"name": f"r-{index}", "match": [{"uri": {"exact": f"/{index}"}}]} for index in range(8)],
        "timeout": "1s",
    },
    large(43),
    *(origin(exact=text) for text in ("*", "null", "https://example.com", "http://localhost:3000")),
    origin(prefix="https://"),
    origin(regex=r"https://[a-z]+\.example\.com"),
    cors(
        allowMethods=["GET", "*"],
        allowHeaders=["*", "X-Team"],
        exposeHeaders=["x-b"],
        maxAge="24h",
        allowCredentials=True,
        unmatchedPreflights="IGNORE",
    ),
    cors(allowCredentials=False, unmatchedPreflights="FORWARD"),
    delay(fixedDelay="1ms", percentage={"value": 0}),
    delay(fixedDelay="5s", percentage={"value": 0.0001}),
    {"fault": {"delay": {"fixedDelay": "5s", **ALL}, "abort": {"httpStatus": 200, **ALL}}},
    abort(httpStatus=599),
    abort(grpcStatus="UNAVAILABLE"),
)
"""A spec's fields that are fine."""

EVERYTHING: Spec = {
    "timeout": "2s",
    "retries": {"attempts": 3, "perTryTimeout": "500ms", "retryOn": "503,connect-failure"},
    "headers": {"request": {"set": {"x-team": "a"}}, "response": {"remove": ["server"]}},
    "rewrite": {"uri": "/v2/", "authority": "shop.example.com"},
    "cors": {"allowOrigins": [{"exact": "https://example.com"}], "maxAge": "24h"},
    "fault": {"abort": {"httpStatus": 503, "percentage": {"value": 0.5}}},
}
"""A spec's fields, one of each setting."""

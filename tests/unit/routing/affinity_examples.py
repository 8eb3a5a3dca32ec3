"""Affinities that are refused, with each sentence, and those right beside them that are fine."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]
COOKIE = "use 1 to 64 letters, digits, '_' and '-', such as \"shop-version\""
DURATION = 'use hours, minutes, seconds and milliseconds, such as "1m30s" or "500ms"'
GONE = "the cookie of spec.affinity would go with it; use add, or take it off"
TTL = "use whole seconds, 400 days (9600h) at most"


def affinity(**told: Any) -> Spec:
    return {"affinity": {"cookie": "shop-version", **told}}


def answers(**operations: Any) -> Spec:
    return {"headers": {"response": operations}}


ROUTE: Spec = {"name": "api", "match": [{"uri": {"prefix": "/api"}}]}

REFUSED: tuple[tuple[str, Spec, tuple[tuple[str, str], ...]], ...] = (
    (
        "affinity by a name alone",
        {"affinity": "version"},
        (("NotAnObject", 'affinity: "version" is not an object; give cookie, ttl, secure'),),
    ),
    (
        "affinity without a cookie",
        {"affinity": {}},
        (("Missing", f"affinity.cookie: missing; {COOKIE}"),),
    ),
    (
        "affinity by what is no cookie's name, with a mistyped field",
        affinity(cookie="my version", path="/"),
        (
            ("UnknownField", "affinity.path: no such field; known are cookie, secure, ttl"),
            ("InvalidName", f'affinity.cookie: "my version" is not a cookie\'s name; {COOKIE}'),
        ),
    ),
    (
        "a cookie that browsers would not take",
        affinity(cookie="__Host-version"),
        (
            (
                "InvalidName",
                (
                    "affinity.cookie: browsers take __Host-version by HTTPS only; give secure: true, or use "
                    "a name without that prefix"
                ),
            ),
        ),
    ),
    (
        "secure that is neither",
        affinity(secure="yes"),
        (("NotABoolean", 'affinity.secure: "yes" is neither true nor false; use one of them'),),
    ),
    (
        "affinity for no time",
        affinity(ttl="0s"),
        (("InvalidName", f'affinity.ttl: "0s" is not a duration; {DURATION}'),),
    ),
    (
        "affinity for a part of a second",
        affinity(ttl="1500ms"),
        (("OutOfRange", f'affinity.ttl: "1500ms" is out of range; {TTL}'),),
    ),
    (
        "affinity for longer than browsers keep a cookie",
        affinity(ttl="9600h1s"),
        (("OutOfRange", f'affinity.ttl: "9600h1s" is out of range; {TTL}'),),
    ),
    (
        "affinity where one version answers all",
        {"strategy": "mirror", **affinity()},
        (
            (
                "NotForStrategy",
                (
                    "affinity: strategy mirror has one version answer all requests; take it off, or use "
                    "another strategy"
                ),
            ),
        ),
    ),
    (
        "operations that would take the cookie off",
        {
            **affinity(),
            **answers(set={"Set-Cookie": "a=b"}, remove=["server", "set-cookie"]),
            "routes": [ROUTE, {**ROUTE, "name": "b", "match": [{"uri": {"exact": "/b"}}]}],
        },
        tuple(
            (
                "NotBesideAffinity",
                f"headers.response.{where}: {GONE}",
            )
            for where in ("set[Set-Cookie]", "remove[1]")
        ),
    ),
    (
        "such operations in a route",
        {**affinity(), "routes": [ROUTE | answers(set={"set-cookie": "a=b"})]},
        (
            (
                "NotBesideAffinity",
                f"routes[0].headers.response.set[set-cookie]: {GONE}",
            ),
        ),
    ),
    (
        "a candidate by parameters alone beside an HTTPRoute's cookie",
        {
            **affinity(),
            "router": "HTTPRoute",
            "port": 80,
            "strategy": "canary",
            "versions": [
                {"name": "a"},
                {"name": "b", "match": [{"queryParams": {"b": {"exact": "1"}}, "uri": {"prefix": "/"}}]},
            ],
        },
        (
            (
                "NotForRouter",
                (
                    "versions[1].match[0].queryParams: an HTTPRoute tries the cookie of spec.affinity before "
                    "what asks for parameters alone; ask for a header or a path, too, or use router "
                    "VirtualService"
                ),
            ),
        ),
    ),
)

_PARAMETER: Spec = {"queryParams": {"b": {"exact": "1"}}}

ACCEPTED: tuple[Spec, ...] = (
    affinity(),
    affinity(cookie="a" * 64, ttl="9600h", secure=True),
    affinity(cookie="__Host-version", secure=True),
    affinity(cookie="__Hostess", ttl="1s", secure=False),
    {"affinity": {"cookie": "_"}, "strategy": "canary"},
    {**affinity(), **answers(add={"set-cookie": "a=b"}, set={"x-a": "b"}, remove=["server"])},
    {
        **affinity(),
        "strategy": "canary",
        "versions": [{"name": "a"}, {"name": "b", "match": [_PARAMETER]}],
    },
    {
        **affinity(),
        "router": "HTTPRoute",
        "port": 80,
        "strategy": "canary",
        "versions": [
            {"name": "a"},
            {
                "name": "b",
                "match": [
                    {**_PARAMETER, "method": {"exact": "GET"}},
                    {**_PARAMETER, "uri": {"prefix": "/b"}},
                    {**_PARAMETER, "headers": {"b": {"exact": "1"}}},
                    {"uri": {"exact": "/"}},
                ],
            },
        ],
    },
)

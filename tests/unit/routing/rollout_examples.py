"""Rollouts that are refused, with each sentence."""

from __future__ import annotations

from typing import Any

Spec = dict[str, Any]
STEPS: list[Spec] = [{"share": 5, "for": "2m"}, {"share": 25, "for": "5m", "gate": "manual"}]
GOOD = 'sum(increase(hits{version="$version",code="200"}[$window]))'
TOTAL = 'sum(increase(hits{version="$version"}[$window]))'


def rollout(**told: Any) -> Spec:
    """Return a spec with a rollout of two steps, and with this in it."""
    return {"rollout": {"steps": STEPS, **told}}


REFUSED: tuple[tuple[str, Spec, tuple[tuple[str, str], ...]], ...] = (
    ("no steps", rollout(steps=None), (("Missing", "rollout.steps: missing; list 1 to 20"),)),
    (
        "an empty list of steps",
        rollout(steps=[]),
        (("Empty", "rollout.steps: nothing is listed; list 1 to 20"),),
    ),
    (
        "more steps than anybody takes",
        rollout(steps=[{}] * 21),
        (("TooMany", "rollout.steps: 21 are listed; list at most 20"),),
    ),
    (
        "a step that is a number",
        rollout(steps=[5]),
        (("NotAnObject", "rollout.steps[0]: 5 is not an object; give share, for, gate"),),
    ),
    (
        "a mistyped field of a step, which so has no time",
        rollout(steps=[{"share": 5, "fro": "2m"}]),
        (
            ("UnknownField", "rollout.steps[0].fro: no such field; did you mean for?"),
            (
                "Missing",
                (
                    "rollout.steps[0].for: missing; use hours, minutes, seconds and "
                    'milliseconds, such as "1m30s" or "500ms"'
                ),
            ),
        ),
    ),
    (
        "a share that does not rise",
        rollout(steps=[{"share": 5, "for": "2m"}, {"share": 5, "for": "2m"}]),
        (("NotRising", "rollout.steps[1].share: 5 is not above 5, the share before; let shares rise"),),
    ),
    (
        "a share of more than all",
        rollout(steps=[{"share": 101, "for": "2m"}]),
        (("OutOfRange", "rollout.steps[0].share: 101 is out of range; use an integer from 1 to 100"),),
    ),
    (
        "a share of nothing with blue-green",
        rollout(steps=[{"share": 0, "for": "2m"}]),
        (("OutOfRange", "rollout.steps[0].share: 0 is out of range; use an integer from 1 to 100"),),
    ),
    (
        "a step of longer than a month",
        rollout(steps=[{"share": 5, "for": "721h"}]),
        (("OutOfRange", 'rollout.steps[0].for: "721h" is out of range; use 720h at most'),),
    ),
    (
        "a gate that opens by itself",
        rollout(steps=[{"share": 5, "for": "2m", "gate": "auto"}]),
        (("UnknownGate", 'rollout.steps[0].gate: "auto" is not a gate; use "manual", or leave it out'),),
    ),
    (
        "no window in which it could go on",
        rollout(windows=[]),
        (("Empty", "rollout.windows: nothing is listed; list 1 to 8"),),
    ),
    (
        "windows that are one",
        rollout(windows="08:00-18:00"),
        (("NotAList", 'rollout.windows: "08:00-18:00" is not a list; list 1 to 8'),),
    ),
    (
        "a window that is a time",
        rollout(windows=["08:00"]),
        (
            (
                "NotAnObject",
                'rollout.windows[0]: "08:00" is not an object; give from, to, days, timeZone',
            ),
        ),
    ),
    (
        "a window that never closes",
        rollout(windows=[{"from": "08:00"}]),
        (
            (
                "Missing",
                (
                    'rollout.windows[0].to: missing; write hours and minutes in quotes, such as "18:00", or '
                    '"24:00"'
                ),
            ),
        ),
    ),
    (
        "a time without quotes, which YAML takes for a number, and one that no clock shows",
        rollout(windows=[{"from": 1080, "to": "24:30"}]),
        (
            (
                "InvalidName",
                (
                    "rollout.windows[0].from: 1080 is not a time of day; write hours and minutes in quotes, "
                    'such as "08:00"'
                ),
            ),
            (
                "InvalidName",
                (
                    'rollout.windows[0].to: "24:30" is not a time of day; write hours and minutes in quotes, '
                    'such as "18:00", or "24:00"'
                ),
            ),
        ),
    ),
    (
        "days of another language, and one twice",
        rollout(windows=[{"from": "08:00", "to": "18:00", "days": ["Mo", "Tue", "Tue"]}]),
        (
            (
                "UnknownDay",
                ('rollout.windows[0].days[0]: "Mo" is no day; use Mon, Tue, Wed, Thu, Fri, Sat and Sun'),
            ),
            ("Duplicate", 'rollout.windows[0].days: "Tue" is listed twice; list each day once'),
        ),
    ),
    (
        "a city that is no time zone",
        rollout(windows=[{"from": "08:00", "to": "18:00", "timeZone": "Berlin"}]),
        (
            (
                "InvalidName",
                (
                    'rollout.windows[0].timeZone: "Berlin" is not a time zone; use a name of the IANA '
                    'database, such as "Europe/Berlin", or leave it out for UTC'
                ),
            ),
        ),
    ),
    (
        "a check that is a number",
        rollout(checks=[7]),
        (
            (
                "NotAnObject",
                (
                    "rollout.checks[0]: 7 is not an object; give name, metric, under, good, "
                    "total, min, worseBy"
                ),
            ),
        ),
    ),
    (
        "a check of nothing",
        rollout(checks=[{"min": 99}]),
        (("Missing", ("rollout.checks[0].metric: missing; use success or latency, or give good and total")),),
    ),
    (
        "a metric that there is not",
        rollout(checks=[{"metric": "errors", "min": 99}]),
        (
            (
                "UnknownMetric",
                (
                    'rollout.checks[0].metric: "errors" is not a metric; use success or '
                    "latency, or give good and total"
                ),
            ),
        ),
    ),
    (
        "latency without a limit",
        rollout(checks=[{"metric": "latency", "min": 99}]),
        (
            (
                "Missing",
                (
                    "rollout.checks[0].under: missing; use hours, minutes, seconds and "
                    'milliseconds, such as "1m30s" or "500ms"'
                ),
            ),
        ),
    ),
    (
        "success with what others have",
        rollout(checks=[{"metric": "success", "under": "1s", "good": "x", "min": 99}]),
        (
            ("NotForMetric", "rollout.checks[0].under: only metric latency has it; take it off"),
            ("NotForMetric", "rollout.checks[0].good: only a check without metric has it; take it off"),
        ),
    ),
    (
        "a check without a limit",
        rollout(checks=[{"metric": "success"}]),
        (
            (
                "OneOfTwo",
                (
                    "rollout.checks[0].min: missing; give min (percent), or worseBy (percentage "
                    "points below the primary)"
                ),
            ),
        ),
    ),
    (
        "a check with both limits",
        rollout(checks=[{"metric": "success", "min": 99, "worseBy": 1}]),
        (("OneOfTwo", "rollout.checks[0].min: both are given; list the check twice, once with each"),),
    ),
    (
        "a least that no evidence shows",
        rollout(checks=[{"metric": "success", "min": 100}]),
        (("OutOfRange", "rollout.checks[0].min: 100 is out of range; use a number above 0, below 100"),),
    ),
    (
        "worse by nothing",
        rollout(checks=[{"metric": "success", "worseBy": 0}]),
        (("OutOfRange", "rollout.checks[0].worseBy: 0 is out of range; use a number above 0, below 100"),),
    ),
    (
        "worse by true",
        rollout(checks=[{"metric": "success", "worseBy": True}]),
        (
            (
                "OutOfRange",
                ("rollout.checks[0].worseBy: true is out of range; use a number above 0, below 100"),
            ),
        ),
    ),
    (
        "two checks of one name",
        rollout(checks=[{"metric": "success", "min": 99}, {"metric": "success", "min": 98}]),
        (("Duplicate", 'rollout.checks: "success" is listed twice; list each check once'),),
    ),
    (
        "a check's name that is none",
        rollout(checks=[{"metric": "success", "name": "A b", "min": 99}]),
        (
            (
                "InvalidName",
                (
                    'rollout.checks[0].name: "A b" is not a check\'s name; use at most 63 of a-z, 0-9 '
                    "and '-', beginning and ending with a letter or digit"
                ),
            ),
        ),
    ),
    (
        "a query of all versions",
        rollout(checks=[{"name": "carts", "good": GOOD, "total": "sum(hits)", "min": 99}]),
        (
            (
                "InvalidName",
                (
                    'rollout.checks[0].total: "sum(hits)" is not a query of at most 1024 '
                    "characters that names the version; use PromQL such as "
                    'sum(increase(hits{version="$version"}[$window]))'
                ),
            ),
        ),
    ),
    (
        "evidence of nothing",
        rollout(evidence={"confidence": 20, "requests": 0, "within": "soon", "together": 0.5}),
        (
            (
                "OutOfRange",
                ("rollout.evidence.confidence: 20 is out of range; use a number above 50, below 100"),
            ),
            ("OutOfRange", "rollout.evidence.requests: 0 is out of range; use an integer from 1 to 1000000"),
            (
                "NotAnInteger",
                "rollout.evidence.together: 0.5 is not an integer; use an integer from 1 to 1000",
            ),
            (
                "InvalidName",
                (
                    'rollout.evidence.within: "soon" is not a duration; use hours, minutes, '
                    'seconds and milliseconds, such as "1m30s" or "500ms"'
                ),
            ),
        ),
    ),
    (
        "evidence in less time than a step takes",
        rollout(evidence={"within": "5m"}),
        (
            (
                "TooShort",
                (
                    'rollout.evidence.within: "5m" is not longer than '
                    "spec.rollout.steps[1].for, so that step could only hold; give it more time"
                ),
            ),
        ),
    ),
    (
        "evidence that is a list",
        rollout(evidence=[]),
        (
            (
                "NotAnObject",
                "rollout.evidence: [] is not an object; give confidence, requests, within, together",
            ),
        ),
    ),
    (
        "words that are unknown",
        rollout(onFailure="undo", capacity=3, promotion="automatic"),
        (
            ("UnknownValue", 'rollout.onFailure: "undo" is unknown; use rollback or hold'),
            ("UnknownValue", "rollout.capacity: 3 is unknown; use pods or ignore"),
            ("UnknownValue", 'rollout.promotion: "automatic" is unknown; use manual or byOrder'),
        ),
    ),
    (
        "what is to follow success",
        rollout(onSuccess="hold"),
        (
            (
                "UnknownField",
                (
                    "rollout.onSuccess: no such field; known are capacity, checks, evidence, onFailure, "
                    "promotion, steps, windows"
                ),
            ),
        ),
    ),
    (
        "a rollout that is a word",
        {"rollout": "slow"},
        (
            (
                "NotAnObject",
                (
                    'rollout: "slow" is not an object; give steps, checks, evidence, onFailure, capacity, '
                    "promotion, windows"
                ),
            ),
        ),
    ),
)

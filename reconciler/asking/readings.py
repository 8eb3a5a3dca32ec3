"""What the bytes of Prometheus' answers mean: series, a number, or why it is neither. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from kube.reading import loads
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Mapping

_MOST_WORDS = 160
_HARMLESS = "PromQL info"
"""How Prometheus 2.48 to 2.53 begin what newer ones put among `infos`: not about the data."""


class NoAnswerError(Exception):
    """Prometheus' answer says nothing that can be used; the message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class Series:
    """A series of a range query: its labels, and values by time (seconds since the epoch)."""

    labels: Mapping[str, str]
    values: Mapping[float, float]


def matrix(body: bytes) -> list[Series]:
    """Return the series of a range query's answer. Raises NoAnswerError.

    Values may be NaN or infinite: that is for whoever counts them, by series.
    """
    data = _data(body)
    if data.get("resultType") != "matrix":
        raise NoAnswerError(f"Prometheus answered with a {_words(data.get('resultType'))}, not with a matrix")
    return [_series(each) for each in _listed(data)]


def number(body: bytes) -> float:
    """Return what an instant query's answer says: a scalar, or the only series that there is.

    Raises NoAnswerError for none, for several, for NaN and for infinities.
    """
    data = _data(body)
    kind, result = data.get("resultType"), data.get("result")
    if kind == "vector":
        found = _listed(data)
        if not found:
            raise NoAnswerError("the query has no result: its metric or its labels match nothing")
        if len(found) > 1:
            raise NoAnswerError(
                f"the query has {len(found)} results where one is wanted: put sum( ) around it"
            )
        result = found[0].get("value") if isinstance(found[0], dict) else None
    elif kind != "scalar":
        raise NoAnswerError(f"the query results in a {_words(kind)}; a number is wanted, or one series")
    value = _pair(result)[1]
    if not math.isfinite(value):
        raise NoAnswerError(f"the query results in {value}, which is no count")
    return value


def complaint(body: bytes) -> str:
    """Return what an answer that is an error says: Prometheus' own words, or the first of any others."""
    try:
        told = loads(body)
    except ValueError:
        told = None
    if isinstance(told, dict) and told.get("error"):
        return _words(told["error"])
    return _words(body.decode(errors="replace"))


def _data(body: bytes) -> Mapping[str, Any]:
    """Return what a successful answer holds (Prometheus' HTTP API, "Format overview").

    Raises NoAnswerError for an error, for what is no such answer, and for one of which a part is missing, as
    Thanos and Mimir warn of.
    """
    try:
        told = loads(body)
    except ValueError as error:
        raise NoAnswerError(f"no Prometheus answered at that address: {complaint(body)!r}") from error
    if not isinstance(told, dict) or told.get("status") not in ("success", "error"):
        raise NoAnswerError(f"no Prometheus answered at that address: {complaint(body)!r}")
    if told["status"] == "error":
        raise NoAnswerError(f"Prometheus says: {complaint(body)}")
    warnings = told.get("warnings") or []
    for warning in warnings if isinstance(warnings, list) else [warnings]:
        if not str(warning).startswith(_HARMLESS):
            raise NoAnswerError(f"the answer is partial: {_words(warning)}")
    data = told.get("data")
    if not isinstance(data, dict):
        raise NoAnswerError("Prometheus answered without data")
    return data


def _listed(data: Mapping[str, Any]) -> list[Any]:
    """Return the results of a vector or a matrix. Raises NoAnswerError where there is no list of them."""
    result = data.get("result")
    if not isinstance(result, list):
        raise NoAnswerError("Prometheus answered without a list of results")
    return result


def _series(told: Any) -> Series:
    """Return a result of a matrix. Raises NoAnswerError for what is none, such as a native histogram."""
    labels = told.get("metric") if isinstance(told, dict) else None
    values = told.get("values") if isinstance(told, dict) else None
    if not (isinstance(labels, dict) and isinstance(values, list)):
        raise NoAnswerError("Prometheus answered with what is no series")
    return Series({str(key): str(value) for key, value in labels.items()}, dict(map(_pair, values)))


def _pair(told: Any) -> tuple[float, float]:
    """Return a time and the value of that time, which comes as text: "12", "NaN", "+Inf"."""
    try:
        moment, value = told
        return float(moment), float(value)
    except (TypeError, ValueError) as error:
        raise NoAnswerError(f"Prometheus answered with what is no value: {_words(told)}") from error


def _words(told: Any) -> str:
    """Return the beginning of a text, fit for a sentence: on one line, of characters that print.

    It may come from anybody: a proxy's page, a query that Prometheus repeats. It is shown in a status.
    """
    text = " ".join(str(told).split())
    shown = "".join(each if each.isprintable() else "?" for each in text)
    return shown if len(shown) <= _MOST_WORDS else f"{shown[: _MOST_WORDS - 1]}…"

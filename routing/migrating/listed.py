"""Iter8's routemap as it stands in its ConfigMap (`data.strSpec`): its versions and its template."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from routing import names
from routing.migrating.scene import WEIGHT, NotMigratedError
from routing.reading.raw import bounded, listing, section
from routing.reading.violation import shown
from routing.values import dataclass

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from routing.migrating.scene import Given, Manifest, Parse

KINDS = {"svc": "Service", "deploy": "Deployment", "cm": "ConfigMap"}
"""By the short names that Iter8's chart gives: resources of a version that Teal knows what to do with."""
_IS_NAME = dict.fromkeys(KINDS.values(), names.is_service_name) | {"ConfigMap": names.is_host}
_KSERVE = "isvc"
MOST_WEIGHT = 2**32 - 1
"""Iter8's weights are of 32 bits (`uint32`)."""
_DEFAULT_WEIGHT = 1
_NUMBER = re.compile(r"[0-9]{1,10}")
_STR_SPEC = "data.strSpec"


@dataclass(frozen=True, slots=True)
class Version:
    """A version: Teal's name of it, the Service that requests are sent to by it, and its weights.

    `name` is "" where the routemap names no object; `annotated` is the weight in the annotation, None for
    none; `objects`: kind and name of each, in order.
    """

    name: str
    service: str
    weight: int
    annotated: int | None
    objects: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A routemap. `template`: its path and its text."""

    config_map: str
    namespace: str
    versions: tuple[Version, ...]
    template: tuple[str, str]

    @property
    def own_weights(self) -> list[int]:
        """The weights that Iter8 gives by the routemap alone, all versions being available."""
        return _normal([version.weight for version in self.versions])

    @property
    def weights(self) -> list[int]:
        """The same with the annotations."""
        return _normal(
            [version.weight if version.annotated is None else version.annotated for version in self.versions]
        )


def _normal(weights: list[int]) -> list[int]:
    """Iter8 gives the first version all where nobody has any (its `normalizeWeights`)."""
    return weights if any(weights) else [_DEFAULT_WEIGHT, *weights[1:]]


def read(config_map: Manifest, given: Given, parse: Parse, asked: str) -> tuple[Listed, list[str], list[str]]:
    """Return a routemap, what of it a Routemap can't say, and what else is to be known of it.

    `asked`: the namespace where it names none, "" for the one that its versions are in. Raises
    NotMigratedError.
    """
    reading = _Reading(given)
    spec = _spec(config_map, parse)
    namespace = _namespace(config_map, spec, asked)
    versions = tuple(
        reading.version(section(item), f"strSpec.versions[{index}]", namespace)
        for index, item in enumerate(listing(spec, "versions"))
    )
    reading.judge(versions)
    template = _template(spec, reading.left)
    name = section(config_map, "metadata").get("name")
    if not isinstance(name, str) or not names.is_host(name):
        raise NotMigratedError(f"metadata.name: {shown(name)} is no name of a ConfigMap; give its own")
    listed = Listed(name, namespace, versions, template)
    return listed, reading.left, reading.remarks


def _spec(config_map: Manifest, parse: Parse) -> Manifest:
    """Return what a ConfigMap's text says. Raises NotMigratedError where it lists no version."""
    text = section(config_map, "data").get("strSpec")
    if not isinstance(text, str):
        raise NotMigratedError(f"{_STR_SPEC}: missing; Iter8's routemap is a text there")
    try:
        spec = bounded(parse(text))
    except ValueError as error:
        raise NotMigratedError(f"{_STR_SPEC}: {error}") from error
    if not listing(spec, "versions"):
        raise NotMigratedError("strSpec.versions: there is none; Iter8 takes no routemap without")
    return section(spec)


def _namespace(config_map: Manifest, spec: Manifest, asked: str) -> str:
    """Return the namespace that a routemap is in: its own, else the one asked for, else its versions'.

    What `helm template` renders of Iter8's chart names none for the ConfigMap, and the release's for each
    object of a version. Where nobody names one it is "default".
    """
    of_versions = (
        section(item).get("namespace")
        for version in listing(spec, "versions")
        for item in listing(version, "resources")
    )
    own = section(config_map, "metadata").get("namespace")
    return next((each for each in (own, asked, *of_versions) if isinstance(each, str) and each), "default")


def _template(spec: Manifest, left: list[str]) -> tuple[str, str]:
    """Return path and text of the one template; others are told. Raises NotMigratedError for none.

    Iter8 applies what each template of a routemap makes, of whatever kind. A Routemap has one router's
    object, which is what Iter8's charts make.
    """
    found = section(spec, "routingTemplates")
    if not found:
        raise NotMigratedError(
            "strSpec.routingTemplates: there is none, so Iter8 routes nothing by it; bring the "
            "application in by teal init APP"
        )
    (key, template), *others = found.items()
    left += [
        f"strSpec.routingTemplates[{shown(each)[1:-1]}]: a Routemap has one route; apply what this makes by "
        "yourself"
        for each, _ in others
    ]
    path = f"strSpec.routingTemplates[{shown(key)[1:-1]}].template"
    text = section(template).get("template")
    if not isinstance(text, str):
        raise NotMigratedError(f"{path}: missing; Iter8's routing template is a text there")
    return path, text


class _Reading:
    """Reads versions, and collects what is told of them.

    `left`: what a Routemap can't say; `remarks`: what else is to be known; and for itself what keeps versions
    from being Teal's at all. Each is a sentence with field, value and remedy, in the order of reading.
    """

    def __init__(self, given: Given) -> None:
        self._given = given
        self._wrong: list[str] = []
        self.left: list[str] = []
        self.remarks: list[str] = []

    def judge(self, versions: Sequence[Version]) -> None:
        """Raise NotMigratedError with all that keeps versions from being Teal's."""
        if not any(version.name for version in versions):
            self._wrong = self._wrong or ["strSpec.versions: none names a Deployment or a Service; name them"]
        if self._wrong:
            raise NotMigratedError(*self._wrong)

    def version(self, item: Manifest, path: str, namespace: str) -> Version:
        """Return a version, whatever its shape.

        Its Deployment is its name, its Service whom requests are sent to; where one of the two is not listed,
        it is taken to bear the name of the other. `path`: where it stands in the routemap.
        """
        objects = [*self._objects(item, path, namespace)]
        deployment = next((name for kind, name in objects if kind == "Deployment"), "")
        service = next((name for kind, name in objects if kind == "Service"), "")
        name = deployment or service
        if not name and not any(each.startswith(f"{path}.") for each in self._wrong):
            self.left.append(f"{path}: it names neither a Deployment nor a Service; add it to the Routemap")
        if deployment and service and deployment != service:
            self.left.append(
                f"{path}.resources: Deployment {deployment} and Service {service} have two names, and a "
                f"version has one; make Service {deployment} for its pods first: kubectl expose deployment "
                f"{deployment} -n {namespace}"
            )
        weight = self._weight(item.get("weight"), f"{path}.weight")
        annotated = self._annotated(objects, namespace, weight)
        return Version(name, service or name, weight, annotated, tuple(objects))

    def _objects(self, item: Manifest, path: str, namespace: str) -> Iterable[tuple[str, str]]:
        """Yield kind and name of a version's objects, after telling of those that Teal has no use for."""
        for index, each in enumerate(map(section, listing(item, "resources"))):
            at, short, name = f"{path}.resources[{index}]", each.get("gvrShort"), each.get("name")
            where = each.get("namespace") or namespace
            kind = KINDS.get(short) if isinstance(short, str) else None
            if short == _KSERVE:
                self._wrong.append(
                    f"{at}.gvrShort: {shown(short)} is a model of KServe, and is not migrated; in its "
                    "Standard mode write the Routemap by hand (docs/strategies.md, Kinds of your own), "
                    "else leave it to Iter8"
                )
            elif kind is None:
                self.left.append(
                    f"{at}.gvrShort: {shown(short)} is nothing that Teal waits for; it looks at a version's "
                    "Deployment, Service and endpoints"
                )
            elif not isinstance(name, str) or not _IS_NAME[kind](name):
                self._wrong.append(f"{at}.name: {shown(name)} is no name; use {names.SERVICE_NAME}")
            elif where != namespace:
                self._wrong.append(
                    f"{at}.namespace: {shown(where)} is not {shown(namespace)}; a version is in its "
                    "Routemap's namespace: move it there"
                )
            else:
                yield kind, name

    def _weight(self, value: Any, path: str) -> int:
        """Return a version's weight in the routemap; Iter8's default where there is none.

        One that Go could not read into 32 bits without a sign is told: Iter8 drops the whole routemap then.
        """
        if value is None:
            return _DEFAULT_WEIGHT
        if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_WEIGHT:
            return value
        self._wrong.append(f"{path}: {shown(value)} is no weight to Iter8 either; use a whole number from 0")
        return _DEFAULT_WEIGHT

    def _annotated(self, objects: Sequence[tuple[str, str]], namespace: str, weight: int) -> int | None:
        """Return the weight in the annotation of a version's first object, the one that Iter8 looks at.

        Of another object's it is told that it does not count, unless it says what is so anyway.
        """
        found = None
        for index, (kind, name) in enumerate(objects):
            value = self._given.weight(kind, namespace, name)
            if value is None or (index and value == str(weight)):
                continue
            sound = isinstance(value, str) and _NUMBER.fullmatch(value) and int(value) <= MOST_WEIGHT
            if index or not sound:
                why = "it is not on the version's first object" if index else "it is no whole number"
                told = f"{kind} {name}: annotation {WEIGHT}: {shown(value)} does not count"
                self.remarks.append(f"{told} ({why}), and did not for Iter8")
            else:
                found = int(value)
        return found

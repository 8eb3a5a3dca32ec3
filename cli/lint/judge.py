"""Manifests, judged by the rule book as if each were created, and together as if all were."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from cli.lint.documents import Document, documents
from cli.lint.nodes import MalformedError, Place
from routing import names
from routing.reading.raw import section
from routing.reading.violation import shown
from routing.rules import others
from routing.rules.review import Review
from routing.rules.rulebook import RULES, review, review_named
from routing.rules.together import misfits

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from cli.lint.sources import Source
    from routing.kinds import WorkloadKind

ERROR, WARNING = "error", "warning"
UNREADABLE, DUPLICATE, UNWISE, NOT_TEXT = "Unreadable", "DuplicateField", "Unwise", "NotText"
NO_OBJECT = "NoObject"
NAMESPACE, ENCODING = "OtherNamespace", "Encoding"
"""Reasons beside the rule book's: kubectl can't read it; a field twice; a warning; a label or annotation that
is a number or a boolean; metadata that are no object; another namespace than was asked for; bytes that are no
text."""
_GROUPS = {"apps", "iter8.tools", "networking.istio.io", "v1"}
_DEFAULT_NAMESPACE = "default"


@dataclass(frozen=True)
class Finding:
    """A mistake or a warning: where, in which object, by which rule, and the webhook's own sentence.

    `severity` is "error" or "warning", `rule` the rule book's reason or one of those above, `subject` kind
    and name.
    """

    file: str
    place: Place
    severity: str
    rule: str
    subject: str
    message: str


@dataclass
class Findings:
    """What was found in so many files; `values` stand in them, `objects` of those are of Teal's concern."""

    files: int = 0
    values: int = 0
    objects: int = 0
    found: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """How many mistakes there are."""
        return sum(finding.severity == ERROR for finding in self.found)

    @property
    def unreadable(self) -> bool:
        """Whether there is something that kubectl can't read."""
        return any(finding.rule == UNREADABLE for finding in self.found)


@dataclass(frozen=True)
class _Stated:
    """An object, as it reaches the API server, and where it stands.

    `manifest` has a namespace where `document` names none, so places are looked up in the one and rules asked
    of the other. `named`: it is of a kind of workloads that the cluster's administrator has named.
    """

    file: str
    document: Document
    manifest: dict[str, Any]
    named: bool = False

    @property
    def ours(self) -> bool:
        """Whether the webhook would be asked about it, and the rule book has rules for it."""
        if self.named:
            return _has_own_key(self.manifest)
        group = str(self.manifest.get("apiVersion")).partition("/")[0]
        kind = self.manifest.get("kind")
        if kind == "Service" and not _has_own_key(self.manifest):
            return False  # nor would the webhook be asked
        return kind in tuple(RULES) and group in _GROUPS

    def finding(self, path: str, severity: str, rule: str, message: str) -> Finding:
        """Return a finding at a field, or at the nearest thing around it that stands in the text."""
        name = section(self.manifest, "metadata").get("name", "(no name)")
        subject = f"{self.manifest.get('kind')} {name}"
        return Finding(self.file, self.document.place(path), severity, rule, subject, message)


def _kind(manifest: Mapping[str, Any]) -> tuple[str, str]:
    """Return kind and group as an object gives them."""
    group, slash, _ = str(manifest.get("apiVersion")).partition("/")
    return str(manifest.get("kind")), group if slash else ""


def _has_own_key(manifest: Mapping[str, Any]) -> bool:
    metadata = section(manifest, "metadata")
    keys = (key for where in ("labels", "annotations") for key in section(metadata, where))
    return any(key.startswith(names.KEY_PREFIX) for key in keys)


def lint(
    sources: Iterable[Source],
    namespace: str | None = None,
    domain: str = names.DOMAIN,
    named: Sequence[WorkloadKind] = (),
) -> Findings:
    """Judge all objects in some texts. Those that name no namespace are in `namespace`, else in "default".

    Findings are sorted by place within each file, the files in the order in which they were given. What can't
    be read is a finding, too, so one broken document hides none of the others. `domain` is the cluster's,
    `named` are the kinds of workloads that its administrator has named.
    """
    kinds = {(kind.resource.kind, kind.resource.group) for kind in named}
    findings, stated = Findings(), list[_Stated]()
    for source in sources:
        findings.files += 1
        if source.strange is not None:
            findings.found.append(_strange(source.name, source.strange))
        for document in documents(source.text):
            findings.values += 1
            if isinstance(document, MalformedError):
                error = Finding(source.name, document.place, ERROR, UNREADABLE, "", str(document))
                findings.found.append(error)
            else:
                manifest = _placed(document.manifest, namespace or _DEFAULT_NAMESPACE)
                stated.append(_Stated(source.name, document, manifest, _kind(manifest) in kinds))
    findings.objects = sum(item.ours for item in stated)
    for item in stated:
        findings.found += _judged(item, domain) if item.ours else _passed_over(item)
        findings.found += _elsewhere(item, namespace)
    findings.found += _together(stated, domain, named)
    order = {name: index for index, name in reversed([*enumerate(item.file for item in findings.found)])}
    findings.found.sort(key=lambda finding: (order[finding.file], finding.place))
    return findings


def _judged(item: _Stated, domain: str) -> Iterator[Finding]:
    """Judge an object as if it were created, and tell what kubectl would stumble over before.

    Fields given twice are told at their own places. A label that is no text is told once: by a rule about it,
    else here.
    """
    namespace = section(item.manifest, "metadata").get("namespace")
    within = namespace if isinstance(namespace, str) else ""
    asked = Review("CREATE", item.manifest, namespace=within, domain=domain)
    verdict = review_named(asked) if item.named else review(asked)
    told = {violation.path for violation in verdict.violations}
    for violation in verdict.violations:
        yield item.finding(violation.path, ERROR, violation.reason, str(violation))
    for name, place in item.document.duplicates:
        message = f"{name}: given twice; give it once"
        yield replace(item.finding("", ERROR, DUPLICATE, message), place=place)
    for path, value in _no_text(item.manifest):
        if path not in told:
            message = f"{path}: {value} is not text, so kubectl can't read this object; quote it"
            yield item.finding(path, ERROR, NOT_TEXT, message)
    for path, value in _no_object(item.manifest):
        message = f"{path}: {value} is no object, so kubectl can't read this; give `key: value`"
        yield item.finding(path, ERROR, NO_OBJECT, message)
    for warning in verdict.warnings:
        yield item.finding("metadata.name", WARNING, UNWISE, warning)


def _passed_over(item: _Stated) -> Iterator[Finding]:
    """Tell of Teal's words on what it does not look at."""
    if item.manifest.get("apiVersion") and item.manifest.get("kind"):
        for rule in others.RULES:
            for warning in rule(item.manifest):
                yield item.finding("metadata.name", WARNING, UNWISE, warning)


def _together(stated: list[_Stated], domain: str, named: Sequence[WorkloadKind]) -> Iterator[Finding]:
    """Judge all objects side by side, those that are passed over alone among them, such as Services."""
    for misfit in misfits([item.manifest for item in stated], domain, named):
        severity = ERROR if misfit.fails else WARNING
        yield stated[misfit.index].finding(misfit.path, severity, misfit.reason, str(misfit))


def _elsewhere(item: _Stated, asked: str | None) -> Iterator[Finding]:
    """Say what kubectl says (k8s.io/cli-runtime, RequireNamespace). Other kinds may have no namespace."""
    named = section(item.manifest, "metadata").get("namespace")
    if item.ours and asked and isinstance(named, str) and named != asked:
        message = (
            f'the namespace from the provided object "{named}" does not match the namespace "{asked}". '
            f"You must pass '--namespace={named}' to perform this operation."
        )
        yield item.finding("metadata.namespace", ERROR, NAMESPACE, message)


def _placed(manifest: dict[str, Any], namespace: str) -> dict[str, Any]:
    """Return an object in the namespace to which kubectl would send it; without metadata as it is."""
    metadata = manifest.get("metadata")
    if not isinstance(metadata, dict) or metadata.get("namespace"):
        return manifest
    return {**manifest, "metadata": {**metadata, "namespace": namespace}}


def _no_text(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield path and value of labels and annotations that are no text (metav1.ObjectMeta)."""
    for where in ("labels", "annotations"):
        for key, value in section(manifest, "metadata", where).items():
            if value is not None and not isinstance(value, str):
                yield f"metadata.{where}[{key}]", shown(value)


def _no_object(manifest: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield path and value of metadata, or of labels and annotations, that are no objects."""
    metadata = manifest.get("metadata")
    if metadata is not None and not isinstance(metadata, dict):
        yield "metadata", shown(metadata)
    for where in ("labels", "annotations"):
        value = section(manifest, "metadata").get(where)
        if value is not None and not isinstance(value, dict):
            yield f"metadata.{where}", shown(value)


def _strange(file: str, line: int) -> Finding:
    """Tell of bytes that are no text: a warning, since kubectl goes on, with other characters."""
    message = (
        "this is not UTF-8, and kubectl puts U+FFFD in place of each byte that is none; save it as UTF-8"
    )
    return Finding(file, Place(line, 1), WARNING, ENCODING, "", message)

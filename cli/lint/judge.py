"""Manifests, judged by the rule book as if each were created."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from cli.lint.documents import Document, MalformedError, Place, documents
from routing.reading.raw import section
from routing.rules.review import Review
from routing.rules.rulebook import RULES, review

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from cli.lint.sources import Source

ERROR, WARNING = "error", "warning"
UNREADABLE, DUPLICATE, UNWISE = "Unreadable", "DuplicateField", "Unwise"
"""Reasons beside the rule book's: no YAML; a field twice, which the API server refuses; a warning."""
_GROUPS = {"apps", "iter8.tools", "networking.istio.io"}


@dataclass(frozen=True)
class Finding:
    """A mistake or a warning: where, in which object, by which rule, and the webhook's own sentence."""

    file: str
    place: Place
    severity: str
    rule: str
    subject: str
    message: str


@dataclass
class Findings:
    """What was found in so many objects of Teal's concern and so many files."""

    files: int = 0
    objects: int = 0
    found: list[Finding] = field(default_factory=list)

    @property
    def errors(self) -> int:
        """How many mistakes there are."""
        return sum(finding.severity == ERROR for finding in self.found)

    @property
    def unreadable(self) -> bool:
        """Whether a text was no YAML."""
        return any(finding.rule == UNREADABLE for finding in self.found)


def lint(sources: Iterable[Source]) -> Findings:
    """Judge all objects in some texts."""
    findings = Findings()
    for source in sources:
        findings.files += 1
        try:
            for document in documents(source.text):
                if _is_ours(document.manifest):
                    findings.objects += 1
                    findings.found += sorted(
                        _judged(source.name, document), key=lambda finding: finding.place.line
                    )
        except MalformedError as error:
            findings.found.append(Finding(source.name, error.place, ERROR, UNREADABLE, "", str(error)))
    return findings


def _judged(file: str, document: Document) -> Iterator[Finding]:
    manifest, subject = document.manifest, _subject(document.manifest)
    namespace = section(manifest, "metadata").get("namespace")
    asked = Review("CREATE", manifest, namespace=namespace if isinstance(namespace, str) else "")
    verdict = review(asked)
    for violation in verdict.violations:
        place = document.place(violation.path)
        yield Finding(file, place, ERROR, violation.reason, subject, str(violation))
    for name, place in document.duplicates:
        yield Finding(file, place, ERROR, DUPLICATE, subject, f"{name}: given twice; give it once")
    for warning in verdict.warnings:
        yield Finding(file, document.place("metadata.name"), WARNING, UNWISE, subject, warning)


def _is_ours(manifest: dict[str, Any]) -> bool:
    group = str(manifest.get("apiVersion")).partition("/")[0]
    return manifest.get("kind") in tuple(RULES) and group in _GROUPS


def _subject(manifest: dict[str, Any]) -> str:
    return f"{manifest.get('kind')} {section(manifest, 'metadata').get('name', '(no name)')}"

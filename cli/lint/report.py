"""Findings as text for people, as JSON, as SARIF 2.1.0, as annotations of GitHub Actions."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from cli.lint.judge import Finding, Findings


def text(findings: Findings) -> str:
    """Return a line for each finding, as compilers print them, and one that sums up.

    A line is `file:line:column: severity: Kind name: sentence`, so editors and CI find the place.
    """
    lines = [f"{_where(finding)}: {finding.severity}: {_sentence(finding)}" for finding in findings.found]
    warnings = len(findings.found) - findings.errors
    counts = f"{_many(findings.errors, 'error')}, {_many(warnings, 'warning')}"
    seen = f"{_many(findings.objects, 'object')} of Teal's concern in {_many(findings.files, 'file')}"
    if not findings.objects:
        lines.append("nothing here is a Deployment, StatefulSet, Routemap, WeightOverride or VirtualService")
    return "\n".join([*lines, f"{counts} in {seen}\n"])


def as_json(findings: Findings) -> str:
    """Return a list of objects with file, line, column, severity, rule, object and message.

    An empty list where nothing was found. Lines and columns count from 1.
    """
    return json.dumps([_plain(finding) for finding in findings.found], indent=2, ensure_ascii=False) + "\n"


def sarif(findings: Findings) -> str:
    """Return a log of the Static Analysis Results Interchange Format, version 2.1.0 (OASIS)."""
    rules = sorted({finding.rule for finding in findings.found})
    driver = {"name": "teal lint", "rules": [{"id": rule} for rule in rules]}
    run = {"tool": {"driver": driver}, "results": [_result(finding) for finding in findings.found]}
    schema = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json"
    return json.dumps({"$schema": schema, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def github(findings: Findings) -> str:
    """Return workflow commands that GitHub Actions shows beside the lines of a pull request.

    A path or sentence with a line break or a comma can end none of them, nor begin another.
    """
    return "".join(
        f"::{finding.severity} file={_property(finding.file)},line={finding.place.line},"
        f"col={finding.place.column},title={_property(finding.rule)}::{_data(_sentence(finding))}\n"
        for finding in findings.found
    )


FORMATS: Mapping[str, Callable[[Findings], str]] = {
    "text": text,
    "json": as_json,
    "sarif": sarif,
    "github": github,
}


def _plain(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON tells it."""
    return {
        "file": finding.file,
        "line": finding.place.line,
        "column": finding.place.column,
        "severity": finding.severity,
        "rule": finding.rule,
        "object": finding.subject,
        "message": finding.message,
    }


def _result(finding: Finding) -> dict[str, Any]:
    """Return a result of SARIF (section 3.27), whose levels are named as our severities are."""
    region = {"startLine": finding.place.line, "startColumn": finding.place.column}
    location = {"artifactLocation": {"uri": finding.file}, "region": region}
    return {
        "ruleId": finding.rule,
        "level": finding.severity,
        "message": {"text": _sentence(finding)},
        "locations": [{"physicalLocation": location}],
    }


def _where(finding: Finding) -> str:
    return f"{finding.file}:{finding.place.line}:{finding.place.column}"


def _sentence(finding: Finding) -> str:
    return f"{finding.subject}: {finding.message}" if finding.subject else finding.message


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _data(value: str) -> str:
    """Escape the text of a workflow command (actions/toolkit, `escapeData`)."""
    return value.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: str) -> str:
    """Escape a property of a workflow command (actions/toolkit, `escapeProperty`)."""
    return _data(value).replace(":", "%3A").replace(",", "%2C")

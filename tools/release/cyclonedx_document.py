"""An SBOM by CycloneDX's own library, which is in a venv of its own (`tools.release.sbom`).

Standard input: JSON {name, version, components: [{name, version, purl, licence, sha256}]}. Standard output:
the document, valid by CycloneDX's schema, without a time and with a number that follows from its content.
"""

from __future__ import annotations

import json
import sys
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.factory.license import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.dependency import Dependency
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from packageurl import PackageURL


def main() -> int:
    """Read, write, and say on standard error what is not valid."""
    told = json.load(sys.stdin)
    text = document(told)
    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(text):
        print(f"not valid by CycloneDX's schema: {wrong}", file=sys.stderr)
        return 1
    print(text)
    return 0


def document(told: dict[str, Any]) -> str:
    """Return the document."""
    root = Component(
        name=told["name"], version=told["version"], type=ComponentType.APPLICATION, bom_ref="teal"
    )
    root.licenses.add(LicenseFactory().make_with_expression("Apache-2.0"))
    parts = [_component(each) for each in told["components"]]
    bom = Bom(
        components=parts, serial_number=uuid5(NAMESPACE_URL, json.dumps(told, sort_keys=True)), version=1
    )
    bom.metadata.component = root
    bom.dependencies = [
        Dependency(root.bom_ref, dependencies=[Dependency(part.bom_ref) for part in parts]),
        *(Dependency(part.bom_ref) for part in parts),
    ]
    plain = json.loads(JsonV1Dot6(bom).output_as_string())
    del plain["metadata"]["timestamp"]
    return json.dumps(plain, indent=1, sort_keys=True)


def _component(told: dict[str, str]) -> Component:
    made = Component(
        name=told["name"],
        version=told["version"],
        purl=PackageURL.from_string(told["purl"]),
        bom_ref=told["purl"],
        type=ComponentType.LIBRARY,
    )
    made.licenses.add(LicenseFactory().make_from_string(told["licence"]))
    if told["sha256"]:
        made.hashes.add(HashType(alg=HashAlgorithm.SHA_256, content=told["sha256"]))
    return made


if __name__ == "__main__":
    sys.exit(main())

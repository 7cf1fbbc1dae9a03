"""SBOM: says in CycloneDX 1.6 what a set-up is made of: Python packages, Debian packages, and models.

    python -m docker.sbom [build/sbom.cdx.json]

Python packages are those of `requirements.lock` with the digests that set-up accepts, Debian packages those of
`docker/licences.toml` with everything that they need here, models those of the cards. Nothing is asked of a network.
"""

import subprocess
import sys
import tomllib
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_OID, uuid5

from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, Property, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.model.license import DisjunctiveLicense, LicenseExpression
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from docker import licences
from docker.lock import CHECKOUT, LOCK, read, read_digests
from pipeline.weights.card import Card, read_cards

OUTPUT = CHECKOUT / "build" / "sbom.cdx.json"


def sha256(digest: str) -> HashType:
    """Return a digest as CycloneDX words it."""
    return HashType(alg=HashAlgorithm.SHA_256, content=digest)


def python_packages() -> list[Component]:
    """Return every package of the lock; its digests are those of the archives that set-up accepts."""
    text = LOCK.read_text(encoding="utf-8")
    digests = read_digests(text)
    found = []
    for name, pinned in read(text).items():
        purl = PackageURL(type="pypi", name=name, version=pinned)
        archives = ExternalReference(
            type=ExternalReferenceType.DISTRIBUTION, url=XsUri(str(purl)), hashes=map(sha256, sorted(digests[name])),
            comment="one digest for each archive that set-up accepts",
        )  # fmt: skip
        found.append(
            Component(
                type=ComponentType.LIBRARY,
                name=name,
                version=pinned,
                purl=purl,
                bom_ref=str(purl),
                licenses=[LicenseExpression(licences.of_package(name))],
                external_references=[archives],
            )
        )
    return found


def debian_packages() -> list[Component]:
    """Return the Debian packages that are used, and those that they need, as far as they are installed here."""
    named = sorted(licences.table()["debian"])
    options = ["suggests", "recommends", "conflicts", "breaks", "replaces", "enhances"]
    asked = ["apt-cache", "depends", "--recurse", "--installed", *(f"--no-{one}" for one in options), *named]
    told = subprocess.run(asked, check=True, capture_output=True, text=True).stdout
    names = sorted({line for line in told.splitlines() if line and line[0] not in " <|"})
    shown = "${db:Status-Abbrev}\t${Package}\t${Version}\t${Architecture}\n"
    told = subprocess.run(
        ["dpkg-query", "--show", "--showformat", shown, *names], check=False, capture_output=True, text=True
    ).stdout
    rows = [line.split("\t")[1:] for line in told.splitlines() if line.startswith("ii")]
    return [debian_package(*row, direct=row[0] in named) for row in sorted(rows)]


def debian_package(name: str, release: str, architecture: str, *, direct: bool) -> Component:
    """Return one Debian package with the licences that its copyright file names."""
    purl = PackageURL(type="deb", namespace="debian", name=name, version=release, qualifiers={"arch": architecture})
    used = [Property(name="evidence:use", value=licences.table()["debian"][name]["use"])] if direct else []
    return Component(
        type=ComponentType.APPLICATION if direct else ComponentType.LIBRARY, name=name, version=release, purl=purl,
        bom_ref=str(purl), properties=used,
        licenses=[DisjunctiveLicense(name=one) for one in licences.of_debian(name)],
    )  # fmt: skip


def model(card: Card) -> Component:
    """Return a model with its files; those of a hub that were never fetched have no digest yet."""
    source = card.sources[0]
    files = [
        Component(
            type=ComponentType.FILE,
            name=one.name,
            bom_ref=f"model:{card.name}/{one.name}",
            hashes=[sha256(one.sha256)] if one.sha256 else [],
        )
        for one in source.files
    ]
    weights = source.file(card.weights).sha256
    said = {"source": source.kind, "provenance": card.provenance, "weights": card.weights}
    if source.repo:
        said["repository"] = source.repo
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL, name=card.name, version=source.revision or (weights or "")[:12],
        bom_ref=f"model:{card.name}", description=card.about, licenses=[DisjunctiveLicense(name=card.licence)],
        hashes=[sha256(weights)] if weights else [], components=files,
        properties=[Property(name=f"evidence:{key}", value=value) for key, value in said.items()],
    )  # fmt: skip


def bom() -> Bom:
    """Return the whole bill; its number follows from what it lists."""
    models = [model(card) for card in read_cards(CHECKOUT / "models").values()]
    parts = [*python_packages(), *debian_packages(), *models]
    project = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    root = Component(
        type=ComponentType.APPLICATION, name=project["name"], version=project["version"], bom_ref=project["name"],
        licenses=[LicenseExpression(project["license"])],
    )  # fmt: skip
    number = uuid5(NAMESPACE_OID, "\n".join(f"{one.bom_ref} {one.version}" for one in parts))
    made = Bom(components=parts, serial_number=number)
    made.metadata.component = root
    made.metadata.timestamp = datetime.now(UTC)
    made.register_dependency(root, parts)
    return made


def main() -> int:
    """Write the bill, and say how many parts it lists."""
    file = Path(sys.argv[1]) if sys.argv[1:] else OUTPUT
    made = bom()
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(JsonV1Dot6(made).output_as_string(indent=1) + "\n", encoding="utf-8")
    print(f"{len(made.components)} components in {file}")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Worker: one act upon a vault in a bucket, in a process of its own that may be killed."""

import json
import sys
from dataclasses import replace
from pathlib import Path

from pipeline.core.model import AssetId
from pipeline.vault import open_vault
from pipeline.vault.s3.place import Place


def main(where: str, root: str, keys: str, act: str, *rest: str) -> None:
    told = json.loads(where)
    place = Place(**{**told, "access": tuple(told["access"]), "cache": Path(told["cache"])})
    parts = open_vault(Path(root), Path(keys), bucket=replace(place, tries=1))
    print("open", flush=True)
    sys.stdin.readline()
    if act == "preserve":
        parts.vault.preserve(Path(rest[0]))
    elif act == "write-back":
        parts.vault.write_back(AssetId(rest[0]), rest[1], [{"run": rest[1]}], {})
    parts.log.checkpoint()
    print("done", flush=True)


main(*sys.argv[1:])

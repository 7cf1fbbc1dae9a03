"""Worker: one act upon a vault, in a process of its own that may be killed."""

import json
import sys
from pathlib import Path
from typing import Any

from pipeline.core.model import AssetId
from pipeline.core.ports import Budget
from pipeline.vault import VaultParts, open_vault


def main(root: str, keys: str, act: str, *rest: str) -> None:
    parts = open_vault(Path(root), Path(keys))
    if act == "open":
        print(parts.vault_id)
    elif act == "preserve":
        print(parts.vault.preserve(Path(rest[0])).id)
    elif act == "take":
        print(parts.vault.preserve(Path(rest[0]), move=True).id)
    elif act == "write-back":
        asset, run, count = rest
        records = [{"run": run, "n": n} for n in range(int(count))]
        print(parts.vault.write_back(AssetId(asset), run, records, {}))
    elif act == "append":
        name, who, count = rest
        for n in range(int(count)):
            parts.registers.append(name, [{"who": who, "n": n}], key=f"{who}-{n}")
    elif act == "dispose":
        parts.vault.dispose(AssetId(rest[0]), {"by": "p-custodian", "reason": "ordered", "at": "now"})
    elif act == "rewrite":
        parts.vault.rewrite(rest[0], erased, {"by": "p-custodian", "reason": "ordered", "at": "now"})
    elif act == "checkpoint":
        parts.log.checkpoint()
    else:
        many(parts, act, rest)


def erased(record: dict[str, Any], stone: str) -> dict[str, Any]:
    """Replace what a record says of a person."""
    return {**record, "name": None, "erased": stone} if "name" in record else record


def many(parts: VaultParts, act: str, rest: tuple[str, ...]) -> None:
    """Act upon all of a vault."""
    if act == "audit":
        report = parts.vault.audit(budget=Budget(max_rate=int(rest[0]) or None))
        print(report.checked, len(report.findings))
    elif act == "write-back-all":
        for n, asset in enumerate(rest):
            parts.vault.write_back(AssetId(asset), f"run-{n}", [{"n": n}], {})
    else:
        raise SystemExit(json.dumps({"unknown": act}))


main(*sys.argv[1:])

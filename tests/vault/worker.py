"""Worker: one act upon a vault, in a process of its own that may be killed."""

import json
import sys
from pathlib import Path

from pipeline.core.model import AssetId
from pipeline.vault import open_vault


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
    elif act == "checkpoint":
        parts.log.checkpoint()
    else:
        raise SystemExit(json.dumps({"unknown": act}))


main(*sys.argv[1:])

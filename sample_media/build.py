"""Recipe: builds the sample media from packages and numbers, checks every digest, does nothing twice.

    python sample_media/build.py [--out DIR] [--cache DIR]

What is built, from what, and what is true of it stands in ``MANIFEST.toml`` beside this file.
"""

import argparse
import csv
import fcntl
import io
import json
import os
import sys
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(_HERE.parent))

from sample_media.makers import MAKERS, Bench  # noqa: E402 (needs the line above when run as a script)
from sample_media.sources import RecipeError, Source, check, sha256_of, write_whole  # noqa: E402 (as above)

MANIFEST = _HERE / "MANIFEST.toml"
OUT = _HERE / "built" / "media"
CACHE = _HERE / "built" / ".cache"


def read_manifest(path: Path = MANIFEST) -> dict[str, Any]:
    """Return the manifest: sources and items."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def pinned(item: Mapping[str, Any]) -> str | None:
    """Return the digest that an item must have; ``None`` where the encoder's version decides its bytes."""
    return next((fact["value"] for fact in item["facts"] if fact["kind"] == "sha256"), None)


def build(manifest: Mapping[str, Any], out: Path, cache: Path) -> int:
    """Make what is missing or wrong; return how many items were made."""
    out.mkdir(parents=True, exist_ok=True)
    sources = {entry["id"]: Source.read(entry) for entry in manifest.get("source", ())}
    bench = Bench(sources=sources, cache=cache, out=out)
    items = manifest["item"]
    with _alone(_stamp(out)) as stamp:
        for left in out.glob(".partial-*"):
            left.unlink()
        made = 0
        for n, item in enumerate(items, 1):
            if is_built(item, out, stamp):
                continue
            print(f"[{n}/{len(items)}] {item['file']}: {item['what']}", flush=True)
            _make(item, bench, stamp)
            _write_stamp(out, stamp)  # item by item: an interrupted build goes on where it stopped
            made += 1
        for name in sorted(set(stamp) - {item["file"] for item in items}):
            print(f"{name}: not in the manifest any more, removed", flush=True)
            (out / name).unlink(missing_ok=True)
            del stamp[name]
        _write_stamp(out, stamp)
    write_whole(handover(out), _handover(items, out))
    return made


def handover(out: Path) -> Path:
    """Return the list with which the sample is submitted: a row an item, in order, and how it came."""
    return out.parent / f"{out.name}.csv"


def _handover(items: Sequence[Mapping[str, Any]], out: Path) -> bytes:
    text = io.StringIO()
    rows = csv.DictWriter(text, ["path", "source", "provider"])
    rows.writeheader()
    rows.writerows({"path": f"{out.name}/{one['file']}", **one.get("submit", {})} for one in items)
    return text.getvalue().encode()


def is_built(item: Mapping[str, Any], out: Path, stamp: Mapping[str, Any]) -> bool:
    """Tell whether an item is there, made by this recipe, with the bytes that it was made with."""
    file = out / item["file"]
    last = stamp.get(item["file"])
    if last is None or last["recipe"] != _recipe_digest(item) or not file.is_file():
        return False
    return sha256_of(file.read_bytes()) == str(last["sha256"]) == (pinned(item) or last["sha256"])


def read_stamp(out: Path) -> dict[str, Any]:
    """Return what was built in a folder: file → digests of its recipe and of its bytes."""
    file = _stamp(out)
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() and file.stat().st_size else {}


def _make(item: Mapping[str, Any], bench: Bench, stamp: dict[str, Any]) -> None:
    recipe = item["recipe"]
    data = MAKERS[recipe["make"]](recipe, bench)
    if expected := pinned(item):
        check(item["file"], data, expected)
    write_whole(bench.out / item["file"], data)
    stamp[item["file"]] = {"recipe": _recipe_digest(item), "sha256": sha256_of(data)}


def _recipe_digest(item: Mapping[str, Any]) -> str:
    return sha256_of(json.dumps(item["recipe"], sort_keys=True).encode())


def _stamp(out: Path) -> Path:
    # Beside the folder, not in it: everything in the folder is sample media.
    return out.parent / f".{out.name}.stamp.json"


def _write_stamp(out: Path, stamp: Mapping[str, Any]) -> None:
    write_whole(_stamp(out), json.dumps(stamp, indent=1, ensure_ascii=False, sort_keys=True).encode())


@contextmanager
def _alone(stamp: Path) -> Iterator[dict[str, Any]]:
    """Keep two builds from working on one folder; the second waits."""
    lock = os.open(stamp.with_suffix(".lock"), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield json.loads(stamp.read_text(encoding="utf-8")) if stamp.is_file() else {}
    finally:
        os.close(lock)


def main(argv: Sequence[str] | None = None) -> int:
    """Build the sample; 0 when it is there, 2 when it cannot be, 130 when interrupted."""
    parser = argparse.ArgumentParser(description="Build the sample media.")
    parser.add_argument("--out", type=Path, default=OUT, help="folder to build in (default: %(default)s)")
    parser.add_argument("--cache", type=Path, default=CACHE, help="folder of fetched files (default: %(default)s)")
    wanted = parser.parse_args(argv)
    manifest = read_manifest()
    try:
        made = build(manifest, wanted.out.resolve(), wanted.cache.resolve())
    except (RecipeError, OSError) as err:
        print(f"sample media: {err}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("sample media: interrupted; repeat the command to go on", file=sys.stderr)
        return 130
    print(f"sample media: {len(manifest['item'])} items in {wanted.out}, {made} made now", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

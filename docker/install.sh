#!/bin/sh
# Install: the locked packages into the environment of one Python, each archive's SHA-256 checked before anything
# of it is run.
#
#     docker/install.sh PYTHON [LOCK]
#
# Nothing comes that LOCK (requirements.lock) does not list, and no back-end is fetched to build the sources among it.
set -eu
python=$1
here=$(dirname "$0")
lock=${2:-$here/../requirements.lock}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

pip() { "$python" -m pip --disable-pip-version-check --no-input "$@"; }
install() { pip install --no-deps --no-build-isolation --require-hashes "$@"; }
pin() { awk -v name="$1" '/^[a-z]/ { ours = index($0, name "==") == 1 } ours' "$lock"; }

# Sources are built by the locked setuptools: it must be there first.
pin setuptools >"$scratch/setuptools.txt"
[ ! -s "$scratch/setuptools.txt" ] || install -r "$scratch/setuptools.txt"

# One pin of torch stands for builds that differ by place, and among archives with digests pip would take the one whose
# digest the index tells. So the one that this place prefers is fetched first: a wheel, of which nothing is run.
pin torch >"$scratch/torch.txt"
if [ -s "$scratch/torch.txt" ]; then
    pip download --no-deps --only-binary :all: --dest "$scratch" "$(sed -n 's/ .*//p;q' "$scratch/torch.txt")"
    install --no-index --find-links "$scratch" -r "$scratch/torch.txt"
fi

install -r "$lock"

# What the build of torch for graphics cards brings along; the one for processors asks for none of it.
if "$python" - <<'ASK'; then
import sys
from importlib.metadata import PackageNotFoundError, requires
from packaging.requirements import Requirement
try:
    needs = [Requirement(line) for line in requires("torch") or ()]
except PackageNotFoundError:
    needs = []
named = [one for one in needs if one.name.startswith(("cuda-", "nvidia-"))]
sys.exit(not any(one.marker is None or one.marker.evaluate({"extra": ""}) for one in named))
ASK
    install -r "$here/cuda.txt"
fi
pip check

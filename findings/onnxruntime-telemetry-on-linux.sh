#!/usr/bin/env bash
# onnxruntime 1.32.0 on Linux: importing the package writes a persistent device id below the user's
# home and queues a usage event, without a question or a notice. The library's own switch,
# `onnxruntime.disable_telemetry_events()`, can be called after the import only, which is too late
# for the file. The environment variable ORT_DISABLE_TELEMETRY=1, set before the import, prevents it.
#
# Seen: with neither, and with disable_telemetry_events(), the file
#   ~/.cache/Microsoft/DeveloperTools/.onnxruntime/deviceid
# exists after an import; with the variable, no file does.
# Exits 0 while that is so, 1 when it changes. Nothing is sent: the process ends before the first
# look-up of a name, which comes after about nine seconds.
set -euo pipefail

VERSION=1.32.0
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

python3 -m venv "$work/venv"
"$work/venv/bin/pip" install --quiet --disable-pip-version-check "onnxruntime==$VERSION"

# NAME, then the program; further settings of the environment come before it.
files_after() {
    local name=$1 program=$2 && shift 2
    mkdir "$work/$name"
    # CI would suppress telemetry by itself.
    env -i PATH="$PATH" HOME="$work/$name" "$@" "$work/venv/bin/python" -c "$program" >&2
    (cd "$work/$name" && find . -type f | sort)
}

plain=$(files_after plain "import onnxruntime")
function=$(files_after function "import onnxruntime; onnxruntime.disable_telemetry_events()")
variable=$(files_after variable "import onnxruntime" ORT_DISABLE_TELEMETRY=1)

echo "onnxruntime $VERSION, files in an empty home after the import"
printf -- '--- as it comes:\n%s\n' "${plain:-none}"
printf -- '--- with disable_telemetry_events():\n%s\n' "${function:-none}"
printf -- '--- with ORT_DISABLE_TELEMETRY=1:\n%s\n' "${variable:-none}"

if [[ $plain == */deviceid* && $function == */deviceid* && -z $variable ]]; then
    echo "as described: importing it stores a device id, and only the variable prevents that"
else
    echo "changed: see above" >&2
    exit 1
fi

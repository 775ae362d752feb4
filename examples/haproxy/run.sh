#!/bin/sh
# run.sh [RUNS] : builds the agent and runs the comparison of run.py on 127.0.0.1 (24 s a run and way). Needs cc, python3 and
# haproxy. Exit 0: clients saw fewer errors with the agent than with HAProxy's own checks.
set -eu
cd "$(dirname "$0")"
top=../..
command -v haproxy > /dev/null || [ -x /usr/sbin/haproxy ] || { echo "run.sh: no haproxy here"; exit 77; }
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"${CC:-cc}" -std=c99 -O2 -Wall -Wextra -I"$top" -o "$out/agent" agent.c "$top/predscale.c" "$top/forecast.c" "$top/partition.c" -lm
python3 run.py "$out/agent" "${1:-3}"

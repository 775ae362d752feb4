#!/bin/sh
# run.sh [OPTIONS OF run.py] : builds autoscale and runs it and Prometheus' predict_linear on the same data. Needs cc,
# python3 and, without --url, prometheus with its promtool. Exit 0: the two lines are the same at every step.
set -eu
cd "$(dirname "$0")"
top=../..
case " $* " in
*" --url"*) ;;
*) for p in prometheus promtool; do command -v "$p" > /dev/null || { echo "run.sh: no $p here"; exit 77; }; done ;;
esac
out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"${CC:-cc}" -std=c99 -O2 -Wall -Wextra -I"$top" -o "$out/autoscale" ../autoscale.c \
    "$top/predscale.c" "$top/forecast.c" "$top/partition.c" -lm
python3 run.py "$out" "$@"

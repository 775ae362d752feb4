#!/bin/bash
# fuzz.sh SECONDS NAME... : each target tests/fuzz/NAME.c through ../shared/tools/fuzz.sh; exit 1 if any found something.
set -u
tool=${SHARED:-../shared}/tools/fuzz.sh
[ -x "$tool" ] || { echo "fuzz: skipped, no $tool"; exit 0; }
seconds=$1
shift
. tests/check/steps.sh
steps_begin build/fuzz
steps_beside "$(nproc 2> /dev/null || echo 1)"
for name in "$@"; do step "$name" "$tool" . "tests/fuzz/$name.c" "$seconds" "${MAXLEN:-1024}"; done
steps_end

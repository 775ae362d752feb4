#!/bin/bash
# fuzz.sh SECONDS NAME... : each target tests/fuzz/NAME.c through ../shared/tools/fuzz.sh; exit 1 if any found something.
set -u
tool=${SHARED:-../shared}/tools/fuzz.sh
[ -x "$tool" ] || { echo "fuzz: skipped, no $tool"; exit 0; }
seconds=$1
shift
passed=0 failed=0
for name in "$@"; do
    if out=$("$tool" . "tests/fuzz/$name.c" "$seconds" "${MAXLEN:-1024}" 2>&1); then
        passed=$((passed + 1))
        echo "ok      $name: $(tail -n 1 <<< "$out")"
    else
        failed=$((failed + 1))
        echo "$out"
        echo "FAILED  $name"
    fi
done
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

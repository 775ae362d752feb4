#!/bin/sh
# test.sh PROGRAM... : what `make test` does once all is built. Runs the test programs, then the README's program,
# the demo, the golden digest and the ctypes smoke test; the last line sums them all. B is the build folder.
set -u
B=${B:-build}
T=$B/test
passed=0 failed=0
mkdir -p "$T"

pass() { passed=$((passed + 1)); echo "ok      $1"; }
fail() { failed=$((failed + 1)); echo "FAILED  $1"; }

# program NAME COMMAND... : a program whose last line is "N passed, N failed". One that ends otherwise is one failure.
program() {
    name=$1
    shift
    "$@" > "$T/$name.out" 2>&1
    status=$?
    tally=$(tail -n 1 "$T/$name.out" | sed -n 's/^\([0-9]*\) passed, \([0-9]*\) failed$/\1 \2/p')
    if [ -z "$tally" ]; then
        tail -n 20 "$T/$name.out"
        fail "$name: exit $status, no count"
        return
    fi
    passed=$((passed + ${tally% *}))
    failed=$((failed + ${tally#* }))
    if [ "${tally#* }" -eq 0 ] && [ "$status" -eq 0 ]; then
        echo "ok      $name: ${tally% *} passed"
    else
        cat "$T/$name.out"
        [ "${tally#* }" -gt 0 ] || fail "$name: exit $status"
    fi
}

# same WHAT WANTED GOT
same() {
    if [ -s "$2" ] && cmp -s "$2" "$3"; then
        pass "$1"
    else
        diff "$2" "$3" 2>&1 | head -n 20
        fail "$1"
    fi
}

# quoted NAME OUTPUT FROM TO : the lines of that output from one pattern to the other stand in README.md as they are.
quoted() {
    sed -n "/$3/,/$4/p" "$2" > "$T/$1.lines"
    sed -n "/$3/,/$4/p" README.md > "$T/$1.readme"
    same "README.md: the output of $1" "$T/$1.lines" "$T/$1.readme"
}

for p in "$@"; do program "$(basename "$p")" "$p"; done

# example N NAME : the Nth ```c fence of README.md is examples/NAME.c, the untagged fence after it what it prints; stdin is its.
example() {
    awk -v want="$1" '/^```/ { if (inside == "output") exit
                               if (inside) inside = ""
                               else if ($0 == "```c") inside = ++n == want ? "code" : "other"
                               else inside = n == want && $0 == "```" ? "output" : "other"
                               next }
                      inside == "code" { print > code }
                      inside == "output" { print > output }' code="$T/$2.c" output="$T/$2.readme" README.md
    "$B/$2" > "$T/$2.out" 2>&1
    same "README.md: the program is examples/$2.c" "examples/$2.c" "$T/$2.c"
    same "README.md: its output" "$T/$2.out" "$T/$2.readme"
}

example 1 first < /dev/null
example 2 loop < examples/data/shards.csv

if NO_COLOR=1 "$B/demo" examples/data "$B/demo.svg" > "$T/demo.out" 2>&1; then
    sed -i.bak 's#picture: .*#picture: build/demo.svg#' "$T/demo.out"
    same "demo: tests/demo.expected" tests/demo.expected "$T/demo.out"
    same "demo: examples/demo.svg" examples/demo.svg "$B/demo.svg"
else
    tail -n 20 "$T/demo.out"
    fail "demo"
fi
quoted "demo" "$T/demo.out" 'validate  cutover' 'looked at'
"$B/assign" > "$T/assign.out" 2>&1
same "assign: tests/assign.expected" tests/assign.expected "$T/assign.out"
quoted "assign" "$T/assign.out" '^seconds  ' '^   3  ready'
"$B/plan" examples/data/plan.csv > "$T/plan.out" 2>&1
quoted "plan" "$T/plan.out" '^node  rack' '^fleet: '
"$B/controller" examples/data "$B/controller.svg" > "$T/controller.out" 2>&1
same "controller: tests/controller.expected" tests/controller.expected "$T/controller.out"
same "controller: examples/controller.svg" examples/controller.svg "$B/controller.svg"
"$B/autoscale" --svg "$B/autoscale.svg" < examples/data/requests.csv > "$T/autoscale.out" 2>&1
same "autoscale: examples/autoscale.svg" examples/autoscale.svg "$B/autoscale.svg"
quoted "autoscale" "$T/autoscale.out" '^step [0-9]* of' '^predict_linear '
"$B/golden" > "$T/golden.out" 2>&1
same "golden digests: tests/golden/expected.txt" tests/golden/expected.txt "$T/golden.out"

if [ -n "${NO_CTYPES:-}" ]; then
    echo "skipped the ctypes smoke test: NO_CTYPES"
elif command -v python3 > /dev/null; then
    program ctypes python3 -B tests/python/smoke.py "$B/libpredscale.so"
else
    echo "skipped the ctypes smoke test: no python3"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

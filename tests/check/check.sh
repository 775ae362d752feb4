#!/bin/bash
# check.sh : what `make check` does. All tests once more under every sanitizer there is and under valgrind, all programs
# without a warning, an installation, and the gates of ../shared/tools where they are. The last line counts the steps.
set -u
unset MAKEFLAGS MAKELEVEL MFLAGS
shared=${SHARED:-../shared}
jobs=$(nproc 2> /dev/null || echo 2)
B=build/check
. tests/check/steps.sh
steps_begin "$B"

# build NAME CC CFLAGS TARGET... : make in a folder of its own, on the command line so that it wins over the environment.
build() {
    local name=$1 cc=$2 flags=$3
    shift 3
    make -s -j"$jobs" B="$B/${name// /-}" CC="$cc" CFLAGS="$flags" CPPFLAGS= LDFLAGS= "$@"
}

# sanitized NAME CC FLAGS : make test under sanitizers, which end the program at the first finding.
sanitized() {
    local name=$1 cc=$2 flags=$3
    if ! echo 'int main(void) { return 0; }' | "$cc" -x c $flags -o "$B/probe" - 2> /dev/null; then
        skip "$name" "$cc cannot build with $flags"
        return
    fi
    step "$name" build "$name" "$cc" "-O1 -g -fno-omit-frame-pointer -fno-sanitize-recover=all $flags" NO_CTYPES=1 test
}

# Makes every test program, then runs them one by one.
under_valgrind() {
    build valgrind cc "-O1 -g" tests || return 1
    local p n=0
    for p in "$B"/valgrind/unit/* "$B"/valgrind/golden; do
        echo "$p"
        valgrind -q --error-exitcode=9 --leak-check=full --track-origins=yes "$p" || return 1
        n=$((n + 1))
    done
    echo "$n programs, nothing found"
}

# The plan against the optimum of small models, which two ways prove.
small_models() {
    "${CC:-cc}" -std=c99 -O2 -w -I. -Itests tests/check/plan_exact.c "$B/werror/libpredscale.a" -lm -o "$B/plan_exact" || return 1
    "$B/plan_exact" 200 models | /usr/bin/python3 tests/check/plan_glpk.py tests/vectors/plan_small.txt "$B" || return 1
    "$B/plan_exact" 200
}

# What the library writes, read by two JSON libraries of others, and the schemas of those who take decisions.
json_libraries() {
    "${CC:-cc}" -std=c99 -O2 -Wall -Wextra -Werror -I. -Itests tests/check/json_libraries.c "$B/werror/libpredscale.a" \
        -ljansson -lcjson -lm -o "$B/json_libraries" || return 1
    "$B/json_libraries"
}

warning_free() {
    build werror "${CC:-cc}" "-O2 -Werror" all examples bench tests models amalgamation && echo "all programs built with -Werror"
}

# Every run of each protocol, and mutants of it that must be found.
explored() {
    build models "${CC:-cc}" -O2 models || return 1
    for p in "$B"/models/model/*; do "$p" || return 1; done
}

# Into an empty root: a program finds header and library there; uninstall leaves no file behind.
installed() {
    local root=$PWD/$B/root
    rm -rf "$root"
    build install "${CC:-cc}" -O2 DESTDIR="$root" PREFIX=/usr install || return 1
    "${CC:-cc}" -std=c99 -I"$root/usr/include" examples/first.c -L"$root/usr/lib" -lpredscale -lm -o "$B/first" || return 1
    LD_LIBRARY_PATH="$root/usr/lib" "$B/first" || return 1
    grep -q '^Libs: -L${libdir} -lpredscale$' "$root/usr/lib/pkgconfig/predscale.pc" || return 1
    build install "${CC:-cc}" -O2 DESTDIR="$root" PREFIX=/usr uninstall || return 1
    [ -z "$(find "$root" ! -type d)" ] && echo "installed, used, removed"
}

# Same bits everywhere. Of the builds of careless hosts one may differ: clang's -ffp-contract=fast cannot be seen or
# undone by a source, and predscale.h says so.
same_bits() {
    "$shared/tools/golden_arch.sh" . tests/golden/driver.c | tee "$B/golden.txt"
    [ "${PIPESTATUS[0]}" -eq 0 ] || return 1
    ! grep '^hostile' "$B/golden.txt" | grep -v 'clang19-contract-fast' | grep -E 'DIFFERS|BUILD FAIL'
}

# The transfer protocol in full: 3 nodes and 5 epochs (1.1 GiB); with a node lost and a fence; broken in 19 places.
protocol() {
    build protocol "${CC:-cc}" -O2 tests || return 1
    "$B"/protocol/model/transfer 5 && "$B"/protocol/model/transfer 3 lost && bash tests/model/mutants.sh "$B/mutants"
}

step "no warning in any program" warning_free           # first: the steps with $B/werror need it
steps_beside "$jobs"
if command -v valgrind > /dev/null; then step valgrind under_valgrind; else skip valgrind "not here"; fi
if [ -d "$shared/tools" ]; then
    step golden_arch.sh same_bits
    for tool in strict_build.sh symbols.sh header_cxx.sh stack.py; do step "$tool" "$shared/tools/$tool" .; done
else
    skip gates "no $shared/tools"
fi
sanitized "gcc address and undefined" gcc "-fsanitize=address,undefined"
sanitized "clang address and undefined" clang \
    "-fsanitize=address,undefined,float-divide-by-zero,float-cast-overflow"
sanitized "clang memory" clang "-fsanitize=memory"
step "transfer protocol" protocol
step "a million orders" "$B/werror/unit/partition" 1000000
step "200 small models against their optima" small_models
if echo '#include <jansson.h>
#include <cjson/cJSON.h>' | "${CC:-cc}" -x c -fsyntax-only - 2> /dev/null; then
    step "JSON read by jansson and cJSON" json_libraries
else
    skip "JSON read by jansson and cJSON" "no libjansson-dev and libcjson-dev"
fi
step "protocols explored" explored
step "install and uninstall" installed
steps_end

# shellcheck shell=bash
# steps.sh - for check.sh and .ci/run: steps that are counted. Source it; begin with `steps_begin FOLDER`.

steps_begin() {
    log=$1 passed=0 failed=0
    mkdir -p "$log"
}

# step NAME COMMAND... : one line a step, with the last line of what it printed; of a step that failed, all it printed.
step() {
    local name=$1 start=$SECONDS status=0 file
    shift
    file=$log/${name//[^a-zA-Z0-9]/-}.log
    "$@" > "$file" 2>&1 < /dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        passed=$((passed + 1))
        echo "ok      $name: $(tail -n 1 "$file" | cut -c 1-140) ($((SECONDS - start)) s)"
    else
        failed=$((failed + 1))
        tail -n 200 "$file"
        echo "FAILED  $name: exit $status ($((SECONDS - start)) s)"
    fi
}

skip() { echo "skipped $1: $2"; }

steps_end() {
    echo "$passed passed, $failed failed"
    [ "$failed" -eq 0 ]
}

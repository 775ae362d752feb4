# shellcheck shell=bash
# steps.sh - for check.sh, fuzz.sh and .ci/run: steps that are counted. Source it; begin with `steps_begin FOLDER`.

steps_begin() {
    log=$1 beside=1
    mkdir -p "$log"
    : > "$log/tally"
}

# steps_beside N : from here on N steps run beside each other.
steps_beside() { beside=$1; }

# step NAME COMMAND... : one line a step, with the last line of what it printed; of a step that failed, all it printed.
step() {
    while [ "$(jobs -rp | wc -l)" -ge "$beside" ]; do wait -n; done
    if [ "$beside" -gt 1 ]; then run_step "$@" & else run_step "$@"; fi
}

run_step() {
    local name=$1 start=$SECONDS status=0 file=$log/${1//[^a-zA-Z0-9]/-}.log
    shift
    "$@" > "$file" 2>&1 < /dev/null || status=$?
    if [ "$status" -eq 0 ]; then
        echo "ok      $name: $(tail -n 1 "$file" | cut -c 1-140) ($((SECONDS - start)) s)"
        echo passed >> "$log/tally"
    else
        printf '%s\n' "$(tail -n 200 "$file")" "FAILED  $name: exit $status ($((SECONDS - start)) s)"
        echo failed >> "$log/tally"
    fi
}

skip() { echo "skipped $1: $2"; }

# Waits for all steps; how many there were.
steps_end() {
    local failed
    wait
    failed=$(grep -c failed "$log/tally")
    echo "$(grep -c passed "$log/tally") passed, $failed failed"
    [ "$failed" -eq 0 ]
}

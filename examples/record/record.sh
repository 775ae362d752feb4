#!/bin/sh
# record.sh - records the telemetry in examples/data/ from a real Redis Cluster.
#
#     examples/record/record.sh [TICKS] [OUTDIR]        default: 840 ticks (five weeks), examples/data
#
# One tick is one second of wall time, so the default takes about 14 minutes. TICKS is a multiple of 24, at least 96.
# SEED=n in the environment draws another set of tenants and another demand (default 1).
#
# Needs (Debian): redis-server redis-tools libhiredis-dev and a C compiler. Needs no root. If it may, it asks for a
# slightly better priority, so that other work on the machine disturbs the record less.
#
# What it does: compiles record.c in a private directory under ${TMPDIR:-/tmp}, starts six redis-server on 127.0.0.1 (no
# persistence, no replicas, DEBUG allowed from this machine only), makes them a cluster with even slot counts, loads
# and drives them with `record' (its head tells how), and stops and removes everything on any exit, Ctrl-C included.
# OUTDIR is only touched when the whole run went well.
set -eu

ticks=${1:-840}
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
out=${2:-$here/../data}
seed=${SEED:-1}
nodes=6
dir='' pids='' ports='' recorder=''

say() { printf 'record.sh: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

# Nothing in the servers is worth saving, so they are killed; only processes that this script started.
cleanup() {
    trap - EXIT INT TERM HUP
    [ -z "$recorder" ] || kill -TERM "$recorder" 2>/dev/null || :
    for pid in $pids; do kill -KILL "$pid" 2>/dev/null || :; done
    wait 2>/dev/null || :
    [ -z "$dir" ] || rm -rf -- "$dir"
}

check_tools() {
    command -v redis-server >/dev/null || fail "redis-server is missing (Debian: apt-get install redis-server)"
    command -v redis-cli >/dev/null || fail "redis-cli is missing (Debian: apt-get install redis-tools)"
    command -v "${CC:-cc}" >/dev/null || fail "no C compiler: ${CC:-cc} is missing"
    case $ticks in '' | *[!0-9]*) fail "TICKS must be a number, not '$ticks'" ;; esac
    if [ "$ticks" -lt 96 ] || [ $((ticks % 24)) -ne 0 ]; then fail "TICKS must be a multiple of 24, at least 96"; fi
    mkdir -p "$out" || fail "cannot create $out"
    out=$(CDPATH='' cd -- "$out" && pwd)
}

build() {
    echo '#include <hiredis/hiredis.h>' | "${CC:-cc}" -fsyntax-only -x c - 2>/dev/null ||
        fail "hiredis is missing (Debian: apt-get install libhiredis-dev)"
    "${CC:-cc}" -std=c99 -O2 -Wall -Wextra -pedantic -o "$dir/record" "$here/record.c" -lhiredis -lm ||
        fail "record.c did not compile"
}

# Start one server on the first port from $port on that is free, as is its bus port (+10000). Its own log tells how it
# went: a question to the port might be answered, or left hanging, by whoever else has it.
start_node() {
    while [ "$port" -lt 22000 ]; do
        mkdir -p "$dir/$port"
        log=$dir/$port/log
        redis-server --port "$port" --bind 127.0.0.1 --dir "$dir/$port" --logfile "$log" --save '' --appendonly no \
            --cluster-enabled yes --cluster-config-file nodes.conf --cluster-node-timeout 15000 \
            --cluster-require-full-coverage no --enable-debug-command local >"$dir/$port/start" 2>&1 &
        pid=$!
        tries=0
        until grep -q 'Ready to accept connections' "$log" 2>/dev/null; do
            tries=$((tries + 1))
            if [ "$tries" -gt 100 ]; then
                pids="$pids $pid"
                fail "redis-server did not start: $(tail -n 3 "$dir/$port/start" "$log" 2>/dev/null)"
            fi
            if grep -q -e 'Failed listening' -e 'Address already in use' "$log" 2>/dev/null; then break; fi
            sleep 0.1
        done
        port=$((port + 1))
        if grep -q 'Ready to accept connections' "$log"; then
            pids="$pids $pid" ports="$ports $((port - 1))"
            return 0
        fi
        kill -KILL "$pid" 2>/dev/null || :
        say "port $((port - 1)) or $((port + 9999)) is taken, trying the next"
    done
    fail "no free port found between 21000 and 22000"
}

# Epochs first: a node takes one only while it knows no other. Slots: node n gets [n * 16384 / 6, (n + 1) * 16384 / 6).
form_cluster() {
    first=${ports# } first=${first%% *} n=0
    for p in $ports; do
        redis-cli -p "$p" CLUSTER SET-CONFIG-EPOCH $((n + 1)) >/dev/null
        redis-cli -p "$p" CLUSTER ADDSLOTSRANGE $((n * 16384 / nodes)) $(((n + 1) * 16384 / nodes - 1)) >/dev/null
        n=$((n + 1))
    done
    for p in $ports; do redis-cli -p "$first" CLUSTER MEET 127.0.0.1 "$p" >/dev/null; done
    for p in $ports; do
        tries=0
        until [ "$(redis-cli -p "$p" CLUSTER INFO | tr -d '\r' |
            grep -cx -e 'cluster_slots_ok:16384' -e 'cluster_state:ok')" -eq 2 ]; do
            tries=$((tries + 1))
            [ "$tries" -lt 100 ] || fail "the nodes did not become a cluster within 20 s"
            sleep 0.2
        done
    done
}

value() { sed -n "s/^$1,//p" "$dir/out/run.csv"; }

write_readme() {
    cat <<END
# Telemetry of a real Redis Cluster

Recorded with \`$command\` on $(value recorded)
by examples/record/record.sh and record.c: redis-server $(value redis_version), six nodes on 127.0.0.1, no replicas, $(uname -m),
$(getconf _NPROCESSORS_ONLN) processors shared with other work. Nothing in these files was edited afterwards.

One tick is one second of wall time and stands for one hour: a day is 24 ticks, a week 168. Tick 0 is 00:00 of
weekday $(value first_weekday) (0 is Monday). $(value shards) tenants, each one hash slot of $(value keys_per_shard) keys, ten on each node. The load is open
(Poisson arrivals, seed $(value seed)); the shapes of the tenants are in record.c. A request is a GET or a SET and a DEBUG SLEEP of
$(value sleep_us) us in one pipeline; the sleep is the limited capacity of a node. An idle node was measured before the recording, in
a closed loop with $(value inflight) requests under way: **$(value capacity_rps) requests/s**. A request that is not answered
$(value timeout_us) us after it was due is an error.

| what | tick |
|---|---|
| ticks | $(value ticks) (0 .. $(($(value ticks) - 1))) |
| now, where the demo stands | $(value now) |
| onset: node $(value failing_node) begins to degrade | $(value onset) |
| kill: node $(value failing_node) is killed and stays dead | $(value kill) |

Injected from onset to kill, on node $(value failing_node) only: the sleep of a request grows up to twofold, some 40 to 240 KB
leak per tick, and the process is stopped (SIGSTOP) $(value pauses) times, $(value paused_us) us together, for longer and
more often towards the end. Everything else that looks odd is the machine. In all $(value requests) requests were answered
and $(value errors) failed (time-outs during the pauses, and everything meant for the dead node).

## nodes.csv: heartbeats, one row per node and tick that was answered

A node is asked for INFO when a tick ends. If the answer has not come when the next tick ends, there is no row, and a
node that still owes an answer is not asked again. All differences are to the previous row of the same node (for the first
row: to just before tick 0), so after a gap they cover more than one tick.

| column | meaning |
|---|---|
| tick, node | the tick that ended; 0 .. 5 |
| sent_us, received_us | when INFO was asked and when the answer was there, in us since the start of tick 0 |
| requests, errors | answered in time; failed (time-out, lost connection, error reply), as the client saw it up to sent_us |
| latency_us | mean of the answered ones, counted from the moment they were due; 0 if there were none |
| busy_us | time the server spent in commands (sum of usec of INFO commandstats), sleeps included; also the time it was stopped, if that was within a command |
| cpu_us | processor time, system and user |
| memory_bytes | used_memory, not a difference |
| net_in_bytes, net_out_bytes | all connections, the cluster bus not included |

## shards.csv: demand

tick, then for each shard how many requests arrived in the tick, answered or not, counted by the client.

## cluster.csv: the shards

shard, its slot, the node that owns it (never changed), the tenant (also the keys' hash tag; the name tells its shape), bytes
(sum of MEMORY USAGE just before tick 0) and keys (CLUSTER COUNTKEYSINSLOT).

## run.csv: the parameters above for programs, as key,value

killed_us is the moment of the kill, on the clock of sent_us.
END
}

command="examples/record/record.sh${*:+ $*}"
check_tools
trap cleanup EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
dir=$(mktemp -d "${TMPDIR:-/tmp}/psc-record.XXXXXX")
mkdir "$dir/out"
build
renice -n -5 -p $$ >/dev/null 2>&1 || :
date=$(date)
port=21000 n=0
while [ "$n" -lt "$nodes" ]; do
    start_node
    n=$((n + 1))
done
form_cluster

targets='' rest=$pids
for p in $ports; do
    rest=${rest# }
    targets="$targets $p:${rest%% *}"
    rest=${rest#* }
done
# shellcheck disable=SC2086
"$dir/record" "$dir/out" "$ticks" "$seed" $targets &
recorder=$!
wait "$recorder" || { recorder=''; fail "the recording failed, $out is unchanged"; }
recorder=''

version=$(redis-server --version | sed 's/.* v=\([^ ]*\) .*/\1/')
printf 'recorded,%s\nredis_version,%s\n' "$date" "$version" >>"$dir/out/run.csv"
write_readme >"$dir/out/README.md"
cp "$dir"/out/* "$out/"
say "recorded $ticks ticks into $out"

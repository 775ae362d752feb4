#!/bin/sh
# cluster.sh start|stop|kill N|restart N : six Redis nodes on 127.0.0.1, ports 7301 to 7306, in $DIR (build/redis). Every
# write is on disk before it is acknowledged (appendfsync always), so that a node may be killed at any time.
set -eu
mkdir -p "${DIR:=build/redis}"
DIR=$(cd "$DIR" && pwd)
FIRST=7301 LAST=7306

node()
{
    mkdir -p "$DIR/$1"
    redis-server --port "$1" --bind 127.0.0.1 --cluster-enabled yes --cluster-config-file nodes.conf --dir "$DIR/$1" \
        --cluster-node-timeout 15000 --cluster-require-full-coverage no --save '' --appendonly yes --appendfsync always \
        --daemonize yes --logfile "$DIR/$1/log" --pidfile "$DIR/$1/pid" > /dev/null
}

cli() { port=$1; shift; redis-cli -p "$port" "$@"; }

start()
{
    rm -rf "$DIR"/*
    for p in $(seq $FIRST $LAST); do node "$p"; done
    for p in $(seq $FIRST $LAST); do
        until cli "$p" ping > /dev/null 2>&1; do sleep 0.1; done
        cli "$p" cluster set-config-epoch $((p - FIRST + 1)) > /dev/null
    done
    i=0
    for p in $(seq $FIRST $LAST); do
        cli $FIRST cluster meet 127.0.0.1 "$p" > /dev/null
        cli "$p" cluster addslotsrange $((i * 16384 / 6)) $(((i + 1) * 16384 / 6 - 1)) > /dev/null
        i=$((i + 1))
    done
    for p in $(seq $FIRST $LAST); do
        until cli "$p" cluster info | grep -q 'cluster_slots_ok:16384'; do sleep 0.1; done
    done
}

case $1 in
start) start ;;
stop) for p in $(seq $FIRST $LAST); do cli "$p" shutdown nosave > /dev/null 2>&1 || true; done ;;
kill) kill -9 "$(cat "$DIR/$2/pid")" ;;
restart) node "$2" ;;
esac

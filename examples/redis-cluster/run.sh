#!/bin/bash
# run.sh POLICY SEED KILLS [TICKS [MS [CAPACITY [RATE]]]] : one run of client and controller on a fresh cluster. POLICY:
# none, rebalance (redis-cli --cluster rebalance, again and again), react, predict or shuffle. KILLS: none, controller
# (kill -9 at random moments, started anew at once), nodes (the controller, and a node now and then). RATE: bytes a second
# to copy. Prints what client and controller count, and whether all six nodes say the same of every slot. Exit 1 if a
# write was lost or they do not agree.
set -u
policy=$1 seed=$2 kills=$3 ticks=${4:-144} ms=${5:-150} capacity=${6:-110} rate=${7:-10000000}
here=$(dirname "$0")
B=${B:-build}
export DIR=${DIR:-$B/redis}
RANDOM=$seed
controlled=0 nodes=0

"$here/cluster.sh" start || exit 2
client= controller=
finish() {
    kill -9 $client $controller 2> /dev/null
    [ -n "${KEEP:-}" ] || "$here/cluster.sh" stop
}
trap finish EXIT
trap 'exit 3' TERM INT

"$B/redis-client" "$DIR" "$seed" "$ticks" "$ms" "$capacity" > "$DIR/client.txt" 2>&1 &
client=$!
begin() {
    case $policy in
    react | predict | shuffle)
        "$B/redis-controller" "$DIR" "$policy" "$capacity" "$rate" >> "$DIR/controller.txt" 2>&1 & controller=$! ;;
    esac
}
begin
while kill -0 $client 2> /dev/null; do
    case $kills in
    none) sleep 0.5 ;;
    *)  sleep 0.$((RANDOM % 9 + 1))
        if [ -n "$controller" ] && [ ! -e "$DIR/over" ]; then
            kill -9 "$controller" 2> /dev/null && controlled=$((controlled + 1))
            wait "$controller" 2> /dev/null
            begin
        fi
        if [ "$kills" = nodes ] && [ $((RANDOM % 8)) -eq 0 ] && [ ! -e "$DIR/over" ]; then
            port=$((7301 + RANDOM % 6))
            "$here/cluster.sh" kill $port && nodes=$((nodes + 1))
            sleep 0.$((RANDOM % 3 + 1))
            "$here/cluster.sh" restart $port
        fi ;;
    esac
    [ "$policy" != rebalance ] || redis-cli --cluster rebalance 127.0.0.1:7301 >> "$DIR/controller.txt" 2>&1
done
wait $client
lost=$?
for patience in $(seq 100); do      # it finishes the move that it has begun; one that cannot must not hold the run
    [ -n "$controller" ] && kill -0 "$controller" 2> /dev/null || break
    sleep 0.1
done

# Gossip needs a moment; then every node must say the same of every slot, and none may be open.
agree=0
for patience in $(seq 100); do
    for p in 7301 7302 7303 7304 7305 7306; do
        redis-cli -p $p cluster slots | tr '\n' ' ' | sed 's/ 127\.0\.0\.1//g' | grep -o '[0-9]* [0-9]* 73[0-9]*' |
            awk '{ for (s = $1; s <= $2; s++) print s, $3 }' | sort -n > "$DIR/slots.$p"
        redis-cli -p $p cluster nodes | grep -c '\[' > "$DIR/open.$p"
    done
    agree=$(md5sum "$DIR"/slots.73* | cut -d' ' -f1 | sort -u | wc -l)
    all=$(wc -l < "$DIR/slots.7301")
    open=$(cat "$DIR"/open.73* | awk '{ s += $1 } END { print s }')
    [ "$agree" -eq 1 ] && [ "$all" -eq 16384 ] && [ "$open" -eq 0 ] && break
    sleep 0.1
done
echo "$policy seed $seed kills $kills ($controlled controllers, $nodes nodes): $(tail -n 1 "$DIR/client.txt");" \
    "moves $(grep -c '^moved' "$DIR/controller.txt" 2> /dev/null); views $agree slots $all open $open"
[ "$lost" -eq 0 ] && [ "$agree" -eq 1 ] && [ "$all" -eq 16384 ] && [ "$open" -eq 0 ]

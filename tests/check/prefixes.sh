#!/bin/sh
# prefixes.sh BUILD SHARED: every prefix, from no value up, of 20 development series through build/bench/forecast, and all series
# with a tenth of their values removed: each forecast complete, finite, and with its interval in order.
B=$1 D=$2/data/forecast

# every prefix of the first 7, 7 and 6 series
prefixes()
{
    for set in hourly:7 weekly:7 load:6; do
        head -n "${set#*:}" "$D/${set%:*}.train.txt"
    done | awk -F, '{ n = split($4, v, " "); y = ""; print $1 "-0," $2 "," $3 ","
                      for (i = 1; i <= n; i++) { y = y (i > 1 ? " " : "") v[i]; print $1 "-" i "," $2 "," $3 "," y } }'
}

# all series with gaps, drawn by a linear congruential generator
gappy()
{
    cat "$D"/hourly.train.txt "$D"/weekly.train.txt "$D"/load.train.txt | awk -F, 'BEGIN { s = 1 }
        { n = split($4, v, " "); y = ""
          for (i = 1; i <= n; i++) { s = (s * 16807) % 2147483647; y = y (i > 1 ? " " : "") (s < 214748365 ? "nan" : v[i]) }
          print $1 "," $2 "," $3 "," y }'
}

# id,horizon,... on one stream, its forecasts on the other: rows wanted and rows that are sound
check()
{
    "$1" | tee "$T/in" | "$B/bench/forecast" > "$T/out" || exit 1
    awk -F, -v what="$1" 'NR == FNR { want += $2; next }
        $3 + 0 == $3 && $4 <= $5 && $6 <= $4 && $5 <= $7 && $3 > -1e300 && $3 < 1e300 && $6 > -1e300 && $7 < 1e300 { good++ }
        END { printf "%s: %d of %d steps sound\n", what, good, want; exit good != want }' "$T/in" "$T/out"
}

T=$(mktemp -d)
trap 'rm -rf "$T"' EXIT
check prefixes && check gappy

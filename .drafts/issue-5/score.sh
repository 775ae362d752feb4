#!/bin/sh
# score.sh OUT: cross-fitted figures
cd /tmp/i5; OUT=${1:-out}; mkdir -p $OUT
if [ ! -d odd ]; then for p in odd even; do mkdir -p $p; for f in d/*.csv; do ln -sf ../$f $p/; done; rm -f $p/streams.csv; done
/usr/bin/python3 - <<'P'
import csv
rows=list(csv.DictReader(open('/tmp/i5/d/streams.csv')));n={}
o={0:[],1:[]}
for r in rows:
    k=n.get(r['dataset'],0);n[r['dataset']]=k+1;o[k%2].append(r)
for k,nm in((0,'odd'),(1,'even')):
    w=csv.DictWriter(open('/tmp/i5/%s/streams.csv'%nm,'w'),rows[0].keys(),lineterminator='\n');w.writeheader();w.writerows(o[k])
P
fi
for ds in cmapss smd asd nab; do H=30; [ $ds = asd ] && H=12
 for p in odd even; do q=even; [ $p = even ] && q=odd
  nice ./inst --fit $p --only $ds --horizon $H > $OUT/$ds.$p.model || exit 1
  awk -F, -v d=$ds '$2==d{print $1,$6}' $q/streams.csv | while read s n; do nice ./inst --fleet $OUT/$ds.$p.model --learn $n --horizon $H d/$s.csv > $OUT/$s.csv || exit 1; done
 done; done

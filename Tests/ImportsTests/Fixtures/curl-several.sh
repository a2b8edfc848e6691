#!/bin/bash
# what a person writes
curl -s http://HOST/a/../b/./c?x=1#frag
curl -sSL -XPUT -H"X-One: 1" -HX-Two:2 "http://HOST/put" -d a=1 -d 'b=two words&c=%20' ; curl -I http://HOST/head
curl -G http://HOST/search --data-urlencode 'q=a&b c' -d plain=1 && curl http://HOST/n1 http://HOST/n2 -o /dev/null -o /dev/null
curl -u 'ann:secret word' --json '{"a":1}' http://HOST/json
curl http://HOST/form \
  --data-urlencode name=René \
  --data-urlencode '=x y'
curl --digest -u a:b http://HOST/digest
curl http://HOST/r[1-3]
curl http://HOST/get -X GET --data '{"body":"of a GET"}' -H "Content-Type: application/json"
curl http://HOST/unknown --frobnicate
curl http://elsewhere.test/x
echo done

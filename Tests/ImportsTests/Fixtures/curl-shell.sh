#!/bin/bash
# as people paste them from a terminal and from documentation
curl -s http://HOST/redirected?x=1 > out.json 2>/dev/null
curl http://HOST/piped -d 'a=1' | cat
curl 'http://HOST/joined'"?a=b"\&c=d%20e -X POST --data 'one'"two"three
curl --data-urlencode 'user@shop=ann@example.com' --data-urlencode 'note@lines.txt' http://HOST/names
curl -XPOST -H 'X-Empty;' -H 'Accept:' -H'Content-Type:text/plain;charset=utf-8' http://HOST/heads -d $'tab\there \'q\' \\ \u20ac'
curl "http://HOST/dollar?p=\$1" -d "cost=\$5&q=\"x\"&b=\\n"
curl --url http://HOST/url --request PATCH --data-raw '@not-a-file'
curl http://HOST/json --json '{"a":1,' --json '"b":[2]}'
curl -G http://HOST/get?z=0 -d a=1 -d 'b=2' --data-urlencode 'c=3 & 4'
curl http://HOST/file -H "Content-Type: text/plain" --data-binary @lines.txt
curl -d '' http://HOST/nothing
curl -X DELETE http://HOST/items/%7B1%7D -H "If-Match: \"a\""
TOKEN=abc curl http://HOST/prefixed
if true; then curl http://HOST/then; fi

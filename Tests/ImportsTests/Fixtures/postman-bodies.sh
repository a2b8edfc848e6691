curl "http://HOST/raw" -H 'Content-Type: text/plain' --data-binary $'plain $text #1\n'
curl -X PUT "http://HOST/xml" -H 'Content-Type: application/xml' -d '<a b="1"/>'
curl "http://HOST/form" -d 'a=1+%26+2&%C3%A9=%C3%BC'
curl "http://HOST/multi" -F title=t -F 'doc=@example.bin;type=application/octet-stream'
curl -X PUT "http://HOST/file" -H 'Content-Type: application/octet-stream' --data-binary @example.bin
curl "http://HOST/graphql" -H 'Content-Type: application/json' -d '{"query":"query A($n: Int) {\n  a(n: $n) { id }\n}","variables":{"n": 1}}'
curl "http://HOST/pruned"
curl -X GET "http://HOST/kept" -H 'Content-Type: application/json' -d '{"q":1}'

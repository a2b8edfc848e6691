curl 'http://HOST/graphql' --compressed -X POST -H 'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0' -H 'Accept: */*' -H 'Accept-Encoding: gzip, deflate, br, zstd' -H 'Content-Type: application/json' -H 'Connection: keep-alive' -H 'If-None-Match: "abc"' --data-raw '{"query":"{ a { b } }"}'
curl 'http://HOST/list?tags\[\]=1&tags\[\]=2' -X DELETE -H 'Accept: */*'

curl -g "http://HOST/users/ann/orders/17?limit=10&q=a%20b&k=s3cr3t"
curl "http://HOST/form" --data-urlencode 'a=1 & 2' -d '%C3%A9=%C3%BC' -d e=
curl "http://HOST/raw" -H 'Content-Type: application/json' -d $'{\n  "a": "s3cr3t", "c": "http://x//y"\n}'
curl -X PUT "http://HOST/in/folder/" -u u:p:w -H 'Content-Type: text/plain' -d 'plain text'
curl "http://HOST/data" -F 't=va"lue' -F 'j={"x":1};type=application/json'
curl "http://HOST/plain?k=s3cr3t"

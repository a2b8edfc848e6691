curl "http://HOST/short?a=1"
curl "http://HOST/basic" -H 'Content-Type: text/csv' -d 'a;b'

curl "http://HOST/v/v2/list?key=AK1"
curl "http://HOST/u/value-of-UNKNOWN_ID"
curl "http://HOST/made" -H 'Content-Type: application/json' -d '{"version":"v2","n":5}'

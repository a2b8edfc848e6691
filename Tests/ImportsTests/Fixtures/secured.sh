curl "http://HOST/api/accounts" -H 'Authorization: Bearer value-of-BEARER'
curl "http://HOST/api/public"
curl "http://HOST/api/keyed" -H 'X-Api-Key: value-of-KEY'
curl "http://HOST/api/query?filter%5Bfrom%5D=2026-01-01&filter%5Bopen%5D=true&api_key=value-of-QUERYKEY"
curl "http://HOST/api/basic" -H 'Authorization: Basic value-of-BASIC'
curl "http://HOST/api/transfers" -H 'Content-Type: application/json' -d '{"amount":12.5,"to":"CA-1","big":9007199254740993}'

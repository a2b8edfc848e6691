curl "http://HOST/login" -H 'Content-Type: application/json' -d '{
  "user": "ann",
  "password": "p4ss-word"
}'
curl "http://HOST/me?full=true"
curl "http://HOST/accounts/12/list"
curl -X DELETE "http://HOST/things/t1"

curl "http://HOST/v1/pets?limit=5&tags=cat&tags=big%20dog" -H 'X-Trace: t-1'
curl "http://HOST/v1/pets" -H 'Content-Type: application/json' -d '{"name":"Rex","kind":"dog","born":"2026-01-01","owner":{"name":"example","vip":true},"toys":[{"name":"exam"}]}'
curl "http://HOST/v1/pets/42"
curl -X PUT "http://HOST/v1/pets/42" --data-urlencode 'name=R & D' -d age=1
curl -X DELETE "http://HOST/v1/pets/42"
curl "http://HOST/v1/photos" -F title=me -F 'photo=@example.bin;type=application/octet-stream'

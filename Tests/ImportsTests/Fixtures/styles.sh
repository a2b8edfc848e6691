curl -g --path-as-is "http://HOST/v3/matrix/;m=5/label/.red/simple/a%20b,c%2Fd"
curl -g "http://HOST/v3/query?plain=x%26y%3Dz&csv=1,2&pipe=p%7Cq&deep%5Ba%5D=3&raw=/a?b&json=%7B%22k%22%3A%5B1%5D%7D"
curl "http://HOST/v3/body" -H 'Content-Type: application/vnd.shop+json' -d '{"id":"0b0c1d2e-0000-4000-8000-000000000001","tags":["t","t"],"kind":"big","more":{"n":2},"at":"2026-01-02T03:04:05Z"}'
curl -X PATCH "http://HOST/v3/body" -H 'Content-Type: text/plain' -d 'hello: {world}'

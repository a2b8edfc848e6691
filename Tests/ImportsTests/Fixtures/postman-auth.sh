curl "http://HOST//bearer"
curl "http://HOST//basic"
curl "http://HOST//key?x=1&api_key=qk"
curl "http://HOST//oauth"

curl --http1.1 http://HOST/first -d one=1 --next http://HOST/second -H 'X-Api-Key: k-1' --next -X PATCH http://HOST/third --json '{"z":"\u00e9"}'
curl "http://HOST/quoted?a=\"b\"" -H "X-Q: \$5 \`x\`" -A agent/1 -e http://HOST/from
curl $'http://HOST/ansi?tab=%09' -d $'\x61=\101\ttab'
curl -K options.txt http://HOST/config
curl http://HOST/open -d 'never closed

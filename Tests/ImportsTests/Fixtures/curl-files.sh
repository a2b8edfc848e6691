curl http://HOST/upload -F 'title=My "file"' -F 'file=@example.bin;type=text/plain;filename=other.txt' -F note='<example.bin'
curl http://HOST/binary --data-binary @example.bin -H 'Content-Type: application/octet-stream'
curl -T example.bin http://HOST/put/
curl http://HOST/lines -d @lines.txt
curl http://HOST/two -F t=1 -F t=2
curl http://HOST/lost -d @lost.txt

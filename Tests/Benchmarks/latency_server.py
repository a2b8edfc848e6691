#!/usr/bin/env python3
"""A server of known latencies, for latencies.py: `latency_server.py http1|http2 KIND NUMBER…`. It answers every request
alike, prints its port, and once its input ends, one line of JSON for each: when the request came, and how long it was held.

A request came when the system had its bytes (SO_TIMESTAMPNS), however late this program looked; it was answered somewhere
between the moments before and after the call that sent the answer. So what other programs do to this one is measured, and is
no fault of whoever measures it. Requests that one look finds together have one time of the system's, that of the last: then
the others came at the earliest when the server had looked before. HTTP/2 is spoken as far as the path of a request, which is
not looked at: frames are counted, and headers not decoded.
"""
import gc
import heapq
import json
import select
import socket
import struct
import sys
import time

SO_TIMESTAMPNS = 35
BODY = b'{"ok":true}'
HTTP1 = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(BODY), BODY)
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# Before an answer is due the server looks again and again: a sleep ends too late.
EAGER = 1_200_000
# Each draw falls into the widest gap that the draws before have left (as Sources/TestTarget/LatencySource.swift does it).
GOLDEN = 0.6180339887498949


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


# Status 200, and two fields without an index (RFC 7541, section 6 and appendix A).
FIELDS = b"\x88\x0f\x10\x10application/json\x0f\x0d\x02%d" % len(BODY)


def latencies(kind, numbers):
    draw = 0
    while True:
        draw += 1
        share = draw * GOLDEN % 1
        if kind == "fixed":
            milliseconds = numbers[0]
        elif kind == "uniform":
            milliseconds = numbers[0] + (numbers[1] - numbers[0]) * share
        else:
            usual, other, part = numbers
            milliseconds = other if share < part else usual
        yield int(milliseconds * 1e6)


class Connection:
    def __init__(self, sock, http2):
        self.sock, self.http2, self.bytes, self.begun = sock, http2, b"", False
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)

    def read(self):
        """The streams of requests that came, and when; None at the end of the connection."""
        try:
            data, notes, _, _ = self.sock.recvmsg(65536, 64)
        except BlockingIOError:
            return [], 0
        except OSError:
            return None
        if not data:
            return None
        stamp = next((struct.unpack("qq", note[:16]) for level, kind, note in notes if kind == SO_TIMESTAMPNS), None)
        self.bytes += data
        return self.frames() if self.http2 else self.heads(), stamp[0] * 10**9 + stamp[1] if stamp else time.time_ns()

    def heads(self):
        *whole, self.bytes = self.bytes.split(b"\r\n\r\n")
        return [0 for _ in whole]

    def frames(self):
        if not self.begun:
            if len(self.bytes) < len(PREFACE):
                return []
            self.begun, self.bytes = True, self.bytes[len(PREFACE):]
            self.sock.send(frame(4, 0, 0, struct.pack(">HI", 3, 1000)))
        streams = []
        while len(self.bytes) >= 9:
            length = int.from_bytes(self.bytes[:3], "big")
            if len(self.bytes) < 9 + length:
                break
            kind, flags, stream = self.bytes[3], self.bytes[4], int.from_bytes(self.bytes[5:9], "big") & 0x7FFFFFFF
            payload, self.bytes = self.bytes[9:9 + length], self.bytes[9 + length:]
            if kind == 1 and flags & 1:
                streams.append(stream)
            elif kind in (4, 6) and not flags & 1:
                self.sock.send(frame(kind, 1, 0, payload if kind == 6 else b""))
        return streams

    def answer(self, stream):
        text = frame(1, 4, stream, FIELDS) + frame(0, 1, stream, BODY) if self.http2 else HTTP1
        try:
            self.sock.send(text)
        except OSError:
            pass


def main():
    http2, kind, numbers = sys.argv[1] == "http2", sys.argv[2], [float(number) for number in sys.argv[3:]]
    listener = socket.create_server(("127.0.0.1", 0), backlog=1000)
    listener.setblocking(False)
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    print(listener.getsockname()[1], flush=True)
    connections, due, held, count, looked = {}, [], [], 0, time.time_ns()
    draws = latencies(kind, numbers)
    gc.disable()
    while True:
        now = time.time_ns()
        while due and due[0][0] <= now:
            _, _, connection, stream, first, last = heapq.heappop(due)
            before = time.time_ns()
            connection.answer(stream)
            held.append((last, before - last, time.time_ns() - first))
        wait = 1_000_000_000 if not due else due[0][0] - time.time_ns()
        before = time.time_ns()
        for descriptor, _ in poll.poll(max(0, wait - EAGER) // 1_000_000 / 1000):
            if descriptor == listener.fileno():
                sock, _ = listener.accept()
                connections[sock.fileno()] = Connection(sock, http2)
                poll.register(sock, select.EPOLLIN)
            elif descriptor == sys.stdin.fileno():
                return print(json.dumps(held))
            else:
                read = connections[descriptor].read()
                if read is None:
                    poll.unregister(descriptor)
                    connections.pop(descriptor).sock.close()
                    continue
                streams, came = read
                for stream in streams:
                    count += 1
                    earliest = came if len(streams) == 1 else min(came, looked)
                    heapq.heappush(due, (came + next(draws), count, connections[descriptor], stream, earliest, came))
        looked = before


if __name__ == "__main__":
    main()

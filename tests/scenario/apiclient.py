"""A local program in Python that speaks to a node's api socket, written from proto/api.proto alone; and what is measured with it."""
import os
import socket
import statistics
import struct
import time

TAIL_MS = 20000


class Api:
    """One connection to ${node}."""

    def __init__(self, node, api):
        self.api, self.token = api, 0
        self.after, self.incarnation = 0, b""
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(TAIL_MS / 1000 + 10)
        self.socket.connect(os.path.join(node.directory, "run", "api.sock"))

    def ask(self, **what):
        self.token += 1
        data = self.api.Request(token=self.token, **what).SerializeToString()
        self.socket.sendall(struct.pack("<I", len(data)) + data)

    def answer(self):
        [size] = struct.unpack("<I", self.read(4))
        answer = self.api.Answer.FromString(self.read(size))
        assert not answer.error, answer.error
        return answer

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            assert part, "the node closed its api socket"
            data += part
        return data

    def tail(self, mode, from_now=False):
        """Ask for what comes next."""
        self.ask(tail=self.api.TailRequest(mode=mode, from_now=from_now, after=self.after, incarnation=self.incarnation,
                                           wait_ms=0 if from_now else TAIL_MS))

    def rows(self):
        records = self.answer().records
        self.after, self.incarnation = records.delivery, records.incarnation
        return records.rows

    def close(self):
        self.socket.close()


class Alerts:
    """Alerts that are published at one node, one after the other, and seen at another."""

    def __init__(self, publisher, reader, api, body, mode):
        self.publisher, self.reader = Api(publisher, api), Api(reader, api)
        self.api, self.body, self.mode = api, body, mode
        self.reader.tail(mode, from_now=True)
        self.reader.rows()
        self.reader.tail(mode)

    def one(self):
        """Milliseconds from the request to publish until the record is shown at the reader."""
        record = self.api.PublishRecord(type="orbit", class_name="alert", body=self.body)
        begun = time.monotonic()
        self.publisher.ask(publish=self.api.PublishRequest(key=os.urandom(16), audience="open", mode=self.mode, records=[record]))
        wanted, seen = None, {}
        while wanted is None or wanted not in seen:
            for row in self.reader.rows():
                seen[row.id.log, row.id.index] = time.monotonic()
            self.reader.tail(self.mode)
            if wanted is None:
                published = self.publisher.answer().publish.ranges[0]
                wanted = (published.log, published.first)
        return (seen[wanted] - begun) * 1000

    def median(self, count, go_on=lambda: False):
        """Of ${count}, and of as many more as ${go_on} asks for."""
        times = []
        while len(times) < count or go_on():
            times.append(self.one())
        return statistics.median(times)

    def close(self):
        self.publisher.close()
        self.reader.close()

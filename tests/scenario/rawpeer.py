"""ZMTP 3.1 and CurveZMQ (RFC 23, 37 and 26) by hand, so that a test can say on a connection what libzmq never would."""
import base64
import os
import socket
import struct

import nacl.bindings as nacl

GREETING = b"\xff" + bytes(8) + b"\x7f\x03\x00" + b"CURVE".ljust(20, b"\0") + b"%c" + bytes(31)
MORE, LONG, COMMAND = 1, 2, 4


def call(peer, node):
    """A TCP connection to ${node}."""
    host, port = peer.members[node]["endpoint"][len("tcp://"):].split(":")
    return socket.create_connection((host, int(port)), 10)


def metadata(**properties):
    out = b""
    for name, value in properties.items():
        name, value = name.replace("_", "-").encode(), value.encode()
        out += bytes([len(name)]) + name + struct.pack(">I", len(value)) + value
    return out


class Wire:
    """What both sides do on a socket: read, frames, and the boxes of CurveZMQ once the keys are agreed."""

    def __init__(self, sock, speaks, hears):
        self.socket, self.nonce, self.secret, self.theirs = sock, 0, os.urandom(32), None
        self.public = nacl.crypto_scalarmult_base(self.secret)
        self.speaks, self.hears = speaks, hears

    def seal(self, prefix, plain, to=None):
        """The short nonce and the box."""
        self.nonce += 1
        short = struct.pack(">Q", self.nonce)
        return short + nacl.crypto_box(plain, prefix + short, to or self.theirs, self.secret)

    def read(self, count):
        data = b""
        while len(data) < count:
            part = self.socket.recv(count - len(data))
            if not part:
                raise ConnectionResetError
            data += part
        return data

    def read_frame(self):
        [flags] = self.read(1)
        [size] = struct.unpack(">Q", self.read(8)) if flags & LONG else self.read(1)
        return flags, self.read(size)

    def send_command(self, data):
        self.socket.sendall(bytes([COMMAND | LONG]) + struct.pack(">Q", len(data)) + data)

    def message(self, data, more=False):
        box = b"\x07MESSAGE" + self.seal(self.speaks, bytes([more]) + data)
        return bytes([LONG]) + struct.pack(">Q", len(box)) + box

    def send(self, data, more=False):
        self.socket.sendall(self.message(data, more))

    def receive(self):
        """The next message; commands (heartbeats) are passed over."""
        while True:
            _, box = self.read_frame()
            plain = nacl.crypto_box_open(box[16:], self.hears + box[8:16], self.theirs, self.secret)
            if not plain[0] & COMMAND:
                return plain[1:]

    def close(self):
        self.socket.close()


class Raw(Wire):
    """A connection of ${peer} to ${node} that is through its handshake; ${properties}: what the peer says of itself there."""

    def __init__(self, peer, node, **properties):
        super().__init__(call(peer, node), b"CurveZMQMESSAGEC", b"CurveZMQMESSAGES")
        server = base64.b64decode(peer.members[node]["keys"]["transport"][0])
        self.socket.sendall(GREETING % 0)
        self.read(64)
        self.send_command(b"\x05HELLO\x01\x00" + bytes(72) + self.public + self.seal(b"CurveZMQHELLO---", bytes(64), server))
        _, welcome = self.read_frame()
        assert welcome[:8] == b"\x07WELCOME"
        opened = nacl.crypto_box_open(welcome[24:], b"WELCOME-" + welcome[8:24], server, self.secret)
        self.theirs, cookie = opened[:32], opened[32:]
        long_public, vouch_nonce = nacl.crypto_scalarmult_base(peer.transport_key), os.urandom(16)
        vouch = nacl.crypto_box(self.public + server, b"VOUCH---" + vouch_nonce, self.theirs, peer.transport_key)
        said = metadata(Socket_Type="DEALER", Identity="", **properties)
        self.send_command(b"\x08INITIATE" + cookie + self.seal(b"CurveZMQINITIATE", long_public + vouch_nonce + vouch + said))
        _, answer = self.read_frame()
        if answer[:6] != b"\x05READY":
            raise ConnectionRefusedError(answer[:6])


class Served(Wire):
    """The next connection that is accepted at ${door} by the member ${peer}, through its handshake."""

    def __init__(self, peer, door, **properties):
        sock = door.accept()[0]
        sock.settimeout(20)
        super().__init__(sock, b"CurveZMQMESSAGES", b"CurveZMQMESSAGEC")
        self.socket.sendall(GREETING % 1)
        self.read(64)
        _, hello = self.read_frame()
        assert hello[:6] == b"\x05HELLO"
        self.theirs, nonce = hello[80:112], os.urandom(16)
        box = nacl.crypto_box(self.public + bytes(96), b"WELCOME-" + nonce, self.theirs, peer.transport_key)
        self.send_command(b"\x07WELCOME" + nonce + box)
        _, initiate = self.read_frame()
        assert initiate[:9] == b"\x08INITIATE"
        self.send_command(b"\x05READY" + self.seal(b"CurveZMQREADY---", metadata(Socket_Type="ROUTER", Identity="", **properties)))

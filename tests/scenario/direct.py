"""A shipped plugin without a node: lines go in, acknowledgements come out."""
import array
import fcntl
import json
import os
import subprocess
import termios
import threading
import time

from federation import Failed, die_with_parent

INCARNATION = "ab" * 16


def line(number, incarnation=INCARNATION, **members):
    """A record as a node writes it for a plugin."""
    record = {"delivery": {"incarnation": incarnation, "number": number}, "id": "00" * 16 + ":%d" % number, "origin": "us-noaa",
              "series": "us-noaa/open/data", "type": "orbit", "type_version": 1, "mode": "TEST", "kind": "INITIAL",
              "created": "2026-05-01T00:00:00.000Z"}
    record.update(members)
    return json.dumps(record, separators=(",", ":"))


class Direct:
    """${program} runs in ${folder}; ${name} is what the node would call it."""

    def __init__(self, program, folder, *words, name=None):
        self.acks, self.said, self.changed = [], [], threading.Condition()
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder), "PARALLAX_NAME": "fr-cnes", "LANG": "C.UTF-8",
                       "PARALLAX_PLUGIN": name or os.path.basename(program).replace("parallax-plugin-", "")}
        self.process = subprocess.Popen([program, *words], cwd=folder, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, preexec_fn=die_with_parent)
        self.readers = [threading.Thread(target=self._read, args=args, daemon=True)
                        for args in ((self.process.stdout, self.acks), (self.process.stderr, self.said))]
        for reader in self.readers:
            reader.start()

    def _read(self, stream, into):
        for raw in iter(stream.readline, b""):
            with self.changed:
                into.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self.changed.notify_all()

    def give(self, *lines):
        self.process.stdin.write("".join(one + "\n" for one in lines).encode("utf-8"))
        self.process.stdin.flush()
        return self

    def wait(self, what, fits, timeout=60):
        with self.changed:
            if not self.changed.wait_for(lambda: fits(self), timeout):
                raise Failed("not within %d s: %s; acknowledged %s, said %s" % (timeout, what, self.acks[-3:], self.said[-5:]))
        return self

    def wait_ack(self, number, **options):
        """Until ${number} is acknowledged, and nothing beyond it."""
        return self.wait("ack %d" % number, lambda d: d.acks and d.acks[-1] == "ack %d" % number, **options)

    def wait_read(self, timeout=60):
        """Until it has taken from the pipe all that it was given."""
        deadline, left = time.monotonic() + timeout, array.array("i", [1])
        while left[0]:
            if time.monotonic() > deadline:
                raise Failed("it does not read")
            fcntl.ioctl(self.process.stdin, termios.FIONREAD, left)
        return self

    def wait_said(self, text, **options):
        return self.wait("it says " + text, lambda d: any(text in said for said in d.said), **options)

    def end(self, timeout=30):
        """Close its input; its exit code."""
        if not self.process.stdin.closed:
            self.process.stdin.close()
        return self.wait_end(timeout)

    def wait_end(self, timeout=30):
        try:
            code = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            raise Failed("it does not end; it said %s" % self.said[-5:]) from None
        for reader in self.readers:
            reader.join(10)
        return code

    def kill(self):
        self.process.kill()
        self.process.wait()

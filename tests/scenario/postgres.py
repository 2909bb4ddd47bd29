"""A PostgreSQL server of our own: Debian's programs, an unprivileged user, a directory of its own, one port on loopback."""
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile

from federation import Failed, die_with_parent, free_port


class Postgres:
    """${user} may do everything; who connects needs no password. Killed and started at will; the data stays."""

    USER = "postgres"

    def __init__(self):
        found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
        if not found:
            raise Failed("PostgreSQL is not here: deploy/setup test")
        self.bin = os.path.dirname(found[-1])
        self.directory = tempfile.mkdtemp(prefix="parallax-pg-")  # short: a socket's path has 107 bytes
        self.port, self.process, self.log = free_port(), None, None
        self.who = {}
        if os.getuid() == 0:  # it refuses to run as root
            entry = pwd.getpwnam(self.USER)
            os.chown(self.directory, entry.pw_uid, entry.pw_gid)
            self.who = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.data = os.path.join(self.directory, "data")
        self.run("initdb", "-D", self.data, "-U", self.USER, "-A", "trust", "-E", "UTF8", "--locale=C", "-N")

    def run(self, program, *words):
        done = subprocess.run([os.path.join(self.bin, program), *words], cwd=self.directory, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False, **self.who)
        if done.returncode:
            raise Failed("%s: %s" % (program, done.stderr.decode("utf-8", "replace")))
        return done.stdout.decode("utf-8")

    def start(self):
        """Up and answering."""
        self.log = open(os.path.join(self.directory, "log"), "ab")
        self.process = subprocess.Popen([os.path.join(self.bin, "postgres"), "-D", self.data, "-p", str(self.port), "-k", self.directory,
                                         "-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", "shared_buffers=16MB"],
                                        cwd=self.directory, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log,
                                        preexec_fn=die_with_parent, **self.who)
        subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-t", "30", "-h", self.directory, "-p", str(self.port)], check=False, timeout=60)
        while subprocess.run([os.path.join(self.bin, "pg_isready"), "-q", "-h", self.directory, "-p", str(self.port)], check=False).returncode:
            if self.process.poll() is not None:
                raise Failed("PostgreSQL ended: " + open(self.log.name, encoding="utf-8", errors="replace").read()[-1000:])
        return self

    def kill(self):
        """As a power cut, but for the disk: the server and all that it started."""
        children = subprocess.run(["ps", "-o", "pid=", "--ppid", str(self.process.pid)], stdout=subprocess.PIPE, check=False).stdout.split()
        self.process.kill()
        for pid in children:
            try:
                os.kill(int(pid), signal.SIGKILL)
            except ProcessLookupError:
                pass
        self.process.wait(timeout=30)
        self.log.close()
        self.process = None

    def stop(self):
        """For good."""
        if self.process is not None:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(timeout=30)
            self.log.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    @property
    def where(self):
        return "host=127.0.0.1 port=%d user=%s dbname=postgres" % (self.port, self.USER)

    def ask(self, sql):
        """Rows of texts; unaligned, so that no value may hold a tab or a line."""
        out = self.run("psql", "-XAtq", "-F", "\t", "-v", "ON_ERROR_STOP=1", "-h", self.directory, "-p", str(self.port), "-U", self.USER,
                       "-d", "postgres", "-c", sql)
        return [line.split("\t") for line in out.split("\n") if line]

    def session(self, sql):
        """A session that holds what ${sql} took, until its standard input is closed."""
        process = subprocess.Popen([os.path.join(self.bin, "psql"), "-XAtq", "-h", self.directory, "-p", str(self.port), "-U", self.USER,
                                    "-d", "postgres"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, preexec_fn=die_with_parent, **self.who)
        process.stdin.write((sql + "\n\\echo held\n").encode())
        process.stdin.flush()
        if process.stdout.readline() != b"held\n":
            raise Failed("psql did not do: " + sql)
        return process

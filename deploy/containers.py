#!/usr/bin/python3
"""The federation of deploy/compose.yaml: its image, keys and roster, and what can be done to it. `deploy/containers.py --help` says how."""
import argparse
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
FEDERATION = os.path.join(ROOT, "build", "containers")
ENGINE = os.path.join(ROOT, "build", "engine")
BASE = "debian:bookworm-slim"
UID = 7600                 # of the node in the image
PROJECT = "parallax"
NAMES = ("us-noaa", "fr-cnes", "jp-jaxa", "br-inpe")
NETWORKS = {"us-noaa": ("us", "backbone"), "fr-cnes": ("fr", "backbone", "link"), "jp-jaxa": ("jp", "backbone"), "br-inpe": ("br", "link")}


class Failed(Exception):
    """What did not happen, in words for people."""


def say(topic, text):
    print("%-11s %s" % (topic, text), flush=True)


def run(*words, check=True, timeout=900, env=None, input=None):
    done = subprocess.run([str(word) for word in words], input=input, stdin=subprocess.DEVNULL if input is None else None, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, timeout=timeout, env=env)
    done.out, done.err = done.stdout.decode("utf-8", "replace"), done.stderr.decode("utf-8", "replace")
    if check and done.returncode != 0:
        raise Failed("`%s` exits %d: %s" % (" ".join(map(str, words)), done.returncode, (done.err.strip() or done.out.strip())[-2000:]))
    return done


class Engine:
    """The Docker engine that answers, or one of our own, which ends with us."""

    def __init__(self):
        self.daemon, self.socket = None, None

    def words(self, program):
        return [program] + (["-H", self.socket] if self.socket else [])

    def docker(self, *words, **options):
        return run(*self.words("docker"), *words, **options)

    def start(self):
        if run("docker", "version", check=False).returncode == 0:
            return self
        if os.geteuid() != 0 or not shutil.which("dockerd"):
            raise Failed("no Docker engine answers: start one, or run this as root with docker.io installed")
        os.makedirs(ENGINE, exist_ok=True)
        self.socket = "unix://" + os.path.join(ENGINE, "docker.sock")
        say("engine", "none answers: starting one of our own in build/engine")
        with open(os.path.join(ENGINE, "dockerd.log"), "ab") as log:
            self.daemon = subprocess.Popen(["dockerd", "-H", self.socket, "--data-root", os.path.join(ENGINE, "data"), "--exec-root",
                                            os.path.join(ENGINE, "exec"), "--pidfile", os.path.join(ENGINE, "docker.pid"), "--bridge", "none"],
                                           stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        deadline = time.monotonic() + 60
        while self.docker("version", check=False).returncode != 0:
            if self.daemon.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise Failed("our Docker engine did not start: build/engine/dockerd.log says why")
            time.sleep(0.2)
        return self

    def stop(self):
        if self.daemon is None:
            return
        self.daemon.send_signal(signal.SIGTERM)
        try:
            self.daemon.wait(60)
        except subprocess.TimeoutExpired:
            self.daemon.kill()
            self.daemon.wait()
        self.daemon = None
        # The engine leaves the mount of its network namespace: nobody could remove the directory.
        with open("/proc/self/mounts", encoding="utf-8") as file:
            for line in file.readlines():
                if line.split()[1].startswith(ENGINE + "/"):
                    run("umount", "-l", line.split()[1], check=False)

    def has_image(self, name):
        return self.docker("image", "inspect", name, check=False).returncode == 0

    def build(self, tag=PROJECT):
        """The image of deploy/Dockerfile. Builds on the host's network: packages come from where the host gets them."""
        self.docker("build", "--network", "host", "-f", os.path.join(HERE, "Dockerfile"), "-t", tag, ROOT, timeout=1800)


class Containers:
    def __init__(self, engine, directory=FEDERATION, image=PROJECT):
        self.engine, self.directory, self.image = engine, os.path.abspath(directory), image

    # --- Keys, roster, configuration: made by the programs of the image -----------------------------------------------

    def tool(self, *words):
        """`parallax words...` in a container that sees the federation's directory and no network."""
        return self.engine.docker("run", "--rm", "--network", "none", "--user", UID, "-v", self.directory + ":/federation", "-w", "/federation",
                                  "--entrypoint", "parallax", self.image, *words)

    def make(self):
        shutil.rmtree(self.directory, ignore_errors=True)
        os.makedirs(self.directory)
        os.chown(self.directory, UID, UID)
        for name in NAMES:
            self.tool("init", name, "--name", name, "--listen", "tcp://0.0.0.0:7600", "--endpoint", "tcp://%s:7600" % name, "--agency", name)
            shutil.copy(os.path.join(self.directory, name, "join-request.yaml"), os.path.join(self.directory, name + ".yaml"))
        self.tool("roster", "new", "--title", "Containers", *(name + ".yaml" for name in NAMES), "-o", "roster.yaml")
        for name in NAMES:
            self.tool("roster", "sign", "roster.yaml", "--key", name + "/keys/steward.key", "--as", name)
        for name in NAMES:
            self.tool("roster", "install", "roster.yaml", "--node", name)

    # --- The federation -----------------------------------------------------------------------------------------------

    def compose(self, *words, **options):
        env = dict(os.environ, PARALLAX_FEDERATION=self.directory, PARALLAX_IMAGE=self.image)
        return run(*self.engine.words("docker-compose"), "-p", PROJECT, "-f", os.path.join(HERE, "compose.yaml"), *words, env=env, **options)

    def up(self, *names):
        self.compose("up", "-d", *names)

    def down(self):
        self.compose("down", "-t", "5", "--remove-orphans", check=False)

    def id(self, name):
        return self.compose("ps", "-q", name).out.strip()

    def cli(self, name, *words, input=None, **options):
        words = list(self.engine.words("docker")) + ["exec"] + (["-i"] if input is not None else []) + [self.id(name), "parallax"] + list(words)
        return run(*words, input=input, **options)

    def rows(self, name, *words):
        return [json.loads(line) for line in self.cli(name, *words, "--json").out.splitlines() if line]

    def status(self, name):
        return json.loads(self.cli(name, "status", "--json").out)

    def publish(self, name, path, *words):
        """[(log, first, last)]"""
        with open(path, "rb") as file:
            answer = self.cli(name, "publish", "--json", *words, "-", input=file.read()).out
        return [(r["log"], r["first"], r["last"]) for line in answer.splitlines() for r in json.loads(line)["ranges"]]

    def heads(self, name):
        return {row["id"]: (row["origin"], row["series"], row["size"], row["root"], row["head_size"]) for row in self.rows(name, "log", "list")}

    def health(self, name):
        return self.engine.docker("inspect", "-f", "{{.State.Health.Status}}", self.id(name)).out.strip()

    def cut(self, name, network):
        self.engine.docker("network", "disconnect", "%s_%s" % (PROJECT, network), self.id(name))

    def mend(self, name, network):
        self.engine.docker("network", "connect", "--alias", name, "%s_%s" % (PROJECT, network), self.id(name))

    def kill(self, name):
        self.engine.docker("kill", "-s", "KILL", self.id(name))

    def start(self, name):
        self.compose("start", name)

    def wait(self, holds, what, timeout=120):
        deadline = time.monotonic() + timeout
        while True:
            try:
                if holds():
                    return
                state = ""
            except (Failed, ValueError, KeyError) as error:  # a container that starts does not answer yet
                state = ": %s" % error
            if time.monotonic() > deadline:
                raise Failed("after %d s: %s%s" % (timeout, what, state))
            time.sleep(0.2)

    def equal(self, ranges=(), names=NAMES):
        heads = [self.heads(name) for name in names]
        return all(h == heads[0] for h in heads) and all(row[2] == row[4] for row in heads[0].values()) and \
            all(log in heads[0] and heads[0][log][2] > last for log, _, last in ranges)

    def wait_equal(self, ranges=(), names=NAMES, timeout=180):
        self.wait(lambda: self.equal(ranges, names), "%s do not hold the same" % ", ".join(names), timeout)


def chaos(federation, seconds, seed):
    """Cuts, kills, publishes, and says what it does; in the end everything is mended, and all must hold the same."""
    rng, sample = random.Random(seed), os.path.join(ROOT, "config", "sample")
    files = [os.path.join(sample, name, file) for name in ("us-noaa", "fr-cnes", "jp-jaxa") for file in sorted(os.listdir(os.path.join(sample, name)))]
    until, down, cut, ranges = time.monotonic() + seconds, set(), set(), []
    while time.monotonic() < until:
        act = rng.choice(("publish", "publish", "publish", "kill", "cut", "mend"))
        name = rng.choice(NAMES)
        if act == "kill" and name not in down and len(down) < 2:
            say("kill", name)
            federation.kill(name)
            down.add(name)
        elif act == "cut" and name not in down:
            network = rng.choice([n for n in NETWORKS[name][1:]])
            if (name, network) not in cut:
                say("cut", "%s from %s" % (name, network))
                federation.cut(name, network)
                cut.add((name, network))
        elif act == "mend" and (down or cut):
            if down:
                back = sorted(down)[0]
                say("start", back)
                federation.start(back)  # and Compose connects it to all of its networks
                down.remove(back)
                cut = {pair for pair in cut if pair[0] != back}
            else:
                back = sorted(cut)[0]
                say("mend", "%s to %s" % back)
                federation.mend(*back)
                cut.remove(back)
        elif act == "publish" and name not in down:
            path = rng.choice(files)
            try:
                made = federation.publish(name, path, "--mode", "EXERCISE", "--again", "--timeout", "5")
            except Failed as error:
                say("publish", "%s cannot now: %s" % (name, str(error).splitlines()[0][-120:]))
                continue
            ranges += made
            say("publish", "%s  %s  %d records" % (name, os.path.basename(path), sum(last - first + 1 for _, first, last in made)))
        time.sleep(rng.random())
    for name in sorted(down):
        say("start", name)
        federation.start(name)
        cut = {pair for pair in cut if pair[0] != name}
    for name, network in sorted(cut):
        say("mend", "%s to %s" % (name, network))
        federation.mend(name, network)
    begun = time.monotonic()
    federation.wait_equal(ranges, timeout=300)
    total = sum(row[2] for row in federation.heads(NAMES[0]).values())
    say("check", "all four hold the same %d leaves, %.0f s after everything was mended; nothing acknowledged is lost" % (total, time.monotonic() - begun))


def main():
    parser = argparse.ArgumentParser(prog="deploy/containers.py", description="A federation of four nations in containers (deploy/compose.yaml).")
    parser.add_argument("word", choices=("up", "down", "status", "chaos"), help="up: build the image, make keys and roster, start; chaos: hurt it, and see it heal")
    parser.add_argument("--dir", default=FEDERATION, help="where keys and stores are (default build/containers)")
    parser.add_argument("--seconds", type=int, default=60, help="chaos: for how long (default 60)")
    parser.add_argument("--seed", type=int, default=None, help="chaos: of what is done (default: another each time, and said)")
    options = parser.parse_args()
    engine = Engine()
    try:
        engine.start()
        federation = Containers(engine, options.dir)
        if options.word == "down":
            federation.down()
        elif options.word == "status":
            for name in NAMES:
                print("--- %s\n%s" % (name, federation.cli(name, "status", check=False).out))
        else:
            say("image", "building from deploy/Dockerfile")
            engine.build()
            if not os.path.isdir(federation.directory):
                say("federation", "keys and roster of %s" % ", ".join(NAMES))
                federation.make()
            federation.up()
            federation.wait_equal()
            say("nodes", "up: %s; br-inpe reaches the others only through fr-cnes" % ", ".join(NAMES))
        if options.word == "chaos":
            seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 32)
            say("chaos", "%d s of seed %d" % (options.seconds, seed))
            chaos(federation, options.seconds, seed)
        if engine.daemon is not None and options.word in ("up", "chaos"):
            say("engine", "ends with this program, and the containers with it: Ctrl-C")
            signal.pause()
    except Failed as error:
        print("containers: FAILED: %s" % error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    finally:
        if engine.daemon is not None and options.word in ("up", "chaos"):
            Containers(engine, options.dir).down()
        engine.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Bugs planted in a copy of the code, one at a time, each of which the simulator must find.

    tests/simulation/plants.py [NAME...]      all when none is named; ends with `N passed, N failed`

A plant that is not found says that the simulator, or its checks, became blind for that kind of mistake.
"""
import os
import re
import shutil
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.realpath(__file__))))
COPY = os.path.join(ROOT, "build", "plants")
SEEDS = 400      # a plant that is not found in so many is not found
# Where the search begins, for plants that few seeds find: it takes less time.
FIRST = {"sign_before_disk": 40, "recovery_unsaid": 55, "tree_forgotten": 85, "tail_lost": 313, "revealed_to_all": 40, "ended_left": 226, "dispute_shown": 14, "common_left": 86, "common_unsaid": 14, "fork_to_all": 100, "fork_to_removed": 118,
         "lane_kept": 765, "gone_believed": 1822, "noted_late": 23570, "removed_followed": 22150, "greeting_kept": 20810, "frozen_gone": 15300}
CORES = os.cpu_count() or 1

# name: file, what stands there (once), what stands there instead, what that would do
PLANTS = {
    "fsync_skipped": ("node/store/store.c", "PRAGMA synchronous = FULL;", "PRAGMA synchronous = OFF;", "acknowledged records vanish with the power"),
    "sign_before_disk": ("node/core/node.c", "    steps[e->kind](n, e);\n", "    steps[e->kind](n, e);\n    own_committed(n);\n",
                         "a head is signed before its leaves are on disk"),
    "open_from_zero": ("node/core/follow.c", "    o.from = t->row.size;", "    o.from = 0;", "a log is read from its beginning again and again"),
    "stall_unseen": ("node/core/follow.c", "n->mono - t->progress_ms > STALL_MS;", "n->mono - t->progress_ms > 1000000000;", "a source that stopped is never left"),
    "leaf_skipped": ("node/core/serve.c", "    p->next = b.first + b.count;", "    p->next = b.first + b.count + (b.first % 7 == 3);", "a leaf is left out now and then"),
    "batch_unsigned": ("node/core/own.c", "    a = action_add(n, ACTION_BATCH_SIGN);\n    a->row = row;\n    return 0;",
                       "    a = NULL;\n    (void)row;\n    return a != NULL;", "a batch of ours keeps no anchor"),
    "recovery_unsaid": ("node/core/own.c", "    t->anchored = t->row.size;\n    if (t->row.size >= t->row.head.size)", "    if (t->row.size >= t->row.head.size)",
                        "what came back from peers is not served"),
    "commit_unheard": ("node/core/node.c", "    own_committed(n);\n    follow_committed(n);", "    follow_committed(n);", "a stored batch is not signed"),
    "wrong_lane": ("node/core/node.c", "strcmp(row->class_name, \"data\") == 0 ?", "strcmp(row->class_name, \"data\") == 0 && row->size % 2 == 0 ?", "a log travels in the wrong lane after a restart"),
    "head_forgotten": ("node/core/own.c", "    t->anchored = c.size;\n    t->signer = *s;\n", "    t->anchored = c.size;\n", "what the signer signed last is not remembered"),
    "no_credit": ("node/core/session.c", "    l->limit = h->credit;", "    l->limit = h->credit / 1000;", "nearly nothing may be sent"),
    "open_later": ("node/core/serve.c", "    p->next = o->from;", "    p->next = o->from + 1;", "the first leaf that was asked for is left out"),
    "answered_first": ("node/core/publish.c", "answer(n, r->token, NULL, t->row.no, r->first, r->count);", "answer(n, r->token, NULL, t->row.no, count == 0 ? r->first : first, r->count);",
                       "publishers of one batch are all given the place of the first"),
    "signed_again": ("node/core/own.c", "    a->size = t->signer.size;\n    a->bytes = span_of(l.p, l.n * HASH_BYTES);", "    a->size = t->anchored > 0 ? t->anchored - 1 : 0;\n    a->bytes = span_of(l.p, l.n * HASH_BYTES);",
                     "the signer is asked to sign from another place"),
    "heads_silent": ("node/core/heads.c", "        if (h.n_heads == 0 && l->heads_sent)", "        if (l->heads_sent)", "only the first heads of a session are told"),
    "tail_lost": ("node/core/own.c", "    return t->signer.size > t->anchored && t->signer.size <= t->row.size;", "    return t->signer.size > t->anchored && t->signer.size + 1000000 <= t->row.size;",
                  "what was signed and acknowledged is cut off with the rest"),
    "ended_left": ("node/core/follow.c", "        return n->listed && t->row.size < t->row.head.size && t->row.size == t->anchored;", "        return false;", "a log that ended is not completed from peers"),
    "release_forgotten": ("node/core/heads.c", "    if (t->row.frozen || recover_hides(n, l, t) || !may_release(l->peer, &t->row, n->roster))\n        return false;",
                          "    if (t->row.frozen || recover_hides(n, l, t) || n->roster->member[l->member].removed)\n        return false;",
                          "heads of named logs are told to everybody"),
    "cosigned_aloud": ("node/core/heads.c", "        if (l->state == LINK_OPEN && !l->surplus && l->lane == t->lane &&\n            may_release(l->peer, &t->row, n->roster))", "        if (l->state == LINK_OPEN && !l->surplus && l->lane == t->lane)",
                       "a cosignature tells everybody of a named log"),
    "unsealed": ("node/core/publish.c", "sealed = embargo || node_is_named(t);", "sealed = embargo;", "a named audience's records are published as they are"),
    "revealed_to_all": ("node/core/late.c", "    if (node_is_named(t)) {\n        node_random", "    if (node_is_named(t) && index % 2 == 0) {\n        node_random", "an embargo opens for readers who came later, too"),
    "body_unasked": ("node/core/fetch.c", "    g.count = 1;", "    g.count = 0;", "a body that came damaged is never asked for again"),
    "relay_believed": ("node/core/road.c", "inner.code == WHY_BODY_HASH) {", "inner.code == WHY_NONE) {", "who relays a damaged descriptor freezes the log of another"),
    "dispute_shown": ("node/core/late.c", "        a->size = t->row.common;", "        a->size = t->row.size;", "what is disputed stays in the picture"),
    "common_left": ("node/core/dispute.c", "    return t->row.size < t->row.common || is_alert(t);", "    return is_alert(t) && t->row.size >= t->row.common;",
                    "who lacks some of the common part never gets it"),
    "common_unsaid": ("node/core/fork.c", "        if (t->row.common > before)\n            keep_and_tell(n, t, e);", "        (void)before;", "what both stories have in common is not passed on"),
    "copy_continued": ("node/core/own.c", "        if (n->conf.copied || is_of_old_key", "        if ((n->conf.copied && t->row.size > 1000000) || is_of_old_key",
                       "a marked copy of a store goes on in its logs"),
    "removed_served": ("node/core/release.c", "if (m == NULL || m->removed)", "if (m == NULL || (m->removed && log->no == 0))", "who was removed from the roster gets what its members get"),
    "roster_kept": ("node/core/adopt.c", "    if (n->conf.view.note == NULL || from == 0 ||", "    if (n->conf.view.note == NULL || from == 0 || from == n->roster->version ||", "the newest roster is not passed on"),
    "fork_to_removed": ("node/core/fork.c", "    bool knows = (t->told >> l->member & 1) != 0 && !n->roster->member[l->member].removed;", "    bool knows = (t->told >> l->member & 1) != 0;",
                        "who was removed from the roster is told of contradictions"),
    "fork_to_all": ("node/core/fork.c", "    if (l->lane != t->lane || (!knows && !may_release(l->peer, &t->row, n->roster)))", "    if (l->lane != t->lane || (!knows && n->roster->member[l->member].removed))",
                    "that a named log contradicts itself is told to everybody"),
    "clock_believed": ("node/core/own.c", "t->row.head.size == 0 || t->signing || n->clock_suspect ||", "t->row.head.size == 0 || t->signing ||", "a word on the time is signed with a clock that jumped"),
    "clock_signed": ("node/core/own.c", "a->time = n->clock_suspect ? 0 : ", "a->time = n->clock_suspect && t->row.size == 0 ? 0 : ", "what is published is signed with the time of a clock that jumped"),
    "embargo_jumped": ("node/core/late.c", "n->clock_suspect ? INT64_MIN", "n->clock_suspect && n->mono < 0 ? INT64_MIN", "an embargo opens by a clock that jumped"),
    "lane_kept": ("node/core/follow.c", "    t->source = 0;\n    t->lane = l->lane;\n", "    t->source = 0;\n", "a log that was only heard of before a restart stays on a lane that nobody serves"),
    "gone_believed": ("node/core/follow.c", ": STORE_BODY_MISSING; /*", ": STORE_BODY_GONE; /*",
                      "that a relay has no body is taken for the origin's word"),
    "noted_late": ("node/core/own.c", "        if (is_unnoted(t))\n            (void)take_signature(n, t, &t->signer);\n", "",
                   "a copy made while the guard waits does not know what was signed and acknowledged before"),
    "removed_followed": ("node/core/follow.c", "    if (now != NULL && is_spent(n, t, now)) {", "    if (now != NULL && is_spent(n, t, now) && t->row.size == UINT64_MAX) {",
                         "who was removed stays the source of a log and hears of nothing new"),
    "greeting_kept": ("node/core/heads.c", "    if (base > *told + CLOCK_JUMP_MS || (stood && base < *told - CLOCK_JUMP_MS))", "    if (stood && base == 0)",
                      "what a peer's clock said in its greeting is held against ours for as long as the session stands"),
    "frozen_gone": ("node/core/fetch.c", "        if (t->own != OWN_NONE && (!whole ||", "        if (t->own != OWN_NONE && ((!whole && !t->row.frozen) ||",
                    "an origin says of bodies of a log that it froze that there are none"),
    "set_unbelieved": ("node/core/node.c", "    if (jumped && greeted > 1 && greeted - off > greeted / 2) {", "    if (jumped && greeted > 1000) {",
                       "who was started with a wrong clock doubts the right one for ever"),
    "dropped_key_served": ("node/core/audience_change.c", "    return t->outdated ? ", "    return t->outdated && t->row.size == UINT64_MAX ? ", "a log that a dropped wrap key opens goes on"),
    "old_key_unused": ("node/crypt/sealer.c", "    for (size_t i = 0; i < s->wraps && key == NULL; i++)", "    for (size_t i = 0; i < 1 && key == NULL; i++)", "what was sealed for a wrap key before the last is not read"),
    "tree_forgotten": ("node/core/road.c", "    t->tree = growth->tree;\n", "    if (t->row.size % 11 != 5)\n        t->tree = growth->tree;\n", "the peaks do not follow the leaves"),
}

# Found by a scenario with real daemons: the same, and the test file.
DAEMON_PLANTS = {
    "alerts_stopped": ("node/core/dispute.c", "    return t->lane == PARALLAX__V1__LANE__ALERT_LANE &&\n", "    return t->row.size == UINT64_MAX && t->lane == PARALLAX__V1__LANE__ALERT_LANE &&\n",
                       "alerts of a log that contradicts itself are not carried any more", "tests/scenario/test_dispute.py"),
}


def log(text):
    print(text, flush=True)


def make_copy():
    os.makedirs(COPY, exist_ok=True)
    for name in ("node", "proto", "config", "tests/simulation"):
        shutil.rmtree(os.path.join(COPY, name), ignore_errors=True)
        shutil.copytree(os.path.join(ROOT, name), os.path.join(COPY, name), copy_function=shutil.copy)  # new: no object of an earlier plant is kept
    with open(os.path.join(ROOT, "CMakeLists.txt"), encoding="utf-8") as file:
        text = file.read()
    with open(os.path.join(COPY, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(COPY, "tests", "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write("add_subdirectory(simulation)\n")
    run("cmake", "-S", COPY, "-B", os.path.join(COPY, "build"), "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release", "-DCMAKE_C_FLAGS_RELEASE=-O1 -Wno-error")


def run(*words):
    done = subprocess.run(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        raise SystemExit("plants: `%s` failed:\n%s" % (" ".join(words), done.stdout.decode()[-3000:]))


def build():
    run("cmake", "--build", os.path.join(COPY, "build"), "--target", "simulate")
    return os.path.join(COPY, "build", "tests", "simulate")


def find(program, begin):
    """The first seed that fails, by its number: each core takes its share. None: no seed does."""
    share = 6
    for first in range(begin, begin + SEEDS, share * CORES):
        runs = [subprocess.Popen(["nice", program, "--first", str(first + k * share), "--seeds", str(share), "--stop"], stdin=subprocess.DEVNULL,
                                 stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) for k in range(CORES)]
        outputs = []
        for one in runs:
            try:
                outputs.append(one.communicate(timeout=300)[0].decode())
            except subprocess.TimeoutExpired:
                one.kill()
                outputs.append(one.communicate()[0].decode() + "seed %d: does not end\n" % first)
        for k, (one, output) in enumerate(zip(runs, outputs)):
            told = re.search(r"^seed (\d+): (.*)$", output, re.M)
            if told:
                return int(told[1]), told[2]
            if one.returncode not in (0, 1):
                return first + k * share, "an assertion fails"
    return None


def find_scenario(test):
    """Does the test fail with the daemons of the copy?"""
    run("cmake", "--build", os.path.join(COPY, "build"), "--target", "parallaxd", "parallax")
    done = subprocess.run(["nice", sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", os.path.join(ROOT, test)], cwd=ROOT, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=dict(os.environ, PARALLAX_BUILD=os.path.join(COPY, "build")))
    told = re.search(r"^FAILED (\S+)", done.stdout.decode(), re.M)
    return (0, told[1]) if done.returncode == 1 and told else None


def plant(name):
    path, old, new, what, *test = PLANTS.get(name) or DAEMON_PLANTS[name]
    full = os.path.join(COPY, path)
    with open(full, encoding="utf-8") as file:
        text = file.read()
    if text.count(old) != 1:
        log("%-20s CANNOT BE PLANTED: what it replaces stands %d times in %s" % (name, text.count(old), path))
        return False
    with open(full, "w", encoding="utf-8") as file:
        file.write(text.replace(old, new))
    begun = time.monotonic()
    try:
        found = find_scenario(test[0]) if test else find(build(), FIRST.get(name, 1))
    finally:
        with open(full, "w", encoding="utf-8") as file:
            file.write(text)
    if found is None:
        log("%-20s NOT FOUND in %s (%s)" % (name, test[0] if test else "%d seeds" % SEEDS, what))
        return False
    log("%-20s found by %s in %.0f s: %s" % (name, "a scenario" if test else "seed %d" % found[0], time.monotonic() - begun, found[1]))
    return True


def main():
    every = list(PLANTS) + list(DAEMON_PLANTS)
    names = sys.argv[1:] or every
    unknown = [name for name in names if name not in every]
    if unknown:
        raise SystemExit("plants: no such plant: %s; there are %s" % (", ".join(unknown), ", ".join(every)))
    make_copy()
    good = sum(plant(name) for name in names)
    log("%d passed, %d failed" % (good, len(names) - good))
    return 0 if good == len(names) else 1


if __name__ == "__main__":
    sys.exit(main())

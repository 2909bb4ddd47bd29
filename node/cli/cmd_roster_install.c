/* roster install, update, chain: versions as a node's directory takes them in and gives them out. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/limit.h"
#include "cli/document.h"
#include "cli/screen.h"

#define NO_NODE "into which node? Expected --node DIR, or PARALLAX_NODE in the environment"
#define DASH    "\xE2\x80\x94 " /* how a signature line starts */

/* The member whose transport key is the one in DIR/keys; NULL where an earlier version did not list it yet. */
static int
find_self(const struct args *a, const char *dir, const struct roster *r, bool may_be_absent,
          const struct roster_member **self)
{
    char path[DOCUMENT_PATH_MAX];
    struct why why;
    uint8_t key[32];
    why_clear(&why);
    snprintf(path, sizeof path, "%s/keys/transport.key", dir);
    struct secret *secret = secret_load("transport", path, &why);
    if (secret == NULL)
        return args_refuse(&why, path);
    secret_curve_public(secret, key);
    secret_free(secret);
    *self = roster_member_by_transport(r, key);
    return *self != NULL || may_be_absent
               ? EXIT_DONE
               : args_fail(a, "the roster does not list this node: no member has the key of %s", path);
}

/* Did the steward whose key is in this directory sign ${d}? Then a person here has vouched for it already. */
static bool
is_own(const char *dir, const struct document *d)
{
    char path[DOCUMENT_PATH_MAX];
    uint8_t key[SIG_KEY_BYTES];
    bool own = false;
    snprintf(path, sizeof path, "%s/keys/steward.key", dir);
    struct secret *secret = secret_load("steward", path, NULL);
    if (secret == NULL)
        return false;
    sig_public(secret, key);
    struct roster *one = roster_new();
    memcpy(one->federation, d->roster->federation, sizeof one->federation);
    for (unsigned i = 0; i < d->roster->stewards_n; i++) {
        if (memcmp(d->roster->steward[i].key.key, key, SIG_KEY_BYTES) != 0)
            continue;
        one->stewards_n = 1;
        one->steward[0] = d->roster->steward[i];
        own = roster_signatures(buf_span(&d->bytes), one) == 1;
    }
    roster_free(one);
    secret_free(secret);
    return own;
}

/* There is no trust on first use: version 1 needs a fingerprint from a person, or this node's own steward
 * under it. */
static int
check_first(const struct args *a, const char *dir, const struct document *d)
{
    uint8_t fingerprint[HASH_BYTES];
    bool given;
    if (document_fingerprint(a, fingerprint, &given) != 0)
        return EXIT_USAGE;
    if (given && !document_is_of(d->roster, fingerprint))
        return args_fail(a, "%s is of another federation than the fingerprint's", a->at[0]);
    if (!given && d->roster->version == 1 && !is_own(dir, d))
        return args_fail(a,
                         "%s is not signed by this node's own steward: expected --fingerprint HEX, as "
                         "learned from a person",
                         a->at[0]);
    return EXIT_DONE;
}

/* Put ${d} behind ${last}, the newest version that the directory holds. */
static int
install(const struct args *a, const char *dir, bool may_be_absent, const struct document *d,
        const struct document *last)
{
    char path[DOCUMENT_PATH_MAX];
    const char *name = a->at[0];
    const struct roster_member *self;
    uint64_t held = last->roster != NULL ? last->roster->version : 0;
    const struct roster *r = d->roster;
    if (held == r->version && memcmp(last->roster->hash, r->hash, HASH_BYTES) == 0) {
        printf("version %llu is installed already\n", (unsigned long long)held);
        return EXIT_DONE;
    }
    if (r->version <= held)
        return args_fail(a, "%s is version %llu; this node holds version %llu%s", name,
                         (unsigned long long)r->version, (unsigned long long)held,
                         r->version == held ? ", and it is ANOTHER ONE: tell the stewards" : "");
    if (r->version > held + 1)
        return args_fail(a, "%s is version %llu; this node holds %llu versions: expected version %llu first",
                         name, (unsigned long long)r->version, (unsigned long long)held,
                         (unsigned long long)held + 1);
    int status = document_check(d, name, last->roster);
    if (status == EXIT_DONE)
        status = check_first(a, dir, d);
    if (status == EXIT_DONE)
        status = find_self(a, dir, r, may_be_absent, &self);
    if (status != EXIT_DONE)
        return status;
    snprintf(path, sizeof path, "%s/roster", dir);
    if (mkdir(path, 0700) != 0 && errno != EEXIST)
        return args_fail(a, "%s: %s", path, strerror(errno));
    document_path(dir, r->version, path);
    if (file_create(path, buf_span(&d->bytes), 0600) != 0)
        return args_fail(a, "%s: %s", path, strerror(errno));
    printf("%s: installed; this node is %s%s. ", path, self != NULL ? self->name : "not listed yet",
           self != NULL && self->removed ? ", REMOVED from the federation" : "");
    document_print(d);
    return EXIT_DONE;
}

int
cmd_roster_install(int argc, char **argv)
{
    struct args a;
    struct document d, last;
    int status;
    if (!args_read(&a, "roster install", 1, 1, argc, argv, &status))
        return status;
    const char *dir = args_node(&a);
    if (dir == NULL)
        return args_usage(&a, NO_NODE);
    status = document_chain(&a, dir, &last);
    if (status == EXIT_DONE) {
        status = document_read(&d, a.at[0]);
        if (status == EXIT_DONE)
            status = install(&a, dir, false, &d, &last);
        document_release(&d);
    }
    document_release(&last);
    return status;
}

/* The next note of ${rest}: it ends where, behind its signature lines, another text begins. */
static struct span
cut_note(struct span *rest)
{
    struct span all = *rest;
    bool lines = false;
    size_t at = 0;
    while (at < all.n) {
        const uint8_t *end = memchr(all.p + at, '\n', all.n - at);
        size_t next = end != NULL ? (size_t)(end - all.p) + 1 : all.n;
        bool is_line = next - at > sizeof DASH && memcmp(all.p + at, DASH, sizeof DASH - 1) == 0;
        if (lines && !is_line)
            break;
        lines = is_line;
        at = next;
    }
    *rest = span_of(all.p + at, all.n - at);
    return span_of(all.p, at);
}

/* Versions that the node holds already are passed over, whoever signed them: the chain that it holds decides. */
static int
update_one(const struct args *a, const char *dir, struct span note, bool more, struct document *last)
{
    struct document d = {.roster = roster_new(), .is_signed = true};
    struct why why;
    int status = EXIT_DONE;
    why_clear(&why);
    buf_init(&d.bytes, LIMIT_ROSTER_BYTES);
    buf_put_span(&d.bytes, note);
    if (buf_failed(&d.bytes))
        status = args_fail(a, "%s: larger than a roster may be (256 KiB)", a->at[0]);
    else if (roster_parse(note, d.roster, &why) != 0)
        status = args_refuse(&why, a->at[0]);
    else if (last->roster == NULL || d.roster->version >= last->roster->version)
        status = install(a, dir, more, &d, last);
    if (status == EXIT_DONE && (last->roster == NULL || d.roster->version > last->roster->version)) {
        document_release(last);
        *last = d;
        return status;
    }
    document_release(&d);
    return status;
}

int
cmd_roster_update(int argc, char **argv)
{
    struct args a;
    struct document last;
    struct buf bytes;
    int status;
    if (!args_read(&a, "roster update", 1, 1, argc, argv, &status))
        return status;
    const char *dir = args_node(&a);
    if (dir == NULL)
        return args_usage(&a, NO_NODE);
    buf_init(&bytes, LIMIT_PROOF_BYTES);
    if (file_read(a.at[0], &bytes) != 0) {
        status = args_fail(&a, "%s: %s", a.at[0], strerror(errno));
    } else if (bytes.n == 0) {
        status = args_fail(&a, "%s is empty: expected signed rosters, as `parallax roster chain` writes them",
                           a.at[0]);
    } else {
        struct span rest = buf_span(&bytes);
        status = document_chain(&a, dir, &last);
        while (status == EXIT_DONE && rest.n > 0) {
            struct span note = cut_note(&rest);
            status = update_one(&a, dir, note, rest.n > 0, &last);
        }
        document_release(&last);
    }
    buf_release(&bytes);
    return status;
}

int
cmd_roster_chain(int argc, char **argv)
{
    struct args a;
    struct document last;
    struct buf out;
    int status;
    if (!args_read(&a, "roster chain", 0, 0, argc, argv, &status))
        return status;
    const char *dir = args_node(&a);
    const char *path = args_get(&a, "out");
    if (dir == NULL)
        return args_usage(&a, NO_NODE);
    status = document_chain(&a, dir, &last);
    if (status == EXIT_DONE && last.roster == NULL)
        status = args_fail(&a, "%s holds no roster yet", dir);
    buf_init(&out, LIMIT_PROOF_BYTES);
    for (uint64_t version = 1; status == EXIT_DONE && version <= last.roster->version; version++) {
        char from[DOCUMENT_PATH_MAX];
        document_path(dir, version, from);
        if (file_read(from, &out) != 0)
            status = args_fail(&a, "%s: %s", from, strerror(errno));
    }
    if (status == EXIT_DONE && path != NULL && file_write(path, buf_span(&out), 0644) != 0)
        status = args_fail(&a, "%s: %s", path, strerror(errno));
    else if (status == EXIT_DONE && path != NULL)
        printf("%s: versions 1 to %llu of the roster of federation %s\n", path,
               (unsigned long long)last.roster->version, last.roster->federation);
    else if (status == EXIT_DONE)
        screen_flush(&out);
    buf_release(&out);
    document_release(&last);
    return status;
}

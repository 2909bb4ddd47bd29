/* audit: everything that a node holds, verified once more from the bytes at rest, beside the running node. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/limit.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/audit.h"
#include "cli/document.h"
#include "cli/storefile.h"
#include "core/object.h"

struct chain {
    struct document *v;
    const struct roster **roster;
    size_t n;
};

static void
chain_release(struct chain *c)
{
    for (size_t i = 0; i < c->n; i++)
        document_release(&c->v[i]);
    free(c->v);
    free(c->roster);
}

/* Every version in ${dir}, each checked against the one before, the first against the fingerprint. */
static int
chain_read(const struct args *a, const char *dir, struct chain *c)
{
    uint8_t fingerprint[HASH_BYTES];
    bool given;
    int status = EXIT_DONE;

    if (document_fingerprint(a, fingerprint, &given) != 0)
        return EXIT_USAGE;
    for (;;) {
        char path[DOCUMENT_PATH_MAX];
        struct document *d;
        document_path(dir, c->n + 1, path);
        if (access(path, F_OK) != 0)
            break;
        c->v = mem_resize(c->v, (c->n + 1) * sizeof *c->v);
        c->roster = mem_resize(c->roster, (c->n + 1) * sizeof *c->roster);
        d = &c->v[c->n];
        status = document_read(d, path);
        c->roster[c->n++] = d->roster;
        if (status == EXIT_DONE && d->roster->version != c->n)
            status = args_fail(a, "%s holds version %" PRIu64, path, d->roster->version);
        if (status == EXIT_DONE)
            status = document_check(d, path, c->n > 1 ? c->roster[c->n - 2] : NULL);
        if (status != EXIT_DONE)
            return status;
    }
    if (c->n == 0)
        return args_fail(a, "%s holds no roster: there is nothing to check by", dir);
    if (given && !document_is_of(c->roster[0], fingerprint))
        return args_fail(a, "version 1 of the roster in %s does not have that fingerprint", dir);
    return EXIT_DONE;
}

struct report {
    const struct args *args;
    bool json;
    struct buf out;
};

static void
put_json(struct report *r, const struct audit_finding *f)
{
    object_open(&r->out, NULL);
    object_bool(&r->out, "holds", f->level != AUDIT_BAD);
    object_str(&r->out, "what", f->what);
    if (f->log != NULL) {
        object_hex(&r->out, "log", f->log->id, LOG_ID_BYTES);
        object_str(&r->out, "origin", f->log->origin);
    }
    if (f->has_leaf)
        object_uint(&r->out, "leaf", f->leaf);
    object_str(&r->out, "text", f->text);
    object_close(&r->out);
    buf_put_byte(&r->out, '\n');
}

static void
put_text(struct report *r, const struct audit_finding *f)
{
    char hex[2 * LOG_ID_BYTES + 1] = "";

    buf_put_fmt(&r->out, "%s%s%s %s", screen_tone(stdout, f->level == AUDIT_BAD ? TONE_BAD : TONE_FAINT),
                f->level == AUDIT_BAD ? "WRONG" : "note ", screen_tone(stdout, TONE_PLAIN), f->what);
    if (f->log != NULL) {
        text_hex_of(f->log->id, LOG_ID_BYTES, hex);
        buf_put_fmt(&r->out, " %s", hex);
    }
    if (f->has_leaf)
        buf_put_fmt(&r->out, ":%" PRIu64, f->leaf);
    if (f->log != NULL) {
        buf_put_str(&r->out, " of ");
        screen_text(&r->out, f->log->origin);
    }
    buf_put_str(&r->out, ": ");
    screen_text(&r->out, f->text);
    buf_put_byte(&r->out, '\n');
}

static void
found(void *cookie, const struct audit_finding *f)
{
    struct report *r = cookie;

    if (r->json)
        put_json(r, f);
    else
        put_text(r, f);
    screen_flush(&r->out);
}

static void
put_sum(struct report *r, const struct audit_counts *c, const struct roster *first, const struct roster *last)
{
    struct buf hex;

    buf_init(&hex, 2 * HASH_BYTES + 1);
    text_hex(&hex, span_of(first->hash, HASH_BYTES));
    if (r->json) {
        object_open(&r->out, NULL);
        object_bool(&r->out, "holds", c->bad == 0);
        object_str(&r->out, "fingerprint", buf_cstr(&hex));
        object_uint(&r->out, "roster_version", last->version);
        object_uint(&r->out, "logs", c->logs);
        object_uint(&r->out, "records", c->records);
        object_uint(&r->out, "bodies", c->bodies);
        object_uint(&r->out, "sealed", c->sealed);
        object_uint(&r->out, "aside", c->aside);
        object_uint(&r->out, "signatures", c->signatures);
        object_uint(&r->out, "cosignatures", c->cosignatures);
        object_uint(&r->out, "subjects", c->subjects);
        object_uint(&r->out, "wrong", c->bad);
        object_uint(&r->out, "notes", c->notes);
        object_close(&r->out);
        buf_put_byte(&r->out, '\n');
    } else {
        buf_put_fmt(&r->out,
                    "%s%s%s\nby the federation %s, roster versions 1 to %" PRIu64 "\n%" PRIu64
                    " logs, %" PRIu64 " records, %" PRIu64 " bodies (%" PRIu64
                    " sealed: their bytes are checked, not what they "
                    "mean), %" PRIu64 " put aside\n%" PRIu64 " heads and %" PRIu64
                    " heartbeats and cosignatures verified, %" PRIu64 " subjects of the picture\n%" PRIu64
                    " wrong, %" PRIu64 " notes\n",
                    screen_tone(stdout, c->bad == 0 ? TONE_GOOD : TONE_BAD),
                    c->bad == 0 ? "It holds." : "It does not hold.", screen_tone(stdout, TONE_PLAIN),
                    buf_cstr(&hex), last->version, c->logs, c->records, c->bodies, c->sealed, c->aside,
                    c->signatures, c->cosignatures, c->subjects, c->bad, c->notes);
    }
    screen_flush(&r->out);
    buf_release(&hex);
}

static int
audit(const struct args *args, const char *path, const struct chain *c)
{
    struct screen_progress progress = {.what = "records"};
    struct report r = {.args = args, .json = args_has(args, "json")};
    struct audit *a = mem_new(sizeof *a);
    int status = EXIT_FAILED;

    buf_init(&r.out, 65536);
    a->roster = c->roster;
    a->rosters = c->n;
    a->found = found;
    a->cookie = &r;
    a->progress = &progress;
    a->store = store_open(path, true);
    if (a->store == NULL)
        (void)args_fail(args, "%s cannot be opened as a store", path);
    else if (audit_run(a) != 0)
        (void)args_fail(args, "%s cannot be read to its end", path);
    else {
        put_sum(&r, &a->counts, c->roster[0], c->roster[c->n - 1]);
        status = a->counts.bad == 0 ? EXIT_DONE : EXIT_FAILED;
    }
    store_close(a->store);
    buf_release(&r.out);
    free(a);
    return status;
}

int
cmd_audit(int argc, char **argv)
{
    char path[STOREFILE_PATH_MAX];
    struct chain chain = {NULL, NULL, 0};
    struct conf conf;
    struct args a;
    int status;

    if (!args_read(&a, "audit", 0, 0, argc, argv, &status))
        return status;
    const char *dir = args_node(&a), *file = args_get(&a, "store");
    if (dir == NULL)
        return args_usage(&a, "expected --node DIR or PARALLAX_NODE: the directory of the node");
    if (strlen(dir) > DOCUMENT_PATH_MAX - 64)
        return args_usage(&a, "the directory's name is longer than %d bytes", DOCUMENT_PATH_MAX - 64);
    status = file == NULL ? storefile_find(&a, dir, &conf, path) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = chain_read(&a, dir, &chain);
    if (status == EXIT_DONE)
        status = audit(&a, file != NULL ? file : path, &chain);
    chain_release(&chain);
    return status;
}

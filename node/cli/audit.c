/* Order of an audit, and what it says. */
#include "cli/audit.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "base/mem.h"
#include "record.pb-c.h"
#include "wire/unpack.h"

static void __attribute__((format(printf, 3, 0)))
say(struct audit *a, struct audit_finding *f, const char *fmt, va_list args)
{
    char text[512];

    (void)vsnprintf(text, sizeof text, fmt, args);
    f->text = text;
    if (f->level == AUDIT_BAD)
        a->counts.bad++;
    else
        a->counts.notes++;
    a->found(a->cookie, f);
}

void
audit_say(struct audit *a, enum audit_level level, const char *what, const struct store_log *log,
          const char *fmt, ...)
{
    struct audit_finding f = {.level = level, .what = what, .log = log};
    va_list args;

    va_start(args, fmt);
    say(a, &f, fmt, args);
    va_end(args);
}

void
audit_say_leaf(struct audit *a, enum audit_level level, const char *what, const struct store_log *log,
               uint64_t leaf, const char *fmt, ...)
{
    struct audit_finding f = {.level = level, .what = what, .log = log, .has_leaf = true, .leaf = leaf};
    va_list args;

    va_start(args, fmt);
    say(a, &f, fmt, args);
    va_end(args);
}

const struct store_log *
audit_log_by_no(const struct audit *a, uint32_t no)
{
    for (size_t i = 0; i < a->log_n; i++) {
        if (a->log[i].no == no)
            return &a->log[i];
    }
    return NULL;
}

const struct store_log *
audit_log_by_id(const struct audit *a, const uint8_t id[LOG_ID_BYTES])
{
    for (size_t i = 0; i < a->log_n; i++) {
        if (memcmp(a->log[i].id, id, LOG_ID_BYTES) == 0)
            return &a->log[i];
    }
    return NULL;
}

const struct roster *
audit_newest(const struct audit *a)
{
    return a->roster[a->rosters - 1];
}

const struct roster_key *
audit_log_key(const struct audit *a, const char *origin, const uint8_t log[LOG_ID_BYTES],
              const uint8_t key_id[KEY_ID_BYTES])
{
    const struct roster_key *key = NULL;

    for (size_t i = a->rosters; i-- > 0 && key == NULL;)
        key = roster_log_key(a->roster[i], origin, log, key_id);
    return key;
}

/* What the descriptor of ${log} says that it goes on from. */
static void
take_claim(struct audit *a, const struct store_log *log, const Parallax__V1__Descriptor *d)
{
    struct audit_claim *c;

    if (d->continues == NULL || d->continues->log.len != LOG_ID_BYTES || d->continues->root.len != HASH_BYTES)
        return;
    a->claim = mem_resize(a->claim, (a->claim_n + 1) * sizeof *a->claim);
    c = &a->claim[a->claim_n++];
    memcpy(c->log, d->continues->log.data, LOG_ID_BYTES);
    memcpy(c->root, d->continues->root.data, HASH_BYTES);
    c->size = d->continues->size;
    c->by = log->no;
}

static void
read_descriptor(struct audit *a, const struct store_log *log)
{
    const Parallax__V1__Descriptor *d;
    struct store_record r;
    uint64_t delivery;
    int64_t received_ms;
    struct why why;

    if (log->size == 0)
        return;
    why_clear(&why);
    arena_clear(&a->arena);
    if (store_record_get(a->store, log->no, 0, &r, &delivery, &received_ms) != 0) {
        audit_say_leaf(a, AUDIT_BAD, "descriptor", log, 0, "leaf 0 cannot be read");
        return;
    }
    d = (const Parallax__V1__Descriptor *)unpack(&parallax__v1__descriptor__descriptor, r.body, false,
                                                 WHY_BODY_SHAPE, &a->arena, &why);
    if (d == NULL || strcmp(d->federation, audit_newest(a)->federation) != 0 ||
        strcmp(d->node, log->origin) != 0 || strcmp(d->audience, log->audience) != 0 ||
        strcmp(d->class_name, log->class_name) != 0)
        audit_say_leaf(a, AUDIT_BAD, "descriptor", log, 0,
                       "expected the descriptor of %s/%s/%s in this federation", log->origin, log->audience,
                       log->class_name);
    else
        take_claim(a, log, d);
}

struct listing {
    struct audit *a;
    uint64_t *quarantined;
};

static int
list(void *cookie, uint32_t no, const struct store_log *log, uint64_t quarantined)
{
    struct listing *l = cookie;
    struct audit *a = l->a;

    if (log == NULL) {
        audit_say(a, AUDIT_BAD, "row", NULL,
                  "the row of log number %u is damaged: nothing of it can be checked", no);
        return 0;
    }
    a->log = mem_resize(a->log, (a->log_n + 1) * sizeof *a->log);
    l->quarantined = mem_resize(l->quarantined, (a->log_n + 1) * sizeof *l->quarantined);
    a->log[a->log_n] = *log;
    l->quarantined[a->log_n++] = quarantined;
    return 0;
}

static int
stray(void *cookie, const char *name, uint64_t rows)
{
    if (rows > 0)
        audit_say(cookie, AUDIT_BAD, "stray", NULL,
                  "%llu rows of table %s belong to nothing that is held: a number was changed, or a row lost",
                  (unsigned long long)rows, name);
    return 0;
}

static int
file_line(void *cookie, const char *line)
{
    audit_say(cookie, AUDIT_BAD, "file", NULL, "SQLite: %.300s", line);
    return 0;
}

/* The roster says with which key the series of a log that it ends goes on. */
static void
compare_key(struct audit *a, const struct audit_claim *c, const struct store_log *by)
{
    const struct roster_recovery *end = roster_recovery(audit_newest(a), c->log);
    const struct roster_key *key;

    if (end == NULL || strcmp(end->origin, by->origin) != 0 || by->head.size == 0)
        return;
    key = audit_log_key(a, by->origin, by->id, by->head.key_id);
    if (key != NULL && (!end->goes_on || memcmp(key->key, end->key, SIG_KEY_BYTES) != 0))
        audit_say(
            a, AUDIT_NOTE, "chain", by,
            "it goes on from a log that the roster ends, under another key than the roster names for that");
}

/* Claims about logs that are not held, or not to there, prove nothing either way. */
static void
open_claims(struct audit *a)
{
    for (size_t i = 0; i < a->claim_n; i++) {
        const struct audit_claim *c = &a->claim[i];
        const struct store_log *p = audit_log_by_id(a, c->log), *by = audit_log_by_no(a, c->by);

        compare_key(a, c, by);
        if (p == NULL)
            audit_say(a, AUDIT_NOTE, "chain", by, "the log that it goes on from is not held");
        else if (strcmp(p->origin, by->origin) != 0)
            audit_say(a, AUDIT_BAD, "chain", by, "it goes on from a log of %s: expected one of %s", p->origin,
                      by->origin);
        else if (c->size > p->size)
            audit_say(a, AUDIT_NOTE, "chain", by,
                      "it goes on from %llu leaves of a log of which %llu are held: not compared",
                      (unsigned long long)c->size, (unsigned long long)p->size);
    }
}

static int
look(struct audit *a, struct listing *l)
{
    struct buf mark;
    int rc;

    buf_init(&mark, 64);
    rc = store_meta_get(a->store, STORE_REBUILD_MARK, &mark);
    a->picture = rc == 1;
    buf_release(&mark);
    if (rc < 0 || store_scan_file(a->store, file_line, a) != 0 || store_scan_logs(a->store, list, l) != 0 ||
        store_scan_strays(a->store, stray, a) != 0)
        return -1;
    if (!a->picture)
        audit_say(a, AUDIT_NOTE, "picture", NULL, "it is being made from the logs just now: not compared");
    for (size_t i = 0; i < a->log_n; i++) {
        a->progress->total += a->log[i].size;
        read_descriptor(a, &a->log[i]);
    }
    screen_progress_start(a->progress, "records", a->progress->total);
    open_claims(a);
    for (size_t i = 0; i < a->log_n; i++) {
        a->counts.logs++;
        if (audit_log_check(a, &a->log[i], l->quarantined[i]) != 0)
            return -1;
        audit_head_check(a, &a->log[i]);
    }
    return a->picture ? audit_record_picture(a) : 0;
}

int
audit_run(struct audit *a)
{
    struct listing l = {a, NULL};
    int rc;

    arena_init(&a->arena, LIMIT_ARENA_BODY_BYTES);
    rc = store_begin(a->store);
    if (rc == 0)
        rc = look(a, &l);
    store_rollback(a->store);
    screen_progress_end(a->progress);
    arena_release(&a->arena);
    free(a->log);
    free(a->claim);
    free(l.quarantined);
    return rc;
}

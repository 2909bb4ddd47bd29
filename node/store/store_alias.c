/* What the picture says of who objects are, by identifier (types/alias.h). The thread that owns the handle. */
#include "store/store_internal.h"

#include "store/pack.h"
#include "types/alias.h"

_Static_assert(STORE_IDENTITY_MAX >= ALIAS_TEXT_BYTES, "an identity fits");

#define AT_ONCE_COUNT 64 /* identities of one transaction that are sorted in at once: a few milliseconds */
#define DUE_BYTES                                                                                            \
    16384 /* of those that wait, in one row: 200 of element sets, some milliseconds to sort in */
#define DUE_BYTES_MAX (DUE_BYTES + STORE_IDENTITY_MAX + 256)
#define FETCH_COUNT   16 /* rows of one look: few identifiers have more */

struct change {
    uint8_t mode;
    const char *origin;
    enum store_relation relation;
    bool add;
};

static int
run(struct store *s, enum sql sql, const struct change *c, const char *id, const char *partner)
{
    sqlite3_stmt *st = store_stmt(s, sql);

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int(st, 1, c->mode);
    store_bind_text(st, 2, id);
    (void)sqlite3_bind_int(st, 3, (int)c->relation);
    store_bind_text(st, 4, c->origin);
    store_bind_text(st, 5, partner);
    return store_run(s, st);
}

static int
change(struct store *s, const struct change *c, const char *id, const char *partner)
{
    if (c->add)
        return run(s, SQL_ALIAS_ADD, c, id, partner);
    return run(s, SQL_ALIAS_TAKE, c, id, partner) != 0 ? -1 : run(s, SQL_ALIAS_DROP, c, id, partner);
}

/* Both ways, so that either finds the other. */
static int
pair(struct store *s, const struct change *c, const char *a, const char *b)
{
    return change(s, c, a, b) != 0 ? -1 : change(s, c, b, a);
}

/* One group: the first identifier and each of the others. */
static int
group(struct store *s, struct change *c, struct span *text)
{
    const char *first = NULL, *id;
    size_t n = 0;

    c->relation = STORE_SAME;
    while (alias_take(text, &id)) {
        if (n == 0 && (strcmp(id, ALIAS_MERGE) == 0 || strcmp(id, ALIAS_SPLIT) == 0)) {
            c->relation = strcmp(id, ALIAS_MERGE) == 0 ? STORE_MERGE : STORE_SPLIT;
            continue;
        }
        if (n++ == 0)
            first = id;
        else if (strcmp(first, id) != 0 && pair(s, c, first, id) != 0)
            return -1;
    }
    return n == 1 && c->relation == STORE_SAME ? change(s, c, first, "") : 0;
}

static int
apply(struct store *s, uint8_t mode, const char *origin, struct span identity, bool add)
{
    struct change c = {.mode = mode, .origin = origin, .add = add};

    while (identity.n > 0) {
        if (group(s, &c, &identity) != 0)
            return -1;
    }
    return 0;
}

int
store_alias_is_behind(struct store *s)
{
    sqlite3_stmt *st;

    if (s->alias_behind < 0 && (st = store_stmt(s, SQL_ALIAS_DUE_GET)) != NULL) {
        s->alias_behind = store_row(s, st);
        (void)sqlite3_reset(st);
    }
    return s->alias_behind;
}

void
store_alias_clear(struct store *s)
{
    buf_clear(&s->alias_due);
    s->alias_made = 0;
    s->alias_behind = -1;
}

int
store_alias_flush(struct store *s)
{
    sqlite3_stmt *st;

    s->alias_made = 0;
    if (s->alias_due.n == 0)
        return 0;
    st = store_stmt(s, SQL_ALIAS_DUE_INSERT);
    if (st == NULL)
        return -1;
    store_bind_buf(st, 1, &s->alias_due);
    if (store_run(s, st) != 0)
        return -1;
    buf_clear(&s->alias_due);
    return 0;
}

/* The first of a transaction are made at once; when one waits, so do all behind it, or what is taken could be taken before it is there. */
int
store_alias_change(struct store *s, uint8_t mode, const char *origin, struct span identity, bool add)
{
    int behind;

    if (identity.n == 0)
        return 0;
    behind = store_alias_is_behind(s);
    if (behind < 0)
        return -1;
    if (behind == 0 && s->alias_made++ < AT_ONCE_COUNT)
        return apply(s, mode, origin, identity, add);
    s->alias_behind = 1;
    if (s->alias_due.n > DUE_BYTES && store_alias_flush(s) != 0)
        return -1;
    buf_put_byte(&s->alias_due, mode);
    buf_put_byte(&s->alias_due, add);
    buf_put_byte(&s->alias_due, (uint8_t)strlen(origin));
    buf_put(&s->alias_due, origin, strlen(origin) + 1);
    buf_put_be32(&s->alias_due, (uint32_t)identity.n);
    buf_put_span(&s->alias_due, identity);
    return buf_failed(&s->alias_due) ? store_fail(s, "no memory for an identity") : 0;
}

static int
settle_row(struct store *s, struct span in)
{
    while (in.n > 0) {
        struct span origin, identity;
        uint8_t mode, add, n;
        uint32_t length;

        if (!pack_take_u8(&in, &mode) || !pack_take_u8(&in, &add) || !pack_take_u8(&in, &n) ||
            !pack_take_bytes(&in, (size_t)n + 1, &origin) || origin.p[n] != 0 ||
            !pack_take_be32(&in, &length) || !pack_take_bytes(&in, length, &identity))
            return store_fail(s, "identities that wait are damaged");
        if (apply(s, mode, (const char *)origin.p, identity, add != 0) != 0)
            return -1;
    }
    return 0;
}

static int
settle(struct store *s)
{
    sqlite3_stmt *st;
    struct buf changes;
    int64_t no = 0;
    int rc = store_alias_flush(s);

    if (rc != 0 || (st = store_stmt(s, SQL_ALIAS_DUE_GET)) == NULL)
        return -1;
    buf_init(&changes, DUE_BYTES_MAX);
    rc = store_row(s, st);
    if (rc > 0) {
        no = sqlite3_column_int64(st, 0);
        buf_put_span(&changes, store_column(st, 1));
    }
    (void)sqlite3_reset(st);
    s->alias_behind = rc;
    if (rc > 0 && buf_failed(&changes))
        rc = store_fail(s, "identities that wait are damaged");
    if (rc > 0)
        rc = settle_row(s, buf_span(&changes));
    buf_release(&changes);
    if (rc != 0 || no == 0 || (st = store_stmt(s, SQL_ALIAS_DUE_DELETE)) == NULL)
        return rc != 0 ? -1 : no == 0 ? 0 : -1;
    (void)sqlite3_bind_int64(st, 1, no);
    s->alias_behind = -1;
    return store_run(s, st);
}

int
store_alias_settle(struct store *s)
{
    bool opened;
    int rc = store_enter(s, &opened);

    if (rc == 0)
        rc = settle(s);
    return store_leave(s, opened, rc);
}

struct alias_row {
    char origin[LIMIT_NAME_BYTES + 1], partner[STORE_TEXT_MAX];
};

/* Rows after (origin, partner) of ${after}: their number, or -1. */
static int
fetch(struct store *s, int mode, const char *id, enum store_relation relation, const struct alias_row *after,
      struct alias_row out[FETCH_COUNT])
{
    sqlite3_stmt *st = store_stmt(s, SQL_ALIAS_AFTER);
    int n = 0, rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int(st, 1, mode);
    store_bind_text(st, 2, id);
    (void)sqlite3_bind_int(st, 3, (int)relation);
    store_bind_text(st, 4, after->origin);
    store_bind_text(st, 5, after->partner);
    (void)sqlite3_bind_int(st, 6, FETCH_COUNT);
    while ((rc = store_row(s, st)) > 0) {
        if (store_copy_text(s, st, 0, out[n].origin, sizeof out[n].origin) != 0 ||
            store_copy_text(s, st, 1, out[n].partner, sizeof out[n].partner) != 0) {
            rc = -1;
            break;
        }
        n++;
    }
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : n;
}

/* Bytes of "norad:", 0 when there is none. */
static size_t
scheme_of(const char *id)
{
    const char *colon = strchr(id, ':');

    return colon != NULL ? (size_t)(colon - id) + 1 : 0;
}

/* Is ${b} of the same origin and scheme as ${a}? */
static bool
is_alike(const struct alias_row *a, const struct alias_row *b)
{
    size_t n = scheme_of(a->partner);

    return strcmp(a->origin, b->origin) == 0 && n == scheme_of(b->partner) &&
           strncmp(a->partner, b->partner, n) == 0;
}

/* Behind all of its scheme: ';' follows ':'. */
static void
skip_scheme(struct alias_row *after)
{
    size_t n = scheme_of(after->partner);

    after->partner[n > 0 ? n - 1 : 0] = ';';
    after->partner[n > 0 ? n : 1] = 0;
}

int
store_alias_each(struct store *s, int mode, const char *id, enum store_relation relation, unsigned max,
                 store_alias_fn *fn, void *cookie)
{
    struct alias_row row[FETCH_COUNT], last = {"", ""};
    unsigned alike = 0;
    int n, rc;

    do {
        struct alias_row after = last;

        if (alike >= max)
            skip_scheme(&after);
        n = fetch(s, mode, id, relation, &after, row);
        if (alike >= max)
            alike = 0;
        for (int i = 0; i < n && alike < max; i++) {
            alike = is_alike(&last, &row[i]) ? alike + 1 : 1;
            last = row[i];
            if ((rc = fn(cookie, row[i].origin, row[i].partner)) != 0)
                return rc;
        }
    } while (n == FETCH_COUNT || alike >= max);
    return n < 0 ? -1 : 0;
}

int
store_alias_next(struct store *s, int mode, const char *after, char *out)
{
    sqlite3_stmt *st = store_stmt(s, SQL_ALIAS_NEXT);
    int rc;

    if (st == NULL)
        return -1;
    (void)sqlite3_bind_int(st, 1, mode);
    store_bind_text(st, 2, after);
    rc = store_row(s, st);
    if (rc > 0 && store_copy_text(s, st, 0, out, STORE_TEXT_MAX) != 0)
        rc = -1;
    (void)sqlite3_reset(st);
    return rc < 0 ? -1 : rc == 0;
}

/*
 * What own records will do to the picture once they are signed. The picture cannot take back what it has
 * replaced, so it shows nothing that the signer may still refuse. The thread that owns the handle.
 */
#include "store/store_internal.h"

#include "store/pack.h"
#include "types/event.h"

static void
put_text(struct buf *out, const char *text)
{
    size_t n = strlen(text);

    buf_put_byte(out, (uint8_t)n);
    buf_put(out, text, n + 1);
}

/* A text of ${max} bytes at most with its NUL, as a C string inside the blob. */
static bool
take_text(struct span *in, size_t max, const char **text)
{
    struct span s;
    uint8_t n;

    if (!pack_take_u8(in, &n) || n >= max || !pack_take_bytes(in, (size_t)n + 1, &s) ||
        memchr(s.p, 0, s.n) != s.p + n)
        return false;
    *text = (const char *)s.p;
    return true;
}

/* Set in the kind of a record that has events; they follow its texts. Older entries have none. */
#define KIND_EVENTS 0x80

static void
put_event(struct buf *out, const struct store_event *e)
{
    buf_put_be64(out, (uint64_t)e->at);
    buf_put_be64(out, (uint64_t)e->issued);
    buf_put_be64(out, (uint64_t)e->closes);
    buf_put_byte(out, (uint8_t)((e->ended ? 1 : 0) | (e->remark ? 2 : 0)));
    put_text(out, e->kind);
    put_text(out, e->scope);
    put_text(out, e->voice);
}

static bool
take_event(struct span *in, struct store_event *e)
{
    uint64_t at, issued, closes;
    uint8_t flags;

    if (!pack_take_be64(in, &at) || !pack_take_be64(in, &issued) || !pack_take_be64(in, &closes) ||
        !pack_take_u8(in, &flags))
        return false;
    *e = (struct store_event){.at = (int64_t)at,
                              .issued = (int64_t)issued,
                              .closes = (int64_t)closes,
                              .ended = (flags & 1) != 0,
                              .remark = (flags & 2) != 0};
    return take_text(in, STORE_TEXT_MAX, &e->kind) && take_text(in, STORE_TEXT_MAX, &e->scope) &&
           take_text(in, STORE_TEXT_MAX, &e->voice);
}

/* Into ${events}, which the subject points to. */
static bool
take_events(struct span *in, struct store_event events[EVENTS_MAX], struct store_subject *v)
{
    uint8_t n;

    if (!pack_take_u8(in, &n) || n == 0 || n > EVENTS_MAX)
        return false;
    v->events = events;
    v->events_n = n;
    for (uint8_t i = 0; i < n; i++) {
        if (!take_event(in, &events[i]))
            return false;
    }
    return true;
}
/* Before an entry with an identity: an older release wrote none, and no log has this number. */
#define WITH_IDENTITY UINT32_MAX

static void
put_entry(struct buf *out, const struct store_subject *v)
{
    buf_put_be32(out, WITH_IDENTITY);
    buf_put_be32(out, (uint32_t)v->identity.n);
    buf_put_span(out, v->identity);
    buf_put_be32(out, v->log);
    buf_put_be64(out, v->index);
    buf_put_byte(out, v->mode);
    buf_put_byte(out, v->events_n > 0 ? v->kind | KIND_EVENTS : v->kind);
    buf_put_be64(out, (uint64_t)v->epoch);
    buf_put_be64(out, (uint64_t)v->created);
    put_text(out, v->type);
    put_text(out, v->key);
    put_text(out, v->origin);
    put_text(out, v->object[0]);
    put_text(out, v->object[1]);
    if (v->events_n > 0)
        buf_put_byte(out, (uint8_t)v->events_n);
    for (size_t i = 0; i < v->events_n; i++)
        put_event(out, &v->events[i]);
}

static bool
take_entry(struct span *in, struct store_event events[EVENTS_MAX], struct store_subject *v)
{
    uint64_t epoch, created;
    bool has_events;
    uint32_t n;

    *v = (struct store_subject){0};
    if (!pack_take_be32(in, &v->log))
        return false;
    if (v->log == WITH_IDENTITY && (!pack_take_be32(in, &n) || n > STORE_IDENTITY_MAX ||
                                    !pack_take_bytes(in, n, &v->identity) || !pack_take_be32(in, &v->log)))
        return false;
    if (!pack_take_be64(in, &v->index) || !pack_take_u8(in, &v->mode) || !pack_take_u8(in, &v->kind) ||
        !pack_take_be64(in, &epoch) || !pack_take_be64(in, &created))
        return false;
    v->epoch = (int64_t)epoch;
    v->created = (int64_t)created;
    has_events = (v->kind & KIND_EVENTS) != 0;
    v->kind &= KIND_EVENTS - 1;
    return take_text(in, STORE_TEXT_MAX, &v->type) && take_text(in, STORE_TEXT_MAX, &v->key) &&
           take_text(in, STORE_TEXT_MAX, &v->origin) && take_text(in, STORE_TEXT_MAX, &v->object[0]) &&
           take_text(in, STORE_TEXT_MAX, &v->object[1]) && (!has_events || take_events(in, events, v));
}

int
store_pending_put(struct store *s, const struct store_subject *subject)
{
    if (s->pending.n > s->pending.max / 2 && store_pending_flush(s) != 0)
        return -1;
    put_entry(&s->pending, subject);
    return buf_failed(&s->pending) ? store_fail(s, "no memory for a subject") : 0;
}

int
store_pending_flush(struct store *s)
{
    sqlite3_stmt *st;

    if (s->pending.n == 0)
        return 0;
    st = store_stmt(s, SQL_PENDING_INSERT);
    if (st == NULL)
        return -1;
    store_bind_buf(st, 1, &s->pending);
    if (store_run(s, st) != 0)
        return -1;
    buf_clear(&s->pending);
    return 0;
}

/* All pending subjects in order, in ${all}; none is left behind. */
static int
take_all(struct store *s, struct buf *all)
{
    sqlite3_stmt *st = store_stmt(s, SQL_PENDING_EACH);
    int rc;

    if (st == NULL)
        return -1;
    while ((rc = store_row(s, st)) > 0)
        buf_put_span(all, store_column(st, 0));
    (void)sqlite3_reset(st);
    buf_put_span(all, buf_span(&s->pending));
    if (rc == 0 && buf_failed(all))
        return store_fail(s, "no memory for pending subjects");
    buf_clear(&s->pending);
    return rc != 0 ? -1 : store_run(s, store_stmt(s, SQL_PENDING_DELETE));
}

/* What store_pending_apply and _cut do with the subjects of one log; those of other logs stay. */
struct sweep {
    uint32_t log;
    uint64_t size;
    bool apply; /* those below size, and keep the others; or drop those from size on */
    uint64_t first, delivery;
};

static int
sweep_one(struct store *s, const struct sweep *w, struct store_subject *v)
{
    bool ours = v->log == w->log, below = v->index < w->size;

    if (ours && w->apply && below) {
        v->delivery = w->delivery + (v->index - w->first);
        return store_latest_apply(s, v);
    }
    if (ours && !w->apply && !below)
        return 0;
    return store_pending_put(s, v);
}

static int
sweep(struct store *s, const struct sweep *w)
{
    struct store_event events[EVENTS_MAX];
    struct store_subject v;
    struct span in;
    struct buf all;
    int rc;

    buf_init(&all, 8 * s->pending.max);
    rc = take_all(s, &all);
    in = buf_span(&all);
    while (rc == 0 && in.n > 0)
        rc =
            take_entry(&in, events, &v) ? sweep_one(s, w, &v) : store_fail(s, "a pending subject is damaged");
    buf_release(&all);
    return rc;
}

int
store_pending_apply(struct store *s, uint32_t log, uint64_t size, uint64_t first, uint64_t delivery)
{
    return sweep(s, &(struct sweep){log, size, true, first, delivery});
}

int
store_pending_cut(struct store *s, uint32_t log, uint64_t size)
{
    return sweep(s, &(struct sweep){log, size, false, 0, 0});
}

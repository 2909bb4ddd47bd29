/*
 * What an older release stored says who objects are, too: each subject of the picture is read once more, some a tick, until all are done. Runs in the core role's
 * thread.
 */
#include "daemon/core_internal.h"
#include "base/log.h"
#include <stdlib.h>

#include "base/mem.h"
#include "core/record.h"
#include "types/alias.h"
#include "types/registry.h"

#define SETTLE_MAX 8   /* times 200 identities in one call: some 30 ms */
#define ROWS_MAX   256 /* of one call: a few milliseconds */
#define META       "aliases_missing"

struct rows {
    struct store_latest row[ROWS_MAX];
    size_t n;
};

static int
gather(void *cookie, const struct store_latest *row)
{
    struct rows *r = cookie;

    if (r->n == ROWS_MAX)
        return 1;
    r->row[r->n++] = *row;
    return 0;
}

/* What it says; NULL when that is not held, or sealed: then it gives no identifiers (core/road.c). */
static const ProtobufCMessage *
read_body(struct core *c, const struct store_latest *row, struct arena *arena, struct buf *header_copy)
{
    struct store_record record;
    const Parallax__V1__Header *h;
    struct node_log_status log;
    uint64_t delivery;
    int64_t received_ms;
    struct why why;
    int i = node_log_find_no(c->node, row->log);
    const struct type *type = registry_type_cstr(row->type);

    why_clear(&why);
    if (i < 0 || type == NULL || type->identity == NULL ||
        store_record_get(c->store, row->log, row->index, &record, &delivery, &received_ms) != 0 ||
        record.body_state != STORE_BODY_HELD)
        return NULL;
    node_log_status(c->node, (size_t)i, &log);
    buf_put_span(header_copy, record.header);
    h = record_header_read(buf_span(header_copy), log.row->id, arena, &why);
    if (h == NULL || h->kind == PARALLAX__V1__KIND__RETRACT || h->sealing != PARALLAX__V1__SEALING__NONE)
        return NULL;
    return registry_unpack(type, record.body, arena, &why);
}

static void
fill_row(struct core *c, const struct store_latest *row, struct arena *arena)
{
    const struct type *type = registry_type_cstr(row->type);
    struct store_subject s = {.type = row->type,
                              .key = row->key,
                              .origin = row->origin,
                              .mode = row->mode,
                              .kind = row->kind,
                              .epoch = row->epoch,
                              .created = row->created,
                              .log = row->log,
                              .index = row->index,
                              .delivery = row->delivery};
    uint8_t bytes[ALIAS_TEXT_BYTES];
    struct buf identity, header;
    const ProtobufCMessage *msg;
    struct subject subject;

    arena_clear(arena);
    buf_init(&header, LIMIT_HEADER_BYTES);
    buf_init_fixed(&identity, bytes, sizeof bytes);
    msg = read_body(c, row, arena, &header);
    if (msg != NULL && type->subject(msg, &subject) == 0) {
        alias_of(type, msg, &subject, &identity);
        s.object[0] = subject.object[0];
        s.object[1] = subject.object[1];
        s.identity = buf_span(&identity);
        if (store_latest_put(c->store, &s) != 0)
            c->failed = true;
    }
    buf_release(&header);
}

bool
core_fill_is_due(struct core *c)
{
    struct buf value;
    bool due;

    buf_init(&value, 16);
    due = store_meta_get(c->store, META, &value) == 0;
    buf_release(&value);
    return due;
}

void
core_fill(struct core *c)
{
    struct rows *rows;
    struct arena arena;

    if (!c->fill || store_in_transaction(c->store))
        return; /* at the next tick */
    if (store_begin(c->store) != 0) {
        c->failed = true;
        return;
    }
    rows = mem_new(sizeof *rows);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    if (store_latest_each(c->store, c->fill_begun ? &c->fill_after : NULL, gather, rows) < 0)
        c->failed = true;
    for (size_t i = 0; i < rows->n && !c->failed; i++)
        fill_row(c, &rows->row[i], &arena);
    if (rows->n > 0)
        c->fill_after = rows->row[rows->n - 1];
    c->fill_begun = true;
    if (rows->n < ROWS_MAX && !c->failed) {
        c->fill = false;
        if (store_meta_delete(c->store, META) != 0)
            c->failed = true;
    }
    if (!c->failed && store_commit(c->store) != 0)
        c->failed = true;
    arena_release(&arena);
    free(rows);
}

/* Some identities that wait. Between two transactions: what brings records goes first. */
void
core_fill_settle(struct core *c)
{
    int behind = 1;

    if (c->failed || store_in_transaction(c->store) || store_alias_is_behind(c->store) == 0)
        return;
    if (store_begin(c->store) != 0) {
        c->failed = true;
        return;
    }
    for (int i = 0; i < SETTLE_MAX && behind > 0 && !c->failed; i++) {
        if (store_alias_settle(c->store) != 0 || (behind = store_alias_is_behind(c->store)) < 0)
            c->failed = true;
    }
    if (!c->failed && store_commit(c->store) != 0)
        c->failed = true;
}

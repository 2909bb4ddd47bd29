/* picture: the newest of each (type, mode, subject, origin) as canonical JSON lines, and then the events, the same bytes at every
 * node that holds the same. The core's thread. */
#include "daemon/api_internal.h"

#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "core/record.h"
#include "types/registry.h"

#define CURSOR_BYTES (2 * LIMIT_NAME_BYTES + 128 + 8)
#define EPOCH_DIGITS 9

struct picture {
    struct api_call *call;
    struct api_page logs; /* for its look-up only */
    struct store_latest *rows;
    size_t n;
    bool more;
};

static int
gather(void *cookie, const struct store_latest *row)
{
    struct picture *p = cookie;

    p->more = p->n == LIMIT_API_PAGE_COUNT;
    if (p->more)
        return 1;
    p->rows[p->n++] = *row;
    return 0;
}

static void
put_text(struct buf *out, const char *key, const char *value)
{
    buf_put_fmt(out, "\"%s\":", key);
    text_json(out, span_str(value));
    buf_put_byte(out, ',');
}

/* To the nanosecond as the header has it; null when it has none. */
static void
put_time(struct buf *out, const char *key, const Parallax__V1__Utc *t)
{
    struct utc utc = record_utc(t);
    char text[UTC_TEXT_MAX];

    if (utc_is_zero(utc)) {
        buf_put_fmt(out, "\"%s\":null,", key);
        return;
    }
    utc_print(utc, EPOCH_DIGITS, text);
    put_text(out, key, text);
}

/*
 * What the body says. A body that is not held, or that this version does not know, is null. One whose JSON
 * would not fit a page is named by its hash: at every node alike.
 */
static void
put_data(struct buf *out, struct api_call *c, const Parallax__V1__Header *h, const struct store_record *r)
{
    const struct type *type = registry_type_cstr(h->type);
    const ProtobufCMessage *msg = NULL;
    struct buf data;
    struct why why;

    why_clear(&why);
    if (type != NULL && r->body_state == STORE_BODY_HELD)
        msg = registry_unpack(type, r->body, c->scratch, &why);
    buf_put_str(out, "\"data\":");
    if (msg == NULL) {
        buf_put_str(out, "null}\n");
        return;
    }
    buf_init(&data, LIMIT_API_PAGE_BYTES);
    type->json(msg, &data);
    if (buf_failed(&data)) {
        buf_put_str(out, "null,\"data_sha256\":\"");
        text_hex(out, span_of(h->body_hash.data, h->body_hash.len));
        buf_put_byte(out, '"');
    } else {
        buf_put_span(out, buf_span(&data));
    }
    buf_put_str(out, "}\n");
    buf_release(&data);
}

/* 0 with the line appended; 1 = not here, or not for our people: no line; -1. */
static int
put_line(struct picture *p, const struct store_latest *row, struct buf *out)
{
    struct api_call *c = p->call;
    const struct store_log *log = api_page_log(&p->logs, row->log);
    const Parallax__V1__Header *h;
    struct store_record record;
    char id[RECORD_ID_TEXT_MAX];
    uint64_t delivery;
    int64_t received_ms;
    struct why why;
    int rc;

    if (log == NULL)
        return 1;
    rc = store_record_get(c->ctx->store, row->log, row->index, &record, &delivery, &received_ms);
    if (rc != 0)
        return rc;
    arena_clear(c->scratch);
    why_clear(&why);
    h = record_header_read(record.header, log->id, c->scratch, &why);
    if (h == NULL)
        return 1;
    record_id_print(log->id, row->index, id);
    buf_put_byte(out, '{');
    put_text(out, "type", row->type);
    put_text(out, "mode", record_mode_name(row->mode));
    put_text(out, "subject", row->key);
    put_text(out, "origin", row->origin);
    put_text(out, "record", id);
    put_text(out, "kind", record_kind_name(row->kind));
    put_time(out, "epoch", h->epoch);
    put_time(out, "created", h->created);
    put_data(out, c, h, &record);
    return 0;
}

/* "<type>/<mode>/<origin>/<key>": only the key may hold a slash. */
static int
read_cursor(struct api_call *c, const char *cursor, struct store_latest *row)
{
    struct span part[3];
    const char *at = cursor;
    uint64_t mode;

    *row = (struct store_latest){0};
    for (size_t i = 0; i < 3; i++) {
        const char *end = strchr(at, '/');

        if (end == NULL)
            return api_answer_refuse(c, WHY_FIELD_VALUE, "after", "not a cursor of this request");
        part[i] = span_of(at, (size_t)(end - at));
        at = end + 1;
    }
    if (part[0].n >= sizeof row->type || num_uint(part[1], UINT8_MAX, &mode) != 0 ||
        part[2].n >= sizeof row->origin || strlen(at) >= sizeof row->key)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "after", "not a cursor of this request");
    memcpy(row->type, part[0].p, part[0].n);
    row->mode = (uint8_t)mode;
    memcpy(row->origin, part[2].p, part[2].n);
    memcpy(row->key, at, strlen(at));
    return 0;
}

static char *
make_cursor(struct api_call *c, const struct store_latest *row)
{
    char *cursor = api_answer_alloc(c, CURSOR_BYTES);

    if (cursor != NULL)
        (void)snprintf(cursor, CURSOR_BYTES, "%s/%u/%s/%s", row->type, (unsigned)row->mode, row->origin,
                       row->key);
    return cursor;
}

/* The index of the first row that did not fit, rows that make no line passed over; -1. */
static int
put_lines(struct picture *p, size_t *done)
{
    struct buf *out = p->call->text;

    for (*done = 0; *done < p->n; (*done)++) {
        size_t before = out->n;

        if (put_line(p, &p->rows[*done], out) < 0)
            return -1;
        if (before > 0 && (buf_failed(out) || out->n > LIMIT_API_PAGE_BYTES)) {
            out->n = before;
            out->failed = false;
            p->more = true;
            return 0;
        }
        if (buf_failed(out))
            return api_answer_refuse(p->call, WHY_NO_MEMORY, NULL, "no memory for the picture");
    }
    return 0;
}

int
api_picture_answer(struct api_call *c)
{
    const char *cursor = c->request->picture->after;
    Parallax__V1__PictureAnswer *out = api_answer_alloc(c, sizeof *out);
    struct picture p = {.call = c, .logs = {.call = c}};
    struct store_latest after;
    size_t done;

    p.rows = api_answer_alloc(c, LIMIT_API_PAGE_COUNT * sizeof *p.rows);
    if (strncmp(cursor, API_PICTURE_EVENTS, strlen(API_PICTURE_EVENTS)) == 0)
        return api_picture_events(c);
    if (out == NULL || p.rows == NULL || (cursor[0] != '\0' && read_cursor(c, cursor, &after) != 0) ||
        store_latest_each(c->ctx->store, cursor[0] != '\0' ? &after : NULL, gather, &p) < 0 ||
        put_lines(&p, &done) != 0)
        return -1;
    parallax__v1__picture_answer__init(out);
    out->lines = (ProtobufCBinaryData){c->text->n, c->text->p};
    /* There is more: then there is a row, and at least one was done. */
    out->cursor = p.more ? make_cursor(c, &p.rows[done - 1]) : api_answer_text(API_PICTURE_EVENTS);
    if (out->cursor == NULL)
        return -1;
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_PICTURE;
    c->answer->picture = out;
    return 0;
}

int
api_picture_rebuild(struct api_call *c)
{
    Parallax__V1__RebuildAnswer *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return -1;
    parallax__v1__rebuild_answer__init(out);
    if (c->request->rebuild->start && c->ctx->rebuild != NULL)
        c->ctx->rebuild(c->ctx->cookie);
    out->running = node_rebuilding(c->ctx->node, &out->done, &out->total);
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_REBUILD;
    c->answer->rebuild = out;
    return 0;
}

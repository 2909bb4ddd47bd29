/* The second part of the picture: which records are of which event, in canonical order. Nothing in it depends on the time or on this node. The core's thread. */
#include "daemon/api_internal.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/num.h"
#include "base/text.h"
#include "core/record.h"
#include "types/event.h"

#define CURSOR_BYTES  512
#define CURSOR_FIELDS 6
#define LINE_BYTES    (EVENT_ID_MAX + RECORD_ID_TEXT_MAX + 64)
#define EVENTS_LOOKED 1000 /* of one page */

/* One page: lines go into the call's text. */
struct page {
    struct api_call *call;
    struct api_page logs; /* for its look-up only */
    struct store_event_row event;
    struct store_member last; /* of the event, that was looked at */
    char id[EVENT_ID_MAX];
    bool full;
};

static int
put_member(void *cookie, const struct store_member *m)
{
    struct page *p = cookie;
    struct buf *out = p->call->text;
    const struct store_log *log = api_page_log(&p->logs, m->log);
    char record[RECORD_ID_TEXT_MAX];

    p->full = out->n + LINE_BYTES > LIMIT_API_PAGE_BYTES;
    if (p->full)
        return 1;
    p->last = *m;
    if (log == NULL)
        return 0;
    record_id_print(log->id, m->index, record);
    buf_put_fmt(out, "{\"event\":\"%s\",\"mode\":\"%s\",\"record\":\"%s\"%s}\n", p->id,
                record_mode_name(p->event.mode), record, m->remark ? ",\"remark\":true" : "");
    return buf_failed(out) ? -1 : 0;
}

static int
take_event(void *cookie, const struct store_event_row *e)
{
    *(struct store_event_row *)cookie = *e;
    return 1;
}

/* "event MODE KIND SCOPE LO AT RECORD": none of them has a blank. AT and RECORD are of the member that was looked at last. */
static int
read_cursor(struct api_call *c, const char *text, struct page *p)
{
    struct span part[CURSOR_FIELDS];
    const char *at = text + strlen(API_PICTURE_EVENTS);
    int64_t lo, when;
    uint64_t mode;

    for (size_t i = 0; i < CURSOR_FIELDS; i++) {
        size_t n = strcspn(at, " ");

        part[i] = span_of((const uint8_t *)at, n);
        at += n + (at[n] == ' ');
    }
    if (at[0] != 0 || num_uint(part[0], UINT8_MAX, &mode) != 0 || part[1].n >= sizeof p->event.kind ||
        part[2].n >= sizeof p->event.scope || num_int(part[3], INT64_MIN, INT64_MAX, &lo) != 0 ||
        num_int(part[4], INT64_MIN, INT64_MAX, &when) != 0 ||
        text_unhex(part[5], p->last.record, STORE_MEMBER_BYTES) != 0)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "after", "not a cursor of this request");
    p->event.mode = (uint8_t)mode;
    memcpy(p->event.kind, part[1].p, part[1].n);
    memcpy(p->event.scope, part[2].p, part[2].n);
    if (event_window(p->event.kind, p->event.scope) < 0)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "after", "not a cursor of this request");
    p->event.lo = lo;
    p->last.at = when;
    return 0;
}

static char *
make_cursor(struct page *p)
{
    char *cursor = api_answer_alloc(p->call, CURSOR_BYTES);
    struct buf hex;

    if (cursor == NULL)
        return NULL;
    buf_init(&hex, CURSOR_BYTES);
    text_hex(&hex, span_of(p->last.record, STORE_MEMBER_BYTES));
    (void)snprintf(cursor, CURSOR_BYTES, API_PICTURE_EVENTS "%u %s %s %" PRId64 " %" PRId64 " %s",
                   (unsigned)p->event.mode, p->event.kind, p->event.scope, p->event.lo, p->last.at,
                   buf_cstr(&hex));
    buf_release(&hex);
    return cursor;
}

/* What is left of the event in ${p} after its last member. The event may have changed since. */
static int
go_on(struct page *p)
{
    struct store_event_row e;
    int rc =
        store_event_find(p->call->ctx->store, p->event.mode, p->event.kind, p->event.scope, p->last.at, &e);

    if (rc != 0)
        return rc < 0 ? -1 : 0;
    p->event = e;
    event_id_print(e.kind, e.scope, utc_from_sort_key(e.at), p->id);
    return store_event_members(p->call->ctx->store, &e, &p->last, put_member, p) < 0 ? -1 : 0;
}

/* The next event, all of it that fits. 1, 0: there is none, -1. */
static int
put_next(struct page *p)
{
    struct store_event_row e, before = p->event;
    struct store_member last = p->last;
    int rc = store_event_each(p->call->ctx->store, NULL, 0, &p->event, take_event, &e);

    if (rc <= 0)
        return rc;
    p->event = e;
    p->last = (struct store_member){.at = INT64_MIN};
    event_id_print(e.kind, e.scope, utc_from_sort_key(e.at), p->id);
    if (store_event_members(p->call->ctx->store, &e, NULL, put_member, p) < 0)
        return -1;
    if (p->full &&
        p->last.at == INT64_MIN) { /* none of it fits: the next page begins behind the one before */
        p->event = before;
        p->last = last;
    }
    return 1;
}

int
api_picture_events(struct api_call *c)
{
    const char *cursor = c->request->picture->after;
    Parallax__V1__PictureAnswer *out = api_answer_alloc(c, sizeof *out);
    struct page p = {.call = c, .logs = {.call = c}};
    unsigned looked = 0;
    int rc = 1;

    if (out == NULL)
        return -1;
    if (strlen(cursor) > strlen(API_PICTURE_EVENTS)) {
        if (read_cursor(c, cursor, &p) != 0 || go_on(&p) != 0)
            return -1;
    }
    while (!p.full && rc > 0 && looked++ < EVENTS_LOOKED)
        rc = put_next(&p);
    if (rc < 0)
        return -1;
    parallax__v1__picture_answer__init(out);
    out->lines = (ProtobufCBinaryData){c->text->n, c->text->p};
    if (p.full || rc > 0)
        out->cursor = make_cursor(&p);
    if (out->cursor == NULL)
        return -1;
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_PICTURE;
    c->answer->picture = out;
    return 0;
}

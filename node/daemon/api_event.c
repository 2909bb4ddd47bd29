/* events and event: what records are about together. The core's thread. */
#include "daemon/api_view.h"

#include "core/record.h"
#include "types/event.h"

#define LOOK_COUNT   4096 /* events looked at for one page */
#define CURSOR_BYTES 256
#define ROW_BYTES    768 /* of an event without what stands, in memory: at least what it takes packed */
#define WORD_BYTES   448 /* of a word that stands */

static Parallax__V1__Utc *
put_time(struct api_call *c, int64_t key)
{
    struct utc t = utc_from_sort_key(key);
    Parallax__V1__Utc *out = api_answer_alloc(c, sizeof *out);

    if (out == NULL)
        return NULL;
    parallax__v1__utc__init(out);
    out->mjd = t.mjd;
    out->ns = t.ns;
    return out;
}

static char *
copy(struct api_call *c, const char *text)
{
    size_t n = strlen(text) + 1;
    char *out = api_answer_alloc(c, n);

    if (out != NULL)
        memcpy(out, text, n);
    return out;
}

/* What stands of one event, gathered: words of it, and what they make of its state. */
struct standing {
    struct api_page *logs; /* for their look-up only */
    bool state_only;       /* no words are made */
    Parallax__V1__EventWord *word[LIMIT_EVENT_WORDS_COUNT];
    size_t n;
    uint64_t count;
    bool withdrawn, over; /* so far, all */
    int64_t now, closes;  /* the latest of those that are not withdrawn; INT64_MIN: there is none */
};

static Parallax__V1__EventWord *
make_word(struct api_page *logs, const struct store_log *log, const struct store_member *m)
{
    struct api_call *c = logs->call;
    Parallax__V1__EventWord *w = api_answer_alloc(c, sizeof *w);
    Parallax__V1__RecordId *id = api_answer_alloc(c, sizeof *id);

    if (w == NULL || id == NULL)
        return NULL;
    parallax__v1__event_word__init(w);
    parallax__v1__record_id__init(id);
    id->log = (ProtobufCBinaryData){LOG_ID_BYTES, (uint8_t *)(uintptr_t)log->id};
    id->index = m->index;
    w->record = id;
    w->origin = copy(c, m->origin);
    w->voice = copy(c, m->voice);
    w->at = m->at != 0 ? put_time(c, m->at) : NULL;
    w->issued = put_time(c, m->issued);
    w->created = put_time(c, m->created);
    w->ended = m->ended;
    w->withdrawn = m->withdrawn;
    w->complete_ms = api_page_complete(logs, m->log);
    if (store_leaf_received(c->ctx->store, m->log, m->index, &w->received_ms) != 0)
        return NULL;
    return c->arena->failed ? NULL : w;
}

static int
add_standing(void *cookie, const struct store_member *m)
{
    struct standing *s = cookie;
    const struct store_log *log = api_page_log(s->logs, m->log);

    if (log == NULL)
        return 0;
    s->count++;
    s->withdrawn = s->withdrawn && m->withdrawn;
    if (!m->withdrawn) {
        s->over = s->over && (m->ended || m->closes < s->now);
        s->closes = m->closes > s->closes ? m->closes : s->closes;
    }
    if (s->state_only || s->n == LIMIT_EVENT_WORDS_COUNT)
        return 0;
    s->word[s->n] = make_word(s->logs, log, m);
    return s->word[s->n++] != NULL ? 0 : -1;
}

static const char *
state_of(const struct standing *s)
{
    return s->withdrawn ? "cancelled" : s->over ? "closed" : "open";
}

/* What stands of the event. 0 or -1. */
static int
gather_standing(struct api_page *logs, struct api_view *v, bool state_only, struct standing *out)
{
    *out = (struct standing){.logs = logs,
                             .state_only = state_only,
                             .withdrawn = true,
                             .over = true,
                             .now = api_answer_now(logs->call),
                             .closes = INT64_MIN};
    return api_view_standing(v, add_standing, out) < 0 ? -1 : 0;
}

/* Events of a record, of which one is to be in a state. */
struct asked {
    struct api_page *logs;
    const char *state;
    struct store_event_row event[EVENTS_MAX];
    size_t n;
};

static int
take_event(void *cookie, const struct store_event_row *e)
{
    struct asked *a = cookie;

    if (a->n < EVENTS_MAX)
        a->event[a->n++] = *e;
    return 0;
}

int
api_event_has(struct api_call *c, uint32_t log, uint64_t index, const char *state)
{
    struct api_page logs = {.call = c};
    struct asked a = {&logs, state, {{0}}, 0};
    bool any = false, found = false;

    if (store_event_of(c->ctx->store, log, index, take_event, &a) < 0)
        return -1;
    for (size_t i = 0; i < a.n; i++) {
        struct standing s;

        if (c->view == NULL)
            c->view = api_view_new(c, a.event[i].mode);
        if (c->view == NULL || api_view_make(c->view, &a.event[i]) != 0 ||
            gather_standing(&logs, c->view, true, &s) != 0)
            return -1;
        any |= s.count > 0;
        found |= s.count > 0 && strcmp(state_of(&s), state) == 0;
    }
    return any ? found : 2;
}

/* Where the store keeps several: the id of each. */
static int
put_joined(struct api_call *c, const struct api_view *v, Parallax__V1__EventRow *out)
{
    size_t n = v->parts < LIMIT_EVENT_ALIAS_COUNT ? v->parts : LIMIT_EVENT_ALIAS_COUNT;

    if (n < 2)
        return 0;
    out->joined = api_answer_alloc(c, n * sizeof *out->joined);
    for (size_t i = 0; out->joined != NULL && i < n; i++) {
        const struct store_event_row *e = &v->part[i];
        char id[EVENT_ID_MAX];

        event_id_print(e->kind, e->scope, utc_from_sort_key(e->at), id);
        out->joined[out->n_joined++] = copy(c, id);
    }
    return c->arena->failed ? -1 : 0;
}

/* NULL with ${rc} 0: our people may see none of it; -1: with why. */
static Parallax__V1__EventRow *
make_row(struct api_call *c, struct api_page *logs, struct api_view *v, int *rc)
{
    const struct store_event_row *e = &v->event;
    struct standing s;
    Parallax__V1__EventRow *out;
    char id[EVENT_ID_MAX];
    bool timed = event_window(e->kind, e->scope) > 0;

    *rc = gather_standing(logs, v, false, &s);
    if (*rc != 0 || s.count == 0)
        return NULL;
    *rc = -1;
    if ((out = api_answer_alloc(c, sizeof *out)) == NULL)
        return NULL;
    parallax__v1__event_row__init(out);
    event_id_print(e->kind, e->scope, utc_from_sort_key(e->at), id);
    out->id = copy(c, id);
    out->kind = copy(c, e->kind);
    out->scope = copy(c, e->scope);
    out->state = api_answer_text(state_of(&s));
    out->first = timed ? put_time(c, e->lo) : NULL;
    out->last = timed ? put_time(c, e->hi) : NULL;
    out->closes = s.closes != INT64_MIN && s.closes != INT64_MAX ? put_time(c, s.closes) : NULL;
    out->members = e->count;
    out->standing_count = s.count;
    out->n_standing = s.n;
    out->standing = api_answer_alloc(c, (s.n + 1) * sizeof(Parallax__V1__EventWord *));
    if (c->arena->failed || put_joined(c, v, out) != 0)
        return NULL;
    memcpy(out->standing, s.word, s.n * sizeof *s.word);
    *rc = 0;
    return out;
}

/* One request for a list. */
struct list {
    struct api_call *call;
    const Parallax__V1__EventsRequest *q;
    uint8_t mode;
    int64_t since, until;
    struct store_event_row *rows, last; /* last: looked at */
    size_t n, max;
    unsigned looked;
    bool more;
    char (*parts)[EVENT_SCOPE_MAX]; /* of scopes: the object asked for, and the other one of a pair */
    size_t parts_n, others_n;       /* the others follow */
    struct api_view *view;
    uint64_t then; /* the newest delivery number when the list began */
    bool changed;  /* there are newer ones now */
};

static bool
is_part(struct span part, char (*parts)[EVENT_SCOPE_MAX], size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (span_is(part, parts[i]))
            return true;
    }
    return false;
}

/* Are both objects of the pair in the scope? */
static bool
fits_pair(const struct list *l, const char *scope)
{
    char(*others)[EVENT_SCOPE_MAX] = l->parts + l->parts_n;
    struct span part[2];

    if (l->others_n == 0)
        return true;
    return event_scope_parts(scope, part) == 2 &&
           ((is_part(part[0], l->parts, l->parts_n) && is_part(part[1], others, l->others_n)) ||
            (is_part(part[1], l->parts, l->parts_n) && is_part(part[0], others, l->others_n)));
}

/* Does the event, as it is joined, lie within the times that are asked for? */
static bool
fits_times(const struct list *l, const struct store_event_row *e)
{
    return event_window(e->kind, e->scope) == 0 || (e->hi >= l->since && e->lo <= l->until);
}

static int
gather(void *cookie, const struct store_event_row *e)
{
    struct list *l = cookie;

    if (e->mode != l->mode || (l->q->kind[0] != 0 && strcmp(e->kind, l->q->kind) > 0))
        return 1;
    l->more = l->n == l->max || l->looked == LOOK_COUNT;
    if (l->more)
        return 1;
    l->looked++;
    l->last = *e;
    if ((l->q->kind[0] == 0 || strcmp(e->kind, l->q->kind) == 0) && fits_pair(l, e->scope))
        l->rows[l->n++] = *e;
    return 0;
}

static int
read_time(struct api_call *c, const Parallax__V1__Utc *t, const char *field, int64_t otherwise, int64_t *out)
{
    *out = t != NULL ? utc_sort_key(record_utc(t)) : otherwise;
    return t == NULL || !utc_is_zero(record_utc(t))
               ? 0
               : api_answer_refuse(c, WHY_FIELD_TIME, field, "no such time");
}

static bool
is_state(const char *text)
{
    return text[0] == 0 || strcmp(text, "open") == 0 || strcmp(text, "closed") == 0 ||
           strcmp(text, "cancelled") == 0;
}

/* When the list began, where the event begins, kind NUL scope NUL. */
static void
put_cursor(struct buf *out, const struct store_event_row *e, uint64_t then)
{
    buf_put_be64(out, then);
    buf_put_be64(out, (uint64_t)e->lo);
    buf_put(out, e->kind, strlen(e->kind) + 1);
    buf_put(out, e->scope, strlen(e->scope) + 1);
}

static int
read_cursor(struct api_call *c, ProtobufCBinaryData cursor, struct store_event_row *out, uint64_t *then)
{
    const char *text = (const char *)cursor.data + 16;
    size_t n = cursor.len > 16 ? cursor.len - 16 : 0, kind = n > 0 ? strnlen(text, n) : 0;

    if (n < kind + 2 || text[n - 1] != 0 || kind >= sizeof out->kind || n - kind - 1 > sizeof out->scope ||
        strlen(text + kind + 1) != n - kind - 2)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "cursor", "not a cursor of this request");
    *then = (uint64_t)api_answer_be64(cursor.data);
    out->lo = api_answer_be64(cursor.data + 8);
    memcpy(out->kind, text, kind + 1);
    memcpy(out->scope, text + kind + 1, n - kind - 1);
    return 0;
}

static int
read_list(struct api_call *c, struct list *l, struct store_event_row *from)
{
    const Parallax__V1__EventsRequest *q = c->request->events;
    struct store_counts counts;
    int mode;

    *l = (struct list){.call = c, .q = q, .max = q->limit};
    if (api_match_mode(c, (int)q->mode, &mode) != 0 ||
        read_time(c, q->since, "since", INT64_MIN, &l->since) != 0 ||
        read_time(c, q->until, "until", INT64_MAX, &l->until) != 0)
        return -1;
    if (q->kind[0] != 0 && event_kind(span_str(q->kind)) == NULL)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "kind", "no such kind of event");
    if (!is_state(q->state))
        return api_answer_refuse(c, WHY_FIELD_VALUE, "state", "expected open, closed or cancelled");
    if (l->max == 0 || l->max > LIMIT_API_PAGE_COUNT)
        l->max = LIMIT_API_PAGE_COUNT;
    l->mode = (uint8_t)mode;
    *from = (struct store_event_row){.mode = l->mode, .lo = INT64_MIN};
    if (store_counts(c->ctx->store, &counts) != 0)
        return -1;
    l->then = counts.delivery;
    if (q->cursor.len > 0 && read_cursor(c, q->cursor, from, &l->then) != 0)
        return -1;
    l->changed = l->then != counts.delivery;
    if (q->cursor.len == 0)
        memcpy(from->kind, q->kind, strlen(q->kind));
    l->view = api_view_new(c, mode);
    return l->view != NULL ? 0 : -1;
}

/* The event that ${e} is a part of, when the list tells it here. 0 or -1. */
static int
put_event(struct list *l, const struct store_event_row *e, struct api_page *logs,
          Parallax__V1__EventsAnswer *out, size_t *bytes)
{
    Parallax__V1__EventRow *row;
    int rc;

    if (api_view_make(l->view, e) != 0 || (rc = api_view_leads(l->view, e, l->then, l->changed)) < 0)
        return -1;
    if (rc == 0 || !fits_times(l, &l->view->event))
        return 0;
    row = make_row(l->call, logs, l->view, &rc);
    if (rc != 0)
        return -1;
    if (row != NULL && (l->q->state[0] == 0 || strcmp(row->state, l->q->state) == 0))
        out->events[out->n_events++] = row;
    *bytes += row != NULL ? ROW_BYTES + row->n_joined * EVENT_ID_MAX + row->n_standing * WORD_BYTES : 0;
    return 0;
}

/* The events that were gathered, as many as one answer holds (those of another state cost as much) and as there are look-ups for. 0 or -1. */
static int
put_rows(struct list *l, Parallax__V1__EventsAnswer *out)
{
    struct api_page logs = {.call = l->call};
    size_t bytes = 0;

    for (size_t i = 0; i < l->n; i++) {
        if (put_event(l, &l->rows[i], &logs, out, &bytes) != 0)
            return -1;
        if ((bytes > LIMIT_API_PAGE_BYTES || l->view->reads > LIMIT_EVENT_READS_COUNT) && i + 1 < l->n) {
            l->more = true;
            l->last = l->rows[i];
            return 0;
        }
    }
    return 0;
}

/* What scopes call an object: each of its identifiers, and its names where they are of no other. How many, or -1. */
static int
put_parts(struct list *l, const char *object, char (*out)[EVENT_SCOPE_MAX])
{
    struct identity *found = api_answer_alloc(l->call, sizeof *found);
    const struct api_family *f;
    size_t n = 0;

    if (found == NULL || api_objects_find(l->call, object, l->mode, found) != 0)
        return -1;
    for (const char *kind = event_kind_next(NULL); kind != NULL; kind = event_kind_next(kind)) {
        event_scope(out[n], found->alias[0].id, NULL);
        f = api_family_of(l->view, kind, span_str(out[n]));
        if (f == NULL)
            return -1;
        for (size_t i = 0; i < f->n && n < LIMIT_OBJECT_ALIAS_COUNT - 1; i++) {
            if (!is_part(span_str(f->part[i]), out, n))
                memcpy(out[n++], f->part[i], strlen(f->part[i]) + 1);
        }
    }
    return (int)n;
}

static int
read_objects(struct list *l)
{
    int n = 0;

    if (l->q->pair[0] != 0 && l->q->object[0] == 0)
        return api_answer_refuse(l->call, WHY_FIELD_VALUE, "pair", "expected object with it");
    if (l->q->object[0] == 0)
        return 0;
    l->parts = api_answer_alloc(l->call, 2 * LIMIT_OBJECT_ALIAS_COUNT * sizeof *l->parts);
    if (l->parts == NULL || (n = put_parts(l, l->q->object, l->parts)) < 0)
        return -1;
    l->parts_n = (size_t)n;
    if (l->q->pair[0] != 0 && (n = put_parts(l, l->q->pair, l->parts + l->parts_n)) < 0)
        return -1;
    l->others_n = l->q->pair[0] != 0 ? (size_t)n : 0;
    return 0;
}

static int
each_event(struct list *l, const struct store_event_row *from)
{
    const char *objects[LIMIT_OBJECT_ALIAS_COUNT];

    for (size_t i = 0; i < l->parts_n; i++)
        objects[i] = l->parts[i];
    return store_event_each(l->call->ctx->store, objects, l->parts_n, from, gather, l);
}

int
api_event_list(struct api_call *c)
{
    Parallax__V1__EventsAnswer *out = api_answer_alloc(c, sizeof *out);
    struct store_event_row from;
    uint64_t done, total;
    struct buf cursor;
    struct list l;

    if (out == NULL || read_list(c, &l, &from) != 0 || read_objects(&l) != 0)
        return -1;
    parallax__v1__events_answer__init(out);
    l.rows = api_answer_alloc(c, l.max * sizeof *l.rows);
    out->events = api_answer_alloc(c, l.max * sizeof(Parallax__V1__EventRow *));
    if (c->arena->failed)
        return -1;
    if (each_event(&l, &from) < 0 || put_rows(&l, out) != 0)
        return -1;
    out->time_ms = c->ctx->wall_ms;
    out->behind = store_alias_is_behind(c->ctx->store) != 0 || node_rebuilding(c->ctx->node, &done, &total);
    if (l.more) {
        buf_init(&cursor, CURSOR_BYTES);
        put_cursor(&cursor, &l.last, l.then);
        out->cursor = api_answer_bytes(c, buf_span(&cursor));
        buf_release(&cursor);
    }
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_EVENTS;
    c->answer->events = out;
    return c->arena->failed ? -1 : 0;
}

/* The place of a member: its time and its record. */
static int
read_place(struct api_call *c, ProtobufCBinaryData cursor, struct store_member *out)
{
    if (cursor.len != 8 + STORE_MEMBER_BYTES)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "cursor", "not a cursor of this request");
    *out = (struct store_member){.at = api_answer_be64(cursor.data)};
    memcpy(out->record, cursor.data + 8, STORE_MEMBER_BYTES);
    return 0;
}

static int
put_place(struct api_call *c, const struct store_member *m, ProtobufCBinaryData *out)
{
    uint8_t bytes[8 + STORE_MEMBER_BYTES + 1]; /* with the NUL that a buffer keeps room for */
    struct buf b;

    buf_init_fixed(&b, bytes, sizeof bytes);
    buf_put_be64(&b, (uint64_t)m->at);
    buf_put(&b, m->record, STORE_MEMBER_BYTES);
    *out = api_answer_bytes(c, buf_span(&b));
    return c->arena->failed ? -1 : 0;
}

/* The records of the event's members that fit the page. */
static int
put_members(struct api_call *c, struct api_view *v, struct api_page *page, Parallax__V1__EventAnswer *out)
{
    const Parallax__V1__EventRequest *q = c->request->event;
    struct store_member from, *rows = api_answer_alloc(c, page->max * sizeof *rows);
    bool more = false;
    int i, n, rc = 0;

    if (rows == NULL || (q->cursor.len > 0 && read_place(c, q->cursor, &from) != 0))
        return -1;
    n = api_view_members(v, q->cursor.len > 0 ? &from : NULL, rows, page->max, &more);
    if (n < 0)
        return -1;
    for (i = 0; i < n && rc == 0; i++)
        rc = api_page_fetch(page, rows[i].log, rows[i].index);
    if (rc < 0)
        return -1;
    if (rc > 0) /* never the first */
        i--;
    out->rows = page->rows;
    out->n_rows = page->n;
    return rc > 0 || more ? put_place(c, &rows[i - 1], &out->cursor) : 0;
}

int
api_event_answer(struct api_call *c)
{
    const Parallax__V1__EventRequest *q = c->request->event;
    Parallax__V1__EventAnswer *out = api_answer_alloc(c, sizeof *out);
    struct api_view *v;
    struct event_id id;
    struct api_page page;
    int mode, rc;

    if (out == NULL || api_match_mode(c, (int)q->mode, &mode) != 0 || api_page_init(&page, c, q->limit) != 0)
        return -1;
    if (event_id_parse(span_str(q->id), &id) != 0)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "id",
                                 "expected the id of an event: kind:objects@YYYY-MM-DDThh:mmZ");
    v = api_view_new(c, mode);
    if (v == NULL)
        return -1;
    rc = api_view_find(v, id.kind, id.scope, utc_is_zero(id.at) ? 0 : utc_sort_key(id.at));
    if (rc < 0)
        return -1;
    parallax__v1__event_answer__init(out);
    out->time_ms = c->ctx->wall_ms;
    if (rc == 0)
        out->event = make_row(c, &page, v, &rc);
    if (rc < 0)
        return -1;
    if (out->event == NULL)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "id", "no such event is held here, in this mode");
    if (put_members(c, v, &page, out) != 0)
        return -1;
    c->answer->what_case = PARALLAX__V1__ANSWER__WHAT_EVENT;
    c->answer->event = out;
    return 0;
}

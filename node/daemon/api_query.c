/* query: the newest of each subject and origin, the history, or what is quarantined. The core's thread. */
#include "daemon/api_internal.h"

#include "base/text.h"

#define LOOK_COUNT       4096 /* rows of the picture looked at for one page */
#define LATE_COUNT       256  /* the same where each record is read, and its state looked up */
#define CURSOR_BYTES_MAX 512

/* First byte of a cursor: of which kind of query. */
enum { CURSOR_LATEST = 'L', CURSOR_OBJECT = 'O', CURSOR_HISTORY = 'H', CURSOR_QUARANTINE = 'Q' };

static int
bad_cursor(struct api_call *c)
{
    return api_answer_refuse(c, WHY_FIELD_VALUE, "cursor", "not a cursor of this query");
}

static void
put_number(struct buf *out, uint8_t kind, uint64_t n)
{
    buf_put_byte(out, kind);
    buf_put_be64(out, n);
}

static int
read_number(struct api_call *c, ProtobufCBinaryData cursor, uint8_t kind, uint64_t *n)
{
    if (cursor.len != 9 || cursor.data[0] != kind)
        return bad_cursor(c);
    *n = 0;
    for (size_t i = 1; i < 9; i++)
        *n = *n << 8 | cursor.data[i];
    return 0;
}

/* The place of a row in the picture: kind, mode, epoch, created, then type, key and origin with a NUL each.
 */
static void
put_row(struct buf *out, uint8_t kind, const struct store_latest *row)
{
    buf_put_byte(out, kind);
    buf_put_byte(out, row->mode);
    buf_put_be64(out, (uint64_t)row->epoch);
    buf_put_be64(out, (uint64_t)row->created);
    buf_put(out, row->type, strlen(row->type) + 1);
    buf_put(out, row->key, strlen(row->key) + 1);
    buf_put(out, row->origin, strlen(row->origin) + 1);
}

static bool
take_text(struct span *in, char *out, size_t max)
{
    const uint8_t *end = in->n > 0 ? memchr(in->p, 0, in->n) : NULL;
    size_t n = end != NULL ? (size_t)(end - in->p) : 0;

    if (end == NULL || n >= max)
        return false;
    memcpy(out, in->p, n + 1);
    *in = span_of(end + 1, in->n - n - 1);
    return true;
}

static int
read_row(struct api_call *c, ProtobufCBinaryData cursor, uint8_t kind, struct store_latest *row)
{
    struct span in;

    *row = (struct store_latest){0};
    if (cursor.len < 18 || cursor.data[0] != kind)
        return bad_cursor(c);
    row->mode = cursor.data[1];
    row->epoch = api_answer_be64(cursor.data + 2);
    row->created = api_answer_be64(cursor.data + 10);
    in = span_of(cursor.data + 18, cursor.len - 18);
    if (!take_text(&in, row->type, sizeof row->type) || !take_text(&in, row->key, sizeof row->key) ||
        !take_text(&in, row->origin, sizeof row->origin) || in.n != 0)
        return bad_cursor(c);
    return 0;
}

/* Rows of the picture that fit, gathered first: records are read when the walk over the rows has ended. */
struct gather {
    const struct api_match *match;
    const char *type;                /* not by object: its rows only */
    const char *subject;             /* of that key only; "" = any */
    struct store_latest *rows, last; /* last: looked at */
    size_t n, max;
    unsigned looked;
    bool more;
    /*
     * By object, in an order that moves when a newer record replaces another: rows up to ${after} were looked at when they had delivery numbers up to ${seen}.
     * What has moved up there since is in ${moved}, by delivery number, and comes first, so that nothing is passed over.
     */
    const struct store_latest *after; /* NULL: from the first */
    uint64_t seen;
    struct store_latest *moved;
    size_t moved_n;
    bool moved_more;
    uint64_t newest; /* delivery number of what was met: what the store holds may not be on disk yet */
};

/* The order of store_latest_of_pair(): newest epoch first, newest creation first, then canonical. */
static int
compare(const struct store_latest *a, const struct store_latest *b)
{
    int rc;

    if (a->epoch != b->epoch)
        return a->epoch > b->epoch ? -1 : 1;
    if (a->created != b->created)
        return a->created > b->created ? -1 : 1;
    if ((rc = strcmp(a->type, b->type)) != 0)
        return rc;
    if (a->mode != b->mode)
        return a->mode < b->mode ? -1 : 1;
    if ((rc = strcmp(a->key, b->key)) != 0)
        return rc;
    return strcmp(a->origin, b->origin);
}

static void
take_moved(struct gather *g, const struct store_latest *row)
{
    size_t i = g->moved_n;

    if (row->delivery <= g->seen || !api_match_latest(g->match, row))
        return;
    g->moved_more |= g->moved_n == g->max;
    if (g->moved_n == g->max && row->delivery > g->moved[i - 1].delivery)
        return;
    i -= g->moved_n == g->max;
    for (; i > 0 && g->moved[i - 1].delivery > row->delivery; i--)
        g->moved[i] = g->moved[i - 1];
    g->moved[i] = *row;
    g->moved_n += g->moved_n < g->max;
}

static int
gather(void *cookie, const struct store_latest *row)
{
    struct gather *g = cookie;

    g->newest = row->delivery > g->newest ? row->delivery : g->newest;
    if (g->after != NULL && compare(row, g->after) <= 0) {
        take_moved(g, row);
        return 0;
    }
    if (g->type != NULL && (strcmp(row->type, g->type) != 0 || row->mode != g->match->mode))
        return 1;
    if (g->type != NULL && g->subject[0] != '\0' && strcmp(row->key, g->subject) != 0)
        return 1;
    g->more = g->n == g->max || g->looked == LOOK_COUNT;
    if (g->more)
        return 1;
    g->looked++;
    g->last = *row;
    if (api_match_latest(g->match, row))
        g->rows[g->n++] = *row;
    return 0;
}

static int
gather_object(struct api_call *c, const Parallax__V1__QueryRequest *q, struct gather *g,
              struct store_latest *from)
{
    struct store_pair pair = {{g->match->objects, g->match->others},
                              {g->match->objects_n, g->match->others_n}};

    if (q->cursor.len > 0) {
        ProtobufCBinaryData row = {q->cursor.len >= 8 ? q->cursor.len - 8 : 0, q->cursor.data};

        if (read_row(c, row, CURSOR_OBJECT, from) != 0)
            return -1;
        g->after = from;
        g->seen = (uint64_t)api_answer_be64(q->cursor.data + row.len);
        g->moved = api_answer_alloc(c, g->max * sizeof *g->moved);
        if (g->moved == NULL)
            return -1;
    }
    return store_latest_of_pair(c->ctx->store, &pair, gather, g);
}

static int
gather_latest(struct api_call *c, const Parallax__V1__QueryRequest *q, struct gather *g,
              struct store_latest *from)
{
    g->type = api_match_one_type(g->match);
    if (q->cursor.len > 0) {
        if (read_row(c, q->cursor, CURSOR_LATEST, from) != 0)
            return -1;
    } else if (g->type != NULL) { /* before the first key of the type and mode */
        *from = (struct store_latest){.mode = (uint8_t)g->match->mode};
        memcpy(from->type, g->type, strlen(g->type) + 1);
        memcpy(from->key, g->subject, strlen(g->subject) + 1);
    } else {
        from = NULL;
    }
    return store_latest_each(c->ctx->store, from, gather, g);
}

/* The record of a row, if it fits. As api_page_fetch; ${work} grows by what it cost. */
static int
fetch(struct api_page *page, const struct api_match *m, const struct store_latest *row, unsigned *work)
{
    struct api_call *c = page->call;
    const struct store_log *log = api_page_log(page, row->log);
    struct store_record record;
    uint64_t delivery;
    int64_t received_ms;
    int rc;

    if (log == NULL || (!api_match_is_late(m) && !sift_is_on(&m->sift)))
        return api_page_fetch(page, row->log, row->index);
    rc = store_record_get(c->ctx->store, row->log, row->index, &record, &delivery, &received_ms);
    if (rc != 0)
        return rc > 0 ? 0 : -1;
    if (sift_is_on(&m->sift)) {
        *work += api_match_cost(m, &record);
        if (!api_match_fits(c, m, log, row->index, &record))
            return 0;
    }
    rc = api_match_late(c, m, log, row->index, &record, received_ms);
    return rc <= 0 ? rc : api_page_fetch(page, row->log, row->index); /* what was read may be gone by now */
}

/* As many of the rows as fit into the page, or as are looked at for one: *${done}. 0, 1 when that is all for this page, or -1. */
static int
fetch_rows(struct api_page *page, const struct api_match *m, const struct store_latest *rows, size_t n,
           size_t *done, unsigned *work)
{
    int rc = 0;

    for (*done = 0; *done < n; (*done)++) {
        rc = fetch(page, m, &rows[*done], work);
        if (rc != 0)
            break;
        if (*work > LOOK_COUNT && *done + 1 < n) {
            (*done)++;
            return 1;
        }
    }
    return rc;
}

static void
put_place(struct buf *cursor, bool by_object, const struct store_latest *row, uint64_t seen)
{
    put_row(cursor, by_object ? CURSOR_OBJECT : CURSOR_LATEST, row);
    if (by_object)
        buf_put_be64(cursor, seen);
}

/* First what has moved, by delivery number, then what follows. A row that did not fit any more comes with the next page. */
static int
answer_rows(struct api_page *page, struct gather *g, bool by_object, struct buf *cursor)
{
    uint64_t seen = g->newest > page->call->visible ? g->newest : page->call->visible;
    unsigned work = 0;
    size_t done;
    int rc = fetch_rows(page, g->match, g->moved, g->moved_n, &done, &work);

    if (rc < 0)
        return -1;
    if (rc > 0 || g->moved_more) {
        put_place(cursor, by_object, g->after, done > 0 ? g->moved[done - 1].delivery : g->seen);
        return 0;
    }
    rc = fetch_rows(page, g->match, g->rows, g->n, &done, &work);
    if (rc < 0)
        return -1;
    if (rc > 0 && done == 0) /* the page is full of what has moved */
        put_place(cursor, by_object, g->after, seen);
    else if (rc > 0 || g->more)
        put_place(cursor, by_object, rc > 0 ? &g->rows[done - 1] : &g->last, seen);
    return 0;
}

static int
answer_latest(struct api_call *c, const struct api_match *m, struct api_page *page, struct buf *cursor)
{
    const Parallax__V1__QueryRequest *q = c->request->query;
    bool by_object = q->object[0] != '\0';
    struct gather g = {.match = m, .max = page->max, .subject = q->subject};
    struct store_latest from;
    int rc;

    /* Of many, few may fit what is asked of their bodies. */
    if (sift_is_on(&m->sift))
        g.max = LIMIT_API_PAGE_COUNT;
    if (api_match_is_late(m) && g.max > LATE_COUNT)
        g.max = LATE_COUNT;
    g.rows = api_answer_alloc(c, g.max * sizeof *g.rows);
    if (g.rows == NULL)
        return -1;
    rc = by_object ? gather_object(c, q, &g, &from) : gather_latest(c, q, &g, &from);
    return rc < 0 ? -1 : answer_rows(page, &g, by_object, cursor);
}

static int
answer_history(struct api_call *c, const struct api_match *m, struct api_page *page, struct buf *cursor)
{
    ProtobufCBinaryData at = c->request->query->cursor;
    struct api_walk walk = {.page = page, .match = m, .next = c->visible};

    if (at.len > 0 && read_number(c, at, CURSOR_HISTORY, &walk.next) != 0)
        return -1;
    if (walk.next > c->visible)
        walk.next = c->visible;
    if (walk.next == 0)
        return 0;
    if (api_walk_step(&walk) != 0)
        return -1;
    if (walk.next != UINT64_MAX)
        put_number(cursor, CURSOR_HISTORY, walk.next);
    return 0;
}

struct bad_leaf {
    int64_t no;
    uint32_t log;
    uint64_t index;
};

struct bad {
    struct bad_leaf *leaf;
    size_t n;
    bool more;
};

static int
gather_bad(void *cookie, int64_t no, uint32_t log, uint64_t index, uint32_t why, const char *note)
{
    struct bad *b = cookie;

    (void)why;
    (void)note;
    b->more = b->n == LIMIT_API_PAGE_COUNT;
    if (b->more)
        return 1;
    b->leaf[b->n++] = (struct bad_leaf){no, log, index};
    return 0;
}

/* One quarantined record, if it fits. As api_page_add. */
static int
add_bad(struct api_page *page, const struct api_match *m, const struct bad_leaf *leaf)
{
    struct api_call *c = page->call;
    const struct store_log *log = api_page_log(page, leaf->log);
    struct store_record record;
    uint64_t delivery;
    int64_t received_ms;
    int rc;

    if (log == NULL)
        return 0;
    rc = store_record_get(c->ctx->store, leaf->log, leaf->index, &record, &delivery, &received_ms);
    if (rc != 0)
        return rc > 0 ? 0 : -1;
    if (!api_match_record(c, m, log, leaf->index, &record) ||
        api_match_late(c, m, log, leaf->index, &record, received_ms) == 0)
        return 0;
    return api_page_add(page, leaf->log, leaf->index, &record, delivery, received_ms);
}

/* Oldest first. The cursor is the number of the row: others may leave the quarantine meanwhile. */
static int
answer_quarantined(struct api_call *c, const struct api_match *m, struct api_page *page, struct buf *cursor)
{
    ProtobufCBinaryData at = c->request->query->cursor;
    struct bad b = {.leaf = api_answer_alloc(c, LIMIT_API_PAGE_COUNT * sizeof *b.leaf)};
    uint64_t after = 0;
    size_t i;
    int rc = 0;

    if (b.leaf == NULL || (at.len > 0 && read_number(c, at, CURSOR_QUARANTINE, &after) != 0) ||
        store_quarantine_each(c->ctx->store, (int64_t)after, gather_bad, &b) < 0)
        return -1;
    for (i = 0; i < b.n && rc == 0; i++)
        rc = add_bad(page, m, &b.leaf[i]);
    if (rc < 0)
        return -1;
    if (rc > 0)
        i--; /* that one did not fit any more */
    if (rc > 0 || b.more)
        put_number(cursor, CURSOR_QUARANTINE, i > 0 ? (uint64_t)b.leaf[i - 1].no : after);
    return 0;
}

int
api_query_answer(struct api_call *c)
{
    const Parallax__V1__QueryRequest *q = c->request->query;
    struct api_match match;
    struct api_page page;
    struct buf cursor;
    int rc;

    if (api_match_query(c, q, &match) != 0 || api_page_init(&page, c, q->limit) != 0)
        return -1;
    buf_init(&cursor, CURSOR_BYTES_MAX);
    if (q->quarantined)
        rc = answer_quarantined(c, &match, &page, &cursor);
    else
        rc = q->history || q->disputed ? answer_history(c, &match, &page, &cursor)
                                       : answer_latest(c, &match, &page, &cursor);
    if (rc == 0)
        rc = buf_failed(&cursor) ? api_answer_refuse(c, WHY_NO_MEMORY, NULL, "no memory for the cursor")
                                 : api_page_end(&page, buf_span(&cursor));
    buf_release(&cursor);
    return rc;
}

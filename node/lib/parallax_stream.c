/* Subscriptions and answers to queries. A stream has a connection of its own, so that waiting for a record holds up nothing else. */
#include "lib/parallax_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/utc.h"

#define WAIT_MS 20000 /* of one question: the node answers then, with or without records */
#define MODES                                                                                                \
    ((1u << PARALLAX_REAL) | (1u << PARALLAX_EXERCISE) | (1u << PARALLAX_TEST) | (1u << PARALLAX_SIMULATED))

struct parallax_stream {
    pthread_mutex_t lock;
    struct parallax_link link;
    bool is_query;
    struct buf cursor; /* of a query: where the next page begins */
    bool ended;        /* of a query: that was the last page */
    Parallax__V1__QueryRequest question;
    Parallax__V1__Utc since, until;

    char *file; /* of the cursor; NULL = none */
    bool from_now;
    Parallax__V1__TailRequest tail;
    Parallax__V1__Mode modes[4];
    char **types, **origins;
    char *region, *where, *object; /* of a subscription or a query */
    size_t types_n, origins_n;
    struct cursor acknowledged;
    uint8_t incarnation[CURSOR_INCARNATION_BYTES];
    uint64_t given;  /* number of the last record fetched */
    uint64_t passed; /* everything up to here was fetched, or does not fit */

    Parallax__V1__Answer *page;
    size_t row; /* of the page, the next one */
};

static char **
copy(const char *const *from, size_t n)
{
    char **to = n > 0 ? mem_new(n * sizeof *to) : NULL;

    for (size_t i = 0; i < n; i++)
        to[i] = mem_strdup(from[i]);
    return to;
}

static void
release(char **list, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(list[i]);
    free(list);
}

static parallax_stream *
start(parallax *node)
{
    parallax_stream *s = mem_new(sizeof *s);

    if (parallax_link_open(&s->link, node->link.dir) != PARALLAX_DONE) {
        free(s);
        return NULL;
    }
    (void)pthread_mutex_init(&s->lock, NULL);
    buf_init(&s->cursor, LIMIT_API_BYTES);
    parallax__v1__tail_request__init(&s->tail);
    parallax__v1__query_request__init(&s->question);
    return s;
}

void
parallax_stream_free(parallax_stream *stream)
{
    if (stream == NULL)
        return;
    parallax_link_close(&stream->link);
    parallax__v1__answer__free_unpacked(stream->page, NULL);
    release(stream->types, stream->types_n);
    release(stream->origins, stream->origins_n);
    free(stream->region);
    free(stream->where);
    free(stream->object);
    if (stream->is_query)
        free(stream->question.origin);
    buf_release(&stream->cursor);
    free(stream->file);
    (void)pthread_mutex_destroy(&stream->lock);
    free(stream);
}

static int
check_filter(const parallax_filter *f)
{
    if ((f->modes & ~MODES) != 0)
        return parallax_say(PARALLAX_INVALID, "modes: expected the sum of 1 << each mode");
    for (size_t i = 0; i < f->types_n; i++) {
        if (f->types[i] == NULL || registry_type_cstr(f->types[i]) == NULL)
            return parallax_say(PARALLAX_INVALID, "%.64s is no record type",
                                f->types[i] != NULL ? f->types[i] : "NULL");
    }
    for (size_t i = 0; i < f->origins_n; i++) {
        if (f->origins[i] == NULL)
            return parallax_say(PARALLAX_INVALID, "expected the name of a node");
    }
    return PARALLAX_DONE;
}

/* What is asked of the inside of records: the node looks. */
static void
take_body(parallax_stream *s, const char *region, const char *where, const char *object)
{
    s->region = mem_strdup(region != NULL ? region : "");
    s->where = mem_strdup(where != NULL ? where : "");
    s->object = mem_strdup(object != NULL ? object : "");
}

/* So much of a structure of a caller's, who may have been built with an earlier header; 0: he did not say, and it is the first one. */
static void
take_structure(void *out, size_t size, const void *from, size_t given, size_t first)
{
    size_t n = given != 0 ? given : first;

    memcpy(out, from, n < size ? n : size);
}

static void
take_filter(parallax_stream *s, const parallax_filter *f)
{
    unsigned modes = f->modes != 0 ? f->modes : 1u << PARALLAX_REAL;

    s->types = copy(f->types, f->types_n);
    s->types_n = f->types_n;
    s->origins = copy(f->origins, f->origins_n);
    s->origins_n = f->origins_n;
    for (int mode = PARALLAX_REAL; mode <= PARALLAX_SIMULATED; mode++) {
        if ((modes >> mode & 1) != 0)
            s->modes[s->tail.n_modes++] = (Parallax__V1__Mode)mode;
    }
    s->tail.modes = s->modes;
    s->tail.types = s->types;
    s->tail.n_types = s->types_n;
    take_body(s, f->region, f->where, f->object);
    s->tail.region = s->region;
    s->tail.where = s->where;
    s->tail.object = s->object;
}

/* Where it begins. */
static int
take_place(parallax_stream *s, const char *file, enum parallax_from from, const parallax_cursor *after)
{
    int rc = 1;

    if (file != NULL) {
        s->file = mem_strdup(file);
        rc = cursor_load(file, &s->acknowledged);
        if (rc < 0)
            return parallax_say(PARALLAX_FAILED, "%s: it cannot be read, or is no cursor", file);
    }
    if (rc > 0 && after != NULL) {
        s->acknowledged.known = true;
        memcpy(s->acknowledged.incarnation, after->incarnation, sizeof after->incarnation);
        s->acknowledged.number = after->number;
    }
    s->from_now = !s->acknowledged.known && from == PARALLAX_FROM_NOW;
    memcpy(s->incarnation, s->acknowledged.incarnation, sizeof s->incarnation);
    s->given = s->passed = s->acknowledged.number;
    return PARALLAX_DONE;
}

int
parallax_subscribe(parallax *node, const parallax_filter *filter, const char *cursor_file,
                   enum parallax_from from, const parallax_cursor *after, parallax_stream **stream)
{
    parallax_filter f = {.size = sizeof f};
    parallax_stream *s;
    int rc;

    parallax_begin();
    if (node == NULL || stream == NULL || (from != PARALLAX_FROM_START && from != PARALLAX_FROM_NOW))
        return parallax_say(PARALLAX_INVALID, "expected a node, where to begin, and where the stream goes");
    *stream = NULL;
    if (filter != NULL)
        take_structure(&f, sizeof f, filter, filter->size, offsetof(parallax_filter, region));
    rc = check_filter(&f);
    if (rc != PARALLAX_DONE)
        return rc;
    s = start(node);
    if (s == NULL)
        return PARALLAX_FAILED;
    take_filter(s, &f);
    rc = take_place(s, cursor_file, from, after);
    if (rc != PARALLAX_DONE) {
        parallax_stream_free(s);
        return rc;
    }
    *stream = s;
    return PARALLAX_DONE;
}

static int
take_time(const char *text, Parallax__V1__Utc *out, Parallax__V1__Utc **member)
{
    struct utc t;

    if (text == NULL)
        return PARALLAX_DONE;
    if (utc_parse(span_str(text), &t) != 0)
        return parallax_say(PARALLAX_INVALID, "%.64s: expected a time such as 2026-04-01T00:00:00Z", text);
    parallax__v1__utc__init(out);
    out->mjd = t.mjd;
    out->ns = t.ns;
    *member = out;
    return PARALLAX_DONE;
}

static int
take_question(parallax_stream *s, const parallax_question *q)
{
    s->is_query = true;
    s->types = copy(&q->type, 1);
    s->types_n = 1;
    s->question.type = s->types[0];
    take_body(s, q->region, q->where, q->object);
    s->question.region = s->region;
    s->question.where = s->where;
    s->question.object = s->object;
    s->question.origin = mem_strdup(q->origin != NULL ? q->origin : "");
    s->question.mode = q->mode != 0 ? (Parallax__V1__Mode)q->mode : PARALLAX__V1__MODE__REAL;
    s->question.history = q->history != 0;
    if (take_time(q->since, &s->since, &s->question.since) != PARALLAX_DONE)
        return PARALLAX_INVALID;
    return take_time(q->until, &s->until, &s->question.until);
}

int
parallax_query(parallax *node, const parallax_question *question, parallax_stream **stream)
{
    parallax_question q = {.size = sizeof q};
    parallax_stream *s;

    parallax_begin();
    if (node == NULL || question == NULL || stream == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a node, a question, and where the stream goes");
    *stream = NULL;
    take_structure(&q, sizeof q, question, question->size, offsetof(parallax_question, region));
    if (q.type == NULL || registry_type_cstr(q.type) == NULL)
        return parallax_say(PARALLAX_INVALID, "%.64s is no record type", q.type != NULL ? q.type : "NULL");
    if (q.mode != 0 && (q.mode < PARALLAX_REAL || q.mode > PARALLAX_SIMULATED))
        return parallax_say(PARALLAX_INVALID, "mode: expected one of enum parallax_mode");
    s = start(node);
    if (s == NULL)
        return PARALLAX_FAILED;
    if (take_question(s, &q) != PARALLAX_DONE) {
        parallax_stream_free(s);
        return PARALLAX_INVALID;
    }
    *stream = s;
    return PARALLAX_DONE;
}

static void
drop_page(parallax_stream *s)
{
    parallax__v1__answer__free_unpacked(s->page, NULL);
    s->page = NULL;
    s->row = 0;
}

static int
turn_query_page(parallax_stream *s, int64_t ms)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    int rc;

    if (s->ended)
        return PARALLAX_NOTHING;
    s->question.cursor = (ProtobufCBinaryData){s->cursor.n, s->cursor.p};
    request.what_case = PARALLAX__V1__REQUEST__WHAT_QUERY;
    request.query = &s->question;
    rc = parallax_link_ask(&s->link, &request, PARALLAX__V1__ANSWER__WHAT_RECORDS, ms, &s->page);
    if (rc != PARALLAX_DONE)
        return rc;
    buf_clear(&s->cursor);
    buf_put(&s->cursor, s->page->records->cursor.data, s->page->records->cursor.len);
    s->ended = s->page->records->cursor.len == 0;
    return PARALLAX_DONE;
}

/* The store is another one, or an older copy of this one: numbers mean other records now. */
static void
notice_store(parallax_stream *s, const Parallax__V1__RecordsAnswer *page)
{
    bool other = memcmp(s->incarnation, page->incarnation.data, sizeof s->incarnation) != 0;

    if (!other && page->delivery >= s->passed)
        return;
    memcpy(s->incarnation, page->incarnation.data, sizeof s->incarnation);
    memcpy(s->acknowledged.incarnation, s->incarnation, sizeof s->incarnation);
    s->given = s->passed = s->acknowledged.number = s->from_now ? page->delivery : 0;
    s->acknowledged.known = true;
}

static int
turn_page(parallax_stream *s, int64_t ms)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    int64_t wait = ms < 0 ? 0 : ms < WAIT_MS ? ms : WAIT_MS;
    int rc;

    if (s->is_query)
        return turn_query_page(s, ms);
    s->tail.incarnation = (ProtobufCBinaryData){sizeof s->incarnation, s->incarnation};
    s->tail.after = s->passed;
    s->tail.from_now = s->from_now;
    s->tail.wait_ms = s->from_now ? 0 : (uint32_t)wait;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_TAIL;
    request.tail = &s->tail;
    rc = parallax_link_ask(&s->link, &request, PARALLAX__V1__ANSWER__WHAT_RECORDS, ms, &s->page);
    if (rc != PARALLAX_DONE)
        return rc;
    if (s->page->records->incarnation.len != sizeof s->incarnation) {
        drop_page(s);
        return parallax_say(PARALLAX_LOST, "the node's answer names no store");
    }
    notice_store(s, s->page->records);
    s->from_now = false;
    return PARALLAX_DONE;
}

static bool
fits(const parallax_stream *s, const Parallax__V1__RecordRow *row)
{
    for (size_t i = 0; i < s->origins_n; i++) {
        if (strcmp(s->origins[i], row->origin) == 0)
            return true;
    }
    return s->origins_n == 0;
}

/* Of the page that is here. True when there was one. */
static bool
take_row(parallax_stream *s, parallax_record **record)
{
    Parallax__V1__RecordsAnswer *page = s->page->records;

    while (s->row < page->n_rows) {
        Parallax__V1__RecordRow **row = &page->rows[s->row++];
        if (!fits(s, *row))
            continue;
        s->passed = (*row)->delivery;
        s->given = s->is_query ? 0 : (*row)->delivery;
        *record = parallax_record_new(row, s->is_query ? (ProtobufCBinaryData){0, NULL} : page->incarnation);
        return true;
    }
    if (page->delivery > s->passed)
        s->passed = page->delivery;
    return false;
}

int
parallax_fetch(parallax_stream *stream, int64_t timeout_ms, parallax_record **record)
{
    int64_t until = clock_mono_ms() + (timeout_ms > 0 ? timeout_ms : 0), left;
    int rc = PARALLAX_DONE;

    parallax_begin();
    if (stream == NULL || record == NULL)
        return parallax_say(PARALLAX_INVALID, "expected a stream, and where the record goes");
    *record = NULL;
    (void)pthread_mutex_lock(&stream->lock);
    for (bool asked = false; *record == NULL && rc == PARALLAX_DONE;) {
        if (stream->page != NULL) {
            bool more = !stream->is_query && stream->page->records->n_rows > 0;
            if (take_row(stream, record))
                break;
            drop_page(stream);
            asked = asked && !more; /* a page whose rows do not fit: there may be more at once */
        }
        left = until - clock_mono_ms();
        if (asked && !stream->is_query && left <= 0)
            rc = PARALLAX_NOTHING;
        else
            rc = turn_page(stream, left);
        asked = true;
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return rc;
}

int
parallax_acknowledge(parallax_stream *stream, uint64_t number)
{
    struct cursor next;
    int rc = PARALLAX_DONE;

    parallax_begin();
    if (stream == NULL || stream->is_query)
        return parallax_say(PARALLAX_INVALID, "expected a subscription");
    (void)pthread_mutex_lock(&stream->lock);
    next = stream->acknowledged;
    if (number > stream->given) {
        rc = parallax_say(PARALLAX_INVALID, "no record with a number so high was fetched");
    } else if (number == stream->given || number > next.number) {
        memcpy(next.incarnation, stream->incarnation, sizeof next.incarnation);
        next.number = number == stream->given && stream->passed > number ? stream->passed : number;
        next.known = true;
        if (stream->file != NULL && cursor_store(stream->file, &next) != 0)
            rc = parallax_say(PARALLAX_FAILED, "%s: %s", stream->file, strerror(errno));
        else
            stream->acknowledged = next;
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return rc;
}

int
parallax_stream_cursor(parallax_stream *stream, parallax_cursor *cursor)
{
    int rc = PARALLAX_NOTHING;

    parallax_begin();
    if (stream == NULL || cursor == NULL || stream->is_query)
        return parallax_say(PARALLAX_INVALID, "expected a subscription, and where its cursor goes");
    (void)pthread_mutex_lock(&stream->lock);
    if (stream->acknowledged.known) {
        memcpy(cursor->incarnation, stream->acknowledged.incarnation, sizeof cursor->incarnation);
        cursor->number = stream->acknowledged.number;
        rc = PARALLAX_DONE;
    }
    (void)pthread_mutex_unlock(&stream->lock);
    return rc;
}

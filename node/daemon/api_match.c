/* Which records a query, a history walk or a tail is about. The core's thread. */
#include "daemon/api_internal.h"

#include <inttypes.h>

#include "core/record.h"
#include "types/registry.h"

/* In the time that a header takes: a body is opened, and so many bytes of it are read and written as JSON. */
#define OPENED_COST  8
#define OPENED_BYTES 256

int
api_match_mode(struct api_call *c, int mode, int *out)
{
    *out = mode == PARALLAX__V1__MODE__MODE_UNSPECIFIED ? PARALLAX__V1__MODE__REAL : mode;
    if (*out < PARALLAX__V1__MODE__REAL || *out > PARALLAX__V1__MODE__SIMULATED)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "mode", "expected REAL, EXERCISE, TEST or SIMULATED");
    return 0;
}

int
api_match_modes(struct api_call *c, const Parallax__V1__Mode *modes, size_t n, struct api_match *m)
{
    for (size_t i = 0; i < n; i++) {
        int mode;

        if (modes[i] == PARALLAX__V1__MODE__MODE_UNSPECIFIED || api_match_mode(c, (int)modes[i], &mode) != 0)
            return api_answer_refuse(c, WHY_FIELD_VALUE, "modes",
                                     "expected REAL, EXERCISE, TEST or SIMULATED");
        m->modes |= 1u << mode;
    }
    return 0;
}

int
api_match_types(struct api_call *c, char *const *types, size_t n, struct api_match *m)
{
    for (size_t i = 0; i < n; i++) {
        if (registry_type_cstr(types[i]) == NULL)
            return api_answer_refuse(c, WHY_TYPE_UNKNOWN, "type", "no such record type");
    }
    m->types = types;
    m->types_n = n;
    return 0;
}

/* One end of the window; ${otherwise} when it is not given. */
static int
read_time(struct api_call *c, const Parallax__V1__Utc *t, const char *field, int64_t otherwise, int64_t *out)
{
    struct utc utc = record_utc(t);

    *out = otherwise;
    if (t == NULL)
        return 0;
    if (utc_is_zero(utc))
        return api_answer_refuse(c, WHY_FIELD_TIME, field, "no such time");
    *out = utc_sort_key(utc);
    return 0;
}

int
api_match_sift(struct api_call *c, const char *region, const char *where, struct api_match *m)
{
    return sift_read(&m->sift, span_str(region), span_str(where), c->arena, &c->why);
}

/* Its records may stand under any of its identifiers: ${out}, ${n} of them with those of other modes. */
static int
add_object(struct api_call *c, const char *object, int mode, const char ***out, size_t *n)
{
    struct identity *found = api_answer_alloc(c, sizeof *found);

    if (found == NULL || api_objects_find(c, object, mode, found) != 0)
        return -1;
    if (*out == NULL)
        *out = api_answer_alloc(c, PARALLAX__V1__MODE__SIMULATED * sizeof **out * LIMIT_OBJECT_ALIAS_COUNT);
    if (*out == NULL)
        return -1;
    for (size_t i = 0; i < found->alias_n && identity_is_joined(found->alias[i].state); i++)
        (*out)[(*n)++] = found->alias[i].id;
    if (*n == 0)
        (*out)[(*n)++] = object;
    return 0;
}

int
api_match_object(struct api_call *c, const char *object, int mode, struct api_match *m)
{
    return object[0] == '\0' ? 0 : add_object(c, object, mode, &m->objects, &m->objects_n);
}

static int
match_objects(struct api_call *c, const Parallax__V1__QueryRequest *q, struct api_match *m)
{
    if (q->pair[0] != '\0' && q->object[0] == '\0')
        return api_answer_refuse(c, WHY_FIELD_VALUE, "pair", "expected object with it");
    if (api_match_object(c, q->object, m->mode, m) != 0)
        return -1;
    return q->pair[0] != '\0' ? add_object(c, q->pair, m->mode, &m->others, &m->others_n) : 0;
}

/* Which time since and until are of, and the state. */
static int
match_state(struct api_call *c, const Parallax__V1__QueryRequest *q, struct api_match *m)
{
    static const char *const times[] = {
        [API_EPOCH] = "epoch", [API_CREATED] = "created", [API_RECEIVED] = "received"};
    static const char *const states[] = {"", "open", "closed", "cancelled", "superseded"};
    size_t i = 0;

    while (i < 3 && q->time[0] != '\0' && strcmp(q->time, times[i]) != 0)
        i++;
    if (i == 3)
        return api_answer_refuse(c, WHY_FIELD_VALUE, "time", "expected epoch, created or received");
    m->time = (enum api_match_time)i;
    for (i = 0; i < 5 && strcmp(q->state, states[i]) != 0; i++)
        continue;
    if (i == 5 || (i > 0 && q->quarantined) || (i == 4 && !q->history))
        return api_answer_refuse(c, WHY_FIELD_VALUE, "state",
                                 "expected open, closed, cancelled, or with history superseded; of what is "
                                 "in quarantine it cannot be told");
    m->state = q->state;
    return 0;
}

int
api_match_query(struct api_call *c, const Parallax__V1__QueryRequest *q, struct api_match *m)
{
    *m = (struct api_match){.origin = q->origin, .quarantined = q->quarantined, .disputed = q->disputed};
    m->dated = q->since != NULL || q->until != NULL;
    if (q->type[0] != '\0' && api_match_types(c, &q->type, 1, m) != 0)
        return -1;
    if (q->subject[0] != '\0' &&
        (q->type[0] == '\0' || q->object[0] != '\0' || q->history || q->quarantined ||
         strlen(q->subject) >= sizeof((struct store_latest *)NULL)->key))
        return api_answer_refuse(c, WHY_FIELD_VALUE, "subject",
                                 "a key, with a type, and none of object, history, quarantined");
    if (api_match_mode(c, (int)q->mode, &m->mode) != 0 ||
        read_time(c, q->since, "since", INT64_MIN, &m->since) != 0)
        return -1;
    if (read_time(c, q->until, "until", INT64_MAX, &m->until) != 0)
        return -1;
    if (match_state(c, q, m) != 0 || api_match_sift(c, q->region, q->where, m) != 0)
        return -1;
    return match_objects(c, q, m);
}

const char *
api_match_one_type(const struct api_match *m)
{
    return m->types_n == 1 ? m->types[0] : NULL;
}

static bool
fits_type(const struct api_match *m, const char *type)
{
    for (size_t i = 0; i < m->types_n; i++) {
        if (strcmp(m->types[i], type) == 0)
            return true;
    }
    return m->types_n == 0;
}

static bool
fits_mode(const struct api_match *m, int mode)
{
    if (m->modes == 0)
        return mode == m->mode;
    return mode >= 0 && mode < 32 && (m->modes >> mode & 1) != 0;
}

static bool
fits_origin(const struct api_match *m, const char *origin)
{
    return m->origin == NULL || m->origin[0] == '\0' || strcmp(m->origin, origin) == 0;
}

/* ${t} is utc_sort_key(); 0 = none. */
static bool
fits_time(const struct api_match *m, enum api_match_time of, int64_t t)
{
    return !m->dated || m->time != of || (t != 0 && t >= m->since && t <= m->until);
}

/* What the body speaks of, by its type's word. A body that is not there or not understood speaks of nothing. */
static bool
read_subject(struct api_call *c, const Parallax__V1__Header *h, struct span body, struct subject *subject)
{
    const struct type *type = registry_type_cstr(h->type);
    const ProtobufCMessage *msg;
    uint8_t bytes[ALIAS_TEXT_BYTES];
    struct buf identity;
    struct why why;

    if (type == NULL || body.n == 0)
        return false;
    why_clear(&why);
    msg = registry_unpack(type, body, c->scratch, &why);
    if (msg == NULL || type->subject(msg, subject) != 0)
        return false;
    buf_init_fixed(&identity, bytes, sizeof bytes);
    alias_of(type, msg, subject, &identity);
    return true;
}

static bool
is_of(const char *object, const char *const *ids, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (strcmp(object, ids[i]) == 0)
            return true;
    }
    return false;
}

static bool
names_object(const struct subject *subject, const struct api_match *m)
{
    for (size_t i = 0; i < SUBJECT_OBJECT_MAX; i++) {
        if (is_of(subject->object[i], m->objects, m->objects_n) &&
            (m->others_n == 0 || is_of(subject->object[1 - i], m->others, m->others_n)))
            return true;
    }
    return false;
}

/* What the record says of object and epoch: the epoch of a sealed one is in its body. */
static bool
fits_subject(struct api_call *c, const struct api_match *m, const Parallax__V1__Header *h, struct span body,
             bool sealed)
{
    bool object = m->objects_n > 0;
    int64_t epoch = h->epoch != NULL ? utc_sort_key(record_utc(h->epoch)) : 0;
    struct subject subject;

    if (!fits_time(m, API_CREATED, h->created != NULL ? utc_sort_key(record_utc(h->created)) : 0))
        return false;
    if (!object && !(m->dated && m->time == API_EPOCH && sealed))
        return fits_time(m, API_EPOCH, epoch);
    if (!read_subject(c, h, body, &subject))
        return false;
    return fits_time(m, API_EPOCH, sealed ? utc_sort_key(subject.epoch) : epoch) &&
           (!object || names_object(&subject, m));
}

/* A person looks at every alert. What else is disputed is shown to who asks for it. */
static bool
fits_dispute(const struct api_match *m, const struct store_log *log, uint64_t index)
{
    bool disputed = log->disputed && index >= log->common;

    return m->quarantined || (m->disputed ? disputed : !disputed || strcmp(log->class_name, "alert") == 0);
}

bool
api_match_record(struct api_call *c, const struct api_match *m, const struct store_log *log, uint64_t index,
                 const struct store_record *r)
{
    bool narrow = m->dated || m->objects_n > 0;
    struct span body = r->body_state == STORE_BODY_HELD ? r->body : span_of(NULL, 0);
    const Parallax__V1__Header *h;
    struct why why;
    bool sealed;

    if ((r->quarantine != WHY_NONE) != m->quarantined || !fits_dispute(m, log, index) ||
        !fits_origin(m, log->origin))
        return false;
    arena_clear(c->scratch);
    why_clear(&why);
    h = record_header_read(r->header, log->id, c->scratch, &why);
    if (h == NULL) /* quarantined for that very reason: type and mode cannot be told */
        return m->quarantined && !narrow;
    /* A leaf of no type is the log's own (descriptor, closure): api_log_answer() shows those. */
    if ((h->type[0] == '\0' && !m->quarantined) || !fits_type(m, h->type) || !fits_mode(m, (int)h->mode))
        return false;
    sealed = h->sealing != PARALLAX__V1__SEALING__NONE;
    /* What is carried for others, or under embargo, is shown to nobody here. */
    if (sealed && !m->quarantined && api_answer_plain(c, log, index, h, body, &body) != 0)
        return false;
    return fits_subject(c, m, h, body, sealed) && api_match_fits(c, m, log, index, r);
}

bool
api_match_fits(struct api_call *c, const struct api_match *m, const struct store_log *log, uint64_t index,
               const struct store_record *r)
{
    struct span body = r->body_state == STORE_BODY_HELD ? r->body : span_of(NULL, 0);
    struct where_record record = {
        .origin = log->origin, .audience = span_str(log->audience), .class_name = span_str(log->class_name)};
    const Parallax__V1__Header *h;
    struct why why;

    if (!sift_is_on(&m->sift))
        return true;
    arena_clear(c->scratch);
    why_clear(&why);
    h = record_header_read(r->header, log->id, c->scratch, &why);
    if (h == NULL ||
        (h->sealing != PARALLAX__V1__SEALING__NONE && api_answer_plain(c, log, index, h, body, &body) != 0))
        return false;
    record.header = h;
    record.type = registry_type_cstr(h->type);
    if (m->sift.has_region && (record.type == NULL || record.type->places == NULL))
        return false;
    if (record.type != NULL && body.n > 0)
        record.msg = registry_unpack(record.type, body, c->scratch, &why);
    record.now = utc_from_ms(c->ctx->wall_ms);
    return sift_fits(&m->sift, &record);
}

unsigned
api_match_cost(const struct api_match *m, const struct store_record *r)
{
    return sift_is_on(&m->sift) ? OPENED_COST + (unsigned)(r->body.n / OPENED_BYTES) : 1;
}

bool
api_match_latest(const struct api_match *m, const struct store_latest *row)
{
    return fits_type(m, row->type) && row->mode == m->mode && fits_origin(m, row->origin) &&
           fits_time(m, API_EPOCH, row->epoch) && fits_time(m, API_CREATED, row->created);
}

/* Is another record the newest of its origin on the same subject? 1, 0, or -1. What is of no subject is replaced by nothing. */
static int
is_superseded(struct api_call *c, const Parallax__V1__Header *h, const struct store_log *log, uint64_t index,
              struct span body)
{
    struct store_latest row = {.mode = (uint8_t)h->mode, .log = log->no, .index = index};
    struct subject subject;
    int rc;

    if (strlen(h->type) >= sizeof row.type || !read_subject(c, h, body, &subject))
        return 0;
    memcpy(row.type, h->type, strlen(h->type) + 1);
    memcpy(row.key, subject.key, strlen(subject.key) + 1);
    memcpy(row.origin, log->origin, strlen(log->origin) + 1);
    rc = store_latest_is(c->ctx->store, &row);
    return rc < 0 ? -1 : rc == 0;
}

/* The state of a record that is of no event. */
static const char *
own_state(const struct api_call *c, const Parallax__V1__Header *h)
{
    struct utc expires = record_utc(h->expires);

    if (record_kind_withdraws((int)h->kind))
        return "cancelled";
    return !utc_is_zero(expires) && utc_sort_key(expires) < api_answer_now(c) ? "closed" : "open";
}

static int
fits_state(struct api_call *c, const struct api_match *m, const struct store_log *log, uint64_t index,
           const struct store_record *r)
{
    struct span body = r->body_state == STORE_BODY_HELD ? r->body : span_of(NULL, 0);
    const Parallax__V1__Header *h;
    struct why why;
    int rc;

    why_clear(&why);
    arena_clear(c->scratch);
    h = record_header_read(r->header, log->id, c->scratch, &why);
    if (h == NULL)
        return 0;
    if (strcmp(m->state, "superseded") == 0) {
        bool sealed = h->sealing != PARALLAX__V1__SEALING__NONE;

        return sealed && api_answer_plain(c, log, index, h, body, &body) != 0
                   ? 0
                   : is_superseded(c, h, log, index, body);
    }
    rc = api_event_has(c, log->no, index, m->state);
    return rc == 2 ? strcmp(own_state(c, h), m->state) == 0 : rc;
}

bool
api_match_is_late(const struct api_match *m)
{
    return (m->dated && m->time == API_RECEIVED) || (m->state != NULL && m->state[0] != '\0');
}

int
api_match_late(struct api_call *c, const struct api_match *m, const struct store_log *log, uint64_t index,
               const struct store_record *r, int64_t received_ms)
{
    struct utc received = utc_from_ms(received_ms);

    if (!fits_time(m, API_RECEIVED, utc_sort_key(received)))
        return 0;
    return m->state == NULL || m->state[0] == '\0' ? 1 : fits_state(c, m, log, index, r);
}

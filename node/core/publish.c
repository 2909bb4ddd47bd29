/* Local records: checked like foreign ones, queued, made durable in whole requests, answered when signed.
 * Pure. */
#include "core/node_internal.h"
#include "types/alias.h"
#include <stdlib.h>

#define BATCHES_MAX 4 /* under one signature: the disk is asked once, an alert waits for no more */

static void
answer(struct node *n, uint64_t token, const struct why *why, uint32_t log, uint64_t first, uint32_t count)
{
    struct action *a;
    struct why *copy = NULL;

    if (token == 0)
        return;
    if (why != NULL) {
        copy = action_memory(n, sizeof(*copy));
        *copy = *why;
    }
    a = action_add(n, ACTION_ANSWER);
    a->token = token;
    a->why = copy;
    a->range = (struct store_range_row){log, first, count};
}

static void
free_records(struct request *r)
{
    for (uint32_t i = 0; r->records != NULL && i < r->count; i++) {
        buf_release(&r->records[i].header);
        buf_release(&r->records[i].body);
        buf_release(&r->records[i].plain);
        free(r->records[i].events);
        buf_release(&r->records[i].identity);
    }
    free(r->records);
    r->records = NULL;
}

static void
append(struct request ***end, struct request *r)
{
    r->next = NULL;
    **end = r;
    *end = &r->next;
}

/* The body as it will lie in the log, from ${out}->plain where it is sealed. */
static int
make_body(struct node *n, const struct track *t, const uint8_t salt[16], uint8_t commitment[32],
          struct pending *out, struct why *why)
{
    if (out->sealing == PARALLAX__V1__SEALING__NONE)
        return 0;
    buf_clear(&out->body);
    return node_sealed_make(n, t, out->sealing == PARALLAX__V1__SEALING__EMBARGO, salt, buf_span(&out->plain),
                            &out->body, commitment, why);
}

static int
make_header(struct node *n, const struct track *t, const struct publish *p, const struct publish_record *in,
            struct pending *out, uint32_t version, struct utc epoch, struct why *why)
{
    struct record_new r;
    uint8_t commitment[SEAL_COMMITMENT_BYTES];

    memset(&r, 0, sizeof(r));
    r.type = in->type;
    r.type_version = version;
    r.mode = (Parallax__V1__Mode)p->mode;
    r.kind = in->kind == 0 ? PARALLAX__V1__KIND__INITIAL : (Parallax__V1__Kind)in->kind;
    r.created = utc_from_ms(n->wall);
    r.epoch =
        node_is_named(t) ? (struct utc){0, 0} : epoch; /* nothing there tells what a sealed body is about */
    r.expires = in->expires;
    node_random(n, r.salt, sizeof(r.salt));
    if (make_body(n, t, r.salt, commitment, out, why) != 0)
        return -1;
    r.body = buf_span(&out->body);
    r.sealing = (Parallax__V1__Sealing)out->sealing;
    r.commitment = commitment;
    r.embargo_until = in->embargo_until;
    r.full_version = in->full_version;
    r.references = in->references;
    r.references_n = in->references_n;
    r.rights = in->rights;
    out->mode = (uint8_t)r.mode;
    out->kind = (uint8_t)r.kind;
    out->created = utc_sort_key(r.created);
    buf_init(&out->header, LIMIT_HEADER_BYTES);
    return record_header_make(t->row.id, &r, &out->header, why);
}

static void
take_events(const struct type *type, const ProtobufCMessage *msg, struct pending *out)
{
    struct type_event events[EVENTS_MAX];

    if (type->events == NULL || (out->events_n = type->events(msg, events)) == 0)
        return;
    out->events = mem_new(out->events_n * sizeof(*out->events));
    memcpy(out->events, events, out->events_n * sizeof(*out->events));
}

static int
take_record(struct node *n, const struct track *t, const struct publish *p, const struct publish_record *in,
            struct pending *out, struct why *why)
{
    const struct type *type = registry_type_cstr(in->type);
    bool embargo = !utc_is_zero(in->embargo_until), sealed = embargo || node_is_named(t);
    ProtobufCMessage *msg;

    buf_init(&out->plain, LIMIT_BODY_BYTES);
    buf_init(&out->header, LIMIT_HEADER_BYTES);
    buf_init(&out->body, LIMIT_BODY_BYTES);
    buf_init(&out->identity, ALIAS_TEXT_BYTES);
    if (type == NULL)
        return why_set(why, WHY_TYPE_UNKNOWN, 0, 0, "type", "no such record type");
    if (in->kind < 0 || in->kind > PARALLAX__V1__KIND__RETRACT)
        return why_set(why, WHY_HEADER_VALUE, 0, 0, "kind", "expected INITIAL, UPDATE, CANCEL or RETRACT");
    if (in->body.n > type->body_max)
        return why_set(why, WHY_BODY_SIZE, 0, 0, "body", "%zu bytes of %s: expected at most %zu", in->body.n,
                       type->name, type->body_max);
    arena_clear(&n->body_arena);
    msg = registry_unpack(type, in->body, &n->body_arena, why);
    if (msg == NULL)
        return -1;
    out->type = type;
    out->visible = type->subject(msg, &out->subject) == 0;
    take_events(type, msg, out);
    if (!sealed) /* names would stand in the store as they are */
        alias_of(type, msg, &out->subject, &out->identity);
    if (embargo && in->embargo_until.mjd * 86400LL + in->embargo_until.ns / 1000000000 <=
                       n->wall / 1000 + 40587 * 86400LL)
        return why_set(why, WHY_FIELD_TIME, 0, 0, "embargo_until", "expected a time to come");
    out->sealing = embargo  ? PARALLAX__V1__SEALING__EMBARGO
                   : sealed ? PARALLAX__V1__SEALING__LOG
                            : PARALLAX__V1__SEALING__NONE;
    if (embargo) {
        out->embargo_until = utc_sort_key(in->embargo_until);
        out->visible = false; /* for nobody, its own people among them, before it is revealed */
    }
    buf_put_span(sealed ? &out->plain : &out->body, in->body);
    if (buf_failed(&out->plain) || buf_failed(&out->body))
        return why_set(why, WHY_LIMIT, 0, 0, "body", "out of memory");
    return make_header(n, t, p, in, out, type->version, out->subject.epoch, why);
}

static const char *
class_of(const struct publish *p)
{
    const struct type *type = p->records_n == 0 ? NULL : registry_type_cstr(p->records[0].type);

    if (p->class_name[0] != '\0')
        return p->class_name;
    return type != NULL && type->alert ? "alert" : "data";
}

static int
check_request(struct node *n, const struct publish *p, struct track *t, struct why *why)
{
    if (strcmp(p->audience, "open") != 0 && !audience_exists(n, p->audience))
        return why_set(why, WHY_AUDIENCE_UNKNOWN, 0, 0, "audience",
                       "expected open or an audience of this node");
    if (p->mode < PARALLAX__V1__MODE__REAL || p->mode > PARALLAX__V1__MODE__SIMULATED)
        return why_set(why, WHY_MODE_MISSING, 0, 0, "mode", "expected REAL, EXERCISE, TEST or SIMULATED");
    if (p->key.n < 16 || p->key.n > 64)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "key",
                       "%zu bytes: expected an idempotency key of 16 to 64", p->key.n);
    if (p->records_n == 0 || p->records_n > LIMIT_BATCH_COUNT)
        return why_set(why, WHY_LIMIT, 0, 0, "records", "%zu records: expected 1 to %d", p->records_n,
                       LIMIT_BATCH_COUNT);
    if (strcmp(class_of(p), "data") != 0 && strcmp(class_of(p), "alert") != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "class", "expected data or alert");
    if (t == NULL)
        return why_set(why, WHY_STARTING, 0, 0, "class",
                       "no log of this class is open yet: the node waits for what peers hold of its logs");
    if (t->queue_bytes > LIMIT_PUBLISH_QUEUE_BYTES)
        return why_set(why, WHY_LIMIT, 0, 0, NULL, "too much is waiting for the log: try again");
    if (n->disk_low && strcmp(t->row.class_name, "data") == 0)
        return why_set(why, WHY_LIMIT, 0, 0, NULL, "the disk is nearly full: only alerts are taken");
    return 0;
}

/* Among the requests that wait for a log of ours: another one than would take it now, perhaps, which hands them on when it ends. */
static struct request *
find_waiting(const struct node *n, const struct publish *p)
{
    for (size_t i = 0; i < n->track_n; i++) {
        for (struct request *r = n->track[i]->queue; r != NULL; r = r->next) {
            if (r->part == p->part && span_equal(span_of(r->key, r->key_n), p->key))
                return r;
        }
    }
    return NULL;
}

/* The same key again: the same answer, once it is signed. True when it was seen before. */
static bool
seen_before(struct node *n, const struct publish *p)
{
    struct request *waiting = find_waiting(n, p);
    struct store_range_row range;
    int got;

    if (waiting != NULL) {
        waiting->token = p->token; /* who asked first is gone, or asks again */
        return true;
    }
    got = n->conf.view.published(n->conf.view.cookie, p->key, p->part, &range, 1);
    if (got <= 0)
        return false;
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *k = n->track[i];
        if (k->row.no != range.log)
            continue;
        if (k->row.head.size >= range.first + range.count) {
            answer(n, p->token, NULL, range.log, range.first, range.count);
        } else {
            struct request *r = mem_new(sizeof(*r));
            r->token = p->token;
            r->first = range.first;
            r->count = range.count;
            r->placed = true;
            append(&k->placed_end, r);
        }
    }
    return true;
}

void
publish_take(struct node *n, const struct publish *p)
{
    struct track *t = own_log(n, p->audience, class_of(p));
    struct request *r;
    struct why why;

    why_clear(&why);
    if (check_request(n, p, t, &why) != 0) {
        node_count_reject(n, -1, &why);
        answer(n, p->token, &why, 0, 0, 0);
        return;
    }
    if (seen_before(n, p))
        return;
    r = mem_new(sizeof(*r));
    r->token = p->token;
    r->key_n = p->key.n;
    memcpy(r->key, p->key.p, p->key.n);
    r->part = p->part;
    r->queued_ms = n->mono;
    r->records = mem_new(p->records_n * sizeof(*r->records));
    for (size_t i = 0; i < p->records_n && why.code == WHY_NONE; i++) {
        r->count++;
        take_record(n, t, p, &p->records[i], &r->records[i], &why);
        r->bytes += r->records[i].header.n + r->records[i].body.n;
    }
    if (why.code == WHY_NONE && r->bytes > LIMIT_BATCH_BYTES)
        why_set(&why, WHY_LIMIT, 0, 0, "records", "%zu bytes with headers: expected at most %d a request",
                r->bytes, LIMIT_BATCH_BYTES);
    if (why.code != WHY_NONE) {
        node_count_reject(n, -1, &why);
        answer(n, p->token, &why, 0, 0, 0);
        free_records(r);
        free(r);
        return;
    }
    append(&t->queue_end, r);
    t->queue_bytes += r->bytes;
    publish_batch(n, t);
}

/* Which record a REVEAL of ours is about. */
static void
note_reveal(struct span body, struct pending *out)
{
    Parallax__V1__Reveal *r = parallax__v1__reveal__unpack(NULL, body.n, body.p);

    if (r == NULL)
        return; /* ours, made a moment ago */
    out->reveals = true;
    memcpy(out->reveal_log, r->record->log.data, LOG_ID_BYTES);
    out->reveal_index = r->record->index;
    parallax__v1__reveal__free_unpacked(r, NULL);
}

int
publish_own_record(struct node *n, struct track *t, int kind, int mode, struct span body, bool seal)
{
    struct request *r = mem_new(sizeof(*r));
    struct publish p = {.mode = mode};
    struct publish_record in = {.type = "", .kind = kind};
    struct pending *out;
    struct utc none = {0, 0};
    struct why why;

    why_clear(&why);
    r->count = 1;
    r->records = mem_new(sizeof(*r->records));
    out = &r->records[0];
    buf_init(&out->body, LIMIT_BODY_BYTES);
    buf_init(&out->plain, LIMIT_BODY_BYTES);
    out->sealing = seal && node_is_named(t) ? PARALLAX__V1__SEALING__LOG : PARALLAX__V1__SEALING__NONE;
    buf_put_span(out->sealing == PARALLAX__V1__SEALING__NONE ? &out->body : &out->plain, body);
    if (kind == PARALLAX__V1__KIND__REVEAL)
        note_reveal(body, out);
    if (make_header(n, t, &p, &in, out, 0, none, &why) != 0) {
        free_records(r);
        free(r);
        return -1;
    }
    r->bytes = out->header.n + out->body.n;
    r->queued_ms = n->mono;
    append(&t->queue_end, r);
    t->queue_bytes += r->bytes;
    publish_batch(n, t);
    return 0;
}

/* Whole requests from the front of the queue that fit one batch. */
static size_t
take_requests(struct track *t)
{
    size_t count = 0, bytes = 0;
    struct request *r;

    while ((r = t->queue) != NULL &&
           (count == 0 || (count + r->count <= LIMIT_BATCH_COUNT && bytes + r->bytes <= LIMIT_BATCH_BYTES))) {
        t->queue = r->next;
        if (t->queue == NULL)
            t->queue_end = &t->queue;
        t->queue_bytes -= r->bytes;
        r->first = t->row.size + count;
        count += r->count;
        bytes += r->bytes;
        append(&t->placed_end, r);
    }
    return count;
}

static void
fill_result(const struct pending *p, struct road_result *out)
{
    memset(out, 0, sizeof(*out));
    out->record.header = buf_span(&p->header);
    out->record.body = buf_span(&p->body);
    out->record.body_state = STORE_BODY_HELD;
    out->type = p->type;
    out->visible = p->visible;
    out->subject = p->subject;
    if (p->kind != PARALLAX__V1__KIND__RETRACT)
        out->identity = buf_span(&p->identity);
    out->mode = p->mode;
    out->kind = p->kind;
    out->created = p->created;
    out->events = p->events;
    out->events_n = p->events_n;
    out->embargo_until = p->sealing == PARALLAX__V1__SEALING__EMBARGO ? p->embargo_until : 0;
    out->reveals = p->reveals;
    memcpy(out->reveal_log, p->reveal_log, LOG_ID_BYTES);
    out->reveal_index = p->reveal_index;
}

static void
put_batch(struct node *n, struct track *t)
{
    size_t count = take_requests(t), i = 0;
    struct road_result *results;
    struct road_growth growth;

    results = action_memory(n, count * sizeof(*results));
    for (struct request *r = t->placed; r != NULL; r = r->next) {
        for (uint32_t k = 0; !r->placed && k < r->count; k++)
            fill_result(&r->records[k], &results[i++]);
    }
    road_grow_begin(n, t, i, &growth);
    for (size_t k = 0; k < i; k++)
        road_grow(&growth, results[k].record.header);
    road_store(n, t, results, i, &growth, NULL, NULL, 0);
    for (struct request *r = t->placed; r != NULL; r = r->next) {
        if (!r->placed && r->key_n != 0) {
            struct action *a = action_add(n, ACTION_PUBLISHED);
            a->bytes = span_of(r->key, r->key_n);
            a->part = r->part;
            a->range = (struct store_range_row){t->row.no, r->first, r->count};
        }
        r->placed = true;
    }
}

void
publish_batch(struct node *n, struct track *t)
{
    if (t->own != OWN_OPEN || t->signing || t->queue == NULL)
        return;
    for (unsigned i = 0; i < BATCHES_MAX && t->queue != NULL; i++)
        put_batch(n, t);
    t->signing = true;
    t->sign_sent = false;
}

void
publish_signed(struct node *n, struct track *t)
{
    struct request **at = &t->placed, *r;
    size_t count = 0;
    uint64_t first = 0;

    while ((r = *at) != NULL) {
        if (r->first + r->count > t->row.head.size) {
            at = &r->next;
            continue;
        }
        answer(n, r->token, NULL, t->row.no, r->first, r->count);
        first = count == 0 ? r->first : first;
        count += r->count;
        *at = r->next;
        free_records(r);
        free(r);
    }
    t->placed_end = &t->placed;
    while (*t->placed_end != NULL)
        t->placed_end = &(*t->placed_end)->next;
    if (count > 0) {
        char id[RECORD_ID_TEXT_MAX];
        record_id_print(t->row.id, first, id);
        action_event(n, EV_published, "first=%s count=%zu", id, count);
    }
}

/* The batch under way cannot be signed: say so to whoever waits for it. */
void
publish_drop(struct node *n, struct track *t, const struct why *why)
{
    struct request *r;

    while ((r = t->placed) != NULL) {
        t->placed = r->next;
        answer(n, r->token, why, 0, 0, 0);
        free_records(r);
        free(r);
    }
    t->placed_end = &t->placed;
}

/* One record for another log: its header names that, and what is sealed is sealed under its key. */
static int
move_record(struct node *n, const struct track *to, struct pending *p, struct why *why)
{
    uint8_t commitment[SEAL_COMMITMENT_BYTES];
    Parallax__V1__Header *h = parallax__v1__header__unpack(NULL, p->header.n, p->header.p);
    int rc;

    if (h == NULL)
        return why_set(why, WHY_NO_MEMORY, 0, 0, NULL, "no memory to move a record to the log that goes on");
    memcpy(h->log.data, to->row.id, LOG_ID_BYTES);
    rc = make_body(n, to, h->salt.data, commitment, p, why);
    if (rc == 0 && p->sealing != PARALLAX__V1__SEALING__NONE) {
        hash_sha256(buf_span(&p->body), h->body_hash.data);
        memcpy(h->key_commitment.data, commitment, SEAL_COMMITMENT_BYTES);
    }
    buf_clear(&p->header);
    parallax__v1__header__pack(h, buf_add(&p->header, parallax__v1__header__get_packed_size(h)));
    parallax__v1__header__free_unpacked(h, NULL);
    return rc;
}

/* What waited for a log that ended goes to the one that continues it. */
void
publish_move(struct node *n, struct track *from, struct track *to)
{
    struct request *r;
    struct why why;

    why_clear(&why);
    while ((r = from->queue) != NULL) {
        from->queue = r->next;
        for (uint32_t i = 0; i < r->count && why.code == WHY_NONE; i++)
            (void)move_record(n, to, &r->records[i], &why);
        if (why.code != WHY_NONE) {
            answer(n, r->token, &why, 0, 0, 0);
            free_records(r);
            free(r);
            why_clear(&why);
            continue;
        }
        to->queue_bytes += r->bytes;
        append(&to->queue_end, r);
    }
    from->queue_end = &from->queue;
    from->queue_bytes = 0;
    publish_batch(n, to);
}

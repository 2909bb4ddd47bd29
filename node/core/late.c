/*
 * Records that were stored before they could be read: an embargo that ended, a key that was handed on later. Each becomes visible with the next delivery number
 * (DESIGN sections 5 and 7). What is due is kept by the store, so that no restart forgets it. Pure.
 */
#include "core/node_internal.h"
#include <sodium.h>

#define DUE_MAX       64
#define AGAIN_MS      10000 /* a reveal that was asked for is not asked for again so soon */
#define BODY_AGAIN_MS 2000  /* the next peer is asked for a body */
#define RESCAN_BYTES  65536
#define REFILL_PIECES 4

static struct track *
track_no(struct node *n, uint32_t no)
{
    int i = node_log_find_no(n, no);

    return i < 0 ? NULL : n->track[i];
}

/* A record of ${t} in ${header} and ${body}; false when it is not held. */
static bool
read_record(struct node *n, const struct track *t, uint64_t index, struct buf *header, struct buf *body)
{
    const struct node_view *v = &n->conf.view;
    struct store_batch b;

    buf_clear(header);
    buf_clear(body);
    if (index >= t->ready ||
        v->batch(v->cookie, t->row.no, index, 1, n->records, LIMIT_BATCH_COUNT, &b) != 0 ||
        b.records[0].body_state != STORE_BODY_HELD)
        return false;
    buf_put_span(header, b.records[0].header);
    buf_put_span(body, b.records[0].body);
    return !buf_failed(header) && !buf_failed(body);
}

static bool
asked_lately(struct node *n, uint32_t log, uint64_t index, int64_t again_ms)
{
    for (size_t i = 0; i < REVEALING_MAX; i++) {
        if (n->revealing[i].log == log && n->revealing[i].index == index &&
            n->mono - n->revealing[i].ms < again_ms)
            return true;
    }
    n->revealing[n->revealing_next].log = log;
    n->revealing[n->revealing_next].index = index;
    n->revealing[n->revealing_next].ms = n->mono;
    n->revealing_next = (n->revealing_next + 1) % REVEALING_MAX;
    return false;
}

/* The time of an own record has come: its key is published to whoever may hold the record. */
static void
reveal(struct node *n, struct track *t, uint64_t index, const Parallax__V1__Header *h)
{
    struct track *to = own_log(n, t->row.audience, t->row.class_name);
    Parallax__V1__Reveal body = PARALLAX__V1__REVEAL__INIT;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    uint8_t key[SEAL_KEY_BYTES], salt[SEAL_ID_BYTES], commitment[SEAL_COMMITMENT_BYTES], packed[512];
    struct buf sealed;
    struct why why;

    why_clear(&why);
    if (to == NULL || to->own != OWN_OPEN || asked_lately(n, t->row.no, index, AGAIN_MS) ||
        node_reveal_key(n, t->index, index, h, key, &why) != 0)
        return; /* asked for again at a later tick */
    id.log = (ProtobufCBinaryData){LOG_ID_BYTES, t->row.id};
    id.index = index;
    body.record = &id;
    body.key = (ProtobufCBinaryData){sizeof(key), key};
    buf_init(&sealed, sizeof(packed));
    /* Only for who has the key of the record's own log: the log that says it may have other readers by now. */
    if (node_is_named(t)) {
        node_random(n, salt, sizeof(salt));
        if (node_sealed_make(n, t, false, salt, span_of(key, sizeof(key)), &sealed, commitment, &why) != 0) {
            buf_release(&sealed);
            return;
        }
        body.key = (ProtobufCBinaryData){sealed.n, sealed.p};
        body.salt = (ProtobufCBinaryData){sizeof(salt), salt};
        body.commitment = (ProtobufCBinaryData){sizeof(commitment), commitment};
    }
    if (publish_own_record(n, to, PARALLAX__V1__KIND__REVEAL, (int)h->mode,
                           span_of(packed, parallax__v1__reveal__pack(&body, packed)), true) == 0)
        action_event(n, EV_embargo_opened, "log_no=%u index=%llu", t->row.no, (unsigned long long)index);
    sodium_memzero(key, sizeof(key));
    sodium_memzero(packed, sizeof(packed));
    buf_release(&sealed);
}

/* A copy that lives until the actions are cleared. */
static struct store_record *
keep(struct node *n, const struct store_record *r, struct span header, struct span body)
{
    struct store_record *record = action_memory(n, sizeof(*record));
    uint8_t *copy = action_memory(n, header.n + body.n);

    memcpy(copy, header.p, header.n);
    if (body.n > 0)
        memcpy(copy + header.n, body.p, body.n);
    *record = *r;
    record->header = span_of(copy, header.n);
    record->body = span_of(body.n > 0 ? copy + header.n : NULL, body.n);
    return record;
}

/* ${plain} is what the record holds: it takes the place in the picture that it would have had. */
static void
deliver(struct node *n, struct track *t, uint64_t index, struct span header, struct span body,
        struct span plain, const struct why *plain_why, const struct store_due *due)
{
    struct road_result *r = action_memory(n, sizeof(*r));
    struct store_late *late = action_memory(n, sizeof(*late));
    struct store_subject *subject = action_memory(n, sizeof(*subject));

    road_check(n, t, header, body, STORE_BODY_HELD, &plain, plain_why, r);
    late->log = t->row.no;
    late->index = index;
    late->reveal_log = due->reveal_log;
    late->reveal_index = due->reveal_index;
    late->opened = true;
    late->settled = due->kind == DUE_BODY || due->kind == DUE_CHECK;
    if (r->record.quarantine != WHY_NONE || late->settled)
        late->record = keep(n, &r->record, header, body);
    if (r->record.quarantine != WHY_NONE) {
        late->why = &r->why;
        t->quarantined++;
        node_count_reject(n, node_member_index(n, t->row.origin), &r->why);
    } else if (r->visible) {
        road_subject(n, subject, t, r, index);
        late->subject = subject;
    }
    action_add(n, ACTION_LATE)->late = late;
}

/* Revealed to whoever has the key of its log: a carrier looks at it once, and again when it is handed the key. */
static bool
may_open(const struct track *t)
{
    return !node_is_named(t) || t->has_key;
}

/* A REVEAL and its record are both held. */
static void
open_revealed(struct node *n, struct track *t, const struct store_due *due, const Parallax__V1__Header *h,
              struct span header, struct span body)
{
    struct buf plain;
    struct why why;
    int rc;

    why_clear(&why);
    buf_init(&plain, LIMIT_BODY_BYTES);
    rc = node_open_body(n, t->index, due->index, h, body, &plain, &why);
    if (rc == 0) {
        deliver(n, t, due->index, header, body, buf_span(&plain), NULL, due);
    } else if ((rc > 0 && !may_open(t)) || (rc < 0 && why.code != WHY_STARTING)) {
        struct store_late *late = action_memory(n, sizeof(*late));
        *late = (struct store_late){.log = t->row.no,
                                    .index = due->index,
                                    .reveal_log = due->reveal_log,
                                    .reveal_index = due->reveal_index};
        action_add(n, ACTION_LATE)->late = late;
        if (rc < 0)
            node_count_reject(n, node_member_index(n, t->row.origin), &why);
    }
    buf_release(&plain);
}

/* The road once more, for what is held or came now: with what the log's key opens of it. */
static void
look_again(struct node *n, struct track *t, uint64_t index, struct span header, struct span body,
           enum store_due_kind kind)
{
    struct store_due due = {.kind = kind, .log = t->row.no, .index = index};

    if (node_sealed_open(n, t, &header, &body, 1) != 0)
        return; /* asked for again */
    deliver(n, t, index, header, body, n->plain[0], &n->plain_why[0], &due);
}

/* What an older release did not understand. */
static void
check_again(struct node *n, struct track *t, const struct store_due *due)
{
    struct buf header, body;

    buf_init(&header, LIMIT_HEADER_BYTES);
    buf_init(&body, LIMIT_BODY_BYTES);
    if (read_record(n, t, due->index, &header, &body))
        look_again(n, t, due->index, buf_span(&header), buf_span(&body), DUE_CHECK);
    buf_release(&header);
    buf_release(&body);
}

void
late_body(struct node *n, struct track *t, uint64_t index, struct span header, struct span body)
{
    t->row.bytes += body.n;
    quota_count(n, t, body.n);
    look_again(n, t, index, header, body, DUE_BODY);
}

void
late_gone(struct node *n, struct track *t, uint64_t index, struct span header)
{
    struct store_late *late = action_memory(n, sizeof(*late));
    struct store_record gone = {.body_state = STORE_BODY_GONE};

    *late = (struct store_late){.log = t->row.no, .index = index, .settled = true};
    late->record = keep(n, &gone, header, span_of(NULL, 0));
    action_add(n, ACTION_LATE)->late = late;
}

static void
take_due(struct node *n, const struct store_due *due)
{
    struct track *t = track_no(n, due->log),
                 *from = due->kind != DUE_REVEAL ? NULL : track_no(n, due->reveal_log);
    struct buf header, body;
    struct arena arena;
    struct why why;
    Parallax__V1__Header *h;

    if (t == NULL || (due->kind == DUE_REVEAL && (from == NULL || due->reveal_index >= from->ready)))
        return;
    if (due->kind == DUE_BODY) {
        if (!asked_lately(n, due->log, due->index, BODY_AGAIN_MS))
            fetch_ask(n, t, due->index);
        return;
    }
    if (due->kind == DUE_CHECK) {
        check_again(n, t, due);
        return;
    }
    why_clear(&why);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&header, LIMIT_HEADER_BYTES);
    buf_init(&body, LIMIT_BODY_BYTES);
    if (read_record(n, t, due->index, &header, &body) &&
        (h = record_header_read(buf_span(&header), t->row.id, &arena, &why)) != NULL &&
        h->sealing == PARALLAX__V1__SEALING__EMBARGO) {
        if (due->kind == DUE_EMBARGO)
            reveal(n, t, due->index, h);
        else
            open_revealed(n, t, due, h, buf_span(&header), buf_span(&body));
    }
    buf_release(&header);
    buf_release(&body);
    arena_release(&arena);
}

/* Leaves that were carried before the key came. */
static void
rescan(struct node *n, struct track *t)
{
    const struct node_view *v = &n->conf.view;
    static const struct store_due none = {.kind = DUE_REVEAL};
    struct span headers[LIMIT_BATCH_COUNT], bodies[LIMIT_BATCH_COUNT];
    struct store_batch b;

    if (v->batch(v->cookie, t->row.no, t->rescanned, RESCAN_BYTES, n->records, LIMIT_BATCH_COUNT, &b) != 0)
        return;
    for (uint32_t i = 0; i < b.count; i++) {
        headers[i] = b.records[i].header;
        bodies[i] = b.records[i].body_state == STORE_BODY_HELD ? b.records[i].body : span_of(NULL, 0);
    }
    if (node_sealed_open(n, t, headers, bodies, b.count) != 0)
        return;
    for (uint32_t i = 0; i < b.count && b.first + i < t->rescan; i++) {
        if (n->plain[i].p != NULL)
            deliver(n, t, b.first + i, headers[i], bodies[i], n->plain[i], NULL, &none);
    }
    for (uint64_t at = b.first; at < b.first + b.count && at < t->rescan; at++) {
        struct store_due due = {.kind = DUE_REVEAL, .log = t->row.no, .index = at};
        if (n->plain[at - b.first].p == NULL &&
            v->reveal_of(v->cookie, t->row.id, at, &due.reveal_log, &due.reveal_index) == 0)
            take_due(n, &due);
    }
    t->rescanned = b.first + b.count;
}

/* A record whose embargo has ended: what it says of the picture. It was delivered when that was. 1 with ${out}, or 0. */
static size_t
refill_revealed(struct node *n, struct track *t, uint64_t index, struct store_subject *out)
{
    struct road_result *r = action_memory(n, sizeof(*r));
    struct buf header, body, plain;
    struct arena arena;
    struct why why;
    Parallax__V1__Header *h;
    size_t found = 0;

    why_clear(&why);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&header, LIMIT_HEADER_BYTES);
    buf_init(&body, LIMIT_BODY_BYTES);
    buf_init(&plain, LIMIT_BODY_BYTES);
    if (read_record(n, t, index, &header, &body) &&
        (h = record_header_read(buf_span(&header), t->row.id, &arena, &why)) != NULL &&
        h->sealing == PARALLAX__V1__SEALING__EMBARGO &&
        node_open_body(n, t->index, index, h, buf_span(&body), &plain, &why) == 0) {
        struct span opened = buf_span(&plain);

        road_check(n, t, buf_span(&header), buf_span(&body), STORE_BODY_HELD, &opened, NULL, r);
        if (r->visible && r->record.quarantine == WHY_NONE) {
            road_subject(n, out, t, r, index);
            found = 1;
        }
    }
    buf_release(&header);
    buf_release(&body);
    buf_release(&plain);
    arena_release(&arena);
    return found;
}

/* What a batch says of the picture, as it stands: it is delivered already. */
void
late_refill(struct node *n, struct track *t, const struct store_batch *b, uint64_t end)
{
    struct store_subject *subjects = action_memory(n, b->count * sizeof(*subjects));
    struct span headers[LIMIT_BATCH_COUNT], bodies[LIMIT_BATCH_COUNT];
    uint64_t *sealed = action_memory(n, b->count * sizeof(*sealed));
    struct action *a;
    size_t count = 0, sealed_n = 0;
    uint64_t first = b->first, next = b->first + b->count;

    for (uint32_t i = 0; i < b->count; i++) {
        headers[i] = b->records[i].header;
        bodies[i] = b->records[i].body_state == STORE_BODY_HELD ? b->records[i].body : span_of(NULL, 0);
    }
    if (node_is_named(t) && node_sealed_open(n, t, headers, bodies, b->count) != 0)
        return; /* the same piece again, at the next tick */
    for (uint32_t i = 0; i < b->count && b->first + i < end; i++) {
        struct road_result *r;
        if (b->records[i].quarantine != WHY_NONE || bodies[i].p == NULL)
            continue;
        r = action_memory(n, sizeof(*r));
        road_check(n, t, headers[i], bodies[i], STORE_BODY_HELD, node_is_named(t) ? &n->plain[i] : NULL, NULL,
                   r);
        if (r->visible && r->record.quarantine == WHY_NONE)
            road_subject(n, &subjects[count++], t, r, b->first + i);
        else if (r->record.quarantine == WHY_NONE && r->kind < PARALLAX__V1__KIND__DESCRIPTOR)
            sealed[sealed_n++] = first + i;
    }
    /* These read from the store: nothing of the batch may be looked at after. */
    for (size_t i = 0; i < sealed_n; i++)
        count += refill_revealed(n, t, sealed[i], &subjects[count]);
    if (count > 0) {
        a = action_add(n, ACTION_REFILL);
        a->subjects = subjects;
        a->subjects_n = count;
    }
    n->refilled = next;
}

/* The next piece of what ${t}'s origin says: what is disputed left the picture, what is older and believed comes back. False when all of it was looked at. */
static bool
refill_piece(struct node *n, struct track *t)
{
    const struct node_view *v = &n->conf.view;
    struct store_record *records;
    struct store_batch b;

    for (; t->refill_log < n->track_n; t->refill_log++, t->refill_at = 0) {
        struct track *from = n->track[t->refill_log];
        uint64_t end = from->row.disputed && from->row.common < from->ready ? from->row.common : from->ready;
        if (strcmp(from->row.origin, t->row.origin) != 0 || t->refill_at >= end)
            continue;
        records = action_memory(n, LIMIT_BATCH_COUNT * sizeof(*records));
        if (v->batch(v->cookie, from->row.no, t->refill_at, RESCAN_BYTES, records, LIMIT_BATCH_COUNT, &b) !=
            0)
            continue;
        n->refilled = t->refill_at;
        late_refill(n, from, &b, end);
        t->refill_at = n->refilled;
        return true;
    }
    return false;
}

/* ${t} contradicts itself: the picture follows, a few pieces a tick. */
static void
refill(struct node *n, struct track *t)
{
    struct action *a;

    if (!t->refill_begun) {
        a = action_add(n, ACTION_DISPUTE);
        a->row = action_row_copy(n, t);
        a->size = t->row.common;
        t->refill_begun = true;
        t->refill_log = t->refill_at = 0;
        return;
    }
    for (unsigned i = 0; i < REFILL_PIECES; i++) {
        if (!refill_piece(n, t)) {
            t->row.refill = false;
            t->row_dirty = true;
            return;
        }
    }
}

void
late_tick(struct node *n)
{
    const struct node_view *v = &n->conf.view;
    struct store_due due[DUE_MAX];
    int count;

    if (!n->listed || v->due == NULL)
        return;
    count =
        v->due(v->cookie, n->clock_suspect ? INT64_MIN : utc_sort_key(utc_from_ms(n->wall)), due, DUE_MAX);
    for (int i = 0; i < count; i++)
        take_due(n, &due[i]);
    for (size_t i = 0; i < n->track_n; i++) {
        if (n->track[i]->rescanned < n->track[i]->rescan)
            rescan(n, n->track[i]);
        if (n->track[i]->row.refill)
            refill(n, n->track[i]);
    }
    rebuild_tick(n);
}

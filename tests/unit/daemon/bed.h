/*
 * A node for tests of the api server: a real core, a store in memory, a signer with real keys, a real UNIX socket. Time stands still but for
 * what a test adds to it. Logs of other origins are put into the store as a peer would have sent them.
 */
#ifndef TESTS_BED_H
#define TESTS_BED_H

#include <errno.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "../core/federation.h"
#include "base/text.h"
#include "daemon/api.h"
#include "types/alias.h"
#include "types/event.h"
#include "types/registry.h"
#include "wire/unpack.h"

#define BED_SIGNED_MAX 8
#define BED_OTHERS_MAX 4
#define BED_WALL_MS    1790000000000
#define BED_FDS        (LIMIT_API_CLIENT_COUNT + 1)

static inline void
bed_must(bool holds)
{
    if (!holds)
        abort();
}

/* A log of another origin: leaves as made, and how many of them are held. */
struct bed_log {
    struct store_log row;
    bool plain; /* its records stay out of the picture */
    size_t n;
    struct buf header[16], body[16];
};

struct bed {
    struct roster *roster;
    struct buf note;
    struct span notes[1];
    struct store *store;
    struct node *node;
    struct api *api;
    struct api_ctx ctx;
    char dir[64], path[100];
    bool hold_signer, commit_due;
    struct {
        struct event_signed head;
        struct tree tree;
    } own[BED_SIGNED_MAX];
    size_t own_n;
    struct {
        struct event_signed head;
        uint64_t time;
        uint8_t sig[SIG_BYTES];
    } answer[BED_SIGNED_MAX]; /* of the signer, on their way */
    size_t answer_n;
    unsigned publishes; /* that reached the node */
    uint32_t subjects;  /* catalogue numbers used */
    uint32_t published_n;
    struct bed_log other[BED_OTHERS_MAX];
};

static inline int
bed_keep(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    (void)type;
    (void)why;
    pack(msg, cookie);
    return 0;
}

/* The orbit of object ${number} on day ${day} of March 2026, read as a user's file is. */
static inline void
bed_orbit(uint32_t number, unsigned day, struct buf *out)
{
    char text[1024];
    struct convert how = {.strict = false};
    struct why why;

    (void)snprintf(text, sizeof text,
                   "OBJECT_NAME,OBJECT_ID,EPOCH,MEAN_MOTION,ECCENTRICITY,INCLINATION,RA_OF_ASC_NODE,"
                   "ARG_OF_PERICENTER,MEAN_ANOMALY,EPHEMERIS_TYPE,CLASSIFICATION_TYPE,NORAD_CAT_ID,"
                   "ELEMENT_SET_NO,REV_AT_EPOCH,BSTAR,MEAN_MOTION_DOT,MEAN_MOTION_DDOT\r\n"
                   "BED %u,%u-%03uA,2026-03-%02uT07:26:52.157760,13.76498747,.00237643,90.2160,69.4642,"
                   "228.7713,198.2104,0,U,%u,999,5782,.76643197E-3,.76E-5,0\r\n",
                   (unsigned)number, 1957 + (unsigned)number / 1000 % 60, (unsigned)number % 1000, day,
                   (unsigned)number);
    why_clear(&why);
    if (registry_read(span_str(text), "omm-csv", &how, bed_keep, out, &why) != 0)
        abort();
}

static inline void bed_step(struct bed *b, struct event *e);

static inline void
bed_sign(struct bed *b, const struct action *a)
{
    struct event_signed *head;
    struct buf text;
    size_t i = 0;

    while (i < b->own_n && memcmp(b->own[i].head.log, a->log, LOG_ID_BYTES) != 0)
        i++;
    bed_must(i < BED_SIGNED_MAX && b->answer_n < BED_SIGNED_MAX);
    if (i == b->own_n) {
        memcpy(b->own[b->own_n++].head.log, a->log, LOG_ID_BYTES);
        tree_init(&b->own[i].tree);
    }
    head = &b->own[i].head;
    buf_init(&text, 4096);
    if (a->kind == ACTION_SIGN) {
        bed_must(b->own[i].tree.size == a->size);
        for (size_t k = 0; k < a->bytes.n / HASH_BYTES; k++)
            tree_append(&b->own[i].tree, a->bytes.p + k * HASH_BYTES, NULL, NULL);
        head->size = b->own[i].tree.size;
        tree_root(&b->own[i].tree, head->root);
        checkpoint_text(a->origin_line, head->size, head->root, &text);
        federation_sign("fr-cnes", "log", buf_span(&text), head->signature);
        buf_clear(&text);
    }
    b->answer[b->answer_n].head = *head;
    b->answer[b->answer_n].time = a->time;
    checkpoint_cosign_text(a->origin_line, head->size, head->root, a->time, &text);
    federation_sign("fr-cnes", "witness", buf_span(&text), b->answer[b->answer_n++].sig);
    buf_release(&text);
}

static inline void
bed_put_batch(struct bed *b, const struct action_batch *a)
{
    uint64_t delivery;

    bed_must(store_batch_put(b->store, &a->batch, a->nodes, a->nodes_n, &delivery) == 0);
    for (size_t i = 0; i < a->subjects_n; i++) {
        struct store_subject s = a->subjects[i];

        s.delivery = delivery + (s.index - a->batch.first);
        bed_must(store_latest_put(b->store, &s) == 0);
    }
}

static inline void
bed_store(struct bed *b, const struct action *a)
{
    struct store_log row;

    if (!store_in_transaction(b->store))
        bed_must(store_begin(b->store) == 0);
    if (a->kind == ACTION_LOG_PUT) {
        row = *a->row;
        bed_must(store_log_put(b->store, &row) == 0);
    } else if (a->kind == ACTION_BATCH_PUT) {
        bed_put_batch(b, a->batch);
    } else if (a->kind == ACTION_BATCH_SIGN) {
        bed_must(store_batch_sign(b->store, a->row->no, &a->row->head) == 0);
    } else {
        bed_must(store_published_put(b->store, a->bytes, a->part, &a->range, 1) == 0);
    }
}

static inline void
bed_do(struct bed *b, const struct action *a)
{
    struct node_log_status status;
    struct event list = {.kind = EVENT_SIGN_LIST};

    if (a->kind == ACTION_LOG_PUT || a->kind == ACTION_BATCH_PUT || a->kind == ACTION_BATCH_SIGN ||
        a->kind == ACTION_PUBLISHED) {
        bed_store(b, a);
    } else if (a->kind == ACTION_SIGN_LIST) {
        bed_step(b, &list);
    } else if (a->kind == ACTION_SIGN || a->kind == ACTION_HEARTBEAT) {
        bed_sign(b, a);
    } else if (a->kind == ACTION_ANSWER && a->why != NULL) {
        api_published(b->api, a->token, a->why, NULL, NULL);
    } else if (a->kind == ACTION_ANSWER) {
        node_log_status(b->node, (size_t)node_log_find_no(b->node, a->range.log), &status);
        api_published(b->api, a->token, NULL, &a->range, status.row->id);
    }
}

static inline void
bed_step(struct bed *b, struct event *e)
{
    struct actions actions;

    e->mono_ms = b->ctx.mono_ms;
    e->wall_ms = b->ctx.wall_ms;
    actions_init(&actions);
    node_step(b->node, e, &actions);
    for (size_t i = 0; i < actions.n; i++)
        bed_do(b, &actions.v[i]);
    actions_release(&actions);
}

/* What the daemon's loop does after the work of a turn: commit, then let the signer answer. */
static inline void
bed_settle(struct bed *b)
{
    struct event committed = {.kind = EVENT_COMMITTED};

    for (;;) {
        if (store_in_transaction(b->store)) {
            bed_must(store_commit(b->store) == 0);
            if (b->api != NULL)
                api_delivered(b->api);
            bed_step(b, &committed);
        } else if (b->answer_n > 0 && !b->hold_signer) {
            struct event e = {.kind = EVENT_SIGNED, .signed_n = 1};
            struct event_signed head = b->answer[0].head;

            e.signed_heads = &head;
            e.heartbeat_time = b->answer[0].time;
            memcpy(e.heartbeat, b->answer[0].sig, SIG_BYTES);
            memmove(&b->answer[0], &b->answer[1], --b->answer_n * sizeof b->answer[0]);
            bed_step(b, &e);
        } else {
            return;
        }
    }
}

static inline int
bed_publish(void *cookie, uint64_t token, const Parallax__V1__PublishRequest *req, struct why *why)
{
    struct bed *b = cookie;
    struct publish_record records[64];
    struct publish p = {.token = token,
                        .key = span_of(req->key.data, req->key.len),
                        .part = req->part,
                        .audience = req->audience,
                        .class_name = "",
                        .mode = (int)req->mode,
                        .records = records,
                        .records_n = req->n_records};
    struct event e = {.kind = EVENT_PUBLISH, .publish = &p};

    b->publishes++;
    if (req->n_records > 64)
        return why_set(why, WHY_LIMIT, 0, 0, "records", "more than this test takes");
    for (size_t i = 0; i < req->n_records; i++)
        records[i] =
            (struct publish_record){.type = req->records[i]->type,
                                    .body = span_of(req->records[i]->body.data, req->records[i]->body.len),
                                    .kind = (int)req->records[i]->kind};
    bed_step(b, &e);
    return 0;
}

/* Foreign leaf of ${type} ("" = descriptor) about ${body}. */
static inline void
bed_leaf(struct bed_log *l, const char *type, int mode, struct utc epoch, struct span body)
{
    bool descriptor = type[0] == '\0';
    struct record_new r = {.type = type,
                           .type_version = descriptor ? 0 : 1,
                           .mode = (Parallax__V1__Mode)mode,
                           .kind = descriptor ? PARALLAX__V1__KIND__DESCRIPTOR : PARALLAX__V1__KIND__INITIAL,
                           .created = {61100, 1000000000 + (int64_t)l->n},
                           .epoch = epoch,
                           .body = body};

    bed_must(l->n < 16);
    buf_init(&l->header[l->n], LIMIT_HEADER_BYTES);
    buf_init(&l->body[l->n], LIMIT_BODY_BYTES);
    buf_put_span(&l->body[l->n], body);
    bed_must(record_header_make(l->row.id, &r, &l->header[l->n], NULL) == 0);
    l->n++;
}

static inline void
bed_leaf_orbit(struct bed_log *l, uint32_t number, unsigned day, int mode)
{
    struct buf body;

    buf_init(&body, LIMIT_BODY_BYTES);
    bed_orbit(number, day, &body);
    bed_leaf(l, "orbit", mode, (struct utc){61099 + (int32_t)day, 26812157760000}, buf_span(&body));
    buf_release(&body);
}

static inline void
bed_log_new(struct bed *b, struct bed_log *l, const char *origin, const char *class_name, uint8_t tag,
            bool described)
{
    uint8_t body[512];
    Parallax__V1__Descriptor d = PARALLAX__V1__DESCRIPTOR__INIT;

    memset(l->row.id, tag, LOG_ID_BYTES);
    (void)snprintf(l->row.origin, sizeof l->row.origin, "%s", origin);
    if (described) {
        (void)snprintf(l->row.audience, sizeof l->row.audience, "open");
        (void)snprintf(l->row.class_name, sizeof l->row.class_name, "%s", class_name);
    }
    d.federation = b->roster->federation;
    d.node = l->row.origin;
    d.audience = l->row.audience;
    d.class_name = l->row.class_name;
    bed_must(parallax__v1__descriptor__get_packed_size(&d) <= sizeof body);
    bed_leaf(l, "", PARALLAX__V1__MODE__REAL, (struct utc){0, 0},
             span_of(body, parallax__v1__descriptor__pack(&d, body)));
}

static inline void
bed_head(struct bed *b, const struct bed_log *l, uint64_t size, struct checkpoint *out)
{
    uint8_t leaf[HASH_BYTES], root[HASH_BYTES];
    struct tree tree;

    tree_init(&tree);
    for (uint64_t i = 0; i < size; i++) {
        hash_leaf(buf_span(&l->header[i]), leaf);
        tree_append(&tree, leaf, NULL, NULL);
    }
    tree_root(&tree, root);
    federation_head(b->roster, l->row.origin, l->row.id, size, root, out);
}

/* What a body says of events, as the core would say it: how many. */
static inline size_t
bed_events(const struct type *type, const ProtobufCMessage *msg, int64_t created, struct type_event *said,
           struct store_event *out)
{
    size_t n = type->events != NULL ? type->events(msg, said) : 0;

    for (size_t i = 0; i < n; i++)
        out[i] = (struct store_event){
            .kind = said[i].kind,
            .scope = said[i].scope,
            .voice = said[i].voice,
            .at = event_window(said[i].kind, said[i].scope) > 0 ? utc_sort_key(said[i].at) : 0,
            .issued = utc_is_zero(said[i].issued) ? created : utc_sort_key(said[i].issued),
            .closes = utc_is_zero(said[i].closes) ? INT64_MAX : utc_sort_key(said[i].closes),
            .ended = said[i].ended,
            .remark = said[i].remark};
    return n;
}

/* Leaf ${i} joins the picture, as the core would say. */
static inline void
bed_latest(struct bed *b, const struct bed_log *l, uint64_t i, uint64_t delivery)
{
    struct arena a;
    struct why why;
    struct subject subject;
    Parallax__V1__Header *h;
    struct type_event said[EVENTS_MAX];
    struct store_event events[EVENTS_MAX];
    uint8_t groups[ALIAS_TEXT_BYTES];
    struct buf identity;
    struct store_subject s = {.origin = l->row.origin, .log = l->row.no, .index = i, .delivery = delivery};
    const struct type *type;

    why_clear(&why);
    arena_init(&a, LIMIT_ARENA_BODY_BYTES);
    h = record_header_read(buf_span(&l->header[i]), l->row.id, &a, &why);
    type = h != NULL ? registry_type_cstr(h->type) : NULL;
    if (type != NULL) {
        ProtobufCMessage *msg = registry_unpack(type, buf_span(&l->body[i]), &a, &why);

        bed_must(msg != NULL && type->subject(msg, &subject) == 0);
        s.type = type->name;
        s.key = subject.key;
        s.object[0] = subject.object[0];
        s.object[1] = subject.object[1];
        s.mode = (uint8_t)h->mode;
        s.kind = (uint8_t)h->kind;
        s.epoch = utc_sort_key(record_utc(h->epoch));
        s.created = utc_sort_key(record_utc(h->created));
        buf_init_fixed(&identity, groups, sizeof groups);
        alias_of(type, msg, &subject, &identity);
        s.identity = buf_span(&identity);
        s.events_n = bed_events(type, msg, s.created, said, events);
        s.events = events;
        bed_must(store_latest_put(b->store, &s) == 0);
    }
    arena_release(&a);
}

/* Store leaves [first, first + count) under the head of ${anchor} leaves; ${bad} (or -1) is quarantined. */
static inline void
bed_batch(struct bed *b, struct bed_log *l, uint64_t first, uint32_t count, uint64_t anchor, int64_t bad)
{
    struct store_record records[16];
    struct store_batch batch = {.log = l->row.no,
                                .first = first,
                                .count = count,
                                .records = records,
                                .received_ms = BED_WALL_MS - 5000};
    uint64_t delivery;

    for (uint32_t i = 0; i < count; i++)
        records[i] =
            (struct store_record){.header = buf_span(&l->header[first + i]),
                                  .body = buf_span(&l->body[first + i]),
                                  .quarantine = (int64_t)(first + i) == bad ? WHY_BODY_SHAPE : WHY_NONE};
    bed_head(b, l, anchor, &batch.anchor);
    bed_must(store_batch_put(b->store, &batch, NULL, 0, &delivery) == 0);
    for (uint32_t i = 0; i < count; i++) {
        if (records[i].quarantine == WHY_NONE && !l->plain)
            bed_latest(b, l, first + i, delivery + i);
        else if (records[i].quarantine != WHY_NONE)
            bed_must(store_quarantine_note(b->store, l->row.no, first + i, WHY_BODY_SHAPE, "cut") == 0);
    }
}

static inline int
bed_view_batch(void *cookie, uint32_t log, uint64_t first, size_t bytes_max, struct store_record *records,
               size_t max, struct store_batch *out)
{
    return store_batch_get(cookie, log, first, bytes_max, records, max, out);
}

static inline bool
bed_view_range(void *cookie, uint32_t log, uint64_t lo, uint64_t hi, uint8_t out[HASH_BYTES])
{
    return store_range(cookie, log, lo, hi, out);
}

static inline int
bed_view_leaves(void *cookie, uint32_t log, uint64_t from,
                void (*fn)(void *cookie, const uint8_t leaf[HASH_BYTES]), void *fn_cookie)
{
    return store_leaves(cookie, log, from, fn, fn_cookie);
}

static inline int
bed_view_published(void *cookie, struct span key, uint32_t part, struct store_range_row *ranges, size_t max)
{
    return store_published_get(cookie, key, part, ranges, max);
}

struct bed_rows {
    struct store_log row[16];
    size_t n;
};

static inline int
bed_row(void *cookie, const struct store_log *log)
{
    struct bed_rows *rows = cookie;

    rows->row[rows->n++] = *log;
    return 0;
}

static inline int
bed_listen(struct bed *b)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)snprintf(b->dir, sizeof b->dir, "/tmp/parallax-api-XXXXXX");
    bed_must(mkdtemp(b->dir) != NULL);
    (void)snprintf(b->path, sizeof b->path, "%s/api.sock", b->dir);
    (void)snprintf(at.sun_path, sizeof at.sun_path, "%s", b->path);
    bed_must(bind(fd, (struct sockaddr *)&at, sizeof at) == 0 && listen(fd, 128) == 0);
    return fd;
}

/* The roster and an empty store. Foreign logs are put before bed_start(). */
static inline struct bed *
bed_new(void)
{
    struct bed *b = calloc(1, sizeof *b);
    struct roster *draft;

    secret_start();
    draft = federation_roster(3, 1);
    b->roster = roster_new();
    buf_init(&b->note, LIMIT_ROSTER_BYTES);
    bed_must(federation_note(draft, 0, 1, &b->note) == 0 &&
             roster_parse(buf_span(&b->note), b->roster, NULL) == 0);
    roster_free(draft);
    b->notes[0] = buf_span(&b->note);
    b->store = store_open(":memory:", false);
    bed_must(b->store != NULL);
    return b;
}

static inline void
bed_start(struct bed *b)
{
    struct bed_rows rows = {.n = 0};
    struct event tick = {.kind = EVENT_TICK};
    struct node_conf conf = {
        .name = "fr-cnes",
        .roster = b->roster,
        .guard_wait_ms = 90000,
        .heartbeat_ms = 30000,
        .cosign_ms = 10000,
        .software = "bed",
        .view = {b->store, bed_view_batch, bed_view_range, bed_view_leaves, bed_view_published, NULL, NULL}};

    bed_must(store_logs(b->store, bed_row, &rows) == 0);
    b->node = node_new(&conf, rows.row, rows.n);
    bed_must(b->node != NULL);
    static const struct conf supplied = {.objects_merges = "own"};

    b->ctx = (struct api_ctx){.conf = &supplied,
                              .node = b->node,
                              .store = b->store,
                              .roster = b->roster,
                              .roster_notes = b->notes,
                              .roster_notes_n = 1,
                              .name = "fr-cnes",
                              .started_ms = BED_WALL_MS,
                              .wall_ms = BED_WALL_MS,
                              .mono_ms = 1000,
                              .cookie = b,
                              .publish = bed_publish};
    bed_step(b, &tick);
    bed_settle(b);
    b->api = api_new(bed_listen(b), &b->ctx);
}

static inline void
bed_free(struct bed *b)
{
    api_free(b->api);
    node_free(b->node);
    store_close(b->store);
    roster_free(b->roster);
    buf_release(&b->note);
    for (size_t k = 0; k < BED_OTHERS_MAX; k++) {
        for (size_t i = 0; i < b->other[k].n; i++) {
            buf_release(&b->other[k].header[i]);
            buf_release(&b->other[k].body[i]);
        }
    }
    (void)unlink(b->path);
    (void)rmdir(b->dir);
    free(b);
}

/* One turn of the loop, without waiting. */
static inline void
bed_turn(struct bed *b)
{
    struct pollfd fds[BED_FDS];
    size_t n = api_pollfds(b->api, fds, BED_FDS);

    bed_must(poll(fds, n, 0) >= 0);
    api_poll(b->api, fds, n);
    bed_settle(b);
}

#include "bed_client.h"

#endif

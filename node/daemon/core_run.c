/*
 * The core role: one thread, one poll loop, the only writer of the store. Frames from the gate, requests of
 * the api, answers of the signer and time become events of the pure core; what it asks for is carried out;
 * the transaction is committed once a turn, or, while bulk of peers keeps coming, once for many frames.
 */
#include "daemon/core_internal.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/record.h"
#include <errno.h>
#include <malloc.h>
#include <poll.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define TICK_MS        250
#define DISK_MS        2000
#define KEEP_MS        5000               /* between two looks at what is past its age */
#define CHAIN_MS       500                /* how often the roster's directory is looked at */
#define GATE_ALERT_MAX (16 * 1024 * 1024) /* alert frames on their way to the gate, bytes */
#define GATE_BULK_MAX  (32 * 1024 * 1024)
#define GATE_BULK_HOLD (4 * 1024 * 1024) /* above it, no more bulk is read from the log */
#define POLL_FIXED     2
#define HEAP_KEEP                                                                                            \
    (32 * 1024 * 1024) /* given back beyond it: what a frame takes is taken again for the next */
#define HEAP_PIECE (4 * 1024 * 1024) /* pieces up to this size come from the heap */
#define GATHER_MS  50 /* a transaction of bulk waits for more of it: what fdatasync costs is shared */

static int64_t
clock_ms(clockid_t id)
{
    struct timespec t;

    clock_gettime(id, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
core_run_mono_ms(void)
{
    return clock_ms(CLOCK_BOOTTIME);
}

int64_t
core_run_wall_ms(void)
{
    return clock_ms(CLOCK_REALTIME);
}

void
core_run_step(struct core *c, struct event *e)
{
    struct actions a;

    /* Carrying out an action may lead to another step (an answer of the signer that is there already): each
     * has its own list. */
    if (c->failed)
        return;
    actions_init(&a);
    e->mono_ms = core_run_mono_ms();
    e->wall_ms = core_run_wall_ms();
    e->hold_bulk = c->gate_up && c->gate.out[1].bytes > GATE_BULK_HOLD;
    c->held = e->hold_bulk;
    node_step(c->node, e, &a);
    core_do(c, &a);
    actions_release(&a);
}

struct rows {
    struct store_log *v;
    size_t n;
};

static int
add_row(void *cookie, const struct store_log *log)
{
    struct rows *r = cookie;

    r->v = mem_resize(r->v, (r->n + 1) * sizeof(*r->v));
    r->v[r->n++] = *log;
    return 0;
}

static int
make_node(struct core *c)
{
    struct node_conf conf = {.name = c->args->conf->name,
                             .roster = c->chain.roster,
                             .guard_wait_ms = c->args->conf->guard_wait_s * 1000,
                             .heartbeat_ms = c->args->conf->heartbeat_s * 1000,
                             .cosign_ms = c->args->conf->cosign_s * 1000,
                             .quota = c->args->conf->origin_quota,
                             .quota_alert = c->args->conf->origin_quota_alert,
                             .software = "parallax " PARALLAX_VERSION,
                             .view = core_view(c),
                             .seal = {c->seal, seallink_items, seallink_wrap, seallink_keys}};
    struct rows rows = {NULL, 0};
    struct buf boot;
    int copied, rebuild;

    buf_init(&boot, 256);
    randombytes_buf(conf.seed, sizeof(conf.seed));
    copied = store_meta_get(c->store, STORE_COPY_MARK, &boot);
    conf.copied = copied == 0;
    if (conf.copied)
        log_event(EV_store_is_copy, "made_s=%.*s", (int)boot.n, (const char *)boot.p);
    buf_clear(&boot);
    rebuild = store_meta_get(c->store, STORE_REBUILD_MARK, &boot);
    conf.rebuild = rebuild == 0;
    buf_clear(&boot);
    if (copied < 0 || rebuild < 0 || store_meta_get(c->store, "boot", &boot) < 0 ||
        store_logs(c->store, add_row, &rows) != 0) {
        free(rows.v);
        buf_release(&boot);
        return -1;
    }
    conf.fresh_boot = !span_equal(buf_span(&boot), span_str(c->args->boot));
    c->node = node_new(&conf, rows.v, rows.n);
    sodium_memzero(&conf, sizeof(conf));
    free(rows.v);
    buf_release(&boot);
    return c->node == NULL ? -1 : 0;
}

/* The leaf hash of the record that another is a version for all of: salted, so that it tells nothing by itself. */
static int
full_version(struct core *c, const Parallax__V1__RecordId *id, uint8_t leaf[HASH_BYTES], struct why *why)
{
    struct node_log_status s;
    struct store_record record;
    uint64_t delivery;
    int64_t received;
    int i = id->log.len == LOG_ID_BYTES ? node_log_find(c->node, id->log.data) : -1;

    if (i >= 0)
        node_log_status(c->node, (size_t)i, &s);
    if (i < 0 || !s.row->own ||
        store_record_get(c->store, s.row->no, id->index, &record, &delivery, &received) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "full_version", "no such record of this node");
    hash_leaf(record.header, leaf);
    return 0;
}

static int
take_audience(void *cookie, uint64_t token, const Parallax__V1__AudienceRequest *req, struct why *why)
{
    struct core *c = cookie;
    struct audience_change change = {.token = token,
                                     .name = req->name,
                                     .readers = req->readers,
                                     .readers_n = req->n_readers,
                                     .carriers = req->carriers,
                                     .carriers_n = req->n_carriers,
                                     .granted = req->granted,
                                     .granted_n = req->n_granted,
                                     .create = req->create};
    struct event e = {.kind = EVENT_AUDIENCE, .audience = &change};

    (void)why;
    core_run_step(c, &e);
    return 0;
}

static void
take_rebuild(void *cookie)
{
    struct event e = {.kind = EVENT_REBUILD};

    core_run_step(cookie, &e);
}

static int
take_publish(void *cookie, uint64_t token, const Parallax__V1__PublishRequest *req, struct why *why)
{
    struct core *c = cookie;
    struct publish p = {.token = token,
                        .key = span_of(req->key.data, req->key.len),
                        .part = req->part,
                        .audience = req->audience,
                        .class_name = req->n_records > 0 ? req->records[0]->class_name : "",
                        .mode = (int)req->mode,
                        .records_n = req->n_records};
    struct event e = {.kind = EVENT_PUBLISH, .publish = &p};
    struct publish_record *records = mem_new((req->n_records + 1) * sizeof(*records));
    static uint8_t leaf[LIMIT_BATCH_COUNT][HASH_BYTES];

    if (req->n_records > LIMIT_BATCH_COUNT) {
        free(records);
        return why_set(why, WHY_LIMIT, 0, 0, "records", "%zu records: expected at most %d", req->n_records,
                       LIMIT_BATCH_COUNT);
    }

    for (size_t i = 0; i < req->n_records; i++) {
        const Parallax__V1__PublishRecord *r = req->records[i];
        if (strcmp(r->class_name, p.class_name) != 0) {
            free(records);
            return why_set(why, WHY_FIELD_VALUE, 0, 0, "class_name", "one request publishes to one class");
        }
        records[i].type = r->type;
        records[i].body = span_of(r->body.data, r->body.len);
        records[i].kind = (int)r->kind;
        records[i].references = (const Parallax__V1__RecordId *const *)r->references;
        records[i].references_n = r->n_references;
        records[i].rights = r->rights;
        if (r->expires != NULL)
            records[i].expires = record_utc(r->expires);
        if (r->embargo_until != NULL)
            records[i].embargo_until = record_utc(r->embargo_until);
        if (r->full_version != NULL && full_version(c, r->full_version, leaf[i], why) != 0) {
            free(records);
            return -1;
        }
        records[i].full_version = r->full_version == NULL ? NULL : leaf[i];
    }
    p.records = records;
    core_run_step(c, &e);
    free(records);
    return 0;
}

static void
note_link(struct core *c, uint32_t id, bool up)
{
    for (size_t i = 0; i < c->links_n; i++) {
        if (c->links[i] == id)
            c->links[i] = c->links[--c->links_n];
    }
    if (!up)
        return;
    c->links = mem_resize(c->links, (c->links_n + 1) * sizeof(*c->links));
    c->links[c->links_n++] = id;
}

/* What the gate refused by itself is counted with the rest. */
static void
refused_by_gate(struct core *c, struct span payload)
{
    struct gatelink_refused refused;
    struct event e = {.kind = EVENT_REFUSED};
    struct why why;

    if (gatelink_read_refused(payload, &refused) != 0 || refused.why == WHY_NONE)
        return;
    why_clear(&why);
    why_set(&why, refused.why, 0, 0, NULL, "at the gate");
    e.why = &why;
    e.peer = refused.peer;
    e.size = refused.count;
    core_run_step(c, &e);
}

static void
from_gate(void *cookie, enum gatelink_kind kind, uint32_t link, struct span payload)
{
    struct core *c = cookie;
    struct event e = {.link = link, .bytes = payload};
    struct gatelink_up up;

    if (kind == GATELINK_UP && gatelink_read_up(payload, &up) == 0) {
        e.kind = EVENT_LINK_UP;
        e.peer = up.peer;
        e.dialled = up.dialled;
        e.lane = (Parallax__V1__Lane)up.lane;
    } else if (kind == GATELINK_FRAME) {
        e.kind = EVENT_FRAME;
        api_busy(c->api);
    } else if (kind == GATELINK_DOWN) {
        e.kind = EVENT_LINK_DOWN;
    } else {
        if (kind == GATELINK_REFUSED)
            refused_by_gate(c, payload);
        return;
    }
    if (kind != GATELINK_FRAME)
        note_link(c, link, kind == GATELINK_UP);
    core_run_step(c, &e);
}

/* The supervisor listens for the gate: this does not wait for one that starts. */
static void
connect_gate(struct core *c)
{
    struct sockaddr_un a = {.sun_family = AF_UNIX, .sun_path = ROLE_GATE_SOCKET};
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

    if (fd < 0)
        return;
    if (connect(fd, (struct sockaddr *)&a, sizeof(a)) != 0) {
        close(fd);
        return;
    }
    gatelink_init(&c->gate, fd, GATE_ALERT_MAX, GATE_BULK_MAX);
    c->gate_up = true;
    core_do_send_peers(c);
    /* The gate dials whom it is told to; the core repeats that for every gate. */
    for (unsigned i = 0; i < c->chain.roster->members_n && c->args->conf->dial; i++) {
        const struct roster_member *m = &c->chain.roster->member[i];
        for (int lane = GATELINK_ALERT; lane <= GATELINK_BULK; lane++) {
            struct gatelink_dial d = {.lane = (enum gatelink_lane)lane};
            struct buf b;
            if (m->removed || m->endpoint[0] == '\0' || strcmp(m->name, c->args->conf->name) == 0)
                continue;
            snprintf(d.peer, sizeof(d.peer), "%s", m->name);
            buf_init(&b, 256);
            gatelink_write_dial(&d, &b);
            gatelink_put(&c->gate, GATELINK_ALERT, GATELINK_DIAL, 0, buf_span(&b));
            buf_release(&b);
        }
    }
}

/* May the transaction stay open for the next turn? Only with bulk of peers in it, and only while there is more to read. */
static bool
gathers(const struct core *c)
{
    struct pollfd more = {c->gate.fd, POLLIN, 0};

    return store_in_transaction(c->store) && c->gathered > 0 && !c->urgent && c->gate_up && !c->failed &&
           c->gathered < LIMIT_TXN_COUNT && core_run_mono_ms() - c->begun_ms < GATHER_MS &&
           poll(&more, 1, 0) == 1 && (more.revents & POLLIN) != 0;
}

/* What was stored becomes durable, and only then is said. */
static void
commit(struct core *c)
{
    if (gathers(c))
        return;
    while (!c->failed && store_in_transaction(c->store)) {
        struct event e = {.kind = EVENT_COMMITTED};
        if (store_commit(c->store) != 0) {
            c->failed = true;
            return;
        }
        if (c->delivered)
            api_delivered(c->api);
        c->delivered = false;
        core_run_step(c, &e);
        if (!c->own_waiting)
            break; /* what the event stored may wait for the next turn */
        c->own_waiting = false;
    }
}

/* A version that was put into the directory (parallax roster update) is taken like one that came from a peer. */
static void
look_at_chain(struct core *c)
{
    char file[512];
    struct chain found;
    struct why why;

    snprintf(file, sizeof(file), "%s/%06zu.note", c->args->conf->roster, c->chain.n + 1);
    if (access(file, F_OK) != 0)
        return;
    why_clear(&why);
    if (chain_load(&found, c->args->conf->roster, file, sizeof(file), &why) == 0) {
        if (found.n > c->chain.n && roster_is_current(found.roster, c->args->conf->name))
            c->again_ms = core_run_mono_ms();
        else if (found.n > c->chain.n)
            why_set(&why, WHY_ROSTER_VALUE, 0, 0, "members", "%s is not a current member",
                    c->args->conf->name);
        chain_release(&found);
    }
    if (why.code != WHY_NONE && strcmp(why.note, c->chain_said.note) != 0) {
        log_event(EV_roster_refused, "why=%s note=\"%s: %s\"", why_name(why.code), file, why.note);
        c->chain_said = why;
    }
}

static void
timers(struct core *c)
{
    int64_t now = core_run_mono_ms();
    struct event e = {.kind = EVENT_TICK};

    if (now - c->tick_ms >= TICK_MS || c->tick_ms == 0) {
        c->tick_ms = now;
        core_run_step(c, &e);
        core_fill(c);
    }
    if (now - c->chain_ms >= CHAIN_MS && c->again_ms == 0) {
        c->chain_ms = now;
        look_at_chain(c);
    }
    if (now - c->keep_ms >= KEEP_MS) {
        c->keep_ms = now;
        core_keep(c);
    }
    if (now - c->disk_ms >= DISK_MS) {
        bool low = store_free_bytes(c->store) < c->args->conf->disk_reserve;
        c->disk_ms = now;
        if (low != c->disk_low) {
            struct event d = {.kind = EVENT_DISK, .disk_low = low};
            c->disk_low = low;
            if (low)
                log_event(EV_disk_low, "free_bytes=%llu", (unsigned long long)store_free_bytes(c->store));
            core_run_step(c, &d);
        }
    }
}

static int
wait_ms(struct core *c)
{
    int api = api_timeout_ms(c->api);

    if (node_has_work(c->node))
        return 0;
    return api >= 0 && api < TICK_MS ? api : TICK_MS;
}

static void
gate_turn(struct core *c, short revents)
{
    if (c->gate_up && (revents & (POLLIN | POLLHUP | POLLERR)) != 0 &&
        gatelink_read(&c->gate, from_gate, c) < 0)
        core_do_drop_gate(c);
}

static void
flush_gate(struct core *c)
{
    if (c->gate_up && gatelink_flush(&c->gate) != 0)
        core_do_drop_gate(c);
}

static void
turn(struct core *c)
{
    struct pollfd fds[POLL_FIXED + LIMIT_API_CLIENT_COUNT + 1];
    size_t n = POLL_FIXED;

    if (!c->gate_up)
        connect_gate(c);
    fds[0] =
        (struct pollfd){c->gate_up ? c->gate.fd : -1,
                        (short)(POLLIN | (c->gate_up && gatelink_wants_write(&c->gate) ? POLLOUT : 0)), 0};
    fds[1] = (struct pollfd){signlink_fd(c->sign), signlink_events(c->sign), 0};
    n += api_pollfds(c->api, fds + POLL_FIXED, LIMIT_API_CLIENT_COUNT + 1);
    if (poll(fds, n, wait_ms(c)) < 0 && errno != EINTR) {
        c->failed = true;
        return;
    }
    c->api_ctx.mono_ms = core_run_mono_ms();
    c->api_ctx.wall_ms = core_run_wall_ms();
    c->api_ctx.disk_low = c->disk_low;
    gate_turn(c, fds[0].revents);
    signlink_poll(c->sign, fds[1].revents);
    api_poll(c->api, fds + POLL_FIXED, n - POLL_FIXED);
    timers(c);
    if (node_has_work(c->node) || c->held) {
        struct event e = {.kind = EVENT_PUMP};
        core_run_step(c, &e);
    }
    /* What promises nothing need not wait for the disk: frames of ours that are signed are on it, others can be had
     * again. Acknowledgements and credit are only made by the commit. */
    flush_gate(c);
    commit(c);
    flush_gate(c);
    if (core_run_mono_ms() - c->settle_ms >= TICK_MS) {
        c->settle_ms = core_run_mono_ms();
        core_fill_settle(c);
    }
}

/* Another release than the one that stored last may understand what that put into quarantine. */
static int
look_at_release(struct core *c)
{
    const char *now = PARALLAX_VERSION;
    struct buf was;
    int rc = 0;

    buf_init(&was, 256);
    if (store_meta_get(c->store, "release", &was) < 0)
        rc = -1;
    else if (!span_equal(buf_span(&was), span_str(now)) &&
             (store_again_quarantined(c->store) != 0 ||
              store_meta_set(c->store, "release", span_str(now)) != 0))
        rc = -1;
    buf_release(&was);
    return rc;
}

static int
start(struct core *c, const struct role_args *args)
{
    char file[512];
    struct why why;
    struct buf text;

    why_clear(&why);
    if (chain_load(&c->chain, args->conf->roster, file, sizeof(file), &why) != 0 ||
        (!roster_is_current(c->chain.roster, args->conf->name) &&
         why_set(&why, WHY_ROSTER_VALUE, 0, 0, "members", "%s is not a current member", args->conf->name) !=
             0)) {
        buf_init(&text, 1024);
        why_print(&why, file, &text);
        log_event(EV_role_failed, "what=roster note=\"%s\"", buf_cstr(&text));
        buf_release(&text);
        return -1;
    }
    buf_init(&c->evidence, LIMIT_FRAME_BYTES);
    c->store = store_open(args->conf->store_path, false);
    if (c->store == NULL)
        return -1;
    c->sign = signlink_new(ROLE_SIGN_SOCKET, core_do_sign_answer, c);
    c->seal = seallink_new(ROLE_SEAL_SOCKET);
    c->notes = mem_new(c->chain.n * sizeof(*c->notes));
    for (size_t i = 0; i < c->chain.n; i++)
        c->notes[i] = buf_span(&c->chain.note[i]);
    if (make_node(c) != 0)
        return -1;
    c->api_ctx = (struct api_ctx){.node = c->node,
                                  .store = c->store,
                                  .roster = c->chain.roster,
                                  .roster_notes = c->notes,
                                  .roster_notes_n = c->chain.n,
                                  .name = args->conf->name,
                                  .started_ms = core_run_wall_ms(),
                                  .watch_off = !args->conf->watch,
                                  .conf = args->conf,
                                  .cookie = c,
                                  .publish = take_publish,
                                  .rebuild = take_rebuild,
                                  .change_audience = take_audience};
    if (look_at_release(c) != 0)
        return -1;
    c->fill = core_fill_is_due(c);
    c->api = api_new(args->listen_api, &c->api_ctx);
    return c->api == NULL ? -1 : 0;
}

int
core_run(const struct role_args *args)
{
    struct core *c = mem_new(sizeof(*c));
    bool ready = false;

    (void)mallopt(M_TRIM_THRESHOLD, HEAP_KEEP);
    (void)mallopt(M_MMAP_THRESHOLD, HEAP_PIECE);
    c->args = args;
    if (start(c, args) != 0)
        return 1;
    while (!c->failed && (c->again_ms == 0 || core_run_mono_ms() < c->again_ms)) {
        turn(c);
        if (!ready) {
            role_ready(args);
            ready = true;
        }
    }
    /* Ours and operating: the transaction is gone, nothing of it was said; the next core starts from the
     * disk. */
    store_rollback(c->store);
    store_close(c->store);
    if (c->failed)
        return 1;
    log_event(EV_roster_changed, "version=%zu", c->chain.n);
    return ROLE_AGAIN;
}

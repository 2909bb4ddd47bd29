/* The clock, the nodes, their crashes; what the cores ask for is carried out here. */
#include "blank.h"
#include "memo.h"
#include "world_internal.h"
#include "base/log.h"
#include "base/mem.h"
#include <assert.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

uint64_t
world_random(struct world *w)
{
    uint64_t z = (w->rng += 0x9e3779b97f4a7c15ULL);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

uint64_t
world_below(struct world *w, uint64_t n)
{
    return n == 0 ? 0 : world_random(w) % n;
}

bool
world_chance(struct world *w, unsigned per_10000)
{
    return per_10000 > 0 && world_below(w, 10000) < per_10000;
}

static unsigned
index_of(const struct world *w, const char *name)
{
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (strcmp(w->roster->member[i].name, name) == 0)
            return i;
    }
    assert(0);
    return 0;
}

/* What a node stores of its own says who may hold its logs. */
static void
note_batch(struct world *w, unsigned i, const struct action_batch *b)
{
    struct node_log_status s;
    int at = node_log_find_no(w->sim[i].node, b->batch.log);

    if (at < 0)
        return;
    node_log_status(w->sim[i].node, (size_t)at, &s);
    if (s.row->own && w->conf.audiences)
        secrets_stored(w, i, s.row->id, &b->batch);
    for (size_t k = 0; s.row->own && k < b->reveals_n; k++)
        clocks_opens(w, i, &b->reveals[k]);
}

static bool
is_store_action(enum action_kind kind)
{
    return kind == ACTION_LOG_PUT || kind == ACTION_BATCH_PUT || kind == ACTION_BATCH_SIGN ||
           kind == ACTION_TRUNCATE || kind == ACTION_PUBLISHED || kind == ACTION_LATE ||
           kind == ACTION_EVIDENCE || kind == ACTION_DISPUTE || kind == ACTION_REFILL ||
           kind == ACTION_ASIDE || kind == ACTION_GUARD_PASSED;
}

static void
do_store(struct world *w, unsigned i, const struct action *a)
{
    struct sim *s = &w->sim[i];
    struct store_log row;
    uint64_t aside;

    if (s->broken || (!store_in_transaction(s->store) && !keep_holds_up(s, store_begin(s->store))))
        return;
    switch (a->kind) {
    case ACTION_LOG_PUT:
        row = *a->row;
        keep_holds_up(s, store_log_put(s->store, &row));
        break;
    case ACTION_BATCH_PUT:
        keep_batch(s, a->batch);
        note_batch(w, i, a->batch);
        break;
    case ACTION_LATE:
        keep_holds_up(s, store_late_put(s->store, a->late));
        break;
    case ACTION_GUARD_PASSED:
        keep_holds_up(s, store_meta_delete(s->store, STORE_COPY_MARK));
        s->passed = true;
        break;
    case ACTION_EVIDENCE:
        keep_holds_up(s, store_evidence_set(s->store, a->log, a->bytes));
        break;
    case ACTION_DISPUTE:
        keep_holds_up(s, store_dispute_drop(s->store, a->row->no, a->row->origin, a->size));
        break;
    case ACTION_ASIDE:
        keep_holds_up(s,
                      store_aside_put(s->store, a->row->no, a->row->origin, a->size, &a->row->head, &aside));
        break;
    case ACTION_REFILL:
        for (size_t k = 0; k < a->subjects_n && !s->broken; k++)
            keep_holds_up(s, store_dispute_refill(s->store, &a->subjects[k]));
        break;
    case ACTION_BATCH_SIGN:
        keep_holds_up(s, store_batch_sign(s->store, a->row->no, &a->row->head));
        break;
    case ACTION_TRUNCATE:
        keep_holds_up(s, store_log_truncate(s->store, a->row->no, a->size));
        break;
    default:
        keep_holds_up(s, store_published_put(s->store, a->bytes, a->part, &a->range, 1));
        break;
    }
}

static void
do_action(struct world *w, unsigned i, const struct action *a)
{
    struct sim *s = &w->sim[i];

    if (is_store_action(a->kind)) {
        do_store(w, i, a);
        return;
    }
    if (s->broken)
        return; /* the process is gone: nothing it would say leaves it */
    switch (a->kind) {
    case ACTION_SEND:
        net_send(w, i, a->link, a->bytes);
        break;
    case ACTION_DROP_LINK:
        net_close_link(w, i, a->link);
        break;
    case ACTION_DIAL:
        s->want[index_of(w, a->peer)][a->lane] = true;
        net_dial(w, i, index_of(w, a->peer), a->lane, 0);
        break;
    case ACTION_UNDIAL:
        net_undial(w, i, index_of(w, a->peer), a->lane);
        break;
    case ACTION_SIGN_LIST:
    case ACTION_SIGN:
    case ACTION_HEARTBEAT:
    case ACTION_WITNESS:
        answers_ask(w, i, a);
        break;
    case ACTION_ROSTER:
        members_adopted(w, i, a);
        break;
    case ACTION_ANSWER:
        world_acknowledged(w, i, a);
        break;
    case ACTION_EVENT:
        w->figures.new_logs += a->event == EV_guard_new_log;
        if (w->conf.trace)
            printf("%8lld %s %s %s\n", (long long)w->now, w->roster->member[i].name,
                   log_event_info((enum log_event)a->event)->name, a->text);
        break;
    default:
        break;
    }
}

void
world_event(struct world *w, unsigned i, struct event *e)
{
    struct sim *s = &w->sim[i];
    struct actions actions;
    unsigned turns = 0;

    if (s->node == NULL)
        return;
    do {
        actions_init(&actions);
        e->mono_ms = w->now + 1000;
        e->wall_ms = clocks_wall(w, i);
        node_step(s->node, e, &actions);
        w->figures.steps++;
        for (size_t k = 0; k < actions.n; k++)
            do_action(w, i, &actions.v[k]);
        actions_release(&actions);
        e->kind = EVENT_PUMP;
    } while (!s->broken && node_has_work(s->node) && turns++ < 64);
    if (s->broken || disk_is_dead(s->disk)) {
        faults_crash(w, i, true);
        return;
    }
    if (store_in_transaction(s->store) && !s->commit_due) {
        struct thing t = {.kind = THING_COMMIT, .node = i, .life = s->life};
        s->commit_due = true;
        t.at_ms = w->now + (int64_t)world_below(w, 15);
        queue_put(&w->queue, t);
    }
}

static void
open_store(struct world *w, unsigned i)
{
    char path[32];

    snprintf(path, sizeof(path), "/disk%u/store.db", i);
    w->sim[i].store = store_open(path, false);
    assert(w->sim[i].store != NULL);
}

static bool
is_copy(struct store *s)
{
    struct buf mark;
    bool is;

    buf_init(&mark, 64);
    is = store_meta_get(s, STORE_COPY_MARK, &mark) == 0;
    buf_release(&mark);
    return is;
}

static void
start(struct world *w, unsigned i)
{
    struct sim *s = &w->sim[i];
    struct node_conf conf = {.name = w->roster->member[i].name,
                             .fresh_boot = s->whole,
                             .guard_wait_ms = 90000,
                             .heartbeat_ms = 30000,
                             .cosign_ms = 10000,
                             .software = "simulation",
                             .seal = {s->sealer, secrets_items, secrets_wrap, secrets_keys}};
    struct thing tick = {.kind = THING_TICK, .node = i};

    if (s->node != NULL || s->absent)
        return;
    s->held = s->adopted;
    if (s->sealer_next != NULL) {
        sealer_free(s->sealer);
        conf.seal.cookie = s->sealer = s->sealer_next;
        s->sealer_next = NULL;
    }
    conf.roster = members_of(w, i);
    for (int k = 0; k < 4; k++) {
        uint64_t r = world_random(w);
        memcpy(conf.seed + 8 * k, &r, 8);
    }
    open_store(w, i);
    faults_mark(w, i);
    assert(view_rows(s->store, &w->rows) == 0);
    conf.copied = is_copy(s->store);
    conf.view = view_of(s);
    s->life++;
    s->ahead_start = s->ahead_ms;
    s->passed = !s->whole;
    memset(s->want, 0, sizeof(s->want));
    s->commit_due = false;
    s->node = node_new(&conf, w->rows.v, w->rows.n);
    assert(s->node != NULL);
    tick.life = s->life;
    tick.at_ms = w->now;
    queue_put(&w->queue, tick);
}

void
world_start(void)
{
    /* What a store takes whole and touches in part comes untouched from the system; small things stay. */
    (void)mallopt(M_MMAP_THRESHOLD, 1 << 18);
    (void)mallopt(M_TRIM_THRESHOLD, 1 << 28);
    (void)mallopt(M_TOP_PAD, 1 << 22);
    disk_vfs_first();
    secrets_start();
    secret_start();
}

struct world *
world_new(const struct world_conf *conf)
{
    struct world *w = mem_new(sizeof(*w));

    w->conf = *conf;
    w->rng = conf->seed;
    w->lies = conf->faults.lies;
    secrets_seed(conf->seed);
    buf_init(&w->spoilt, SIZE_MAX);
    w->pair = mem_new(PAIRS_MAX * sizeof(*w->pair));
    w->acked = mem_new(ACKED_MAX * sizeof(*w->acked));
    w->body = mem_new(NUMBERS_MAX * sizeof(*w->body));
    w->born = mem_new(NUMBERS_MAX * sizeof(*w->born));
    members_make(w);
    for (unsigned i = 0; i < conf->nodes; i++) {
        w->sim[i].disk = disk_new(i, world_random(w));
        if (conf->seed % BLANK_WORLD_EACH != 0)
            disk_restore(w->sim[i].disk, blank_store());
        w->sim[i].whole = true;
        start(w, i);
    }
    return w;
}

void
world_free(struct world *w)
{
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        node_free(w->sim[i].node);
        if (w->sim[i].store != NULL) {
            store_rollback(w->sim[i].store);
            store_close(w->sim[i].store);
        }
        disk_image_free(w->sim[i].backup);
        disk_free(w->sim[i].disk);
        model_release(&w->sim[i].signer);
        sealer_free(w->sim[i].sealer);
        sealer_free(w->sim[i].sealer_next);
    }
    queue_release(&w->queue);
    buf_release(&w->spoilt);
    members_free(w);
    free(w->pair);
    free(w->acked);
    for (uint32_t k = 0; k <= w->number; k++)
        free((void *)(uintptr_t)w->body[k].p);
    free(w->body);
    free(w->born);
    memo_clear();
    free(w);
}

static void
publish(struct world *w, struct waiting *p)
{
    struct publish request = {.token = p->token, .key = span_of(p->key, sizeof(p->key)), .audience = "open"};
    struct publish_record record = {.type = "orbit"};
    struct event e = {.kind = EVENT_PUBLISH, .publish = &request};

    record.body = body_of(w, p->number);
    if (secrets_is(w, p->number))
        request.audience = "ops";
    if (secrets_is(w, p->number) && p->number % 3 == 1)
        record.embargo_until = utc_from_unix(clocks_right(w) / 1000 + EMBARGO_S, 0);
    request.class_name = p->number % 3 == 0 ? "alert" : "data";
    request.mode = PARALLAX__V1__MODE__TEST;
    request.records = &record;
    request.records_n = 1;
    p->since_ms = w->now;
    world_event(w, p->node, &e);
}

static void
publish_new(struct world *w, unsigned node)
{
    uint64_t key[2] = {world_random(w), world_random(w)};

    for (size_t k = 0; k < WAITING_MAX; k++) {
        struct waiting *p = &w->waiting[k];
        if (p->token != 0)
            continue;
        p->token = ++w->token;
        p->node = node;
        p->number = ++w->number;
        assert(w->number < NUMBERS_MAX);
        w->born[p->number] = w->now;
        memcpy(p->key, key, sizeof(p->key));
        w->figures.published++;
        publish(w, p);
        return;
    }
}

void
world_publish_each(struct world *w)
{
    for (unsigned i = 0; i < w->conf.nodes; i++)
        publish_new(w, i);
}

static void
publish_something(struct world *w)
{
    for (size_t k = 0; k < WAITING_MAX; k++) {
        struct waiting *p = &w->waiting[k];
        if (p->token != 0 && w->now - p->since_ms > 3000) {
            p->token = ++w->token; /* no answer: the caller tries again with the same key */
            publish(w, p);
        }
    }
    publish_new(w, (unsigned)world_below(w, w->conf.nodes));
}

static void
happen(struct world *w, struct thing *t)
{
    struct sim *s = &w->sim[t->node];
    struct event e = {.link = t->link, .bytes = span_of(t->bytes, t->n)};

    if (t->kind == THING_START) {
        start(w, t->node);
        return;
    }
    if (t->life != s->life || s->node == NULL)
        return;
    switch (t->kind) {
    case THING_TICK:
        t->at_ms = w->now + 250;
        queue_put(&w->queue, *t);
        e.kind = EVENT_TICK;
        s->ticked = true;
        world_event(w, t->node, &e);
        break;
    case THING_UP:
        e.kind = EVENT_LINK_UP;
        e.peer = w->roster->member[t->peer].name;
        e.dialled = t->dialled;
        e.lane = (Parallax__V1__Lane)t->lane;
        world_event(w, t->node, &e);
        break;
    case THING_FRAME:
        e.kind = EVENT_FRAME;
        world_event(w, t->node, &e);
        break;
    case THING_DOWN:
        e.kind = EVENT_LINK_DOWN;
        world_event(w, t->node, &e);
        break;
    case THING_COMMIT:
        s->commit_due = false;
        if (!keep_holds_up(s, store_commit(s->store))) {
            faults_crash(w, t->node, true);
            break;
        }
        e.kind = EVENT_COMMITTED;
        world_event(w, t->node, &e);
        break;
    case THING_SIGNER:
        answers_take(w, t->node, t->bytes);
        break;
    case THING_AGAIN:
        faults_again(w, t->node);
        break;
    case THING_DIAL:
        net_try_dial(w, t);
        break;
    default:
        break;
    }
}

void
world_run(struct world *w, int64_t ms, bool publishing, bool faults)
{
    int64_t until = w->now + ms;

    while (w->now < until) {
        struct thing t;
        int64_t slice = w->now + 50;
        while (queue_take(&w->queue, slice, &t)) {
            w->now = t.at_ms > w->now ? t.at_ms : w->now;
            happen(w, &t);
            free(t.bytes);
        }
        w->now = slice;
        if (publishing && w->conf.audiences && w->now > 1000 && world_chance(w, 100))
            secrets_change(w, (unsigned)world_below(w, w->conf.nodes));
        if (publishing && world_chance(w, 3000))
            publish_something(w);
        if (publishing && w->lies && world_chance(w, 2000))
            publish_new(w, LIAR); /* before it hears of its other story */
        if (faults)
            faults_cause(w);
    }
}

void
world_heal(struct world *w)
{
    memset(w->cut_until, 0, sizeof(w->cut_until));
    memset(w->deaf_until, 0, sizeof(w->deaf_until));
    w->conf.faults = (struct world_faults){0};
    clocks_heal(w);
    members_heal(w);
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        disk_arm(w->sim[i].disk, 0);
        start(w, i);
    }
}

const struct world_figures *
world_figures(const struct world *w)
{
    return &w->figures;
}

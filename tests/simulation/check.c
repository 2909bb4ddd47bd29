/* What must hold, and whether everybody agrees in the end. */
#include "world_internal.h"
#include "core/release.h"
#include <stdio.h>

static const struct store_log *
row_of(const struct rows *r, const uint8_t id[LOG_ID_BYTES])
{
    for (size_t i = 0; i < r->n; i++) {
        if (memcmp(r->v[i].id, id, LOG_ID_BYTES) == 0)
            return &r->v[i];
    }
    return NULL;
}

void
world_acknowledged(struct world *w, unsigned node, const struct action *a)
{
    struct node_log_status s;
    int i;

    for (size_t k = 0; k < WAITING_MAX; k++) {
        struct waiting *p = &w->waiting[k];
        struct acked *x;
        if (p->token != a->token)
            continue;
        if (a->why != NULL)
            return; /* refused: tried again later */
        i = node_log_find_no(w->sim[node].node, a->range.log);
        if (i < 0 || w->acked_n == ACKED_MAX)
            return;
        node_log_status(w->sim[node].node, (size_t)i, &s);
        x = &w->acked[w->acked_n++];
        x->node = node;
        memcpy(x->log, s.row->id, LOG_ID_BYTES);
        x->index = a->range.first;
        x->number = p->number;
        p->token = 0;
        w->figures.acknowledged++;
        return;
    }
    secrets_answered(w, node, a);
}

/* As node_open_body: 1 when it is under embargo yet. */
static int
opens(struct world *w, const struct acked *x, const struct store_record *r, struct buf *plain)
{
    const struct node *n = w->sim[x->node].node;
    Parallax__V1__Header *h = parallax__v1__header__unpack(NULL, r->header.n, r->header.p);
    int i = node_log_find(n, x->log), rc = -1;
    struct why why;

    why_clear(&why);
    if (h != NULL && i >= 0)
        rc = node_open_body(n, (size_t)i, x->index, h, r->body, plain, &why);
    parallax__v1__header__free_unpacked(h, NULL);
    return rc;
}

/* The acknowledged record is where the answer said, and it is the one that was asked for. */
static bool
holds(struct world *w, const struct acked *x)
{
    const struct store_log *row = row_of(&w->rows, x->log);
    struct store_record r;
    struct buf plain;
    uint64_t delivery;
    int64_t received;
    bool same;

    if (row == NULL ||
        store_record_get(w->sim[x->node].store, row->no, x->index, &r, &delivery, &received) != 0)
        return false;
    if (!secrets_is(w, x->number))
        return span_equal(body_of(w, x->number), r.body);
    buf_init(&plain, LIMIT_BODY_BYTES);
    same = opens(w, x, &r, &plain) > 0 || span_equal(body_of(w, x->number), buf_span(&plain));
    buf_release(&plain);
    return same;
}

static const char *
check_acknowledged(struct world *w, unsigned i)
{
    if (view_rows(w->sim[i].store, &w->rows) != 0)
        return "a store cannot be read";
    for (size_t k = 0; k < w->acked_n; k++) {
        if (w->acked[k].node != i || w->acked[k].excused || holds(w, &w->acked[k]))
            continue;
        snprintf(w->wrong, sizeof(w->wrong), "%s lost acknowledged record %u at index %llu",
                 w->roster->member[i].name, (unsigned)w->acked[k].number,
                 (unsigned long long)w->acked[k].index);
        return w->wrong;
    }
    return NULL;
}

/* What is acknowledged never moves: only what came since the last look is compared with all before it. */
static const char *
check_apart(struct world *w)
{
    for (size_t k = w->apart_n; k < w->acked_n; k++) {
        for (size_t m = 0; m < k; m++) {
            if (w->lies && w->acked[k].node == LIAR)
                continue; /* one in each story */
            if (w->acked[k].node == w->acked[m].node && w->acked[k].index == w->acked[m].index &&
                memcmp(w->acked[k].log, w->acked[m].log, LOG_ID_BYTES) == 0)
                return "two publications got one record";
        }
    }
    w->apart_n = w->acked_n;
    return NULL;
}

static const char *
check_logs(struct world *w, unsigned i)
{
    struct node *n = w->sim[i].node;

    for (size_t k = 0; n != NULL && k < node_logs_count(n); k++) {
        struct node_log_status s;
        node_log_status(n, k, &s);
        if (s.row->frozen && !(w->lies && strcmp(s.row->origin, w->roster->member[LIAR].name) == 0)) {
            snprintf(w->wrong, sizeof(w->wrong), "%s froze a log of %s", w->roster->member[i].name,
                     s.row->origin);
            return w->wrong;
        }
        if (!s.row->frozen && s.row->size == s.row->head.size && s.row->size > 0 &&
            memcmp(s.root, s.row->head.root, HASH_BYTES) != 0) {
            snprintf(w->wrong, sizeof(w->wrong), "%s holds another tree than %s signed",
                     w->roster->member[i].name, s.row->origin);
            return w->wrong;
        }
    }
    return NULL;
}

const char *
world_violation(struct world *w)
{
    const char *wrong;

    if (w->leak[0] != '\0')
        return w->leak;
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (check_logs(w, i) != NULL)
            return w->wrong;
        if (w->sim[i].signer.refused > 0 && !(w->lies && i == LIAR)) {
            snprintf(w->wrong, sizeof(w->wrong), "%s asked its signer for a fork", w->roster->member[i].name);
            return w->wrong;
        }
    }
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        for (size_t k = 0; k < w->sim[i].ended_n; k++) {
            if (w->sim[i].signer.log[k].head.size == w->sim[i].ended[k])
                continue;
            snprintf(w->wrong, sizeof(w->wrong), "%s went on in a log from a marked copy",
                     w->roster->member[i].name);
            return w->wrong;
        }
    }
    wrong = check_apart(w);
    for (unsigned i = 0; i < w->conf.nodes && wrong == NULL; i++)
        wrong = w->sim[i].node == NULL ? NULL : check_acknowledged(w, i);
    return wrong;
}

static bool
same_everywhere(struct world *w, unsigned i, const struct node_log_status *s)
{
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        struct node_log_status o;
        int at;
        if (k == i || !may_release(w->roster->member[k].name, s->row, w->roster))
            continue;
        at = w->sim[k].node == NULL ? -1 : node_log_find(w->sim[k].node, s->row->id);
        if (at < 0) {
            snprintf(w->wrong, sizeof(w->wrong), "%s does not know a log of %s", w->roster->member[k].name,
                     s->row->origin);
            return false;
        }
        node_log_status(w->sim[k].node, (size_t)at, &o);
        if (o.row->size != s->row->size || memcmp(o.root, s->root, HASH_BYTES) != 0) {
            snprintf(w->wrong, sizeof(w->wrong), "%s holds %llu of %llu leaves of %s (%s)",
                     w->roster->member[k].name, (unsigned long long)o.row->size,
                     (unsigned long long)s->row->size, s->row->origin, o.state);
            return false;
        }
    }
    return true;
}

bool
world_converged(struct world *w)
{
    if (!members_agree(w))
        return false;
    for (unsigned i = 0; i < w->conf.nodes; i++) {
        if (w->sim[i].node == NULL)
            return false;
        if (!members_current(w, i))
            continue;
        for (size_t k = 0; k < node_logs_count(w->sim[i].node); k++) {
            struct node_log_status s;
            node_log_status(w->sim[i].node, k, &s);
            if (!s.row->own || s.row->closed || s.row->size == 0)
                continue; /* a log that ended without a successor's word may be held in part */
            if (strcmp(s.state, "open") != 0) {
                snprintf(w->wrong, sizeof(w->wrong), "a log of %s is still \"%s\" at the end", s.row->origin,
                         s.state);
                return false;
            }
            if (!same_everywhere(w, i, &s))
                return false;
        }
    }
    return secrets_wrapped(w);
}

struct pictures {
    struct world *w;
    unsigned node;
    struct buf text;
};

static int
put_row(void *cookie, const struct store_latest *row)
{
    struct pictures *p = cookie;
    struct node_log_status s;
    int i = node_log_find_no(p->w->sim[p->node].node, row->log);

    if (i < 0)
        return 1;
    node_log_status(p->w->sim[p->node].node, (size_t)i, &s);
    if (strcmp(s.row->audience, "open") != 0)
        return 0; /* not everybody reads those: secrets_wrong() */
    if (members_are_removed(p->w, s.row->origin))
        return 0; /* the roster names no ends of its logs: each goes on with what it had */
    if (p->w->lies && (i = node_log_find(p->w->sim[LIAR].node, s.row->id)) >= 0) {
        node_log_status(p->w->sim[LIAR].node, (size_t)i, &s);
        if (s.row->frozen && !s.row->disputed)
            return 0; /* its origin forgot the end of it, and told no other story: others go on believing it */
    }
    buf_put_fmt(&p->text, "%s %u %s %s %llu ", row->type, (unsigned)row->mode, row->key, row->origin,
                (unsigned long long)row->index);
    buf_put(&p->text, s.row->id, LOG_ID_BYTES);
    buf_put_byte(&p->text, '\n');
    return 0;
}

bool
world_pictures_equal(struct world *w)
{
    struct pictures p[2];
    unsigned first = members_current(w, 0) ? 0 : 1;
    bool equal = true;

    for (int k = 0; k < 2; k++) {
        p[k].w = w;
        p[k].node = first;
        buf_init(&p[k].text, SIZE_MAX);
    }
    store_latest_each(w->sim[first].store, NULL, put_row, &p[0]);
    for (unsigned i = first + 1; i < w->conf.nodes; i++) {
        if (!members_current(w, i))
            continue;
        p[1].node = i;
        buf_clear(&p[1].text);
        store_latest_each(w->sim[i].store, NULL, put_row, &p[1]);
        equal = equal && span_equal(buf_span(&p[0].text), buf_span(&p[1].text));
    }
    equal = equal && p[0].text.n > 0;
    for (int k = 0; k < 2; k++)
        buf_release(&p[k].text);
    return equal;
}

static bool
is_missing(struct world *w, unsigned i, const struct store_log *row, uint64_t *at)
{
    struct store_record records[LIMIT_BATCH_COUNT];
    struct store_batch b;

    for (*at = 0; *at < row->size; *at = b.first + b.count) {
        if (store_batch_get(w->sim[i].store, row->no, *at, SIZE_MAX, records, LIMIT_BATCH_COUNT, &b) != 0)
            return true;
        for (uint32_t k = 0; k < b.count; k++) {
            *at = b.first + k;
            if (records[k].body_state != STORE_BODY_HELD)
                return true;
        }
    }
    return false;
}

bool
check_still_may(struct world *w, unsigned i, const struct store_log *row)
{
    for (unsigned k = 0; k < w->conf.nodes; k++) {
        struct node_log_status s;
        int at =
            strcmp(w->roster->member[k].name, row->origin) == 0 ? node_log_find(w->sim[k].node, row->id) : -1;

        if (at < 0 || !members_current(w, k))
            continue;
        node_log_status(w->sim[k].node, (size_t)at, &s);
        return may_release(w->roster->member[i].name, s.row, w->roster);
    }
    return false;
}

const char *
world_missing(struct world *w)
{
    for (unsigned i = 0; i < w->conf.nodes && w->figures.restored == 0; i++) {
        for (size_t k = 0; k < node_logs_count(w->sim[i].node); k++) {
            struct node_log_status s;
            uint64_t at;
            node_log_status(w->sim[i].node, k, &s);
            if (s.row->closed || !check_still_may(w, i, s.row) || !is_missing(w, i, s.row, &at))
                continue;
            (void)snprintf(w->wrong, sizeof w->wrong, "%s has no body of leaf %llu of a log of %s",
                           w->roster->member[i].name, (unsigned long long)at, s.row->origin);
            return w->wrong;
        }
    }
    return NULL;
}

const char *
world_secrets_wrong(struct world *w)
{
    return w->conf.audiences ? secrets_wrong(w) : NULL;
}

const char *
world_wrong(const struct world *w)
{
    return w->wrong;
}

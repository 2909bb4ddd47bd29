/* tail: visible records in the order of delivery, waiting for new ones. The core's thread. */
#include "daemon/api_internal.h"

/* Look at the next piece. 0 when rows were found or all was looked at, else -1; tail->after and tail->more
 * tell. */
static int
look(struct api_call *c, const struct api_match *m, struct api_page *page)
{
    struct api_tail *t = c->tail;
    struct api_walk walk = {.page = page, .match = m, .forward = true, .next = t->after + 1};

    t->more = false;
    if (t->after >= c->visible)
        return 0;
    if (api_walk_step(&walk) != 0)
        return -1;
    t->after = walk.next > c->visible ? c->visible : walk.next - 1;
    t->more = t->after < c->visible;
    return 0;
}

/* Where this reader begins: a cursor is (incarnation, number), and a number of another store means nothing.
 */
static void
begin(struct api_call *c, const uint8_t incarnation[16])
{
    const Parallax__V1__TailRequest *q = c->request->tail;
    bool ours = q->incarnation.len == 16 && memcmp(q->incarnation.data, incarnation, 16) == 0;

    if (q->from_now)
        c->tail->after = c->visible;
    else
        c->tail->after = ours && q->after <= c->visible ? q->after : 0;
    c->tail->more = true;
}

/* Its identifiers may be others in a drill. */
static int
match_object(struct api_call *c, const Parallax__V1__TailRequest *q, struct api_match *m)
{
    for (int mode = PARALLAX__V1__MODE__REAL; mode <= PARALLAX__V1__MODE__SIMULATED; mode++) {
        bool wanted = m->modes != 0 ? (m->modes >> mode & 1) != 0 : mode == m->mode;

        if (wanted && api_match_object(c, q->object, mode, m) != 0)
            return -1;
    }
    return 0;
}

int
api_tail_answer(struct api_call *c)
{
    const Parallax__V1__TailRequest *q = c->request->tail;
    struct api_match match = {0};
    struct api_page page;
    uint8_t incarnation[16];

    store_incarnation(c->ctx->store, incarnation);
    if (api_match_mode(c, (int)q->mode, &match.mode) != 0 ||
        api_match_modes(c, q->modes, q->n_modes, &match) != 0 ||
        api_match_types(c, q->types, q->n_types, &match) != 0 ||
        api_match_sift(c, q->region, q->where, &match) != 0 || match_object(c, q, &match) != 0 ||
        api_page_init(&page, c, 0) != 0)
        return -1;
    if (c->tail->after == UINT64_MAX)
        begin(c, incarnation);
    if (look(c, &match, &page) != 0 || api_page_end(&page, span_of(NULL, 0)) != 0)
        return -1;
    for (size_t i = 0; i < page.n; i++) /* a tail is about what comes, not about what is held */
        page.rows[i]->complete_ms = 0;
    c->answer->records->delivery = c->tail->after;
    c->answer->records->incarnation = api_answer_bytes(c, span_of(incarnation, sizeof incarnation));
    if (c->arena->failed)
        return -1;
    return page.n == 0;
}

/* Changing who reads: the logs of the audience are closed, and new ones with a new key go on. Pure. */
#include "core/node_internal.h"
#include "wire/unpack.h"
#include <stdio.h>

static const char *const classes[] = {"alert", "data"};

#define CLASSES_COUNT (sizeof(classes) / sizeof(*classes))

static int
read_names(const struct node *n, char *const *names, size_t count, const char *field, uint64_t *bits,
           struct why *why)
{
    *bits = 0;
    for (size_t i = 0; i < count; i++) {
        int m = node_member_index(n, names[i]);
        if (m < 0 || n->roster->member[m].removed)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, field,
                           "%.60s is not a current member of the federation", names[i]);
        if (m == n->me)
            return why_set(why, WHY_FIELD_VALUE, 0, 0, field,
                           "%.60s is this node, which reads all of its own audiences", names[i]);
        *bits |= (uint64_t)1 << m;
    }
    return 0;
}

bool
audience_exists(const struct node *n, const char *name)
{
    for (size_t i = 0; i < n->track_n; i++) {
        const struct track *t = n->track[i];
        /* One that ended before its first leaf was signed never was. */
        if (t->own != OWN_NONE && (t->own != OWN_ENDED || t->described) && strcmp(t->row.audience, name) == 0)
            return true;
    }
    return false;
}

static unsigned
live_logs(const struct node *n)
{
    unsigned live = 0;

    for (size_t i = 0; i < n->track_n; i++)
        live += n->track[i]->own != OWN_NONE && n->track[i]->own != OWN_ENDED;
    return live;
}

/* While two valid successors of the roster are known, or it has expired, no audience gains readers. */
static int
may_gain(const struct node *n, const struct audience_lists *now, const struct audience_lists *next,
         struct why *why)
{
    uint64_t more = (next->readers & ~now->readers) | (next->carriers & ~now->carriers) | next->granted;

    if (more == 0)
        return 0;
    if (n->roster_contested)
        return why_set(
            why, WHY_ROSTER_CHAIN, 0, 0, "readers",
            "two valid successors of the roster are known: until that is settled no audience gains readers");
    if (!utc_is_zero(n->roster->expires) &&
        utc_sort_key(n->roster->expires) < utc_sort_key(utc_from_unix(n->wall / 1000, 0)))
        return why_set(why, WHY_ROSTER_VALUE, 0, 0, "readers",
                       "the roster has expired: until there is a new one no audience gains readers");
    return 0;
}

static int
check(struct node *n, const struct audience_change *c, struct audience_lists *next, bool *as_it_is,
      struct why *why)
{
    struct audience_lists now = {0, 0, 0};

    if (!text_is_word(span_str(c->name)) || strlen(c->name) > LIMIT_NAME_BYTES ||
        strcmp(c->name, "open") == 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "name",
                       "expected a word of lower-case letters, digits, - and _ that is not open");
    if (!c->create && !audience_exists(n, c->name))
        return why_set(why, WHY_AUDIENCE_UNKNOWN, 0, 0, "name", "%.64s is no audience of this node", c->name);
    if (read_names(n, c->readers, c->readers_n, "readers", &next->readers, why) != 0 ||
        read_names(n, c->carriers, c->carriers_n, "carriers", &next->carriers, why) != 0 ||
        read_names(n, c->granted, c->granted_n, "granted", &next->granted, why) != 0)
        return -1;
    if ((next->readers & next->carriers) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "carriers", "a reader carries anyway: name it once");
    if ((next->granted & ~next->readers) != 0)
        return why_set(why, WHY_FIELD_VALUE, 0, 0, "granted", "only readers get the keys of earlier logs");
    for (size_t i = 0; i < CLASSES_COUNT && audience_exists(n, c->name); i++) {
        const struct track *t = own_log(n, c->name, classes[i]);
        if (t == NULL || t->own != OWN_OPEN)
            return why_set(why, WHY_STARTING, 0, 0, "name", "its logs are not open yet");
        now = (struct audience_lists){t->row.readers, t->row.carriers, 0};
    }
    /* Who did not hear the answer asks again: what is as it should be stays so. */
    *as_it_is = audience_exists(n, c->name) && now.readers == next->readers &&
                now.carriers == next->carriers && next->granted == 0;
    if (c->create && audience_exists(n, c->name) && !*as_it_is)
        return why_set(why, WHY_AUDIENCE_UNKNOWN, 0, 0, "name", "%.64s is there already, with other readers",
                       c->name);
    if (!audience_exists(n, c->name) && live_logs(n) + CLASSES_COUNT > LIMIT_LOG_ORIGIN_COUNT)
        return why_set(why, WHY_LIMIT, 0, 0, "name", "%u of %d logs are open: an audience takes %zu",
                       live_logs(n), LIMIT_LOG_ORIGIN_COUNT, CLASSES_COUNT);
    if (n->change_n == CHANGES_MAX)
        return why_set(why, WHY_LIMIT, 0, 0, NULL, "%d changes are under way: try again", CHANGES_MAX);
    return may_gain(n, &now, next, why);
}

static void
answer(struct node *n, uint64_t token, const struct why *why)
{
    struct action *a = action_add(n, ACTION_ANSWER);

    a->token = token;
    if (why != NULL) {
        struct why *copy = action_memory(n, sizeof(*copy));
        *copy = *why;
        a->why = copy;
    }
}

/* The last leaf names what goes on; nothing is published to the log behind it. */
static void
close_log(struct node *n, struct track *t, const char *reason)
{
    Parallax__V1__Closure c = PARALLAX__V1__CLOSURE__INIT;
    struct buf body;

    node_random(n, t->successor, LOG_ID_BYTES);
    c.reason = (char *)(uintptr_t)reason;
    c.successor = (ProtobufCBinaryData){LOG_ID_BYTES, t->successor};
    buf_init(&body, LIMIT_HEADER_BYTES);
    parallax__v1__closure__pack(&c, buf_add(&body, parallax__v1__closure__get_packed_size(&c)));
    (void)publish_own_record(n, t, PARALLAX__V1__KIND__CLOSE, PARALLAX__V1__MODE__REAL, buf_span(&body),
                             false);
    t->closing = true;
    buf_release(&body);
}

void
audience_take(struct node *n, const struct audience_change *c)
{
    struct audience_lists next;
    struct why why;
    bool as_it_is = false;

    why_clear(&why);
    if (check(n, c, &next, &as_it_is, &why) != 0) {
        node_count_reject(n, -1, &why);
        answer(n, c->token, &why);
        return;
    }
    for (size_t i = 0; i < CLASSES_COUNT && !as_it_is; i++) {
        struct track *t = own_log(n, c->name, classes[i]);
        if (t == NULL) {
            if (own_create(n, c->name, classes[i], NULL, &next) != NULL)
                continue;
            why_set(&why, WHY_STARTING, 0, 0, NULL, "the keys of sealed logs cannot be used now");
            answer(n, c->token, &why);
            return;
        }
        t->changes = true;
        t->next_readers = next.readers;
        t->next_carriers = next.carriers;
        t->next_granted = next.granted;
        close_log(n, t, "the readers of this audience change");
    }
    n->change[n->change_n].token = c->token;
    snprintf(n->change[n->change_n++].name, LIMIT_NAME_BYTES + 1, "%s", c->name);
}

/* Why the log cannot go on: not all on its lists are members still, with the keys that it is wrapped for. NULL: it can. */
static const char *
outdated(const struct node *n, const struct track *t)
{
    uint64_t all = t->row.readers | t->row.carriers;

    for (unsigned i = 0; i < n->roster->members_n; i++) {
        if ((all >> i & 1) != 0 && n->roster->member[i].removed)
            return "a reader or carrier has left the federation";
    }
    return t->outdated ? "a reader has dropped the wrap key that this log's key is wrapped for" : NULL;
}

static uint64_t
current(const struct node *n, uint64_t bits)
{
    for (unsigned i = 0; i < n->roster->members_n; i++) {
        if (n->roster->member[i].removed)
            bits &= ~((uint64_t)1 << i);
    }
    return bits;
}

static bool
is_continued(struct node *n, const struct track *t)
{
    return own_is_continued(n, t) || own_log(n, t->row.audience, t->row.class_name) != NULL;
}

/* Signed to its last leaf: the log ends, and another goes on. */
static void
settle(struct node *n, struct track *t)
{
    struct audience_lists lists = {t->row.readers, t->row.carriers, 0};
    struct track *next;

    if (t->own == OWN_OPEN && t->closing && !t->signing && t->queue == NULL && t->placed == NULL &&
        t->row.size == t->row.head.size) {
        t->own = OWN_ENDED;
        t->row.closed = true;
        heads_changed(n, t);
        action_row(n, t);
    }
    if (t->own != OWN_ENDED || !t->described || is_continued(n, t))
        return;
    if (t->changes)
        lists = (struct audience_lists){t->next_readers, t->next_carriers, t->next_granted};
    lists.readers = current(n, lists.readers);
    lists.carriers = current(n, lists.carriers);
    lists.granted &= lists.readers;
    next = own_create(n, t->row.audience, t->row.class_name, t, &lists);
    if (next != NULL)
        publish_move(n, t, next);
}

/* All logs of the audience are open and signed: whoever asked for the change is told. */
static bool
is_settled(struct node *n, const char *name)
{
    for (size_t i = 0; i < CLASSES_COUNT; i++) {
        const struct track *t = own_log(n, name, classes[i]);
        if (t == NULL || t->own != OWN_OPEN || t->row.head.size == 0 || t->row.head.size < t->row.size)
            return false;
    }
    return true;
}

void
audience_settle(struct node *n)
{
    size_t kept = 0;
    const char *why;

    if (!n->listed)
        return;
    for (size_t i = 0; i < n->track_n; i++) {
        struct track *t = n->track[i];
        if (t->own == OWN_NONE || !node_is_named(t))
            continue;
        if (t->own == OWN_OPEN && !t->closing && !t->signing && t->row.head.size > 0 && t->described &&
            (why = outdated(n, t)) != NULL)
            close_log(n, t, why);
        settle(n, t);
    }
    for (size_t i = 0; i < n->change_n; i++) {
        if (is_settled(n, n->change[i].name))
            answer(n, n->change[i].token, NULL);
        else
            n->change[kept++] = n->change[i];
    }
    n->change_n = kept;
}

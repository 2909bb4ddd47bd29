#include "plugins/cap-atom/shelf.h"

#include <stdlib.h>

#include "base/mem.h"

static bool
is_before(struct utc a, struct utc b)
{
    return utc_compare(a, b) < 0;
}

static bool
is_old(const struct shelf *s, const struct item *item, struct utc now)
{
    return utc_diff_ms(now, item->updated) >= s->age_s * 1000;
}

static void
drop(struct shelf *s, size_t i)
{
    free(s->item[i]);
    s->item[i] = s->item[--s->n];
}

bool
shelf_add(struct shelf *s, const struct item *item, struct utc now)
{
    if (is_old(s, item, now))
        return false;
    for (size_t i = 0; i < s->n; i++) {
        if (strcmp(s->item[i]->id, item->id) == 0) {
            *s->item[i] = *item;
            return true;
        }
    }
    if (s->n == SHELF_MAX)
        return false;
    s->item[s->n] = mem_new(sizeof *item);
    *s->item[s->n++] = *item;
    return true;
}

void
shelf_release(struct shelf *s)
{
    while (s->n > 0)
        drop(s, s->n - 1);
}

/* Newest first; of one time by id. */
static int
compare(const void *a, const void *b)
{
    const struct item *x = *(const struct item *const *)a, *y = *(const struct item *const *)b;
    int order = utc_compare(y->updated, x->updated);

    return order != 0 ? order : strcmp(x->id, y->id);
}

void
shelf_trim(struct shelf *s, size_t most, struct utc now, void (*gone)(void *cookie, const struct item *item),
           void *cookie)
{
    qsort(s->item, s->n, sizeof s->item[0], compare);
    while (s->n > 0 && (s->n > most || is_old(s, s->item[s->n - 1], now))) {
        gone(cookie, s->item[s->n - 1]);
        drop(s, s->n - 1);
    }
}

enum shelf_state
shelf_state(const struct shelf *s, const struct item *item, struct utc now)
{
    enum shelf_state state = SHELF_SHOWN;

    if (!item->entry || is_before(now, item->opens))
        return SHELF_HIDDEN;
    if (!utc_is_zero(item->expires) && !is_before(now, item->expires))
        state = SHELF_LEFT;
    for (size_t i = 0; i < s->n; i++) {
        if (is_before(now, s->item[i]->opens) || !item_is_replaced(item, s->item[i]))
            continue;
        if (!s->item[i]->entry)
            return SHELF_HIDDEN;
        state = SHELF_LEFT;
    }
    return state;
}

size_t
shelf_list(const struct shelf *s, bool drill, struct utc now, const struct item **out, size_t max)
{
    const struct item *all[SHELF_MAX];
    size_t n = 0;

    for (size_t i = 0; i < s->n; i++) {
        if (s->item[i]->drill == drill && shelf_state(s, s->item[i], now) == SHELF_SHOWN)
            all[n++] = s->item[i];
    }
    qsort(all, n, sizeof all[0], compare);
    n = n < max ? n : max;
    memcpy(out, all, n * sizeof all[0]);
    return n;
}

struct utc
shelf_updated(const struct shelf *s, bool drill, struct utc now)
{
    struct utc newest = {0, 0};

    for (size_t i = 0; i < s->n; i++) {
        if (s->item[i]->drill == drill && is_before(newest, s->item[i]->updated) &&
            shelf_state(s, s->item[i], now) != SHELF_HIDDEN)
            newest = s->item[i]->updated;
    }
    return newest;
}

static void
sooner(int64_t *wait, struct utc at, struct utc now)
{
    int64_t ms = utc_diff_ms(at, now) + 1;

    if (is_before(now, at) && ms < *wait)
        *wait = ms;
}

int64_t
shelf_wait_ms(const struct shelf *s, struct utc now, int64_t max)
{
    for (size_t i = 0; i < s->n; i++) {
        sooner(&max, s->item[i]->expires, now);
        sooner(&max, s->item[i]->opens, now);
    }
    return max;
}

#include "watch/event_view.h"

#include <string.h>

void
event_view_take(struct event_word *w, const struct figure *figures, size_t n)
{
    w->n = 0;
    for (size_t i = 0; i < n && i < FIGURES_MAX; i++) {
        if (figures[i].course == FIGURE_STAYS)
            w->figure[w->n++] = figures[i];
    }
}

int
event_view_compare(const void *a, const void *b)
{
    const struct event_word *x = a, *y = b;
    int rc = utc_compare(x->issued, y->issued);

    return rc != 0 ? rc : utc_compare(x->created, y->created);
}

const struct figure *
event_view_figure(const struct event_word *w, const char *name)
{
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->figure[i].name, name) == 0)
            return &w->figure[i];
    }
    return NULL;
}

/* The spread of ${name} in ${out}, begun when there is none; NULL when there is no room. */
static struct event_spread *
find(struct event_spread out[FIGURES_MAX], size_t *n, const char *name)
{
    for (size_t i = 0; i < *n; i++) {
        if (strcmp(out[i].name, name) == 0)
            return &out[i];
    }
    if (*n == FIGURES_MAX)
        return NULL;
    out[*n] = (struct event_spread){.name = name};
    return &out[(*n)++];
}

size_t
event_view_spread(const struct event_word *words, size_t n, struct event_spread out[FIGURES_MAX])
{
    size_t spreads = 0;

    for (size_t i = 0; i < n; i++) {
        const struct event_word *w = &words[i];

        for (size_t k = 0; k < w->n && w->stands && !w->withdrawn && !w->remark; k++) {
            struct event_spread *s = find(out, &spreads, w->figure[k].name);
            double value = w->figure[k].value;

            if (s == NULL)
                continue;
            if (s->n == 0 || value < s->low) {
                s->low = value;
                s->low_by = w;
            }
            if (s->n++ == 0 || value > s->high) {
                s->high = value;
                s->high_by = w;
            }
        }
    }
    return spreads;
}

struct event_trend
event_view_trend(const struct event_word *words, size_t n, const struct event_word *by, const char *name)
{
    struct event_trend t = {.course = EVENT_FIRST};

    for (size_t i = 0; i < n; i++) {
        const struct figure *f = event_view_figure(&words[i], name);

        if (f == NULL || words[i].remark || words[i].withdrawn || strcmp(words[i].origin, by->origin) != 0 ||
            strcmp(words[i].voice, by->voice) != 0)
            continue;
        if (t.n++ == 0)
            t.first = f->value;
        t.before = t.last;
        t.last = f->value;
    }
    if (t.n > 1)
        t.course = t.last > t.before ? EVENT_RISES : t.last < t.before ? EVENT_FALLS : EVENT_STAYS;
    return t;
}

const char *
event_view_course(enum event_course c)
{
    static const char *const names[] = {"first word", "rises", "falls", "stays"};

    return names[c];
}

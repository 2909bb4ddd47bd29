#include "cli/event_overlap.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/newest.h"
#include "cli/row.h"
#include "watch/overlap.h"

struct asking {
    const struct event_claim *claim;
    size_t n;
    const char *own;
    struct event_overlaps *out;
};

/* The figure `overlap` of the two, when they do. */
static bool
overlaps(const struct type_extent *a, const struct type_extent *b, char text[96])
{
    struct figure f[FIGURES_MAX];
    size_t n = overlap_figures(a, b, (struct utc){0}, f);

    for (size_t i = 0; i < n; i++) {
        size_t length = strlen(f[i].text);

        if (strcmp(f[i].name, "overlap") != 0 || f[i].value < 1 || length < 4)
            continue;
        (void)snprintf(text, 96, "%.*s", (int)length - 4, f[i].text + 3); /* "1 (...)" without its sign */
        return true;
    }
    return false;
}

static bool
has(const struct event_overlaps *o, const char *event, const char *origin)
{
    for (size_t i = 0; i < o->n; i++) {
        if (strcmp(o->of[i].event, event) == 0 && strcmp(o->of[i].who, origin) == 0)
            return true;
    }
    return false;
}

static void
add(struct asking *k, const struct row *r, const struct type_extent *extent, const char *text)
{
    struct type_event events[EVENTS_MAX];
    struct event_overlap *o;
    char id[EVENT_ID_MAX];

    if (r->type->events == NULL || r->type->events(r->msg, events) == 0)
        return;
    event_id_print(events[0].kind, events[0].scope, events[0].at, id);
    if (strcmp(id, k->own) == 0 || has(k->out, id, r->in->origin))
        return;
    if (k->out->n == EVENT_OVERLAPS_MAX) {
        k->out->is_cut = true;
        return;
    }
    o = &k->out->of[k->out->n++];
    (void)snprintf(o->event, sizeof o->event, "%s", id);
    (void)snprintf(o->who, sizeof o->who, "%s", r->in->origin);
    (void)snprintf(o->label, sizeof o->label, "%s", extent->label);
    (void)snprintf(o->text, sizeof o->text, "%s", text);
}

static void
take_row(void *cookie, const Parallax__V1__RecordRow *in)
{
    struct asking *k = cookie;
    struct type_extent extent;
    char text[96];
    struct row r;

    row_open(&r, in);
    if (r.msg != NULL && r.type->extent != NULL && !record_kind_withdraws((int)r.header->kind)) {
        r.type->extent(r.msg, &extent);
        for (size_t i = 0; i < k->n; i++) {
            if (k->claim[i].type == r.type && overlaps(&k->claim[i].extent, &extent, text))
                add(k, &r, &extent, text);
        }
    }
    row_close(&r);
}

static int
compare(const void *a, const void *b)
{
    const struct event_overlap *x = a, *y = b;
    int rc = strcmp(x->event, y->event);

    return rc != 0 ? rc : strcmp(x->who, y->who);
}

int
event_overlap_ask(struct client *c, const struct event_claim *claim, size_t n, const char *own,
                  Parallax__V1__Mode mode, struct event_overlaps *out)
{
    struct asking k = {.claim = claim, .n = n, .own = own, .out = out};
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    int status = EXIT_DONE;

    out->n = 0;
    out->is_cut = false;
    if (n == 0)
        return EXIT_DONE;
    q.type = (char *)(uintptr_t)claim[0].type->name;
    q.mode = mode;
    status = newest_each(c, q, take_row, &k);
    qsort(out->of, out->n, sizeof *out->of, compare);
    return status;
}

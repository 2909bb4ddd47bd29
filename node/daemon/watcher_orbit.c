/* The watch role's thread. Which mean elements of an object are preferred, by the policy of the node (docs/objects.md). */
#include "daemon/watcher_internal.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "types/registry.h"
#include "watch/orbit_view.h"

/* Answers are kept until the orbits are compared: origins and policy point into them. */
struct orbits {
    struct watcher *w;
    Parallax__V1__Answer *object, *page[ORBIT_VIEW_MAX];
    size_t pages;
    struct orbit_view view;
    char id[ORBIT_VIEW_MAX][RECORD_ID_TEXT_MAX];
};

/* 0; 1 = the node refused; -1 = lost. */
static int
ask_object(struct orbits *o, const char *object, int mode)
{
    Parallax__V1__ObjectsRequest q = PARALLAX__V1__OBJECTS_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;

    q.object = (char *)(uintptr_t)object;
    q.mode = (Parallax__V1__Mode)mode;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_OBJECTS;
    request.objects = &q;
    o->object = watchlink_ask(o->w->link, &request, WATCHER_ASK_MS);
    if (o->object == NULL)
        return -1;
    return o->object->what_case == PARALLAX__V1__ANSWER__WHAT_OBJECTS && o->object->objects->n_objects == 1 &&
                   o->object->objects->policy != NULL
               ? 0
               : 1;
}

static void
take_row(struct orbits *o, const Parallax__V1__RecordRow *row)
{
    struct orbit_view_row *r = &o->view.row[o->view.n];
    const Parallax__V1__Header *h;

    if (o->view.n == ORBIT_VIEW_MAX)
        return;
    h = watcher_open_row_behind(row, &o->w->orbits, &r->type, &r->msg);
    if (h == NULL || r->type->sgp4 == NULL || record_kind_withdraws((int)h->kind))
        return;
    record_id_print(row->id->log.data, row->id->index, o->id[o->view.n]);
    r->origin = row->origin;
    r->record = o->id[o->view.n++];
    r->created = record_utc(h->created);
    r->epoch = record_utc(h->epoch);
}

/* The newest records of the object of one type, at most ORBIT_VIEW_MAX pages of them. As ask_object(). */
static int
ask_records(struct orbits *o, const char *type, const char *object, int mode)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;

    q.type = (char *)(uintptr_t)type;
    q.object = (char *)(uintptr_t)object;
    q.mode = (Parallax__V1__Mode)mode;
    do {
        Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
        Parallax__V1__Answer *answer;

        request.what_case = PARALLAX__V1__REQUEST__WHAT_QUERY;
        request.query = &q;
        answer = watchlink_ask(o->w->link, &request, WATCHER_ASK_MS);
        if (answer == NULL)
            return -1;
        o->page[o->pages++] = answer;
        if (answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS)
            return 1;
        q.cursor = answer->records->cursor;
    } while (q.cursor.len > 0 && o->pages < ORBIT_VIEW_MAX);
    return 0;
}

/* Who registered the object. As ask_object(). */
static int
ask_owner(struct orbits *o, const char *object, int mode, struct orbit_view_object *out)
{
    const struct type *type = NULL;
    size_t first = o->pages;
    int rc;

    if (registry_reader(ORBIT_VIEW_REGISTERS, &type) == NULL)
        return 0;
    rc = ask_records(o, type->name, object, mode);
    for (size_t i = first; i < o->pages && rc == 0; i++) {
        for (size_t k = 0; k < o->page[i]->records->n_rows; k++)
            orbit_view_registered(out, o->page[i]->records->rows[k]->origin);
    }
    return rc;
}

static int
ask_orbits(struct orbits *o, const char *object, int mode)
{
    int rc = 0;

    for (size_t t = 0; types_table[t] != NULL && rc == 0; t++) {
        size_t first = o->pages;

        if (types_table[t]->sgp4 == NULL)
            continue;
        rc = ask_records(o, types_table[t]->name, object, mode);
        for (size_t i = first; i < o->pages && rc == 0; i++) {
            for (size_t k = 0; k < o->page[i]->records->n_rows; k++)
                take_row(o, o->page[i]->records->rows[k]);
        }
    }
    return rc;
}

static void
choose(struct orbits *o, const struct orbit_view_object *frame, struct watcher_orbit *out)
{
    struct why why;

    for (size_t i = 0; i < o->view.n; i++)
        orbit_view_rate(frame, &o->view.row[i]);
    orbit_view_make(&o->view, &frame->policy, clock_utc(), &o->w->orbits);
    for (size_t i = 0; i < o->view.n && !out->is_known; i++) {
        const struct orbit_view_row *r = &o->view.row[i];

        why_clear(&why);
        if (r->note[0] != 0 || r->type->sgp4(r->msg, &out->mean, &why) != 0)
            continue;
        out->is_known = true;
        out->mean.name = "";
        (void)memcpy(out->id, r->record, sizeof out->id);
    }
}

int
watcher_orbit_ask(struct watcher *w, const char *object, int mode, struct watcher_orbit *out)
{
    struct orbit_view_object frame;
    struct orbits *o;
    int rc;

    *out = (struct watcher_orbit){.is_known = false};
    if (object[0] == 0)
        return 0;
    o = mem_new(sizeof *o);
    o->w = w;
    arena_clear(&w->orbits);
    rc = ask_object(o, object, mode);
    if (rc == 0)
        rc = ask_orbits(o, object, mode);
    if (rc == 0 && o->view.n > 0) {
        orbit_view_take(&frame, o->object->objects->policy, o->object->objects->objects[0]);
        rc = ask_owner(o, object, mode, &frame);
        if (rc == 0)
            choose(o, &frame, out);
    }
    watchlink_answer_free(o->object);
    for (size_t i = 0; i < o->pages; i++)
        watchlink_answer_free(o->page[i]);
    free(o);
    return rc < 0 ? -1 : 0;
}

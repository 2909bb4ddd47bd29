/*
 * The watch role's thread. Rules of territories: the track of a re-entry over its window, by the preferred mean elements of the object. A track is computed once for each record and each
 * orbit, and takes at most a fifth of the thread's time: what waits for it is judged when it is there.
 */
#include "daemon/watcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"

#define REST     4                        /* times as long as a track took nothing is computed */
#define AHEAD_MS (30 * INT64_C(86400000)) /* a window that opens later says nothing of a place yet */
#define DAY_MS   INT64_C(86400000)

struct track {
    char record[RECORD_ID_TEXT_MAX], orbit[RECORD_ID_TEXT_MAX];
    bool is_there; /* false: nothing can be said with that orbit */
    int64_t used_ms;
    struct territory_pass pass[LIMIT_TERRITORY_COUNT];
};

struct watcher_tracks {
    struct track of[LIMIT_WATCH_TRACK_COUNT];
    size_t n;
    int64_t next_ms; /* before then nothing is computed */
};

/* What was found for each view. */
struct found {
    struct watcher_orbit orbit[LIMIT_MEMBER_COUNT];
    struct track *track[LIMIT_MEMBER_COUNT]; /* NULL: none */
    uint8_t log[LIMIT_MEMBER_COUNT][LOG_ID_BYTES];
    Parallax__V1__RecordId reference[LIMIT_MEMBER_COUNT];
    bool is_late[LIMIT_MEMBER_COUNT]; /* its track is still to be computed */
    bool waits;                       /* one of them is */
};

void
watcher_track_free(struct watcher_tracks *t)
{
    free(t);
}

static void
print_key(const char *subject, const char *territory, char out[WATCHER_KEY_BYTES])
{
    (void)snprintf(out, WATCHER_KEY_BYTES, "%.127s" DERIVE_OVER "%.39s", subject, territory);
}

bool
watcher_track_is_named(const struct watcher *w, const Parallax__V1__Alert *alert)
{
    const char *name = NULL;

    for (const char *p = strstr(alert->about, DERIVE_OVER); p != NULL; p = strstr(name, DERIVE_OVER))
        name = p + strlen(DERIVE_OVER);
    for (size_t i = 0; i < w->rules->territories.n && name != NULL; i++) {
        if (strcmp(w->rules->territories.of[i].id, name) == 0)
            return true;
    }
    return false;
}

bool
watcher_track_is_quiet(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                       const ProtobufCMessage *msg)
{
    const struct territory_table *t = &w->rules->territories;
    struct utc opens, closes;
    char key[WATCHER_KEY_BYTES];

    if (t->n == 0)
        return true;
    if (s->type->window(msg, &opens, &closes) && utc_compare(closes, clock_utc()) > 0)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        print_key(s->key, t->of[i].id, key);
        if (watcher_open_about(w, rule, key, s->mode))
            return false;
    }
    return true;
}

/* The track of ${record} by ${orbit}: a known one, or the place of the one that was used longest ago. */
static struct track *
place_for(struct watcher_tracks *t, const char *record, const char *orbit, bool *is_known)
{
    struct track *oldest = &t->of[0];

    *is_known = true;
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->of[i].record, record) == 0 && strcmp(t->of[i].orbit, orbit) == 0)
            return &t->of[i];
        if (t->of[i].used_ms < oldest->used_ms)
            oldest = &t->of[i];
    }
    *is_known = false;
    return t->n < LIMIT_WATCH_TRACK_COUNT ? &t->of[t->n] : oldest;
}

/* The track for view ${i}, whose orbit is known; NULL: not yet. */
static struct track *
track_of(struct watcher *w, const struct watcher_views *v, size_t i, const struct watcher_orbit *orbit)
{
    int64_t begin = clock_mono_ms();
    bool is_known;
    struct track *t = place_for(w->tracks, v->id[i], orbit->id, &is_known);
    struct why why;

    if (!is_known && begin < w->tracks->next_ms)
        return NULL;
    t->used_ms = begin;
    if (is_known)
        return t;
    w->tracks->n += t == &w->tracks->of[w->tracks->n];
    memcpy(t->record, v->id[i], sizeof t->record);
    memcpy(t->orbit, orbit->id, sizeof t->orbit);
    why_clear(&why);
    t->is_there =
        territory_passes(w->map, &orbit->mean, v->fact[i].opens, v->fact[i].closes, t->pass, &why) == 0;
    w->tracks->next_ms = clock_mono_ms() + REST * (clock_mono_ms() - begin);
    return t;
}

/* The orbit of the object of ${fact}, by the first of its identifiers that leads to one. 0 or -1. */
static int
find_orbit(struct watcher *w, const struct watcher_fact *fact, int mode, struct watcher_orbit *out)
{
    int rc = 0;

    out->is_known = false;
    for (size_t i = 0; i < SUBJECT_OBJECT_MAX && rc == 0 && !out->is_known; i++)
        rc = watcher_orbit_ask(w, fact->object[i], mode, out);
    return rc;
}

/* Would the track of ${record} have to be computed, and not now? Then nothing needs to be asked for it. */
static bool
is_turn_of_others(const struct watcher_tracks *t, const char *record)
{
    if (clock_mono_ms() >= t->next_ms)
        return false;
    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->of[i].record, record) == 0)
            return false;
    }
    return true;
}

/* Milliseconds after which a window that says nothing yet is looked at again; 0: it is near enough. */
static int64_t
too_far_ms(const struct watcher_fact *fact, struct utc now)
{
    int64_t in_ms = utc_diff_ms(fact->opens, now) - AHEAD_MS;

    return in_ms <= 0 ? 0 : in_ms < DAY_MS ? in_ms : DAY_MS;
}

/* Of one view. 0 or -1. */
static int
find_track(struct watcher *w, const struct watcher_subject *s, const struct watcher_views *v, size_t i,
           struct found *out)
{
    out->is_late[i] = is_turn_of_others(w->tracks, v->id[i]);
    if (out->is_late[i])
        return 0;
    if (find_orbit(w, &v->fact[i], s->mode, &out->orbit[i]) != 0)
        return -1;
    if (out->orbit[i].is_known) {
        out->track[i] = track_of(w, v, i, &out->orbit[i]);
        out->is_late[i] = out->track[i] == NULL;
    }
    return 0;
}

/* Orbit and track of each view whose window is open, or will be. 0 or -1. */
static int
find(struct watcher *w, const struct watcher_subject *s, const struct watcher_views *v, struct found *out,
     int64_t *look_ms)
{
    struct utc now = clock_utc();

    for (size_t i = 0; i < v->n; i++) {
        const struct watcher_fact *fact = &v->fact[i];
        int64_t again_ms;

        if (!fact->has_window || v->view[i].withdrawn || utc_compare(fact->closes, now) <= 0)
            continue;
        again_ms = too_far_ms(fact, now);
        if (again_ms == 0 && find_track(w, s, v, i, out) != 0)
            return -1;
        if (again_ms == 0)
            again_ms = out->is_late[i] ? w->tracks->next_ms - clock_mono_ms() : WATCHER_LOOK_MS;
        out->waits = out->waits || out->is_late[i];
        if (clock_mono_ms() + again_ms < *look_ms)
            *look_ms = clock_mono_ms() + again_ms;
    }
    return 0;
}

/* The orbits beside the records that are there. */
static void
add_inputs(struct watcher_views *v, struct found *f)
{
    for (size_t i = 0; i < v->n; i++) {
        Parallax__V1__RecordId *id = &f->reference[i];

        if (f->track[i] == NULL || !f->track[i]->is_there)
            continue;
        parallax__v1__record_id__init(id);
        if (record_id_parse(span_str(f->orbit[i].id), f->log[i], &id->index) != 0)
            continue;
        id->log = (ProtobufCBinaryData){LOG_ID_BYTES, f->log[i]};
        v->input[v->inputs++] = (struct watcher_input){f->orbit[i].id, id, i};
    }
}

static int
apply_each(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
           struct watcher_views *v, const struct found *f, int64_t *look_ms)
{
    const struct territory_table *t = &w->rules->territories;
    const char *called = v->subject.object[0][0] != 0 ? v->subject.object[0] : v->subject.key;
    char key[WATCHER_KEY_BYTES], name[WATCHER_KEY_BYTES];
    size_t own[LIMIT_MEMBER_COUNT];
    struct utc now = clock_utc();
    int rc = 0;

    for (size_t i = 0; i < v->n; i++)
        own[i] = v->view[i].n;
    v->key = key;
    v->name = name;
    for (size_t k = 0; k < t->n && rc == 0; k++) {
        print_key(s->key, t->of[k].id, key);
        print_key(called, t->of[k].id, name);
        for (size_t i = 0; i < v->n; i++) {
            v->view[i].n = own[i];
            if (f->track[i] != NULL && f->track[i]->is_there)
                v->view[i].n = territory_figures(&f->track[i]->pass[k], now, v->view[i].figure, own[i]);
        }
        rc = watcher_apply(w, rule, s, v, look_ms);
    }
    for (size_t i = 0; i < v->n; i++)
        v->view[i].n = own[i];
    v->key = v->name = NULL;
    return rc;
}

int
watcher_track_apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
                    struct watcher_views *v, int64_t *look_ms)
{
    struct found *f;
    size_t inputs = v->inputs;
    int rc;

    if (w->rules->territories.n == 0)
        return 0;
    if (w->tracks == NULL)
        w->tracks = mem_new(sizeof *w->tracks);
    f = mem_new(sizeof *f);
    rc = find(w, s, v, f, look_ms);
    /* Half of the tracks would be judged as if the others said nothing. */
    if (rc == 0 && !f->waits) {
        add_inputs(v, f);
        rc = apply_each(w, rule, s, v, f, look_ms);
        v->inputs = inputs;
    }
    free(f);
    return rc;
}

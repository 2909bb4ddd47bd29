/* The watch role's thread. */
#include "daemon/watcher.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "daemon/watcher_internal.h"
#include "types/registry.h"

#define ORBITS_BYTES 4194304 /* mean elements of one object: 128 records */

struct watcher *
watcher_new(struct watchlink *link, const struct rule_table *rules, const struct territory_map *map,
            const char *name)
{
    struct watcher *w = mem_new(sizeof *w);

    w->link = link;
    w->rules = rules;
    w->map = map;
    w->name = name;
    arena_init(&w->orbits, ORBITS_BYTES);
    arena_init(&w->body, LIMIT_ARENA_BODY_BYTES);
    arena_init(&w->prior, LIMIT_ARENA_BODY_BYTES);
    arena_init(&w->alert, LIMIT_ARENA_BODY_BYTES);
    return w;
}

void
watcher_free(struct watcher *w)
{
    if (w == NULL)
        return;
    arena_release(&w->orbits);
    arena_release(&w->body);
    arena_release(&w->prior);
    arena_release(&w->alert);
    free(w->open);
    watcher_claim_free(w->claims);
    watcher_track_free(w->tracks);
    free(w);
}

void
watcher_clear(struct watcher *w)
{
    watcher_open_clear(w);
    w->due_n = 0;
    watcher_claim_clear(w);
}

bool
watcher_knows(const struct watcher *w, const struct type *type)
{
    for (size_t i = 0; i < w->rules->n; i++) {
        if (w->rules->rule[i].type == type)
            return true;
    }
    return false;
}

/* --- One subject ------------------------------------------------------------------------------------------ */

/* By its relation: the subject alone, beside each other record of its type, or beside each territory. */
static int
apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s, struct watcher_views *v,
      int64_t *look_ms)
{
    switch (rule->relation) {
    case RULE_ALONE:
        return watcher_apply(w, rule, s, v, look_ms);
    case RULE_PAIR:
        return watcher_claim_apply(w, rule, s, v, look_ms);
    case RULE_TERRITORY:
        return watcher_track_apply(w, rule, s, v, look_ms);
    }
    return 0;
}

static int
judge_subject(struct watcher *w, const struct watcher_subject *s)
{
    struct watcher_views *v = mem_new(sizeof *v);
    int64_t look_ms = INT64_MAX;
    int rc = watcher_ask_views(w, s, v);

    for (size_t i = 0; i < w->rules->n && rc == 0 && v->n > 0; i++) {
        if (w->rules->rule[i].type == s->type)
            rc = apply(w, &w->rules->rule[i], s, v, &look_ms);
    }
    watchlink_answer_free(v->answer);
    free(v);
    if (rc != 0)
        look_ms = clock_mono_ms() + WATCHER_RETRY_MS;
    watcher_open_due(w, s, look_ms == INT64_MAX ? 0 : look_ms);
    return rc;
}

/* Does the record reach nothing by ${rule}, now or by time alone, and is no alert of it open? */
static bool
is_quiet_for(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
             const ProtobufCMessage *msg)
{
    struct judge_view v = {.origin = ""};
    struct judge_prior none;
    struct judge_result r;

    if (rule->relation == RULE_PAIR)
        return false;
    if (rule->relation == RULE_TERRITORY)
        return watcher_track_is_quiet(w, rule, s, msg);
    v.n = s->type->figures(msg, clock_utc(), v.figure);
    derive_prior(NULL, &none);
    judge(rule, &v, 1, &none, &r);
    return r.level == 0 && !r.waits && !watcher_open_about(w, rule, s->key, s->mode);
}

/* Can the record change nothing? Each origin counts for itself: what alone reaches nothing, and has no alert open, leaves all as it is. */
static bool
is_quiet(struct watcher *w, const struct watcher_subject *s, const ProtobufCMessage *msg)
{
    for (size_t i = 0; i < w->rules->n; i++) {
        if (w->rules->rule[i].type == s->type && !is_quiet_for(w, &w->rules->rule[i], s, msg))
            return false;
    }
    return true;
}

int
watcher_take(struct watcher *w, const Parallax__V1__RecordRow *row)
{
    struct watcher_subject s = {.look_ms = 0};
    const ProtobufCMessage *msg;
    struct subject subject;
    const Parallax__V1__Header *h = watcher_open_row(row, &w->body, &s.type, &msg);

    if (h == NULL || !watcher_knows(w, s.type) || s.type->subject(msg, &subject) != 0)
        return 0;
    s.mode = (int)h->mode;
    memcpy(s.key, subject.key, sizeof s.key);
    for (size_t i = 0; i < w->rules->n; i++)
        w->judged[i] += w->rules->rule[i].type == s.type && h->mode == PARALLAX__V1__MODE__REAL;
    return is_quiet(w, &s, msg) ? 0 : judge_subject(w, &s);
}

int
watcher_take_own(struct watcher *w, const Parallax__V1__RecordRow *row)
{
    const struct type *type;
    const ProtobufCMessage *msg;
    const Parallax__V1__Header *h = watcher_open_row(row, &w->prior, &type, &msg);
    const Parallax__V1__Alert *alert = (const Parallax__V1__Alert *)msg;
    const struct rule *rule;
    Parallax__V1__Alert *end;
    char id[RECORD_ID_TEXT_MAX];

    if (h == NULL || strcmp(alert->state, "CANCELLED") == 0)
        return 0;
    rule = rule_find(w->rules, alert->rule);
    if (rule != NULL && rule->levels > 0 && strcmp(rule->type->name, alert->about_type) == 0 &&
        derive_is_of(alert, rule->relation) &&
        (rule->relation != RULE_TERRITORY || watcher_track_is_named(w, alert))) {
        watcher_open_set(w, watcher_open_hash(alert->id, (int)h->mode), true);
        return 0;
    }
    arena_clear(&w->alert);
    end = derive_end(alert, clock_utc(), &w->alert);
    record_id_print(row->id->log.data, row->id->index, id);
    return end == NULL || watcher_publish(w, end, (int)h->mode, id, NULL, 0) != 0 ? -1 : 0;
}

int
watcher_look(struct watcher *w)
{
    int64_t now = clock_mono_ms();

    for (size_t i = 0; i < w->due_n;) {
        struct watcher_subject s = w->due[i];

        if (s.look_ms > now) {
            i++;
            continue;
        }
        if (judge_subject(w, &s) != 0)
            return -1;
    }
    return 0;
}

int64_t
watcher_wait_ms(const struct watcher *w, int64_t max)
{
    int64_t now = clock_mono_ms(), least = max;

    for (size_t i = 0; i < w->due_n; i++) {
        if (w->due[i].look_ms - now < least)
            least = w->due[i].look_ms - now;
    }
    return least < 0 ? 0 : least;
}

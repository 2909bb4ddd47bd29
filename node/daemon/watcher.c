/* The watch role's thread. */
#include "daemon/watcher.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "core/record.h"
#include "crypt/hash.h"
#include "types/registry.h"
#include "wire/unpack.h"

#define ASK_MS    30000
#define LOOK_MS   60000 /* between two looks at what time alone may change */
#define RETRY_MS  1000  /* before what could not be published is tried again */
#define TURNED_MS 20    /* behind the moment at which a figure crosses its threshold */
#define SAY_MS    10000 /* between two words of what could not be published */

/* What every origin says of one subject now. */
struct views {
    struct subject subject;
    struct judge_view view[LIMIT_MEMBER_COUNT];
    char id[LIMIT_MEMBER_COUNT][RECORD_ID_TEXT_MAX];
    Parallax__V1__RecordId *reference[LIMIT_MEMBER_COUNT];
    size_t n;
    Parallax__V1__Answer *answer; /* what origin and reference point into */
};

struct watcher *
watcher_new(struct watchlink *link, const struct rule_table *rules, const char *name)
{
    struct watcher *w = mem_new(sizeof *w);

    w->link = link;
    w->rules = rules;
    w->name = name;
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
    arena_release(&w->body);
    arena_release(&w->prior);
    arena_release(&w->alert);
    free(w);
}

void
watcher_clear(struct watcher *w)
{
    w->open_n = w->due_n = 0;
    w->open_is_full = false;
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

/* --- Which alerts are open --------------------------------------------------------------------------------- */

static uint64_t
hash_of(const char *id, int mode)
{
    uint8_t hash[HASH_BYTES];
    char text[DERIVE_ID_BYTES + 16];
    uint64_t out;

    (void)snprintf(text, sizeof text, "%d %s", mode, id);
    hash_sha256(span_str(text), hash);
    memcpy(&out, hash, sizeof out);
    return out;
}

static bool
is_open(const struct watcher *w, uint64_t hash)
{
    for (size_t i = 0; i < w->open_n; i++) {
        if (w->open[i] == hash)
            return true;
    }
    return w->open_is_full;
}

static void
set_open(struct watcher *w, uint64_t hash, bool open)
{
    for (size_t i = 0; i < w->open_n; i++) {
        if (w->open[i] != hash)
            continue;
        if (!open)
            w->open[i] = w->open[--w->open_n];
        return;
    }
    if (open && w->open_n < LIMIT_WATCH_OPEN_COUNT)
        w->open[w->open_n++] = hash;
    else if (open)
        w->open_is_full = true;
}

/* Again at ${look_ms}; 0: no more. */
static void
set_due(struct watcher *w, const struct watcher_subject *s, int64_t look_ms)
{
    for (size_t i = 0; i < w->due_n; i++) {
        if (w->due[i].type != s->type || w->due[i].mode != s->mode || strcmp(w->due[i].key, s->key) != 0)
            continue;
        w->due[i].look_ms = look_ms;
        if (look_ms == 0)
            w->due[i] = w->due[--w->due_n];
        return;
    }
    if (look_ms == 0)
        return;
    if (w->due_n < LIMIT_WATCH_OPEN_COUNT) {
        w->due[w->due_n] = *s;
        w->due[w->due_n++].look_ms = look_ms;
        return;
    }
    if (!w->due_was_full)
        log_event(EV_watch_full, "subjects=%zu", w->due_n);
    w->due_was_full = true;
}

/* --- What a record says --------------------------------------------------------------------------------------- */

/*
 * The header and, in ${msg}, the body of ${row} in ${a}. NULL for what is not judged: what is not readable or not believed, and what is sealed: an
 * alert is for everybody, and would tell what it follows from.
 */
static Parallax__V1__Header *
open_row(const Parallax__V1__RecordRow *row, struct arena *a, const struct type **type,
         const ProtobufCMessage **msg)
{
    Parallax__V1__Header *h;
    struct why why;

    why_clear(&why);
    arena_clear(a);
    if (row->id == NULL || row->id->log.len != LOG_ID_BYTES || row->quarantine[0] != 0)
        return NULL;
    h = record_header_read(span_of(row->header.data, row->header.len), row->id->log.data, a, &why);
    if (h == NULL || h->sealing != PARALLAX__V1__SEALING__NONE)
        return NULL;
    *type = registry_type_cstr(h->type);
    if (*type == NULL || row->body.len == 0)
        return NULL;
    *msg = registry_unpack(*type, span_of(row->body.data, row->body.len), a, &why);
    return *msg != NULL ? h : NULL;
}

static bool
is_withdrawn(const Parallax__V1__Header *h)
{
    return h->kind == PARALLAX__V1__KIND__CANCEL || h->kind == PARALLAX__V1__KIND__RETRACT;
}

/* The records of one type and subject, the newest of each origin. NULL: the node was lost, or refused. */
static Parallax__V1__Answer *
ask_subject(struct watcher *w, const char *type, const char *key, int mode, const char *origin)
{
    Parallax__V1__QueryRequest q = PARALLAX__V1__QUERY_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;

    q.type = (char *)(uintptr_t)type;
    q.subject = (char *)(uintptr_t)key;
    q.origin = (char *)(uintptr_t)origin;
    q.mode = (Parallax__V1__Mode)mode;
    request.what_case = PARALLAX__V1__REQUEST__WHAT_QUERY;
    request.query = &q;
    answer = watchlink_ask(w->link, &request, ASK_MS);
    if (answer != NULL && answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS) {
        watchlink_answer_free(answer);
        return NULL;
    }
    return answer;
}

static int
ask_views(struct watcher *w, const struct watcher_subject *s, struct views *out)
{
    struct utc now = clock_utc();

    out->n = 0;
    out->answer = ask_subject(w, s->type->name, s->key, s->mode, "");
    if (out->answer == NULL)
        return -1;
    for (size_t i = 0; i < out->answer->records->n_rows && out->n < LIMIT_MEMBER_COUNT; i++) {
        const Parallax__V1__RecordRow *row = out->answer->records->rows[i];
        struct judge_view *v = &out->view[out->n];
        const struct type *type;
        const ProtobufCMessage *msg;
        const Parallax__V1__Header *h = open_row(row, &w->body, &type, &msg);

        if (h == NULL || type != s->type || type->subject(msg, &out->subject) != 0)
            continue;
        *v = (struct judge_view){.origin = row->origin, .withdrawn = is_withdrawn(h)};
        v->n = type->figures(msg, now, v->figure);
        record_id_print(row->id->log.data, row->id->index, out->id[out->n]);
        out->reference[out->n++] = row->id;
    }
    return 0;
}

/* The alert that this node has published last, in the prior arena; *${out} NULL: none. ${id} is its record. 0 or -1. */
static int
ask_prior(struct watcher *w, const char *key, int mode, const Parallax__V1__Alert **out,
          char id[RECORD_ID_TEXT_MAX])
{
    Parallax__V1__Answer *answer = ask_subject(w, DERIVE_TYPE, key, mode, w->name);
    const struct type *type;
    const ProtobufCMessage *msg;

    *out = NULL;
    id[0] = 0;
    if (answer == NULL)
        return -1;
    if (answer->records->n_rows > 0 && open_row(answer->records->rows[0], &w->prior, &type, &msg) != NULL) {
        *out = (const Parallax__V1__Alert *)msg;
        record_id_print(answer->records->rows[0]->id->log.data, answer->records->rows[0]->id->index, id);
    }
    watchlink_answer_free(answer);
    return 0;
}

/* --- What is published ------------------------------------------------------------------------------------------ */

/* 0; 1 = the node refused it for now; -1 = lost. */
static int
publish(struct watcher *w, const Parallax__V1__Alert *alert, int mode, const char *before,
        Parallax__V1__RecordId **reference, size_t references)
{
    uint8_t key[DERIVE_KEY_BYTES];
    const char *why;
    int rc;

    derive_key(alert, mode, before, key);
    rc = watchlink_publish(w->link, &alert->base, DERIVE_TYPE, (Parallax__V1__Mode)mode, key, reference,
                           references, &why);
    if (rc == 0) {
        log_event(EV_alert_published, "rule=%s state=%s level=%s mode=%s", alert->rule, alert->state,
                  alert->level, record_mode_name(mode));
    } else if (rc == 1 && clock_mono_ms() >= w->say_ms) {
        w->say_ms = clock_mono_ms() + SAY_MS;
        log_event(EV_alert_delayed, "rule=%s why=%s", alert->rule, why);
    }
    return rc;
}

/* The inputs that the header refers to: those that count first. */
static size_t
pick_references(const struct views *v, const struct judge_result *r, Parallax__V1__RecordId **out)
{
    size_t n = 0;

    for (int is_counting = 1; is_counting >= 0; is_counting--) {
        for (size_t i = 0; i < v->n; i++) {
            if ((r->reached[i] > 0) == (is_counting == 1))
                out[n++] = v->reference[i];
        }
    }
    return n;
}

/* When time alone may change it: every minute, and as soon as a figure in hours has crossed its threshold. 0. */
static int
look_again(const struct judge_result *r, int64_t *look_ms)
{
    int64_t in_ms = r->turn_h * 3600000.0 < LOOK_MS ? (int64_t)(r->turn_h * 3600000.0) + TURNED_MS : LOOK_MS;

    if (r->waits && clock_mono_ms() + in_ms < *look_ms)
        *look_ms = clock_mono_ms() + in_ms;
    return 0;
}

/* One rule and what is said of one subject. ${look_ms} sinks to when it is to be looked at again. 0 or -1. */
static int
apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s, const struct views *v,
      int64_t *look_ms)
{
    Parallax__V1__RecordId *reference[LIMIT_MEMBER_COUNT];
    const char *input[LIMIT_MEMBER_COUNT];
    const Parallax__V1__Alert *before = NULL;
    Parallax__V1__Alert *alert;
    struct judge_prior prior;
    struct judge_result r;
    struct derive d = {.rule = rule,
                       .type = s->type,
                       .subject = &v->subject,
                       .input = input,
                       .inputs = v->n,
                       .mode = s->mode,
                       .now = clock_utc()};
    char id[DERIVE_ID_BYTES], record[RECORD_ID_TEXT_MAX];
    int rc;

    derive_id(rule->id, s->type->name, s->key, id);
    derive_prior(NULL, &prior);
    judge(rule, v->view, v->n, &prior, &r);
    if (!is_open(w, hash_of(id, s->mode)) && r.state == JUDGE_SAME)
        return look_again(&r, look_ms);
    if (ask_prior(w, id, s->mode, &before, record) != 0)
        return -1;
    derive_prior(before, &prior);
    judge(rule, v->view, v->n, &prior, &r);
    set_open(w, hash_of(id, s->mode), prior.is_up);
    if (r.state == JUDGE_SAME)
        return look_again(&r, look_ms);
    for (size_t i = 0; i < v->n; i++)
        input[i] = v->id[i];
    arena_clear(&w->alert);
    alert = derive_alert(&d, &r, before, &w->alert);
    if (alert == NULL)
        return -1; /* no memory: an operating error of ours */
    rc = publish(w, alert, s->mode, record, reference, pick_references(v, &r, reference));
    if (rc > 0)
        *look_ms = clock_mono_ms() + RETRY_MS;
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    set_open(w, hash_of(id, s->mode), r.level > 0);
    return look_again(&r, look_ms);
}

static int
judge_subject(struct watcher *w, const struct watcher_subject *s)
{
    struct views *v = mem_new(sizeof *v);
    int64_t look_ms = INT64_MAX;
    int rc = ask_views(w, s, v);

    for (size_t i = 0; i < w->rules->n && rc == 0 && v->n > 0; i++) {
        if (w->rules->rule[i].type == s->type)
            rc = apply(w, &w->rules->rule[i], s, v, &look_ms);
    }
    watchlink_answer_free(v->answer);
    free(v);
    if (rc != 0)
        look_ms = clock_mono_ms() + RETRY_MS;
    set_due(w, s, look_ms == INT64_MAX ? 0 : look_ms);
    return rc;
}

/* Can the record change nothing? Each origin counts for itself: what alone reaches nothing, and has no alert open, leaves all as it is. */
static bool
is_quiet(struct watcher *w, const struct watcher_subject *s, const ProtobufCMessage *msg)
{
    struct judge_view v = {.origin = ""};
    struct judge_prior none;
    struct judge_result r;
    char id[DERIVE_ID_BYTES];

    v.n = s->type->figures(msg, clock_utc(), v.figure);
    derive_prior(NULL, &none);
    for (size_t i = 0; i < w->rules->n; i++) {
        const struct rule *rule = &w->rules->rule[i];

        if (rule->type != s->type)
            continue;
        derive_id(rule->id, s->type->name, s->key, id);
        judge(rule, &v, 1, &none, &r);
        if (r.level > 0 || r.waits || is_open(w, hash_of(id, s->mode)))
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
    const Parallax__V1__Header *h = open_row(row, &w->body, &s.type, &msg);

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
    const Parallax__V1__Header *h = open_row(row, &w->prior, &type, &msg);
    const Parallax__V1__Alert *alert = (const Parallax__V1__Alert *)msg;
    const struct rule *rule;
    Parallax__V1__Alert *end;
    char id[RECORD_ID_TEXT_MAX];

    if (h == NULL || strcmp(alert->state, "CANCELLED") == 0)
        return 0;
    rule = rule_find(w->rules, alert->rule);
    if (rule != NULL && strcmp(rule->type->name, alert->about_type) == 0) {
        set_open(w, hash_of(alert->id, (int)h->mode), true);
        return 0;
    }
    arena_clear(&w->alert);
    end = derive_end(alert, clock_utc(), &w->alert);
    record_id_print(row->id->log.data, row->id->index, id);
    return end == NULL || publish(w, end, (int)h->mode, id, NULL, 0) != 0 ? -1 : 0;
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

/* The watch role's thread. */
#include "daemon/reporter.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "types/registry.h"
#include "wire/unpack.h"

#define ASK_MS   30000
#define LOOK_MS  15000 /* between two looks at the sources, at most */
#define STALE_S  90    /* after so long without a heartbeat a log is stale */
#define RETRY_MS 1000  /* before what could not be said is tried again */

struct reporter {
    struct watchlink *link;
    const struct rule_table *rules;
    struct watcher *watcher;
    const char *name;
    int64_t period_s, late_ms;
    int64_t look_ms;                   /* monotonic */
    bool is_held_up;                   /* what is due could not be said: not before ${look_ms} */
    bool is_known;                     /* what this node said before is read */
    struct utc from;                   /* begin of the period that runs */
    struct utc end;                    /* of it, by the clock */
    size_t next;                       /* rule of the period that ended; rules->n: all are out */
    struct utc to[LIMIT_RULE_COUNT];   /* end of the last report of each rule */
    uint64_t alerts[LIMIT_RULE_COUNT]; /* of each rule, open in the period that ended */
    struct report_source source[LIMIT_MEMBER_COUNT];
    int64_t first_ms[LIMIT_MEMBER_COUNT]; /* monotonic: since when each is looked for */
    size_t sources;
    bool clock_is_suspect;
    struct arena body, report;
};

struct reporter *
reporter_new(struct watchlink *link, const struct rule_table *rules, struct watcher *w, const char *name,
             int64_t period_s, int64_t late_s)
{
    struct reporter *r = mem_new(sizeof *r);

    r->link = link;
    r->rules = rules;
    r->watcher = w;
    r->name = name;
    r->period_s = period_s;
    r->late_ms = late_s * 1000;
    r->next = rules->n;
    arena_init(&r->body, LIMIT_ARENA_BODY_BYTES);
    arena_init(&r->report, LIMIT_ARENA_BODY_BYTES);
    return r;
}

void
reporter_free(struct reporter *r)
{
    if (r == NULL)
        return;
    arena_release(&r->body);
    arena_release(&r->report);
    free(r);
}

/* --- What this node said before ---------------------------------------------------------------------------- */

typedef void take_fn(struct reporter *r, const ProtobufCMessage *msg);

/* Own records of one type on their way to who takes them. */
struct reading {
    struct reporter *r;
    const struct type *type;
    take_fn *take;
};

static int
open_row(void *cookie, const Parallax__V1__RecordRow *row)
{
    struct reading *own = cookie;
    const ProtobufCMessage *msg = NULL;
    struct why why;

    why_clear(&why);
    arena_clear(&own->r->body);
    if (row->body.len > 0)
        msg = registry_unpack(own->type, span_of(row->body.data, row->body.len), &own->r->body, &why);
    if (msg != NULL)
        own->take(own->r, msg);
    return 0;
}

/* The newest own record of each subject of a type. 0, or -1 when the node was lost. */
static int
each_own(struct reporter *r, const char *type_name, take_fn *take)
{
    struct reading own = {.r = r, .type = registry_type_cstr(type_name), .take = take};

    return watchlink_each(r->link, type_name, PARALLAX__V1__MODE__REAL, r->name, open_row, &own);
}

/* The place of ${name}; a new one where it is not known. NULL: there are too many. */
static struct report_source *
source_of(struct reporter *r, const char *name)
{
    struct report_source *s = NULL;

    for (size_t i = 0; i < r->sources; i++) {
        if (strcmp(r->source[i].name, name) == 0)
            return &r->source[i];
    }
    if (r->sources < LIMIT_MEMBER_COUNT && strlen(name) < sizeof s->name) {
        r->first_ms[r->sources] = clock_mono_ms();
        s = &r->source[r->sources++];
        *s = (struct report_source){.is_late = false};
        (void)snprintf(s->name, sizeof s->name, "%s", name);
    }
    return s;
}

static void
take_report(struct reporter *r, const ProtobufCMessage *msg)
{
    const Parallax__V1__WatchReport *report = (const Parallax__V1__WatchReport *)msg;
    struct report_source *s;

    if (strcmp(report->state, "SOURCE LATE") == 0) {
        s = source_of(r, report->origin);
        if (s != NULL)
            s->is_late = true;
        return;
    }
    for (size_t i = 0; i < r->rules->n; i++) {
        if (strcmp(r->rules->rule[i].id, report->rule) == 0)
            (void)utc_parse(span_str(report->period_to), &r->to[i]);
    }
}

/* The first look: what was said before, and the period that runs. */
static int
begin(struct reporter *r)
{
    r->sources = 0;
    if (each_own(r, REPORT_TYPE, take_report) != 0)
        return -1;
    r->from = clock_utc();
    if (r->period_s > 0)
        r->end = utc_add_ns(report_begin(r->from, r->period_s), r->period_s * 1000000000);
    r->is_known = true;
    return 0;
}

/* --- The sources ---------------------------------------------------------------------------------------------- */

/* Members of the roster are sources; who was removed is none any more. */
static int
ask_members(struct reporter *r)
{
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;
    const Parallax__V1__StatusAnswer *status;
    size_t kept = 0;

    request.what_case = PARALLAX__V1__REQUEST__WHAT_STATUS;
    request.status = &plain;
    answer = watchlink_ask(r->link, &request, ASK_MS);
    if (answer == NULL || answer->what_case != PARALLAX__V1__ANSWER__WHAT_STATUS) {
        watchlink_answer_free(answer);
        return -1;
    }
    status = answer->status;
    r->clock_is_suspect = status->clock_suspect;
    for (size_t i = 0; i < r->sources; i++) {
        bool is_member = false;

        for (size_t k = 0; k < status->n_peers; k++)
            is_member = is_member || strcmp(status->peers[k]->node, r->source[i].name) == 0;
        if (is_member) {
            r->first_ms[kept] = r->first_ms[i];
            r->source[kept++] = r->source[i];
        }
    }
    r->sources = kept;
    for (size_t k = 0; k < status->n_peers; k++)
        (void)source_of(r, status->peers[k]->node);
    watchlink_answer_free(answer);
    return 0;
}

/*
 * Up to when a log is known to be complete. A head that grew since the last heartbeat has none of its own: then the log was heard of within the time after which the core calls it
 * stale, or it is stale and nothing newer is known of it than before.
 */
static struct utc
heard_of(const Parallax__V1__LogStatus *log, struct utc before)
{
    struct utc lately = utc_add_ns(clock_utc(), -(int64_t)STALE_S * 1000000000);

    if (log->heartbeat_ms != 0)
        return utc_from_ms(log->heartbeat_ms);
    return strcmp(log->state, "stale") == 0 || utc_compare(lately, before) < 0 ? before : lately;
}

/* A source is heard up to when the log of it is complete that was heard of least. */
static void
take_log(struct reporter *r, const Parallax__V1__LogStatus *log, const struct utc before[LIMIT_MEMBER_COUNT],
         bool seen[LIMIT_MEMBER_COUNT])
{
    for (size_t i = 0; i < r->sources; i++) {
        struct report_source *s = &r->source[i];
        struct utc heard;

        if (strcmp(s->name, log->origin) != 0)
            continue;
        s->records += log->size;
        if (log->closed || strcmp(log->state, "closed") == 0 || strcmp(log->state, "frozen") == 0)
            return;
        heard = heard_of(log, before[i]);
        if (!seen[i] || utc_compare(heard, s->heard) < 0)
            s->heard = heard;
        seen[i] = true;
        return;
    }
}

static int
ask_logs(struct reporter *r)
{
    bool seen[LIMIT_MEMBER_COUNT] = {false};
    struct utc before[LIMIT_MEMBER_COUNT];
    struct buf cursor;
    bool more = true;
    int rc = 0;

    for (size_t i = 0; i < r->sources; i++) {
        before[i] = r->source[i].heard;
        r->source[i].records = 0;
    }
    buf_init(&cursor, LIMIT_API_BYTES);
    while (more && rc == 0) {
        Parallax__V1__LogsRequest q = PARALLAX__V1__LOGS_REQUEST__INIT;
        Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
        Parallax__V1__Answer *answer;

        q.after = (ProtobufCBinaryData){cursor.n, cursor.p};
        request.what_case = PARALLAX__V1__REQUEST__WHAT_LOGS;
        request.logs = &q;
        answer = watchlink_ask(r->link, &request, ASK_MS);
        if (answer == NULL || answer->what_case != PARALLAX__V1__ANSWER__WHAT_LOGS) {
            watchlink_answer_free(answer);
            rc = -1;
            break;
        }
        for (size_t i = 0; i < answer->logs->n_logs; i++)
            take_log(r, answer->logs->logs[i], before, seen);
        buf_clear(&cursor);
        buf_put(&cursor, answer->logs->cursor.data, answer->logs->cursor.len);
        more = cursor.n > 0;
        watchlink_answer_free(answer);
    }
    buf_release(&cursor);
    return rc;
}

/* For how long nothing was heard: of what the origin signed, but not for longer than this node has listened. */
static void
count_silence(struct reporter *r)
{
    struct utc now = clock_utc();

    for (size_t i = 0; i < r->sources; i++) {
        struct report_source *s = &r->source[i];
        int64_t here = clock_mono_ms() - r->first_ms[i];

        s->silent_ms = utc_is_zero(s->heard) ? here : utc_diff_ms(now, s->heard);
        if (s->silent_ms > here && !s->is_late)
            s->silent_ms = here;
    }
}

/* --- What is said --------------------------------------------------------------------------------------------- */

/* 0; 1 = refused for now; -1 = lost. */
static int
say(struct reporter *r, const Parallax__V1__WatchReport *report)
{
    uint8_t key[REPORT_KEY_BYTES];
    const char *why;
    int rc;

    if (report == NULL)
        return 1; /* no memory: an operating error of ours */
    report_key(report, key);
    rc = watchlink_publish(r->link, &report->base, REPORT_TYPE, PARALLAX__V1__MODE__REAL, key, NULL, 0, &why);
    if (rc == 0)
        log_event(EV_watch_reported, "report=\"%s\" state=\"%s\"", report->id, report->state);
    return rc;
}

static int
say_sources(struct reporter *r)
{
    for (size_t i = 0; i < r->sources && !r->clock_is_suspect; i++) {
        struct report_source *s = &r->source[i];
        int rc;

        if (!report_turned(s, r->late_ms))
            continue;
        arena_clear(&r->report);
        rc = say(r, report_source(s, !s->is_late, clock_utc(), &r->report));
        if (rc != 0)
            return rc;
        s->is_late = !s->is_late;
    }
    return 0;
}

/* Has the period that runs come to its end? */
static bool
is_over(const struct reporter *r)
{
    return r->period_s > 0 && r->is_known && utc_compare(clock_utc(), r->end) >= 0;
}

/* From when the report of a rule is: one that goes on from the one before, over a start, is of a whole period, for a start judges everything that is held. */
static struct utc
from_of(const struct reporter *r, size_t i)
{
    struct utc begin = report_begin(r->from, r->period_s);

    return utc_compare(r->to[i], begin) == 0 ? begin : r->from;
}

/* Own alerts that are up, or were when the period began. */
static void
take_alert(struct reporter *r, const ProtobufCMessage *msg)
{
    const Parallax__V1__Alert *alert = (const Parallax__V1__Alert *)msg;
    struct utc issued;

    for (size_t i = 0; i < r->rules->n; i++) {
        if (strcmp(alert->rule, r->rules->rule[i].id) == 0 &&
            (strcmp(alert->state, "CANCELLED") != 0 ||
             (utc_parse(span_str(alert->issued), &issued) == 0 && utc_compare(issued, from_of(r, i)) >= 0)))
            r->alerts[i]++;
    }
}

static int
say_period(struct reporter *r, size_t i)
{
    const struct rule *rule = &r->rules->rule[i];
    struct report_period p = {.rule = rule,
                              .from = from_of(r, i),
                              .to = r->end,
                              .now = clock_utc(),
                              .judged = r->watcher->judged[i],
                              .alerts = r->alerts[i],
                              .source = r->source,
                              .sources = r->sources,
                              .late_ms = r->late_ms};
    int rc;

    if (!rule_is_in_force(r->rules, rule))
        return 0;
    if (r->clock_is_suspect)
        p.obstacle = "the clock is suspect";
    else if (r->watcher->due_was_full)
        p.obstacle = "more subjects are open than can be looked at";
    else if (rule->relation == RULE_TERRITORY && r->watcher->map->made < r->watcher->map->n)
        p.obstacle = "a territory of rules.yaml is not in force";
    arena_clear(&r->report);
    rc = say(r, report_period(&p, &r->report));
    if (rc == 0) {
        r->watcher->judged[i] = 0;
        r->to[i] = r->end;
    }
    return rc;
}

static int
say_periods(struct reporter *r)
{
    int rc = 0;

    if (!is_over(r))
        return 0;
    if (r->next == r->rules->n) {
        memset(r->alerts, 0, sizeof r->alerts);
        if (each_own(r, DERIVE_TYPE, take_alert) != 0)
            return -1;
        r->next = 0;
    }
    for (; r->next < r->rules->n && rc == 0; r->next += rc == 0)
        rc = say_period(r, r->next);
    if (rc == 0) {
        r->from = r->end;
        r->end = utc_add_ns(report_begin(clock_utc(), r->period_s), r->period_s * 1000000000);
    }
    return rc;
}

int
reporter_look(struct reporter *r)
{
    int rc = 0;

    if (clock_mono_ms() < r->look_ms && (r->is_held_up || !is_over(r)))
        return 0;
    if (!r->is_known)
        rc = begin(r);
    if (rc == 0 && (rc = ask_members(r)) == 0)
        rc = ask_logs(r);
    if (rc == 0) {
        count_silence(r);
        rc = say_sources(r);
    }
    if (rc == 0)
        rc = say_periods(r);
    r->is_held_up = rc != 0;
    r->look_ms = clock_mono_ms() + (rc != 0 ? RETRY_MS : LOOK_MS);
    return rc < 0 ? -1 : 0;
}

int64_t
reporter_wait_ms(const struct reporter *r, int64_t max)
{
    int64_t left = r->look_ms - clock_mono_ms();
    int64_t to_end = r->period_s == 0 || !r->is_known ? max : utc_diff_ms(r->end, clock_utc());

    left = to_end < left && !r->is_held_up ? to_end : left;
    return left < 0 ? 0 : left < max ? left : max;
}

/*
 * The watch role: no key, no store, no network; it speaks to the api socket of its own node as any local program does. It keeps nothing on disk: a start
 * looks at the whole picture and at the node's own alerts, then follows what becomes visible. Alerts that are out already are not
 * made again, because what is judged is compared with them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/log.h"
#include "daemon/reporter.h"
#include "daemon/role.h"
#include "daemon/watcher.h"
#include "watch/borders_find.h"

#define OWN_RULES "rules.yaml"
#define ASK_MS    30000
#define WAIT_MS   20000 /* how long the node may let a question wait for something new */
#define AGAIN_US  200000

struct watch {
    struct watchlink *link;
    struct watcher *watcher;
    struct reporter *reporter;
    struct rule_table *rules;
    struct territory_map map;
    char *types[LIMIT_RULE_COUNT]; /* that rules name */
    size_t types_n;
    uint8_t incarnation[16];
    uint64_t after; /* delivery number */
};

static const Parallax__V1__Mode modes[] = {PARALLAX__V1__MODE__REAL, PARALLAX__V1__MODE__EXERCISE,
                                           PARALLAX__V1__MODE__TEST, PARALLAX__V1__MODE__SIMULATED};
#define MODES (sizeof modes / sizeof *modes)

typedef int take_fn(struct watcher *w, const Parallax__V1__RecordRow *row);

/* A file that is wrong is said loudly, and changes nothing: the supplied rules are in force. */
static void
load_rules(struct watch *w)
{
    struct buf text;
    struct why why;
    size_t own = 0;

    why_clear(&why);
    w->rules = rule_table_new();
    buf_init(&text, LIMIT_CONF_BYTES);
    if (file_read(OWN_RULES, &text) != 0) {
        if (errno != ENOENT)
            log_event(EV_conf_error, "where=%s note=\"%s\"", OWN_RULES, strerror(errno));
    } else if (rule_table_override(w->rules, buf_span(&text), &why) != 0) {
        log_event(EV_conf_error, "where=%s:%u:%u note=\"%s: the supplied rules are in force\"", OWN_RULES,
                  why.line, why.column, why.note);
    }
    buf_release(&text);
    for (size_t i = 0; i < w->rules->n; i++) {
        const struct rule *rule = &w->rules->rule[i];
        bool is_known = false;

        own += rule->overridden;
        for (size_t k = 0; k < w->types_n; k++)
            is_known = is_known || strcmp(w->types[k], rule->type->name) == 0;
        if (!is_known)
            w->types[w->types_n++] = (char *)(uintptr_t)rule->type->name;
    }
    log_event(EV_rules_loaded, "rules=%zu own=%zu", w->rules->n, own);
}

/* A territory that cannot be made is said loudly: the others, and the other rules, are in force. */
static void
load_territories(struct watch *w)
{
    const struct territory_table *t = &w->rules->territories;
    char path[BORDERS_PATH_MAX] = "borders";
    struct borders file;
    struct why why;
    int found = 0;

    why_clear(&why);
    if (territory_wants_borders(t))
        found = borders_find(&file, NULL, path, &why);
    if (found < 0)
        log_event(EV_conf_error, "where=%s note=\"%s\"", path, why.note);
    territory_map_make(t, found > 0 ? &file : NULL, &w->map);
    for (size_t i = 0; i < w->map.n; i++) {
        if (w->map.note[i][0] != 0)
            log_event(EV_conf_error, "where=%s:%u note=\"territory %s: %s\"", OWN_RULES, t->of[i].line,
                      t->of[i].id, w->map.note[i]);
    }
    if (found > 0)
        borders_release(&file);
}

/* Records on their way to the watcher, and how many they are. */
struct sweeping {
    struct watcher *watcher;
    take_fn *take;
    uint64_t n;
};

static int
take_row(void *cookie, const Parallax__V1__RecordRow *row)
{
    struct sweeping *s = cookie;
    int rc = s->take(s->watcher, row);

    s->n++;
    return rc;
}

/* From where to follow, then the picture: what comes in between is seen twice, which does no harm. */
static int
sweep(struct watch *w, const char *name)
{
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Answer *answer;
    struct sweeping subjects = {.watcher = w->watcher, .take = watcher_take};
    struct sweeping own = {.watcher = w->watcher, .take = watcher_take_own};
    int rc = 0;

    request.what_case = PARALLAX__V1__REQUEST__WHAT_STATUS;
    request.status = &plain;
    answer = watchlink_ask(w->link, &request, ASK_MS);
    if (answer == NULL || answer->what_case != PARALLAX__V1__ANSWER__WHAT_STATUS ||
        answer->status->incarnation.len != sizeof w->incarnation) {
        watchlink_answer_free(answer);
        return -1;
    }
    w->after = answer->status->delivery;
    memcpy(w->incarnation, answer->status->incarnation.data, sizeof w->incarnation);
    watchlink_answer_free(answer);
    watcher_clear(w->watcher);
    for (size_t m = 0; m < MODES && rc == 0; m++)
        rc = watchlink_each(w->link, DERIVE_TYPE, modes[m], name, take_row, &own);
    for (size_t i = 0; i < w->types_n; i++) {
        for (size_t m = 0; m < MODES && rc == 0; m++)
            rc = watchlink_each(w->link, w->types[i], modes[m], "", take_row, &subjects);
    }
    if (rc == 0)
        log_event(EV_watch_swept, "subjects=%llu open=%zu", (unsigned long long)subjects.n,
                  w->watcher->open_n);
    return rc;
}

/* What has become visible since. 0; 1 = it is another store: sweep; -1 = lost. */
static int
follow(struct watch *w)
{
    Parallax__V1__TailRequest q = PARALLAX__V1__TAIL_REQUEST__INIT;
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__Mode all[MODES];
    Parallax__V1__Answer *answer;
    const Parallax__V1__RecordsAnswer *page;
    int rc = 0;

    memcpy(all, modes, sizeof all);
    q.types = w->types;
    q.n_types = w->types_n;
    q.modes = all;
    q.n_modes = MODES;
    q.incarnation = (ProtobufCBinaryData){sizeof w->incarnation, w->incarnation};
    q.after = w->after;
    q.wait_ms = (uint32_t)reporter_wait_ms(w->reporter, watcher_wait_ms(w->watcher, WAIT_MS));
    request.what_case = PARALLAX__V1__REQUEST__WHAT_TAIL;
    request.tail = &q;
    answer = watchlink_ask(w->link, &request, WAIT_MS + ASK_MS);
    if (answer == NULL || answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS) {
        watchlink_answer_free(answer);
        return -1;
    }
    page = answer->records;
    if (page->incarnation.len != sizeof w->incarnation ||
        memcmp(page->incarnation.data, w->incarnation, sizeof w->incarnation) != 0)
        rc = 1;
    for (size_t i = 0; i < page->n_rows && rc == 0; i++)
        rc = watcher_take(w->watcher, page->rows[i]);
    if (rc == 0 && page->delivery != 0)
        w->after = page->delivery;
    watchlink_answer_free(answer);
    return rc;
}

/* A node that is lost, or not ready yet, is asked again: nothing is decided without it, and nothing is forgotten. */
static void
run(struct watch *w, const char *name)
{
    bool is_swept = false;

    for (;;) {
        int rc;

        if (!is_swept)
            rc = sweep(w, name);
        else if ((rc = watcher_look(w->watcher)) == 0 && (rc = reporter_look(w->reporter)) == 0)
            rc = follow(w);
        is_swept = rc < 0 ? is_swept : rc == 0;
        if (rc < 0)
            usleep(AGAIN_US);
    }
}

int
role_watch(const struct role_args *args)
{
    struct watch w = {.types_n = 0};

    load_rules(&w);
    load_territories(&w);
    w.link = watchlink_new(ROLE_API_SOCKET);
    w.watcher = watcher_new(w.link, w.rules, &w.map, args->conf->name);
    w.reporter = reporter_new(w.link, w.rules, w.watcher, args->conf->name,
                              (int64_t)args->conf->report_period_s, (int64_t)args->conf->report_late_s);
    role_ready(args);
    run(&w, args->conf->name);
    return 1;
}

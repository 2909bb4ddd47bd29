/* The watch role's thread. One rule against one subject: what has changed is published. */
#include "daemon/watcher_internal.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"

#define TURNED_MS 20    /* behind the moment at which a figure crosses its threshold */
#define SAY_MS    10000 /* between two words of what could not be published */

int
watcher_publish(struct watcher *w, const Parallax__V1__Alert *alert, int mode, const char *before,
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
pick_references(const struct watcher_views *v, const struct judge_result *r, Parallax__V1__RecordId **out)
{
    size_t n = 0;

    for (int is_counting = 1; is_counting >= 0; is_counting--) {
        for (size_t i = 0; i < v->inputs; i++) {
            if ((r->reached[v->input[i].view] > 0) == (is_counting == 1))
                out[n++] = v->input[i].reference;
        }
    }
    return n;
}

/* When time alone may change it: every minute, and as soon as a figure in hours has crossed its threshold. 0. */
static int
look_again(const struct judge_result *r, int64_t *look_ms)
{
    int64_t in_ms = r->turn_h * 3600000.0 < WATCHER_LOOK_MS ? (int64_t)(r->turn_h * 3600000.0) + TURNED_MS
                                                            : WATCHER_LOOK_MS;

    if (r->waits && clock_mono_ms() + in_ms < *look_ms)
        *look_ms = clock_mono_ms() + in_ms;
    return 0;
}

int
watcher_apply(struct watcher *w, const struct rule *rule, const struct watcher_subject *s,
              const struct watcher_views *v, int64_t *look_ms)
{
    Parallax__V1__RecordId *reference[2 * LIMIT_MEMBER_COUNT];
    const char *input[2 * LIMIT_MEMBER_COUNT];
    size_t of[2 * LIMIT_MEMBER_COUNT];
    const Parallax__V1__Alert *before = NULL;
    Parallax__V1__Alert *alert;
    struct judge_prior prior;
    struct judge_result r;
    struct derive d = {.rule = rule,
                       .type = s->type,
                       .subject = &v->subject,
                       .key = v->key,
                       .name = v->name,
                       .input = input,
                       .of = of,
                       .inputs = v->inputs,
                       .mode = s->mode,
                       .now = clock_utc()};
    char id[DERIVE_ID_BYTES], record[RECORD_ID_TEXT_MAX];
    uint64_t hash;
    int rc;

    derive_id(rule->id, s->type->name, v->key != NULL ? v->key : s->key, id);
    hash = watcher_open_hash(id, s->mode);
    derive_prior(NULL, &prior);
    judge(rule, v->view, v->n, &prior, &r);
    if (!watcher_open_is(w, hash) && r.state == JUDGE_SAME)
        return look_again(&r, look_ms);
    if (watcher_ask_prior(w, id, s->mode, &before, record) != 0)
        return -1;
    derive_prior(before, &prior);
    judge(rule, v->view, v->n, &prior, &r);
    watcher_open_set(w, hash, prior.is_up);
    if (r.state == JUDGE_SAME)
        return look_again(&r, look_ms);
    for (size_t i = 0; i < v->inputs; i++) {
        input[i] = v->input[i].id;
        of[i] = v->input[i].view;
    }
    arena_clear(&w->alert);
    alert = derive_alert(&d, &r, before, &w->alert);
    if (alert == NULL)
        return -1; /* no memory: an operating error of ours */
    rc = watcher_publish(w, alert, s->mode, record, reference, pick_references(v, &r, reference));
    if (rc > 0)
        *look_ms = clock_mono_ms() + WATCHER_RETRY_MS;
    if (rc != 0)
        return rc < 0 ? -1 : 0;
    watcher_open_set(w, hash, r.level > 0);
    return look_again(&r, look_ms);
}

/* The watch role's thread. */
#include "daemon/watcher_internal.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "crypt/hash.h"

uint64_t
watcher_open_hash(const char *id, int mode)
{
    uint8_t hash[HASH_BYTES];
    char text[DERIVE_ID_BYTES + 16];
    uint64_t out;

    (void)snprintf(text, sizeof text, "%d %s", mode, id);
    hash_sha256(span_str(text), hash);
    memcpy(&out, hash, sizeof out);
    return out;
}

bool
watcher_open_is(const struct watcher *w, uint64_t hash)
{
    for (size_t i = 0; i < w->open_n; i++) {
        if (w->open[i] == hash)
            return true;
    }
    return w->open_is_full;
}

bool
watcher_open_about(const struct watcher *w, const struct rule *rule, const char *key, int mode)
{
    char id[DERIVE_ID_BYTES];

    derive_id(rule->id, rule->type->name, key, id);
    return watcher_open_is(w, watcher_open_hash(id, mode));
}

void
watcher_open_set(struct watcher *w, uint64_t hash, bool open)
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

void
watcher_open_due(struct watcher *w, const struct watcher_subject *s, int64_t look_ms)
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
    watcher_open_full(w, w->due_n);
}

void
watcher_open_full(struct watcher *w, size_t subjects)
{
    if (!w->due_was_full)
        log_event(EV_watch_full, "subjects=%zu", subjects);
    w->due_was_full = true;
}

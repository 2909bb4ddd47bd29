/* The watch role's thread. */
#include "daemon/watcher_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "crypt/hash.h"

#define OPEN_ROOM 64 /* places at first, a power of two */

uint64_t
watcher_open_hash(const char *id, int mode)
{
    uint8_t hash[HASH_BYTES];
    char text[DERIVE_ID_BYTES + 16];
    uint64_t out;

    (void)snprintf(text, sizeof text, "%d %s", mode, id);
    hash_sha256(span_str(text), hash);
    memcpy(&out, hash, sizeof out);
    return out != 0 ? out : 1;
}

void
watcher_open_clear(struct watcher *w)
{
    free(w->open);
    w->open = NULL;
    w->open_n = w->open_room = 0;
    w->open_is_full = false;
}

/* Where ${hash} is, or the free place that it would take. At least half of the places are free. */
static size_t
place_of(const struct watcher *w, uint64_t hash)
{
    size_t at = hash & (w->open_room - 1);

    while (w->open[at] != 0 && w->open[at] != hash)
        at = (at + 1) & (w->open_room - 1);
    return at;
}

bool
watcher_open_is(const struct watcher *w, uint64_t hash)
{
    return w->open_is_full || (w->open_n > 0 && w->open[place_of(w, hash)] != 0);
}

bool
watcher_open_about(const struct watcher *w, const struct rule *rule, const char *key, int mode)
{
    char id[DERIVE_ID_BYTES];

    derive_id(rule->id, rule->type->name, key, id);
    return watcher_open_is(w, watcher_open_hash(id, mode));
}

static void
grow(struct watcher *w)
{
    uint64_t *old = w->open;
    size_t room = w->open_room;

    w->open_room = room == 0 ? OPEN_ROOM : 2 * room;
    w->open = mem_new(w->open_room * sizeof *w->open);
    for (size_t i = 0; i < room; i++) {
        if (old[i] != 0)
            w->open[place_of(w, old[i])] = old[i];
    }
    free(old);
}

/* Those behind it, up to the next free place, would not be found any more: each takes its place again. */
static void
take_out(struct watcher *w, size_t at)
{
    w->open[at] = 0;
    w->open_n--;
    for (size_t i = (at + 1) & (w->open_room - 1); w->open[i] != 0; i = (i + 1) & (w->open_room - 1)) {
        uint64_t hash = w->open[i];

        w->open[i] = 0;
        w->open[place_of(w, hash)] = hash;
    }
}

void
watcher_open_set(struct watcher *w, uint64_t hash, bool open)
{
    size_t at;

    if (2 * w->open_n >= w->open_room && w->open_room < 2 * LIMIT_WATCH_ALERT_COUNT)
        grow(w);
    at = place_of(w, hash);
    if (w->open[at] != 0) {
        if (!open)
            take_out(w, at);
    } else if (open && w->open_n < LIMIT_WATCH_ALERT_COUNT) {
        w->open[at] = hash;
        w->open_n++;
    } else if (open) {
        w->open_is_full = true;
    }
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

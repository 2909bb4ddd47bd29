#include "plugins/pull/state.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/num.h"
#include "base/text.h"

#define TEXT_MAX    2048
#define DELAY_MAX_S 21600   /* of our own doubling */
#define RETRY_MAX_S 604800  /* that a server may ask for */
#define NEXT_MAX_S  2592000 /* further ahead the clock was wrong */

void
state_path(const char *name, const char *end, char out[STATE_PATH_MAX])
{
    (void)snprintf(out, STATE_PATH_MAX, "%.*s%.8s", SOURCE_NAME_MAX, name, end);
}

/* The value behind "${key} " at the beginning of a line of ${text}. */
static struct span
value_of(struct span text, const char *key)
{
    size_t n = strlen(key);

    for (size_t at = 0; at < text.n;) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t line = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
        if (line > n && memcmp(text.p + at, key, n) == 0 && text.p[at + n] == ' ')
            return span_of(text.p + at + n + 1, line - n - 1);
        at += line + 1;
    }
    return span_of(NULL, 0);
}

static void
take_text(struct span value, char out[FETCH_TAG_MAX])
{
    if (value.n < FETCH_TAG_MAX && text_plain_prefix(value) == value.n)
        (void)snprintf(out, FETCH_TAG_MAX, "%.*s", (int)value.n, value.n > 0 ? (const char *)value.p : "");
}

void
state_load(struct state *st, const char *name, int64_t now_s, int64_t interval_s)
{
    char path[STATE_PATH_MAX];
    struct buf text;
    struct span all;
    bool good;

    memset(st, 0, sizeof *st);
    state_path(name, ".state", path);
    buf_init(&text, TEXT_MAX);
    if (file_read(path, &text) != 0 && errno == ENOENT) {
        st->first_s = st->next_s = now_s;
        return;
    }
    all = buf_span(&text);
    good = num_int(value_of(all, "first"), 0, INT64_MAX, &st->first_s) == 0 &&
           num_int(value_of(all, "next"), 0, INT64_MAX, &st->next_s) == 0 &&
           num_int(value_of(all, "ok"), 0, INT64_MAX, &st->ok_s) == 0 &&
           num_int(value_of(all, "told"), 0, INT64_MAX, &st->told_s) == 0 &&
           num_int(value_of(all, "fails"), 0, INT64_MAX, &st->fails) == 0 &&
           num_uint(value_of(all, "generation"), UINT64_MAX, &st->generation) == 0;
    take_text(value_of(all, "etag"), st->etag);
    take_text(value_of(all, "modified"), st->modified);
    buf_release(&text);
    if (!good || st->next_s > now_s + NEXT_MAX_S) {
        st->next_s = now_s + interval_s;
        st->first_s = st->first_s > 0 && st->first_s <= now_s ? st->first_s : now_s;
    }
}

int
state_store(const struct state *st, const char *name)
{
    char path[STATE_PATH_MAX];
    struct buf text;
    int rc;

    state_path(name, ".state", path);
    buf_init(&text, TEXT_MAX);
    buf_put_fmt(&text,
                "first %" PRId64 "\nnext %" PRId64 "\nok %" PRId64 "\ntold %" PRId64 "\nfails %" PRId64 "\n",
                st->first_s, st->next_s, st->ok_s, st->told_s, st->fails);
    buf_put_fmt(&text, "generation %" PRIu64 "\netag %s\nmodified %s\n", st->generation, st->etag,
                st->modified);
    rc = file_write(path, buf_span(&text), 0600);
    buf_release(&text);
    return rc;
}

int64_t
state_delay_s(const struct source *s, const struct fetch *f, int64_t fails, unsigned chance)
{
    int64_t delay = s->interval_s, retry = f->retry_s < RETRY_MAX_S ? f->retry_s : RETRY_MAX_S;
    bool denied =
        f->status == 401 || f->status == 403 || f->status == 404 || f->status == 410 || f->status == 451;

    for (int64_t i = 1; i < fails && delay < DELAY_MAX_S; i++)
        delay *= 2;
    if (delay > DELAY_MAX_S)
        delay = s->interval_s > DELAY_MAX_S ? s->interval_s : DELAY_MAX_S;
    delay += delay * (int64_t)(chance & 255) / 1024; /* up to a quarter later: not all at the same second */
    if (denied && delay < s->denied_s)
        delay = s->denied_s;
    return delay < retry ? retry : delay;
}

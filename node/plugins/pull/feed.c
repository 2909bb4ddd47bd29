#include "plugins/pull/feed.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "base/utc.h"
#include "plugins/pull/pieces.h"

#define LINE_BYTES   262144 /* records of one publication */
#define RETRY_S      60     /* what the node did not take now */
#define TELL_AGAIN_S 3600

void
feed_init(struct feed *f, const struct source *s, int64_t now_s)
{
    char path[STATE_PATH_MAX];

    memset(f, 0, sizeof *f);
    f->source = s;
    state_load(&f->state, s->name, now_s, s->interval_s);
    state_path(s->name, ".new", path);
    f->pending = access(path, F_OK) == 0;
}

static int64_t
late_at(const struct feed *f)
{
    const struct state *st = &f->state;
    int64_t since = st->ok_s > 0 ? st->ok_s : st->first_s;

    return st->told_s > 0 ? st->told_s + TELL_AGAIN_S : since + f->source->late_s;
}

int64_t
feed_due_s(const struct feed *f)
{
    int64_t due = f->pending ? f->retry_s : f->state.next_s, late = late_at(f);

    return late < due ? late : due;
}

static int
keep(const struct feed *f)
{
    if (state_store(&f->state, f->source->name) == 0)
        return 0;
    line_say("source %s: its state cannot be written: %s", f->source->name, strerror(errno));
    return -1;
}

static unsigned
chance(void)
{
    uint8_t byte = 0;

    return getrandom(&byte, 1, 0) == 1 ? byte : 0;
}

static int
fail(struct feed *f, const struct fetch *got, int64_t now_s)
{
    struct state *st = &f->state;
    int64_t delay;

    st->fails++;
    delay = state_delay_s(f->source, got, st->fails, chance());
    st->next_s = now_s + delay;
    (void)snprintf(f->note, sizeof f->note, "%s", got->note);
    line_say("source %s: %s; failure %" PRId64 ", asked again in %" PRId64 " s", f->source->name, f->note,
             st->fails, delay);
    return keep(f);
}

enum taken { TAKEN, REFUSED, LATER, ENDED };

/* Publish ${text} under ${key}, and hear the reply: of a refusal ${said} tells why. */
static enum taken
publish(const struct feed *f, struct line *l, const char *key, struct span text, char said[FETCH_NOTE_MAX])
{
    struct line_publication p = {.key = key,
                                 .mode = f->source->mode,
                                 .audience = f->source->audience,
                                 .format = f->source->format,
                                 .text = text};
    const char *why;

    if (line_publish(&p) != 0)
        return ENDED;
    for (;;) {
        enum line_kind kind = line_wait(l, -1);
        if (kind == LINE_END)
            return ENDED;
        if (kind == LINE_REPLY && strcmp(value_text(l->record.root, "reply"), key) == 0)
            break;
    }
    if (value_get(l->record.root, "ids") != NULL)
        return TAKEN;
    why = value_text(l->record.root, "refused");
    (void)snprintf(said, FETCH_NOTE_MAX, "%.40s %.40s %.200s", why, value_text(l->record.root, "field"),
                   value_text(l->record.root, "note"));
    return strcmp(why, "LIMIT") == 0 || strcmp(why, "PUBLISH_DENIED") == 0 ||
                   strcmp(why, "AUDIENCE_UNKNOWN") == 0
               ? LATER
               : REFUSED;
}

/* ${count} changed pieces from ${first} on; where one of them is no good, the others are published without it. */
static enum taken
publish_some(const struct feed *f, struct line *l, const struct pieces *p, size_t first, size_t count,
             size_t *refused)
{
    uint8_t digest[HASH_BYTES];
    char key[SOURCE_NAME_MAX + 64], hex[33], said[FETCH_NOTE_MAX] = "too large";
    struct buf text;
    enum taken taken;
    size_t half = count / 2, next;

    buf_init(&text, LIMIT_PLUGIN_PUBLISH_BYTES);
    (void)pieces_write(p, first, count, &text, digest);
    text_hex_of(digest, 16, hex);
    (void)snprintf(key, sizeof key, "%.*s %" PRIu64 " %s", SOURCE_NAME_MAX, f->source->name,
                   f->state.generation, hex);
    taken = buf_failed(&text) ? REFUSED : publish(f, l, key, buf_span(&text), said);
    buf_release(&text);
    if (taken == LATER || (taken == REFUSED && count == 1))
        line_say("source %s: refused: %s", f->source->name, said);
    if (taken != REFUSED || count == 1) {
        *refused += taken == REFUSED;
        return taken;
    }
    taken = publish_some(f, l, p, first, half, refused);
    if (taken == LATER || taken == ENDED)
        return taken;
    for (next = first; half > 0; next++)
        half -= p->piece[next].changed;
    return publish_some(f, l, p, next, count - count / 2, refused);
}

static enum taken
publish_changed(const struct feed *f, struct line *l, const struct pieces *p, size_t changed)
{
    size_t refused = 0, told = changed;

    for (size_t at = 0; changed > 0;) {
        size_t count = pieces_fit(p, at, LINE_BYTES), left = count;
        enum taken taken = publish_some(f, l, p, at, count, &refused);
        if (taken == LATER || taken == ENDED)
            return taken;
        for (; left > 0; at++)
            left -= p->piece[at].changed;
        changed -= count;
    }
    line_say("source %s: %zu of %zu records are new or changed, %zu of them refused", f->source->name, told,
             p->n, refused);
    return TAKEN;
}

/* What is in NAME.new and not in NAME.body; then the one becomes the other. */
static int
publish_new(struct feed *f, struct line *l, int64_t now_s)
{
    char fresh[STATE_PATH_MAX], last[STATE_PATH_MAX];
    struct pieces now, before;
    struct buf text, old;
    struct why why;
    enum taken taken = TAKEN;

    state_path(f->source->name, ".new", fresh);
    state_path(f->source->name, ".body", last);
    pieces_init(&now);
    pieces_init(&before);
    buf_init(&text, (size_t)f->source->body_max);
    buf_init(&old, (size_t)f->source->body_max);
    why_clear(&why);
    if (file_read(fresh, &text) == 0 && pieces_find(&now, buf_span(&text), f->source->split, &why) == 0) {
        why_clear(&why);
        if (file_read(last, &old) == 0 && pieces_find(&before, buf_span(&old), f->source->split, &why) != 0)
            pieces_release(&before); /* the table changed: all is new */
        taken = publish_changed(f, l, &now, pieces_compare(&now, &before));
    }
    f->retry_s = now_s + RETRY_S;
    if (taken == TAKEN && rename(fresh, last) == 0)
        f->pending = false;
    else if (taken == TAKEN)
        line_say("source %s: %s: %s", f->source->name, last, strerror(errno));
    pieces_release(&now);
    pieces_release(&before);
    buf_release(&text);
    buf_release(&old);
    return taken == ENDED ? -1 : 0;
}

static int
succeed(struct feed *f, int64_t now_s)
{
    struct state *st = &f->state;

    if (st->told_s > 0)
        line_say("source %s is back", f->source->name);
    st->fails = st->told_s = 0;
    st->ok_s = now_s;
    st->next_s = now_s + f->source->interval_s + f->source->interval_s * (int64_t)chance() / 2560;
    f->note[0] = '\0';
    return keep(f);
}

/* A whole answer: kept beside, with what tells it apart, before anything of it is published. */
static int
take(struct feed *f, struct line *l, struct fetch *got, int64_t now_s)
{
    char path[STATE_PATH_MAX];
    struct pieces p;
    struct why why;
    int rc;

    why_clear(&why);
    pieces_init(&p);
    rc = pieces_find(&p, buf_span(&got->body), f->source->split, &why);
    pieces_release(&p);
    if (rc != 0 || got->body.n == 0) {
        (void)snprintf(got->note, sizeof got->note, "not what was expected: %u:%u: %s", why.line, why.column,
                       got->body.n == 0 ? "nothing" : why.note);
        return fail(f, got, now_s);
    }
    state_path(f->source->name, ".new", path);
    f->state.generation++;
    if (keep(f) != 0)
        return -1;
    if (file_write(path, buf_span(&got->body), 0600) != 0) {
        line_say("source %s: %s: %s", f->source->name, path, strerror(errno));
        return -1;
    }
    f->pending = true;
    memcpy(f->state.etag, got->etag, sizeof f->state.etag); /* from now on "unchanged" means what is kept */
    memcpy(f->state.modified, got->modified, sizeof f->state.modified);
    return succeed(f, now_s) != 0 ? -1 : publish_new(f, l, now_s);
}

static int
request(struct feed *f, struct line *l, int64_t now_s)
{
    struct fetch got;
    char path[STATE_PATH_MAX];
    int rc;

    f->state.next_s = now_s + f->source->interval_s;
    if (keep(f) != 0) /* before it is asked: who dies of the answer does not ask again at once */
        return -1;
    fetch_init(&got, f->source->body_max);
    state_path(f->source->name, ".body", path);
    if (access(path, R_OK) == 0) { /* else there is nothing that could be unchanged */
        memcpy(got.etag, f->state.etag, sizeof got.etag);
        memcpy(got.modified, f->state.modified, sizeof got.modified);
    }
    fetch_do(&got, f->source);
    if (got.note[0] != '\0')
        rc = fail(f, &got, now_s);
    else
        rc = got.status == 304 ? succeed(f, now_s) : take(f, l, &got, now_s);
    fetch_release(&got);
    return rc;
}

static int
tell_late(struct feed *f, int64_t now_s)
{
    char since[UTC_TEXT_MAX];

    utc_print(utc_from_unix(f->state.ok_s > 0 ? f->state.ok_s : f->state.first_s, 0), 0, since);
    line_say("source %s is late: %s %s%s%s", f->source->name,
             f->state.ok_s > 0 ? "no good answer since" : "no good answer, asked since", since,
             f->note[0] != '\0' ? ": " : "", f->note);
    f->state.told_s = now_s;
    return keep(f);
}

int
feed_step(struct feed *f, struct line *l, int64_t now_s)
{
    int rc = 0;

    if (f->pending && now_s >= f->retry_s)
        rc = publish_new(f, l, now_s);
    else if (!f->pending && now_s >= f->state.next_s)
        rc = request(f, l, now_s);
    if (rc == 0 && now_s >= late_at(f))
        rc = tell_late(f, now_s);
    return rc;
}

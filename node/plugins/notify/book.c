#include "plugins/notify/book.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"

#define RETRY_S_MAX 300
#define PAUSE_S_MAX 3600           /* that a server may ask for */
#define FILE_BYTES  (64 * 1048576) /* 512 alerts with every byte escaped */

static bool
is_open(const struct book_step *s)
{
    return s->state == BOOK_WAITING || s->state == BOOK_SENDING;
}

/* Nothing more is to be done for it: with recipient ${i}, if nothing else happens. */
static bool
is_done(const struct book *b, const struct book_page *p, size_t i)
{
    const struct book_step *s = &p->step[i];

    return !is_open(s) || (s->state == BOOK_WAITING && b->config->recipient[i].after_s > 0 && p->received);
}

static bool
is_held(const struct book *b, const struct book_page *p, size_t i, int64_t now_s)
{
    return config_is_quiet(b->config, &b->config->recipient[i], p->item.level, now_s);
}

/* Later than any pause could end the clock was wrong when it was written down. */
static bool
is_early(const struct book *b, const struct book_page *p, size_t i, int64_t now_s)
{
    int64_t next_s = p->step[i].next_s;

    return next_s > now_s && next_s <= now_s + b->config->recipient[i].after_s + PAUSE_S_MAX;
}

/* The node is kept waiting for who is to be told at once and may be, and for nobody else. */
static bool
is_settled(const struct book *b, const struct book_page *p, int64_t now_s)
{
    for (size_t i = 0; i < b->config->n; i++) {
        const struct book_step *s = &p->step[i];
        if (is_open(s) && b->config->recipient[i].after_s == 0 &&
            (s->state == BOOK_SENDING || !is_held(b, p, i, now_s)))
            return false;
    }
    return true;
}

static void
say_dropped(const struct book_page *p, const char *why)
{
    line_say("ALERT DROPPED: %s: %s %s: %s: %s", p->item.id, p->item.mode, p->item.level, p->item.headline,
             why);
}

/* A page for another alert: an empty one, else that of the oldest alert of which only who comes later was not told. */
static struct book_page *
find_room(struct book *b)
{
    struct book_page *oldest = NULL;

    for (size_t k = 0; k < BOOK_PAGES_MAX; k++) {
        struct book_page *p = &b->page[k];
        bool sending = false;
        if (!p->used)
            return p;
        for (size_t i = 0; i < b->config->n; i++)
            sending = sending || p->step[i].state == BOOK_SENDING;
        if (!p->fresh && !sending && (oldest == NULL || p->arrived_s < oldest->arrived_s))
            oldest = p;
    }
    if (oldest != NULL)
        say_dropped(oldest, "too many alerts wait for quiet hours to end or for a receipt");
    return oldest;
}

/* A later word on the same alert: who has heard the earlier one hears this at once, and nobody hears the earlier one any more. */
static void
replace(struct book *b, struct book_page *p, int64_t now_s)
{
    bool over = strcmp(p->item.state, "CANCELLED") == 0;
    uint32_t heard = 0;

    for (size_t k = 0; k < BOOK_PAGES_MAX && p->item.key[0] != '\0'; k++) {
        struct book_page *old = &b->page[k];
        if (old == p || !old->used || strcmp(old->item.key, p->item.key) != 0)
            continue;
        old->replaced = true;
        for (size_t i = 0; i < b->config->n; i++) {
            if (old->step[i].state == BOOK_TOLD || old->step[i].state == BOOK_SENDING)
                heard |= 1U << i;
            if (old->step[i].state == BOOK_WAITING)
                old->step[i].state = BOOK_OVER;
        }
    }
    for (size_t i = 0; i < b->config->n; i++) {
        if (b->config->recipient[i].after_s == 0 || p->step[i].state == BOOK_OVER)
            continue;
        if ((heard & (1U << i)) != 0)
            p->step[i].next_s = now_s;
        else if (over)
            p->step[i].state = BOOK_OVER;
    }
}

int
book_add(struct book *b, const struct item *item, struct flight_slot *slot, int64_t now_s)
{
    struct book_page *p;

    for (size_t k = 0; k < BOOK_PAGES_MAX; k++) {
        p = &b->page[k];
        if (p->used && strcmp(p->item.id, item->id) == 0) { /* it was not acknowledged before the last end */
            p->slot = slot;
            p->fresh = true;
            return 0;
        }
    }
    p = find_room(b);
    if (p == NULL)
        return -1;
    *p = (struct book_page){.used = true, .fresh = true, .arrived_s = now_s, .slot = slot, .item = *item};
    for (size_t i = 0; i < b->config->n; i++) {
        const struct recipient *r = &b->config->recipient[i];
        p->step[i].next_s = now_s + r->after_s;
        if (!config_lists(r->modes, item->mode))
            p->step[i].state = BOOK_OVER;
    }
    replace(b, p, now_s);
    b->dirty = true;
    return 0;
}

size_t
book_receive(struct book *b, const struct line_record *r)
{
    size_t n = 0;

    for (size_t k = 0; k < BOOK_PAGES_MAX; k++) {
        struct book_page *p = &b->page[k];
        if (p->used && !p->received && item_is_named(&p->item, r)) {
            p->received = b->dirty = true;
            n++;
        }
    }
    return n;
}

size_t
book_due(const struct book *b, size_t i, int64_t now_s, struct book_page **out, size_t max)
{
    size_t n = 0;

    for (size_t k = 0; k < BOOK_PAGES_MAX; k++) {
        const struct book_page *p = &b->page[k];
        size_t at = n;
        if (!p->used || p->step[i].state != BOOK_WAITING || is_done(b, p, i) || is_early(b, p, i, now_s) ||
            is_held(b, p, i, now_s))
            continue;
        while (at > 0 && out[at - 1]->arrived_s > p->arrived_s)
            at--;
        if (at == max)
            continue;
        memmove(&out[at + 1], &out[at], (n - at - (n == max)) * sizeof(struct book_page *));
        out[at] = (struct book_page *)(uintptr_t)p;
        n += n < max;
    }
    for (size_t k = 1; k < n; k++) { /* a drill is never told in one message with the real */
        if (strcmp(out[k]->item.mode, out[0]->item.mode) != 0) {
            memmove(&out[k], &out[k + 1], (n - k - 1) * sizeof(struct book_page *));
            n--;
            k--;
        }
    }
    return n;
}

void
book_told(struct book *b, struct book_page *p, size_t i)
{
    p->step[i].state = BOOK_TOLD;
    b->dirty = true;
}

void
book_failed(struct book *b, struct book_page *p, size_t i, int64_t now_s, int64_t retry_s)
{
    struct book_step *s = &p->step[i];
    int64_t pause_s = b->config->retry_s;

    for (int k = 0; k < s->tries && pause_s < RETRY_S_MAX; k++)
        pause_s *= 2;
    if (pause_s > RETRY_S_MAX)
        pause_s = RETRY_S_MAX;
    s->tries++;
    s->state = p->replaced ? BOOK_OVER : BOOK_WAITING;
    s->next_s = now_s + (pause_s < retry_s ? retry_s : pause_s);
    if (s->next_s > s->first_s + b->config->ttl_s && now_s < s->first_s + b->config->ttl_s)
        s->next_s = s->first_s + b->config->ttl_s; /* once more before it is given up */
    if (s->state == BOOK_WAITING && now_s >= s->first_s + b->config->ttl_s) {
        s->state = BOOK_OVER;
        line_say("ALERT NOT DELIVERED to %s in %" PRId64 " s: %s: %s %s: %s", b->config->recipient[i].name,
                 now_s - s->first_s, p->item.id, p->item.mode, p->item.level, p->item.headline);
    }
    b->dirty = true;
}

/* Where quiet hours have begun between two tries, the time of an alert begins when they end. */
static void
begin_anew(struct book *b, struct book_page *p, int64_t now_s)
{
    for (size_t i = 0; i < b->config->n; i++) {
        struct book_step *s = &p->step[i];
        if (s->state == BOOK_WAITING && s->first_s != 0 && is_held(b, p, i, now_s)) {
            *s = (struct book_step){.next_s = now_s};
            b->dirty = true;
        }
    }
}

bool
book_settle(struct book *b, int64_t now_s)
{
    bool any = false;

    for (size_t k = 0; k < BOOK_PAGES_MAX; k++) {
        struct book_page *p = &b->page[k];
        bool done = p->used && !p->fresh;
        if (p->used)
            begin_anew(b, p, now_s);
        for (size_t i = 0; done && i < b->config->n; i++)
            done = is_done(b, p, i);
        if (done) {
            p->used = false;
            b->dirty = true;
        } else if (p->used && p->fresh && is_settled(b, p, now_s)) {
            p->fresh = false;
            b->dirty = true;
            if (p->slot != NULL)
                p->slot->done = true;
            p->slot = NULL;
        }
        any = any || p->used;
    }
    return any;
}

static void
put_text(struct buf *out, const char *name, const char *text)
{
    buf_put_fmt(out, ",\"%s\":", name);
    text_json(out, span_str(text));
}

static void
put_page(const struct book *b, const struct book_page *p, struct buf *out)
{
    const char *comma = "";

    buf_put_fmt(out, "{\"arrived_s\":%" PRId64 ",\"received\":%d", p->arrived_s, p->received);
    put_text(out, "id", p->item.id);
    put_text(out, "key", p->item.key);
    put_text(out, "names", p->item.names);
    put_text(out, "mode", p->item.mode);
    put_text(out, "type", p->item.type);
    put_text(out, "origin", p->item.origin);
    put_text(out, "level", p->item.level);
    put_text(out, "state", p->item.state);
    put_text(out, "headline", p->item.headline);
    put_text(out, "text", p->item.text);
    buf_put_str(out, ",\"recipients\":{");
    for (size_t i = 0; i < b->config->n; i++) {
        const struct book_step *s = &p->step[i];
        buf_put_fmt(out, "%s\"%s\":{\"open\":%d,\"told\":%d,\"first_s\":%" PRId64 ",\"next_s\":%" PRId64 "}",
                    comma, b->config->recipient[i].name, is_open(s) && !p->replaced, s->state == BOOK_TOLD,
                    s->first_s, s->next_s);
        comma = ",";
    }
    buf_put_str(out, "}}\n");
}

int
book_store(struct book *b)
{
    struct buf out;
    int rc;

    buf_init(&out, FILE_BYTES);
    buf_put_fmt(&out, "{\"last\":%" PRIu64 ",\"incarnation\":\"%s\"}\n", b->last, b->incarnation);
    for (size_t k = 0; k < BOOK_PAGES_MAX; k++) {
        if (b->page[k].used)
            put_page(b, &b->page[k], &out);
    }
    errno = ENOMEM;
    rc = buf_failed(&out) ? -1 : file_write(BOOK_PATH, buf_span(&out), 0600);
    buf_release(&out);
    if (rc == 0)
        b->dirty = false;
    return rc;
}

static void
take_text(char *out, size_t size, const struct value *root, const char *name)
{
    (void)snprintf(out, size, "%s", value_text(root, name));
}

static int64_t
take_time(const struct value *root, const char *name)
{
    uint64_t at;

    return value_uint(root, name, INT64_MAX / 4, &at) == 0 ? (int64_t)at : 0;
}

static void
take_page(struct book *b, struct book_page *p, const struct value *root)
{
    const struct value *all = value_get(root, "recipients");

    *p = (struct book_page){.used = true, .arrived_s = take_time(root, "arrived_s")};
    p->received = take_time(root, "received") != 0;
    take_text(p->item.id, sizeof p->item.id, root, "id");
    take_text(p->item.key, sizeof p->item.key, root, "key");
    take_text(p->item.names, sizeof p->item.names, root, "names");
    take_text(p->item.mode, sizeof p->item.mode, root, "mode");
    take_text(p->item.type, sizeof p->item.type, root, "type");
    take_text(p->item.origin, sizeof p->item.origin, root, "origin");
    take_text(p->item.level, sizeof p->item.level, root, "level");
    take_text(p->item.state, sizeof p->item.state, root, "state");
    take_text(p->item.headline, sizeof p->item.headline, root, "headline");
    take_text(p->item.text, sizeof p->item.text, root, "text");
    for (size_t i = 0; i < b->config->n; i++) {
        const struct value *one = value_get(all, b->config->recipient[i].name);
        p->step[i].first_s = take_time(one, "first_s");
        p->step[i].next_s = take_time(one, "next_s");
        if (take_time(one, "open") == 0) /* who is new among the recipients is told of what is new */
            p->step[i].state = take_time(one, "told") != 0 ? BOOK_TOLD : BOOK_OVER;
    }
}

static int
take_all(struct book *b, struct span text)
{
    struct arena arena;
    struct why why;
    size_t n = 0;
    int rc = 0;

    arena_init(&arena, LIMIT_PLUGIN_TREE_BYTES);
    for (size_t at = 0, line = 0; at < text.n && rc == 0; line++) {
        const uint8_t *end = memchr(text.p + at, '\n', text.n - at);
        size_t length = end != NULL ? (size_t)(end - text.p) - at : text.n - at;
        const struct value *root;
        arena_clear(&arena);
        why_clear(&why);
        root = value_read(span_of(text.p + at, length), &arena, &why);
        if (root == NULL || root->kind != JSON_OBJECT || (line > 0 && n == BOOK_PAGES_MAX)) {
            errno = EBADMSG;
            rc = -1;
        } else if (line == 0) {
            rc = value_uint(root, "last", UINT64_MAX, &b->last);
            take_text(b->incarnation, sizeof b->incarnation, root, "incarnation");
        } else {
            take_page(b, &b->page[n++], root);
        }
        at += length + 1;
    }
    arena_release(&arena);
    return rc;
}

int
book_load(struct book *b)
{
    struct buf text;
    int rc;

    buf_init(&text, FILE_BYTES);
    rc = file_read(BOOK_PATH, &text);
    if (rc == 0)
        rc = take_all(b, buf_span(&text));
    else if (errno == ENOENT)
        rc = 0;
    buf_release(&text);
    return rc;
}

/* Records to a plugin, acknowledgements back, the cursor to disk. The plug role's thread. */
#include "plug/pump_internal.h"

#include <errno.h>
#include <inttypes.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"
#include "plug/filter.h"

#define STORE_MS      100  /* at most so often, where something was acknowledged */
#define STORE_BULK_MS 1000 /* the same where more than STORE_COUNT were: the disk is the store's, too */
#define STORE_IDLE_MS 5000 /* the same where records were only passed over: nothing is lost with it */
#define STORE_COUNT   1000 /* acknowledged since it was stored */
#define READ_TURN     16   /* reads of one turn: others wait */
#define WRITE_TURN    64   /* lines of one turn */

void
pump_flow_clear(struct pump *p)
{
    parallax__v1__answer__free_unpacked(p->page, NULL);
    p->page = NULL;
    p->row = 0;
    feed_drop(&p->feed);
    buf_release(&p->line);
    p->line_at = 0;
    ack_release(&p->ack);
    pump_publish_clear(p);
    p->said.n = 0;
    window_start(&p->window, p->stanza.window > 0 ? (size_t)p->stanza.window : 1, p->cursor.number);
}

void
pump_flow_start(struct pump *p, struct pump_now now)
{
    pump_flow_clear(p);
    p->ask_at_ms = now.mono_ms;
}

static void
follow_window(struct pump *p)
{
    uint64_t number = window_cursor(&p->window);

    if (p->cursor.known && number > p->cursor.number)
        p->cursor.number = number;
}

static void
ask(struct pump *p, struct pump_now now)
{
    Parallax__V1__Request request = PARALLAX__V1__REQUEST__INIT;
    Parallax__V1__TailRequest tail = PARALLAX__V1__TAIL_REQUEST__INIT;
    Parallax__V1__Mode modes[PARALLAX__V1__MODE__SIMULATED + 1];

    if (p->feed.fd < 0 && feed_connect(&p->feed, p->place->socket) != 0) {
        p->ask_at_ms = now.mono_ms + PUMP_RETRY_MS;
        return;
    }
    tail.modes = modes;
    tail.patient = true;
    for (int mode = 0; mode <= PARALLAX__V1__MODE__SIMULATED; mode++) {
        if ((p->stanza.modes >> mode & 1) != 0)
            modes[tail.n_modes++] = (Parallax__V1__Mode)mode;
    }
    tail.types = p->stanza.types.at;
    tail.n_types = p->stanza.types.n;
    tail.object = p->stanza.object;
    if (p->cursor.known) {
        tail.incarnation = (ProtobufCBinaryData){sizeof p->cursor.incarnation, p->cursor.incarnation};
        tail.after = p->window.passed;
        tail.wait_ms = PUMP_WAIT_MS;
    } else {
        tail.from_now = p->stanza.from_now; /* answered at once, and then it is known */
    }
    request.what_case = PARALLAX__V1__REQUEST__WHAT_TAIL;
    request.tail = &tail;
    feed_ask(&p->feed, &request);
}

/* The store is a new one: numbers mean other records now. */
static void
begin_again(struct pump *p, const uint8_t *incarnation, struct pump_now now)
{
    memcpy(p->cursor.incarnation, incarnation, sizeof p->cursor.incarnation);
    p->cursor.number = 0;
    p->unstored++;
    window_start(&p->window, (size_t)p->stanza.window, 0);
    pump_flow_store(p, now, true);
    log_event(EV_plugin_replayed, "plugin=%s number=1", p->name);
    pump_stop(p, now); /* what it still acknowledges is of the old ones */
    p->page = NULL;
}

static bool
is_nothing(const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] != 0)
            return false;
    }
    return true;
}

/* False when it is not to be used. */
static bool
check_page(struct pump *p, Parallax__V1__Answer *answer, struct pump_now now)
{
    const Parallax__V1__RecordsAnswer *page = answer->records;

    if (answer->error[0] != '\0' || answer->what_case != PARALLAX__V1__ANSWER__WHAT_RECORDS ||
        page->incarnation.len != sizeof p->cursor.incarnation) {
        p->ask_at_ms = now.mono_ms + PUMP_RETRY_MS;
        if (answer->error[0] != '\0' && strcmp(answer->error_name, "STARTING") != 0)
            pump_note(p, now, answer->error);
        return false;
    }
    if (!p->cursor.known || is_nothing(p->cursor.incarnation, sizeof p->cursor.incarnation)) {
        bool moved = p->cursor.known && p->cursor.number > 0;
        memcpy(p->cursor.incarnation, page->incarnation.data, sizeof p->cursor.incarnation);
        if (!p->cursor.known)
            p->cursor.number = p->stanza.from_now ? page->delivery : 0;
        p->cursor.known = true;
        p->unstored++;
        window_start(&p->window, (size_t)p->stanza.window, p->cursor.number);
        pump_flow_store(p, now, true);
        return !moved; /* of an order that came before the first start: asked again from there */
    }
    /* Also where it goes back behind what it was asked for: an older copy of the same store. */
    if (memcmp(p->cursor.incarnation, page->incarnation.data, sizeof p->cursor.incarnation) != 0 ||
        page->delivery < p->window.passed) {
        begin_again(p, page->incarnation.data, now);
        return false;
    }
    return true;
}

void
pump_flow_feed(struct pump *p, short revents, struct pump_now now)
{
    Parallax__V1__Answer *answer = NULL;
    enum feed_result result = FEED_NOTHING;

    if (p->feed.fd >= 0 && revents != 0)
        result = feed_step(&p->feed, revents, &answer);
    if (result == FEED_LOST)
        p->ask_at_ms = now.mono_ms + PUMP_RETRY_MS;
    if (result == FEED_ANSWER) {
        p->ask_at_ms = now.mono_ms;
        p->row = 0;
        if (check_page(p, answer, now))
            p->page = answer;
        else
            parallax__v1__answer__free_unpacked(answer, NULL);
    }
    if (p->state == PUMP_RUNNING && p->stanza.records && !p->feed.asked && p->page == NULL &&
        now.mono_ms >= p->ask_at_ms)
        ask(p, now);
}

/* The next row that is for this plugin becomes the line. False when there is none, or no room in the window. */
static bool
next_line(struct pump *p, struct pump_now now)
{
    struct utc wall = utc_from_ms(now.wall_ms);
    const Parallax__V1__RecordsAnswer *page = p->page != NULL ? p->page->records : NULL;

    if (page == NULL || window_is_full(&p->window))
        return false;
    buf_clear(&p->line);
    p->line_at = 0;
    while (p->row < page->n_rows && p->line.n == 0) {
        const Parallax__V1__RecordRow *in = page->rows[p->row++];
        struct row r;
        if (in->delivery <= p->window.passed)
            continue;
        row_open(&r, in);
        if (filter_fits(&p->stanza, &r, wall)) {
            (p->stanza.bytes ? row_json_bytes : row_json)(
                &r, span_of(p->cursor.incarnation, sizeof p->cursor.incarnation), &p->line);
            buf_put_byte(&p->line, '\n');
            if (p->window.n == 0)
                p->progress_ms = now.mono_ms;
            window_push(&p->window, in->delivery);
        } else {
            window_pass(&p->window, in->delivery);
        }
        row_close(&r);
    }
    if (p->line.n == 0) {
        window_pass(&p->window, page->delivery);
        parallax__v1__answer__free_unpacked(p->page, NULL);
        p->page = NULL;
        buf_release(&p->line);
        p->ask_at_ms = now.mono_ms;
    }
    follow_window(p);
    return p->line.n > 0;
}

/* A reply goes before the next record. */
static bool
next_reply(struct pump *p)
{
    struct buf *reply = &p->publish.reply;

    if (reply->n == 0)
        return false;
    buf_release(&p->line);
    p->line = *reply;
    p->line_at = 0;
    buf_init(reply, LIMIT_PLUGIN_LINE_BYTES);
    return true;
}

/* True when there is more to give and nothing to wait for. */
bool
pump_flow_is_ready(const struct pump *p)
{
    return p->state == PUMP_RUNNING && p->child.in >= 0 && p->page != NULL && p->line_at == p->line.n &&
           !window_is_full(&p->window);
}

void
pump_flow_write(struct pump *p, struct pump_now now)
{
    for (unsigned turn = 0; turn < WRITE_TURN && p->child.in >= 0; turn++) {
        ssize_t n;
        if (p->state == PUMP_STOPPING && (p->line_at == 0 || p->line_at == p->line.n)) {
            spawn_close(&p->child.in); /* between two lines */
            return;
        }
        if (p->line_at == p->line.n && !next_reply(p) && !next_line(p, now))
            return;
        if (buf_failed(&p->line)) { /* no memory, or no JSON that fits: never half a line */
            pump_fail(p, now, "record %" PRIu64 " cannot be written as a line", p->window.passed);
            return;
        }
        n = write(p->child.in, p->line.p + p->line_at, p->line.n - p->line_at);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n < 0) {
            spawn_close(&p->child.in);
            p->kill_ms = now.mono_ms + PUMP_GRACE_MS; /* it ended, or does not want any more */
            return;
        }
        p->line_at += (size_t)n;
    }
}

struct reading {
    struct pump *p;
    struct pump_now now;
};

static void
take_ack(void *cookie, enum ack_kind kind, uint64_t number, struct span line)
{
    struct reading *r = cookie;
    struct pump *p = r->p;
    struct buf quoted;
    size_t count = 0;

    if (kind == ACK_PUBLISH) {
        pump_publish_take(p, line);
        return;
    }
    if (kind == ACK_NUMBER && window_ack(&p->window, number, &count) != WINDOW_UNKNOWN) {
        p->records += count;
        p->unstored += count;
        if (count > 0)
            p->progress_ms = r->now.mono_ms;
        follow_window(p);
        return;
    }
    p->nonsense++;
    buf_init(&quoted, 4 * LIMIT_PLUGIN_ANSWER_BYTES + 8);
    text_quote(&quoted, line, LIMIT_PLUGIN_ANSWER_BYTES);
    log_event(EV_plugin_nonsense, "plugin=%s line=%s", p->name, buf_cstr(&quoted));
    buf_release(&quoted);
    if (++p->strange > LIMIT_PLUGIN_NONSENSE_COUNT)
        pump_fail(p, r->now, "it answered %u lines that are no acknowledgement of what it was given",
                  p->strange);
}

/* What is behind a publication waits until that is answered. */
static void
hear(struct pump *p, struct span bytes, struct pump_now now)
{
    struct reading r = {p, now};

    while (bytes.n > 0 && !pump_publish_is_busy(p)) {
        size_t n = ack_feed(&p->ack, bytes, take_ack, &r);
        bytes = span_of(bytes.p + n, bytes.n - n);
    }
    if (bytes.n > 0) {
        struct buf rest;
        buf_init(&rest, bytes.n);
        buf_put_span(&rest, bytes); /* it may lie in the rest that was there */
        buf_release(&p->publish.rest);
        p->publish.rest = rest;
    } else {
        buf_release(&p->publish.rest);
    }
}

/* False at the end of ${fd}, or when nothing is there now. */
static bool
read_one(struct pump *p, int *fd, size_t *bytes, bool answers, struct pump_now now)
{
    uint8_t chunk[4096];
    size_t most = answers ? LIMIT_PLUGIN_ANSWERS_BYTES : LIMIT_PLUGIN_READ_BYTES;
    ssize_t n = *fd < 0 || *bytes >= most ? -1 : read(*fd, chunk, sizeof chunk);

    if (n == 0)
        spawn_close(fd);
    if (n <= 0)
        return false;
    *bytes += (size_t)n;
    if (answers)
        hear(p, span_of(chunk, (size_t)n), now);
    else
        pump_said_feed(p, span_of(chunk, (size_t)n), now);
    return true;
}

void
pump_flow_read(struct pump *p, struct pump_now now, bool all)
{
    bool open = p->child.out >= 0;

    if (all || p->read_second != now.mono_ms / 1000) {
        p->read_second = now.mono_ms / 1000;
        p->out_bytes = p->err_bytes = 0;
    }
    if (!pump_publish_is_busy(p) && p->publish.rest.n > 0)
        hear(p, buf_span(&p->publish.rest), now);
    for (unsigned i = 0;
         i < READ_TURN && !pump_publish_is_busy(p) && read_one(p, &p->child.out, &p->out_bytes, true, now);
         i++) {
    }
    for (unsigned i = 0; i < READ_TURN && read_one(p, &p->child.err, &p->err_bytes, false, now); i++) {
    }
    if (open && p->child.out < 0 && p->kill_ms == 0)
        p->kill_ms = now.mono_ms + PUMP_GRACE_MS; /* it cannot answer any more: it ends, or is ended */
}

int64_t
pump_flow_store_due(const struct pump *p)
{
    if (p->unstored == 0)
        return p->store_at_ms + STORE_IDLE_MS;
    return p->store_at_ms + (p->unstored > STORE_COUNT ? STORE_BULK_MS - STORE_MS : 0);
}

void
pump_flow_store(struct pump *p, struct pump_now now, bool at_once)
{
    bool changed = p->cursor.known &&
                   (!p->stored.known || p->cursor.number != p->stored.number ||
                    memcmp(p->cursor.incarnation, p->stored.incarnation, sizeof p->cursor.incarnation) != 0);
    char path[300];

    if (!changed) {
        p->unstored = 0;
        return;
    }
    if (!at_once && now.mono_ms < pump_flow_store_due(p))
        return;
    pump_path(p, ".cursor", path);
    p->store_at_ms = now.mono_ms + STORE_MS;
    if (cursor_store(path, &p->cursor) != 0) {
        log_event(EV_plugin_failed, "plugin=%s what=\"its cursor cannot be stored: %d\"", p->name, errno);
        p->store_at_ms = now.mono_ms + STORE_IDLE_MS;
        return;
    }
    p->stored = p->cursor;
    p->unstored = 0;
}

#include "plugins/line.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"

#define READ_BYTES 65536

void
line_init(struct line *l, int fd)
{
    memset(l, 0, sizeof *l);
    l->fd = fd;
    buf_init(&l->in, LIMIT_PLUGIN_LINE_BYTES + READ_BYTES);
    arena_init(&l->arena, LIMIT_PLUGIN_TREE_BYTES);
}

void
line_release(struct line *l)
{
    buf_release(&l->in);
    arena_release(&l->arena);
}

/* Where the line that begins at ${l}->at ends; {NULL, 0} while its end is not here. */
static struct span
find_line(struct line *l)
{
    const uint8_t *end;

    if (l->looked < l->at)
        l->looked = l->at;
    end = l->looked < l->in.n ? memchr(l->in.p + l->looked, '\n', l->in.n - l->looked) : NULL;
    if (end == NULL) {
        l->looked = l->in.n;
        return span_of(NULL, 0);
    }
    l->looked = (size_t)(end - l->in.p);
    return span_of(l->in.p + l->at, l->looked - l->at);
}

int
line_fill(struct line *l)
{
    uint8_t *room;
    size_t before;
    ssize_t n;

    buf_shift(&l->in, l->at);
    l->looked -= l->looked < l->at ? l->looked : l->at;
    l->at = 0;
    before = l->in.n;
    room = buf_add(&l->in, READ_BYTES);
    if (room == NULL) {
        errno = EMSGSIZE;
        return -1;
    }
    n = read(l->fd, room, READ_BYTES);
    l->in.n = before + (n > 0 ? (size_t)n : 0);
    if (n == 0)
        l->ended = true;
    return n >= 0 || errno == EAGAIN || errno == EINTR ? 0 : -1;
}

static enum line_kind
look(struct line *l, struct span text)
{
    struct line_record *r = &l->record;
    const struct value *delivery;

    arena_clear(&l->arena);
    why_clear(&l->why);
    *r = (struct line_record){.text = text};
    r->root = value_read(text, &l->arena, &l->why);
    delivery = value_get(r->root, "delivery");
    if (r->root == NULL)
        return LINE_WRONG;
    if (delivery == NULL && value_get(r->root, "reply") != NULL)
        return LINE_REPLY;
    if (value_uint(delivery, "number", UINT64_MAX, &r->number) != 0 || r->number == 0) {
        (void)why_set(&l->why, WHY_TEXT_SYNTAX, 1, 1, "delivery", "expected a record with its number");
        return LINE_WRONG;
    }
    (void)snprintf(r->incarnation, sizeof r->incarnation, "%s", value_text(delivery, "incarnation"));
    r->body = value_get(r->root, "body");
    return LINE_RECORD;
}

enum line_kind
line_take(struct line *l)
{
    struct span text = find_line(l);

    if (text.p == NULL)
        return l->ended ? LINE_END : LINE_NOTHING;
    l->at = l->looked + 1;
    return look(l, text);
}

bool
line_has_more(struct line *l)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};

    if (find_line(l).p != NULL)
        return true;
    while (!l->ended && poll(&p, 1, 0) == 1) {
        if (line_fill(l) != 0)
            return false;
        if (find_line(l).p != NULL)
            return true;
    }
    return false;
}

enum line_kind
line_wait(struct line *l, int timeout_ms)
{
    struct pollfd p = {.fd = l->fd, .events = POLLIN};
    int64_t end = clock_mono_ms() + timeout_ms;

    for (;;) {
        enum line_kind kind = line_take(l);
        int64_t left = end - clock_mono_ms();
        if (kind != LINE_NOTHING)
            return kind;
        if (timeout_ms >= 0 && left < 0)
            return LINE_NOTHING;
        if (poll(&p, 1, timeout_ms < 0 ? -1 : (int)left) < 0 && errno != EINTR)
            return LINE_END;
        if (p.revents != 0 && line_fill(l) != 0) {
            line_say("standard input cannot be read: %s", strerror(errno));
            return LINE_END;
        }
    }
}

/* Whole, also where the pipe takes it in pieces, or does not wait. */
static int
write_all(int fd, const char *p, size_t n)
{
    struct pollfd wait = {.fd = fd, .events = POLLOUT};

    while (n > 0) {
        ssize_t done = write(fd, p, n);
        if (done < 0 && errno == EAGAIN)
            (void)poll(&wait, 1, -1);
        else if (done < 0 && errno != EINTR)
            return -1;
        p += done > 0 ? done : 0;
        n -= done > 0 ? (size_t)done : 0;
    }
    return 0;
}

int
line_put_record(const struct line_record *r, struct buf *out)
{
    static const char delivery[] = "{\"delivery\":{";
    const uint8_t *end = memchr(r->text.p, '}', r->text.n);

    if (r->text.n < sizeof delivery || memcmp(r->text.p, delivery, sizeof delivery - 1) != 0 || end == NULL ||
        end + 2 >= r->text.p + r->text.n || end[1] != ',')
        return -1;
    buf_put_byte(out, '{');
    buf_put(out, end + 2, r->text.n - (size_t)(end + 2 - r->text.p));
    return 0;
}

int
line_ack(uint64_t number)
{
    char line[32];
    int n = snprintf(line, sizeof line, "ack %" PRIu64 "\n", number);

    return write_all(STDOUT_FILENO, line, (size_t)n);
}

static void
put_member(struct buf *out, const char *name, struct span value)
{
    buf_put_fmt(out, "%s\"%s\":", out->p[out->n - 1] == '{' ? "" : ",", name);
    text_json(out, value);
}

int
line_publish(const struct line_publication *p)
{
    struct buf line;
    int rc;

    buf_init(&line, 8 * (size_t)LIMIT_PLUGIN_PUBLISH_BYTES); /* the node says what is too long */
    buf_put_str(&line, "publish {");
    put_member(&line, "key", span_str(p->key));
    put_member(&line, "mode", span_str(p->mode));
    put_member(&line, "audience", span_str(p->audience));
    if (p->format != NULL)
        put_member(&line, "format", span_str(p->format));
    put_member(&line, "text", p->text);
    buf_put_str(&line, "}\n");
    rc = buf_failed(&line) ? -1 : write_all(STDOUT_FILENO, (const char *)line.p, line.n);
    buf_release(&line);
    return rc;
}

void
line_say(const char *fmt, ...)
{
    char line[LIMIT_PLUGIN_SAID_BYTES];
    va_list args;
    size_t n;

    va_start(args, fmt);
    (void)vsnprintf(line, sizeof line - 1, fmt, args);
    va_end(args);
    for (char *p = line; *p != '\0'; p++) { /* one line, whatever a foreign text holds */
        if (*p == '\n' || *p == '\r')
            *p = ' ';
    }
    n = strlen(line);
    line[n++] = '\n';
    (void)write_all(STDERR_FILENO, line, n);
}

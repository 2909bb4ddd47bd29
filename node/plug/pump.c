/* The life of a plugin's process. The plug role's thread. */
#include "plug/pump.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/file.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/text.h"
#include "plug/pump_internal.h"

void
pump_path(const struct pump *p, const char *end, char out[300])
{
    (void)snprintf(out, 300, "%s/%s%s", p->place->folder, p->name, end);
}

static void
enter(struct pump *p, enum pump_state state, struct pump_now now)
{
    if (p->state != state)
        p->since_ms = now.wall_ms;
    p->state = state;
}

void
pump_note(struct pump *p, struct pump_now now, const char *text)
{
    (void)snprintf(p->error, sizeof p->error, "%s", text);
    p->error[text_utf8_prefix(span_str(p->error))] = '\0'; /* cut between two characters */
    p->error_ms = now.wall_ms;
}

struct pump *
pump_new(const char *name, const struct pump_place *place, struct pump_now now)
{
    struct pump *p = mem_new(sizeof *p);
    char path[300];

    p->place = place;
    (void)snprintf(p->name, sizeof p->name, "%s", name);
    p->since_ms = now.wall_ms;
    p->child = (struct spawn){0, -1, -1, -1};
    stanza_init(&p->stanza);
    stanza_init(&p->next);
    feed_init(&p->feed);
    buf_init(&p->line, LIMIT_PLUGIN_LINE_BYTES);
    ack_init(&p->ack);
    pump_publish_init(p);
    pump_path(p, ".cursor", path);
    if (cursor_load(path, &p->cursor) < 0)
        log_event(EV_plugin_failed, "plugin=%s what=\"its cursor cannot be read: everything is given again\"",
                  p->name);
    p->stored = p->cursor;
    window_start(&p->window, 1, p->cursor.number);
    return p;
}

void
pump_free(struct pump *p)
{
    pump_flow_store(p, (struct pump_now){0, 0}, true);
    pump_flow_clear(p);
    spawn_clear(&p->child);
    ack_release(&p->ack);
    feed_release(&p->feed);
    buf_release(&p->line);
    stanza_release(&p->stanza);
    stanza_release(&p->next);
    free(p);
}

static void
refuse(struct pump *p, const struct why *why, struct pump_now now)
{
    char place[300];
    struct buf text;
    size_t n;

    pump_path(p, ".yaml", place);
    buf_init(&text, LIMIT_LOG_LINE_BYTES);
    why_print(why, place, &text);
    pump_note(p, now, buf_cstr(&text));
    n = strcspn(p->error, " "); /* FILE:LINE:COLUMN: */
    log_event(EV_conf_error, "where=%.*s note=\"%s\"", n > 0 ? (int)n - 1 : 0, p->error, p->error + n + 1);
    buf_release(&text);
}

/* The configuration that waited is in force; nothing runs. */
static void
adopt(struct pump *p, struct pump_now now)
{
    stanza_release(&p->stanza);
    p->stanza = p->next;
    p->has_next = false;
    stanza_init(&p->next);
    backoff_reset(&p->backoff);
    p->start_at_ms = now.mono_ms;
    enter(p, p->stanza.enabled ? PUMP_WAITING : PUMP_OFF, now);
}

void
pump_load(struct pump *p, struct pump_now now)
{
    struct why why;
    bool same;

    why_clear(&why);
    p->leaving = false;
    if (stanza_load(&p->next, p->place->folder, p->name, &why) != 0) {
        p->has_next = false;
        refuse(p, &why, now);
        if (p->stanza.command.n == 0)
            enter(p, PUMP_REFUSED, now);
        return;
    }
    same = p->stanza.command.n > 0 && span_equal(buf_span(&p->next.text), buf_span(&p->stanza.text));
    if (same && p->state != PUMP_STOPPING)
        return;
    p->has_next = true;
    log_event(EV_plugin_loaded, "plugin=%s enabled=%s", p->name, p->next.enabled ? "true" : "false");
    if (p->child.pid == 0)
        adopt(p, now);
    else
        pump_stop(p, now);
}

void
pump_leave(struct pump *p, struct pump_now now)
{
    p->leaving = true;
    if (p->child.pid != 0)
        pump_stop(p, now);
}

bool
pump_is_over(const struct pump *p)
{
    return p->leaving && p->child.pid == 0;
}

void
pump_replay(struct pump *p, struct pump_now now)
{
    char path[300];
    struct buf text;
    uint64_t next;

    pump_path(p, ".replay", path);
    buf_init(&text, CURSOR_TEXT_MAX);
    if (file_read(path, &text) != 0) {
        buf_release(&text);
        return;
    }
    if (p->child.pid != 0) { /* first the process ends, then this is asked again */
        pump_stop(p, now);
    } else if (cursor_parse_order(buf_span(&text), &next) != 0) {
        log_event(EV_plugin_failed, "plugin=%s what=\"%s is no order\"", p->name, path);
        (void)unlink(path);
    } else {
        p->cursor.known = true; /* where it is to go on is known now, also if it never ran */
        p->cursor.number = next > 0 ? next - 1 : 0;
        p->unstored++;
        pump_flow_clear(p);
        pump_flow_store(p, now, true);
        (void)unlink(path);
        log_event(EV_plugin_replayed, "plugin=%s number=%" PRIu64, p->name, p->cursor.number + 1);
    }
    buf_release(&text);
}

void
pump_stop(struct pump *p, struct pump_now now)
{
    if (p->state == PUMP_STOPPING || p->child.pid == 0)
        return;
    enter(p, PUMP_STOPPING, now);
    p->reason[0] = '\0';
    p->terminated = false;
    p->kill_ms = now.mono_ms + PUMP_GRACE_MS;
    pump_publish_stop(p);
    pump_flow_write(p, now); /* the end of its input, after the line that was begun */
}

void
pump_fail(struct pump *p, struct pump_now now, const char *fmt, ...)
{
    va_list args;

    if (p->child.pid == 0 || p->reason[0] != '\0')
        return;
    va_start(args, fmt);
    (void)vsnprintf(p->reason, sizeof p->reason, fmt, args);
    va_end(args);
    spawn_close(&p->child.in);
    spawn_signal(&p->child, SIGKILL);
    p->kill_ms = now.mono_ms + PUMP_GRACE_MS;
    p->terminated = true;
}

static void
start(struct pump *p, struct pump_now now)
{
    char folder[300];

    pump_path(p, "", folder);
    pump_flow_start(p, now);
    if (spawn_start(&p->child, &p->stanza, folder, p->place->node) != 0) {
        pump_note(p, now, strerror(errno));
        log_event(EV_plugin_failed, "plugin=%s what=\"cannot start: %s\"", p->name, strerror(errno));
        p->start_at_ms = now.mono_ms + backoff_next(&p->backoff, 0);
        return;
    }
    p->reason[0] = '\0';
    p->strange = 0;
    p->kill_ms = 0;
    p->terminated = false;
    p->started_ms = p->progress_ms = now.mono_ms;
    enter(p, PUMP_RUNNING, now);
    log_event(EV_plugin_started, "plugin=%s pid=%d number=%" PRIu64, p->name, (int)p->child.pid,
              p->cursor.number);
}

void
pump_ended(struct pump *p, int status, struct pump_now now)
{
    bool meant = p->state == PUMP_STOPPING;
    int64_t wait = 0;
    struct buf text;

    pump_flow_read(p, now, true);
    pump_said_end(p, now);
    spawn_clear(&p->child);
    buf_init(&text, PUMP_ERROR_MAX);
    if (p->reason[0] != '\0')
        buf_put_str(&text, p->reason);
    else
        spawn_explain(status, &text);
    if (!meant) {
        wait = backoff_next(&p->backoff, now.mono_ms - p->started_ms);
        p->restarts++;
        pump_note(p, now, buf_cstr(&text));
    }
    if (meant)
        log_event(EV_plugin_stopped, "plugin=%s why=\"%s\"", p->name, buf_cstr(&text));
    else
        log_event(EV_plugin_ended, "plugin=%s status=%d signal=%d restart_ms=%" PRId64 " why=\"%s\"", p->name,
                  WIFEXITED(status) ? WEXITSTATUS(status) : -1, WIFSIGNALED(status) ? WTERMSIG(status) : 0,
                  wait, buf_cstr(&text));
    buf_release(&text);
    pump_flow_clear(p);
    pump_flow_store(p, now, true);
    p->reason[0] = '\0';
    p->start_at_ms = now.mono_ms + wait;
    enter(p, p->stanza.enabled ? PUMP_WAITING : PUMP_OFF, now);
    if (p->has_next)
        adopt(p, now);
    pump_replay(p, now);
}

/* Ask, insist, end. */
static void
press(struct pump *p, struct pump_now now)
{
    if (p->kill_ms == 0 || now.mono_ms < p->kill_ms)
        return;
    spawn_signal(&p->child, p->terminated ? SIGKILL : SIGTERM);
    p->terminated = true;
    p->kill_ms = now.mono_ms + PUMP_GRACE_MS;
}

static void
check_time(struct pump *p, struct pump_now now)
{
    if (p->state != PUMP_RUNNING || (p->window.n == 0 && p->publish.reply.n == 0) ||
        now.mono_ms - p->progress_ms < p->stanza.timeout_s * 1000)
        return;
    if (p->publish.reply.n > 0)
        pump_fail(p, now, "it did not read the reply to what it published within %" PRId64 " s",
                  p->stanza.timeout_s);
    pump_fail(p, now, "it did not acknowledge %" PRIu64 " within %" PRId64 " s", window_oldest(&p->window),
              p->stanza.timeout_s);
}

size_t
pump_fds(const struct pump *p, struct pollfd *out, struct pump_now now)
{
    bool fresh = p->read_second != now.mono_ms / 1000;
    size_t n = 0;

    if (p->feed.fd >= 0)
        out[n++] = (struct pollfd){.fd = p->feed.fd, .events = feed_events(&p->feed)};
    if (p->publish.feed.fd >= 0)
        out[n++] = (struct pollfd){.fd = p->publish.feed.fd, .events = feed_events(&p->publish.feed)};
    if (p->child.in >= 0 && (p->line_at < p->line.n || p->publish.reply.n > 0))
        out[n++] = (struct pollfd){.fd = p->child.in, .events = POLLOUT};
    if (p->child.out >= 0 && !pump_publish_is_busy(p) && (fresh || p->out_bytes < LIMIT_PLUGIN_ANSWERS_BYTES))
        out[n++] = (struct pollfd){.fd = p->child.out, .events = POLLIN};
    if (p->child.err >= 0 && (fresh || p->err_bytes < LIMIT_PLUGIN_READ_BYTES))
        out[n++] = (struct pollfd){.fd = p->child.err, .events = POLLIN};
    return n;
}

void
pump_step(struct pump *p, const struct pollfd *fds, size_t n, struct pump_now now)
{
    bool readable = false;
    short feed = 0, publish = 0;

    for (size_t i = 0; i < n; i++) {
        if (fds[i].fd == p->feed.fd)
            feed = fds[i].revents;
        else if (fds[i].fd == p->publish.feed.fd)
            publish = fds[i].revents;
        else if (fds[i].fd == p->child.out || fds[i].fd == p->child.err)
            readable = readable || fds[i].revents != 0;
    }
    if (p->state == PUMP_WAITING && now.mono_ms >= p->start_at_ms && !p->leaving)
        start(p, now);
    if (readable || (p->publish.rest.n > 0 && !pump_publish_is_busy(p)))
        pump_flow_read(p, now, false);
    if (p->state == PUMP_RUNNING) {
        pump_publish_step(p, publish, now);
        pump_flow_feed(p, feed, now);
    }
    if (p->child.pid != 0)
        pump_flow_write(p, now);
    check_time(p, now);
    press(p, now);
    pump_flow_store(p, now, false);
}

static void
sooner(int64_t *due, int64_t at)
{
    if (at < *due)
        *due = at;
}

int64_t
pump_due(const struct pump *p, struct pump_now now)
{
    int64_t due = INT64_MAX;

    if (p->state == PUMP_WAITING && !p->leaving)
        sooner(&due, p->start_at_ms);
    if (p->child.pid != 0 && p->kill_ms != 0)
        sooner(&due, p->kill_ms);
    if (p->state == PUMP_RUNNING && (p->window.n > 0 || p->publish.reply.n > 0))
        sooner(&due, p->progress_ms + p->stanza.timeout_s * 1000);
    if (p->state == PUMP_RUNNING && !p->feed.asked && p->page == NULL && p->stanza.records)
        sooner(&due, p->ask_at_ms);
    if (p->state == PUMP_RUNNING)
        sooner(&due, pump_publish_due(p));
    if (pump_flow_is_ready(p))
        sooner(&due, now.mono_ms);
    if (p->unstored > 0)
        sooner(&due, pump_flow_store_due(p));
    if (p->read_second == now.mono_ms / 1000 &&
        (p->out_bytes >= LIMIT_PLUGIN_ANSWERS_BYTES || p->err_bytes >= LIMIT_PLUGIN_READ_BYTES))
        sooner(&due, (p->read_second + 1) * 1000);
    return due;
}

void
pump_status(const struct pump *p, Parallax__V1__PluginStatus *out)
{
    static const char *const words[] = {[PUMP_OFF] = "off",
                                        [PUMP_REFUSED] = "refused",
                                        [PUMP_WAITING] = "waiting",
                                        [PUMP_RUNNING] = "running",
                                        [PUMP_STOPPING] = "stopping"};

    parallax__v1__plugin_status__init(out);
    out->name = (char *)(uintptr_t)p->name;
    out->state = (char *)(uintptr_t)words[p->state];
    if (p->cursor.known)
        out->incarnation =
            (ProtobufCBinaryData){sizeof p->cursor.incarnation, (uint8_t *)(uintptr_t)p->cursor.incarnation};
    out->cursor = p->cursor.number;
    out->unacknowledged = (uint32_t)p->window.n;
    out->records = p->records;
    out->restarts = p->restarts;
    out->since_ms = p->since_ms;
    out->error = (char *)(uintptr_t)p->error;
    out->error_ms = p->error_ms;
    out->nonsense = p->nonsense;
    out->said = p->lines;
    out->published = p->publish.records;
    out->denied = p->publish.denied;
    out->no_records = p->stanza.command.n > 0 && !p->stanza.records;
}

#include "cli/health.h"

#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "cli/screen.h"

struct check {
    const Parallax__V1__StatusAnswer *s;
    health_fn *say;
    void *cookie;
    struct buf text;
    size_t n;
};

static void
say(struct check *c)
{
    c->say(c->cookie, buf_cstr(&c->text));
    buf_clear(&c->text);
    c->n++;
}

bool
health_peer_up(const Parallax__V1__PeerStatus *p)
{
    return p->alert_up && p->bulk_up;
}

/* The roster took it out: it is down for good, and that is well. */
static bool
is_removed(const Parallax__V1__PeerStatus *p)
{
    return strcmp(p->state, "removed") == 0;
}

void
health_peer(const Parallax__V1__PeerStatus *p, struct buf *out)
{
    if (health_peer_up(p) || is_removed(p)) {
        screen_text(out, p->state[0] != '\0' ? p->state : "up");
    } else if (p->alert_up || p->bulk_up) {
        buf_put_str(out, p->alert_up ? "up on its alert lane only" : "up on its bulk lane only");
    } else {
        buf_put_str(out, "DOWN");
        if (p->state[0] != '\0') {
            buf_put_str(out, ", ");
            screen_text(out, p->state);
        }
    }
}

void
health_log_name(const Parallax__V1__LogStatus *log, struct buf *out)
{
    if (log->series[0] != '\0') {
        screen_text(out, log->series);
        return;
    }
    screen_text(out, log->origin);
    buf_put_byte(out, '/');
    text_hex(out, span_of(log->log.data, log->log.len < 4 ? log->log.len : 4));
}

static void
put_since(struct check *c, int64_t ms)
{
    if (ms == 0) {
        buf_put_str(&c->text, " since the node started");
        return;
    }
    buf_put_str(&c->text, " since ");
    screen_time(&c->text, ms);
    buf_put_str(&c->text, " (");
    screen_age(&c->text, c->s->time_ms - ms);
    buf_put_byte(&c->text, ')');
}

static void
check_peer(struct check *c, const Parallax__V1__PeerStatus *p)
{
    if (health_peer_up(p) || is_removed(p))
        return;
    buf_put_str(&c->text, "peer ");
    screen_text(&c->text, p->node);
    buf_put_str(&c->text, " is ");
    health_peer(p, &c->text);
    if (!p->alert_up && !p->bulk_up)
        put_since(c, p->last_frame_ms);
    say(c);
}

#define CLOCK_MS 2000 /* a difference that a person should know of: times of records are compared */

static void
check_peer_bounds(struct check *c, const Parallax__V1__PeerStatus *p)
{
    int64_t off = p->clock_ahead_ms;

    if (p->quota_reached) {
        buf_put_str(&c->text, "the QUOTA of ");
        screen_text(&c->text, p->node);
        buf_put_fmt(&c->text, " is reached with %" PRIu64 " bytes: nothing more of its records is taken",
                    p->held_bytes);
        say(c);
    }
    if (off < -CLOCK_MS || off > CLOCK_MS) {
        buf_put_str(&c->text, "the clock of ");
        screen_text(&c->text, p->node);
        buf_put_str(&c->text, " is ");
        screen_age(&c->text, off < 0 ? -off : off);
        buf_put_str(&c->text, off < 0 ? " behind ours" : " ahead of ours");
        say(c);
    }
}

static void
check_log(struct check *c, const Parallax__V1__LogStatus *log)
{
    int64_t age = c->s->time_ms - log->heartbeat_ms;
    bool waits = strcmp(log->state, "guard") == 0 || strcmp(log->state, "recovering") == 0;
    bool stale = !log->own && !log->closed && (log->heartbeat_ms == 0 || age > HEALTH_STALE_MS);
    if (strcmp(log->state, "frozen") == 0) {
        buf_put_str(&c->text, "log ");
        health_log_name(log, &c->text);
        if (log->disputed)
            buf_put_fmt(&c->text,
                        " is FROZEN: it contradicts itself; both stories have %" PRIu64
                        " leaves in common, what is above them is DISPUTED",
                        log->common);
        else
            buf_put_fmt(&c->text, " is FROZEN at %" PRIu64 ": it cannot be followed", log->size);
        say(c);
    } else if (log->own && waits) {
        buf_put_str(&c->text, "our log ");
        health_log_name(log, &c->text);
        buf_put_str(&c->text, strcmp(log->state, "guard") == 0
                                  ? " waits for what peers hold of it before it goes on"
                                  : " is being recovered from peers");
        say(c);
    } else if (stale) {
        buf_put_str(&c->text, "log ");
        health_log_name(log, &c->text);
        buf_put_str(&c->text, log->heartbeat_ms == 0 ? " is stale: its origin has said nothing yet"
                                                     : " is STALE: its origin is silent");
        if (log->heartbeat_ms != 0)
            put_since(c, log->heartbeat_ms);
        say(c);
    }
}

#define PLUGIN_SILENT_MS 30000 /* three reports of an idle role */

static void
check_plugin(struct check *c, const Parallax__V1__PluginStatus *p)
{
    bool waiting = strcmp(p->state, "waiting") == 0 && p->error[0] != '\0';
    bool refused = strcmp(p->state, "refused") == 0;
    bool silent = c->s->time_ms - p->reported_ms > PLUGIN_SILENT_MS;

    if (!waiting && !refused && !silent)
        return;
    buf_put_str(&c->text, "plugin ");
    screen_text(&c->text, p->name);
    if (silent) {
        buf_put_str(&c->text, ": nothing was heard of it");
        put_since(c, p->reported_ms);
    } else {
        buf_put_str(&c->text, refused ? " is REFUSED: " : " does not run: ");
        screen_text(&c->text, p->error);
    }
    say(c);
}

size_t
health_check(const Parallax__V1__StatusAnswer *s, health_fn *fn, void *cookie)
{
    struct check c = {.s = s, .say = fn, .cookie = cookie};
    buf_init(&c.text, 8192);
    if (s->disk_low) {
        buf_put_str(&c.text, "the disk is LOW: bulk is held back, alerts go on");
        say(&c);
    }
    if (s->clock_suspect) {
        buf_put_str(&c.text, "the clock is SUSPECT: heartbeats are paused");
        say(&c);
    }
    if (s->roster_concern[0] != '\0') {
        buf_put_str(&c.text, "the ROSTER: ");
        screen_text(&c.text, s->roster_concern);
        say(&c);
    }
    for (size_t i = 0; i < s->n_peers; i++)
        check_peer(&c, s->peers[i]);
    for (size_t i = 0; i < s->n_peers; i++)
        check_peer_bounds(&c, s->peers[i]);
    for (size_t i = 0; i < s->n_logs; i++)
        check_log(&c, s->logs[i]);
    for (size_t i = 0; i < s->n_plugins; i++)
        check_plugin(&c, s->plugins[i]);
    if (s->quarantined > 0) {
        buf_put_fmt(&c.text, "%" PRIu64 " records are in quarantine", s->quarantined);
        say(&c);
    }
    buf_release(&c.text);
    return c.n;
}

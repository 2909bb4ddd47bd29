/* status, peers: is all well, and if not, what, since when, and by how much. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/client.h"
#include "cli/feeds.h"
#include "cli/health.h"
#include "cli/logs.h"
#include "cli/plugins.h"
#include "core/object.h"
#include "cli/screen.h"

static Parallax__V1__Answer *
ask(const struct args *a, int *status)
{
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_STATUS);
    request.status = &plain;
    struct client *c = client_new(a, status);
    if (c == NULL)
        return NULL;
    Parallax__V1__Answer *answer = client_ask(c, &request, status);
    client_free(c);
    return answer;
}

static void
add_problem(void *cookie, const char *problem)
{
    struct buf *out = cookie;
    if (out->n > 0)
        buf_put_str(out, "; ");
    buf_put_str(out, problem);
}

static void
print_first_line(const Parallax__V1__StatusAnswer *s)
{
    struct buf problems, line;
    buf_init(&problems, LIMIT_API_BYTES);
    buf_init(&line, LIMIT_API_BYTES);
    size_t n = health_check(s, add_problem, &problems);
    screen_text(&line, s->node);
    if (n == 0) {
        size_t open = 0;
        for (size_t i = 0; i < s->n_logs; i++)
            open += !s->logs[i]->closed;
        printf("%sALL IS WELL%s at %s: %zu peers up, %zu logs followed, %" PRIu64 " records\n",
               screen_tone(stdout, TONE_GOOD), screen_tone(stdout, TONE_PLAIN), buf_cstr(&line), s->n_peers,
               open, s->records);
    } else {
        printf("%sNOT WELL%s at %s: %s\n", screen_tone(stdout, TONE_BAD), screen_tone(stdout, TONE_PLAIN),
               buf_cstr(&line), buf_cstr(&problems));
    }
    buf_release(&problems);
    buf_release(&line);
}

static void
print_facts(const Parallax__V1__StatusAnswer *s)
{
    struct buf out;
    buf_init(&out, 8192);
    screen_text(&out, s->software);
    buf_put_str(&out, ", up for ");
    screen_age(&out, s->time_ms - s->started_ms);
    buf_put_str(&out, ", federation ");
    screen_text(&out, s->federation);
    buf_put_fmt(&out, ", roster version %" PRIu64 ", delivery %" PRIu64 "\nit is ", s->roster_version,
                s->delivery);
    screen_time(&out, s->time_ms);
    if (s->watch_off)
        buf_put_str(&out, "\nalert rules are OFF (watch: false): this node derives no alerts");
    if (s->rebuilding)
        buf_put_fmt(&out,
                    "\nthe picture is being made from the logs, %" PRIu64 " of %" PRIu64
                    " records so far: what is asked for meanwhile is incomplete",
                    s->rebuild_done, s->rebuild_total);
    buf_put_str(&out, "\n\n");
    screen_flush(&out);
    buf_release(&out);
}

static void
text_cell(struct screen_table *t, struct buf *text)
{
    screen_table_cell(t, buf_cstr(text));
    buf_clear(text);
}

static void
print_peers(const Parallax__V1__StatusAnswer *s)
{
    static const char *const titles[] = {"PEER", "STATE", "LAST FRAME", "BYTES IN", "BYTES OUT"};
    struct screen_table t;
    struct buf text;
    buf_init(&text, 8192);
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (size_t i = 0; i < s->n_peers; i++) {
        const Parallax__V1__PeerStatus *p = s->peers[i];
        screen_text(&text, p->node);
        text_cell(&t, &text);
        health_peer(p, &text);
        text_cell(&t, &text);
        if (p->last_frame_ms == 0) {
            buf_put_str(&text, "none since start");
        } else {
            screen_age(&text, s->time_ms - p->last_frame_ms);
            buf_put_str(&text, " ago");
        }
        text_cell(&t, &text);
        buf_put_fmt(&text, "%" PRIu64, p->bytes_in);
        text_cell(&t, &text);
        buf_put_fmt(&text, "%" PRIu64, p->bytes_out);
        text_cell(&t, &text);
    }
    screen_table_print(&t);
    if (s->n_peers == 0)
        puts("(no peers: a federation of one)");
    buf_release(&text);
}

static void
print_rejects(const Parallax__V1__StatusAnswer *s)
{
    static const char *const titles[] = {"REFUSED", "PEER", "COUNT", "BLAME", "EFFECT", "THE LATEST"};
    struct screen_table t;
    struct buf text;
    if (s->n_rejects == 0)
        return;
    putchar('\n');
    buf_init(&text, 8192);
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (size_t i = 0; i < s->n_rejects; i++) {
        const Parallax__V1__RejectCount *r = s->rejects[i];
        const char *cells[] = {r->why, r->peer[0] != '\0' ? r->peer : "(local)", NULL, r->blame, r->effect,
                               r->note};
        for (size_t k = 0; k < sizeof cells / sizeof cells[0]; k++) {
            if (cells[k] != NULL)
                screen_text(&text, cells[k]);
            else
                buf_put_fmt(&text, "%" PRIu64, r->count);
            text_cell(&t, &text);
        }
    }
    screen_table_print(&t);
    buf_release(&text);
}

static void
put_peer_json(const Parallax__V1__PeerStatus *p, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "node", p->node);
    object_bool(out, "up", health_peer_up(p));
    object_bool(out, "alert_up", p->alert_up);
    object_bool(out, "bulk_up", p->bulk_up);
    object_str(out, "state", p->state);
    object_ms(out, "last_frame", p->last_frame_ms);
    object_uint(out, "bytes_in", p->bytes_in);
    object_uint(out, "bytes_out", p->bytes_out);
    object_uint(out, "held_bytes", p->held_bytes);
    object_bool(out, "quota_reached", p->quota_reached);
    object_int(out, "clock_ahead_ms", p->clock_ahead_ms);
    object_close(out);
}

static void
put_problem(void *cookie, const char *problem)
{
    object_str(cookie, NULL, problem);
}

static void
no_problem(void *cookie, const char *problem)
{
    (void)cookie;
    (void)problem;
}

static void
put_lists_json(const Parallax__V1__StatusAnswer *s, struct buf *out)
{
    object_open_list(out, "peers");
    for (size_t i = 0; i < s->n_peers; i++)
        put_peer_json(s->peers[i], out);
    object_close_list(out);
    object_open_list(out, "plugins");
    for (size_t i = 0; i < s->n_plugins; i++)
        plugins_json(s, s->plugins[i], out);
    object_close_list(out);
    feeds_json(s, out);
    object_open_list(out, "logs");
    for (size_t i = 0; i < s->n_logs; i++)
        logs_json(s->logs[i], true, out);
    object_close_list(out);
    object_open_list(out, "rejects");
    for (size_t i = 0; i < s->n_rejects; i++) {
        const Parallax__V1__RejectCount *r = s->rejects[i];
        object_open(out, NULL);
        object_str(out, "why", r->why);
        object_str(out, "peer", r->peer);
        object_uint(out, "count", r->count);
        object_str(out, "blame", r->blame);
        object_str(out, "effect", r->effect);
        object_str(out, "note", r->note);
        object_close(out);
    }
    object_close_list(out);
}

static void
print_json(const Parallax__V1__StatusAnswer *s)
{
    struct buf out;
    buf_init(&out, LIMIT_INPUT_BYTES);
    object_open(&out, NULL);
    object_bool(&out, "well", health_check(s, no_problem, NULL) == 0);
    object_open_list(&out, "problems");
    health_check(s, put_problem, &out);
    object_close_list(&out);
    object_str(&out, "node", s->node);
    object_str(&out, "federation", s->federation);
    object_str(&out, "software", s->software);
    object_uint(&out, "roster_version", s->roster_version);
    object_hex(&out, "roster_sha256", s->roster_hash.data, s->roster_hash.len);
    object_ms(&out, "time", s->time_ms);
    object_ms(&out, "started", s->started_ms);
    object_uint(&out, "records", s->records);
    object_uint(&out, "quarantined", s->quarantined);
    object_uint(&out, "delivery", s->delivery);
    object_hex(&out, "incarnation", s->incarnation.data, s->incarnation.len);
    object_bool(&out, "disk_low", s->disk_low);
    object_bool(&out, "watch_off", s->watch_off);
    object_bool(&out, "rebuilding", s->rebuilding);
    if (s->rebuilding) {
        object_uint(&out, "rebuild_done", s->rebuild_done);
        object_uint(&out, "rebuild_total", s->rebuild_total);
    }
    object_bool(&out, "clock_suspect", s->clock_suspect);
    object_str(&out, "roster_concern", s->roster_concern);
    put_lists_json(s, &out);
    object_close(&out);
    buf_put_byte(&out, '\n');
    screen_flush(&out);
    buf_release(&out);
}

int
cmd_status(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "status", 0, 0, argc, argv, &status))
        return status;
    Parallax__V1__Answer *answer = ask(&a, &status);
    if (answer == NULL)
        return status;
    logs_sort(answer->status->logs, answer->status->n_logs);
    if (args_has(&a, "json")) {
        print_json(answer->status);
    } else {
        print_first_line(answer->status);
        print_facts(answer->status);
        print_peers(answer->status);
        putchar('\n');
        logs_print((const Parallax__V1__LogStatus *const *)answer->status->logs, answer->status->n_logs,
                   answer->status->time_ms);
        print_rejects(answer->status);
        if (answer->status->n_plugins > 0) {
            putchar('\n');
            plugins_print(answer->status);
        }
        feeds_print(answer->status);
    }
    client_answer_free(answer);
    return EXIT_DONE;
}

int
cmd_peers(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "peers", 0, 0, argc, argv, &status))
        return status;
    Parallax__V1__Answer *answer = ask(&a, &status);
    if (answer == NULL)
        return status;
    if (args_has(&a, "json")) {
        struct buf out;
        buf_init(&out, LIMIT_API_BYTES);
        for (size_t i = 0; i < answer->status->n_peers; i++) {
            put_peer_json(answer->status->peers[i], &out);
            buf_put_byte(&out, '\n');
        }
        screen_flush(&out);
        buf_release(&out);
    } else {
        print_peers(answer->status);
    }
    client_answer_free(answer);
    return EXIT_DONE;
}

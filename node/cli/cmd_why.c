/* why: has a peer a record, and if not, why not. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "cli/client.h"
#include "core/object.h"
#include "cli/pick.h"
#include "cli/screen.h"

struct asked {
    const char *peer;
    uint64_t index;
    const Parallax__V1__ReleaseAnswer *r;
};

/* One word for programs. */
static const char *
verdict(const struct asked *q)
{
    if (!q->r->released)
        return "not_released";
    if (q->r->stored > q->index)
        return "stored";
    if (q->r->closed[0] != '\0')
        return "closed";
    if (strcmp(q->r->state, "frozen") == 0)
        return "frozen";
    if (!q->r->up)
        return "down";
    return q->r->own ? "behind" : "unknown";
}

static void
put_since(const struct asked *q, struct buf *out, int64_t ms)
{
    if (ms == 0) {
        buf_put_str(out, " since this node started");
        return;
    }
    buf_put_str(out, " since ");
    screen_time(out, ms);
    buf_put_str(out, " (");
    screen_age(out, q->r->time_ms - ms);
    buf_put_byte(out, ')');
}

static void
put_behind(const struct asked *q, struct buf *out)
{
    screen_text(out, q->peer);
    buf_put_fmt(out,
                " said that it has %" PRIu64 " of the %" PRIu64 " leaves of this log: it lacks %" PRIu64
                " up to this record,",
                q->r->stored, q->r->size, q->index + 1 - q->r->stored);
    put_since(q, out, q->r->stored_ms);
    buf_put_str(out, ".\n");
}

static void
put_reason(const struct asked *q, struct buf *out)
{
    const char *v = verdict(q);

    if (strcmp(v, "closed") == 0) {
        buf_put_str(out, "It takes no more of it: ");
        screen_text(out, q->r->closed);
        buf_put_byte(out, ',');
        put_since(q, out, q->r->closed_ms);
        buf_put_str(out, ".\n");
    } else if (strcmp(v, "frozen") == 0) {
        buf_put_str(out, "The log is FROZEN here: nothing of it is sent.\n");
    } else if (strcmp(v, "down") == 0) {
        buf_put_str(out, "There is no session with it in the lane of this log. Its last frame came");
        if (q->r->last_frame_ms == 0)
            buf_put_str(out, " before this node started");
        else
            put_since(q, out, q->r->last_frame_ms);
        buf_put_str(out, ".\n");
    } else if (strcmp(v, "behind") == 0) {
        buf_put_str(out, "It is connected and takes the log: it comes as fast as it stores.\n");
    } else {
        buf_put_str(out, "This node is not the origin of the log: a peer says what it stored to the origin, "
                         "and to the one that it reads from.\n");
    }
}

static void
put_text(const struct asked *q, struct buf *out)
{
    if (!q->r->released) {
        buf_put_str(out, "no: ");
        screen_text(out, q->peer);
        buf_put_fmt(out, " may not hold it (%s: %s)\n", q->r->rule, q->r->text);
        return;
    }
    if (q->r->stored > q->index) {
        buf_put_str(out, "yes: ");
        screen_text(out, q->peer);
        buf_put_fmt(out, " said that it has stored it%s\n", q->r->readable ? "" : ", as ciphertext");
        return;
    }
    buf_put_str(out, "not yet, as far as is known here: ");
    put_behind(q, out);
    put_reason(q, out);
}

static void
put_json(const struct asked *q, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "peer", q->peer);
    object_str(out, "verdict", verdict(q));
    object_bool(out, "released", q->r->released);
    object_str(out, "rule", q->r->rule);
    object_uint(out, "stored", q->r->stored);
    object_uint(out, "size", q->r->size);
    object_ms(out, "stored_grew", q->r->stored_ms);
    object_bool(out, "up", q->r->up);
    object_ms(out, "last_frame", q->r->last_frame_ms);
    if (q->r->closed[0] != '\0') {
        object_str(out, "closed", q->r->closed);
        object_ms(out, "closed_since", q->r->closed_ms);
    }
    object_str(out, "state", q->r->state);
    object_close(out);
    buf_put_byte(out, '\n');
}

static int
ask(struct client *client, struct args *a)
{
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__ReleaseRequest release = PARALLAX__V1__RELEASE_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_RELEASE);
    uint8_t log[LOG_ID_BYTES];
    struct asked q = {.peer = a->at[1]};
    struct buf out;
    int status = pick_record(client, a, a->at[0], log, &id.index);

    if (status != EXIT_DONE)
        return status;
    id.log.data = log;
    id.log.len = sizeof log;
    release.reader = a->at[1];
    release.id = &id;
    request.release = &release;
    Parallax__V1__Answer *answer = client_ask(client, &request, &status);
    if (answer == NULL)
        return status;
    q.index = id.index;
    q.r = answer->release;
    buf_init(&out, LIMIT_LINE_BYTES);
    if (args_has(a, "json"))
        put_json(&q, &out);
    else
        put_text(&q, &out);
    screen_flush(&out);
    buf_release(&out);
    client_answer_free(answer);
    return EXIT_DONE;
}

int
cmd_why(int argc, char **argv)
{
    struct args a;
    struct client *client;
    int status;

    if (!args_read(&a, "why", 2, 2, argc, argv, &status))
        return status;
    client = client_new(&a, &status);
    if (client == NULL)
        return status;
    status = ask(client, &a);
    client_free(client);
    return status;
}

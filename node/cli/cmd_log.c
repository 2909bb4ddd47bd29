/* log list, describe, head, get: the logs behind the picture. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/logs.h"
#include "core/object.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"
#include "core/evidence.h"
#include "wire/unpack.h"

int
cmd_log_list(int argc, char **argv)
{
    struct args a;
    int status;
    struct logs all;
    if (!args_read(&a, "log list", 0, 0, argc, argv, &status))
        return status;
    struct client *c = client_new(&a, &status);
    if (c == NULL)
        return status;
    status = logs_ask(c, &all);
    client_free(c);
    if (status == EXIT_DONE && args_has(&a, "json")) {
        struct buf out;
        buf_init(&out, LIMIT_INPUT_BYTES);
        for (size_t i = 0; i < all.n; i++) {
            logs_json(all.log[i], false, &out);
            buf_put_byte(&out, '\n');
        }
        screen_flush(&out);
        buf_release(&out);
    } else if (status == EXIT_DONE) {
        logs_print((const Parallax__V1__LogStatus *const *)all.log, all.n, 0);
    }
    logs_release(&all);
    return status;
}

/* Ask for ${count} records of the log that the first argument names. */
static Parallax__V1__Answer *
ask(struct client *c, uint8_t log[LOG_ID_BYTES], uint64_t first, uint32_t count, int *status)
{
    Parallax__V1__LogRequest one = PARALLAX__V1__LOG_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_LOG);
    one.log.data = log;
    one.log.len = LOG_ID_BYTES;
    one.first = first;
    one.count = count;
    request.log = &one;
    return client_ask(c, &request, status);
}

/* Open the node and ask for the log without records. */
static Parallax__V1__Answer *
ask_plain(const struct args *a, int *status)
{
    uint8_t log[LOG_ID_BYTES];
    struct client *c = client_new(a, status);
    if (c == NULL)
        return NULL;
    Parallax__V1__Answer *answer = NULL;
    *status = pick_log(c, a, a->at[0], log);
    if (*status == EXIT_DONE)
        answer = ask(c, log, 0, 0, status);
    client_free(c);
    if (answer == NULL || answer->log->status != NULL)
        return answer;
    *status = args_fail(a, "the node's answer holds no status of the log");
    client_answer_free(answer);
    return NULL;
}

static void
put_list(struct buf *out, const char *title, char *const *names, size_t n)
{
    buf_put_str(out, title);
    for (size_t i = 0; i < n; i++) {
        buf_put_str(out, i > 0 ? ", " : "");
        screen_text(out, names[i]);
    }
    buf_put_str(out, n > 0 ? "\n" : "none\n");
}

static void
put_descriptor(const Parallax__V1__Descriptor *d, struct buf *out)
{
    buf_put_str(out, "federation  ");
    screen_text(out, d->federation);
    buf_put_str(out, "\norigin      ");
    screen_text(out, d->node);
    buf_put_str(out, "\naudience    ");
    screen_text(out, d->audience);
    buf_put_str(out, "\nclass       ");
    screen_text(out, d->class_name);
    buf_put_byte(out, '\n');
    if (strcmp(d->audience, "open") != 0) {
        put_list(out, "readers     ", d->readers, d->n_readers);
        put_list(out, "carriers    ", d->carriers, d->n_carriers);
    }
    if (d->continues != NULL) {
        buf_put_str(out, "continues   ");
        text_hex(out, span_of(d->continues->log.data, d->continues->log.len));
        buf_put_fmt(out, " at %" PRIu64 " with root ", d->continues->size);
        text_hex(out, span_of(d->continues->root.data, d->continues->root.len));
        buf_put_byte(out, '\n');
    }
}

static void
put_descriptor_json(const Parallax__V1__Descriptor *d, struct buf *out)
{
    object_open(out, NULL);
    object_str(out, "federation", d->federation);
    object_str(out, "node", d->node);
    object_str(out, "audience", d->audience);
    object_str(out, "class", d->class_name);
    object_open_list(out, "readers");
    for (size_t i = 0; i < d->n_readers; i++)
        object_str(out, NULL, d->readers[i]);
    object_close_list(out);
    object_open_list(out, "carriers");
    for (size_t i = 0; i < d->n_carriers; i++)
        object_str(out, NULL, d->carriers[i]);
    object_close_list(out);
    object_close(out);
    if (d->continues == NULL)
        return;
    out->n--; /* one more member */
    object_open(out, "continues");
    object_hex(out, "log", d->continues->log.data, d->continues->log.len);
    object_uint(out, "size", d->continues->size);
    object_hex(out, "root", d->continues->root.data, d->continues->root.len);
    object_close(out);
    object_close(out);
}

static int
describe(const struct args *a, const Parallax__V1__LogAnswer *log)
{
    struct arena arena;
    struct why why;
    struct buf out;
    bool json = args_has(a, "json");
    int status = EXIT_DONE;
    why_clear(&why);
    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    buf_init(&out, LIMIT_API_BYTES);
    const Parallax__V1__Descriptor *d = (const Parallax__V1__Descriptor *)unpack(
        &parallax__v1__descriptor__descriptor, span_of(log->descriptor.data, log->descriptor.len), false,
        WHY_BODY_SHAPE, &arena, &why);
    if (log->descriptor.len == 0 || d == NULL)
        status =
            args_fail(a, "its descriptor is not held here%s%s", why.note[0] != '\0' ? ": " : "", why.note);
    else if (json)
        put_descriptor_json(d, &out);
    else
        put_descriptor(d, &out);
    if (status == EXIT_DONE && json)
        buf_put_byte(&out, '\n');
    screen_flush(&out);
    if (status == EXIT_DONE && !json) {
        const Parallax__V1__LogStatus *one = log->status;
        putchar('\n');
        logs_print(&one, 1, 0);
    }
    buf_release(&out);
    arena_release(&arena);
    return status;
}

int
cmd_log_describe(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "log describe", 1, 1, argc, argv, &status))
        return status;
    Parallax__V1__Answer *answer = ask_plain(&a, &status);
    if (answer == NULL)
        return status;
    status = describe(&a, answer->log);
    client_answer_free(answer);
    return status;
}

int
cmd_log_evidence(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "log evidence", 1, 1, argc, argv, &status))
        return status;
    Parallax__V1__Answer *answer = ask_plain(&a, &status);
    if (answer == NULL)
        return status;
    const Parallax__V1__LogAnswer *log = answer->log;
    struct evidence e;
    if (log->fork.len == 0) {
        status = args_fail(&a, "%s: no contradiction is known here%s", a.at[0],
                           strcmp(log->status->state, "frozen") == 0
                               ? ", though it is frozen: `parallax status` says why"
                               : "");
    } else if (evidence_unpack(span_of(log->fork.data, log->fork.len), &e) != 0) {
        status = args_fail(&a, "the node's answer is no evidence");
    } else {
        struct buf out;
        buf_init(&out, EVIDENCE_TEXT_BYTES);
        evidence_print(&e, log->federation, &out);
        screen_flush(&out);
        buf_release(&out);
    }
    client_answer_free(answer);
    return status;
}

int
cmd_log_head(int argc, char **argv)
{
    struct args a;
    int status;
    if (!args_read(&a, "log head", 1, 1, argc, argv, &status))
        return status;
    Parallax__V1__Answer *answer = ask_plain(&a, &status);
    if (answer == NULL)
        return status;
    const Parallax__V1__LogAnswer *log = answer->log;
    struct buf out;
    buf_init(&out, LIMIT_API_BYTES);
    if (args_has(&a, "json")) {
        logs_json(log->status, true, &out);
        out.n--; /* one more member */
        buf_put_str(&out, ",\"checkpoint\":");
        text_json(&out, span_of(log->checkpoint.data, log->checkpoint.len));
        buf_put_str(&out, "}\n");
    } else if (log->checkpoint.len == 0) {
        status = args_fail(&a, "nothing is signed in it yet");
    } else {
        buf_put(&out, log->checkpoint.data, log->checkpoint.len);
    }
    screen_flush(&out);
    buf_release(&out);
    client_answer_free(answer);
    return status;
}

static void
show_row(const Parallax__V1__RecordRow *in, bool json, struct buf *out)
{
    struct row r;
    char epoch[UTC_TEXT_MAX];
    row_open(&r, in);
    if (json) {
        row_json(&r, span_of(NULL, 0), out);
    } else {
        row_epoch(&r, epoch);
        buf_put_fmt(out, "%10" PRIu64 "  %-20s  ", in->id != NULL ? in->id->index : 0, epoch);
        row_summary(&r, out);
    }
    buf_put_byte(out, '\n');
    row_close(&r);
    if (out->n > LIMIT_API_PAGE_BYTES)
        screen_flush(out);
}

static int
get(struct client *c, uint8_t log[LOG_ID_BYTES], uint64_t first, uint64_t count, bool json)
{
    int status = EXIT_DONE;
    struct buf out;
    buf_init(&out, LIMIT_INPUT_BYTES);
    while (count > 0 && !ferror(stdout)) {
        uint32_t want = count < LIMIT_API_PAGE_COUNT ? (uint32_t)count : LIMIT_API_PAGE_COUNT;
        Parallax__V1__Answer *answer = ask(c, log, first, want, &status);
        if (answer == NULL)
            break;
        size_t n = answer->log->n_rows;
        for (size_t i = 0; i < n; i++)
            show_row(answer->log->rows[i], json, &out);
        client_answer_free(answer);
        if (n == 0)
            break;
        first += n;
        count = n < count ? count - n : 0;
    }
    screen_flush(&out);
    buf_release(&out);
    return status;
}

int
cmd_log_get(int argc, char **argv)
{
    struct args a;
    uint8_t log[LOG_ID_BYTES];
    uint64_t first = 0, count = UINT64_MAX;
    int status;
    if (!args_read(&a, "log get", 1, 3, argc, argv, &status))
        return status;
    if (a.n > 1 && num_uint(span_str(a.at[1]), INT64_MAX, &first) != 0)
        return args_usage(&a, "%.40s: expected the index of the first record", a.at[1]);
    if (a.n > 2 && num_uint(span_str(a.at[2]), INT64_MAX, &count) != 0)
        return args_usage(&a, "%.40s: expected how many records", a.at[2]);
    struct client *c = client_new(&a, &status);
    if (c == NULL)
        return status;
    status = pick_log(c, &a, a.at[0], log);
    if (status == EXIT_DONE)
        status = get(c, log, first, count, args_has(&a, "json"));
    client_free(c);
    return status;
}

/* plugin test: the command of a plugin on records of files, confined as the node would, and what it answers. No node. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/pick.h"
#include "cli/home.h"
#include "cli/screen.h"
#include "plug/ack.h"
#include "plug/filter.h"
#include "plug/publication.h"
#include "plug/spawn.h"
#include "plug/window.h"

#define LOOK_MS  50
#define LEAVE_MS 2000 /* from the end of its input, for one that publishes of itself */

/* A try of one plugin. */
struct trial {
    const struct args *args;
    struct home home;
    struct stanza stanza;
    struct spawn child;
    struct window window;
    struct ack ack;
    Parallax__V1__Mode mode;
    struct load load;
    uint64_t next;      /* record */
    uint64_t window_at; /* where the records that are not in ${records} yet begin */
    struct buf records_held;
    struct span records; /* of it: those that were not given yet */
    uint64_t given, acknowledged, strange;
    struct buf line;
    size_t line_at;
    struct buf replies;
    uint64_t published, denied; /* publications */
    int64_t progress_ms, leave_ms;
    bool ended, late, left; /* left: its input was closed, and it was given time */
    int status;             /* of the process */
};

/* What the node would say of that record, were it published here now. */
static int
fill(struct trial *t, const struct load_record *from, struct buf *header, struct why *why)
{
    static const uint8_t log[LOG_ID_BYTES];
    struct record_new r = {.type = from->type->name,
                           .type_version = from->type->version,
                           .mode = t->mode,
                           .kind = PARALLAX__V1__KIND__INITIAL,
                           .created = clock_utc(),
                           .body = from->body};
    struct subject subject = {0};
    struct arena arena;
    const ProtobufCMessage *msg;

    arena_init(&arena, LIMIT_ARENA_BODY_BYTES);
    msg = registry_unpack(from->type, from->body, &arena, why);
    if (msg != NULL && from->type->subject(msg, &subject) == 0)
        r.epoch = subject.epoch;
    arena_release(&arena);
    return record_header_make(log, &r, header, why);
}

static int
next_record(struct trial *t, struct load_record *out)
{
    const uint8_t *start = t->records.p;

    t->next++;
    if (!load_take(&t->records, out)) {
        if (load_window(&t->load, t->window_at, &t->records_held) != 0)
            return -1;
        t->records = buf_span(&t->records_held);
        start = t->records.p;
        (void)load_take(&t->records, out);
    }
    t->window_at += (uint64_t)(t->records.p - start);
    return 0;
}

static int
next_line(struct trial *t)
{
    static const uint8_t nothing[LOG_ID_BYTES];
    struct load_record from;
    Parallax__V1__RecordRow in = PARALLAX__V1__RECORD_ROW__INIT;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    char series[CONF_TEXT_MAX + 16];
    struct buf header;
    struct why why;
    struct row r;

    if (next_record(t, &from) != 0)
        return EXIT_FAILED;
    why_clear(&why);
    buf_init(&header, LIMIT_HEADER_BYTES);
    if (fill(t, &from, &header, &why) != 0) {
        buf_release(&header);
        return args_refuse(&why, t->load.in.name);
    }
    (void)snprintf(series, sizeof series, "%s/open/%s", t->home.conf.name,
                   from.type->alert ? "alert" : "data");
    id.log = (ProtobufCBinaryData){sizeof nothing, (uint8_t *)(uintptr_t)nothing};
    id.index = t->given;
    in.id = &id;
    in.origin = t->home.conf.name;
    in.series = series;
    in.header = (ProtobufCBinaryData){header.n, header.p};
    in.body = (ProtobufCBinaryData){from.body.n, (uint8_t *)(uintptr_t)from.body.p};
    in.delivery = ++t->given;
    row_open(&r, &in);
    buf_clear(&t->line);
    t->line_at = 0;
    (t->stanza.bytes ? row_json_bytes : row_json)(&r, span_of(nothing, sizeof nothing), &t->line);
    buf_put_byte(&t->line, '\n');
    if (!filter_fits(&t->stanza, &r, clock_utc()) || !filter_is_about(&t->stanza, &r))
        printf("%" PRIu64 " %s: its filter would pass over this one\n", t->given, from.type->name);
    row_close(&r);
    buf_release(&header);
    if (t->window.n == 0)
        t->progress_ms = clock_mono_ms();
    window_push(&t->window, t->given);
    return EXIT_DONE;
}

/* As the node would, but for publishing it: nothing leaves this program. */
static void
take_publication(struct trial *t, struct span json)
{
    struct publication p;
    struct why why;
    struct buf key, said;

    publication_init(&p);
    why_clear(&why);
    buf_init(&key, 4 * PUBLICATION_KEY_MAX + 8);
    buf_init(&said, 1024);
    if (publication_read(&p, json, &t->stanza, &why) == 0) {
        t->published++;
        publication_reply(&p, span_str("\"test\""), &t->replies);
    } else {
        t->denied++;
        why_print(&why, "record", &said);
        publication_refuse(&p, &why, &t->replies);
    }
    text_quote(&key, span_str(p.key), PUBLICATION_KEY_MAX);
    if (said.n > 0)
        printf("%s refused: %s: %s\n", buf_cstr(&key), why_name(why.code), buf_cstr(&said));
    else
        printf("%s would be published: %zu of mode %s for %s\n", buf_cstr(&key), p.n,
               record_mode_name((int)p.mode), p.audience);
    t->progress_ms = clock_mono_ms();
    buf_release(&key);
    buf_release(&said);
    publication_release(&p);
}

static void
take_ack(void *cookie, enum ack_kind kind, uint64_t number, struct span line)
{
    struct trial *t = cookie;
    struct buf text;
    size_t count = 0;
    enum window_result result;

    if (kind == ACK_PUBLISH) {
        take_publication(t, line);
        return;
    }
    result = kind == ACK_NUMBER ? window_ack(&t->window, number, &count) : WINDOW_UNKNOWN;

    if (result == WINDOW_DONE) {
        t->acknowledged += count;
        t->progress_ms = clock_mono_ms();
        printf("%" PRIu64 " acknowledged\n", number);
        return;
    }
    t->strange += result == WINDOW_UNKNOWN;
    buf_init(&text, 4 * LIMIT_PLUGIN_ANSWER_BYTES + 8);
    text_quote(&text, line, LIMIT_PLUGIN_ANSWER_BYTES);
    printf("%s %s\n",
           result == WINDOW_OLD ? "once more:" : "no acknowledgement of what it was given:", buf_cstr(&text));
    buf_release(&text);
}

static void
hear(struct trial *t)
{
    char bytes[4096];
    ssize_t n;

    while (t->child.out >= 0 && (n = read(t->child.out, bytes, sizeof bytes)) != 0) {
        if (n < 0)
            break;
        for (size_t at = 0; at < (size_t)n;)
            at += ack_feed(&t->ack, span_of(bytes + at, (size_t)n - at), take_ack, t);
    }
    fflush(stdout);
    while (t->child.err >= 0 && (n = read(t->child.err, bytes, sizeof bytes)) != 0) {
        if (n < 0)
            return;
        if (fwrite(bytes, 1, (size_t)n, stderr) != (size_t)n)
            return;
    }
}

static bool
next_reply(struct trial *t)
{
    if (t->replies.n == 0)
        return false;
    buf_release(&t->line);
    t->line = t->replies;
    t->line_at = 0;
    buf_init(&t->replies, LIMIT_PLUGIN_LINE_BYTES);
    return true;
}

/* Has it got all that it will get? One that publishes may ask for something until it has acknowledged everything, or was answered once. */
static bool
is_served(const struct trial *t)
{
    if (t->next < t->load.n)
        return false;
    if (!t->stanza.publishes)
        return true;
    return t->stanza.records ? t->window.n == 0 : t->published + t->denied > 0;
}

/* Give what it takes. EXIT_DONE, or what went wrong here. */
static int
give(struct trial *t)
{
    int status = EXIT_DONE;

    while (status == EXIT_DONE && t->child.in >= 0) {
        ssize_t n;
        bool more = t->line_at < t->line.n || next_reply(t);
        if (!more && is_served(t)) {
            spawn_close(&t->child.in);
            t->leave_ms = clock_mono_ms() + LEAVE_MS;
            break;
        }
        if (!more && (window_is_full(&t->window) || t->next == t->load.n))
            break;
        if (!more)
            status = next_line(t);
        n = status == EXIT_DONE ? write(t->child.in, t->line.p + t->line_at, t->line.n - t->line_at) : 0;
        if (n < 0 && errno == EPIPE)
            spawn_close(&t->child.in);
        if (n < 0)
            break;
        t->line_at += (size_t)n;
    }
    return status;
}

/* Until it has ended, or hangs. */
static int
run(struct trial *t)
{
    int status = EXIT_DONE;

    t->progress_ms = clock_mono_ms();
    while (!t->ended && status == EXIT_DONE) {
        struct pollfd p[] = {{t->child.out, POLLIN, 0},
                             {t->child.err, POLLIN, 0},
                             {t->line_at < t->line.n ? t->child.in : -1, POLLOUT, 0}};
        if (!t->late)
            status = give(t);
        (void)poll(p, 3, LOOK_MS);
        t->ended = waitpid(t->child.pid, &t->status, WNOHANG) == t->child.pid;
        hear(t);
        if (!t->stanza.records && t->child.in < 0 && !t->left && clock_mono_ms() >= t->leave_ms) {
            t->left = true; /* as the node ends it */
            spawn_signal(&t->child, SIGTERM);
        }
        if (!t->late && clock_mono_ms() - t->progress_ms > t->stanza.timeout_s * 1000) {
            t->late = true;
            spawn_signal(&t->child, SIGKILL);
        }
    }
    if (!t->ended) {
        spawn_signal(&t->child, SIGKILL);
        (void)waitpid(t->child.pid, &t->status, 0);
    }
    spawn_clear(&t->child);
    return status;
}

static int
verdict(const struct trial *t)
{
    struct buf how;
    int status = EXIT_DONE;
    bool meant = t->left && WIFSIGNALED(t->status) && WTERMSIG(t->status) == SIGTERM;

    if (t->stanza.records)
        printf("%s: %" PRIu64 " of %" PRIu64 " records acknowledged\n", t->load.in.name, t->acknowledged,
               t->load.n);
    if (t->stanza.publishes)
        printf("%" PRIu64 " publications, %" PRIu64 " refused\n", t->published + t->denied, t->denied);
    buf_init(&how, 256);
    spawn_explain(t->status, &how);
    if (t->late && !t->stanza.records)
        status = args_fail(t->args, "it published nothing within %" PRId64 " s", t->stanza.timeout_s);
    else if (t->late)
        status = args_fail(t->args, "it did not acknowledge %" PRIu64 " within %" PRId64 " s",
                           window_oldest(&t->window), t->stanza.timeout_s);
    else if (!meant && (!WIFEXITED(t->status) || WEXITSTATUS(t->status) != 0))
        status = args_fail(t->args, "%s", buf_cstr(&how));
    else if (t->acknowledged != t->load.n || t->strange > 0 || t->denied > 0 ||
             (!t->stanza.records && t->published == 0))
        status = EXIT_FAILED;
    buf_release(&how);
    return status;
}

/* ${path} is NULL for one that is given no records. */
static int
try_file(struct trial *t, const char *path)
{
    char folder[HOME_PATH_MAX];
    int status = EXIT_DONE;

    load_init(&t->load, path != NULL ? path : "");
    if (path != NULL)
        status = load_read(&t->load, path, args_get(t->args, "from"), false);
    home_path(&t->home, t->stanza.name, "", folder);
    t->next = t->window_at = 0;
    t->records = span_of(NULL, 0);
    buf_init(&t->records_held, LIMIT_BATCH_BYTES);
    t->given = t->acknowledged = t->strange = t->published = t->denied = 0;
    t->ended = t->late = t->left = false;
    ack_init(&t->ack);
    buf_init(&t->replies, LIMIT_PLUGIN_LINE_BYTES);
    window_start(&t->window, (size_t)t->stanza.window, 0);
    buf_init(&t->line, LIMIT_PLUGIN_LINE_BYTES);
    t->line_at = 0;
    if (status == EXIT_DONE && spawn_start(&t->child, &t->stanza, folder, t->home.conf.name) != 0)
        status = args_fail(t->args, "cannot start: %s", strerror(errno));
    else if (status == EXIT_DONE)
        status = run(t) == EXIT_DONE ? verdict(t) : EXIT_FAILED;
    buf_release(&t->line);
    buf_release(&t->replies);
    ack_release(&t->ack);
    buf_release(&t->records_held);
    load_release(&t->load);
    return status;
}

int
cmd_plugin_test(int argc, char **argv)
{
    struct args a;
    struct trial *t;
    struct why why;
    char path[HOME_PATH_MAX];
    int status;

    if (!args_read(&a, "plugin test", 1, -1, argc, argv, &status))
        return status;
    t = mem_new(sizeof *t);
    t->args = &a;
    stanza_init(&t->stanza);
    why_clear(&why);
    (void)signal(SIGPIPE, SIG_IGN);
    status = pick_mode(&a, &t->mode);
    if (status == EXIT_DONE)
        status = home_find(&a, a.at[0], &t->home);
    if (status == EXIT_DONE && stanza_load(&t->stanza, t->home.folder, a.at[0], &why) != 0) {
        home_path(&t->home, a.at[0], ".yaml", path);
        status = args_refuse(&why, path);
    }
    if (status == EXIT_DONE && t->stanza.records == (a.n == 1))
        status = args_usage(&a, t->stanza.records ? "expected files whose records it is given"
                                                  : "expected no files: it is given no records");
    if (status == EXIT_DONE && !t->stanza.records)
        status = try_file(t, NULL);
    for (int i = 1; i < a.n && status == EXIT_DONE; i++)
        status = try_file(t, a.at[i]);
    stanza_release(&t->stanza);
    free(t);
    return status;
}

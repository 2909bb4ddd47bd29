/* tail: records as they become visible, on the screen, as JSON lines, or to a program; goes on after a
 * restart of the node. */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "base/mem.h"
#include "cli/pick.h"
#include "cli/row.h"
#include "cli/screen.h"

/* How long the node may let a request wait. With a program, shorter, so that its end is noticed. */
#define WAIT_MS      20000
#define WAIT_EXEC_MS 1000
#define RETRY_US     200000

struct tail {
    struct args args;
    struct client *client;
    Parallax__V1__TailRequest ask;
    uint8_t incarnation[64];
    char object[PICK_OBJECT_MAX];
    FILE *to;      /* standard output, or the program */
    pid_t program; /* 0 = none */
    bool json;
    int64_t lost_ms; /* monotonic, since when the node is not reachable; 0 = it is */
};

static int
start_program(struct tail *t, const char *command)
{
    int ends[2];
    if (pipe(ends) != 0)
        return args_fail(&t->args, "pipe: %s", strerror(errno));
    signal(SIGPIPE, SIG_IGN);
    fflush(stdout);
    t->program = fork();
    if (t->program == 0) {
        signal(SIGPIPE, SIG_DFL);
        dup2(ends[0], STDIN_FILENO);
        close(ends[0]);
        close(ends[1]);
        execl("/bin/sh", "sh", "-c", command, (char *)NULL);
        _exit(127);
    }
    close(ends[0]);
    if (t->program < 0) {
        close(ends[1]);
        return args_fail(&t->args, "fork: %s", strerror(errno));
    }
    t->to = fdopen(ends[1], "w");
    t->json = true;
    return t->to != NULL ? EXIT_DONE : args_fail(&t->args, "fdopen: %s", strerror(errno));
}

/* The program's end decides ours. */
static int
program_status(const struct tail *t, int status)
{
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return EXIT_DONE;
    if (WIFEXITED(status))
        return args_fail(&t->args, "the program ended with exit code %d", WEXITSTATUS(status));
    return args_fail(&t->args, "the program was ended by signal %d", WTERMSIG(status));
}

static int
end_program(struct tail *t, int status)
{
    int how;
    if (t->program <= 0)
        return status;
    if (t->to != NULL && t->to != stdout)
        fclose(t->to);
    while (waitpid(t->program, &how, 0) < 0 && errno == EINTR) {
    }
    int said = program_status(t, how);
    return status != EXIT_DONE ? status : said;
}

static void
show(struct tail *t, const Parallax__V1__RecordRow *in, struct buf *line)
{
    struct row r;
    buf_clear(line);
    row_open(&r, in);
    if (t->json) {
        row_json(&r, span_of(NULL, 0), line);
    } else {
        screen_time(line, in->received_ms);
        buf_put_fmt(line, "  %s  ", r.id);
        screen_text(line, in->origin);
        buf_put_str(line, "  ");
        screen_text(line, r.header != NULL && r.header->type[0] != '\0' ? r.header->type : "log");
        buf_put_str(line, "  ");
        row_summary(&r, line);
    }
    row_close(&r);
    buf_put_byte(line, '\n');
    fwrite(line->p, 1, line->n, t->to);
}

/* true while whoever reads is still there. */
static bool
show_all(struct tail *t, const Parallax__V1__RecordsAnswer *page)
{
    struct buf line;
    buf_init(&line, LIMIT_API_BYTES * 16);
    for (size_t i = 0; i < page->n_rows && !ferror(t->to); i++)
        show(t, page->rows[i], &line);
    buf_release(&line);
    return fflush(t->to) == 0 && !ferror(t->to);
}

static void
go_on(struct tail *t, const Parallax__V1__RecordsAnswer *page)
{
    size_t n = page->incarnation.len < sizeof t->incarnation ? page->incarnation.len : sizeof t->incarnation;
    bool other = t->ask.incarnation.len > 0 && n > 0 &&
                 (n != t->ask.incarnation.len || memcmp(t->incarnation, page->incarnation.data, n) != 0);
    if (other)
        fprintf(stderr, "parallax tail: the node's store is a new one: it replays from its beginning\n");
    if (n > 0) {
        memcpy(t->incarnation, page->incarnation.data, n);
        t->ask.incarnation.data = t->incarnation;
        t->ask.incarnation.len = n;
    }
    if (page->delivery != 0 || other)
        t->ask.after = page->delivery;
    t->ask.from_now = false;
}

/* A lost node is asked again until --timeout has passed without an answer. */
static int
wait_again(struct tail *t)
{
    int64_t now = clock_mono_ms();
    if (t->lost_ms == 0) {
        t->lost_ms = now;
        fprintf(stderr, "parallax tail: %s; waiting for it\n", client_error(t->client));
    }
    if (now - t->lost_ms > client_timeout_ms(t->client))
        return client_fail(t->client, CLIENT_LOST);
    usleep(RETRY_US);
    return EXIT_DONE;
}

static int
follow(struct tail *t)
{
    bool known = false;
    for (;;) {
        int how;
        Parallax__V1__Answer *answer;
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_TAIL);
        t->ask.wait_ms = t->program > 0 ? WAIT_EXEC_MS : WAIT_MS;
        request.tail = &t->ask;
        enum client_result r =
            client_call(t->client, &request, t->ask.wait_ms + client_timeout_ms(t->client), &answer);
        if (r == CLIENT_REFUSED || (r == CLIENT_LOST && !known)) {
            client_answer_free(answer);
            return client_fail(t->client, r);
        }
        if (r == CLIENT_LOST) {
            if (wait_again(t) != EXIT_DONE)
                return EXIT_NO_NODE;
            continue;
        }
        known = true;
        t->lost_ms = 0;
        bool read = show_all(t, answer->records);
        go_on(t, answer->records);
        client_answer_free(answer);
        if (t->program > 0 && waitpid(t->program, &how, WNOHANG) == t->program) {
            t->program = 0;
            return program_status(t, how);
        }
        if (!read)
            return EXIT_DONE; /* who reads has gone: main() or end_program() says why */
    }
}

/* Where to begin: after a record, or before all of them. */
static int
read_from(struct tail *t, const char *from)
{
    int status = EXIT_DONE;
    uint8_t log[LOG_ID_BYTES];
    Parallax__V1__StatusRequest plain = PARALLAX__V1__STATUS_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_STATUS);
    request.status = &plain;
    Parallax__V1__Answer *answer = client_ask(t->client, &request, &status);
    if (answer == NULL)
        return status;
    size_t n = answer->status->incarnation.len;
    n = n < sizeof t->incarnation ? n : sizeof t->incarnation;
    memcpy(t->incarnation, answer->status->incarnation.data, n);
    t->ask.incarnation.data = t->incarnation;
    t->ask.incarnation.len = n;
    client_answer_free(answer);
    if (strcmp(from, "start") == 0)
        return EXIT_DONE;
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__RecordRequest record = PARALLAX__V1__RECORD_REQUEST__INIT;
    request = client_request(PARALLAX__V1__REQUEST__WHAT_RECORD);
    status = pick_record(t->client, &t->args, from, log, &id.index);
    if (status != EXIT_DONE)
        return status;
    id.log.data = log;
    id.log.len = sizeof log;
    record.id = &id;
    request.record = &record;
    answer = client_ask(t->client, &request, &status);
    if (answer == NULL)
        return status;
    t->ask.after = answer->records->n_rows == 1 ? answer->records->rows[0]->delivery : 0;
    client_answer_free(answer);
    if (t->ask.after == 0)
        return args_fail(&t->args, "%s is not visible here, so nothing comes after it", from);
    return EXIT_DONE;
}

static int
run(struct tail *t)
{
    const char *from = args_get(&t->args, "from");
    const char *command = args_get(&t->args, "exec");
    t->ask.from_now = from == NULL;
    int status = from != NULL ? read_from(t, from) : EXIT_DONE;
    if (status == EXIT_DONE && command != NULL)
        status = start_program(t, command);
    if (status == EXIT_DONE)
        status = follow(t);
    return end_program(t, status);
}

static int
read_filter(struct tail *t)
{
    const char *region, *where;
    int status = pick_sift(&t->args, &region, &where);
    if (region != NULL)
        t->ask.region = (char *)(uintptr_t)region;
    if (where != NULL)
        t->ask.where = (char *)(uintptr_t)where;
    if (status == EXIT_DONE && args_has(&t->args, "object"))
        status = pick_alias(&t->args, args_get(&t->args, "object"), t->object);
    t->ask.object = t->object;
    return status;
}

int
cmd_tail(int argc, char **argv)
{
    struct tail t = {.to = stdout};
    int status;
    if (!args_read(&t.args, "tail", 0, 64, argc, argv, &status))
        return status;
    parallax__v1__tail_request__init(&t.ask);
    for (int i = 0; i < t.args.n; i++) {
        const struct type *type;
        status = pick_type(&t.args, t.args.at[i], &type);
        if (status != EXIT_DONE)
            return status;
    }
    t.ask.types = t.args.at;
    t.ask.n_types = (size_t)t.args.n;
    t.json = args_has(&t.args, "json");
    status = pick_mode(&t.args, &t.ask.mode);
    if (status == EXIT_DONE)
        status = read_filter(&t);
    if (status != EXIT_DONE)
        return status;
    t.client = client_new(&t.args, &status);
    if (t.client == NULL)
        return status;
    status = run(&t);
    client_free(t.client);
    return status;
}

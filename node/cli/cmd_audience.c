/* audience create, add, remove, list; explain-release: who may read. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/limit.h"
#include "cli/client.h"
#include "core/object.h"
#include "cli/pick.h"
#include "cli/screen.h"

struct names {
    char *v[LIMIT_READER_COUNT];
    size_t n;
};

struct audience {
    struct args args;
    struct client *client;
    struct names readers, carriers, granted;
    char *list; /* --carriers, cut at its commas */
};

static int
full(const struct audience *a)
{
    return args_usage(&a->args, "too many names: expected at most %d", LIMIT_READER_COUNT);
}

static int
add_name(const struct audience *a, struct names *names, char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->v[i], name) == 0)
            return EXIT_DONE;
    }
    if (names->n == LIMIT_READER_COUNT)
        return full(a);
    names->v[names->n++] = name;
    return EXIT_DONE;
}

static bool
drop_name(struct names *names, const char *name)
{
    for (size_t i = 0; i < names->n; i++) {
        if (strcmp(names->v[i], name) != 0)
            continue;
        memmove(&names->v[i], &names->v[i + 1], (names->n - i - 1) * sizeof *names->v);
        names->n--;
        return true;
    }
    return false;
}

static int
begin(struct audience *a, const char *word, int min, int max, int argc, char **argv, int *status)
{
    if (!args_read(&a->args, word, min, max, argc, argv, status))
        return -1;
    a->client = client_new(&a->args, status);
    return a->client == NULL ? -1 : 0;
}

static int
end(struct audience *a, int status)
{
    client_free(a->client);
    free(a->list);
    return status;
}

static Parallax__V1__Answer *
ask_all(struct audience *a, int *status)
{
    Parallax__V1__AudiencesRequest all = PARALLAX__V1__AUDIENCES_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_AUDIENCES);
    request.audiences = &all;
    return client_ask(a->client, &request, status);
}

/* The lists as they are now; they point into the answer. */
static int
take_lists(struct audience *a, const Parallax__V1__Answer *answer)
{
    for (size_t i = 0; i < answer->audiences->n_audiences; i++) {
        const Parallax__V1__Audience *one = answer->audiences->audiences[i];
        if (strcmp(one->name, a->args.at[0]) != 0)
            continue;
        for (size_t k = 0; k < one->n_readers; k++)
            (void)add_name(a, &a->readers, one->readers[k]);
        for (size_t k = 0; k < one->n_carriers; k++)
            (void)add_name(a, &a->carriers, one->carriers[k]);
        return EXIT_DONE;
    }
    return args_fail(&a->args, "%s is no audience of this node (parallax audience list)", a->args.at[0]);
}

static void
print_names(const char *what, const struct names *names)
{
    printf("%s", what);
    for (size_t i = 0; i < names->n; i++)
        printf(" %s", names->v[i]);
    printf("%s\n", names->n == 0 ? " nobody" : "");
}

static int
change(struct audience *a, bool create)
{
    Parallax__V1__AudienceRequest audience = PARALLAX__V1__AUDIENCE_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_AUDIENCE);
    int status;
    audience.name = a->args.at[0];
    audience.readers = a->readers.v;
    audience.n_readers = a->readers.n;
    audience.carriers = a->carriers.v;
    audience.n_carriers = a->carriers.n;
    audience.granted = a->granted.v;
    audience.n_granted = a->granted.n;
    audience.create = create;
    request.audience = &audience;
    Parallax__V1__Answer *answer = client_ask(a->client, &request, &status);
    if (answer == NULL)
        return status;
    client_answer_free(answer);
    printf("%s, from now on, under a new key:\n", a->args.at[0]);
    print_names("  read by", &a->readers);
    print_names("  carried, unread, by", &a->carriers);
    return EXIT_DONE;
}

static int
cut_list(struct audience *a, const char *text)
{
    int status = EXIT_DONE;
    a->list = strdup(text);
    char *rest = a->list, *name;
    while (status == EXIT_DONE && (name = strsep(&rest, ",")) != NULL) {
        if (name[0] != '\0')
            status = add_name(a, &a->carriers, name);
    }
    return status;
}

int
cmd_audience_create(int argc, char **argv)
{
    struct audience a = {.client = NULL};
    int status;
    if (begin(&a, "audience create", 1, -1, argc, argv, &status) != 0)
        return status;
    status = EXIT_DONE;
    for (int i = 1; i < a.args.n && status == EXIT_DONE; i++)
        status = add_name(&a, &a.readers, a.args.at[i]);
    if (status == EXIT_DONE && args_get(&a.args, "carriers") != NULL)
        status = cut_list(&a, args_get(&a.args, "carriers"));
    return end(&a, status == EXIT_DONE ? change(&a, true) : status);
}

int
cmd_audience_add(int argc, char **argv)
{
    struct audience a = {.client = NULL};
    int status;
    if (begin(&a, "audience add", 2, -1, argc, argv, &status) != 0)
        return status;
    bool carriers = args_has(&a.args, "carriers"), history = args_has(&a.args, "with-history");
    if (carriers && history)
        return end(&a, args_usage(&a.args, "--with-history hands on keys, and a carrier gets none"));
    Parallax__V1__Answer *now = ask_all(&a, &status);
    if (now == NULL)
        return end(&a, status);
    status = take_lists(&a, now);
    for (int i = 1; i < a.args.n && status == EXIT_DONE; i++) {
        (void)drop_name(carriers ? &a.readers : &a.carriers, a.args.at[i]);
        status = add_name(&a, carriers ? &a.carriers : &a.readers, a.args.at[i]);
        if (status == EXIT_DONE && history)
            status = add_name(&a, &a.granted, a.args.at[i]);
    }
    if (status == EXIT_DONE)
        status = change(&a, false);
    if (status == EXIT_DONE && !carriers && !history)
        printf("What was published before stays closed to them (--with-history hands on its keys).\n");
    client_answer_free(now);
    return end(&a, status);
}

int
cmd_audience_remove(int argc, char **argv)
{
    struct audience a = {.client = NULL};
    int status;
    if (begin(&a, "audience remove", 2, -1, argc, argv, &status) != 0)
        return status;
    Parallax__V1__Answer *now = ask_all(&a, &status);
    if (now == NULL)
        return end(&a, status);
    status = take_lists(&a, now);
    for (int i = 1; i < a.args.n && status == EXIT_DONE; i++) {
        bool reader = drop_name(&a.readers, a.args.at[i]);
        if (!drop_name(&a.carriers, a.args.at[i]) && !reader)
            status = args_fail(&a.args, "%s neither reads nor carries %s", a.args.at[i], a.args.at[0]);
    }
    if (status == EXIT_DONE)
        status = change(&a, false);
    if (status == EXIT_DONE)
        printf("Who was removed keeps what it holds; it gets nothing published from now on.\n");
    client_answer_free(now);
    return end(&a, status);
}

static void
put_list(struct buf *out, const char *name, char *const *v, size_t n)
{
    object_open_list(out, name);
    for (size_t i = 0; i < n; i++)
        object_str(out, NULL, v[i]);
    object_close_list(out);
}

static void
put_audience(struct buf *out, const Parallax__V1__Audience *one, bool json)
{
    if (json) {
        object_open(out, NULL);
        object_str(out, "name", one->name);
        put_list(out, "readers", one->readers, one->n_readers);
        put_list(out, "carriers", one->carriers, one->n_carriers);
        object_open_list(out, "logs");
        for (size_t i = 0; i < one->n_logs; i++)
            object_hex(out, NULL, one->logs[i].data, one->logs[i].len);
        object_close_list(out);
        object_close(out);
    } else {
        screen_text(out, one->name);
        buf_put_str(out, "\n  read by");
        for (size_t i = 0; i < one->n_readers; i++)
            buf_put_fmt(out, " %s", one->readers[i]);
        buf_put_str(out, one->n_readers == 0 ? " nobody\n  carried, unread, by" : "\n  carried, unread, by");
        for (size_t i = 0; i < one->n_carriers; i++)
            buf_put_fmt(out, " %s", one->carriers[i]);
        if (one->n_carriers == 0)
            buf_put_str(out, " nobody");
    }
    buf_put_byte(out, '\n');
}

int
cmd_audience_list(int argc, char **argv)
{
    struct audience a = {.client = NULL};
    struct buf out;
    int status;
    if (begin(&a, "audience list", 0, 0, argc, argv, &status) != 0)
        return status;
    Parallax__V1__Answer *answer = ask_all(&a, &status);
    if (answer == NULL)
        return end(&a, status);
    buf_init(&out, LIMIT_API_BYTES);
    for (size_t i = 0; i < answer->audiences->n_audiences; i++)
        put_audience(&out, answer->audiences->audiences[i], args_has(&a.args, "json"));
    if (answer->audiences->n_audiences == 0 && !args_has(&a.args, "json"))
        buf_put_str(&out,
                    "This node publishes to open only (parallax audience create makes another audience).\n");
    screen_flush(&out);
    buf_release(&out);
    client_answer_free(answer);
    return end(&a, EXIT_DONE);
}

int
cmd_explain_release(int argc, char **argv)
{
    struct audience a = {.client = NULL};
    Parallax__V1__RecordId id = PARALLAX__V1__RECORD_ID__INIT;
    Parallax__V1__ReleaseRequest release = PARALLAX__V1__RELEASE_REQUEST__INIT;
    Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_RELEASE);
    uint8_t log[LOG_ID_BYTES];
    struct buf out;
    int status;
    if (begin(&a, "explain-release", 2, 2, argc, argv, &status) != 0)
        return status;
    status = pick_record(a.client, &a.args, a.args.at[1], log, &id.index);
    if (status != EXIT_DONE)
        return end(&a, status);
    id.log.data = log;
    id.log.len = sizeof log;
    release.reader = a.args.at[0];
    release.id = &id;
    request.release = &release;
    Parallax__V1__Answer *answer = client_ask(a.client, &request, &status);
    if (answer == NULL)
        return end(&a, status);
    buf_init(&out, LIMIT_LINE_BYTES);
    const Parallax__V1__ReleaseAnswer *r = answer->release;
    if (args_has(&a.args, "json")) {
        object_open(&out, NULL);
        object_str(&out, "reader", a.args.at[0]);
        object_bool(&out, "released", r->released);
        object_bool(&out, "readable", r->readable);
        object_str(&out, "rule", r->rule);
        object_str(&out, "text", r->text);
        object_close(&out);
    } else {
        buf_put_fmt(&out, "%s: %s (%s: %s)", r->released ? r->readable ? "yes" : "yes, as ciphertext" : "no",
                    a.args.at[0], r->rule, r->text);
    }
    buf_put_byte(&out, '\n');
    screen_flush(&out);
    buf_release(&out);
    client_answer_free(answer);
    return end(&a, EXIT_DONE);
}

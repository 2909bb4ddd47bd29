/* exercise: play what one nation does in a drill, in mode EXERCISE, and tell what became of it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/text.h"
#include "cli/load.h"
#include "cli/remark.h"
#include "cli/scorecard.h"
#include "cli/screen.h"
#include "cli/send.h"
#include "crypt/hash.h"

#define ARENA_BYTES (8 * (size_t)LIMIT_CONF_BYTES)
#define SPEED_MAX   1000000
#define RETRY_MS    500 /* between two looks for an event that is not there yet */
#define LOOKS       200 /* at the records of a drill, in the time that it takes */
#define LOOK_MS_MAX 60000
#define PATIENCE_MS 30000 /* for it, behind the time of the step */

struct exercise {
    struct args args;
    struct scorecard card;
    struct client *client;
    char node[LIMIT_NAME_BYTES + 1];
    struct buf text;
    struct arena arena;
};

static int64_t
since_start_ms(const struct exercise *x)
{
    return utc_diff_ms(clock_utc(), x->card.start);
}

static void
sleep_ms(int64_t ms)
{
    struct timespec t = {ms / 1000, ms % 1000 * 1000000};

    while (ms > 0 && nanosleep(&t, &t) != 0 && errno == EINTR)
        ;
}

/* A line of what is done, as it is done: nobody has to guess whether a drill goes on. */
static void
tell(const struct exercise *x, const struct drill_step *s, const char *record)
{
    struct buf out;

    buf_init(&out, LIMIT_TEXT_BYTES * 4);
    buf_put_fmt(&out, "[EXERCISE] hour %g  ", s->at_h);
    screen_text(&out, x->node);
    buf_put_str(&out, "  ");
    text_quote(&out, span_str(s->say), LIMIT_TEXT_BYTES);
    buf_put_fmt(&out, "  %s\n", record);
    fputs(buf_cstr(&out), stderr);
    buf_release(&out);
}

/* --- One step ----------------------------------------------------------------------------------------------------- */

/* The key is made of the drill, its start and the step: a drill that is begun again in the same minute says nothing twice. */
static void
make_key(const struct exercise *x, const struct drill_step *s, uint8_t key[SEND_KEY_BYTES])
{
    char text[256], start[UTC_TEXT_MAX];

    utc_print(x->card.start, 0, start);
    (void)snprintf(text, sizeof text, "parallax exercise 1 %.100s %s %zu", x->card.drill->id, start,
                   (size_t)(s - x->card.drill->step));
    hash_sha256(span_str(text), key);
}

static int
publish(struct exercise *x, const struct drill_step *s, char id[RECORD_ID_TEXT_MAX])
{
    struct send send = {.args = &x->args,
                        .client = x->client,
                        .audience = "open",
                        .class_name = "",
                        .mode = PARALLAX__V1__MODE__EXERCISE};
    char name[64];
    struct load l;
    int status;

    make_key(x, s, send.key);
    (void)snprintf(name, sizeof name, "step at line %u", s->line);
    load_init(&l, "-");
    status = load_text(&l, name, span_str(s->text), s->word);
    if (status == EXIT_DONE)
        status = send_file(&send, &l);
    if (status == EXIT_DONE)
        record_id_print(send.ranges[0].log, send.ranges[0].first, id);
    free(send.ranges);
    load_release(&l);
    return status;
}

/* Does the node hold the event, under whichever name? What is not there yet is asked for again. */
static bool
find_event(struct exercise *x, const char *id)
{
    Parallax__V1__EventRequest q = PARALLAX__V1__EVENT_REQUEST__INIT;
    int64_t deadline = clock_mono_ms() + PATIENCE_MS;

    q.id = (char *)(uintptr_t)id;
    q.mode = PARALLAX__V1__MODE__EXERCISE;
    q.limit = 1;
    for (;;) {
        Parallax__V1__Request request = client_request(PARALLAX__V1__REQUEST__WHAT_EVENT);
        Parallax__V1__Answer *answer;
        enum client_result r;

        request.event = &q;
        r = client_call(x->client, &request, client_timeout_ms(x->client), &answer);
        client_answer_free(answer);
        if (r == CLIENT_DONE || clock_mono_ms() >= deadline)
            return r == CLIENT_DONE;
        sleep_ms(RETRY_MS);
    }
}

static int
remark(struct exercise *x, const struct drill_step *s, char id[RECORD_ID_TEXT_MAX])
{
    bool is_ack = s->act == DRILL_ACK;
    struct remark r;
    int status = EXIT_DONE;

    if (!find_event(x, s->event))
        return args_fail(&x->args, "line %u: there is no event %s", s->line, s->event);
    remark_init(&r, &x->args, is_ack ? "receipt-json" : "consultation-json",
                is_ack ? "RECEIPT/1" : "CONSULTATION/1");
    make_key(x, s, r.key);
    remark_put_head(&r, s->word, x->node);
    remark_put(&r, "event", s->event);
    remark_put(&r, is_ack ? "seen_by" : "act", s->word);
    if (is_ack)
        remark_put(&r, "seen_at", r.issued);
    for (size_t i = 0; i < s->fields; i++) {
        if (strcmp(s->field[i].keyword, "probability") != 0)
            remark_put(&r, s->field[i].keyword, s->field[i].value);
        else if (remark_put_number(&r, s->field[i].keyword, s->field[i].value) != 0)
            status = args_fail(&x->args, "line %u: probability: expected a number", s->line);
    }
    if (status == EXIT_DONE)
        status = remark_send(&r, x->client, PARALLAX__V1__MODE__EXERCISE, id);
    remark_release(&r);
    return status;
}

/* --- The whole ----------------------------------------------------------------------------------------------------- */

static int
play(struct exercise *x)
{
    const struct drill *d = x->card.drill;
    int status = EXIT_DONE;

    for (size_t i = 0; i < d->steps && status == EXIT_DONE; i++) {
        const struct drill_step *s = &d->step[i];
        char id[RECORD_ID_TEXT_MAX] = "";

        if (strcmp(s->by, x->node) != 0 || (s->act != DRILL_PUBLISH && args_has(&x->args, "people")))
            continue;
        sleep_ms((int64_t)(s->at_h * 3600000.0 / x->card.speed) - since_start_ms(x));
        status = s->act == DRILL_PUBLISH ? publish(x, s, id) : remark(x, s, id);
        if (status == EXIT_DONE)
            tell(x, s, id);
    }
    return status;
}

/* Until all that is expected is there, or its time is over. */
static int
score(struct exercise *x)
{
    int64_t look_ms = scorecard_end_ms(&x->card) / LOOKS;
    int status;

    look_ms = look_ms < RETRY_MS ? RETRY_MS : look_ms < LOOK_MS_MAX ? look_ms : LOOK_MS_MAX;
    for (;;) {
        bool is_over = since_start_ms(x) > scorecard_end_ms(&x->card);

        status = scorecard_read(&x->card, x->client);
        if (status != EXIT_DONE || is_over || args_has(&x->args, "scorecard") ||
            x->card.met == x->card.drill->expects)
            break;
        sleep_ms(look_ms);
    }
    if (status != EXIT_DONE)
        return status;
    scorecard_print(&x->card, args_has(&x->args, "json"));
    return x->card.met == x->card.drill->expects && x->card.real == 0 ? EXIT_DONE : EXIT_FAILED;
}

/* --start, to the minute, so that every nation means the same hours; now, where it is not given. */
static int
read_start(struct exercise *x)
{
    struct utc start;

    if (args_time(&x->args, "start", &start) != 0)
        return EXIT_USAGE;
    if (utc_is_zero(start)) {
        if (args_has(&x->args, "scorecard"))
            return args_usage(&x->args, "--scorecard tells of a drill that was played: expected its --start");
        start = utc_from_unix(utc_unix(clock_utc()), 0);
    }
    x->card.start = start;
    return EXIT_DONE;
}

static int
read_drill(struct exercise *x)
{
    struct utc minute = utc_from_unix(utc_unix(x->card.start) / 60 * 60, 0);
    struct why why;

    why_clear(&why);
    if (file_read(x->args.at[0], &x->text) != 0)
        return args_fail(&x->args, "%s: %s", x->args.at[0], strerror(errno));
    x->card.drill = drill_read(buf_span(&x->text), minute, &x->arena, &why);
    return x->card.drill != NULL ? EXIT_DONE : args_refuse(&why, x->args.at[0]);
}

static int
run(struct exercise *x)
{
    uint64_t speed;
    int status;

    if (args_uint(&x->args, "speed", 1, SPEED_MAX, 1, &speed) != 0)
        return EXIT_USAGE;
    x->card.speed = (double)speed;
    if ((status = read_start(x)) != EXIT_DONE || (status = read_drill(x)) != EXIT_DONE)
        return status;
    if ((x->client = client_new(&x->args, &status)) == NULL)
        return status;
    status = remark_node(x->client, x->node);
    if (status == EXIT_DONE && !args_has(&x->args, "scorecard"))
        status = play(x);
    return status == EXIT_DONE ? score(x) : status;
}

int
cmd_exercise(int argc, char **argv)
{
    struct exercise *x = calloc(1, sizeof *x);
    int status = EXIT_FAILED;

    if (x == NULL)
        return EXIT_FAILED;
    if (args_read(&x->args, "exercise", 1, 1, argc, argv, &status)) {
        buf_init(&x->text, LIMIT_CONF_BYTES);
        arena_init(&x->arena, ARENA_BYTES);
        status = run(x);
        client_free(x->client);
        arena_release(&x->arena);
        buf_release(&x->text);
    }
    free(x);
    return status;
}

/* scales FILE...: what the scales of a record type say of each record, beside what its source states. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "cli/args.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "cli/warning.h"
#include "types/registry.h"

/* How many records fared how with one scale. */
struct tally {
    const char *name;
    uint64_t agree, other, unstated, open;
};

struct weighing {
    const struct args *args;
    struct utc at;
    struct tally tally[16];
    size_t n;
};

static struct tally *
tally_of(struct weighing *w, const char *name)
{
    for (size_t i = 0; i < w->n; i++) {
        if (strcmp(w->tally[i].name, name) == 0)
            return &w->tally[i];
    }
    if (w->n == sizeof w->tally / sizeof *w->tally)
        return &w->tally[w->n - 1];
    w->tally[w->n].name = name;
    return &w->tally[w->n++];
}

static void
count(struct tally *t, const struct scale *s)
{
    if (s->is_other)
        t->other++;
    else if (s->low[0] == 0)
        t->open++;
    else if (s->stated[0] == 0)
        t->unstated++;
    else
        t->agree++;
}

static void
put_json(const struct type *type, const char *subject, const struct scale *s)
{
    struct buf out;

    buf_init(&out, LIMIT_API_BYTES);
    buf_put_fmt(&out, "{\"type\":\"%s\",\"subject\":", type->name);
    text_json(&out, span_str(subject));
    buf_put_fmt(&out, ",\"scale\":\"%s\",\"stated\":", s->name);
    text_json(&out, span_str(s->stated));
    buf_put_fmt(&out, ",\"low\":\"%s\",\"high\":\"%s\",\"agrees\":%s,\"note\":", s->low, s->high,
                s->is_other                           ? "false"
                : s->low[0] != 0 && s->stated[0] != 0 ? "true"
                                                      : "null");
    text_json(&out, span_str(s->note != NULL ? s->note : ""));
    buf_put_str(&out, "}\n");
    screen_flush(&out);
    buf_release(&out);
}

static void
put_text(const char *subject, const struct scale *s)
{
    struct buf out;
    bool is_exact = strcmp(s->low, s->high) == 0;

    buf_init(&out, LIMIT_API_BYTES);
    buf_put_fmt(&out, "%-10s", s->name);
    text_quote(&out, span_str(subject), 60);
    buf_put_str(&out, ": ");
    if (s->stated[0] != 0) {
        buf_put_str(&out, "states ");
        text_quote(&out, span_str(s->stated), 20);
    } else {
        buf_put_str(&out, "states nothing");
    }
    if (s->low[0] == 0)
        buf_put_str(&out, ", cannot be worked out");
    else
        buf_put_fmt(&out, ", worked out %s%s%s", s->low, is_exact ? "" : " to ", is_exact ? "" : s->high);
    if (s->note != NULL && s->note[0] != 0)
        buf_put_fmt(&out, " (%s)", s->note);
    buf_put_str(&out, s->is_other ? ": DIFFERS\n" : "\n");
    screen_flush(&out);
    buf_release(&out);
}

static int
weigh(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct weighing *w = cookie;
    struct scale scale[SCALES_MAX] = {{0}};
    size_t n = type->scales != NULL ? type->scales(msg, w->at, scale) : 0;
    struct subject subject;

    (void)why;
    (void)type->subject(msg, &subject);
    for (size_t i = 0; i < n; i++) {
        count(tally_of(w, scale[i].name), &scale[i]);
        if (args_has(w->args, "json"))
            put_json(type, subject.key, &scale[i]);
        else if (args_has(w->args, "all") || scale[i].is_other || scale[i].low[0] == 0)
            put_text(subject.key, &scale[i]);
    }
    return 0;
}

static int
weigh_file(struct weighing *w, const char *path)
{
    struct input in;
    struct warning_sink sink = {.file = in.name};
    struct convert how = {.warn = warning_print, .cookie = &sink};
    struct why why;

    why_clear(&why);
    w->n = 0;
    memset(w->tally, 0, sizeof w->tally);
    input_init(&in, path);
    (void)input_read(&in, path, args_get(w->args, "from"), &how, weigh, w, &why);
    input_release(&in);
    warning_end(&sink);
    if (why.code != WHY_NONE)
        return args_refuse(&why, in.name);
    if (args_has(w->args, "json"))
        return EXIT_DONE;
    if (w->n == 0)
        printf("%s: nothing that has a scale\n", in.name);
    for (size_t i = 0; i < w->n; i++)
        printf("%s: %s: %" PRIu64 " agree, %" PRIu64 " differ, %" PRIu64 " state none, %" PRIu64
               " cannot be worked out\n",
               in.name, w->tally[i].name, w->tally[i].agree, w->tally[i].other, w->tally[i].unstated,
               w->tally[i].open);
    return EXIT_DONE;
}

int
cmd_scales(int argc, char **argv)
{
    struct args a;
    struct weighing w = {.args = &a, .at = utc_from_unix((int64_t)time(NULL), 0)};
    int status, result = EXIT_DONE;

    if (!args_read(&a, "scales", 1, -1, argc, argv, &status))
        return status;
    if (args_has(&a, "from") && registry_reader(args_get(&a, "from"), NULL) == NULL)
        return args_usage(&a, "%.64s is no format that can be read", args_get(&a, "from"));
    if (args_has(&a, "at") && utc_parse(span_str(args_get(&a, "at")), &w.at) != 0)
        return args_usage(&a, "--at %.64s: expected YYYY-MM-DDThh:mm:ssZ", args_get(&a, "at"));
    for (int i = 0; i < a.n; i++) {
        if (weigh_file(&w, a.at[i]) != EXIT_DONE)
            result = EXIT_FAILED;
    }
    return result;
}

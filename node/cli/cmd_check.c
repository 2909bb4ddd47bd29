/* check FILE...: the readers and the check of every record type, with no node at all. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/input.h"
#include "cli/profile.h"
#include "cli/screen.h"
#include "cli/warning.h"
#include "types/registry.h"

/* Records of one type and format. A combined file has several. */
struct kind {
    const struct type *type;
    char format[LIMIT_NAME_BYTES + 1];
    uint64_t records;
};

struct found {
    struct profile_run *profile; /* NULL: none is asked for */
    struct kind kind[FOREIGN_MAX + 1];
    size_t n;
    uint64_t records;
};

static int
count(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct found *found = cookie;
    struct kind *last = found->n > 0 ? &found->kind[found->n - 1] : NULL;
    struct source source;

    (void)why;
    found->records++;
    if (found->profile != NULL)
        profile_take(found->profile, type, msg);
    type->source(msg, &source);
    if ((last == NULL || last->type != type || !span_is(source.format, last->format)) &&
        found->n <= FOREIGN_MAX) {
        last = &found->kind[found->n++];
        last->type = type;
        (void)snprintf(last->format, sizeof last->format, "%.*s", (int)source.format.n,
                       (const char *)source.format.p);
    }
    if (last != NULL)
        last->records++;
    return 0;
}

static void
put_refusal(struct buf *out, const struct why *why)
{
    buf_put_fmt(out, ",\"reason\":\"%s\"", why_name(why->code));
    if (why->line > 0)
        buf_put_fmt(out, ",\"line\":%" PRIu32 ",\"column\":%" PRIu32, why->line, why->column);
    if (why->field[0] != 0) {
        buf_put_str(out, ",\"field\":");
        text_json(out, span_str(why->field));
    }
    buf_put_str(out, ",\"note\":");
    text_json(out, span_str(why->note[0] != 0 ? why->note : why_text(why->code)));
}

static void
put_kinds(struct buf *out, const struct found *found)
{
    buf_put_fmt(out, ",\"records\":%" PRIu64 ",\"kinds\":[", found->records);
    for (size_t i = 0; i < found->n; i++)
        buf_put_fmt(out, "%s{\"type\":\"%s\",\"format\":\"%s\",\"records\":%" PRIu64 "}", i > 0 ? "," : "",
                    found->kind[i].type->name, found->kind[i].format, found->kind[i].records);
    buf_put_byte(out, ']');
}

static void
print_text(const char *name, const struct found *found)
{
    printf("%s:%s", name, found->n == 0 ? " no records" : "");
    for (size_t i = 0; i < found->n; i++)
        printf("%s %" PRIu64 " %s record%s (%s)", i > 0 ? "," : "", found->kind[i].records,
               found->kind[i].type->name, found->kind[i].records == 1 ? "" : "s", found->kind[i].format);
    putchar('\n');
}

static void
print_json(const char *name, const struct found *found, uint64_t warnings, const struct why *why)
{
    struct buf out;

    buf_init(&out, LIMIT_API_BYTES);
    buf_put_str(&out, "{\"file\":");
    text_json(&out, span_str(name));
    buf_put_fmt(&out, ",\"accepted\":%s", why->code == WHY_NONE ? "true" : "false");
    if (why->code != WHY_NONE)
        put_refusal(&out, why);
    else if (found->n == 1)
        buf_put_fmt(&out, ",\"type\":\"%s\",\"format\":\"%s\",\"records\":%" PRIu64,
                    found->kind[0].type->name, found->kind[0].format, found->records);
    else
        put_kinds(&out, found);
    buf_put_fmt(&out, ",\"warnings\":%" PRIu64, warnings);
    if (found->profile != NULL && why->code == WHY_NONE)
        profile_json(found->profile, &out);
    buf_put_str(&out, "}\n");
    screen_flush(&out);
    buf_release(&out);
}

static int
check_file(const struct args *a, const struct profile *profile, const char *path)
{
    struct input in;
    struct warning_sink sink = {.file = in.name};
    struct convert how = {.strict = args_has(a, "strict"), .warn = warning_print, .cookie = &sink};
    struct profile_run run;
    struct found found = {.profile = profile != NULL ? &run : NULL};
    struct why why;
    bool is_met;

    why_clear(&why);
    input_init(&in, path);
    profile_init(&run, profile, &in);
    (void)input_read(&in, path, args_get(a, "from"), &how, count, &found, &why);
    if (profile != NULL && why.code == WHY_NONE)
        profile_end(&run);
    input_release(&in);
    warning_end(&sink);
    if (args_has(a, "json"))
        print_json(in.name, &found, sink.n, &why);
    else if (why.code == WHY_NONE) {
        print_text(in.name, &found);
        if (profile != NULL)
            profile_print(&run);
    }
    is_met = run.misses == 0;
    profile_release(&run);
    if (why.code != WHY_NONE)
        return args_refuse(&why, in.name);
    return is_met ? EXIT_DONE : EXIT_FAILED;
}

int
cmd_check(int argc, char **argv)
{
    struct args a;
    const struct profile *profile = NULL;
    const struct type *type;
    int status;
    int result = EXIT_DONE;

    if (!args_read(&a, "check", 1, -1, argc, argv, &status))
        return status;
    if (args_has(&a, "from") && registry_reader(args_get(&a, "from"), NULL) == NULL)
        return args_usage(&a, "%.64s is no format that can be read", args_get(&a, "from"));
    if (args_has(&a, "profile"))
        profile = registry_profile(args_get(&a, "profile"), &type);
    if (args_has(&a, "profile") && profile == NULL)
        return args_usage(&a, "%.64s is no profile that is known", args_get(&a, "profile"));
    for (int i = 0; i < a.n; i++) {
        if (check_file(&a, profile, a.at[i]) != EXIT_DONE)
            result = EXIT_FAILED;
    }
    return result;
}

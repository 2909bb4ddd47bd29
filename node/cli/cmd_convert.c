/* convert: one file from one format into another of the same record type, with no node at all. All of it or
 * nothing. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "base/limit.h"
#include "cli/args.h"
#include "cli/screen.h"
#include "cli/warning.h"
#include "types/registry.h"

#define NAMED_MAX 10 /* records that cannot be written are named up to here, then counted */

struct conversion {
    const struct args *args;
    const char *name;
    const struct convert *how;
    const struct writer *writer;
    struct buf out;
    uint64_t records;
    uint64_t refused;
    bool has_no_writer;
};

/* Say which record the output format cannot hold, and why. */
static void
name_refused(struct conversion *c, const struct type *type, const ProtobufCMessage *msg,
             const struct why *why)
{
    struct buf text;

    if (c->refused++ >= NAMED_MAX)
        return;
    buf_init(&text, LIMIT_LOG_LINE_BYTES);
    why_print(why, c->name, &text);
    buf_put_fmt(&text, " (record %" PRIu64 ": ", c->records);
    type->summary(msg, &text);
    fprintf(stderr, "%s)\n", buf_cstr(&text));
    buf_release(&text);
}

static int
convert_record(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct conversion *c = cookie;
    struct why refusal;

    why_clear(&refusal);
    if (c->records == 0) {
        c->writer = registry_writer(type, args_get(c->args, "to"));
        if (c->writer == NULL) {
            c->has_no_writer = true;
            (void)warning_no_writer(c->args, type, args_get(c->args, "to"));
            return why_set(why, WHY_FORMAT_UNKNOWN, 0, 0, NULL, "no writer of that name");
        }
        if (c->writer->begin != NULL)
            c->writer->begin(&c->out);
    } else if (c->writer->between != NULL) {
        c->writer->between(&c->out);
    }
    c->records++;
    if (c->writer->write(msg, c->how, &c->out, &refusal) != 0)
        name_refused(c, type, msg, &refusal);
    if (buf_failed(&c->out))
        return why_set(why, WHY_INPUT_SIZE, 0, 0, NULL, "the output would be larger than %d bytes",
                       LIMIT_OUTPUT_BYTES);
    return 0;
}

static int
finish(struct conversion *c)
{
    if (c->refused > 0) {
        fprintf(stderr,
                "%s: %" PRIu64 " of %" PRIu64 " records cannot be written as %s: nothing was written\n",
                c->name, c->refused, c->records, c->writer->format);
        return EXIT_FAILED;
    }
    if (c->writer->end != NULL)
        c->writer->end(&c->out);
    screen_flush(&c->out);
    return EXIT_DONE;
}

static int
convert_file(struct conversion *c, const char *path)
{
    struct warning_sink sink = {.file = c->name};
    struct convert how = {.strict = args_has(c->args, "strict"),
                          .alpha5 = args_has(c->args, "alpha5"),
                          .warn = warning_print,
                          .cookie = &sink};
    struct buf input;
    struct why why;
    int status = EXIT_FAILED;

    why_clear(&why);
    c->how = &how;
    buf_init(&input, LIMIT_INPUT_BYTES);
    if (file_read(path, &input) != 0) {
        fprintf(stderr, "%s: %s\n", c->name,
                errno == EFBIG ? "larger than an input may be (64 MiB)" : strerror(errno));
        goto out;
    }
    if (registry_read(buf_span(&input), args_get(c->args, "from"), &how, convert_record, c, &why) == 0) {
        warning_end(&sink);
        status = finish(c);
        goto out;
    }
    warning_end(&sink);
    status = c->has_no_writer ? EXIT_USAGE : args_refuse(&why, c->name);
out:
    buf_release(&input);
    return status;
}

int
cmd_convert(int argc, char **argv)
{
    struct args a;
    struct conversion c = {.args = &a};
    const char *path;
    int status;

    if (!args_read(&a, "convert", 0, 1, argc, argv, &status))
        return status;
    if (!args_has(&a, "to"))
        return args_usage(&a, "--to FORMAT is missing");
    if (args_has(&a, "from") && registry_reader(args_get(&a, "from"), NULL) == NULL)
        return args_usage(&a, "%.64s is no format that can be read", args_get(&a, "from"));
    path = a.n > 0 ? a.at[0] : "-";
    c.name = strcmp(path, "-") == 0 ? "stdin" : path;
    buf_init(&c.out, LIMIT_OUTPUT_BYTES);
    status = convert_file(&c, path);
    buf_release(&c.out);
    return status;
}

/* formats: what can be read and written, from the registry of record types. No node. */
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/text.h"
#include "cli/args.h"
#include "core/object.h"
#include "cli/screen.h"
#include "types/registry.h"

struct row {
    const char *format, *title;
    const struct reader *reader;
    const struct writer *writer;
};

#define ROWS_MAX 32 /* formats of one type */

/* The formats of ${type}: readers in their order, then what is only written. */
static size_t
collect(const struct type *type, struct row rows[ROWS_MAX])
{
    size_t n = 0;
    for (size_t i = 0; type->readers[i] != NULL && n < ROWS_MAX; i++)
        rows[n++] = (struct row){type->readers[i]->format, type->readers[i]->title, type->readers[i],
                                 registry_writer(type, type->readers[i]->format)};
    for (size_t i = 0; type->writers[i] != NULL && n < ROWS_MAX; i++) {
        bool seen = false;
        for (size_t k = 0; k < n && !seen; k++)
            seen = strcmp(rows[k].format, type->writers[i]->format) == 0;
        if (!seen)
            rows[n++] =
                (struct row){type->writers[i]->format, type->writers[i]->title, NULL, type->writers[i]};
    }
    return n;
}

static const char *
written(const struct row *r)
{
    return r->writer == NULL ? "no" : r->writer->lossless ? "without loss" : "yes";
}

static void
put_markdown(struct buf *out)
{
    struct row rows[ROWS_MAX];
    for (size_t t = 0; types_table[t] != NULL; t++) {
        const struct type *type = types_table[t];
        size_t n = collect(type, rows);
        buf_put_fmt(out,
                    "\n## %s\n\n%s, version %u; class `%s` by default. More: [%s](../node/types/%s/%s)%s.\n\n"
                    "| format | what | read | written | media type |\n|---|---|---|---|---|\n",
                    type->name, type->title, type->version, type->alert ? "alert" : "data", type->doc,
                    type->name, type->doc, type->form != NULL ? "; a form: `parallax new`" : "");
        for (size_t i = 0; i < n; i++)
            buf_put_fmt(out, "| `%s` | %s | %s | %s | %s |\n", rows[i].format, rows[i].title,
                        rows[i].reader != NULL ? "yes" : "no", written(&rows[i]),
                        rows[i].reader != NULL ? rows[i].reader->media : rows[i].writer->media);
    }
}

static void
put_json(struct buf *out)
{
    struct row rows[ROWS_MAX];
    for (size_t t = 0; types_table[t] != NULL; t++) {
        size_t n = collect(types_table[t], rows);
        for (size_t i = 0; i < n; i++) {
            object_open(out, NULL);
            object_str(out, "type", types_table[t]->name);
            object_str(out, "format", rows[i].format);
            object_str(out, "title", rows[i].title);
            object_bool(out, "read", rows[i].reader != NULL);
            object_bool(out, "written", rows[i].writer != NULL);
            object_bool(out, "lossless", rows[i].writer != NULL && rows[i].writer->lossless);
            object_close(out);
            buf_put_byte(out, '\n');
        }
    }
}

static void
print(void)
{
    static const char *const titles[] = {"TYPE", "FORMAT", "READ", "WRITTEN", "WHAT"};
    struct screen_table t;
    struct row rows[ROWS_MAX];
    screen_table_init(&t, sizeof titles / sizeof titles[0], titles);
    for (size_t k = 0; types_table[k] != NULL; k++) {
        size_t n = collect(types_table[k], rows);
        for (size_t i = 0; i < n; i++) {
            screen_table_cell(&t, types_table[k]->name);
            screen_table_cell(&t, rows[i].format);
            screen_table_cell(&t, rows[i].reader != NULL ? "yes" : "no");
            screen_table_cell(&t, written(&rows[i]));
            screen_table_cell(&t, rows[i].title);
        }
    }
    screen_table_print(&t);
}

int
cmd_formats(int argc, char **argv)
{
    struct args a;
    struct buf out;
    int status;
    if (!args_read(&a, "formats", 0, 0, argc, argv, &status))
        return status;
    if (!args_has(&a, "json") && !args_has(&a, "markdown")) {
        print();
        return EXIT_DONE;
    }
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    if (args_has(&a, "json"))
        put_json(&out);
    else
        put_markdown(&out);
    screen_flush(&out);
    buf_release(&out);
    return EXIT_DONE;
}

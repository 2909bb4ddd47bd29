#include "golden.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/mem.h"

#define GOLDEN_BYTES_MAX 1048576

static void
die(const char *path, const char *what)
{
    fprintf(stderr, "%s: %s\n", path, what);
    exit(1);
}

/* Read ${dir}/${stem}.${extension} if it is there. */
static void
read_beside(const char *dir, const char *stem, const char *extension, struct buf *out)
{
    char path[512];

    (void)snprintf(path, sizeof path, "%s/%s.%s", dir, stem, extension);
    buf_init(out, GOLDEN_BYTES_MAX);
    (void)file_read(path, out);
}

static bool
is_beside(const char *extension)
{
    static const char *const words[] = {"json", "why", "strict", "meta", NULL};

    for (size_t i = 0; words[i] != NULL; i++) {
        if (strcmp(words[i], extension) == 0)
            return true;
    }
    return false;
}

static void
load(struct golden *g, const struct type *type, const char *dir, const char *file)
{
    char stem[128];
    char path[512];
    const char *dot = strrchr(file, '.');
    const struct type *found = NULL;

    *g = (struct golden){.type = type};
    (void)snprintf(stem, sizeof stem, "%.*s", (int)(dot - file), file);
    (void)snprintf(path, sizeof path, "%s/%s", dir, file);
    (void)snprintf(g->name, sizeof g->name, "%.40s/%.80s", type->name, file);
    g->reader = registry_reader(dot + 1, &found);
    if (g->reader == NULL || found != type)
        die(path, "no reader of this type has that format");
    buf_init(&g->input, GOLDEN_BYTES_MAX);
    if (file_read(path, &g->input) != 0)
        die(path, "cannot be read");
    read_beside(dir, stem, "json", &g->json);
    read_beside(dir, stem, "why", &g->refusal);
    read_beside(dir, stem, "strict", &g->strict);
    if ((g->json.n > 0) == (g->refusal.n > 0))
        die(path, "expected either a .json or a .why beside it");
}

static int
compare(const void *a, const void *b)
{
    return strcmp(((const struct golden *)a)->name, ((const struct golden *)b)->name);
}

struct golden *
golden_load(const char *root, size_t *n)
{
    struct golden *list = NULL;
    size_t count = 0;

    for (size_t i = 0; types_table[i] != NULL; i++) {
        char dir[256];
        DIR *d;
        struct dirent *entry;

        (void)snprintf(dir, sizeof dir, "%s/%s/golden", root, types_table[i]->name);
        d = opendir(dir);
        if (d == NULL)
            die(dir, "no golden files: every type has some");
        while ((entry = readdir(d)) != NULL) {
            const char *dot = strrchr(entry->d_name, '.');

            if (entry->d_name[0] == '.' || dot == NULL || is_beside(dot + 1))
                continue;
            list = mem_resize(list, (count + 1) * sizeof *list);
            load(&list[count++], types_table[i], dir, entry->d_name);
        }
        closedir(d);
    }
    if (count == 0)
        die(root, "no golden files");
    qsort(list, count, sizeof *list, compare);
    *n = count;
    return list;
}

static int
collect(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct outcome *out = cookie;

    (void)why;
    out->records++;
    type->json(msg, &out->json);
    buf_put_byte(&out->json, '\n');
    return 0;
}

static void
keep_first(void *cookie, const struct warning *w)
{
    struct outcome *out = cookie;

    if (out->warnings++ == 0)
        out->first = *w;
}

void
golden_read(const struct golden *g, struct span input, bool strict, struct outcome *out)
{
    struct convert how = {.strict = strict, .warn = keep_first, .cookie = out};

    *out = (struct outcome){0};
    buf_init(&out->json, 16 * GOLDEN_BYTES_MAX);
    out->rc = registry_read(input, g->reader->format, &how, collect, out, &out->why);
}

void
golden_outcome_release(struct outcome *out)
{
    buf_release(&out->json);
}

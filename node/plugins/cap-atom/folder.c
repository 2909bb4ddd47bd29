#include "plugins/cap-atom/folder.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/limit.h"
#include "base/text.h"
#include "plugins/cap-atom/atom.h"

#define PATH_BYTES 512
#define RECORDS    "records"
#define DRILL      "drill/" /* of the folder that is served */
#define FEED       "feed.atom"
#define FEED_MAX   67108864          /* bytes of one feed: 500 entries with 128 KiB each */
#define SPARE      (SHELF_MAX - 100) /* trimmed to so many when it is full, so that it is seldom */

static void
cap_path(const struct folder *f, const struct item *item, bool drill, char path[PATH_BYTES])
{
    char name[ATOM_NAME_MAX];

    atom_name(item, name);
    (void)snprintf(path, PATH_BYTES, "%.300s/%s%s", f->o->path, drill ? DRILL : "", name);
}

static void
record_path(const struct item *item, char path[PATH_BYTES])
{
    char name[ATOM_NAME_MAX];

    atom_name(item, name);
    (void)snprintf(path, PATH_BYTES, RECORDS "/%.*s.json", (int)strcspn(name, "."), name);
}

/* Becomes a name of a file: 32 hex digits, ':', a number. */
static bool
is_id(const char *id)
{
    size_t hex = strspn(id, "0123456789abcdef"),
           digits = id[hex] == ':' ? strspn(id + hex + 1, "0123456789") : 0;

    return hex == 32 && digits > 0 && digits <= 20 && id[hex + 1 + digits] == '\0';
}

static void
remove_cap(const struct folder *f, const struct item *item)
{
    char path[PATH_BYTES];

    for (int drill = 0; drill < 2; drill++) {
        cap_path(f, item, drill == 1, path);
        (void)unlink(path);
    }
}

static void
forget(void *cookie, const struct item *item)
{
    char path[PATH_BYTES];

    remove_cap(cookie, item);
    record_path(item, path);
    (void)unlink(path);
}

/* Write ${bytes} unless they are there already. */
static int
write_new(const char *path, struct span bytes)
{
    struct buf is;
    int rc = 0;

    buf_init(&is, bytes.n + 1);
    if (file_read(path, &is) != 0 || !span_equal(buf_span(&is), bytes))
        rc = file_write(path, bytes, 0644);
    buf_release(&is);
    return rc;
}

/* Read the record of ${path}. As item_read; -1 also where the file cannot be read. */
static int
read_record(struct folder *f, const char *path, struct item *item, struct why *why)
{
    struct line_record r = {0};
    struct arena arena;
    struct buf text;
    int rc = -1;

    buf_init(&text, LIMIT_PLUGIN_LINE_BYTES);
    arena_init(&arena, LIMIT_PLUGIN_TREE_BYTES);
    why_clear(why);
    if (file_read(path, &text) == 0) {
        r.text = buf_span(&text);
        r.root = value_read(r.text, &arena, why);
        rc = r.root != NULL ? item_read(&r, &f->o->item, item, &f->cap, why) : 0;
    }
    arena_release(&arena);
    buf_release(&text);
    return rc;
}

static void
take_kept(struct folder *f, const char *name, struct utc now)
{
    char path[PATH_BYTES];
    struct item item;
    struct why why;

    (void)snprintf(path, sizeof path, RECORDS "/%.300s", name);
    if (read_record(f, path, &item, &why) != 1 || !is_id(item.id) || !shelf_add(&f->shelf, &item, now)) {
        if (why.code != WHY_NONE)
            line_say("%s: %s: forgotten", path, why.note);
        (void)unlink(path);
    }
}

/* Each file of ${path} whose name ends in ${end}. */
static int
each_file(struct folder *f, const char *path, const char *end,
          void (*fn)(struct folder *f, const char *name, struct utc now), struct utc now)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    if (folder == NULL)
        return -1;
    while ((entry = readdir(folder)) != NULL) {
        size_t n = strlen(entry->d_name), m = strlen(end);
        if (n > m && strcmp(entry->d_name + n - m, end) == 0)
            fn(f, entry->d_name, now);
    }
    return closedir(folder);
}

/* CAP files of records that are not kept any more: of a run that ended in between. */
static void
clean(struct folder *f, const char *name, bool drill)
{
    char path[PATH_BYTES], known[ATOM_NAME_MAX];
    size_t hex = strspn(name, "0123456789abcdef");

    if (hex != 32 || name[hex] != '-')
        return;
    for (size_t i = 0; i < f->shelf.n; i++) {
        atom_name(f->shelf.item[i], known);
        if (f->shelf.item[i]->drill == drill && strcmp(known, name) == 0)
            return;
    }
    (void)snprintf(path, sizeof path, "%.200s/%s%.200s", f->o->path, drill ? DRILL : "", name);
    (void)unlink(path);
}

static void
clean_real(struct folder *f, const char *name, struct utc now)
{
    (void)now;
    clean(f, name, false);
}

static void
clean_drill(struct folder *f, const char *name, struct utc now)
{
    (void)now;
    clean(f, name, true);
}

int
folder_open(struct folder *f, const struct folder_options *o, int64_t age_s, struct utc now)
{
    char drill[PATH_BYTES], feed[2 * PATH_BYTES];

    memset(f, 0, sizeof *f);
    f->o = o;
    f->shelf.age_s = age_s;
    buf_init(&f->cap, LIMIT_INPUT_BYTES);
    (void)snprintf(drill, sizeof drill, "%.300s/" DRILL, o->path);
    (void)umask(022); /* a web server reads it, as whoever it runs */
    if ((mkdir(o->path, 0755) != 0 && errno != EEXIST) || (mkdir(RECORDS, 0700) != 0 && errno != EEXIST) ||
        (o->item.drills && mkdir(drill, 0755) != 0 && errno != EEXIST))
        return -1;
    if (each_file(f, RECORDS, ".json", take_kept, now) != 0 ||
        each_file(f, o->path, ".xml", clean_real, now) != 0)
        return -1;
    if (each_file(f, drill, ".xml", clean_drill, now) != 0 && errno != ENOENT)
        return -1;
    if (!o->item.drills) {
        (void)snprintf(feed, sizeof feed, "%s" FEED, drill);
        (void)unlink(feed);
    }
    return 0;
}

void
folder_close(struct folder *f)
{
    shelf_release(&f->shelf);
    buf_release(&f->cap);
}

int
folder_add(struct folder *f, const struct line_record *r, struct utc now)
{
    char path[PATH_BYTES];
    struct item item;
    struct why why;
    int rc;

    why_clear(&why);
    rc = item_read(r, &f->o->item, &item, &f->cap, &why);
    if (rc == 1 && !is_id(item.id)) {
        (void)why_set(&why, WHY_FIELD_VALUE, 0, 0, "id", "it is no record id");
        rc = 0;
    }
    if (rc == 0 && why.code != WHY_NONE)
        line_say("record %s stays out: %s%s%s", value_text(r->root, "id"), why.field,
                 why.field[0] != '\0' ? ": " : "", why.note);
    if (rc != 1)
        return rc;
    if (f->shelf.n == SHELF_MAX)
        shelf_trim(&f->shelf, SPARE, now, forget, f);
    record_path(&item, path);
    if (file_write(path, r->text, 0600) != 0)
        return -1;
    if (!shelf_add(&f->shelf, &item, now)) /* sent too long ago */
        (void)unlink(path);
    return 1;
}

/* The CAP file of each is there, or is not, as it is to be. */
static int
update_files(struct folder *f, struct utc now)
{
    for (size_t i = 0; i < f->shelf.n; i++) {
        const struct item *item = f->shelf.item[i];
        char path[PATH_BYTES], record[PATH_BYTES];
        struct item again;
        struct why why;
        if (shelf_state(&f->shelf, item, now) == SHELF_HIDDEN) {
            remove_cap(f, item);
            continue;
        }
        cap_path(f, item, item->drill, path);
        if (access(path, R_OK) == 0 && item->filed)
            continue;
        record_path(item, record);
        if (read_record(f, record, &again, &why) != 1 || write_new(path, buf_span(&f->cap)) != 0)
            return -1;
        f->shelf.item[i]->filed = true;
    }
    return 0;
}

/* The alert alone, as it stands within another element. */
static void
put_content(void *cookie, const struct item *item, struct buf *out)
{
    const struct folder *f = cookie;
    struct span text;
    char path[PATH_BYTES];
    struct buf file;
    const char *end;

    cap_path(f, item, item->drill, path);
    buf_init(&file, f->o->inline_bytes);
    if (file_read(path, &file) == 0) {
        text = buf_span(&file);
        end = text.n > 5 && memcmp(text.p, "<?xml", 5) == 0 ? memmem(text.p, text.n, "?>", 2) : NULL;
        if (end != NULL)
            text = span_of(end + 2, text.n - (size_t)(end + 2 - (const char *)text.p));
        buf_put_span(out, text);
    }
    buf_release(&file);
}

static int
update_feed(struct folder *f, bool drill, struct utc now)
{
    const struct folder_options *o = f->o;
    const struct item *shown[FOLDER_SHOWN_MAX];
    size_t n = shelf_list(&f->shelf, drill, now, shown, o->entries);
    char path[PATH_BYTES], base[PATH_BYTES], seed[PATH_BYTES], title[PATH_BYTES];
    struct atom_feed feed = {.base = base, .name = FEED, .seed = seed, .title = title, .author = o->author};
    struct buf out;
    int rc;

    (void)snprintf(base, sizeof base, "%.400s%s", o->base, drill ? DRILL : "");
    (void)snprintf(seed, sizeof seed, "%.400s%s", o->seed, drill ? "/" DRILL : "");
    (void)snprintf(title, sizeof title, "%s%.400s", drill ? "DRILL, not real: " : "", o->title);
    (void)snprintf(path, sizeof path, "%.300s/%s" FEED, o->path, drill ? DRILL : "");
    feed.updated = shelf_updated(&f->shelf, drill, now);
    buf_init(&out, FEED_MAX);
    rc = atom_write(&feed, shown, n, put_content, f, &out);
    if (rc != 0)
        errno = EFBIG;
    else
        rc = write_new(path, buf_span(&out));
    buf_release(&out);
    return rc;
}

int
folder_update(struct folder *f, struct utc now)
{
    shelf_trim(&f->shelf, SHELF_MAX, now, forget, f);
    if (update_files(f, now) != 0 || update_feed(f, false, now) != 0)
        return -1;
    return f->o->item.drills ? update_feed(f, true, now) : 0;
}

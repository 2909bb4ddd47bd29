/* parallax-plugin-cap-atom [FILE]: alerts for everybody as CAP 1.2 files and an Atom feed, in a folder that a web server serves (cap-atom.md). One thread. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/limit.h"
#include "plugins/cap-atom/folder.h"
#include "plugins/settings.h"

#define HEAP       256   /* records between two changes of the feed, while more are here */
#define LOOK_MS    60000 /* the clock may be set: it is looked at so often */
#define BASE_BYTES 400
#define NAME_BYTES 200

struct settings_of {
    const char *base, *folder, *title, *author, *languages, *audiences, *onward;
    int64_t entries, age_h, inline_bytes;
    bool drills;
};

#define AT(member) offsetof(struct settings_of, member)

static const struct setting table[] = {
    {"base", SETTING_TEXT, AT(base), NULL, 0, 0},
    {"folder", SETTING_WORD, AT(folder), "public", 0, 0},
    {"title", SETTING_TEXT, AT(title), "Public alerts", 0, 0},
    {"author", SETTING_TEXT, AT(author), "", 0, 0},
    {"languages", SETTING_TEXT, AT(languages), "", 0, 0},
    {"audiences", SETTING_TEXT, AT(audiences), "open", 0, 0},
    {"onward", SETTING_TEXT, AT(onward), "", 0, 0},
    {"entries", SETTING_NUMBER, AT(entries), "100", 1, FOLDER_SHOWN_MAX},
    {"age_h", SETTING_NUMBER, AT(age_h), "720", 1, 87600},
    {"inline_bytes", SETTING_NUMBER, AT(inline_bytes), "65536", 0, LIMIT_BODY_BYTES},
    {"drills", SETTING_FLAG, AT(drills), "false", 0, 0},
};

static int
run(struct folder *f, struct line *l)
{
    uint64_t number = 0;
    size_t heap = 0;
    enum line_kind kind = LINE_NOTHING;

    for (;;) {
        bool all = kind == LINE_NOTHING || kind == LINE_END || heap >= HEAP || !line_has_more(l);
        if (all && folder_update(f, clock_utc()) != 0)
            return -1;
        if (all && number != 0 && line_ack(number) != 0)
            return 0;
        if (all)
            heap = number = 0;
        if (kind == LINE_END)
            return 0;
        kind = line_wait(l, heap > 0 ? -1 : (int)shelf_wait_ms(&f->shelf, clock_utc(), LOOK_MS));
        if (kind == LINE_WRONG)
            line_say("record %" PRIu64 " stays out: %s", l->record.number, l->why.note);
        if (kind == LINE_WRONG && l->record.number == 0)
            return 1;
        if (kind == LINE_RECORD && folder_add(f, &l->record, clock_utc()) < 0)
            return -1;
        if (kind == LINE_RECORD || kind == LINE_WRONG) {
            number = l->record.number;
            heap++;
        }
    }
}

/* Does ${base} lead somewhere, and stand in an attribute as it is? */
static int
check(const struct settings_of *s, struct why *why)
{
    if ((strncmp(s->base, "https://", 8) != 0 && strncmp(s->base, "http://", 7) != 0) ||
        s->base[strcspn(s->base, " \t\r\n\"<>\\^`{|}#?")] != '\0' || strlen(s->base) > BASE_BYTES - 10)
        return why_set(why, WHY_CONF_VALUE, 0, 0, "base",
                       "expected the URL of the folder: https://HOST/PATH/, without ? and #");
    if (strlen(s->title) > NAME_BYTES || strlen(s->author) > NAME_BYTES)
        return why_set(why, WHY_CONF_VALUE, 0, 0, "title",
                       "expected a title and an author of at most %d bytes", NAME_BYTES);
    return 0;
}

static int
serve(const struct settings_of *s)
{
    const char *node = getenv("PARALLAX_NAME"), *plugin = getenv("PARALLAX_PLUGIN");
    char base[BASE_BYTES], seed[NAME_BYTES];
    struct folder_options o = {
        .item = {s->audiences, s->onward, s->languages, s->drills},
        .base = base,
        .path = s->folder,
        .title = s->title,
        .author = s->author[0] != '\0' ? s->author
                  : node != NULL       ? node
                                       : "unknown",
        .seed = seed,
        .entries = (size_t)s->entries,
        .inline_bytes = (size_t)s->inline_bytes,
    };
    struct folder f;
    struct line l;
    int rc;

    (void)snprintf(base, sizeof base, "%s%s", s->base, s->base[strlen(s->base) - 1] == '/' ? "" : "/");
    (void)snprintf(seed, sizeof seed, "%.80s/%.80s", node != NULL ? node : "unknown",
                   plugin != NULL ? plugin : "cap-atom");
    line_init(&l, STDIN_FILENO);
    rc = folder_open(&f, &o, s->age_h * 3600, clock_utc());
    if (rc == 0)
        rc = run(&f, &l);
    if (rc < 0)
        line_say("%s: %s", s->folder, strerror(errno));
    folder_close(&f);
    line_release(&l);
    return rc == 0 ? 0 : 1;
}

int
main(int argc, char **argv)
{
    const char *path = argc > 1 ? argv[1] : "cap-atom.yaml";
    struct settings_of s = {0};
    struct settings settings;
    struct why why;
    int rc = 2;

    if (argc > 2) {
        line_say("usage: parallax-plugin-cap-atom [FILE]: its settings, cap-atom.yaml when none is named");
        return 2;
    }
    why_clear(&why);
    settings_init(&settings);
    if (settings_read(&settings, path, table, sizeof table / sizeof table[0], &s, &why) != 0 ||
        check(&s, &why) != 0)
        settings_complain(&why, path);
    else
        rc = serve(&s);
    settings_release(&settings);
    return rc;
}

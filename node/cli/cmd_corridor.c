/* corridor: where an object that re-enters can strike, with no node at all. All of it or nothing. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/limit.h"
#include "base/num.h"
#include "base/text.h"
#include "cli/args.h"
#include "cli/corridor.h"
#include "cli/input.h"
#include "cli/screen.h"
#include "cli/warning.h"
#include "reentry.pb-c.h"

#define CROSS_KM_DEFAULT 100
#define CROSS_KM_MAX     5000
#define SPAN_DAYS_MAX    30        /* longer, a window says nothing of a place */
#define ANCHOR_UNIX_S    946684800 /* from when on hours of a window are counted; any would do */

struct search {
    const struct args *args;
    struct corridor c;
    char object[PICK_OBJECT_MAX]; /* "" = any */
    bool has_reentry;
    struct utc opens, closes, known_at; /* of the re-entry; of its state of knowledge */
    const char *other;                  /* "re-entries" or "element sets" of several objects: refused */
};

static bool
is_same(const struct search *k, const struct subject *s)
{
    for (int i = 0; i < SUBJECT_OBJECT_MAX; i++) {
        for (int j = 0; j < SUBJECT_OBJECT_MAX; j++) {
            if (s->object[i][0] != 0 && strcmp(s->object[i], k->c.object[j]) == 0)
                return true;
        }
    }
    return false;
}

/* Is the record of the object that is asked for? Of several objects, one must be asked for. */
static bool
is_wanted(struct search *k, const struct subject *s, bool is_first, const char *what)
{
    if (k->object[0] != 0)
        return strcmp(s->object[0], k->object) == 0 || strcmp(s->object[1], k->object) == 0;
    if (!is_first && !is_same(k, s))
        k->other = what;
    return true;
}

static void
take_objects(struct search *k, const struct subject *s)
{
    for (int i = 0; i < SUBJECT_OBJECT_MAX; i++)
        (void)snprintf(k->c.object[i], sizeof k->c.object[i], "%s", s->object[i]);
}

static struct utc
at_hours(double hours)
{
    double s = hours * 3600;

    return fabs(s) < 1e11 ? utc_from_unix(ANCHOR_UNIX_S + llround(s), 0) : (struct utc){0};
}

/* The window as alert rules know it: of the nominal time where the record states none. */
static void
take_window(struct search *k, const struct type *type, const ProtobufCMessage *msg)
{
    struct figure figure[FIGURES_MAX];
    size_t n = type->figures(msg, utc_from_unix(ANCHOR_UNIX_S, 0), figure);

    k->opens = k->closes = (struct utc){0};
    for (size_t i = 0; i < n; i++) {
        if (strcmp(figure[i].name, "opens_h") == 0)
            k->opens = at_hours(figure[i].value);
        else if (strcmp(figure[i].name, "closes_h") == 0)
            k->closes = at_hours(figure[i].value);
    }
}

static void
take_reentry(struct search *k, const struct type *type, const ProtobufCMessage *msg, const struct subject *s)
{
    const Parallax__V1__Reentry *r = (const Parallax__V1__Reentry *)msg;
    struct buf summary;

    if (!is_wanted(k, s, !k->has_reentry, "re-entries"))
        return;
    if (k->has_reentry && utc_compare(s->epoch, k->known_at) <= 0)
        return;
    k->has_reentry = true;
    k->known_at = s->epoch;
    take_objects(k, s);
    take_window(k, type, msg);
    if (num_double(span_str(r->incl), &k->c.inclination_deg) != 0)
        k->c.inclination_deg = -1;
    buf_init(&summary, LIMIT_LOG_LINE_BYTES);
    type->summary(msg, &summary);
    (void)snprintf(k->c.summary, sizeof k->c.summary, "%s", buf_cstr(&summary));
    buf_release(&summary);
}

/* The newest element set of the object. */
static int
take_elements(struct search *k, const struct type *type, const ProtobufCMessage *msg, const struct subject *s,
              struct why *why)
{
    bool has_name = k->c.object[0][0] != 0 || k->c.object[1][0] != 0;
    struct type_sgp4 mean;

    if (k->has_reentry && has_name ? !is_same(k, s) : !is_wanted(k, s, !k->c.has_elements, "element sets"))
        return 0;
    if (type->sgp4(msg, &mean, why) != 0)
        return -1;
    if (k->c.has_elements && utc_compare(mean.epoch, k->c.mean.epoch) <= 0)
        return 0;
    if (!k->has_reentry || !has_name)
        take_objects(k, s);
    k->c.has_elements = true;
    k->c.mean = mean;
    (void)snprintf(k->c.name, sizeof k->c.name, "%s", mean.name);
    k->c.mean.name = k->c.name;
    return 0;
}

static int
take(void *cookie, const struct type *type, const ProtobufCMessage *msg, struct why *why)
{
    struct search *k = cookie;
    struct subject subject;

    (void)type->subject(msg, &subject);
    if (type->schema == &parallax__v1__reentry__descriptor)
        take_reentry(k, type, msg, &subject);
    else if (type->sgp4 != NULL)
        return take_elements(k, type, msg, &subject, why);
    return 0;
}

static int
read_file(struct search *k, const char *path)
{
    struct input in;
    struct warning_sink sink = {0};
    struct convert how = {.warn = warning_print, .cookie = &sink};
    struct why why;
    int rc;

    why_clear(&why);
    input_init(&in, path);
    sink.file = in.name;
    rc = input_read(&in, path, NULL, &how, take, k, &why);
    warning_end(&sink);
    rc = rc == 0 ? EXIT_DONE : args_refuse(&why, in.name);
    input_release(&in);
    if (rc == EXIT_DONE && k->other != NULL)
        return args_fail(k->args, "%s: %s of several objects: expected --object", path, k->other);
    return rc;
}

static int
settle_window(struct search *k)
{
    if (utc_is_zero(k->c.from))
        k->c.from = k->opens;
    if (utc_is_zero(k->c.to))
        k->c.to = k->closes;
    if (utc_is_zero(k->c.from) || utc_is_zero(k->c.to))
        return args_fail(k->args, "no window: expected a re-entry (RDM, TIP), or --from and --to");
    if (utc_compare(k->c.to, k->c.from) < 0)
        return args_fail(k->args, "the window closes before it opens");
    if (utc_unix(k->c.to) - utc_unix(k->c.from) > SPAN_DAYS_MAX * 86400LL)
        return args_fail(k->args,
                         "a window of more than %d days says nothing of a place: expected --from and --to",
                         SPAN_DAYS_MAX);
    return EXIT_DONE;
}

static int
compute(struct search *k, char path[BORDERS_PATH_MAX])
{
    struct why why;
    int found;

    if (!k->c.has_elements && args_has(k->args, "elements"))
        return args_fail(k->args, "%s: no element set of this object", args_get(k->args, "elements"));
    why_clear(&why);
    if (!k->c.has_elements)
        return EXIT_DONE;
    if (corridor_track(&k->c, &why) != 0)
        return args_refuse(&why, k->c.object[0]);
    found = borders_find(&k->c.borders, args_get(k->args, "borders"), path, &why);
    if (found < 0)
        return args_refuse(&why, path);
    if (found > 0) {
        k->c.borders_file = path;
        corridor_overfly(&k->c);
    }
    return EXIT_DONE;
}

static int
run(struct search *k, corridor_write_fn *write)
{
    char path[BORDERS_PATH_MAX];
    struct buf out;
    int status = read_file(k, k->args->n > 0 ? k->args->at[0] : "-");

    if (status == EXIT_DONE && args_has(k->args, "elements"))
        status = read_file(k, args_get(k->args, "elements"));
    if (status == EXIT_DONE)
        status = settle_window(k);
    if (status == EXIT_DONE)
        status = compute(k, path);
    if (status != EXIT_DONE)
        return status;
    buf_init(&out, LIMIT_OUTPUT_BYTES);
    write(&k->c, &out);
    screen_flush(&out);
    buf_release(&out);
    return k->c.has_elements && k->c.points == 0 ? EXIT_FAILED : EXIT_DONE;
}

int
cmd_corridor(int argc, char **argv)
{
    struct args a;
    struct search k = {.args = &a, .c = {.cross_km = CROSS_KM_DEFAULT, .inclination_deg = -1}};
    const char *format, *cross, *object;
    corridor_write_fn *write;
    int status;

    if (!args_read(&a, "corridor", 0, 1, argc, argv, &status))
        return status;
    format = args_get(&a, "format");
    cross = args_get(&a, "cross");
    object = args_get(&a, "object");
    write = corridor_writer(format != NULL ? format : "text");
    if (write == NULL)
        return args_usage(&a, "--format %.64s: expected text, json or geojson", format);
    if (cross != NULL &&
        (num_double(span_str(cross), &k.c.cross_km) != 0 || k.c.cross_km < 0 || k.c.cross_km > CROSS_KM_MAX))
        return args_usage(&a, "--cross %.64s: expected km, 0 to %d", cross, CROSS_KM_MAX);
    if (args_time(&a, "from", &k.c.from) != 0 || args_time(&a, "to", &k.c.to) != 0)
        return EXIT_USAGE;
    status = object != NULL ? pick_object(&a, object, k.object) : EXIT_DONE;
    if (status == EXIT_DONE)
        status = run(&k, write);
    corridor_release(&k.c);
    return status;
}
